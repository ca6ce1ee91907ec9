"""The functions that are measured side by side: ours, the floor, and peers that do the same work."""

import filecmp
import json
import os
import pathlib
import platform
import shutil
import sys
import zipfile

import certificates
from machine import ROOT, Broken, run

FOLDER = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "bench"
PEERS = ROOT / "benches" / "peers"
HELLO, LIMIT = "hello (floor)", "hello + a TLS request"
CONTACTS, STATIC = "contacts API", "contacts API, static"
SDK_DEFAULTS, NODEJS, PYTHON = "SDK defaults", "Node.js + SDK v3", "Python + boto3"
ID = "01976b1c-7c1e-7c3a-9f0e-3b8a0c7b9d11"
# What Lambda gives to each; the credentials open nothing.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIABENCH", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_SESSION_TOKEN": "bench", "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1", "AWS_LAMBDA_FUNCTION_NAME": "measured", "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/measured", "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/29/[1]0", "TABLE_NAME": "contacts",
    "HOME": "/home/sbx_user1051", "LANG": "en_US.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": ":UTC",
}


def cargo_lambda(folder, binary, into=FOLDER / "lambda", **environment):
    """The folder of a function's zip, built as `sam build` builds it: one package by itself, by cargo-lambda."""
    tools = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = ["cargo-lambda", "lambda", "build", "--locked", "--release", "--bin", binary, "--lambda-dir", into]
    if platform.machine() == "aarch64":
        command.append("--arm64")
    run([ROOT / ".venv" / "bin" / command[0], *command[1:]], folder, PATH=tools, **environment)
    return into / binary


def provided(root, **trust):
    """A function of the operating system's own runtime."""
    return {"root": root, "command": [root / "bootstrap"], "environment": {"_HANDLER": "bootstrap"}, "trust": trust}


def hello(_):
    return provided(cargo_lambda(PEERS / "hello", "bench-hello")) | {"answers": "hello"}


def limit(certificate):
    """The least that a first call over TLS can be: the handshake and one request, without SDK, signature, retries and time-outs."""
    return provided(cargo_lambda(PEERS / "tls-request", "bench-tls-request"), AWS_CA_BUNDLE=certificate["roots"])


def contacts(certificate):
    # Five roots, as it has Amazon's built in.
    return provided(cargo_lambda(ROOT / "functions" / "contacts-api", "contacts-api"), AWS_CA_BUNDLE=certificate["roots"])


def static(certificate):
    """The same with its C library in it, which is to be had for one processor."""
    if platform.machine() != "x86_64":
        raise Broken("it is for x86_64")
    # In a folder of its own, for it has the other's name.
    folder = ROOT / "functions"
    root = cargo_lambda(folder / "contacts-api", "contacts-api", FOLDER / "lambda-static", CARGO_LAMBDA_GLOBAL=str(folder / "static.toml"))
    return provided(root, AWS_CA_BUNDLE=certificate["roots"])


def sdk_defaults(certificate):
    root = cargo_lambda(PEERS / "sdk-defaults", "bench-sdk-defaults", CARGO_TARGET_DIR=str(FOLDER / "sdk-defaults"))
    function = provided(root)
    # It reads the system's: some 145, on Lambda too.
    function["environment"]["SSL_CERT_FILE"] = certificate["system"]
    return function


def changed(lock, name):
    """Whether a list of packages is another than the one that was installed."""
    return not (FOLDER / name).exists() or not filecmp.cmp(lock, FOLDER / name, shallow=False)


def nodejs(certificate):
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Broken("there is no node with npm on this machine")
    packages, root = FOLDER / "nodejs-packages", FOLDER / "nodejs"
    source = PEERS / "nodejs"
    if changed(source / "package-lock.json", "nodejs.installed"):
        packages.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, packages)
        run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], packages)
        shutil.copy(source / "package-lock.json", FOLDER / "nodejs.installed")
    shutil.copy(source / "app.mjs", packages)
    # As SAM calls esbuild for a function whose metadata names it.
    run([packages / "node_modules" / ".bin" / "esbuild", "app.mjs", "--bundle", "--minify", "--platform=node", "--target=es2020",
         "--format=cjs", f"--outfile={root / 'app.js'}", "--log-level=error"], packages)
    client = ROOT / "rehearsal" / "host" / "src" / "runtimes" / "nodejs" / "index.mjs"
    # A program of Node.js's own, where it is a launcher that picks one.
    node = run([node, "--print", "process.execPath"]).strip()
    return {"root": root, "command": [node, client], "trust": {"NODE_EXTRA_CA_CERTS": certificate["roots"]},
            "environment": {"_HANDLER": "app.handler", "LAMBDA_TASK_ROOT": root}}


def python(certificate):
    root, source = FOLDER / "python", PEERS / "python"
    if changed(source / "requirements.txt", "python.installed"):
        shutil.rmtree(root, ignore_errors=True)
        run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps",
             "--only-binary", ":all:", "--target", root, "--requirement", source / "requirements.txt"])
        shutil.copy(source / "requirements.txt", FOLDER / "python.installed")
    shutil.copy(source / "app.py", root)
    # The interpreter itself: one of a virtual environment looks for that first, and Lambda's does not.
    interpreter = os.path.realpath(sys.executable)
    return {"root": root, "command": [interpreter, "-m", "awslambdaric", "app.handler"], "trust": {"AWS_CA_BUNDLE": certificate["system"]},
            "environment": {"_HANDLER": "app.handler", "LAMBDA_TASK_ROOT": root}}


FUNCTIONS = {
    HELLO: hello, LIMIT: limit, CONTACTS: contacts, STATIC: static, SDK_DEFAULTS: sdk_defaults, NODEJS: nodejs, PYTHON: python,
}


def event():
    """API Gateway's, for one contact."""
    found = json.loads((ROOT / "functions/contacts-api/tests/events/rest.json").read_text())
    found["path"], found["resource"], found["pathParameters"] = f"/contacts/{ID}", "/contacts/{id}", {"id": ID}
    found["requestContext"] |= {"path": f"/live/contacts/{ID}", "resourcePath": "/contacts/{id}"}
    return found


def zip_bytes(root):
    """How large its zip is, as `sam package` packs it."""
    path = FOLDER / "measured.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(root.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, file.relative_to(root))
    size = path.stat().st_size
    path.unlink()
    return size


def built(left_out, names):
    """Builds those of these names. What this machine lacks is left out, by its name."""
    certificate = certificates.write(FOLDER / "certificates")
    functions = {}
    for name in names:
        print(f"==> Building {name}", flush=True)
        try:
            functions[name] = {"answers": "Ada"} | FUNCTIONS[name](certificate)
        except Broken as why:
            if name in (HELLO, LIMIT, CONTACTS):
                raise
            left_out.append({"what": name, "why": str(why)})
    return functions, certificate


def measured(functions, certificate, starts, warm_calls):
    """Every measurement of each."""
    plan = {
        "starts": starts, "warm_calls": warm_calls, "event": event(), "environment": ENVIRONMENT,
        "certificates": {"chain": str(certificate["chain"]), "key": str(certificate["key"])},
        "functions": [
            {"name": name, "directory": str(function["root"]), "answers": function["answers"],
             "command": [str(part) for part in function["command"]],
             "environment": {key: str(value) for key, value in function["environment"].items()},
             "trust": {key: str(value) for key, value in function["trust"].items()}}
            for name, function in functions.items()
        ],
    }
    path = FOLDER / "plan.json"
    path.write_text(json.dumps(plan, indent=1) + "\n")
    run(["cargo", "build", "--locked", "--quiet", "--profile", "rehearse", "--package", "bench-driver"])
    found = json.loads(run([FOLDER.parent / "rehearse" / "bench-driver", "functions", path]))
    return {name: found[name] | {"zip_bytes": zip_bytes(function["root"])} for name, function in functions.items()}
