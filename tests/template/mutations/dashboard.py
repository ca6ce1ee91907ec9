"""Widgets of what does not exist, or that cannot be seen."""

from __future__ import annotations

from typing import Callable, Tuple

from mutations.mutation import Mutation, properties
from template import Template


def on_dashboard(text: str, by: str) -> Callable[[Template], None]:
    """Replaces a text of the dashboard's body, which must be there, everywhere."""

    def replace(template: Template) -> None:
        body = properties(template, "Dashboard")["DashboardBody"]
        if text not in body["Fn::Sub"]:
            raise ValueError(f"the dashboard has no {text}")
        body["Fn::Sub"] = body["Fn::Sub"].replace(text, by)

    return replace


DASHBOARD: Tuple[Mutation, ...] = (
    Mutation(
        "a dashboard that is no JSON",
        on_dashboard('"widgets": [', '"widgets": '),
        "widgets_have_data: the dashboard's body is no JSON",
    ),
    Mutation("a widget of another region", on_dashboard("${AWS::Region}", "us-east-1"), "widgets_have_data: the widget"),
    Mutation("a widget on a metric that does not exist", on_dashboard("5XXError", "5xx"), "widgets_have_data: the widget"),
    Mutation("a widget on a table of a written name", on_dashboard("${ContactsTable}", "ContactsTable"), "widgets_have_data: the widget"),
    Mutation(
        "a search under other dimensions",
        on_dashboard("FunctionName,Resource,ExecutedVersion}", "FunctionName,ExecutedVersion}"),
        "widgets_have_data: the widget",
    ),
    Mutation("a widget over another", on_dashboard('"x": 12', '"x": 6'), "widgets_are_laid_out: the widget"),
    Mutation("a widget over the edge", on_dashboard('"x": 16', '"x": 20'), "widgets_are_laid_out: the widget"),
    Mutation(
        "an alarm that is not shown",
        on_dashboard("TableThrottles.Arn", "TableSystemErrors.Arn"),
        "every_alarm_is_shown: no widget shows",
    ),
)
