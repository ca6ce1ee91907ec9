"""What a mutation is, and how it reaches into the template."""

from __future__ import annotations

import copy
from typing import Any, Callable, Dict, NamedTuple

from template import Template

# Somebody to tell.
MAILED = {"AlarmEmail": "on-call@example.com"}


class Mutation(NamedTuple):
    """One thing broken."""

    name: str
    breaks: Callable[[Template], Any]
    # How a finding begins that it must lead to: a rule's name, or "SAM" where SAM refuses the template.
    finding: str
    # Where it shows with other values than the defaults.
    parameters: Dict[str, str] = {}

    def applied(self, template: Template) -> Template:
        """A copy of the template with the mutation."""
        template = copy.deepcopy(template)
        self.breaks(template)
        return template


def properties(template: Template, resource: str) -> Dict[str, Any]:
    return template["Resources"][resource]["Properties"]


def variables(template: Template, function: str) -> Dict[str, Any]:
    return properties(template, function)["Environment"]["Variables"]


def statement(template: Template, function: str, index: int = 0) -> Dict[str, Any]:
    return properties(template, function)["Policies"][0]["Statement"][index]


def preference(template: Template) -> Dict[str, Any]:
    return properties(template, "Contacts")["DeploymentPreference"]


def add(template: Template, logical_id: str, kind: str, **settings: Any) -> None:
    template["Resources"][logical_id] = {"Type": kind, "Properties": settings}
