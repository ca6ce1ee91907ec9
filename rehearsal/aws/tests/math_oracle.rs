//! Metric math against a second evaluator: random expressions over random series, each computed twice.
//!
//! The oracle shares nothing with the product but the expression's text: it builds the expression as a tree of its own, writes it as
//! text, and computes it time by time, by the sentences of the user guide.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "small counts, and == is what is tested"
)]

use rehearsal_aws::cloudwatch::math::{Expression, Grid, Inputs, Value};

/// 100,000 take under two seconds; `CASES` asks for more or fewer.
fn cases() -> u64 {
    std::env::var("CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000)
}

const POINTS: usize = 6;
const IDS: [&str; 3] = ["a", "b", "c"];

/// An expression that makes one series.
enum Of {
    Metric(usize),
    Operator(&'static str, Box<Of>, Box<Of>),
    WithNumber(&'static str, Box<Of>, f64),
    NumberWith(f64, &'static str, Box<Of>),
    WithScalar(&'static str, Box<Of>, &'static str, Box<Of>),
    Each(&'static str, Box<Of>),
    If(Box<Of>, Box<Of>, Option<Box<Of>>),
    IfNumbers(Box<Of>, f64, f64),
    Fill(Box<Of>, f64),
    FillWord(Box<Of>, &'static str),
    Array(&'static str, Vec<Of>),
    Extreme(bool, &'static str, Vec<Of>),
    Constant(f64),
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) % end as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn number(&mut self) -> f64 {
        self.pick(&[0.0, 1.0, 2.0, 3.0, 10.0, 0.5, 100.0])
    }

    fn series(&mut self) -> Vec<Option<f64>> {
        (0..POINTS)
            .map(|_| (self.below(3) > 0).then(|| self.pick(&[0.0, 0.0, 1.0, 2.0, 5.0, 7.5, -3.0])))
            .collect()
    }

    fn expression(&mut self, depth: usize) -> Of {
        let choice = if depth == 0 { 0 } else { self.below(14) };
        let operators = [
            "+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "AND", "OR", "&&", "||",
        ];
        let inner = |random: &mut Self| Box::new(random.expression(depth - 1));
        match choice {
            1 | 2 => Of::Operator(self.pick(&operators), inner(self), inner(self)),
            3 => Of::WithNumber(self.pick(&operators), inner(self), self.number()),
            4 => Of::NumberWith(self.number(), self.pick(&operators), inner(self)),
            5 => Of::WithScalar(
                self.pick(&operators),
                inner(self),
                self.pick(&["SUM", "AVG", "MIN", "MAX", "DATAPOINT_COUNT"]),
                inner(self),
            ),
            6 => Of::Each(
                self.pick(&[
                    "ABS",
                    "CEIL",
                    "FLOOR",
                    "DIFF",
                    "DIFF_TIME",
                    "RATE",
                    "RUNNING_SUM",
                    "LOG10",
                    "LOG",
                    "-",
                ]),
                inner(self),
            ),
            7 => Of::If(
                inner(self),
                inner(self),
                (self.below(2) == 0).then(|| inner(self)),
            ),
            8 => Of::IfNumbers(inner(self), self.number(), self.number()),
            9 => Of::Fill(inner(self), self.number()),
            10 => Of::FillWord(inner(self), self.pick(&["REPEAT", "LINEAR"])),
            11 => Of::Array(
                self.pick(&["SUM", "AVG", "MIN", "MAX", "STDDEV", "DATAPOINT_COUNT"]),
                (0..=self.below(3)).map(|_| *inner(self)).collect(),
            ),
            12 => Of::Extreme(
                self.below(2) == 0,
                self.pick(&["SUM", "AVG", "MIN", "MAX"]),
                (0..=self.below(3)).map(|_| *inner(self)).collect(),
            ),
            13 => Of::Constant(self.number()),
            _ => Of::Metric(self.below(IDS.len())),
        }
    }
}

impl Of {
    fn text(&self) -> String {
        let list = |of: &[Of]| of.iter().map(Of::text).collect::<Vec<_>>().join(", ");
        match self {
            Of::Metric(index) => IDS[*index].to_owned(),
            Of::Operator(operator, left, right) => {
                format!("({} {operator} {})", left.text(), right.text())
            }
            Of::WithNumber(operator, left, right) => {
                format!("({}{operator} {right})", left.text() + " ")
            }
            Of::NumberWith(left, operator, right) => {
                format!("({left} {operator} {})", right.text())
            }
            Of::WithScalar(operator, left, function, of) => {
                format!("({} {operator} {function}({}))", left.text(), of.text())
            }
            Of::Each("-", of) => format!("(-{})", of.text()),
            Of::Each(function, of) => format!("{function}({})", of.text()),
            Of::If(condition, then, None) => format!("IF({}, {})", condition.text(), then.text()),
            Of::If(condition, then, Some(otherwise)) => format!(
                "IF({}, {}, {})",
                condition.text(),
                then.text(),
                otherwise.text()
            ),
            Of::IfNumbers(condition, then, otherwise) => {
                format!("IF({}, {then}, {otherwise})", condition.text())
            }
            Of::Fill(of, number) => format!("FILL({}, {number})", of.text()),
            Of::FillWord(of, word) => format!("FILL({}, {word})", of.text()),
            Of::Array(function, of) => format!("{function}([{}])", list(of)),
            Of::Extreme(first, by, of) => format!(
                "{}(SORT([{}], {by}, DESC))",
                if *first { "FIRST" } else { "LAST" },
                list(of)
            ),
            Of::Constant(number) => format!("TIME_SERIES({number})"),
        }
    }

    /// The point at a time, by brute force: everything is computed again for it.
    fn point(&self, at: usize, given: &[Vec<Option<f64>>]) -> Option<f64> {
        match self {
            Of::Metric(index) => given[*index][at],
            Of::Operator(operator, left, right) => {
                let (left, right) = (left.point(at, given), right.point(at, given));
                if left.is_none() && right.is_none() {
                    return None;
                }
                operate(operator, left.unwrap_or(0.0), right.unwrap_or(0.0))
            }
            Of::WithNumber(operator, left, right) => {
                operate(operator, left.point(at, given)?, *right)
            }
            Of::NumberWith(left, operator, right) => {
                operate(operator, *left, right.point(at, given)?)
            }
            Of::WithScalar(operator, left, function, of) => {
                let all: Vec<_> = (0..POINTS).map(|at| of.point(at, given)).collect();
                operate(
                    operator,
                    left.point(at, given)?,
                    of_several(function, &all)?,
                )
            }
            Of::Each(function, of) => {
                let value = of.point(at, given)?;
                let before = (0..at)
                    .rev()
                    .find(|earlier| of.point(*earlier, given).is_some());
                let difference = before.and_then(|earlier| Some(value - of.point(earlier, given)?));
                let seconds = before.map(|earlier| ((at - earlier) * 60) as f64);
                let result = match *function {
                    "ABS" => value.abs(),
                    "CEIL" => value.ceil(),
                    "FLOOR" => value.floor(),
                    "LOG" => value.ln(),
                    "LOG10" => value.log10(),
                    "-" => -value,
                    "DIFF" => difference?,
                    "DIFF_TIME" => seconds?,
                    "RATE" => difference? / seconds?,
                    "RUNNING_SUM" => (0..=at)
                        .filter_map(|earlier| of.point(earlier, given))
                        .sum(),
                    other => panic!("{other}"),
                };
                result.is_finite().then_some(result)
            }
            Of::If(condition, then, otherwise) => match condition.point(at, given)? {
                0.0 => otherwise.as_ref()?.point(at, given),
                _ => Some(then.point(at, given).unwrap_or(0.0)),
            },
            Of::IfNumbers(condition, then, otherwise) => {
                Some(if condition.point(at, given)? == 0.0 {
                    *otherwise
                } else {
                    *then
                })
            }
            Of::Fill(of, number) => Some(of.point(at, given).unwrap_or(*number)),
            Of::FillWord(of, word) => of.point(at, given).or_else(|| {
                let before = (0..at)
                    .rev()
                    .find(|other| of.point(*other, given).is_some())?;
                let from = of.point(before, given)?;
                if *word == "REPEAT" {
                    return Some(from);
                }
                let after = (at + 1..POINTS).find(|other| of.point(*other, given).is_some())?;
                let to = of.point(after, given)?;
                Some(from + (to - from) * (at - before) as f64 / (after - before) as f64)
            }),
            Of::Array(function, of) => {
                let all: Vec<_> = of.iter().map(|of| of.point(at, given)).collect();
                if all.iter().all(Option::is_none) {
                    return None;
                }
                of_several(function, &all)
            }
            Of::Extreme(first, by, of) => {
                let scored = |of: &Of| {
                    of_several(
                        by,
                        &(0..POINTS)
                            .map(|at| of.point(at, given))
                            .collect::<Vec<_>>(),
                    )
                };
                let mut order: Vec<&Of> = of.iter().collect();
                let score = |of: &Of| scored(of).unwrap_or(f64::NEG_INFINITY);
                order.sort_by(|x, y| score(y).partial_cmp(&score(x)).expect("no score is NaN"));
                (if *first { order.first() } else { order.last() })?.point(at, given)
            }
            Of::Constant(number) => Some(*number),
        }
    }
}

fn operate(operator: &str, left: f64, right: f64) -> Option<f64> {
    let holds = match operator {
        "+" | "-" | "*" | "/" => {
            let result = match operator {
                "+" => left + right,
                "-" => left - right,
                "*" => left * right,
                _ if right == 0.0 => return None,
                _ => left / right,
            };
            return result.is_finite().then_some(result);
        }
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        "==" => left == right,
        "!=" => left != right,
        "AND" | "&&" => left != 0.0 && right != 0.0,
        "OR" | "||" => left != 0.0 || right != 0.0,
        other => panic!("{other}"),
    };
    Some(f64::from(u8::from(holds)))
}

fn of_several(function: &str, values: &[Option<f64>]) -> Option<f64> {
    let real: Vec<f64> = values.iter().flatten().copied().collect();
    match function {
        "SUM" => Some(real.iter().sum()),
        "AVG" => Some(real.iter().sum::<f64>() / values.len() as f64),
        "DATAPOINT_COUNT" => Some(real.len() as f64),
        "MAX" => real
            .iter()
            .copied()
            .reduce(|x, y| if x > y { x } else { y }),
        "MIN" => real
            .iter()
            .copied()
            .reduce(|x, y| if x < y { x } else { y }),
        "STDDEV" if real.is_empty() => None,
        "STDDEV" => {
            let mean = real.iter().sum::<f64>() / real.len() as f64;
            Some(
                (real
                    .iter()
                    .map(|value| (value - mean) * (value - mean))
                    .sum::<f64>()
                    / real.len() as f64)
                    .sqrt(),
            )
        }
        other => panic!("{other}"),
    }
}

struct Given(Vec<Vec<Option<f64>>>);

impl Inputs for Given {
    fn value(&self, id: &str) -> Option<Value> {
        let index = IDS.iter().position(|known| *known == id)?;
        Some(Value::Series(self.0[index].clone()))
    }

    fn period_seconds(&self, _: &str) -> Option<i64> {
        Some(60)
    }

    fn metrics(&self) -> Vec<(&str, Vec<Option<f64>>)> {
        IDS.into_iter().zip(self.0.iter().cloned()).collect()
    }
}

#[test]
fn random_expressions_over_random_series_are_computed_as_a_second_evaluator_does() {
    let grid = Grid {
        first_seconds: 0,
        period_seconds: 60,
        points: POINTS,
    };
    for case in 0..cases() {
        let mut random = Random(case);
        let given = Given((0..IDS.len()).map(|_| random.series()).collect());
        let depth = 1 + random.below(3);
        let tree = random.expression(depth);
        let text = tree.text();
        let expected: Vec<_> = (0..POINTS).map(|at| tree.point(at, &given.0)).collect();
        let parsed = Expression::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let Ok(Value::Series(found)) = parsed.evaluate(&given, grid) else {
            panic!("{text} is no series");
        };
        let is_same = |(found, expected): (&Option<f64>, &Option<f64>)| match (found, expected) {
            (Some(found), Some(expected)) => {
                (found - expected).abs() <= 1e-9 * expected.abs().max(1.0)
            }
            (None, None) => true,
            _ => false,
        };
        assert!(
            found.iter().zip(&expected).all(is_same),
            "case {case}: {text}\nof {:?}\nis {expected:?}, and the product has {found:?}",
            given.0
        );
    }
}
