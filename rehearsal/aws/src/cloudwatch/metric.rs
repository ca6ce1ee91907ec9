//! Data points as CloudWatch keeps them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;
use std::sync::Arc;

use super::statistic::{Recorded, Sample};
use crate::time::{MINUTE_MS, VirtualTime};

pub use super::statistic::{Statistic, StatisticSet};

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

/// A data point that an alarm asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Of which metric.
    pub metric: &'a Metric,
    /// Where that stands among the alarm's queries; 0 of an alarm on a single metric.
    pub query: usize,
    /// How the values of the period become a data point.
    pub statistic: Statistic,
    /// The end of the period, a whole minute.
    pub end: VirtualTime,
    /// The period's length, whole minutes in milliseconds.
    pub period_ms: i64,
}

/// Where alarms find their data points.
pub trait DataPoints {
    /// A data point; `None` where there is no data.
    fn find(&self, wanted: Wanted<'_>) -> Option<f64>;

    /// The moment until which all was as it had long been before these data points begin, at [`VirtualTime::ZERO`]; `None` where nothing is
    /// known of what was before.
    fn steady_until(&self) -> Option<VirtualTime> {
        None
    }

    /// How long after its time a value is seen, in milliseconds.
    fn delay_ms(&self) -> i64 {
        0
    }
}

/// What was recorded of a metric, by the minute of the clock in which they were recorded.
type Minutes = BTreeMap<i64, Recorded>;

/// Where a metric stands among [`Metrics::series`].
type Series = usize;

/// All data points of a rehearsal, in minutes of the clock.
///
/// An invocation alone has a dozen metrics, and alarms watch few of them. Which they are is found once for each
/// [sender](Self::record_each), so that a request costs their numbers and not their names.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    series: Vec<Minutes>,
    numbers: HashMap<Metric, Series>,
    /// The metrics that are kept; all of them where this is `None`.
    watched: Option<HashSet<Metric>>,
    /// The metrics of each sender that are kept, by its parts, each with the place of its value.
    senders: HashMap<String, Arc<[(Series, usize)]>>,
    /// The parts of the last sender, put together.
    sender: String,
    /// How long after its time a value is seen, in milliseconds.
    delay_ms: i64,
    /// What is not seen yet, by the moment at which it will be.
    coming: BTreeMap<VirtualTime, Vec<(Series, VirtualTime, Sample)>>,
    /// See [`DataPoints::steady_until`].
    steady_until: Option<VirtualTime>,
}

impl Metrics {
    /// Metrics whose values are seen so many milliseconds after their times.
    pub fn delayed(delay_ms: i64) -> Self {
        Self {
            delay_ms,
            ..Self::default()
        }
    }

    /// Until this moment all is as it had long been before the first data point.
    #[must_use]
    pub fn steady_until(mut self, moment: VirtualTime) -> Self {
        self.steady_until = Some(moment);
        self
    }

    /// From now on only these metrics are kept, or all of them. What was recorded before stays.
    pub fn watch(&mut self, watched: Option<HashSet<Metric>>) {
        self.watched = watched;
        self.senders.clear();
    }

    /// Records a value at its time. For Lambda that is the invocation's *start*
    /// (Lambda developer guide, "Viewing metrics for Lambda functions").
    pub fn record(&mut self, metric: Metric, at: VirtualTime, value: f64) {
        self.take(metric, at, Sample::Value(value, 1));
    }

    /// Records a value so many times.
    pub fn record_times(&mut self, metric: Metric, at: VirtualTime, value: f64, times: u64) {
        if times > 0 {
            self.take(metric, at, Sample::Value(value, times));
        }
    }

    /// Records values of which only their statistics are known.
    pub fn record_set(&mut self, metric: Metric, at: VirtualTime, set: StatisticSet) {
        self.take(metric, at, Sample::Set(set));
    }

    /// Records values by name, under each of the sender's sets of dimensions, which `each_set` hands over. The sets, and that the names
    /// are these, belong to the sender: both are looked at with its first values alone.
    pub fn record_each(
        &mut self,
        namespace: &str,
        sender: &[&str],
        at: VirtualTime,
        values: &[(&str, f64)],
        each_set: impl FnOnce(&mut dyn FnMut(&[(&str, &str)])),
    ) {
        self.sender.clear();
        for part in sender {
            // Text takes what is written to it.
            let _ = write!(self.sender, "{part}\0");
        }
        let kept = if let Some(known) = self.senders.get(&self.sender) {
            Arc::clone(known)
        } else {
            let mut kept = Vec::new();
            each_set(&mut |dimensions| {
                for (place, (name, _)) in values.iter().enumerate() {
                    let series = self.series_of(Metric::new(namespace, name, dimensions));
                    kept.extend(series.map(|series| (series, place)));
                }
            });
            let kept: Arc<[(Series, usize)]> = kept.into();
            self.senders.insert(self.sender.clone(), Arc::clone(&kept));
            kept
        };
        for (series, place) in &*kept {
            let (_, value) = values[*place];
            self.take_in(*series, at, Sample::Value(value, 1));
        }
    }

    /// Where a metric stands; `None` for one that no one watches.
    fn series_of(&mut self, metric: Metric) -> Option<Series> {
        let is_watched = |watched: &HashSet<Metric>| watched.contains(&metric);
        if !self.watched.as_ref().is_none_or(is_watched) {
            return None;
        }
        let next = self.series.len();
        let series = *self.numbers.entry(metric).or_insert(next);
        if series == next {
            self.series.push(Minutes::new());
        }
        Some(series)
    }

    fn take(&mut self, metric: Metric, at: VirtualTime, sample: Sample) {
        if let Some(series) = self.series_of(metric) {
            self.take_in(series, at, sample);
        }
    }

    fn take_in(&mut self, series: Series, at: VirtualTime, sample: Sample) {
        if self.delay_ms > 0 {
            let coming = self.coming.entry(at + self.delay_ms).or_default();
            coming.push((series, at, sample));
        } else {
            self.keep(series, at, sample);
        }
    }

    fn keep(&mut self, series: Series, at: VirtualTime, sample: Sample) {
        let minute = at.0.div_euclid(MINUTE_MS);
        self.series[series].entry(minute).or_default().add(sample);
    }

    /// From now on all is seen that is delayed until this moment, and no longer.
    pub fn see_until(&mut self, now: VirtualTime) {
        while let Some(entry) = self.coming.first_entry()
            && *entry.key() <= now
        {
            for (series, at, sample) in entry.remove() {
                self.keep(series, at, sample);
            }
        }
    }

    fn minutes(&self, metric: &Metric) -> Option<&Minutes> {
        self.numbers.get(metric).map(|series| &self.series[*series])
    }

    /// How many values of a metric are seen, whenever they were recorded; a statistic set counts as one.
    pub fn values_of(&self, metric: &Metric) -> u64 {
        let minutes = self.minutes(metric).into_iter().flatten();
        minutes
            .map(|(_, recorded)| {
                let sets = u64::try_from(recorded.sets.len()).unwrap_or(u64::MAX);
                recorded.values.values().sum::<u64>() + sets
            })
            .sum()
    }

    /// The values of a metric that are seen, whenever they were recorded, each with how often: the smallest first. Statistic sets have
    /// none.
    pub fn counted(&self, metric: &Metric) -> Vec<(f64, u64)> {
        let mut together = Recorded::default();
        for recorded in self.minutes(metric).into_iter().flat_map(BTreeMap::values) {
            together.join(recorded);
        }
        let values = together.values.into_iter();
        values.map(|(value, count)| (value.0, count)).collect()
    }

    /// The data point of a metric in the period that ends at `end`; both are whole minutes. `None` where there is no data.
    pub fn data_point(
        &self,
        metric: &Metric,
        statistic: Statistic,
        end: VirtualTime,
        period_ms: i64,
    ) -> Option<f64> {
        let minutes = self.minutes(metric)?;
        let last = end.0.div_euclid(MINUTE_MS);
        let first = (end.0 - period_ms).div_euclid(MINUTE_MS);
        if first + 1 == last {
            return statistic.of_recorded(minutes.get(&first)?);
        }
        let mut together = Recorded::default();
        for (_, recorded) in minutes.range(first..last) {
            together.join(recorded);
        }
        statistic.of_recorded(&together)
    }
}

impl DataPoints for Metrics {
    fn find(&self, wanted: Wanted<'_>) -> Option<f64> {
        let Wanted {
            metric, statistic, ..
        } = wanted;
        self.data_point(metric, statistic, wanted.end, wanted.period_ms)
    }

    fn steady_until(&self) -> Option<VirtualTime> {
        self.steady_until
    }

    fn delay_ms(&self) -> i64 {
        self.delay_ms
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
    fn statistic_sets_count_with_values_and_have_no_percentile() {
        let mut metrics = Metrics::default();
        let metric = Metric::new("N", "M", &[]);
        let set = StatisticSet {
            sample_count: 4.0,
            sum: 20.0,
            minimum: -1.0,
            maximum: 9.0,
        };
        metrics.record_set(metric.clone(), VirtualTime::ZERO, set);
        metrics.record_times(metric.clone(), VirtualTime::ZERO, 5.0, 2);
        let point = |text| {
            let statistic = Statistic::parse(text).unwrap();
            metrics.data_point(&metric, statistic, VirtualTime::from_seconds(60), MINUTE_MS)
        };
        assert_eq!(point("SampleCount"), Some(6.0));
        assert_eq!(point("Sum"), Some(30.0));
        assert_eq!(point("Average"), Some(5.0));
        assert_eq!(point("Minimum"), Some(-1.0));
        assert_eq!(point("Maximum"), Some(9.0));
        assert_eq!(point("p50"), None);
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
    fn only_what_is_watched_is_kept_and_what_was_kept_stays() {
        let mut metrics = Metrics::default();
        let [watched, other] = ["A", "B"].map(|name| Metric::new("N", name, &[("D", "1")]));
        let send = |metrics: &mut Metrics| {
            let values = [("A", 1.0), ("B", 2.0)];
            metrics.record_each("N", &["sender"], VirtualTime::ZERO, &values, |record| {
                record(&[("D", "1")]);
            });
        };
        send(&mut metrics);
        metrics.watch(Some(HashSet::from([watched.clone()])));
        send(&mut metrics);
        metrics.record(other.clone(), VirtualTime::ZERO, 2.0);
        assert_eq!(
            (metrics.values_of(&watched), metrics.values_of(&other)),
            (2, 1)
        );
        metrics.watch(None);
        send(&mut metrics);
        assert_eq!(
            (metrics.values_of(&watched), metrics.values_of(&other)),
            (3, 2)
        );
    }

    #[test]
    fn a_statistic_that_is_not_known_is_not_guessed() {
        for text in ["tm90", "p101", "pp", "sum", ""] {
            assert_eq!(Statistic::parse(text), None, "{text}");
        }
    }
}
