//! What a function's role certainly may not do, as far as the template tells.

use super::Subject;
use super::policy::{Resource, Stated};
use crate::Value;

/// The resource policies that allow a role of the same account what its own do not (IAM user guide, "Policy evaluation logic").
const RESOURCE_POLICIES: [(&str, &str); 5] = [
    ("events", "AWS::Events::EventBusPolicy"),
    ("kinesis", "AWS::Kinesis::ResourcePolicy"),
    ("lambda", "AWS::Lambda::Permission"),
    ("sns", "AWS::SNS::TopicPolicy"),
    ("sqs", "AWS::SQS::QueuePolicy"),
];

/// The role of a function, and the first of these actions of one service that no statement of it names. `None` where the role is not the
/// template's own, where SAM makes it, where it may have more than the template tells (by a macro or a connector), or where a resource policy may allow it.
pub(in crate::lint) fn lacks<'a>(
    subject: &Subject<'_, '_>,
    function: &str,
    actions: &[&'a str],
) -> Option<(String, &'a str)> {
    let by_id = &subject.resolver.resources.by_id;
    let node = by_id.get(function)?.properties.get("Role")?;
    let role = subject.resolver.referred(node, "AWS::IAM::Role")?;
    let written = by_id.get(&role)?;
    let connected = &subject.resolver.resources.connected;
    // Another function may have the role, and a connector be its.
    let mut of_role = by_id.values().filter(|other| {
        let node = other
            .properties
            .get("Role")
            .or_else(|| other.properties.get("RoleArn"));
        node.and_then(|node| subject.resolver.referred(node, "AWS::IAM::Role"))
            .is_some_and(|other| other == role)
    });
    let mut is_connected = || of_role.any(|other| connected.may_have(&other.logical_id));
    if connected.may_have(&role) || !connected.ids.is_empty() && is_connected() {
        return None;
    }
    if !written.is_as_written() || written.has_open_properties() || written.generated_for.is_some()
    {
        return None;
    }
    let grants = subject.policies.granted_to(&role)?;
    let service = actions.first()?.split(':').next()?;
    if is_allowed_elsewhere(subject, service) {
        return None;
    }
    let anywhere = Resource::any();
    let lacking = actions.iter().find(|action| {
        grants.allowed_by_managed(action) == Some(false)
            && grants.stated(action, &anywhere) == Stated::NotAllowed
    })?;
    Some((role, lacking))
}

/// Whether the template has a resource policy of a service that may be for a role. A permission that SAM makes, or one for a service, is none.
fn is_allowed_elsewhere(subject: &Subject<'_, '_>, service: &str) -> bool {
    let mut policies = RESOURCE_POLICIES.iter();
    let Some((_, policy)) = policies.find(|(of, _)| *of == service) else {
        return false;
    };
    let of_service = subject.stack.resources.iter();
    let mut of_service = of_service.filter(|resource| resource.r#type == *policy);
    of_service.any(|resource| {
        let principal = || resource.property("Principal").and_then(Value::to_text);
        let is_for_service = || principal().is_some_and(|name| name.ends_with(".amazonaws.com"));
        service != "lambda" || !resource.generated && !is_for_service()
    })
}
