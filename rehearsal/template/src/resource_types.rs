//! The types of resources that there are.
//!
//! From the resource provider schemas of all Regions, as cfn-lint ships them; `tests/oracle/schemas.py` writes the table. CloudFormation refuses
//! any other before anything is deployed: `Template format error: Unrecognized resource types` (aws-cli 8032). What the template's own account
//! registers has another beginning than `AWS::`, and three parts (CloudFormation user guide, "Using the CloudFormation registry"), or is called `Custom::…`.

use std::sync::LazyLock;

use crate::text::QuickMap;
use crate::{Diagnostic, Place, Severity, sam};

/// A line is a service, and its types.
static TABLE: &str = include_str!("resource_types.txt");

static SERVICES: LazyLock<QuickMap<&str, &str>> = LazyLock::new(|| {
    let rows = TABLE.lines();
    rows.filter_map(|line| line.split_once(": ")).collect()
});

/// What begins the types of SAM's own.
const OF_SAM: &str = "AWS::Serverless";
/// How many letters a misspelt type has wrong at most.
const MISSPELT: usize = 2;

/// The refusal of a type that there is not. The table has a date: one that is like none of it may be newer, and is warned of.
pub(crate) fn refusal(r#type: &str, place: Place) -> Option<Diagnostic> {
    if is_known(r#type) {
        return None;
    }
    let code = "template::unknown-type";
    let message = format!("there is no type `{type}`: CloudFormation refuses the template");
    let refused = Diagnostic::error(code, message, place);
    if !r#type.starts_with("AWS::") {
        let help = "a type has three parts, as `AWS::SQS::Queue` has, or begins with `Custom::`";
        return Some(refused.help(help));
    }
    if let Some(near) = nearest(r#type) {
        return Some(refused.help(format!("did you mean `{near}`?")));
    }
    let message = format!("`{type}` is not known to be a type");
    let help = "CloudFormation refuses a type that there is not, if it is not newer than this list of October 2026";
    Some(Diagnostic {
        severity: Severity::Warning,
        message,
        ..refused.help(help)
    })
}

fn is_known(r#type: &str) -> bool {
    if r#type.starts_with("Custom::") {
        return true;
    }
    let Some((service, name)) = r#type.rsplit_once("::") else {
        return false;
    };
    if service == OF_SAM {
        return sam::types().any(|known| known == r#type);
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
    let all = of_services.chain(sam::types().map(str::to_owned));
    // No more letters are wrong than the lengths differ by.
    let alike = all.filter(|known| known.len().abs_diff(r#type.len()) <= MISSPELT);
    let wrong = alike.map(|known| (strsim::osa_distance(r#type, &known), known));
    let near = wrong.filter(|(wrong, _)| *wrong <= MISSPELT).min();
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
            "AWS::Lamda::Function",
            "AWS::Serverless::Funktion",
            "Lambda",
            "Lambda::Function",
        ] {
            assert_eq!(judged(misspelt), Some(Severity::Error), "{misspelt}");
        }
        let newer = judged("AWS::Lambda::SomethingWhollyNew");
        assert_eq!(newer, Some(Severity::Warning));
    }
}
