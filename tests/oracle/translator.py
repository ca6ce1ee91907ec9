"""What SAM's own translator makes of templates: aliases, deployments, routes and resources by logical id, or SAM's reasons to refuse.

Reads a JSON list of {"name", "text", "parameters"} from standard input, and writes a JSON list of {"name", "facts"},
{"name", "refused"} or {"name", "failed"} in the same order. `evaluate` is a second, independent reading of the intrinsic functions: a reference to a
resource stays a reference, `${Id}` or `${Id.Attribute}`, so that no physical names are compared.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from typing import Any, Dict, List, Optional, Tuple

# SAM derives the partition from the region, and asks boto3 for it.
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

from samtranslator.public.exceptions import InvalidDocumentException  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

logging.disable(logging.CRITICAL)

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "app",
    "AWS::URLSuffix": "amazonaws.com",
}
UNKNOWN = "?"
METHODS = {"delete", "get", "head", "options", "patch", "post", "put", "trace", "x-amazon-apigateway-any-method"}
class NoManagedPolicies:
    """Stands in for the list of managed policies, which SAM reads from IAM."""

    def load(self) -> Dict[str, str]:
        return {}


class Absent(Exception):
    """`AWS::NoValue`: whatever has it, loses it."""


class Unknown(Exception):
    """Something that only a deployment knows."""


class Expanded:
    """A template after SAM, with its parameters' values."""

    def __init__(self, template: Dict[str, Any], parameters: Dict[str, str]) -> None:
        self.mappings = template.get("Mappings", {})
        self.conditions = template.get("Conditions", {})
        self.resources: Dict[str, Dict[str, Any]] = template["Resources"]
        self.parameters: Dict[str, Any] = {}
        for name, declared in template.get("Parameters", {}).items():
            if declared["Type"].startswith("AWS::SSM::Parameter::Value<"):
                continue
            value = str(parameters.get(name, declared.get("Default", "")))
            is_list = declared["Type"] == "CommaDelimitedList" or declared["Type"].startswith("List<")
            self.parameters[name] = [item.strip() for item in value.split(",")] if is_list else value

    def holds(self, name: str) -> bool:
        return self.truth(self.conditions[name])

    def truth(self, expression: Any) -> bool:
        ((function, argument),) = expression.items()
        if function == "Condition":
            return self.holds(argument)
        if function == "Fn::Equals":
            return as_text(self.evaluate(argument[0])) == as_text(self.evaluate(argument[1]))
        if function == "Fn::Not":
            return not self.truth(argument[0])
        decisive = function == "Fn::Or"
        unknown = False
        for operand in argument:
            try:
                if self.truth(operand) == decisive:
                    return decisive
            except Unknown:
                unknown = True
        if unknown:
            raise Unknown
        return not decisive

    def exists(self, logical_id: str) -> bool:
        return self.condition(logical_id)[1] is not False

    def condition(self, logical_id: str) -> Tuple[Optional[str], Optional[bool]]:
        name = self.resources[logical_id].get("Condition")
        if name is None:
            return None, None
        try:
            return name, self.holds(name)
        except Unknown:
            return name, None

    def reference(self, name: str) -> Any:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        if name.split(".")[0] in self.resources:
            return "${" + name + "}"
        raise Unknown

    def evaluate(self, node: Any) -> Any:
        if isinstance(node, list):
            items = []
            for item in node:
                try:
                    items.append(self.evaluate(item))
                except Absent:
                    pass
            return items
        if not isinstance(node, dict):
            if isinstance(node, str) and "{{resolve:" in node:
                raise Unknown
            return node
        if len(node) == 1:
            ((function, argument),) = node.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self.apply(function, argument)
        entries = {}
        for key, value in node.items():
            try:
                entries[key] = self.evaluate(value)
            except Absent:
                pass
            except Unknown:
                entries[key] = UNKNOWN
        return entries

    def apply(self, function: str, argument: Any) -> Any:
        if function == "Ref":
            if argument == "AWS::NoValue":
                raise Absent
            return self.reference(argument)
        if function == "Fn::GetAtt":
            return self.reference(argument if isinstance(argument, str) else ".".join(argument))
        if function == "Fn::If":
            name, then, otherwise = argument
            return self.evaluate(then if self.holds(name) else otherwise)
        if function == "Fn::Sub":
            text, variables = argument if isinstance(argument, list) else (argument, {})

            def replaced(match: "re.Match[str]") -> str:
                name = match.group(1)
                if name.startswith("!"):
                    return "${" + name[1:] + "}"
                return as_text(self.evaluate(variables[name]) if name in variables else self.reference(name))

            return re.sub(r"\$\{([^}]*)\}", replaced, text)
        if function == "Fn::Join":
            return argument[0].join(as_text(item) for item in self.evaluate(argument[1]))
        if function == "Fn::Select":
            return self.evaluate(argument[1])[int(self.evaluate(argument[0]))]
        if function == "Fn::Split":
            return self.evaluate(argument[1]).split(argument[0])
        if function == "Fn::FindInMap":
            name, top, second = (self.evaluate(part) for part in argument[:3])
            return self.evaluate(self.mappings[name][top][second])
        raise Unknown

    def property(self, logical_id: str, *path: str) -> Any:
        node: Any = self.resources[logical_id].get("Properties", {})
        try:
            node = self.evaluate(node)
        except Absent:
            return None
        for key in path:
            if node == UNKNOWN:
                return UNKNOWN
            if not isinstance(node, dict) or key not in node:
                return None
            node = node[key]
        return node

    def of_type(self, kind: str) -> List[str]:
        return [logical_id for logical_id, resource in self.resources.items() if resource["Type"] == kind]

    def named(self, value: Any, *kinds: Tuple[str, str]) -> Any:
        """The logical id that a reference or a name means, or the name itself."""
        if not isinstance(value, str):
            return value
        match = re.fullmatch(r"\$\{([A-Za-z0-9]+)(\.[A-Za-z0-9.]+)?\}", value)
        if match:
            return match.group(1) if match.group(2) in (None, ".Arn", ".Version") else UNKNOWN
        for kind, name in kinds:
            for logical_id in self.of_type(kind):
                given = self.property(logical_id, name)
                if given is not None and value == given:
                    return logical_id
        return value


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    return str(value)


FUNCTION = ("AWS::Lambda::Function", "FunctionName")
ALARM = ("AWS::CloudWatch::Alarm", "AlarmName")


def deployment(stack: Expanded, logical_id: str) -> Dict[str, Any]:
    resource = stack.resources[logical_id]
    condition, holds = stack.condition(logical_id)
    version = stack.property(logical_id, "FunctionVersion")
    update = resource.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate")
    facts = {
        "alias_logical_id": logical_id,
        "alias": stack.property(logical_id, "Name"),
        "function": stack.named(stack.property(logical_id, "FunctionName"), FUNCTION),
        "version": stack.named(version),
        "condition": condition and {"name": condition, "holds": holds},
        "deployed": update is not None,
    }
    if update is None:
        return facts

    def hook(key: str) -> Any:
        if key not in update:
            return None
        try:
            hook = stack.named(stack.evaluate(update[key]), FUNCTION)
            if stack.resources.get(hook, {}).get("Type") == "AWS::Lambda::Version":
                return stack.named(stack.property(hook, "FunctionName"), FUNCTION)
            return hook
        except Absent:
            return None
        except Unknown:
            return UNKNOWN

    facts["pre_traffic_hook"] = hook("BeforeAllowTrafficHook")
    facts["post_traffic_hook"] = hook("AfterAllowTrafficHook")
    if holds is not False:
        facts["application"] = stack.named(stack.evaluate(update["ApplicationName"]))
    try:
        group = stack.named(stack.evaluate(update["DeploymentGroupName"]))
    except Unknown:
        group = UNKNOWN
    facts["deployment_group"] = group
    return facts


def group(stack: Expanded, logical_id: str) -> Dict[str, Any]:
    def value(*path: str) -> Any:
        return stack.property(logical_id, *path)

    config = stack.named(value("DeploymentConfigName"), ("AWS::CodeDeploy::DeploymentConfig", "DeploymentConfigName"))
    alarms = value("AlarmConfiguration")
    if isinstance(alarms, dict):
        enabled = as_text(alarms.get("Enabled", False)) == "true"
        alarms = [stack.named(alarm["Name"], ALARM) for alarm in alarms.get("Alarms", []) if "Name" in alarm] if enabled else []
    condition, holds = stack.condition(logical_id)
    return {
        "deployment_group": logical_id,
        "application": stack.named(value("ApplicationName")),
        "deployment_config": config,
        "alarms": alarms or [],
        "role": stack.named(value("ServiceRoleArn")),
        "rollback": value("AutoRollbackConfiguration", "Events"),
        "condition": condition and {"name": condition, "holds": holds},
    }


def target(stack: Expanded, uri: Any) -> Tuple[Any, Optional[str]]:
    """The function that an integration leads to, and its qualifier."""
    if not isinstance(uri, str):
        return UNKNOWN, None
    arn = uri.split("/functions/", 1)[-1].rsplit("/", 1)[0]
    match = re.fullmatch(r"\$\{([A-Za-z0-9]+)(\.[A-Za-z0-9.]+)?\}(?::(.*))?", arn)
    if not match:
        return UNKNOWN, None
    logical_id, _, qualifier = match.groups()
    if stack.resources[logical_id]["Type"] == "AWS::Lambda::Alias":
        return stack.named(stack.property(logical_id, "FunctionName"), FUNCTION), stack.property(logical_id, "Name")
    return logical_id, qualifier


def uris(stack: Expanded, api: str, uri: Any) -> List[Any]:
    """An integration's URI; one that names a stage variable as each of the API's stages has it, and as nothing where that has none."""
    if not isinstance(uri, str) or "${stageVariables." not in uri:
        return [uri]
    found: List[Any] = []
    for kind, key, given in (("AWS::ApiGateway::Stage", "RestApiId", "Variables"), ("AWS::ApiGatewayV2::Stage", "ApiId", "StageVariables")):
        for stage in stack.of_type(kind):
            if not stack.exists(stage) or stack.named(stack.property(stage, key)) != api:
                continue
            variables = stack.property(stage, given) or {}
            values = re.sub(r"\$\{stageVariables\.(\w+)\}", lambda match: str(variables.get(match[1], match[0])), uri)
            found.append(None if "${stageVariables." in values else values)
    return found or [None]


def authorization(body: Dict[str, Any], operation: Dict[str, Any]) -> str:
    explicit = operation.get("x-amazon-apigateway-auth", {}).get("type")
    if explicit:
        return explicit
    security = operation.get("security") or body.get("security")
    if not security:
        return "NONE"
    names = [name for requirement in security for name in requirement]
    # An API key is a demand of its own, beside who calls.
    names = [name for name in names if name != "api_key"]
    if not names:
        return "NONE"
    name = names[0]
    schemes = {**body.get("securityDefinitions", {}), **body.get("components", {}).get("securitySchemes", {})}
    if str(schemes.get(name, {}).get("x-amazon-apigateway-authtype", "")).lower() == "awssigv4":
        return "AWS_IAM"
    return name


def routes(stack: Expanded, api: str) -> List[Dict[str, Any]]:
    body = stack.property(api, "Body")
    found: List[Dict[str, Any]] = []
    if not isinstance(body, dict):
        return found
    for path, methods in (body.get("paths") or {}).items():
        for method, operation in (methods or {}).items() if isinstance(methods, dict) else ():
            if method.lower() not in METHODS or not isinstance(operation, dict):
                continue
            integration = operation.get("x-amazon-apigateway-integration")
            if not isinstance(integration, dict) or str(integration.get("type")).lower() != "aws_proxy":
                continue
            for uri in uris(stack, api, integration.get("uri")):
                function, qualifier = target(stack, uri)
                found.append(
                    {
                        "api": api,
                        "method": "ANY" if method == "x-amazon-apigateway-any-method" else method.upper(),
                        "path": "$default" if path == "/$default" else path,
                        "function": function,
                        "qualifier": qualifier,
                        "authorization": authorization(body, operation),
                        "payload": str(integration.get("payloadFormatVersion", "1.0")),
                    }
                )
    return found


def facts(template: Dict[str, Any], parameters: Dict[str, str]) -> Dict[str, Any]:
    stack = Expanded(template, parameters)
    existing = [logical_id for logical_id in stack.resources if stack.exists(logical_id)]
    apis = [
        logical_id
        for logical_id in existing
        if stack.resources[logical_id]["Type"] in ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
    ]
    return {
        "deployments": [deployment(stack, logical_id) for logical_id in stack.of_type("AWS::Lambda::Alias")],
        "groups": [group(stack, logical_id) for logical_id in stack.of_type("AWS::CodeDeploy::DeploymentGroup") if stack.exists(logical_id)],
        "routes": [route for api in apis for route in routes(stack, api)],
        "resources": {logical_id: stack.resources[logical_id]["Type"] for logical_id in existing},
    }


PLACE = "s3://bucket/value"


def place_code(template: Dict[str, Any]) -> None:
    """Puts a place in S3 where a folder stands, as `sam validate` does (SAM CLI, `sam_template_validator.py`).

    A function without code has the template's folder to SAM's command (`sam_base_provider.py`, `_extract_codeuri`).
    """

    def place(properties: Dict[str, Any], key: str) -> None:
        uri = properties[key]
        if isinstance(uri, str) and not uri.startswith("s3://"):
            properties[key] = PLACE

    resources = template.get("Resources", {})
    globals_of = template.get("Globals", {}) or {}
    if isinstance(globals_of, dict) and isinstance(globals_of.get("Function"), dict) and "CodeUri" in globals_of["Function"]:
        place(globals_of["Function"], "CodeUri")
    for resource in resources.values() if isinstance(resources, dict) else ():
        properties = resource.get("Properties") if isinstance(resource, dict) else None
        if not isinstance(properties, dict):
            continue
        if resource.get("Type") == "AWS::Serverless::Function" and not has_code(properties, globals_of):
            properties["CodeUri"] = PLACE
        for kind, key in (("Function", "CodeUri"), ("LayerVersion", "ContentUri"), ("Api", "DefinitionUri"), ("HttpApi", "DefinitionUri"), ("StateMachine", "DefinitionUri")):
            if resource.get("Type") == f"AWS::Serverless::{kind}" and key in properties:
                place(properties, key)


def has_code(properties: Dict[str, Any], globals_of: Any) -> bool:
    shared = globals_of.get("Function") if isinstance(globals_of, dict) else None
    places = [properties, shared if isinstance(shared, dict) else {}]
    if any(place.get("PackageType") == "Image" for place in places):
        return True
    return any(place.get(key) is not None for place in places for key in ("CodeUri", "InlineCode", "ImageUri"))


def judge(case: Dict[str, Any]) -> Dict[str, Any]:
    parameters = case["parameters"]
    template = yaml_parse(case["text"])
    place_code(template)
    values = {
        name: declared["Default"]
        for name, declared in template.get("Parameters", {}).items()
        if "Default" in declared and not declared["Type"].startswith("AWS::SSM::")
    }
    values.update(parameters)
    try:
        expanded = transform(template, values, NoManagedPolicies())
    except InvalidDocumentException as refusal:
        return {"name": case["name"], "refused": [cause.message for cause in refusal.causes]}
    except Exception as failure:
        # An error of the translator's own, in the middle of what it reads: it judges nothing.
        return {"name": case["name"], "failed": repr(failure)}
    # Through text, as CloudFormation gets it: plain types only, and nothing shared.
    expanded = json.loads(json.dumps(expanded))
    local = [
        logical_id
        for logical_id, resource in expanded["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
        and resource["Properties"]["Code"] == {"S3Bucket": "bucket", "S3Key": "value"}
    ]
    return {"name": case["name"], "facts": facts(expanded, parameters), "local_code": local, "expanded": json.dumps(expanded)}


def main() -> None:
    cases = json.load(sys.stdin)
    json.dump([judge(case) for case in cases], sys.stdout)


if __name__ == "__main__":
    main()
