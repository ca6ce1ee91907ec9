//! Runs the checks of the PostTraffic hook once, by hand, and prints what came of each.
//!
//! It reads the hook's variables (see `contacts_https`), but `NEW_VERSION_ARN` may be missing: then any version may answer, and
//! the checks that need to know it are skipped. CodeDeploy is not told.
//!
//! Exit code 0: no check failed. 1: one did. 2: the API cannot be asked as it was named.

use std::process::ExitCode;
use std::time::Duration;

use aws_clients::Environment;
use contacts_checks::CONFIGURATION;
use lifecycle_hook::{CheckResult, Status};

/// The time-out that the template gives the hook.
const TIMEOUT: Duration = Duration::from_mins(15);

/// Names a function and no version.
const ANY_VERSION: &str = "contacts-api";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    contacts_probes::redact_panics();
    let lookup = |name: &str| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty());
        value.or_else(|| (name == "NEW_VERSION_ARN").then(|| ANY_VERSION.to_owned()))
    };
    let hook = contacts_https::hook(lookup, Environment::process());
    let verdict = hook.run_once(TIMEOUT).await;
    println!("{verdict}");
    let unusable = |check: &CheckResult| check.name == CONFIGURATION && check.status.is_failure();
    if verdict.checks.iter().any(unusable) {
        ExitCode::from(2)
    } else if verdict.status == Status::Failed {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    }
}
