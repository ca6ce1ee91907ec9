//! A CodeDeploy endpoint over real HTTP, and a hook that reports to it.

#![allow(dead_code, reason = "each test program uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test's helper fails its test"
)]

pub mod emf;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant, SystemTime};

use aws_clients::Environment;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use lambda_runtime::{Context, LambdaEvent};
use lifecycle_hook::{Hook, HookError, Verdict};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;

/// What the endpoint does with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Accept,
    Refuse(StatusCode, &'static str),
    /// Answers with this body.
    Say(StatusCode, &'static str),
    /// Refuses the signature, and quotes all that was sent, as AWS does.
    Quote,
    /// Answers for ever.
    Endless,
    /// Takes the call and never answers.
    BlackHole,
}

pub const THROTTLE: Does = Does::Refuse(StatusCode::BAD_REQUEST, "ThrottlingException");
pub const BREAK: Does = Does::Refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure");
pub const DENY: Does = Does::Refuse(StatusCode::BAD_REQUEST, "AccessDeniedException");
pub const ALREADY: Does = Does::Refuse(
    StatusCode::BAD_REQUEST,
    "LifecycleEventAlreadyCompletedException",
);

/// A report of a status that arrived.
#[derive(Clone, Debug)]
pub struct Report {
    pub deployment_id: String,
    pub execution_id: String,
    pub status: String,
    pub at: Instant,
}

#[derive(Default)]
struct State {
    script: Mutex<VecDeque<Does>>,
    /// How many calls for each deployment are throttled, and how many have been.
    throttled_first: usize,
    throttled: Mutex<HashMap<String, usize>>,
    reports: Mutex<Vec<Report>>,
    calls: Mutex<u32>,
}

/// An endpoint on a thread of its own, so that no check can block it.
pub struct CodeDeploy {
    address: SocketAddr,
    state: Arc<State>,
    arrivals: Mutex<mpsc::Receiver<Report>>,
}

impl CodeDeploy {
    pub fn start() -> Self {
        Self::with_script([])
    }

    /// Does as the script says, call by call, and accepts from then on.
    pub fn with_script(script: impl IntoIterator<Item = Does>) -> Self {
        Self::with_state(State {
            script: Mutex::new(script.into_iter().collect()),
            ..State::default()
        })
    }

    /// Throttles each deployment's first calls.
    pub fn throttling_first(calls: usize) -> Self {
        Self::with_state(State {
            throttled_first: calls,
            ..State::default()
        })
    }

    fn with_state(state: State) -> Self {
        let state = Arc::new(state);
        let (arrived, arrivals) = mpsc::channel();
        let (ready, address) = mpsc::channel();
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                let app = axum::Router::new().fallback(
                    move |headers: HeaderMap, body: axum::body::Bytes| {
                        let (state, arrived) = (Arc::clone(&served), arrived.clone());
                        async move { answer(&state, &arrived, &headers, &body).await }
                    },
                );
                axum::serve(listener, app).await.unwrap();
            });
        });
        Self {
            address: address.recv().unwrap(),
            state,
            arrivals: Mutex::new(arrivals),
        }
    }

    pub fn environment(&self) -> Environment {
        environment(&format!("http://{}", self.address))
    }

    /// A PreTraffic hook that reports to it, and logs nothing.
    pub fn hook(&self) -> Hook {
        Hook::before_allow_traffic()
            .environment(self.environment())
            .log_to(std::io::sink())
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The statuses that were accepted, or would have been the first time.
    pub fn reports(&self) -> Vec<Report> {
        self.state.reports.lock().unwrap().clone()
    }

    /// How often the endpoint was called, refusals included.
    pub fn calls(&self) -> u32 {
        *self.state.calls.lock().unwrap()
    }

    /// Waits for the next status.
    pub fn next(&self, patience: Duration) -> Report {
        self.arrivals
            .lock()
            .unwrap()
            .recv_timeout(patience)
            .expect("no status arrived")
    }
}

async fn answer(
    state: &State,
    arrived: &mpsc::Sender<Report>,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    assert_eq!(
        headers["x-amz-target"],
        "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus"
    );
    assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
    *state.calls.lock().unwrap() += 1;
    let next = state.script.lock().unwrap().pop_front();
    let body: Value = serde_json::from_slice(body).unwrap();
    let text = |field: &str| body[field].as_str().unwrap().to_owned();
    let next = next.unwrap_or_else(|| {
        let mut throttled = state.throttled.lock().unwrap();
        let so_far = throttled.entry(text("deploymentId")).or_default();
        *so_far += 1;
        if *so_far <= state.throttled_first {
            THROTTLE
        } else {
            Does::Accept
        }
    });
    match next {
        Does::Accept => {
            let report = Report {
                deployment_id: text("deploymentId"),
                execution_id: text("lifecycleEventHookExecutionId"),
                status: text("status"),
                at: Instant::now(),
            };
            let answer = json!({"lifecycleEventHookExecutionId": report.execution_id});
            state.reports.lock().unwrap().push(report.clone());
            // The test may be over already.
            let _ = arrived.send(report);
            answer.to_string().into_response()
        }
        Does::Refuse(status, kind) => (
            status,
            json!({"__type": kind, "message": "as the script says"}).to_string(),
        )
            .into_response(),
        Does::Say(status, body) => (status, body).into_response(),
        Does::Quote => (StatusCode::FORBIDDEN, quotation(headers)).into_response(),
        Does::Endless => {
            let piece = Ok::<_, std::convert::Infallible>([b' '; 4096].to_vec());
            axum::body::Body::from_stream(futures::stream::repeat(piece)).into_response()
        }
        Does::BlackHole => std::future::pending().await,
    }
}

/// A refusal in the words of `InvalidSignatureException`, which quote the headers; with the token in some more spellings.
fn quotation(headers: &HeaderMap) -> String {
    let mut canonical = String::new();
    for (name, value) in headers {
        let value = value.to_str().unwrap();
        canonical += &[name.as_str(), ":", value, "\n"].concat();
        if name == "x-amz-security-token" {
            let percent = value
                .replace('/', "%2F")
                .replace('+', "%2B")
                .replace('=', "%3D");
            let twice = percent.replace('%', "%25");
            let html = value
                .replace('/', "&#x2F;")
                .replace('+', "&#43;")
                .replace('=', "&#61;");
            let part = &value[4..value.len() - 4];
            canonical += &[&percent, &twice, &html, part, ""].join("\n");
        }
    }
    let message = format!(
        "The request signature we calculated does not match the signature you provided. \
         The Canonical String for this request should have been\n'POST\n/\n\n{canonical}'"
    );
    json!({"__type": "InvalidSignatureException", "message": message}).to_string()
}

/// The variables that a function on Lambda has, with `endpoint` for CodeDeploy.
pub fn environment(endpoint: &str) -> Environment {
    Environment::from_variables([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL_CODEDEPLOY", endpoint),
    ])
}

pub const EXECUTION: &str = "eyJlbmNyeXB0ZWREYXRhIjoi";

pub fn event(deployment: &str) -> Value {
    json!({"DeploymentId": deployment, "LifecycleEventHookExecutionId": EXECUTION})
}

/// An invocation's context with `timeout` left.
pub fn context(timeout: Duration) -> Context {
    let deadline = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        + timeout;
    let mut context = Context::default();
    context.deadline = u64::try_from(deadline.as_millis()).unwrap();
    "8476a536-e9f4-11e8-9739-2dfe598c3fcd".clone_into(&mut context.request_id);
    context
}

/// Invokes the hook once, for deployment `d-1`.
pub async fn invoke(hook: &Hook, timeout: Duration) -> Result<Verdict, HookError> {
    hook.clone()
        .oneshot(LambdaEvent::new(event("d-1"), context(timeout)))
        .await
}

/// A sink that keeps what was logged.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// All that was logged.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines, each of which is JSON.
    pub fn values(&self) -> Vec<Value> {
        self.text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The one line there is.
    pub fn only(&self) -> Value {
        let mut values = self.values();
        assert_eq!(values.len(), 1, "{values:?}");
        values.remove(0)
    }
}

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
