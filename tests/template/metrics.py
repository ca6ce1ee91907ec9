"""The metrics that exist for this stack: what AWS emits, under which dimensions, with which statistics that mean something."""

from __future__ import annotations

from typing import FrozenSet, Iterable, List, NamedTuple, Tuple


class Family(NamedTuple):
    """Metrics of one namespace that are emitted under the same sets of dimensions."""

    namespace: str
    names: Tuple[str, ...]
    dimensions: Tuple[FrozenSet[str], ...]
    source: str


def sets(*of: str) -> Tuple[FrozenSet[str], ...]:
    """Sets of dimensions, each written as its names with a space between."""
    return tuple(frozenset(names.split()) for names in of)


EMITTED = (
    Family(
        "AWS/Lambda",
        ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"),
        sets("FunctionName", "FunctionName Resource", "FunctionName Resource ExecutedVersion"),
        'Lambda developer guide, "Types of metrics for Lambda functions"',
    ),
    Family(
        "AWS/ApiGateway",
        ("Count", "4XXError", "5XXError", "Latency", "IntegrationLatency"),
        sets("ApiName", "ApiName Stage"),
        'API Gateway developer guide, "Amazon API Gateway dimensions and metrics"',
    ),
    Family(
        "AWS/DynamoDB",
        ("SystemErrors", "ThrottledRequests", "SuccessfulRequestLatency", "ReturnedItemCount"),
        sets("TableName Operation"),
        'DynamoDB developer guide, "DynamoDB metrics and dimensions"',
    ),
    Family(
        "AWS/DynamoDB",
        ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"),
        sets("TableName"),
        'DynamoDB developer guide, "DynamoDB metrics and dimensions"',
    ),
    Family(
        "LifecycleHook",
        ("VerdictFailures", "ReportAttempts", "ReportFailures", "AnsweredFor"),
        sets("FunctionName"),
        "shared/lifecycle-hook/src/log.rs, on_failure.rs",
    ),
    Family(
        "LifecycleHook",
        ("CheckDuration", "CheckFailures"),
        sets("FunctionName Check"),
        "shared/lifecycle-hook/src/log.rs",
    ),
)


def emitted(namespace: str, name: str, dimensions: Iterable[str]) -> bool:
    """Whether there is a metric of that name under exactly these dimensions."""
    wanted = frozenset(dimensions)
    return any(wanted in family.dimensions for family in families(namespace, name))


def families(namespace: str, name: str) -> List[Family]:
    """The families with a metric of that name."""
    return [family for family in EMITTED if family.namespace == namespace and name in family.names]
