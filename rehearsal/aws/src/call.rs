//! What a function asks of AWS, and what it is answered.
//!
//! [`AwsCall`] has a variant for each operation that the world answers, and [`Passed`] for all that a database or an emulator
//! answers. Who asks is its [`Principal`](crate::principal::Principal); what it is about, [`AwsCall::resource`].
//!
//! One more operation is a variant of both here, a file (or a function) under `cloud/src/services/<service>/` that reads and writes it,
//! and an arm in the world (`deployment/src/world/calls.rs`).

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::arn::{Arn, parameter_name, parameter_resource};
use crate::cloudwatch::put_metric_data::MetricData;
use crate::codedeploy::refusal::ReportRefused;
use crate::lambda::invoke::{InvocationType, Invoked, LambdaError};
use crate::service::Service;
use crate::ssm::{Parameter, SsmError};

/// A call to AWS. Fields are named as the operation's input names them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AwsCall {
    /// Lambda's `Invoke`. The event goes beside it.
    Invoke {
        /// The function's name, without account, Region or qualifier.
        function_name: String,
        /// A version, an alias or `$LATEST`, if one was named.
        qualifier: Option<String>,
        /// How the caller wants it.
        invocation_type: InvocationType,
    },
    /// CodeDeploy's `PutLifecycleEventHookExecutionStatus`, as it came. What it lacks is empty.
    PutLifecycleEventHookExecutionStatus {
        /// The deployment, such as `d-ABCDEF123`.
        deployment_id: String,
        /// The hook's execution (`lifecycleEventHookExecutionId`), as its event named it.
        execution_id: String,
        /// What the hook says of itself: `Succeeded` or `Failed`, where it is well-formed.
        status: String,
    },
    /// Systems Manager's `GetParameter`.
    GetParameter {
        /// The parameter's name or ARN.
        name: String,
        /// Whether the caller wants a `SecureString` decrypted.
        with_decryption: bool,
    },
    /// Systems Manager's `GetParameters`.
    GetParameters {
        /// The parameters' names or ARNs.
        names: Vec<String>,
        /// As of `GetParameter`.
        with_decryption: bool,
    },
    /// Systems Manager's `GetParametersByPath`.
    GetParametersByPath {
        /// The path.
        path: String,
        /// Whether the caller wants those of all levels below it.
        recursive: bool,
        /// As of `GetParameter`.
        with_decryption: bool,
        /// How many the caller wants at once.
        max_results: usize,
        /// How many it has.
        skips: usize,
    },
    /// CloudWatch's `PutMetricData`.
    PutMetricData(MetricData),
    /// A call that the world does not answer.
    Passed(Passed),
}

/// A call that a database or an emulator answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// The service, by its signing name: `dynamodb`.
    pub service: String,
    /// The operation: `PutItem`.
    pub operation: String,
    /// What it is about, as an ARN has it (`table/contacts`) or by its ARN; `None` where it is about several things, or it is not known.
    pub resource: Option<String>,
}

/// What a call is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsAnswer {
    /// To `Invoke`, and to a request through an API: what came of the invocation, or why there was none.
    Invoked(Result<Invoked, LambdaError>),
    /// To `Invoke` with the type `Event`: Lambda has the event, and the invocation follows.
    Queued,
    /// To `PutLifecycleEventHookExecutionStatus`.
    Reported(Result<(), ReportRefused>),
    /// To `GetParameter`.
    Parameter(Result<Parameter, SsmError>),
    /// To `GetParameters` and `GetParametersByPath`.
    Parameters {
        /// Those that there are, in their order.
        found: Vec<Parameter>,
        /// The names of others that were asked for.
        invalid: Vec<String>,
    },
    /// To `PutMetricData`: all of it is taken.
    MetricsTaken,
    /// The world has no answer: the database or the emulator has.
    Passed,
}

impl AwsCall {
    /// The service that is called, by its signing name.
    pub fn service(&self) -> &str {
        let service = match self {
            Self::Invoke { .. } => Service::Lambda,
            Self::PutLifecycleEventHookExecutionStatus { .. } => Service::CodeDeploy,
            Self::GetParameter { .. }
            | Self::GetParameters { .. }
            | Self::GetParametersByPath { .. } => Service::Ssm,
            Self::PutMetricData(_) => Service::CloudWatch,
            Self::Passed(passed) => return &passed.service,
        };
        service.name()
    }

    /// The operation's name in the service's API model.
    pub fn operation(&self) -> &str {
        match self {
            Self::Invoke { .. } => "Invoke",
            Self::PutLifecycleEventHookExecutionStatus { .. } => {
                "PutLifecycleEventHookExecutionStatus"
            }
            Self::GetParameter { .. } => "GetParameter",
            Self::GetParameters { .. } => "GetParameters",
            Self::GetParametersByPath { .. } => "GetParametersByPath",
            Self::PutMetricData(_) => "PutMetricData",
            Self::Passed(passed) => &passed.operation,
        }
    }

    /// The ARN of the resource that the call is about, as IAM evaluates it (Service Authorization Reference, the service's "Resource
    /// types"); `None` for an operation without one resource, such as CodeDeploy's report.
    pub fn resource(&self, account: &Account) -> Option<String> {
        let resource = match self {
            Self::Invoke {
                function_name,
                qualifier,
                ..
            } => match qualifier {
                Some(qualifier) => format!("function:{function_name}:{qualifier}"),
                None => format!("function:{function_name}"),
            },
            // Of a deployment group, which the call does not name.
            // The second takes no resource (Service Authorization Reference, "Amazon CloudWatch"), the last is about several.
            Self::PutLifecycleEventHookExecutionStatus { .. }
            | Self::PutMetricData(_)
            | Self::GetParameters { .. } => return None,
            Self::GetParameter { name, .. } => parameter_resource(parameter_name(name)),
            Self::GetParametersByPath { path, .. } => parameter_resource(path),
            Self::Passed(passed) => {
                let resource = passed.resource.clone()?;
                if Arn::parse(&resource).is_some() {
                    return Some(resource);
                }
                resource
            }
        };
        Some(account.arn(self.service(), &resource))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_about_a_resource_of_the_account() {
        let account = Account {
            id: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let invoke = |qualifier: Option<&str>| AwsCall::Invoke {
            function_name: "f".to_owned(),
            qualifier: qualifier.map(str::to_owned),
            invocation_type: InvocationType::RequestResponse,
        };
        let parameter = |name: &str| AwsCall::GetParameter {
            name: name.to_owned(),
            with_decryption: false,
        };
        let passed = |resource: Option<&str>| {
            AwsCall::Passed(Passed {
                service: "dynamodb".to_owned(),
                operation: "PutItem".to_owned(),
                resource: resource.map(str::to_owned),
            })
        };
        let elsewhere = "arn:aws:dynamodb:eu-west-1:999999999999:table/t";
        #[rustfmt::skip] // A table.
        let cases = [
            (invoke(None), Some("lambda:eu-west-1:123456789012:function:f")),
            (invoke(Some("live")), Some("lambda:eu-west-1:123456789012:function:f:live")),
            (parameter("/a/b"), Some("ssm:eu-west-1:123456789012:parameter/a/b")),
            (parameter("plain"), Some("ssm:eu-west-1:123456789012:parameter/plain")),
            (passed(Some("table/t")), Some("dynamodb:eu-west-1:123456789012:table/t")),
            (passed(Some(elsewhere)), elsewhere.strip_prefix("arn:aws:")),
            (passed(None), None),
        ];
        for (call, expected) in cases {
            let expected = expected.map(|arn| format!("arn:aws:{arn}"));
            assert_eq!(call.resource(&account), expected, "{call:?}");
        }
    }
}
