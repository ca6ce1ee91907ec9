"""The changes of a change set, for people: `aws cloudformation describe-change-set` on standard input, text or Markdown out. And what failed
of them: a list of events on standard input, the newest first, each with its resource, status and reason.

    change_set.py text|markdown|failures
"""

import json
import sys

from tables import cell, one_line, table

# What loses data or a name when it is replaced.
REPLACED = {"True": "replaced", "Conditional": "perhaps replaced"}


def resources(answer):
    """The changes that are of resources."""
    return [change["ResourceChange"] for change in answer.get("Changes", []) if "ResourceChange" in change]


def changes(answer):
    """Each changed resource: what is done, its logical id, its type, and whether it is replaced."""
    for resource in resources(answer):
        yield (
            resource["Action"],
            resource["LogicalResourceId"],
            resource["ResourceType"],
            REPLACED.get(resource.get("Replacement"), ""),
        )


def shifted(answer):
    """The aliases whose properties are modified, the version among them: CodeDeploy shifts their traffic. A new alias shifts nothing, nor
    does another hook, which is in the alias's UpdatePolicy."""
    aliases = [each for each in resources(answer) if each["Action"] == "Modify" and each["ResourceType"] == "AWS::Lambda::Alias"]
    return [alias["LogicalResourceId"] for alias in aliases if "Properties" in alias.get("Scope", ["Properties"])]


def text(answer):
    found = list(changes(answer))
    for action, name, kind, replaced in found:
        yield f"{action:8}{name}  {kind}  {replaced}".rstrip()
    yield f"{counted(found)}. {traffic(shifted(answer))}"


def markdown(answer):
    found = list(changes(answer))
    yield f"### {cell(answer.get('StackName'))}: {counted(found)}"
    yield ""
    yield cell(traffic(shifted(answer)))
    yield ""
    yield from table(("", "resource", "type", ""), found)


def counted(found):
    """How many change."""
    return "1 resource changes" if len(found) == 1 else f"{len(found)} resources change"


def failures(events):
    """What failed, the cause first."""
    yield "What failed:" if events else "What failed is not among the stack's newest events."
    for event in reversed(events):
        yield "  ".join(one_line(value) for value in event).rstrip()


def traffic(aliases):
    """Whether a deployment runs."""
    if aliases:
        return f"CodeDeploy shifts the traffic of {', '.join(aliases)}."
    return "No traffic shifts: no alias gets another version."


def main(arguments):
    writers = {"text": text, "markdown": markdown, "failures": failures}
    if len(arguments) != 1 or arguments[0] not in writers:
        sys.exit(__doc__)
    write = writers[arguments[0]]
    sys.stdout.reconfigure(encoding="utf-8")
    print("\n".join(write(json.load(sys.stdin))))


if __name__ == "__main__":
    main(sys.argv[1:])
