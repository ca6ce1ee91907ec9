"""The pipeline's roles: whom they trust, and that they may do what the stack needs and no more."""

from __future__ import annotations

import pathlib
import re
import sys
import unittest
from typing import Any, Dict, Iterator, List, Optional, Set

from cfnlint.decode import decode

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "template"))

import template  # noqa: E402  (in the folder that was just added)


def role(name: str) -> Dict[str, Any]:
    decoded, _ = decode(str(ROOT / "pipeline" / "roles.yaml"))
    return decoded["Resources"][name]["Properties"]


def statements(name: str) -> Iterator[Dict[str, Any]]:
    for policy in role(name)["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> List[Any]:
    return value if isinstance(value, list) else [value]


def expanded(region: Optional[str] = None) -> Dict[str, Any]:
    return template.transform(template.load(), region=region)["Resources"]


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
        writes = {action for statement in statements("DeployRole") for action in listed(statement["Action"])}
        writes = {action for action in writes if not action.split(":")[1].startswith(reads)}
        cloudformation = {f"cloudformation:{action}" for action in ("CreateChangeSet", "ExecuteChangeSet", "TagResource")}
        self.assertEqual(writes, {*cloudformation, "s3:PutObject", "iam:PassRole"})

    def test_may_do_what_the_scripts_of_the_workflow_ask_of_aws(self) -> None:
        prefixes = {"deploy": "codedeploy"}
        needed = set()
        for script in ("change-set", "verdicts"):
            text = (ROOT / "scripts" / f"{script}.sh").read_text()
            for service, operation in re.findall(r"\b(cloudformation|deploy|lambda|logs) ([a-z]+(?:-[a-z]+)+)\b", text):
                needed.add(f"{prefixes.get(service, service)}:{operation.title().replace('-', '')}")
        # For a person to do.
        needed.remove("lambda:DeleteFunction")
        self.assertLessEqual({"cloudformation:ExecuteChangeSet", "lambda:ListAliases", "logs:FilterLogEvents"}, needed)
        allowed = {action for statement in statements("DeployRole") for action in listed(statement["Action"])}
        self.assertLessEqual(needed, allowed)


class TheExecutionRole(unittest.TestCase):
    def test_may_touch_every_kind_of_resource_that_the_stack_has_and_no_other(self) -> None:
        needed = {resource["Type"].split("::")[1].lower() for resource in expanded().values()}
        allowed = {action.split(":")[0] for statement in statements("ExecutionRole") for action in listed(statement["Action"])}
        # For the transform, and for the code.
        self.assertEqual(allowed - {"cloudformation", "s3"}, needed)

    def test_attaches_the_managed_policies_that_sam_and_the_template_name_and_no_other(self) -> None:
        named: Set[str] = set()
        # SAM names other ones in other partitions.
        for resource in (resource for region in ("us-east-1", "cn-north-1", "us-gov-west-1") for resource in expanded(region).values()):
            for policy in resource.get("Properties", {}).get("ManagedPolicyArns", []):
                text = policy if isinstance(policy, str) else next(iter(policy.values()))
                named.add(text.split(":policy/")[1])
        attached = {
            policy["Fn::Sub"].split(":policy/")[1]
            for statement in statements("ExecutionRole")
            for policy in listed(statement.get("Condition", {}).get("ArnEquals", {}).get("iam:PolicyARN", []))
        }
        self.assertEqual(attached, named)

    def test_can_neither_delete_the_table_nor_read_what_is_in_it(self) -> None:
        (table,) = [statement for statement in statements("ExecutionRole") if statement["Sid"] == "Table"]
        for action in ("DeleteTable", "GetItem", "Scan", "Query", "*"):
            self.assertNotIn(f"dynamodb:{action}", table["Action"])

    def test_changes_alarms_and_shifts_of_the_stack_alone_and_reads_all_alarms(self) -> None:
        by_kind: Dict[str, Dict[str, Set[str]]] = {"alarm": {}, "deploymentconfig": {}}
        for statement in statements("ExecutionRole"):
            for resource in listed(statement["Resource"]):
                arn = resource["Fn::Sub"] if isinstance(resource, dict) else resource
                kind, _, name = arn.partition("${AWS::AccountId}:")[2].partition(":")
                if kind in by_kind:
                    by_kind[kind].setdefault(name, set()).update(listed(statement["Action"]))
        self.assertEqual(by_kind["alarm"], {"${StackName}-*": {"cloudwatch:*"}, "*": {"cloudwatch:DescribeAlarms"}})
        self.assertEqual(set(by_kind["deploymentconfig"]), {"CodeDeployDefault.Lambda*", "${StackName}-*"})

    def test_has_every_resource_only_where_the_service_knows_none(self) -> None:
        everywhere = {statement["Sid"] for name in ("DeployRole", "ExecutionRole") for statement in statements(name) if statement["Resource"] == "*"}
        self.assertEqual(everywhere, {"ReadLifecycleEvents", "StopDeployments", "WhatKnowsNoResource"})


if __name__ == "__main__":
    unittest.main()
