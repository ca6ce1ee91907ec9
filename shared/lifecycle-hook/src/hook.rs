//! The hook: checks in, a `tower` service out. What it does with an event: `handling`.

mod handling;

use std::borrow::Borrow;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use aws_clients::Environment;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;

use crate::check::Check;
use crate::error::HookError;
use crate::event::{HookEvent, LifecycleEvent};
use crate::guard::{Guard, LastResort};
use crate::host;
use crate::log::Log;
use crate::panics;
use crate::run::{CheckFuture, Registered};
use crate::settings::Settings;
use crate::time::Times;
use crate::verdict::Verdict;
use handling::Place;

/// A lifecycle hook: checks for an event, and one status for each.
///
/// Build it once, outside the handler, and [`run`](Self::run) it; or use it as the [`tower::Service`] it is, to layer it or to test it without
/// Lambda:
///
/// ```
/// use lambda_runtime::{Context, LambdaEvent};
/// use lifecycle_hook::{Check, Hook, Status};
/// use serde_json::json;
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lifecycle_hook::HookError> {
/// let hook = Hook::before_allow_traffic()
///     .dry_run(true)
///     .check("adds up", async |_cx: Check| if 1 + 1 == 2 { Ok(()) } else { Err("it does not") });
/// let event = json!({"DeploymentId": "d-A1B2C3D4E", "LifecycleEventHookExecutionId": "e1"});
/// let verdict = hook.oneshot(LambdaEvent::new(event, Context::default())).await?;
/// assert_eq!(verdict.status, Status::Succeeded);
/// # Ok(()) }
/// ```
///
/// # The guard
///
/// The first event starts a thread that lives as long as the hook and its clones: one for all the events of a warm sandbox. With no verdict at the
/// deadline less min(clamp(20 % of the time-out, 5 s, 30 s), half the time-out) it reports `Failed`. The invocation itself ends when the checks let
/// it, and its response is the verdict that was reported.
///
/// If CodeDeploy cannot be told, and a check blocks the runtime that would return this as the invocation's error, a hook that was [`run`](Self::run)
/// ends its process just before the deadline. That is an error to Lambda at once, and its log says why.
#[derive(Clone)]
pub struct Hook {
    lifecycle_event: LifecycleEvent,
    checks: Vec<Registered>,
    settings: Settings,
    environment: Environment,
    log: Log,
    guard: Arc<Mutex<Option<Guard>>>,
    last_resort: LastResort,
}

impl Hook {
    /// A hook for `BeforeAllowTraffic`, which SAM calls PreTraffic.
    pub fn before_allow_traffic() -> Self {
        Self::new(LifecycleEvent::BeforeAllowTraffic)
    }

    /// A hook for `AfterAllowTraffic`, which SAM calls PostTraffic.
    pub fn after_allow_traffic() -> Self {
        Self::new(LifecycleEvent::AfterAllowTraffic)
    }

    fn new(lifecycle_event: LifecycleEvent) -> Self {
        Self {
            lifecycle_event,
            checks: Vec::new(),
            settings: Settings::of_process(),
            environment: Environment::process().clone(),
            log: Log::new(std::io::stdout()),
            guard: Arc::default(),
            last_resort: LastResort::Wait,
        }
    }

    /// Adds a check. All checks run at the same time, each as a task of its own; it ends at the latest when clean-up must begin.
    ///
    /// One that has not ended by then is cancelled where it awaits; a task that it has spawned is not.
    ///
    /// The error may be a `&str`, a `String`, a [`Failure`](crate::Failure) or any [`std::error::Error`]. A check may be made for one event after
    /// another, so what it takes along, a client or a name, is cloned for each:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use lifecycle_hook::{Check, Hook};
    ///
    /// let table: Arc<str> = "orders".into();
    /// let hook = Hook::before_allow_traffic().check("names its table", move |cx: Check| {
    ///     let table = Arc::clone(&table);
    ///     async move {
    ///         cx.note("table", &*table);
    ///         if table.is_empty() { Err("no table is named") } else { Ok(()) }
    ///     }
    /// });
    /// ```
    #[must_use]
    pub fn check<F, R, E>(self, name: impl Into<String>, check: F) -> Self
    where
        F: Fn(Check) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Error>,
    {
        self.register(name.into(), None, check)
    }

    /// Adds a check that may take `timeout` at most.
    ///
    /// ```
    /// use std::time::Duration;
    /// use lifecycle_hook::{Check, Failure, Hook};
    ///
    /// let hook = Hook::after_allow_traffic()
    ///     .check_with_timeout("answers soon", Duration::from_secs(2), async |_cx: Check| Ok::<(), Failure>(()));
    /// ```
    #[must_use]
    pub fn check_with_timeout<F, R, E>(
        self,
        name: impl Into<String>,
        timeout: Duration,
        check: F,
    ) -> Self
    where
        F: Fn(Check) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Error>,
    {
        self.register(name.into(), Some(timeout), check)
    }

    fn register<F, R, E>(mut self, name: String, timeout: Option<Duration>, check: F) -> Self
    where
        F: Fn(Check) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Error>,
    {
        self.checks.push(Registered {
            name,
            timeout,
            run: Arc::new(move |cx| -> CheckFuture {
                let running = check(cx);
                Box::pin(async { running.await.map_err(Into::into) })
            }),
        });
        self
    }

    /// Runs the checks without telling CodeDeploy, whatever `HOOK_DRY_RUN` says.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.settings.dry_run = Ok(dry_run);
        self
    }

    /// Reports with region, credentials and endpoint from `environment` rather than the process's.
    #[must_use]
    pub fn environment(mut self, environment: impl Borrow<Environment>) -> Self {
        self.environment = environment.borrow().clone();
        self
    }

    /// Writes log lines to `sink` rather than to standard output.
    #[must_use]
    pub fn log_to(mut self, sink: impl std::io::Write + Send + 'static) -> Self {
        self.log = Log::new(sink);
        self
    }

    /// Takes events from Lambda for as long as the sandbox lives.
    ///
    /// It replaces the process's panic hook: a panic is a line in the log, with its file and line, and without what must not be shown.
    ///
    /// # Errors
    /// The process was not started by Lambda, or by a host like `cargo lambda watch`; or Lambda's Runtime API is gone.
    pub async fn run(mut self) -> Result<(), Error> {
        host::is_there("a hook")?;
        self.last_resort = LastResort::EndProcess;
        panics::tell(&self.log);
        lambda_runtime::run(self).await
    }

    /// Runs the checks once, by hand: without Lambda, without an event, and without telling CodeDeploy, whatever `HOOK_DRY_RUN` says.
    ///
    /// For a program that asks a deployed system the same questions whenever someone wants to know. The checks have the time that they
    /// would have in a function whose time-out is `timeout`, and the deployment's id is `d-by-hand`. Nothing is logged; the verdict says
    /// all, as JSON or as [text](Verdict#for-people).
    ///
    /// As in any dry run, the checks have a thread and a Tokio runtime of their own, so that one that blocks its thread ends with its time-out.
    ///
    /// ```
    /// use std::time::Duration;
    /// use lifecycle_hook::{Check, Hook, Status};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let hook = Hook::after_allow_traffic()
    ///     .check("adds up", async |_cx: Check| if 1 + 1 == 2 { Ok(()) } else { Err("it does not") });
    /// let verdict = hook.run_once(Duration::from_mins(2)).await;
    /// println!("{verdict}");
    /// assert_eq!(verdict.status, Status::Succeeded);
    /// # }
    /// ```
    pub async fn run_once(&self, timeout: Duration) -> Verdict {
        let times = Times::divide(timeout);
        self.run_dry(&HookEvent::by_hand(), Instant::now(), times)
            .await
            .redacted()
    }

    /// The same on the caller's own runtime: for tests of checks whose time is that of a paused clock. A check that blocks its thread blocks
    /// the caller too.
    pub async fn run_once_in_place(&self, timeout: Duration) -> Verdict {
        let times = Times::divide(timeout);
        let event = HookEvent::by_hand();
        let outcome = self
            .run_checks(&event, Instant::now(), times, Place::Here)
            .await;
        self.dry_run_verdict(&event, outcome).redacted()
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self
            .checks
            .iter()
            .map(|check| check.name.as_str())
            .collect();
        f.debug_struct("Hook")
            .field("lifecycle_event", &self.lifecycle_event)
            .field("checks", &names)
            .finish_non_exhaustive()
    }
}

impl tower::Service<LambdaEvent<Value>> for Hook {
    type Response = Verdict;
    type Error = HookError;
    type Future = Pin<Box<dyn Future<Output = Result<Verdict, HookError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: LambdaEvent<Value>) -> Self::Future {
        let (payload, context) = event.into_parts();
        let handling = self.clone().handle(payload, context);
        // What leaves, leaves here.
        Box::pin(async {
            let handled = panics::caught(handling).await;
            match handled.unwrap_or_else(|panicked| Err(HookError::Panicked(panicked.to_string())))
            {
                Ok(verdict) => Ok(verdict.redacted()),
                Err(error) => Err(error.redacted()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use lambda_runtime::{Context, LambdaEvent};
    use serde_json::json;
    use tower::ServiceExt;

    use super::*;
    use crate::verdict::Status;
    use crate::{Failure, settings};

    /// What is logged of a dry run in a function whose log format is this.
    async fn logged(format: &'static str) -> String {
        let mut hook =
            Hook::before_allow_traffic().check("fails", async |_cx: Check| Err::<(), _>("no"));
        let (log, lines) = Log::kept();
        hook.log = log;
        hook.settings = Settings::read(|name| match name {
            settings::DRY_RUN => Some("true".to_owned()),
            settings::LOG_FORMAT => Some(format.to_owned()),
            _ => None,
        });
        let event = json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"});
        let event = LambdaEvent::new(event, Context::default());
        hook.oneshot(event).await.unwrap();
        let lines = lines.lock().unwrap().clone();
        String::from_utf8(lines).unwrap()
    }

    #[tokio::test]
    async fn a_dry_run_is_told_to_people_unless_lambda_expects_a_line_of_json() {
        let text = logged("Text").await;
        assert!(text.contains("\n  \"deployment_id\": \"d-1\""), "{text}");
        let text = logged("JSON").await;
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let verdict = lines.last().unwrap();
        assert_eq!(
            (&verdict["level"], &verdict["message"], &verdict["status"]),
            (&json!("ERROR"), &json!("verdict"), &json!("Failed"))
        );
        assert!(verdict["timestamp"].is_string() && verdict["_aws"].is_null());
    }

    #[tokio::test]
    async fn a_panic_of_the_invocation_itself_is_its_error_and_says_where() {
        struct Breaks;
        impl std::io::Write for Breaks {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                panic!("no room");
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let hook = Hook::before_allow_traffic()
            .log_to(Breaks)
            .dry_run(true)
            .check("passes", async |_cx: Check| Ok::<(), Failure>(()));
        let event = json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"});
        let event = LambdaEvent::new(event, Context::default());
        let error = hook.oneshot(event).await.unwrap_err().to_string();
        assert!(
            error.starts_with("the hook panicked: no room, at "),
            "{error}"
        );
        assert!(error.contains(file!()), "{error}");
    }

    #[tokio::test]
    async fn a_malformed_dry_run_is_a_failed_check_and_no_dry_run() {
        let mut hook = Hook::before_allow_traffic()
            .log_to(std::io::sink())
            // Without region there is nobody to report to, which ends the event at once.
            .environment(Environment::from_variables::<&str, &str>([]))
            .check("passes", async |_cx: Check| Ok::<(), Failure>(()));
        hook.settings =
            Settings::read(|name| (name == settings::DRY_RUN).then(|| "perhaps".to_owned()));
        let event = json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"});
        let error = hook
            .oneshot(LambdaEvent::new(event, Context::default()))
            .await
            .unwrap_err();
        let HookError::Undeliverable { verdict, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(verdict.status, Status::Failed);
        assert!(!verdict.report.dry_run);
        assert_eq!(
            verdict.checks[1].detail.as_deref(),
            Some("HOOK_DRY_RUN: expected true or false, got \"perhaps\"")
        );
    }
}
