"""The stack as CloudFormation gets it, for every combination of parameters that makes a difference: valid, and by the rules."""

from __future__ import annotations

import itertools
import json
import re
import unittest
from typing import Any, Dict, List

import rules
import template
from stack import Stack

# Every configuration that CodeDeploy predefines for Lambda. Source: CodeDeploy user guide, "Predefined deployment configurations for an AWS
# Lambda compute platform".
PREFERENCES = (
    "AllAtOnce",
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
)

# The parameters whose values SAM writes into what it expands. The others CloudFormation reads.
READ_BY_SAM = {"DeploymentPreference": PREFERENCES, "ApiAuthorization": ("AWS_IAM", "NONE")}


def combinations(values: Dict[str, Any]) -> List[Dict[str, str]]:
    """Every choice of one value for each parameter."""
    return [dict(zip(values, chosen)) for chosen in itertools.product(*values.values())]


def another_value(name: str, declared: Dict[str, Any]) -> str:
    """A value of a parameter that is allowed and not its default."""
    default = str(declared["Default"])
    if "AllowedValues" in declared:
        return next(str(allowed) for allowed in declared["AllowedValues"] if str(allowed) != default)
    if declared["Type"] == "Number":
        return str(int(default) + 1)
    return {"AlarmEmail": "on-call@example.com", "PermissionsBoundary": "a-boundary"}[name]


def read_in_conditions() -> Dict[str, Any]:
    """Two values of each parameter that a condition asks for: its default, and one for which the condition is another."""
    written = template.load()
    asked = {argument["Ref"] for argument in _arguments(written["Conditions"])}
    return {
        name: (str(declared["Default"]), another_value(name, declared)) for name, declared in written["Parameters"].items() if name in asked
    }


def _arguments(value: Any) -> List[Dict[str, Any]]:
    if isinstance(value, dict):
        return [value] if "Ref" in value else [found for inner in value.values() for found in _arguments(inner)]
    return [found for inner in value for found in _arguments(inner)] if isinstance(value, list) else []


class TheTemplate(unittest.TestCase):
    """Which parameters act where: the premise of the combinations below."""

    def test_is_expanded_alike_whatever_the_other_parameters_are(self) -> None:
        declared = template.load()["Parameters"]
        expanded = template.transform(template.load())
        for name in set(declared) - set(READ_BY_SAM):
            with self.subTest(name):
                self.assertEqual(template.transform(template.load(), {name: another_value(name, declared[name])}), expanded)

    def test_is_expanded_otherwise_for_each_value_of_those_that_sam_reads(self) -> None:
        expanded = [template.transform(template.load(), parameters) for parameters in combinations(READ_BY_SAM)]
        for one, other in itertools.combinations(expanded, 2):
            self.assertNotEqual(one, other)

    def test_decides_every_condition_both_ways(self) -> None:
        expanded = template.transform(template.load())
        decided = [Stack(expanded, parameters).conditions for parameters in combinations(read_in_conditions())]
        names = set(template.load()["Conditions"])
        for name in names:
            self.assertEqual({conditions[name] for conditions in decided}, {True, False}, name)
        # SAM's own conditions, if it makes any, follow from these.
        self.assertEqual(len({tuple(sorted(conditions.items())) for conditions in decided}), 2 ** len(names))

    def test_offers_the_nine_configurations_that_codedeploy_predefines(self) -> None:
        self.assertEqual(sorted(template.load()["Parameters"]["DeploymentPreference"]["AllowedValues"]), sorted(PREFERENCES))
        for preference in PREFERENCES:
            parameters = {"DeploymentPreference": preference}
            stack = Stack(template.transform(template.load(), parameters), parameters)
            name = stack.text(stack.properties("ContactsDeploymentGroup")["DeploymentConfigName"])
            self.assertEqual(name, f"CodeDeployDefault.Lambda{preference}")

    def test_needs_no_answer_on_a_fresh_account(self) -> None:
        declared = template.load()["Parameters"]
        for name in ("AccessLogs", "ManageApiGatewayAccount"):
            self.assertEqual(declared[name]["Default"], "false", name)
        self.assertEqual(declared["ReservedConcurrency"]["Default"], 0)

    def test_asks_for_each_parameter_once(self) -> None:
        written = template.load()
        groups = written["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        self.assertEqual(sorted(name for group in groups for name in group["Parameters"]), sorted(written["Parameters"]))


# A Region of each partition that the stack can live in, and the console's address there. Sources: SAM translator, arn_generator.py; AWS
# GovCloud (US) user guide, "AWS Management Console"; Amazon Web Services in China, getting started guide, "Endpoints and ARNs".
PARTITIONS = {
    "aws": ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#"),
    "aws-cn": ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1#"),
    "aws-us-gov": ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1#"),
}

# CloudFormation API reference, CreateChangeSet: what `TemplateBody` takes, in bytes.
LONGEST_BODY = 51_200


class ThePackagedTemplate(unittest.TestCase):
    """What `sam package` writes, and pages send as `--template-body`."""

    def test_is_short_enough_to_be_sent_as_it_is(self) -> None:
        # The longest that a bucket's name may be, and a stack's, which is the prefix.
        text = template.packaged(template.load(), f"s3://{'b' * 63}/{'p' * 128}/{'0' * 32}")
        self.assertEqual(template.yaml_parse(text)["Resources"].keys(), template.load()["Resources"].keys())
        self.assertLessEqual(len(text.encode()), LONGEST_BODY)


class ThePartitions(unittest.TestCase):
    """The stack in each of them."""

    def test_expand_it_to_resources_of_their_own(self) -> None:
        for partition, (region, _) in PARTITIONS.items():
            expanded = json.dumps(template.transform(template.load(), region=region))
            with self.subTest(partition):
                self.assertEqual(set(re.findall(r"\barn:(aws[a-z-]*)", expanded)), {partition})

    def test_know_each_managed_policy_that_sam_attaches_there(self) -> None:
        for partition, (region, _) in PARTITIONS.items():
            with self.subTest(partition):
                stack = Stack(template.transform(template.load(), region=region), {"ManageApiGatewayAccount": "true"})
                there = stack.elsewhere(Partition=partition, Region=region)
                attached = {policy for role in there.resources("AWS::IAM::Role").values() for policy in rules.privileges.managed(there, role)}
                self.assertLessEqual(attached, set(rules.privileges.MANAGED_POLICIES))
                self.assertEqual(len([policy for policy in attached if "X" in policy]), 1, "one for X-Ray")

    def test_have_a_console_that_the_dashboards_url_leads_to(self) -> None:
        stack = Stack(template.transform(template.load()))
        for partition, (region, url) in PARTITIONS.items():
            there = stack.elsewhere(Partition=partition, Region=region)
            self.assertTrue(there.text(there.template["Outputs"]["DashboardUrl"]["Value"]).startswith(url), partition)

    def test_know_every_type_and_property(self) -> None:
        for region in (PARTITIONS["aws-cn"][0], PARTITIONS["aws-us-gov"][0]):
            with self.subTest(region):
                self.assertEqual(template.lint(template.transform(template.load(), region=region), region), [])


class TheStack(unittest.TestCase):
    """Every combination: those of the parameters that SAM reads, times those of the conditions."""

    def test_keeps_the_rules_in_every_combination(self) -> None:
        for read in combinations(READ_BY_SAM):
            expanded = template.transform(template.load(), read)
            for decided in combinations(read_in_conditions()):
                parameters = {**read, **decided}
                with self.subTest(**parameters):
                    self.assertEqual(rules.check(Stack(expanded, parameters)), [])

    def test_is_valid_for_every_preference_and_authorization(self) -> None:
        choices = combinations(READ_BY_SAM)
        expanded = [template.transform(template.load(), parameters) for parameters in choices]
        # cfn-lint looks at both sides of each condition.
        for parameters, found in zip(choices, template.lint_all(expanded)):
            with self.subTest(**parameters):
                self.assertEqual(found, [])

    def test_is_valid_however_the_conditions_are_decided(self) -> None:
        # A second for each: none, all, and each alone. The rules see every combination, above.
        values = read_in_conditions()
        defaults, others = ({name: of[place] for name, of in values.items()} for place in (0, 1))
        choices = [defaults, others, *({**defaults, name: other} for name, other in others.items())]
        expanded = template.transform(template.load())
        for parameters, found in zip(choices, template.lint_all([Stack(expanded, chosen).template for chosen in choices])):
            with self.subTest(**parameters):
                self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
