//! An alarm's evaluation.

use std::hint::black_box;

use rehearsal_aws::cloudwatch::metric::{Metric, Metrics, Statistic};
use rehearsal_aws::cloudwatch::metric_alarm::{
    Alarm, AlarmState, Comparison, Judgement, MissingData, Watched,
};
use rehearsal_aws::time::VirtualTime;

const MINUTE: i64 = 60_000;

/// Evaluates an alarm of three out of five minutes at each minute of an hour, again and again. Gives how many evaluations it were.
pub fn take(times: u32) -> u64 {
    let metric = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "F")]);
    let mut metrics = Metrics::default();
    for minute in 0..60_i32 {
        for _ in 0..minute % 7 {
            metrics.record(
                metric.clone(),
                VirtualTime(i64::from(minute) * MINUTE),
                f64::from(minute % 2),
            );
        }
    }
    let alarm = Alarm {
        name: "errors".to_owned(),
        logical_id: "Errors".to_owned(),
        watched: Watched::Metric {
            metric,
            statistic: Statistic::Sum,
            period_ms: MINUTE,
        },
        threshold: 2.0,
        comparison: Comparison::GreaterThanOrEqualToThreshold,
        judgement: Judgement {
            evaluation_periods: 5,
            datapoints_to_alarm: 3,
            missing_data: MissingData::NotBreaching,
        },
    };
    let mut state = AlarmState::InsufficientData;
    for turn in 0..i64::from(times) {
        let at = VirtualTime((5 + turn % 55) * MINUTE);
        state = black_box(alarm.evaluate(black_box(&metrics), at, state)).state;
    }
    u64::from(times)
}
