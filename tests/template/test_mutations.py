"""A check that cannot fail proves nothing: the template broken in one place at a time, and each time something notices."""

from __future__ import annotations

import copy
import unittest
from typing import Any, Dict, List

import roles
import rules
import template
from mutations import CIRCLES, MUTATIONS
from mutations.deployment import prefer_everywhere
from mutations.mutation import Mutation, properties, statement
from stack import Stack, as_list
from template import Template


def findings(broken: Template, parameters: Dict[str, str]) -> List[str]:
    """What SAM refuses, or what the rules find."""
    try:
        return rules.check(Stack(template.transform(broken, parameters), parameters))
    except ValueError as refusal:
        return [f"SAM: {refusal}"]


class TheChecks(unittest.TestCase):
    """By the rules, by cfn-lint, and by the reviewed roles."""

    def notices(self, mutation: Mutation) -> None:
        found = findings(mutation.applied(template.load()), mutation.parameters)
        self.assertTrue(any(finding.startswith(mutation.finding) for finding in found), found)

    def test_notice_each_thing_that_is_broken(self) -> None:
        for mutation in MUTATIONS:
            with self.subTest(mutation.name):
                self.notices(mutation)

    def test_notice_by_at_least_one_mutation_for_each_rule(self) -> None:
        broken = {mutation.finding.split(":")[0] for mutation in MUTATIONS}
        self.assertEqual({rule.__name__ for rule in rules.RULES} - broken, set())

    def test_notice_each_circle_as_cfn_lint_does(self) -> None:
        broken = [template.transform(mutation.applied(template.load())) for mutation in CIRCLES]
        for mutation, found in zip(CIRCLES, template.lint_all(broken)):
            with self.subTest(mutation.name):
                self.assertTrue(any(finding.startswith("E3004") for finding in found), found)

    def test_notice_each_permission_that_is_dropped(self) -> None:
        for function, index, action in granted(template.load()):
            with self.subTest(function=function, action=action):
                broken = copy.deepcopy(template.load())
                statements = properties(broken, function)["Policies"][0]["Statement"]
                left = [other for other in as_list(statements[index]["Action"]) if other != action]
                if left:
                    statements[index]["Action"] = left
                else:
                    del statements[index]
                self.assertNotEqual(findings(broken, {}), [])

    def test_notice_each_policy_that_is_widened(self) -> None:
        for function, index, action in granted(template.load()):
            for wide in ({"Resource": "*"}, {"Action": action.split(":")[0] + ":*"}, {"Action": "*"}):
                with self.subTest(function=function, action=action, wide=wide):
                    broken = copy.deepcopy(template.load())
                    statement(broken, function, index).update(wide)
                    found = findings(broken, {})
                    self.assertTrue(any(finding.startswith(f"least_privilege: {function}Role may") for finding in found), found)

    def test_notice_a_right_that_no_one_reviewed(self) -> None:
        broken = copy.deepcopy(template.load())
        statement(broken, "PostTrafficHook")["Action"] = ["ssm:GetParameter", "ssm:GetParameterHistory"]
        self.assertNotEqual(roles.listing(template.transform(broken)), roles.listing(template.transform(template.load())))

    def test_let_a_preference_in_globals_pass_that_the_other_functions_turn_off(self) -> None:
        moved = copy.deepcopy(template.load())
        prefer_everywhere(moved)
        for function in ("PreTrafficHook", "PostTrafficHook", "HookGuard"):
            properties(moved, function)["DeploymentPreference"] = {"Enabled": False}
        self.assertEqual(findings(moved, {}), [])


def granted(written: Template) -> List[Any]:
    """Each action that a function's policy allows: the function, the statement's place, the action."""
    return [
        (name, index, action)
        for name, resource in written["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
        for index, allowed in enumerate(resource["Properties"]["Policies"][0]["Statement"])
        for action in as_list(allowed["Action"])
    ]


if __name__ == "__main__":
    unittest.main()
