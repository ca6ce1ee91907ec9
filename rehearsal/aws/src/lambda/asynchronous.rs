//! Asynchronous events: when Lambda tries one again, when it gives one up, and the record that it then sends.
//!
//! Lambda keeps the events of asynchronous invocations in a queue of its own and invokes the function from there, so whoever
//! sent one learns nothing of what comes of it. CodeDeploy invokes its hooks this way.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::time::VirtualTime;

/// Lambda's waits before it invokes a function again after an asynchronous invocation that failed (Lambda developer guide,
/// "Asynchronous invocation": one minute, then two).
pub const RETRY_AFTER_MS: [i64; 2] = [60_000, 120_000];

/// How long Lambda keeps an event that it may not run yet, before it tries again: a second at first, then longer, five minutes
/// at most (Lambda developer guide, "Asynchronous invocation"). Assumed: each wait is twice the one before.
pub fn throttled_wait_ms(refusals: u32) -> i64 {
    const LONGEST_MS: i64 = 300_000;
    1_000_i64
        .checked_shl(refusals.saturating_sub(1).min(20))
        .map_or(LONGEST_MS, |wait| wait.min(LONGEST_MS))
}

/// How long Lambda keeps an asynchronous event, and how often it tries (`EventInvokeConfig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsyncRetries {
    /// How often it tries again.
    pub maximum_retry_attempts: u32,
    /// How old the event may become, in milliseconds.
    pub maximum_event_age_ms: i64,
}

impl Default for AsyncRetries {
    /// Lambda's own: two retries within six hours.
    fn default() -> Self {
        Self {
            maximum_retry_attempts: 2,
            maximum_event_age_ms: 21_600_000,
        }
    }
}

/// What Lambda does next with an event that the function did not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It invokes the function with it again.
    TryAgain {
        /// When.
        at: VirtualTime,
    },
    /// It gives the event up.
    GiveUp {
        /// When.
        at: VirtualTime,
        /// Why.
        condition: Condition,
    },
}

/// Why Lambda gave an event up: the record's `requestContext.condition` (Lambda developer guide, "Capturing records of Lambda
/// asynchronous invocations").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// Every attempt failed.
    RetriesExhausted,
    /// The event became too old before it could be tried again.
    EventAgeExceeded,
}

impl fmt::Display for Condition {
    /// The record's name, which is the variant's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl AsyncRetries {
    /// What follows after `attempt` (from 1) failed at `now`.
    ///
    /// ```
    /// use rehearsal_aws::VirtualTime;
    /// use rehearsal_aws::lambda::asynchronous::{AsyncRetries, Condition, Next};
    ///
    /// let retries = AsyncRetries { maximum_retry_attempts: 1, maximum_event_age_ms: 300_000 };
    /// let sent = VirtualTime::ZERO;
    /// let failed = VirtualTime::from_seconds(3);
    /// assert_eq!(retries.after_failure(1, sent, failed), Next::TryAgain { at: VirtualTime::from_seconds(63) });
    /// let condition = Condition::RetriesExhausted;
    /// assert_eq!(retries.after_failure(2, sent, failed), Next::GiveUp { at: failed, condition });
    /// ```
    pub fn after_failure(&self, attempt: u32, sent: VirtualTime, now: VirtualTime) -> Next {
        let wait = usize::try_from(attempt)
            .ok()
            .and_then(|attempt| RETRY_AFTER_MS.get(attempt.checked_sub(1)?));
        match wait {
            Some(wait) if attempt <= self.maximum_retry_attempts => {
                self.within_age(sent, now, now + *wait)
            }
            _ => Next::GiveUp {
                at: now,
                condition: Condition::RetriesExhausted,
            },
        }
    }

    /// What follows after Lambda could not run the function at `now` for want of concurrency, for the `refusals`th time (from
    /// 1). Such an attempt is none: only the event's age ends it.
    pub fn after_throttle(&self, refusals: u32, sent: VirtualTime, now: VirtualTime) -> Next {
        self.within_age(sent, now, now + throttled_wait_ms(refusals))
    }

    /// Assumed: an event that would be too old at its next attempt is given up when its age is over, or at once when it is over
    /// already. The guide says that an event which expires is sent to the destination, not when.
    fn within_age(&self, sent: VirtualTime, now: VirtualTime, at: VirtualTime) -> Next {
        let expires = sent + self.maximum_event_age_ms;
        if at <= expires {
            Next::TryAgain { at }
        } else {
            Next::GiveUp {
                at: expires.max(now),
                condition: Condition::EventAgeExceeded,
            }
        }
    }
}

/// What an asynchronous event is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A lifecycle event's hook is invoked.
    Hook {
        /// `DeploymentId`.
        deployment_id: String,
        /// `LifecycleEventHookExecutionId`.
        execution_id: String,
    },
    /// An on-failure destination gets the record of an event that was given up.
    Record(Box<Record>),
}

/// An event that Lambda gave up, as its on-failure destination learns of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The request id, the same in every attempt.
    pub request_id: String,
    /// The logical id of the function that failed.
    pub function: String,
    /// Why the event was given up.
    pub condition: Condition,
    /// How often the function ran with it.
    pub attempts: u32,
    /// The event.
    pub request: Payload,
    /// What the last attempt answered, an error; `None` where the function never ran.
    pub response: Option<String>,
}

impl Payload {
    /// The event as the function gets it. `arn` gives a function's ARN by its logical id; `timestamp` is when a record is sent.
    pub fn to_json(&self, arn: &impl Fn(&str) -> String, timestamp: &str) -> Value {
        match self {
            // CodeDeploy user guide, "AppSpec 'hooks' section"; aws/aws-lambda-go, `events/codedeploy.go`.
            Self::Hook {
                deployment_id,
                execution_id,
            } => {
                json!({"DeploymentId": deployment_id, "LifecycleEventHookExecutionId": execution_id})
            }
            Self::Record(record) => record.to_json(arn, timestamp),
        }
    }
}

impl Record {
    /// The record in Lambda's shape (Lambda developer guide, "Capturing records of Lambda asynchronous invocations"). An answer
    /// that is no JSON becomes a text. Assumed: where the function never ran, there is no response in it.
    fn to_json(&self, arn: &impl Fn(&str) -> String, timestamp: &str) -> Value {
        let mut record = json!({
            "version": "1.0",
            "timestamp": timestamp,
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": format!("{}:$LATEST", arn(&self.function)),
                "condition": self.condition,
                "approximateInvokeCount": self.attempts,
            },
            "requestPayload": self.request.to_json(arn, timestamp),
        });
        if let Some(response) = &self.response {
            record["responseContext"] = json!({"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"});
            record["responsePayload"] =
                serde_json::from_str(response).unwrap_or_else(|_| json!(response));
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SENT: VirtualTime = VirtualTime::ZERO;

    fn once_within_five_minutes() -> AsyncRetries {
        AsyncRetries {
            maximum_retry_attempts: 1,
            maximum_event_age_ms: 300_000,
        }
    }

    fn try_again(at: i64) -> Next {
        Next::TryAgain {
            at: VirtualTime(at),
        }
    }

    fn give_up(at: i64, condition: Condition) -> Next {
        Next::GiveUp {
            at: VirtualTime(at),
            condition,
        }
    }

    #[test]
    fn lambda_tries_a_failed_event_again_after_one_minute_and_then_two() {
        let after =
            |attempt| AsyncRetries::default().after_failure(attempt, SENT, VirtualTime(5_000));
        assert_eq!(
            [after(1), after(2), after(3)],
            [
                try_again(65_000),
                try_again(125_000),
                give_up(5_000, Condition::RetriesExhausted)
            ]
        );
    }

    #[test]
    fn a_throttled_event_waits_longer_each_time_but_five_minutes_at_most() {
        assert_eq!(
            [1, 2, 3, 10, 4_000].map(throttled_wait_ms),
            [1_000, 2_000, 4_000, 300_000, 300_000]
        );
    }

    #[test]
    fn an_event_that_would_be_too_old_at_its_retry_is_given_up_when_its_age_is_over() {
        let after = |now| once_within_five_minutes().after_failure(1, SENT, VirtualTime(now));
        assert_eq!(after(240_000), try_again(300_000));
        assert_eq!(
            after(240_001),
            give_up(300_000, Condition::EventAgeExceeded)
        );
    }

    #[test]
    fn an_event_that_is_too_old_already_is_given_up_at_once() {
        let after = once_within_five_minutes().after_failure(1, SENT, VirtualTime(900_000));
        assert_eq!(after, give_up(900_000, Condition::EventAgeExceeded));
    }

    #[test]
    fn an_event_that_failed_for_the_last_time_has_used_up_its_retries_however_old_it_is() {
        let after = once_within_five_minutes().after_failure(2, SENT, VirtualTime(900_000));
        assert_eq!(after, give_up(900_000, Condition::RetriesExhausted));
    }

    #[test]
    fn an_event_that_is_only_ever_throttled_ends_by_its_age() {
        let retries = once_within_five_minutes();
        assert_eq!(
            retries.after_throttle(1, SENT, VirtualTime(1_000)),
            try_again(2_000)
        );
        assert_eq!(
            retries.after_throttle(9, SENT, VirtualTime(255_000)),
            give_up(300_000, Condition::EventAgeExceeded)
        );
    }

    fn record(response: Option<&str>) -> Value {
        let record = Record {
            request_id: "r-1".to_owned(),
            function: "Hook".to_owned(),
            condition: Condition::RetriesExhausted,
            attempts: 2,
            request: Payload::Hook {
                deployment_id: "d-1".to_owned(),
                execution_id: "e-1".to_owned(),
            },
            response: response.map(str::to_owned),
        };
        Payload::Record(Box::new(record)).to_json(
            &|id| format!("arn:aws:lambda:us-east-1:123456789012:function:{id}"),
            "2026-11-14T18:16:05.568Z",
        )
    }

    #[test]
    fn a_record_has_the_shape_that_lambda_documents() {
        assert_eq!(
            record(Some(
                r#"{"errorType":"Runtime.ExitError","errorMessage":"gone"}"#
            )),
            json!({
                "version": "1.0",
                "timestamp": "2026-11-14T18:16:05.568Z",
                "requestContext": {
                    "requestId": "r-1",
                    "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:Hook:$LATEST",
                    "condition": "RetriesExhausted",
                    "approximateInvokeCount": 2
                },
                "requestPayload": {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"},
                "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
                "responsePayload": {"errorType": "Runtime.ExitError", "errorMessage": "gone"}
            })
        );
    }

    #[test]
    fn a_record_of_an_event_that_never_ran_has_no_response() {
        let record = record(None);
        assert_eq!(
            (record.get("responseContext"), record.get("responsePayload")),
            (None, None)
        );
    }

    #[test]
    fn an_answer_that_is_no_json_is_a_text_in_the_record() {
        assert_eq!(record(Some("gone"))["responsePayload"], "gone");
    }

    proptest! {
        #[test]
        fn a_retry_is_later_and_within_the_events_age_and_giving_up_is_never_in_the_past(
            maximum_retry_attempts in 0_u32..=2,
            maximum_event_age_ms in 60_000_i64..=21_600_000,
            attempt in 1_u32..10,
            now in 0_i64..30_000_000,
            throttled in any::<bool>(),
        ) {
            let retries = AsyncRetries { maximum_retry_attempts, maximum_event_age_ms };
            let now = VirtualTime(now);
            let next = if throttled {
                retries.after_throttle(attempt, SENT, now)
            } else {
                retries.after_failure(attempt, SENT, now)
            };
            match next {
                Next::TryAgain { at } => {
                    prop_assert!(at > now && at - SENT <= maximum_event_age_ms);
                    prop_assert!(throttled || attempt <= maximum_retry_attempts);
                }
                Next::GiveUp { at, condition } => {
                    prop_assert!(at >= now);
                    let too_old = at - SENT >= maximum_event_age_ms;
                    prop_assert!(condition == Condition::RetriesExhausted || too_old);
                }
            }
        }
    }
}
