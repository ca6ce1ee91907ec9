//! The alarms that are evaluated, and why the others are not.

use std::collections::BTreeMap;

use rehearsal_aws::cloudwatch::metric::{Metric, Statistic};
use rehearsal_aws::cloudwatch::metric_alarm::{Alarm, Comparison, Judgement, MissingData};
use rehearsal_aws::cloudwatch::metrics_of::{API_GATEWAY, DYNAMODB, LAMBDA};
use rehearsal_aws::time::MINUTE_MS;
use rehearsal_template::{Field, Place, Unknown, stack};

use super::{Deployment, NotRehearsed, Planner, WatchedAlarm};

impl Planner<'_> {
    pub(super) fn alarms(
        &mut self,
        deployments: &[Deployment],
        not_rehearsed: &mut Vec<NotRehearsed>,
    ) -> Vec<WatchedAlarm> {
        let (old, new) = (self.old, self.new);
        let mut watched = Vec::new();
        // What is held against a band that CloudWatch learns is left out: the template's reader names it.
        for alarm in new
            .alarms
            .iter()
            .filter(|alarm| alarm.threshold_metric_id.is_none())
        {
            let id = &alarm.logical_id;
            let left_out = |why| NotRehearsed::new(id, "AWS::CloudWatch::Alarm", why, alarm.place);
            match watch(alarm) {
                Ok(after) if [LAMBDA, API_GATEWAY].contains(&after.metric.namespace.as_str()) => {
                    let before = old.alarm(id).and_then(|alarm| watch(alarm).ok());
                    watched.push(WatchedAlarm { before, after });
                }
                Ok(after) => not_rehearsed.push(left_out(format!(
                    "a rehearsal emits no metrics of {}",
                    after.metric.namespace
                ))),
                Err((what, place))
                    if deployments
                        .iter()
                        .any(|deployment| deployment.alarms.contains(id)) =>
                {
                    self.error(id, what, place);
                }
                Err((what, _)) => not_rehearsed.push(left_out(what)),
            }
        }
        watched
    }
}

/// Why a rehearsal cannot evaluate an alarm of a template, if it cannot.
pub(crate) fn why_not_evaluated(alarm: &stack::Alarm) -> Option<String> {
    if alarm.threshold_metric_id.is_some() {
        return Some("its band is learnt from weeks of data".to_owned());
    }
    match watch(alarm) {
        Ok(alarm) if [LAMBDA, API_GATEWAY].contains(&alarm.metric.namespace.as_str()) => None,
        Ok(alarm) => Some(format!(
            "a rehearsal emits no metrics of {}",
            alarm.metric.namespace
        )),
        Err((what, _)) => Some(what),
    }
}

/// An alarm as it can be evaluated, or why it cannot and where.
fn watch(alarm: &stack::Alarm) -> Result<Alarm, (String, Place)> {
    fn known<'a, T>(what: &str, field: &'a Field<T>) -> Result<&'a T, (String, Place)> {
        field.value.as_ref().map_err(|unknown: &Unknown| {
            (format!("its {what} is not known: {unknown}"), field.place)
        })
    }
    fn parsed<T>(
        what: &str,
        field: &Field<String>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, (String, Place)> {
        let text = known(what, field)?;
        parse(text).ok_or_else(|| (format!("its {what} {text} is not rehearsed"), field.place))
    }
    let missing = |what: &str| (format!("it has no {what}"), alarm.place);

    if alarm.metrics.is_some() {
        return Err((
            "its metric is an expression, and metric math is not rehearsed".to_owned(),
            alarm.place,
        ));
    }
    let namespace = known(
        "namespace",
        alarm
            .namespace
            .as_ref()
            .ok_or_else(|| missing("Namespace"))?,
    )?;
    let name = known(
        "metric",
        alarm
            .metric_name
            .as_ref()
            .ok_or_else(|| missing("MetricName"))?,
    )?;
    let mut dimensions = BTreeMap::new();
    for (dimension, value) in known("dimensions", &alarm.dimensions)? {
        dimensions.insert(
            dimension.clone(),
            known(&format!("dimension {dimension}"), value)?.clone(),
        );
    }
    let statistic = alarm
        .statistic
        .as_ref()
        .or(alarm.extended_statistic.as_ref())
        .ok_or_else(|| missing("Statistic"))?;
    let period = alarm
        .period_seconds
        .as_ref()
        .ok_or_else(|| missing("Period"))?;
    let period_ms = i64::from(*known("period", period)?) * 1_000;
    if period_ms == 0 || period_ms % MINUTE_MS != 0 {
        return Err((
            "its period is not of whole minutes, and the metrics of AWS services are".to_owned(),
            period.place,
        ));
    }
    let evaluation_periods = *known("number of evaluation periods", &alarm.evaluation_periods)?;
    let datapoints_to_alarm = match &alarm.datapoints_to_alarm {
        Some(field) => *known("number of data points to alarm", field)?,
        None => evaluation_periods,
    };
    if datapoints_to_alarm == 0 || datapoints_to_alarm > evaluation_periods {
        return Err((
            "DatapointsToAlarm is from 1 to EvaluationPeriods".to_owned(),
            alarm.place,
        ));
    }
    let mut missing_data = parsed(
        "treatment of missing data",
        &alarm.treat_missing_data,
        MissingData::parse,
    )?;
    if namespace == DYNAMODB {
        missing_data = MissingData::Ignore;
    }
    Ok(Alarm {
        name: known("name", &alarm.name)?.clone(),
        logical_id: alarm.logical_id.clone(),
        metric: Metric {
            namespace: namespace.clone(),
            name: name.clone(),
            dimensions,
        },
        statistic: parsed("statistic", statistic, Statistic::parse)?,
        period_ms,
        threshold: *known(
            "threshold",
            alarm
                .threshold
                .as_ref()
                .ok_or_else(|| missing("Threshold"))?,
        )?,
        comparison: parsed("comparison", &alarm.comparison, Comparison::parse)?,
        judgement: Judgement {
            evaluation_periods: evaluation_periods as usize,
            datapoints_to_alarm: datapoints_to_alarm as usize,
            missing_data,
        },
    })
}
