//! The types of resources that there are.
//!
//! From the resource provider schemas of all Regions, as cfn-lint ships them; `tests/oracle/schemas.py` writes the table. CloudFormation refuses
//! any other before anything is deployed: `Template format error: Unrecognized resource types` (aws-cli 8032). What the template's own account
//! registers has another beginning than `AWS::`, and three parts (CloudFormation user guide, "Using the CloudFormation registry"), or is called `Custom::…`.

use std::sync::LazyLock;

use crate::sam::properties;
use crate::text::QuickMap;
use crate::{Diagnostic, Place, Severity};

/// A line is a service, and its types.
static TABLE: &str = include_str!("resource_types.txt");

static SERVICES: LazyLock<QuickMap<&str, &str>> = LazyLock::new(|| {
    let rows = TABLE.lines();
    rows.filter_map(|line| line.split_once(": ")).collect()
});

/// What begins the types of SAM's own.
const OF_SAM: &str = "AWS::Serverless";
/// How many letters of a type may be wrong for another to be suggested.
const ALIKE: usize = 2;

/// The refusal of a type that there is not. The table has a date: what is not for certain a misspelt one of it may be newer, and is warned of.
pub(crate) fn refusal(r#type: &str, place: Place) -> Option<Diagnostic> {
    if is_known(r#type) {
        return None;
    }
    let code = "template::unknown-type";
    let message = format!("there is no type `{type}`: CloudFormation refuses the template");
    let refused = Diagnostic::error(code, message, place);
    let near = nearest(r#type);
    let with_near = |help: &str| match &near {
        Some(near) => format!("did you mean `{near}`? {help}"),
        None => help.to_owned(),
    };
    if !r#type.starts_with("AWS::") || !is_well_formed(r#type) {
        let help = "a type has three parts, as `AWS::SQS::Queue` has, or begins with `Custom::`";
        return Some(refused.help(with_near(help)));
    }
    if let Some(near) = near.as_ref().filter(|near| is_misspelt(r#type, near)) {
        return Some(refused.help(format!("did you mean `{near}`?")));
    }
    let message = format!("`{type}` is not known to be a type");
    let help = "CloudFormation refuses a type that there is not, if it is not newer than this list of October 2026";
    Some(Diagnostic {
        severity: Severity::Warning,
        message,
        ..refused.help(with_near(help)).not_permitted()
    })
}

/// Whether a type has the form of one (CloudFormation API, `RegisterType`, `TypeName`: `organization::service::resource`, and `::MODULE` after a
/// module's).
fn is_well_formed(r#type: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    matches!(r#type.split("::").count(), 3 | 4) && r#type.split("::").all(is_part)
}

/// Whether a type is for certain another one of a service that there is, misspelt: with a letter too many, too few or another, with two swapped, or in
/// other case. Not where a digit is the difference (`UserV2`), or a capital, which may be of another word: there are `LocationEFS` and `LocationNFS`.
fn is_misspelt(r#type: &str, near: &str) -> bool {
    let service = |text: &str| {
        text.rsplit_once("::")
            .map(|(service, _)| service.to_owned())
    };
    let capitals = |text: &str| {
        let marks = |c: &char| c.is_ascii_uppercase() || c.is_ascii_digit();
        text.chars().filter(marks).collect::<String>()
    };
    service(r#type) == service(near)
        && (r#type.eq_ignore_ascii_case(near)
            || strsim::osa_distance(r#type, near) == 1 && capitals(r#type) == capitals(near))
}

fn is_known(r#type: &str) -> bool {
    if r#type.starts_with("Custom::") {
        return true;
    }
    let Some((service, name)) = r#type.rsplit_once("::") else {
        return false;
    };
    if service == OF_SAM {
        return properties::types().any(|known| known == r#type);
    }
    if !r#type.starts_with("AWS::") {
        return service.contains("::");
    }
    let names = SERVICES.get(service);
    names.is_some_and(|names| names.split(' ').any(|known| known == name))
}

/// The type that is meant by a misspelt one.
fn nearest(r#type: &str) -> Option<String> {
    let of_services = SERVICES.iter().flat_map(|(service, names)| {
        names
            .split(' ')
            .map(move |name| format!("{service}::{name}"))
    });
    let all = of_services.chain(properties::types().map(str::to_owned));
    // At least as many letters are wrong as the lengths differ by.
    let alike = all.filter(|known| known.len().abs_diff(r#type.len()) <= ALIKE);
    let wrong = alike.map(|known| (strsim::osa_distance(r#type, &known), known));
    let near = wrong.filter(|(wrong, _)| *wrong <= ALIKE).min();
    near.map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_misspelt_or_perhaps_newer() {
        let judged = |r#type| refusal(r#type, Place::default()).map(|found| found.severity);
        for known in [
            "AWS::Lambda::Function",
            "AWS::CDK::Metadata",
            "AWS::CloudFormation::CustomResource",
            "AWS::Serverless::HttpApi",
            "Custom::Anything",
            "Datadog::Monitors::Monitor",
            "Ours::S3::Bucket::MODULE",
        ] {
            assert_eq!(judged(known), None, "{known}");
        }
        for misspelt in [
            "AWS::Lambda::Funtion",
            "AWS::Lambda::Fucntion",
            "AWS::Lambda::function",
            "AWS::Serverless::Funktion",
            "Lambda",
            "Lambda::Function",
        ] {
            assert_eq!(judged(misspelt), Some(Severity::Error), "{misspelt}");
        }
        for newer in [
            "AWS::Lambda::SomethingWhollyNew",
            "AWS::ECX::Cluster",
            "AWS::Lamda::Function",
            "AWS::Lambda::Funtions",
            "AWS::Lambda::Function2",
            "AWS::DataSync::LocationXFS",
            "AWS::Oam::Mink",
        ] {
            assert_eq!(judged(newer), Some(Severity::Warning), "{newer}");
        }
    }

    #[test]
    fn of_any_two_types_of_the_table_neither_is_a_misspelt_other() {
        for (service, names) in SERVICES.iter() {
            let names: Vec<String> = names
                .split(' ')
                .map(|name| format!("{service}::{name}"))
                .collect();
            for (index, one) in names.iter().enumerate() {
                for other in &names[index + 1..] {
                    assert!(!is_misspelt(one, other), "{one} {other}");
                }
            }
        }
    }
}
