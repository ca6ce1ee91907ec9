//! The `Metrics` of an alarm: metrics, and expressions over them and over each other.

use std::collections::BTreeMap;

use super::Expression;
use super::calendar::EPOCH_SECONDS_OF_MINUTE_ZERO;
use super::evaluate::{Inputs, Value};
use super::series::{Grid, Series};
use crate::cloudwatch::metric::{DataPoints, Metric, Statistic, Wanted};
use crate::cloudwatch::period;
use crate::cloudwatch::syntax::SyntaxError;
use crate::time::VirtualTime;

/// How many queries of each kind an alarm may have (CloudWatch API, `PutMetricAlarm.Metrics`).
const MOST_OF_A_KIND: usize = 10;

/// One entry of an alarm's `Metrics`.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `Id`.
    pub id: String,
    /// `MetricStat` or `Expression`.
    pub source: Source,
    /// `ReturnData`: whether it is what the alarm watches.
    pub return_data: bool,
}

/// Where a query's data points come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// `MetricStat`
    Metric {
        /// Which.
        metric: Metric,
        /// `Stat`.
        statistic: Statistic,
        /// `Period` in milliseconds; whole minutes.
        period_ms: i64,
    },
    /// `Expression`
    Expression {
        /// What it computes.
        expression: Expression,
        /// `Period` in milliseconds, where it has one of its own.
        period_ms: Option<i64>,
    },
}

/// Queries that fit together: one is returned, every id is known, none is part of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Queries {
    all: Vec<Query>,
    /// The index of the one that the alarm watches.
    returned: usize,
    /// The queries that the returned one needs, itself last: each after those that it names.
    order: Vec<usize>,
    period_ms: i64,
}

/// Why queries do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The index of the query that is wrong; `None` where it is their whole.
    pub query: Option<usize>,
    /// What is wrong, with the column of its expression.
    pub message: String,
}

impl QueryError {
    fn of_all(message: impl Into<String>) -> Self {
        Self {
            query: None,
            message: message.into(),
        }
    }

    fn of(query: usize, message: impl Into<String>) -> Self {
        Self {
            query: Some(query),
            message: message.into(),
        }
    }
}

impl Queries {
    /// Puts queries together.
    ///
    /// # Errors
    /// What does not fit: how many there are, ids, `ReturnData`, a circle, kinds in an expression.
    pub fn new(queries: Vec<Query>) -> Result<Self, QueryError> {
        let is_metric = |query: &Query| matches!(query.source, Source::Metric { .. });
        let metrics = queries.iter().filter(|query| is_metric(query)).count();
        if metrics > MOST_OF_A_KIND || queries.len() - metrics > MOST_OF_A_KIND {
            return Err(QueryError::of_all(format!(
                "an alarm may have {MOST_OF_A_KIND} metrics and {MOST_OF_A_KIND} expressions, and this has {metrics} and {}",
                queries.len() - metrics
            )));
        }
        for (index, query) in queries.iter().enumerate() {
            check_id(&query.id).map_err(|message| QueryError::of(index, message))?;
            if queries[..index].iter().any(|before| before.id == query.id) {
                return Err(QueryError::of(
                    index,
                    format!("the id {} is there twice", query.id),
                ));
            }
        }
        let returned: Vec<usize> = (0..queries.len())
            .filter(|index| queries[*index].return_data)
            .collect();
        let [returned] = returned[..] else {
            return Err(QueryError::of_all(format!(
                "exactly one of an alarm's metrics returns data, and here {} do; ReturnData is true where it is missing",
                returned.len()
            )));
        };
        let mut order = Vec::new();
        visit(&queries, returned, &mut Vec::new(), &mut order)?;
        let period_ms = period(&queries, returned, &order)?;
        let whole = Self {
            all: queries,
            returned,
            order,
            period_ms,
        };
        whole.check()?;
        Ok(whole)
    }

    /// The length of a data point, in milliseconds.
    ///
    /// Assumed: where the periods differ, all are read at the longest, the expression's own included, as the console shows them.
    pub fn period_ms(&self) -> i64 {
        self.period_ms
    }

    /// The metrics that it needs, with where they stand among the queries.
    pub fn metrics(&self) -> impl Iterator<Item = (usize, &Metric)> {
        self.order
            .iter()
            .filter_map(|index| match &self.all[*index].source {
                Source::Metric { metric, .. } => Some((*index, metric)),
                Source::Expression { .. } => None,
            })
    }

    /// The expression that a scalar over the evaluation range decides, and its column there: AWS advises against it in alarms.
    pub fn depends_on_range(&self) -> Option<(usize, usize)> {
        self.order
            .iter()
            .find_map(|index| match &self.all[*index].source {
                Source::Expression { expression, .. } => {
                    Some((*index, expression.depends_on_range()?))
                }
                Source::Metric { .. } => None,
            })
    }

    /// The data points of the periods before a whole minute, oldest first.
    pub fn points(&self, from: &dyn DataPoints, at: VirtualTime, points: usize) -> Series {
        self.evaluate(Some(from), at, points)
            .ok()
            .flatten()
            .unwrap_or_else(|| vec![None; points])
    }

    fn check(&self) -> Result<(), QueryError> {
        match self.evaluate(None, VirtualTime::ZERO, 1) {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(QueryError::of(
                self.returned,
                "the result of an alarm's expression is a single time series, and this is a number or an array: \
                 TIME_SERIES(…) makes a series of a number, FIRST(…) takes one of an array",
            )),
            Err((query, error)) => Err(QueryError::of(query, error.to_string())),
        }
    }

    /// The returned series; `None` where it is none. Without data points only the kinds are looked at.
    fn evaluate(
        &self,
        from: Option<&dyn DataPoints>,
        at: VirtualTime,
        points: usize,
    ) -> Result<Option<Series>, (usize, SyntaxError)> {
        let steps = i64::try_from(points).unwrap_or(i64::MAX);
        let first_ms = at.0 - steps * self.period_ms;
        let grid = Grid {
            first_seconds: EPOCH_SECONDS_OF_MINUTE_ZERO + first_ms / 1_000,
            period_seconds: self.period_ms / 1_000,
            points,
        };
        let mut known = Known {
            queries: self,
            values: BTreeMap::new(),
        };
        for index in &self.order {
            let value = match &self.all[*index].source {
                Source::Metric {
                    metric, statistic, ..
                } => {
                    let point = |step: i64| {
                        from?.find(Wanted {
                            metric,
                            query: *index,
                            statistic: *statistic,
                            end: VirtualTime(first_ms + (step + 1) * self.period_ms),
                            period_ms: self.period_ms,
                        })
                    };
                    Value::Series((0..steps).map(point).collect())
                }
                Source::Expression { expression, .. } => expression
                    .evaluate(&known, grid)
                    .map_err(|error| (*index, error))?,
            };
            known.values.insert(*index, value);
        }
        Ok(match known.values.remove(&self.returned) {
            Some(Value::Series(series)) => Some(series),
            _ => None,
        })
    }
}

/// The values of the queries so far.
struct Known<'q> {
    queries: &'q Queries,
    values: BTreeMap<usize, Value>,
}

impl Known<'_> {
    fn index(&self, id: &str) -> Option<usize> {
        self.queries.all.iter().position(|query| query.id == id)
    }
}

impl Inputs for Known<'_> {
    fn value(&self, id: &str) -> Option<Value> {
        self.values.get(&self.index(id)?).cloned()
    }

    fn period_seconds(&self, id: &str) -> Option<i64> {
        match &self.queries.all[self.index(id)?].source {
            Source::Metric { period_ms, .. } => Some(period_ms / 1_000),
            Source::Expression { .. } => None,
        }
    }

    fn metrics(&self) -> Vec<(&str, Series)> {
        let mut metrics = Vec::new();
        for (index, query) in self.queries.all.iter().enumerate() {
            if let (Source::Metric { .. }, Some(Value::Series(series))) =
                (&query.source, self.values.get(&index))
            {
                metrics.push((query.id.as_str(), series.clone()));
            }
        }
        metrics
    }
}

fn check_id(id: &str) -> Result<(), String> {
    let is_word = id
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || character == '_');
    if is_word && id.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Ok(());
    }
    Err(format!(
        "an id begins with a small letter and has letters, digits and _ alone, and this is {id:?}"
    ))
}

/// Adds a query to the order, after those that it names.
fn visit(
    queries: &[Query],
    index: usize,
    path: &mut Vec<usize>,
    order: &mut Vec<usize>,
) -> Result<(), QueryError> {
    if order.contains(&index) {
        return Ok(());
    }
    if path.contains(&index) {
        return Err(QueryError::of(
            index,
            format!("{} is part of itself", queries[index].id),
        ));
    }
    path.push(index);
    if let Source::Expression { expression, .. } = &queries[index].source {
        for id in expression.ids() {
            // An id that is not there is an error at its column, once it is evaluated.
            if let Some(named) = queries.iter().position(|query| query.id == id) {
                visit(queries, named, path, order)?;
            }
        }
        if expression.uses_all_metrics() {
            for (other, query) in queries.iter().enumerate() {
                if matches!(query.source, Source::Metric { .. }) {
                    visit(queries, other, path, order)?;
                }
            }
        }
    }
    path.pop();
    order.push(index);
    Ok(())
}

/// The longest period of what is needed.
fn period(queries: &[Query], returned: usize, order: &[usize]) -> Result<i64, QueryError> {
    let periods = order
        .iter()
        .filter_map(|index| match &queries[*index].source {
            Source::Metric { period_ms, .. } => Some((*index, *period_ms)),
            Source::Expression { period_ms, .. } => period_ms.map(|period_ms| (*index, period_ms)),
        });
    let mut longest = None;
    for (index, period_ms) in periods {
        period::check(period_ms).map_err(|message| QueryError::of(index, message))?;
        longest = longest.max(Some(period_ms));
    }
    longest.ok_or_else(|| QueryError::of(returned, "it names no metric, so it needs a Period"))
}
