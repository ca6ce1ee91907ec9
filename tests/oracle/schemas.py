"""Writes the names of the properties of CloudFormation's own resource types that lie on a deployment's path, from the resource provider
schemas that cfn-lint ships.

Answers one question, of any content, with `table`: the file `rehearsal/template/src/lint/subject/schemas.txt`. `tests/oracle` holds the file to
it: UPDATE_PROPERTIES=1 writes it. A line is a type or a place inside one, and the names that may stand there; what may have any name is left
out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import cfnlint

TYPES = """
AWS::ApiGateway::Deployment AWS::ApiGateway::Method AWS::ApiGateway::Resource AWS::ApiGateway::RestApi AWS::ApiGateway::Stage
AWS::ApiGatewayV2::Api AWS::ApiGatewayV2::Integration AWS::ApiGatewayV2::Route AWS::ApiGatewayV2::Stage
AWS::CloudWatch::Alarm AWS::CloudWatch::CompositeAlarm
AWS::CodeDeploy::Application AWS::CodeDeploy::DeploymentConfig AWS::CodeDeploy::DeploymentGroup
AWS::DynamoDB::Table AWS::IAM::ManagedPolicy AWS::IAM::Policy AWS::IAM::Role AWS::IAM::RolePolicy
AWS::Lambda::Alias AWS::Lambda::EventInvokeConfig AWS::Lambda::EventSourceMapping AWS::Lambda::Function AWS::Lambda::Permission
AWS::Lambda::Url AWS::Lambda::Version AWS::Logs::MetricFilter AWS::SNS::Topic AWS::SQS::Queue AWS::SSM::Parameter
""".split()
SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"
# A schema may be inside itself.
DEEPEST = 8
# Tags are written as lists and as maps; the parameters of a route have names of their own, whatever the schema says.
LEFT_OUT = ("/Tags", "AWS::ApiGatewayV2::Route/RequestParameters")


def shape(node: Any, root: Dict[str, Any]) -> Dict[str, Any]:
    """What a node stands for, by its reference; of a list, what its items are."""
    for _ in range(DEEPEST):
        if "$ref" in node:
            node = root["definitions"][node["$ref"].rsplit("/", 1)[1]]
        elif "items" in node:
            node = node["items"]
        else:
            break
    return node


def rows(path: str, node: Any, root: Dict[str, Any], depth: int) -> Iterator[Tuple[str, str]]:
    node = shape(node, root)
    properties = node.get("properties")
    # Alternatives, and maps of any names, say less than a list of names.
    is_closed = node.get("additionalProperties") is False and not node.get("patternProperties")
    if not properties or not is_closed or depth > DEEPEST or path.endswith(LEFT_OUT):
        return
    yield path, " ".join(sorted(properties))
    for name in sorted(properties):
        yield from rows(f"{path}/{name}", properties[name], root, depth + 1)


def table() -> str:
    files = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
    lines = []
    for name in TYPES:
        root = json.loads((SCHEMAS / "resources" / f"{files[name]}.json").read_text())
        lines += [f"{path}: {names}\n" for path, names in rows(name, root, root, 0)]
    return "".join(lines)


if __name__ == "__main__":
    questions = json.load(sys.stdin)
    json.dump([{"table": table()} for _ in questions], sys.stdout)
