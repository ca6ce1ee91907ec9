//! A report held against what was expected.

use std::collections::BTreeSet;

use rehearsal_deployment::expectation::{Count, Expectation};
use rehearsal_deployment::fault::WhichVersion;

use crate::expectation::ExpectationReport;
use crate::{DeploymentReport, HookReport, Report};

impl Report {
    /// The report with what was expected, and what differs from it.
    #[must_use]
    pub fn held_against(mut self, expectation: &Expectation) -> Self {
        self.expected = expectation.describe();
        self.expectations = self.expectations_of(expectation);
        let dead = self.failed_by_themselves(expectation);
        self.expectations.extend(dead);
        self.sum_up();
        self
    }

    /// The deployments that are dead by themselves, where the file says nothing of errors.
    fn failed_by_themselves(&self, expected: &Expectation) -> Vec<ExpectationReport> {
        let dead = self.deployments.iter().filter_map(|deployment| {
            let own = expected.deployments.get(&deployment.function);
            let said = [Some(expected), own].into_iter().flatten();
            if said.clone().any(|expected| expected.errors.is_some()) {
                return None;
            }
            let old_may_fail = said.clone().any(|expected| expected.old_version_fails);
            Some(ExpectationReport {
                function: Some(deployment.function.clone()),
                difference: Some(deployment.failed_by_itself(old_may_fail)?),
                ..ExpectationReport::new(
                    "",
                    "errors",
                    "not every request".to_owned(),
                    "every request".to_owned(),
                    true,
                )
            })
        });
        dead.collect()
    }

    /// Adds something that was expected to what `[expect]` says.
    pub fn expect(&mut self, more: impl IntoIterator<Item = ExpectationReport>) {
        self.expectations.extend(more);
        self.sum_up();
    }

    /// What differs, and so whether it is as expected, is what the expectations say.
    fn sum_up(&mut self) {
        let differences = self.expectations.iter();
        self.differences = differences
            .filter_map(|expectation| expectation.difference.clone())
            .collect();
        self.as_expected = self.differences.is_empty();
    }

    /// Everything that an expectation asks for, with what came.
    fn expectations_of(&self, expected: &Expectation) -> Vec<ExpectationReport> {
        let outcome = ExpectationReport::new(
            "outcome",
            "outcome",
            expected.outcome.to_string(),
            self.outcome.to_string(),
            self.outcome == expected.outcome,
        );
        let named = [
            named(
                "error code",
                "error_code",
                expected.error_code.map(|code| code.to_string()),
                self.each(|deployment| deployment.error_code.map(|code| code.to_string())),
            ),
            named(
                "alarm",
                "alarm",
                expected.alarm.clone(),
                self.each(|deployment| deployment.stopped_by.clone()),
            )
            .map(|alarm| {
                let gates = self.each(|deployment| deployment.gates.iter());
                could_be(
                    alarm,
                    "alarm of a deployment",
                    gates.map(|gate| &gate.alarm),
                )
            }),
            named(
                "failed check",
                "failed_check",
                expected.failed_check.clone(),
                self.each(|deployment| {
                    let failed = deployment.hooks.iter().flat_map(HookReport::failed_checks);
                    failed.map(|check| check.name.clone())
                }),
            )
            .map(|check| {
                let hooks = self.each(|deployment| deployment.hooks.iter());
                let checks = hooks.flat_map(|hook| &hook.checks);
                could_be(check, "check of a hook", checks.map(|check| &check.name))
            }),
            named(
                "report of",
                "reported_by",
                expected.reported_by.clone(),
                self.each(|deployment| {
                    let hooks = deployment.hooks.iter();
                    hooks.filter_map(|hook| hook.reported_by.clone())
                }),
            ),
        ];
        let counted = [
            counted(
                "requests served by the new version",
                "new_version_served",
                expected.new_version_served,
                self.each(|deployment| deployment.served.get(&deployment.new_version).copied()),
            ),
            counted(
                "errors that callers saw",
                "errors",
                expected.errors,
                self.each(|deployment| deployment.errors.values().copied()),
            ),
        ];
        let mut all = vec![outcome];
        all.extend(named.into_iter().chain(counted).flatten());
        all.extend(self.past_alias(expected));
        all.extend(
            expected
                .last_minute_served_by
                .and_then(|version| self.last_minute(version)),
        );
        for (function, expected) in &expected.deployments {
            all.extend(self.expectations_of_deployment(function, expected));
        }
        all
    }

    /// Errors past every alias that is shifted: where the file says nothing of them, none is expected.
    fn past_alias(&self, expected: &Expectation) -> Option<ExpectationReport> {
        let key = "errors_past_alias";
        let got = [self.errors_past_alias].into_iter();
        if expected.errors_past_alias.is_some() {
            let label = "errors past every alias that is shifted";
            return counted(label, key, expected.errors_past_alias, got);
        }
        (self.errors_past_alias > 0).then(|| ExpectationReport {
            difference: Some(format!(
                "{} errors of requests that met no alias that is shifted, and `errors_past_alias` expects none",
                self.errors_past_alias
            )),
            ..ExpectationReport::new("", key, "0".to_owned(), self.errors_past_alias.to_string(), true)
        })
    }

    /// Which version served the last minute that had requests; `None` where any may.
    fn last_minute(&self, version: WhichVersion) -> Option<ExpectationReport> {
        let expected = match version {
            WhichVersion::Old => "old",
            WhichVersion::New => "new",
            WhichVersion::Any => return None,
        };
        let differences: Vec<_> = self
            .each(|deployment| deployment.last_minute_difference(version))
            .collect();
        let got = if differences.is_empty() {
            expected
        } else {
            "another too"
        };
        let key = "last_minute_served_by";
        Some(ExpectationReport {
            difference: (!differences.is_empty()).then(|| differences.join("; ")),
            ..ExpectationReport::new("", key, expected.to_owned(), got.to_owned(), true)
        })
    }

    /// What is expected of the deployment of one function, each difference with the function in front.
    fn expectations_of_deployment(
        &self,
        function: &str,
        expected: &Expectation,
    ) -> Vec<ExpectationReport> {
        let Some(alone) = self.of(function) else {
            return vec![ExpectationReport {
                function: Some(function.to_owned()),
                difference: Some(format!(
                    "{function}: expected a deployment, and none was begun"
                )),
                ..ExpectationReport::new(
                    "",
                    "deployment",
                    "a deployment".to_owned(),
                    "none".to_owned(),
                    true,
                )
            }];
        };
        let with_function = |difference: String| {
            if difference.starts_with(function) {
                difference
            } else {
                format!("{function}: {difference}")
            }
        };
        let all = alone.expectations_of(expected).into_iter();
        all.map(|expectation| ExpectationReport {
            function: Some(function.to_owned()),
            difference: expectation.difference.map(with_function),
            ..expectation
        })
        .collect()
    }

    /// The report of one deployment alone, by its function; `None` when there was none.
    fn of(&self, function: &str) -> Option<Self> {
        let mut deployments = self.deployments.iter();
        let own = deployments.find(|deployment| deployment.function == function)?;
        let mut report = self.clone();
        report.outcome = own.status;
        report.deployments = vec![own.clone()];
        report.errors_past_alias = 0;
        Some(report)
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

/// A name that is expected, held against those that came.
fn named(
    label: &str,
    key: &str,
    expected: Option<String>,
    got: impl Iterator<Item = String>,
) -> Option<ExpectationReport> {
    let expected = expected?;
    let names: Vec<_> = got.collect();
    let is_met = names.contains(&expected);
    let got = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    Some(ExpectationReport::new(label, key, expected, got, is_met))
}

/// The same with more to say, where what is expected never could be: it is not among the names that there are. Nothing is added where
/// none are known.
fn could_be<'a>(
    expectation: ExpectationReport,
    what: &str,
    names: impl Iterator<Item = &'a String>,
) -> ExpectationReport {
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    if names.is_empty() || names.contains(expectation.expected.as_str()) {
        return expectation;
    }
    let names: Vec<_> = names.into_iter().collect();
    let never = |difference| {
        let (expected, names) = (&expectation.expected, names.join(", "));
        format!("{difference}; no {what} is called {expected}: there are {names}")
    };
    ExpectationReport {
        difference: expectation.difference.clone().map(never),
        ..expectation.clone()
    }
}

/// A range that is expected, held against the counts together.
fn counted(
    label: &str,
    key: &str,
    expected: Option<Count>,
    counts: impl Iterator<Item = u64>,
) -> Option<ExpectationReport> {
    let expected = expected?;
    let got: u64 = counts.sum();
    let (is_met, got) = (expected.holds(got), got.to_string());
    Some(ExpectationReport::new(
        label,
        key,
        expected.describe(),
        got,
        is_met,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_and_did_not_come_is_named_beside_what_came() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let expectation = |got: &[&str]| {
            let guard = Some("HookGuard".to_owned());
            named("report of", "reported_by", guard, names(got).into_iter()).unwrap()
        };
        let met = expectation(&["Hook", "HookGuard"]);
        assert!(met.is_met());
        assert_eq!(
            (met.key.as_str(), met.expected.as_str(), met.got.as_str()),
            ("reported_by", "HookGuard", "Hook, HookGuard")
        );
        for (got, difference) in [
            (&["Hook"][..], "report of: expected HookGuard, got Hook"),
            (&[], "report of: expected HookGuard, got none"),
        ] {
            assert_eq!(expectation(got).difference.as_deref(), Some(difference));
        }
        let none = named("report of", "reported_by", None, names(&[]).into_iter());
        assert_eq!(none, None);
    }

    #[test]
    fn a_name_that_nothing_has_is_told_from_one_that_did_not_come() {
        let expected = named("alarm", "alarm", Some("Errors".to_owned()), [].into_iter()).unwrap();
        let held = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            let held = could_be(expected.clone(), "alarm of a deployment", names.iter());
            held.difference.unwrap()
        };
        let difference = "alarm: expected Errors, got none";
        assert_eq!(held(&["Errors", "Latency"]), difference);
        assert_eq!(held(&[]), difference);
        assert_eq!(
            held(&["Latency", "AliasErrors", "Latency"]),
            format!(
                "{difference}; no alarm of a deployment is called Errors: there are AliasErrors, Latency"
            )
        );
    }
}
