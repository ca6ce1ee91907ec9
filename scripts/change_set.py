"""What CloudFormation says of a change set and of its execution, for people.

    change_set.py text|markdown     the changes: `aws cloudformation describe-change-set` on standard input
    change_set.py news STACK LAST   of a list of events, the newest first: the newest's id, the stack's newest status, then a line for each
                                    event that is newer than the one with the id LAST, the oldest first
    change_set.py failures          of a list of events: what failed, the cause first
    change_set.py existing          of a list of events: each version that Lambda has not published a second time, as function, tab, number
"""

import json
import re
import sys

from tables import cell, clock, one_line, table

# What CloudFormation's handler says where Lambda publishes no version, for the code and the settings are those of this one. As it was seen:
# service-cloud-voice/ServiceCloudVoiceLambdas issue 30.
EXISTS = re.compile(r"A version for this Lambda function exists \(\s*(\d+)\s*\)")

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


def line(event):
    """What an event says, in one line."""
    parts = (event.get("ResourceStatus"), event.get("LogicalResourceId"), event.get("ResourceStatusReason"))
    return "  ".join(map(one_line, parts)).rstrip()


def failures(events):
    """What failed, the cause first."""
    yield "What failed:" if events else "What failed is not among the stack's newest events."
    yield from map(line, reversed(events))


def news(events, stack, last):
    """What is new since an event that was told already."""
    ids = [event["EventId"] for event in events]
    yield ids[0] if ids else last
    yield next((event["ResourceStatus"] for event in events if event.get("PhysicalResourceId") == stack), "")
    # Where so many are new that it is off the page, all of the page is.
    told = ids.index(last) if last in ids else len(ids)
    for event in reversed(events[:told]):
        yield f"{clock(event['Timestamp'])}  {line(event)}"


def existing(events):
    """Each version that exists, by the function's name where the event has it."""
    for event in events:
        found = EXISTS.search(event.get("ResourceStatusReason") or "")
        if found:
            properties = json.loads(event.get("ResourceProperties") or "{}")
            yield f"{properties.get('FunctionName', 'FUNCTION')}\t{found[1]}"


def traffic(aliases):
    """Whether a deployment runs."""
    if aliases:
        return f"CodeDeploy shifts the traffic of {', '.join(aliases)}."
    return "No traffic shifts: no alias gets another version."


def main(arguments):
    writers = {"text": (text, 0), "markdown": (markdown, 0), "news": (news, 2), "failures": (failures, 0), "existing": (existing, 0)}
    verb, *rest = arguments or [""]
    write, takes = writers.get(verb, (None, 0))
    if not write or len(rest) != takes:
        sys.exit(__doc__)
    sys.stdout.reconfigure(encoding="utf-8")
    for each in write(json.load(sys.stdin), *rest):
        print(each)


if __name__ == "__main__":
    main(sys.argv[1:])
