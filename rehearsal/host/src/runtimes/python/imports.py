"""Says what a handler's code imports and this machine has not, without running any of it: what its own files import as they are loaded.

It is said as JSON, which `imports.rs` reads.
"""

import ast
import glob
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
if HERE not in sys.path:
    sys.path.insert(0, HERE)

from rehearse_runtime import modules

MOST_FILES = 200


def find(name, path=None):
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec
    return None


class Imports:
    """What is wrong is raised as `Missing`."""

    def __init__(self, task):
        self.task = os.path.realpath(task)
        # Where packages are installed beside the code, a build has put them there.
        self.is_built = bool(glob.glob(os.path.join(glob.escape(self.task), "*.dist-info")))
        self.read = set()

    def module(self, name, by=None):
        path = None
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            spec = find(".".join(parts[:count]), path)
            if spec is None and by is None:
                raise Missing("handler", handler=name)
            if spec is None and count == 1:
                hint = modules.hint(parts[0])
                raise Missing("shipped" if hint else "package", by=by, name=parts[0], **({"hint": hint} if hint else {}))
            if spec is None:
                # A name of the module before it, or what that makes as it runs.
                return
            self.file(spec)
            path = spec.submodule_search_locations
            if path is None:
                return

    def file(self, spec):
        place = os.path.realpath(spec.origin or "")
        is_own = place.startswith(self.task + os.sep) and place.endswith(".py")
        if not is_own or place in self.read or len(self.read) >= MOST_FILES:
            return
        if self.read and self.is_built:
            return
        self.read.add(place)
        name = os.path.relpath(place, self.task)
        with open(place, "rb") as source:
            text = source.read()
        if b"sys.path" in text:
            raise NotKnown
        try:
            tree = ast.parse(text, name)
        except SyntaxError as error:
            raise Missing("syntax", by=name, error=f"{error.msg} (line {error.lineno})")
        package = spec.name if spec.submodule_search_locations is not None else spec.parent or ""
        # What stands in a function, a `try` or an `if` may not be needed.
        for statement in tree.body:
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    self.module(alias.name, name)
            elif isinstance(statement, ast.ImportFrom):
                self.module_from(statement, package, name)

    def module_from(self, statement, package, by):
        base = statement.module or ""
        if statement.level:
            above = package.split(".") if package else []
            above = above[: len(above) - statement.level + 1]
            base = ".".join([*above, *([base] if base else [])])
        if not base:
            return
        self.module(base, by)
        for alias in statement.names:
            if alias.name != "*":
                self.module(f"{base}.{alias.name}", by)


class Missing(Exception):
    """What is not here: its kind, and what is known of it."""

    def __init__(self, kind, **of):
        super().__init__(kind)
        self.found = {"kind": kind, **of}


class NotKnown(Exception):
    """Where modules are is decided as the code runs."""


def main(handler):
    task = os.environ["LAMBDA_TASK_ROOT"]
    modules.prepare(HERE)
    try:
        Imports(task).module(handler.rpartition(".")[0].replace("/", "."))
    except Missing as missing:
        print(json.dumps(missing.found))
    except NotKnown:
        pass


main(sys.argv[1])
