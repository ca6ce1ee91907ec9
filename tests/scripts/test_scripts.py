"""The scripts against a fake AWS: what they call, in which order, what they say, and with which code they end."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import subprocess
import unittest
from typing import Any, Dict, List

from samcli.commands.deploy.deploy_context import DeployContext
from samcli.commands.deploy.utils import print_deploy_args
from workplace import OUTPUTS, ROOT, Ended, Workplace

ARN = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/samcli-deploy1700000000/0a1b2c3d-0000-1111-2222-333344445555"
STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/contacts/1b2c3d4e-0000-1111-2222-333344445555"
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
        with Workplace(aws=False, tools=("make",)) as place:
            place.says("uname", "Linux")
            self.assertIn("run --builds sam", place.make("--dry-run", "rehearse-sam-build").stdout)
            place.says("uname", "Darwin")
            made = place.make("rehearse-sam-build")
            self.assertEqual((made.code, made.stderr), (0, ""))
            self.assertEqual(made.stdout, "==> Not rehearsing what sam builds: it builds for Linux, and that does not start on Darwin\n")

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
                ("deploy", ("--save-params",), {}, "would save --no-execute-changeset"),
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
            ("You must specify a region.", "AWS_REGION=eu-west-1"),
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


def typed(place: Workplace, script: str, answer: str, *arguments: str, **environment: str) -> Ended:
    """Runs a script in a terminal where somebody types an answer."""
    terminal, end = pty.openpty()
    try:
        os.write(terminal, f"{answer}\n".encode())
        return place.run(script, *arguments, stdin=end, **environment)
    finally:
        os.close(terminal)
        os.close(end)


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

    def test_is_looked_for_where_an_option_of_sam_says_before_all_else(self) -> None:
        with Workplace() as place:
            place.root.joinpath("samconfig.toml").write_text('[default.deploy.parameters]\nstack_name = "a"\nregion = "eu-north-1"\n')
            show = 'act_as_told "$@"; echo "$AWS_REGION $AWS_DEFAULT_REGION ${AWS_PROFILE:-} ${AWS_ACCESS_KEY_ID:-}"'
            for options, said in (
                ("", "eu-north-1 eu-north-1  key"),
                ("--region us-east-1", "us-east-1 us-east-1  key"),
                ("--region=us-east-1 --profile work --guided", "us-east-1 us-east-1 work "),
                ("--tags --region us-east-1 --region us-west-2", "us-west-2 us-west-2  key"),
            ):
                with self.subTest(options):
                    self.assertEqual(place.bash(f"set -- {options}; {show}", AWS_ACCESS_KEY_ID="key").stdout, said + "\n")

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
            place.plainly("get", "eu-west-3")
            ended = place.bash(self.SHOW)
            self.assertEqual(ended.stdout, "id se/cr+et== token= eu-west-3\n")
            self.assertEqual([call[1:3] for call in ended.calls], [["configure", "get"], ["configure", "export-credentials"]])

    def test_of_the_environment_are_left_alone(self) -> None:
        with Workplace(aws=False) as place:
            own = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c", "AWS_DEFAULT_REGION": "r"}
            self.assertEqual(place.bash(self.SHOW, **own).stdout, "a b c r\n")

    def test_are_not_asked_for_in_a_dry_run(self) -> None:
        with Workplace(aws=False) as place:
            self.assertEqual(place.bash("export_credentials", DRY_RUN="1").code, 0)


def event(status: str, token: str = "ours", **more: str) -> Dict[str, str]:
    """An event of the stack itself, or of the resource that is named."""
    name = more.get("LogicalResourceId", "contacts")
    common = {"StackId": STACK_ID, "EventId": f"{name}-{status}-{token}", "StackName": "contacts", "Timestamp": "2026-01-01T12:00:00Z"}
    of_the_stack = {"PhysicalResourceId": STACK_ID, "LogicalResourceId": "contacts", "ClientRequestToken": token, "ResourceStatus": status}
    return {**common, **of_the_stack, **more}


# As it was seen (service-cloud-voice/ServiceCloudVoiceLambdas issue 30), and as handlers of today wrap what they say.
EXISTS = "A version for this Lambda function exists ( 2 ). Modify the function to create a new version."
WRAPPED = f'Resource handler returned message: "{EXISTS}" (RequestToken: 0a1b, HandlerErrorCode: AlreadyExists)'
REFUSED = event(
    "CREATE_FAILED",
    PhysicalResourceId="",
    LogicalResourceId="ContactsVersion0123456789",
    ResourceStatusReason=EXISTS,
    ResourceProperties='{"FunctionName":"contacts-Contacts-1A2B"}',
)
DELETE = "aws lambda delete-function --region eu-west-1 --function-name contacts-Contacts-1A2B --qualifier 2"


def updated(place: Workplace, *pages: List[Dict[str, str]]) -> None:
    """The stack's events are these while a change set is executed. The token is not known before: the shell is made to have one."""
    script = place.root / "scripts" / "change-set.sh"
    script.write_text(script.read_text().replace('"change-set-$(date +%s)-$$"', "ours"))
    place.answer("cloudformation", "describe-change-set", {"StackId": STACK_ID})
    place.answer("cloudformation", "execute-change-set", {})
    place.answer("cloudformation", "describe-stack-events", *[{"StackEvents": page} for page in pages])


class Deploy(unittest.TestCase):
    """The whole way: sam makes the change set, somebody says yes, and CloudFormation deletes what it created if it goes back."""

    DONE = event("UPDATE_COMPLETE")

    def place(self, place: Workplace, *events: Dict[str, str], name: str = "contacts", confirms: bool = False, keeps: bool = False) -> None:
        """sam says what the sam that is installed would say."""
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            print_deploy_args(name, "bucket", None, "eu-west-1", ["CAPABILITY_IAM"], {}, confirms, None, True, keeps)
            print(DeployContext.MSG_SHOWCASE_CHANGESET.format(changeset_id=ARN))
        place.sam(prints=told.getvalue())
        place.stack()
        updated(place, list(events) or [self.DONE])
        place.answer("deploy", "get-deployment-group", {"deploymentGroupInfo": {}})

    def executed(self, ended: Ended) -> List[str]:
        """The options of the call that executes the change set, without the token."""
        (call,) = ended.called("aws", "cloudformation", "execute-change-set")
        return [word for word in call[3:] if word not in ("--client-request-token", "ours")]

    def test_has_cloudformation_delete_what_a_rollback_would_leave_over(self) -> None:
        with Workplace() as place:
            self.place(place)
            ended = place.run("deploy", "--no-confirm-changeset", ENV="staging")
            self.assertEqual(ended.code, 0, ended.stderr)
            command = ["sam", "deploy", "--config-env", "staging", "--no-execute-changeset", "--no-confirm-changeset"]
            self.assertEqual(ended.called("sam"), [command])
            options = ["--stack-name", "contacts", "--change-set-name", ARN, "--retain-except-on-create"]
            self.assertEqual(self.executed(ended), options)

    def test_shows_the_outputs_and_what_the_hooks_said(self) -> None:
        with Workplace() as place:
            self.place(place)
            ended = place.run("deploy")
            self.assertIn("12:00:00  UPDATE_COMPLETE  contacts\n", ended.stdout)
            self.assertIn(f"\nOutputs\n  DeploymentApplication  {OUTPUTS['DeploymentApplication']}\n", ended.stdout)
            self.assertTrue(ended.stdout.endswith("\nNo deployment has run in the stack contacts: its creation shifts no traffic (docs/first-deployment.md).\n"))

    def test_keeps_another_stacks_uploads_apart(self) -> None:
        with Workplace() as place:
            self.place(place, name="mine")
            ended = place.run("deploy", STACK="mine")
            command = ["sam", "deploy", "--config-env", "default", "--no-execute-changeset", "--stack-name", "mine", "--s3-prefix", "mine"]
            self.assertEqual(ended.called("sam"), [command])
            self.assertEqual(self.executed(ended)[:2], ["--stack-name", "mine"])

    def test_goes_on_with_the_stack_that_the_guide_was_told(self) -> None:
        with Workplace() as place:
            self.place(place, name="another")
            ended = typed(place, "deploy", "y", "--guided")
            self.assertEqual(self.executed(ended)[:2], ["--stack-name", "another"])
            described = ended.called("aws", "cloudformation", "describe-stacks")
            self.assertIn("another", described[-1])

    def test_asks_where_sam_would_have_asked_and_makes_no_change_without_a_yes(self) -> None:
        for answer, made in (("y", True), ("Yes", True), ("n", False), ("", False), ("no", False)):
            with self.subTest(answer), Workplace() as place:
                self.place(place, confirms=True)
                ended = typed(place, "deploy", answer, ENV="prod")
                self.assertEqual(ended.code, 0, ended.stderr)
                self.assertEqual(bool(ended.called("aws", "cloudformation", "execute-change-set")), made)
                if not made:
                    self.assertIn(f"STACK=contacts ENV=prod scripts/change-set.sh execute {ARN}", ended.stdout)

    def test_makes_no_change_where_nobody_can_be_asked_or_it_is_not_known_whether_to_ask(self) -> None:
        for prints in (None, f"Changeset created successfully. {ARN}\n"):
            with self.subTest(prints), Workplace() as place:
                self.place(place, confirms=True)
                if prints:
                    place.sam(prints=prints)
                ended = place.run("deploy")
                self.assertEqual(ended.code, 1)
                self.assertIn("nobody can be asked here, so nothing is changed", ended.stderr)
                self.assertEqual(ended.called("aws", "cloudformation", "execute-change-set"), [])

    def test_stops_before_the_changes_where_it_is_told_to(self) -> None:
        with Workplace() as place:
            self.place(place)
            ended = place.run("deploy", "--no-execute-changeset")
            self.assertEqual(ended.code, 0, ended.stderr)
            self.assertIn(f"STACK=contacts scripts/change-set.sh execute {ARN}", ended.stdout)
            self.assertEqual(ended.called("aws", "cloudformation", "execute-change-set"), [])

    def test_keeps_what_failed_where_sam_was_told_to(self) -> None:
        with Workplace() as place:
            self.place(place, keeps=True)
            self.assertEqual(self.executed(place.run("deploy"))[-2:], ["--retain-except-on-create", "--disable-rollback"])

    def test_ends_where_nothing_is_to_change(self) -> None:
        with Workplace() as place:
            place.stack()
            place.sam(prints="No changes to deploy. Stack contacts is up to date\n")
            ended = place.run("deploy")
            self.assertEqual(ended.code, 0, ended.stderr)
            self.assertEqual(ended.called("aws", "cloudformation", "execute-change-set"), [])

    def test_fails_as_sam_does(self) -> None:
        with Workplace() as place:
            place.stack()
            place.sam(code=1)
            ended = place.run("deploy")
            self.assertEqual(ended.code, 1)
            self.assertIn("sam created no change set", ended.stderr)

    def test_fails_with_the_cause_and_shows_the_verdicts_after_it(self) -> None:
        with Workplace() as place:
            self.place(place, event("UPDATE_ROLLBACK_COMPLETE"), event("UPDATE_FAILED", LogicalResourceId="ContactsAliaslive", PhysicalResourceId="a"))
            ended = place.run("deploy")
            self.assertEqual(ended.code, 1)
            self.assertRegex(ended.stdout, r"(?s)What failed:\nUPDATE_FAILED  ContactsAliaslive\n.*No deployment has run")
            self.assertIn("the stack is UPDATE_ROLLBACK_COMPLETE", ended.stderr)

    def test_fails_alike_where_there_is_nothing_to_show_after_it(self) -> None:
        for outputs in ({}, {**OUTPUTS, "PreTrafficHookLogs": ""}):
            with self.subTest(outputs), Workplace() as place:
                self.place(place, event("ROLLBACK_COMPLETE"))
                place.stack(outputs)
                if outputs:
                    place.answer("deploy", "get-deployment-group", "An error occurred (AccessDeniedException)")
                ended = place.run("deploy")
                self.assertEqual(ended.code, 1)
                self.assertIn("the stack is ROLLBACK_COMPLETE", ended.stderr)
                self.assertEqual("AccessDeniedException" in ended.stderr, bool(outputs))

    def test_warns_of_another_bucket_or_prefix(self) -> None:
        with Workplace() as place:
            self.place(place)
            for options, warned in (((), False), (("--s3-prefix", "other"), True), (("--s3-bucket=other",), True)):
                self.assertEqual("another bucket or prefix" in place.run("deploy", *options).stderr, warned)

    def test_says_that_an_old_aws_cli_does_not_know_how(self) -> None:
        with Workplace() as place:
            self.place(place)
            place.answer("cloudformation", "execute-change-set", "Unknown options: --retain-except-on-create")
            ended = place.run("deploy")
            self.assertEqual(ended.code, 1)
            self.assertIn("this AWS CLI does not know that option", ended.stderr)


class AVersionThatExists(unittest.TestCase):
    """CloudFormation asked Lambda for a version, and Lambda has it already."""

    def failed(self, place: Workplace, reason: str = EXISTS, **more: str) -> Ended:
        updated(place, [event("UPDATE_ROLLBACK_COMPLETE"), {**REFUSED, "ResourceStatusReason": reason, **more}])
        ended = place.run("change-set", "execute", ARN, POLL_SECONDS="0")
        self.assertEqual(ended.code, 1)
        self.assertEqual(ended.called("aws", "lambda", "delete-function"), [], "it is not for a script to delete")
        return ended

    def test_and_that_a_rollback_has_left_over_is_named_with_the_command_that_deletes_it(self) -> None:
        for reason in (EXISTS, WRAPPED):
            with self.subTest(reason), Workplace() as place:
                place.answer("lambda", "list-aliases", {"Aliases": []})
                ended = self.failed(place, reason)
                self.assertIn("Version 2 of contacts-Contacts-1A2B has this very code and these settings, and no alias uses it", ended.stdout)
                self.assertTrue(ended.stdout.endswith(f"  {DELETE}\n"), ended.stdout)
                asked = ["aws", "lambda", "list-aliases", "--function-name", "contacts-Contacts-1A2B", "--function-version", "2"]
                self.assertEqual([call[:7] for call in ended.called("aws", "lambda")], [asked])

    def test_and_serves_is_left_alone_for_the_edit_is_no_part_of_a_version(self) -> None:
        with Workplace() as place:
            place.answer("lambda", "list-aliases", {"Aliases": [{"Name": "live"}]})
            ended = self.failed(place)
            self.assertIn("Version 2 of contacts-Contacts-1A2B, which its alias live serves", ended.stdout)
            self.assertIn('docs/first-deployment.md, "What publishes a version"', ended.stdout)
            self.assertNotIn("delete-function", ended.stdout)
            self.assertIn("## What publishes a version\n", (ROOT / "docs/first-deployment.md").read_text())

    def test_is_named_with_both_ways_out_where_lambda_does_not_say_who_uses_it(self) -> None:
        with Workplace() as place:
            place.answer("lambda", "list-aliases", "An error occurred (AccessDeniedException) when calling the ListAliases operation")
            ended = self.failed(place)
            self.assertIn("Which alias uses it, AWS does not tell here", ended.stdout)
            self.assertTrue(ended.stdout.endswith(f"  {DELETE}\n"), ended.stdout)

    def test_is_named_without_its_function_where_the_event_does_not_have_it(self) -> None:
        with Workplace() as place:
            place.answer("lambda", "list-aliases", "An error occurred (ResourceNotFoundException) when calling the ListAliases operation")
            self.assertIn("--function-name FUNCTION --qualifier 2", self.failed(place, ResourceProperties="").stdout)

    def test_is_said_of_no_other_failure(self) -> None:
        with Workplace() as place:
            ended = self.failed(place, "The version of this Lambda function that exists ( 2 ) is not active")
            self.assertEqual(ended.called("aws", "lambda"), [])


class Logs(unittest.TestCase):
    GROUPS = [word for name in OUTPUTS if name.endswith("Logs") for word in ("--cw-log-group", OUTPUTS[name])]

    def test_are_those_of_every_function_of_the_last_ten_minutes(self) -> None:
        with Workplace() as place:
            place.stack()
            ended = place.run("logs")
            self.assertEqual(ended.called("sam"), [["sam", "logs", *self.GROUPS, "--start-time", "10 minutes ago"]])

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
    DELETED = [["sam", "delete", "--stack-name", "contacts-dev", "--no-prompts"]]

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


class ChangeSet(unittest.TestCase):
    MADE = f"Waiting for changeset to be created..\n\nChangeset created successfully. {ARN}\n"

    def executed(self, place: Workplace, *pages: List[Dict[str, str]], **environment: str) -> Ended:
        """Executes it while the stack's events are these."""
        updated(place, *pages)
        return place.run("change-set", "execute", ARN, POLL_SECONDS="0", **environment)

    def test_is_executed_so_that_a_rollback_deletes_what_it_created_and_where_its_arn_says_that_it_is(self) -> None:
        with Workplace() as place:
            ended = self.executed(place, [event("UPDATE_COMPLETE")], ENV="prod")
            self.assertEqual(ended.code, 0, ended.stderr)
            (call,) = ended.called("aws", "cloudformation", "execute-change-set")
            options = ["--stack-name", "contacts-prod", "--change-set-name", ARN, "--client-request-token", "ours", "--retain-except-on-create"]
            self.assertEqual(call[3:], options)
            there = place.bash(f'source "$root/scripts/change-set.sh"; check_arn {ARN}; echo "$AWS_REGION $AWS_DEFAULT_REGION"', AWS_REGION="us-east-1")
            self.assertEqual(there.stdout, "eu-west-1 eu-west-1\n")

    def test_is_created_by_sam_and_its_arn_is_all_that_is_printed(self) -> None:
        with Workplace() as place:
            place.stack()
            place.sam(prints=self.MADE)
            ended = place.run("change-set", "create", "--role-arn", "arn:role", ENV="prod")
            self.assertEqual((ended.code, ended.stdout), (0, f"{ARN}\n"))
            self.assertEqual(
                ended.called("sam"), [["sam", "deploy", "--config-env", "prod", "--no-execute-changeset", "--role-arn", "arn:role"]]
            )
            self.assertIn("Waiting for changeset", ended.stderr)

    def test_has_no_arn_where_nothing_is_to_change(self) -> None:
        with Workplace() as place:
            place.stack()
            place.sam(prints="No changes to deploy. Stack contacts is up to date\n")
            ended = place.run("change-set", "create")
            self.assertEqual((ended.code, ended.stdout), (0, ""))

    def test_is_not_created_where_sam_fails_or_names_none(self) -> None:
        for prints, code in (("Error: Stack contacts is in ROLLBACK_FAILED state", 1), ("", 0)):
            with self.subTest(prints=prints), Workplace() as place:
                place.stack()
                place.sam(prints=prints, code=code)
                ended = place.run("change-set", "create")
                self.assertEqual((ended.code, ended.stdout), (1, ""))

    def test_is_shown_with_what_is_replaced_and_whose_traffic_shifts(self) -> None:
        changed = [
            ("Modify", "ContactsAliaslive", "AWS::Lambda::Alias", "False"),
            ("Modify", "ContactsTable", "AWS::DynamoDB::Table", "True"),
            ("Add", "ContactsVersion1", "AWS::Lambda::Version", None),
        ]
        answer = {"StackName": "contacts", "Changes": [{"Type": "Resource", "ResourceChange": self.change(*change)} for change in changed]}
        with Workplace() as place:
            place.answer("cloudformation", "describe-change-set", answer)
            text = place.run("change-set", "show", ARN).stdout
            self.assertIn("Modify  ContactsTable  AWS::DynamoDB::Table  replaced\n", text)
            self.assertIn("3 resources change. CodeDeploy shifts the traffic of ContactsAliaslive.", text)
            markdown = place.run("change-set", "show", ARN, FORMAT="markdown").stdout
            self.assertIn("### contacts: 3 resources change\n", markdown)
            self.assertIn("| Add | ContactsVersion1 | AWS::Lambda::Version |  |\n", markdown)

    def test_shifts_no_traffic_where_an_alias_only_gets_another_hook(self) -> None:
        for scope, said in (
            (["UpdatePolicy"], "No traffic shifts: no alias gets another version."),
            (["Properties", "UpdatePolicy"], "CodeDeploy shifts the traffic of ContactsAliaslive."),
        ):
            alias = {**self.change("Modify", "ContactsAliaslive", "AWS::Lambda::Alias", "False"), "Scope": scope}
            with self.subTest(scope=scope), Workplace() as place:
                answer = {"StackName": "contacts", "Changes": [{"Type": "Resource", "ResourceChange": alias}]}
                place.answer("cloudformation", "describe-change-set", answer)
                self.assertIn(f"1 resource changes. {said}\n", place.run("change-set", "show", ARN).stdout)

    @staticmethod
    def change(action: str, name: str, kind: str, replacement: Any) -> Dict[str, Any]:
        change = {"Action": action, "LogicalResourceId": name, "ResourceType": kind}
        return {**change, "Replacement": replacement} if replacement else change

    def test_is_executed_until_the_stack_says_that_this_very_update_is_complete(self) -> None:
        before = event("UPDATE_COMPLETE", "theirs")
        of_a_resource = event("UPDATE_COMPLETE", "ours", PhysicalResourceId="contacts-Table", LogicalResourceId="ContactsTable")
        begun = event("UPDATE_IN_PROGRESS", "ours")
        cleaning = event("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "ours")
        done = event("UPDATE_COMPLETE", "ours")
        with Workplace() as place:
            ended = self.executed(
                place,
                [before],
                [begun, before],
                [of_a_resource, begun, before],
                [cleaning, of_a_resource, begun, before],
                [done, cleaning, of_a_resource, begun, before],
            )
            self.assertEqual(ended.code, 0, ended.stderr)
            self.assertEqual(len(ended.called("aws", "cloudformation", "describe-stack-events")), 5)
            self.assertEqual(
                [line.split() for line in ended.stdout.splitlines()],
                [
                    ["12:00:00", "UPDATE_IN_PROGRESS", "contacts"],
                    ["12:00:00", "UPDATE_COMPLETE", "ContactsTable"],
                    ["12:00:00", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "contacts"],
                    ["12:00:00", "UPDATE_COMPLETE", "contacts"],
                ],
            )

    def test_is_waited_for_while_many_resources_push_the_stacks_event_off_the_page(self) -> None:
        begun = event("UPDATE_IN_PROGRESS", "ours")
        of_a_resource = event("UPDATE_COMPLETE", "ours", PhysicalResourceId="contacts-Table", LogicalResourceId="ContactsTable")
        with Workplace() as place:
            ended = self.executed(place, [begun], [of_a_resource], [event("UPDATE_COMPLETE", "ours"), of_a_resource])
            self.assertEqual(ended.code, 0, ended.stderr)
            told = [["UPDATE_IN_PROGRESS", "contacts"], ["UPDATE_COMPLETE", "ContactsTable"], ["UPDATE_COMPLETE", "contacts"]]
            self.assertEqual([line.split()[1:] for line in ended.stdout.splitlines()], told)

    def test_fails_with_the_stack_and_says_what_failed_first(self) -> None:
        reason = "Deployment d-A1B2C3D4E failed: one or more of the lifecycle event validation functions failed."
        alias = event("UPDATE_FAILED", "ours", PhysicalResourceId="alias", LogicalResourceId="ContactsAliaslive", ResourceStatusReason=reason)
        later = event("UPDATE_FAILED", "ours", PhysicalResourceId="other", LogicalResourceId="Other", ResourceStatusReason="cancelled")
        with Workplace() as place:
            ended = self.executed(place, [event("UPDATE_ROLLBACK_COMPLETE", "ours"), later, alias])
            self.assertEqual(ended.code, 1)
            self.assertIn(f"What failed:\nUPDATE_FAILED  ContactsAliaslive  {reason}\nUPDATE_FAILED  Other  cancelled\n", ended.stdout)
            self.assertIn("the stack is UPDATE_ROLLBACK_COMPLETE", ended.stderr)

    def test_fails_with_the_cause_although_its_rollback_has_filled_pages_of_events(self) -> None:
        cause = event("UPDATE_FAILED", "ours", PhysicalResourceId="role", LogicalResourceId="Role", ResourceStatusReason="AccessDenied:\nno")
        of_another = event("UPDATE_FAILED", "theirs", PhysicalResourceId="old", LogicalResourceId="Old", ResourceStatusReason="before")
        back = [event("UPDATE_COMPLETE", "ours", PhysicalResourceId=f"r{n}", LogicalResourceId=f"R{n}") for n in range(250)]
        with Workplace() as place:
            ended = self.executed(place, [event("UPDATE_ROLLBACK_COMPLETE", "ours"), *back, cause, of_another])
            self.assertEqual(ended.code, 1)
            self.assertTrue(ended.stdout.endswith("What failed:\nUPDATE_FAILED  Role  AccessDenied: no\n"), ended.stdout)
            *looked, listed = ended.called("aws", "cloudformation", "describe-stack-events")
            self.assertTrue(all("--no-paginate" in call for call in looked))
            self.assertIn("--max-items 1000", " ".join(listed))

    def test_fails_and_says_so_where_what_failed_cannot_be_found(self) -> None:
        with Workplace() as place:
            ended = self.executed(place, [event("UPDATE_ROLLBACK_COMPLETE", "ours")])
            self.assertEqual(ended.code, 1)
            self.assertIn("What failed is not among the stack's newest events.\n", ended.stdout)
            self.assertIn("the stack is UPDATE_ROLLBACK_COMPLETE", ended.stderr)

    def test_is_given_up_when_its_time_is_over(self) -> None:
        with Workplace() as place:
            ended = self.executed(place, [event("UPDATE_IN_PROGRESS", "ours")], WAIT_MINUTES="0")
            self.assertEqual(ended.code, 1)
            self.assertIn("still UPDATE_IN_PROGRESS after 0 minutes", ended.stderr)

    def test_is_waited_for_although_aws_does_not_answer_once(self) -> None:
        with Workplace() as place:
            updated(place)
            done = {"StackEvents": [event("UPDATE_COMPLETE", "ours")]}
            place.answer("cloudformation", "describe-stack-events", "Connection was closed", done)
            self.assertEqual(place.run("change-set", "execute", ARN, POLL_SECONDS="0").code, 0)
            place.answer("cloudformation", "describe-stack-events", "Connection was closed")
            ended = place.run("change-set", "execute", ARN, POLL_SECONDS="0")
            self.assertEqual(ended.code, 1)
            self.assertIn("not answered five times", ended.stderr)


if __name__ == "__main__":
    unittest.main()
