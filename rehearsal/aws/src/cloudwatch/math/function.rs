//! The functions of metric math.

use super::calendar::CalendarPart;

/// A function that is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// One value for each: `ABS`, `CEIL`, `FLOOR`, `LOG`, `LOG10`, `DIFF`, `DIFF_TIME`, `RATE`, `RUNNING_SUM`.
    Each(Each),
    /// Of one series a scalar, of several one series: `AVG`, `MAX`, `MIN`, `STDDEV`, `SUM`, `DATAPOINT_COUNT`.
    Reduce(Reduction),
    /// `MINUTE` to `EPOCH`.
    Calendar(CalendarPart),
    /// `FILL`
    Fill,
    /// `FIRST`
    First,
    /// `IF`
    If,
    /// `LAST`
    Last,
    /// `METRICS`
    Metrics,
    /// `METRIC_COUNT`
    MetricCount,
    /// `PERIOD`
    Period,
    /// `REMOVE_EMPTY`
    RemoveEmpty,
    /// `SLICE`
    Slice,
    /// `SORT`
    Sort,
    /// `TIME_SERIES`
    TimeSeries,
}

/// A function that makes one series of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// The absolute value.
    Abs,
    /// The smallest whole number that is not less.
    Ceil,
    /// The difference to the value before.
    Diff,
    /// The seconds since the value before.
    DiffTime,
    /// The largest whole number that is not more.
    Floor,
    /// The natural logarithm.
    Log,
    /// The logarithm to base 10.
    Log10,
    /// The difference to the value before, a second.
    Rate,
    /// The sum of the values so far.
    RunningSum,
}

/// A function that makes one value of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The mean.
    Avg,
    /// How many there are.
    DatapointCount,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The standard deviation.
    Stddev,
    /// The sum.
    Sum,
}

/// Functions that exist and are refused, each with what it would need.
const REFUSED: [(&str, &str); 6] = [
    (
        "ANOMALY_DETECTION_BAND",
        "a band that CloudWatch learns from weeks of data",
    ),
    ("DB_PERF_INSIGHTS", "the counters of a database"),
    ("INSIGHT_RULE_METRIC", "Contributor Insights"),
    ("LAMBDA", "a data source that a function of the account is"),
    (
        "SEARCH",
        "all metrics of the account, and an alarm may not use it",
    ),
    ("SERVICE_QUOTA", "the account's quotas"),
];

impl Function {
    /// Reads a function's name.
    ///
    /// # Errors
    /// Why it is no function that is evaluated.
    pub fn parse(name: &str) -> Result<Self, String> {
        if let Some(function) = Self::named(name) {
            return Ok(function);
        }
        if let Some((_, needs)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return Err(format!("{name} is not rehearsed: it needs {needs}"));
        }
        let capitals = name.to_uppercase();
        if Self::named(&capitals).is_some() {
            return Err(format!("functions are written in capitals: {capitals}"));
        }
        Err(format!("metric math has no function {name}"))
    }

    fn named(name: &str) -> Option<Self> {
        use CalendarPart::{Date, Day, Epoch, Hour, Minute, Month, Year};
        Some(match name {
            "ABS" => Self::Each(Each::Abs),
            "AVG" => Self::Reduce(Reduction::Avg),
            "CEIL" => Self::Each(Each::Ceil),
            "DATAPOINT_COUNT" => Self::Reduce(Reduction::DatapointCount),
            "DATE" => Self::Calendar(Date),
            "DAY" => Self::Calendar(Day),
            "DIFF" => Self::Each(Each::Diff),
            "DIFF_TIME" => Self::Each(Each::DiffTime),
            "EPOCH" => Self::Calendar(Epoch),
            "FILL" => Self::Fill,
            "FIRST" => Self::First,
            "FLOOR" => Self::Each(Each::Floor),
            "HOUR" => Self::Calendar(Hour),
            "IF" => Self::If,
            "LAST" => Self::Last,
            "LOG" => Self::Each(Each::Log),
            "LOG10" => Self::Each(Each::Log10),
            "MAX" => Self::Reduce(Reduction::Max),
            "METRICS" => Self::Metrics,
            "METRIC_COUNT" => Self::MetricCount,
            "MIN" => Self::Reduce(Reduction::Min),
            "MINUTE" => Self::Calendar(Minute),
            "MONTH" => Self::Calendar(Month),
            "PERIOD" => Self::Period,
            "RATE" => Self::Each(Each::Rate),
            "REMOVE_EMPTY" => Self::RemoveEmpty,
            "RUNNING_SUM" => Self::Each(Each::RunningSum),
            "SLICE" => Self::Slice,
            "SORT" => Self::Sort,
            "STDDEV" => Self::Reduce(Reduction::Stddev),
            "SUM" => Self::Reduce(Reduction::Sum),
            "TIME_SERIES" => Self::TimeSeries,
            "YEAR" => Self::Calendar(Year),
            _ => return None,
        })
    }

    /// Whether its value depends on how many data points are looked at: AWS advises against it in alarms, which look at more than
    /// `EvaluationPeriods`.
    pub fn depends_on_range(self) -> bool {
        matches!(
            self,
            Self::Reduce(_) | Self::RemoveEmpty | Self::Each(Each::RunningSum)
        )
    }
}
