//! The Lambda Runtime API, version 2018-06-01, for one process.
//!
//! Source: Lambda developer guide, "Using the Lambda runtime API"; the state errors are those of Lambda's open runtime
//! interface emulator.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::sync::{oneshot, watch};

use super::delivery::{Delivery, Taken, Ticket};
use super::extensions::{self, Asked, Registration};
use super::outcome::{MAX_RESPONSE_BYTES, Outcome, error, error_type};
use crate::listener::{Handler, Unreadable, answer, read};

const PREFIX: &str = "/2018-06-01/runtime/";
const ERROR_TYPE_HEADER: &str = "lambda-runtime-function-error-type";

const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE_MS: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const INVOKED_FUNCTION_ARN: HeaderName =
    HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const CLIENT_CONTEXT: HeaderName = HeaderName::from_static("lambda-runtime-client-context");

/// The two sides of the Runtime API meet here: the process asks and answers over HTTP, the sandbox offers and waits.
#[derive(Debug, Clone, Default)]
pub(super) struct Exchange {
    state: Arc<Mutex<State>>,
    /// How often the process has asked for an invocation.
    asked: Arc<watch::Sender<u64>>,
    /// What its extensions are told.
    registration: Arc<Registration>,
}

#[derive(Debug, Default)]
struct State {
    /// When the process first asked for an invocation.
    first_asked: Option<Instant>,
    /// The process is waiting for its next invocation.
    waiting: Option<oneshot::Sender<Delivery>>,
    /// An invocation is waiting for the process.
    offered: Option<(Delivery, oneshot::Sender<Taken>)>,
    /// The invocation under way, taken or offered.
    current: Option<Current>,
    /// An end that came while no invocation was under way: the next one gets it.
    early: Option<Outcome>,
    /// What the process did that was refused, since it was last asked for.
    refused: Option<String>,
}

#[derive(Debug)]
struct Current {
    delivery: Delivery,
    taken: Option<Instant>,
    outcome: oneshot::Sender<Outcome>,
}

impl Exchange {
    pub(super) fn of(registration: Registration) -> Self {
        Self {
            registration: Arc::new(registration),
            ..Self::default()
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the process first asked for an invocation.
    pub(super) fn first_asked(&self) -> Option<Instant> {
        self.state().first_asked
    }

    /// How often the process has asked for an invocation.
    pub(super) fn times_asked(&self) -> u64 {
        *self.asked.borrow()
    }

    /// Waits until the process has asked more often than so.
    pub(super) async fn asked_more_than(&self, times: u64) {
        // The sender lives as long as this does.
        let _ = self
            .asked
            .subscribe()
            .wait_for(|asked| *asked > times)
            .await;
    }

    /// Offers an invocation; the process gets it at once if it is waiting.
    pub(super) fn offer(&self, delivery: Delivery) -> Ticket {
        let (taken, delivered) = oneshot::channel();
        let (sender, outcome) = oneshot::channel();
        let mut state = self.state();
        if let Some(error) = state.early.take() {
            let _ = sender.send(error);
            return Ticket { delivered, outcome };
        }
        let mut current = Current {
            delivery: delivery.clone(),
            taken: None,
            outcome: sender,
        };
        let left = delivery.budget;
        let refused = match state.waiting.take() {
            Some(waiting) => waiting.send(delivery).err(),
            None => Some(delivery),
        };
        match refused {
            None => {
                let now = Instant::now();
                current.taken = Some(now);
                let _ = taken.send(Taken { at: now, left });
            }
            // The process is not ready yet, or its connection broke while it waited.
            Some(delivery) => state.offered = Some((delivery, taken)),
        }
        state.current = Some(current);
        Ticket { delivered, outcome }
    }

    /// The process asks: an invocation, or a place in the queue. The one under way is given again, as Lambda's open runtime interface
    /// emulator does: its `RuntimeRunningState` allows the transition.
    fn ask(&self) -> oneshot::Receiver<Delivery> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        let now = Instant::now();
        let is_first = state.first_asked.is_none();
        state.first_asked.get_or_insert(now);
        if let Some((delivery, taken)) = state.current.as_ref().and_then(Current::taken) {
            let mut again = delivery.clone();
            again.budget = again.budget.saturating_sub(now - taken);
            let _ = sender.send(again);
            state.refused =
                Some("it asked for the next invocation before it answered this one".to_owned());
            return receiver;
        }
        self.asked.send_modify(|asked| *asked += 1);
        match state.offered.take() {
            Some((mut delivery, taken)) => {
                if is_first {
                    delivery.budget = delivery.left_after_init();
                }
                if let Some(current) = &mut state.current {
                    current.taken = Some(now);
                    current.delivery.budget = delivery.budget;
                }
                let left = delivery.budget;
                let _ = taken.send(Taken { at: now, left });
                let _ = sender.send(delivery);
            }
            None => state.waiting = Some(sender),
        }
        receiver
    }

    /// The process answers an invocation; false if it is not the one under way, which goes on then: Lambda refuses the answer
    /// (`InvalidRequestID`) and waits for another.
    fn complete(&self, request_id: &str, outcome: Outcome) -> bool {
        let mut state = self.state();
        let current = state.current.as_ref().and_then(Current::taken);
        let is_current = current.is_some_and(|(delivery, _)| delivery.request_id == request_id);
        if is_current {
            finish(&mut state, outcome);
        } else {
            state.refused = Some(format!(
                "it answered invocation {request_id:?}, which is not under way"
            ));
        }
        is_current
    }

    /// What the process did that was refused, since this was last asked.
    pub(super) fn take_refused(&self) -> Option<String> {
        self.state().refused.take()
    }

    fn init_error(&self, outcome: Outcome) {
        let mut state = self.state();
        if state.first_asked.is_none() {
            finish_or_keep(&mut state, outcome);
        }
    }

    fn nonsense(&self, what: String) {
        finish_or_keep(&mut self.state(), Outcome::Nonsense { what });
    }
}

impl Current {
    /// The invocation and since when the process has it, if it has it.
    fn taken(&self) -> Option<(&Delivery, Instant)> {
        Some((&self.delivery, self.taken?))
    }
}

fn finish(state: &mut State, outcome: Outcome) {
    if let Some(current) = state.current.take() {
        // The invoking side may have stopped waiting.
        let _ = current.outcome.send(outcome);
    }
}

fn finish_or_keep(state: &mut State, outcome: Outcome) {
    if state.current.is_some() {
        finish(state, outcome);
    } else {
        state.early = Some(outcome);
    }
}

impl Handler for Exchange {
    type Body = Full<Bytes>;

    async fn handle(&self, request: Request<Incoming>) -> Option<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        if let Some(path) = head.uri.path().strip_prefix(extensions::PREFIX) {
            return self.extension(&Asked::of(&head.method, path), body).await;
        }
        let Some(path) = head.uri.path().strip_prefix(PREFIX) else {
            return Some(refusal(
                StatusCode::NOT_FOUND,
                "InvalidRequest",
                "no such path in the Runtime API",
            ));
        };
        let parts: Vec<&str> = path.split('/').collect();
        match (&head.method, parts.as_slice()) {
            // A dropped sender means that the sandbox is going away.
            (&Method::GET, ["invocation", "next"]) => Some(delivery(self.ask().await.ok()?)),
            (&Method::POST, ["invocation", id, kind @ ("response" | "error")]) => {
                Some(self.answered(id, kind, &head.headers, body).await)
            }
            (&Method::POST, ["init", "error"]) => {
                let payload = read(body, MAX_RESPONSE_BYTES)
                    .await
                    .map(|(bytes, _)| bytes)
                    .unwrap_or_default();
                let error_type = error_type(header(&head.headers, ERROR_TYPE_HEADER), &payload);
                self.init_error(Outcome::InitError {
                    payload,
                    error_type,
                });
                Some(accepted())
            }
            _ => Some(refusal(
                StatusCode::NOT_FOUND,
                "InvalidRequest",
                "no such path in the Runtime API",
            )),
        }
    }

    fn malformed(&self, error: &hyper::Error) {
        self.nonsense(format!("it sent what is not HTTP ({error})"));
    }
}

impl Exchange {
    async fn extension(&self, asked: &Asked, body: Incoming) -> Option<Response<Full<Bytes>>> {
        match asked {
            Asked::Register => {
                let (body, _) = read(body, MAX_RESPONSE_BYTES).await.ok()?;
                Some(self.registration.register(&body))
            }
            // As long as its process lives.
            Asked::Event => std::future::pending().await,
            Asked::Error => Some(accepted()),
            Asked::Nothing => Some(refusal(
                StatusCode::NOT_FOUND,
                "InvalidRequest",
                "no such path in the Extensions API",
            )),
        }
    }

    async fn answered(
        &self,
        id: &str,
        kind: &str,
        headers: &HeaderMap,
        body: Incoming,
    ) -> Response<Full<Bytes>> {
        let (payload, trailers) = match read(body, MAX_RESPONSE_BYTES).await {
            Ok(read) => read,
            Err(Unreadable::TooLong) => {
                self.complete(id, Outcome::ResponseTooLarge);
                return refusal(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "Function.ResponseSizeTooLarge",
                    &format!("Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."),
                );
            }
            Err(Unreadable::Broken) => {
                return refusal(
                    StatusCode::BAD_REQUEST,
                    "InvalidRequest",
                    "the body could not be read",
                );
            }
        };
        // A streamed response that fails half-way says so in its trailers.
        let late = trailers
            .as_ref()
            .and_then(|trailers| header(trailers, ERROR_TYPE_HEADER));
        let outcome = match (kind, late) {
            ("response", None) => Outcome::Response {
                payload,
                content_type: header(headers, "content-type").map(str::to_owned),
            },
            ("response", Some(error_type)) => Outcome::FunctionError {
                payload,
                error_type: error_type.to_owned(),
            },
            _ => {
                let error_type = error_type(header(headers, ERROR_TYPE_HEADER), &payload);
                Outcome::FunctionError {
                    payload,
                    error_type,
                }
            }
        };
        if self.complete(id, outcome) {
            accepted()
        } else {
            refusal(
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                "Invalid request ID",
            )
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn delivery(delivery: Delivery) -> Response<Full<Bytes>> {
    let deadline = SystemTime::now() + delivery.budget;
    let deadline_ms = deadline
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis()
        .to_string();
    let mut response = answer(StatusCode::OK, "application/json", delivery.payload);
    let mut set = |name: HeaderName, value: String| {
        // A value that no header can carry is left out, as a proxy would.
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(REQUEST_ID, delivery.request_id);
    set(DEADLINE_MS, deadline_ms);
    set(INVOKED_FUNCTION_ARN, delivery.invoked_function_arn);
    set(TRACE_ID, delivery.trace_id);
    if let Some(context) = delivery.client_context {
        set(CLIENT_CONTEXT, context);
    }
    response
}

fn accepted() -> Response<Full<Bytes>> {
    answer(
        StatusCode::ACCEPTED,
        "application/json",
        r#"{"status":"OK"}"#,
    )
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    answer(status, "application/json", error(kind, message))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sandbox::delivery::InitTime;

    fn response() -> Outcome {
        Outcome::Response {
            payload: Bytes::new(),
            content_type: None,
        }
    }

    fn invocation(id: &str) -> Delivery {
        Delivery {
            request_id: id.to_owned(),
            invoked_function_arn: String::new(),
            trace_id: String::new(),
            client_context: None,
            payload: Bytes::new(),
            budget: Duration::from_secs(1),
            init: Arc::default(),
            init_limit: Duration::from_secs(10),
        }
    }

    #[tokio::test]
    async fn what_took_too_long_to_start_is_told_what_is_left_of_its_time() {
        for (init_limit, expected) in [(10, 48), (20, 60)] {
            let exchange = Exchange::default();
            let init = Arc::<InitTime>::default();
            let ticket = exchange.offer(Delivery {
                budget: Duration::from_mins(1),
                init: Arc::clone(&init),
                init_limit: Duration::from_secs(init_limit),
                ..invocation("a")
            });
            init.note(Duration::from_secs(12));
            let expected = Duration::from_secs(expected);
            assert_eq!(exchange.ask().await.unwrap().budget, expected);
            assert_eq!(ticket.delivered.await.unwrap().left, expected);
            assert!(exchange.ask().await.unwrap().budget <= expected);
        }
    }

    #[tokio::test]
    async fn an_offer_waits_for_a_process_that_is_not_ready() {
        let exchange = Exchange::default();
        let mut ticket = exchange.offer(invocation("a"));
        assert!(ticket.delivered.try_recv().is_err());
        assert_eq!(exchange.ask().await.unwrap().request_id, "a");
        assert!(ticket.delivered.await.is_ok());
        assert!(exchange.complete("a", response()));
        assert!(ticket.outcome.await.unwrap().is_success());
    }

    #[tokio::test]
    async fn a_connection_that_broke_while_waiting_loses_no_invocation() {
        let exchange = Exchange::default();
        drop(exchange.ask());
        let _ticket = exchange.offer(invocation("a"));
        assert_eq!(exchange.ask().await.unwrap().request_id, "a");
    }

    #[tokio::test]
    async fn an_answer_to_another_invocation_is_refused_and_this_one_goes_on() {
        let exchange = Exchange::default();
        let ticket = exchange.offer(invocation("a"));
        let _taken = exchange.ask();
        assert!(!exchange.complete("b", response()));
        assert!(exchange.take_refused().unwrap().contains("\"b\""));
        assert!(exchange.complete("a", response()));
        assert!(ticket.outcome.await.unwrap().is_success());
        assert_eq!(exchange.take_refused(), None);
    }

    #[tokio::test]
    async fn asking_again_without_an_answer_gives_the_same_invocation_again() {
        let exchange = Exchange::default();
        let ticket = exchange.offer(invocation("a"));
        let _taken = exchange.ask();
        let again = exchange.ask().await.unwrap();
        assert_eq!(again.request_id, "a");
        assert!(again.budget <= Duration::from_secs(1));
        assert!(exchange.complete("a", response()));
        assert!(ticket.outcome.await.unwrap().is_success());
    }

    #[tokio::test]
    async fn an_error_at_start_reaches_the_first_invocation() {
        let exchange = Exchange::default();
        exchange.init_error(Outcome::InitError {
            payload: Bytes::new(),
            error_type: "E".to_owned(),
        });
        let ticket = exchange.offer(invocation("a"));
        assert!(matches!(
            ticket.outcome.await.unwrap(),
            Outcome::InitError { .. }
        ));
    }
}
