"""The GitHub Action: what its script shows of a rehearse that finds this and that."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

ANNOTATION = "::warning file=t%2C1.yaml,line=7,col=3,title=no-alarms::50 %25 of it"

FAKE = """#!/usr/bin/env python3
import os, sys
if sys.argv[1] == "run":
    print("table of", *sys.argv[2:])
    with open(os.environ["GITHUB_STEP_SUMMARY"], "a") as page:
        page.write("rehearsed\\n")
    if os.environ["RUN_CODE"] == "killed":
        os.kill(os.getpid(), 9)
    sys.exit(int(os.environ["RUN_CODE"]))
if sys.argv[1] == "plan":
    print("planned", *sys.argv[2:])
    sys.exit(int(os.environ["PLAN_CODE"]))
if "github" in sys.argv:
    print(os.environ["FOUND"])
    sys.exit(int(os.environ["INSPECT_CODE"]) or int("--deny" in sys.argv))
assert "--no-github" in sys.argv
print("deployments\\n```\\nof " + sys.argv[2])
"""


class TheAction(unittest.TestCase):
    def act(self, **environment: str) -> tuple[subprocess.CompletedProcess[str], str]:
        """What the script prints and returns, and the summary that it writes."""
        with tempfile.TemporaryDirectory() as folder:
            rehearse, summary = Path(folder, "rehearse"), Path(folder, "summary")
            rehearse.write_text(FAKE)
            rehearse.chmod(0o755)
            given = {"REHEARSE": str(rehearse), "TEMPLATE": "t,1.yaml", "GITHUB_STEP_SUMMARY": str(summary), "RUN_CODE": "0"}
            given |= {"FOUND": ANNOTATION, "INSPECT_CODE": "0", "PLAN_CODE": "0"}
            ended = subprocess.run(
                [sys.executable, str(ROOT / "scripts/action.py")],
                env={**os.environ, **given, **environment}, capture_output=True, text=True, check=False,
            )
            return ended, summary.read_text() if summary.exists() else ""

    def test_shows_what_an_inspection_annotates_and_its_text_in_the_summary(self) -> None:
        ended, summary = self.act()
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(ended.stdout, ANNOTATION + "\n")
        self.assertIn("````text\ndeployments\n```\nof t,1.yaml\n````", summary)

    def test_runs_each_file_and_returns_the_worst_code(self) -> None:
        ended, summary = self.act(REHEARSALS="a.toml\n\n b.toml\n", RUN_CODE="1")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("table of a.toml b.toml\n", ended.stdout)
        self.assertTrue(summary.endswith("````\n\nrehearsed\n"), summary)
        self.assertEqual(self.act(DENY_WARNINGS="true")[0].returncode, 1)
        self.assertEqual(self.act(INSPECT_CODE="2", REHEARSALS="a.toml")[0].returncode, 2)

    def test_from_a_revision_the_step_is_planned_and_rehearsed(self) -> None:
        ended, summary = self.act(LIVE_GIT="abc1")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("table of t,1.yaml --live-git=abc1\n", ended.stdout)
        self.assertIn("planned t,1.yaml --live-git=abc1 --format markdown\n", summary)
        ended, _ = self.act(LIVE_GIT="abc1", LIVE_BUILD="sam build", REHEARSALS="a.toml")
        self.assertIn("table of a.toml --live-git=abc1 --live-build=sam build\n", ended.stdout)
        self.assertEqual(self.act(LIVE_GIT="abc1", PLAN_CODE="2")[0].returncode, 2)

    def test_outside_of_a_pull_request_nothing_is_built(self) -> None:
        ended, summary = self.act(LIVE_GIT="", LIVE_BUILD="sam build", REHEARSALS="a.toml")
        self.assertEqual((ended.returncode, "planned" in summary), (0, False))
        self.assertIn("::notice::live-build is not used", ended.stdout)
        self.assertIn("table of a.toml\n", ended.stdout)
        ended, summary = self.act(LIVE_GIT="")
        self.assertEqual((ended.returncode, "planned" in summary), (0, False))
        self.assertNotIn("::notice::", ended.stdout)

    def test_fails_where_rehearse_is_killed(self) -> None:
        self.assertEqual(self.act(REHEARSALS="a.toml", RUN_CODE="killed")[0].returncode, 137)

    def test_refuses_an_answer_that_is_neither_true_nor_false(self) -> None:
        ended, _ = self.act(DENY_WARNINGS="True")
        self.assertEqual(ended.returncode, 2)
        self.assertEqual(ended.stdout, "::error::deny-warnings is 'True', and may be true or false\n")


if __name__ == "__main__":
    unittest.main()
