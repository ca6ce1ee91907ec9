"""What the AWS CLI would not know of the commands in shell scripts.

Reads a JSON list of scripts from standard input, and writes a JSON list of {"commands", "problems"} in the same order. The CLI takes its
commands, options and their values from the API models, which are here as botocore has them.
"""

from __future__ import annotations

import json
import shlex
import sys
from typing import Any, Dict, Iterator, List

import botocore.session
import jmespath
from botocore import xform_name

SESSION = botocore.session.get_session()

# What the CLI calls otherwise than the API models, and commands of its own.
SERVICES = {"deploy": "codedeploy"}
OWN = {"configure", "sso", "s3", "login"}

# Options that every command has.
GLOBAL = {"--output": True, "--profile": True, "--query": True, "--region": True, "--no-cli-pager": False}


def commands(script: str) -> Iterator[List[str]]:
    """The words of each `aws` command."""
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: List[str] = []
        for token in [*lexer, ";"]:
            if set(token) <= set(lexer.punctuation_chars):
                if words[:1] == ["aws"]:
                    yield words
                words = []
            elif token == "aws" or words:
                words.append(token)


def problems(words: List[str]) -> List[str]:
    command = " ".join(words[:3])
    if words[1] in OWN:
        return []
    service = SERVICES.get(words[1], words[1])
    if service not in SESSION.get_available_services():
        return [f"{command}: there is no service {words[1]}"]
    model = SESSION.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if words[2] not in operations:
        return [f"{command}: there is no such command"]
    shape = model.operation_model(operations[words[2]]).input_shape
    members = {"--" + xform_name(name, "-"): member for name, member in (shape.members.items() if shape else ())}
    found = []
    given = [word.partition("=")[0] for word in words if word.startswith("--")]
    for option in given:
        if option not in members and option not in GLOBAL and option.replace("--no-", "--", 1) not in members:
            found.append(f"{command}: there is no option {option}")
    for required in shape.required_members if shape else ():
        if "--" + xform_name(required, "-") not in given:
            found.append(f"{command}: it wants --{xform_name(required, '-')}")
    for option, value in zip(words, words[1:]):
        if option == "--query":
            try:
                jmespath.compile(value)
            except jmespath.exceptions.JMESPathError as error:
                found.append(f"{command}: --query: {error}")
        elif option in members and not value.startswith("$"):
            found.extend(f"{command}: {value} is no value of {option}" for wrong in [value] if wrong not in values(members[option], wrong))
    return found


def values(shape: Any, otherwise: str) -> List[str]:
    """What an option takes, where that is one of a few."""
    shape = shape.member if shape.type_name == "list" else shape
    return getattr(shape, "enum", None) or [otherwise]


def judge(script: str) -> Dict[str, Any]:
    called = list(commands(script))
    return {"commands": len(called), "problems": [problem for words in called for problem in problems(words)]}


def main() -> None:
    json.dump([judge(script) for script in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
