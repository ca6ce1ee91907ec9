//! Which types take part in a rehearsal, and why the others do not.

use super::NotRehearsed;
use crate::resource::Resource;

/// Types that a rehearsal acts out, wholly or by what they mean for another resource.
const REHEARSED: [&str; 19] = [
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentConfig",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::DynamoDB::Table",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function",
    "AWS::Lambda::Version",
    "AWS::SSM::Parameter",
];

/// What to say about a resource that has no part in a rehearsal.
pub(super) fn left_out(resource: &Resource) -> Option<NotRehearsed> {
    let r#type = resource.r#type.as_str();
    if REHEARSED.contains(&r#type) {
        return None;
    }
    let why = match r#type {
        _ if r#type.starts_with("AWS::IAM::") || r#type == "AWS::Lambda::Permission" => {
            "permissions are not checked in a rehearsal"
        }
        "AWS::CloudWatch::CompositeAlarm" => "only metric alarms are evaluated",
        "AWS::DynamoDB::GlobalTable" => {
            "the table is rehearsed in one region, without its replicas"
        }
        "AWS::Logs::LogGroup" => "a rehearsal keeps no logs",
        "AWS::SNS::Topic" | "AWS::SNS::Subscription" => "no notifications are sent",
        "AWS::CloudFormation::Stack" | "AWS::Serverless::Application" => {
            "a nested stack is not read"
        }
        "AWS::Serverless::StateMachine" | "AWS::StepFunctions::StateMachine" => {
            "state machines are not run"
        }
        "AWS::Lambda::Url" => "function URLs are not served",
        "AWS::Lambda::EventSourceMapping" => {
            "a rehearsal's traffic comes through APIs and direct invocations only"
        }
        _ if r#type.starts_with("Custom::") || r#type == "AWS::CloudFormation::CustomResource" => {
            "custom resources are not run"
        }
        _ => "resources of this type have no part in a rehearsal",
    };
    Some(NotRehearsed {
        logical_id: resource.logical_id.clone(),
        r#type: r#type.to_owned(),
        why: why.to_owned(),
        place: resource.place,
    })
}
