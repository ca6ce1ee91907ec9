"""What `make test` leaves out where a machine cannot do it: counted, and refused where everything is asked for."""

from __future__ import annotations

import pathlib
import re
import unittest

import yaml
from workplace import ROOT, Ended, Workplace

TOOLS = ("make", "mkdir", "paste")
LAST = "==> All checks"


class WhatIsLeftOut(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Workplace(tools=TOOLS)
        self.addCleanup(self.place.__exit__)
        self.file = self.place.root / "target" / "left-out"
        self.left_out("begin")

    def left_out(self, *words: str, **environment: str) -> Ended:
        return self.place.run("left-out", *words, LEFT_OUT=str(self.file), **environment)

    def test_is_told_in_the_last_line_with_its_number(self) -> None:
        self.assertEqual(self.left_out("total").stdout, f"{LAST} have passed; none was left out\n")
        self.assertEqual(self.left_out("note", "one thing", "it is not here").code, 0)
        self.left_out("note", "another", "first line\nsecond line")
        expected = f"{LAST} that ran have passed; left out: 2. one thing (it is not here); another (first line second line)\n"
        self.assertEqual(self.left_out("total").stdout, expected)
        self.left_out("begin")
        self.assertIn("none", self.left_out("total").stdout)

    def test_is_a_failure_where_everything_is_asked_for(self) -> None:
        refused = self.left_out("note", "one thing", "it is not here", REQUIRE_ALL="1")
        self.assertEqual(refused.code, 1)
        self.assertIn("one thing: it is not here. REQUIRE_ALL=1", refused.stderr)
        self.assertEqual(self.left_out("total", REQUIRE_ALL="1").code, 0)
        self.assertEqual(self.left_out("begin", REQUIRE_ALL="true").code, 2)

    def test_is_the_cdk_application_where_node_is_missing_or_too_old(self) -> None:
        for version, says in ((None, "there is no node"), ("v18.20.8", "Node.js is v18.20.8, and CDK takes 20 or later")):
            if version:
                self.place.says("node", version)
                self.place.says("npm", "10.0.0")
            self.assertEqual(self.place.make("cdk-test").code, 0)
            self.assertIn(f"the CDK application ({says}", self.file.read_text())
            self.assertNotEqual(self.place.make("cdk-test", "REQUIRE_ALL=1").code, 0)
        self.place.says("node", "v20.0.0")
        self.assertEqual(self.place.run("cdk", "usable").code, 0)

    def test_is_what_runs_on_linux_alone_elsewhere(self) -> None:
        self.place.says("uname", "Darwin")
        self.assertEqual(self.place.make("rehearse-sam-build").code, 0)
        self.assertEqual(self.file.read_text().count("the rehearsal of what sam builds"), 1)
        self.assertNotEqual(self.place.make("rehearse-sam-build", "REQUIRE_ALL=1").code, 0)

    def test_is_nothing_in_the_workflow(self) -> None:
        jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())["jobs"]
        self.assertEqual(jobs["test"]["env"]["REQUIRE_ALL"], "1")

    def test_is_counted_from_the_beginning_of_make_test_to_its_end(self) -> None:
        makefile = pathlib.Path(ROOT / "Makefile").read_text()
        recipe = re.search(r"(?m)^test:.*\n((?:[\t#].*\n)+)", makefile)
        assert recipe
        lines = [line.strip() for line in recipe[1].splitlines() if line.startswith("\t")]
        self.assertEqual((lines[0], lines[-1]), ("@scripts/left-out.sh begin", "@scripts/left-out.sh total"))


if __name__ == "__main__":
    unittest.main()
