//! The `BeforeAllowTraffic` hook of the contacts stack: integration tests of the new version, before any traffic
//! reaches it.
//!
//! It invokes the version itself, by its qualified ARN, with the events that API Gateway would send, and runs the
//! checks of `contacts-checks` over that road. A failed check means that the deployment ends before it began.
//!
//! `settings` reads the environment; the road is the library's [`Invoke`].
//!
//! # Environment
//!
//! | variable | meaning |
//! |---|---|
//! | `NEW_VERSION_ARN` | the version under test; required |
//! | `LIVE_ALIAS_ARN` | the alias of the live version, with which contacts are exchanged; without it `old-data` is skipped |
//! | `CONCURRENT_INVOCATIONS` | how many invocations are made at once, 1 to 20; 3 when not set |
//! | `LATENCY_BUDGET_MS` | the most that the median answer of the warm version may take, 1 to 10000, and a third of what the first answer may take; neither is checked when not set |
//! | `HOOK_DRY_RUN` | see `lifecycle-hook` |
//!
//! A variable that is missing or malformed fails the check `configuration`; the hook still answers.

mod settings;

use std::time::Duration;

use aws_clients::Environment;
use contacts_checks::{Api, LONGEST_ANSWER, Suite};
use lifecycle_hook::{Hook, Invoke, Target};

use settings::Settings;

/// The stage that events claim to come through, and the routes: the template's own.
const STAGE: &str = "live";
const ROUTES: [&str; 2] = ["/contacts", "/contacts/{id}"];

/// How long an invocation may take: the contacts function's own time-out is 10 s, and Lambda's answer that it was reached must still
/// arrive.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(12);

/// The road to a version of the contacts API, with the Lambda client that `environment` describes. Which version answers is for the checks to
/// see: a contact that another one has created must be deleted, too.
pub fn road(target: Target, environment: &Environment) -> Invoke {
    Invoke::new(target, environment)
        .any_version()
        .stage(STAGE)
        .routes(ROUTES)
        .answer_timeout(ANSWER_TIMEOUT)
        .answer_limit(LONGEST_ANSWER)
}

/// The hook, with the settings that `lookup` finds and the AWS clients that `environment` describes.
///
/// ```no_run
/// # async fn example() -> Result<(), lambda_runtime::Error> {
/// let lookup = |name: &str| std::env::var(name).ok();
/// pre_traffic_hook::hook(lookup, aws_clients::Environment::process()).run().await
/// # }
/// ```
pub fn hook(lookup: impl Fn(&str) -> Option<String>, environment: &Environment) -> Hook {
    let (settings, limits) = settings::read(lookup);
    let roads = settings
        .map(|settings| Roads::new(settings, environment))
        .map_err(|error| error.to_string());
    let suite = Suite::new(move || {
        let roads = roads.clone();
        async move {
            let api = roads?.api().with_concurrency(limits.concurrent_invocations);
            api.ask_first().await;
            Ok::<_, String>(api)
        }
    });
    let hook = Hook::before_allow_traffic().environment(environment);
    let hook = suite.version_identity(suite.contract(hook));
    let hook = suite.table(suite.old_data(hook));
    let hook = suite.concurrent_invocations(hook, limits.concurrent_invocations);
    let hook = suite.cold_start(suite.large_contact(hook), limits.latency_budget);
    suite.latency(hook, limits.latency_budget)
}

/// The ways to the versions, over one client.
#[derive(Debug, Clone)]
struct Roads {
    version: Option<String>,
    new: Invoke,
    live: Option<Invoke>,
}

impl Roads {
    fn new(settings: Settings, environment: &Environment) -> Self {
        let version = settings.target.version().map(str::to_owned);
        let new = road(settings.target, environment);
        let live = settings.live.map(|live| new.of(live));
        Self { version, new, live }
    }

    /// The API behind them. A version that is invoked by its number answers itself: there is nothing to settle.
    fn api(self) -> Api<Invoke> {
        let api = Api::new(self.new, self.version, Duration::ZERO);
        match self.live {
            Some(live) => api.with_live(live),
            None => api,
        }
    }
}
