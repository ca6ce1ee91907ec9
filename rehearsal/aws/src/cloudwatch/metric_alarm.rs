//! Data points to alarm state.
//!
//! The rules are `CloudWatch`'s ("Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data" in its
//! user guide); the guide's tables are this module's tests, row by row.

use serde::{Deserialize, Serialize};

use crate::cloudwatch::metric::{Metric, Metrics, Statistic};
use crate::time::{MINUTE_MS, VirtualTime};

/// How many data points an evaluation retrieves beyond `EvaluationPeriods`.
///
/// Assumed: AWS does not publish the size of this *evaluation range*; the examples in its user guide have 5 for 3.
pub const EVALUATION_RANGE_BEYOND: usize = 2;

/// How often an alarm with periods of a minute or more is evaluated (`CloudWatch` user guide, "Alarm evaluation").
pub const EVALUATED_EVERY_MS: i64 = MINUTE_MS;

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

    fn breaches(self, value: f64, threshold: f64) -> bool {
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
        self.evaluation_periods + EVALUATION_RANGE_BEYOND
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

/// A metric alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its name in the account.
    pub name: String,
    /// Its logical id in the template.
    pub logical_id: String,
    /// What it watches.
    pub metric: Metric,
    /// How a period's values become a data point.
    pub statistic: Statistic,
    /// `Period`, in milliseconds; whole minutes.
    pub period_ms: i64,
    /// What a data point is held against.
    pub threshold: f64,
    /// How.
    pub comparison: Comparison,
    /// How data points become a state.
    pub judgement: Judgement,
}

impl Alarm {
    /// The state at a whole minute, from the periods before it.
    pub fn evaluate(&self, metrics: &Metrics, at: VirtualTime, current: AlarmState) -> AlarmState {
        let range = i64::try_from(self.judgement.evaluation_range()).unwrap_or(i64::MAX);
        let points: Vec<_> = (0..range)
            .rev()
            .map(|periods_ago| {
                let end = at + -periods_ago * self.period_ms;
                metrics
                    .data_point(&self.metric, self.statistic, end, self.period_ms)
                    .map(|value| self.comparison.breaches(value, self.threshold))
            })
            .collect();
        self.judgement.state(&points, current)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(text: &str) -> Vec<Option<bool>> {
        text.split(' ')
            .map(|point| match point {
                "0" => Some(false),
                "X" => Some(true),
                "-" => None,
                other => panic!("{other}"),
            })
            .collect()
    }

    /// `None` is "retain current state".
    fn state(text: &str) -> Option<AlarmState> {
        match text {
            "OK" => Some(AlarmState::Ok),
            "ALARM" => Some(AlarmState::Alarm),
            "INS" => Some(AlarmState::InsufficientData),
            "RCS" => None,
            other => panic!("{other}"),
        }
    }

    /// Cells in the order missing, ignore, breaching, notBreaching.
    fn check(datapoints_to_alarm: usize, rows: &[(&str, [&str; 4])]) {
        use MissingData::{Breaching, Ignore, Missing, NotBreaching};
        for (row, cells) in rows {
            for (missing_data, cell) in [Missing, Ignore, Breaching, NotBreaching]
                .into_iter()
                .zip(cells)
            {
                let judgement = Judgement {
                    evaluation_periods: 3,
                    datapoints_to_alarm,
                    missing_data,
                };
                assert_eq!(points(row).len(), judgement.evaluation_range());
                for current in [
                    AlarmState::Ok,
                    AlarmState::Alarm,
                    AlarmState::InsufficientData,
                ] {
                    let expected = state(cell).unwrap_or(current);
                    let got = judgement.state(&points(row), current);
                    assert_eq!(
                        got, expected,
                        "M={datapoints_to_alarm} {row} {missing_data:?} from {current:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_guides_table_for_3_out_of_3_holds_row_by_row() {
        check(
            3,
            &[
                ("0 - X - X", ["OK", "OK", "OK", "OK"]),
                ("0 - - - -", ["OK", "OK", "OK", "OK"]),
                ("- - - - -", ["INS", "RCS", "ALARM", "OK"]),
                ("0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
                ("- - X - -", ["ALARM", "RCS", "ALARM", "OK"]),
            ],
        );
    }

    #[test]
    fn the_guides_table_for_2_out_of_3_holds_row_by_row() {
        check(
            2,
            &[
                ("0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
                ("0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
                ("0 - X - -", ["OK", "OK", "ALARM", "OK"]),
                ("- - - - 0", ["OK", "OK", "ALARM", "OK"]),
                ("- - - X -", ["ALARM", "RCS", "ALARM", "OK"]),
            ],
        );
    }

    #[test]
    fn the_rows_of_the_guides_earlier_edition_hold() {
        check(
            3,
            &[
                ("X - - - -", ["ALARM", "RCS", "ALARM", "OK"]),
                ("- - - - X", ["INS", "RCS", "ALARM", "OK"]),
            ],
        );
        check(2, &[("- - - - X", ["INS", "RCS", "ALARM", "OK"])]);
    }

    #[test]
    fn the_guides_premature_alarm_examples_do_not_alarm() {
        check(3, &[("- - - X -", ["INS", "RCS", "ALARM", "OK"])]);
    }

    #[test]
    fn one_sparse_breaching_point_keeps_a_1_of_1_alarm_while_it_is_in_the_range() {
        let judgement = Judgement {
            evaluation_periods: 1,
            datapoints_to_alarm: 1,
            missing_data: MissingData::NotBreaching,
        };
        assert_eq!(
            judgement.state(&points("X - -"), AlarmState::Alarm),
            AlarmState::Alarm
        );
        assert_eq!(
            judgement.state(&points("- - -"), AlarmState::Alarm),
            AlarmState::Ok
        );
    }

    #[test]
    fn an_alarm_sees_whole_minutes_before_its_evaluation() {
        let metric = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "f")]);
        let alarm = Alarm {
            name: "a".to_owned(),
            logical_id: "A".to_owned(),
            metric: metric.clone(),
            statistic: Statistic::Sum,
            period_ms: MINUTE_MS,
            threshold: 1.0,
            comparison: Comparison::GreaterThanOrEqualToThreshold,
            judgement: Judgement {
                evaluation_periods: 2,
                datapoints_to_alarm: 2,
                missing_data: MissingData::NotBreaching,
            },
        };
        let mut metrics = Metrics::default();
        for second in [70, 130] {
            metrics.record(metric.clone(), VirtualTime::from_seconds(second), 1.0);
        }
        let at =
            |second| alarm.evaluate(&metrics, VirtualTime::from_seconds(second), AlarmState::Ok);
        assert_eq!(
            (at(120), at(180), at(360)),
            (AlarmState::Ok, AlarmState::Alarm, AlarmState::Ok)
        );
    }

    proptest! {
        #[test]
        fn with_enough_real_points_missing_data_treatment_changes_nothing(
            points in proptest::collection::vec(proptest::option::of(any::<bool>()), 5),
            m in 1_usize..=3,
        ) {
            prop_assume!(points.iter().flatten().count() >= 3);
            let states: Vec<_> = [MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching]
                .into_iter()
                .map(|missing_data| Judgement { evaluation_periods: 3, datapoints_to_alarm: m, missing_data }
                    .state(&points, AlarmState::InsufficientData))
                .collect();
            prop_assert!(states.windows(2).all(|pair| pair[0] == pair[1]));
        }

        #[test]
        fn a_breaching_point_more_never_clears_an_alarm_of_not_breaching(
            points in proptest::collection::vec(proptest::option::of(any::<bool>()), 5),
            index in 0_usize..5,
        ) {
            let judgement = Judgement { evaluation_periods: 3, datapoints_to_alarm: 2, missing_data: MissingData::NotBreaching };
            prop_assume!(points[index] == Some(false));
            let mut worse = points.clone();
            worse[index] = Some(true);
            if judgement.state(&points, AlarmState::Ok) == AlarmState::Alarm {
                prop_assert_eq!(judgement.state(&worse, AlarmState::Ok), AlarmState::Alarm);
            }
        }
    }
}
