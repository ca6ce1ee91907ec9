"""The workflows: what they run is there, what they run it with is pinned, and their lines of shell are sound."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Any, Dict, Iterator, Tuple

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TOOLS = pathlib.Path(sys.executable).parent


def steps() -> Iterator[Tuple[str, Dict[str, Any]]]:
    """Each step, with where it is."""
    for path in WORKFLOWS:
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            for number, step in enumerate(job.get("steps", []), 1):
                yield f"{path.name}, {name}, step {number}", step


def used() -> Iterator[Tuple[str, str]]:
    """What is used of elsewhere, with the rest of its line."""
    for path in WORKFLOWS:
        yield from re.findall(r"(?m)^\s*(?:- )?uses: (\S+)(.*)$", path.read_text())


class TheWorkflows(unittest.TestCase):
    def test_have_lines_of_shell_that_shellcheck_passes(self) -> None:
        blocks = [(place, step["run"]) for place, step in steps() if "run" in step]
        self.assertGreater(len(blocks), 5)
        for place, block in blocks:
            with self.subTest(place):
                command = [TOOLS / "shellcheck", "--shell=bash", "--severity=style", "-"]
                checked = subprocess.run(command, input=block, capture_output=True, encoding="utf-8", check=False)
                self.assertEqual(checked.stdout, "")

    def test_run_scripts_and_targets_that_are_there(self) -> None:
        targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text())
        for place, step in steps():
            for script in re.findall(r"\bscripts/[\w-]+\.sh", step.get("run", "")):
                self.assertTrue(os.access(ROOT / script, os.X_OK), f"{place}: {script}")
            for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", "")):
                self.assertIn(target, targets, place)

    def test_use_actions_by_their_full_commit_with_the_version_beside_it(self) -> None:
        for action, rest in used():
            if action.startswith("./"):
                self.assertTrue((ROOT / action).is_file(), action)
            else:
                self.assertRegex(action, r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")
                self.assertRegex(rest, r"^ # v\d+\.\d+\.\d+$", action)

    def test_use_one_version_of_each_action(self) -> None:
        actions = {action for action, _ in used() if "@" in action}
        self.assertEqual(len(actions), len({action.split("@")[0] for action in actions}), actions)

    def test_store_no_key_and_deploy_by_a_token(self) -> None:
        for path in WORKFLOWS:
            text = path.read_text()
            self.assertNotIn("secrets.", text)
            self.assertNotIn("aws-secret-access-key", text)
            for name, job in yaml.safe_load(text)["jobs"].items():
                deploys = job.get("uses", "").endswith("deploy-environment.yml") or "environment" in job
                signs = any(step.get("uses", "").startswith("actions/attest@") for step in job.get("steps", []))
                self.assertEqual(job["permissions"].get("id-token") == "write", deploys or signs, f"{path.name}: {name}")

    def test_install_in_the_job_with_credentials_by_hash_what_deploys_and_before_it_has_them(self) -> None:
        (job,) = yaml.safe_load((ROOT / ".github/workflows/deploy-environment.yml").read_text())["jobs"].values()
        installs = [number for number, step in enumerate(job["steps"]) if "venv.sh" in step.get("run", "")]
        credentials = [number for number, step in enumerate(job["steps"]) if step.get("uses", "").startswith("aws-actions/")]
        self.assertEqual([job["steps"][number]["run"] for number in installs], ["scripts/venv.sh sam"])
        self.assertLess(installs, credentials)

    def test_ask_for_advisories_each_week_and_for_every_change_and_let_none_keep_a_fix_from_production(self) -> None:
        workflow = yaml.safe_load((ROOT / ".github/workflows/dependencies.yml").read_text())
        # YAML 1.1 reads "on" as true.
        self.assertLessEqual({"schedule", "pull_request", "workflow_call"}, set(workflow[True]))
        checks = workflow["jobs"]["deny"]["strategy"]["matrix"]["checks"]
        self.assertEqual(sorted(" ".join(checks).split()), ["advisories", "bans", "licenses", "sources"])
        self.assertNotIn("dependencies", (ROOT / ".github/workflows/deploy.yml").read_text())

    def test_release_what_was_tested_built_without_a_cache_listed_and_signed(self) -> None:
        jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
        self.assertEqual(sorted(jobs["publish"]["needs"]), ["build", "command", "dependencies", "test"])
        for job in ("build", "command"):
            self.assertFalse([step for step in jobs[job]["steps"] if "cache" in step.get("uses", "")])
        self.assertEqual(
            sorted(machine["target"] for machine in jobs["command"]["strategy"]["matrix"]["include"]),
            ["aarch64-apple-darwin", "aarch64-unknown-linux-musl", "x86_64-apple-darwin", "x86_64-unknown-linux-musl"],
        )
        build = jobs["build"]["steps"]
        ran = "\n".join(step["run"] for step in build if "run" in step)
        for part in ("make rehearse-sam-build", "make sbom", "release/sbom-$PROCESSOR.tar.gz"):
            self.assertIn(part, ran)
        publish = jobs["publish"]["steps"]
        signed = [number for number, step in enumerate(publish) if step.get("uses", "").startswith("actions/attest@")]
        released = [number for number, step in enumerate(publish) if "gh release create" in step.get("run", "")]
        self.assertLess(signed, released)
        self.assertFalse([step for step in publish if "checkout" in step.get("uses", "")], "it runs nothing of the project's")

    def test_deploy_to_the_environments_of_samconfig_one_after_the_other(self) -> None:
        jobs = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())["jobs"]
        deployed = [job["with"]["environment"] for job in jobs.values() if "with" in job]
        configured = re.findall(r"(?m)^\[(\w+)\.deploy\.parameters\]", (ROOT / "samconfig.toml").read_text())
        self.assertEqual(deployed, [name for name in configured if name != "default"])
        self.assertEqual([jobs[name]["needs"] for name in deployed], [["test", "build"], *deployed[:-1]])

    def test_show_the_hooks_verdicts_after_a_failure_too(self) -> None:
        shown = [step for _, step in steps() if "verdicts.sh" in step.get("run", "")]
        self.assertEqual(len(shown), 1)
        self.assertIn("always()", shown[0]["if"])


class TheAuditOfTheWorkflows(unittest.TestCase):
    """What `make lint-scripts` asks zizmor. It passes the workflows, and notices when one is made unsafe."""

    def audit(self, *changes: Tuple[str, str]) -> int:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / ".github", pathlib.Path(folder, ".github"))
            for path in pathlib.Path(folder, ".github/workflows").iterdir():
                text = path.read_text()
                for old, new in changes:
                    text = re.sub(old, new, text)
                path.write_text(text)
            command = [TOOLS / "zizmor", "--offline", "--strict-collection", "--quiet", "--no-progress", "--min-severity=medium", ".github"]
            return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode

    def test_passes_them(self) -> None:
        self.assertEqual(self.audit(), 0)

    def test_notices_what_is_unsafe(self) -> None:
        for name, old, new in (
            ("an action by its tag", r"@[0-9a-f]{40} # (v\d+)\S+", r"@\1"),
            ("credentials left in the checkout", r"persist-credentials: false", "fetch-depth: 1"),
            ("every permission", r"permissions:\n +contents: read\n    steps:", "permissions: write-all\n    steps:"),
            ("a title in a line of shell", r"run: make test", "run: echo ${{ github.event.pull_request.title }}"),
            ("a pull request's code with the base's rights", r"pull_request:", "pull_request_target:"),
            ("a job without steps", r"steps:", "stages:"),
        ):
            with self.subTest(name):
                self.assertNotEqual(self.audit((old, new)), 0)


if __name__ == "__main__":
    unittest.main()
