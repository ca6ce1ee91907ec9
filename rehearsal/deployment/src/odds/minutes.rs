//! What alarms see: how often each value of each metric was recorded in each minute.

use rehearsal_aws::VirtualTime;
use rehearsal_aws::cloudwatch::metric::{DataPoints, Metric, Wanted};
use rehearsal_aws::time::MINUTE_MS;

/// A metric that a needed alarm watches, and the values that requests can give it.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) metric: Metric,
    /// The smallest first.
    pub(super) values: Vec<f64>,
    /// The place of the first of them in a minute.
    pub(super) first: usize,
}

/// The counts of one rollout, minute by minute. Its room is used again for the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Minutes {
    counts: Vec<u32>,
    /// How many values there are in a minute, over all metrics.
    width: usize,
    /// What is recorded and not seen yet: the minute from whose end on it is, its own minute, place and count.
    late: Vec<(usize, usize, usize, u32)>,
}

impl Minutes {
    /// Forgets everything.
    pub(super) fn clear(&mut self, width: usize) {
        self.counts.clear();
        self.late.clear();
        self.width = width;
    }

    /// Makes room up to a minute, and shows what has ended before its beginning.
    pub(super) fn begin(&mut self, minute: usize) {
        self.counts.resize((minute + 1) * self.width, 0);
    }

    pub(super) fn record(&mut self, minute: usize, place: usize, count: u32) {
        self.counts[minute * self.width + place] += count;
    }

    /// Records what no alarm sees before the end of a later minute.
    pub(super) fn record_late(&mut self, seen: usize, minute: usize, place: usize, count: u32) {
        self.late.push((seen, minute, place, count));
    }

    /// Shows what has ended by the end of a minute.
    pub(super) fn show(&mut self, minute: usize) {
        let (counts, width) = (&mut self.counts, self.width);
        self.late.retain(|(seen, of, place, count)| {
            let is_seen = *seen <= minute;
            if is_seen {
                counts[of * width + place] += count;
            }
            !is_seen
        });
    }
}

/// The data points of one alarm.
pub(super) struct OfAlarm<'m> {
    pub(super) minutes: &'m Minutes,
    pub(super) metrics: &'m [Counted],
    /// The metric of each of the alarm's queries.
    pub(super) queries: &'m [usize],
    /// See [`DataPoints::steady_until`].
    pub(super) steady_until: VirtualTime,
    /// See [`DataPoints::delay_ms`].
    pub(super) delay_ms: i64,
}

impl DataPoints for OfAlarm<'_> {
    fn find(&self, wanted: Wanted<'_>) -> Option<f64> {
        let metric = &self.metrics[self.queries[wanted.query]];
        let minute = |ms: i64| usize::try_from(ms.div_euclid(MINUTE_MS)).unwrap_or(0);
        let width = self.minutes.width;
        let last = minute(wanted.end.0).min(self.minutes.counts.len() / width.max(1));
        let first = minute(wanted.end.0 - wanted.period_ms);
        let counted = |(place, value): (usize, &f64)| {
            let counts = (first..last).map(|minute| {
                u64::from(self.minutes.counts[minute * width + metric.first + place])
            });
            (*value, counts.sum::<u64>())
        };
        let values = metric.values.iter().enumerate().map(counted);
        wanted.statistic.of(values.filter(|(_, count)| *count > 0))
    }

    fn steady_until(&self) -> Option<VirtualTime> {
        Some(self.steady_until)
    }

    fn delay_ms(&self) -> i64 {
        self.delay_ms
    }
}
