//! `preference-ignored`: a part of a deployment preference that SAM drops, or takes for "on", or that CodeDeploy refuses.
//!
//! SAM reads seven keys of a preference and two of its hooks, and says nothing of others. It resolves parameters and mappings in
//! `Enabled` and `Type`; every other function there is a value that is not false, so the preference is on, and a function in the
//! place of the hooks has neither hook (SAM translator, `model/preferences/deployment_preference.py`, `from_dict`). Each entry of
//! `Alarms` becomes an alarm with that name (`deployment_preference_collection.py`, `_build_alarm_configuration`), and CodeDeploy
//! refuses a name that is empty or there twice, and a list with none (CodeDeploy API, `InvalidAlarmConfigException`).

use std::collections::BTreeSet;

use super::shifting::Shifting;
use super::{Lint, Subject, is_on};
use crate::text::{Map, Node, NodeKind};
use crate::{Diagnostic, Kind, Place, Severity, Value, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "preference-ignored",
    finds: "a part of a deployment preference that is dropped, or taken for something else",
    severity: Severity::Warning,
    check,
};

/// What SAM reads of a preference.
const KEYS: [&str; 7] = [
    "Alarms",
    "Enabled",
    "Hooks",
    "PassthroughCondition",
    "Role",
    "TriggerConfigurations",
    "Type",
];
/// What it reads of the hooks.
const HOOKS: [&str; 2] = ["PreTraffic", "PostTraffic"];
/// The update policy of an alias, and its keys (CloudFormation user guide, "`UpdatePolicy` attribute").
const POLICY: &str = "CodeDeployLambdaAliasUpdate";
const POLICY_KEYS: [&str; 4] = [
    "AfterAllowTrafficHook",
    "ApplicationName",
    "BeforeAllowTrafficHook",
    "DeploymentGroupName",
];
/// Texts that mean what SAM takes them for.
const ON: [&str; 4] = ["true", "yes", "on", "1"];

/// What is wrong, what to do, and where.
type Ignored = (String, String, Place);

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let function = shifting.function_or_alias();
        let mut ignored = Vec::new();
        let before = subject
            .resolver
            .resources
            .serverless_functions
            .get(function);
        if let Some(preference) = before.and_then(|function| function.preference.as_ref()?.as_map())
        {
            in_preference(subject, preference, &mut ignored);
        }
        in_policy(subject, shifting, &mut ignored);
        let mut refused = Vec::new();
        in_alarms(subject, shifting, &mut refused);
        let finding = |(message, help, place): Ignored| {
            let finding = LINT.report(message, place);
            finding.resource(function).help(help)
        };
        for ignored in ignored {
            LINT.add(finding(ignored), found);
        }
        for refused in refused {
            LINT.add(finding(refused).refused(), found);
        }
    }
}

fn in_preference(subject: &Subject<'_, '_>, preference: &Map, ignored: &mut Vec<Ignored>) {
    for (key, entry) in preference
        .iter()
        .filter(|(key, _)| !KEYS.contains(&key.as_str()))
    {
        let help = if HOOKS.contains(&key.as_str()) {
            format!("`{key}` belongs into `Hooks`")
        } else {
            suggest::did_you_mean(key, KEYS)
                .unwrap_or_else(|| format!("SAM reads {} of a preference", KEYS.join(", ")))
        };
        ignored.push((
            format!("SAM drops `{key}`: a preference has no such key"),
            help,
            entry.key_place,
        ));
    }
    ignored.extend(
        preference
            .get("Enabled")
            .and_then(|entry| enabled(subject, &entry.value)),
    );
    if let Some(entry) = preference.get("Hooks") {
        in_hooks(&entry.value, ignored);
    }
    if let Some([first, _, ..]) = preference
        .get("Alarms")
        .and_then(|entry| entry.value.as_list())
        && first.is_no_value()
    {
        let message = "SAM takes a list that begins with `AWS::NoValue` for an empty one: the other alarms are dropped";
        ignored.push((
            message.to_owned(),
            "take the first entry out".to_owned(),
            first.place,
        ));
    }
}

/// An `Enabled` that is on whatever it says.
fn enabled(subject: &Subject<'_, '_>, enabled: &Node) -> Option<Ignored> {
    let help = "write true or false, or let a parameter (`!Ref`) or a mapping (`!FindInMap`) give one of them: SAM resolves no other function";
    let message = match (enabled.intrinsic(), &enabled.kind) {
        // A parameter without a value, and a mapping's entry by one: SAM gets the value with the deployment.
        (Some(("Ref", name)), _) => {
            let name = name.as_str()?;
            if enabled.is_no_value() || subject.resolver.parameters.contains_key(name) {
                return None;
            }
            format!("`Enabled` is `!Ref {name}`, which is no parameter: SAM takes it for true")
        }
        (Some(("Fn::FindInMap", _)), _) => return None,
        (Some((function, _)), _) => {
            format!(
                "`Enabled` is a `{function}`, which SAM does not evaluate: it takes it for true"
            )
        }
        (None, NodeKind::String(text)) => {
            if ON.contains(&text.to_lowercase().as_str()) {
                return None;
            }
            let is_condition = subject
                .resolver
                .conditions
                .is_some_and(|conditions| conditions.get(text).is_some());
            let what = if is_condition {
                "a condition's name"
            } else {
                "text"
            };
            format!("`Enabled` is `{text}`, {what}: SAM takes it for true")
        }
        (None, NodeKind::List(_) | NodeKind::Map(_)) => {
            format!("`Enabled` is {}: SAM takes it for true", enabled.describe())
        }
        _ => return None,
    };
    Some((message, help.to_owned(), enabled.place))
}

fn in_hooks(hooks: &Node, ignored: &mut Vec<Ignored>) {
    if hooks.is_no_value() {
        return;
    }
    if let Some((function, _)) = hooks.intrinsic() {
        ignored.push((
            format!("`Hooks` is a `{function}`, which SAM does not evaluate: the deployment has no hook"),
            "put the function into `PreTraffic` and `PostTraffic`, where CloudFormation evaluates it".to_owned(),
            hooks.place,
        ));
        return;
    }
    for (key, entry) in hooks.as_map().into_iter().flatten() {
        if HOOKS.contains(&key.as_str()) {
            continue;
        }
        let meant = match key.to_lowercase() {
            key if key.starts_with("before") => Some(HOOKS[0]),
            key if key.starts_with("after") => Some(HOOKS[1]),
            _ => suggest::closest(key, HOOKS),
        };
        let help = meant.map_or_else(
            || "the hooks are `PreTraffic` and `PostTraffic`".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        ignored.push((
            format!("SAM drops the hook `{key}`: there is no such hook"),
            help,
            entry.key_place,
        ));
    }
}

/// Keys of an alias's update policy that there are not: what they were to do is not done.
fn in_policy(subject: &Subject<'_, '_>, shifting: &Shifting<'_>, ignored: &mut Vec<Ignored>) {
    let alias = subject
        .resolver
        .resources
        .by_id
        .get(&shifting.alias.logical_id);
    let policy = alias.and_then(|alias| alias.update_policy.as_ref()?.get(POLICY)?.as_map());
    for (key, entry) in policy.into_iter().flatten() {
        if POLICY_KEYS.contains(&key.as_str()) {
            continue;
        }
        let help = suggest::did_you_mean(key, POLICY_KEYS)
            .unwrap_or_else(|| format!("its keys are {}", POLICY_KEYS.join(", ")));
        ignored.push((
            format!("`{POLICY}` has no key `{key}`"),
            help,
            entry.key_place,
        ));
    }
}

/// Names that make CodeDeploy refuse the group.
fn in_alarms(subject: &Subject<'_, '_>, shifting: &Shifting<'_>, ignored: &mut Vec<Ignored>) {
    let group = shifting
        .group
        .and_then(|group| subject.resolver.resources.by_id.get(&group.logical_id));
    let Some(configuration) = group.and_then(|group| group.properties.get("AlarmConfiguration"))
    else {
        return;
    };
    let configuration = subject.resolver.value(configuration);
    if !is_on(&configuration) {
        return;
    }
    let Some(alarms) = configuration.get("Alarms") else {
        return;
    };
    let Some(items) = alarms.as_list() else {
        return;
    };
    let refused = "CodeDeploy refuses the group";
    if items.is_empty() {
        ignored.push((
            format!("the list of alarms is on and has none: {refused}"),
            "name an alarm, or turn the list off".to_owned(),
            alarms.place,
        ));
    }
    let mut names = BTreeSet::new();
    for item in items {
        let name = item.get("Name");
        let is_empty = match name.map(|name| &name.kind) {
            None => item.as_unknown().is_none(),
            Some(Kind::Null) => true,
            Some(Kind::String(text)) => text.is_empty(),
            Some(_) => false,
        };
        if is_empty {
            ignored.push((
                format!("with these parameters it is an alarm without a name: {refused}"),
                "put the condition around the whole list: `Alarms: !If [condition, [...], [...]]`"
                    .to_owned(),
                item.place,
            ));
        } else if let Some(name) = name.and_then(Value::to_text)
            && !names.insert(name.clone())
        {
            ignored.push((
                format!("the alarm `{name}` is there twice: {refused}"),
                "name it once; SAM puts a list of `Globals` before the function's own".to_owned(),
                item.place,
            ));
        }
    }
}
