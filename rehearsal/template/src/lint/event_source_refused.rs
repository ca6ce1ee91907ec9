//! `event-source-refused`: an event source mapping that Lambda refuses, or a schedule that EventBridge does.
//!
//! The stack's update fails when it comes to it. Sources: Lambda API, `CreateEventSourceMapping`: `BatchSize` ("for FIFO queues the max is
//! 10"), `MaximumBatchingWindowInSeconds` ("when you set `BatchSize` to a value greater than 10, you must set
//! `MaximumBatchingWindowInSeconds` to at least 1"), `StartingPosition` ("required for Amazon Kinesis and Amazon DynamoDB Stream event
//! sources"); Lambda developer guide, "Using Lambda with Amazon SQS" (batching windows are for standard queues). A queue's visibility
//! time-out must be the function's time-out at least: `Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds` (cfn-lint,
//! `event_source_sqs_timeout`). The defaults of a queue are those of the SQS API, `CreateQueue`, that of a batch Lambda's. A table has the
//! attribute `StreamArn` where it has a stream (CloudFormation user guide, `AWS::DynamoDB::Table`). What the function's role must be
//! allowed: Lambda developer guide, "Using Lambda with Amazon SQS", "… DynamoDB", "… Kinesis"; `The provided execution role does not have permissions
//! to call ReceiveMessage on SQS` (aws-cdk 6770). Lambda asks for that when a mapping is made or changed, so it is no refusal of one that
//! is there. Schedules: EventBridge user guide, "Creating a rule that runs on a schedule"; cfn-lint, E3027.

use super::execution_role;
use super::refusals::Refusal;
use super::{Lint, Subject};
use crate::stack::{Condition, Function, Resource};
use crate::text::Node;
use crate::{Diagnostic, Severity, Value};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "event-source-refused",
    finds: "an event source mapping that Lambda refuses, or a schedule that EventBridge does",
    severity: Severity::Warning,
    check,
};

/// What names the source: of a mapping, and of the events of SAM's that become one.
const SOURCES: [&str; 3] = ["EventSourceArn", "Queue", "Stream"];
/// How many seconds a queue hides a message that was received, where it says nothing else.
const DEFAULT_VISIBILITY_S: u32 = 30;
/// How large a batch of a FIFO queue is at most, and one without a window.
const LARGEST_BATCH: u32 = 10;
/// What a function's role is allowed that has events of a service.
const NEEDED: [(&str, &[&str]); 3] = [
    (
        "dynamodb",
        &[
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:DescribeStream",
        ],
    ),
    (
        "kinesis",
        &["kinesis:GetRecords", "kinesis:GetShardIterator"],
    ),
    (
        "sqs",
        &[
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
        ],
    ),
];

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    mappings(subject, found);
    schedules(subject, found);
}

fn mappings(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let mappings = subject.stack.resources.iter();
    for mapping in mappings.filter(|resource| {
        resource.r#type == "AWS::Lambda::EventSourceMapping"
            && Condition::is_met(resource.condition.as_ref())
    }) {
        let by_id = &subject.resolver.resources.by_id;
        let Some(written) = by_id.get(&mapping.logical_id) else {
            continue;
        };
        if written.has_open_properties() {
            continue;
        }
        let source = SOURCES
            .into_iter()
            .find_map(|name| written.properties.get(name));
        let Some(source) = source else {
            continue;
        };
        let mut findings = Vec::new();
        let queue = subject.resolver.referred(source, "AWS::SQS::Queue");
        let queue = queue.filter(|id| is_whole(subject, id));
        let queue = queue.and_then(|id| subject.stack.resource(&id));
        let function = written.properties.get("FunctionName");
        let function = function.and_then(|node| subject.resolver.function_named_by(node));
        let function = function.and_then(|id| subject.stack.function(&id));
        if let Some(queue) = queue {
            findings
                .extend(function.and_then(|function| hidden_too_short(queue, function, mapping)));
        }
        findings.extend(without_stream(subject, source));
        let arn = subject.resolver.value(source).to_text();
        let service = arn.as_deref().and_then(|arn| arn.split(':').nth(2));
        findings.extend(batch(mapping, service, queue.is_some_and(is_fifo)));
        if matches!(service, Some("kinesis" | "dynamodb"))
            && !mapping.properties.contains_key("StartingPosition")
        {
            let message = "it says not where to begin in the stream".to_owned();
            let help = "add `StartingPosition: LATEST` or `TRIM_HORIZON`".to_owned();
            findings.push((message, help, mapping.place));
        }
        let refused = findings.into_iter().map(|(message, help, place)| {
            (
                format!("{message}: Lambda refuses the event source"),
                help,
                place,
            )
        });
        let owner = written.generated_for.as_ref();
        LINT.refuse(refused, owner.unwrap_or(&mapping.logical_id), found);
        // A consumer of a stream is read by other actions.
        let is_consumer = arn.as_deref().is_some_and(|arn| arn.contains("/consumer/"));
        if let (Some(function), Some(service)) = (function, service)
            && !is_consumer
        {
            let lacking = not_allowed(subject, function, service);
            LINT.not_permit(lacking, &function.logical_id, found);
        }
    }
}

/// Whether all that a source has is written.
fn is_whole(subject: &Subject<'_, '_>, id: &str) -> bool {
    let written = subject.resolver.resources.by_id.get(id);
    written.is_some_and(|written| !written.has_open_properties())
}

/// The stream of a table that has none.
fn without_stream(subject: &Subject<'_, '_>, source: &Node) -> Option<Refusal> {
    let id = subject.resolver.referred(source, "AWS::DynamoDB::Table")?;
    if !is_whole(subject, &id) {
        return None;
    }
    let table = subject.stack.resource(&id)?;
    (!table.properties.contains_key("StreamSpecification")).then(|| {
        let message = format!("the table `{id}` has no stream");
        let help = "add `StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}` to the table";
        (message, help.to_owned(), source.place)
    })
}

/// A function whose role may not read the events.
fn not_allowed(subject: &Subject<'_, '_>, function: &Function, service: &str) -> Option<Refusal> {
    let (_, needed) = NEEDED.iter().find(|(of, _)| *of == service)?;
    let (role, action) = execution_role::lacks(subject, &function.logical_id, needed)?;
    let message = format!(
        "it has events of {service}, and its role `{role}` does not allow `{action}`: Lambda refuses the event source"
    );
    let help = format!("allow {} in the role", needed.join(", "));
    let place = subject.resolver.resources.by_id.get(&role)?.place;
    Some((message, help, place))
}

/// The schedules of rules: their own, and those of SAM's events that become one.
fn schedules(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let rules = subject.stack.resources.iter();
    for rule in rules.filter(|resource| {
        resource.r#type == "AWS::Events::Rule" && Condition::is_met(resource.condition.as_ref())
    }) {
        let property = rule.properties.get("ScheduleExpression");
        let Some(value) = property.map(|property| &property.value) else {
            continue;
        };
        let refusal = value.to_text().and_then(|text| schedule(&text));
        let refusal = refusal.map(|(message, help)| {
            let message = format!("{message}: EventBridge refuses it");
            (message, help.to_owned(), value.place)
        });
        let by_id = &subject.resolver.resources.by_id;
        let written = by_id.get(&rule.logical_id);
        let owner = written.and_then(|written| written.generated_for.as_ref());
        LINT.refuse(refusal, owner.unwrap_or(&rule.logical_id), found);
    }
}

/// What is wrong with a schedule.
fn schedule(text: &str) -> Option<(String, &'static str)> {
    if text.is_empty() {
        return None;
    }
    let inside = |name: &str| text.strip_prefix(name)?.strip_suffix(')');
    if let Some(rate) = inside("rate(") {
        let parts: Vec<_> = rate.split_whitespace().collect();
        let is_one = parts.first().is_some_and(|value| *value == "1");
        let is_rate = match parts[..] {
            [value, unit] => {
                let units = if is_one {
                    ["minute", "hour", "day"]
                } else {
                    ["minutes", "hours", "days"]
                };
                value.parse::<u32>().is_ok_and(|value| value > 0) && units.contains(&unit)
            }
            _ => false,
        };
        let help = if is_one {
            "of one it is `rate(1 minute)`, `rate(1 hour)` or `rate(1 day)`"
        } else {
            "it is a number and `minutes`, `hours` or `days`: `rate(5 minutes)`"
        };
        return (!is_rate).then(|| (format!("its schedule is `{text}`"), help));
    }
    let Some(cron) = inside("cron(") else {
        let help = "it is `rate(…)` or `cron(…)`";
        return Some((format!("its schedule is `{text}`"), help));
    };
    let fields: Vec<_> = cron.split_whitespace().collect();
    let [_, _, day_of_month, _, day_of_week, _] = fields[..] else {
        let message = format!("its schedule `{text}` has {} fields", fields.len());
        let help = "it has six: minutes, hours, day of month, month, day of week, year";
        return Some((message, help));
    };
    let both = day_of_month != "?" && day_of_week != "?";
    both.then(|| {
        let message = format!("its schedule `{text}` names a day of the month and one of the week");
        (message, "write `?` for one of them")
    })
}

/// A queue whose messages come back before the function has ended.
fn hidden_too_short(queue: &Resource, function: &Function, mapping: &Resource) -> Option<Refusal> {
    let timeout = *function.timeout_seconds.known_value()?;
    let written = queue.properties.get("VisibilityTimeout");
    let seconds = match written {
        Some(property) => property.value.to_text()?.parse().ok()?,
        None => DEFAULT_VISIBILITY_S,
    };
    (seconds < timeout).then(|| {
        let message = format!(
            "the queue `{}` hides a message for {seconds} s, and `{}` may run for {timeout}",
            queue.logical_id, function.logical_id
        );
        let help = format!(
            "a `VisibilityTimeout` of {timeout} at least; six times the function's `Timeout` is recommended"
        );
        let place = written.map_or(mapping.place, |property| property.value.place);
        (message, help, place)
    })
}

fn is_fifo(queue: &Resource) -> bool {
    let property = queue.properties.get("FifoQueue");
    let text = property.and_then(|property| property.value.to_text());
    text.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// A batch that is too large for its queue, or for the time that is waited for it.
fn batch(mapping: &Resource, service: Option<&str>, is_fifo: bool) -> Option<Refusal> {
    let whole = |name: &str| -> Option<(u32, &Value)> {
        let value = &mapping.properties.get(name)?.value;
        Some((value.to_text()?.parse().ok()?, value))
    };
    let window = mapping.properties.get("MaximumBatchingWindowInSeconds");
    if is_fifo && let Some((seconds @ 1.., value)) = whole("MaximumBatchingWindowInSeconds") {
        let message = format!("it waits {seconds} s for a batch of a FIFO queue");
        let help = "remove `MaximumBatchingWindowInSeconds`: it is for standard queues".to_owned();
        return Some((message, help, value.place));
    }
    let (size, value) = whole("BatchSize").filter(|(size, _)| *size > LARGEST_BATCH)?;
    if is_fifo {
        let message = format!("its batch has {size} messages of a FIFO queue");
        return Some((
            message,
            format!("it has at most {LARGEST_BATCH}"),
            value.place,
        ));
    }
    let waits = match window {
        Some(window) => window.value.to_text().is_none_or(|text| text != "0"),
        None => false,
    };
    // The guide says it of streams too, whose own default batch is 100: seen of queues alone.
    (service == Some("sqs") && !waits).then(|| {
        let message = format!("its batch has {size} messages, and it waits for none of them");
        let help = "add `MaximumBatchingWindowInSeconds`, 1 at least".to_owned();
        (message, help, value.place)
    })
}
