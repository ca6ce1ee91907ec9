//! The data points that Lambda sends of an invocation, and their dimensions.

use super::LAMBDA;
use crate::cloudwatch::metric::{Metric, Metrics};
use crate::time::VirtualTime;

/// How many invocations of a function run at once. Assumed: Lambda counts at each start. Its statistic is `Maximum` (Lambda developer
/// guide, "Types of metrics for Lambda functions").
pub const CONCURRENT_EXECUTIONS: &str = "ConcurrentExecutions";

/// What Lambda says of one invocation.
#[derive(Clone, Copy, Debug)]
pub struct Invoked<'a> {
    /// The function's name.
    pub function: &'a str,
    /// The qualifier it was invoked with: an alias, a version, or none.
    pub qualifier: Option<&'a str>,
    /// The version that ran, when the qualifier was an alias.
    pub executed_version: Option<&'a str>,
    /// Its start.
    pub start: VirtualTime,
    /// How long it ran.
    pub duration_ms: i64,
    /// Whether it was throttled: then it is neither an invocation nor an error.
    pub throttled: bool,
    /// Whether it ended in a function error, a time-out included.
    pub error: bool,
}

/// Records an invocation: by `FunctionName`, by that and `Resource`, and, through an alias, by both and `ExecutedVersion` (Lambda
/// developer guide, "Types of metrics for Lambda functions").
///
/// `Errors` is 0 for a success; without an invocation there is no data point.
#[expect(
    clippy::cast_precision_loss,
    reason = "an invocation is shorter than 2^53 ms"
)]
pub fn record_invocation(metrics: &mut Metrics, invoked: Invoked<'_>) {
    let values: &[(&str, f64)] = if invoked.throttled {
        &[("Throttles", 1.0)]
    } else {
        &[
            ("Invocations", 1.0),
            ("Errors", if invoked.error { 1.0 } else { 0.0 }),
            ("Throttles", 0.0),
            ("Duration", invoked.duration_ms as f64),
        ]
    };
    let sender = [
        if invoked.throttled {
            "throttled"
        } else {
            "invoked"
        },
        invoked.function,
        invoked.qualifier.unwrap_or_default(),
        invoked.executed_version.unwrap_or_default(),
    ];
    metrics.record_each(LAMBDA, &sender, invoked.start, values, |record| {
        let resource = resource(invoked.function, invoked.qualifier);
        let by_function = ("FunctionName", invoked.function);
        let by_resource = ("Resource", resource.as_str());
        record(&[by_function]);
        record(&[by_function, by_resource]);
        if let Some(version) = invoked.executed_version {
            record(&[by_function, by_resource, ("ExecutedVersion", version)]);
        }
    });
}

/// Records what a function URL answered: by `FunctionName`, and by that and `Resource`
/// (Lambda developer guide, "Monitoring Lambda function URLs").
#[expect(
    clippy::cast_precision_loss,
    reason = "an invocation is shorter than 2^53 ms"
)]
pub fn record_url_request(
    metrics: &mut Metrics,
    function: &str,
    alias: Option<&str>,
    start: VirtualTime,
    status: u16,
    latency_ms: i64,
) {
    let is = |class: u16| if status / 100 == class { 1.0 } else { 0.0 };
    let values = [
        ("UrlRequestCount", 1.0),
        ("Url4xxCount", is(4)),
        ("Url5xxCount", is(5)),
        ("UrlRequestLatency", latency_ms as f64),
    ];
    let sender = ["url", function, alias.unwrap_or_default()];
    metrics.record_each(LAMBDA, &sender, start, &values, |record| {
        let by_function = ("FunctionName", function);
        record(&[by_function]);
        record(&[by_function, ("Resource", &resource(function, alias))]);
    });
}

/// The dimension `Resource`: the function, and how it was invoked.
fn resource(function: &str, qualifier: Option<&str>) -> String {
    match qualifier {
        Some(qualifier) => format!("{function}:{qualifier}"),
        None => function.to_owned(),
    }
}

/// What Lambda says of its queue of asynchronous events (Lambda developer guide, "Asynchronous invocation metrics").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// An event was queued: `AsyncEventsReceived`.
    Received,
    /// An event that has been queued so many milliseconds is given to the function: `AsyncEventAge`.
    Age(i64),
    /// An event was given up: `AsyncEventsDropped`, also where an on-failure destination gets it before.
    Dropped,
}

/// Records what becomes of an asynchronous event: by `FunctionName`, and by that and `Resource`.
///
/// Assumed: without an event there is no data point, also of `AsyncEventsDropped`.
#[expect(
    clippy::cast_precision_loss,
    reason = "an event is younger than 2^53 ms"
)]
pub fn record_queued(metrics: &mut Metrics, function: &str, at: VirtualTime, queued: Queued) {
    let (name, value) = match queued {
        Queued::Received => ("AsyncEventsReceived", 1.0),
        Queued::Age(milliseconds) => ("AsyncEventAge", milliseconds as f64),
        Queued::Dropped => ("AsyncEventsDropped", 1.0),
    };
    let by_name = ("FunctionName", function);
    for dimensions in [&[by_name][..], &[by_name, ("Resource", function)]] {
        metrics.record(Metric::new(LAMBDA, name, dimensions), at, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudwatch::metric::Statistic;

    fn point(metrics: &Metrics, name: &str, dimensions: &[(&str, &str)]) -> Option<f64> {
        metrics.data_point(
            &Metric::new(LAMBDA, name, dimensions),
            Statistic::Sum,
            VirtualTime::from_seconds(60),
            60_000,
        )
    }

    fn invoked(version: Option<&'static str>, error: bool, throttled: bool) -> Invoked<'static> {
        let start = VirtualTime::from_seconds(30);
        Invoked {
            function: "f",
            qualifier: Some("live"),
            executed_version: version,
            start,
            duration_ms: 20,
            throttled,
            error,
        }
    }

    #[test]
    fn the_executed_version_tells_the_two_versions_of_an_alias_apart() {
        let mut metrics = Metrics::default();
        record_invocation(&mut metrics, invoked(Some("1"), false, false));
        record_invocation(&mut metrics, invoked(Some("2"), true, false));
        let alias = [("FunctionName", "f"), ("Resource", "f:live")];
        let version = |v| [alias[0], alias[1], ("ExecutedVersion", v)];
        assert_eq!(point(&metrics, "Errors", &alias), Some(1.0));
        assert_eq!(point(&metrics, "Errors", &version("1")), Some(0.0));
        assert_eq!(point(&metrics, "Errors", &version("2")), Some(1.0));
    }

    #[test]
    fn a_throttle_is_neither_an_invocation_nor_an_error() {
        let mut metrics = Metrics::default();
        record_invocation(&mut metrics, invoked(Some("2"), false, true));
        let function = [("FunctionName", "f")];
        assert_eq!(point(&metrics, "Invocations", &function), None);
        assert_eq!(point(&metrics, "Errors", &function), None);
        assert_eq!(point(&metrics, "Throttles", &function), Some(1.0));
    }
}
