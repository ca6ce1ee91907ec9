//! Whether a rehearsal went as expected.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::code_deploy::{DeploymentStatus, ErrorCode};
use crate::fault::WhichVersion;
use crate::report::{HookReport, Report};

/// `[expect]`: what should come of a rehearsal. A key that is missing is not looked at, but for the outcome, which is then
/// `Succeeded`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// The deployments' outcome: the worst of theirs.
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
    /// Which version served the live requests of the last minute, alone.
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
            last_minute_served_by: None,
            deployments: BTreeMap::new(),
        }
    }
}

/// A range of counts, bounds included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Count {
    /// The smallest.
    pub at_least: Option<u64>,
    /// The largest.
    pub at_most: Option<u64>,
}

impl Count {
    fn holds(self, count: u64) -> bool {
        self.at_least.is_none_or(|least| least <= count)
            && self.at_most.is_none_or(|most| count <= most)
    }

    fn describe(self) -> String {
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
        let mut text = format!("{:?}", self.outcome);
        if let Some(code) = self.error_code {
            text = format!("{text} {code}");
        }
        let decides = [&self.alarm, &self.failed_check, &self.reported_by];
        match decides.into_iter().flatten().next() {
            Some(decides) => format!("{text}, by {decides}"),
            None => text,
        }
    }

    /// What differs from the expectation, a sentence each; empty when nothing does.
    pub fn differences(&self, report: &Report) -> Vec<String> {
        let mut differences = Vec::new();
        if report.outcome != self.outcome {
            differences.push(format!(
                "outcome: expected {:?}, got {:?}",
                self.outcome, report.outcome
            ));
        }
        let deployments = &report.deployments;
        if let Some(code) = self.error_code
            && !deployments
                .iter()
                .any(|deployment| deployment.error_code == Some(code))
        {
            let got: Vec<_> = deployments
                .iter()
                .filter_map(|deployment| deployment.error_code)
                .map(|code| code.to_string())
                .collect();
            differences.push(format!(
                "error code: expected {code}, got {}",
                or_none(&got)
            ));
        }
        let hooks = || deployments.iter().flat_map(|deployment| &deployment.hooks);
        let stopped_by = deployments.iter().flat_map(|d| d.stopped_by.clone());
        let failed = hooks().flat_map(HookReport::failed_checks);
        let reported_by = hooks().filter_map(|hook| hook.reported_by.clone());
        differences.extend(
            [
                missing("alarm", self.alarm.as_ref(), stopped_by),
                missing(
                    "failed check",
                    self.failed_check.as_ref(),
                    failed.map(|check| check.name.clone()),
                ),
                missing("report of", self.reported_by.as_ref(), reported_by),
            ]
            .into_iter()
            .flatten(),
        );
        if let Some(expected) = self.new_version_served {
            let got = deployments
                .iter()
                .filter_map(|d| d.served.get(&d.new_version))
                .sum();
            if !expected.holds(got) {
                differences.push(format!(
                    "requests served by the new version: expected {}, got {got}",
                    expected.describe()
                ));
            }
        }
        if let Some(expected) = self.errors {
            let got = deployments
                .iter()
                .flat_map(|deployment| deployment.errors.values())
                .sum();
            if !expected.holds(got) {
                differences.push(format!(
                    "errors that callers saw: expected {}, got {got}",
                    expected.describe()
                ));
            }
        }
        if let Some(expected) = self.last_minute_served_by {
            differences.extend(
                deployments
                    .iter()
                    .filter_map(|deployment| deployment.last_minute_difference(expected)),
            );
        }
        for (function, expected) in &self.deployments {
            let Some(own) = report.of(function) else {
                differences.push(format!(
                    "{function}: expected a deployment, and none was begun"
                ));
                continue;
            };
            let own = expected.differences(&own).into_iter();
            differences.extend(
                own.map(|difference| match difference.strip_prefix(function) {
                    Some(_) => difference,
                    None => format!("{function}: {difference}"),
                }),
            );
        }
        differences
    }
}

/// What differs, if the name that is expected is none of those that came.
fn missing(
    what: &str,
    expected: Option<&String>,
    got: impl Iterator<Item = String>,
) -> Option<String> {
    let expected = expected?;
    let got: Vec<_> = got.collect();
    (!got.contains(expected)).then(|| format!("{what}: expected {expected}, got {}", or_none(&got)))
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
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
    fn without_an_expectation_success_is_expected() {
        assert_eq!(Expectation::default().outcome, DeploymentStatus::Succeeded);
    }

    #[test]
    fn what_is_expected_and_did_not_come_is_named_beside_what_came() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let guard = "HookGuard".to_owned();
        let difference = |got: &[&str]| missing("report of", Some(&guard), names(got).into_iter());
        assert_eq!(difference(&["Hook", "HookGuard"]), None);
        assert_eq!(
            difference(&["Hook"]).as_deref(),
            Some("report of: expected HookGuard, got Hook")
        );
        assert_eq!(
            difference(&[]).as_deref(),
            Some("report of: expected HookGuard, got none")
        );
        assert_eq!(missing("report of", None, names(&[]).into_iter()), None);
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
