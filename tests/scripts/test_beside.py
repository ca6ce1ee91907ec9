"""Two commands at a time: neither's failure is lost, and nothing of them is left."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from workplace import ROOT

# Longer than any machine needs for the rest of a test.
LONG = "sleep 300"


class TwoCommandsAtATime(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def started(self, first: str, second: str) -> subprocess.Popen[str]:
        """Each is a line of bash, in a folder of their own."""
        command = [str(ROOT / "scripts/beside.sh"), "logs/first", "bash", "-c", first, "--", "bash", "-c", second]
        return subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ended(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """The code, and what was printed. No command of these tests may take as long as this."""
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def is_there(self, name: str) -> None:
        """Waits for a file that one of the commands makes."""
        until = time.monotonic() + 60
        while not (self.folder / name).exists():
            self.assertLess(time.monotonic(), until, f"there is no {name}")
            time.sleep(0.01)

    def ends(self, name: str) -> None:
        """Waits until the process whose number is in this file is no more."""
        number = int((self.folder / name).read_text())
        with self.assertRaises(ProcessLookupError):
            for _ in range(6000):
                os.kill(number, 0)
                time.sleep(0.01)

    def test_run_beside_each_other_and_the_first_is_shown_when_both_have_ended(self) -> None:
        # Each waits for the other.
        process = self.started(
            "touch first; until [ -e second ]; do sleep 0.01; done; echo of the first; echo its error >&2",
            "touch second; until [ -e first ]; do sleep 0.01; done; echo of the second",
        )
        self.assertEqual(self.ended(process), (0, "of the second\nof the first\nits error\n"))

    def test_fail_with_the_code_of_the_first_when_the_second_has_ended(self) -> None:
        process = self.started("echo why; exit 3", "sleep 0.1; echo done")
        self.assertEqual(self.ended(process), (3, "done\nwhy\n"))

    def test_fail_with_the_code_of_the_second_and_the_first_is_ended_with_all_that_it_has_started(self) -> None:
        process = self.started(
            f"{LONG} & echo $! >started; mv started number; wait",
            "until [ -e number ]; do sleep 0.01; done; exit 4",
        )
        self.assertEqual(self.ended(process), (4, ""))
        self.ends("number")

    def test_end_both_when_somebody_asks_for_an_end(self) -> None:
        for asked, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with self.subTest(asked):
                for name in ("first", "second"):
                    (self.folder / name).unlink(missing_ok=True)
                process = self.started(
                    f"{LONG} & echo $! >a; mv a first; wait",
                    f"{LONG} & echo $! >b; mv b second; wait",
                )
                self.is_there("first")
                self.is_there("second")
                process.send_signal(asked)
                self.assertEqual(self.ended(process), (code, ""))
                self.ends("first")
                self.ends("second")

    def test_are_two(self) -> None:
        for words in ([], ["true"], ["true", "--"], ["--", "true"]):
            ended = subprocess.run([str(ROOT / "scripts/beside.sh"), "log", *words], cwd=self.folder, check=False, capture_output=True, text=True)
            self.assertEqual((ended.returncode, ended.stderr), (2, "beside: name two commands, with -- between them\n"))


if __name__ == "__main__":
    unittest.main()
