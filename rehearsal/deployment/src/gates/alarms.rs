//! A template's alarms, as they can be evaluated.

use std::collections::BTreeMap;

use rehearsal_aws::cloudwatch::math::{Expression, Queries, Query, Source};
use rehearsal_aws::cloudwatch::metric::{Metric, Statistic};
use rehearsal_aws::cloudwatch::metric_alarm::{Alarm, Comparison, Judgement, MissingData, Watched};
use rehearsal_aws::cloudwatch::metrics_of::DYNAMODB;
use rehearsal_aws::cloudwatch::period::{self, check_together};
use rehearsal_template::{Field, Place, Unknown, Value, stack};

/// Why an alarm cannot be evaluated, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Obstacle {
    pub(crate) what: String,
    pub(crate) place: Place,
}

impl Obstacle {
    pub(super) fn new(what: impl Into<String>, place: Place) -> Self {
        Self {
            what: what.into(),
            place,
        }
    }
}

/// A metric that an alarm watches, and where the template names it.
pub(super) struct WatchedMetric<'a> {
    pub(super) metric: &'a Metric,
    pub(super) place: Place,
}

/// The metrics of an alarm that could be read, each with its place.
pub(super) fn metrics_of<'a>(written: &stack::Alarm, alarm: &'a Alarm) -> Vec<WatchedMetric<'a>> {
    match &alarm.watched {
        Watched::Metric { metric, .. } => {
            let place = written
                .metric_name
                .as_ref()
                .map_or(written.place, |name| name.place);
            vec![WatchedMetric { metric, place }]
        }
        Watched::Math(queries) => {
            let items = written
                .metrics
                .as_ref()
                .and_then(Value::as_list)
                .unwrap_or_default();
            let place = |index: usize| items.get(index).map_or(written.place, |item| item.place);
            queries
                .metrics()
                .map(|(index, metric)| WatchedMetric {
                    metric,
                    place: place(index),
                })
                .collect()
        }
    }
}

fn known<'a, T>(what: &str, field: &'a Field<T>) -> Result<&'a T, Obstacle> {
    let value = field.value.as_ref();
    value.map_err(|unknown: &Unknown| {
        Obstacle::new(format!("its {what} is not known: {unknown}"), field.place)
    })
}

fn parsed<T>(
    what: &str,
    field: &Field<String>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, Obstacle> {
    let text = known(what, field)?;
    parse(text)
        .ok_or_else(|| Obstacle::new(format!("its {what} {text} is not rehearsed"), field.place))
}

/// An alarm as it can be evaluated, in a stack of this account.
pub(super) fn read(alarm: &stack::Alarm, account: &str) -> Result<Alarm, Obstacle> {
    let missing = |what: &str| Obstacle::new(format!("it has no {what}"), alarm.place);
    if let Some(band) = &alarm.threshold_metric_id {
        let what = "it is held against a band that CloudWatch learns from weeks of data, and anomaly detection is not rehearsed";
        return Err(Obstacle::new(what, band.place));
    }
    if let Some((property, place)) = alarm.not_followed.first() {
        let what = format!("its {property} changes when it fires, and is not rehearsed");
        return Err(Obstacle::new(what, *place));
    }
    if let Some((property, place)) = alarm.beside_metrics {
        let what =
            format!("it has {property} beside Metrics, and CloudWatch takes the one or the other");
        return Err(Obstacle::new(what, place));
    }
    let watched = match &alarm.metrics {
        Some(metrics) => Watched::Math(queries(metrics, account)?),
        None => single(alarm)?,
    };
    let evaluation_periods = *known("number of evaluation periods", &alarm.evaluation_periods)?;
    check_together(watched.period_ms(), evaluation_periods as usize)
        .map_err(|what| Obstacle::new(what, alarm.evaluation_periods.place))?;
    let datapoints_to_alarm = match &alarm.datapoints_to_alarm {
        Some(field) => *known("number of data points to alarm", field)?,
        None => evaluation_periods,
    };
    if datapoints_to_alarm == 0 || datapoints_to_alarm > evaluation_periods {
        return Err(Obstacle::new(
            "DatapointsToAlarm is from 1 to EvaluationPeriods",
            alarm.place,
        ));
    }
    let mut missing_data = parsed(
        "treatment of missing data",
        &alarm.treat_missing_data,
        MissingData::parse,
    )?;
    // "Alarms that evaluate metrics in the AWS/DynamoDB namespace always ignore missing data" (CloudWatch user guide). Assumed:
    // of metric math that holds where all its metrics are of that namespace.
    if watched
        .metrics()
        .iter()
        .all(|metric| metric.namespace == DYNAMODB)
    {
        missing_data = MissingData::Ignore;
    }
    let threshold = alarm
        .threshold
        .as_ref()
        .ok_or_else(|| missing("Threshold"))?;
    Ok(Alarm {
        name: known("name", &alarm.name)?.clone(),
        logical_id: alarm.logical_id.clone(),
        watched,
        threshold: *known("threshold", threshold)?,
        comparison: parsed("comparison", &alarm.comparison, Comparison::parse)?,
        judgement: Judgement {
            evaluation_periods: evaluation_periods as usize,
            datapoints_to_alarm: datapoints_to_alarm as usize,
            missing_data,
        },
    })
}

/// The one metric of an alarm without metric math.
fn single(alarm: &stack::Alarm) -> Result<Watched, Obstacle> {
    let missing = |what: &str| Obstacle::new(format!("it has no {what}"), alarm.place);
    let namespace = alarm
        .namespace
        .as_ref()
        .ok_or_else(|| missing("Namespace"))?;
    let name = alarm
        .metric_name
        .as_ref()
        .ok_or_else(|| missing("MetricName"))?;
    let mut dimensions = BTreeMap::new();
    for (dimension, value) in known("dimensions", &alarm.dimensions)? {
        let value = known(&format!("dimension {dimension}"), value)?;
        dimensions.insert(dimension.clone(), value.clone());
    }
    let statistic = statistic(alarm)?;
    let period = alarm
        .period_seconds
        .as_ref()
        .ok_or_else(|| missing("Period"))?;
    let period_ms = i64::from(*known("period", period)?) * 1_000;
    period::check(period_ms).map_err(|what| Obstacle::new(what, period.place))?;
    Ok(Watched::Metric {
        metric: Metric {
            namespace: known("namespace", namespace)?.clone(),
            name: known("metric", name)?.clone(),
            dimensions,
        },
        statistic,
        period_ms,
    })
}

/// The statistic of a single metric: `Statistic` or `ExtendedStatistic`, each with its own, and never both (CloudWatch API,
/// `PutMetricAlarm`).
fn statistic(alarm: &stack::Alarm) -> Result<Statistic, Obstacle> {
    let (field, is_extended) = match (&alarm.statistic, &alarm.extended_statistic) {
        (Some(_), Some(extended)) => {
            let what =
                "it has Statistic and ExtendedStatistic, and CloudWatch takes the one or the other";
            return Err(Obstacle::new(what, extended.place));
        }
        (Some(simple), None) => (simple, false),
        (None, Some(extended)) => (extended, true),
        (None, None) => return Err(Obstacle::new("it has no Statistic", alarm.place)),
    };
    let statistic = parsed("statistic", field, Statistic::parse)?;
    if statistic.is_extended() == is_extended {
        return Ok(statistic);
    }
    let (takes, other) = if is_extended {
        ("ExtendedStatistic", "Statistic")
    } else {
        ("Statistic", "ExtendedStatistic")
    };
    let text = known("statistic", field)?;
    let what = format!("CloudWatch takes no {text} as {takes}: it is one of {other}");
    Err(Obstacle::new(what, field.place))
}

/// The units that an alarm asks for, each with the metric that it asks it of.
pub(super) fn units<'w>(
    written: &'w stack::Alarm,
    alarm: &'w Alarm,
) -> Result<Vec<(&'w Metric, String, Place)>, Obstacle> {
    let mut units = Vec::new();
    match &alarm.watched {
        Watched::Metric { metric, .. } => {
            if let Some(unit) = &written.unit {
                units.push((metric, known("unit", unit)?.clone(), unit.place));
            }
        }
        Watched::Math(queries) => {
            let items = written.metrics.as_ref().and_then(Value::as_list);
            for (index, metric) in queries.metrics() {
                let stat = items.and_then(|items| items.get(index)?.get("MetricStat"));
                if let Some(stat) = stat
                    && let Some(unit) = text(stat, "Unit")?
                {
                    let place = stat.get("Unit").unwrap_or(stat).place;
                    units.push((metric, unit, place));
                }
            }
        }
    }
    Ok(units)
}

/// The `Metrics` of an alarm with metric math.
fn queries(metrics: &Value, account: &str) -> Result<Queries, Obstacle> {
    let items = metrics
        .as_list()
        .ok_or_else(|| match metrics.as_unknown() {
            Some(unknown) => Obstacle::new(
                format!("its Metrics are not known: {unknown}"),
                metrics.place,
            ),
            None => Obstacle::new("its Metrics are no list", metrics.place),
        })?;
    let queries = items.iter().map(|item| query(item, account));
    let queries = queries.collect::<Result<Vec<_>, _>>()?;
    Queries::new(queries).map_err(|error| {
        let item = error.query.and_then(|index| items.get(index));
        let place = item.map_or(metrics.place, |item| {
            item.get("Expression").unwrap_or(item).place
        });
        let id = item.and_then(|item| item.get("Id")?.to_text());
        let of = id.map_or(String::new(), |id| format!("{id}: "));
        Obstacle::new(format!("{of}{error}"), place)
    })
}

/// A text of a query; `None` where it is missing.
fn text(of: &Value, key: &str) -> Result<Option<String>, Obstacle> {
    let Some(value) = of.get(key) else {
        return Ok(None);
    };
    if let Some(unknown) = value.as_unknown() {
        return Err(Obstacle::new(
            format!("its {key} is not known: {unknown}"),
            value.place,
        ));
    }
    Ok(value.to_text())
}

fn period_ms(of: &Value) -> Result<Option<i64>, Obstacle> {
    let Some(period) = text(of, "Period")? else {
        return Ok(None);
    };
    let place = of.get("Period").unwrap_or(of).place;
    let seconds: i64 = period
        .parse()
        .map_err(|_| Obstacle::new(format!("{period} is no period"), place))?;
    Ok(Some(seconds.saturating_mul(1_000)))
}

fn query(item: &Value, account: &str) -> Result<Query, Obstacle> {
    if let Some(unknown) = item.as_unknown() {
        return Err(Obstacle::new(
            format!("one of its Metrics is not known: {unknown}"),
            item.place,
        ));
    }
    let id = text(item, "Id")?
        .ok_or_else(|| Obstacle::new("one of its Metrics has no Id", item.place))?;
    if let Some(account) = text(item, "AccountId")?.filter(|id| id != account) {
        let place = item.get("AccountId").unwrap_or(item).place;
        return Err(Obstacle::new(
            format!("{id}: metrics of another account ({account}) are not rehearsed"),
            place,
        ));
    }
    let return_data =
        text(item, "ReturnData")?.is_none_or(|text| text.eq_ignore_ascii_case("true"));
    let source = match (text(item, "Expression")?, item.get("MetricStat")) {
        (Some(expression), None) => {
            let place = item.get("Expression").unwrap_or(item).place;
            Source::Expression {
                expression: Expression::parse(&expression)
                    .map_err(|error| Obstacle::new(format!("{id}: {error}"), place))?,
                period_ms: period_ms(item)?,
            }
        }
        (None, Some(stat)) => metric_stat(&id, stat)?,
        _ => {
            return Err(Obstacle::new(
                format!("{id} has either an Expression or a MetricStat"),
                item.place,
            ));
        }
    };
    Ok(Query {
        id,
        source,
        return_data,
    })
}

fn metric_stat(id: &str, stat: &Value) -> Result<Source, Obstacle> {
    let lacks = |what: &str| Obstacle::new(format!("{id} has no {what}"), stat.place);
    if let Some(unknown) = stat.as_unknown() {
        return Err(Obstacle::new(
            format!("{id}: its MetricStat is not known: {unknown}"),
            stat.place,
        ));
    }
    let metric = stat.get("Metric").ok_or_else(|| lacks("Metric"))?;
    let mut dimensions = BTreeMap::new();
    if let Some(list) = metric.get("Dimensions") {
        for item in list.as_list().unwrap_or_default() {
            let name = text(item, "Name")?.ok_or_else(|| lacks("Name of a dimension"))?;
            let value = text(item, "Value")?
                .ok_or_else(|| lacks(&format!("Value of the dimension {name}")))?;
            dimensions.insert(name, value);
        }
    }
    let statistic = text(stat, "Stat")?.ok_or_else(|| lacks("Stat"))?;
    let place = stat.get("Stat").unwrap_or(stat).place;
    Ok(Source::Metric {
        metric: Metric {
            namespace: text(metric, "Namespace")?.ok_or_else(|| lacks("Namespace"))?,
            name: text(metric, "MetricName")?.ok_or_else(|| lacks("MetricName"))?,
            dimensions,
        },
        statistic: Statistic::parse(&statistic).ok_or_else(|| {
            Obstacle::new(
                format!("{id}: its statistic {statistic} is not rehearsed"),
                place,
            )
        })?,
        period_ms: period_ms(stat)?.ok_or_else(|| lacks("Period"))?,
    })
}
