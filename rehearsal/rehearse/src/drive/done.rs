//! What came of an invocation: it ran, or a fault stood in for it.

use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use rehearsal_cloud::gateway::{Integration, Payload, WITH_PRELUDE, status_to, takes};
use rehearsal_deployment::event::{Evidence, InvocationOutcome};
use rehearsal_deployment::world::{Invoke, Purpose};
use rehearsal_host::sandbox::{InvocationReport, Outcome};
use serde_json::{Value, json};

use super::detail::{detail, evidence};

/// What came of an invocation, in the words of all who want to know.
pub(super) struct Done {
    pub(super) outcome: InvocationOutcome,
    pub(super) answer: Result<Invoked, LambdaError>,
    /// What a caller sees who came through an API, where that is known.
    pub(super) status: Option<u16>,
    pub(super) detail: Option<String>,
    pub(super) evidence: Evidence,
}

/// An error of a fault.
pub(super) fn injected(invoke: &Invoke, outcome: InvocationOutcome, error_type: &str) -> Done {
    injected_with(invoke, outcome, error_type, "a fault of the rehearsal")
}

/// The same in words of its own.
pub(super) fn injected_with(
    invoke: &Invoke,
    outcome: InvocationOutcome,
    error_type: &str,
    message: &str,
) -> Done {
    let payload = json!({"errorType": error_type, "errorMessage": message}).to_string();
    let answer = Invoked {
        function_error: Some("Unhandled".to_owned()),
        ..Invoked::new(payload, invoke.version.clone())
    };
    Done {
        outcome,
        answer: Ok(answer),
        status: None,
        detail: Some(message.to_owned()),
        evidence: Evidence {
            error_type: Some(error_type.to_owned()),
            message: Some(message.to_owned()),
            log: Vec::new(),
        },
    }
}

/// What came of an invocation that ran, and of one through an API, which takes the answer so.
pub(super) fn done(
    report: &InvocationReport,
    invoke: &Invoke,
    integration: Option<Integration>,
) -> Done {
    let outcome = outcome_of(&report.outcome);
    let payload = report.payload();
    let detail = detail(outcome, &payload, report.log.last());
    let is_event = matches!(invoke.purpose, Purpose::Event { .. });
    // Read once, for an answer may be long.
    let read = Payload::read(&payload);
    let answer = Ok(Invoked {
        payload: payload.clone(),
        content_type: report.outcome.content_type().map(str::to_owned),
        executed_version: Some(invoke.version.clone()),
        function_error: report.outcome.function_error().map(str::to_owned),
        log: report.log.iter().map(|line| line.text.clone()).collect(),
    });
    let status = integration.map(|integration| status_to(integration, &answer, &read));
    let mut evidence = evidence(outcome, is_event, &read, &report.log);
    if let (Ok(answer), Some(integration), Some(status)) = (&answer, integration, status)
        && outcome == InvocationOutcome::Answered
        && is_gateways(status, &read)
        // Where the answer is passed on, its status stands elsewhere.
        && !takes(integration, answer)
    {
        let why = malformed(&answer.payload, answer.content_type.as_deref(), integration);
        evidence.message = Some(why);
    }
    Done {
        outcome,
        answer,
        status,
        detail,
        evidence,
    }
}

/// How an invocation ended, in the world's words.
fn outcome_of(outcome: &Outcome) -> InvocationOutcome {
    match outcome {
        Outcome::Response { .. } => InvocationOutcome::Answered,
        Outcome::FunctionError { .. } | Outcome::ResponseTooLarge => {
            InvocationOutcome::FunctionError
        }
        // Lambda begins an init phase that took too long anew, within the first invocation's time-out (Lambda developer guide, "Lambda execution
        // environment lifecycle"): that passes, too.
        Outcome::TimedOut | Outcome::InitTimedOut => InvocationOutcome::TimedOut,
        Outcome::Exited { .. } | Outcome::Nonsense { .. } => InvocationOutcome::Exited,
        Outcome::InitError { .. } => InvocationOutcome::InitFailed,
    }
}

/// Whether a status is API Gateway's own, for an answer that it does not take.
fn is_gateways(status: u16, answer: &Payload<'_>) -> bool {
    // Asked of each answer, and hardly one is looked into.
    if status < 500 {
        return false;
    }
    let own = answer
        .member("statusCode")
        .and_then(|own| own.as_u64().or_else(|| own.as_str()?.parse().ok()));
    own != Some(u64::from(status))
}

/// Says of an answer that API Gateway does not take it. The answer itself may hold what nobody is to see.
fn malformed(answer: &[u8], content_type: Option<&str>, integration: Integration) -> String {
    if content_type == Some(WITH_PRELUDE) && answer.contains(&0) {
        return "the function streams its answer, which a function URL takes alone, with `InvokeMode: RESPONSE_STREAM`".to_owned();
    }
    if let Some(name) = Payload::read(answer).not_taken(integration.kind) {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let is_name = name.len() <= LONGEST_NAME && name.chars().all(is_word);
        let name = if is_name { name } else { "another member" };
        return format!(
            "{NOT_TAKEN}: it has {name}, and a REST API takes statusCode, headers, multiValueHeaders, body and isBase64Encoded alone"
        );
    }
    let why = match serde_json::from_slice::<Value>(answer) {
        Ok(Value::Object(_)) => "its statusCode, headers, body or cookies are not of their kinds",
        Ok(_) => "it is no object",
        Err(_) => "it is no JSON",
    };
    format!("{NOT_TAKEN}: {why}")
}

/// What API Gateway makes of such an answer.
const NOT_TAKEN: &str = "API Gateway does not take the function's answer";
/// The longest name of a member that is shown.
const LONGEST_NAME: usize = 40;

#[cfg(test)]
mod tests {
    use rehearsal_aws::apigateway::stage::ApiKind;

    use super::*;

    #[test]
    fn a_start_that_never_ends_is_a_time_out_and_one_that_fails_is_none() {
        let failed = Outcome::InitError {
            payload: "{}".into(),
            error_type: "Error".to_owned(),
        };
        for (outcome, expected) in [
            (Outcome::InitTimedOut, InvocationOutcome::TimedOut),
            (failed, InvocationOutcome::InitFailed),
        ] {
            assert_eq!(outcome_of(&outcome), expected);
        }
    }

    #[test]
    fn a_status_that_the_function_gave_itself_is_its_own() {
        for (answer, is_expected) in [
            (r#"{"statusCode": 500}"#, false),
            (r#"{"statusCode": "500", "body": "no"}"#, false),
            ("not json", true),
            ("", true),
            (r#"{"statusCode": 200, "body": {"a": 1}}"#, true),
        ] {
            let found = is_gateways(500, &Payload::read(answer.as_bytes()));
            assert_eq!(found, is_expected, "{answer}");
        }
        assert!(!is_gateways(404, &Payload::read(b"{}")));
    }

    #[test]
    fn what_api_gateway_does_not_take_is_told_without_the_answer() {
        for (answer, expected) in [
            ("", "no JSON"),
            ("[1]", "no object"),
            (r#"{"statusCode": "x"}"#, "not of their kinds"),
        ] {
            let told = malformed(
                answer.as_bytes(),
                Some("application/json"),
                Integration::of(ApiKind::Http),
            );
            assert!(told.ends_with(expected), "{answer}");
        }
        let of_rest =
            |answer: &str| malformed(answer.as_bytes(), None, Integration::of(ApiKind::Rest));
        let told = of_rest(r#"{"statusCode": 200, "cookies": ["session=secret"]}"#);
        assert!(
            told.contains("it has cookies, and a REST API takes statusCode"),
            "{told}"
        );
        let told = of_rest(r#"{"a secret": 1}"#);
        assert!(told.contains("it has another member,"), "{told}");
        let told = malformed(
            b"{\"statusCode\":200}\0\0\0\0\0\0\0\0hello",
            Some(WITH_PRELUDE),
            Integration::of(ApiKind::FunctionUrl),
        );
        assert!(told.contains("RESPONSE_STREAM"), "{told}");
    }
}
