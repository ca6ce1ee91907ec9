//! Data points to alarm state.
//!
//! The rules are CloudWatch's ("Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data" in its
//! user guide); the guide's tables are this module's tests, row by row. `before_data`: what an alarm saw before all data.

mod before_data;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cloudwatch::math::{Queries, Series};
use crate::cloudwatch::metric::{DataPoints, Metric, Statistic, Wanted};
use crate::time::{MINUTE_MS, VirtualTime};

/// How many data points an evaluation retrieves beyond `EvaluationPeriods`.
///
/// Assumed: AWS does not publish the size of this *evaluation range*; the examples in its user guide have 5 for 3.
pub const EVALUATION_RANGE_BEYOND: usize = 2;

/// How many data points an evaluation retrieves at least.
///
/// Assumed, from what was seen: one bad minute kept a 1-of-1 alarm with periods of a minute in ALARM for five minutes, and one with
/// periods of 30 seconds for two (seek-oss/skuba pull request 1637), which is five periods both times.
pub const EVALUATION_RANGE_AT_LEAST: usize = 5;

/// How often an alarm with periods of a minute or more is evaluated (CloudWatch user guide, "Alarm evaluation").
pub const EVALUATED_EVERY_MS: i64 = MINUTE_MS;

/// How often one is evaluated that looks at more than a day: "If `EvaluationPeriods × Period > 1 day` → evaluated once per hour"
/// (aws/agent-toolkit-for-aws, `aws-observability/references/cloudwatch/alarms.md`). Assumed: at the full hour.
pub const MULTI_DAY_EVALUATED_EVERY_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// An alarm's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    /// Within the threshold.
    Ok,
    /// Beyond it.
    Alarm,
    /// Too little data to tell. It does not stop a deployment.
    InsufficientData,
}

impl fmt::Display for AlarmState {
    /// As CloudWatch writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        })
    }
}

/// `ComparisonOperator`; the data point is the first operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// ≥
    GreaterThanOrEqualToThreshold,
    /// >
    GreaterThanThreshold,
    /// <
    LessThanThreshold,
    /// ≤
    LessThanOrEqualToThreshold,
}

impl Comparison {
    /// Reads `ComparisonOperator`; the three of anomaly detection are not known here.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "GreaterThanOrEqualToThreshold" => Self::GreaterThanOrEqualToThreshold,
            "GreaterThanThreshold" => Self::GreaterThanThreshold,
            "LessThanThreshold" => Self::LessThanThreshold,
            "LessThanOrEqualToThreshold" => Self::LessThanOrEqualToThreshold,
            _ => return None,
        })
    }

    /// A threshold in words: `at or above 1`.
    pub fn describe(self, threshold: f64) -> String {
        let words = match self {
            Self::GreaterThanOrEqualToThreshold => "at or above",
            Self::GreaterThanThreshold => "above",
            Self::LessThanThreshold => "below",
            Self::LessThanOrEqualToThreshold => "at or below",
        };
        format!("{words} {}", short(threshold))
    }

    /// Whether a data point speaks for `ALARM`.
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterThanOrEqualToThreshold => value >= threshold,
            Self::GreaterThanThreshold => value > threshold,
            Self::LessThanThreshold => value < threshold,
            Self::LessThanOrEqualToThreshold => value <= threshold,
        }
    }
}

/// `TreatMissingData`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// Nothing is assumed.
    Missing,
    /// The state is kept.
    Ignore,
    /// As a data point beyond the threshold.
    Breaching,
    /// As a data point within it.
    NotBreaching,
}

impl MissingData {
    /// Reads `TreatMissingData`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "missing" => Self::Missing,
            "ignore" => Self::Ignore,
            "breaching" => Self::Breaching,
            "notBreaching" => Self::NotBreaching,
            _ => return None,
        })
    }
}

/// How an alarm judges its data points: M of the last N, and what stands for a missing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// N: `EvaluationPeriods`.
    pub evaluation_periods: usize,
    /// M: `DatapointsToAlarm`.
    pub datapoints_to_alarm: usize,
    /// `TreatMissingData`.
    pub missing_data: MissingData,
}

impl Judgement {
    /// How many data points an evaluation looks at.
    pub fn evaluation_range(&self) -> usize {
        (self.evaluation_periods + EVALUATION_RANGE_BEYOND).max(EVALUATION_RANGE_AT_LEAST)
    }

    /// The state that these data points mean: oldest first, `Some(true)` breaching, `None` missing.
    ///
    /// With N real points in the range, the N most recent decide, however far back they reach, and `TreatMissingData` is not
    /// used. With fewer, all of them count, and it stands for each that is short of N.
    pub fn state(&self, points: &[Option<bool>], current: AlarmState) -> AlarmState {
        let real: Vec<bool> = points
            .iter()
            .rev()
            .filter_map(|point| *point)
            .take(self.evaluation_periods)
            .collect();
        let breaching = real.iter().filter(|breaches| **breaches).count();
        let short = self.evaluation_periods - real.len();
        let alarm_if = |alarm: bool| {
            if alarm {
                AlarmState::Alarm
            } else {
                AlarmState::Ok
            }
        };

        if short == 0 || breaching >= self.datapoints_to_alarm {
            return alarm_if(breaching >= self.datapoints_to_alarm);
        }
        let within_threshold = breaching < real.len();
        match self.missing_data {
            MissingData::Breaching => alarm_if(breaching + short >= self.datapoints_to_alarm),
            MissingData::NotBreaching => AlarmState::Ok,
            _ if within_threshold => AlarmState::Ok,
            MissingData::Ignore => current,
            MissingData::Missing if self.is_old_enough(points) => AlarmState::Alarm,
            MissingData::Missing => AlarmState::InsufficientData,
        }
    }

    /// The guide's guard against a premature alarm: breaching points alone mean ALARM, although they are fewer than M, once
    /// the oldest of them is at least M periods old. Read literally that contradicts a row of the guide's own second table
    /// (`0 - X - -` with M = 2 is OK), so it is applied only where no point is within the threshold.
    fn is_old_enough(&self, points: &[Option<bool>]) -> bool {
        points
            .iter()
            .position(|point| *point == Some(true))
            .is_some_and(|oldest| points.len() - oldest >= self.datapoints_to_alarm)
    }
}

/// What an alarm computes its data points from.
#[derive(Clone, Debug, PartialEq)]
pub enum Watched {
    /// One metric.
    Metric {
        /// Which.
        metric: Metric,
        /// How a period's values become a data point.
        statistic: Statistic,
        /// `Period`, in milliseconds; whole minutes.
        period_ms: i64,
    },
    /// An expression over several.
    Math(Queries),
}

impl Watched {
    /// The length of a data point in milliseconds.
    pub fn period_ms(&self) -> i64 {
        match self {
            Self::Metric { period_ms, .. } => *period_ms,
            Self::Math(queries) => queries.period_ms(),
        }
    }

    /// The metrics that are needed.
    pub fn metrics(&self) -> Vec<&Metric> {
        match self {
            Self::Metric { metric, .. } => vec![metric],
            Self::Math(queries) => queries.metrics().map(|(_, metric)| metric).collect(),
        }
    }

    /// The data points of the periods before a whole minute, oldest first.
    fn points(&self, from: &dyn DataPoints, at: VirtualTime, points: usize) -> Series {
        match self {
            Self::Metric {
                metric,
                statistic,
                period_ms,
            } => {
                let range = i64::try_from(points).unwrap_or(i64::MAX);
                (0..range)
                    .rev()
                    .map(|ago| {
                        from.find(Wanted {
                            metric,
                            query: 0,
                            statistic: *statistic,
                            end: at + -ago * period_ms,
                            period_ms: *period_ms,
                        })
                    })
                    .collect()
            }
            Self::Math(queries) => queries.points(from, at, points),
        }
    }
}

/// A metric alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its name in the account.
    pub name: String,
    /// Its logical id in the template.
    pub logical_id: String,
    /// What it watches.
    pub watched: Watched,
    /// What a data point is held against.
    pub threshold: f64,
    /// How.
    pub comparison: Comparison,
    /// How data points become a state.
    pub judgement: Judgement,
}

/// What an alarm found at a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Its state from then on.
    pub state: AlarmState,
    /// The newest of its data points; `None` where it is missing.
    pub point: Option<f64>,
    /// Why, in words: "2 of the last 5 points at or above 1: 0, 1, 1, 0, 0".
    pub reason: String,
}

impl Alarm {
    /// The evaluation at a whole minute, from the periods before it.
    pub fn evaluate(
        &self,
        from: &dyn DataPoints,
        at: VirtualTime,
        current: AlarmState,
    ) -> Evaluation {
        if !self.is_evaluated_at(at) {
            return Evaluation {
                state: current,
                point: None,
                reason: "it looks at more than a day, and is evaluated at full hours alone"
                    .to_owned(),
            };
        }
        let mut points = self.points(from, at);
        let point = points.last().copied().flatten();
        let before = self.fill_before(&mut points, from, at);
        if self.waits_for_data(&points, from, at) {
            return Evaluation {
                state: current,
                point,
                reason: format!(
                    "no data is due yet: it is seen {} s after its time",
                    from.delay_ms() / 1_000
                ),
            };
        }
        let mut reason = self.reason(&points);
        if before > 0 {
            let periods = if before == 1 { "one" } else { "those" };
            reason = format!("{reason}; {periods} before all data taken to be as the first");
        }
        Evaluation {
            state: self.state_of(&points, current),
            point,
            reason,
        }
    }

    /// The state that the evaluation finds, without its words.
    pub fn state(&self, from: &dyn DataPoints, at: VirtualTime, current: AlarmState) -> AlarmState {
        if !self.is_evaluated_at(at) {
            return current;
        }
        let mut points = self.points(from, at);
        self.fill_before(&mut points, from, at);
        if self.waits_for_data(&points, from, at) {
            return current;
        }
        self.state_of(&points, current)
    }

    /// Whether CloudWatch evaluates it at this minute.
    fn is_evaluated_at(&self, at: VirtualTime) -> bool {
        !self.is_multi_day() || at.0 % MULTI_DAY_EVALUATED_EVERY_MS == 0
    }

    /// Whether it looks at more than a day, so that it is evaluated every [`MULTI_DAY_EVALUATED_EVERY_MS`].
    pub fn is_multi_day(&self) -> bool {
        let periods = i64::try_from(self.judgement.evaluation_periods).unwrap_or(i64::MAX);
        self.watched.period_ms().saturating_mul(periods) > DAY_MS
    }

    fn points(&self, from: &dyn DataPoints, at: VirtualTime) -> Series {
        let range = self.judgement.evaluation_range();
        let mut points = self.watched.points(from, at, range);
        self.complete(&mut points, from, at);
        points
    }

    fn state_of(&self, points: &[Option<f64>], current: AlarmState) -> AlarmState {
        let breaches: Vec<_> = points
            .iter()
            .map(|point| point.map(|value| self.comparison.breaches(value, self.threshold)))
            .collect();
        self.judgement.state(&breaches, current)
    }

    /// The points that decided, in words. With fewer real points than periods they are all shown, the missing ones as `-`.
    fn reason(&self, points: &[Option<f64>]) -> String {
        let periods = self.judgement.evaluation_periods;
        let mut real: Vec<f64> = points
            .iter()
            .rev()
            .flatten()
            .copied()
            .take(periods)
            .collect();
        real.reverse();
        let breaching = real
            .iter()
            .filter(|value| self.comparison.breaches(**value, self.threshold))
            .count();
        let missing = periods - real.len();
        let shown: Vec<String> = if missing == 0 {
            real.into_iter().map(short).collect()
        } else if real.is_empty() {
            return format!(
                "no data in the last {} periods{}",
                points.len(),
                self.counted()
            );
        } else {
            let shown = points
                .iter()
                .map(|point| point.map_or("-".to_owned(), short));
            shown.collect()
        };
        let held = self.comparison.describe(self.threshold);
        let shown = shown.join(", ");
        let reason = match (periods, breaching) {
            (1, 0) => format!("the last point is not {held}: {shown}"),
            (1, _) => format!("the last point is {held}: {shown}"),
            _ => format!("{breaching} of the last {periods} points {held}: {shown}"),
        };
        if missing == 0 {
            return reason;
        }
        format!("{reason}; {missing} missing{}", self.counted())
    }

    fn counted(&self) -> &'static str {
        match self.judgement.missing_data {
            MissingData::Missing => "",
            MissingData::Ignore => ", which are passed over",
            MissingData::Breaching => ", counted as breaching",
            MissingData::NotBreaching => ", counted as not breaching",
        }
    }
}

/// A number with four decimal places at most.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
