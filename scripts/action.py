#!/usr/bin/env python3
"""What action.yml runs: inspects a template and rehearses its deployments, on a runner of GitHub.

Annotations go to standard output, where the runner reads them, and texts to the job's summary. The exit code is the worst of both.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def data(text: str) -> str:
    """A message as a workflow command has it (GitHub, "Workflow commands for GitHub Actions"; actions/toolkit, command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def value(text: str) -> str:
    """A property of a workflow command, the same."""
    return data(text).replace(":", "%3A").replace(",", "%2C")


def annotation(template: str, finding: dict[str, object]) -> str:
    """The workflow command that shows a finding of `rehearse inspect` at its line."""
    place = [f"file={value(template)}"]
    place += [f"{name}={found}" for name, key in (("line", "line"), ("col", "column")) if (found := finding.get(key))]
    place.append(f"title={value(str(finding['code']))}")
    return f"::{LEVELS[str(finding['severity'])]} {','.join(place)}::{data(str(finding['message']))}"


def block(text: str) -> str:
    """Text of a program as a code block, whatever is in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text.rstrip()}\n{fence}\n"


def inspect(rehearse: str, template: str, deny_warnings: bool) -> tuple[int, str]:
    """The exit code of an inspection, and its part of the summary. Prints the annotations."""
    deny = ["--deny", "warnings"] if deny_warnings else []
    found = subprocess.run([rehearse, "inspect", template, "--format", "json", *deny], stdout=subprocess.PIPE, text=True, check=False)
    try:
        findings = json.loads(found.stdout)["diagnostics"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return found.returncode or 2, ""
    # What only AWS knows is a note, and no reader of a pull request's.
    for finding in findings:
        if finding["severity"] != "note":
            print(annotation(template, finding))
    told = subprocess.run([rehearse, "inspect", template], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return found.returncode, f"## {template}\n\n{block(told.stdout)}"


def run(rehearse: str, files: list[str]) -> tuple[int, str]:
    """The exit code of the rehearsals, and their part of the summary."""
    ran = subprocess.run([rehearse, "run", *files], stdout=subprocess.PIPE, text=True, check=False)
    print(ran.stdout, end="")
    return ran.returncode, f"## Rehearsals\n\n{block(ran.stdout)}"


def main() -> int:
    rehearse, template = os.environ["REHEARSE"], os.environ["TEMPLATE"]
    files = [line.strip() for line in os.environ.get("REHEARSALS", "").splitlines() if line.strip()]
    ended = [inspect(rehearse, template, os.environ.get("DENY_WARNINGS") == "true")]
    if files:
        ended.append(run(rehearse, files))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as page:
            page.write("\n".join(part for _, part in ended))
    return max(code for code, _ in ended)


if __name__ == "__main__":
    sys.exit(main())
