"""The metrics that exist for this stack: what is emitted, under which dimensions, and with which statistics that mean something.

An alarm or a widget on anything else never has data, and CloudWatch takes it all the same.
"""

from __future__ import annotations

import re
from typing import FrozenSet, Iterable, List, NamedTuple, Tuple


class Family(NamedTuple):
    """Metrics of one namespace that are emitted alike."""

    namespace: str
    names: Tuple[str, ...]
    # Each set that they are emitted under; under no other there is a data point.
    dimensions: Tuple[FrozenSet[str], ...]
    # "p" stands for every percentile.
    statistics: Tuple[str, ...]
    # Whether a rehearsal emits them too, so that what an alarm makes of them can be seen.
    rehearsed: bool
    source: str


def sets(*names: str) -> Tuple[FrozenSet[str], ...]:
    """Sets of dimensions, each written with spaces between its names."""
    return tuple(frozenset(of.split()) for of in names)


LAMBDA = sets("FunctionName", "FunctionName Resource", "FunctionName Resource ExecutedVersion")
REST_API = sets("ApiName", "ApiName Stage")

EMITTED = (
    # 0 or 1 for each invocation: their sum is a count, their average a share.
    Family(
        "AWS/Lambda",
        ("Invocations", "Errors", "Throttles"),
        LAMBDA,
        ("Sum", "Average", "SampleCount"),
        True,
        'Lambda developer guide, "Types of metrics for Lambda functions", "Invocation metrics"',
    ),
    Family(
        "AWS/Lambda",
        ("Duration",),
        LAMBDA,
        ("Average", "Minimum", "Maximum", "SampleCount", "p"),
        True,
        'Lambda developer guide, "Types of metrics for Lambda functions", "Performance metrics"',
    ),
    Family(
        "AWS/Lambda",
        ("ConcurrentExecutions",),
        LAMBDA,
        ("Maximum",),
        True,
        'Lambda developer guide, "Types of metrics for Lambda functions", "Concurrency metrics"',
    ),
    # 0 or 1 for each request.
    Family(
        "AWS/ApiGateway",
        ("4XXError", "5XXError"),
        REST_API,
        ("Sum", "Average"),
        True,
        'API Gateway developer guide, "Amazon API Gateway dimensions and metrics"',
    ),
    Family(
        "AWS/ApiGateway",
        ("Count",),
        REST_API,
        ("Sum", "SampleCount"),
        True,
        'API Gateway developer guide, "Amazon API Gateway dimensions and metrics"',
    ),
    Family(
        "AWS/ApiGateway",
        ("Latency", "IntegrationLatency"),
        REST_API,
        ("Average", "Minimum", "Maximum", "SampleCount", "p"),
        True,
        'API Gateway developer guide, "Amazon API Gateway dimensions and metrics"',
    ),
    # By operation alone: there is no sum over the operations of a table.
    Family(
        "AWS/DynamoDB",
        ("SystemErrors", "ThrottledRequests"),
        sets("TableName Operation"),
        ("Sum", "SampleCount"),
        True,
        'DynamoDB developer guide, "DynamoDB metrics and dimensions"',
    ),
    Family(
        "AWS/DynamoDB",
        ("SuccessfulRequestLatency",),
        sets("TableName Operation"),
        ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "p"),
        True,
        'DynamoDB developer guide, "DynamoDB metrics and dimensions"',
    ),
    Family(
        "AWS/DynamoDB",
        ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"),
        sets("TableName"),
        ("Sum", "Average", "Minimum", "Maximum", "SampleCount"),
        False,
        'DynamoDB developer guide, "DynamoDB metrics and dimensions"',
    ),
    Family(
        "AWS/DynamoDB",
        ("ReadThrottleEvents", "WriteThrottleEvents"),
        sets("TableName"),
        ("Sum", "SampleCount"),
        True,
        'DynamoDB developer guide, "DynamoDB metrics and dimensions"',
    ),
    # Written to the log by the hooks, in CloudWatch's embedded metric format.
    Family(
        "LifecycleHook",
        ("VerdictFailures", "ReportAttempts", "ReportFailures"),
        sets("FunctionName"),
        ("Sum", "Average", "Maximum", "SampleCount"),
        False,
        "shared/lifecycle-hook/src/log.rs",
    ),
    Family(
        "LifecycleHook",
        ("CheckFailures",),
        sets("FunctionName Check"),
        ("Sum", "Average", "Maximum", "SampleCount"),
        False,
        "shared/lifecycle-hook/src/log.rs",
    ),
    Family(
        "LifecycleHook",
        ("CheckDuration",),
        sets("FunctionName Check"),
        ("Average", "Minimum", "Maximum", "SampleCount", "p"),
        False,
        "shared/lifecycle-hook/src/log.rs",
    ),
    # And by the guard.
    Family(
        "LifecycleHook",
        ("AnsweredFor", "ReportAttempts", "ReportFailures"),
        sets("FunctionName"),
        ("Sum", "Average", "Maximum", "SampleCount"),
        False,
        "shared/lifecycle-hook/src/on_failure.rs",
    ),
)


def families(namespace: str, name: str, dimensions: Iterable[str]) -> List[Family]:
    """The families that emit a metric of this name under exactly these dimensions; none where it never has data."""
    wanted = frozenset(dimensions)
    return [family for family in EMITTED if family.namespace == namespace and name in family.names and wanted in family.dimensions]


def fits(family: Family, statistic: str) -> bool:
    """Whether a statistic says something of the family's metrics."""
    return statistic in family.statistics or ("p" in family.statistics and re.fullmatch(r"p\d+(\.\d+)?", statistic) is not None)
