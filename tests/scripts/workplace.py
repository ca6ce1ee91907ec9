"""A place of their own for the scripts: a copy of them, with samconfig.toml, and nothing on PATH but what they need."""

from __future__ import annotations

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import models

# A shell has what runs in its background ignore Ctrl-C, and so would the scripts: what a process ignores, those that it starts ignore too.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAKES = pathlib.Path(__file__).resolve().parent
# Where all calls go unless a test says otherwise, and the options by which they do.
REGION = "eu-west-1"
HERE = ["--region", REGION]
TOOLS = ("bash", "awk", "basename", "cat", "date", "dirname", "env", "grep", "mktemp", "rm", "sed", "sleep", "tail", "tee", "tr", "uname")

OUTPUTS = {
    "DeploymentApplication": "contacts-App",
    "DeploymentGroup": "contacts-Group",
    "Table": "contacts-ContactsTable-1",
    "FunctionLogs": "/aws/lambda/contacts/contacts",
    "PreTrafficHookLogs": "/aws/lambda/contacts/pre-traffic-hook",
    "PostTrafficHookLogs": "/aws/lambda/contacts/post-traffic-hook",
    "HookGuardLogs": "/aws/lambda/contacts/hook-guard",
}


class Ended(NamedTuple):
    """What came of a script."""

    code: int
    stdout: str
    stderr: str
    calls: List[List[str]]
    place: Optional[Dict[str, str]]

    def called(self, *words: str) -> List[List[str]]:
        """The calls that begin so."""
        return [call for call in self.calls if call[: len(words)] == list(words)]


class Workplace:
    """To be used in a `with`."""

    def __init__(self, *, aws: bool = True, tools: Sequence[str] = ()) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self._folder.name).resolve()
        self.bin = self.root / "bin"
        self.bin.mkdir()
        shutil.copytree(ROOT / "scripts", self.root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "samconfig.toml", self.root)
        shutil.copy(ROOT / "Makefile", self.root)
        shutil.copy(ROOT / "template.yaml", self.root)
        self.built()
        for tool in (*TOOLS, *tools):
            place = shutil.which(tool)
            assert place, f"there is no {tool} on this machine"
            (self.bin / tool).symlink_to(place)
        shutil.copy(FAKES / "places.py", self.bin)
        self.profiles(default={"account": "111111111111"})
        self._install("python3", None)
        self._install("sam", "sam.py")
        if aws:
            self._install("aws", "aws.py")

    def __enter__(self) -> Workplace:
        return self

    def __exit__(self, *_: Any) -> None:
        self._folder.cleanup()

    def _install(self, name: str, fake: Optional[str]) -> None:
        """A command that is run by the interpreter of these tests, which has botocore."""
        if fake:
            shutil.copy(FAKES / fake, self.bin / fake)
        script = f'"{self.bin / fake}"' if fake else ""
        command = self.bin / name
        command.write_text(f'#!{shutil.which("bash")}\nexec "{sys.executable}" {script} "$@"\n')
        command.chmod(0o755)

    def profiles(self, *, keys: str = "999999999999", **profiles: Dict[str, str]) -> None:
        """The profiles of this machine, each with its account and perhaps a Region, and the account that keys are of."""
        (self.bin / "places.json").write_text(json.dumps({"keys": keys, "profiles": profiles}))

    def says(self, tool: str, text: str) -> None:
        """What a tool prints, instead of what this machine's does."""
        command = self.bin / tool
        command.unlink(missing_ok=True)
        command.write_text(f'#!{shutil.which("bash")}\necho "{text}"\n')
        command.chmod(0o755)

    def built(self, machine: int = 62, functions: Sequence[str] = ("Contacts", "HookGuard")) -> None:
        """sam has built functions for this processor, by the ELF header's e_machine: the header's beginning is all that a script reads."""
        for function in functions:
            folder = self.root / ".aws-sam" / "build" / function
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "bootstrap").write_bytes(b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + machine.to_bytes(2, "little"))

    def answer(self, service: str, operation: str, *answers: Any) -> None:
        """What AWS answers, one call after the other; a string is an error."""
        for answer in answers:
            if not isinstance(answer, str):
                models.check_answer(service, operation, answer)
        folder = self.bin / "answers" / service
        folder.mkdir(parents=True, exist_ok=True)
        listed = [{"error": answer} if isinstance(answer, str) else {"answer": answer} for answer in answers]
        (folder / f"{operation}.json").write_text(json.dumps(listed))

    def plainly(self, operation: str, answer: str) -> None:
        """What `aws configure` prints."""
        folder = self.bin / "answers" / "configure"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{operation}.json").write_text(json.dumps([{"answer": answer}]))

    def stack(self, outputs: Optional[Dict[str, str]] = None, *, status: str = "UPDATE_COMPLETE", **parameters: str) -> None:
        """There is a stack with these outputs and parameters."""
        found = [{"OutputKey": key, "OutputValue": value} for key, value in (OUTPUTS if outputs is None else outputs).items()]
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        stack = {"StackName": "contacts", "CreationTime": "2026-01-01T00:00:00Z", "StackStatus": status, "Outputs": found, "Parameters": given}
        self.answer("cloudformation", "describe-stacks", {"Stacks": [stack]})

    def sam(self, *, prints: str = "", code: int = 0) -> None:
        """What sam does."""
        (self.bin / "sam.out").write_text(prints)
        (self.bin / "sam.code").write_text(str(code))

    def run(self, script: str, *arguments: str, stdin: Any = subprocess.DEVNULL, **environment: str) -> Ended:
        """Runs one of the scripts to its end."""
        return self._run([str(self.root / "scripts" / f"{script}.sh"), *arguments], stdin, environment)

    def make(self, *words: str) -> Ended:
        """Runs make, with variables and targets."""
        return self._run(["make", "-C", str(self.root), "--no-print-directory", *words], subprocess.DEVNULL, {})

    def bash(self, script: str, **environment: str) -> Ended:
        """Runs lines of bash that have sourced stack.sh."""
        lines = f'set -euo pipefail; source "{self.root}/scripts/stack.sh"; {script}'
        return self._run(["bash", "-c", lines], subprocess.DEVNULL, environment)

    def _run(self, command: List[str], stdin: Any, environment: Dict[str, str]) -> Ended:
        calls = self.bin / "calls"
        calls.unlink(missing_ok=True)
        (self.bin / "place").unlink(missing_ok=True)
        clean = {"PATH": str(self.bin), "HOME": str(self.root), "TMPDIR": str(self.root), "AWS_REGION": REGION}
        ended = subprocess.run(
            command, cwd="/", env={**clean, **environment}, stdin=stdin, capture_output=True, encoding="utf-8", timeout=60, check=False
        )
        made = [json.loads(line) for line in calls.read_text().splitlines()] if calls.is_file() else []
        for call in made:
            if call[0] == "aws" and call[1] != "configure":
                models.check_call(call)
        place = self.bin / "place"
        at = json.loads(place.read_text()) if place.is_file() else None
        return Ended(ended.returncode, ended.stdout, ended.stderr, made, at)
