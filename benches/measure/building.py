"""What a clean `make build` costs, crate by crate, and how long an edit waits for its answer."""

import os
import pathlib
import shutil
import sys
import time

from functions import FOLDER
from machine import ROOT, run, watched

TARGET = FOLDER / "clean"
TIMES = FOLDER / "rustc-times.tsv"
# How many of the dearest crates are shown.
SHOWN = 12
# What `RUSTC_WRAPPER` names: it calls the compiler, and writes down the crate and the processor time that the call took.
WRAPPER = """#!{python} -IS
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
if "--crate-name" in sys.argv:
    with open("{times}", "a") as file:
        file.write("%s\\t%.2f\\n" % (sys.argv[sys.argv.index("--crate-name") + 1], used.ru_utime + used.ru_stime))
sys.exit(code if code >= 0 else 1)
"""


def crates(text):
    """The processor seconds of each crate, the dearest first, and how often it was compiled."""
    found = {}
    for line in text.splitlines():
        name, seconds = line.split("\t")
        # Build scripts all have one name, and say nothing of whose they are.
        total, times = found.get(name, (0.0, 0))
        found[name] = (total + float(seconds), times + 1)
    ordered = sorted(found.items(), key=lambda each: -each[1][0])
    return [{"crate": name, "cpu_s": round(seconds, 2), "times": times} for name, (seconds, times) in ordered]


def measured():
    """Builds everything anew in a folder of its own; then as after an edit of the API, up to the end of a rehearsal."""
    shutil.rmtree(TARGET, ignore_errors=True)
    TIMES.unlink(missing_ok=True)
    wrapper = FOLDER / "rustc-times"
    FOLDER.mkdir(parents=True, exist_ok=True)
    wrapper.write_text(WRAPPER.format(python=os.path.realpath(sys.executable), times=TIMES))
    wrapper.chmod(0o755)
    environment = {"CARGO_TARGET_DIR": str(TARGET), "RUSTC_WRAPPER": str(wrapper)}
    build = ["make", "--no-print-directory", "build"]
    figures = watched(build, memory=False, **environment)
    edited = pathlib.Path(ROOT, "functions", "contacts-api", "src", "lib.rs")
    os.utime(edited)
    began = time.monotonic()
    run(build, **environment)
    run([TARGET / "rehearse" / "rehearse", "run", "--quiet", "--report", FOLDER / "report.json", "tests/rehearsals/healthy.toml"], **environment)
    answered = time.monotonic() - began
    shutil.rmtree(TARGET)
    return {"cpu_s": figures["cpu_s"], "wall_s": figures["wall_s"], "edit_to_answer_s": answered, "crates": crates(TIMES.read_text())}


def shown(found):
    """As people read it."""
    lines = [f"A clean make build: {found['cpu_s']:.0f} CPU s, {found['wall_s']:.0f} s; an edit of the API has its answer in {found['edit_to_answer_s']:.1f} s"]
    for crate in found["crates"][:SHOWN]:
        times = f" ({crate['times']} times)" if crate["times"] > 1 else ""
        lines.append(f"  {crate['cpu_s']:6.1f} s  {crate['crate']}{times}")
    return lines
