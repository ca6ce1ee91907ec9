"""The dashboard: valid, legible, and of nothing that does not exist.

Source: CloudWatch API reference, "Dashboard Body Structure and Syntax".
"""

from __future__ import annotations

import itertools
import json
import re
from typing import Any, Dict, List, Set

import series
from names import DASHBOARD
from rules.alarms import never_has_data
from stack import REGION, Missing, Stack

COLUMNS = 24


def widgets(stack: Stack) -> List[Dict[str, Any]]:
    """The dashboard's widgets, every reference evaluated. Raises `Missing` where the body is no JSON."""
    try:
        return json.loads(stack.text(stack.properties(DASHBOARD)["DashboardBody"]))["widgets"]
    except json.JSONDecodeError as error:
        raise Missing(f"the dashboard's body is no JSON: {error}") from error


def title(widget: Dict[str, Any]) -> str:
    """What a finding calls a widget."""
    return f"the widget {widget['properties'].get('title', widget['type'])!r}"


def widgets_have_data(stack: Stack) -> List[str]:
    """Every widget shows metrics, alarms and logs that are this stack's, from its region."""
    findings = []
    for widget in widgets(stack):
        name, settings = title(widget), widget["properties"]
        if widget["type"] in ("metric", "log") and settings.get("region") != REGION:
            findings.append(f"{name} looks at {settings.get('region')}")
        shown = series.of_widget(name, settings)
        if widget["type"] == "metric" and not shown and "annotations" not in settings:
            findings.append(f"{name} shows nothing")
        findings += [finding for each in shown for finding in never_has_data(stack, each)]
        ids = series.ids_of_widget(settings)
        if len(set(ids)) < len(ids):
            findings.append(f"{name} gives one id to two metrics")
        for math in series.math_of_widget(name, settings):
            findings += [f"{name} computes from {unknown}, which it does not have" for unknown in series.unknown(math, ids)]
        findings += [f"{name} shows {arn}, which is no alarm of this stack's" for arn in sorted(alarms(widget) - _arns(stack))]
        for group in re.findall(r"SOURCE '([^']*)'", settings.get("query", "")):
            if group not in map(stack.name, stack.resources("AWS::Logs::LogGroup")):
                findings.append(f"{name} reads {group}, which is no log group of this stack's")
    return findings


def widgets_are_laid_out(stack: Stack) -> List[str]:
    """No widget covers another or reaches over the edge."""
    findings = []
    placed = []
    for widget in widgets(stack):
        if not {"x", "y", "width", "height"} <= set(widget):
            findings.append(f"{title(widget)} has no place")
            continue
        across = range(widget["x"], widget["x"] + widget["width"])
        down = range(widget["y"], widget["y"] + widget["height"])
        if across.start < 0 or across.stop > COLUMNS or not across or not down:
            findings.append(f"{title(widget)} reaches over the edge")
        placed.append((title(widget), {(column, row) for column in across for row in down}))
    for (one, here), (other, there) in itertools.combinations(placed, 2):
        if here & there:
            findings.append(f"{one} covers {other}")
    return findings


def every_alarm_is_shown(stack: Stack) -> List[str]:
    """The state of each alarm can be seen."""
    shown = {arn for widget in widgets(stack) for arn in alarms(widget)}
    return [f"no widget shows {arn}" for arn in sorted(_arns(stack) - shown)]


def alarms(widget: Dict[str, Any]) -> Set[str]:
    """The alarms of a widget, whether it is about them or draws their thresholds."""
    settings = widget["properties"]
    return {*settings.get("alarms", []), *settings.get("annotations", {}).get("alarms", [])}


def _arns(stack: Stack) -> Set[str]:
    return {stack.arn(alarm) for alarm in stack.resources("AWS::CloudWatch::Alarm")}
