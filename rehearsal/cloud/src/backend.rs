//! What the endpoints and the gateway ask of whoever runs the deployment.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _, ready};
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use rehearsal_host::Caller;

use crate::gateway::request::ApiRequest;

/// Whoever runs the deployment: endpoints parse, ask here, and answer in AWS's words.
///
/// The methods are called concurrently. A future that is dropped means that the caller went away.
pub trait Backend: Send + Sync + 'static {
    /// A call that is answered here. `payload` is an invocation's event, and empty for all others. `None` once the rehearsal has ended.
    fn call(
        &self,
        caller: Arc<Caller>,
        call: AwsCall,
        payload: Bytes,
    ) -> BoxFuture<'_, Option<AwsAnswer>>;

    /// A request that the gateway matched with a route and, where the route asks for it, found well signed. The gateway
    /// maps the function's answer to HTTP; a refused invocation is a 500 there, a function error a 502.
    fn request(
        &self,
        caller: Option<Arc<Caller>>,
        request: ApiRequest,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>>;

    /// What goes wrong with a call: here faults act. Asked before each call is served, an emulator's included; of one that reads items where
    /// [`asks_for_writers`](Self::asks_for_writers), after it has read them. `writers` says who wrote each item last that the call is
    /// about, where it is known.
    fn interference(
        &self,
        caller: Arc<Caller>,
        call: &AwsCall,
        writers: Vec<Option<Arc<Caller>>>,
    ) -> BoxFuture<'_, Interference> {
        let _ = (caller, call, writers);
        ready(Interference::None).boxed()
    }

    /// A call that got an error, and not from a fault, from the database or from an emulator: the service is not served, its operation is
    /// not, or it refused what it was asked; or an emulator did not answer.
    fn refused(&self, caller: Option<&Caller>, refusal: Refusal) {
        let _ = (caller, refusal);
    }

    /// Whether [`database_answered`](Self::database_answered) counts anything. Where it does not, no one keeps what a call got.
    fn counts_database_calls(&self) -> bool {
        false
    }

    /// A call to DynamoDB got its answer, from the database or from a fault. Called before the caller has it.
    fn database_answered(&self, caller: &Caller, call: DatabaseCall) {
        let _ = (caller, call);
    }

    /// The database answered a call with an internal error of its own: its disk is full, say. `why` is in its words. Called before the caller
    /// has the answer.
    fn database_failed(&self, why: &str) {
        let _ = why;
    }

    /// Whether [`interference`](Self::interference) looks at who wrote an item. Where it does not, no one keeps count.
    fn asks_for_writers(&self) -> bool {
        false
    }

    /// The names of a DynamoDB table's key attributes, in their order; `None` for a table that is not known.
    fn key_attributes(&self, table: &str) -> Option<Vec<String>> {
        let _ = table;
        None
    }

    /// Whether a global secondary index of a table is still being filled, so that it answers no query.
    fn is_index_being_filled(&self, table: &str, index: &str) -> bool {
        let _ = (table, index);
        false
    }
}

/// A call that got an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The service, by its signing name.
    pub service: String,
    /// The operation; method and path where a request does not name it.
    pub operation: String,
    /// The error's code.
    pub code: String,
    /// The error's message.
    pub message: String,
}

/// A call to DynamoDB that got its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseCall {
    /// The operation, such as `PutItem`.
    pub operation: String,
    /// The names of the tables that it is about, as its request names them.
    pub tables: Vec<String>,
    /// The answer's HTTP status.
    pub status: u16,
    /// The error's code, where it is one.
    pub code: Option<String>,
    /// How long a fault held it up.
    pub delay: Duration,
}

/// What goes wrong with a call to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interference {
    /// Nothing.
    None,
    /// It goes on after this wall time.
    Delay(Duration),
    /// The service's own throttling error.
    Throttle,
    /// This error, in the service's own form.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error's code, such as `InternalServerError`.
        code: String,
        /// Its message.
        message: String,
    },
    /// The connection is closed; the service never saw the call.
    Drop,
    /// The service does what it was asked, and its answer is lost.
    DropAnswer,
    /// Items come back without what was stored in them. Only after a read.
    Corrupt {
        /// Which, by their places among the writers that were asked about.
        items: Vec<usize>,
    },
}
