//! How long live requests took, in virtual time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How long the requests of a minute took that one version served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyReport {
    /// Half of them took no longer, in virtual milliseconds.
    pub median: u64,
    /// 95 of 100 took no longer.
    pub p95: u64,
}

/// Requests by how long they took: as many entries as there are different durations, however many requests there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Latencies {
    counts: BTreeMap<u64, u64>,
}

impl Latencies {
    /// One more request took so many milliseconds.
    pub(super) fn add(&mut self, milliseconds: u64) {
        *self.counts.entry(milliseconds).or_default() += 1;
    }

    /// The median and the 95th percentile by the nearest rank; `None` without requests.
    pub(super) fn report(&self) -> Option<LatencyReport> {
        Some(LatencyReport {
            median: self.percentile(50)?,
            p95: self.percentile(95)?,
        })
    }

    fn percentile(&self, percent: u64) -> Option<u64> {
        let all: u64 = self.counts.values().sum();
        let rank = (all * percent).div_ceil(100);
        let mut below = 0;
        self.counts.iter().find_map(|(milliseconds, count)| {
            below += count;
            (below >= rank).then_some(*milliseconds)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_came() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.report(), None);
        for milliseconds in 1..=20 {
            latencies.add(milliseconds);
        }
        let (median, p95) = (10, 19);
        assert_eq!(latencies.report(), Some(LatencyReport { median, p95 }));
        latencies.add(1_000);
        assert_eq!(latencies.report().map(|report| report.median), Some(11));
    }
}
