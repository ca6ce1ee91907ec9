"""One command beside another: `make test` builds what sam builds so."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from workplace import ROOT

BESIDE = str(ROOT / "scripts" / "beside.sh")


class Beside(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.log = self.folder / "logs" / "log"

    def run_it(self, beside: str, *command: str) -> int:
        return subprocess.run([BESIDE, str(self.log), beside, "--", *command], cwd=self.folder, timeout=60, check=False).returncode

    def started(self, name: str) -> int:
        """Waits for a process that wrote its number."""
        path = self.folder / name
        ends = time.monotonic() + 30
        while not (path.exists() and path.read_text().strip()):
            self.assertLess(time.monotonic(), ends)
            time.sleep(0.01)
        return int(path.read_text())

    def assert_ends(self, process: int) -> None:
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            try:
                os.kill(process, 0)
                # One that nobody waits for is ended too.
                state = subprocess.run(["ps", "-o", "state=", "-p", str(process)], capture_output=True, text=True, check=False).stdout
                if not state.strip() or state.strip().startswith("Z"):
                    return
            except ProcessLookupError:
                return
            time.sleep(0.01)
        self.fail(f"{process} goes on")

    def test_ends_as_the_command_does_and_waits_for_the_other(self) -> None:
        self.assertEqual(self.run_it("sleep 0.3; echo made > made; exit 7", "true"), 0)
        self.assertTrue((self.folder / "made").exists())

    def test_keeps_what_the_other_prints_apart(self) -> None:
        self.run_it("echo out; echo error >&2", "true")
        self.assertEqual(self.log.read_text().split(), ["out", "error"])

    def test_a_command_that_fails_takes_the_other_and_what_it_started_with_it(self) -> None:
        other = "sleep 300 & echo $! > child; echo $$ > parent; wait"
        wait = "until [ -s child ] && [ -s parent ]; do sleep 0.01; done; exit 3"
        self.assertEqual(self.run_it(other, "bash", "-c", wait), 3)
        for name in ("child", "parent"):
            self.assert_ends(self.started(name))

    def test_a_signal_takes_both(self) -> None:
        process = subprocess.Popen(
            [BESIDE, str(self.log), "echo $$ > other; exec sleep 300", "--", "bash", "-c", "echo $$ > own; exec sleep 300"],
            cwd=self.folder, start_new_session=True,
        )
        own, other = self.started("own"), self.started("other")
        # As a terminal sends it: to all that run in the foreground.
        os.killpg(process.pid, signal.SIGINT)
        self.assertNotEqual(process.wait(timeout=60), 0)
        self.assert_ends(own)
        self.assert_ends(other)


if __name__ == "__main__":
    unittest.main()
