"""What `make bench` makes of its measurements, and what it installs its peers by."""

from __future__ import annotations

import json
import sys
import unittest

import test_requirements
from packaging.utils import canonicalize_name
from workplace import ROOT

sys.path.insert(0, str(ROOT / "benches" / "measure"))

import building  # noqa: E402
import machine  # noqa: E402  (in the folder that was just added)
import plot  # noqa: E402
import tables  # noqa: E402
import templates  # noqa: E402

PEERS = ROOT / "benches" / "peers"


class Figures(unittest.TestCase):
    def test_are_medians_with_the_ratio_to_the_floor(self) -> None:
        measured = {
            "floor": {"init_ms": [1.0, 2.0, 9.0], "zip_bytes": 1_000_000},
            "ours": {"init_ms": [3.0, 1.0, 4.0], "zip_bytes": 2_500_000},
        }
        found = tables.summaries(measured, "floor")
        self.assertEqual(found["ours"]["init_ms"], {"median": 3.0, "least": 1.0, "most": 4.0, "ratio": 1.5})
        self.assertEqual(found["ours"]["zip_bytes"]["ratio"], 2.5)
        self.assertEqual(found["floor"]["init_ms"]["ratio"], 1.0)

    def test_stand_under_each_other_and_the_floor_has_no_ratio(self) -> None:
        figures = {key: [1.0] for key, _, _ in tables.FUNCTION_COLUMNS.values()}
        found = tables.summaries({"floor": figures, "a longer name": figures}, "floor")
        head, floor, other = tables.functions(found, "floor")
        self.assertEqual((floor.count("("), other.count("(1.00)")), (0, len(tables.FUNCTION_COLUMNS)))
        self.assertEqual(len(head), len(other))

    def test_of_a_first_call_are_held_to_what_it_takes_at_least(self) -> None:
        figures = {"the least": {"first_call_ms": [2.0], "first_call_cpu_ms": [1.0]}, "ours": {"first_call_ms": [3.0], "first_call_cpu_ms": [1.1]}}
        found = {name: {figure: tables.summary(of) for figure, of in each.items()} for name, each in figures.items()}
        self.assertEqual(tables.beyond(found, "the least", ["ours"]), ["ours: init + first call 1.50 times that of the least; by CPU 1.10"])

    def test_that_were_not_measured_are_no_zero(self) -> None:
        lines = tables.plain({"inspect": {"wall_s": tables.summary([0.02])}}, tables.REHEARSAL_COLUMNS)
        self.assertEqual(lines[1].split(), ["inspect", "0.020", *"-" * 5])


class Memory(unittest.TestCase):
    def test_is_that_of_the_command_apart_from_what_it_starts(self) -> None:
        # One of another program, which keeps 80 MB, and one of the same, which is counted as its own.
        keeps = "x=$(head -c 80000000 /dev/zero | tr '\\0' x); sleep 0.5"
        parent = "import subprocess, sys, time; a = subprocess.Popen(['bash', '-c', sys.argv[1]]); "
        parent += "b = subprocess.Popen([sys.executable, '-c', 'kept = bytearray(40_000_000); input()'], stdin=subprocess.PIPE); a.wait(); b.kill()"
        found = machine.watched([sys.executable, "-c", parent, keeps])
        self.assertGreaterEqual(found["processes"], 1)
        self.assertGreater(found["functions_mb"], 80)
        self.assertGreater(found["functions_pss_mb"], 80)
        self.assertLess(found["rss_mb"], 80)
        self.assertGreater(found["rss_mb"], 40)

    def test_a_command_that_fails_is_no_measurement(self) -> None:
        with self.assertRaisesRegex(machine.Broken, "ended with 3: no$"):
            machine.watched([sys.executable, "-c", "import sys; print('no', file=sys.stderr); sys.exit(3)"])


class Growth(unittest.TestCase):
    def test_is_drawn_as_one_line_for_time_and_one_for_memory(self) -> None:
        points = [{"requests": 10**power, "cpu_s": 10.0**power / 1e5, "rss_mb": 20.0} for power in range(3, 7)]
        drawn = plot.growth(points)
        self.assertEqual(drawn.count("<polyline"), 2)
        self.assertEqual(drawn.count("<circle"), 8)
        # Memory that stays is a line that is level.
        level = drawn.split("<polyline")[2].split('points="')[1].split('"')[0]
        self.assertEqual(len({point.split(",")[1] for point in level.split()}), 1)

    def test_is_drawn_over_that_of_an_earlier_run(self) -> None:
        points = [{"requests": 10**power, "cpu_s": 1.0, "rss_mb": 20.0} for power in range(3, 7)]
        drawn = plot.growth(points, [{**point, "rss_mb": 2000.0} for point in points])
        self.assertEqual(drawn.count('<polyline class="earlier"'), 2)
        # What lies higher stands higher, by one scale for both.
        heights = [float(part.split('points="')[1].split(",")[1].split(" ")[0]) for part in drawn.split("<polyline")[3:]]
        self.assertLess(heights[0], heights[1])


class Peers(unittest.TestCase):
    def test_packages_of_python_are_pinned_with_their_hashes_for_every_python(self) -> None:
        entries = test_requirements.pinned(PEERS / "python" / "requirements.txt")
        for requirement, hashes in entries:
            self.assertRegex(str(requirement.specifier), r"^==[^*,]+$")
            self.assertTrue(hashes, str(requirement))
        asked = {canonicalize_name(each.name) for each in test_requirements.asked(PEERS / "python" / "requirements.in")}
        for environment in test_requirements.environments():
            self.assertLessEqual(asked, set(test_requirements.chosen(entries, environment)))

    def test_packages_of_npm_are_those_of_the_lock_with_their_hashes(self) -> None:
        package = json.loads((PEERS / "nodejs" / "package.json").read_text())
        lock = json.loads((PEERS / "nodejs" / "package-lock.json").read_text())["packages"]
        self.assertEqual(lock[""]["dependencies"], package["dependencies"])
        for path, entry in lock.items():
            self.assertTrue(not path or entry["integrity"].startswith("sha512-"), path)

    def test_the_one_with_every_default_has_the_versions_that_ours_has(self) -> None:
        def versions(path):
            lines = path.read_text().split("[[package]]")
            return {lines[1].split('"')[1]: lines[2].split('"')[1] for lines in (["", *each.strip().splitlines()] for each in lines[1:])}

        ours, theirs = versions(ROOT / "Cargo.lock"), versions(PEERS / "sdk-defaults" / "Cargo.lock")
        for crate in ("aws-sdk-dynamodb", "lambda_runtime"):
            self.assertEqual(theirs[crate], ours[crate], crate)
        self.assertIn("aws-config", theirs)
        self.assertNotIn("aws-config", ours)


class Building(unittest.TestCase):
    def test_adds_up_what_a_crate_took_and_how_often_it_was_compiled(self) -> None:
        found = building.crates("tokio\t3.50\nserde\t1.00\ntokio\t4.00\n")
        self.assertEqual([(each["crate"], each["cpu_s"], each["times"]) for each in found], [("tokio", 7.5, 2), ("serde", 1.0, 1)])


class Templates(unittest.TestCase):
    def test_the_large_one_names_no_resource_twice(self) -> None:
        resources = templates.large().read_text().split("\nResources:\n")[1]
        names = [line for line in resources.splitlines() if line[:2] == "  " and line[2:3].isalpha()]
        self.assertGreater(len(names), 200)
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
