"""Prints which check catches which mutation, as a Markdown table:

    .venv/bin/python tests/template/caught_by.py

`rehearse inspect` is among the checks: `make build` first, or REHEARSE=path to the command.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List

import roles
import rules
import template
from mutations import MUTATIONS
from mutations.mutation import Mutation
from stack import Stack
from template import Template

REHEARSE = Path(os.environ.get("REHEARSE", template.TEMPLATE.parent / "target" / "rehearse" / "rehearse"))


def inspected(written: Template, parameters: Dict[str, str]) -> List[str]:
    """The codes of what `rehearse inspect` warns of or refuses."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(written, file)
        file.flush()
        given = [argument for name, value in parameters.items() for argument in ("--parameter", f"{name}={value}")]
        # It ends with 2 where it refuses the template, and says why all the same.
        told = subprocess.run([REHEARSE, "inspect", file.name, "--format", "json", *given], stdout=subprocess.PIPE, check=False)
    return [each["code"] for each in json.loads(told.stdout)["diagnostics"] if each["severity"] != "note"]


def caught(mutation: Mutation, written: Template, reviewed: str) -> List[str]:
    """Who notices, cfn-lint apart, which is slow and asked of all at once."""
    broken = mutation.applied(written)
    by = []
    try:
        expanded = template.transform(broken, mutation.parameters)
        found = rules.check(Stack(expanded, mutation.parameters))
        by += sorted({f"`{finding.split(':')[0]}`" for finding in found})
        if roles.listing(expanded) != reviewed:
            by.append("the reviewed roles")
    except ValueError:
        by.append("SAM")
    by += sorted({f"inspect `{code}`" for code in inspected(broken, mutation.parameters)})
    return by


def linted(mutation: Mutation, written: Template) -> Template:
    """What cfn-lint gets to see of a mutation: the template unbroken where SAM refuses it."""
    try:
        return template.transform(mutation.applied(written), mutation.parameters)
    except ValueError:
        return template.transform(written)


def main() -> int:
    """Prints the table. 1 where something is caught by nothing, 2 where `rehearse` is not there."""
    if not REHEARSE.exists():
        print(f"{REHEARSE} is not there: make build, or REHEARSE=path", file=sys.stderr)
        return 2
    written = template.load()
    reviewed = roles.listing(template.transform(written))
    lints = template.lint_all([linted(mutation, written) for mutation in MUTATIONS])
    print("| broken | caught by |\n|---|---|")
    missed = 0
    for mutation, lint in zip(MUTATIONS, lints):
        by = caught(mutation, written, reviewed)
        by += sorted({f"cfn-lint {finding.split()[0]}" for finding in lint})
        missed += not by
        print(f"| {mutation.name} | {', '.join(by) or '**nothing**'} |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
