"""The changes of a change set, for people: `aws cloudformation describe-change-set` on standard input, text or Markdown out.

    change_set.py text|markdown
"""

import json
import sys

from tables import cell, table

# What loses data or a name when it is replaced.
REPLACED = {"True": "replaced", "Conditional": "perhaps replaced"}


def changes(answer):
    """Each changed resource: what is done, its logical id, its type, and whether it is replaced."""
    for change in answer.get("Changes", []):
        resource = change.get("ResourceChange")
        if resource:
            yield (
                resource["Action"],
                resource["LogicalResourceId"],
                resource["ResourceType"],
                REPLACED.get(resource.get("Replacement"), ""),
            )


def shifted(found):
    """The aliases that are modified: where the version changes, CodeDeploy shifts the traffic. A new alias shifts nothing."""
    return [name for action, name, kind, _ in found if action == "Modify" and kind == "AWS::Lambda::Alias"]


def text(answer):
    found = list(changes(answer))
    for action, name, kind, replaced in found:
        yield f"{action:8}{name}  {kind}  {replaced}".rstrip()
    yield f"{len(found)} resources change. {traffic(shifted(found))}"


def markdown(answer):
    found = list(changes(answer))
    yield f"### {cell(answer.get('StackName'))}: {len(found)} resources change"
    yield ""
    yield cell(traffic(shifted(found)))
    yield ""
    yield from table(("", "resource", "type", ""), found)


def traffic(aliases):
    """Whether a deployment runs."""
    if aliases:
        return f"CodeDeploy shifts the traffic of {', '.join(aliases)}."
    return "No traffic shifts: no alias is modified."


def main(arguments):
    if arguments not in (["text"], ["markdown"]):
        sys.exit(__doc__)
    write = text if arguments == ["text"] else markdown
    sys.stdout.reconfigure(encoding="utf-8")
    print("\n".join(write(json.load(sys.stdin))))


if __name__ == "__main__":
    main(sys.argv[1:])
