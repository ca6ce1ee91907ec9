//! The events of EventBridge: of a rule's pattern or schedule, and of a schedule of EventBridge Scheduler.

use rehearsal_template::stack::Resource;
use rehearsal_template::{Inputs, Kind, Stack, Value as Resolved};
use serde_json::{Value, json};

use super::target::Target;
use super::{Event, MadeUp, TIME, UUID, forms, input, is_sayable, pattern};
use crate::init::content::PLACEHOLDER;

/// What a rule sends to a function: one event for each of its targets that is the function.
pub(super) fn of_rule(stack: &Stack, rule: &Resource, function: &Target<'_>) -> Vec<Event> {
    let property = |name: &str| Some(&rule.properties.get(name)?.value);
    let inputs = &stack.inputs;
    let name = name_of(inputs, rule, "Name");
    let arn = inputs.account().arn("events", &format!("rule/{name}"));
    let wanted = property("EventPattern").map(as_json);
    let wanted = wanted.map(|wanted| match &wanted {
        Value::String(text) => input::json(text).unwrap_or_default(),
        _ => wanted,
    });
    let mut event = scheduled(inputs, "aws.events", &arn, &json!({}));
    let mut made_up = MadeUp::Nothing;
    if let Some(wanted) = wanted {
        event["detail-type"] = "rehearsal".into();
        event["resources"] = json!([]);
        if of_storage(&wanted) {
            event["detail"] = object();
        }
        let is_taken = pattern::satisfy(&mut event, &wanted);
        made_up = if is_taken {
            MadeUp::Content
        } else {
            MadeUp::Match
        };
    }
    let of_rule = [
        ("aws.events.rule-arn", arn.as_str()),
        ("aws.events.rule-name", &name),
    ];
    let targets = property("Targets").and_then(Resolved::as_list);
    let targets = targets.map(|targets| targets.iter().map(Some).collect::<Vec<_>>());
    let targets = targets.unwrap_or_else(|| vec![None]).into_iter();
    let own =
        targets.filter(|target| function.is_named_by(target.and_then(|target| target.get("Arn"))));
    own.map(|target| {
        let what = format!("an event of the rule {}", rule.logical_id);
        let event = input::of_target(target, &event, &of_rule);
        let made_up = match target {
            Some(target) if target.get("Input").is_some() => MadeUp::Nothing,
            _ => made_up,
        };
        sent(stack, (what, &rule.logical_id), event, made_up)
    })
    .collect()
}

/// What a schedule sends. Without an input it is "a default notification" (EventBridge Scheduler API, `Target`), whose `detail` is a text (seen in
/// published events).
pub(super) fn of_schedule(stack: &Stack, schedule: &Resource) -> Event {
    let inputs = &stack.inputs;
    let name = name_of(inputs, schedule, "Name");
    let has_group = schedule.properties.contains_key("GroupName");
    let group = has_group.then(|| name_of(inputs, schedule, "GroupName"));
    let group = group.as_deref().unwrap_or("default");
    let resource = format!("schedule/{group}/{name}");
    let arn = inputs.account().arn("scheduler", &resource);
    let what = format!("an invocation of the schedule {}", schedule.logical_id);
    let property = |name: &str| Some(&schedule.properties.get(name)?.value);
    // What SAM's event says stands beside the target here, and within it in a template of CloudFormation's.
    let given = property("Input").or_else(|| property("Target")?.get("Input"));
    let event = match given {
        None => Some(scheduled(inputs, "aws.scheduler", &arn, &json!("{}"))),
        Some(given) => given.as_str().and_then(|text| {
            let text = text
                .replace("<aws.scheduler.schedule-arn>", &arn)
                .replace("<aws.scheduler.scheduled-time>", TIME)
                .replace("<aws.scheduler.execution-id>", UUID)
                .replace("<aws.scheduler.attempt-number>", "1");
            input::json(&text)
        }),
    };
    sent(stack, (what, &schedule.logical_id), event, MadeUp::Nothing)
}

/// What a service sends by a schedule that has this ARN and no input.
fn scheduled(inputs: &Inputs, source: &str, arn: &str, detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": UUID,
        "detail-type": "Scheduled Event",
        "source": source,
        "account": inputs.account_id,
        "time": TIME,
        "region": inputs.region,
        "resources": [arn],
        "detail": detail,
    })
}

/// What is sent, where that is known and may stand in a file.
fn sent(stack: &Stack, (what, of): (String, &str), event: Option<Value>, made_up: MadeUp) -> Event {
    match event.filter(|event| may_be_written(stack, event)) {
        Some(payload) => Event {
            what,
            of: of.to_owned(),
            payload,
            made_up,
        },
        None => Event::unknown(what, of, MadeUp::Input),
    }
}

/// Whether an event may stand in a file: it has no secret, and nothing that TOML cannot say.
fn may_be_written(stack: &Stack, event: &Value) -> bool {
    let text = event.to_string();
    let mut secrets = stack.secrets.iter().filter(|secret| !secret.is_empty());
    is_sayable(event) && !secrets.any(|secret| text.contains(secret.as_str()))
}

/// The name of a resource: the one that it is given, or one like what CloudFormation makes.
fn name_of(inputs: &Inputs, resource: &Resource, property: &str) -> String {
    let given = resource.properties.get(property);
    let given = given.and_then(|name| name.value.to_text());
    given.unwrap_or_else(|| format!("{}-{}", inputs.stack_name, resource.logical_id))
}

/// A value as JSON, with text in the place of what only AWS knows.
fn as_json(value: &Resolved) -> Value {
    match &value.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => (*value).into(),
        Kind::Number(number) => number.clone().into(),
        Kind::String(text) => text.clone().into(),
        Kind::List(items) => items.iter().map(as_json).collect(),
        Kind::Map(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), as_json(value)))
            .collect(),
        Kind::Unknown(_) => PLACEHOLDER.into(),
    }
}

/// Whether a pattern asks for what S3 sends.
fn of_storage(wanted: &Value) -> bool {
    let sources = wanted["source"].as_array();
    sources.is_some_and(|sources| sources.iter().any(|source| source == "aws.s3"))
}

/// What S3 says of a new object (Amazon S3 user guide, "EventBridge event message structure").
fn object() -> Value {
    json!({
        "version": "0",
        "bucket": { "name": PLACEHOLDER },
        "object": { "key": "key", "size": 2, "etag": forms::MD5_OF_BODY, "sequencer": forms::SEQUENCER },
        "request-id": "EXAMPLE123456789",
        "requester": "123456789012",
        "source-ip-address": "127.0.0.1",
        "reason": "PutObject",
    })
}
