//! The data points that DynamoDB sends of a call, and their dimensions.
//!
//! Source, where none is named: DynamoDB developer guide, "DynamoDB metrics and dimensions".

use super::DYNAMODB;
use crate::cloudwatch::metric::{Metric, Metrics};
use crate::dynamodb::READS;
use crate::time::VirtualTime;

/// The statuses that `SystemErrors` counts. Assumed: the guide says "HTTP 500", and the API answers 503 for the same kind of failure
/// (DynamoDB developer guide, "Error handling with DynamoDB").
pub const SYSTEM_ERRORS: std::ops::RangeInclusive<u16> = 500..=599;

/// What the API answers where a table, or the account, is asked for more than it gives (DynamoDB developer guide, "Error handling
/// with DynamoDB"). Assumed: `ThrottledRequests` counts all three.
pub const THROTTLES: [&str; 3] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
];

/// A call to DynamoDB, and what it answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// Such as `PutItem`.
    pub operation: &'a str,
    /// The tables that it names. Assumed: a call about several counts once for each.
    pub tables: &'a [String],
    /// The HTTP status.
    pub status: u16,
    /// The error's code, where it is one.
    pub code: Option<&'a str>,
    /// When it was made.
    pub at: VirtualTime,
    /// How long the service took.
    pub latency_ms: i64,
}

/// Records a call. A metric that counts errors or throttles has a data point only where there was one.
///
/// - `SuccessfulRequestLatency`, `SystemErrors`, `ThrottledRequests` by `TableName` and `Operation`, and never by `TableName` alone
///   (aws-cdk issue 11269);
/// - `ReadThrottleEvents`, `WriteThrottleEvents`, `ConditionalCheckFailedRequests` by `TableName`;
/// - `UserErrors` without dimensions, for it is the whole account's: every status 400 but throttles and conditions that do not hold.
#[expect(clippy::cast_precision_loss, reason = "a call is shorter than 2^53 ms")]
pub fn record_call(metrics: &mut Metrics, answered: Answered<'_>) {
    let Answered {
        operation,
        tables,
        status,
        code,
        at,
        latency_ms,
    } = answered;
    let is_throttled = code.is_some_and(|code| THROTTLES.contains(&code));
    let is_unmet = code == Some("ConditionalCheckFailedException");
    let mut by_operation = |name: &str, value: f64| {
        for table in tables {
            let dimensions = [("TableName", table.as_str()), ("Operation", operation)];
            metrics.record(Metric::new(DYNAMODB, name, &dimensions), at, value);
        }
    };
    if (200..300).contains(&status) {
        by_operation("SuccessfulRequestLatency", latency_ms as f64);
    } else if SYSTEM_ERRORS.contains(&status) {
        by_operation("SystemErrors", 1.0);
    } else if is_throttled {
        by_operation("ThrottledRequests", 1.0);
    }
    let mut by_table = |name: &str| {
        for table in tables {
            metrics.record(
                Metric::new(DYNAMODB, name, &[("TableName", table)]),
                at,
                1.0,
            );
        }
    };
    if is_throttled && READS.contains(&operation) {
        by_table("ReadThrottleEvents");
    } else if is_throttled {
        by_table("WriteThrottleEvents");
    } else if is_unmet {
        by_table("ConditionalCheckFailedRequests");
    } else if status == 400 {
        metrics.record(Metric::new(DYNAMODB, "UserErrors", &[]), at, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudwatch::metric::Statistic;

    const ALL: [&str; 7] = [
        "SuccessfulRequestLatency",
        "SystemErrors",
        "ThrottledRequests",
        "ReadThrottleEvents",
        "WriteThrottleEvents",
        "ConditionalCheckFailedRequests",
        "UserErrors",
    ];

    /// The metrics that have a data point after one call, each with the names of its dimensions.
    fn sent(operation: &str, status: u16, code: Option<&str>) -> Vec<(&'static str, &'static str)> {
        let mut metrics = Metrics::default();
        let tables = ["orders".to_owned()];
        record_call(
            &mut metrics,
            Answered {
                operation,
                tables: &tables,
                status,
                code,
                at: VirtualTime::from_seconds(30),
                latency_ms: 5,
            },
        );
        let (table, operation) = (("TableName", "orders"), ("Operation", operation));
        let mut sent = Vec::new();
        for name in ALL {
            for (by, dimensions) in [
                ("", &[][..]),
                ("table", &[table]),
                ("table, operation", &[table, operation]),
            ] {
                if metrics.values_of(&Metric::new(DYNAMODB, name, dimensions)) > 0 {
                    sent.push((name, by));
                }
            }
        }
        sent
    }

    #[test]
    fn each_answer_is_counted_under_the_dimensions_that_dynamodb_has() {
        let throttled = Some("ProvisionedThroughputExceededException");
        let by_operation = |name| (name, "table, operation");
        #[rustfmt::skip] // A table.
        let cases = [
            ("GetItem", 200, None, vec![by_operation("SuccessfulRequestLatency")]),
            ("GetItem", 500, Some("InternalServerError"), vec![by_operation("SystemErrors")]),
            ("GetItem", 503, Some("ServiceUnavailable"), vec![by_operation("SystemErrors")]),
            ("Query", 400, throttled, vec![by_operation("ThrottledRequests"), ("ReadThrottleEvents", "table")]),
            ("PutItem", 400, Some("ThrottlingException"), vec![by_operation("ThrottledRequests"), ("WriteThrottleEvents", "table")]),
            ("PutItem", 400, Some("ConditionalCheckFailedException"), vec![("ConditionalCheckFailedRequests", "table")]),
            ("PutItem", 400, Some("ValidationException"), vec![("UserErrors", "")]),
            ("PutItem", 413, Some("RequestEntityTooLargeException"), vec![]),
        ];
        for (operation, status, code, expected) in cases {
            assert_eq!(
                sent(operation, status, code),
                expected,
                "{operation} {status} {code:?}"
            );
        }
    }

    #[test]
    fn a_call_about_two_tables_counts_for_each_and_its_latency_is_that_of_the_service() {
        let mut metrics = Metrics::default();
        let tables = ["a".to_owned(), "b".to_owned()];
        record_call(
            &mut metrics,
            Answered {
                operation: "BatchGetItem",
                tables: &tables,
                status: 200,
                code: None,
                at: VirtualTime::ZERO,
                latency_ms: 305,
            },
        );
        for table in ["a", "b"] {
            let dimensions = [("TableName", table), ("Operation", "BatchGetItem")];
            let metric = Metric::new(DYNAMODB, "SuccessfulRequestLatency", &dimensions);
            let point = metrics.data_point(
                &metric,
                Statistic::Maximum,
                VirtualTime::from_seconds(60),
                60_000,
            );
            assert_eq!(point, Some(305.0), "{table}");
        }
    }
}
