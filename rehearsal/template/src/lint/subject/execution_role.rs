//! What a function's role certainly may not do, as far as the template tells.

use super::Subject;
use super::policy::{Resource, Stated};

/// AWS managed policies that functions have, each with the services whose actions it allows (AWS managed policy reference). A role that has
/// another is not judged.
const MANAGED: [(&str, &[&str]); 8] = [
    ("AWSLambdaBasicExecutionRole", &["logs"]),
    ("AWSLambdaDynamoDBExecutionRole", &["dynamodb", "logs"]),
    ("AWSLambdaKinesisExecutionRole", &["kinesis", "logs"]),
    ("AWSLambdaSQSQueueExecutionRole", &["logs", "sqs"]),
    ("AWSLambdaVPCAccessExecutionRole", &["ec2", "logs"]),
    ("AWSXRayDaemonWriteAccess", &["xray"]),
    ("AWSXrayWriteOnlyAccess", &["xray"]),
    ("CloudWatchLambdaInsightsExecutionRolePolicy", &["logs"]),
];

/// The resource policies that allow a role of the same account what its own do not (IAM user guide, "Policy evaluation logic").
const RESOURCE_POLICIES: [(&str, &str); 3] = [
    ("kinesis", "AWS::Kinesis::ResourcePolicy"),
    ("sns", "AWS::SNS::TopicPolicy"),
    ("sqs", "AWS::SQS::QueuePolicy"),
];

/// The role of a function, and the first of these actions of one service that no statement of it names. `None` where the role is not the
/// template's own, where SAM makes it, where it may have more than the template tells, or where a resource policy may allow it.
pub(in crate::lint) fn lacks<'a>(
    subject: &Subject<'_, '_>,
    function: &str,
    actions: &[&'a str],
) -> Option<(String, &'a str)> {
    let by_id = &subject.resolver.resources.by_id;
    let node = by_id.get(function)?.properties.get("Role")?;
    let role = subject.resolver.referred(node, "AWS::IAM::Role")?;
    let written = by_id.get(&role)?;
    if !written.is_as_written() || written.has_open_properties() || written.generated_for.is_some()
    {
        return None;
    }
    let grants = subject.policies.granted_to(&role)?;
    let service = actions.first()?.split(':').next()?;
    let mut policies = RESOURCE_POLICIES.iter();
    let policy = policies.find(|(of, _)| *of == service);
    let mut resources = subject.stack.resources.iter();
    if policy.is_some_and(|(_, policy)| resources.any(|resource| resource.r#type == *policy)) {
        return None;
    }
    let is_silent = |name: &String| {
        let known = MANAGED.iter().find(|(known, _)| known == name);
        known.is_some_and(|(_, services)| !services.contains(&service))
    };
    if !grants.managed.iter().all(is_silent) {
        return None;
    }
    let anywhere = Resource::any();
    let lacking = actions
        .iter()
        .find(|action| grants.stated(action, &anywhere) == Stated::NotAllowed)?;
    Some((role, lacking))
}
