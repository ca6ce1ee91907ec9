//! The contacts API through its front door: found at run time, asked over HTTPS, signed where it asks for it, and tested end to end.
//!
//! [`hook`] is the `AfterAllowTraffic` hook of the contacts stack, which the function `post-traffic-hook` runs once all traffic goes to
//! the new version. It runs the checks of `contacts-checks`; a failed one means that the deployment is rolled back.
//!
//! It meets the API Gateway deployment from before the update: CloudFormation updates the alias, and waits for this hook,
//! before it deploys the API. So it tests the new code behind the routes that there were.
//!
//! | module | what it does |
//! |---|---|
//! | `settings` | the environment: pure |
//! | `connect` | [`connect`]: the API that the environment names |
//!
//! The road is the library's [`Https`](lifecycle_hook::Https).
//!
//! The crate `contacts-probes` runs the same checks by hand (`smoke`), and asks the API as this hook does (`ping`).
//!
//! # Environment
//!
//! | variable | meaning |
//! |---|---|
//! | `NEW_VERSION_ARN` | the version under test; required |
//! | `API_URL_PARAMETER` | the name of the SSM parameter that holds the API's URL; required, unless there is `API_URL` |
//! | `API_URL` | the URL itself |
//! | `API_AUTHORIZATION` | `AWS_IAM`, requests are signed, or `NONE`; required |
//! | `SAMPLE_REQUESTS` | how many requests are sampled, 1 to 1000; 20 when not set |
//! | `BAKE_SECONDS` | how long one more is sent every second after them, 0 to 780; 0 when not set |
//! | `LATENCY_BUDGET_MS` | the most that the median answer may take, 1 to 10000; not checked when not set |
//! | `HOOK_DRY_RUN` | see `lifecycle-hook` |
//!
//! A variable that is missing or malformed fails the check `configuration`; the hook still answers.

mod connect;
mod settings;

use std::time::Duration;

use aws_clients::Environment;
use contacts_checks::{Api, Suite};
use lifecycle_hook::Hook;

use connect::Roads;

pub use connect::{ConnectError, connect, road};

/// How long after the hook's start an answer of the old version is asked for again.
///
/// An alias update is eventually consistent: for a short while some invocations still reach the version before it
/// (Lambda developer guide, "Implement Lambda canary deployments using a weighted alias"). How long is not documented;
/// this is an assumption.
pub const ALIAS_SETTLE: Duration = Duration::from_secs(10);

/// The hook, with the settings that `lookup` finds and the AWS endpoints and credentials of `environment`.
///
/// ```no_run
/// # async fn example() -> Result<(), lambda_runtime::Error> {
/// let lookup = |name: &str| std::env::var(name).ok();
/// contacts_https::hook(lookup, aws_clients::Environment::process()).run().await
/// # }
/// ```
pub fn hook(lookup: impl Fn(&str) -> Option<String>, environment: &Environment) -> Hook {
    let (settings, limits) = settings::read(lookup);
    let hook = Hook::after_allow_traffic().environment(environment);
    let environment = environment.clone();
    let suite = Suite::new(move || {
        let (settings, environment) = (settings.clone(), environment.clone());
        async move {
            let settings = settings?;
            let roads = Roads::to(settings.access, &environment).await?;
            let version = settings.target.version().map(str::to_owned);
            let api = Api::new(roads.callers, version, ALIAS_SETTLE);
            Ok::<_, ConnectError>(match roads.unsigned {
                Some(unsigned) => api.with_unsigned(unsigned),
                None => api,
            })
        }
    });
    let hook = suite.contract(hook);
    let hook = suite.sampled_requests(suite.unsigned_requests(hook), limits.sample);
    suite.latency(hook, limits.latency_budget)
}
