//! Lambda's Runtime API, 2018-06-01, for one function that is measured.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::process;

/// How long an invocation may take, as it is told to the function.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// What happened, and when.
#[derive(Debug, Default)]
pub struct Observed {
    /// When the function first asked for an event.
    pub asked: Option<Instant>,
    /// When its first answer was here.
    pub answered: Option<Instant>,
    /// The processor time that it had taken by then.
    pub answered_cpu: Option<Duration>,
    /// From each later event's handing out to its answer.
    pub warm: Vec<Duration>,
}

/// The API, which hands out so many events.
pub struct RuntimeApi {
    listener: TcpListener,
    address: SocketAddr,
    event: Bytes,
    events: usize,
    answers: String,
    /// The function's process; 0 before it is started.
    pub process: Arc<AtomicU32>,
}

struct State {
    process: Arc<AtomicU32>,
    observed: Observed,
    left: usize,
    given: usize,
    handed_out: Option<Instant>,
    done: Option<oneshot::Sender<Result<Observed, String>>>,
}

impl State {
    fn finish(&mut self, result: Result<(), String>) {
        if let Some(done) = self.done.take() {
            let observed = std::mem::take(&mut self.observed);
            // Nobody waits any longer where the time was up.
            done.send(result.map(|()| observed)).ok();
        }
    }
}

impl RuntimeApi {
    /// Listens on a port of its own.
    ///
    /// # Errors
    /// There is no port.
    pub async fn listen(event: Bytes, events: usize, answers: String) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            event,
            events,
            answers,
            process: Arc::default(),
        })
    }

    /// What `AWS_LAMBDA_RUNTIME_API` is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the function has answered every event; where there are none, until it asks for the first.
    ///
    /// # Errors
    /// What the function reports as an error, or an answer that is not the one expected.
    pub async fn observe(self) -> anyhow::Result<Observed> {
        let (done, mut finished) = oneshot::channel();
        let state = Arc::new(Mutex::new(State {
            process: self.process,
            observed: Observed::default(),
            left: self.events,
            given: 0,
            handed_out: None,
            done: Some(done),
        }));
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    let stream = accepted?.0;
                    stream.set_nodelay(true)?;
                    let (state, event, answers) = (state.clone(), self.event.clone(), self.answers.clone());
                    let service = service_fn(move |request| {
                        answer(request, state.clone(), event.clone(), answers.clone())
                    });
                    tokio::spawn(async move {
                        let connection = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service);
                        // It ends with the function, by a kill.
                        connection.await.ok();
                    });
                }
                finished = &mut finished => return finished?.map_err(anyhow::Error::msg),
            }
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
    event: Bytes,
    answers: String,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let now = Instant::now();
    let path = request.uri().path().to_owned();
    if request.method() == Method::GET && path.ends_with("/runtime/invocation/next") {
        return Ok(next(&state, now, event).await);
    }
    let body = request
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let now = Instant::now();
    let text = String::from_utf8_lossy(&body);
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    if !path.ends_with("/response") {
        state.finish(Err(format!("it reported to {path}: {text}")));
    } else if !text.contains(&answers) {
        state.finish(Err(format!("its answer has no {answers}: {text}")));
    } else {
        match state.handed_out.take() {
            Some(at) if state.given > 1 => state.observed.warm.push(now - at),
            _ => {
                state.observed.answered = Some(now);
                state.observed.answered_cpu =
                    process::cpu(state.process.load(Ordering::Relaxed)).ok();
            }
        }
        if state.left == 0 {
            state.finish(Ok(()));
        }
    }
    Ok(status(StatusCode::ACCEPTED))
}

async fn next(state: &Mutex<State>, now: Instant, event: Bytes) -> Response<Full<Bytes>> {
    let given = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.observed.asked.get_or_insert(now);
        if state.left == 0 {
            state.finish(Ok(()));
            None
        } else {
            state.left -= 1;
            state.given += 1;
            state.handed_out = Some(Instant::now());
            Some(state.given)
        }
    };
    let Some(given) = given else {
        // No event comes any more, and the function is killed while it waits.
        return pending().await;
    };
    let deadline = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default()
        + TIME_LIMIT;
    Response::builder()
        .header("content-type", "application/json")
        .header(
            "lambda-runtime-aws-request-id",
            format!("8476a536-e9f4-11e8-9739-{given:012x}"),
        )
        .header(
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        )
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:measured",
        )
        .header(
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
        )
        .body(Full::new(event))
        .expect("these headers are valid")
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .body(Full::default())
        .expect("a status alone is valid")
}
