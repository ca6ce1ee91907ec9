//! What came of all requests.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::answer::Answer;
use crate::version::FunctionVersion;

/// Who answered how many requests, and how many failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    failed: usize,
    versions: BTreeMap<FunctionVersion, usize>,
    latencies: Vec<Duration>,
}

impl Tally {
    /// Counts an answer. A failure that names its version counts for the version too.
    pub fn add(&mut self, answer: &Answer) {
        self.failed += usize::from(answer.failure.is_some());
        self.latencies.push(answer.latency);
        if let Some(version) = &answer.function_version {
            *self.versions.entry(version.clone()).or_default() += 1;
        }
    }

    /// Each version's share of the answers that name one, in whole per cent, and their number.
    pub fn shares(&self) -> String {
        let all: usize = self.versions.values().sum();
        let share = |(version, answers): (&FunctionVersion, &usize)| {
            let percent = (answers * 100 + all / 2) / all;
            format!("{version} {percent} % ({answers})")
        };
        let shares: Vec<_> = self.versions.iter().map(share).collect();
        if shares.is_empty() {
            return "no version".to_owned();
        }
        shares.join("  ")
    }

    /// Whether there were requests and none failed.
    pub fn is_good(&self) -> bool {
        !self.latencies.is_empty() && self.failed == 0
    }
}

/// The totals.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = self.latencies.len();
        let plural = if requests == 1 { "" } else { "s" };
        write!(f, "{requests} request{plural}, {} failed", self.failed)?;
        let mut sorted = self.latencies.clone();
        sorted.sort();
        if let (Some(median), Some(slowest)) = (sorted.get(requests / 2), sorted.last()) {
            let (median, slowest) = (median.as_millis(), slowest.as_millis());
            write!(f, "; median {median} ms, slowest {slowest} ms")?;
        }
        write!(f, "\nanswered by {}", self.shares())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(version: Option<u64>, ms: u64, failed: bool) -> Answer {
        Answer {
            status: Some(200),
            function_version: version.map(FunctionVersion::Published),
            code_version: None,
            latency: Duration::from_millis(ms),
            failure: failed.then(|| "so".to_owned()),
        }
    }

    fn tally(answers: &[Answer]) -> Tally {
        let mut tally = Tally::default();
        for answer in answers {
            tally.add(answer);
        }
        tally
    }

    #[test]
    fn the_totals_have_the_errors_the_latency_and_the_shares() {
        let mut answers = vec![answer(Some(1), 40, false); 54];
        answers.extend(vec![answer(Some(2), 300, false); 6]);
        assert!(tally(&answers).is_good());
        answers.push(answer(None, 12_000, true));
        let tally = tally(&answers);
        assert!(!tally.is_good());
        assert_eq!(
            tally.to_string(),
            "61 requests, 1 failed; median 40 ms, slowest 12000 ms\nanswered by v1 90 % (54)  v2 10 % (6)"
        );
    }

    #[test]
    fn without_a_request_nothing_was_good() {
        let none = Tally::default();
        assert!(!none.is_good());
        assert_eq!(
            none.to_string(),
            "0 requests, 0 failed\nanswered by no version"
        );
    }

    proptest! {
        #[test]
        fn every_answer_that_names_a_version_is_counted_for_it(
            versions in prop::collection::vec(prop::option::of(1_u64..5), 0..60)
        ) {
            let answers: Vec<_> = versions
                .iter()
                .map(|version| answer(*version, 1, false))
                .collect();
            let shares = tally(&answers).shares();
            for version in 1..5 {
                let number = versions.iter().filter(|answered| **answered == Some(version)).count();
                let counted = shares.split("  ").any(|share| {
                    share.starts_with(&format!("v{version} ")) && share.ends_with(&format!("({number})"))
                });
                prop_assert_eq!(counted, number > 0, "{}", shares);
            }
        }
    }
}
