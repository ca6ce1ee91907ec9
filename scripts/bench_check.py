#!/usr/bin/env python3
"""Whether a hot path needs more instructions than at another commit.

    scripts/bench_check.py [--base REVISION] [--limit PERCENT] [--json FILE]

Counts them with valgrind's callgrind: they hardly depend on the machine and on what else it does, as times would. Both commits are
built here, in this run, as the rehearsals build (profile rehearse); the base is where this branch left origin/main (main, where there is no
origin), unless it is named.
Prints a line a path, and ends with 1 where one of them needs more than the limit allows.

What a path is: benches/src/main.rs. `init` is the API's function, from its start until it asks for its first event.
"""

import argparse
import contextlib
import http.server
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
# How often each path is taken, twice: enough that a hundred instructions more or less, which a process needs by chance, are nothing.
PATHS = {"alarm": (1_000, 2_000), "event": (100, 200), "request": (60, 120), "response": (40, 80), "template": (2, 4)}
COLLECTED = re.compile(r"Collected : (\d+)")


class Broken(Exception):
    """What cannot be measured, in a sentence."""


def run(command, folder=ROOT, **more):
    """A command that must succeed; gives what it printed."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False, **more)
    if done.returncode:
        raise Broken(f"{' '.join(map(str, command))} ended with {done.returncode}")
    return done.stdout


def built(folder, target):
    """The two programs of a checkout. One call each, so that neither gets features that the other asks for."""
    if not (folder / "benches" / "Cargo.toml").exists():
        return None
    for package in ("workspace-benches", "contacts-api"):
        run(["cargo", "build", "--locked", "--quiet", "--profile", "rehearse", "--package", package, "--target-dir", str(target)], folder)
    return target / "rehearse" / "hot_paths", target / "rehearse" / "contacts-api"


def count(command, **more):
    """A started program under callgrind, whose count is at the end of its standard error."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *map(str, command)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def counted(text):
    """The number in what callgrind wrote at its end."""
    found = COLLECTED.search(text)
    if not found:
        raise Broken(f"valgrind gave no count: {text[-400:]}")
    return int(found.group(1))


def each(program, path, times):
    """The instructions of one time, between two calls that take the path more and less often."""
    ends = []
    for number in times:
        process = count([program, path, number])
        taken, text = process.communicate()
        if process.returncode:
            raise Broken(f"{path}: {text[-400:]}")
        ends.append((counted(text), int(taken)))
    (less, few), (more, many) = ends
    return round((more - less) / (many - few))


class FirstEvent(http.server.BaseHTTPRequestHandler):
    """Lambda's Runtime API, on which no event ever comes."""

    def do_GET(self):
        self.server.asked.set()
        self.server.over.wait()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def runtime_api():
    """The API's address and what is set once it was asked for an event."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FirstEvent)
    server.asked, server.over = threading.Event(), threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", server.asked
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


def init(program):
    """The instructions of a function's start. It waits for an event then, and is ended."""
    with runtime_api() as (address, asked):
        environment = {
            "AWS_LAMBDA_RUNTIME_API": address, "AWS_LAMBDA_FUNCTION_NAME": "contacts", "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/contacts",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/29/[1]0", "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": "secret", "TABLE_NAME": "contacts",
        }
        process = count([program], env=environment | {"PATH": "/usr/bin:/bin"})
        was_asked = asked.wait(timeout=120)
        process.send_signal(signal.SIGTERM)
        text = process.communicate(timeout=120)[1]
    if not was_asked:
        raise Broken(f"the function asked for no event: {text[-400:]}")
    return counted(text)


def paths_of(folder):
    """The paths that a checkout has, each in a file of its own."""
    return {path: times for path, times in PATHS.items() if (folder / "benches" / "src" / "paths" / f"{path}.rs").exists()}


def measured(programs, paths):
    """Every path's instructions."""
    hot_paths, function = programs
    return {path: each(hot_paths, path, times) for path, times in paths.items()} | {"init": init(function)}


@contextlib.contextmanager
def checkout(revision):
    """Another commit of this repository, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder, "base")
        run(["git", "worktree", "add", "--quiet", "--detach", str(place), revision])
        try:
            yield place
        finally:
            run(["git", "worktree", "remove", "--force", str(place)])


def branched():
    """Where this branch left origin/main, or main in a repository that has no origin."""
    for branch in ("origin/main", "main"):
        found = subprocess.run(["git", "merge-base", "HEAD", branch], cwd=ROOT, capture_output=True, text=True, check=False)
        if not found.returncode:
            return found.stdout.strip()
    raise Broken("there is neither origin/main nor main to compare with: name a commit, with --base")


def compared(before, now, limit):
    """The table, and which paths need too much."""
    lines, over = [f"{'path':10} {'base':>14} {'now':>14} {'ratio':>7}"], []
    for path, count in now.items():
        old = before.get(path) if before else None
        ratio = count / old if old else None
        lines.append(f"{path:10} {old if old is not None else '-':>14} {count:>14} {f'{ratio:.3f}' if ratio else '-':>7}")
        if ratio and ratio > 1 + limit / 100:
            over.append(path)
    return lines, over


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", help="the commit to compare with; by default where this branch left origin/main")
    parser.add_argument("--limit", type=float, default=5.0, help="how many percent more are allowed (5)")
    parser.add_argument("--json", type=pathlib.Path, help="where to write the counts")
    arguments = parser.parse_args()
    try:
        if not shutil.which("valgrind"):
            raise Broken("there is no valgrind: install it (apt-get install valgrind)")
        base = arguments.base or branched()
        metadata = json.loads(run(["cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"]))
        target = pathlib.Path(metadata["target_directory"])
        now = measured(built(ROOT, target), paths_of(ROOT))
        with checkout(base) as place:
            programs = built(place, target / "bench-base")
            before = measured(programs, paths_of(place)) if programs else None
    except Broken as why:
        print(f"bench-check: {why}", file=sys.stderr)
        return 2
    lines, over = compared(before, now, arguments.limit)
    print("\n".join(lines))
    if before is None:
        print(f"{base[:12]} has no benches: there is nothing to compare with")
    if arguments.json:
        arguments.json.write_text(json.dumps({"base": before, "now": now}, indent=1) + "\n")
    for path in over:
        print(f"bench-check: {path} needs more than {arguments.limit:g} % more instructions than at {base[:12]}", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
