//! Functions, their versions, and what happens to their failed asynchronous events.

use std::collections::BTreeMap;

use super::Condition;
use crate::{Field, Place};

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its logical id.
    pub logical_id: String,
    /// Its physical name: `FunctionName`, or one derived from the stack's name and the logical id.
    pub name: Field<String>,
    /// Its ARN without a qualifier.
    pub arn: Field<String>,
    /// `Runtime`, such as `provided.al2023`. Missing for a container image.
    pub runtime: Option<Field<String>>,
    /// `Handler`. Missing for a container image.
    pub handler: Option<Field<String>>,
    /// Where the code is: a path relative to the template's folder, or an `s3://` URI. Missing for inline code and images.
    pub code_uri: Option<Field<String>>,
    /// `Metadata.BuildMethod`, which tells `sam build` how to build it.
    pub build_method: Option<String>,
    /// `Metadata.BuildProperties.Binary`: the binary that cargo builds for it.
    pub binary: Option<String>,
    /// `x86_64` (Lambda's default) or `arm64`.
    pub architecture: Field<String>,
    /// `Timeout` in seconds; Lambda's default is 3.
    pub timeout_seconds: Field<u32>,
    /// `MemorySize` in MB; Lambda's default is 128.
    pub memory_mb: Field<u32>,
    /// Its environment variables. Each value may be unknown by itself.
    pub environment: Field<BTreeMap<String, Field<String>>>,
    /// What Lambda does with asynchronous events that fail, by qualifier.
    pub event_invoke_configs: Vec<EventInvokeConfig>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

impl Function {
    /// What Lambda does with failed asynchronous events of a qualifier: `$LATEST`, a version or an alias.
    pub fn event_invoke_config(&self, qualifier: &str) -> Option<&EventInvokeConfig> {
        self.event_invoke_configs.iter().find(|config| {
            config
                .qualifier
                .known_value()
                .is_some_and(|known| known == qualifier)
        })
    }
}

/// What Lambda does with asynchronous events that fail (Lambda API, `PutFunctionEventInvokeConfig`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventInvokeConfig {
    /// `$LATEST`, a version or an alias.
    pub qualifier: Field<String>,
    /// How often a failed event is tried again, 0 to 2; Lambda's default is 2.
    pub maximum_retry_attempts: Field<u32>,
    /// How long an event may wait, 60 to 21,600 seconds; Lambda's default is 21,600.
    pub maximum_event_age_seconds: Field<u32>,
    /// Where the record of a success goes.
    pub on_success: Option<Destination>,
    /// Where the record of a failure goes.
    pub on_failure: Option<Destination>,
    /// Where it stands.
    pub place: Place,
}

/// Where Lambda sends the record of an asynchronous invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The destination's ARN.
    pub arn: Field<String>,
    /// The logical id of the function that it is, when it is one of this template's.
    pub function: Option<String>,
}

/// A version that the update publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its id among [`Stack::resources`](super::Stack::resources).
    pub resource: String,
    /// Its logical id in the deployed stack. `None` where the code is local: SAM's hash in it needs the S3 key.
    pub logical_id: Option<String>,
    /// The logical id of its function.
    pub function: Field<String>,
    /// Its number, from the inputs.
    pub number: u32,
    /// Where it stands.
    pub place: Place,
}
