//! CodeDeploy lifecycle hooks for Lambda that always answer.
//!
//! CodeDeploy invokes a hook asynchronously and then waits, for an hour, for one call: `PutLifecycleEventHookExecutionStatus`. A hook
//! that crashes, hangs or lacks a permission says nothing, and the deployment hangs. You write checks; this crate sees to it
//! that exactly one status arrives.
//!
//! # Example
//!
//! ```no_run
//! use lifecycle_hook::{Check, Error, Failure, Hook};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     Hook::before_allow_traffic()
//!         .check("answers", answers)
//!         .check("has its table", async |_cx: Check| Err::<(), _>("no table yet"))
//!         .run()
//!         .await
//! }
//!
//! async fn answers(cx: Check) -> Result<(), Error> {
//!     let version = cx.version().ok_or_else(|| Failure::skipped("no version to ask"))?;
//!     cx.on_cleanup("test item", async { Ok::<(), Failure>(()) });
//!     cx.note("version", version);
//!     Ok(())
//! }
//! ```
//!
//! # What it promises
//!
//! - **One status, from one sender.** A [guard](Hook#the-guard) on an operating-system thread of its own is the only one that talks to
//!   CodeDeploy. With no verdict in time it sends `Failed`, even if a check blocks every thread of your runtime.
//! - **A failed check, never a dead hook.** An error, a panic, a time-out or a malformed variable is a failed check with its
//!   reason. All checks are reported, not only the first to fail. Panics are caught by unwinding, so the profile must say
//!   `panic = "unwind"`: cargo-lambda, and so `sam build`, builds with `abort` where a profile is silent.
//! - **Clean-up runs**, whatever happens to the check; see [`Check::on_cleanup`].
//! - **An undeliverable report is an invocation error** before the function's own time-out, so that Lambda tries again. A
//!   repeated event is safe.
//! - **Nothing secret leaves.** Services quote credentials and signatures in their refusals; log lines, verdict, errors and panics are
//!   [redacted](aws_clients::redact()).
//! - **A hook that dies is answered for**: [`OnFailureDestination`] is a function that takes the event over from Lambda.
//!
//! # Helpers
//!
//! | you want to | take | feature |
//! |---|---|---|
//! | invoke the version under test | `Invoke` | `invoke` |
//! | ask the API as its callers do, signed or not | `Https` | `http` |
//! | ask again until it is so, or time is up | [`retry_until`], [`retry_while`] | |
//! | write checks for both roads, or test them without AWS | [`Transport`] | |
//!
//! # From the outside
//!
//! The variable `HOOK_DRY_RUN` (`true` or `false`) runs the checks without telling CodeDeploy; `NEW_VERSION_ARN` names the version
//! under test. The [`Verdict`] is the invocation's response, a log line and CloudWatch metrics; its shape is a contract.
//! [`Hook::run_once`] runs the checks by hand, without Lambda.
//!
//! # Modules
//!
//! - `hook`: checks in, a service out. `event`, `settings`, `target`: what CodeDeploy, the environment and both say is to be tested.
//! - `run`: the checks, each with its own `time`. `check`: what one is given. `failure`: why one did not pass. `retry`: asking again.
//! - `guard`: the one that reports, on a thread of its own. `report`: its call; `report_answer`: what came of that; `attempts`: how many it
//!   took. `unguarded`: checks that no guard watches.
//! - `verdict` and `verdict_text`: what was found. `log`: its lines and metrics. `record`, `on_failure`: a hook that could not answer.
//! - `transport`: how a request reaches an API; `invoke` and `https`: the two ways.
//! - `host`: what runs it. `panics`, `text`, `error`: what went wrong, made fit to be shown.

/// The README's example is compiled with the documentation's tests.
#[cfg(all(doctest, feature = "http", feature = "invoke"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod attempts;
mod check;
mod error;
mod event;
mod failure;
mod guard;
mod hook;
mod host;
#[cfg(feature = "http")]
mod https;
#[cfg(feature = "invoke")]
mod invoke;
mod log;
mod on_failure;
mod panics;
mod record;
mod report;
mod report_answer;
mod retry;
mod run;
mod settings;
mod target;
mod text;
mod time;
mod transport;
mod unguarded;
mod verdict;
mod verdict_text;

/// The types of requests and answers.
pub use ::http;
pub use aws_clients::{Environment, Signer};
pub use check::Check;
pub use error::HookError;
pub use event::{EventError, HookEvent, LifecycleEvent};
pub use failure::Failure;
pub use hook::Hook;
#[cfg(feature = "http")]
pub use https::Https;
#[cfg(feature = "invoke")]
pub use invoke::{Invoke, Invoked};
/// What a check may end in: any error. `?` takes a [`Failure`], and a `&str` or a `String` as a reason.
pub use lambda_runtime::Error;
pub use log::METRICS_NAMESPACE;
pub use on_failure::{AnsweredFor, OnFailureDestination, OnFailureError};
pub use record::{DestinationRecord, RecordError};
pub use report::{ReportError, Reporter};
pub use retry::{retry_until, retry_while};
pub use target::{MalformedTarget, Target};
pub use time::{CLEANUP_MAX, CLEANUP_SHARE, DEFAULT_TIMEOUT, MARGIN_MAX, MARGIN_MIN, MARGIN_SHARE};
pub use transport::{Request, Response, Retries, Transport, TransportError};
pub use verdict::{CheckResult, CheckStatus, CleanupFailure, Report, Status, Verdict};
