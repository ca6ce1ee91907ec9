"""What CloudFormation calls for the stack, by the permission lists of its handlers, which cfn-lint ships with each resource type's schema.

The lists are kept in `handlers.snapshot.json`, with the types of resource that each action knows: a newer cfn-lint's show up in a review, and
the last one for Python 3.9 ships none. Left out is what a list has for properties that the stack does not use. Each of these is looked at:
with a reason, and without a right.
"""

from __future__ import annotations

import fnmatch
import functools
import json
import pathlib
import sys
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

import iam
import naming
from workplace import ROOT

sys.path.insert(0, str(ROOT / "tests" / "template"))

import template  # noqa: E402  (in the folder that was just added)
from stack import MADE_UP, STACK_NAME, Stack, as_list, referred  # noqa: E402

# Every part of the template.
EVERYTHING = {"AlarmEmail": "someone@example.com", "AccessLogs": "true", "ManageApiGatewayAccount": "true", "ReservedConcurrency": "5"}
# What an update does, and its way back. Nobody lists resources of a type.
HANDLERS = ("create", "read", "update", "delete")
REGION = "eu-west-1"
ACCOUNT = "123456789012"
SNAPSHOT = pathlib.Path(__file__).resolve().parent / "handlers.snapshot.json"
UPDATE = "UPDATE_SNAPSHOTS=1 .venv/bin/python -m unittest discover --start-directory tests/scripts -k are_those_of_cfn_lint"
BUCKET = "aws-sam-cli-managed-default-samclisourcebucket-1a2b3c4d5e6f"

# By the type that lists it: patterns of actions, and why the stack never makes CloudFormation call them.
LEFT_OUT: Dict[str, Dict[str, str]] = {
    "AWS::ApiGateway::RestApi": {"s3:GetObject": "the API's definition is in the template"},
    "AWS::CodeDeploy::DeploymentGroup": {"codedeploy:RegisterOnPremisesInstance": "its deployments are to Lambda"},
    "AWS::DynamoDB::Table": {
        "dynamodb:*Item": "for items that a template or an import writes: people's contacts are none of CloudFormation's business",
        "dynamodb:Query": "as above",
        "dynamodb:Scan": "as above",
        "dynamodb:DeleteTable": "the table outlives the stack; who means to delete it does so by hand",
        "dynamodb:ImportTable": "nothing is imported",
        "dynamodb:*TableReplica": "it is no global table",
        "dynamodb:*ableKinesisStreamingDestination": "it streams nowhere",
        "dynamodb:UpdateKinesisStreamingDestination": "it streams nowhere",
        "dynamodb:UpdateContributorInsights": "contributor insights stay off",
        "dynamodb:PutResourcePolicy": "it has no policy of its own",
        "dynamodb:DeleteResourcePolicy": "it has no policy of its own",
        "iam:CreateServiceLinkedRole": "for replicas and for scaling, of which it has neither",
        "kinesis:*": "it streams nowhere",
        "kms:*": "its key is the one that AWS manages, whose own policy lets in whoever may use the table",
        "logs:*": "for the log of an import",
        "s3:*": "for an import",
    },
    "AWS::IAM::Role": {"iam:DeleteRolePermissionsBoundary": "a role without the boundary is what the boundary is there against"},
    "AWS::Lambda::Function": {
        "ec2:*": "no function is in a VPC",
        "elasticfilesystem:*": "no function has a file system",
        "s3files:*": "no function has a file system",
        "kms:*": "no function has a key of its own",
        "lambda:GetCodeSigningConfig": "no code is signed",
        "lambda:GetLayerVersion": "no function has a layer",
        "lambda:PassCapacityProvider": "no function is on a capacity provider",
        "s3:GetObjectVersion": "sam names the code by its object, not by a version of it",
    },
    "AWS::Logs::LogGroup": {
        "firehose:*": "nothing is delivered",
        "logs:PutIndexPolicy": "no group has an index",
        "logs:DeleteIndexPolicy": "no group has an index",
        "logs:DeleteResourcePolicy": "no group has a policy of its own",
        "s3:*": "nothing is delivered; it is no action of S3's either",
    },
}


def left_out(kind: str) -> Set[str]:
    """What a resource type lists and the stack does not need."""
    return {action for action in permissions(kind) for pattern in LEFT_OUT.get(kind, {}) if fnmatch.fnmatchcase(action, pattern)}


class Call(NamedTuple):
    """A call that CloudFormation makes: for which resource, by which action, on what, and what a condition can see of it."""

    logical_id: str
    action: str
    arn: str
    context: iam.Context


class Deployed:
    """The stack as an environment has it, with every part: its resources' names and ARNs as CloudFormation makes them."""

    def __init__(self, stack: str, boundary: str) -> None:
        self.stack = stack
        self.boundary = f"arn:aws:iam::{ACCOUNT}:policy/{boundary}"
        self._read = Stack(template.transform(template.load()), {**EVERYTHING, "PermissionsBoundary": boundary})
        self.resources = self._read.resources()

    def text(self, value: Any) -> str:
        """A value of the template, with the stack's real names in it."""
        written = self._read.text(value).replace(STACK_NAME, self.stack).replace("xx-test-1", REGION)
        for logical_id, resource in self.resources.items():
            made_up = naming.made_up(self.stack, logical_id, naming.LONGEST.get(resource["Type"], 255))
            written = written.replace(f"{logical_id}{MADE_UP}", made_up) if logical_id + MADE_UP in written else written
        return written

    def name(self, logical_id: str) -> str:
        """What a resource is called."""
        return self.text(self._read.name(logical_id))

    def role(self, logical_id: str) -> str:
        """A role's ARN."""
        return f"arn:aws:iam::{ACCOUNT}:role/{self.name(logical_id)}"

    def types(self) -> List[str]:
        """The types of resource that it has."""
        return sorted({resource["Type"] for resource in self.resources.values()})

    def calls(self) -> Iterator[Call]:
        """What CloudFormation calls, but for what is left out."""
        for logical_id, resource in self.resources.items():
            for action in sorted(permissions(resource["Type"]) - left_out(resource["Type"])):
                for arn, context in self._asked_about(logical_id, resource, action):
                    yield Call(logical_id, action, arn, context)

    def own_arns(self, logical_id: str, action: str) -> List[str]:
        """The ARNs by which an action may be about a resource or what it refers to."""
        known = self._arns(logical_id, self.resources[logical_id])
        return [arn for kind in about(action) or [] for arn in known.get(kind, [])]

    def _asked_about(self, logical_id: str, resource: Dict[str, Any], action: str) -> Iterator[Tuple[str, iam.Context]]:
        """The resources that a call is judged by, as far as the action knows any."""
        known = self._arns(logical_id, resource)
        # Some are in no edition of the reference: judged by what the resource itself is.
        types = set(known) if about(action) is None else set(about(action) or [])
        if not types:
            yield "*", {}
        elif action == "iam:PassRole" or action == "iam:GetRole" and resource["Type"] != "AWS::IAM::Role":
            for role, service in passed(resource):
                yield self.role(role), {"iam:PassedToService": service}
        elif action.startswith("iam:"):
            yield from self._of_a_role(logical_id, resource, action)
        else:
            service = action.partition(":")[0]
            found = [arn for kind in sorted(types) for arn in known.get(kind, []) if arn.split(":")[2] == service]
            if not found:
                raise LookupError(f"{action} for {logical_id} is about {', '.join(sorted(types))}: not known here")
            yield from ((arn, {"aws:ResourceAccount": ACCOUNT}) for arn in found)

    def _of_a_role(self, logical_id: str, resource: Dict[str, Any], action: str) -> Iterator[Tuple[str, iam.Context]]:
        owner = logical_id if resource["Type"] == "AWS::IAM::Role" else referred(resource["Properties"]["RoleName"])
        settings = self.resources[owner]["Properties"]
        bounded = "PermissionsBoundary" in settings
        context = {"iam:PermissionsBoundary": self.text(settings["PermissionsBoundary"])} if bounded else {}
        if action == "iam:AttachRolePolicy" or action == "iam:DetachRolePolicy":
            for policy in settings.get("ManagedPolicyArns", []):
                yield self.role(owner), {**context, "iam:PolicyARN": self.text(policy)}
        elif action == "iam:PutRolePermissionsBoundary" and not bounded:
            return
        elif action == "iam:PutRolePolicy" and resource["Type"] == "AWS::IAM::Role" and "Policies" not in settings:
            return
        else:
            yield self.role(owner), context

    def _arns(self, logical_id: str, resource: Dict[str, Any]) -> Dict[str, List[str]]:
        """ARNs by the reference's types of resource: its own, and those of what it refers to."""
        kind, settings = resource["Type"], resource.get("Properties", {})
        here = f"{REGION}:{ACCOUNT}"
        if kind in (
            "AWS::Lambda::Function",
            "AWS::Lambda::Version",
            "AWS::Lambda::Alias",
            "AWS::Lambda::Permission",
            "AWS::Lambda::EventInvokeConfig",
        ):
            function = logical_id if kind == "AWS::Lambda::Function" else self._function(settings["FunctionName"])
            arn = f"arn:aws:lambda:{here}:function:{self.name(function)}"
            lambda_arns = {"function": [arn], "function version": [f"{arn}:2"], "function alias": [f"{arn}:live"]}
            return {**lambda_arns, **self._code_deploy(here), "object": [f"arn:aws:s3:::{BUCKET}/{self.stack}/0123456789abcdef"]}
        if kind.startswith("AWS::CodeDeploy::"):
            return self._code_deploy(here)
        if kind.startswith("AWS::ApiGateway::"):
            return self._api_gateway()
        name = self.name(logical_id)
        return {
            "AWS::CloudWatch::Alarm": {"alarm": [f"arn:aws:cloudwatch:{here}:alarm:{name}"]},
            "AWS::CloudWatch::Dashboard": {"dashboard": [f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"]},
            "AWS::DynamoDB::Table": {
                "table": [f"arn:aws:dynamodb:{here}:table/{name}"],
                "import": [f"arn:aws:dynamodb:{here}:table/{name}/import/1"],
            },
            "AWS::Logs::LogGroup": {"log-group": [f"arn:aws:logs:{here}:log-group:{name}", f"arn:aws:logs:{here}:log-group:{name}:*"]},
            "AWS::SNS::Topic": {"topic": [f"arn:aws:sns:{here}:{name}"]},
            "AWS::SSM::Parameter": {"parameter": [f"arn:aws:ssm:{here}:parameter{name}"]},
        }.get(kind, {})

    def _function(self, value: Any) -> str:
        """The logical id of the function that something belongs to, also where it names the function's alias or version."""
        found = referred(value)
        return (
            found
            if self.resources[found]["Type"] == "AWS::Lambda::Function"
            else self._function(self.resources[found]["Properties"]["FunctionName"])
        )

    def _code_deploy(self, here: str) -> Dict[str, List[str]]:
        (application,) = self._read.resources("AWS::CodeDeploy::Application")
        (group,) = self._read.resources("AWS::CodeDeploy::DeploymentGroup")
        return {
            "application": [f"arn:aws:codedeploy:{here}:application:{self.name(application)}"],
            "deploymentgroup": [f"arn:aws:codedeploy:{here}:deploymentgroup:{self.name(application)}/{self.name(group)}"],
            "deploymentconfig": [f"arn:aws:codedeploy:{here}:deploymentconfig:CodeDeployDefault.LambdaAllAtOnce"],
        }

    def _api_gateway(self) -> Dict[str, List[str]]:
        api = f"arn:aws:apigateway:{REGION}::/restapis/a1b2c3d4e5"
        return {
            "account": [f"arn:aws:apigateway:{REGION}::/account"],
            "restapis": [f"arn:aws:apigateway:{REGION}::/restapis"],
            "restapi": [api],
            "deployments": [f"{api}/deployments"],
            "deployment": [f"{api}/deployments/f6g7h8"],
            "stages": [f"{api}/stages"],
            "stage": [f"{api}/stages/live"],
            "tags": [f"arn:aws:apigateway:{REGION}::/tags/arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A%2Frestapis%2Fa1b2c3d4e5"],
        }


@functools.lru_cache(maxsize=None)
def _kept() -> Dict[str, Any]:
    return json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def permissions(kind: str) -> Set[str]:
    """All that the handlers of a resource type may call, tags included."""
    return set(_kept()["calls"][kind])


def about(action: str) -> Optional[List[str]]:
    """The types of resource that an action of theirs knows; nothing where the Service Authorization Reference has no such action."""
    return _kept()["about"][action]


def shipped(kinds: List[str]) -> Optional[Dict[str, Any]]:
    """Both, as this cfn-lint has them; nothing where it has none."""
    calls: Dict[str, List[str]] = {}
    for kind in kinds:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
        if "handlers" not in schema:
            return None
        listed = {action for handler in HANDLERS for action in schema["handlers"].get(handler, {}).get("permissions", [])}
        calls[kind] = sorted(listed | set(schema.get("tagging", {}).get("permissions", [])))
    actions = sorted({action for listed in calls.values() for action in listed})
    return {"calls": calls, "about": {action: sorted(iam.resource_types(action)) if iam.is_action(action) else None for action in actions}}


def passed(resource: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """The roles that a resource is given, each with the service that it is given to."""
    for key, service in (("Role", "lambda"), ("ServiceRoleArn", "codedeploy"), ("CloudWatchRoleArn", "apigateway")):
        if key in resource.get("Properties", {}):
            yield referred(resource["Properties"][key]), f"{service}.amazonaws.com"


def rights(deployed: Deployed, role: str) -> Iterator[Tuple[str, str]]:
    """Each action and resource that a role's own policies allow, as far as the template says them."""
    policies = list(deployed.resources[role]["Properties"].get("Policies", []))
    policies += [
        resource["Properties"]
        for resource in deployed.resources.values()
        if resource["Type"] == "AWS::IAM::RolePolicy" and referred(resource["Properties"]["RoleName"]) == role
    ]
    for policy in policies:
        for statement in as_list(policy["PolicyDocument"]["Statement"]):
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    yield action, deployed.text(resource)
