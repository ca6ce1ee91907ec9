//! What people read of an invocation that was not answered.

use rehearsal_cloud::gateway::Payload;
use rehearsal_deployment::event::{Evidence, InvocationOutcome};
use rehearsal_host::sandbox::{LogLine, Stream};
use serde_json::Value;

/// How the runtime clients begin what they say of a machine that lacks what Lambda ships.
const ADVICE: &str = "Lambda ships ";

/// The error's type and message, and where those say too little the last line of the log.
pub(super) fn detail(
    outcome: InvocationOutcome,
    payload: &[u8],
    last_line: Option<&LogLine>,
) -> Option<String> {
    if outcome == InvocationOutcome::Answered {
        return None;
    }
    let error: Value = serde_json::from_slice(payload).unwrap_or_default();
    let member = |key: &str| error.get(key).and_then(Value::as_str);
    let message = with_type(
        member("errorType").unwrap_or_default(),
        member("errorMessage").unwrap_or("no message"),
    );
    let last_words = last_line.filter(|line| match outcome {
        // A runtime that could not start its function reports why. The client adds what this machine lacks.
        InvocationOutcome::InitFailed if error.is_object() => {
            line.stream == Stream::Err && line.text.starts_with(ADVICE)
        }
        // The answer of a function that still runs holds all there is. Of one that is gone the log may hold more, such as a panic.
        outcome => outcome.ends_sandbox(),
    });
    Some(match last_words {
        Some(line) => format!("{message}; its last words: {}", without_head(&line.text)),
        None => message,
    })
}

/// A message after its error's type, for `'status'` alone does not say that a key is missing. Lambda's own types and languages' most
/// general ones say nothing that the message does not, and a type of Rust (`&alloc::string::String`) is nobody's word.
fn with_type(kind: &str, message: &str) -> String {
    let is_lambdas = ["Runtime.", "Sandbox.", "Function."]
        .iter()
        .any(|prefix| kind.starts_with(prefix));
    let is_general = matches!(kind, "" | "Error" | "Exception");
    let is_a_word = kind
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    match message {
        _ if is_lambdas || is_general || !is_a_word || message.starts_with(kind) => {
            message.to_owned()
        }
        "" => kind.to_owned(),
        message => format!("{kind}: {message}"),
    }
}

/// How much of what a function wrote is kept of an invocation, in bytes, from the end.
const KEEP_LOG_BYTES: usize = 64 * 1024;
/// And of one that was a live request, in lines: there are many.
const KEEP_LINES: usize = 20;

/// What tells why, of a hook whatever came of it, and of a request that was no good answer.
pub(super) fn evidence(
    outcome: InvocationOutcome,
    is_event: bool,
    answer: &Payload<'_>,
    log: &[LogLine],
) -> Evidence {
    let text = |key: &str| {
        let value = answer.member(key)?;
        value.as_str().map(str::to_owned)
    };
    let is_good = outcome == InvocationOutcome::Answered
        && answer
            .member("statusCode")
            .and_then(|status| status.as_u64())
            .is_none_or(|status| status < 400);
    if is_good && !is_event {
        return Evidence::default();
    }
    let is_error = outcome != InvocationOutcome::Answered;
    let most = if is_event { usize::MAX } else { KEEP_LINES };
    let mut bytes = 0;
    let last: Vec<&LogLine> = log
        .iter()
        .rev()
        .take(most)
        .take_while(|line| {
            bytes += line.text.len() + 1;
            bytes <= KEEP_LOG_BYTES
        })
        .collect();
    Evidence {
        error_type: text("errorType").filter(|_| is_error),
        message: text("errorMessage")
            .filter(|_| is_error)
            .or_else(|| log.first().map(|line| without_head(&line.text).to_owned())),
        log: last
            .into_iter()
            .rev()
            .map(|line| line.text.clone())
            .collect(),
    }
}

/// A line without what Lambda's runtimes put before it, which is never the same twice: time, request id and level, separated by
/// tabs, the level first and in brackets where the runtime is Python's.
fn without_head(line: &str) -> &str {
    let parts: Vec<_> = line.splitn(4, '\t').collect();
    let [one, two, three, text] = parts[..] else {
        return line;
    };
    let is_time =
        |part: &str| part.len() == 24 && part.ends_with('Z') && part.as_bytes()[10] == b'T';
    let is_level = |part: &str| {
        let name = part.trim_matches(['[', ']']);
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    if (is_time(one) && is_level(three)) || (is_level(one) && is_time(two)) {
        text
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_type_where_that_says_more() {
        for (kind, message, expected) in [
            ("KeyError", "'status'", "KeyError: 'status'"),
            ("AssertionError", "", "AssertionError"),
            ("ValueError", "ValueError: no", "ValueError: no"),
            ("Error", "no", "no"),
            ("Sandbox.Timedout", "Task timed out", "Task timed out"),
            ("&alloc::string::String", "no", "no"),
            ("", "no", "no"),
        ] {
            let payload = serde_json::json!({"errorType": kind, "errorMessage": message});
            let found = detail(
                InvocationOutcome::FunctionError,
                payload.to_string().as_bytes(),
                None,
            );
            assert_eq!(found.as_deref(), Some(expected), "{kind}");
        }
    }

    #[test]
    fn the_last_words_of_a_function_count_only_once_its_process_is_gone() {
        let line = LogLine {
            stream: Stream::Err,
            text: "thread panicked".to_owned(),
        };
        let detail_of = |outcome| detail(outcome, br#"{"errorMessage": "it failed"}"#, Some(&line));
        assert_eq!(
            detail_of(InvocationOutcome::Exited).as_deref(),
            Some("it failed; its last words: thread panicked")
        );
        assert_eq!(
            detail_of(InvocationOutcome::FunctionError).as_deref(),
            Some("it failed")
        );
        assert_eq!(detail_of(InvocationOutcome::Answered), None);
    }

    #[test]
    fn of_a_function_that_could_not_start_its_runtimes_words_count_and_what_the_machine_lacks() {
        let detail_of = |stream, text: &str| {
            let line = LogLine {
                stream,
                text: text.to_owned(),
            };
            let payload = br#"{"errorMessage": "Cannot find module 'aws-sdk'"}"#;
            detail(InvocationOutcome::InitFailed, payload, Some(&line)).unwrap()
        };
        assert_eq!(
            detail_of(Stream::Out, "a line of its own"),
            "Cannot find module 'aws-sdk'"
        );
        assert_eq!(
            detail_of(Stream::Err, "Lambda ships aws-sdk, and it is not here"),
            "Cannot find module 'aws-sdk'; its last words: Lambda ships aws-sdk, and it is not here"
        );
    }

    #[test]
    fn last_words_are_without_times_and_request_ids() {
        let id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
        for (line, text) in [
            (
                format!("2026-01-01T00:00:00.000Z\t{id}\tINFO\ta\tb"),
                "a\tb",
            ),
            (format!("[ERROR]\t2026-01-01T00:00:00.000Z\t{id}\tno"), "no"),
            ("one\ttwo\tthree\tfour".to_owned(), "one\ttwo\tthree\tfour"),
            ("thread panicked".to_owned(), "thread panicked"),
        ] {
            assert_eq!(without_head(&line), text);
        }
    }
}
