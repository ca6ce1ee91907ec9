//! Functions without code: the rehearsal file says what they answer, and no process runs for them.

use std::borrow::Cow;
use std::sync::LazyLock;

use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::codedeploy::hook_execution::parse_status;
use rehearsal_template::stack::logical_id_of;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::event::InvocationOutcome;
use crate::fault::{FaultKind, Injected, WhichVersion};
use crate::revision::Revision;

/// What a stub answers unless it says otherwise: the smallest good answer to an API.
static ANSWER: LazyLock<Value> = LazyLock::new(|| json!({ "statusCode": 200 }));

/// What a hook's stub reports unless it says otherwise.
const REPORT: &str = "Succeeded";

/// One `[[stub]]`: what a function does, without its code. The first that fits counts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stub {
    /// The function, by logical id.
    pub function: String,
    /// Which version it stands for.
    #[serde(default)]
    pub version: WhichVersion,
    /// What the function answers: any value of JSON. `{ statusCode = 200 }` where none of these three is given.
    pub answer: Option<Value>,
    /// The function fails with this message.
    pub error: Option<String>,
    /// For a hook: what it reports, `Succeeded` or `Failed`. The first where neither it nor `error` is given.
    pub report: Option<String>,
    /// How long it takes, in virtual milliseconds; `[timing]` where it is missing.
    pub duration_ms: Option<u32>,
}

impl Stub {
    /// One that says nothing of its own.
    pub fn plain(function: impl Into<String>) -> Self {
        Self {
            function: function.into(),
            version: WhichVersion::Any,
            answer: None,
            error: None,
            report: None,
            duration_ms: None,
        }
    }

    /// What is wrong with it, if anything is.
    pub fn problem(&self) -> Option<String> {
        if self.error.is_some() && (self.answer.is_some() || self.report.is_some()) {
            return Some("a stub with an `error` neither answers nor reports".to_owned());
        }
        let report = self.report.as_deref()?;
        parse_status(report).err().map(|_| {
            format!("`report` is {report:?}; CodeDeploy takes \"Succeeded\" and \"Failed\"")
        })
    }
}

/// The functions that have no code in a rehearsal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stubs {
    /// Those that are named.
    pub named: Vec<Stub>,
    /// Whether all functions of the version that runs are stubs (`[builds] old = "stub"`).
    pub all_old: bool,
    /// Whether all functions that the update brings are.
    pub all_new: bool,
}

/// The name of a build whose functions are all stubs.
pub const BUILD: &str = "stub";

impl Stubs {
    /// What stands for a function of one build, if it has no code.
    pub fn of(&self, function: &str, revision: Revision) -> Option<Cow<'_, Stub>> {
        let logical_id = logical_id_of(function);
        let named = self
            .named
            .iter()
            .find(|stub| stub.function == logical_id && stub.version.is(Some(revision)));
        let all = match revision {
            Revision::Before => self.all_old,
            Revision::After => self.all_new,
        };
        named
            .map(Cow::Borrowed)
            .or_else(|| all.then(|| Cow::Owned(Stub::plain(function))))
    }

    /// What stands for a function of a version that an earlier update has left, of this build.
    pub fn of_kept(&self, function: &str, build: &str) -> Option<Stub> {
        let stubs = Self {
            named: self.named.clone(),
            all_old: build == BUILD,
            all_new: false,
        };
        stubs.of(function, Revision::Before).map(Cow::into_owned)
    }
}

/// What comes of a stub's invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done<'s> {
    pub(crate) outcome: InvocationOutcome,
    /// What a caller gets: the answer, or the error as Lambda has it. Nothing of one that was throttled.
    payload: Option<Cow<'s, Value>>,
    /// Why it did not answer, where it did not.
    pub(crate) detail: Option<String>,
    /// The type of its error, where it ended in one.
    pub(crate) error_type: Option<String>,
    /// What it reports to CodeDeploy, if it is a hook.
    pub(crate) report: Option<&'s str>,
}

impl Stub {
    /// What comes of an invocation, the fault that acts on it included.
    pub(crate) fn invoked(&self, fault: Option<&Injected>, timeout_ms: i64) -> Done<'_> {
        let failed = |outcome, kind: &str, message: String| Done {
            outcome,
            payload: Some(Cow::Owned(
                json!({ "errorType": kind, "errorMessage": message }),
            )),
            detail: Some(message),
            error_type: Some(kind.to_owned()),
            report: None,
        };
        let exited = |how: &str| {
            let message = format!("Runtime exited with error: {how}");
            failed(InvocationOutcome::Exited, "Runtime.ExitError", message)
        };
        let timed_out = || {
            let seconds = f64::from(i32::try_from(timeout_ms).unwrap_or(i32::MAX)) / 1_000.0;
            let message = format!("Task timed out after {seconds:.2} seconds");
            failed(InvocationOutcome::TimedOut, "Sandbox.Timedout", message)
        };
        match fault.map(|fault| (fault.kind, fault)) {
            Some((FaultKind::Error | FaultKind::Drop | FaultKind::Corrupt, _)) => failed(
                InvocationOutcome::FunctionError,
                "Rehearsed.Error",
                "a fault of the rehearsal".to_owned(),
            ),
            Some((FaultKind::Status, fault)) => {
                let status = fault.status.unwrap_or(500);
                Self::answered(Cow::Owned(json!({ "statusCode": status })), None)
            }
            Some((FaultKind::Crash | FaultKind::OutOfMemory, _)) => exited("signal: killed"),
            Some((FaultKind::Exit, _)) => exited("exit status 1"),
            Some((FaultKind::Hang, _)) => timed_out(),
            Some((FaultKind::Throttle, _)) => Done {
                outcome: InvocationOutcome::Throttled,
                payload: None,
                detail: Some("throttled".to_owned()),
                error_type: None,
                report: None,
            },
            Some((FaultKind::Delay, _)) | None => {
                let lasts_ms = self.duration_ms.unwrap_or(0);
                if i64::from(lasts_ms) >= timeout_ms {
                    return timed_out();
                }
                if let Some(message) = &self.error {
                    return failed(InvocationOutcome::FunctionError, "Error", message.clone());
                }
                let answer = self.answer.as_ref().unwrap_or(&ANSWER);
                let report = self.report.as_deref().unwrap_or(REPORT);
                Self::answered(Cow::Borrowed(answer), Some(report))
            }
        }
    }

    fn answered<'s>(answer: Cow<'s, Value>, report: Option<&'s str>) -> Done<'s> {
        Done {
            outcome: InvocationOutcome::Answered,
            payload: Some(answer),
            detail: None,
            error_type: None,
            report,
        }
    }
}

impl Done<'_> {
    /// What a caller gets, as text.
    pub(crate) fn payload(&self) -> Option<String> {
        self.payload.as_ref().map(ToString::to_string)
    }

    /// The status that a caller sees who came through an API: see `rehearsal_cloud::gateway::response`, which has the sources.
    pub(crate) fn status(&self, through: ApiKind) -> u16 {
        let (malformed, refused) = match through {
            ApiKind::Rest => (502, 500),
            ApiKind::Http => (500, 503),
            ApiKind::FunctionUrl => (502, 429),
        };
        match self.outcome {
            InvocationOutcome::Throttled => refused,
            InvocationOutcome::Answered => {
                let answer = self.payload.as_deref();
                let members = answer.and_then(Value::as_object);
                let mut names = members.into_iter().flat_map(|members| members.keys());
                if names.any(|name| !through.takes_member(name)) {
                    return malformed;
                }
                let status = members.and_then(|members| members.get("statusCode"));
                match (through, status) {
                    (ApiKind::Http | ApiKind::FunctionUrl, None) => 200,
                    (_, Some(status)) => status
                        .as_u64()
                        .and_then(|status| u16::try_from(status).ok())
                        .filter(|status| (100..=599).contains(status))
                        .unwrap_or(malformed),
                    (ApiKind::Rest, None) => members.map_or(malformed, |_| 200),
                }
            }
            _ => malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stub as a rehearsal file has it.
    fn stub(text: &str) -> Stub {
        toml::from_str(&format!("function = \"F\"\n{text}")).unwrap()
    }

    #[test]
    fn the_first_that_is_named_counts_and_then_the_build() {
        let stubs = Stubs {
            named: vec![
                stub("version = \"new\"\nerror = \"no\""),
                stub("answer = 1"),
            ],
            all_old: false,
            all_new: true,
        };
        assert_eq!(
            stubs.of("F", Revision::After).unwrap().error.as_deref(),
            Some("no")
        );
        assert_eq!(
            stubs.of("F", Revision::Before).unwrap().answer.as_ref(),
            Some(&json!(1))
        );
        assert_eq!(
            stubs.of("G", Revision::After).as_deref(),
            Some(&Stub::plain("G"))
        );
        assert_eq!(stubs.of("G", Revision::Before), None);
    }

    #[test]
    fn a_stub_that_contradicts_itself_is_refused() {
        assert_eq!(stub("answer = { statusCode = 404 }").problem(), None);
        assert_eq!(stub("report = \"Failed\"\nanswer = 1").problem(), None);
        assert!(stub("error = \"no\"\nanswer = 1").problem().is_some());
        assert!(stub("report = \"Skipped\"").problem().is_some());
    }

    #[test]
    fn an_answer_becomes_the_status_that_each_kind_of_api_makes_of_it() {
        for (answer, rest, http) in [
            (json!({"statusCode": 404}), 404, 404),
            (json!({"statusCode": 99}), 502, 500),
            (json!({"a": 1}), 502, 200),
            (json!({"statusCode": 200, "cookies": []}), 502, 200),
            (json!({}), 200, 200),
            (json!("text"), 502, 200),
        ] {
            let outcome = Stub::answered(Cow::Borrowed(&answer), None);
            assert_eq!(outcome.status(ApiKind::Rest), rest, "{answer}");
            assert_eq!(outcome.status(ApiKind::Http), http, "{answer}");
        }
    }
}
