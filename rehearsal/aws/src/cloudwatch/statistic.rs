//! What a statistic makes of the values of a period.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the values of a period become one data point (CloudWatch user guide, "Statistics").
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

    /// Whether it is one of `ExtendedStatistic`, and not of `Statistic` (CloudWatch API, `PutMetricAlarm`): each takes its own alone.
    pub fn is_extended(self) -> bool {
        matches!(self, Self::Percentile(_))
    }

    /// The data point of these values, each with how often it was recorded: the smallest first, none with a count of 0. `None` when
    /// there are none.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are far below 2^53 and ranks are within them"
    )]
    pub fn of(self, mut values: impl Iterator<Item = (f64, u64)> + Clone) -> Option<f64> {
        let all: u64 = values.clone().map(|(_, count)| count).sum();
        if all == 0 {
            return None;
        }
        let sum = |values: &mut dyn Iterator<Item = (f64, u64)>| {
            values
                .map(|(value, count)| value * count as f64)
                .sum::<f64>()
        };
        Some(match self {
            Self::SampleCount => all as f64,
            Self::Sum => sum(&mut values),
            Self::Average => sum(&mut values) / all as f64,
            Self::Minimum => values.next()?.0,
            Self::Maximum => values.last()?.0,
            Self::Percentile(share) => {
                let rank = ((share * all as f64).ceil() as u64).clamp(1, all);
                let mut below = 0;
                let mut at_rank = values.filter(|(_, count)| {
                    below += count;
                    below >= rank
                });
                at_rank.next()?.0
            }
        })
    }

    /// The data point of a period. A percentile of statistic sets is not known: CloudWatch has none of them (CloudWatch API,
    /// `PutMetricData`).
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(super) fn of_recorded(self, period: &Recorded) -> Option<f64> {
        let Recorded { values, sets } = period;
        let values = values.iter().map(|(value, count)| (value.0, *count));
        if sets.is_empty() {
            return self.of(values);
        }
        let single: u64 = values.clone().map(|(_, count)| count).sum();
        let all = single as f64 + sets.iter().map(|set| set.sample_count).sum::<f64>();
        let sum = || {
            let of_values = values.clone().map(|(value, count)| value * count as f64);
            of_values.chain(sets.iter().map(|set| set.sum)).sum::<f64>()
        };
        let values_then = |of_sets: fn(&StatisticSet) -> f64| {
            let values = values.clone().map(|(value, _)| value);
            values.chain(sets.iter().map(of_sets))
        };
        match self {
            Self::SampleCount => Some(all),
            Self::Sum => Some(sum()),
            Self::Average => Some(sum() / all),
            Self::Minimum => values_then(|set| set.minimum).min_by(f64::total_cmp),
            Self::Maximum => values_then(|set| set.maximum).max_by(f64::total_cmp),
            Self::Percentile(_) => None,
        }
    }
}

/// Values of which only their statistics are known (CloudWatch API, `StatisticSet`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatisticSet {
    /// How many values.
    pub sample_count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
}

/// What is recorded at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sample {
    /// A value, so many times.
    Value(f64, u64),
    Set(StatisticSet),
}

/// A recorded value, in the order of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(pub(super) f64);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// What was recorded of a period.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorded {
    /// How often each value was. Invocations have few different ones, so that a million take no more room than a hundred.
    pub(super) values: BTreeMap<Number, u64>,
    pub(super) sets: Vec<StatisticSet>,
}

impl Recorded {
    pub(super) fn add(&mut self, sample: Sample) {
        match sample {
            Sample::Value(value, count) => *self.values.entry(Number(value)).or_default() += count,
            Sample::Set(set) => self.sets.push(set),
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (value, count) in &other.values {
            *self.values.entry(*value).or_default() += count;
        }
        self.sets.extend(&other.sets);
    }
}
