"""The scripts against a fake AWS: what they call, in which order, what they say, and with which code they end."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import unittest
from typing import Any, Dict, List

from workplace import OUTPUTS, ROOT, Workplace

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
            for script in ("logs", "rollback", "destroy", "verdicts"):
                ended = place.run(script)
                self.assertEqual(ended.code, 2)
                self.assertIn("docs.aws.amazon.com/cli", ended.stderr)

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


class Deploy(unittest.TestCase):
    def test_is_sams_with_the_environment_and_the_options_that_it_is_given(self) -> None:
        with Workplace() as place:
            place.stack()
            ended = place.run("deploy", "--no-confirm-changeset", ENV="staging")
            self.assertEqual(ended.code, 0, ended.stderr)
            self.assertEqual(ended.called("sam"), [["sam", "deploy", "--config-env", "staging", "--no-confirm-changeset"]])

    def test_keeps_another_stacks_uploads_apart(self) -> None:
        with Workplace() as place:
            place.stack()
            ended = place.run("deploy", STACK="mine")
            command = ["sam", "deploy", "--config-env", "default", "--stack-name", "mine", "--s3-prefix", "mine"]
            self.assertEqual(ended.called("sam"), [command])

    def test_fails_as_sam_does(self) -> None:
        with Workplace() as place:
            place.stack()
            place.sam(code=1)
            self.assertEqual(place.run("deploy").code, 1)


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

    def typed(self, place: Workplace, answer: str) -> Any:
        terminal, end = pty.openpty()
        try:
            os.write(terminal, f"{answer}\n".encode())
            return place.run("destroy", stdin=end, ENV="dev")
        finally:
            os.close(terminal)
            os.close(end)

    def test_deletes_once_the_stacks_name_is_typed(self) -> None:
        with Workplace() as place:
            place.stack()
            self.assertEqual(self.typed(place, "contacts-dev").called("sam"), self.DELETED)

    def test_deletes_nothing_when_another_name_is_typed(self) -> None:
        with Workplace() as place:
            place.stack()
            ended = self.typed(place, "contacts")
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

    def event(self, status: str, token: str, **more: str) -> Dict[str, str]:
        common = {"StackId": STACK_ID, "EventId": "e", "StackName": "contacts", "Timestamp": "2026-01-01T00:00:00Z"}
        ours = {"PhysicalResourceId": STACK_ID, "LogicalResourceId": "contacts", "ClientRequestToken": token, "ResourceStatus": status}
        return {**common, **ours, **more}

    def executed(self, place: Workplace, *pages: List[Dict[str, str]], **environment: str) -> Any:
        """Executes it while the stack's events are these. The token is not known before: the shell is made to have one."""
        script = place.root / "scripts" / "change-set.sh"
        script.write_text(script.read_text().replace('"change-set-$(date +%s)-$$"', "ours"))
        place.answer("cloudformation", "describe-change-set", {"StackId": STACK_ID})
        place.answer("cloudformation", "execute-change-set", {})
        place.answer("cloudformation", "describe-stack-events", *[{"StackEvents": page} for page in pages])
        return place.run("change-set", "execute", ARN, POLL_SECONDS="0", **environment)

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
        before = self.event("UPDATE_COMPLETE", "theirs")
        of_a_resource = self.event("UPDATE_COMPLETE", "ours", PhysicalResourceId="contacts-Table", LogicalResourceId="ContactsTable")
        begun = self.event("UPDATE_IN_PROGRESS", "ours")
        cleaning = self.event("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "ours")
        done = self.event("UPDATE_COMPLETE", "ours")
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
            statuses = [line.split()[1] for line in ended.stdout.splitlines()]
            self.assertEqual(statuses, ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"])

    def test_is_waited_for_while_many_resources_push_the_stacks_event_off_the_page(self) -> None:
        begun = self.event("UPDATE_IN_PROGRESS", "ours")
        of_a_resource = self.event("UPDATE_COMPLETE", "ours", PhysicalResourceId="contacts-Table", LogicalResourceId="ContactsTable")
        with Workplace() as place:
            ended = self.executed(place, [begun], [of_a_resource], [self.event("UPDATE_COMPLETE", "ours"), of_a_resource])
            self.assertEqual(ended.code, 0, ended.stderr)
            self.assertEqual([line.split()[1:] for line in ended.stdout.splitlines()], [["UPDATE_IN_PROGRESS"], ["UPDATE_COMPLETE"]])

    def test_fails_with_the_stack_and_says_what_failed_first(self) -> None:
        reason = "Deployment d-A1B2C3D4E failed: one or more of the lifecycle event validation functions failed."
        alias = self.event("UPDATE_FAILED", "ours", PhysicalResourceId="alias", LogicalResourceId="ContactsAliaslive", ResourceStatusReason=reason)
        later = self.event("UPDATE_FAILED", "ours", PhysicalResourceId="other", LogicalResourceId="Other", ResourceStatusReason="cancelled")
        with Workplace() as place:
            ended = self.executed(place, [self.event("UPDATE_ROLLBACK_COMPLETE", "ours"), later, alias])
            self.assertEqual(ended.code, 1)
            self.assertIn(f"What failed:\nContactsAliaslive  UPDATE_FAILED  {reason}\nOther  UPDATE_FAILED  cancelled\n", ended.stdout)
            self.assertIn("the stack is UPDATE_ROLLBACK_COMPLETE", ended.stderr)

    def test_fails_with_the_cause_although_its_rollback_has_filled_pages_of_events(self) -> None:
        cause = self.event("UPDATE_FAILED", "ours", PhysicalResourceId="role", LogicalResourceId="Role", ResourceStatusReason="AccessDenied:\nno")
        of_another = self.event("UPDATE_FAILED", "theirs", PhysicalResourceId="old", LogicalResourceId="Old", ResourceStatusReason="before")
        back = [self.event("UPDATE_COMPLETE", "ours", PhysicalResourceId=f"r{n}", LogicalResourceId=f"R{n}") for n in range(250)]
        with Workplace() as place:
            ended = self.executed(place, [self.event("UPDATE_ROLLBACK_COMPLETE", "ours"), *back, cause, of_another])
            self.assertEqual(ended.code, 1)
            self.assertTrue(ended.stdout.endswith("What failed:\nRole  UPDATE_FAILED  AccessDenied: no\n"), ended.stdout)
            *looked, listed = ended.called("aws", "cloudformation", "describe-stack-events")
            self.assertTrue(all("--no-paginate" in call for call in looked))
            self.assertIn("--max-items 1000", " ".join(listed))

    def test_fails_and_says_so_where_what_failed_cannot_be_found(self) -> None:
        with Workplace() as place:
            ended = self.executed(place, [self.event("UPDATE_ROLLBACK_COMPLETE", "ours")])
            self.assertEqual(ended.code, 1)
            self.assertIn("What failed is not among the stack's newest events.\n", ended.stdout)
            self.assertIn("the stack is UPDATE_ROLLBACK_COMPLETE", ended.stderr)

    def test_is_given_up_when_its_time_is_over(self) -> None:
        with Workplace() as place:
            ended = self.executed(place, [self.event("UPDATE_IN_PROGRESS", "ours")], WAIT_MINUTES="0")
            self.assertEqual(ended.code, 1)
            self.assertIn("still UPDATE_IN_PROGRESS after 0 minutes", ended.stderr)

    def test_is_waited_for_although_aws_does_not_answer_once(self) -> None:
        with Workplace() as place:
            script = place.root / "scripts" / "change-set.sh"
            script.write_text(script.read_text().replace('"change-set-$(date +%s)-$$"', "ours"))
            place.answer("cloudformation", "describe-change-set", {"StackId": STACK_ID})
            place.answer("cloudformation", "execute-change-set", {})
            done = {"StackEvents": [self.event("UPDATE_COMPLETE", "ours")]}
            place.answer("cloudformation", "describe-stack-events", "Connection was closed", done)
            self.assertEqual(place.run("change-set", "execute", ARN, POLL_SECONDS="0").code, 0)
            place.answer("cloudformation", "describe-stack-events", "Connection was closed")
            ended = place.run("change-set", "execute", ARN, POLL_SECONDS="0")
            self.assertEqual(ended.code, 1)
            self.assertIn("not answered five times", ended.stderr)


if __name__ == "__main__":
    unittest.main()
