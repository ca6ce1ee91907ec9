"""The lists of Python packages: whole, pinned and hashed for every Python and system, and nothing else is ever installed."""

from __future__ import annotations

import base64
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from typing import Dict, Iterator, List, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = pathlib.Path(__file__).resolve().parents[2]
LISTS = ROOT / "scripts" / "requirements"
# What CONTRIBUTING.md says that it runs on.
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
SYSTEMS = (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "x86_64"), ("darwin", "arm64"))


class Pinned(NamedTuple):
    """An entry of a list."""

    requirement: Requirement
    hashes: List[str]


def environments() -> Iterator[Dict[str, str]]:
    """Every Python on every system, as markers see it."""
    for python in PYTHONS:
        for system, machine in SYSTEMS:
            name = {"linux": "Linux", "darwin": "Darwin"}[system]
            of_python = {"python_version": python, "python_full_version": f"{python}.1", "implementation_name": "cpython"}
            of_system = {"sys_platform": system, "platform_system": name, "platform_machine": machine, "os_name": "posix"}
            yield {**of_python, **of_system, "platform_python_implementation": "CPython"}


def pinned(path: pathlib.Path) -> List[Pinned]:
    """The entries of a list, which uv writes: a requirement, and its hashes on the lines after it."""
    entries = []
    for line in path.read_text().splitlines():
        if re.match(r"\w", line):
            entries.append(Pinned(Requirement(line.rstrip(" \\")), []))
        elif "--hash=" in line:
            entries[-1].hashes.append(line.strip(" \\").partition("--hash=")[2])
        elif line.strip() and not line.lstrip().startswith("#"):
            raise AssertionError(f"{path.name}: {line}")
    return entries


def asked(path: pathlib.Path) -> List[Requirement]:
    """What a NAME.in asks for."""
    return [Requirement(line) for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]


def chosen(entries: List[Pinned], environment: Dict[str, str]) -> Dict[str, str]:
    """What is installed in an environment: each package's version."""
    found: Dict[str, str] = {}
    for requirement, _ in entries:
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{name} twice for {environment}"
            found[name] = str(requirement.specifier)
    return found


class TheLists(unittest.TestCase):
    def test_are_written_from_what_is_asked_for(self) -> None:
        names = {path.stem for path in LISTS.glob("*.in")}
        self.assertEqual(names, {path.stem for path in LISTS.glob("*.txt")})
        self.assertIn("sam", names)

    def test_pin_every_entry_to_one_version_and_to_the_hashes_of_its_files(self) -> None:
        for path in LISTS.glob("*.txt"):
            for requirement, hashes in pinned(path):
                with self.subTest(path.name, requirement=str(requirement)):
                    self.assertRegex(str(requirement.specifier), r"^==[^*,]+$")
                    self.assertIsNone(requirement.url)
                    self.assertTrue(hashes)
                    for digest in hashes:
                        self.assertRegex(digest, r"^sha256:[0-9a-f]{64}$")

    def test_have_what_is_asked_for_in_every_environment_and_one_version_for_all(self) -> None:
        for environment in environments():
            versions: Dict[str, str] = {}
            for path in LISTS.glob("*.in"):
                found = chosen(pinned(path.with_suffix(".txt")), environment)
                for requirement in asked(path):
                    if requirement.marker is None or requirement.marker.evaluate(environment):
                        version = found[canonicalize_name(requirement.name)].lstrip("=")
                        self.assertTrue(requirement.specifier.contains(version), f"{requirement}, not {version}")
                # All go into one place.
                for name, version in found.items():
                    self.assertEqual(versions.setdefault(name, version), version, f"{name} in {path.name} for {environment}")

    def test_are_for_the_pythons_that_are_asked_of_a_contributor(self) -> None:
        said = f"{PYTHONS[0]} to {PYTHONS[-1]}"
        for path in ("CONTRIBUTING.md", "docs/deploy.md", "scripts/venv.sh"):
            self.assertIn(said, (ROOT / path).read_text(), path)
        self.assertIn(f"pythons=({' '.join(PYTHONS)})\n", (ROOT / "scripts/requirements.sh").read_text())


class Installing(unittest.TestCase):
    """`scripts/venv.sh` with packages of this test, from a folder instead of PyPI."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        self.lists = self.root / "scripts" / "requirements"
        self.lists.mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "venv.sh", self.root / "scripts")
        (self.lists / "backends.txt").write_text("# none\n")
        self.other = self.wheel("other")
        self.some = self.wheel("some", "other==1.0")

    def wheel(self, name: str, *requires: str) -> str:
        """Makes a package; its entry in a list."""
        files = {
            f"{name}.py": "",
            f"{name}-1.0.dist-info/METADATA": "\n".join(
                [f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0", *(f"Requires-Dist: {each}" for each in requires)]
            ),
            f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        records = []
        path = self.root / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for place, text in files.items():
                archive.writestr(place, text)
                digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
                records.append(f"{place},sha256={digest},{len(text)}")
            archive.writestr(f"{name}-1.0.dist-info/RECORD", "\n".join([*records, f"{name}-1.0.dist-info/RECORD,,"]))
        return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"

    def installed(self, *entries: str) -> "subprocess.CompletedProcess[str]":
        (self.lists / "sam.txt").write_text("".join(entries))
        own = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        environment = {
            **own,
            "PYTHON": sys.executable,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.root),
        }
        command = [str(self.root / "scripts" / "venv.sh"), "sam"]
        return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False)

    def has(self, name: str) -> bool:
        return bool(list(self.root.glob(f".venv/lib/*/site-packages/{name}.py")))

    def test_takes_what_the_list_names_and_nothing_else(self) -> None:
        for why, entries, said in (
            ("another file", [self.other.replace("sha256:", "sha256:0")[:-2] + "\n"], "HASHES"),
            ("a file without a hash", ["other==1.0\n"], "--require-hashes"),
            ("a package that the list lacks", [self.some], "requires other"),
        ):
            with self.subTest(why):
                ended = self.installed(*entries)
                self.assertEqual(ended.returncode, 1, ended.stdout)
                self.assertIn(said, ended.stderr + ended.stdout)
                self.assertFalse(self.has("other"))
                self.assertEqual(list(self.root.glob(".venv/sam.installed")), [])
        ended = self.installed(self.some, self.other)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertTrue(self.has("other") and self.has("some"))
        # Once: the files are not even looked for again.
        for path in self.root.glob("*.whl"):
            path.rename(path.with_suffix(".away"))
        again = self.installed(self.some, self.other)
        self.assertEqual((again.returncode, again.stdout), (0, ""))
        # Nothing stays of what another list brought.
        for path in self.root.glob("*.away"):
            path.rename(path.with_suffix(".whl"))
        self.assertEqual(self.installed(self.other).returncode, 0)
        self.assertTrue(self.has("other"))
        self.assertFalse(self.has("some"))


class Everywhere(unittest.TestCase):
    def test_packages_are_installed_by_these_lists_alone(self) -> None:
        """In scripts, workflows and the Makefile; cargo's by the version and with its own lock, npm's by the lock, which has hashes."""
        places = [*ROOT.glob("scripts/*.sh"), *ROOT.glob(".github/workflows/*.yml"), ROOT / "Makefile", ROOT / ".ci" / "run"]
        found = [
            (path.name, line.strip())
            for path in places
            for line in path.read_text().splitlines()
            if re.search(r"\b(pip3? install|pipx|uvx|npx(?! --no-install)|npm (i|install|ci)|uv tool|curl|wget)\b|cargo install|\(CARGO\) install", line)
            and not line.lstrip().startswith("#")
        ]
        for name, line in found:
            with self.subTest(name, line=line):
                self.assertRegex(
                    line,
                    r"--require-hashes|^(\{ )?npm ci --ignore-scripts "
                    r"|^@\$\(CARGO\) install --locked --quiet --root \S+ \$\((CARGO_DENY|CARGO_CYCLONEDX)\)$",
                )
        self.assertLessEqual({"venv.sh", "cdk.sh", "Makefile"}, {name for name, _ in found})
        for tool in ("DENY", "CYCLONEDX"):
            self.assertRegex((ROOT / "Makefile").read_text(), rf"(?m)^CARGO_{tool} := cargo-{tool.lower()}@\d+\.\d+\.\d+$")


if __name__ == "__main__":
    unittest.main()
