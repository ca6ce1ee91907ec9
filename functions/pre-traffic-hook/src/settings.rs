//! What the hook's environment asks for: pure.

use std::time::Duration;

use contacts_checks::{ConfigurationError, Variables};
use lifecycle_hook::Target;

/// How many invocations are made at once when `CONCURRENT_INVOCATIONS` is not set: what a new account can spare of its ten.
pub(crate) const CONCURRENT_INVOCATIONS: u32 = 3;

/// The most that may be asked for. More would take the account's concurrency from the version that is live.
const MOST_CONCURRENT_INVOCATIONS: u32 = 20;

/// Which functions are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub target: Target,
    /// The alias that serves the live version; none on hosts that know no aliases.
    pub live: Option<Target>,
}

/// The settings of single checks, which have a meaning even when the others have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub concurrent_invocations: u32,
    pub latency_budget: Option<Duration>,
}

/// Reads all settings; everything that is wrong is reported at once.
pub(crate) fn read(
    lookup: impl Fn(&str) -> Option<String>,
) -> (Result<Settings, ConfigurationError>, Limits) {
    let mut variables = Variables::new(lookup);
    let target = variables.target("NEW_VERSION_ARN");
    let live = variables.optional_target("LIVE_ALIAS_ARN");
    let concurrent = variables.number("CONCURRENT_INVOCATIONS", 1..=MOST_CONCURRENT_INVOCATIONS);
    let budget = variables.number("LATENCY_BUDGET_MS", 1..=10_000);
    let limits = Limits {
        concurrent_invocations: concurrent.unwrap_or(CONCURRENT_INVOCATIONS),
        latency_budget: budget.map(|ms| Duration::from_millis(ms.into())),
    };
    let settings = target.map(|target| Settings { target, live });
    (variables.finish(settings), limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:contacts";

    fn with(changes: &[(&str, &str)]) -> (Result<Settings, ConfigurationError>, Limits) {
        read(|name| {
            let set = changes.iter().find(|(known, _)| *known == name);
            match (set, name) {
                (Some((_, value)), _) => Some((*value).to_owned()),
                (None, "NEW_VERSION_ARN") => Some(format!("{FUNCTION}:8")),
                (None, "LIVE_ALIAS_ARN") => Some(format!("{FUNCTION}:live")),
                (None, _) => None,
            }
        })
    }

    #[test]
    fn two_arns_are_enough() {
        let (settings, limits) = with(&[]);
        let settings = settings.unwrap();
        assert_eq!(settings.target.version(), Some("8"));
        assert_eq!(
            settings.live.map(|live| live.to_string()),
            Some(format!("{FUNCTION}:live"))
        );
        assert_eq!(
            (limits.concurrent_invocations, limits.latency_budget),
            (3, None)
        );
    }

    #[test]
    fn a_host_without_aliases_names_none() {
        let (settings, _) = with(&[("LIVE_ALIAS_ARN", "")]);
        assert_eq!(settings.unwrap().live, None);
    }

    #[test]
    fn each_malformed_variable_is_named_with_what_was_expected() {
        for (name, value, expected) in [
            ("NEW_VERSION_ARN", "", "NEW_VERSION_ARN is not set"),
            (
                "LIVE_ALIAS_ARN",
                "${Contacts.Arn}:live",
                "LIVE_ALIAS_ARN: \"${Contacts.Arn}:live\" names no Lambda function",
            ),
            ("CONCURRENT_INVOCATIONS", "0", "from 1 to 20"),
            ("CONCURRENT_INVOCATIONS", "21", "from 1 to 20"),
            ("LATENCY_BUDGET_MS", "1s", "from 1 to 10000"),
        ] {
            let message = with(&[(name, value)]).0.unwrap_err().to_string();
            assert!(message.contains(expected), "{name}={value}: {message}");
        }
    }
}
