//! Time series, and what operators and functions make of single ones; `evaluate` says what the guide says of missing points.

use super::function::{Each, Reduction};
use super::token::Operator;

/// The data points of a series, oldest first, `None` where there is none. All series of an evaluation stand on one [`Grid`].
pub type Series = Vec<Option<f64>>;

/// The times of the data points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The beginning of the first period, in seconds since 1970.
    pub first_seconds: i64,
    /// A period, in seconds.
    pub period_seconds: i64,
    /// How many there are: the alarm's evaluation range.
    pub points: usize,
}

/// A number that is one.
fn number(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "ranges have at most thousands of points, and seconds are far below 2^53"
)]
pub(super) fn float(whole: i64) -> f64 {
    whole as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn count(number: usize) -> f64 {
    number as f64
}

#[expect(
    clippy::float_cmp,
    reason = "== and != are what the expression asks for"
)]
pub(super) fn apply(operator: Operator, left: f64, right: f64) -> Option<f64> {
    Some(match operator {
        Operator::Or => truth(left != 0.0 || right != 0.0),
        Operator::And => truth(left != 0.0 && right != 0.0),
        Operator::Equal => truth(left == right),
        Operator::NotEqual => truth(left != right),
        Operator::Less => truth(left < right),
        Operator::LessOrEqual => truth(left <= right),
        Operator::Greater => truth(left > right),
        Operator::GreaterOrEqual => truth(left >= right),
        Operator::Add => return number(left + right),
        Operator::Subtract => return number(left - right),
        Operator::Multiply => return number(left * right),
        Operator::Divide => return number(left / right),
        Operator::Power => return number(left.powf(right)),
    })
}

impl Operator {
    pub(super) fn is_arithmetic(self) -> bool {
        matches!(
            self,
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Power
        )
    }
}

impl Each {
    pub(super) fn of(self, series: &Series, grid: Grid) -> Series {
        let simply = |of: fn(f64) -> f64| {
            series
                .iter()
                .map(|point| point.and_then(|value| number(of(value))))
                .collect()
        };
        match self {
            Self::Abs => simply(f64::abs),
            Self::Ceil => simply(f64::ceil),
            Self::Floor => simply(f64::floor),
            Self::Log => simply(f64::ln),
            Self::Log10 => simply(f64::log10),
            Self::RunningSum => {
                let mut sum = 0.0;
                let add = |point: &Option<f64>| {
                    sum += (*point)?;
                    number(sum)
                };
                series.iter().map(add).collect()
            }
            Self::Diff | Self::DiffTime | Self::Rate => {
                let mut before: Option<(usize, f64)> = None;
                let mut since = |(index, point): (usize, &Option<f64>)| {
                    let value = (*point)?;
                    let (index_before, value_before) = before.replace((index, value))?;
                    let seconds = count(index - index_before) * float(grid.period_seconds);
                    match self {
                        Self::DiffTime => Some(seconds),
                        Self::Rate => number((value - value_before) / seconds),
                        _ => number(value - value_before),
                    }
                };
                series.iter().enumerate().map(&mut since).collect()
            }
        }
    }
}

impl Reduction {
    /// Of values, some of them missing; `None` where there is no such number.
    pub(super) fn of(self, values: &[Option<f64>]) -> Option<f64> {
        let real: Vec<f64> = values.iter().copied().flatten().collect();
        let sum: f64 = real.iter().sum();
        match self {
            Self::Sum => number(sum),
            Self::Avg => number(sum / count(values.len())),
            Self::DatapointCount => Some(count(real.len())),
            Self::Max => real.into_iter().reduce(f64::max),
            Self::Min => real.into_iter().reduce(f64::min),
            Self::Stddev => {
                let mean = sum / count(real.len());
                let squares: f64 = real.iter().map(|value| (value - mean).powi(2)).sum();
                number((squares / count(real.len())).sqrt())
            }
        }
    }

    /// Of an array, time by time.
    pub(super) fn of_array(self, many: &[Series], grid: Grid) -> Series {
        (0..grid.points)
            .map(|index| {
                let values: Vec<_> = many.iter().map(|series| series[index]).collect();
                values
                    .iter()
                    .any(Option::is_some)
                    .then(|| self.of(&values))
                    .flatten()
            })
            .collect()
    }
}

/// What stands for a missing point.
pub(super) enum Filler {
    Series(Series),
    Scalar(Option<f64>),
    Repeat,
    Linear,
}

impl Filler {
    pub(super) fn fill(&self, series: &Series) -> Series {
        let missing = |index: usize| match self {
            Self::Scalar(value) => *value,
            Self::Series(filler) => filler[index],
            Self::Repeat => series[..index].iter().rev().find_map(|point| *point),
            Self::Linear => {
                let (steps, from) = series[..index]
                    .iter()
                    .rev()
                    .enumerate()
                    .find_map(|(steps, point)| Some((steps + 1, (*point)?)))?;
                let (rest, to) = series[index + 1..]
                    .iter()
                    .enumerate()
                    .find_map(|(rest, point)| Some((rest + 1, (*point)?)))?;
                number(from + (to - from) * count(steps) / count(steps + rest))
            }
        };
        series
            .iter()
            .enumerate()
            .map(|(index, point)| point.or_else(|| missing(index)))
            .collect()
    }
}
