//! Which metrics exist: what each service sends, by which sets of dimensions, and what of it a rehearsal sends.
//!
//! Sources: Lambda developer guide, "Types of metrics for Lambda functions"; API Gateway developer guide, "Amazon API Gateway
//! dimensions and metrics", "Monitor CloudWatch metrics for HTTP APIs"; DynamoDB developer guide, "DynamoDB metrics and dimensions".

use super::metric::Metric;
use super::metrics_of::lambda::CONCURRENT_EXECUTIONS;
use super::metrics_of::{API_GATEWAY, DYNAMODB, LAMBDA};
use crate::dynamodb::{READS, WRITES};

/// What is known of a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// A rehearsal sends it.
    Sent(By),
    /// AWS sends no such metric, so it has no data point, there as here. The text says why.
    Never(String),
    /// AWS may send it, and a rehearsal does not. The text says what it is.
    NotModelled(String),
    /// The namespace is no service's: functions send it, or metric filters, or someone else.
    Custom,
}

/// Who sends a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Lambda, of an invocation.
    Invocation,
    /// Lambda, of how many invocations of a function run at once.
    Function,
    /// Lambda, of its queue of asynchronous events.
    AsynchronousQueue,
    /// Lambda, of a request through a function URL.
    Url,
    /// API Gateway, of an API or a stage.
    Stage,
    /// API Gateway, of a method or route, where the stage has detailed metrics on.
    Method,
    /// DynamoDB, of a table, or of an operation on it.
    Table,
    /// DynamoDB, of all calls of the account.
    Account,
}

const INVOCATION: [&str; 4] = ["Invocations", "Errors", "Duration", "Throttles"];
/// Not `DestinationDeliveryFailures`: a rehearsal delivers every record, so that an alarm on it would stay silent whatever happens.
const ASYNCHRONOUS: [&str; 3] = ["AsyncEventsReceived", "AsyncEventAge", "AsyncEventsDropped"];
/// Of requests through a function URL.
const URL: [&str; 4] = [
    "UrlRequestCount",
    "Url4xxCount",
    "Url5xxCount",
    "UrlRequestLatency",
];
const REST: [&str; 5] = [
    "Count",
    "4XXError",
    "5XXError",
    "Latency",
    "IntegrationLatency",
];
const HTTP: [&str; 5] = ["Count", "4xx", "5xx", "Latency", "IntegrationLatency"];
/// By `TableName` and `Operation`.
const TABLE_OPERATION: [&str; 3] = [
    "SystemErrors",
    "ThrottledRequests",
    "SuccessfulRequestLatency",
];
/// By `TableName`.
const TABLE: [&str; 3] = [
    "ReadThrottleEvents",
    "WriteThrottleEvents",
    "ConditionalCheckFailedRequests",
];
/// Without dimensions: it is the account's (aws-cdk-lib, `Table.metricUserErrors`).
const USER_ERRORS: &str = "UserErrors";

/// What is known of a metric.
pub fn known(metric: &Metric) -> Known {
    let names: Vec<&str> = metric.dimensions.keys().map(String::as_str).collect();
    match metric.namespace.as_str() {
        LAMBDA => lambda(&metric.name, &names),
        API_GATEWAY => api_gateway(&metric.name, &names),
        DYNAMODB => dynamodb(&metric.name, &names, metric.dimensions.get("Operation")),
        namespace if namespace.starts_with("AWS/") => {
            Known::NotModelled(format!("a rehearsal sends no metrics of {namespace}"))
        }
        _ => Known::Custom,
    }
}

/// The units that CloudWatch has (CloudWatch API, `StandardUnit`).
#[rustfmt::skip] // A table.
const UNITS: [&str; 27] = [
    "Bits", "Bits/Second", "Bytes", "Bytes/Second", "Count", "Count/Second", "Gigabits", "Gigabits/Second", "Gigabytes",
    "Gigabytes/Second", "Kilobits", "Kilobits/Second", "Kilobytes", "Kilobytes/Second", "Megabits", "Megabits/Second", "Megabytes",
    "Megabytes/Second", "Microseconds", "Milliseconds", "None", "Percent", "Seconds", "Terabits", "Terabits/Second", "Terabytes",
    "Terabytes/Second",
];

/// Whether an alarm that asks for a unit sees a metric's data: "if you specify an incorrect unit, the alarm is stuck in the
/// INSUFFICIENT DATA state" (CloudWatch API, `PutMetricAlarm.Unit`).
///
/// ```
/// use rehearsal_aws::cloudwatch::catalogue::check_unit;
/// use rehearsal_aws::cloudwatch::metric::Metric;
///
/// let errors = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "f")]);
/// assert_eq!(check_unit(&errors, "Count"), Ok(()));
/// assert!(check_unit(&errors, "Seconds").is_err_and(|why| why.contains("sent in Count")));
/// assert!(check_unit(&errors, "counts").is_err_and(|why| why.contains("no unit")));
/// ```
///
/// # Errors
/// Why not, or why that is not known: a rehearsal keeps no units of the metrics that functions send.
pub fn check_unit(metric: &Metric, unit: &str) -> Result<(), String> {
    let Metric {
        namespace, name, ..
    } = metric;
    if !UNITS.contains(&unit) {
        return Err(format!("CloudWatch has no unit {unit}"));
    }
    match known(metric) {
        Known::Sent(_) => {}
        // Without data in any unit.
        Known::Never(_) => return Ok(()),
        _ => {
            return Err(format!(
                "its unit is {unit}, and of {namespace} {name} a rehearsal keeps no units"
            ));
        }
    }
    let sent = if MILLISECONDS.contains(&name.as_str()) {
        "Milliseconds"
    } else {
        "Count"
    };
    if sent == unit {
        return Ok(());
    }
    Err(format!(
        "{namespace} {name} is sent in {sent}, and with the unit {unit} the alarm never has data"
    ))
}

/// Of what a rehearsal sends, what is in milliseconds; all else is a count. Sources: as above, each metric's "Units".
const MILLISECONDS: [&str; 6] = [
    "AsyncEventAge",
    "Duration",
    "IntegrationLatency",
    "Latency",
    "SuccessfulRequestLatency",
    "UrlRequestLatency",
];

/// A set of dimensions in words.
fn by(names: &[&str]) -> String {
    if names.is_empty() {
        "no dimension".to_owned()
    } else {
        names.join(", ")
    }
}

fn lambda(name: &str, names: &[&str]) -> Known {
    if URL.contains(&name) {
        return match names {
            ["FunctionName"] | ["FunctionName", "Resource"] => Known::Sent(By::Url),
            _ => Known::Never(format!(
                "Lambda sends {name} by FunctionName, and by that and Resource, and not by {}",
                by(names)
            )),
        };
    }
    if name == CONCURRENT_EXECUTIONS {
        return match names {
            ["FunctionName"] => Known::Sent(By::Function),
            [] => Known::NotModelled(format!(
                "{name} without dimensions is of all functions of the account, and only the stack's are here"
            )),
            _ => Known::NotModelled(format!(
                "whether Lambda sends {name} by {} is not documented",
                by(names)
            )),
        };
    }
    let is_asynchronous = ASYNCHRONOUS.contains(&name);
    if !is_asynchronous && !INVOCATION.contains(&name) {
        return Known::NotModelled(format!("a rehearsal sends no {name} of Lambda"));
    }
    match names {
        ["FunctionName"] | ["FunctionName", "Resource"] if is_asynchronous => {
            Known::Sent(By::AsynchronousQueue)
        }
        ["ExecutedVersion", "FunctionName", "Resource"] if is_asynchronous => Known::NotModelled(
            format!("whether Lambda sends {name} by ExecutedVersion is not documented"),
        ),
        ["FunctionName"]
        | ["FunctionName", "Resource"]
        | ["ExecutedVersion", "FunctionName", "Resource"] => Known::Sent(By::Invocation),
        [] => Known::NotModelled(format!(
            "{name} without dimensions is of all functions of the account, and only the stack's are here"
        )),
        _ => Known::Never(format!(
            "Lambda sends {name} by FunctionName, by that and Resource, and by both and ExecutedVersion, and not by {}",
            by(names)
        )),
    }
}

fn api_gateway(name: &str, names: &[&str]) -> Known {
    let modelled = match (names.contains(&"ApiName"), names.contains(&"ApiId")) {
        (true, false) => &REST,
        (false, true) => &HTTP,
        (false, false) if REST.contains(&name) || HTTP.contains(&name) => {
            return Known::Never(format!(
                "API Gateway sends {name} by ApiName or ApiId, and not by {}",
                by(names)
            ));
        }
        _ => {
            return Known::NotModelled(format!(
                "a rehearsal sends no {name} of API Gateway by {}",
                by(names)
            ));
        }
    };
    if !modelled.contains(&name) {
        // The names of the other kind of API, which this kind never has.
        if REST.contains(&name) || HTTP.contains(&name) {
            let (kind, names) = if names.contains(&"ApiName") {
                ("a REST API", "4XXError and 5XXError")
            } else {
                ("an HTTP API", "4xx and 5xx")
            };
            return Known::Never(format!("{kind} sends {names}, and not {name}"));
        }
        return Known::NotModelled(format!("a rehearsal sends no {name} of API Gateway"));
    }
    match names {
        [_] | [_, "Stage"] => Known::Sent(By::Stage),
        [_, "Method", "Resource", "Stage"] => Known::Sent(By::Method),
        _ => Known::Never(format!(
            "API Gateway sends {name} by the API, by that and Stage, and by both, Method and Resource, and not by {}",
            by(names)
        )),
    }
}

fn dynamodb(name: &str, names: &[&str], operation: Option<&String>) -> Known {
    match names {
        ["Operation", "TableName"] if TABLE_OPERATION.contains(&name) => match operation {
            Some(operation) if is_on_items(operation) => Known::Sent(By::Table),
            Some(operation) => Known::NotModelled(format!(
                "a rehearsal sends no {name} of {operation}, only of operations on items that name their table"
            )),
            None => Known::NotModelled(format!("a rehearsal sends no {name} of DynamoDB")),
        },
        ["TableName"] if TABLE.contains(&name) => Known::Sent(By::Table),
        [] if name == USER_ERRORS => Known::Sent(By::Account),
        _ if name == USER_ERRORS => Known::Never(format!(
            "DynamoDB sends {name} of the whole account, and not by {}",
            by(names)
        )),
        _ if TABLE_OPERATION.contains(&name) => Known::Never(format!(
            "DynamoDB sends {name} by TableName and Operation, and not by {} (aws-cdk issue 11269)",
            by(names)
        )),
        ["GlobalSecondaryIndexName", "TableName"] if TABLE.contains(&name) => {
            Known::NotModelled(format!("a rehearsal sends no {name} of an index"))
        }
        _ if TABLE.contains(&name) => Known::Never(format!(
            "DynamoDB sends {name} by TableName, and not by {}",
            by(names)
        )),
        _ => Known::NotModelled(format!("a rehearsal sends no {name} of DynamoDB")),
    }
}

/// Whether an operation is about items of tables that its request names.
fn is_on_items(operation: &str) -> bool {
    READS.contains(&operation) || WRITES.contains(&operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(namespace: &str, name: &str, dimensions: &[&str]) -> Known {
        let value = |name| match name {
            "Operation" => "PutItem",
            _ => "x",
        };
        let dimensions: Vec<_> = dimensions.iter().map(|name| (*name, value(name))).collect();
        known(&Metric::new(namespace, name, &dimensions))
    }

    #[test]
    fn what_a_rehearsal_sends_is_known_by_its_dimensions() {
        #[rustfmt::skip] // A table.
        let cases = [
            (LAMBDA, "Errors", &["FunctionName"][..], By::Invocation),
            (LAMBDA, "ConcurrentExecutions", &["FunctionName"], By::Function),
            (LAMBDA, "Throttles", &["Resource", "FunctionName", "ExecutedVersion"], By::Invocation),
            (LAMBDA, "AsyncEventsDropped", &["FunctionName", "Resource"], By::AsynchronousQueue),
            (API_GATEWAY, "5XXError", &["ApiName", "Stage"], By::Stage),
            (API_GATEWAY, "5xx", &["ApiId"], By::Stage),
            (API_GATEWAY, "5XXError", &["ApiName", "Stage", "Method", "Resource"], By::Method),
            (API_GATEWAY, "Latency", &["ApiId", "Stage", "Method", "Resource"], By::Method),
            (DYNAMODB, "SystemErrors", &["TableName", "Operation"], By::Table),
            (DYNAMODB, "ReadThrottleEvents", &["TableName"], By::Table),
            (DYNAMODB, "ConditionalCheckFailedRequests", &["TableName"], By::Table),
            (DYNAMODB, "UserErrors", &[], By::Account),
        ];
        for (namespace, name, dimensions, by) in cases {
            assert_eq!(
                of(namespace, name, dimensions),
                Known::Sent(by),
                "{namespace} {name} {dimensions:?}"
            );
        }
    }

    #[test]
    fn what_aws_never_sends_is_told_from_what_a_rehearsal_does_not() {
        let is_never = |namespace, name, dimensions: &[&str]| {
            matches!(of(namespace, name, dimensions), Known::Never(_))
        };
        let is_not_modelled = |namespace, name, dimensions: &[&str]| {
            matches!(of(namespace, name, dimensions), Known::NotModelled(_))
        };
        assert!(is_not_modelled(
            LAMBDA,
            "DestinationDeliveryFailures",
            &["FunctionName"]
        ));
        assert!(is_never(LAMBDA, "Errors", &["Resource"]));
        assert!(is_never(
            LAMBDA,
            "Errors",
            &["FunctionName", "ExecutedVersion"]
        ));
        assert!(is_never(API_GATEWAY, "5XXError", &["ApiName", "Method"]));
        assert!(is_never(API_GATEWAY, "5XXError", &["ApiId"]));
        assert!(is_never(API_GATEWAY, "5XXError", &[]));
        assert!(is_never(DYNAMODB, "SystemErrors", &["TableName"]));
        assert!(is_not_modelled(LAMBDA, "Errors", &[]));
        assert!(is_not_modelled(
            LAMBDA,
            "ConcurrentExecutions",
            &["FunctionName", "Resource"]
        ));
        assert!(is_not_modelled(LAMBDA, "IteratorAge", &["FunctionName"]));
        assert!(is_not_modelled(API_GATEWAY, "CacheHitCount", &["ApiName"]));
        assert!(is_never(DYNAMODB, "UserErrors", &["TableName"]));
        assert!(is_never(
            DYNAMODB,
            "ReadThrottleEvents",
            &["TableName", "Operation"]
        ));
        assert!(is_not_modelled(
            DYNAMODB,
            "ConsumedReadCapacityUnits",
            &["TableName"]
        ));
        assert!(is_not_modelled(
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            &["QueueName"]
        ));
        assert_eq!(of("Shop", "Orders", &[]), Known::Custom);
    }

    #[test]
    fn an_operation_whose_table_its_request_does_not_name_is_not_sent() {
        let of = |operation| {
            let dimensions = [("TableName", "x"), ("Operation", operation)];
            known(&Metric::new(DYNAMODB, "SystemErrors", &dimensions))
        };
        assert_eq!(of("TransactWriteItems"), Known::Sent(By::Table));
        for operation in ["ExecuteStatement", "DescribeTable", "getItem"] {
            assert!(
                matches!(of(operation), Known::NotModelled(_)),
                "{operation}"
            );
        }
    }
}
