"""The instructions of the hot paths, held against another commit's."""

from __future__ import annotations

import pathlib
import sys
import tempfile
import unittest

from workplace import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import bench_check  # noqa: E402  (in the folder that was just added)


class Counts(unittest.TestCase):
    def test_a_path_that_needs_more_than_the_limit_allows_is_named_and_no_other(self) -> None:
        before = {"alarm": 1000, "request": 1000, "init": 1000}
        lines, over = bench_check.compared(before, {"alarm": 1050, "request": 1051, "init": 900}, 5.0)
        self.assertEqual(over, ["request"])
        self.assertEqual([line.split()[-1] for line in lines], ["ratio", "1.050", "1.051", "0.900"])

    def test_a_path_that_the_base_has_not_is_shown_and_is_no_failure(self) -> None:
        for before in (None, {}):
            lines, over = bench_check.compared(before, {"alarm": 7}, 5.0)
            self.assertEqual(over, [])
            self.assertEqual(lines[1].split(), ["alarm", "-", "7", "-"])

    def test_the_paths_of_a_checkout_are_those_that_it_has_a_file_for(self) -> None:
        self.assertEqual(bench_check.paths_of(ROOT), bench_check.PATHS)
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder, "benches", "src", "paths")
            place.mkdir(parents=True)
            (place / "alarm.rs").touch()
            self.assertEqual(list(bench_check.paths_of(pathlib.Path(folder))), ["alarm"])

    def test_what_callgrind_wrote_is_read_and_anything_else_is_an_error(self) -> None:
        self.assertEqual(bench_check.counted("==12== Events    : Ir\n==12== Collected : 29433466\n"), 29_433_466)
        with self.assertRaises(bench_check.Broken):
            bench_check.counted("valgrind: failed to start tool")


if __name__ == "__main__":
    unittest.main()
