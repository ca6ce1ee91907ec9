"""The processor that the functions are built for, and the one that `sam deploy` is told, as the template's parameter Architecture names it.

    architecture.py built FOLDER                          what sam has built there
    architecture.py told CONFIG ENV TEMPLATE [OPTION…]    what the options of `sam deploy` or samconfig.toml say; nothing where neither does
    architecture.py default TEMPLATE                      what the template says
"""

import pathlib
import re
import sys

try:
    import tomlkit
    from samtranslator.yaml_helper import yaml_parse
except ImportError as error:
    sys.exit(f"architecture: {error}. It comes with sam: scripts/venv.sh sam")

# The ELF header's e_machine: two bytes at offset 18, little-endian in the files of both (elf.h, EM_X86_64 and EM_AARCH64).
MACHINES = {62: "x86_64", 183: "arm64"}

# As a word (Architecture=arm64, ParameterKey=Architecture,ParameterValue=arm64), quoted or not; in JSON or YAML, too.
OVERRIDE = re.compile(r"\bArchitecture\W+(?:ParameterValue\W+)?(x86_64|arm64)\b")

# What sam takes in the place of overrides, from the folder that it runs in.
FILE = re.compile(r"file://([^\s\"',\]]+)")


def content(match):
    """A file's text; nothing of one that is not there, which sam refuses itself."""
    path = pathlib.Path(match[1])
    return path.read_text("utf-8") if path.is_file() else ""


def machine(path):
    """What one binary is built for."""
    with open(path, "rb") as binary:
        header = binary.read(20)
    if len(header) < 20 or header[:4] != b"\x7fELF":
        sys.exit(f"architecture: {path} is no program for Linux. Build again: make sam-build")
    number = int.from_bytes(header[18:20], "little")
    return MACHINES.get(number, f"another processor ({number})")


def built(folder):
    """What all of a build is built for."""
    found = {path: machine(path) for path in sorted(pathlib.Path(folder).glob("*/bootstrap"))}
    if not found:
        sys.exit(f"architecture: nothing is built in {folder}. Build it first: make sam-build")
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{path.parent.name} for {name}" for path, name in found.items())
        sys.exit(f"architecture: the functions are built for different processors: {listed}. Build again: make sam-build")
    return found.popitem()[1]


def told(config, env, template, options):
    """What `sam deploy` is told. Options go before samconfig.toml, all of them: of its overrides none is left where there is an option."""
    found = from_options(options)
    if found is None:
        found = from_config(config, env)
    said = OVERRIDE.findall(FILE.sub(content, found))
    if said:
        return said[-1]
    # The guide offers the template's default, whatever the stack has, and passes on what it is answered.
    return default(template) if {"--guided", "-g"} & set(options) else ""


def from_options(options):
    """The text of the last --parameter-overrides; None without one."""
    found = None
    for option in options:
        if option.startswith("-"):
            name, _, value = option.partition("=")
            inside = name == "--parameter-overrides"
            found = value if inside else found
        elif found is not None and inside:
            found += " " + option
    return found


def from_config(config, env):
    """The text of the environment's parameter_overrides: those of the command before those of all commands."""
    parsed = tomlkit.parse(pathlib.Path(config).read_text("utf-8"))
    for command in ("deploy", "global"):
        value = parsed.get(env, {}).get(command, {}).get("parameters", {}).get("parameter_overrides")
        if value:
            return words(value)
    return ""


def words(value):
    """Overrides as one text: sam takes a text, a list of them, or a table."""
    if isinstance(value, dict):
        return " ".join(f"{name}={one}" for name, one in value.items())
    return " ".join(map(words, value)) if isinstance(value, list) else str(value)


def default(template):
    """The parameter's default."""
    return yaml_parse(pathlib.Path(template).read_text("utf-8"))["Parameters"]["Architecture"]["Default"]


def main(arguments):
    verb, *rest = arguments or [""]
    if verb == "built" and len(rest) == 1:
        print(built(*rest))
    elif verb == "told" and len(rest) >= 3:
        print(told(*rest[:3], rest[3:]))
    elif verb == "default" and len(rest) == 1:
        print(default(*rest))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
