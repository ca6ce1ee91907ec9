//! The `BeforeAllowTraffic` hook of the contacts stack: integration tests of the new version, before any traffic
//! reaches it.
//!
//! It invokes the version itself, by its qualified ARN, with the events that API Gateway would send, and runs the
//! checks of `contacts-checks` over that road. A failed check means that the deployment ends before it began.
//!
//! | module | what it does |
//! |---|---|
//! | `invoke` | [`Invoke`]: the transport, Lambda's `Invoke` |
//! | `event` | requests as API Gateway events, proxy responses as answers: pure |
//!
//! # Environment
//!
//! | variable | meaning |
//! |---|---|
//! | `NEW_VERSION_ARN` | the version under test; required |
//! | `LATENCY_BUDGET_MS` | the most that the median answer of the warm version may take, 1 to 10000; not checked when not set |
//! | `HOOK_DRY_RUN` | see `lifecycle-hook` |
//!
//! A variable that is missing or malformed fails the check `configuration`; the hook still answers.

mod event;
mod invoke;

use std::time::Duration;

use aws_clients::Environment;
use contacts_checks::{Api, Suite, Target, Variables};
use lifecycle_hook::Hook;

pub use invoke::Invoke;

/// The hook, with the settings that `lookup` finds and the AWS clients that `environment` describes.
///
/// ```no_run
/// # async fn example() -> Result<(), lambda_runtime::Error> {
/// let lookup = |name: &str| std::env::var(name).ok();
/// pre_traffic_hook::hook(lookup, aws_clients::Environment::process()).run().await
/// # }
/// ```
pub fn hook(lookup: impl Fn(&str) -> Option<String>, environment: &Environment) -> Hook {
    let mut variables = Variables::new(lookup);
    let target = variables.target("NEW_VERSION_ARN");
    let budget = variables.number("LATENCY_BUDGET_MS", 1..=10_000);
    let api = variables
        .finish(target)
        .map(|target| over(target, environment));
    let suite = Suite::new(move || std::future::ready(api.clone()));
    let budget = budget.map(|ms| Duration::from_millis(ms.into()));
    let hook = Hook::before_allow_traffic().environment(environment.clone());
    let hook = suite.contract(hook);
    suite.latency(suite.version_identity(hook), budget)
}

/// The API behind `Invoke`. A version that is invoked by its number answers itself: there is nothing to settle.
fn over(target: Target, environment: &Environment) -> Api<Invoke> {
    let version = target.version().map(str::to_owned);
    Api::new(Invoke::new(target, environment), version, Duration::ZERO)
}
