"""One function on one machine: how many requests a second each host lets through."""

import contextlib
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import subprocess
import time

import certifi
from functions import FOLDER, HELLO, PEERS
from machine import ROOT, Broken, run

PROGRAMS = FOLDER.parent / "rehearse"
CONNECTIONS = (1, 4)
# How long requests are sent in one turn, in seconds, and how many turns there are.
SECONDS, TURNS = 5, 5
QUICK_SECONDS, QUICK_TURNS = 2, 3
# How long a host may need until it listens: cargo lambda watch builds the function first.
PATIENCE = 900


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def started(command, folder=ROOT, says_where=False):
    """A host, with a process group of its own, which is ended with it. What it prints is read of one alone that says where it listens."""
    with open(FOLDER / "host.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen([str(part) for part in command], cwd=folder, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE if says_where else log, stderr=log, text=True, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@contextlib.contextmanager
def rehearse(bootstrap):
    with started([PROGRAMS / "hosted", bootstrap], says_where=True) as process:
        yield process.stdout.readline().strip(), None


@contextlib.contextmanager
def cargo_lambda_watch(_):
    port = free_port()
    command = [ROOT / ".venv" / "bin" / "cargo-lambda", "lambda", "watch", "-A", "127.0.0.1", "-P", port, "--ignore-changes", "--locked", "--release"]
    with started(command, PEERS / "hello") as process:
        listening(process, port)
        # Its Invoke, and no function URL: it takes no answer without headers there.
        yield f"http://127.0.0.1:{port}/2015-03-31/functions/bench-hello/invocations", "{}"


@contextlib.contextmanager
def rie(bootstrap):
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    found = list(pathlib.Path(certifi.where()).parents[1].glob(f"samcli/local/rapid/aws-lambda-rie-{machine}"))
    if not found:
        raise Broken(f"the wheel of aws-sam-cli has no aws-lambda-rie for {machine}")
    program = FOLDER / "aws-lambda-rie"
    shutil.copy(found[0], program)
    program.chmod(0o755)
    port = free_port()
    with started([program, "--runtime-interface-emulator-address", f"127.0.0.1:{port}", bootstrap], FOLDER) as process:
        listening(process, port)
        yield f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", "{}"


HOSTS = {"rehearse's gateway and alias": rehearse, "cargo lambda watch": cargo_lambda_watch, "aws-lambda-rie": rie}


def listening(process, port):
    """Waits until something listens there."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise Broken(f"it does not listen: {(FOLDER / 'host.log').read_text()[-400:].strip()}")


def load(url, body, connections, seconds):
    """Sends requests, and gives what came of them."""
    command = [PROGRAMS / "bench-driver", "load", url, str(connections), str(seconds), *([body] if body else [])]
    sent = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if sent.returncode:
        raise Broken(sent.stderr.strip().removeprefix("Error: ").partition("\n")[0])
    return json.loads(sent.stdout)


def measured(functions, quick, left_out):
    """Of each host, with one connection and with four, every turn's figures. One that gives up is left out there."""
    bootstrap = functions[HELLO]["root"] / "bootstrap"
    run(["cargo", "build", "--locked", "--quiet", "--profile", "rehearse", "--package", "bench-driver"])
    found, gone = {}, set()
    for _ in range(QUICK_TURNS if quick else TURNS):
        for name, host in HOSTS.items():
            if name in gone:
                continue
            try:
                with host(bootstrap) as (url, body):
                    for connections in CONNECTIONS:
                        key = f"{name}, {connections} connection{'s' if connections > 1 else ''}"
                        if key in gone:
                            continue
                        try:
                            figures = load(url, body, connections, QUICK_SECONDS if quick else SECONDS)
                        except Broken as why:
                            gone.add(key)
                            left_out.append({"what": key, "why": str(why)})
                            continue
                        for figure, value in figures.items():
                            found.setdefault(key, {}).setdefault(figure, []).append(value)
            except Broken as why:
                gone.add(name)
                left_out.append({"what": name, "why": str(why)})
    return found
