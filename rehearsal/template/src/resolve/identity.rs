//! Physical names and ids: what a resource is called once it is deployed.
//!
//! CloudFormation adds random characters to the names it makes. A rehearsal must be the same twice, so here a name is the
//! stack's and the logical id, and an id is made from both.

use sha2::{Digest, Sha256};

use crate::Inputs;

/// What `Ref` gives for a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// The physical name.
    Name,
    /// The ARN.
    Arn,
}

/// Which parts of an ARN are filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Region and account.
    Regional,
    /// The account alone, as for IAM.
    Account,
    /// Neither, as for S3.
    Global,
}

/// How a type is named, from its page in the CloudFormation user guide ("Return values").
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    /// The property that sets the name.
    pub(super) name: &'static str,
    /// The longest name, in characters.
    pub(super) longest: usize,
    pub(super) reference: Reference,
    /// The service in the ARN.
    pub(super) service: &'static str,
    pub(super) scope: Scope,
    /// What stands before the name in the ARN.
    pub(super) prefix: &'static str,
}

/// How resources of a type are named, for the types that are named this way.
#[rustfmt::skip] // A table.
pub(super) fn identity(r#type: &str) -> Option<Identity> {
    use Reference::{Arn, Name};
    use Scope::{Account, Global, Regional};
    let (name, longest, reference, service, scope, prefix) = match r#type {
        "AWS::Lambda::Function"              => ("FunctionName", 64, Name, "lambda", Regional, "function:"),
        "AWS::DynamoDB::Table"
        | "AWS::DynamoDB::GlobalTable"       => ("TableName", 255, Name, "dynamodb", Regional, "table/"),
        "AWS::IAM::Role"                     => ("RoleName", 64, Name, "iam", Account, "role"),
        "AWS::IAM::ManagedPolicy"            => ("ManagedPolicyName", 128, Arn, "iam", Account, "policy"),
        "AWS::SNS::Topic"                    => ("TopicName", 256, Arn, "sns", Regional, ""),
        "AWS::SQS::Queue"                    => ("QueueName", 80, Name, "sqs", Regional, ""),
        "AWS::SSM::Parameter"                => ("Name", 1011, Name, "ssm", Regional, "parameter/"),
        "AWS::Logs::LogGroup"                => ("LogGroupName", 512, Name, "logs", Regional, "log-group:"),
        "AWS::CloudWatch::Alarm"
        | "AWS::CloudWatch::CompositeAlarm"  => ("AlarmName", 255, Name, "cloudwatch", Regional, "alarm:"),
        "AWS::CloudWatch::Dashboard"         => ("DashboardName", 255, Name, "cloudwatch", Account, "dashboard/"),
        "AWS::CodeDeploy::Application"       => ("ApplicationName", 100, Name, "codedeploy", Regional, "application:"),
        "AWS::CodeDeploy::DeploymentGroup"   => ("DeploymentGroupName", 100, Name, "codedeploy", Regional, "deploymentgroup:"),
        "AWS::CodeDeploy::DeploymentConfig"  => ("DeploymentConfigName", 100, Name, "codedeploy", Regional, "deploymentconfig:"),
        "AWS::S3::Bucket"                    => ("BucketName", 63, Name, "s3", Global, ""),
        "AWS::Events::Rule"                  => ("Name", 64, Name, "events", Regional, "rule/"),
        "AWS::Events::EventBus"              => ("Name", 256, Name, "events", Regional, "event-bus/"),
        "AWS::StepFunctions::StateMachine"   => ("StateMachineName", 80, Arn, "states", Regional, "stateMachine:"),
        "AWS::Kinesis::Stream"               => ("Name", 128, Name, "kinesis", Regional, "stream/"),
        _ => return None,
    };
    Some(Identity { name, longest, reference, service, scope, prefix })
}

/// The name of a resource that is given none.
pub(crate) fn physical_name(inputs: &Inputs, logical_id: &str, longest: usize) -> String {
    let logical_id = logical_id.trim_end_matches('*');
    // One that has taken the place of another.
    let again = match inputs.replacements.get(logical_id) {
        None | Some(0) => String::new(),
        Some(times) => format!("-{}", u64::from(*times) + 1),
    };
    // As CloudFormation does, the stack's name gives way: the logical id tells resources apart.
    let room = longest.saturating_sub(logical_id.len() + again.len() + 1);
    let stack: String = inputs.stack_name.chars().take(room).collect();
    let name = format!("{stack}-{logical_id}{again}");
    name.chars().take(longest).collect()
}

/// An id such as API Gateway gives, ten characters of `a-z0-9`, made from the stack's name and the logical id.
pub(crate) fn physical_id(inputs: &Inputs, logical_id: &str) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let digest = Sha256::digest(format!("{}/{logical_id}", inputs.stack_name));
    digest
        .iter()
        .take(10)
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect()
}
