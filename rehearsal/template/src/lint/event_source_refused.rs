//! `event-source-refused`: an event source mapping that Lambda refuses.
//!
//! The stack's update fails when it comes to it. Sources: Lambda API, `CreateEventSourceMapping`: `BatchSize` ("for FIFO queues the max is
//! 10"), `MaximumBatchingWindowInSeconds` ("when you set `BatchSize` to a value greater than 10, you must set
//! `MaximumBatchingWindowInSeconds` to at least 1"), `StartingPosition` ("required for Amazon Kinesis and Amazon DynamoDB Stream event
//! sources"); Lambda developer guide, "Using Lambda with Amazon SQS" (batching windows are for standard queues). A queue's visibility
//! time-out must be the function's time-out at least: `Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds` (cfn-lint,
//! `event_source_sqs_timeout`). The defaults of a queue are those of the SQS API, `CreateQueue`, that of a batch Lambda's.

use super::refusals::Refusal;
use super::{Lint, Subject};
use crate::stack::{Condition, Function, Resource};
use crate::{Diagnostic, Severity, Value};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "event-source-refused",
    finds: "an event source mapping that Lambda refuses",
    severity: Severity::Warning,
    check,
};

/// What names the source: of a mapping, and of the events of SAM's that become one.
const SOURCES: [&str; 3] = ["EventSourceArn", "Queue", "Stream"];
/// How many seconds a queue hides a message that was received, where it says nothing else.
const DEFAULT_VISIBILITY_S: u32 = 30;
/// How large a batch of a FIFO queue is at most, and one without a window.
const LARGEST_BATCH: u32 = 10;

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let mappings = subject.stack.resources.iter();
    for mapping in mappings.filter(|resource| {
        resource.r#type == "AWS::Lambda::EventSourceMapping"
            && Condition::is_met(resource.condition.as_ref())
    }) {
        let by_id = &subject.resolver.resources.by_id;
        let Some(written) = by_id.get(&mapping.logical_id) else {
            continue;
        };
        let source = SOURCES
            .into_iter()
            .find_map(|name| written.properties.get(name));
        let Some(source) = source else {
            continue;
        };
        let mut findings = Vec::new();
        let queue = subject.resolver.referred(source, "AWS::SQS::Queue");
        let queue = queue.and_then(|id| subject.stack.resource(&id));
        let function = written.properties.get("FunctionName");
        let function = function.and_then(|node| subject.resolver.function_named_by(node));
        let function = function.and_then(|id| subject.stack.function(&id));
        if let Some(queue) = queue {
            findings
                .extend(function.and_then(|function| hidden_too_short(queue, function, mapping)));
        }
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
    }
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
