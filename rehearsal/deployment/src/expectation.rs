//! Whether a rehearsal went as expected.

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
    /// How many live requests the new versions served.
    pub new_version_served: Option<Count>,
    /// How many errors callers saw.
    pub errors: Option<Count>,
    /// Which version served the live requests of the last minute, alone.
    pub last_minute_served_by: Option<WhichVersion>,
}

impl Default for Expectation {
    fn default() -> Self {
        Self {
            outcome: DeploymentStatus::Succeeded,
            error_code: None,
            alarm: None,
            failed_check: None,
            new_version_served: None,
            errors: None,
            last_minute_served_by: None,
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
        match (&self.alarm, &self.failed_check) {
            (Some(decides), _) | (None, Some(decides)) => format!("{text}, by {decides}"),
            (None, None) => text,
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
        if let Some(alarm) = &self.alarm {
            let got: Vec<_> = deployments
                .iter()
                .flat_map(|deployment| deployment.stopped_by.clone())
                .collect();
            if !got.contains(alarm) {
                differences.push(format!(
                    "alarm: expected {alarm} to stop the deployment, got {}",
                    or_none(&got)
                ));
            }
        }
        if let Some(check) = &self.failed_check {
            let hooks = deployments.iter().flat_map(|deployment| &deployment.hooks);
            let got: Vec<_> = hooks
                .flat_map(HookReport::failed_checks)
                .map(|check| check.name.clone())
                .collect();
            if !got.contains(check) {
                differences.push(format!(
                    "failed check: expected {check}, got {}",
                    or_none(&got)
                ));
            }
        }
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
        differences
    }
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
}
