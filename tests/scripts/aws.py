"""Stands in for the AWS CLI: takes down how it was called, answers from files, and applies `--query`, `--no-paginate` and `--max-items` as
the real one does.

Beside it: `calls`, where each call goes as a line of JSON, and `answers/SERVICE/OPERATION.json`, a list of answers, of which the last is
given again and again. An answer is {"answer": …} or {"error": "what the CLI prints"}. Whether calls and answers are such as the service has
them, models.py checks; who calls it knows itself, and a call to another Region or account than the one before it refuses: places.py.
"""

import json
import pathlib
import sys

import jmespath

import places

# How many members a list has on a page.
PAGE = 100
HERE = pathlib.Path(__file__).resolve().parent


def main(arguments):
    with open(HERE / "calls", "a", encoding="utf-8") as calls:
        calls.write(json.dumps(["aws", *arguments]) + "\n")
    if arguments[:2] == ["configure", "get"]:
        # Of files on this machine: no call goes anywhere.
        region = places.found(places.option(arguments, "--profile"), None)["region"]
        print(region, end="\n" if region else "")
        return 0 if region else 1
    place = places.of_aws(arguments)
    places.same(place)
    if arguments[:2] == ["sts", "get-caller-identity"]:
        account = place["account"]
        answer = {"answer": {"Account": account, "UserId": "AIDA1", "Arn": f"arn:aws:iam::{account}:user/someone"}}
    else:
        answer = next_answer(*arguments[:2])
    if "error" in answer:
        print(answer["error"], file=sys.stderr)
        return 254
    found = answer["answer"]
    if isinstance(found, str):
        # `aws configure` calls no service: it prints lines.
        print(found)
        return 0
    items = PAGE if "--no-paginate" in arguments else int(places.option(arguments, "--max-items") or sys.maxsize)
    found = {name: value[:items] if isinstance(value, list) else value for name, value in found.items()}
    query = places.option(arguments, "--query")
    if query:
        found = jmespath.search(query, found)
    print(text(found) if places.option(arguments, "--output") == "text" else json.dumps(found))
    return 0


def next_answer(service, operation):
    path = HERE / "answers" / service / f"{operation}.json"
    if not path.is_file():
        sys.exit(f"fake aws: no answer is prepared for {service} {operation}")
    answers = json.loads(path.read_text(encoding="utf-8"))
    if len(answers) > 1:
        path.write_text(json.dumps(answers[1:]), encoding="utf-8")
    return answers[0]


def text(found):
    """As `--output text` writes it: a line a row, its cells with tabs between them, None for nothing."""
    if isinstance(found, list) and found and all(isinstance(row, list) for row in found):
        return "\n".join("\t".join(cell(value) for value in row) for row in found)
    if isinstance(found, list):
        return "\t".join(cell(value) for value in found)
    return cell(found)


def cell(value):
    return "None" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
