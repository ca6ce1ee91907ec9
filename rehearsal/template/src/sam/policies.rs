//! What SAM refuses of `Policies` of a function or a state machine: templates without their parameters, and what is no policy
//! (SAM translator, `model/resource_policies.py`, `plugins/policies/policy_templates_plugin.py`,
//! `policy_template_processor/template.py`, `model/role_utils/role_constructor.py`).

use super::policy_table::TEMPLATES;
use crate::resource::Resource;
use crate::text::Node;
use crate::{Diagnostic, suggest};

/// What a policy is to SAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Managed,
    Statement,
    Template,
    Unknown,
}

/// Refuses what SAM refuses of the policies. `makes_role`: whether it makes a role of them, which it does for a function also where
/// that has another; otherwise it looks at templates alone.
pub(super) fn check(owner: &Resource, makes_role: bool, diagnostics: &mut Vec<Diagnostic>) {
    let Some(policies) = owner.properties.given("Policies") else {
        return;
    };
    for (index, policy) in policies.one_or_many().iter().enumerate() {
        let refused = match kind(policy) {
            Err(message) => Some((message.to_owned(), None)),
            Ok(Kind::Template) => policy
                .branches()
                .find_map(|template| Some((of_template(template)?, None))),
            Ok(Kind::Unknown) if makes_role => Some((
                format!("Policy at index {index} in the 'Policies' property is not valid"),
                suggestion(policy),
            )),
            Ok(_) => None,
        };
        if let Some((message, help)) = refused {
            let mut diagnostic =
                Diagnostic::error("sam::policy", message, policy.place).resource(&owner.logical_id);
            diagnostic.help = help;
            diagnostics.push(diagnostic);
        }
    }
}

/// (`ResourcePolicies._get_type`.)
///
/// # Errors
/// In SAM's words: a condition of other arguments than three, or with policies of two kinds.
fn kind(policy: &Node) -> Result<Kind, &'static str> {
    if policy.as_str().is_some() {
        return Ok(Kind::Managed);
    }
    if let Some(("Fn::If", argument)) = policy.intrinsic() {
        let Some([_, then, otherwise]) = argument.as_list() else {
            return Err("Fn::If requires 3 arguments");
        };
        return match (kind(then)?, kind(otherwise)?) {
            (one, other) if one == other => Ok(one),
            (_, other) if then.is_no_value() => Ok(other),
            (one, _) if otherwise.is_no_value() => Ok(one),
            _ => Err(
                "Different policy types within the same Fn::If statement is unsupported. Separate different policy types into different Fn::If statements",
            ),
        };
    }
    let key = policy
        .as_map()
        .and_then(|map| Some((map.len(), map.first()?.0)));
    Ok(match key {
        Some((1, key)) if is_function(key) => Kind::Managed,
        Some(_) if policy.get("Statement").is_some() => Kind::Statement,
        Some((1, key)) if parameters_of(key).is_some() => Kind::Template,
        _ => Kind::Unknown,
    })
}

/// (`is_intrinsic`, to which `Condition` is one.)
fn is_function(key: &str) -> bool {
    matches!(key, "Ref" | "Condition") || key.starts_with("Fn::")
}

/// The names of a template's parameters; `None` where SAM has no such template.
fn parameters_of(template: &str) -> Option<&'static [&'static str]> {
    let found = TEMPLATES.iter().find(|(name, _)| *name == template);
    found.map(|(_, parameters)| *parameters)
}

/// What is wrong with a template's parameters, in SAM's words. One that it does not have is passed over.
fn of_template(policy: &Node) -> Option<String> {
    let (name, entry) = policy.as_map()?.first()?;
    let parameters = parameters_of(name)?;
    let Some(given) = entry.value.as_map() else {
        return Some(format!(
            "Must specify valid parameter values for policy template '{name}'"
        ));
    };
    let missing: Vec<_> = parameters
        .iter()
        .filter(|parameter| !given.contains_key(parameter))
        .map(|parameter| format!("'{parameter}'"))
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "Following required parameters of template '{name}' don't have values: [{}]",
            missing.join(", ")
        )
    })
}

/// A template whose name is like the one that is given.
fn suggestion(policy: &Node) -> Option<String> {
    let (name, _) = policy.as_map().filter(|map| map.len() == 1)?.first()?;
    suggest::did_you_mean(name, TEMPLATES.iter().map(|(name, _)| *name))
}
