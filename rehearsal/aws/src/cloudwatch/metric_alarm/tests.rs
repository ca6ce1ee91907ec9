use proptest::prelude::*;

use super::*;
use crate::cloudwatch::metric::Metrics;

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
fn as_many_breaching_points_as_it_takes_are_an_alarm_whatever_stands_for_the_missing_ones() {
    check(
        2,
        &[("- - - X X", ["ALARM"; 4]), ("X - - - X", ["ALARM"; 4])],
    );
    check(1, &[("- - X - -", ["ALARM"; 4])]);
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
fn each_operator_says_whether_a_point_below_at_and_above_the_threshold_breaches() {
    use Comparison::{
        GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanOrEqualToThreshold,
        LessThanThreshold,
    };
    for (operator, expected) in [
        (GreaterThanOrEqualToThreshold, [false, true, true]),
        (GreaterThanThreshold, [false, false, true]),
        (LessThanThreshold, [true, false, false]),
        (LessThanOrEqualToThreshold, [true, true, false]),
    ] {
        let breaches = [4.0, 5.0, 6.0].map(|value| operator.breaches(value, 5.0));
        assert_eq!(breaches, expected, "{operator:?}");
    }
}

#[test]
fn operators_and_treatments_are_read_by_the_names_that_they_are_written_with() {
    for operator in [
        Comparison::GreaterThanOrEqualToThreshold,
        Comparison::GreaterThanThreshold,
        Comparison::LessThanThreshold,
        Comparison::LessThanOrEqualToThreshold,
    ] {
        let name = serde_json::to_value(operator).unwrap();
        assert_eq!(Comparison::parse(name.as_str().unwrap()), Some(operator));
    }
    for treatment in [
        MissingData::Missing,
        MissingData::Ignore,
        MissingData::Breaching,
        MissingData::NotBreaching,
    ] {
        let name = serde_json::to_value(treatment).unwrap();
        assert_eq!(MissingData::parse(name.as_str().unwrap()), Some(treatment));
    }
    assert_eq!(Comparison::parse("LessThanLowerThreshold"), None);
    assert_eq!(MissingData::parse("notbreaching"), None);
}

/// An alarm on the sum of a metric's minutes, at or above one.
fn on_errors(metric: &Metric, judgement: Judgement) -> Alarm {
    Alarm {
        name: "a".to_owned(),
        logical_id: "A".to_owned(),
        watched: Watched::Metric {
            metric: metric.clone(),
            statistic: Statistic::Sum,
            period_ms: MINUTE_MS,
        },
        threshold: 1.0,
        comparison: Comparison::GreaterThanOrEqualToThreshold,
        judgement,
    }
}

#[test]
fn an_alarm_sees_whole_minutes_before_its_evaluation() {
    let metric = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "f")]);
    let alarm = on_errors(
        &metric,
        Judgement {
            evaluation_periods: 2,
            datapoints_to_alarm: 2,
            missing_data: MissingData::NotBreaching,
        },
    );
    let mut metrics = Metrics::default();
    for second in [70, 130] {
        metrics.record(metric.clone(), VirtualTime::from_seconds(second), 1.0);
    }
    let at = |second| {
        alarm
            .evaluate(&metrics, VirtualTime::from_seconds(second), AlarmState::Ok)
            .state
    };
    assert_eq!(
        (at(120), at(180), at(420)),
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

#[test]
fn a_1_of_1_alarm_is_blocked_for_five_minutes_by_one_bad_minute() {
    let judgement = Judgement {
        evaluation_periods: 1,
        datapoints_to_alarm: 1,
        missing_data: MissingData::NotBreaching,
    };
    assert_eq!(judgement.evaluation_range(), 5);
}

/// An alarm on errors, 2 of 3 minutes, that counts missing minutes as breaching, as it is at a second with these data: seconds, values.
fn of_breaching(data: &[(i64, f64)], steady_until: i64, second: i64) -> Evaluation {
    let metric = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "f")]);
    let alarm = on_errors(
        &metric,
        Judgement {
            evaluation_periods: 3,
            datapoints_to_alarm: 2,
            missing_data: MissingData::Breaching,
        },
    );
    let mut metrics = Metrics::default().steady_until(VirtualTime::from_seconds(steady_until));
    for (at, value) in data {
        metrics.record(metric.clone(), VirtualTime::from_seconds(*at), *value);
    }
    alarm.evaluate(&metrics, VirtualTime::from_seconds(second), AlarmState::Ok)
}

#[test]
fn periods_before_all_data_are_no_missing_data_to_an_alarm_that_has_long_existed() {
    let first = of_breaching(&[(5, 0.0)], 60, 60);
    assert_eq!(first.state, AlarmState::Ok);
    assert_eq!(
        first.reason,
        "0 of the last 3 points at or above 1: 0, 0, 0; those before all data taken to be as the first"
    );
    assert_eq!(first.point, Some(0.0));
    // What fails in the first minute has failed before, too.
    assert_eq!(of_breaching(&[(5, 2.0)], 60, 60).state, AlarmState::Alarm);
    // The last that is as the first ended as the data began.
    let fourth = of_breaching(&[(5, 0.0)], 60, 240);
    assert_eq!(fourth.state, AlarmState::Ok);
    assert_eq!(
        fourth.reason,
        "0 of the last 3 points at or above 1: 0, 0, -, -, -; 1 missing, counted as breaching; one before all data taken to be as the first"
    );
    // What then fails to come is missing, as before.
    assert_eq!(of_breaching(&[(5, 0.0)], 60, 360).state, AlarmState::Alarm);
}

#[test]
fn a_metric_that_has_no_data_in_the_first_minute_had_none_before() {
    // Of a version that is published later, say.
    assert_eq!(of_breaching(&[], 60, 60).state, AlarmState::Alarm);
    assert_eq!(of_breaching(&[(65, 0.0)], 60, 120).state, AlarmState::Alarm);
}

#[test]
fn data_that_are_seen_late_are_not_missing_before_they_can_be_seen() {
    let metric = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "f")]);
    let alarm = on_errors(
        &metric,
        Judgement {
            evaluation_periods: 1,
            datapoints_to_alarm: 1,
            missing_data: MissingData::Breaching,
        },
    );
    let at = VirtualTime::from_seconds;
    let mut metrics = Metrics::delayed(90_000).steady_until(at(180));
    metrics.record(metric.clone(), at(5), 0.0);
    let mut evaluate = |second| {
        metrics.see_until(at(second));
        alarm.evaluate(&metrics, at(second), AlarmState::InsufficientData)
    };
    let first = evaluate(60);
    assert_eq!(first.state, AlarmState::InsufficientData);
    assert_eq!(
        first.reason,
        "no data is due yet: it is seen 90 s after its time"
    );
    assert_eq!(evaluate(120).state, AlarmState::Ok);
    // What then fails to come is missing.
    assert_eq!(evaluate(360).state, AlarmState::Alarm);
}

#[test]
fn where_everything_changes_at_once_the_first_minute_says_nothing_of_before() {
    assert_eq!(of_breaching(&[(5, 0.0)], 0, 60).state, AlarmState::Alarm);
}

/// An alarm on one point that counts a missing one as breaching, of periods of so many minutes, without any data, which would be seen 90 s late:
/// its state at a second.
fn without_data(minutes: i64, steady_until: i64, second: i64) -> AlarmState {
    let mut alarm = on_errors(
        &Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "f")]),
        Judgement {
            evaluation_periods: 1,
            datapoints_to_alarm: 1,
            missing_data: MissingData::Breaching,
        },
    );
    if let Watched::Metric { period_ms, .. } = &mut alarm.watched {
        *period_ms = minutes * MINUTE_MS;
    }
    let at = VirtualTime::from_seconds;
    let mut metrics = Metrics::delayed(90_000).steady_until(at(steady_until));
    metrics.see_until(at(second));
    alarm.state(&metrics, at(second), AlarmState::InsufficientData)
}

#[test]
fn no_data_are_missing_once_those_of_the_first_period_could_be_seen() {
    for second in [60, 120] {
        assert_eq!(
            without_data(1, 180, second),
            AlarmState::InsufficientData,
            "{second}"
        );
    }
    assert_eq!(without_data(1, 180, 180), AlarmState::Alarm);
    // The first period that ends is a part of one: that of five minutes which ends at the first.
    assert_eq!(without_data(5, 600, 300), AlarmState::InsufficientData);
    assert_eq!(without_data(5, 600, 360), AlarmState::Alarm);
    // Of what is new nothing was there before.
    assert_eq!(without_data(1, 0, 60), AlarmState::Alarm);
}

#[test]
fn nothing_is_taken_to_have_been_before_all_data_where_missing_data_breach_nothing() {
    let metric = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "f")]);
    let at = VirtualTime::from_seconds;
    let mut metrics = Metrics::default().steady_until(at(60));
    metrics.record(metric.clone(), at(5), 2.0);
    let alarm = on_errors(
        &metric,
        Judgement {
            evaluation_periods: 3,
            datapoints_to_alarm: 2,
            missing_data: MissingData::NotBreaching,
        },
    );
    assert_eq!(
        alarm.evaluate(&metrics, at(60), AlarmState::Ok).reason,
        "1 of the last 3 points at or above 1: -, -, -, -, 2; 2 missing, counted as not breaching"
    );
}

#[test]
fn a_reason_says_which_points_decided() {
    let metric = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "f")]);
    let alarm = |missing_data| Alarm {
        name: "a".to_owned(),
        logical_id: "A".to_owned(),
        watched: Watched::Metric {
            metric: metric.clone(),
            statistic: Statistic::Average,
            period_ms: MINUTE_MS,
        },
        threshold: 0.5,
        comparison: Comparison::GreaterThanThreshold,
        judgement: Judgement {
            evaluation_periods: 3,
            datapoints_to_alarm: 2,
            missing_data,
        },
    };
    let mut metrics = Metrics::default();
    for (second, value) in [(65, 1.0), (130, 0.0), (135, 2.0 / 3.0), (200, 1.0)] {
        metrics.record(metric.clone(), VirtualTime::from_seconds(second), value);
    }
    let reason = |missing_data, second| {
        let evaluation = alarm(missing_data).evaluate(
            &metrics,
            VirtualTime::from_seconds(second),
            AlarmState::Ok,
        );
        (evaluation.state, evaluation.reason)
    };
    assert_eq!(
        reason(MissingData::NotBreaching, 240),
        (
            AlarmState::Alarm,
            "2 of the last 3 points above 0.5: 1, 0.3333, 1".to_owned()
        )
    );
    assert_eq!(
        reason(MissingData::NotBreaching, 120),
        (
            AlarmState::Ok,
            "1 of the last 3 points above 0.5: -, -, -, -, 1; 2 missing, counted as not breaching"
                .to_owned()
        )
    );
    assert_eq!(
        reason(MissingData::Breaching, 60),
        (
            AlarmState::Alarm,
            "no data in the last 5 periods, counted as breaching".to_owned()
        )
    );
}

#[test]
fn a_reason_of_one_point_needs_no_count() {
    let metric = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "f")]);
    let alarm = on_errors(
        &metric,
        Judgement {
            evaluation_periods: 1,
            datapoints_to_alarm: 1,
            missing_data: MissingData::NotBreaching,
        },
    );
    let at = VirtualTime::from_seconds;
    let mut metrics = Metrics::default();
    metrics.record(metric.clone(), at(5), 0.0);
    metrics.record(metric.clone(), at(65), 2.0);
    let reason = |second| alarm.evaluate(&metrics, at(second), AlarmState::Ok).reason;
    assert_eq!(reason(60), "the last point is not at or above 1: 0");
    assert_eq!(reason(120), "the last point is at or above 1: 2");
}

#[test]
fn an_alarm_that_looks_at_more_than_a_day_keeps_its_state_between_full_hours() {
    let metric = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "f")]);
    let at = VirtualTime::from_seconds;
    let mut metrics = Metrics::default();
    metrics.record(metric.clone(), at(5), 2.0);
    for (periods, expected) in [(24, AlarmState::Alarm), (25, AlarmState::Ok)] {
        let mut alarm = on_errors(
            &metric,
            Judgement {
                evaluation_periods: periods,
                datapoints_to_alarm: 1,
                missing_data: MissingData::NotBreaching,
            },
        );
        if let Watched::Metric { period_ms, .. } = &mut alarm.watched {
            *period_ms = 3_600_000;
        }
        assert_eq!(alarm.state(&metrics, at(60), AlarmState::Ok), expected);
        let found = alarm.evaluate(&metrics, at(60), AlarmState::Ok);
        assert_eq!(found.state, expected, "{}", found.reason);
        assert_eq!(
            alarm.state(&metrics, at(3_600), AlarmState::Ok),
            AlarmState::Alarm
        );
    }
}
