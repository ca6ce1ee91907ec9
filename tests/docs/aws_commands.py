"""What the AWS CLI would not know of the commands in shell scripts.

Reads a JSON list of scripts from standard input, and writes a JSON list of {"commands", "problems"} in the same order. The CLI takes its
commands, options and their values from the API models, which are here as botocore has them.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List

import jmespath
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from models import OF_THE_CLI, Unlike, operation  # noqa: E402

# Commands that the CLI has beside those of the API models.
OWN = ({"configure"}, {"cloudformation", "deploy"}, {"cloudformation", "package"})


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
    if any(own <= set(words[1:3]) for own in OWN):
        return []
    try:
        shape = operation(words[1], words[2]).input_shape
    except (Unlike, UnknownServiceError) as unknown:
        return [f"{command}: {unknown}"]
    members = {"--" + xform_name(name, "-"): member for name, member in (shape.members.items() if shape else ())}
    found = []
    given = [word.partition("=")[0] for word in words if word.startswith("--")]
    for option in given:
        if option not in members and option[2:] not in OF_THE_CLI and option.replace("--no-", "--", 1) not in members:
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
        elif option in members and not value.startswith("$") and value not in values(members[option], value):
            found.append(f"{command}: {value} is no value of {option}")
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
