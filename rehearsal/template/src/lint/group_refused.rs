//! `group-refused`: a deployment group, or a configuration of the template, that CodeDeploy refuses.
//!
//! The stack's update fails then before any deployment. Sources: CodeDeploy API, `InvalidAutoRollbackConfigException` ("automatic rollback
//! is enabled, but an invalid triggering event type or no event types were listed"), `InvalidAlarmConfigException` ("the alarm configuration
//! is enabled, but the alarm list is empty"), `ComputePlatform` and its default, `Server` (API, `CreateApplication`,
//! `CreateDeploymentConfig`); CodeDeploy user guide, "Limits": 99 percent in one increment, 2,880 minutes between the first and the last
//! shift; `AWS::CodeDeploy::DeploymentConfig`: a name does not begin like those of CodeDeploy.

use rehearsal_aws::codedeploy::deployment::AutoRollbackEvent;
use rehearsal_aws::codedeploy::traffic_routing::{RESERVED_PREFIX, TrafficRouting};

use super::refusals::Refusal;
use super::{Lint, Subject, is_on};
use crate::resource::Resource;
use crate::stack::DeploymentConfig;
use crate::{Diagnostic, Severity, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "group-refused",
    finds: "a deployment group, or a configuration, that CodeDeploy refuses",
    severity: Severity::Warning,
    check,
};

/// The most that one increment may shift, in percent.
const MOST_PERCENT: u32 = 99;
/// The most minutes between the first shift and the last.
const MOST_MINUTES: u32 = 2_880;

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let Some(group) = shifting.group else {
            continue;
        };
        let by_id = &subject.resolver.resources.by_id;
        let mut findings = Vec::new();
        if let Some(written) = by_id.get(&group.logical_id) {
            findings.extend(rollback(subject, written));
            findings.extend(alarms(subject, written));
            findings.extend(application(subject, written));
        }
        let configs = subject.stack.deployment_configs.iter();
        for config in configs.filter(|config| group.config.as_ref() == Some(&config.logical_id)) {
            // Without a platform it is the application's that counts: no document says what becomes of such a configuration.
            findings.extend(by_id.get(&config.logical_id).and_then(|written| {
                other_platform(subject, written, "the deployment configuration")
            }));
            findings.extend(configuration(config));
        }
        LINT.refuse(findings, shifting.function_or_alias(), found);
    }
}

/// A rollback that is on without an event, or with one that there is not.
fn rollback(subject: &Subject<'_, '_>, group: &Resource) -> Vec<Refusal> {
    let Some(node) = group.properties.get("AutoRollbackConfiguration") else {
        return Vec::new();
    };
    let configuration = subject.resolver.value(node);
    if !is_on(&configuration) {
        return Vec::new();
    }
    let events = AutoRollbackEvent::ALL.map(AutoRollbackEvent::name);
    let all = events.join(", ");
    let written = configuration.get("Events");
    let items = match written {
        None => &[][..],
        Some(written) => match written.as_list() {
            Some(items) => items,
            None => return Vec::new(),
        },
    };
    if items.is_empty() {
        return vec![(
            "its rollback is on and names no event: CodeDeploy refuses the group".to_owned(),
            format!("name the events in `Events`: {all}"),
            written.map_or(node.place, |written| written.place),
        )];
    }
    let unknown = items.iter().filter_map(|item| {
        let event = item.to_text()?;
        if AutoRollbackEvent::parse(&event).is_some() {
            return None;
        }
        let help = suggest::did_you_mean(&event, events)
            .unwrap_or_else(|| format!("the events are {all}"));
        let message =
            format!("`{event}` is no event that a rollback follows: CodeDeploy refuses the group");
        Some((message, help, item.place))
    });
    unknown.collect()
}

/// Alarms that are on, with no list of them. An empty list is said by `preference-ignored`.
fn alarms(subject: &Subject<'_, '_>, group: &Resource) -> Option<Refusal> {
    let node = group.properties.get("AlarmConfiguration")?;
    let configuration = subject.resolver.value(node);
    (is_on(&configuration) && configuration.get("Alarms").is_none()).then(|| {
        (
            "its alarms are on and it names none: CodeDeploy refuses the group".to_owned(),
            "name them in `Alarms`, or write `Enabled: false`".to_owned(),
            node.place,
        )
    })
}

/// An application of the template that is not for Lambda.
fn application(subject: &Subject<'_, '_>, group: &Resource) -> Option<Refusal> {
    let node = group.properties.get("ApplicationName")?;
    let id = subject
        .resolver
        .referred(node, "AWS::CodeDeploy::Application")?;
    let application = subject.resolver.resources.by_id.get(&id)?;
    let platform = application.properties.get("ComputePlatform");
    if platform.is_none_or(|node| subject.resolver.optional(node).is_none()) {
        let message = format!(
            "its application `{id}` is for servers where it says nothing else: CodeDeploy deploys no Lambda function with it"
        );
        return Some((message, LAMBDA.to_owned(), application.place));
    }
    other_platform(subject, application, "its application")
}

/// What to do about another platform.
const LAMBDA: &str = "write `ComputePlatform: Lambda`";

/// A platform that is written and not Lambda.
fn other_platform(subject: &Subject<'_, '_>, written: &Resource, what: &str) -> Option<Refusal> {
    let node = written.properties.get("ComputePlatform")?;
    let platform = subject.resolver.value(node).to_text()?;
    (platform != "Lambda").then(|| {
        let message = format!(
            "{what} `{}` is for {platform}: CodeDeploy deploys no Lambda function with it",
            written.logical_id
        );
        (message, LAMBDA.to_owned(), node.place)
    })
}

/// A configuration of the template beyond CodeDeploy's limits.
fn configuration(config: &DeploymentConfig) -> Vec<Refusal> {
    let mut findings = Vec::new();
    let refused = "CodeDeploy refuses the configuration";
    if let Some(name) = config.name.known_value()
        && name.starts_with(RESERVED_PREFIX)
    {
        findings.push((
            format!("`{name}` begins like CodeDeploy's own: {refused}"),
            "give it another name, or none".to_owned(),
            config.name.place,
        ));
    }
    let Some(routing) = config.traffic.known_value() else {
        return findings;
    };
    let place = config.traffic.place;
    if let TrafficRouting::Canary { percentage, .. } | TrafficRouting::Linear { percentage, .. } =
        *routing
        && !(1..=MOST_PERCENT).contains(&percentage)
    {
        findings.push((
            format!(
                "a step of {percentage} percent: one shifts 1 to {MOST_PERCENT}, and {refused}"
            ),
            "take a share from 1 to 99, or `AllAtOnce`".to_owned(),
            place,
        ));
    }
    let minutes = routing.minutes();
    if minutes > MOST_MINUTES {
        findings.push((
            format!("{minutes} minutes from the first shift to the last are more than {MOST_MINUTES}: {refused}"),
            "take a shorter interval, or fewer steps".to_owned(),
            place,
        ));
    }
    findings
}
