"""What `make` itself says and refuses of the commands for a stack."""

from __future__ import annotations

import re
import unittest

from workplace import Workplace


class ADryRun(unittest.TestCase):
    def test_is_refused_by_make_before_anything_is_installed_or_built_where_a_dry_run_is_asked_for_in_other_words(self) -> None:
        with Workplace(tools=("make",)) as place:
            for target in ("deploy", "ping", "smoke", "logs", "rollback", "destroy", "verdicts"):
                for said in ("true", "yes", "2"):
                    with self.subTest(target, DRY_RUN=said):
                        made = place.make(target, f"DRY_RUN={said}")
                        self.assertEqual((made.code, made.stdout, made.calls), (2, "", []))
                        self.assertIn(f"DRY_RUN is {said}, and may be 1 or 0", made.stderr)
            self.assertFalse((place.root / ".venv").exists())

    def test_is_among_those_that_make_says_can_be_tried(self) -> None:
        with Workplace(aws=False, tools=("make",)) as place:
            told = place.make().stdout
            (targets,) = re.findall(r"(?m)^([a-z, ]+) are for a stack, and take$", told)
            for target in re.split(", | and ", targets):
                self.assertRegex(told, rf"(?m)^  make {target} ")
                self.assertEqual(place.make(target, "DRY_RUN=1").code, 0)
            self.assertRegex(told, r"(?m)^  DRY_RUN=1 ")


if __name__ == "__main__":
    unittest.main()
