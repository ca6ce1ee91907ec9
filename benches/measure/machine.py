"""What this machine has, and commands on it."""

import contextlib
import os
import pathlib
import platform
import re
import shutil
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# How often a process is looked at whose memory is watched, in seconds: at first, and later.
LOOK_FIRST, LOOK_EVERY, FIRST = 0.002, 0.05, 0.5


class Broken(Exception):
    """What cannot be measured, in a sentence."""


def run(command, folder=ROOT, **environment):
    """A command that must succeed; gives what it printed. What it says to standard error, the person sees."""
    command = [str(part) for part in command]
    done = subprocess.run(command, cwd=folder, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Broken(f"{' '.join(command)} ended with {done.returncode}")
    return done.stdout


def version(command):
    """The first line that a program says of its version; none where it is not here."""
    if not shutil.which(command[0]):
        return None
    with contextlib.suppress(Broken, OSError):
        return run(command).partition("\n")[0].strip()
    return None


def described():
    """What the figures were measured on."""
    names = re.findall(r"(?m)^model name\s*: (.+)$", pathlib.Path("/proc/cpuinfo").read_text())
    return {
        "processor": names[0] if names else platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "rustc": version(["rustc", "--version"]),
        "node": version(["node", "--version"]),
        "python": platform.python_version(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def _status(process):
    """What /proc says of a process: its program, and in bytes what it has resident, the most that it had, and its share of what is resident:
    a page that several processes have counts once, divided among them (PSS); nothing once it has ended."""
    with contextlib.suppress(OSError):
        program = os.readlink(f"/proc/{process}/exe")
        text = "".join(pathlib.Path(f"/proc/{process}/{file}").read_text() for file in ("status", "smaps_rollup"))
        sizes = {name: int(value) * 1024 for name, value in re.findall(r"(?m)^(VmHWM|VmRSS|Pss):\s*(\d+) kB$", text)}
        if len(sizes) == 3:
            return program, sizes["VmRSS"], sizes["VmHWM"], sizes["Pss"]
    return None


def _called(process):
    """The words that a process was called with."""
    return pathlib.Path(f"/proc/{process}/cmdline").read_bytes()


def _below(process):
    """The processes that a process has started, and those that these have. One that is still a fork, and has its parent's memory until it
    becomes a program of its own, is none yet: it is called as its parent is."""
    found = []
    with contextlib.suppress(OSError):
        own = _called(process)
        for children in pathlib.Path("/proc").glob(f"{process}/task/*/children"):
            for child in map(int, children.read_text().split()):
                # One that has just ended hides none of the others.
                with contextlib.suppress(OSError):
                    if _called(child) != own:
                        found += [child, *_below(child)]
    return found


def _look(process, figures):
    """Raises the figures to what is seen now."""
    seen = [_status(each) for each in (process, *_below(process))]
    seen = [each for each in seen if each]
    # `rehearse` runs in a process that looks after another of its own: the memory of both is its.
    own = sum(most for program, _, most, _ in seen if program == seen[0][0])
    others = [each for each in seen if each[0] != seen[0][0]]
    resident, shares = sum(each[1] for each in others), sum(each[3] for each in others)
    now = {"rss_mb": own / 1e6, "functions_mb": resident / 1e6, "functions_pss_mb": shares / 1e6, "processes": len(others)}
    for figure, value in now.items():
        figures[figure] = max(figures[figure], value)


def watched(command, folder=ROOT, codes=(0,), memory=True, **environment):
    """Runs a command to its end. Gives its time on the wall, its processor time with that of all it started, the most memory that it had
    resident itself, and what it started of other programs: the most memory that they had at once, counted for each and shared, and the most processes."""
    command = [str(part) for part in command]
    figures = {"wall_s": 0.0, "cpu_s": 0.0, "rss_mb": 0.0, "functions_mb": 0.0, "functions_pss_mb": 0.0, "processes": 0}
    began = time.monotonic()
    with subprocess.Popen(command, cwd=folder, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while memory:
            _look(process.pid, figures)
            if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            time.sleep(LOOK_FIRST if time.monotonic() - began < FIRST else LOOK_EVERY)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        figures["wall_s"] = time.monotonic() - began
        text = process.stderr.read()
    figures["cpu_s"] = usage.ru_utime + usage.ru_stime
    if process.returncode not in codes:
        raise Broken(f"{' '.join(command)} ended with {process.returncode}: {text.strip()[-600:]}")
    return figures
