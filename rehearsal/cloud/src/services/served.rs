//! What a service is served by: how a request names its operation, how each operation is read and written, how an error looks.

use bytes::Bytes;
use http::Response;
use http::request::Parts;
use http_body_util::Full;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::service::Service;

use super::interference::ErrorForm;

/// What a caller gets.
pub(super) type HttpAnswer = Response<Full<Bytes>>;

/// A service, as it is served here.
pub(super) struct Served {
    pub(super) service: Service,
    /// The operation that a request asks for, where it names one.
    pub(super) operation: for<'a> fn(&'a Parts) -> Option<&'a str>,
    /// The operations that the world answers. Empty: a database answers all.
    pub(super) answers: &'static [Operation],
    /// An error of the service's own, of a status, a code and a message.
    pub(super) error: fn(u16, &str, &str) -> HttpAnswer,
    /// What the service answers when it is asked too often. SDKs know it as a throttle.
    pub(super) throttle: Throttle,
}

/// An error by which a service throttles.
#[derive(Clone, Copy)]
pub(super) struct Throttle {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
}

/// An operation that the world answers.
pub(super) struct Operation {
    pub(super) name: &'static str,
    /// The call that a request is, or the answer to one that is malformed.
    pub(super) read: fn(&Parts, &Bytes) -> Result<Asked, Box<HttpAnswer>>,
    /// The response to a call; `None` for an answer to another operation.
    pub(super) write: fn(&Parts, &AwsCall, &AwsAnswer) -> Option<HttpAnswer>,
}

/// What a request asks for.
pub(super) struct Asked {
    pub(super) call: AwsCall,
    /// An invocation's event.
    pub(super) payload: Bytes,
}

impl From<AwsCall> for Asked {
    fn from(call: AwsCall) -> Self {
        Self {
            call,
            payload: Bytes::new(),
        }
    }
}

impl ErrorForm for Served {
    fn error(&self, status: u16, code: &str, message: &str) -> HttpAnswer {
        (self.error)(status, code, message)
    }

    fn throttled(&self) -> HttpAnswer {
        let Throttle {
            status,
            code,
            message,
        } = self.throttle;
        self.error(status, code, message)
    }
}

impl Served {
    /// The operation with this name, if the world answers it.
    pub(super) fn answered(&self, operation: &str) -> Option<&'static Operation> {
        self.answers.iter().find(|known| known.name == operation)
    }

    /// Which operations are served, in words.
    pub(super) fn operations(&self) -> String {
        if self.answers.is_empty() {
            return "every operation named in the header X-Amz-Target".to_owned();
        }
        let names: Vec<_> = self.answers.iter().map(|known| known.name).collect();
        names.join(", ")
    }
}
