"""The stack that CDK makes is the one that SAM makes of template.yaml, but for what `differences.py` lists."""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
import unittest
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Set, Tuple

import comparison
import differences
import rules
import synthesised
import template
import tomlkit
from names import GROUP
from stack import Stack

REHEARSE = Path(os.environ.get("REHEARSE", synthesised.ROOT / "target" / "rehearse" / "rehearse"))

# The stacks of cdk/bin/contacts.ts, and the environments of samconfig.toml that they are.
ENVIRONMENTS = {"ContactsDev": "dev", "ContactsStaging": "staging", "ContactsProd": "prod"}

# The parameters that mean what cdk/test/every-setting.ts sets. The processor is that of the binaries.
EVERY_SETTING = {
    "DeploymentPreference": "Linear10PercentEvery1Minute",
    "RunPostTrafficHook": "false",
    "LatencyBudgetMs": "1001",
    "ConcurrentInvocations": "4",
    "SampleRequests": "21",
    "BakeSeconds": "1",
    "ApiAuthorization": "NONE",
    "ThrottlingRateLimit": "101",
    "ThrottlingBurstLimit": "201",
    "Architecture": "arm64",
    "ReservedConcurrency": "1",
    "PermissionsBoundary": "a-boundary",
    "AlarmEmail": "on-call@example.com",
    "LogRetentionDays": "1",
    "AccessLogs": "true",
    "ManageApiGatewayAccount": "true",
}


class Pair(NamedTuple):
    """One stack, by both."""

    name: str
    sam: Stack
    cdk: Stack


def overrides(environment: str) -> Dict[str, str]:
    """The parameters that samconfig.toml gives to an environment, but for those that CDK's has not."""
    config = tomlkit.parse((synthesised.ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    given = dict(each.split("=", 1) for each in config[environment]["deploy"]["parameters"]["parameter_overrides"])
    return {name: value for name, value in given.items() if name not in differences.PARAMETERS}


def pair(made: synthesised.Synthesised, name: str, parameters: Dict[str, str]) -> Pair:
    """A stack of an application's, and template.yaml with the parameters that mean the same."""
    return Pair(name, synthesised.of_sam(parameters), synthesised.of_cdk(made.template(name), name, parameters))


def inspected(path: Path) -> Any:
    """What `rehearse inspect` reads in a template."""
    done = subprocess.run([REHEARSE, "inspect", "--format", "json", path], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


class TheTwoStacks(unittest.TestCase):
    """For each environment, and with no setting as it is by default."""

    maxDiff = None
    pairs: List[Pair]

    @classmethod
    def setUpClass(cls) -> None:
        made = synthesised.made()
        cls.pairs = [pair(made, name, overrides(environment)) for name, environment in ENVIRONMENTS.items()]
        cls.pairs.append(pair(synthesised.every_setting(), "EverySetting", EVERY_SETTING))

    def test_have_the_same_resources_and_properties(self) -> None:
        seen: Set[str] = set()
        for each in self.pairs:
            with self.subTest(each.name):
                found = comparison.differences(comparison.resources(each.sam), comparison.resources(each.cdk))
                known = {path: [pattern for pattern in differences.PROPERTIES if fnmatch.fnmatchcase(path, pattern)] for path in found}
                self.assertEqual([f"{path}: {found[path]}" for path in found if not known[path]], [])
                seen.update(pattern for patterns in known.values() for pattern in patterns)
        self.assertEqual(set(differences.PROPERTIES) - seen, set(), "is listed, and differs no more")

    def test_give_the_same_rights(self) -> None:
        for each in self.pairs:
            with self.subTest(each.name):
                sam, cdk = comparison.rights(each.sam), comparison.rights(each.cdk)
                where_mailed = differences.RIGHTS_WITH_TOPIC if each.sam.parameters["AlarmEmail"] else {}
                self.assertEqual(sam - cdk, set(differences.RIGHTS.sam))
                self.assertEqual(cdk - sam, {*differences.RIGHTS.cdk, *where_mailed})

    def test_let_the_api_alone_invoke_the_alias(self) -> None:
        any_stage, stage = differences.STAGE_OF_INVOKERS
        for each in self.pairs:
            expected = {(who, what, source.replace(any_stage, stage)) for who, what, source in comparison.invokers(each.sam)}
            self.assertEqual(comparison.invokers(each.cdk), expected)

    def test_answer_alike_where_the_function_is_not_asked(self) -> None:
        for each in self.pairs:
            self.assertEqual(comparison.answers(each.cdk), comparison.answers(each.sam))
            self.assertEqual(set(comparison.answers(each.cdk)), {"DEFAULT_4XX", "DEFAULT_5XX"})

    def test_ask_callers_for_the_same(self) -> None:
        for each in self.pairs:
            methods = each.cdk.resources("AWS::ApiGateway::Method").values()
            asked = {method["Properties"]["AuthorizationType"] for method in methods}
            self.assertEqual(asked, {each.sam.parameters["ApiAuthorization"]}, each.name)

    def test_have_the_same_routes_to_the_same_alias(self) -> None:
        def routes(path: Path) -> List[Tuple[str, str, str]]:
            return [(route["method"], route["path"], route["alias"]) for route in inspected(path)["routes"]]

        cdk = routes(synthesised.OUT / f"{synthesised.STACK}.template.json")
        self.assertEqual(sorted(cdk), sorted(routes(template.TEMPLATE)))
        self.assertEqual(len(cdk), 3)

    def test_tell_codedeploy_of_no_triggers_where_there_is_no_address(self) -> None:
        for each in self.pairs[:-1]:
            # Left out, those of an address that there was would stay.
            self.assertEqual(each.cdk.properties(GROUP)["TriggerConfigurations"], [], each.name)

    def test_have_the_same_outputs(self) -> None:
        for each in self.pairs:
            sam, cdk = ({name: stack.text(of["Value"]) for name, of in stack.template["Outputs"].items()} for stack in (each.sam, each.cdk))
            self.assertEqual(set(sam) ^ set(cdk), set(differences.OUTPUTS))
            # What a log group is called differs, and is compared above.
            same = [name for name in set(sam) & set(cdk) if not name.endswith("Hook") and name != "FunctionLogs"]
            self.assertEqual({name: cdk[name] for name in same}, {name: sam[name] for name in same})

    def test_set_each_parameter_that_there_is(self) -> None:
        declared = template.load()["Parameters"]
        self.assertEqual(set(EVERY_SETTING), set(declared))
        self.assertEqual([name for name, value in EVERY_SETTING.items() if str(declared[name]["Default"]) == value], [])


class TheRules(unittest.TestCase):
    """Those of template.yaml, asked of CDK's stack: the order of an update, what alarms watch, how long names are."""

    def test_hold(self) -> None:
        for name, environment in ENVIRONMENTS.items():
            stack = synthesised.of_cdk(synthesised.made().template(name), name, overrides(environment))
            self.assertEqual(rules.check(stack, asked()), [], name)

    def test_are_asked_but_for_few(self) -> None:
        self.assertGreaterEqual(len(asked()), 15)


def asked() -> Any:
    """The rules that mean something for CDK's stack."""
    return tuple(rule for rule in rules.RULES if rule.__name__ not in differences.RULES_NOT_ASKED)


if __name__ == "__main__":
    unittest.main()
