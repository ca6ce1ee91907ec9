"""Two stacks as plain values, whatever made them, and what differs between them."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, Set, Tuple

import series
from rules.dashboard import alarms
from rules.privileges import managed, statements
from stack import Stack, as_list

# Compared by what they come to instead of one by one: rights, routes, and who may call what.
OTHERWISE = (
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::Lambda::Permission",
)

# Properties of which the same holds, or that say where the code was uploaded.
NOT_COMPARED = ("Policies", "ManagedPolicyArns", "Code")

# What stands on no line of its own where a resource has none.
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")

# What CloudFormation makes text of.
FUNCTIONS = {"Ref", "Fn::GetAtt", "Fn::Join", "Fn::Select", "Fn::Sub"}

# A right: the role, the action, the resource.
Right = Tuple[str, str, str]


def resources(stack: Stack) -> Dict[str, Any]:
    """Each resource's type, policies and properties by dotted path, every value as text: `VersionErrors.Period` is `60`."""
    found: Dict[str, Any] = {}
    for name, resource in stack.resources().items():
        if resource["Type"] in OTHERWISE:
            continue
        found[f"{name}.Type"] = resource["Type"]
        for policy in POLICIES:
            # CloudFormation user guide, "DeletionPolicy attribute": without one a resource is deleted.
            found[f"{name}.{policy}"] = resource.get(policy, "Delete")
        for key, value in {"UpdatePolicy": resource.get("UpdatePolicy", {}), **resource.get("Properties", {})}.items():
            if key not in NOT_COMPARED:
                found.update(_leaves(stack, f"{name}.{key}", value))
    return found


def _leaves(stack: Stack, path: str, value: Any) -> Iterator[Tuple[str, Any]]:
    if _is_plain(value):
        value = stack.text(value)
    if path.endswith(".DashboardBody"):
        # How it is written means nothing; what it shows does.
        yield from _widgets(path, json.loads(value))
    elif path.endswith(".AccessLogSetting.Format"):
        yield path, json.loads(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(stack, f"{path}.{key}", inner)
    elif isinstance(value, list):
        plain = [stack.text(item) for item in value if _is_plain(item)]
        if len(plain) == len(value) != 1:
            # The order of names, actions or events means nothing.
            yield path, str(sorted(plain))
        elif len(plain) == len(value):
            # One for a list of one, as IAM has it.
            yield path, plain[0]
        else:
            for position, inner in enumerate(value):
                yield from _leaves(stack, f"{path}.{_label(inner, position)}", _content(inner))
    else:
        yield path, value


def _is_plain(value: Any) -> bool:
    """Whether a value is text, or comes to text."""
    return not isinstance(value, (dict, list)) or (isinstance(value, dict) and bool(set(value) & FUNCTIONS))


def _label(item: Any, position: int) -> str:
    """What tells an item of a list from the others, where it says so itself: its order is of no meaning then."""
    if isinstance(item, dict) and "Expression" in item:
        return "expression"
    if isinstance(item, dict):
        for key in ("Id", "Key", "Name", "AttributeName", "TriggerName"):
            if isinstance(item.get(key), str):
                return item[key]
    return str(position)


def _content(item: Any) -> Any:
    """The rest of an item. The one returned series of an alarm may have any id."""
    if isinstance(item, dict) and "Expression" in item:
        return {"ReturnData": True, **{key: value for key, value in item.items() if key != "Id"}}
    return item


def _widgets(path: str, body: Any) -> Iterator[Tuple[str, Any]]:
    for widget in body["widgets"]:
        title = widget["properties"]["title"]
        for key in ("type", "x", "y", "width", "height"):
            yield f"{path}.{title}.{key}", str(widget[key])
        yield f"{path}.{title}.alarms", sorted(alarms(widget))
        yield f"{path}.{title}.series", sorted(map(_series, series.of_widget(title, widget["properties"])))
        yield f"{path}.{title}.expressions", sorted(math.expression for math in series.math_of_widget(title, widget["properties"]))
    for key in set(body) - {"widgets"}:
        yield f"{path}.{key}", str(body[key])


def _series(each: series.Series) -> str:
    dimensions = ", ".join(f"{name}={value}" for name, value in sorted(each.dimensions.items()))
    return f"{each.statistic} of {each.namespace} {each.name} by {dimensions}"


def differences(one: Dict[str, Any], other: Dict[str, Any]) -> Dict[str, Tuple[Any, Any]]:
    """What differs, by path: here and there, None where it is not."""
    return {path: (one.get(path), other.get(path)) for path in sorted({*one, *other}) if one.get(path) != other.get(path)}


def rights(stack: Stack) -> Set[Right]:
    """What each role may do and on what, AWS's own policies by their names."""
    found = {
        (role, action, stack.text(resource))
        for role, _, statement in statements(stack)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    return found | {
        (name, "has", policy) for name, role in stack.resources("AWS::IAM::Role").items() for policy in managed(stack, role)
    }


def answers(stack: Stack) -> Dict[str, Any]:
    """What API Gateway answers itself, by the kind of answer: headers and body."""
    own = {}
    for response in stack.resources("AWS::ApiGateway::GatewayResponse").values():
        settings = response["Properties"]
        own[settings["ResponseType"]] = (settings["ResponseParameters"], settings["ResponseTemplates"])
    for api in stack.resources("AWS::ApiGateway::RestApi").values():
        for kind, response in api["Properties"].get("Body", {}).get("x-amazon-apigateway-gateway-responses", {}).items():
            own[kind] = (response["responseParameters"], response["responseTemplates"])
    return own


def invokers(stack: Stack) -> Set[Tuple[str, str, str]]:
    """Who may invoke what on whose behalf."""
    return {
        (stack.text(settings["Principal"]), stack.text(settings["FunctionName"]), stack.text(settings["SourceArn"]))
        for settings in (permission["Properties"] for permission in stack.resources("AWS::Lambda::Permission").values())
    }
