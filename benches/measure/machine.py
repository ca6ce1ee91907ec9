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
# How often a process is looked at whose memory is watched, in seconds.
LOOK_EVERY = 0.05


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
    """What /proc says of a process, in bytes; nothing once it has ended."""
    with contextlib.suppress(OSError):
        text = pathlib.Path(f"/proc/{process}/status").read_text()
        return {name: int(value) * 1024 for name, value in re.findall(r"(?m)^(VmHWM|VmRSS):\s*(\d+) kB$", text)}
    return {}


def _below(process):
    """The processes that a process has started, and those that these have."""
    found = []
    for children in pathlib.Path("/proc").glob(f"{process}/task/*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                found += [int(child), *_below(int(child))]
    return found


def watched(command, folder=ROOT, codes=(0,), memory=True):
    """Runs a command to its end. Gives its time on the wall, its processor time with that of all it started, the most memory that it had
    resident itself, and what it started: the most memory that they had at once, and the most processes."""
    command = [str(part) for part in command]
    figures = {"wall_s": 0.0, "cpu_s": 0.0, "rss_mb": 0.0, "functions_mb": 0.0, "processes": 0}
    began = time.monotonic()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while memory:
            figures["rss_mb"] = max(figures["rss_mb"], _status(process.pid).get("VmHWM", 0) / 1e6)
            below = [_status(child).get("VmRSS", 0) for child in _below(process.pid)]
            figures["functions_mb"] = max(figures["functions_mb"], sum(below) / 1e6)
            figures["processes"] = max(figures["processes"], len([size for size in below if size]))
            if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            time.sleep(LOOK_EVERY)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        figures["wall_s"] = time.monotonic() - began
        text = process.stderr.read()
    figures["cpu_s"] = usage.ru_utime + usage.ru_stime
    if process.returncode not in codes:
        raise Broken(f"{' '.join(command)} ended with {process.returncode}: {text.strip()[-600:]}")
    return figures
