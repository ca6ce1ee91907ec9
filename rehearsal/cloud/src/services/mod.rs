//! AWS's services as an SDK talks to them: one listener, on which the signature's scope names the service.
//!
//! A caller is known by the access key id of the signature's credential. Signatures are not verified here: what an
//! endpoint needs to know is who calls.
//!
//! - `lambda`, `codedeploy`, `ssm`, [`dynamodb`]: one folder a service. `json`: the protocol that all but Lambda speak. `refused`: the mark of an error.

mod codedeploy;
pub mod dynamodb;
mod json;
mod lambda;
mod refused;
mod ssm;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use rehearsal_host::listener::{Handler, Listener, read};
use rehearsal_host::{Caller, Callers};

use crate::authorization::Authorization;
use crate::backend::{Backend, Refusal, Service, Verdict};
use refused::Refused;

/// The longest request of any service, in bytes: `DynamoDB`'s 16 MB.
const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// The service endpoints. Dropping it closes them.
///
/// ```no_run
/// # async fn example(backend: std::sync::Arc<dyn rehearsal_cloud::Backend>) -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal_cloud::services::Endpoints;
/// use rehearsal_host::Callers;
///
/// let callers = Callers::default();
/// let endpoints = Endpoints::start(backend, callers.clone(), None).await?;
/// let variables = endpoints.environment();
/// assert_eq!(variables["AWS_ENDPOINT_URL_CODEDEPLOY"], endpoints.url());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Endpoints {
    listener: Listener,
}

impl Endpoints {
    /// Serves Lambda, `CodeDeploy`, SSM and, where there is a database, `DynamoDB`. `dynamodb` is the address of anything
    /// that speaks `DynamoDB`'s protocol.
    ///
    /// # Errors
    /// When no port can be bound on 127.0.0.1.
    pub async fn start(
        backend: Arc<dyn Backend>,
        callers: Callers,
        dynamodb: Option<SocketAddr>,
    ) -> io::Result<Self> {
        let dynamodb = dynamodb.map(|address| Arc::new(dynamodb::Proxy::new(address)));
        let listener = Listener::start(Router {
            backend,
            callers,
            dynamodb,
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
        let named =
            ["CODEDEPLOY", "DYNAMODB", "LAMBDA", "SSM"].map(|id| format!("AWS_ENDPOINT_URL_{id}"));
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
    async fn handle(&self, request: Request<Incoming>) -> Option<Response<Full<Bytes>>> {
        let asked = Authorization::of(request.headers()).map(|authorization| {
            (
                authorization.service.to_owned(),
                authorization.access_key_id.to_owned(),
            )
        });
        let operation = asked_for(request.headers(), request.method(), request.uri());
        let mut answer = self.serve(request).await?;
        let (service, key) = asked.unwrap_or_default();
        // What a database refuses is a function's daily bread: a condition that does not hold.
        if let Some(Refused { code, message }) = answer.extensions_mut().remove::<Refused>()
            && service != Service::DynamoDb.name()
        {
            let caller = self.callers.find(&key);
            let refusal = Refusal {
                service,
                operation,
                code,
                message,
            };
            self.backend.refused(caller.as_deref(), refusal);
        }
        Some(answer)
    }
}

/// What a request asks for, in words.
fn asked_for(headers: &http::HeaderMap, method: &http::Method, uri: &http::Uri) -> String {
    json::target_of(headers).map_or_else(|| format!("{method} {}", uri.path()), str::to_owned)
}

impl Router {
    async fn serve(&self, request: Request<Incoming>) -> Option<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let Some(authorization) = Authorization::of(&head.headers) else {
            return Some(unsigned(
                &head,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ));
        };
        let Some(service) = Service::from_name(authorization.service) else {
            let message = format!(
                "{} is not served in a rehearsal; served are {}",
                authorization.service,
                Service::ALL.map(Service::name).join(", ")
            );
            return Some(unsigned(&head, "UnknownOperationException", &message));
        };
        let Some(caller) = self.callers.find(authorization.access_key_id) else {
            return Some(error(
                service,
                403,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ));
        };
        let Some(operation) = operation(service, &head) else {
            return Some(unknown_operation(service, &head));
        };
        // A caller that went away before its request was whole gets no answer.
        let body = match read(body, MAX_REQUEST_BYTES).await {
            Ok((body, _)) => body,
            Err(rehearsal_host::listener::Unreadable::TooLong) => {
                return Some(error(
                    service,
                    413,
                    "RequestEntityTooLargeException",
                    "the request is longer than 16 MB",
                ));
            }
            Err(rehearsal_host::listener::Unreadable::Broken) => return None,
        };
        let backend = &*self.backend;
        let asks = Arc::clone(&caller);
        let call = Call { head, body, caller };
        // Nothing of it happens before the verdict.
        let served = match service {
            // Here a verdict may follow an answer: on what was read.
            Service::DynamoDb => {
                return dynamodb::serve(backend, self.dynamodb.as_deref(), call, &operation).await;
            }
            Service::Lambda => lambda::invoke(backend, call).boxed(),
            Service::CodeDeploy => {
                codedeploy::put_lifecycle_event_hook_execution_status(backend, call).boxed()
            }
            Service::Ssm => ssm::get_parameter(backend, call).boxed(),
        };
        let verdict = backend.service_call(asks, service, &operation).await;
        match instead(service, &verdict).await {
            Instead::GoOn => {}
            Instead::Answer(mut answer) => {
                // A fault's, and no refusal of the service's.
                answer.extensions_mut().remove::<Refused>();
                return Some(*answer);
            }
            Instead::Close => return None,
        }
        let answer = served.await;
        (verdict != Verdict::DropAnswer).then_some(answer)
    }
}

/// What a verdict makes of a call before it is served.
enum Instead {
    /// It is served.
    GoOn,
    /// It gets this answer.
    Answer(Box<Response<Full<Bytes>>>),
    /// Its connection is closed.
    Close,
}

/// Waits where the verdict is a delay.
async fn instead(service: Service, verdict: &Verdict) -> Instead {
    match verdict {
        Verdict::Pass | Verdict::DropAnswer | Verdict::Corrupt { .. } => Instead::GoOn,
        Verdict::Delay(wall) => {
            tokio::time::sleep(*wall).await;
            Instead::GoOn
        }
        Verdict::Throttle => Instead::Answer(Box::new(throttled(service))),
        Verdict::Error {
            status,
            code,
            message,
        } => Instead::Answer(Box::new(error(service, *status, code, message))),
        Verdict::Drop => Instead::Close,
    }
}

/// The operation that a request asks for, if it is served.
fn operation(service: Service, head: &Parts) -> Option<String> {
    match service {
        Service::Lambda => lambda::is_invoke(head).then(|| "Invoke".to_owned()),
        Service::CodeDeploy => json::target(head)
            .filter(|name| *name == codedeploy::OPERATION)
            .map(str::to_owned),
        Service::Ssm => json::target(head)
            .filter(|name| *name == ssm::OPERATION)
            .map(str::to_owned),
        Service::DynamoDb => json::target(head).map(str::to_owned),
    }
}

fn unknown_operation(service: Service, head: &Parts) -> Response<Full<Bytes>> {
    let asked = asked_for(&head.headers, &head.method, &head.uri);
    let served = match service {
        Service::Lambda => "Invoke",
        Service::CodeDeploy => codedeploy::OPERATION,
        Service::Ssm => ssm::OPERATION,
        Service::DynamoDb => "every operation named in the header X-Amz-Target",
    };
    let message = format!("{asked} of {service} is not served in a rehearsal; served is {served}");
    error(service, 400, "UnknownOperationException", &message)
}

/// An error in the form of its service.
fn error(service: Service, status: u16, code: &str, message: &str) -> Response<Full<Bytes>> {
    match service {
        Service::Lambda => lambda::error(status, code, message),
        Service::CodeDeploy | Service::Ssm => json::error(json::V1_1, status, code, message),
        Service::DynamoDb => dynamodb::error(status, code, message),
    }
}

/// What each service answers when it is asked too often. SDKs know each of these as a throttle.
fn throttled(service: Service) -> Response<Full<Bytes>> {
    match service {
        Service::Lambda => error(service, 429, "TooManyRequestsException", "Rate Exceeded."),
        Service::CodeDeploy | Service::Ssm => {
            error(service, 400, "ThrottlingException", "Rate exceeded")
        }
        Service::DynamoDb => error(
            service,
            400,
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
        ),
    }
}

/// An error for a request that does not say which service it is for.
fn unsigned(head: &Parts, code: &str, message: &str) -> Response<Full<Bytes>> {
    if json::target(head).is_some() {
        json::error(json::V1_1, 400, code, message)
    } else {
        lambda::error(StatusCode::FORBIDDEN.as_u16(), code, message)
    }
}
