"""Who may do what in the stack, written for people to review: roles, who assumes them, what they may do, and who else is let in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, List

import yaml
from rules.privileges import MANAGED_POLICIES, principals
from stack import as_list, referred
from template import Template

SNAPSHOT = Path(__file__).resolve().parent / "roles.snapshot.yaml"

UPDATE = "UPDATE_SNAPSHOTS=1 .venv/bin/python -m unittest discover --start-directory tests/template -k reviewed"

HEAD = f"""\
# Who may do what in the stack that SAM expands template.yaml to. A change here is a change of somebody's rights: review it as such.
# Written by
#
#   {UPDATE}
#
# and held against the template by the same test without UPDATE_SNAPSHOTS.

"""


def listing(expanded: Template) -> str:
    """The roles and permissions of an expanded template. Conditions are named, not decided: every right is there that may ever be."""
    resources = expanded["Resources"]
    roles = {name: _role(name, resource, resources) for name, resource in _of(resources, "AWS::IAM::Role")}
    lets_in = {
        name: _conditional(resource, _permission(resource["Properties"])) for name, resource in _of(resources, "AWS::Lambda::Permission")
    }
    others = {
        name: _conditional(resource, {"type": resource["Type"], "policy": _policies_in(resource["Properties"])})
        for name, resource in sorted(resources.items())
        if not resource["Type"].startswith("AWS::IAM::") and _policies_in(resource.get("Properties", {}))
    }
    attached = {policy for role in roles.values() for policy in role["managed policies"]}
    managed = {
        policy: {"allows": list(known.allows), "why": known.reason} for policy, known in MANAGED_POLICIES.items() if policy in attached
    }
    sections = {"roles": roles, "managed policies": managed, "functions let in": lets_in, "policies of other resources": others}
    texts = [yaml.safe_dump({section: content}, sort_keys=False, width=200, allow_unicode=True) for section, content in sections.items()]
    return HEAD + "\n".join(re.sub(r"(?m)^  (?=\S+:$)", "\n  ", text) for text in texts)


def _of(resources: Dict[str, Any], kind: str) -> List[Any]:
    return [(name, resource) for name, resource in sorted(resources.items()) if resource["Type"] == kind]


def _role(name: str, role: Dict[str, Any], resources: Dict[str, Any]) -> Dict[str, Any]:
    settings = role["Properties"]
    own = [(policy["PolicyName"], policy["PolicyDocument"]) for policy in settings.get("Policies", [])]
    # Policies that are resources of their own, as they must be where the role may not wait for what they name.
    for logical_id, policy in sorted(resources.items()):
        attached = policy.get("Properties", {})
        to = [attached["RoleName"]] if "RoleName" in attached else attached.get("Roles", [])
        if policy["Type"].startswith("AWS::IAM::") and name in map(referred, to):
            own.append((f"{attached.get('PolicyName', '')} ({logical_id})", attached["PolicyDocument"]))
    managed = [re.sub(r".*:policy/", "", _text(arn)) for arn in settings.get("ManagedPolicyArns", [])]
    return _conditional(
        role,
        {
            "assumed by": [who for statement in settings["AssumeRolePolicyDocument"]["Statement"] for who in principals(statement)],
            "managed policies": managed,
            **({"boundary": _text(settings["PermissionsBoundary"])} if "PermissionsBoundary" in settings else {}),
            "own policies": {
                _text(policy): [_statement(statement) for statement in as_list(document["Statement"])] for policy, document in own
            },
        },
    )


def _statement(statement: Dict[str, Any]) -> Dict[str, Any]:
    known = {"Sid", "Effect", "Action", "Resource"}
    lines = {statement["Effect"].lower(): as_list(statement.get("Action", []))}
    lines["resources"] = [_text(resource) for resource in as_list(statement.get("Resource", []))]
    return {**lines, **{key: value for key, value in statement.items() if key not in known}}


def _permission(settings: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "function": _text(settings["FunctionName"]),
        "allow": settings["Action"],
        "to": settings["Principal"],
        **{key: _text(value) for key, value in settings.items() if key not in ("FunctionName", "Action", "Principal")},
    }


def _conditional(resource: Dict[str, Any], content: Dict[str, Any]) -> Dict[str, Any]:
    return {"only if": resource["Condition"], **content} if "Condition" in resource else content


def _policies_in(value: Any) -> Any:
    """The statements of policies anywhere in a resource: of topics, tables, keys, APIs."""
    found = []
    if isinstance(value, dict):
        if "Statement" in value:
            return value["Statement"]
        found = [inner for inner in map(_policies_in, value.values()) if inner]
    elif isinstance(value, list):
        found = [inner for inner in map(_policies_in, value) if inner]
    return found


def _text(value: Any) -> str:
    """A value as people write it: references as ${Name}."""
    if not isinstance(value, dict):
        return str(value)
    ((function, argument),) = value.items()
    if function == "Ref":
        return f"${{{argument}}}"
    if function == "Fn::GetAtt":
        return f"${{{'.'.join(argument)}}}"
    if function == "Fn::If":
        condition, then, otherwise = argument
        return f"{_text(then)} if {condition}" + ("" if otherwise == {"Ref": "AWS::NoValue"} else f", else {_text(otherwise)}")
    if function == "Fn::Sub":
        text, variables = argument if isinstance(argument, list) else (argument, {})
        for name, inner in variables.items():
            text = text.replace(f"${{{name}}}", _text(inner))
        return text
    return json.dumps(value)
