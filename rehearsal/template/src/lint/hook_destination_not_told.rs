//! `hook-destination-not-told`: a hook whose on-failure destination is set for an alias or a version alone.
//!
//! CodeDeploy invokes a hook by its name, which is `$LATEST`, and Lambda keeps what becomes of failed events by qualifier (Lambda
//! API, `PutFunctionEventInvokeConfig`). SAM sets it for the alias wherever the function has an `AutoPublishAlias`, from `Globals`
//! too (SAM translator, `model/sam_resources.py`, `_construct_event_invoke_config`).

use std::collections::BTreeMap;

use rehearsal_aws::lambda::function_name::FunctionName;

use super::{Lint, Subject};
use crate::stack::{EventInvokeConfig, Function, Hook};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "hook-destination-not-told",
    finds: "a hook whose on-failure destination is set for an alias or a version, which CodeDeploy does not invoke",
    severity: Severity::Warning,
    check,
};

/// What an invocation without a qualifier runs.
const LATEST: &str = "$LATEST";

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    // Each hook once, with a deployment that it is a hook of.
    let mut hooks = BTreeMap::new();
    for shifting in &subject.shifting {
        for hook in shifting.hooks().filter(|hook| is_invoked_as_latest(hook)) {
            if let Some(function) = hook.function.as_deref() {
                hooks.entry(function).or_insert(shifting);
            }
        }
    }
    for (function, shifting) in hooks {
        let Some((config, qualifier)) = subject
            .stack
            .function(function)
            .and_then(destination_elsewhere)
        else {
            continue;
        };
        let is_sams = subject
            .stack
            .resource(&config.logical_id)
            .is_some_and(|config| config.generated);
        let help = if is_sams {
            format!(
                "take `AutoPublishAlias` off the hook, out of `Globals` if it stands there; or declare an `AWS::Lambda::EventInvokeConfig` of the hook with `Qualifier: {LATEST}` and the destination"
            )
        } else {
            format!("write `Qualifier: {LATEST}`")
        };
        found.push(
            LINT.report(format!(
                    "it is a lifecycle hook of `{}`, and its on-failure destination is set for `{qualifier}`, while CodeDeploy invokes `{LATEST}`: if the hook dies, nobody is told, and the deployment waits an hour for its report and fails",
                    shifting.function_or_alias()
                ),
                config.qualifier.place,
            )
            .resource(function)
            .help(help),
        );
    }
}

/// Whether the hook is named without a qualifier. A name that is not known is a reference to the function itself.
fn is_invoked_as_latest(hook: &Hook) -> bool {
    let name = hook.name.known_value();
    name.and_then(|name| FunctionName::parse(name)?.qualifier)
        .is_none_or(|qualifier| qualifier == LATEST)
}

/// The first configuration with an on-failure destination, and its qualifier; `None` where one is, or may be, for `$LATEST`.
fn destination_elsewhere(function: &Function) -> Option<(&EventInvokeConfig, &str)> {
    let mut destinations = Vec::new();
    for config in &function.event_invoke_configs {
        if config.on_failure.is_some() {
            destinations.push((config, config.qualifier.known_value()?.as_str()));
        }
    }
    let is_told = destinations
        .iter()
        .any(|(_, qualifier)| *qualifier == LATEST);
    destinations.first().copied().filter(|_| !is_told)
}
