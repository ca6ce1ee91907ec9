//! One event, from its checks to its verdict: watched by the guard and reported, or dry.

use std::sync::PoisonError;
use std::time::{Instant, SystemTime};

use lambda_runtime::Context;
use serde_json::{Map, Value};

use super::Hook;
use crate::check::Check;
use crate::error::HookError;
use crate::event::HookEvent;
use crate::guard::{Answer, Guard};
use crate::host::function_name;
use crate::log::Lines;
use crate::run::{self, Outcome};
use crate::settings;
use crate::time::{DEFAULT_TIMEOUT, Times};
use crate::unguarded;
use crate::verdict::{CheckResult, CheckStatus, Report, Status, Verdict, judge, tested_nothing};

/// Where checks run.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// On the runtime of the invocation, which a guard watches.
    Here,
    /// On a thread of their own.
    OwnThread,
}

impl Hook {
    pub(super) async fn handle(self, event: Value, context: Context) -> Result<Verdict, HookError> {
        let started = Instant::now();
        let times = Times::until(context.deadline, SystemTime::now());
        let event = HookEvent::from_value(&event)?;
        let lines = Lines {
            log: self.log.clone(),
            event: event.clone(),
            function: function_name(&context).to_owned(),
            lifecycle_event: self.lifecycle_event,
            request_id: context.request_id.clone(),
        };
        if times.assumed {
            lines.warn(&format!(
                "the invocation's deadline is in the past; assuming a time-out of {} s",
                DEFAULT_TIMEOUT.as_secs()
            ));
        }
        if self.settings.dry_run == Ok(true) {
            let verdict = self.run_dry(&event, started, times).await;
            lines.write_dry_run(&verdict, self.settings.json_lines);
            return Ok(verdict);
        }

        let guarded = self.guard().and_then(|guard| {
            guard
                .watch(lines.clone(), started, times, self.last_resort)
                .map_err(|error| HookError::Guard(error.to_string()))
        });
        let guarded = guarded.inspect_err(|error| lines.error(&error.to_string()))?;
        let outcome = self.run_checks(&event, started, times, Place::Here).await;
        let found = judge(&outcome.checks);
        let answer = guarded
            .conclude(found)
            .await
            .map_err(|error| HookError::Guard(error.to_string()))?;
        self.conclude(&lines, outcome, found, answer)
    }

    /// Runs the checks and tells CodeDeploy nothing.
    pub(super) async fn run_dry(
        &self,
        event: &HookEvent,
        started: Instant,
        times: Times,
    ) -> Verdict {
        let outcome = self
            .run_checks(event, started, times, Place::OwnThread)
            .await;
        self.dry_run_verdict(event, outcome)
    }

    pub(super) fn dry_run_verdict(&self, event: &HookEvent, outcome: Outcome) -> Verdict {
        let report = Report {
            delivered: false,
            attempts: 0,
            dry_run: true,
            already_completed: false,
        };
        self.verdict(event, judge(&outcome.checks), outcome, report, None)
    }

    /// Runs the checks; a setting that cannot be understood is one that failed.
    pub(super) async fn run_checks(
        &self,
        event: &HookEvent,
        started: Instant,
        times: Times,
        place: Place,
    ) -> Outcome {
        let context = |ends| {
            Check::new(
                event.clone(),
                self.lifecycle_event,
                self.settings.version.clone(),
                ends,
            )
        };
        let (checks, ends, clean) = (&self.checks, times.checks_end, times.cleanup_end);
        let mut outcome = match place {
            Place::Here => run::all(checks, started, ends, clean, context).await,
            Place::OwnThread => unguarded::all(checks, started, ends, clean, context).await,
        };
        if let Err(reason) = &self.settings.dry_run {
            outcome.checks.push(CheckResult {
                name: settings::DRY_RUN.to_owned(),
                status: CheckStatus::Failed,
                duration_ms: 0,
                detail: Some(reason.clone()),
                notes: Map::new(),
            });
        }
        outcome
    }

    fn conclude(
        &self,
        lines: &Lines,
        outcome: Outcome,
        found: Status,
        answer: Answer,
    ) -> Result<Verdict, HookError> {
        let reason = answer.in_stead.then(|| {
            format!(
                "no verdict in time, so Failed was reported; the checks then said {}",
                found.as_str()
            )
        });
        let (report, error) = match answer.report {
            Ok(report) => (report, None),
            Err(error) => {
                let report = Report {
                    delivered: false,
                    attempts: error.attempts,
                    dry_run: false,
                    already_completed: false,
                };
                (report, Some(error))
            }
        };
        let verdict = self.verdict(&lines.event, answer.status, outcome, report, reason);
        if verdict.report.already_completed {
            lines.warn("CodeDeploy had a status for this event already; this one changes nothing");
        }
        lines.write(&verdict);
        match error {
            None => Ok(verdict),
            Some(error) => Err(HookError::Undeliverable {
                error,
                verdict: Box::new(verdict),
            }),
        }
    }

    fn verdict(
        &self,
        event: &HookEvent,
        status: Status,
        outcome: Outcome,
        report: Report,
        reason: Option<String>,
    ) -> Verdict {
        let reason = reason.or_else(|| tested_nothing(&outcome.checks).map(str::to_owned));
        Verdict {
            deployment_id: event.deployment_id().to_owned(),
            lifecycle_event: self.lifecycle_event,
            status,
            version: self.settings.version.clone(),
            checks: outcome.checks,
            report,
            reason,
            cleanup: outcome.cleanup,
        }
    }

    /// The guard; started at first use, and again should its thread have ended.
    fn guard(&self) -> Result<Guard, HookError> {
        let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guard) = guard.as_ref().filter(|guard| guard.is_alive()) {
            return Ok(guard.clone());
        }
        let started = Guard::start(&self.environment).map_err(|error| {
            HookError::Guard(format!("the guard's thread cannot be started: {error}"))
        })?;
        Ok(guard.insert(started).clone())
    }
}
