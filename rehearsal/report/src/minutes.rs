//! A deployment minute by minute.

use std::collections::BTreeMap;

use rehearsal_aws::time::{MINUTE_MS, VirtualTime};
use rehearsal_deployment::plan;
use serde::Serialize;

use crate::infrastructure::{Infrastructure, InfrastructureFold};

/// One minute of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MinuteReport {
    /// Its number.
    pub minute: i64,
    /// The versions' shares at its start.
    pub weights: BTreeMap<String, f64>,
    /// Live requests that arrived in it, by the version that served them.
    pub requests: BTreeMap<String, u64>,
    /// Errors that their callers saw.
    pub errors: BTreeMap<String, u64>,
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
    pub(super) fn count(&mut self, arrived: VirtualTime, version: &str, error: bool) {
        match self.first_shift {
            Some(origin) => self.add(arrived.minute_since(origin), version, error),
            None => self.early.push(arrived, version, error),
        }
    }

    fn add(&mut self, minute: i64, version: &str, error: bool) {
        let counts = self.counts.entry(minute).or_default();
        add_one(&mut counts.requests, version);
        if error {
            add_one(&mut counts.errors, version);
        }
    }

    /// Counts what arrived before it was known from when.
    fn count_early(&mut self, origin: VirtualTime) {
        let early = std::mem::take(&mut self.early);
        for (arrived, version, error) in early.requests() {
            self.add(arrived.minute_since(origin), version, error);
        }
    }

    /// All of them, from the rehearsal's first to its last.
    pub(super) fn finish(
        mut self,
        end: VirtualTime,
        infrastructure: &InfrastructureFold,
    ) -> Vec<MinuteReport> {
        let Some(origin) = self.first_shift.or(self.created) else {
            return Vec::new();
        };
        self.count_early(origin);
        let first = VirtualTime::ZERO.minute_since(origin);
        let minutes = (first..=end.minute_since(origin))
            .map(|minute| (minute, origin + minute * MINUTE_MS))
            .filter(|(_, start)| *start < end);
        let [old, new] = &self.versions;
        let report = |(minute, start)| {
            let mut weights = BTreeMap::from([(old.clone(), 1.0), (new.clone(), 0.0)]);
            if let Some((_, shares)) = self.shares.iter().rev().find(|(at, _)| *at <= start) {
                for (version, weight) in &mut weights {
                    *weight = shares.get(version).copied().unwrap_or(0.0);
                }
            }
            let mut report = MinuteReport {
                minute,
                weights,
                requests: none(&self.versions),
                errors: none(&self.versions),
                infrastructure: infrastructure.at(start),
            };
            if let Some(counts) = self.counts.get(&minute) {
                let counted =
                    |counts: &BTreeMap<String, u64>| counts.clone().into_iter().collect::<Vec<_>>();
                report.requests.extend(counted(&counts.requests));
                report.errors.extend(counted(&counts.errors));
            }
            report
        };
        minutes.map(report).collect()
    }
}

fn add_one(counts: &mut BTreeMap<String, u64>, version: &str) {
    match counts.get_mut(version) {
        Some(count) => *count += 1,
        None => {
            counts.insert(version.to_owned(), 1);
        }
    }
}

/// Requests that arrived before it was known from when minutes count: four bytes each, for there may be millions.
#[derive(Clone, Debug, Default)]
struct Early {
    versions: Vec<String>,
    /// By minute of the clock: the milliseconds in it, the version's place in the list, and whether it was an error.
    minutes: BTreeMap<i64, Vec<(u16, u16)>>,
}

/// The bit that says that a request was an error.
const ERROR: u16 = 1 << 15;

impl Early {
    fn push(&mut self, arrived: VirtualTime, version: &str, error: bool) {
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
        minute.or_default().push((millisecond, flags));
    }

    /// When each arrived, who served it, and whether it was an error.
    fn requests(&self) -> impl Iterator<Item = (VirtualTime, &str, bool)> {
        self.minutes.iter().flat_map(move |(minute, requests)| {
            requests.iter().map(move |(millisecond, flags)| {
                let at = VirtualTime(minute * MINUTE_MS + i64::from(*millisecond));
                let version = &self.versions[usize::from(flags & !ERROR)];
                (at, version.as_str(), flags & ERROR != 0)
            })
        })
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
            (59_999, "1", false),
            (60_000, "1", true),
            (3_600_000_001, "$LATEST", false),
        ];
        for (at, version, error) in requests {
            early.push(VirtualTime(at), version, error);
        }
        let again: Vec<_> = early
            .requests()
            .map(|(at, version, error)| (at.0, version, error))
            .collect();
        assert_eq!(again, requests);
    }
}
