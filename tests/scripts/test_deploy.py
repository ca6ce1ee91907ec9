"""`make deploy` against a fake AWS and a sam that says what the installed one says."""

from __future__ import annotations

import contextlib
import io
import shutil
import unittest
from typing import Dict, List

from samcli.commands.deploy.deploy_context import DeployContext
from samcli.commands.deploy.utils import print_deploy_args
from updates import ARN, event, typed, updated
from workplace import HERE, OUTPUTS, Ended, Workplace


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
            command = ["sam", "deploy", "--config-env", "staging", *HERE, "--no-execute-changeset", "--no-confirm-changeset"]
            self.assertEqual(ended.called("sam"), [command])
            options = ["--stack-name", "contacts", "--change-set-name", ARN, "--retain-except-on-create", *HERE]
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
            command = ["sam", "deploy", "--config-env", "default", *HERE, "--no-execute-changeset", "--stack-name", "mine", "--s3-prefix", "mine"]
            self.assertEqual(ended.called("sam"), [command])
            self.assertEqual(self.executed(ended)[:2], ["--stack-name", "mine"])

    def test_is_stopped_by_ctrl_c_and_says_that_the_update_goes_on(self) -> None:
        with Workplace() as place:
            self.place(place, event("UPDATE_IN_PROGRESS"))
            # Between two looks at the events.
            place.says("sleep", "")
            (place.bin / "sleep").write_text(f'#!{shutil.which("bash")}\nkill -INT $PPID\n')
            ended = place.run("deploy")
            self.assertEqual(ended.code, 130)
            self.assertTrue(ended.stderr.endswith("deploy: the update goes on. make verdicts shows it, make rollback stops its deployment\n"), ended.stderr)

    def test_goes_on_with_the_stack_that_the_guide_was_told(self) -> None:
        with Workplace() as place:
            self.place(place, name="another")
            ended = typed(place, "deploy", "y", "--guided")
            self.assertEqual(self.executed(ended)[:2], ["--stack-name", "another"])
            described = ended.called("aws", "cloudformation", "describe-stacks")
            self.assertIn("another", described[-1])

    def test_goes_to_one_region_and_not_to_another_that_the_guide_was_told(self) -> None:
        with Workplace() as place:
            self.place(place)
            ended = typed(place, "deploy", "y", "--guided", AWS_REGION="us-east-1")
            self.assertEqual(ended.code, 1)
            self.assertIn("sam's guide was told eu-west-1, and all other calls go to us-east-1, so nothing is changed", ended.stderr)
            self.assertEqual(ended.called("aws", "cloudformation", "execute-change-set"), [])

    def test_asks_where_sam_would_have_asked_and_makes_no_change_without_a_yes(self) -> None:
        for answer, made in (("y", True), ("Yes", True), ("n", False), ("", False), ("no", False)):
            with self.subTest(answer), Workplace() as place:
                self.place(place, confirms=True)
                ended = typed(place, "deploy", answer, ENV="prod")
                self.assertEqual(ended.code, 0, ended.stderr)
                self.assertEqual(bool(ended.called("aws", "cloudformation", "execute-change-set")), made)
                if not made:
                    self.assertIn(f"STACK=contacts ENV=prod scripts/change-set.sh execute {ARN}", ended.stdout)

    def test_knows_whether_to_ask_of_a_sam_that_does_not_say_it(self) -> None:
        with Workplace() as place:
            self.place(place)
            place.sam(prints=f'{{"type": "result", "status": "changeset_created", "changeset_id": "{ARN}"}}\n')
            for environment, options, asks in (
                ("dev", (), False),
                ("dev", ("--confirm-changeset",), True),
                ("prod", (), True),
                ("prod", ("--no-confirm-changeset",), False),
            ):
                with self.subTest(environment, options=options):
                    ended = place.run("deploy", *options, ENV=environment)
                    self.assertEqual("nobody can be asked" in ended.stderr, asks, ended.stderr)
                    self.assertEqual(ended.called("aws", "cloudformation", "execute-change-set") == [], asks)

    def test_makes_no_change_where_nobody_can_be_asked_or_it_is_not_known_whether_to_ask(self) -> None:
        for prints in (None, f"Changeset created successfully. {ARN}\n"):
            with self.subTest(prints), Workplace() as place:
                self.place(place, confirms=True)
                if prints:
                    place.sam(prints=prints)
                    config = place.root / "samconfig.toml"
                    config.write_text(config.read_text().replace("confirm_changeset = true", ""))
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
            self.assertEqual(self.executed(place.run("deploy"))[-4:], ["--retain-except-on-create", "--disable-rollback", *HERE])

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
            for options, stack, warned in (
                ((), "", False),
                (("--s3-prefix", "other"), "", True),
                (("--s3-prefix=other",), "", True),
                (("--s3-prefix", "contacts"), "", False),
                (("--s3-bucket=other",), "", True),
                # Its last deployment may have been one by sam itself, under the environment's prefix.
                ((), "mine", True),
                ((), "contacts", False),
            ):
                with self.subTest(options, stack=stack):
                    self.assertEqual("another bucket or prefix" in place.run("deploy", *options, STACK=stack).stderr, warned)

    def test_leaves_the_uploads_of_the_environments_own_stack_where_they_are(self) -> None:
        with Workplace() as place:
            self.place(place)
            config = place.root / "samconfig.toml"
            config.write_text(config.read_text().replace('s3_prefix = "contacts"\n', 's3_prefix = "uploads"\n', 1))
            ended = place.run("deploy", STACK="contacts")
            command = ["sam", "deploy", "--config-env", "default", *HERE, "--no-execute-changeset", "--stack-name", "contacts"]
            self.assertEqual(ended.called("sam"), [command])
            self.assertNotIn("another bucket or prefix", ended.stderr)

    def test_says_that_an_old_aws_cli_does_not_know_how(self) -> None:
        with Workplace() as place:
            self.place(place)
            place.answer("cloudformation", "execute-change-set", "Unknown options: --retain-except-on-create")
            ended = place.run("deploy")
            self.assertEqual(ended.code, 1)
            self.assertIn("this AWS CLI does not know that option", ended.stderr)


if __name__ == "__main__":
    unittest.main()
