//! What went wrong, by kind: each distinct failure once, with a sample; and the calls that services refused.

use std::collections::BTreeMap;

use rehearsal_aws::time::VirtualTime;
use rehearsal_deployment::event::{Evidence, InvocationOutcome, NOT_ANSWERED, RefusedCall};
use rehearsal_deployment::plan::Plan;
use rehearsal_deployment::request::{Request, RequestKind};
use serde::{Deserialize, Serialize};

/// How many kinds of failures are told apart; what comes after them counts for the last.
const MAX_KINDS: usize = 100;
/// How much of a request is shown, in characters.
const MAX_REQUEST: usize = 2_000;
/// What stands for the kinds beyond [`MAX_KINDS`].
const OTHERS: &str = "failures of other kinds";
/// The operation of refused calls beyond the first [`MAX_KINDS`] kinds.
const OTHER_OPERATIONS: &str = "other operations";

/// Requests that failed alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureReport {
    /// The logical id of the function that served them.
    pub function: String,
    /// Its version.
    pub version: String,
    /// The method and path that they asked for; `None` for a direct invocation.
    pub route: Option<String>,
    /// The HTTP status that their callers saw; `None` for a direct invocation.
    pub status: Option<u16>,
    /// The type of the function's error, or how its invocation ended; `None` where it answered.
    pub error_type: Option<String>,
    /// The error's message, or the first line that the function wrote; empty where there is neither.
    pub message: String,
    /// How many.
    pub count: u64,
    /// The minute of the first, counted from the first shift; `None` where nothing was shifted.
    pub first_minute: Option<i64>,
    /// The first of them.
    pub sample: SampleReport,
}

/// A request that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleReport {
    /// What was asked.
    pub request: String,
    /// The last lines that the function wrote.
    pub log: Vec<String>,
}

/// Calls that a service refused alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedCallReport {
    /// The logical id of the function that called.
    pub function: String,
    /// The service, by its signing name.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The error's code.
    pub code: String,
    /// The message of the first.
    pub message: String,
    /// How often.
    pub count: u64,
}

/// A live request that failed.
pub(super) struct Failed<'e> {
    pub(super) arrived: VirtualTime,
    pub(super) function: &'e str,
    pub(super) version: &'e str,
    pub(super) kind: usize,
    pub(super) outcome: InvocationOutcome,
    pub(super) status: Option<u16>,
    pub(super) evidence: &'e Evidence,
}

/// The failures so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Failures {
    /// What each kind of request asks for.
    requests: Vec<Asked>,
    kinds: Vec<(VirtualTime, FailureReport)>,
    refused: BTreeMap<(String, String, String, String), (u64, String)>,
}

#[derive(Clone, Debug)]
struct Asked {
    route: Option<String>,
    text: String,
}

impl Failures {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            requests: plan.traffic.requests.iter().map(Asked::of).collect(),
            ..Self::default()
        }
    }

    /// A failure by itself.
    pub(super) fn report(&self, failed: &Failed<'_>) -> FailureReport {
        let asked = self.requests.get(failed.kind);
        let is_error = failed.outcome != InvocationOutcome::Answered;
        let evidence = failed.evidence;
        let error_type = is_error.then(|| {
            let named = evidence.error_type.clone();
            named.unwrap_or_else(|| failed.outcome.to_string())
        });
        let message = evidence.message.as_ref().or(evidence.log.first());
        FailureReport {
            function: failed.function.to_owned(),
            version: failed.version.to_owned(),
            route: asked.and_then(|asked| asked.route.clone()),
            status: failed.status,
            error_type,
            message: message
                .and_then(|text| text.lines().next())
                .map(without_request_id)
                .unwrap_or_default()
                .to_owned(),
            count: 1,
            first_minute: None,
            sample: SampleReport {
                request: asked.map(|asked| asked.text.clone()).unwrap_or_default(),
                log: evidence.log.clone(),
            },
        }
    }

    /// A request failed.
    pub(super) fn add(&mut self, failed: &Failed<'_>) {
        let mut report = self.report(failed);
        let known = self
            .kinds
            .iter_mut()
            .find(|(_, known)| known.is_like(&report));
        if let Some((_, known)) = known {
            known.count += 1;
            return;
        }
        match self.kinds.len() {
            MAX_KINDS => {
                if let Some((_, others)) = self.kinds.last_mut() {
                    others.count += 1;
                }
            }
            count => {
                if count + 1 == MAX_KINDS {
                    OTHERS.clone_into(&mut report.message);
                }
                self.kinds.push((failed.arrived, report));
            }
        }
    }

    /// A service refused a call.
    pub(super) fn refuse(&mut self, call: &RefusedCall) {
        let mut key = (
            call.function.clone(),
            call.service.clone(),
            call.operation.clone(),
            call.code.clone(),
        );
        // An operation may be a path, and each of them another.
        if self.refused.len() >= MAX_KINDS && !self.refused.contains_key(&key) {
            OTHER_OPERATIONS.clone_into(&mut key.2);
        }
        let (count, _) = self
            .refused
            .entry(key)
            .or_insert_with(|| (0, call.message.clone()));
        *count += 1;
    }

    /// All of them; minutes count from `origin`.
    pub(super) fn finish(
        self,
        origin: Option<VirtualTime>,
    ) -> (Vec<FailureReport>, Vec<RefusedCallReport>) {
        let failures = self.kinds.into_iter().map(|(first, report)| FailureReport {
            first_minute: origin.map(|origin| first.minute_since(origin)),
            ..report
        });
        let refused = self.refused.into_iter().map(
            |((function, service, operation, code), (count, message))| RefusedCallReport {
                function,
                service,
                operation,
                code,
                message,
                count,
            },
        );
        (failures.collect(), refused.collect())
    }
}

/// A message without the request's id, with which Lambda begins its own: `RequestId: … Error: Runtime exited …`. With it no two would be
/// alike.
fn without_request_id(message: &str) -> &str {
    let after = message.strip_prefix("RequestId: ");
    after
        .and_then(|after| after.split_once(' '))
        .map_or(message, |(_, message)| message)
}

/// Lambda's part of a message, without why the function was taken to hang: that is worded otherwise once it has hung before.
fn of_lambda(message: &str) -> &str {
    let before = message.split_once(NOT_ANSWERED);
    before.map_or(message, |(before, _)| before)
}

impl FailureReport {
    fn is_like(&self, other: &Self) -> bool {
        self.function == other.function
            && self.version == other.version
            && self.route == other.route
            && self.status == other.status
            && self.error_type == other.error_type
            && of_lambda(&self.message) == of_lambda(&other.message)
    }
}

impl Asked {
    fn of(request: &Request) -> Self {
        let (route, text) = match &request.kind {
            RequestKind::Http(asked) => {
                let route = format!("{} {}", asked.method, asked.path);
                let text = match &asked.body {
                    Some(body) => format!("{route} {}", body.to_text()),
                    None => route.clone(),
                };
                (Some(route), text)
            }
            RequestKind::Invoke(asked) => (None, asked.event.to_string()),
        };
        let text = match text.char_indices().nth(MAX_REQUEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        Self { route, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(failures: &mut Failures, message: &str, at: i64) {
        failures.add(&Failed {
            arrived: VirtualTime(at),
            function: "Orders",
            version: "2",
            kind: 0,
            outcome: InvocationOutcome::FunctionError,
            status: Some(502),
            evidence: &Evidence {
                error_type: Some("TypeError".to_owned()),
                message: Some(message.to_owned()),
                log: vec![format!("log of {message}")],
            },
        });
    }

    #[test]
    fn failures_that_are_alike_are_counted_and_the_first_is_shown() {
        let mut failures = Failures::default();
        for (message, at) in [("a", 60_000), ("b", 90_000), ("a", 130_000)] {
            add(&mut failures, message, at);
        }
        let (kinds, _) = failures.finish(Some(VirtualTime(60_000)));
        let found: Vec<_> = kinds
            .iter()
            .map(|kind| {
                (
                    kind.message.as_str(),
                    kind.count,
                    kind.first_minute,
                    &kind.sample.log[..],
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("a", 2, Some(0), &["log of a".to_owned()][..]),
                ("b", 1, Some(0), &["log of b".to_owned()][..])
            ]
        );
    }

    #[test]
    fn failures_that_differ_by_their_requests_id_alone_are_alike() {
        let mut failures = Failures::default();
        for id in ["01a2", "01a3"] {
            let message =
                format!("RequestId: {id} Error: Runtime exited with error: exit status 3");
            add(&mut failures, &message, 0);
        }
        let (kinds, _) = failures.finish(None);
        assert_eq!(kinds.len(), 1);
        assert_eq!(
            kinds[0].message,
            "Error: Runtime exited with error: exit status 3"
        );
    }

    #[test]
    fn time_outs_are_alike_however_long_their_functions_were_waited_for() {
        let mut failures = Failures::default();
        let timed_out = "Task timed out after 500.00 seconds";
        for why in [" after 30 s here", " before"] {
            add(&mut failures, &format!("{timed_out}{NOT_ANSWERED}{why}"), 0);
        }
        let (kinds, _) = failures.finish(None);
        assert_eq!(kinds.len(), 1);
        assert_eq!(kinds[0].count, 2);
        assert!(kinds[0].message.ends_with("after 30 s here"));
    }

    #[test]
    fn a_hundred_kinds_are_told_apart_and_none_is_lost() {
        let mut failures = Failures::default();
        for number in 0..250 {
            add(&mut failures, &number.to_string(), 0);
        }
        let (kinds, _) = failures.finish(None);
        assert_eq!(kinds.len(), MAX_KINDS);
        assert_eq!(kinds.iter().map(|kind| kind.count).sum::<u64>(), 250);
        assert_eq!(kinds.last().map(|kind| kind.message.as_str()), Some(OTHERS));
    }

    #[test]
    fn refused_calls_are_counted_by_operation_and_code() {
        let mut failures = Failures::default();
        let call = RefusedCall {
            function: "Hook".to_owned(),
            service: "codedeploy".to_owned(),
            operation: "PutLifecycleEventHookExecutionStatus".to_owned(),
            code: "InvalidDeploymentIdException".to_owned(),
            message: "the deployment id is not valid".to_owned(),
        };
        failures.refuse(&call);
        failures.refuse(&call);
        let (_, refused) = failures.finish(None);
        assert_eq!(refused.len(), 1);
        assert_eq!(
            (refused[0].count, refused[0].code.as_str()),
            (2, "InvalidDeploymentIdException")
        );
    }

    #[test]
    fn refused_calls_that_are_all_different_are_counted_and_not_all_kept() {
        let mut failures = Failures::default();
        for number in 0..1_000 {
            failures.refuse(&RefusedCall {
                function: "Orders".to_owned(),
                service: "execute-api".to_owned(),
                operation: format!("GET /orders/{number}"),
                code: "UnknownOperationException".to_owned(),
                message: String::new(),
            });
        }
        let (_, refused) = failures.finish(None);
        assert_eq!(refused.len(), MAX_KINDS + 1);
        assert_eq!(refused.iter().map(|call| call.count).sum::<u64>(), 1_000);
    }
}
