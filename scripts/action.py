#!/usr/bin/env python3
"""What action.yml runs: inspects a template and rehearses its deployments, on a runner of GitHub.

The command itself annotates, and its rehearsals write their part of the job's summary. The exit code is the worst of both.
"""

import os
import subprocess
import sys
from pathlib import Path


def exit_code(ended: subprocess.CompletedProcess) -> int:
    """How a program ended, as a shell has it: Python gives a signal's number below zero, and any other code is worse than that."""
    return ended.returncode if ended.returncode >= 0 else 128 - ended.returncode


def block(text: str) -> str:
    """Text of a program as a code block, whatever is in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text.rstrip()}\n{fence}\n"


def inspect(rehearse: str, template: str, deny_warnings: bool) -> tuple[int, str]:
    """The exit code of an inspection, and its part of the summary. It prints the annotations."""
    deny = ["--deny", "warnings"] if deny_warnings else []
    ended = subprocess.run([rehearse, "inspect", template, "--format", "github", *deny], check=False)
    shown = subprocess.run(
        [rehearse, "inspect", template, "--no-github"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return exit_code(ended), f"## {template}\n\n{block(shown.stdout)}\n"


def plan(rehearse: str, template: str, live: list[str]) -> tuple[int, str]:
    """The exit code of a plan of the update, and its part of the summary."""
    ended = subprocess.run(
        [rehearse, "plan", template, *live, "--format", "markdown"], stdout=subprocess.PIPE, text=True, check=False
    )
    return exit_code(ended), ended.stdout + "\n"


def run(rehearse: str, files: list[str], live: list[str]) -> int:
    """The exit code of the rehearsals. They annotate and write their part of the summary themselves."""
    return exit_code(subprocess.run([rehearse, "run", *files, *live], check=False))


def main() -> int:
    rehearse, template = os.environ["REHEARSE"], os.environ["TEMPLATE"]
    files = [line.strip() for line in os.environ.get("REHEARSALS", "").splitlines() if line.strip()]
    deny = os.environ.get("DENY_WARNINGS") or "false"
    if deny not in ("true", "false"):
        print(f"::error::deny-warnings is {deny!r}, and may be true or false")
        return 2
    revision, build = os.environ.get("LIVE_GIT"), os.environ.get("LIVE_BUILD")
    if build and not revision:
        print("::notice::live-build is not used, for live-git is empty: outside of a pull request there is no base to build")
        build = None
    code, part = inspect(rehearse, template, deny == "true")
    live = [f"--live-git={revision}"] if revision else []
    live += [f"--live-build={build}"] if build else []
    if live:
        planned, more = plan(rehearse, template, live)
        code, part = max(code, planned), part + more
        # Without a rehearsal file the template is rehearsed as it is.
        files = files or [template]
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as page:
            page.write(part)
    return max(code, run(rehearse, files, live)) if files else code


if __name__ == "__main__":
    sys.exit(main())
