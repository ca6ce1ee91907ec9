//! `group-refused`: a deployment group, or a configuration of the template, that CodeDeploy refuses.
//!
//! The stack's update fails then before any deployment. Sources: CodeDeploy API, `InvalidAutoRollbackConfigException` ("automatic rollback
//! is enabled, but an invalid triggering event type or no event types were listed"), `InvalidAlarmConfigException` ("the alarm configuration
//! is enabled, but the alarm list is empty"), `ComputePlatform` and its default, `Server` (API, `CreateApplication`,
//! `CreateDeploymentConfig`); CodeDeploy user guide, "Limits": 99 percent in one increment, 2,880 minutes between the first and the last
//! shift, and "one deployment of a deployment group at a time"; "Overview of `CodeDeploy`
//! deployment types" ("AWS Lambda and Amazon ECS deployments cannot use an in-place deployment type"); `AWS::CodeDeploy::DeploymentConfig`: a name does not
//! begin like those of CodeDeploy.

use rehearsal_aws::codedeploy::deployment::AutoRollbackEvent;
use rehearsal_aws::codedeploy::traffic_routing::{RESERVED_PREFIX, TrafficRouting};

use super::references::{by_id, waits_for};
use super::refusals::Refusal;
use super::shifting::Shifting;
use super::{Lint, Subject, is_on};
use crate::resource::Resource;
use crate::stack::{Condition, DeploymentConfig};
use crate::{Diagnostic, Severity, Value, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "group-refused",
    finds: "a deployment group, or a configuration, that CodeDeploy refuses",
    severity: Severity::Warning,
    check,
};

/// The most that one increment may shift, in percent.
const MOST_PERCENT: u32 = 99;
/// The fewest minutes between two shifts. Assumed: the API has no bound, and no predefined configuration has a shorter interval.
const SHORTEST_INTERVAL: u32 = 1;
/// The most minutes between the first shift and the last.
const MOST_MINUTES: u32 = 2_880;

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let Some(group) = shifting.group else {
            continue;
        };
        let by_id = &subject.resolver.resources.by_id;
        let mut findings = Vec::new();
        let written = by_id.get(&group.logical_id);
        let style = written.and_then(|written| written.properties.get("DeploymentStyle"));
        let style = style.map(|style| subject.resolver.value(style));
        if let Some(written) = written {
            findings.extend(rollback(subject, written));
            findings.extend(alarms(subject, written));
            findings.extend(application(subject, written));
            findings.extend(style.as_ref().and_then(in_place));
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
        let uncontrolled = style.as_ref().and_then(without_traffic_control);
        LINT.not_permit(uncontrolled, shifting.function_or_alias(), found);
        if let Some((message, help, place)) = deployed_at_once(subject, shifting) {
            let finding = LINT.report(message, place).help(help);
            LINT.add(finding.resource(shifting.function_or_alias()), found);
        }
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
    if application.has_open_properties() {
        return None;
    }
    let platform = application.properties.get("ComputePlatform");
    if platform.is_none_or(|node| subject.resolver.optional(node).is_none()) {
        let message = format!(
            "its application `{id}` is for servers where it says nothing else: CodeDeploy deploys no Lambda function with it"
        );
        return Some((message, LAMBDA.to_owned(), application.place));
    }
    other_platform(subject, application, "its application")
}

/// A group whose deployments take the place of what runs.
fn in_place(style: &Value) -> Option<Refusal> {
    let kind = style.get("DeploymentType")?;
    (kind.as_str() == Some("IN_PLACE")).then(|| {
        let message = "its deployments are in place: CodeDeploy has none such of Lambda functions";
        let help =
            "write `DeploymentType: BLUE_GREEN` and `DeploymentOption: WITH_TRAFFIC_CONTROL`";
        (message.to_owned(), help.to_owned(), kind.place)
    })
}

/// A group whose deployments shift no traffic. All deployments of Lambda functions do (`CodeDeploy` user guide, "Deployments on an AWS Lambda compute
/// platform"); that `CodeDeploy` refuses such a group no document says, so that it is no refusal here.
fn without_traffic_control(style: &Value) -> Option<Refusal> {
    let option = style.get("DeploymentOption")?;
    let kind = style.get("DeploymentType").and_then(Value::as_str);
    // In place it is refused anyway.
    (option.as_str() == Some("WITHOUT_TRAFFIC_CONTROL") && kind != Some("IN_PLACE")).then(|| {
        let message = "its deployments are without traffic control: CodeDeploy shifts the traffic of every Lambda function that it deploys";
        let help = "write `DeploymentOption: WITH_TRAFFIC_CONTROL`";
        (message.to_owned(), help.to_owned(), option.place)
    })
}

/// An alias of a group that may shift another one at the same time. It is no refusal: an update may change the version of one of them alone.
fn deployed_at_once(subject: &Subject<'_, '_>, shifting: &Shifting<'_>) -> Option<Refusal> {
    let group = &shifting.group?.logical_id;
    let is_there = |shifting: &Shifting<'_>| Condition::is_met(shifting.alias.condition.as_ref());
    let (own, earlier) = (&shifting.alias.logical_id, &subject.shifting);
    let mut earlier = earlier
        .iter()
        .take_while(|other| other.alias.logical_id != *own);
    let other = earlier.find(|other| {
        let is_same = other.group.is_some_and(|other| other.logical_id == *group);
        let id = &other.alias.logical_id;
        if !is_same || !is_there(other) || !is_there(shifting) {
            return false;
        }
        let by_id = by_id(subject);
        !waits_for(&by_id, own, id) && !waits_for(&by_id, id, own)
    })?;
    let message = format!(
        "the alias `{own}` is shifted by the group `{group}`, as `{}` is, and neither waits for the other: CodeDeploy refuses a second deployment of a group while one runs",
        other.alias.logical_id
    );
    let help = "give each alias a group of its own".to_owned();
    Some((message, help, shifting.deployment.place))
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
    if let TrafficRouting::Canary {
        interval_minutes, ..
    }
    | TrafficRouting::Linear {
        interval_minutes, ..
    } = *routing
        && interval_minutes < SHORTEST_INTERVAL
    {
        findings.push((
            format!("its interval is {interval_minutes} minutes: {refused}"),
            "take a minute at least, or `AllAtOnce`".to_owned(),
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
