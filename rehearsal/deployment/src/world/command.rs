//! What a world wants done.

use std::sync::Arc;

use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::call::AwsAnswer;
use rehearsal_aws::lambda::asynchronous::Payload;
use rehearsal_aws::lambda::sandboxes::SandboxId;
use rehearsal_aws::principal::{OnBehalfOf, Principal};
use rehearsal_aws::time::VirtualTime;

use super::routing::Through;
use super::{CallId, InvocationId};
use crate::fault::Injected;
use crate::revision::Revision;

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Invoke a function; answered by [`Input::Ended`](super::Input::Ended).
    Invoke(Invoke),
    /// Answer a function's call. A call that led to an invocation, and waits for it, is answered with that invocation's result instead.
    Answer {
        /// Which call.
        call: CallId,
        /// The answer.
        answer: Answer,
    },
    /// The update, or its rollback, has come to these resources: from now on functions meet them as they are in this revision.
    /// Nothing runs meanwhile, and nothing is answered.
    Alter {
        /// Their logical ids, those alone that functions meet outside this world: tables, and what APIs change with.
        resources: Vec<String>,
        /// The revision.
        to: Revision,
    },
    /// A global secondary index is full: queries of it are answered from now on. Nothing is answered.
    FillIndex {
        /// The table's logical id.
        table: String,
        /// The index's name.
        index: String,
    },
    /// The update is complete: the old ones of resources that it has replaced go. Nothing is answered.
    Discard {
        /// Their logical ids.
        resources: Vec<String>,
    },
    /// The processes of these sandboxes end: no invocation is given to them any more. Nothing is answered.
    EndSandboxes(Vec<SandboxId>),
}

/// An invocation to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Invoke {
    /// Its number.
    pub invocation: InvocationId,
    /// When it begins.
    pub at: VirtualTime,
    /// How long it lasts in virtual time, if it is answered, in milliseconds.
    pub lasts_ms: i64,
    /// The function's logical id.
    pub function: String,
    /// The version that runs.
    pub version: String,
    /// What that is of: the build that it runs, and how it is configured.
    pub revision: Revision,
    /// What it is invoked with: an alias, a version, or nothing.
    pub qualifier: Option<String>,
    /// The kind of API that it comes through; none for one that is direct.
    pub api: Option<ApiKind>,
    /// The route that a live request takes.
    pub through: Option<Arc<Through>>,
    /// The sandbox that runs it. One that was not named before starts cold; so does one whose process is gone.
    pub sandbox: SandboxId,
    /// Whether that sandbox ends with it.
    pub passes: bool,
    /// The idle sandbox that ends before it begins, so that there is room.
    pub replaces: Option<SandboxId>,
    /// For what.
    pub purpose: Purpose,
    /// On whose account. Live traffic is what live requests lead to, function by function.
    pub on_behalf_of: OnBehalfOf,
    /// What goes wrong on its way.
    pub fault: Option<Injected>,
}

impl Invoke {
    /// Who asks, where it asks AWS for something while it runs.
    pub fn principal(&self) -> Principal {
        Principal::Function {
            function: self.function.clone(),
            version: self.version.clone(),
        }
    }

    /// Whether it is a live request itself, and not what one led to.
    pub fn is_request(&self) -> bool {
        matches!(self.purpose, Purpose::Request { .. })
    }
}

/// What an invocation is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A live request.
    Request {
        /// Its number.
        index: u64,
        /// Its kind, an index into the rehearsal's requests.
        kind: usize,
    },
    /// An asynchronous event: a lifecycle event's hook, or the record of one that failed.
    Event {
        /// Its number.
        number: usize,
        /// The request id, the same in every attempt.
        request_id: String,
        /// The event.
        payload: Payload,
    },
    /// A call that a function makes; its result is the call's answer.
    Call(CallId),
}

/// An answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What goes wrong with a call to AWS, or nothing.
    Interference(Option<Injected>),
    /// AWS's.
    Aws(AwsAnswer),
}
