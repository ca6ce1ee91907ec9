//! `event-source-refused`: an event source mapping that Lambda refuses, or a rule that EventBridge does.
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
//! is there. Rules: EventBridge API, `PutRule` ("a rule must contain at least an `EventPattern` or `ScheduleExpression`"); seen: `Event pattern is not
//! valid. Reason: "source" must be an object or an array` (lalcebo/json-schema 171), `Empty arrays are not allowed` (aws-cdk 36904). Schedules:
//! EventBridge user guide, "Creating a rule that runs on a schedule"; cfn-lint, E3027.

use super::execution_role;
use super::refusals::Refusal;
use super::store_refused::is_fifo;
use super::{Lint, Subject};
use crate::stack::{Condition, Function, Resource};
use crate::text::Node;
use crate::{Diagnostic, Kind, Place, Severity, Value};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "event-source-refused",
    finds: "an event source mapping that Lambda refuses, or a rule that EventBridge does",
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
    rules(subject, found);
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
        // Of a mapping that the template writes, its schema says so.
        let arn_of_sam = arn.as_deref().filter(|_| !written.is_as_written());
        findings.extend(arn_of_sam.and_then(|arn| no_arn(subject, source, arn)));
        let is_fifo = queue.and_then(|queue| is_fifo(queue, "FifoQueue"));
        findings.extend(batch(mapping, service, is_fifo == Some(true)));
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
        LINT.refuse_of(refused, written, found);
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

/// A source that is named by its URL or its name, as `Ref` gives it.
fn no_arn(subject: &Subject<'_, '_>, source: &Node, text: &str) -> Option<Refusal> {
    let made_of = subject.made_of(source);
    let mut of = made_of.resources.into_iter();
    let id = of
        .next()
        .filter(|_| !made_of.is_open && !text.starts_with("arn:"))?;
    let message = format!("its source is `{text}`, which is no ARN");
    Some((message, format!("write `!GetAtt {id}.Arn`"), source.place))
}

/// The rules: the template's own, and those of SAM's events that become one.
fn rules(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let rules = subject.stack.resources.iter();
    for rule in rules.filter(|resource| {
        resource.r#type == "AWS::Events::Rule" && Condition::is_met(resource.condition.as_ref())
    }) {
        let by_id = &subject.resolver.resources.by_id;
        let Some(written) = by_id.get(&rule.logical_id) else {
            continue;
        };
        let property = |name: &str| rule.properties.get(name).map(|property| &property.value);
        let schedule = property("ScheduleExpression");
        let pattern = property("EventPattern");
        let of_schedule = schedule.and_then(|value| {
            let (message, help) = schedule_refusal(&value.to_text()?)?;
            Some((message, help, value.place))
        });
        let of_pattern = pattern.and_then(pattern_refusal);
        let of_neither = (schedule.is_none() && pattern.is_none()).then(|| {
            let message = "it has neither a schedule nor a pattern".to_owned();
            let help = "add `ScheduleExpression` or `EventPattern`";
            (message, help, rule.place)
        });
        let of_neither =
            of_neither.filter(|_| written.is_as_written() && !written.has_open_properties());
        let refusals = of_schedule.into_iter().chain(of_pattern).chain(of_neither);
        let refusals = refusals.map(|(message, help, place)| {
            let message = format!("{message}: EventBridge refuses it");
            (message, help.to_owned(), place)
        });
        LINT.refuse_of(refusals, written, found);
    }
}

/// What is wrong with the pattern of a rule: a value that stands in no list, or a list with nothing in it. What is in a list may be anything.
fn pattern_refusal(pattern: &Value) -> Option<(String, &'static str, Place)> {
    let map = pattern.as_map()?;
    map.iter().find_map(|(name, value)| match &value.kind {
        Kind::Map(_) => pattern_refusal(value),
        Kind::List(items) if items.is_empty() => {
            let message = format!("`{name}` of its pattern is a list with nothing in it");
            Some((message, "write what it may be, or remove it", value.place))
        }
        Kind::List(_) | Kind::Unknown(_) => None,
        _ => {
            let message = format!("`{name}` of its pattern is {}", value.describe());
            Some((
                message,
                "write it in a list: `source: [aws.s3]`",
                value.place,
            ))
        }
    })
}

/// What is wrong with a schedule.
fn schedule_refusal(text: &str) -> Option<(String, &'static str)> {
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
