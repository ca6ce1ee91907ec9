"""The pipeline's roles: whom they trust, that they may do what is called, and no more, and that no role of the stack outgrows its boundary."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import unittest
from typing import Any, Dict, List, Set

import tomlkit
from cfnlint.decode import decode
from samcli.lib.deploy.deployer import Deployer

import handlers
import iam
import models
import naming
from handlers import ACCOUNT, BUCKET, REGION, Deployed
from rules.privileges import MANAGED_POLICIES
from test_change_sets import REFUSED
from test_places import CASES, prepared
from updates import ARN, event, updated
from workplace import ROOT, Workplace

import template

STACK = "contacts-dev"
BOUNDARY = f"{STACK}-boundary"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/{BOUNDARY}"
EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipeline/contacts-pipeline-dev-ExecutionRole-1A2B3C4D5E6F"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
VALUES = {
    "StackName": STACK,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "Boundary": POLICY,
    "ExecutionRole.Arn": EXECUTION_ROLE,
}
# One of each partition.
REGIONS = ("us-east-1", "cn-north-1", "us-gov-west-1")


@functools.lru_cache(maxsize=None)
def roles() -> Dict[str, Any]:
    decoded, _ = decode(str(ROOT / "pipeline" / "roles.yaml"))
    return decoded


def role(name: str) -> Dict[str, Any]:
    return roles()["Resources"][name]["Properties"]


def statements(name: str) -> List[iam.Statement]:
    """What a role's policies say, or what the boundary does."""
    policies = role(name).get("Policies") or [role(name)]
    return [statement for policy in policies for statement in iam.read(policy["PolicyDocument"], VALUES)]


def may(name: str, action: str, resource: str, **context: str) -> bool:
    """Whether a role may do it; keys of conditions with `_` for their colon."""
    return iam.allowed(statements(name), action, resource, {key.replace("_", ":", 1): value for key, value in context.items()})


def stacks_role(logical_id: str) -> str:
    """The ARN of a role that CloudFormation makes for the stack."""
    return f"arn:aws:iam::{ACCOUNT}:role/{naming.made_up(STACK, logical_id, 64)}"


@functools.lru_cache(maxsize=None)
def deployed(stack: str = STACK) -> Deployed:
    return Deployed(stack, f"{stack}-boundary")


class TheNameOfTheStack(unittest.TestCase):
    """Its roles and all else are found by it."""

    @staticmethod
    def taken(name: str) -> bool:
        parameter = roles()["Parameters"]["StackName"]
        return re.fullmatch(parameter["AllowedPattern"], name) is not None and len(name) <= parameter["MaxLength"]

    def test_is_one_of_which_cloudformation_cuts_nothing_off_in_any_name_that_it_makes_up(self) -> None:
        longest = "a" * 14 + "-" + "b" * 14
        self.assertTrue(self.taken(longest))
        stack = deployed(longest)
        for logical_id, resource in stack.resources.items():
            if resource["Type"] in naming.LONGEST and not stack.name(logical_id).startswith(("CodeDeployHook_", "/")):
                self.assertIn(f"{longest}-", stack.name(logical_id))
        ids = [logical_id for logical_id, resource in stack.resources.items() if resource["Type"] == "AWS::IAM::Role"]
        for logical_id in ids:
            self.assertTrue(stack.name(logical_id).startswith(f"{longest}-{logical_id}-"), stack.name(logical_id))
        # No shorter than it must be: with one character more the longest would be cut.
        self.assertEqual(len(longest), naming.room(naming.LONGEST["AWS::IAM::Role"]) - max(map(len, ids)))
        self.assertFalse(self.taken(longest + "b"))

    def test_has_one_hyphen_for_cloudformation_makes_one_of_two_and_no_name_begins_with_another(self) -> None:
        for name in (
            "contacts",
            "contacts--dev",
            "contacts-",
            "-dev",
            "contacts-dev-",
            "contacts-prod-eu",
            "contacts-pipeline-dev",
            "1contacts-dev",
            "a_b-c",
        ):
            self.assertFalse(self.taken(name), name)
        names = [
            name
            for name in ("contacts-dev", "contacts-develop", "contacts-d", "contact-dev", "contacts2-dev", "contacts-prod")
            if self.taken(name)
        ]
        self.assertEqual(len(names), 6)
        for one in names:
            for other in names:
                begins = naming.made_up(other, "ContactsRole", 64).startswith(f"{one}-")
                self.assertEqual(begins, one == other, f"{one}, {other}")

    def test_is_such_a_one_in_each_environment_of_the_pipeline_which_names_the_boundary_after_it(self) -> None:
        config = tomlkit.parse((ROOT / "samconfig.toml").read_text())
        environments = [name for name in config if name not in ("version", "default")]
        self.assertEqual(environments, ["dev", "staging", "prod"])
        for name in environments:
            settings = config[name]["deploy"]["parameters"]
            self.assertTrue(self.taken(settings["stack_name"]))
            boundary = iam.text(role("Boundary")["ManagedPolicyName"], {"StackName": settings["stack_name"]})
            self.assertIn(f"PermissionsBoundary={boundary}", settings["parameter_overrides"])


class TheDeployRole(unittest.TestCase):
    def test_is_taken_on_by_one_environment_of_one_repository(self) -> None:
        (trust,) = role("DeployRole")["AssumeRolePolicyDocument"]["Statement"]
        self.assertEqual(list(trust["Condition"]), ["StringEquals"])
        conditions = trust["Condition"]["StringEquals"]
        issuer = "token.actions.githubusercontent.com"
        self.assertEqual(conditions[f"{issuer}:aud"], "sts.amazonaws.com")
        self.assertEqual(conditions[f"{issuer}:sub"], {"Fn::Sub": "${Subject}:environment:${EnvironmentName}"})

    def test_lives_as_long_as_the_workflow_asks(self) -> None:
        workflow = (ROOT / ".github/workflows/deploy-environment.yml").read_text()
        self.assertIn(f"role-duration-seconds: {role('DeployRole')['MaxSessionDuration']}\n", workflow)

    def test_changes_nothing_but_by_change_sets_and_uploads(self) -> None:
        reads = ("Get", "List", "Describe", "BatchGet", "Filter")
        writes = {action for statement in statements("DeployRole") for action in statement.actions}
        writes = {action for action in writes if not action.split(":")[1].startswith(reads)}
        cloudformation = {f"cloudformation:{action}" for action in ("CreateChangeSet", "ExecuteChangeSet", "TagResource")}
        self.assertEqual(writes, {*cloudformation, "s3:PutObject", "iam:PassRole"})

    def test_may_do_what_sam_calls(self) -> None:
        here = f"{REGION}:{ACCOUNT}"
        stack = f"arn:aws:cloudformation:{here}:stack/{STACK}/1a2b3c4d"
        prefix = Deployer(None).changeset_prefix
        change_set = f"arn:aws:cloudformation:{here}:changeSet/{prefix}1700000000/1a2b3c4d"
        # samcli/lib/deploy/deployer.py, lib/utils/managed_cloudformation_stack.py, lib/package/s3_uploader.py. The tags are samconfig.toml's.
        for action, resource in (
            *(
                (f"cloudformation:{name}", stack)
                for name in ("DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "GetTemplateSummary", "TagResource")
            ),
            ("cloudformation:TagResource", change_set),
            ("cloudformation:CreateChangeSet", f"arn:aws:cloudformation:{REGION}:aws:transform/Serverless-2016-10-31"),
            ("cloudformation:DescribeStacks", f"arn:aws:cloudformation:{here}:stack/aws-sam-cli-managed-default/1a2b3c4d"),
            ("s3:PutObject", f"arn:aws:s3:::{BUCKET}/{STACK}/0123456789abcdef"),
            ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/{STACK}/0123456789abcdef"),
        ):
            self.assertTrue(may("DeployRole", action, resource, aws_ResourceAccount=ACCOUNT), f"{action} on {resource}")
        self.assertTrue(may("DeployRole", "iam:PassRole", EXECUTION_ROLE, iam_PassedToService="cloudformation.amazonaws.com"))
        self.assertFalse(may("DeployRole", "iam:PassRole", EXECUTION_ROLE, iam_PassedToService="lambda.amazonaws.com"))
        self.assertFalse(may("DeployRole", "s3:PutObject", f"arn:aws:s3:::{BUCKET}/contacts-prod/0", aws_ResourceAccount=ACCOUNT))

    def test_may_do_what_the_scripts_of_the_workflow_call(self) -> None:
        calls = []
        with Workplace() as place:
            prepared(place, CASES["the shell names both"])
            for script, *arguments in (["change-set", "create"], ["change-set", "show", ARN], ["change-set", "execute", ARN], ["verdicts"]):
                ended = place.run(script, *arguments, ENV="dev", POLL_SECONDS="0")
                self.assertEqual(ended.code, 0, ended.stderr)
                calls += ended.called("aws")
            # And one that fails, of whose version it is asked who uses it.
            updated(place, [event("UPDATE_ROLLBACK_COMPLETE"), REFUSED])
            place.answer("lambda", "list-aliases", {"Aliases": []})
            calls += place.run("change-set", "execute", ARN, ENV="dev", POLL_SECONDS="0").called("aws")
        # All that the scripts have, but for what they leave to a person.
        left = {("lambda", "delete-function"), ("cloudformation", "continue-update-rollback")}
        written = "".join((ROOT / "scripts" / f"{script}.sh").read_text() for script in ("change-set", "verdicts"))
        operations = set(re.findall(r"\b(cloudformation|deploy|lambda|logs) ([a-z]+(?:-[a-z]+)+)\b", written)) - left
        self.assertEqual({(call[1], call[2]) for call in calls} - {("cloudformation", "describe-stacks")}, operations)
        for call in calls:
            service, options = call[1], models.parse(call[3:])
            action = f"{models.NAMES.get(service, service)}:{models.operation(service, call[2]).name}"
            arns = {
                "cloudformation": [f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/1a2b3c4d"],
                "deploy": [
                    f"arn:aws:codedeploy:{REGION}:{ACCOUNT}:deploymentgroup:{STACK}-ServerlessDeploymentApplication-X/{STACK}-Group-X"
                ],
                "lambda": [f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-Contacts-X"],
                "logs": [
                    f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{STACK}/{name.rsplit('/')[-1]}:*"
                    for name in options.get("log-group-name", [])
                ],
            }[service]
            for arn in arns if iam.resource_types(action) else ["*"]:
                self.assertTrue(may("DeployRole", action, arn), f"{action} on {arn}")


class TheExecutionRole(unittest.TestCase):
    def test_may_do_what_cloudformation_calls_for_every_resource_of_the_stack(self) -> None:
        calls = list(deployed().calls())
        self.assertGreater(len(calls), 500)
        refused = {
            (call.action, call.arn) for call in calls if not iam.allowed(statements("ExecutionRole"), call.action, call.arn, call.context)
        }
        self.assertEqual(refused, set())

    def test_may_not_do_what_is_left_out_on_purpose(self) -> None:
        self.assertLessEqual(set(handlers.LEFT_OUT), set(deployed().types()))
        # Of another type, perhaps: the table has no log of an import, and there are log groups.
        needed = {call.action for call in deployed().calls()}
        for kind, patterns in handlers.LEFT_OUT.items():
            for pattern in patterns:
                left = {action for action in handlers.left_out(kind) if re.fullmatch(pattern.replace("*", ".*"), action)}
                self.assertTrue(left, f"{kind} lists no {pattern} any more")
                for logical_id, resource in deployed().resources.items():
                    if resource["Type"] == kind:
                        for action in left - needed:
                            for arn in ["*", *deployed().own_arns(logical_id, action)]:
                                self.assertFalse(may("ExecutionRole", action, arn), f"{action} on {arn}")

    def test_is_held_to_lists_that_are_those_of_cfn_lint(self) -> None:
        listed = handlers.shipped(deployed().types())
        if listed is None:
            self.assertEqual(sys.version_info[:2], (3, 9), "cfn-lint has no lists any more")
            return
        written = json.dumps(listed, indent=1) + "\n"
        if os.environ.get("UPDATE_SNAPSHOTS") == "1":
            handlers.SNAPSHOT.write_text(written, encoding="utf-8")
        self.assertEqual(
            handlers.SNAPSHOT.read_text(encoding="utf-8"), written, f"AWS calls something else. To look at it: {handlers.UPDATE}"
        )

    def test_is_held_to_lists_that_name_what_is_known_to_be_called(self) -> None:
        for kind, action in (
            ("AWS::SNS::Topic", "sns:Unsubscribe"),
            ("AWS::Logs::LogGroup", "logs:DescribeIndexPolicies"),
            ("AWS::IAM::Role", "iam:PutRolePermissionsBoundary"),
            ("AWS::Lambda::Alias", "codedeploy:CreateDeployment"),
        ):
            self.assertIn(action, handlers.permissions(kind))
        for kind in deployed().types():
            self.assertTrue(handlers.permissions(kind), kind)

    def test_touches_no_service_of_which_the_stack_has_nothing(self) -> None:
        needed = {kind.split("::")[1].lower() for kind in deployed().types()}
        allowed = {action.split(":")[0] for statement in statements("ExecutionRole") for action in statement.actions}
        # For the transform, and for the code.
        self.assertEqual(allowed - {"cloudformation", "s3"}, needed)

    def test_attaches_the_managed_policies_that_sam_and_the_template_name_and_no_other(self) -> None:
        named: Set[str] = set()
        for region in REGIONS:
            for resource in template.transform(template.load(), region=region)["Resources"].values():
                for policy in resource.get("Properties", {}).get("ManagedPolicyArns", []):
                    written = policy if isinstance(policy, str) else next(iter(policy.values()))
                    named.add(written.split(":policy/")[1])
        attached = {
            value.split(":policy/")[1]
            for statement in statements("ExecutionRole")
            for value in statement.conditions.get("ArnEquals", {}).get("iam:PolicyARN", [])
        }
        self.assertEqual(attached, named)

    def test_can_neither_delete_the_table_nor_read_what_is_in_it(self) -> None:
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{STACK}-ContactsTable-X"
        for action in ("DeleteTable", "GetItem", "Scan", "Query", "PutItem", "BatchGetItem", "PartiQLSelect", "ExportTableToPointInTime"):
            self.assertFalse(may("ExecutionRole", f"dynamodb:{action}", table), action)

    def test_reaches_of_another_stack_only_what_has_no_name_of_its_own(self) -> None:
        """What docs/pipeline.md says of environments that share an account."""
        nameless = {
            f":{REGION}::/": "REST APIs",
            ":function:CodeDeployHook_": "hooks",
            ":deploymentconfig:CodeDeployDefault.": "CodeDeploy's own",
        }
        for other in ("contacts-prod", "contacts-devel", "contact-dev"):
            reached = set()
            for call in deployed(other).calls():
                # Which alarms there are, and in which state, may be asked of all at once.
                if call.arn != "*" and call.action != "cloudwatch:DescribeAlarms":
                    if iam.allowed(statements("ExecutionRole"), call.action, call.arn, call.context):
                        reached.add(next((kind for part, kind in nameless.items() if part in call.arn), call.arn))
            self.assertEqual(reached, set(nameless.values()))

    def test_has_every_resource_only_where_the_service_knows_none(self) -> None:
        everywhere = [
            (name, statement)
            for name in ("DeployRole", "ExecutionRole", "Boundary")
            for statement in statements(name)
            if statement.resources == ["*"]
        ]
        self.assertEqual(
            {statement.sid for _, statement in everywhere}, {"ReadLifecycleEvents", "StopDeployments", "WhatKnowsNoResource", "Trace"}
        )
        for name, statement in everywhere:
            for action in statement.actions:
                self.assertEqual(iam.resource_types(action), set(), f"{name}: {action}")


class TheBoundary(unittest.TestCase):
    def test_is_on_every_role_that_the_execution_role_makes_but_for_two_of_services(self) -> None:
        for logical_id in ("ContactsRole", "Another"):
            of_the_stack = stacks_role(logical_id)
            for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"):
                self.assertTrue(may("ExecutionRole", action, of_the_stack, iam_PermissionsBoundary=POLICY), action)
                self.assertFalse(may("ExecutionRole", action, of_the_stack), action)
                self.assertFalse(may("ExecutionRole", action, of_the_stack, iam_PermissionsBoundary=ADMINISTRATOR), action)
            for policy in (ADMINISTRATOR, POLICY):
                self.assertFalse(
                    may("ExecutionRole", "iam:AttachRolePolicy", of_the_stack, iam_PermissionsBoundary=POLICY, iam_PolicyARN=policy)
                )
            basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
            self.assertFalse(may("ExecutionRole", "iam:AttachRolePolicy", of_the_stack, iam_PolicyARN=basic))
            self.assertFalse(may("ExecutionRole", "iam:DeleteRolePermissionsBoundary", of_the_stack, iam_PermissionsBoundary=POLICY))

    def test_is_spared_to_the_two_which_get_one_policy_of_aws_each_and_are_given_to_no_function(self) -> None:
        policies = {
            "CodeDeployServiceRole": ("codedeploy", "service-role/AWSCodeDeployRoleForLambda"),
            "ApiGatewayLoggingRole": ("apigateway", "service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
        }
        unbounded = {
            name
            for name, each in deployed().resources.items()
            if each["Type"] == "AWS::IAM::Role" and "PermissionsBoundary" not in each["Properties"]
        }
        self.assertEqual(unbounded, set(policies))
        for name, (service, own) in policies.items():
            of_a_service = stacks_role(name)
            self.assertTrue(may("ExecutionRole", "iam:CreateRole", of_a_service))
            self.assertFalse(may("ExecutionRole", "iam:PutRolePolicy", of_a_service))
            for _, policy in policies.values():
                arn = f"arn:aws:iam::aws:policy/{policy}"
                self.assertEqual(may("ExecutionRole", "iam:AttachRolePolicy", of_a_service, iam_PolicyARN=arn), policy == own)
            self.assertFalse(may("ExecutionRole", "iam:AttachRolePolicy", of_a_service, iam_PolicyARN=ADMINISTRATOR))
            self.assertTrue(may("ExecutionRole", "iam:PassRole", of_a_service, iam_PassedToService=f"{service}.amazonaws.com"))
            self.assertFalse(may("ExecutionRole", "iam:PassRole", of_a_service, iam_PassedToService="lambda.amazonaws.com"))

    def test_and_the_pipelines_roles_are_out_of_the_pipelines_reach(self) -> None:
        for name in ("DeployRole", "ExecutionRole"):
            path = role(name)["Path"]
            self.assertEqual(path, "/pipeline/")
            for stack in ("contacts-pipeline-dev", "contacts-dev-pipeline", STACK):
                of_the_pipeline = f"arn:aws:iam::{ACCOUNT}:role{path}{naming.made_up(stack, name, 64)}"
                for action in (
                    "CreateRole",
                    "PutRolePolicy",
                    "AttachRolePolicy",
                    "UpdateAssumeRolePolicy",
                    "DeleteRole",
                    "PassRole",
                    "DetachRolePolicy",
                ):
                    for context in ({}, {"iam_PermissionsBoundary": POLICY}, {"iam_PassedToService": "lambda.amazonaws.com"}):
                        self.assertFalse(may("ExecutionRole", f"iam:{action}", of_the_pipeline, **context), action)
        for action in ("CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy", "DeletePolicyVersion", "CreatePolicy"):
            for name in ("DeployRole", "ExecutionRole", "Boundary"):
                self.assertFalse(may(name, f"iam:{action}", POLICY), action)

    def test_takes_nothing_away_from_the_stacks_functions(self) -> None:
        counted = 0
        for name, resource in deployed().resources.items():
            settings = resource.get("Properties", {})
            if resource["Type"] != "AWS::IAM::Role" or "PermissionsBoundary" not in settings:
                continue
            self.assertEqual(deployed().text(settings["PermissionsBoundary"]), POLICY)
            for action, arn in handlers.rights(deployed(), name):
                counted += 1
                # An id that API Gateway makes up stands for the rest of the pattern.
                self.assertTrue(may("Boundary", action, arn), f"{name}: {action} on {arn}")
            for policy in settings["ManagedPolicyArns"]:
                for allows in MANAGED_POLICIES[deployed().text(policy).split(":policy/")[1]].allows:
                    for action in allows.partition(" on ")[0].split(", "):
                        arn = (
                            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{STACK}/contacts:log-stream:x"
                            if action.startswith("logs:")
                            else "*"
                        )
                        self.assertTrue(may("Boundary", action, arn), f"{name}: {action} on {arn}")
        self.assertGreater(counted, 10)

    def test_allows_no_more_than_the_functions_use_of_this_stack(self) -> None:
        used = {
            action
            for name, each in deployed().resources.items()
            if each["Type"] == "AWS::IAM::Role"
            for action, _ in handlers.rights(deployed(), name)
        }
        managed = {
            action
            for policy in ("service-role/AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess")
            for allows in MANAGED_POLICIES[policy].allows
            for action in allows.partition(" on ")[0].split(", ")
        }
        through_the_key = {
            action for statement in statements("Boundary") if statement.sid == "UseTheTablesKey" for action in statement.actions
        }
        self.assertEqual({action for statement in statements("Boundary") for action in statement.actions}, used | managed | through_the_key)
        for name in deployed("contacts-prod").resources:
            if deployed("contacts-prod").resources[name]["Type"] == "AWS::IAM::Role":
                for action, arn in handlers.rights(deployed("contacts-prod"), name):
                    self.assertEqual(may("Boundary", action, arn), action == "execute-api:Invoke", f"{action} on {arn}")


if __name__ == "__main__":
    unittest.main()
