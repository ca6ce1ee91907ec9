//! The way to an emulator that a person runs: a call goes on as it came, and so does the answer, neither of which is kept here.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response, Uri, header};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rehearsal_aws::call::{AwsCall, Passed};
use rehearsal_host::Caller;
use rehearsal_host::listener::{Unreadable, discard, read};

use super::interference::{Course, ErrorForm};
use super::refused::Refused;
use super::wire::Wire;
use super::{MAX_REQUEST_BYTES, s3};
use crate::backend::{Backend, Interference};

/// An answer: one of our own, or an emulator's as it comes.
pub(super) type Body = Either<Full<Bytes>, Incoming>;

/// What belongs to a connection and not to the request. Source: RFC 9110, 7.6.1; `Expect` is answered here.
const OF_THE_CONNECTION: [header::HeaderName; 7] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::TE,
    header::UPGRADE,
    header::EXPECT,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
];

/// The emulators of a rehearsal, by the signing name of the service that each stands for.
#[derive(Debug)]
pub(super) struct Emulators {
    addresses: BTreeMap<String, SocketAddr>,
    client: Client<HttpConnector, Body>,
}

/// A call for an emulator.
pub(super) struct Call {
    pub(super) service: String,
    pub(super) head: Parts,
    pub(super) body: Incoming,
    pub(super) caller: Arc<Caller>,
}

impl Emulators {
    pub(super) fn new(addresses: BTreeMap<String, SocketAddr>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        // A connection each: one that an emulator closes while it is idle would lose a call whose body cannot be sent again.
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(connector);
        Self { addresses, client }
    }

    pub(super) fn has(&self, service: &str) -> bool {
        self.addresses.contains_key(service)
    }

    /// Sends a call on, unless a fault has it another way. `None` closes the connection.
    pub(super) async fn call(&self, backend: &dyn Backend, call: Call) -> Option<Response<Body>> {
        let Call {
            service,
            mut head,
            body,
            caller,
        } = call;
        let wire = Wire::of(&service, &head);
        s3::to_path_style(&service, &mut head);
        // Of this protocol alone the operation stands in the body, which is a form's and small.
        let (operation, body) = if wire.is_form() {
            match read(body, MAX_REQUEST_BYTES).await {
                Ok((body, _)) => (wire.operation(&head, &body), Either::Left(Full::new(body))),
                Err(Unreadable::TooLong) => {
                    let message = "the request is longer than 16 MB";
                    let answer = wire.error(413, "RequestEntityTooLarge", message);
                    return Some(answer.map(Either::Left));
                }
                Err(Unreadable::Broken) => return None,
            }
        } else {
            let operation = wire.operation(&head, &[]);
            (operation, Either::Right(body))
        };
        let passed = AwsCall::Passed(Passed {
            service: service.clone(),
            operation: operation.clone(),
            resource: None,
        });
        let interference = backend.interference(caller, &passed, Vec::new()).await;
        match interference.act(&wire).await {
            Course::GoesOn => {}
            Course::Answered(answer) => {
                if let Either::Right(body) = body {
                    discard(body).await;
                }
                return Some(answer.map(Either::Left));
            }
            Course::Closed => return None,
        }
        let answer = match self.forward(&service, head, body).await {
            Ok(answer) => answer.map(Either::Right),
            Err(failure) => {
                let message = format!(
                    "the emulator of {service} did not answer: {}",
                    innermost(&*failure)
                );
                let mut answer = wire.error(503, "ServiceUnavailable", &message);
                answer
                    .extensions_mut()
                    .insert(Refused::new("ServiceUnavailable", &message).of(&operation));
                answer.map(Either::Left)
            }
        };
        (interference != Interference::DropAnswer).then_some(answer)
    }

    async fn forward(
        &self,
        service: &str,
        mut head: Parts,
        body: Body,
    ) -> Result<Response<Incoming>, Box<dyn std::error::Error + Send + Sync>> {
        let address = self.addresses.get(service).ok_or("there is none")?;
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = Uri::try_from(format!("http://{address}{path}"))?;
        head.version = http::Version::HTTP_11;
        // The host stays the caller's: addresses that an emulator makes of it, as of queues, then lead here too.
        without_connection(&mut head.headers);
        let mut answer = self.client.request(Request::from_parts(head, body)).await?;
        without_connection(answer.headers_mut());
        Ok(answer)
    }
}

fn without_connection(headers: &mut HeaderMap) {
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
}

/// What is at the bottom of an error, which says most.
fn innermost<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> &'e (dyn std::error::Error + 'static) {
    error.source().map_or(error, innermost)
}
