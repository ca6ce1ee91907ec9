"""Where the scripts act: in one Region and one account, the ones that they show, whatever samconfig.toml and the environment say.

The fake AWS CLI and the fake sam find out by themselves where a call goes, and refuse one that goes elsewhere than the call before it.
"""

from __future__ import annotations

import unittest
from typing import Dict, List, NamedTuple

import models
from updates import ARN, event, updated
from workplace import OUTPUTS, Workplace

PROFILES = {
    "default": {"account": "111111111111", "region": "eu-south-1"},
    "dev": {"account": "222222222222", "region": "eu-south-2"},
    "prod": {"account": "333333333333"},
    "other": {"account": "444444444444", "region": "sa-east-1"},
}
KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
# What a person who tries things has in [default…], and what sam takes for it where no environment is named to it.
DEFAULT = '[default.global.parameters]\nregion = "us-east-1"\nprofile = "other"\n[default.delete.parameters]\nregion = "us-east-2"\n'


class Case(NamedTuple):
    """What is set, and where the scripts have to act."""

    config: str
    environment: Dict[str, str]
    region: str
    account: str


CASES = {
    "the shell names both": Case(DEFAULT, {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "prod"}, "eu-west-1", "333333333333"),
    "the older names of both": Case(
        DEFAULT, {"AWS_DEFAULT_REGION": "eu-west-2", "AWS_DEFAULT_PROFILE": "prod"}, "eu-west-2", "333333333333"
    ),
    "the profile has a Region": Case(DEFAULT, {"AWS_PROFILE": "dev"}, "eu-south-2", "222222222222"),
    "nothing is named": Case(DEFAULT, {}, "eu-south-1", "111111111111"),
    "samconfig.toml names both": Case(
        DEFAULT + '[dev.global.parameters]\nregion = "eu-north-1"\nprofile = "dev"\n',
        {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "prod", **KEYS},
        "eu-north-1",
        "222222222222",
    ),
    "samconfig.toml names others for single commands": Case(
        '[dev.logs.parameters]\nregion = "us-west-1"\nprofile = "other"\n[dev.delete.parameters]\nregion = "us-west-2"\nprofile = "prod"\n',
        {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "dev"},
        "eu-west-1",
        "222222222222",
    ),
    "keys and a profile": Case("", {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "prod", **KEYS}, "eu-west-1", "999999999999"),
    "two names of a Region": Case(
        "", {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PROFILE": "dev"}, "eu-west-1", "222222222222"
    ),
    "two names of a profile": Case(
        "", {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "dev", "AWS_DEFAULT_PROFILE": "prod"}, "eu-west-1", "333333333333"
    ),
}
SCRIPTS: List[List[str]] = [
    ["deploy"],
    ["logs"],
    ["rollback"],
    ["destroy"],
    ["verdicts"],
    ["change-set", "create"],
    ["change-set", "show", ARN],
    ["change-set", "execute", ARN],
    ["call", "--version", "env"],
]


def prepared(place: Workplace, case: Case) -> None:
    """A stack with a deployment that runs, and one that has ended."""
    config = place.root / "samconfig.toml"
    config.write_text(config.read_text() + case.config)
    place.profiles(**PROFILES)
    outputs = {"ApiUrl": "https://a1.execute-api.eu-west-1.amazonaws.com/live", "ApiAuthorization": "AWS_IAM", "Alias": "f:live"}
    place.stack({**OUTPUTS, **outputs}, Architecture="x86_64")
    place.sam(prints=f"Changeset created successfully. {ARN.replace('eu-west-1', case.region)}\n")
    place.answer("deploy", "list-deployments", {"deployments": ["d-A1B2C3D4E"]})
    place.answer("deploy", "stop-deployment", {"status": "Pending"})
    place.answer(
        "deploy",
        "get-deployment-group",
        {"deploymentGroupInfo": {"lastAttemptedDeployment": {"deploymentId": "d-A1B2C3D4E", "createTime": 1}}},
    )
    place.answer("deploy", "get-deployment", {"deploymentInfo": {"deploymentId": "d-A1B2C3D4E", "createTime": 1, "creator": "user"}})
    place.answer("deploy", "list-deployment-targets", {"targetIds": ["t"]})
    place.answer("deploy", "batch-get-deployment-targets", {"deploymentTargets": []})
    place.answer("logs", "filter-log-events", {"events": []})
    place.answer("lambda", "get-alias", {"FunctionVersion": "8"})
    updated(place, [event("UPDATE_COMPLETE")])
    place.plainly("export-credentials", "AWS_ACCESS_KEY_ID=of-the-profile\nAWS_SECRET_ACCESS_KEY=secret")


class EveryScript(unittest.TestCase):
    def test_acts_in_one_place_whoever_names_another(self) -> None:
        # Every script where all of it can go wrong; who goes where is found in one place, which the next test tries in every case.
        for name in ("the shell names both", "samconfig.toml names others for single commands"):
            case = CASES[name]
            with Workplace() as place:
                prepared(place, case)
                for script, *arguments in SCRIPTS:
                    with self.subTest(name, script=script, arguments=arguments):
                        ended = place.run(
                            script, *arguments, **{"AWS_REGION": "", **case.environment}, ENV="dev", YES="1", POLL_SECONDS="0"
                        )
                        self.assertEqual(ended.code, 0, ended.stderr)
                        self.assertEqual(ended.place, {"region": case.region, "account": case.account})

    def test_shows_where_it_acts_before_it_deploys_or_deletes(self) -> None:
        for name, case in CASES.items():
            with Workplace() as place:
                prepared(place, case)
                for script in ("deploy", "destroy"):
                    with self.subTest(name, script=script):
                        ended = place.run(script, **{"AWS_REGION": "", **case.environment}, ENV="dev", YES="1")
                        self.assertIn(
                            f"the stack contacts-dev in {case.region}, account {case.account}", ended.stdout.replace("The", "the")
                        )
                        self.assertEqual(ended.place, {"region": case.region, "account": case.account})
                        self.assertEqual(len(ended.called("sam")), 1)

    def test_names_the_place_in_each_call_and_leaves_nothing_to_be_found(self) -> None:
        with Workplace() as place:
            prepared(place, CASES["the profile has a Region"])
            for script, *arguments in SCRIPTS:
                ended = place.run(script, *arguments, AWS_REGION="", AWS_PROFILE="dev", ENV="dev", YES="1", POLL_SECONDS="0")
                for call in ended.calls:
                    if call[1:3] == ["configure", "get"]:
                        self.assertEqual(call[3:], ["region", "--profile", "dev"])
                        continue
                    with self.subTest(call=call):
                        options = models.parse(call[3:] if call[0] == "aws" else call[2:])
                        self.assertEqual((options["region"], options["profile"]), (["eu-south-2"], ["dev"]))
                        self.assertEqual(options.get("config-env"), ["dev"] if call[0] == "sam" else None)

    def test_gives_the_program_that_it_runs_the_same_place(self) -> None:
        for name, case in CASES.items():
            with self.subTest(name), Workplace() as place:
                prepared(place, case)
                ended = place.run("call", "env", **{"AWS_REGION": "", **case.environment}, ENV="dev")
                found = dict(line.split("=", 1) for line in ended.stdout.splitlines() if "=" in line)
                self.assertEqual(found["AWS_REGION"], case.region, ended.stderr)
                self.assertEqual(found["AWS_ACCESS_KEY_ID"], "id" if case.account == "999999999999" else "of-the-profile")

    def test_prints_in_a_dry_run_what_it_would_call(self) -> None:
        with Workplace(aws=False) as place:
            for script, *arguments in SCRIPTS:
                ended = place.run(script, *arguments, DRY_RUN="1", ENV="dev", AWS_PROFILE="prod")
                commands = [line for line in ended.stdout.splitlines() if line.startswith(("aws ", "sam "))]
                self.assertNotEqual(commands, [])
                for command in commands:
                    self.assertIn(" --region eu-west-1 --profile prod", command)

    def test_refuses_to_act_where_no_region_is_known(self) -> None:
        with Workplace() as place:
            place.stack()
            for script, *arguments in SCRIPTS:
                with self.subTest(script=script, arguments=arguments):
                    ended = place.run(script, *arguments, AWS_REGION="")
                    self.assertEqual(ended.code, 2, ended.stderr)
                    self.assertIn("no Region is set. Name one: AWS_REGION=eu-west-1", ended.stderr)
                    self.assertIsNone(ended.place)


class TheFakes(unittest.TestCase):
    """They are as strict as these tests need them."""

    def test_refuse_a_second_place(self) -> None:
        with Workplace() as place:
            prepared(place, CASES["the shell names both"])
            for words in (
                'cd "$root"; command sam logs',
                "command aws sts get-caller-identity --profile other",
                "AWS_REGION=us-east-1 command aws sts get-caller-identity",
            ):
                ended = place.bash(f"aws sts get-caller-identity; {words}", AWS_REGION="eu-west-1", AWS_PROFILE="prod", ENV="dev")
                self.assertNotEqual(ended.code, 0)
                self.assertIn("this call goes to", ended.stderr)


if __name__ == "__main__":
    unittest.main()
