#!/usr/bin/env python3
"""Whether two `rehearse` binaries give the same reports for the same seeds.

    scripts/same_reports.py OLD NEW [--without KEY]… [FILE…]

Runs each rehearsal file (tests/rehearsals/*.toml by default) with both, and prints what differs once that is masked which
differs between two runs of one binary: wall durations, request ids, and the texts that contain them (docs/rehearsals.md,
"How it runs"). OLD and OLD again says what differs by itself. Fields that NEW adds are named once and are no difference; --without masks a key that is meant to differ.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d+(\.\d+)? ?(ms|s)\b")
MASKED = {"wall_seconds", "duration_ms", "logs", "sample"}


def masked(value):
    """A report without what no two runs have in common."""
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items() if key not in MASKED}
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, str):
        return ID.sub("…", value)
    return value


def report(binary, file):
    """The exit code and the masked report of a run."""
    with tempfile.TemporaryDirectory() as folder:
        kept = pathlib.Path(folder, "report.json")
        command = [binary, "run", str(file), "--report", str(kept)]
        run = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if not kept.exists():
            return run.returncode, {"no report": run.stderr[-500:]}
        return run.returncode, masked(json.loads(kept.read_text())[0])


def differences(old, new, at=""):
    """Where two reports differ, and what is new."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            if key not in old:
                yield f"{at}/{key}", "added"
            elif key not in new:
                yield f"{at}/{key}", "removed"
            else:
                yield from differences(old[key], new[key], f"{at}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new)):
            yield from differences(before, after, f"{at}/{number}")
    elif old != new:
        yield at, f"{old!r} is now {new!r}"


def main():
    old, new, *files = sys.argv[1:]
    while files[:1] == ["--without"]:
        MASKED.add(files[1])
        files = files[2:]
    files = [pathlib.Path(file).resolve() for file in files] or sorted(ROOT.glob("tests/rehearsals/*.toml"))
    differing, added = 0, set()
    for file in files:
        (code, before), (code_after, after) = report(old, file), report(new, file)
        found = list(differences(before, after))
        added |= {at for at, what in found if what == "added"}
        found = [(at, what) for at, what in found if what != "added"]
        if code != code_after:
            found.append(("exit code", f"{code} is now {code_after}"))
        differing += bool(found)
        for at, what in found:
            print(f"{file.name}: {at}: {what[:300]}")
    print(f"{len(files) - differing} of {len(files)} reports are equal; added: {', '.join(sorted(added)) or 'nothing'}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
