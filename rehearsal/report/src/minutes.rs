//! A deployment minute by minute.

use std::collections::BTreeMap;

use rehearsal_aws::time::{MINUTE_MS, VirtualTime};
use rehearsal_deployment::plan;
use serde::{Deserialize, Serialize};

use crate::infrastructure::{Infrastructure, InfrastructureFold};
use crate::latency::{Latencies, LatencyReport};

/// One minute of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MinuteReport {
    /// Its number.
    pub minute: i64,
    /// When it begins, in virtual seconds since the rehearsal began; the first may begin before.
    pub at_seconds: f64,
    /// The versions' shares at its start.
    pub weights: BTreeMap<String, f64>,
    /// Live requests that arrived in it, by the version that served them.
    pub requests: BTreeMap<String, u64>,
    /// Errors that their callers saw.
    pub errors: BTreeMap<String, u64>,
    /// How long they took, for each version that served any.
    pub latency_ms: BTreeMap<String, LatencyReport>,
    /// What of the update had come at its start.
    pub infrastructure: Infrastructure,
}

/// The minutes of a deployment so far. From when they count is not known before the first shift.
#[derive(Clone, Debug)]
pub(super) struct MinutesFold {
    /// The old version and the new one.
    versions: [String; 2],
    created: Option<VirtualTime>,
    first_shift: Option<VirtualTime>,
    /// The alias's shares from each moment on.
    shares: Vec<(VirtualTime, BTreeMap<String, f64>)>,
    early: Early,
    counts: BTreeMap<i64, Counts>,
}

/// Live requests of a minute, by the version that served them, and the errors among them.
#[derive(Clone, Debug, Default)]
struct Counts {
    requests: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
    latencies: BTreeMap<String, Latencies>,
}

/// A live request that a version served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Served<'v> {
    pub(super) arrived: VirtualTime,
    pub(super) version: &'v str,
    /// Whether its caller saw an error.
    pub(super) error: bool,
    /// How long it took, in virtual milliseconds.
    pub(super) milliseconds: u64,
}

impl MinutesFold {
    pub(super) fn new(planned: &plan::Deployment) -> Self {
        Self {
            versions: [planned.old_version.clone(), planned.new_version.clone()],
            created: None,
            first_shift: None,
            shares: Vec::new(),
            early: Early::default(),
            counts: BTreeMap::new(),
        }
    }

    /// When its traffic shifted first.
    pub(super) fn first_shift(&self) -> Option<VirtualTime> {
        self.first_shift
    }

    /// It was created.
    pub(super) fn created(&mut self, at: VirtualTime) {
        self.created.get_or_insert(at);
    }

    /// Its alias has new weights.
    pub(super) fn shifted(&mut self, at: VirtualTime, shares: &BTreeMap<String, f64>) {
        self.shares.push((at, shares.clone()));
        let [_, new] = &self.versions;
        let has_gained = shares.get(new).is_some_and(|share| *share > 0.0);
        if has_gained && self.first_shift.is_none() {
            self.first_shift = Some(at);
            self.count_early(at);
        }
    }

    /// A version served a request.
    pub(super) fn count(&mut self, served: Served<'_>) {
        match self.first_shift {
            Some(origin) => self.add(origin, served),
            None => self.early.push(served),
        }
    }

    fn add(&mut self, origin: VirtualTime, served: Served<'_>) {
        let minute = served.arrived.minute_since(origin);
        let counts = self.counts.entry(minute).or_default();
        *of(&mut counts.requests, served.version) += 1;
        if served.error {
            *of(&mut counts.errors, served.version) += 1;
        }
        of(&mut counts.latencies, served.version).add(served.milliseconds);
    }

    /// Counts what arrived before it was known from when.
    fn count_early(&mut self, origin: VirtualTime) {
        let early = std::mem::take(&mut self.early);
        for served in early.requests() {
            self.add(origin, served);
        }
    }

    /// All of them, from the update's first to its last.
    pub(super) fn finish(
        mut self,
        began: VirtualTime,
        end: VirtualTime,
        infrastructure: &InfrastructureFold,
    ) -> Vec<MinuteReport> {
        let Some(origin) = self.first_shift.or(self.created) else {
            return Vec::new();
        };
        self.count_early(origin);
        let first = began.minute_since(origin);
        let minutes = (first..=end.minute_since(origin))
            .map(|minute| (minute, origin + minute * MINUTE_MS))
            .filter(|(_, start)| *start < end);
        let [old, new] = &self.versions;
        let report = |(minute, start)| {
            let mut weights = BTreeMap::from([(old.clone(), 1.0), (new.clone(), 0.0)]);
            if let Some((_, shares)) = self.shares.iter().rev().find(|(at, _)| *at <= start) {
                for weight in weights.values_mut() {
                    *weight = 0.0;
                }
                weights.extend(
                    shares
                        .iter()
                        .map(|(version, share)| (version.clone(), *share)),
                );
            }
            let mut report = MinuteReport {
                minute,
                at_seconds: start.as_seconds(),
                weights,
                requests: none(&self.versions),
                errors: none(&self.versions),
                latency_ms: BTreeMap::new(),
                infrastructure: infrastructure.at(start),
            };
            if let Some(counts) = self.counts.get(&minute) {
                let counted =
                    |counts: &BTreeMap<String, u64>| counts.clone().into_iter().collect::<Vec<_>>();
                report.requests.extend(counted(&counts.requests));
                report.errors.extend(counted(&counts.errors));
                let latencies = counts.latencies.iter();
                report.latency_ms = latencies
                    .filter_map(|(version, latencies)| Some((version.clone(), latencies.report()?)))
                    .collect();
            }
            report
        };
        minutes.map(report).collect()
    }
}

/// What is counted of a version. Its name is copied once.
fn of<'m, T: Default>(by_version: &'m mut BTreeMap<String, T>, version: &str) -> &'m mut T {
    if !by_version.contains_key(version) {
        by_version.insert(version.to_owned(), T::default());
    }
    by_version.get_mut(version).expect("it was just put there")
}

/// Requests that arrived before it was known from when minutes count: six bytes each, for there may be millions.
#[derive(Clone, Debug, Default)]
struct Early {
    versions: Vec<String>,
    /// By minute of the clock: the milliseconds in it, the version's place in the list and whether it was an error, and how long it
    /// took.
    minutes: BTreeMap<i64, Vec<(u16, u16, u16)>>,
}

/// The bit that says that a request was an error.
const ERROR: u16 = 1 << 15;

impl Early {
    fn push(&mut self, served: Served<'_>) {
        let Served {
            arrived,
            version,
            error,
            milliseconds,
        } = served;
        let known = self.versions.iter().position(|known| known == version);
        let place = known.unwrap_or_else(|| {
            self.versions.push(version.to_owned());
            self.versions.len() - 1
        });
        let place = u16::try_from(place).expect("an alias has two versions at a time");
        let millisecond = u16::try_from(arrived.0.rem_euclid(MINUTE_MS));
        let millisecond = millisecond.expect("a minute has 60,000 of them");
        let minute = self.minutes.entry(arrived.0.div_euclid(MINUTE_MS));
        let flags = if error { place | ERROR } else { place };
        minute
            .or_default()
            .push((millisecond, flags, packed(milliseconds)));
    }

    /// Each of them.
    fn requests(&self) -> impl Iterator<Item = Served<'_>> {
        self.minutes.iter().flat_map(move |(minute, requests)| {
            requests
                .iter()
                .map(move |(millisecond, flags, took)| Served {
                    arrived: VirtualTime(minute * MINUTE_MS + i64::from(*millisecond)),
                    version: &self.versions[usize::from(flags & !ERROR)],
                    error: flags & ERROR != 0,
                    milliseconds: unpacked(*took),
                })
        })
    }
}

/// Below it a duration is kept to the millisecond.
const EXACT_MS: u16 = 1 << 15;
/// Above it in steps of so many: 17 minutes fit, and no invocation takes longer than 15 (Lambda quotas, "Timeout").
const STEP_MS: u64 = 32;

fn packed(milliseconds: u64) -> u16 {
    let exact = u64::from(EXACT_MS);
    match milliseconds.checked_sub(exact) {
        None => u16::try_from(milliseconds),
        Some(beyond) => u16::try_from(exact + beyond / STEP_MS),
    }
    .unwrap_or(u16::MAX)
}

fn unpacked(packed: u16) -> u64 {
    match packed.checked_sub(EXACT_MS) {
        None => u64::from(packed),
        Some(steps) => u64::from(EXACT_MS) + u64::from(steps) * STEP_MS,
    }
}

/// A count for each version, those with none included.
pub(super) fn none(versions: &[String; 2]) -> BTreeMap<String, u64> {
    versions
        .iter()
        .map(|version| (version.clone(), 0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_before_the_first_shift_is_counted_from_there() {
        let mut early = Early::default();
        let requests = [
            (59_999, "1", false, 0),
            (60_000, "1", true, 32_767),
            (3_600_000_001, "$LATEST", false, 900_000),
        ]
        .map(|(at, version, error, milliseconds)| Served {
            arrived: VirtualTime(at),
            version,
            error,
            milliseconds,
        });
        for served in requests {
            early.push(served);
        }
        let again: Vec<_> = early.requests().collect();
        assert_eq!(again, requests);
    }

    #[test]
    fn a_duration_is_kept_to_the_millisecond_and_a_long_one_within_one_in_a_thousand() {
        for milliseconds in [0, 1, 32_767, 32_768, 40_001, 899_999] {
            let kept = unpacked(packed(milliseconds));
            assert!(kept <= milliseconds && (milliseconds - kept) * 1_000 <= milliseconds);
        }
        assert_eq!(packed(u64::MAX), u16::MAX);
    }
}
