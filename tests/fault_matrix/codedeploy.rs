//! A CodeDeploy endpoint over HTTP that takes one status for its one hook execution, in its own time.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpSocket;

/// What becomes of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFault {
    None,
    Throttled,
    ServerError,
    Refused,
    Denied,
    NotCodeDeploys,
    AlreadyCompleted,
    SignatureRefused,
    BlackHole,
}

impl ReportFault {
    pub const ALL: [Self; 9] = [
        Self::None,
        Self::Throttled,
        Self::ServerError,
        Self::Refused,
        Self::Denied,
        Self::NotCodeDeploys,
        Self::AlreadyCompleted,
        Self::SignatureRefused,
        Self::BlackHole,
    ];

    /// With what the first calls are answered.
    fn answer(self) -> Option<(StatusCode, &'static str)> {
        match self {
            Self::Throttled => Some((StatusCode::BAD_REQUEST, "ThrottlingException")),
            Self::ServerError => Some((StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure")),
            Self::Denied => Some((StatusCode::BAD_REQUEST, "AccessDeniedException")),
            _ => None,
        }
    }
}

impl fmt::Display for ReportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "works",
            Self::Throttled => "throttled ×3",
            Self::ServerError => "500 ×3",
            Self::Refused => "connection refused ×2",
            Self::Denied => "AccessDenied ×3",
            Self::NotCodeDeploys => "not CodeDeploy's ×3",
            Self::AlreadyCompleted => "already completed",
            Self::SignatureRefused => "signature refused",
            Self::BlackHole => "black hole",
        })
    }
}

const ALREADY_COMPLETED: &str = "LifecycleEventAlreadyCompletedException";

/// How many calls a fault spoils.
pub const SPOILT: usize = 3;

/// A status that was taken, and the access key id of who reported it.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub status: String,
    pub key: String,
}

struct Execution {
    fault: ReportFault,
    calls: Mutex<usize>,
    accepted: Mutex<Vec<Accepted>>,
    signatures: Mutex<Vec<String>>,
}

/// The endpoint, for as long as it is kept.
pub struct CodeDeploy {
    address: SocketAddr,
    execution: Arc<Execution>,
    /// Bound, but not listening: it refuses connections.
    closed: Mutex<Option<TcpSocket>>,
    serving: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

impl CodeDeploy {
    pub fn start(fault: ReportFault) -> Self {
        let socket = TcpSocket::new_v4().expect("there are sockets");
        socket
            .bind(([127, 0, 0, 1], 0).into())
            .expect("there is a port");
        let endpoint = Self {
            address: socket.local_addr().expect("it is bound"),
            execution: Arc::new(Execution {
                fault,
                calls: Mutex::default(),
                accepted: Mutex::default(),
                signatures: Mutex::default(),
            }),
            closed: Mutex::new(Some(socket)),
            serving: Mutex::default(),
        };
        if fault != ReportFault::Refused {
            endpoint.open();
        }
        endpoint
    }

    /// Listens from now on.
    fn open(&self) {
        let Some(socket) = self.closed.lock().expect("no holder panics").take() else {
            return;
        };
        let listener = socket.listen(64).expect("it is bound");
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&self.execution));
        let serving = tokio::spawn(async move {
            axum::serve(listener, app)
                .await
                .expect("it serves until it is stopped");
        });
        *self.serving.lock().expect("no holder panics") = Some(serving);
    }

    /// Listens after this long, if it does not yet.
    pub async fn open_after(&self, delay: Duration) {
        tokio::time::sleep(delay).await;
        self.open();
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The statuses that were taken; more than one is a fault of this endpoint.
    pub fn accepted(&self) -> Vec<Accepted> {
        self.execution
            .accepted
            .lock()
            .expect("no holder panics")
            .clone()
    }

    /// The signatures that came, all of which were quoted where a call was refused.
    pub fn signatures(&self) -> Vec<String> {
        let signatures = self.execution.signatures.lock();
        signatures.expect("no holder panics").clone()
    }

    /// How many calls arrived.
    pub fn calls(&self) -> usize {
        *self.execution.calls.lock().expect("no holder panics")
    }
}

impl Drop for CodeDeploy {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.lock().expect("no holder panics").take() {
            serving.abort();
        }
    }
}

async fn answer(
    State(execution): State<Arc<Execution>>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let nth = {
        let mut calls = execution.calls.lock().expect("no holder panics");
        *calls += 1;
        *calls
    };
    if let Some(signature) = signature(&headers) {
        let signatures = execution.signatures.lock();
        signatures.expect("no holder panics").push(signature);
    }
    let refuse = |status, code| refuse(status, code, &headers);
    match execution.fault {
        ReportFault::BlackHole => return std::future::pending().await,
        ReportFault::AlreadyCompleted => return refuse(StatusCode::BAD_REQUEST, ALREADY_COMPLETED),
        ReportFault::SignatureRefused => {
            return refuse(StatusCode::FORBIDDEN, "InvalidSignatureException");
        }
        ReportFault::NotCodeDeploys if nth <= SPOILT => match nth {
            1 => return endless(),
            2 => return "<html>Please sign in.</html>".into_response(),
            _ => return refuse(StatusCode::TOO_MANY_REQUESTS, "SlowDownPlease"),
        },
        fault => {
            if let Some((status, code)) = fault.answer().filter(|_| nth <= SPOILT) {
                return refuse(status, code);
            }
        }
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (Some(status), Some(key)) = (body["status"].as_str(), access_key(&headers)) else {
        return refuse(StatusCode::BAD_REQUEST, "ValidationException");
    };
    let mut accepted = execution.accepted.lock().expect("no holder panics");
    if !accepted.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, ALREADY_COMPLETED);
    }
    accepted.push(Accepted {
        status: status.to_owned(),
        key,
    });
    json!({"lifecycleEventHookExecutionId": body["lifecycleEventHookExecutionId"]})
        .to_string()
        .into_response()
}

/// An answer that has no end.
pub fn endless() -> Response {
    let piece = Ok::<_, Infallible>(vec![b' '; 16 << 10]);
    Body::from_stream(futures::stream::repeat(piece)).into_response()
}

/// A refusal that quotes what was sent, as AWS's do of a signature.
fn refuse(status: StatusCode, code: &str, headers: &HeaderMap) -> Response {
    let lines = headers
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.to_str().unwrap_or_default()));
    let canonical = lines.collect::<Vec<_>>().concat();
    let message = format!(
        "as the matrix says. The Canonical String for this request should have been\n'POST\n/\n\n{canonical}'"
    );
    let answer = json!({"__type": code, "message": message});
    (status, answer.to_string()).into_response()
}

/// What the request was signed with.
fn signature(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get("authorization")?.to_str().ok()?;
    let (_, signature) = authorization.split_once("Signature=")?;
    Some(signature.to_owned())
}

/// Who signed: `AWS4-HMAC-SHA256 Credential=<access key id>/…`.
fn access_key(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get("authorization")?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    Some(credential.split('/').next()?.to_owned())
}
