"""The scripts against a fake AWS: what they call, in which order, what they say, and with which code they end."""

from __future__ import annotations

import re
import subprocess
import unittest
from typing import List

from updates import ARN, typed
from workplace import HERE, OUTPUTS, ROOT, Workplace

NO_STACK = "An error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id contacts does not exist"
EVERY_SCRIPT = (
    ("deploy",),
    ("logs",),
    ("rollback",),
    ("destroy",),
    ("verdicts",),
    ("change-set", "create"),
    ("change-set", "show", ARN),
    ("change-set", "execute", ARN),
)


class EveryScript(unittest.TestCase):
    def test_prints_in_a_dry_run_what_it_would_do_without_aws_credentials_or_a_call(self) -> None:
        with Workplace(aws=False) as place:
            for script, *arguments in EVERY_SCRIPT:
                for environment in ("default", "dev", "staging", "prod"):
                    with self.subTest(script=script, arguments=arguments, environment=environment):
                        ended = place.run(script, *arguments, DRY_RUN="1", ENV=environment)
                        self.assertEqual((ended.code, ended.stderr), (0, ""))
                        self.assertRegex(ended.stdout, r"(?m)^(aws|sam) \S+")
                        self.assertEqual(ended.calls, [])

    def test_asks_for_outputs_that_the_template_has(self) -> None:
        outputs = re.findall(r"(?m)^  (\w+):$", (ROOT / "template.yaml").read_text().split("\nOutputs:\n")[1])
        asked = set(OUTPUTS) | {"ApiLogs"}
        for script in (ROOT / "scripts").glob("*.sh"):
            asked.update(re.findall(r"(?:stack|has)_output ([A-Z][a-z]\w+)", script.read_text()))
        self.assertLessEqual(asked, set(outputs))

    def test_is_a_make_target_that_builds_nothing_in_a_dry_run(self) -> None:
        with Workplace(aws=False, tools=("make",)) as place:
            for target in ("deploy", "logs", "rollback", "destroy", "verdicts"):
                with self.subTest(target):
                    made = place.make(target, "DRY_RUN=1", "ENV=staging", "STACK=mine")
                    self.assertEqual((made.code, made.stderr), (0, ""))
                    self.assertEqual(made.stdout, place.run(target, DRY_RUN="1", ENV="staging", STACK="mine").stdout)

    def test_rehearses_what_sam_builds_only_where_that_starts(self) -> None:
        with Workplace(aws=False, tools=("make", "mkdir")) as place:
            place.says("uname", "Linux")
            self.assertIn("run --builds sam", place.make("--dry-run", "rehearse-sam-build").stdout)
            place.says("uname", "Darwin")
            made = place.make("rehearse-sam-build")
            self.assertEqual((made.code, made.stderr), (0, ""))
            self.assertEqual(made.stdout, "==> Leaving out the rehearsal of what sam builds: it builds for Linux, and that does not start on Darwin\n")

    def test_gets_a_filter_pattern_from_make_as_it_was_typed(self) -> None:
        pattern = '{ $.level = "ERROR" }'
        with Workplace(aws=False, tools=("make",)) as place:
            made = place.make("logs", "DRY_RUN=1", f"FILTER={pattern}")
            self.assertEqual((made.code, made.stderr), (0, ""))
            self.assertEqual(made.stdout, place.run("logs", DRY_RUN="1", FILTER=pattern).stdout)

    def test_prints_no_secret_in_a_dry_run(self) -> None:
        secrets = {"AWS_ACCESS_KEY_ID": "AKIAXXXXXXXXSECRET01", "AWS_SECRET_ACCESS_KEY": "SECRET02", "AWS_SESSION_TOKEN": "SECRET03"}
        with Workplace(aws=False) as place:
            for script, *arguments in EVERY_SCRIPT:
                ended = place.run(script, *arguments, DRY_RUN="1", **secrets)
                self.assertNotIn("SECRET", ended.stdout + ended.stderr)

    def test_refuses_what_it_cannot_use_and_calls_nothing(self) -> None:
        with Workplace() as place:
            place.stack()
            for script, arguments, environment, said in (
                ("deploy", (), {"ENV": "nowhere"}, 'no environment "nowhere". It has: default, dev, staging, prod'),
                ("deploy", (), {"STACK": "my stack"}, '"my stack" is no stack\'s name'),
                ("deploy", (), {"STACK": "--help"}, '"--help" is no stack\'s name'),
                ("deploy", (), {"DRY_RUN": "yes"}, "DRY_RUN is yes"),
                ("deploy", ("--on-failure", "DELETE"), {}, "--on-failure is for a change set that sam executes"),
                ("deploy", ("--express",), {}, "--express is for a change set that sam executes"),
                ("deploy", ("--max-wait-duration=90",), {}, "WAIT_MINUTES=90"),
                ("deploy", (), {"WAIT_MINUTES": "long"}, "whole numbers"),
                ("deploy", ("--save-params",), {}, "would save --no-execute-changeset"),
                ("deploy", ("--region", "us-east-1"), {}, "--region is for sam alone"),
                ("deploy", ("--profile=other",), {}, "--profile is for sam alone"),
                ("deploy", ("--stack-name", "other"), {}, "--stack-name is for sam alone"),
                ("change-set", ("create", "--config-env", "prod"), {}, "--config-env is for sam alone"),
                ("logs", (), {"FOLLOW": "yes"}, "FOLLOW is yes"),
                ("destroy", (), {"YES": "yes"}, "YES is yes"),
                ("verdicts", (), {"FORMAT": "html"}, "FORMAT is html"),
                ("verdicts", (), {"DEPLOYMENT": "latest"}, '"latest" is no deployment\'s id'),
                ("change-set", (), {}, "say what to do"),
                ("change-set", ("delete",), {}, '"delete" is not among'),
                ("change-set", ("execute",), {}, "takes the change set's ARN"),
                ("change-set", ("execute", "mine"), {}, '"mine" is no change set\'s ARN'),
                ("change-set", ("execute", ARN), {"WAIT_MINUTES": "long"}, "whole numbers"),
            ):
                with self.subTest(script=script, arguments=arguments, **environment):
                    ended = place.run(script, *arguments, **environment)
                    self.assertEqual(ended.code, 2, ended.stderr)
                    self.assertIn(f"{script}: ", ended.stderr)
                    self.assertIn(said, ended.stderr)
                    self.assertEqual(ended.calls, [])

    def test_says_where_to_get_the_aws_cli_when_it_is_not_there(self) -> None:
        with Workplace(aws=False) as place:
            for script in ("deploy", "logs", "rollback", "destroy", "verdicts"):
                ended = place.run(script)
                self.assertEqual(ended.code, 2)
                self.assertIn("docs.aws.amazon.com/cli", ended.stderr)
                self.assertEqual(ended.calls, [])

    def test_says_what_to_do_when_aws_refuses(self) -> None:
        for error, advice in (
            (NO_STACK, "make deploy ENV=dev creates the stack contacts-dev"),
            ("Unable to locate credentials. You can configure credentials by running \"aws login\".", "AWS_PROFILE=name"),
            ("Error when retrieving token from sso: Token has expired and refresh failed", "aws sso login"),
            ("An error occurred (AccessDenied) when calling the DescribeStacks operation", "its reason is above"),
        ):
            with self.subTest(error=error), Workplace() as place:
                place.answer("cloudformation", "describe-stacks", error)
                for script in ("logs", "rollback", "destroy", "verdicts"):
                    ended = place.run(script, ENV="dev")
                    self.assertEqual(ended.code, 1)
                    self.assertIn(error, ended.stderr)
                    self.assertIn(advice, ended.stderr)
                    self.assertEqual(len(ended.calls), 1, "it ends there")


class TheStack(unittest.TestCase):
    def test_is_the_environments_unless_it_is_named(self) -> None:
        with Workplace() as place:
            self.assertEqual(place.bash("stack_name").stdout, "contacts\n")
            self.assertEqual(place.bash("stack_name", ENV="prod").stdout, "contacts-prod\n")
            self.assertEqual(place.bash("stack_name", ENV="prod", STACK="mine").stdout, "mine\n")

    def test_is_looked_for_where_samconfig_says_for_sam_does_so_too(self) -> None:
        with Workplace() as place:
            config = place.root / "samconfig.toml"
            config.write_text(
                "version = 0.1\n[default.deploy.parameters]\nstack_name = 'a' # a comment\nregion = \"eu-north-1\"\n"
                '[other.global.parameters]\nstack_name = "b"\nprofile = "work"\n[other.deploy.parameters]\ncapabilities = "CAPABILITY_IAM"\n'
            )
            show = 'echo "$(stack_name) $AWS_REGION $AWS_DEFAULT_REGION ${AWS_PROFILE:-} ${AWS_ACCESS_KEY_ID:-}"'
            keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_REGION": "us-east-1"}
            self.assertEqual(place.bash(show, **keys).stdout, "a eu-north-1 eu-north-1  key\n")
            self.assertEqual(place.bash(show, ENV="other", **keys).stdout, "b us-east-1 us-east-1 work \n")

    def test_has_texts_and_switches_in_samconfig(self) -> None:
        with Workplace() as place:
            place.root.joinpath("samconfig.toml").write_text(
                '[default.deploy.parameters]\nstack_name = "a"\non = true\noff = false # why\nmore = 3\ntrueish = truely\n'
            )
            shown = place.bash('for key in stack_name on off more trueish none; do echo "$key:$(config_value $key)"; done').stdout
            self.assertEqual(shown.split(), ["stack_name:a", "on:true", "off:false", "more:", "trueish:", "none:"])

    def test_gives_its_outputs(self) -> None:
        with Workplace() as place:
            place.stack()
            self.assertEqual(place.bash("stack_output Table").stdout, OUTPUTS["Table"] + "\n")
            missing = place.bash("value=$(stack_output ApiUrl); echo never", ENV="dev")
            self.assertEqual((missing.code, missing.stdout), (1, ""))
            self.assertIn("has no output ApiUrl. Deploy the template as it is here: make deploy ENV=dev", missing.stderr)

    def test_commands_are_printed_as_one_may_type_them(self) -> None:
        with Workplace() as place:
            words = ["a b", "", "it's", "$HOME", "plain-1", "x=y"]
            quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
            printed = place.bash(f"DRY_RUN=1 run printf '%s\\n' {quoted}").stdout
            self.assertTrue(printed.endswith("plain-1 x=y\n"), printed)
            self.assertEqual(place.bash(printed).stdout.splitlines(), words)


class Credentials(unittest.TestCase):
    SHOW = 'export_credentials; echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN $AWS_REGION"'
    EXPORTED = "AWS_ACCESS_KEY_ID=id\nAWS_SECRET_ACCESS_KEY=se/cr+et==\nAWS_SESSION_TOKEN=token=\nPATH=/evil"

    def test_come_from_the_profile_with_its_region(self) -> None:
        with Workplace() as place:
            place.plainly("export-credentials", self.EXPORTED)
            place.profiles(default={"account": "111111111111", "region": "eu-west-3"})
            ended = place.bash(self.SHOW, AWS_REGION="")
            self.assertEqual(ended.stdout, "id se/cr+et== token= eu-west-3\n")
            self.assertEqual([call[1:3] for call in ended.calls], [["configure", "get"], ["configure", "export-credentials"]])

    def test_of_a_profile_are_taken_whole_without_a_token_of_others(self) -> None:
        with Workplace() as place:
            place.plainly("export-credentials", "AWS_ACCESS_KEY_ID=id\nAWS_SECRET_ACCESS_KEY=secret")
            show = self.SHOW.replace("$AWS_SESSION_TOKEN", "${AWS_SESSION_TOKEN:-none}")
            self.assertEqual(place.bash(show, AWS_SESSION_TOKEN="stale").stdout, "id secret none eu-west-1\n")

    def test_of_the_environment_are_left_alone(self) -> None:
        with Workplace(aws=False) as place:
            own = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c", "AWS_DEFAULT_REGION": "r"}
            self.assertEqual(place.bash(self.SHOW, AWS_REGION="", **own).stdout, "a b c r\n")

    def test_are_not_asked_for_in_a_dry_run(self) -> None:
        with Workplace(aws=False) as place:
            self.assertEqual(place.bash("export_credentials", DRY_RUN="1").code, 0)


class Logs(unittest.TestCase):
    GROUPS = [word for name in OUTPUTS if name.endswith("Logs") for word in ("--cw-log-group", OUTPUTS[name])]

    def test_are_those_of_every_function_of_the_last_ten_minutes(self) -> None:
        with Workplace() as place:
            place.stack()
            ended = place.run("logs")
            self.assertEqual(ended.called("sam"), [["sam", "logs", "--config-env", "default", *HERE, *self.GROUPS, "--start-time", "10 minutes ago"]])

    def test_include_the_apis_where_it_has_access_logs(self) -> None:
        with Workplace() as place:
            place.stack({**OUTPUTS, "ApiLogs": "/aws/apigateway/contacts/contacts"})
            self.assertIn("/aws/apigateway/contacts/contacts", place.run("logs").called("sam")[0])

    def test_take_a_start_a_filter_and_go_on_where_asked(self) -> None:
        with Workplace() as place:
            place.stack()
            ended = place.run("logs", SINCE="2h", FILTER='{ $.level = "ERROR" }', FOLLOW="1")
            self.assertEqual(
                ended.called("sam")[0][-5:], ["--start-time", "2 hours ago", "--filter", '{ $.level = "ERROR" }', "--tail"]
            )
            self.assertIn("yesterday", place.run("logs", SINCE="yesterday").called("sam")[0])


class Rollback(unittest.TestCase):
    def place(self, place: Workplace, running: List[str], creator: str = "CloudFormation") -> None:
        place.stack()
        place.answer("deploy", "list-deployments", {"deployments": running})
        place.answer("deploy", "get-deployment", {"deploymentInfo": {"creator": creator}})
        place.answer("deploy", "stop-deployment", {"status": "Pending", "statusMessage": "No more steps are run."})

    def test_stops_the_running_deployment_and_has_it_rolled_back(self) -> None:
        with Workplace() as place:
            self.place(place, ["d-A1B2C3D4E"])
            ended = place.run("rollback")
            self.assertEqual(ended.code, 0, ended.stderr)
            self.assertEqual(
                [call[1:3] for call in ended.calls],
                [
                    ["cloudformation", "describe-stacks"],
                    ["deploy", "list-deployments"],
                    ["deploy", "get-deployment"],
                    ["deploy", "stop-deployment"],
                ],
            )
            listed = " ".join(ended.calls[1])
            self.assertIn("--application-name contacts-App --deployment-group-name contacts-Group", listed)
            self.assertIn("--include-only-statuses Created Queued InProgress Baking Ready", listed)
            self.assertEqual(ended.calls[3][3:6], ["--deployment-id", "d-A1B2C3D4E", "--auto-rollback-enabled"])
            self.assertIn("make verdicts", ended.stdout)

    def test_says_that_no_deployment_runs_and_stops_none(self) -> None:
        with Workplace() as place:
            self.place(place, [])
            ended = place.run("rollback")
            self.assertEqual(ended.code, 1)
            self.assertIn("no deployment runs in the stack contacts", ended.stderr)
            self.assertEqual(ended.called("aws", "deploy", "stop-deployment"), [])

    def test_leaves_a_rollback_alone(self) -> None:
        for creator in ("codeDeployRollback", "CloudFormationRollback"):
            with self.subTest(creator=creator), Workplace() as place:
                self.place(place, ["d-FZZALGCRC"], creator)
                ended = place.run("rollback")
                self.assertEqual(ended.code, 0, ended.stderr)
                self.assertIn("d-FZZALGCRC is a rollback already", ended.stdout)
                self.assertEqual(ended.called("aws", "deploy", "stop-deployment"), [])

    def test_fails_where_the_deployment_ends_before_it_is_stopped(self) -> None:
        with Workplace() as place:
            self.place(place, ["d-A1B2C3D4E"])
            place.answer("deploy", "stop-deployment", "An error occurred (DeploymentAlreadyCompletedException)")
            ended = place.run("rollback")
            self.assertEqual(ended.code, 1)
            self.assertIn("DeploymentAlreadyCompletedException", ended.stderr)


class Destroy(unittest.TestCase):
    DELETED = [["sam", "delete", "--config-env", "dev", *HERE, "--stack-name", "contacts-dev", "--no-prompts"]]

    def test_deletes_once_the_stacks_name_is_typed(self) -> None:
        with Workplace() as place:
            place.stack()
            self.assertEqual(typed(place, "destroy", "contacts-dev", ENV="dev").called("sam"), self.DELETED)

    def test_deletes_nothing_when_another_name_is_typed(self) -> None:
        with Workplace() as place:
            place.stack()
            ended = typed(place, "destroy", "contacts", ENV="dev")
            self.assertEqual(ended.code, 1)
            self.assertEqual(ended.called("sam"), [])

    def test_deletes_nothing_where_nobody_can_be_asked(self) -> None:
        with Workplace() as place:
            place.stack()
            ended = place.run("destroy", ENV="dev", stdin=subprocess.DEVNULL)
            self.assertEqual(ended.code, 2)
            self.assertEqual(ended.called("sam"), [])

    def test_asks_nothing_with_yes_and_says_what_stays(self) -> None:
        with Workplace() as place:
            place.stack()
            ended = place.run("destroy", ENV="dev", YES="1")
            self.assertEqual(ended.called("sam"), self.DELETED)
            self.assertIn(OUTPUTS["Table"], ended.stdout)
            self.assertIn("beyond those 1,000 objects is not deleted", ended.stdout)

    def test_deletes_a_stack_whose_creation_failed(self) -> None:
        with Workplace() as place:
            place.stack({})
            self.assertEqual(place.run("destroy", ENV="dev", YES="1").called("sam"), self.DELETED)


if __name__ == "__main__":
    unittest.main()
