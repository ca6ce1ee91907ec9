#!/usr/bin/env python3
"""Holds the runtime clients of the rehearsal to AWS's own, over one list of handlers: what they send to the Runtime API.

    compare.py python FOLDER INTERPRETER     awslambdaric, installed where INTERPRETER finds it
    compare.py nodejs FOLDER NODE_MODULES    aws-lambda-ric, in NODE_MODULES

FOLDER has the clients of the rehearsal. Equal must be each request's path, the type of its error, its content type and its body, the exit
code, and what is printed, but for stacks, times and addresses of objects. Exit code 1 where something differs.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import http.client
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cases import NODEJS, PYTHON

REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
SECONDS = 20
# Pairs of processes at a time.
WORKERS = 3
# What AWS's client for Node.js says before it begins.
GREETING = re.compile(r"^Executing '.*' in function directory.*\n")
# Parts of what is printed that differ from run to run, or from one client's files to the other's.
PRINTED = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r'"(stack|stackTrace|trace|requireStack)": ?\[.*?"\](?=[,}])'), r'"\1":[]'),
    # AWS's client for Python says so before an error at the beginning: that the runtime's version may be the cause.
    (re.compile(r"\[WARNING\]\tTIME\t\tLAMBDA_WARNING: [^\n]*\n"), ""),
    (re.compile(r'\{"timestamp": "TIME", "level": "WARNING", "message": "LAMBDA_WARNING: [^\n]*\n'), ""),
    # Frames of the clients, of runpy and of importlib.
    (re.compile(r"[ \u00a0]*File [^\r\n]*(rehearse_runtime|python/main|awslambdaric)[^\r\n]*[\r\n]+[^\r\n]*(\n[ ]+\^+)?(?=[\r\n])"), "(the client)"),
    (re.compile(r"[ \u00a0]*File [^\r\n]*frozen runpy[^\r\n]*[\r\n]"), ""),
    (re.compile(r"(\(the client\)[\r\n])+"), ""),
    (re.compile(r"\[Previous line repeated \d+ more times\]"), "[Previous line repeated]"),
    (re.compile(r"\S*(rehearse_runtime|awslambdaric)/\S*:\d+: RuntimeWarning([^\n]*)\n[^\n]*"), r"RuntimeWarning\2"),
    # Within an event of the log, lines end in one or the other.
    (re.compile(r"\r"), "\n"),
    (re.compile(r"\n    at [^\n]*"), ""),
    (re.compile(r"\\n    at [^\\\"{]*"), ""),
    (re.compile(r"Require stack:[^\"\r\n]*"), "Require stack"),
    (re.compile(r"  From \S+ "), "  From the runtime "),
    (re.compile(r"\(node:\d+\)"), "(node)"),
    (re.compile(r'"pid":\d+'), '"pid":0'),
    (re.compile(r"0x[0-9a-f]+"), "0x"),
]
# A cause of an error may be long.
http.client._MAXLINE = 4 * 1024 * 1024
HEADERS = ("lambda-runtime-function-error-type", "content-type", "lambda-runtime-function-response-mode")


class Exchange:
    """One process's Runtime API: gives out the events, keeps what comes back."""

    def __init__(self, events):
        self.events = list(events)
        self.given = 0
        self.sent = []
        self.lock = threading.Lock()
        self.done = threading.Event()


def handler_of(exchange):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def answer(self, status, body, headers=()):
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            with exchange.lock:
                event = exchange.events[exchange.given] if exchange.given < len(exchange.events) else None
                exchange.given += 1
            if event is None:
                exchange.done.set()
                # The process is ended meanwhile.
                threading.Event().wait(SECONDS)
                return
            headers = [
                ("Content-Type", "application/json"),
                ("Lambda-Runtime-Aws-Request-Id", REQUEST_ID),
                ("Lambda-Runtime-Deadline-Ms", "4102444800000"),
                ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:f:live"),
                ("Lambda-Runtime-Trace-Id", "Root=1-8476a536-e9f411e897392dfe598c3fcd;Sampled=0"),
                ("Lambda-Runtime-Client-Context", json.dumps({"custom": {"a": "b"}, "client": {"app_title": "t"}})),
            ]
            self.answer(200, event.encode(), headers)

        def body(self):
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", "0"))), {}
            body = b""
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                if size == 0:
                    break
                body += self.rfile.read(size)
                self.rfile.readline()
            trailers = {}
            while True:
                line = self.rfile.readline().decode("latin-1").strip()
                if not line:
                    return body, trailers
                name, _, value = line.partition(":")
                trailers[name.strip().lower()] = value.strip()

        def do_POST(self):
            body, trailers = self.body()
            request = {"path": self.path, "body": body.decode("utf-8", "replace"), "trailers": trailers}
            request.update({name: self.headers.get(name) for name in HEADERS})
            exchange.sent.append(request)
            self.answer(202, b'{"status":"OK"}')

    return Handler


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A process that is gone has no connection."""


def run(command, case, events, folder, environment):
    exchange = Exchange(events)
    server = QuietServer(("127.0.0.1", 0), handler_of(exchange))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "3",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[3]0",
        "LAMBDA_TASK_ROOT": str(folder),
        "_HANDLER": case["handler"],
        **environment,
    }
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output = {}
    streams = {"stdout": process.stdout, "stderr": process.stderr}
    readers = [
        threading.Thread(target=lambda n=name, s=stream: output.update({n: s.read()}), daemon=True) for name, stream in streams.items()
    ]
    for reader in readers:
        reader.start()
    waited = threading.Thread(target=lambda: (process.wait(), exchange.done.set()), daemon=True)
    waited.start()
    if not exchange.done.wait(case.get("seconds", SECONDS)):
        exchange.sent.append({"path": "nothing more within the time that it had"})
    code = process.poll()
    process.kill()
    process.wait()
    server.shutdown()
    server.server_close()
    for reader in readers:
        reader.join(1)
    printed = {name: output.get(name, b"").decode("utf-8", "replace") for name in streams}
    return {"sent": exchange.sent, "exit": code, "printed": printed}


STACKS = ("stackTrace", "trace")


def masked(value, folder):
    """Without stacks, but for whether there is one; without addresses of objects."""
    for request in value["sent"]:
        trailers = request.get("trailers") or {}
        error = trailers.get("lambda-runtime-function-error-body")
        if error:
            import base64

            trailers["lambda-runtime-function-error-body"] = body_masked(base64.b64decode(error).decode())
        if "body" in request:
            request["body"] = body_masked(request["body"])
    for name, text in value["printed"].items():
        text = GREETING.sub("", text)
        for pattern, text_for_it in PRINTED:
            text = pattern.sub(text_for_it, text)
        value["printed"][name] = text
    return json.loads(json.dumps(value).replace(str(folder), "/var/task"))


def body_masked(text):
    try:
        body = json.loads(text)
    except ValueError:
        return text
    if isinstance(body, dict) and ("errorMessage" in body or "errorType" in body):
        for name in STACKS:
            if name in body:
                body[name] = "some" if body[name] else "none"
        message = re.sub(r"0x[0-9a-f]+", "0x", str(body.get("errorMessage")))
        # Node.js names the file from which it loaded the first module; Lambda's is at this place.
        body["errorMessage"] = re.sub(r"(- |From )\S*(/aws-lambda-ric/dist|/var/runtime)/index\.mjs", "the runtime", message)
        return body
    # As bytes: what differs in spaces, or in how text is written, differs.
    return text


def compared(kind, clients, of_aws, case):
    """What both did, masked: ours, AWS's."""
    with tempfile.TemporaryDirectory() as task:
        task = Path(task).resolve()
        for name, text in case["files"].items():
            path = task / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        events = case.get("events", ["{}"])
        ours, theirs = dict(case.get("environment", {})), dict(case.get("environment", {}))
        if kind == "python":
            theirs["PYTHONPATH"] = str(task)
            commands = [[of_aws, "-B", "-S", str(clients / "python/main.py")], [of_aws, "-B", "-m", "awslambdaric", case["handler"]]]
        else:
            ric = Path(of_aws) / "aws-lambda-ric/bin/index.mjs"
            commands = [["node", str(clients / "nodejs/index.mjs")], ["node", str(ric), case["handler"]]]
        results = [run(command, case, events, task, more) for command, more in zip(commands, (ours, theirs))]
        return [masked(result, task) for result in results]


def main():
    kind, clients, of_aws = sys.argv[1], Path(sys.argv[2]).resolve(), sys.argv[3]
    cases = PYTHON if kind == "python" else NODEJS
    equal = known = differ = 0
    with ThreadPoolExecutor(WORKERS) as pool:
        pairs = pool.map(lambda case: compared(kind, clients, of_aws, case), cases)
        for case, (ours, theirs) in zip(cases, pairs):
            if ours == theirs and "differs" not in case:
                equal += 1
            elif ours != theirs and "differs" in case:
                known += 1
            elif ours == theirs:
                differ += 1
                print(f"{case['name']}: written down as different, and equal")
            else:
                differ += 1
                print(f"{case['name']}\n  ours:  {json.dumps(ours)[:4000]}\n  AWS's: {json.dumps(theirs)[:4000]}")
    print(f"{kind}: {len(cases)} handlers, {equal} equal, {known} different as written down, {differ} different otherwise")
    return 1 if differ else 0


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    sys.exit(main())
