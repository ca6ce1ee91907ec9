//! What an alarm that has long existed saw before all data begin.

use super::{Alarm, Comparison, MissingData, Watched};
use crate::cloudwatch::metric::{DataPoints, Statistic, Wanted};
use crate::time::VirtualTime;

impl Alarm {
    /// Whether nothing can be seen yet, for data are seen later than they happen and all of them are too young, where `TreatMissingData` would
    /// count that as breaching. An alarm that has existed for long looks at the data before those, and finds what it found.
    pub(super) fn waits_for_data(
        &self,
        points: &[Option<f64>],
        from: &dyn DataPoints,
        at: VirtualTime,
    ) -> bool {
        let was_before = from
            .steady_until()
            .is_some_and(|steady| steady > VirtualTime::ZERO);
        let first_end = (at.0 - 1).rem_euclid(self.watched.period_ms()) + 1;
        was_before
            && self.judgement.missing_data == MissingData::Breaching
            && points.iter().all(Option::is_none)
            && at.0 - from.delay_ms() < first_end
    }

    /// Fills the periods that ended before all data begin, where `TreatMissingData` would count them as breaching, and gives how many.
    ///
    /// An alarm that has existed for long has seen them, and a data point is missing to it only where none came ("Missing data points are
    /// filled in only if there are too few in the evaluation range": CloudWatch user guide, "How alarm state is evaluated when data is
    /// missing"). Assumed: they were as the first period is that is not before all data, data or none, where that began before anything
    /// changed.
    pub(super) fn fill_before(
        &self,
        points: &mut [Option<f64>],
        from: &dyn DataPoints,
        at: VirtualTime,
    ) -> usize {
        let Some(steady) = from.steady_until() else {
            return 0;
        };
        if self.judgement.missing_data != MissingData::Breaching || steady <= VirtualTime::ZERO {
            return 0;
        }
        let period_ms = self.watched.period_ms();
        let periods = i64::try_from(points.len()).unwrap_or(i64::MAX);
        // The end of the oldest period is that many periods after the beginning of all data, or before it.
        let oldest_end = (at + -(periods - 1) * period_ms).0;
        let before = if oldest_end > 0 {
            0
        } else {
            usize::try_from(-oldest_end / period_ms + 1).unwrap_or(usize::MAX)
        };
        // The first that is not before began at the beginning of all data at the latest, so before anything changed.
        let Some(Some(first)) = points.get(before).copied() else {
            return 0;
        };
        points[..before].fill(Some(first));
        before
    }

    /// Completes the period in which all data begin, where an alarm fires on little of something: a part of it is not all.
    ///
    /// Assumed: before all data as much came as until anything changed. Where an alarm fires on much, a part breaches no more than all of
    /// it would.
    #[expect(clippy::cast_precision_loss, reason = "a week has fewer than 2^53 ms")]
    pub(super) fn complete(
        &self,
        points: &mut [Option<f64>],
        from: &dyn DataPoints,
        at: VirtualTime,
    ) {
        let Watched::Metric {
            metric,
            statistic: statistic @ (Statistic::Sum | Statistic::SampleCount),
            period_ms,
        } = &self.watched
        else {
            return;
        };
        let is_on_little = matches!(
            self.comparison,
            Comparison::LessThanThreshold | Comparison::LessThanOrEqualToThreshold
        );
        let steady = from.steady_until().filter(|_| is_on_little);
        let Some(steady) = steady.filter(|steady| *steady > VirtualTime::ZERO) else {
            return;
        };
        // The end of that period, and how many end later.
        let end = (at.0 - 1).rem_euclid(*period_ms) + 1;
        let later = usize::try_from((at.0 - end) / period_ms).ok();
        let later = later.and_then(|later| later.checked_add(1));
        let place = later.and_then(|later| points.len().checked_sub(later));
        let Some(Some(point)) = place.and_then(|place| points.get_mut(place)) else {
            return;
        };
        let known = end.min(steady.0);
        let came = from.find(Wanted {
            metric,
            query: 0,
            statistic: *statistic,
            end: VirtualTime(known),
            period_ms: known,
        });
        *point += came.unwrap_or_default() * (period_ms - end) as f64 / known as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudwatch::metric::{Metric, Metrics};
    use crate::cloudwatch::metric_alarm::{AlarmState, Judgement};
    use crate::time::MINUTE_MS;

    /// The states, minute by minute, of an alarm on invocations in five minutes that are fewer, or no fewer, than a hundred, where as many
    /// come in each minute, and two minutes are before the update.
    fn states(comparison: Comparison, each_minute: &[u64]) -> Vec<AlarmState> {
        let metric = Metric::new("AWS/Lambda", "Invocations", &[]);
        let alarm = Alarm {
            name: "a".to_owned(),
            logical_id: "A".to_owned(),
            watched: Watched::Metric {
                metric: metric.clone(),
                statistic: Statistic::Sum,
                period_ms: 5 * MINUTE_MS,
            },
            threshold: 100.0,
            comparison,
            judgement: Judgement {
                evaluation_periods: 1,
                datapoints_to_alarm: 1,
                missing_data: MissingData::Breaching,
            },
        };
        let mut metrics = Metrics::default().steady_until(VirtualTime(2 * MINUTE_MS));
        let mut states = Vec::new();
        let mut at = VirtualTime::ZERO;
        // Before all data nothing is seen, and nothing is completed.
        assert_eq!(alarm.state(&metrics, at, AlarmState::Ok), AlarmState::Ok);
        for count in each_minute {
            metrics.record_times(metric.clone(), at, 1.0, *count);
            at = at + MINUTE_MS;
            let found = alarm.evaluate(&metrics, at, AlarmState::Ok);
            assert_eq!(
                found.state,
                alarm.state(&metrics, at, AlarmState::Ok),
                "{}",
                found.reason
            );
            states.push(found.state);
        }
        states
    }

    #[test]
    fn a_part_of_a_period_is_not_little_where_as_much_came_before_it() {
        use AlarmState::{Alarm, Ok};
        let few = Comparison::LessThanThreshold;
        assert_eq!(states(few, &[30; 7]), [Ok; 7]);
        assert_eq!(states(few, &[15; 7]), [Alarm; 7]);
        // What the update changes counts as it is: 30 a minute for two, and then nothing.
        assert_eq!(
            states(few, &[30, 30, 0, 0, 0, 0]),
            [Ok, Ok, Ok, Alarm, Alarm, Alarm]
        );
        // An alarm on much sees the part alone.
        let many = Comparison::GreaterThanOrEqualToThreshold;
        assert_eq!(states(many, &[30; 5]), [Ok, Ok, Ok, Alarm, Alarm]);
    }
}
