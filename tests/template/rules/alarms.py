"""The alarms: they have data, decide in time, let go again, and tell people."""

from __future__ import annotations

from typing import List

import metrics
import series
from names import ALIAS, API, FUNCTION, GUARD, HOOKS, STAGE, TABLE, TOPIC
from rules.deployment import watched
from rules.privileges import granted, statements
from series import Series
from stack import VERSION, Stack, as_list

# The wait of the shortest canary: what is not seen by then is not seen at 10 % of the traffic.
SHORTEST_SHIFT_SECONDS = 300

# CloudWatch user guide, "Create a CloudWatch alarm based on a metric math expression".
MOST_METRICS_OF_AN_ALARM = 10


def alarms_have_data(stack: Stack) -> List[str]:
    """Every alarm watches metrics that are emitted, of this stack's own function, API and table."""
    return [
        finding
        for alarm in stack.resources("AWS::CloudWatch::Alarm")
        for each in series.of_alarm(stack, alarm)
        for finding in never_has_data(stack, each)
    ]


def never_has_data(stack: Stack, each: Series) -> List[str]:
    """Why a metric has no data, or a statistic of it says nothing."""
    what = f"{each.namespace} {each.name}"
    families = metrics.families(each.namespace, each.name, each.dimensions)
    if not families:
        return [f"{each.owner} watches {what} by {', '.join(each.dimensions) or 'nothing'}, which is never emitted"]
    findings = []
    if not any(metrics.fits(family, each.statistic) for family in families):
        findings.append(f"{each.owner} watches the {each.statistic} of {what}, which says nothing")
    for dimension, value in each.dimensions.items():
        if value is not None and value not in values(stack, each, dimension):
            findings.append(f"{each.owner} watches {what} of {dimension} {value}, which is none of this stack's")
    return findings


def values(stack: Stack, each: Series, dimension: str) -> List[str]:
    """What a dimension of a metric can be in this stack."""
    if each.namespace == "LifecycleHook":
        functions = [GUARD] if each.name == "AnsweredFor" else list(HOOKS)
        functions += [GUARD] if each.name.startswith("Report") else []
    else:
        functions = [FUNCTION] if "Resource" in each.dimensions else list(stack.resources("AWS::Lambda::Function"))
    return {
        "ApiName": lambda: [stack.name(API)],
        "ExecutedVersion": lambda: [VERSION],
        "FunctionName": lambda: [stack.name(function) for function in functions],
        "Operation": lambda: operations(stack),
        # As Lambda writes an alias in its metrics.
        "Resource": lambda: [f"{stack.name(FUNCTION)}:{stack.name(ALIAS)}"],
        "Stage": lambda: [stack.name(STAGE)],
        "TableName": lambda: [stack.name(TABLE)],
    }.get(dimension, lambda: [])()


def operations(stack: Stack) -> List[str]:
    """The operations on the table that the API's function may call."""
    return [
        action.split(":", 1)[1]
        for role, _, statement in statements(stack)
        for action in as_list(statement.get("Action", []))
        if role == f"{FUNCTION}Role" and action.startswith("dynamodb:") and stack.arn(TABLE) in granted(stack, role, action)
    ]


def alarms_compute_from_what_is_there(stack: Stack) -> List[str]:
    """An alarm's expressions name metrics of its own, and one series comes out."""
    findings = []
    for name, alarm in stack.resources("AWS::CloudWatch::Alarm").items():
        queries = alarm["Properties"].get("Metrics", [])
        ids = [query["Id"] for query in queries]
        if len(set(ids)) < len(ids):
            findings.append(f"{name} gives one id to two metrics")
        if queries and sum(query.get("ReturnData", True) for query in queries) != 1:
            findings.append(f"{name} returns more than one series, or none")
        if sum("MetricStat" in query for query in queries) > MOST_METRICS_OF_AN_ALARM:
            findings.append(f"{name} computes from more than {MOST_METRICS_OF_AN_ALARM} metrics")
        for math in series.math_of_alarm(stack, name):
            findings += [f"{name} computes from {unknown}, which it does not have" for unknown in series.unknown(math, ids)]
    return findings


def alarms_of_the_deployment_decide_in_time(stack: Stack) -> List[str]:
    """Each alarm that stops a deployment can fire within the shortest canary, and lets go again by itself."""
    findings = []
    for name in watched(stack):
        settings = stack.properties(name)
        periods = [query["MetricStat"]["Period"] for query in settings.get("Metrics", []) if "MetricStat" in query]
        period = max(map(int, periods or [settings["Period"]]))
        needed = int(settings.get("DatapointsToAlarm", settings["EvaluationPeriods"]))
        # One period more: a minute counts once it is over.
        if (needed + 1) * period > SHORTEST_SHIFT_SECONDS:
            findings.append(f"{name} needs more than {SHORTEST_SHIFT_SECONDS} s to fire")
        if needed < 2:
            findings.append(f"{name} fires on a single data point, and stays for as long as there is no other")
        if settings.get("TreatMissingData") != "notBreaching":
            findings.append(f"{name} does not return to OK without traffic")
        versions = [each.dimensions for each in series.of_alarm(stack, name) if each.namespace == "AWS/Lambda"]
        if any(f"{stack.name(FUNCTION)}:{stack.name(ALIAS)}" != dimensions.get("Resource") for dimensions in versions):
            findings.append(f"{name} counts invocations that are not the alias's")
    return findings


def alarms_of_the_table_see_every_operation(stack: Stack) -> List[str]:
    """DynamoDB counts errors and throttles by operation: an alarm sees those that the function calls, and FILL ends what it saw.

    An alarm on AWS/DynamoDB ignores missing data whatever it is told (CloudWatch user guide, "Configuring how CloudWatch alarms treat
    missing data").
    """
    findings = []
    for name in stack.resources("AWS::CloudWatch::Alarm"):
        watching = [each for each in series.of_alarm(stack, name) if "Operation" in each.dimensions]
        unseen = set(operations(stack)) - {each.dimensions["Operation"] for each in watching}
        if watching and unseen:
            findings.append(f"{name} does not see {', '.join(sorted(unseen))}")
        if watching and not all("FILL" in math.expression for math in series.math_of_alarm(stack, name)):
            findings.append(f"{name} stays in ALARM: there is no data point without an error, and missing ones are ignored")
    return findings


def alarms_notify(stack: Stack) -> List[str]:
    """Each alarm tells the topic, where there is one, that it fired and that it is over."""
    told = [{"Ref": TOPIC}] if stack.conditions["HasAlarmEmail"] else []
    return [
        f"{name} tells {alarm['Properties'].get(actions, [])} in its {actions}"
        for name, alarm in stack.resources("AWS::CloudWatch::Alarm").items()
        for actions in ("AlarmActions", "OKActions")
        if alarm["Properties"].get(actions, []) != told
    ]
