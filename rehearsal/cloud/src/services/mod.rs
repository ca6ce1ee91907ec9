//! AWS's services as an SDK talks to them: one listener, on which the signature's scope names the service.
//!
//! A caller is known by the access key id of the signature's credential. Signatures are not verified here: what an
//! endpoint needs to know is who calls.
//!
//! - `lambda`, `codedeploy`, `ssm`, [`dynamodb`], `cloudwatch`: one folder a service. `json`: the protocol that all but Lambda speak.
//! - `served`: what each of them says of itself. `interference`: what a fault makes of a call. `refused`: the mark of an error.
//! - `emulator`: the way to what a person runs for other services. `wire`: all their protocols. `s3`: what its calls are about.

mod cloudwatch;
mod codedeploy;
pub mod dynamodb;
mod emulator;
mod interference;
mod json;
mod lambda;
mod refused;
mod s3;
mod served;
mod ssm;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use rehearsal_aws::dynamodb::OPERATIONS;
use rehearsal_aws::service::{NOT_ITS_OWN, NOT_SIGNED, Service};
use rehearsal_host::listener::{Handler, Listener, Unreadable, discard, read};
use rehearsal_host::{Caller, Callers};

use crate::authorization::Signer;
use crate::backend::{Backend, Interference, Refusal};
use emulator::Emulators;
use interference::{Course, ErrorForm};
use refused::Refused;
use served::{Operation, Served};
use wire::Wire;

/// How each service is served.
const SERVED: [&Served; 4] = [
    &lambda::SERVED,
    &codedeploy::SERVED,
    &ssm::SERVED,
    &dynamodb::SERVED,
];

/// The operations of a service that a fault can act on, by name: those that are served here, and of DynamoDB all that it has.
///
/// ```
/// use rehearsal_aws::service::Service;
/// use rehearsal_cloud::services::operations;
///
/// assert_eq!(operations(Service::CodeDeploy), ["PutLifecycleEventHookExecutionStatus"]);
/// assert!(operations(Service::DynamoDb).contains(&"PutItem"));
/// ```
pub fn operations(service: Service) -> Vec<&'static str> {
    match service {
        Service::DynamoDb => OPERATIONS.to_vec(),
        Service::CloudWatch => vec![cloudwatch::OPERATION],
        Service::Lambda | Service::CodeDeploy | Service::Ssm => {
            let served = SERVED.iter().filter(|served| served.service == service);
            served
                .flat_map(|served| served.answers)
                .map(|operation| operation.name)
                .collect()
        }
    }
}

/// The longest request of any service, in bytes: DynamoDB's 16 MB.
const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// The service endpoints. Dropping it closes them.
///
/// ```no_run
/// # async fn example(backend: std::sync::Arc<dyn rehearsal_cloud::Backend>) -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal_cloud::services::Endpoints;
/// use rehearsal_host::Callers;
///
/// let callers = Callers::default();
/// let endpoints = Endpoints::start(backend, callers.clone(), None, Default::default()).await?;
/// let variables = endpoints.environment();
/// assert_eq!(variables["AWS_ENDPOINT_URL_CODEDEPLOY"], endpoints.url());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Endpoints {
    listener: Listener,
}

impl Endpoints {
    /// Serves Lambda, CodeDeploy, SSM and, where there is a database, DynamoDB. `dynamodb` is the way to anything
    /// that speaks DynamoDB's protocol, `emulators` where the calls to other services go, by signing name.
    ///
    /// # Errors
    /// When no port can be bound on 127.0.0.1.
    pub async fn start(
        backend: Arc<dyn Backend>,
        callers: Callers,
        dynamodb: Option<Arc<dynamodb::Proxy>>,
        emulators: BTreeMap<String, SocketAddr>,
    ) -> io::Result<Self> {
        let listener = Listener::start(Router {
            backend,
            callers,
            dynamodb,
            emulators: Arc::new(Emulators::new(emulators)),
        })
        .await?;
        Ok(Self { listener })
    }

    /// Where they listen: `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address())
    }

    /// The variables by which AWS SDKs find the endpoints: one for each service, and one for all others, whose calls are
    /// refused by name here instead of reaching a real account.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let named = ["CLOUDWATCH", "CODEDEPLOY", "DYNAMODB", "LAMBDA", "SSM"]
            .map(|id| format!("AWS_ENDPOINT_URL_{id}"));
        named
            .into_iter()
            .chain(["AWS_ENDPOINT_URL".to_owned()])
            .map(|name| (name, self.url()))
            .collect()
    }
}

#[derive(Clone)]
struct Router {
    backend: Arc<dyn Backend>,
    callers: Callers,
    dynamodb: Option<Arc<dynamodb::Proxy>>,
    emulators: Arc<Emulators>,
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router").finish_non_exhaustive()
    }
}

/// A call that names its service and its caller.
struct Call {
    head: Parts,
    body: Bytes,
    caller: Arc<Caller>,
}

impl Handler for Router {
    type Body = emulator::Body;

    async fn handle(&self, request: Request<Incoming>) -> Option<Response<Self::Body>> {
        let asked = Signer::of(request.headers(), request.uri());
        let operation = asked_for(request.headers(), request.method(), request.uri());
        let host = host_of(request.headers());
        let mut answer = self.serve(request, asked.as_ref()).await?;
        // What a database refuses is a function's daily bread: a condition that does not hold.
        if let Some(Refused {
            code,
            message,
            operation: named,
        }) = answer.extensions_mut().remove::<Refused>()
            && asked
                .as_ref()
                .is_none_or(|asked| asked.service != Service::DynamoDb.name())
        {
            let caller = asked
                .as_ref()
                .and_then(|asked| self.callers.find(&asked.access_key_id));
            let refusal = Refusal {
                service: asked.map_or(host, |asked| asked.service),
                operation: named.unwrap_or(operation),
                code,
                message,
            };
            self.backend.refused(caller.as_deref(), refusal);
        }
        Some(answer)
    }
}

/// What says which host a request is for whose own header cannot: of `fetch` of Node.js, which the runtime client sends here.
const MEANT_FOR: &str = "x-rehearse-host";

/// The host that a request is for, without its port.
fn host_of(headers: &http::HeaderMap) -> String {
    let host = headers
        .get(MEANT_FOR)
        .or_else(|| headers.get(http::header::HOST));
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    host.rsplit_once(':')
        .map_or(host, |(host, _)| host)
        .to_owned()
}

/// What a request asks for, in words.
fn asked_for(headers: &http::HeaderMap, method: &http::Method, uri: &http::Uri) -> String {
    json::target_of(headers).map_or_else(|| format!("{method} {}", uri.path()), str::to_owned)
}

impl Router {
    async fn serve(
        &self,
        request: Request<Incoming>,
        signer: Option<&Signer>,
    ) -> Option<Response<emulator::Body>> {
        let (head, body) = request.into_parts();
        let Some(signer) = signer else {
            let (code, message) = (NOT_SIGNED, "Missing Authentication Token");
            return Some(unsigned(&head, code, message).map(Either::Left));
        };
        let caller = self.callers.find(&signer.access_key_id);
        if signer.service == Service::CloudWatch.name() {
            let answer = self.serve_cloudwatch(head, body, caller).await;
            return answer.map(|answer| answer.map(Either::Left));
        }
        let known = |served: &&&Served| served.service.name() == signer.service;
        let Some(served) = SERVED.iter().find(known) else {
            let service = signer.service.clone();
            if !self.emulators.has(&service) {
                return Some(unserved(&service, head, body).await.map(Either::Left));
            }
            let Some(caller) = caller else {
                let (code, message) = UNKNOWN_CALLER;
                let mut answer = Wire::of(&service, &head).error(403, code, message);
                let refused = Refused::new(code, message);
                answer.extensions_mut().insert(refused);
                return Some(answer.map(Either::Left));
            };
            let call = emulator::Call {
                service,
                head,
                body,
                caller,
            };
            return self.emulators.call(&*self.backend, call).await;
        };
        let Some(caller) = caller else {
            let (code, message) = UNKNOWN_CALLER;
            return Some(served.error(403, code, message).map(Either::Left));
        };
        let answer = self.serve_own(served, head, body, caller).await;
        answer.map(|answer| answer.map(Either::Left))
    }

    /// Serves a call to CloudWatch, whose protocols differ in where they name their operation, and in their errors.
    async fn serve_cloudwatch(
        &self,
        head: Parts,
        body: Incoming,
        caller: Option<Arc<Caller>>,
    ) -> Option<Response<Full<Bytes>>> {
        let wire = Wire::of(Service::CloudWatch.name(), &head);
        let Some(caller) = caller else {
            let (code, message) = UNKNOWN_CALLER;
            return Some(wire.error(403, code, message));
        };
        match read(body, MAX_REQUEST_BYTES).await {
            Ok((body, _)) => cloudwatch::serve(&*self.backend, Call { head, body, caller }).await,
            Err(Unreadable::TooLong) => {
                let message = "the request is longer than 16 MB";
                Some(wire.error(413, "RequestEntityTooLargeException", message))
            }
            Err(Unreadable::Broken) => None,
        }
    }

    /// Serves a call to a service that is the rehearsal's own.
    async fn serve_own(
        &self,
        served: &Served,
        head: Parts,
        body: Incoming,
        caller: Arc<Caller>,
    ) -> Option<Response<Full<Bytes>>> {
        let Some(name) = (served.operation)(&head).map(str::to_owned) else {
            return Some(unknown_operation(served, &head));
        };
        let operation = served.answered(&name);
        if operation.is_none() && !served.answers.is_empty() {
            return Some(unknown_operation(served, &head));
        }
        // A caller that went away before its request was whole gets no answer.
        let body = match read(body, MAX_REQUEST_BYTES).await {
            Ok((body, _)) => body,
            Err(Unreadable::TooLong) => {
                let message = "the request is longer than 16 MB";
                return Some(served.error(413, "RequestEntityTooLargeException", message));
            }
            Err(Unreadable::Broken) => return None,
        };
        let call = Call { head, body, caller };
        match operation {
            Some(operation) => self.answer(served, operation, call).await,
            None => dynamodb::serve(&*self.backend, self.dynamodb.as_deref(), call, &name).await,
        }
    }

    /// A call that the world answers.
    async fn answer(
        &self,
        served: &Served,
        operation: &Operation,
        call: Call,
    ) -> Option<Response<Full<Bytes>>> {
        let Call { head, body, caller } = call;
        let asked = match (operation.read)(&head, &body) {
            Ok(asked) => asked,
            Err(refused) => return Some(*refused),
        };
        let interference = self
            .backend
            .interference(Arc::clone(&caller), &asked.call, Vec::new())
            .await;
        match interference.act(served).await {
            Course::GoesOn => {}
            Course::Answered(answer) => return Some(*answer),
            Course::Closed => return None,
        }
        let answer = self
            .backend
            .call(caller, asked.call.clone(), asked.payload)
            .await;
        let answer = answer.and_then(|answer| (operation.write)(&head, &asked.call, &answer));
        let answer = answer.unwrap_or_else(|| {
            let mut ended = served.error(500, "InternalFailure", "the rehearsal has ended");
            ended.extensions_mut().remove::<Refused>();
            ended
        });
        (interference != Interference::DropAnswer).then_some(answer)
    }
}

fn unknown_operation(served: &Served, head: &Parts) -> Response<Full<Bytes>> {
    let message = format!(
        "{} of {} is not served in a rehearsal; served is {}",
        asked_for(&head.headers, &head.method, &head.uri),
        served.service,
        served.operations()
    );
    served.error(400, "UnknownOperationException", &message)
}

/// The answer to a call of a service that is nobody's here, with the line that would send it on.
async fn unserved(service: &str, head: Parts, body: Incoming) -> Response<Full<Bytes>> {
    let wire = Wire::of(service, &head);
    let body = if wire.is_form() {
        let body = read(body, MAX_REQUEST_BYTES).await;
        body.map(|(body, _)| body).unwrap_or_default()
    } else {
        discard(body).await;
        Bytes::new()
    };
    let operation = wire.operation(&head, &body);
    let served = Service::ALL.map(Service::name).join(", ");
    let message = format!(
        "{service} is not served in a rehearsal; served are {served}. `[services] {service} = \"http://127.0.0.1:PORT\"` in the rehearsal file sends its calls to an emulator on this machine"
    );
    let code = "UnknownOperationException";
    let mut answer = wire.error(400, code, &message);
    let refused = Refused::new(code, &message).of(&operation);
    answer.extensions_mut().insert(refused);
    answer
}

/// The code and message for a caller that no one knows. Source: the errors that all services share.
const UNKNOWN_CALLER: (&str, &str) = (
    NOT_ITS_OWN,
    "The security token included in the request is invalid.",
);

/// An error for a request that does not say which service it is for.
fn unsigned(head: &Parts, code: &str, message: &str) -> Response<Full<Bytes>> {
    if json::target(head).is_some() {
        json::error(json::V1_1, 400, code, message)
    } else {
        lambda::error(StatusCode::FORBIDDEN.as_u16(), code, message)
    }
}
