"""What CDK makes of `cdk/`, and the stack in it under the names that SAM gives, so that one can be held against the other."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import re
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, NamedTuple, Optional

import template
from names import HOOKS
from stack import STACK_NAME, Stack
from template import Template

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = ROOT / "cdk"

# What `make cdk-synth` has written. Of its environments the one that shifts traffic as template.yaml does by default.
OUT = APPLICATION / "cdk.out"
STACK = "ContactsStaging"

# What the functions are built as, and the processors of programs for Linux (elf.h, EM_X86_64 and EM_AARCH64).
BINARIES = ("contacts-api", "pre-traffic-hook", "post-traffic-hook", "hook-guard")
X86_64 = 62
AARCH64 = 183

# A construct's path, without the stack before it and `Resource` behind it, and what SAM calls the same resource.
SAME = {
    "Alarms/AliasErrors": "AliasErrors",
    "Alarms/ApiClientErrors": "ApiClientErrors",
    "Alarms/ApiLatency": "ApiLatency",
    "Alarms/ApiServerErrors": "ApiServerErrors",
    "Alarms/TableSystemErrors": "TableSystemErrors",
    "Alarms/TableThrottles": "TableThrottles",
    "Alarms/VersionErrors": "VersionErrors",
    "AlarmTopic": "AlarmTopic",
    "ApiUrl": "ApiUrl",
    "Contacts": "Contacts",
    "Contacts/CurrentVersion": "ContactsVersion",
    "Contacts/ServiceRole": "ContactsRole",
    "ContactsApi": "ContactsApi",
    "ContactsApi/Account": "ApiGatewayAccount",
    "ContactsApi/CloudWatchRole": "ApiGatewayLoggingRole",
    "ContactsApi/Deployment": "ContactsApiDeployment",
    "ContactsApi/DeploymentStage.live": "ContactsApiliveStage",
    "ContactsApiLogs": "ApiLogs",
    "ContactsLogs": "ContactsLogs",
    "ContactsTable": "ContactsTable",
    "Dashboard": "Dashboard",
    "Deployment/Group": "ContactsDeploymentGroup",
    "Deployment/Group/Application": "ServerlessDeploymentApplication",
    "Deployment/Group/ServiceRole": "CodeDeployServiceRole",
    "HookGuard": "HookGuard",
    "HookGuard/ServiceRole": "HookGuardRole",
    "HookGuardLogs": "HookGuardLogs",
    "Live": "ContactsAliaslive",
    "PostTrafficHook": "PostTrafficHook",
    "PostTrafficHook/ServiceRole": "PostTrafficHookRole",
    "PostTrafficHook/WhenItDies": "PostTrafficHookEventInvokeConfig",
    "PostTrafficHookCallsTheApi": "PostTrafficHookCallsTheApi",
    "PostTrafficHookLogs": "PostTrafficHookLogs",
    "PreTrafficHook": "PreTrafficHook",
    "PreTrafficHook/ServiceRole": "PreTrafficHookRole",
    "PreTrafficHook/WhenItDies": "PreTrafficHookEventInvokeConfig",
    "PreTrafficHookLogs": "PreTrafficHookLogs",
}

# SAM ends these logical ids in a hash of what is in the resource.
HASHED = re.compile(r"^(ContactsVersion|ContactsApiDeployment)[0-9a-f]{10}$")


_LASTING = contextlib.ExitStack()
atexit.register(_LASTING.close)


class Synthesised(NamedTuple):
    """One run of a CDK application."""

    folder: Path

    def template(self, stack: str) -> Template:
        """The template of one of its stacks, as it was written."""
        return json.loads((self.folder / f"{stack}.template.json").read_text(encoding="utf-8"))


def made() -> Synthesised:
    """What `make cdk-synth` has made."""
    if not (OUT / "manifest.json").exists():
        raise FileNotFoundError(f"there is no {OUT / 'manifest.json'}: make cdk-synth")
    return Synthesised(OUT)


@contextlib.contextmanager
def synthesise(application: str, builds: Path) -> Iterator[Synthesised]:
    """Runs a compiled application of `cdk/build` as `cdk synth` does. Raises `ValueError` with what it says where it fails.

    Not by the command, which takes as long again to start as the application to run.
    """
    context = json.loads((APPLICATION / "cdk.json").read_text(encoding="utf-8"))["context"]
    context.update({"builds": str(builds), "aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True})
    with tempfile.TemporaryDirectory(prefix="cdk.") as folder:
        done = subprocess.run(
            ["node", f"build/{application}.js"],
            cwd=APPLICATION,
            env={**os.environ, "CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": folder},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise ValueError(done.stderr)
        yield Synthesised(Path(folder))


@functools.lru_cache(maxsize=None)
def every_setting(**bootstraps: bytes) -> Synthesised:
    """`cdk/test/every-setting.ts`, for the functions of `builds`. Run once for each; its folder lasts as long as the tests."""
    with builds(**bootstraps) as folder:
        return _LASTING.enter_context(synthesise("test/every-setting", folder))


@contextlib.contextmanager
def builds(**bootstraps: bytes) -> Iterator[Path]:
    """A folder as `cargo lambda build` leaves it, with what each binary is: `builds(contacts_api=…)`."""
    with tempfile.TemporaryDirectory(prefix="builds.") as folder:
        for binary in BINARIES:
            place = Path(folder) / binary / "bootstrap"
            place.parent.mkdir()
            place.write_bytes(bootstraps.get(binary.replace("-", "_"), program(AARCH64)))
        yield Path(folder)


def program(machine: int) -> bytes:
    """The beginning of a program for Linux: as much as tells its processor (elf.h, `Elf64_Ehdr`)."""
    return struct.pack("<4s5B7xHHI", b"\x7fELF", 2, 1, 1, 0, 0, 3, machine, 1)


def of_cdk(synthesised: Template, name: str, parameters: Optional[Dict[str, str]] = None) -> Stack:
    """A stack of CDK's under SAM's names. `parameters` are those of template.yaml, whose values were settings of the application."""
    paths = {logical_id: resource["Metadata"]["aws:cdk:path"] for logical_id, resource in synthesised["Resources"].items()}
    renamed = {logical_id: SAME.get(_construct(path), logical_id) for logical_id, path in paths.items()}
    declared = template.load()["Parameters"]
    stack = Stack(_renamed(synthesised, renamed, name), {**{key: str(of["Default"]) for key, of in declared.items()}, **(parameters or {})})
    stack.conditions = {"HasAlarmEmail": bool(stack.parameters["AlarmEmail"])}
    return stack


def of_sam(parameters: Optional[Dict[str, str]] = None) -> Stack:
    """The stack of template.yaml, without the hashes in its names, and without the names of its hooks.

    SAM's role for CodeDeploy asks for `CodeDeployHook_` before a hook's name. CDK lets CodeDeploy invoke the two by their ARNs, and leaves
    it to CloudFormation to call them something.
    """
    expanded = template.transform(template.load(), parameters)
    named = {logical_id: HASHED.sub(r"\1", logical_id) for logical_id in expanded["Resources"]}
    renamed = _renamed(expanded, named, STACK_NAME)
    for hook in HOOKS:
        del renamed["Resources"][hook]["Properties"]["FunctionName"]
    return Stack(renamed, parameters)


def _construct(path: str) -> str:
    """A construct's path without the stack before it, and without the child that is the resource itself."""
    return re.sub(r"/Resource$", "", path.split("/", 1)[1])


def _renamed(of: Template, names: Dict[str, str], stack_name: str) -> Template:
    """A template with other logical ids; and with the stack's name, where CDK has written it out, as `Stack` evaluates it."""

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {names.get(inner, inner): walk(content, inner) for inner, content in value.items()}
        if isinstance(value, list):
            return [walk(item, key) for item in value]
        if not isinstance(value, str):
            return value
        if value in names:
            return names[value]
        if key == "Fn::Sub":
            return re.sub(r"\$\{(\w+)", lambda found: "${" + names.get(found[1], found[1]), value)
        return re.sub(rf"\b{re.escape(stack_name)}\b", STACK_NAME, value)

    return walk(of)
