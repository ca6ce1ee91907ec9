//! Which metrics three services send, and under which sets of dimensions.

use std::collections::BTreeSet;

use crate::suggest;

/// What is wrong with a metric's name and dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Verdict {
    /// The service sends it.
    Sent,
    /// The namespace, or this metric's dimensions, are not in the tables.
    NotJudged,
    /// The service sends no such metric; perhaps this one was meant.
    NoSuchMetric(Option<&'static str>),
    /// It sends the metric with these sets of dimensions alone.
    OtherDimensions(&'static [&'static [&'static str]]),
}

/// The namespaces of services that deployments' alarms watch, as they are written (CloudWatch user guide, "AWS services that publish
/// CloudWatch metrics").
#[rustfmt::skip] // A table.
const NAMESPACES: [&str; 30] = [
    "AWS/ApiGateway", "AWS/ApplicationELB", "AWS/AppSync", "AWS/Athena", "AWS/Bedrock", "AWS/CloudFront", "AWS/CodeBuild", "AWS/Cognito",
    "AWS/DynamoDB", "AWS/EC2", "AWS/ECS", "AWS/EFS", "AWS/ElastiCache", "AWS/ES", "AWS/Events", "AWS/Firehose", "AWS/Kafka", "AWS/Kinesis",
    "AWS/KMS", "AWS/Lambda", "AWS/Logs", "AWS/NetworkELB", "AWS/RDS", "AWS/Route53", "AWS/S3", "AWS/SES", "AWS/SNS", "AWS/SQS", "AWS/States",
    "AWS/WAFV2",
];

/// The service's namespace that is written with another case: `AWS/lambda`, `aws/SQS`. A custom namespace cannot begin with `AWS/`.
pub(in crate::lint) fn namespace_meant(namespace: &str) -> Option<&'static str> {
    let mut known = NAMESPACES.into_iter();
    known.find(|known| *known != namespace && known.eq_ignore_ascii_case(namespace))
}

/// Metrics that are sent with the same sets of dimensions.
struct Family {
    metrics: &'static [&'static str],
    /// Each set in alphabetical order. None at all: the sets are not judged.
    dimensions: &'static [&'static [&'static str]],
}

/// Judges a metric by its namespace, its name and the names of its dimensions.
pub(in crate::lint) fn judge(
    namespace: &str,
    metric: &str,
    dimensions: &BTreeSet<&str>,
) -> Verdict {
    let families: &[Family] = match namespace {
        "AWS/Lambda" => &LAMBDA,
        "AWS/ApiGateway" => &API_GATEWAY,
        "AWS/DynamoDB" => &DYNAMODB,
        _ => return Verdict::NotJudged,
    };
    let of_this_name = || {
        families
            .iter()
            .filter(|family| family.metrics.contains(&metric))
    };
    if of_this_name().next().is_none() {
        let all = families.iter().flat_map(|family| family.metrics);
        return Verdict::NoSuchMetric(suggest::closest(metric, all.copied()));
    }
    if of_this_name().any(|family| family.dimensions.is_empty()) {
        return Verdict::NotJudged;
    }
    let is_sent = of_this_name()
        .flat_map(|family| family.dimensions)
        .any(|set| set.iter().copied().eq(dimensions.iter().copied()));
    // Of several families, the one that shares most with what was written is what was meant.
    let meant = of_this_name().max_by_key(|family| {
        family
            .dimensions
            .iter()
            .flat_map(|set| set.iter())
            .filter(|name| dimensions.contains(*name))
            .count()
    });
    match (is_sent, meant) {
        (false, Some(family)) => Verdict::OtherDimensions(family.dimensions),
        _ => Verdict::Sent,
    }
}

/// Lambda developer guide, "Types of metrics for Lambda functions", "Viewing metrics for Lambda functions"; the sets
/// themselves as in aws-cdk-lib's canned metrics, `aws-lambda`. `ExecutedVersion` comes with an alias's `Resource` alone.
const LAMBDA: [Family; 3] = [
    Family {
        metrics: &[
            "AsyncEventAge",
            "AsyncEventsDropped",
            "AsyncEventsReceived",
            "ConcurrentExecutions",
            "DeadLetterErrors",
            "DestinationDeliveryFailures",
            "Duration",
            "Errors",
            "Invocations",
            "IteratorAge",
            "OffsetLag",
            "OversizedRecordCount",
            "PostRuntimeExtensionsDuration",
            "ProvisionedConcurrencyInvocations",
            "ProvisionedConcurrencySpilloverInvocations",
            "ProvisionedConcurrencyUtilization",
            "ProvisionedConcurrentExecutions",
            "RecursiveInvocationsDropped",
            "SignatureValidationErrors",
            "Throttles",
        ],
        dimensions: &[
            &[],
            &["FunctionName"],
            &["FunctionName", "Resource"],
            &["ExecutedVersion", "FunctionName", "Resource"],
        ],
    },
    Family {
        metrics: &[
            "ClaimedAccountConcurrency",
            "UnreservedConcurrentExecutions",
        ],
        dimensions: &[&[]],
    },
    // Of event source mappings, function URLs and managed instances: their guides do not list the sets.
    Family {
        metrics: &[
            "CPUThrottles",
            "CommitErrorCount",
            "CommittedEventCount",
            "ConcurrencyThrottles",
            "DeletedEventCount",
            "DiskThrottles",
            "DroppedEventCount",
            "FailedInvokeEventCount",
            "FilteredOutEventCount",
            "InvokeErrorCount",
            "InvokedEventCount",
            "MaxOffsetLag",
            "MemoryThrottles",
            "OnFailureDestinationDeliveredEventCount",
            "OnFailureDestinationDeliveryErrorCount",
            "PolledEventCount",
            "PollingErrorCount",
            "ProvisionedPollers",
            "SchemaRegistryErrorCount",
            "SumOffsetLag",
            "Url4xxCount",
            "Url5xxCount",
            "UrlRequestCount",
            "UrlRequestLatency",
        ],
        dimensions: &[],
    },
];

/// API Gateway developer guide, "Amazon API Gateway dimensions and metrics" (REST APIs), "Monitor CloudWatch metrics for HTTP
/// APIs" and "Monitor WebSocket API execution with CloudWatch metrics".
const API_GATEWAY: [Family; 3] = [
    Family {
        metrics: &[
            "4XXError",
            "5XXError",
            "CacheHitCount",
            "CacheMissCount",
            "Count",
            "IntegrationLatency",
            "Latency",
        ],
        dimensions: &[
            &["ApiName"],
            &["ApiName", "Stage"],
            &["ApiName", "Method", "Resource", "Stage"],
        ],
    },
    Family {
        metrics: &[
            "4xx",
            "5xx",
            "Count",
            "DataProcessed",
            "IntegrationLatency",
            "Latency",
        ],
        dimensions: &[
            &["ApiId"],
            &["ApiId", "Stage"],
            &["ApiId", "Route", "Stage"],
            &["ApiId", "Method", "Resource", "Stage"],
        ],
    },
    Family {
        metrics: &[
            "ClientError",
            "ConnectCount",
            "ExecutionError",
            "IntegrationError",
            "IntegrationLatency",
            "MessageCount",
        ],
        dimensions: &[
            &["ApiId"],
            &["ApiId", "Stage"],
            &["ApiId", "Route", "Stage"],
        ],
    },
];

/// DynamoDB developer guide, "DynamoDB metrics and dimensions". Errors, throttled requests and latency exist for each operation
/// alone (aws/aws-cdk#11269).
const DYNAMODB: [Family; 7] = [
    Family {
        metrics: &[
            "FaultInjectionServiceInducedErrors",
            "ReturnedItemCount",
            "SuccessfulRequestLatency",
            "SystemErrors",
            "ThrottledRequests",
        ],
        dimensions: &[
            &["Operation", "TableName"],
            &["Operation", "StreamLabel", "TableName"],
            &["GlobalSecondaryIndexName", "Operation", "TableName"],
        ],
    },
    Family {
        metrics: &[
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "OnDemandMaxReadRequestUnits",
            "OnDemandMaxWriteRequestUnits",
            "ProvisionedReadCapacityUnits",
            "ProvisionedWriteCapacityUnits",
            "ReadAccountLimitThrottleEvents",
            "ReadKeyRangeThroughputThrottleEvents",
            "ReadMaxOnDemandThroughputThrottleEvents",
            "ReadProvisionedThroughputThrottleEvents",
            "ReadThrottleEvents",
            "WriteAccountLimitThrottleEvents",
            "WriteKeyRangeThroughputThrottleEvents",
            "WriteMaxOnDemandThroughputThrottleEvents",
            "WriteProvisionedThroughputThrottleEvents",
            "WriteThrottleEvents",
        ],
        dimensions: &[&["TableName"], &["GlobalSecondaryIndexName", "TableName"]],
    },
    Family {
        metrics: &[
            "ConditionalCheckFailedRequests",
            "TimeToLiveDeletedItemCount",
            "TransactionConflict",
        ],
        dimensions: &[&["TableName"]],
    },
    Family {
        metrics: &[
            "OnlineIndexConsumedWriteCapacity",
            "OnlineIndexPercentageProgress",
            "OnlineIndexThrottleEvents",
        ],
        dimensions: &[&["GlobalSecondaryIndexName", "TableName"]],
    },
    Family {
        metrics: &["ReturnedBytes", "ReturnedRecordsCount"],
        dimensions: &[&["Operation", "StreamLabel", "TableName"]],
    },
    Family {
        metrics: &[
            "AccountMaxReads",
            "AccountMaxTableLevelReads",
            "AccountMaxTableLevelWrites",
            "AccountMaxWrites",
            "AccountProvisionedReadCapacityUtilization",
            "AccountProvisionedWriteCapacityUtilization",
            "MaxProvisionedTableReadCapacityUtilization",
            "MaxProvisionedTableWriteCapacityUtilization",
            "UserErrors",
        ],
        dimensions: &[&[]],
    },
    // Of replication and change data capture, whose dimensions differ by table version.
    Family {
        metrics: &[
            "AgeOfOldestUnreplicatedRecord",
            "ConsumedChangeDataCaptureUnits",
            "FailedToReplicateRecordCount",
            "PendingReplicationCount",
            "ReplicationLatency",
            "ThrottledPutRecordCount",
        ],
        dimensions: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(namespace: &str, metric: &str, dimensions: &[&str]) -> Verdict {
        judge(namespace, metric, &dimensions.iter().copied().collect())
    }

    #[test]
    fn every_set_of_dimensions_is_in_alphabetical_order() {
        for family in LAMBDA.iter().chain(&API_GATEWAY).chain(&DYNAMODB) {
            for set in family.dimensions {
                assert!(set.is_sorted(), "{set:?}");
            }
        }
    }

    #[test]
    fn a_metric_is_sent_with_its_own_dimensions_alone() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("AWS/Lambda", "Errors", &[][..], true),
            ("AWS/Lambda", "Errors", &["Resource", "FunctionName"], true),
            ("AWS/Lambda", "Errors", &["Resource"], false),
            ("AWS/Lambda", "Errors", &["FunctionName", "ExecutedVersion"], false),
            ("AWS/Lambda", "UnreservedConcurrentExecutions", &["FunctionName"], false),
            ("AWS/ApiGateway", "5XXError", &["ApiName", "Stage"], true),
            ("AWS/ApiGateway", "5XXError", &["ApiId"], false),
            ("AWS/ApiGateway", "5xx", &["ApiId", "Stage"], true),
            ("AWS/ApiGateway", "5xx", &["ApiName"], false),
            ("AWS/ApiGateway", "Count", &["ApiId"], true),
            ("AWS/ApiGateway", "Count", &["ApiName"], true),
            ("AWS/DynamoDB", "SystemErrors", &["TableName"], false),
            ("AWS/DynamoDB", "SystemErrors", &["TableName", "Operation"], true),
            ("AWS/DynamoDB", "UserErrors", &[], true),
            ("AWS/DynamoDB", "UserErrors", &["TableName"], false),
        ];
        for (namespace, metric, dimensions, is_sent) in cases {
            let verdict = judged(namespace, metric, dimensions);
            assert_eq!(
                verdict == Verdict::Sent,
                is_sent,
                "{metric} {dimensions:?}: {verdict:?}"
            );
        }
    }

    #[test]
    fn a_misspelt_metric_gets_a_suggestion() {
        assert_eq!(
            judged("AWS/Lambda", "Error", &["FunctionName"]),
            Verdict::NoSuchMetric(Some("Errors"))
        );
        assert_eq!(
            judged("AWS/ApiGateway", "Crashes", &["ApiName"]),
            Verdict::NoSuchMetric(None)
        );
    }

    #[test]
    fn other_namespaces_are_not_judged() {
        assert_eq!(judged("Orders", "Error", &[]), Verdict::NotJudged);
        assert_eq!(
            judged(
                "AWS/Lambda",
                "PolledEventCount",
                &["EventSourceMappingUUID"]
            ),
            Verdict::NotJudged
        );
    }
}
