"""Change sets: created by sam, shown, executed, and what is said of one that fails."""

from __future__ import annotations

import unittest
from typing import Any, Dict, List

from updates import ARN, event, updated
from workplace import HERE, ROOT, Ended, Workplace

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
DELETE = "aws lambda delete-function --function-name contacts-Contacts-1A2B --qualifier 2"


class ChangeSet(unittest.TestCase):
    MADE = f"Waiting for changeset to be created..\n\nChangeset created successfully. {ARN}\n"

    def executed(self, place: Workplace, *pages: List[Dict[str, str]], **environment: str) -> Ended:
        """Executes it while the stack's events are these."""
        updated(place, *pages)
        return place.run("change-set", "execute", ARN, POLL_SECONDS="0", **environment)

    def test_is_executed_so_that_a_rollback_deletes_what_it_created(self) -> None:
        with Workplace() as place:
            ended = self.executed(place, [event("UPDATE_COMPLETE")], ENV="prod")
            self.assertEqual(ended.code, 0, ended.stderr)
            (call,) = ended.called("aws", "cloudformation", "execute-change-set")
            options = ["--stack-name", "contacts-prod", "--change-set-name", ARN, "--client-request-token", "ours", "--retain-except-on-create"]
            self.assertEqual(call[3:], [*options, *HERE])

    def test_is_created_by_sam_and_its_arn_is_all_that_is_printed(self) -> None:
        with Workplace() as place:
            place.stack()
            place.sam(prints=self.MADE)
            ended = place.run("change-set", "create", "--role-arn", "arn:role", ENV="prod")
            self.assertEqual((ended.code, ended.stdout), (0, f"{ARN}\n"))
            (call,) = ended.called("sam")
            self.assertEqual(call, ["sam", "deploy", "--config-env", "prod", *HERE, "--no-execute-changeset", "--role-arn", "arn:role"])
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

    def test_fails_with_the_way_on_where_the_stack_takes_no_update_any_more(self) -> None:
        back = " ".join(["aws cloudformation continue-update-rollback --stack-name contacts-dev", *HERE])
        for status, way in (
            ("UPDATE_ROLLBACK_FAILED", f"Mend what keeps it from that, and go on with it:\n  {back}\n"),
            ("ROLLBACK_COMPLETE", "so it can only be deleted: make destroy ENV=dev\n"),
            ("UPDATE_ROLLBACK_COMPLETE", "and not as it should be\n"),
        ):
            with self.subTest(status=status), Workplace() as place:
                ended = self.executed(place, [event(status)], ENV="dev")
                self.assertEqual(ended.code, 1)
                self.assertTrue(ended.stderr.endswith(way), ended.stderr)

    def test_names_the_stack_that_failed_and_not_the_environments_where_it_is_another(self) -> None:
        with Workplace() as place:
            ended = self.executed(place, [event("ROLLBACK_COMPLETE")], ENV="dev", STACK="mine")
            self.assertTrue(ended.stderr.endswith("so it can only be deleted: make destroy ENV=dev STACK=mine\n"), ended.stderr)

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
                self.assertIn(f"\n  {DELETE}", ended.stdout)
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
            self.assertIn(f"\n  {DELETE}", ended.stdout)

    def test_is_named_without_its_function_where_the_event_does_not_have_it(self) -> None:
        with Workplace() as place:
            place.answer("lambda", "list-aliases", "An error occurred (ResourceNotFoundException) when calling the ListAliases operation")
            self.assertIn("--function-name FUNCTION --qualifier 2", self.failed(place, ResourceProperties="").stdout)

    def test_is_said_of_no_other_failure(self) -> None:
        with Workplace() as place:
            ended = self.failed(place, "The version of this Lambda function that exists ( 2 ) is not active")
            self.assertEqual(ended.called("aws", "lambda"), [])


if __name__ == "__main__":
    unittest.main()
