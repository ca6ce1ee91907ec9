//! Data points as `CloudWatch` keeps them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::time::{MINUTE_MS, VirtualTime};

/// A metric: its name in a namespace, with one set of dimensions. Another set is another metric.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Metric {
    /// Such as `AWS/Lambda`.
    pub namespace: String,
    /// Such as `Errors`.
    pub name: String,
    /// Values by dimension name.
    pub dimensions: BTreeMap<String, String>,
}

impl Metric {
    /// A metric from its parts.
    pub fn new(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: dimensions
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }
}

/// How the values of a period become one data point (`CloudWatch` user guide, "Statistics").
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Statistic {
    /// How many values.
    SampleCount,
    /// Their sum.
    Sum,
    /// Their mean.
    Average,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
    /// The value that this share of them does not exceed: 0.99 for p99.
    Percentile(f64),
}

impl Statistic {
    /// Reads `Statistic` or a percentile of `ExtendedStatistic` (`p99`, `p99.9`). The trimmed ones are not known here.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "SampleCount" => Self::SampleCount,
            "Sum" => Self::Sum,
            "Average" => Self::Average,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            _ => {
                let percent: f64 = text.strip_prefix('p')?.parse().ok()?;
                (0.0..=100.0)
                    .contains(&percent)
                    .then_some(Self::Percentile(percent / 100.0))?
            }
        })
    }

    /// The data point of these values; `None` when there are none.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are far below 2^53 and ranks are within them"
    )]
    fn of(self, values: &Values) -> Option<f64> {
        let all: u64 = values.values().sum();
        let ((smallest, _), (largest, _)) = (values.first_key_value()?, values.last_key_value()?);
        let sum = || {
            values
                .iter()
                .map(|(value, count)| value.0 * *count as f64)
                .sum::<f64>()
        };
        Some(match self {
            Self::SampleCount => all as f64,
            Self::Sum => sum(),
            Self::Average => sum() / all as f64,
            Self::Minimum => smallest.0,
            Self::Maximum => largest.0,
            Self::Percentile(share) => {
                let rank = ((share * all as f64).ceil() as u64).clamp(1, all);
                let mut below = 0;
                let at_rank = values.iter().find(|(_, count)| {
                    below += **count;
                    below >= rank
                });
                at_rank.map_or(largest.0, |(value, _)| value.0)
            }
        })
    }
}

/// A recorded value, in the order of numbers.
#[derive(Clone, Copy, Debug)]
struct Recorded(f64);

impl PartialEq for Recorded {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Recorded {}

impl PartialOrd for Recorded {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Recorded {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// How often each value was recorded. Invocations have few different ones, so that a million take no more room than a hundred.
type Values = BTreeMap<Recorded, u64>;

/// All data points of a rehearsal, in minutes of the clock.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    values: HashMap<Metric, BTreeMap<i64, Values>>,
    /// How long after its time a value is seen, in milliseconds.
    delay_ms: i64,
    /// What is not seen yet, by the moment at which it will be.
    coming: BTreeMap<VirtualTime, Vec<(Metric, VirtualTime, f64)>>,
}

impl Metrics {
    /// Metrics whose values are seen so many milliseconds after their times.
    pub fn delayed(delay_ms: i64) -> Self {
        Self {
            delay_ms,
            ..Self::default()
        }
    }

    /// Records a value at its time. For Lambda that is the invocation's *start*
    /// (Lambda developer guide, "Viewing metrics for Lambda functions").
    pub fn record(&mut self, metric: Metric, at: VirtualTime, value: f64) {
        if self.delay_ms > 0 {
            let coming = self.coming.entry(at + self.delay_ms).or_default();
            coming.push((metric, at, value));
        } else {
            self.keep(metric, at, value);
        }
    }

    fn keep(&mut self, metric: Metric, at: VirtualTime, value: f64) {
        let minute = at.0.div_euclid(MINUTE_MS);
        let values = self.values.entry(metric).or_default();
        let values = values.entry(minute).or_default();
        *values.entry(Recorded(value)).or_default() += 1;
    }

    /// From now on all is seen that is delayed until this moment, and no longer.
    pub fn see_until(&mut self, now: VirtualTime) {
        while let Some(entry) = self.coming.first_entry()
            && *entry.key() <= now
        {
            for (metric, at, value) in entry.remove() {
                self.keep(metric, at, value);
            }
        }
    }

    /// How many values of a metric are seen, whenever they were recorded.
    pub fn values_of(&self, metric: &Metric) -> u64 {
        let minutes = self.values.get(metric).into_iter().flatten();
        minutes.flat_map(|(_, values)| values.values()).sum()
    }

    /// The data point of a metric in the period that ends at `end`; both are whole minutes. `None` where there is no data.
    pub fn data_point(
        &self,
        metric: &Metric,
        statistic: Statistic,
        end: VirtualTime,
        period_ms: i64,
    ) -> Option<f64> {
        let minutes = self.values.get(metric)?;
        let last = end.0.div_euclid(MINUTE_MS);
        let first = (end.0 - period_ms).div_euclid(MINUTE_MS);
        let mut together = Values::new();
        for (value, count) in minutes.range(first..last).flat_map(|(_, values)| values) {
            *together.entry(*value).or_default() += count;
        }
        statistic.of(&together)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statistic_is_what_its_name_says() {
        let mut metrics = Metrics::default();
        let metric = Metric::new("N", "M", &[]);
        for value in [4.0, 1.0, 3.0, 2.0] {
            metrics.record(metric.clone(), VirtualTime::from_seconds(61), value);
        }
        let point = |text| {
            metrics.data_point(
                &metric,
                Statistic::parse(text).unwrap(),
                VirtualTime::from_seconds(120),
                MINUTE_MS,
            )
        };
        assert_eq!(point("SampleCount"), Some(4.0));
        assert_eq!(point("Sum"), Some(10.0));
        assert_eq!(point("Average"), Some(2.5));
        assert_eq!(point("Minimum"), Some(1.0));
        assert_eq!(point("Maximum"), Some(4.0));
        assert_eq!(point("p50"), Some(2.0));
        assert_eq!(point("p99"), Some(4.0));
    }

    #[test]
    fn a_minute_without_values_has_no_data_point() {
        let mut metrics = Metrics::default();
        let metric = Metric::new("N", "M", &[("D", "1")]);
        metrics.record(metric.clone(), VirtualTime::from_seconds(0), 0.0);
        let at = |metric: &Metric, end| {
            metrics.data_point(
                metric,
                Statistic::Sum,
                VirtualTime::from_seconds(end),
                MINUTE_MS,
            )
        };
        assert_eq!(at(&metric, 60), Some(0.0));
        assert_eq!(at(&metric, 120), None);
        assert_eq!(
            at(&Metric::new("N", "M", &[("D", "2")]), 60),
            None,
            "another set of dimensions is another metric"
        );
    }

    #[test]
    fn a_value_that_is_delayed_is_seen_at_its_minute_once_its_delay_is_over() {
        let mut metrics = Metrics::delayed(90_000);
        let metric = Metric::new("N", "M", &[]);
        metrics.record(metric.clone(), VirtualTime::from_seconds(30), 1.0);
        let mut sum = |now, end| {
            metrics.see_until(VirtualTime::from_seconds(now));
            let end = VirtualTime::from_seconds(end);
            metrics.data_point(&metric, Statistic::Sum, end, MINUTE_MS)
        };
        assert_eq!(sum(60, 60), None);
        assert_eq!(sum(119, 60), None);
        assert_eq!(sum(120, 60), Some(1.0));
        assert_eq!(
            sum(120, 120),
            None,
            "it is of the minute in which it happened"
        );
    }

    #[test]
    fn a_statistic_that_is_not_known_is_not_guessed() {
        for text in ["tm90", "p101", "pp", "sum", ""] {
            assert_eq!(Statistic::parse(text), None, "{text}");
        }
    }
}
