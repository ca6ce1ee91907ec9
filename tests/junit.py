"""What junitparser, with which others read test results, finds in JUnit XML.

It reads a JSON list of {"path"} from standard input, and writes a JSON list of suites in the same order: of each its name, and its cases with
what came of them (`passed`, `failure`, `error`, `skipped`).
"""

from __future__ import annotations

import json
import sys
from typing import Any, Dict, List

from junitparser import JUnitXml


def suites(path: str) -> List[Dict[str, Any]]:
    found = []
    for suite in JUnitXml.fromfile(path):
        cases = [{"name": case.name, "result": case.result[0]._tag if case.result else "passed"} for case in suite]
        counts = {"tests": suite.tests, "failures": suite.failures, "errors": suite.errors, "skipped": suite.skipped}
        found.append({"name": suite.name, "cases": cases, **counts})
    return found


if __name__ == "__main__":
    json.dump([suites(question["path"]) for question in json.load(sys.stdin)], sys.stdout)
