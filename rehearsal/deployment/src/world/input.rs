//! What comes into a world.

use rehearsal_aws::apigateway::stage::ApiStage;
use rehearsal_aws::call::AwsCall;
use rehearsal_aws::principal::Principal;
use serde::{Deserialize, Serialize};

use super::{CallId, InvocationId};
use crate::event::{Evidence, InvocationOutcome, RefusedCall};

/// What comes in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// The rehearsal begins. Once, first.
    Begin,
    /// A [`Command::Invoke`](super::Command::Invoke) is executed.
    Ended(Ended),
    /// A function calls AWS.
    Called(Called),
    /// A service refused a function's call.
    Refused {
        /// What was refused.
        call: RefusedCall,
        /// The invocation that called, if it is known.
        invocation: Option<InvocationId>,
    },
    /// The database answered a function's call.
    DatabaseAnswered(DatabaseAnswered),
    /// A function wrote lines into its log.
    Logged(Logged),
}

/// A call to the database that got its answer, from it or from a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseAnswered {
    /// The invocation that called, if it is known.
    pub invocation: Option<InvocationId>,
    /// The operation, such as `PutItem`.
    pub operation: String,
    /// The tables that it is about.
    pub tables: Vec<String>,
    /// The answer's HTTP status.
    pub status: u16,
    /// The error's code, where it is one.
    pub code: Option<String>,
    /// How long a fault held it up, in milliseconds.
    pub delay_ms: i64,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Which.
    pub invocation: InvocationId,
    /// How.
    pub outcome: InvocationOutcome,
    /// The HTTP status that a caller saw, when it was asked over HTTP.
    pub status: Option<u16>,
    /// What a hook answered.
    pub answer: Option<String>,
    /// What else is known, for people.
    pub detail: Option<String>,
    /// Why, of a hook and of what is no good answer.
    pub evidence: Evidence,
}

/// A call that a function makes, or a request to an API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Called {
    /// Its number.
    pub id: CallId,
    /// Who calls.
    pub principal: Principal,
    /// The invocation it was running, if it is known.
    pub invocation: Option<InvocationId>,
    /// What it calls.
    pub call: Call,
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Call {
    /// AWS, before it serves the call, or once it has read the items of one: what goes wrong with it?
    Interference {
        /// The call.
        call: AwsCall,
        /// For a call about items of a table: who wrote each last, where it is known.
        writers: Vec<Option<Writer>>,
    },
    /// AWS.
    Aws(AwsCall),
    /// An API, whose gateway has routed the request.
    Request {
        /// The function's logical id.
        function: String,
        /// The alias or version.
        qualifier: Option<String>,
        /// The API.
        api: ApiStage,
    },
}

/// A function that wrote an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// Its logical id.
    pub function: String,
    /// Its version.
    pub version: String,
}

/// Lines that a function wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// The invocation that wrote them, if it is known.
    pub invocation: Option<InvocationId>,
    /// The function's logical id.
    pub function: String,
    /// The request id of the invocation.
    pub request_id: Option<String>,
    /// The lines, in their order.
    pub lines: Vec<String>,
}
