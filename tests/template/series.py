"""The metrics that alarms and the dashboard look at, read out of the many ways in which CloudWatch lets them be written."""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple

from stack import Stack


class Series(NamedTuple):
    """A metric as an alarm or a widget names it, its dimensions' values as text."""

    owner: str
    namespace: str
    name: str
    # A search leaves some values open: those are None.
    dimensions: Dict[str, Any]
    statistic: str


class Math(NamedTuple):
    """An expression over other metrics."""

    owner: str
    id: str
    expression: str


def of_alarm(stack: Stack, alarm: str) -> List[Series]:
    """The metrics of an alarm, whether it names one or computes from several."""
    settings = stack.properties(alarm)
    if "Metrics" not in settings:
        return [_series(stack, alarm, settings, settings.get("Statistic") or settings["ExtendedStatistic"])]
    stats = [query["MetricStat"] for query in settings["Metrics"] if "MetricStat" in query]
    return [_series(stack, alarm, stat["Metric"], stat["Stat"]) for stat in stats]


def math_of_alarm(stack: Stack, alarm: str) -> List[Math]:
    """The expressions of an alarm."""
    queries = stack.properties(alarm).get("Metrics", [])
    return [Math(alarm, query["Id"], query["Expression"]) for query in queries if "Expression" in query]


def _series(stack: Stack, owner: str, metric: Dict[str, Any], statistic: str) -> Series:
    dimensions = {dimension["Name"]: stack.text(dimension["Value"]) for dimension in metric.get("Dimensions", [])}
    return Series(owner, metric["Namespace"], metric["MetricName"], dimensions, statistic)


def of_widget(title: str, properties: Dict[str, Any]) -> List[Series]:
    """The metrics of a metric widget, those of its searches among them.

    Source: CloudWatch API reference, "Dashboard Body Structure and Syntax": an array for each metric, in which "." repeats what stands
    at its place in the array before, "..." all that stands before the last value, and an object at the end has the rendering.
    """
    found = []
    before: List[str] = []
    for metric in properties.get("metrics", []):
        rendering = metric[-1] if isinstance(metric[-1], dict) else {}
        if "expression" in rendering:
            found += _of_search(title, rendering["expression"])
            continue
        parts = [part for part in metric if not isinstance(part, dict)]
        if parts[0] == "...":
            parts = before[: len(before) - len(parts) + 1] + parts[1:]
        parts = [before[place] if part == "." else part for place, part in enumerate(parts)]
        before = parts
        statistic = rendering.get("stat", properties.get("stat", "Average"))
        found.append(Series(title, parts[0], parts[1], dict(zip(parts[2::2], parts[3::2])), statistic))
    return found


def math_of_widget(title: str, properties: Dict[str, Any]) -> List[Math]:
    """The expressions of a metric widget that compute from its other metrics."""
    renderings = [metric[-1] for metric in properties.get("metrics", []) if isinstance(metric[-1], dict)]
    return [
        Math(title, rendering.get("id", ""), rendering["expression"])
        for rendering in renderings
        if "expression" in rendering and not _SEARCH.search(rendering["expression"])
    ]


def ids_of_widget(properties: Dict[str, Any]) -> List[str]:
    """The ids by which the expressions of a metric widget may name its metrics."""
    return [metric[-1]["id"] for metric in properties.get("metrics", []) if isinstance(metric[-1], dict) and "id" in metric[-1]]


# CloudWatch user guide, "Search expression syntax": SEARCH('{Namespace,Dimension,…} terms', 'Statistic'[, period]).
_SEARCH = re.compile(r"SEARCH\(\s*'\{(?P<schema>[^}]*)\}(?P<terms>[^']*)'\s*,\s*'(?P<statistic>[^']*)'")
_TERM = re.compile(r'(\w+)\s*=\s*"([^"]*)"')


def _of_search(title: str, expression: str) -> List[Series]:
    found = []
    for search in _SEARCH.finditer(expression):
        namespace, *names = [part.strip().strip('"') for part in search["schema"].split(",")]
        terms = dict(_TERM.findall(search["terms"]))
        metric = terms.pop("MetricName", "")
        dimensions: Dict[str, Any] = {name: terms.pop(name, None) for name in names}
        # A search by what is not in its schema finds nothing.
        dimensions.update({f"{name}, which is not searched": value for name, value in terms.items()})
        found.append(Series(title, namespace, metric, dimensions, search["statistic"]))
    return found


def unknown(math: Math, ids: List[str]) -> List[str]:
    """What an expression names and `ids` does not have. Ids begin in lower case, functions in upper case."""
    without_texts = re.sub(r"'[^']*'|\"[^\"]*\"", "", math.expression)
    return sorted(set(re.findall(r"\b[a-z]\w*\b", without_texts)) - set(ids))
