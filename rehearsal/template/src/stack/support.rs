//! Which types take part in a rehearsal, and why the others do not.

use super::not_rehearsed::{LOOP, MACRO};
use super::reader::Reader;
use super::{Alarm, DeploymentGroup, NotRehearsed, NotRehearsedKind};
use crate::Place;
use crate::resource::Resource;

/// Types that a rehearsal acts out, wholly or by what they mean for another resource.
const REHEARSED: [&str; 21] = [
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
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentConfig",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::DynamoDB::Table",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function",
    "AWS::Lambda::Url",
    "AWS::Lambda::Version",
    "AWS::SSM::Parameter",
];

/// What to say about a resource that has no part in a rehearsal.
pub(super) fn left_out(resource: &Resource) -> Option<NotRehearsed> {
    let r#type = resource.r#type.as_str();
    if REHEARSED.contains(&r#type) || resource.is_of_event {
        return None;
    }
    let why = match r#type {
        _ if r#type.starts_with("AWS::IAM::") || r#type == "AWS::Lambda::Permission" => {
            "permissions are not checked in a rehearsal"
        }
        "AWS::DynamoDB::GlobalTable" => {
            "the table is rehearsed in one region, without its replicas"
        }
        "AWS::Logs::LogGroup" => "a rehearsal keeps no logs",
        "AWS::SNS::Topic" | "AWS::SNS::Subscription" => "no notifications are sent",
        "AWS::CloudFormation::Stack" | "AWS::Serverless::Application" => {
            "a nested stack is not read"
        }
        "AWS::StepFunctions::StateMachine" | "AWS::StepFunctions::StateMachineVersion" => {
            "state machines are not run"
        }
        "AWS::StepFunctions::StateMachineAlias" => {
            "a state machine's own gradual deployment is not rehearsed"
        }
        "AWS::Lambda::LayerVersion" | "AWS::Serverless::LayerVersion" => {
            "only a layer whose content is a folder on this machine is there for its functions"
        }
        "AWS::Lambda::EventSourceMapping" => {
            "a rehearsal's traffic comes through APIs and direct invocations only"
        }
        _ if is_custom(r#type) => "custom resources are not run",
        _ => "resources of this type have no part in a rehearsal",
    };
    Some(NotRehearsed::new(
        &resource.logical_id,
        r#type,
        why,
        resource.place,
    ))
}

/// Says of the custom resources that refer to a version that each update which publishes one runs them: theirs is a part of the deployment, and
/// where it fails, so does the update (CloudFormation user guide, "Custom resources": a request is sent when a property changes).
pub(super) fn of_each_version(left_out: &mut [NotRehearsed], resources: &[super::Resource]) {
    let custom = left_out.iter_mut().filter(|it| is_custom(&it.r#type));
    for custom in custom {
        let find = |id: &str| resources.iter().find(|it| it.logical_id == id);
        let is_version = |id: &String| find(id).is_some_and(|it| it.r#type == VERSION);
        let refers =
            find(&custom.logical_id).is_some_and(|it| it.references.keys().any(is_version));
        if refers {
            custom.kind = NotRehearsedKind::RunWithVersions;
            RUN_WITH_VERSIONS.clone_into(&mut custom.why);
        }
    }
}

/// Why a custom resource that refers to a version is left out.
const RUN_WITH_VERSIONS: &str =
    "custom resources are not run; on AWS each new version runs this one";

/// The type of a function's version.
const VERSION: &str = "AWS::Lambda::Version";

/// Whether a type is that of a custom resource.
pub(crate) fn is_custom(r#type: &str) -> bool {
    r#type.starts_with("Custom::") || r#type == "AWS::CloudFormation::CustomResource"
}

/// What of a deployment group has no part in a rehearsal: its notifications.
pub(super) fn left_out_of_group(
    group: &DeploymentGroup,
    reader: &Reader<'_, '_>,
) -> Vec<NotRehearsed> {
    let mut left_out = Vec::new();
    // An empty list is how an update takes out those that there were.
    let triggers = reader.value("TriggerConfigurations");
    if let Some(triggers) = triggers.filter(|all| all.as_list().is_none_or(|all| !all.is_empty())) {
        left_out.push(NotRehearsed::new(
            &group.logical_id,
            "TriggerConfigurations",
            "no notifications are sent",
            triggers.place,
        ));
    }
    left_out
}

/// A loop or a macro: what it makes is known when the stack is deployed.
pub(super) fn made_at_deployment((name, place): &(String, Place)) -> NotRehearsed {
    let (r#type, why) = if name.starts_with(LOOP) {
        (LOOP, "a loop is not unrolled: what it makes is not shown")
    } else {
        (
            MACRO,
            "a macro is not run: what it makes or changes is not shown",
        )
    };
    NotRehearsed::new(name, r#type, why, *place)
}

/// An alarm that compares with a band that CloudWatch learns.
pub(super) fn anomaly_detection(alarm: &Alarm) -> Option<NotRehearsed> {
    alarm.threshold_metric_id.as_ref()?;
    let why = "anomaly detection is not evaluated: its band is learnt from weeks of data";
    let (id, r#type) = (&alarm.logical_id, "AWS::CloudWatch::Alarm");
    Some(NotRehearsed::new(id, r#type, why, alarm.place))
}
