//! An expression over time series.
//!
//! What the documentation says of missing points (user guide, "Metric math syntax and functions"): in arithmetic, comparisons and
//! logic between two series, a point that only one of them has counts as 0 in the other; where both lack it, so does the result. A
//! division by zero drops the point. `IF` says of each case what comes of it.
//!
//! Assumed, because no document says it: a result that is no number is dropped, as a division by zero is; `STDDEV` is that of the
//! whole (divided by the count); `MAX`, `MIN` and `STDDEV` pass over missing points, where `AVG` and `SUM` take them for 0; at a time
//! at which no series of an array has a point, a function of the array has none; `DIFF`, `DIFF_TIME` and `RATE` look back to the last
//! point there is; `FILL` with `REPEAT` or `LINEAR` leaves a gap at an end of the range that has no value to repeat or to draw a line to.

use super::calendar::CalendarPart;
use super::function::Function;
use super::parse::{Expression, Node, Part, Word};
use super::series::{Filler, Grid, Series, apply, count, float};
use super::token::Operator;
use crate::cloudwatch::syntax::SyntaxError;

/// What an expression makes.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number; `None` where it would be none, such as the largest of nothing.
    Scalar(Option<f64>),
    /// A time series.
    Series(Series),
    /// An array of time series.
    Many(Vec<Series>),
}

/// What the ids of an expression stand for.
pub trait Inputs {
    /// The value of a metric or an expression; `None` where the alarm has no such id.
    fn value(&self, id: &str) -> Option<Value>;
    /// The period of a metric in seconds; `None` where the id is no metric.
    fn period_seconds(&self, id: &str) -> Option<i64>;
    /// All metrics, expressions aside, in the alarm's order, with their ids.
    fn metrics(&self) -> Vec<(&str, Series)>;
}

impl Expression {
    /// What it makes of its inputs.
    ///
    /// # Errors
    /// What does not fit together, at its column. Errors depend on the kinds of the inputs alone, never on their numbers.
    pub fn evaluate(&self, inputs: &dyn Inputs, grid: Grid) -> Result<Value, SyntaxError> {
        Evaluation { inputs, grid }.value(&self.root)
    }
}

struct Evaluation<'i> {
    inputs: &'i dyn Inputs,
    grid: Grid,
}

impl Evaluation<'_> {
    fn value(&self, node: &Node) -> Result<Value, SyntaxError> {
        match &node.part {
            Part::Number(number) => Ok(Value::Scalar(Some(*number))),
            Part::Id(id) => self.inputs.value(id).ok_or_else(|| {
                SyntaxError::new(
                    node.column,
                    format!("the alarm has no metric and no expression {id}"),
                )
            }),
            Part::List(nodes) => self.list(nodes),
            Part::Negated(of) => between(
                Operator::Subtract,
                node,
                Value::Scalar(Some(0.0)),
                self.value(of)?,
            ),
            Part::Between(operator, left, right) => {
                let (left, right_value) = (self.value(left)?, self.value(right)?);
                between(*operator, right, left, right_value)
            }
            Part::Call(function, arguments) => self.call(node, *function, arguments),
            Part::Text(_) => Err(SyntaxError::new(
                node.column,
                "a text stands in METRICS(\"…\") alone",
            )),
            Part::Word(_) => Err(SyntaxError::new(
                node.column,
                "this word stands in FILL and SORT alone",
            )),
        }
    }

    fn list(&self, nodes: &[Node]) -> Result<Value, SyntaxError> {
        let mut many = Vec::new();
        for node in nodes {
            match self.value(node)? {
                Value::Series(series) => many.push(series),
                Value::Many(series) => many.extend(series),
                Value::Scalar(_) => {
                    return Err(SyntaxError::new(
                        node.column,
                        "an array holds time series, and this is a number: TIME_SERIES(…) makes one of it",
                    ));
                }
            }
        }
        Ok(Value::Many(many))
    }

    fn call(
        &self,
        node: &Node,
        function: Function,
        arguments: &[Node],
    ) -> Result<Value, SyntaxError> {
        match (function, arguments) {
            (Function::Each(each), [of]) => self.each(of, |series| each.of(series, self.grid)),
            (Function::Reduce(reduction), [of]) => Ok(match self.value(of)? {
                Value::Series(series) => Value::Scalar(reduction.of(&series)),
                Value::Many(many) => Value::Series(reduction.of_array(&many, self.grid)),
                Value::Scalar(_) => return Err(not_a_series(of)),
            }),
            (Function::Calendar(part), [of]) => {
                self.series(of)?;
                Ok(Value::Series(self.calendar(part)))
            }
            (Function::Fill, [of, filler]) => {
                let filler = self.filler(filler)?;
                self.each(of, |series| filler.fill(series))
            }
            (Function::First, [of]) => Ok(Value::Series(
                self.many(of)?
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| self.empty()),
            )),
            (Function::Last, [of]) => Ok(Value::Series(
                self.many(of)?.pop().unwrap_or_else(|| self.empty()),
            )),
            (Function::If, [condition, then, otherwise @ ..]) if otherwise.len() < 2 => {
                self.choose(condition, then, otherwise.first())
            }
            (Function::Metrics, []) => Ok(Value::Many(
                self.inputs
                    .metrics()
                    .into_iter()
                    .map(|(_, series)| series)
                    .collect(),
            )),
            (
                Function::Metrics,
                [
                    Node {
                        part: Part::Text(part),
                        ..
                    },
                ],
            ) => Ok(Value::Many(
                self.inputs
                    .metrics()
                    .into_iter()
                    .filter(|(id, _)| id.contains(part))
                    .map(|(_, series)| series)
                    .collect(),
            )),
            (Function::MetricCount, [of]) => Ok(Value::Scalar(Some(count(self.many(of)?.len())))),
            (
                Function::Period,
                [
                    Node {
                        column,
                        part: Part::Id(id),
                    },
                ],
            ) => self
                .inputs
                .period_seconds(id)
                .map(|seconds| Value::Scalar(Some(float(seconds))))
                .ok_or_else(|| {
                    SyntaxError::new(*column, format!("PERIOD is of a metric, and {id} is none"))
                }),
            (Function::RemoveEmpty, [of]) => Ok(Value::Many(
                self.many(of)?
                    .into_iter()
                    .filter(|series| series.iter().any(Option::is_some))
                    .collect(),
            )),
            (Function::Slice, [of, from, to @ ..]) if to.len() < 2 => {
                let (many, from) = (self.many(of)?, self.index(from)?);
                let to = to
                    .first()
                    .map(|to| self.index(to))
                    .transpose()?
                    .unwrap_or(many.len());
                Ok(Value::Many(many.into_iter().take(to).skip(from).collect()))
            }
            (Function::Sort, [of, by, order, limit @ ..]) if limit.len() < 2 => {
                self.sort(of, by, order, limit.first())
            }
            (Function::TimeSeries, [of]) => {
                Ok(Value::Series(vec![self.scalar(of)?; self.grid.points]))
            }
            _ => Err(SyntaxError::new(
                node.column,
                format!("it takes {}", takes(function)),
            )),
        }
    }

    /// A series made of a series, or an array of an array.
    fn each(&self, node: &Node, make: impl Fn(&Series) -> Series) -> Result<Value, SyntaxError> {
        Ok(match self.value(node)? {
            Value::Series(series) => Value::Series(make(&series)),
            Value::Many(many) => Value::Many(many.iter().map(make).collect()),
            Value::Scalar(_) => return Err(not_a_series(node)),
        })
    }

    fn empty(&self) -> Series {
        vec![None; self.grid.points]
    }

    fn series(&self, node: &Node) -> Result<Series, SyntaxError> {
        match self.value(node)? {
            Value::Series(series) => Ok(series),
            _ => Err(not_a_series(node)),
        }
    }

    fn many(&self, node: &Node) -> Result<Vec<Series>, SyntaxError> {
        match self.value(node)? {
            Value::Many(many) => Ok(many),
            _ => Err(SyntaxError::new(
                node.column,
                "an array of time series is expected here, such as [m1, m2] or METRICS()",
            )),
        }
    }

    fn scalar(&self, node: &Node) -> Result<Option<f64>, SyntaxError> {
        match self.value(node)? {
            Value::Scalar(value) => Ok(value),
            _ => Err(SyntaxError::new(
                node.column,
                "a number is expected here, and this is a time series",
            )),
        }
    }

    /// A place in an array. One that is no number is before its beginning.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and an array is short"
    )]
    fn index(&self, node: &Node) -> Result<usize, SyntaxError> {
        Ok(self
            .scalar(node)?
            .map_or(0, |value| value.max(0.0) as usize))
    }

    fn calendar(&self, part: CalendarPart) -> Series {
        let mut seconds = self.grid.first_seconds;
        let mut series = Series::new();
        for _ in 0..self.grid.points {
            series.push(Some(float(part.of(seconds))));
            seconds += self.grid.period_seconds;
        }
        series
    }

    fn filler(&self, node: &Node) -> Result<Filler, SyntaxError> {
        match node.part {
            Part::Word(Word::Repeat) => Ok(Filler::Repeat),
            Part::Word(Word::Linear) => Ok(Filler::Linear),
            _ => match self.value(node)? {
                Value::Scalar(value) => Ok(Filler::Scalar(value)),
                Value::Series(series) => Ok(Filler::Series(series)),
                Value::Many(_) => Err(SyntaxError::new(
                    node.column,
                    "FILL takes a number, a time series, REPEAT or LINEAR",
                )),
            },
        }
    }

    /// `IF` (user guide, "Using IF expressions").
    fn choose(
        &self,
        condition: &Node,
        then: &Node,
        otherwise: Option<&Node>,
    ) -> Result<Value, SyntaxError> {
        let one = |node: &Node| match self.value(node)? {
            Value::Many(_) => Err(SyntaxError::new(
                node.column,
                "IF chooses between single time series and numbers, and this is an array",
            )),
            value => Ok(value),
        };
        let (condition, then) = (one(condition)?, one(then)?);
        let otherwise = otherwise.map(one).transpose()?;
        match condition {
            Value::Series(condition) => {
                let at = |value: &Value, index: usize| match value {
                    Value::Scalar(value) => *value,
                    Value::Series(series) => series[index],
                    Value::Many(_) => None,
                };
                let choose = |(index, holds): (usize, &Option<f64>)| {
                    if (*holds)? == 0.0 {
                        otherwise.as_ref().and_then(|value| at(value, index))
                    } else if matches!(then, Value::Series(_)) {
                        Some(at(&then, index).unwrap_or(0.0))
                    } else {
                        at(&then, index)
                    }
                };
                Ok(Value::Series(
                    condition.iter().enumerate().map(choose).collect(),
                ))
            }
            Value::Scalar(condition) => {
                let is_series = [Some(&then), otherwise.as_ref()]
                    .into_iter()
                    .flatten()
                    .any(|value| matches!(value, Value::Series(_)));
                let chosen = match condition {
                    Some(condition) if condition != 0.0 => Some(then),
                    Some(_) => otherwise,
                    None => None,
                };
                Ok(match (is_series, chosen) {
                    (true, Some(Value::Scalar(value))) => {
                        Value::Series(vec![value; self.grid.points])
                    }
                    (true, None) => Value::Series(self.empty()),
                    (false, None) => Value::Scalar(None),
                    (_, Some(value)) => value,
                })
            }
            Value::Many(_) => unreachable!("`one` refuses arrays"),
        }
    }

    fn sort(
        &self,
        of: &Node,
        by: &Node,
        order: &Node,
        limit: Option<&Node>,
    ) -> Result<Value, SyntaxError> {
        let Part::Word(Word::By(by)) = by.part else {
            return Err(SyntaxError::new(
                by.column,
                "SORT sorts by AVG, MIN, MAX or SUM",
            ));
        };
        let is_descending = match order.part {
            Part::Word(Word::Ascending) => false,
            Part::Word(Word::Descending) => true,
            _ => {
                return Err(SyntaxError::new(
                    order.column,
                    "SORT's order is ASC or DESC",
                ));
            }
        };
        let mut many = self.many(of)?;
        // Series without a value come last, whatever the order.
        many.sort_by(|left, right| match (by.of(left), by.of(right)) {
            // 0 and -0 are one.
            (Some(left), Some(right)) if is_descending => (right + 0.0).total_cmp(&(left + 0.0)),
            (Some(left), Some(right)) => (left + 0.0).total_cmp(&(right + 0.0)),
            (left, right) => right.is_some().cmp(&left.is_some()),
        });
        if let Some(limit) = limit {
            many.truncate(self.index(limit)?);
        }
        Ok(Value::Many(many))
    }
}

/// What an operator makes of two values; `node` is where an error is shown.
fn between(
    operator: Operator,
    node: &Node,
    left: Value,
    right: Value,
) -> Result<Value, SyntaxError> {
    let both = |left: Option<f64>, right: Option<f64>| apply(operator, left?, right?);
    let series = |left: &Series, right: &Series| -> Series {
        let of_points = |(left, right): (&Option<f64>, &Option<f64>)| match (left, right) {
            (None, None) => None,
            (left, right) => apply(operator, left.unwrap_or(0.0), right.unwrap_or(0.0)),
        };
        left.iter().zip(right).map(of_points).collect()
    };
    let from_right = |left: Option<f64>, right: &Series| -> Series {
        right.iter().map(|right| both(left, *right)).collect()
    };
    let from_left = |left: &Series, right: Option<f64>| -> Series {
        left.iter().map(|left| both(*left, right)).collect()
    };
    Ok(match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => Value::Scalar(both(left, right)),
        (Value::Scalar(left), Value::Series(right)) => Value::Series(from_right(left, &right)),
        (Value::Series(left), Value::Scalar(right)) => Value::Series(from_left(&left, right)),
        (Value::Series(left), Value::Series(right)) => Value::Series(series(&left, &right)),
        (Value::Many(_), Value::Many(_)) => {
            return Err(SyntaxError::new(
                node.column,
                "an operator between two arrays of time series is not defined",
            ));
        }
        (left, right) if !operator.is_arithmetic() => {
            let _ = (left, right);
            return Err(SyntaxError::new(
                node.column,
                "a comparison of an array of time series is not defined",
            ));
        }
        (Value::Many(left), Value::Scalar(right)) => {
            Value::Many(left.iter().map(|left| from_left(left, right)).collect())
        }
        (Value::Many(left), Value::Series(right)) => {
            Value::Many(left.iter().map(|left| series(left, &right)).collect())
        }
        (Value::Scalar(left), Value::Many(right)) => {
            Value::Many(right.iter().map(|right| from_right(left, right)).collect())
        }
        (Value::Series(left), Value::Many(right)) => {
            Value::Many(right.iter().map(|right| series(&left, right)).collect())
        }
    })
}

fn not_a_series(node: &Node) -> SyntaxError {
    SyntaxError::new(node.column, "a time series is expected here")
}

/// The arguments of a function, in words.
fn takes(function: Function) -> &'static str {
    match function {
        Function::Each(_) | Function::Reduce(_) => "one time series or one array of them",
        Function::Calendar(_) => "one time series",
        Function::Fill => {
            "a time series or an array, and a number, a time series, REPEAT or LINEAR"
        }
        Function::First | Function::Last | Function::MetricCount | Function::RemoveEmpty => {
            "one array of time series"
        }
        Function::If => "a condition, a value where it holds, and perhaps one where it does not",
        Function::Metrics => "nothing, or a part of the ids in quotation marks",
        Function::Period => "the id of a metric",
        Function::Slice => {
            "an array of time series, the first place, and perhaps the place after the last"
        }
        Function::Sort => {
            "an array of time series, AVG, MIN, MAX or SUM, ASC or DESC, and perhaps how many"
        }
        Function::TimeSeries => "one number",
    }
}
