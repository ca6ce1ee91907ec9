//! One invocation, from the world's command to its input: the fault that acts on it, the sandbox that runs it, the answer.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use rehearsal_aws::apigateway::route::{Authorization, Match, Route};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::call::AwsAnswer;
use rehearsal_aws::lambda::asynchronous::Payload;
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use rehearsal_cloud::gateway::{Integration, ParsedRequest, domain, event, response, response_to};
use rehearsal_deployment::event::Evidence;
use rehearsal_deployment::request::{HttpRequest, RequestKind};
use rehearsal_deployment::world::{Answer, Ended, Invoke, Logged, Purpose, Through};
use rehearsal_host::sandbox::{INIT_LIMIT, Invocation, InvocationReport, Outcome, Sandbox};
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::done::{Done, done};
use super::faults::{act_out, end};
use super::functions::Function;
use super::surroundings::Surroundings;
use super::{DriveError, Failed, Message, Pending, Wrote};

/// An invocation to make, with whoever waits for it.
pub(super) struct Job {
    pub(super) invoke: Invoke,
    pub(super) caller: Option<Pending>,
    pub(super) post: mpsc::UnboundedSender<Message>,
}

/// A text, which is sent without being copied.
struct SharedText(Arc<str>);

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Job {
    pub(super) async fn run(self, surroundings: &Surroundings, sandbox: &mut Option<Sandbox>) {
        let Self {
            invoke,
            caller,
            post,
        } = self;
        let Some(function) = surroundings.functions.of(&invoke) else {
            // The world would wait for its end.
            let function = invoke.function;
            let _ = post.send(Message::Broken(DriveError::NoFunction { function }));
            return;
        };
        let payload = match (&invoke.purpose, &caller) {
            (Purpose::Event { payload, .. }, _) => surroundings.async_event(payload),
            (Purpose::Request { kind, .. }, _) => {
                surroundings.live_event(*kind, invoke.through.as_deref())
            }
            (Purpose::Call(_), Some(caller)) => caller.payload.clone(),
            (Purpose::Call(_), None) => Bytes::new(),
        };
        let integration = match (&invoke.purpose, &caller) {
            (Purpose::Request { kind, .. }, _) => {
                surroundings.integration(*kind, invoke.through.as_deref())
            }
            (_, Some(caller)) => caller.integration,
            (_, None) => None,
        };
        let performed = perform(
            surroundings,
            sandbox,
            function,
            &invoke,
            (payload, integration),
            &post,
        );
        let done = match performed.await {
            Ok(done) => done,
            Err(error) => {
                let _ = post.send(Message::Broken(error));
                return;
            }
        };
        if invoke.passes {
            end(sandbox).await;
        }
        let status = done.status.or_else(|| match integration {
            Some(integration) => Some(response_to(integration, &done.answer).status),
            None => status(invoke.api, &done.answer),
        });
        let answer = matches!(invoke.purpose, Purpose::Event { .. })
            .then(|| {
                done.answer
                    .as_ref()
                    .ok()
                    .map(|answer| String::from_utf8_lossy(&answer.payload).into_owned())
            })
            .flatten();
        let detail = done
            .detail
            .map(|detail| surroundings.functions.shown(detail));
        let Evidence {
            error_type,
            message,
            log,
        } = done.evidence;
        let evidence = Evidence {
            error_type,
            message: message.map(|message| surroundings.functions.shown(message)),
            log: log
                .into_iter()
                .map(|line| surroundings.functions.shown(line))
                .collect(),
        };
        let ended = Ended {
            invocation: invoke.invocation,
            outcome: done.outcome,
            status,
            answer,
            detail,
            evidence,
        };
        if let Purpose::Request { kind, .. } = invoke.purpose
            && invoke.fault.is_none()
            && ended.outcome.is_function_error()
        {
            let _ = post.send(Message::Failed(Failed {
                function: invoke.function.clone(),
                version: invoke.version.clone(),
                kind,
                outcome: ended.outcome,
                status: ended.status,
                evidence: ended.evidence.clone(),
            }));
        }
        // First the end, then the answer: the caller's next call must find this invocation's sandbox free.
        let _ = post.send(Message::Ended(ended));
        if let Some(reply) = caller.and_then(|caller| caller.reply) {
            let _ = reply.send(Answer::Aws(AwsAnswer::Invoked(done.answer)));
        }
    }
}

/// The status that a caller sees who came through an API. Who invokes a function directly sees none.
fn status(through: Option<ApiKind>, answer: &Result<Invoked, LambdaError>) -> Option<u16> {
    through.map(|kind| response(kind, answer).status)
}

impl Surroundings {
    /// How the API takes the answer to a live request; `None` for one that goes to a function directly.
    fn integration(&self, kind: usize, through: Option<&Through>) -> Option<Integration> {
        let request = self.requests.get(kind).map(|request| &request.kind);
        let (Some(RequestKind::Http(asked)), Some(through)) = (request, through) else {
            return None;
        };
        let mut headers = asked.headers.iter();
        let accept = headers.find(|(name, _)| name.eq_ignore_ascii_case("accept"));
        let accept = accept.map_or(ACCEPT, |(_, value)| value.as_str());
        Some(Integration::new(
            &through.api.api,
            &through.route,
            Some(accept),
        ))
    }

    /// The event of a live request: of its kind, on the way that it takes.
    fn live_event(&self, kind: usize, through: Option<&Through>) -> Bytes {
        let request = self.requests.get(kind).map(|request| &request.kind);
        match (request, through) {
            (Some(RequestKind::Http(asked)), Some(through)) => {
                if !is_caller_given(asked, &through.route) {
                    self.made_up.note_caller_of(&through.route);
                }
                api_event(through, asked)
            }
            (Some(RequestKind::Invoke(asked)), _) => {
                Bytes::from_owner(SharedText(Arc::clone(&asked.event)))
            }
            (Some(RequestKind::Http(_)) | None, _) => Bytes::new(),
        }
    }

    /// An asynchronous event as the function gets it, sent at this machine's time.
    fn async_event(&self, payload: &Payload) -> Bytes {
        let arn = |logical_id: &str| {
            let function = self.functions.get(logical_id, true);
            function.map_or_else(|| logical_id.to_owned(), |function| function.arn.clone())
        };
        payload.to_json(&arn, &timestamp()).to_string().into()
    }
}

/// Whether a request gives all that an event says of its caller. Where it is not known of which kind the authorizer is, the event has what others would
/// say, too.
fn is_caller_given(request: &HttpRequest, route: &Route) -> bool {
    let is_known = !matches!(
        route.authorization,
        Authorization::Authorizer { kind: None, .. }
    );
    request.claims.is_some() && is_known
}

/// The time as Lambda's records have it: `2019-11-14T18:16:05.568Z` (Lambda developer guide, "Capturing records of Lambda
/// asynchronous invocations").
fn timestamp() -> String {
    let now = OffsetDateTime::now_utc();
    let (hour, minute, second, millisecond) = now.to_hms_milli();
    let date = now.date();
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
}

/// What a live request accepts that does not say so.
const ACCEPT: &str = "application/json";

/// The event of a live request through an API. Live traffic takes no detour over a socket: what API Gateway makes of a request is the same.
fn api_event(through: &Through, request: &HttpRequest) -> Bytes {
    let front = &through.api;
    let stage = match front.api.stage.as_str() {
        "$default" => String::new(),
        stage => format!("/{stage}"),
    };
    let mut parsed =
        ParsedRequest::new(request.method.clone(), &format!("{stage}{}", request.path));
    parsed.headers = vec![
        ("Host".to_owned(), domain(&front.api)),
        ("Accept".to_owned(), ACCEPT.to_owned()),
        ("User-Agent".to_owned(), "rehearse".to_owned()),
    ];
    if let Some(body) = &request.body {
        parsed.body = body.to_text().into();
        parsed
            .headers
            .push(("Content-Type".to_owned(), body.content_type().to_owned()));
    }
    for (name, value) in &request.headers {
        parsed
            .headers
            .retain(|(there, _)| !there.eq_ignore_ascii_case(name));
        parsed.headers.push((name.clone(), value.clone()));
    }
    parsed.claims.clone_from(&request.claims);
    let found = Match {
        route: &through.route,
        parameters: through.parameters.clone(),
    };
    event(&front.api, &found, &parsed)
}

async fn perform(
    surroundings: &Surroundings,
    sandbox: &mut Option<Sandbox>,
    function: &Function,
    invoke: &Invoke,
    (payload, integration): (Bytes, Option<Integration>),
    post: &mpsc::UnboundedSender<Message>,
) -> Result<Done, DriveError> {
    let wait = surroundings.patience.of(invoke, function.timeout);
    let budget = wait.time;
    if let Some(fault) = &invoke.fault
        && let Some(done) = act_out(sandbox, function, invoke, fault, budget).await
    {
        return Ok(done);
    }
    let takes_it = match sandbox {
        Some(idle) => idle.takes_next().await,
        None => false,
    };
    let running = match sandbox {
        Some(idle) if takes_it => idle,
        _ => {
            let spec = surroundings.spec(&invoke.function, function, &invoke.version);
            let spec = spec.ok_or_else(|| DriveError::NoFunction {
                function: invoke.function.clone(),
            })?;
            // Before it starts: what its init phase writes and asks for is this invocation's.
            let key = spec.credentials.access_key_id.clone();
            surroundings.runs(&key, Some(invoke.invocation));
            let since = SystemTime::now();
            let started = sandbox.insert(Sandbox::start(spec).await?);
            let not_confined = &surroundings.not_confined;
            not_confined.note(&invoke.function, since, started.confinement());
            started
        }
    };
    let key = running.spec().credentials.access_key_id.clone();
    surroundings.runs(&key, Some(invoke.invocation));
    let arn = match &invoke.qualifier {
        Some(qualifier) => format!("{}:{qualifier}", function.arn),
        None => function.arn.clone(),
    };
    let mut invocation = Invocation::new(arn, payload, budget);
    if let Purpose::Event { request_id, .. } = &invoke.purpose {
        invocation.request_id.clone_from(request_id);
    }
    let report = running.invoke(invocation).await;
    surroundings.runs(&key, None);
    if let Some(needed) = report.memory.filter(|_| function.is_measured) {
        let has = function.memory_mb;
        surroundings.memory.note(&invoke.function, has, needed);
    }
    tell_of_lines(surroundings, invoke, &report, post);
    let mut done = done(&report, invoke, integration);
    let hung = matches!(report.outcome, Outcome::TimedOut | Outcome::InitTimedOut);
    let times = (report.init.unwrap_or_default(), report.wall);
    if let Some(took) = surroundings.patience.note(invoke, times, hung) {
        let function = invoke.function.clone();
        // Where no one takes it, the rehearsal is over.
        let _ = post.send(Message::TakesLong(function, took));
    }
    let is_hook = matches!(invoke.purpose, Purpose::Event { .. });
    // To start it has the init phase's time whatever it is waited for, and on Lambda its `Timeout` where that is longer.
    let is_by_us = hung && (report.outcome == Outcome::TimedOut || function.timeout > INIT_LIMIT);
    if is_by_us && let Some(why) = wait.taken_to_hang(function.timeout, is_hook) {
        let Done {
            detail, evidence, ..
        } = &mut done;
        for words in [detail, &mut evidence.message].into_iter().flatten() {
            words.push_str(&why);
        }
    }
    Ok(done)
}

/// Hands on what an invocation wrote, where a metric filter reads it or it is to be shown.
fn tell_of_lines(
    surroundings: &Surroundings,
    invoke: &Invoke,
    report: &InvocationReport,
    post: &mpsc::UnboundedSender<Message>,
) {
    // Where no one takes it, the rehearsal is over.
    if surroundings.reads_log(&invoke.function) {
        let _ = post.send(Message::Logged(Logged {
            invocation: Some(invoke.invocation),
            function: invoke.function.clone(),
            request_id: Some(report.request_id.clone()),
            // Each was sent as it came.
            lines: Vec::new(),
        }));
    }
    if surroundings.shows_lines() && !report.log.is_empty() {
        let lines = report.log.iter().map(|line| line.text.clone());
        let _ = post.send(Message::Wrote(Wrote {
            at: invoke.at,
            function: invoke.function.clone(),
            version: invoke.version.clone(),
            sandbox: invoke.sandbox,
            lines: lines
                .map(|line| surroundings.functions.shown(line))
                .collect(),
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rehearsal_aws::apigateway::route::{AuthorizerKind, InvokeMode, PayloadFormat};
    use rehearsal_deployment::request::Front;

    use super::*;

    #[test]
    fn a_caller_is_given_by_claims_where_it_is_known_what_the_authorizer_says() {
        let is_given = |claims: Option<BTreeMap<_, _>>, kind| {
            let request = HttpRequest {
                method: "GET".to_owned(),
                path: "/orders".to_owned(),
                to: Front::default(),
                headers: BTreeMap::new(),
                body: None,
                claims,
                expect_status: None,
            };
            let route = Route {
                method: "GET".to_owned(),
                path: "/orders".to_owned(),
                authorization: Authorization::Authorizer {
                    name: "Tokens".to_owned(),
                    kind,
                },
                needs_api_key: false,
                payload_format: PayloadFormat::V2,
                invoke_mode: InvokeMode::Buffered,
                function: "Orders".to_owned(),
                qualifier: None,
            };
            is_caller_given(&request, &route)
        };
        let some = || Some(BTreeMap::new());
        assert!(is_given(some(), Some(AuthorizerKind::Lambda)));
        assert!(!is_given(some(), None));
        assert!(!is_given(None, Some(AuthorizerKind::Lambda)));
    }

    #[test]
    fn a_bare_answer_is_good_behind_an_http_api_and_malformed_behind_a_rest_api() {
        let answer = Ok(Invoked::new(r#"{"greeting": "hello"}"#, "2"));
        assert_eq!(status(Some(ApiKind::Http), &answer), Some(200));
        assert_eq!(status(Some(ApiKind::Rest), &answer), Some(502));
        assert_eq!(status(None, &answer), None);
    }
}
