"""Decides what policies allow, as IAM does (IAM user guide, "Policy evaluation logic"), and knows what AWS says of each action."""

from __future__ import annotations

import fnmatch
import functools
import json
import pathlib
import re
from typing import Any, Dict, List, NamedTuple, Set

import cfnlint

Context = Dict[str, str]

# Where editions of the Service Authorization Reference differ, the one that asks for more: it had no resource type for this action for years,
# and the call names a subscription, for which there is no type.
WITHOUT_A_RESOURCE = {"sns:unsubscribe"}


class Statement(NamedTuple):
    """A statement whose values are texts."""

    sid: str
    effect: str
    actions: List[str]
    resources: List[str]
    conditions: Dict[str, Dict[str, List[str]]]

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Whether it says something about this call."""
        return (
            any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in self.actions)
            and any(matches(resource, pattern) for pattern in self.resources)
            and all(_holds(operator, keys, context) for operator, keys in self.conditions.items())
        )


def matches(resource: str, pattern: str) -> bool:
    """Whether a resource is among those of a policy. `*` alone is the resource of what knows none."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), resource) is not None


def _holds(operator: str, keys: Dict[str, List[str]], context: Context) -> bool:
    """One key's values are alternatives; a key that the call does not have is never equal to anything."""
    compare = {"StringEquals": str.__eq__, "StringLike": matches, "ArnEquals": matches, "ArnLike": matches}[operator]
    return all(key in context and any(compare(context[key], value) for value in values) for key, values in keys.items())


def read(policy: Dict[str, Any], values: Dict[str, str]) -> List[Statement]:
    """A policy document of a template, with what its references stand for."""
    return [
        Statement(
            statement.get("Sid", ""),
            statement["Effect"],
            texts(statement["Action"], values),
            texts(statement["Resource"], values),
            {
                operator: {key: texts(value, values) for key, value in keys.items()}
                for operator, keys in statement.get("Condition", {}).items()
            },
        )
        for statement in policy["Statement"]
    ]


def texts(value: Any, values: Dict[str, str]) -> List[str]:
    """One value or many, written out."""
    return [text(each, values) for each in (value if isinstance(value, list) else [value])]


def text(value: Any, values: Dict[str, str]) -> str:
    """A value written out."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        return values[argument]
    if function == "Fn::GetAtt":
        return values[".".join(argument) if isinstance(argument, list) else argument]
    if function == "Fn::Sub":
        return re.sub(r"\$\{([^}]+)\}", lambda found: values[found.group(1)], argument)
    raise ValueError(f"{function} is not written out here")


def allowed(statements: List[Statement], action: str, resource: str, context: Context) -> bool:
    """Whether a statement allows it and none denies it."""
    effects = {statement.effect for statement in statements if statement.applies(action, resource, context)}
    return effects == {"Allow"}


@functools.lru_cache(maxsize=None)
def _reference() -> Dict[str, Any]:
    """The Service Authorization Reference, as cfn-lint ships it."""
    path = pathlib.Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
    return json.loads(path.read_text(encoding="utf-8"))


def resource_types(action: str) -> Set[str]:
    """The types of resource that an action knows; none where only `*` will do. Raises `KeyError` for what is no action."""
    service, _, name = action.lower().partition(":")
    if action.lower() in WITHOUT_A_RESOURCE:
        return set()
    return {kind.lower() for kind in _reference()[service]["Actions"][name].get("Resources", [])}


def is_action(action: str) -> bool:
    """Whether AWS has such an action."""
    service, _, name = action.lower().partition(":")
    return name in _reference().get(service, {"Actions": {}})["Actions"]
