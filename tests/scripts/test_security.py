"""What SECURITY.md promises is tested as it says."""

from __future__ import annotations

import pathlib
import re
import unittest
from typing import Iterator

from workplace import ROOT

SOURCES = ("functions", "probes", "shared", "rehearsal", "tests")


def sources(*kinds: str) -> Iterator[pathlib.Path]:
    """The project's own files of some kinds."""
    for folder in SOURCES:
        for kind in kinds:
            yield from (ROOT / folder).rglob(f"*.{kind}")


class ThePage(unittest.TestCase):
    def test_names_tests_and_rules_that_there_are(self) -> None:
        page = (ROOT / "SECURITY.md").read_text()
        # A name with three words or more, and the rules, of which some are shorter.
        rows = "".join(line.rsplit("|", 2)[-2] for line in page.splitlines() if line.startswith("|"))
        named = set(re.findall(r"`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)`", rows))
        self.assertGreater(len(named), 20)
        there = {name for path in sources("rs", "py") for name in re.findall(r"\b(?:fn|def) (\w+)", path.read_text())}
        self.assertEqual(named - there, set())

    def test_names_files_that_there_are(self) -> None:
        for name in re.findall(r"`((?:tests|scripts|\.github|pipeline)/[\w./-]+)`", (ROOT / "SECURITY.md").read_text()):
            self.assertTrue((ROOT / name).is_file(), name)


class TheListeners(unittest.TestCase):
    def test_bind_to_this_machine_alone(self) -> None:
        found = 0
        for path in sources("rs"):
            for line in path.read_text().splitlines():
                if re.search(r"(?:Listener|Socket|socket)(?:::|\.)bind\(", line):
                    found += 1
                    self.assertRegex(line, r'bind\((?:\(Ipv4Addr::LOCALHOST, |"127\.0\.0\.1:)', f"{path.relative_to(ROOT)}: {line.strip()}")
                self.assertNotRegex(line, r"UNSPECIFIED|(?<!http://)\b0\.0\.0\.0\b", f"{path.relative_to(ROOT)}: {line.strip()}")
        self.assertGreater(found, 5)


if __name__ == "__main__":
    unittest.main()
