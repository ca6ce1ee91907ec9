//! A report held against what was expected.

use rehearsal_deployment::expectation::{Count, Expectation};
use rehearsal_deployment::fault::WhichVersion;

use crate::{DeploymentReport, HookReport, Report};

impl Report {
    /// The report with what was expected, and what differs from it.
    #[must_use]
    pub fn held_against(mut self, expectation: &Expectation) -> Self {
        self.expected = expectation.describe();
        self.differences = self.differences_from(expectation);
        self.as_expected = self.differences.is_empty();
        self
    }

    /// What differs from an expectation, a sentence each; empty when nothing does.
    fn differences_from(&self, expected: &Expectation) -> Vec<String> {
        let mut differences = Vec::new();
        if self.outcome != expected.outcome {
            differences.push(format!(
                "outcome: expected {}, got {}",
                expected.outcome, self.outcome
            ));
        }
        let named = [
            missing(
                "error code",
                expected.error_code.map(|code| code.to_string()),
                self.each(|deployment| deployment.error_code.map(|code| code.to_string())),
            ),
            missing(
                "alarm",
                expected.alarm.clone(),
                self.each(|deployment| deployment.stopped_by.clone()),
            ),
            missing(
                "failed check",
                expected.failed_check.clone(),
                self.each(|deployment| {
                    let failed = deployment.hooks.iter().flat_map(HookReport::failed_checks);
                    failed.map(|check| check.name.clone())
                }),
            ),
            missing(
                "report of",
                expected.reported_by.clone(),
                self.each(|deployment| {
                    let hooks = deployment.hooks.iter();
                    hooks.filter_map(|hook| hook.reported_by.clone())
                }),
            ),
        ];
        let counted = [
            outside(
                "requests served by the new version",
                expected.new_version_served,
                self.each(|deployment| deployment.served.get(&deployment.new_version).copied()),
            ),
            outside(
                "errors that callers saw",
                expected.errors,
                self.each(|deployment| deployment.errors.values().copied()),
            ),
        ];
        differences.extend(named.into_iter().chain(counted).flatten());
        let past_alias = [self.errors_past_alias].into_iter();
        match expected.errors_past_alias {
            Some(_) => differences.extend(outside(
                "errors past every alias that is shifted",
                expected.errors_past_alias,
                past_alias,
            )),
            None if self.errors_past_alias > 0 => differences.push(format!(
                "{} errors of requests that met no alias that is shifted, and `errors_past_alias` expects none",
                self.errors_past_alias
            )),
            None => {}
        }
        if let Some(version) = expected.last_minute_served_by {
            differences.extend(self.each(|deployment| deployment.last_minute_difference(version)));
        }
        for (function, expected) in &expected.deployments {
            differences.extend(self.differences_of(function, expected));
        }
        differences
    }

    /// What differs in the deployment of one function, each sentence with the function in front.
    fn differences_of(&self, function: &str, expected: &Expectation) -> Vec<String> {
        let Some(alone) = self.of(function) else {
            return vec![format!(
                "{function}: expected a deployment, and none was begun"
            )];
        };
        let named = |difference: String| {
            if difference.starts_with(function) {
                difference
            } else {
                format!("{function}: {difference}")
            }
        };
        let differences = alone.differences_from(expected).into_iter();
        differences.map(named).collect()
    }

    /// The report of one deployment alone, by its function; `None` when there was none.
    fn of(&self, function: &str) -> Option<Self> {
        let mut deployments = self.deployments.iter();
        let own = deployments.find(|deployment| deployment.function == function)?;
        Some(Self {
            outcome: own.status,
            deployments: vec![own.clone()],
            errors_past_alias: 0,
            ..self.clone()
        })
    }

    /// Something of each deployment, one after the other.
    fn each<'a, I: IntoIterator>(
        &'a self,
        part: impl Fn(&'a DeploymentReport) -> I + 'a,
    ) -> impl Iterator<Item = I::Item> {
        self.deployments.iter().flat_map(part)
    }
}

impl DeploymentReport {
    /// What differs, if the last minute that had requests was not served by this version alone.
    fn last_minute_difference(&self, expected: WhichVersion) -> Option<String> {
        let version = match expected {
            WhichVersion::Old => &self.old_version,
            WhichVersion::New => &self.new_version,
            WhichVersion::Any => return None,
        };
        let minute = self
            .minutes
            .iter()
            .rev()
            .find(|minute| minute.requests.values().sum::<u64>() > 0)?;
        let others: u64 = minute
            .requests
            .iter()
            .filter(|(served, _)| *served != version)
            .map(|(_, count)| count)
            .sum();
        (others > 0).then(|| {
            format!(
                "{}: expected version {version} alone to serve minute {}, but another served {others} requests of it",
                self.function, minute.minute
            )
        })
    }
}

/// What differs, if the name that is expected is none of those that came.
fn missing(
    what: &str,
    expected: Option<String>,
    got: impl Iterator<Item = String>,
) -> Option<String> {
    let expected = expected?;
    let got: Vec<_> = got.collect();
    (!got.contains(&expected)).then(|| {
        let got = if got.is_empty() {
            "none".to_owned()
        } else {
            got.join(", ")
        };
        format!("{what}: expected {expected}, got {got}")
    })
}

/// What differs, if the counts together are not in the range that is expected.
fn outside(
    what: &str,
    expected: Option<Count>,
    counts: impl Iterator<Item = u64>,
) -> Option<String> {
    let expected = expected?;
    let got = counts.sum();
    (!expected.holds(got)).then(|| format!("{what}: expected {}, got {got}", expected.describe()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_and_did_not_come_is_named_beside_what_came() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let guard = "HookGuard".to_owned();
        let difference =
            |got: &[&str]| missing("report of", Some(guard.clone()), names(got).into_iter());
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
}
