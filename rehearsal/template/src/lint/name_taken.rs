//! `name-taken`: a name that another resource of the template has.
//!
//! Of two resources of one type and one name CloudFormation makes one, and its update fails at the other: `already exists` (CloudFormation user
//! guide, "Name type"; which property names a resource: the resource schemas' `primaryIdentifier`, where a template may set it, and each
//! service's API where the identifier is an ARN or a URL). What has a name within another (an alias, a deployment group) is held against
//! those of the same. Functions and alarms have lints of their own, which say it of theirs.

use std::collections::HashMap;

use super::refusals::Refusal;
use super::{Lint, Subject};
use crate::stack::{Condition, Resource};
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
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", Some("Path")),
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
    let mut taken: HashMap<(&str, String, String), &str> = HashMap::new();
    for resource in &subject.stack.resources {
        if !Condition::is_met(resource.condition.as_ref()) {
            continue;
        }
        let Some((r#type, name, within)) = name_of(resource) else {
            continue;
        };
        let key = (r#type, within, name);
        let Some(earlier) = taken.get(&key) else {
            taken.insert(key, &resource.logical_id);
            continue;
        };
        let by_id = &subject.resolver.resources.by_id;
        let written = by_id.get(&resource.logical_id);
        // What SAM generates has the names that SAM gives it.
        if written.is_none_or(|written| written.generated_for.is_some()) {
            continue;
        }
        LINT.refuse(
            [refusal(resource, earlier, &key.2)],
            &resource.logical_id,
            found,
        );
    }
}

fn refusal(resource: &Resource, earlier: &str, name: &str) -> Refusal {
    let property =
        named_by(resource).and_then(|(_, property, _)| resource.properties.get(*property));
    let place = property.map_or(resource.place, |property| property.value.place);
    let message = format!("`{earlier}` has its name too, `{name}`: CloudFormation refuses it");
    (message, "give it another name, or none".to_owned(), place)
}

fn named_by(resource: &Resource) -> Option<&'static Named> {
    NAMED.iter().find(|(r#type, ..)| *r#type == resource.r#type)
}

/// A resource's type, its name, and the name of what it is within; `None` where one of them is not known, or it has no name of its own.
fn name_of(resource: &Resource) -> Option<(&'static str, String, String)> {
    let (r#type, property, within) = *named_by(resource)?;
    let text = |property: &str| match resource.properties.get(property) {
        Some(property) => property.value.to_text(),
        None => Some(String::new()),
    };
    let name = text(property).filter(|name| !name.is_empty())?;
    let within = within.map_or(Some(String::new()), text)?;
    // A table of SAM's is one of DynamoDB's.
    let r#type = match r#type {
        "AWS::Serverless::SimpleTable" => "AWS::DynamoDB::Table",
        other => other,
    };
    Some((r#type, name, within))
}
