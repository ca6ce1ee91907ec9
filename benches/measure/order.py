"""Writes functions/contacts-api/order.ld: which of its functions run when it starts, at its first call, and at its others.

    .venv/bin/python benches/measure/order.py

The linker puts them side by side (functions/contacts-api/build.rs), so that a start touches few pages; docs/performance.md. It is worth doing again
where many crates have changed: a function that the list lacks stands behind the others, and a name that is no longer there is nothing.
Needs valgrind, and builds the function once more, with its symbols.
"""

import collections
import contextlib
import http.server
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import threading
import zlib

import certificates
import functions
from machine import ROOT, Broken

FOLDER = functions.FOLDER / "order"
WRITTEN = ROOT / "functions" / "contacts-api" / "order.ld"
ITEM = {"id": {"S": functions.ID}, "createdAt": {"N": "1"}, "updatedAt": {"N": "1"}, "revision": {"N": "1"},
        "attributes": {"M": {"name": {"S": "Ada"}}}}
# How much of a function's name is looked at.
LENGTH = 42
# What the table answers to each operation.
TABLE = {"GetItem": {"Item": ITEM}, "PutItem": {}, "UpdateItem": {"Attributes": ITEM}, "DeleteItem": {},
         "Scan": {"Items": [ITEM], "Count": 1, "ScannedCount": 1}}
# A title, and what is sent until then: method, path, body.
ONE = f"/contacts/{functions.ID}"
STEPS = (
    ("A start", ()),
    ("The first call", (("GET", ONE, None),)),
    ("Every other call", (("GET", ONE, None), ("GET", "/contacts", None), ("POST", "/contacts", '{"name":"Ada"}'), ("PUT", ONE, '{"name":"Ada"}'),
                          ("DELETE", ONE, None), ("GET", "/nowhere", None), ("POST", "/contacts", "no JSON"))),
)
HEAD = """/* Written by benches/measure/order.py, which says what for. Names are without the compiler's hashes, and so of every release of a crate. */
SECTIONS {
  .text : {
"""
TAIL = """    *(.text .text.*)
  }
} INSERT AFTER .eh_frame;
"""


class Answers(http.server.BaseHTTPRequestHandler):
    """Lambda's Runtime API and DynamoDB: what is asked says which."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in (headers | {"content-length": len(body)}).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if not self.server.calls:
            self.server.asked.set()
            self.server.ended.wait()
            return
        self.answer(200, {
            "content-type": "application/json", "lambda-runtime-aws-request-id": f"8476a536-e9f4-11e8-9739-{len(self.server.calls):012}",
            "lambda-runtime-deadline-ms": "99999999999999", "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-central-1:123456789012:function:x",
        }, self.server.calls.popleft())

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        target = self.headers.get("x-amz-target")
        if not target:
            self.answer(202, {}, b"")
            return
        found = json.dumps(TABLE[target.partition(".")[2]]).encode()
        self.answer(200, {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "ORDER", "x-amz-crc32": zlib.crc32(found)}, found)


def event(method, path, body):
    """API Gateway's."""
    found = functions.event()
    found |= {"httpMethod": method, "path": path, "body": body}
    found["requestContext"] |= {"httpMethod": method, "path": f"/live{path}"}
    return json.dumps(found).encode()


@contextlib.contextmanager
def served(certificate=None):
    """A server on the loopback interface, with TLS where there is a certificate."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads, server.calls = True, collections.deque()
    server.asked, server.ended = threading.Event(), threading.Event()
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate["chain"], certificate["key"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()


def profile(program, certificate, calls):
    """callgrind's profile of a start and these calls."""
    path = FOLDER / "callgrind.out"
    with served() as runtime, served(certificate) as table:
        runtime.calls.extend(event(*call) for call in calls)
        environment = functions.ENVIRONMENT | {
            "_HANDLER": "bootstrap", "AWS_CA_BUNDLE": str(certificate["roots"]), "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.server_port}",
            "AWS_ENDPOINT_URL_DYNAMODB": f"https://localhost:{table.server_port}",
        }
        command = ["valgrind", "--quiet", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={path}", program]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            asked = runtime.asked.wait(120)
            process.terminate()
    if not asked:
        raise Broken(f"{program} did not answer its {len(calls)} calls in two minutes")
    return path.read_text()


def ran(text, program):
    """The functions of a program that ran, as the linker knows them: words in brackets are callgrind's own."""
    names, objects, of, found = {}, {}, None, set()
    for line in text.splitlines():
        named = re.fullmatch(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?", line)
        if not named:
            continue
        called, kind, number, name = named.groups()
        known = objects if kind == "ob" else names
        if name:
            known[number] = name
        if called:
            continue
        if kind == "ob":
            of = known[number]
        elif of == str(program):
            # callgrind's count of how deep a call of itself is.
            found.add(re.sub(r"'\d+$", "", known[number]))
    return {name for name in found if re.fullmatch(r"[A-Za-z_][\w.$]*", name)}


def pattern(symbol):
    """Its section, whatever the hashes in its name. The whole name would be precise by a twentieth, and the list three times as long."""
    if not symbol.startswith(("_ZN", "_R")):
        # C's. Assembly has no sections of its own, and finds none.
        return f".text.{symbol}"
    name = re.sub(r"17h[0-9a-f]{16}E.*$", "17h*", symbol)
    if name.startswith("_R"):
        name = re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", re.sub(r"\.\d+$", "*", name))
    # What is seldom called has `unlikely.` before its name.
    return f".text.*{name if len(name) <= LENGTH else name[:LENGTH].rstrip('*') + '*'}"


def main():
    certificate = certificates.write(functions.FOLDER / "certificates")
    folder = ROOT / "functions" / "contacts-api"
    static = str(ROOT / "functions" / "static.toml")
    # Static, for the functions of the C library are ordered with it.
    built = functions.cargo_lambda(
        folder, "contacts-api", FOLDER / "lambda", CARGO_LAMBDA_GLOBAL=static, CARGO_PROFILE_RELEASE_STRIP="none", CARGO_TARGET_DIR=str(FOLDER / "target")
    )
    program = built / "bootstrap"
    text, known = HEAD, set()
    for title, calls in STEPS:
        print(f"==> {title}: {len(calls)} calls", flush=True)
        found = {pattern(name) for name in ran(profile(program, certificate, calls), program)} - known
        known |= found
        text += f"    /* {title}. */\n" + "".join(f"    *({name})\n" for name in sorted(found))
    WRITTEN.write_text(text + TAIL)
    print(f"{len(known)} names written to {WRITTEN.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Broken, OSError) as why:
        print(f"order: {why}", file=sys.stderr)
        sys.exit(2)
