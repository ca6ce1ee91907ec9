//! What should come of a rehearsal.

use std::collections::BTreeMap;

use rehearsal_aws::codedeploy::deployment::{DeploymentStatus, ErrorCode};
use serde::{Deserialize, Deserializer};

use crate::fault::WhichVersion;

/// `[expect]`: what should come of a rehearsal. A key that is missing is not looked at, but for the outcome, which is then
/// `Succeeded`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// The deployments' outcome: the worst of theirs.
    #[serde(deserialize_with = "ended")]
    pub outcome: DeploymentStatus,
    /// The error code of a deployment.
    pub error_code: Option<ErrorCode>,
    /// The logical id of an alarm that stopped a deployment.
    pub alarm: Option<String>,
    /// The name of a check that failed in a hook.
    pub failed_check: Option<String>,
    /// The logical id of the function that reported for a hook: the hook itself, or who answered for it.
    pub reported_by: Option<String>,
    /// How many live requests the new versions served.
    pub new_version_served: Option<Count>,
    /// How many errors callers saw.
    pub errors: Option<Count>,
    /// How many errors callers saw of live requests that met no alias that is shifted. Without it none is expected.
    pub errors_past_alias: Option<Count>,
    /// Whether the old version may fail by itself, before the update. Without it that ends the run.
    pub old_version_fails: bool,
    /// Which version served the live requests of the last minute, alone.
    #[serde(deserialize_with = "one_version")]
    pub last_minute_served_by: Option<WhichVersion>,
    /// What should come of single deployments, by their function's logical id.
    #[serde(rename = "deployment")]
    pub deployments: BTreeMap<String, Expectation>,
}

impl Default for Expectation {
    fn default() -> Self {
        Self {
            outcome: DeploymentStatus::Succeeded,
            error_code: None,
            alarm: None,
            failed_check: None,
            reported_by: None,
            new_version_served: None,
            errors: None,
            errors_past_alias: None,
            old_version_fails: false,
            last_minute_served_by: None,
            deployments: BTreeMap::new(),
        }
    }
}

/// A status with which a deployment ends: none goes on when a rehearsal is over.
fn ended<'de, D: Deserializer<'de>>(from: D) -> Result<DeploymentStatus, D::Error> {
    #[derive(Deserialize)]
    enum Ended {
        Succeeded,
        Failed,
        Stopped,
    }
    Ok(match Ended::deserialize(from)? {
        Ended::Succeeded => DeploymentStatus::Succeeded,
        Ended::Failed => DeploymentStatus::Failed,
        Ended::Stopped => DeploymentStatus::Stopped,
    })
}

/// A version by when it runs, not any: that would expect nothing.
fn one_version<'de, D: Deserializer<'de>>(from: D) -> Result<Option<WhichVersion>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum One {
        Old,
        New,
    }
    Ok(Some(match One::deserialize(from)? {
        One::Old => WhichVersion::Old,
        One::New => WhichVersion::New,
    }))
}

/// A range of counts, bounds included. One without a bound would expect nothing, and one whose bounds cross could not come true: neither
/// is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Bounds")]
pub struct Count {
    /// The smallest.
    pub at_least: Option<u64>,
    /// The largest.
    pub at_most: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Bounds {
    at_least: Option<u64>,
    at_most: Option<u64>,
}

impl TryFrom<Bounds> for Count {
    type Error = String;

    fn try_from(Bounds { at_least, at_most }: Bounds) -> Result<Self, String> {
        match (at_least, at_most) {
            (None, None) => Err(
                "a count has `at_least`, `at_most` or both; `at_least = 0` takes any number"
                    .to_owned(),
            ),
            (Some(least), Some(most)) if most < least => {
                Err(format!("no count is at least {least} and at most {most}"))
            }
            _ => Ok(Self { at_least, at_most }),
        }
    }
}

impl Count {
    /// Whether a count is in the range.
    pub fn holds(self, count: u64) -> bool {
        self.at_least.is_none_or(|least| least <= count)
            && self.at_most.is_none_or(|most| count <= most)
    }

    /// The range in words: `at most 3`.
    pub fn describe(self) -> String {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) if least == most => format!("{least}"),
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => "any number".to_owned(),
        }
    }
}

impl Expectation {
    /// The outcome in a few words: `Stopped ALARM_ACTIVE, by VersionErrors`.
    pub fn describe(&self) -> String {
        let mut text = self.outcome.to_string();
        if let Some(code) = self.error_code {
            text = format!("{text} {code}");
        }
        let decides = [&self.alarm, &self.failed_check, &self.reported_by];
        match decides.into_iter().flatten().next() {
            Some(decides) => format!("{text}, by {decides}"),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_includes_its_bounds() {
        let count = Count {
            at_least: Some(1),
            at_most: Some(3),
        };
        assert_eq!(
            [0, 1, 3, 4].map(|n| count.holds(n)),
            [false, true, true, false]
        );
    }

    #[test]
    fn what_cannot_come_true_or_says_nothing_is_no_expectation() {
        let refused = |text: &str| {
            let error = toml::from_str::<Expectation>(text).unwrap_err();
            error.message().to_owned()
        };
        assert_eq!(
            refused("outcome = \"InProgress\""),
            "unknown variant `InProgress`, expected one of `Succeeded`, `Failed`, `Stopped`"
        );
        assert_eq!(
            refused("last_minute_served_by = \"any\""),
            "unknown variant `any`, expected `old` or `new`"
        );
        assert!(refused("errors = {}").starts_with("a count has `at_least`"));
        assert_eq!(
            refused("errors = { at_least = 3, at_most = 2 }"),
            "no count is at least 3 and at most 2"
        );
        let misspelt = refused("errors = { atmost = 3 }");
        assert!(misspelt.contains("unknown field `atmost`"), "{misspelt}");
        let good = "outcome = \"Stopped\"\nlast_minute_served_by = \"old\"";
        let good: Expectation = toml::from_str(good).unwrap();
        assert_eq!(good.outcome, DeploymentStatus::Stopped);
        assert_eq!(good.last_minute_served_by, Some(WhichVersion::Old));
    }

    #[test]
    fn without_an_expectation_success_is_expected() {
        assert_eq!(Expectation::default().outcome, DeploymentStatus::Succeeded);
    }

    #[test]
    fn an_expectation_in_words_names_what_should_decide() {
        let expectation = Expectation {
            outcome: DeploymentStatus::Failed,
            reported_by: Some("HookGuard".to_owned()),
            ..Expectation::default()
        };
        assert_eq!(expectation.describe(), "Failed, by HookGuard");
    }
}
