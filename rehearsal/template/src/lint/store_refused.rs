//! `store-refused`: a table, a queue, a topic or a parameter that DynamoDB, SQS, SNS or SSM refuses.
//!
//! The stack's update fails when it comes to it. Sources: CloudFormation user guide, `AWS::DynamoDB::Table`, `ProvisionedThroughput` ("if you
//! set `BillingMode` as `PROVISIONED`, you must specify this property", "as `PAY_PER_REQUEST`, you cannot"; it is the default); DynamoDB API, `CreateTable` (`One or more parameter values
//! were invalid: Some index key attributes are not defined`); SQS API, `CreateQueue` ("the name of a FIFO
//! queue must end with the `.fifo` suffix"), `RedrivePolicy` (both of its members; `Redrive policy does not contain mandatory attribute`; "the
//! dead-letter queue of a FIFO queue must also be a FIFO queue. Similarly, the dead-letter queue of a standard queue must also be a standard queue";
//! seen: `Dead-letter queue must be same type of queue as the source`, cfn-lint 3950); SNS API,
//! `CreateTopic` (the same of a FIFO topic); SNS developer guide, "Message delivery for FIFO topics" (to queues alone; seen: `Invalid protocol type`,
//! hashicorp/terraform-provider-aws 38441; no FIFO queue of a standard topic: mapbox/cloudfriend 94); SSM API, `PutParameter` ("parameter names can't be prefixed with `aws` or `ssm`"; 4 KB in the standard
//! tier, which is the default unless the account has another: Systems Manager user guide, "Specifying a default parameter tier"); CloudFormation user guide, `AWS::SSM::Parameter` ("CloudFormation doesn't support the `SecureString` parameter type").

use std::collections::BTreeSet;

use super::refusals::Refusal;
use super::{Lint, Subject};
use crate::stack::{Condition, Resource};
use crate::text::Node;
use crate::{Diagnostic, Severity, Value};

/// What is FIFO by a name and a flag: what it is, its service, and these two properties.
const QUEUE: (&str, &str, &str, &str) = ("queue", "SQS", "QueueName", "FifoQueue");
const TOPIC: (&str, &str, &str, &str) = ("topic", "SNS", "TopicName", "FifoTopic");

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "store-refused",
    finds: "a table, a queue, a topic or a parameter that its service refuses",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for resource in &subject.stack.resources {
        if resource.generated || !Condition::is_met(resource.condition.as_ref()) {
            continue;
        }
        let written = subject.resolver.resources.by_id.get(&resource.logical_id);
        if written.is_none_or(|written| !written.is_as_written() || written.has_open_properties()) {
            continue;
        }
        let findings = match resource.r#type.as_str() {
            "AWS::DynamoDB::Table" => [throughput(resource), attributes(resource)],
            "AWS::SNS::Topic" => [fifo_name(resource, TOPIC), None],
            "AWS::SNS::Subscription" => [subscription(subject, resource), None],
            "AWS::SQS::Queue" => [
                fifo_name(resource, QUEUE),
                redrive(resource).or_else(|| other_kind(subject, resource)),
            ],
            "AWS::SSM::Parameter" => [parameter_name(resource), parameter_value(resource)],
            _ => continue,
        };
        LINT.refuse(findings.into_iter().flatten(), &resource.logical_id, found);
    }
}

fn text(resource: &Resource, property: &str) -> Option<String> {
    resource.properties.get(property)?.value.to_text()
}

/// A table that is paid by its capacity, and says none; or one that is paid by the request, and says it.
fn throughput(table: &Resource) -> Option<Refusal> {
    let mode = table.properties.get("BillingMode");
    let capacity = table.properties.get("ProvisionedThroughput");
    if let (Some(mode), Some(capacity)) = (mode, capacity)
        && mode.value.as_str() == Some("PAY_PER_REQUEST")
        && capacity.value.as_unknown().is_none()
    {
        let message =
            "it is paid by the request and has `ProvisionedThroughput`: DynamoDB refuses it"
                .to_owned();
        return Some((
            message,
            "remove one of them".to_owned(),
            capacity.value.place,
        ));
    }
    let is_provisioned = match mode {
        Some(mode) => mode.value.as_str() == Some("PROVISIONED"),
        None => true,
    };
    if is_provisioned && !table.properties.contains_key("ProvisionedThroughput") {
        let message = "it has neither `ProvisionedThroughput` nor `BillingMode: PAY_PER_REQUEST`: DynamoDB refuses it".to_owned();
        return Some((message, "add one of them".to_owned(), table.place));
    }
    let indexes = table
        .properties
        .get("GlobalSecondaryIndexes")?
        .value
        .as_list()?;
    let without =
        |index: &&Value| index.as_map().is_some() && index.get("ProvisionedThroughput").is_none();
    let index = indexes
        .iter()
        .find(|index| is_provisioned && without(index))?;
    let message = "an index has no `ProvisionedThroughput`, and the table is paid by its capacity: DynamoDB refuses it".to_owned();
    let help = "add it, or write `BillingMode: PAY_PER_REQUEST` for the table".to_owned();
    Some((message, help, index.place))
}

/// An attribute that is a key and not defined. One that is defined and no key is refused by the table that a rehearsal makes.
fn attributes(table: &Resource) -> Option<Refusal> {
    // A vector index may name attributes outside its keys.
    if table.properties.contains_key("VectorIndexes") {
        return None;
    }
    let definitions = &table.properties.get("AttributeDefinitions")?.value;
    let defined = names(definitions)?;
    let mut keys = names(&table.properties.get("KeySchema")?.value)?;
    for indexes in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        let Some(indexes) = table.properties.get(indexes) else {
            continue;
        };
        for index in indexes.value.as_list()? {
            keys.extend(names(index.get("KeySchema")?)?);
        }
    }
    let name = keys.difference(&defined).next()?;
    let message =
        format!("its attribute `{name}` is in a key and not defined: DynamoDB refuses it");
    let help = "add it to `AttributeDefinitions`";
    Some((message, help.to_owned(), definitions.place))
}

/// The attributes that a list names, where all are known.
fn names(list: &Value) -> Option<BTreeSet<String>> {
    let items = list.as_list()?.iter();
    items
        .map(|item| item.get("AttributeName")?.to_text())
        .collect()
}

/// A FIFO queue or topic whose name does not say so, or another one whose name does: that of what is FIFO ends with `.fifo`, and no other
/// name has a dot.
fn fifo_name(
    resource: &Resource,
    (what, service, named, flag): (&str, &str, &str, &str),
) -> Option<Refusal> {
    let name = text(resource, named)?;
    let is_fifo = is_fifo(resource, flag)?;
    let says_so = name.strip_suffix(".fifo").is_some();
    let (message, help) = match (is_fifo, says_so) {
        (true, false) => (
            format!("it is a FIFO {what}, and its name is `{name}`: {service} refuses it"),
            "its name ends with `.fifo`".to_owned(),
        ),
        (false, true) => (
            format!("it is no FIFO {what}, and its name is `{name}`: {service} refuses it"),
            format!("write `{flag}: true`, or a name without a dot"),
        ),
        _ => return None,
    };
    Some((message, help, resource.properties[named].value.place))
}

/// Whether a queue or a topic is FIFO; `None` where that is not known.
pub(super) fn is_fifo(resource: &Resource, flag: &str) -> Option<bool> {
    match resource.properties.get(flag) {
        Some(property) => Some(property.value.to_text()?.eq_ignore_ascii_case("true")),
        None => Some(false),
    }
}

/// The resource of the template that a property refers to, where all of that is written, and whether it is FIFO.
fn referred<'s>(
    subject: &Subject<'s, '_>,
    node: &Node,
    r#type: &str,
    flag: &str,
) -> Option<(&'s Resource, bool)> {
    let id = subject.resolver.referred(node, r#type)?;
    let written = subject.resolver.resources.by_id.get(&id)?;
    if written.has_open_properties() {
        return None;
    }
    let resource = subject.stack.resource(&id)?;
    Some((resource, is_fifo(resource, flag)?))
}

/// Dead letters of a FIFO queue in another one, or the other way about.
fn other_kind(subject: &Subject<'_, '_>, queue: &Resource) -> Option<Refusal> {
    let written = subject.resolver.resources.by_id.get(&queue.logical_id)?;
    let target = written
        .properties
        .at(&["RedrivePolicy", "deadLetterTargetArn"])?;
    let (letters, of_letters) = referred(subject, target, "AWS::SQS::Queue", "FifoQueue")?;
    let message = match (is_fifo(queue, "FifoQueue")?, of_letters) {
        (true, false) => "it is a FIFO queue, and its dead letters go to",
        (false, true) => "it is no FIFO queue, and its dead letters go to the FIFO queue",
        _ => return None,
    };
    let message = format!("{message} `{}`: SQS refuses it", letters.logical_id);
    let help = "give both the same `FifoQueue`".to_owned();
    Some((message, help, target.place))
}

/// A FIFO queue of a standard topic, or what is no queue of a FIFO topic.
fn subscription(subject: &Subject<'_, '_>, subscription: &Resource) -> Option<Refusal> {
    let by_id = &subject.resolver.resources.by_id;
    let written = by_id.get(&subscription.logical_id)?;
    let property = |name: &str| written.properties.get(name);
    let topic = referred(
        subject,
        property("TopicArn")?,
        "AWS::SNS::Topic",
        "FifoTopic",
    );
    let (topic, of_topic) = topic?;
    let protocol = &subscription.properties.get("Protocol")?.value;
    let name = protocol.to_text()?;
    if of_topic && name != "sqs" {
        let message = format!(
            "the topic `{}` is FIFO, and it delivers by `{name}`: SNS refuses it",
            topic.logical_id
        );
        let help = "a FIFO topic delivers to queues alone".to_owned();
        return Some((message, help, protocol.place));
    }
    let endpoint = property("Endpoint")?;
    let (queue, of_queue) = referred(subject, endpoint, "AWS::SQS::Queue", "FifoQueue")?;
    (of_queue && !of_topic).then(|| {
        let message = format!(
            "`{}` is a FIFO queue, and the topic `{}` is none: SNS refuses it",
            queue.logical_id, topic.logical_id
        );
        let help = "write `FifoTopic: true`, or subscribe a standard queue".to_owned();
        (message, help, endpoint.place)
    })
}

/// Dead letters without a queue for them, or without a count.
fn redrive(queue: &Resource) -> Option<Refusal> {
    let policy = &queue.properties.get("RedrivePolicy")?.value;
    // It may be text, and what is not known may be anything.
    policy
        .get("deadLetterTargetArn")
        .or_else(|| policy.get("maxReceiveCount"))?;
    let lacking = ["deadLetterTargetArn", "maxReceiveCount"]
        .into_iter()
        .find(|name| policy.get(name).is_none())?;
    let message = format!("its `RedrivePolicy` has no `{lacking}`: SQS refuses it");
    Some((message, format!("add `{lacking}`"), policy.place))
}

/// The longest value of a parameter in the standard tier, in bytes.
const LONGEST_STANDARD: usize = 4_096;

/// A value that CloudFormation may not write, or that is too long for its tier.
fn parameter_value(parameter: &Resource) -> Option<Refusal> {
    let kind = parameter.properties.get("Type")?;
    if kind.value.as_str() == Some("SecureString") {
        let message = "it is a `SecureString`: CloudFormation makes none".to_owned();
        let help = "make it outside the stack, or take a secret of Secrets Manager".to_owned();
        return Some((message, help, kind.value.place));
    }
    let value = &parameter.properties.get("Value")?.value;
    // Where it names no tier, the account's default counts.
    let is_standard = text(parameter, "Tier").is_some_and(|tier| tier == "Standard");
    let length = value.to_text()?.len();
    (is_standard && length > LONGEST_STANDARD).then(|| {
        let message = format!("its value has {length} bytes, and the standard tier takes {LONGEST_STANDARD}: SSM refuses it");
        (message, "write `Tier: Advanced`".to_owned(), value.place)
    })
}

/// A parameter whose name is AWS's own.
fn parameter_name(parameter: &Resource) -> Option<Refusal> {
    let name = text(parameter, "Name")?;
    let begins = name.trim_start_matches('/').to_lowercase();
    (begins.starts_with("aws") || begins.starts_with("ssm")).then(|| {
        let message = format!("its name `{name}` begins like AWS's own: SSM refuses it");
        let help = "a name begins neither with `aws` nor with `ssm`".to_owned();
        (message, help, parameter.properties["Name"].value.place)
    })
}
