//! What a rehearsal file gives where nothing here can know it: states of alarms, data points of metrics, gates that are not judged.

use std::collections::BTreeMap;

use rehearsal_aws::cloudwatch::composite_alarm::alarm_name;
use rehearsal_aws::cloudwatch::metric::Metric;
use serde::Deserialize;

/// One `[[alarm]]`: an alarm whose state is given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenAlarm {
    /// Its logical id, name or ARN.
    pub name: String,
    /// When it is in ALARM; it is OK otherwise, and where this is missing, always.
    pub in_alarm: Option<Minutes>,
}

/// A span of minutes, counted from the first shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Minutes {
    /// The first minute; without it from the beginning of the traffic.
    pub from_minute: Option<i64>,
    /// The first minute after it; without it to the end.
    pub to_minute: Option<i64>,
}

impl Minutes {
    /// Whether a minute is in the span. Before the first shift there is no minute: then only a span without a beginning holds.
    pub fn holds(self, minute: Option<i64>) -> bool {
        match minute {
            Some(minute) => {
                self.from_minute.is_none_or(|from| from <= minute)
                    && self.to_minute.is_none_or(|to| minute < to)
            }
            None => self.from_minute.is_none(),
        }
    }

    /// The span in words.
    pub fn describe(self) -> String {
        match (self.from_minute, self.to_minute) {
            (Some(from), Some(to)) => format!("from minute {from} to minute {to}"),
            (Some(from), None) => format!("from minute {from} on"),
            (None, Some(to)) => format!("from the beginning to minute {to}"),
            (None, None) => "from the beginning on".to_owned(),
        }
    }
}

/// One `[[metric]]`: a metric whose data points are given.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenMetric {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// Its data points.
    pub values: GivenValues,
}

/// The data points of a metric.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenValues {
    /// The minute of the first, counted from the first shift; without it they begin with the traffic.
    pub from_minute: Option<i64>,
    /// One a minute; none after its end.
    pub every_minute: Vec<f64>,
}

impl GivenMetric {
    /// Which metric it is.
    pub fn metric(&self) -> Metric {
        Metric {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            dimensions: self.dimensions.clone(),
        }
    }
}

/// `[gates]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateSettings {
    /// The gates that are not to be judged, by logical id, name or ARN. The verdict names them.
    pub not_judged: Vec<String>,
}

/// All that a file gives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'r> {
    /// `[[alarm]]`
    pub alarms: &'r [GivenAlarm],
    /// `[[metric]]`
    pub metrics: &'r [GivenMetric],
    /// `[gates] not_judged`
    pub not_judged: &'r [String],
}

impl<'r> Given<'r> {
    /// The given state of an alarm, by any of its names.
    pub fn alarm(&self, names: &[&str]) -> Option<&'r GivenAlarm> {
        self.alarms
            .iter()
            .find(|given| is_one_of(&given.name, names))
    }

    /// Whether a gate is not to be judged, by any of its names.
    pub fn is_not_judged(&self, names: &[&str]) -> bool {
        self.not_judged.iter().any(|name| is_one_of(name, names))
    }

    /// The given data points of a metric.
    pub fn metric(&self, metric: &Metric) -> Option<&'r GivenMetric> {
        self.metrics.iter().find(|given| given.metric() == *metric)
    }
}

/// Whether what a file writes, a logical id, a name or an ARN, is one of these names.
pub(crate) fn is_one_of(written: &str, names: &[&str]) -> bool {
    names.contains(&written) || names.contains(&alarm_name(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_without_a_beginning_holds_before_the_first_shift() {
        let span = |from_minute, to_minute| Minutes {
            from_minute,
            to_minute,
        };
        assert!(span(None, Some(2)).holds(None));
        assert!(!span(Some(0), None).holds(None));
        assert!(span(Some(0), Some(2)).holds(Some(1)));
        assert!(!span(Some(0), Some(2)).holds(Some(2)));
        assert!(!span(Some(3), None).holds(Some(2)));
    }

    #[test]
    fn an_alarm_is_given_by_name_or_arn() {
        let given = [GivenAlarm {
            name: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:platform-health".to_owned(),
            in_alarm: None,
        }];
        let given = Given {
            alarms: &given,
            ..Given::default()
        };
        assert!(given.alarm(&["platform-health"]).is_some());
        assert!(given.alarm(&["platform"]).is_none());
    }
}
