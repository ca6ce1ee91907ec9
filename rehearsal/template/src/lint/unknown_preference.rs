//! `unknown-preference`: a deployment configuration that seems to be misspelt.
//!
//! SAM knows nine types by name and passes every other text through as the name of a configuration (SAM translator,
//! `model/preferences/deployment_preference_collection.py`, `_replace_deployment_types`). One that the account does not have makes
//! CodeDeploy refuse the group. A name that is like none that is known is another stack's, for all that the template tells.

use rehearsal_aws::codedeploy::traffic_routing::{PREDEFINED, PREDEFINED_PREFIX, RESERVED_PREFIX};

use super::{Lint, Subject};
use crate::stack::Stack;
use crate::{Diagnostic, Severity, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "unknown-preference",
    finds: "a deployment configuration that is none of CodeDeploy's and seems to be misspelt",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let Some(group) = shifting.group else {
            continue;
        };
        let Some(name) = group.config_name.known_value() else {
            continue;
        };
        if subject.stack.traffic_routing(name).is_some() {
            continue;
        }
        let is_sams = subject
            .stack
            .resource(&group.logical_id)
            .is_some_and(|group| group.generated);
        let Some(help) = meant(subject.stack, name, is_sams) else {
            continue;
        };
        found.push(
            LINT.report(
                format!("`{name}` is no configuration that CodeDeploy defines for Lambda, and none of this template"),
                group.config_name.place,
            )
            .resource(shifting.function_or_alias())
            .help(help),
        );
    }
}

/// What may have been meant by a name that is not known; `None` for one that may be right.
fn meant(stack: &Stack, name: &str, is_sams: bool) -> Option<String> {
    let own = stack
        .deployment_configs
        .iter()
        .find(|config| config.logical_id == name);
    if own.is_some() {
        return Some(format!("it is a logical id: write `!Ref {name}`"));
    }
    let short = name.strip_prefix(PREDEFINED_PREFIX).unwrap_or(name);
    let types = PREDEFINED.iter().map(|(r#type, _)| *r#type);
    let configs = stack
        .deployment_configs
        .iter()
        .filter_map(|config| config.name.known_value().map(String::as_str));
    // What is written with the same numbers is nearer than what is spelt alike.
    let with_its_numbers = types
        .clone()
        .filter(|r#type| digits(r#type).eq(digits(short)));
    let near = suggest::closest(short, with_its_numbers)
        .or_else(|| suggest::closest(short, types.clone()));
    if let Some(near) = near {
        // What SAM does not resolve itself, `!If` and pseudo parameters among it, is passed through as it is.
        if is_sams && near == name {
            return Some(format!(
                "SAM puts the prefix only before what it can resolve itself, from parameters and mappings: write `{PREDEFINED_PREFIX}{near}` there"
            ));
        }
        // SAM puts the prefix before its own types; a group of plain CloudFormation needs the whole name.
        return Some(if is_sams && !name.starts_with(RESERVED_PREFIX) {
            format!("did you mean `{near}`?")
        } else {
            format!("did you mean `{PREDEFINED_PREFIX}{near}`?")
        });
    }
    if let Some(help) = suggest::did_you_mean(name, configs) {
        return Some(help);
    }
    name.starts_with(RESERVED_PREFIX).then(|| {
        let types: Vec<&str> = types.collect();
        format!(
            "those for Lambda are `{PREDEFINED_PREFIX}…` with {}",
            types.join(", ")
        )
    })
}

fn digits(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(char::is_ascii_digit)
}
