"""The list of metrics agrees with the code that emits them, and with the one by which `rehearse inspect` judges."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

from metrics import EMITTED

ROOT = Path(__file__).resolve().parents[2]
REHEARSED = "rehearsal/aws/src/cloudwatch/metrics_of"
INSPECTED = "rehearsal/template/src/lint/subject/metrics.rs"
NAMESPACE = "shared/lifecycle-hook/src/log.rs"


def quoted(path: str) -> set:
    """The texts that a source file, or the files of a folder, have in quotes, without their tests."""
    files = sorted((ROOT / path).rglob("*.rs")) if (ROOT / path).is_dir() else [ROOT / path]
    sources = [file.read_text(encoding="utf-8").split("\n#[cfg(test)]")[0] for file in files]
    return {text for source in sources for text in re.findall(r'"((?:[^"\\]|\\.)*)"', source)}


class TheMetrics(unittest.TestCase):
    """Of each family, name by name."""

    def test_are_rehearsed_where_the_list_says_so_and_nowhere_else(self) -> None:
        recorded = quoted(REHEARSED)
        for family in EMITTED:
            for name in family.names:
                self.assertEqual({family.namespace, name} <= recorded, family.rehearsed, f"{family.namespace} {name}")
            if family.rehearsed:
                self.assertLessEqual(set().union(*family.dimensions), recorded)

    def test_are_known_to_inspect(self) -> None:
        judged = quoted(INSPECTED)
        for family in EMITTED:
            if family.namespace.startswith("AWS/"):
                self.assertLessEqual({family.namespace, *family.names, *set().union(*family.dimensions)}, judged)

    def test_of_the_hooks_are_what_the_hooks_write(self) -> None:
        for family in EMITTED:
            if family.namespace == "LifecycleHook":
                self.assertIn("LifecycleHook", quoted(NAMESPACE))
                self.assertLessEqual({*family.names, *set().union(*family.dimensions)}, quoted(family.source))

    def test_each_have_a_source(self) -> None:
        for family in EMITTED:
            self.assertRegex(family.source, r'^(\w+ ?)+ guide, ".+"|^shared/.+\.rs$')


if __name__ == "__main__":
    unittest.main()
