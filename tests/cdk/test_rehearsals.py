"""The templates that CDK makes, read and rehearsed by the command, with the same binaries as template.yaml."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict, List

import synthesised
from test_same_stack import ENVIRONMENTS, REHEARSE

HERE = Path(__file__).resolve().parent
RUNS = ("healthy", "errors-under-traffic")


def rehearsed(folder: Path, *options: Any) -> Dict[str, Any]:
    """The reports of a folder's rehearsals, by their names. Each must go as it expects itself."""
    with tempfile.TemporaryDirectory(prefix="report.") as place:
        report = Path(place) / "report.json"
        command = [REHEARSE, "run", "--report", report, *options, *(folder / f"{name}.toml" for name in RUNS)]
        done = subprocess.run(command, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, encoding="utf-8", check=False)
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)
        return dict(zip(RUNS, json.loads(report.read_text(encoding="utf-8"))))


def course(report: Any) -> List[Any]:
    """What became of a deployment, without names: the versions' shares minute by minute, and what the hooks found."""
    (deployment,) = report["deployments"]
    hooks = [
        (hook["lifecycle_event"], hook["status"], [(check["name"], check["status"]) for check in hook["checks"]])
        for hook in deployment["hooks"]
    ]
    return [
        (deployment["config"], deployment["status"], deployment["error_code"], bool(deployment["rollback"])),
        [(minute["minute"], minute["weights"]) for minute in deployment["minutes"]],
        hooks,
    ]


class TheTemplates(unittest.TestCase):
    def test_are_inspected_without_a_warning(self) -> None:
        for name in ENVIRONMENTS:
            path = synthesised.OUT / f"{name}.template.json"
            done = subprocess.run([REHEARSE, "inspect", "--deny", "warnings", path], capture_output=True, encoding="utf-8", check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("an update starts 1 deployment", done.stdout)

    def test_are_deployed_as_template_yaml_is(self) -> None:
        cdk = rehearsed(HERE)
        # The binaries that CDK has copied into its assets.
        sam = rehearsed(synthesised.ROOT / "tests" / "rehearsals", "--builds", REHEARSE.parent)
        for name in RUNS:
            with self.subTest(name):
                self.assertEqual(course(cdk[name]), course(sam[name]))


if __name__ == "__main__":
    unittest.main()
