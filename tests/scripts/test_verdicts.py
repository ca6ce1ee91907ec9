"""What `make verdicts` says of deployments, from what AWS answers."""

from __future__ import annotations

import json
import re
import unittest
from typing import Any, Dict, List, Optional

from workplace import ROOT, Workplace

CREATED = "2026-03-01T12:00:00.250000+00:00"
FAILED = "d-IGQBA77Z8"
ROLLBACK = "d-FZZALGCRC"


def deployment(name: str, status: str, creator: str = "CloudFormation", **more: Any) -> Dict[str, Any]:
    info = {"deploymentId": name, "status": status, "creator": creator, "createTime": CREATED}
    return {"deploymentInfo": {**info, "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes", **more}}


def targets(*events: Any) -> Dict[str, Any]:
    shown = [
        {"lifecycleEventName": name, "status": status, "startTime": CREATED, "endTime": "2026-03-01T12:00:03+00:00", **more}
        for name, status, more in events
    ]
    function = {"functionName": "contacts", "currentVersion": "1", "targetVersion": "2"}
    return {"deploymentTargets": [{"lambdaTarget": {"lifecycleEvents": shown, "lambdaFunctionInfo": function}}]}


def check(name: str, status: str = "Passed", detail: Optional[str] = None) -> Dict[str, Any]:
    return {"name": name, "status": status, "duration_ms": 12, "detail": detail}


def verdict(event: str, status: str, *checks: Dict[str, Any], **more: Any) -> Dict[str, Any]:
    report = {"delivered": True, "attempts": 1, "dry_run": False}
    head = {"level": "INFO", "message": "verdict", "deployment_id": FAILED, "lifecycle_event": event}
    return {**head, "status": status, "version": "2", "checks": list(checks), "report": report, **more}


# The guard's line, but for the metrics in it.
GUARDED = {
    "level": "WARN",
    "message": "a hook did not answer",
    "deployment_id": FAILED,
    "hook": "arn:aws:lambda:eu-west-1:123456789012:function:CodeDeployHook_1b_pre-traffic:$LATEST",
    "condition": "RetriesExhausted",
    "hook_invocations": 2,
    "hook_error": "Runtime.ExitError: exit status 1",
    "outcome": "CodeDeploy was told Failed",
}


def lines(*values: Any) -> Dict[str, Any]:
    return {"events": [{"message": value if isinstance(value, str) else json.dumps(value)} for value in values]}


class Verdicts(unittest.TestCase):
    def place(self, place: Workplace, last: str, deployments: List[Any], logs: List[Any], *, started: bool = True) -> None:
        place.stack()
        group = {"deploymentGroupInfo": {"lastAttemptedDeployment": {"deploymentId": last, "createTime": CREATED}}}
        place.answer("deploy", "get-deployment-group", group)
        place.answer("deploy", "get-deployment", *deployments)
        place.answer("deploy", "list-deployment-targets", {"targetIds": ["contacts:live"] if started else []})
        place.answer(
            "deploy",
            "batch-get-deployment-targets",
            targets(
                ("BeforeAllowTraffic", "Failed", {"diagnostics": {"message": "The hook\nreported Failed"}}),
                ("AllowTraffic", "Skipped", {}),
            ),
        )
        place.answer("logs", "filter-log-events", *logs)

    def failed(self, place: Workplace) -> None:
        """PreTraffic has failed, and CodeDeploy has rolled back."""
        rolled_back = deployment(ROLLBACK, "Succeeded", "codeDeployRollback", rollbackInfo={"rollbackTriggeringDeploymentId": FAILED})
        failed = deployment(
            FAILED,
            "Failed",
            errorInformation={"code": "HOOK_EXECUTION_FAILURE", "message": "A hook failed."},
            rollbackInfo={"rollbackDeploymentId": ROLLBACK},
        )
        found = verdict(
            "BeforeAllowTraffic",
            "Failed",
            check("create-and-read", "Failed", "expected 201,\ngot 500 | <b>"),
            check("lists"),
            check("is-the-version", "Skipped", "no version"),
            cleanup=[{"check": "create-and-read", "name": "contact 7", "detail": "no answer"}],
        )
        self.place(place, ROLLBACK, [rolled_back, failed, rolled_back], [lines({"message": "check"}, "no JSON", "[1]", found), lines(), lines()])

    def test_show_the_deployment_that_was_rolled_back_with_what_its_hook_found(self) -> None:
        with Workplace() as place:
            self.failed(place)
            ended = place.run("verdicts")
            self.assertEqual((ended.code, ended.stderr), (0, ""))
            self.assertEqual(
                ended.stdout,
                "d-IGQBA77Z8 Failed: Canary10Percent5Minutes, version 1 → 2\n"
                "  HOOK_EXECUTION_FAILURE A hook failed.\n"
                "  12:00:00  12:00:03  BeforeAllowTraffic  Failed      The hook reported Failed\n"
                "  12:00:00  12:00:03  AllowTraffic        Skipped\n"
                "rolled back by d-FZZALGCRC Succeeded: Canary10Percent5Minutes, version 1 → 2\n"
                "  12:00:00  12:00:03  BeforeAllowTraffic  Failed      The hook reported Failed\n"
                "  12:00:00  12:00:03  AllowTraffic        Skipped\n"
                "PreTrafficHook, BeforeAllowTraffic: Failed (1 Passed, 1 Skipped, 1 Failed)\n"
                "  left behind: contact 7: no answer\n"
                "  Failed    create-and-read: expected 201, got 500 | <b>\n"
                "  Skipped   is-the-version: no version\n",
            )

    def test_ask_for_the_hooks_lines_since_the_deployments_creation(self) -> None:
        with Workplace() as place:
            self.failed(place)
            asked = place.run("verdicts").called("aws", "logs", "filter-log-events")
            self.assertEqual([call[4].split("/")[-1] for call in asked], ["pre-traffic-hook", "post-traffic-hook", "hook-guard"])
            for call in asked:
                self.assertEqual(call[5:9], ["--start-time", "1772366400250", "--filter-pattern", '{ $.deployment_id = "d-IGQBA77Z8" }'])

    def test_are_tables_of_markdown_that_hold_whatever_a_check_says(self) -> None:
        with Workplace() as place:
            self.failed(place)
            ended = place.run("verdicts", FORMAT="markdown")
            self.assertIn("### Deployment d-IGQBA77Z8 Failed: Canary10Percent5Minutes, version 1 → 2\n", ended.stdout)
            self.assertIn("| BeforeAllowTraffic | Failed | 12:00:00 | 12:00:03 | The hook reported Failed |\n", ended.stdout)
            self.assertIn("#### PreTrafficHook, BeforeAllowTraffic: Failed\n", ended.stdout)
            self.assertIn("| create-and-read | Failed | 12 ms | expected 201, got 500 \\| &lt;b&gt; |\n", ended.stdout)

    def test_tell_of_a_hook_that_the_guard_answered_for_and_of_a_report_that_did_not_arrive(self) -> None:
        undelivered = verdict("BeforeAllowTraffic", "Failed", report={"delivered": False, "attempts": 8, "dry_run": False})
        with Workplace() as place:
            self.place(place, FAILED, [deployment(FAILED, "Failed")], [lines(undelivered), lines(), lines(GUARDED)])
            self.assertEqual(
                place.run("verdicts").stdout.splitlines()[-5:],
                [
                    "PreTrafficHook, BeforeAllowTraffic: Failed",
                    "  CodeDeploy has not got this report",
                    "HookGuard for CodeDeployHook_1b_pre-traffic:$LATEST: CodeDeploy was told Failed",
                    "  RetriesExhausted after 2 invocations",
                    "  Runtime.ExitError: exit status 1",
                ],
            )

    def test_tell_of_a_deployment_that_an_alarm_kept_from_starting(self) -> None:
        stopped = deployment(FAILED, "Stopped", errorInformation={"code": "ALARM_ACTIVE", "message": "One or more alarms"})
        with Workplace() as place:
            self.place(place, FAILED, [stopped], [lines()], started=False)
            ended = place.run("verdicts")
            self.assertEqual(
                ended.stdout,
                "d-IGQBA77Z8 Stopped: Canary10Percent5Minutes\n  ALARM_ACTIVE One or more alarms\nNo hook has written a verdict about it.\n",
            )
            self.assertEqual(ended.called("aws", "deploy", "batch-get-deployment-targets"), [])

    def test_are_of_the_deployment_that_is_named(self) -> None:
        with Workplace() as place:
            self.place(place, ROLLBACK, [deployment(FAILED, "Succeeded")], [lines()])
            ended = place.run("verdicts", DEPLOYMENT=FAILED)
            self.assertEqual(ended.code, 0, ended.stderr)
            self.assertEqual(ended.called("aws", "deploy", "get-deployment-group"), [])

    def test_are_none_before_the_first_deployment_or_since_a_time(self) -> None:
        with Workplace() as place:
            self.place(place, FAILED, [], [])
            ended = place.run("verdicts", AFTER="1772366401")
            self.assertEqual((ended.code, ended.stdout), (0, f"No deployment has run in the stack contacts since: its last is {FAILED}.\n"))
            place.answer("deploy", "get-deployment-group", {"deploymentGroupInfo": {}})
            ended = place.run("verdicts")
            self.assertEqual(ended.code, 0)
            self.assertIn("No deployment has run in the stack contacts", ended.stdout)

    def test_read_a_verdict_as_the_library_documents_it_in_an_example_that_its_own_tests_run(self) -> None:
        library = (ROOT / "shared/lifecycle-hook/src/verdict.rs").read_text()
        (example,) = re.findall(r'(?s)let verdict: Verdict = serde_json::from_str\(r#"(.*?)"#', library)
        found = json.loads(example.replace("///", ""))
        with Workplace() as place:
            self.place(place, FAILED, [deployment(FAILED, "Failed")], [lines({"message": "verdict", **found}), lines()])
            self.assertEqual(
                place.run("verdicts").stdout.splitlines()[-2:],
                ["PreTrafficHook, BeforeAllowTraffic: Failed (1 Panicked)", "  Panicked  answers: panicked: no table"],
            )

    def test_read_of_the_guards_line_what_the_guard_writes(self) -> None:
        source = (ROOT / "shared/lifecycle-hook/src/on_failure.rs").read_text()
        (written,) = re.findall(r'(?s)\nfn line\(.*?json!\(\{(.*?)\n    \}\)', source)
        self.assertLessEqual(set(GUARDED), set(re.findall(r'(?m)^        "(\w+)": ', written)))

    def test_take_the_times_of_either_version_of_the_cli(self) -> None:
        first_version = deployment(FAILED, "Succeeded")
        first_version["deploymentInfo"]["createTime"] = 1772366400.25
        with Workplace() as place:
            self.place(place, FAILED, [first_version], [lines()])
            ended = place.run("verdicts", DEPLOYMENT=FAILED)
            self.assertIn("1772366400250", ended.called("aws", "logs")[0])


if __name__ == "__main__":
    unittest.main()
