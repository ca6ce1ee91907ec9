//! `name-taken`: a name that another resource of the template has.
//!
//! Of two resources of one type and one name CloudFormation makes one, and its update fails at the other: `already exists` (CloudFormation user
//! guide, "Name type"; which property names a resource: the resource schemas' `primaryIdentifier`, where a template may set it, and each
//! service's API where the identifier is an ARN or a URL). What has a name within another (an alias, a deployment group) is held against
//! those of the same. Names of IAM are one whatever their case and their path (IAM API, `CreatePolicy`,
//! `CreateRole`). Functions and alarms have lints of their own, which say it of theirs.

use std::collections::HashMap;

use super::refusals::Refusal;
use super::{Lint, Subject};
use crate::stack::{Condition, Resource};
use crate::text::Node;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "name-taken",
    finds: "a resource whose name another of the template has",
    severity: Severity::Warning,
    check,
};

/// A type, the property that names its resources, and the one that names what they are within, if any.
type Named = (&'static str, &'static str, Option<&'static str>);

/// The types whose names are the template's to choose, and are had once in an account and Region, or within another resource.
#[rustfmt::skip] // A table.
const NAMED: [Named; 25] = [
    ("AWS::CloudWatch::CompositeAlarm", "AlarmName", None),
    ("AWS::CloudWatch::Dashboard", "DashboardName", None),
    ("AWS::CodeDeploy::Application", "ApplicationName", None),
    ("AWS::CodeDeploy::DeploymentConfig", "DeploymentConfigName", None),
    ("AWS::CodeDeploy::DeploymentGroup", "DeploymentGroupName", Some("ApplicationName")),
    ("AWS::DynamoDB::Table", "TableName", None),
    ("AWS::ECR::Repository", "RepositoryName", None),
    ("AWS::Events::EventBus", "Name", None),
    ("AWS::Events::Rule", "Name", Some("EventBusName")),
    ("AWS::IAM::InstanceProfile", "InstanceProfileName", None),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", None),
    ("AWS::IAM::Role", "RoleName", None),
    ("AWS::KMS::Alias", "AliasName", None),
    ("AWS::Kinesis::Stream", "Name", None),
    ("AWS::Lambda::Alias", "Name", Some("FunctionName")),
    ("AWS::Logs::LogGroup", "LogGroupName", None),
    ("AWS::Logs::MetricFilter", "FilterName", Some("LogGroupName")),
    ("AWS::S3::Bucket", "BucketName", None),
    ("AWS::SNS::Topic", "TopicName", None),
    ("AWS::SQS::Queue", "QueueName", None),
    ("AWS::SSM::Parameter", "Name", None),
    ("AWS::Scheduler::Schedule", "Name", Some("GroupName")),
    ("AWS::SecretsManager::Secret", "Name", None),
    ("AWS::Serverless::SimpleTable", "TableName", None),
    ("AWS::StepFunctions::StateMachine", "StateMachineName", None),
];

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let mut taken = HashMap::new();
    let by_id = &subject.resolver.resources.by_id;
    let is_generated = |resource: &Resource| {
        let written = by_id.get(&resource.logical_id);
        // What SAM makes of an event has the name that the event gives it.
        written.is_none_or(|written| written.generated_for.is_some() && !written.is_of_event)
    };
    for resource in &subject.stack.resources {
        if !Condition::is_met(resource.condition.as_ref()) {
            continue;
        }
        let Some((r#type, property, name, within)) = name_of(resource) else {
            continue;
        };
        // A name with the stack's is another where the stack is called otherwise.
        let written = by_id.get(&resource.logical_id);
        let written = written.and_then(|written| written.properties.get(property));
        let key = (r#type, within, name, written.is_some_and(Node::is_of_stack));
        let Some(&earlier) = taken.get(&key) else {
            taken.insert(key, resource);
            continue;
        };
        // What SAM generates has the names that SAM gives it: it is the other that is to be changed.
        let (named, other) = match (is_generated(earlier), is_generated(resource)) {
            (_, false) => (resource, earlier),
            (false, true) => (earlier, resource),
            (true, true) => continue,
        };
        LINT.refuse([refusal(named, other, property)], &named.logical_id, found);
    }
}

fn refusal(resource: &Resource, other: &Resource, property: &str) -> Refusal {
    let value = &resource.properties[property].value;
    let name = value.to_text().unwrap_or_default();
    let message = format!(
        "`{}` has its name too, `{name}`: CloudFormation refuses it",
        other.logical_id
    );
    (
        message,
        "give it another name, or none".to_owned(),
        value.place,
    )
}

fn named_by(resource: &Resource) -> Option<&'static Named> {
    NAMED.iter().find(|(r#type, ..)| *r#type == resource.r#type)
}

/// A resource's type, the property that names it, its name as it is told from others, and the name of what it is within; `None` where one of
/// them is not known, or it has no name of its own.
fn name_of(resource: &Resource) -> Option<(&'static str, &'static str, String, String)> {
    let (r#type, property, within) = *named_by(resource)?;
    let text = |property: &str| match resource.properties.get(property) {
        Some(property) => property.value.to_text(),
        // The bus, and the group of schedules, that is there without anyone's making it.
        None if ["EventBusName", "GroupName"].contains(&property) => Some("default".to_owned()),
        None => Some(String::new()),
    };
    let mut name = text(property).filter(|name| !name.is_empty())?;
    if r#type.starts_with("AWS::IAM::") {
        name.make_ascii_lowercase();
    }
    let within = within.map_or(Some(String::new()), text)?;
    // A table of SAM's is one of DynamoDB's.
    let r#type = match r#type {
        "AWS::Serverless::SimpleTable" => "AWS::DynamoDB::Table",
        other => other,
    };
    Some((r#type, property, name, within))
}
