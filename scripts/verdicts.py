"""What AWS has said of a deployment, for people: scripts/verdicts.sh asks, this reads.

    verdicts.py text|markdown FOLDER     the answers in FOLDER, a JSON file each
    verdicts.py field KEYS               one field of the answer on standard input; a time in milliseconds since 1970

A hook writes a JSON line for each check and one for its verdict, which is a `lifecycle_hook::Verdict`; the guard writes one for the hook that
it answered for, with what became of that.
"""

import json
import pathlib
import sys

from tables import cell, clock, milliseconds, one_line, table

HOOKS = ("PreTrafficHook", "PostTrafficHook")
GUARD = "HookGuard"


def read(folder, name):
    """An answer of AWS; nothing where it was not asked for."""
    path = pathlib.Path(folder, f"{name}.json")
    return json.loads(path.read_text()) if path.is_file() else {}


def field(answer, keys):
    """One field, as text; empty where it is not there."""
    for key in keys.split("."):
        answer = (answer or {}).get(key)
    if answer is None:
        return ""
    return str(milliseconds(answer) if keys.endswith("Time") else answer)


def lines_of(answer):
    """The events of a log group that are JSON objects, in their order."""
    lines = []
    for event in answer.get("events", []):
        try:
            line = json.loads(event["message"])
        except ValueError:
            continue
        if isinstance(line, dict):
            lines.append(line)
    return lines


class Deployment:
    """A deployment with the lifecycle events of its target."""

    def __init__(self, folder, name):
        info = read(folder, f"{name}-deployment").get("deploymentInfo", {})
        self.id = info.get("deploymentId")
        self.status = info.get("status")
        self.configuration = info.get("deploymentConfigName", "").replace("CodeDeployDefault.Lambda", "")
        error = info.get("errorInformation") or {}
        self.error = " ".join(filter(None, (error.get("code"), one_line(error.get("message")))))
        targets = read(folder, f"{name}-targets").get("deploymentTargets", [])
        target = (targets[0] if targets else {}).get("lambdaTarget", {})
        function = target.get("lambdaFunctionInfo") or {}
        self.versions = (function.get("currentVersion"), function.get("targetVersion"))
        self.events = target.get("lifecycleEvents", [])

    def title(self):
        """What it is and how it ended."""
        versions = f", version {self.versions[0]} → {self.versions[1]}" if all(self.versions) else ""
        return f"{self.id} {self.status}: {self.configuration}{versions}"


class Verdict:
    """What a hook found."""

    def __init__(self, name, line):
        self.title = f"{name}, {line.get('lifecycle_event')}"
        self.status = line.get("status")
        self.checks = line.get("checks", [])
        report = line.get("report") or {}
        self.notes = [one_line(line["reason"])] if line.get("reason") else []
        if not report.get("delivered") and not report.get("dry_run"):
            self.notes.append("CodeDeploy has not got this report")
        self.notes += [f"left behind: {item.get('name')}: {one_line(item.get('detail'))}" for item in line.get("cleanup", [])]

    def summary(self):
        """The checks in numbers, by how they ended, the usual first."""
        counts = {}
        for check in self.checks:
            counts[check["status"]] = counts.get(check["status"], 0) + 1
        usual = ("Passed", "Skipped")
        names = [name for name in usual if name in counts] + sorted(set(counts) - set(usual))
        return ", ".join(f"{counts[name]} {name}" for name in names)


class Guarded:
    """What the guard said for a hook that could not answer."""

    checks = ()

    def __init__(self, name, line):
        self.title = f"{name} for {line.get('hook', 'a hook').split(':function:')[-1]}"
        self.status = one_line(line.get("outcome"))
        tried = f"after {line['hook_invocations']} invocations" if line.get("hook_invocations") else ""
        self.notes = [" ".join(filter(None, (line["condition"], tried)))]
        if line.get("hook_error"):
            self.notes.append(one_line(line["hook_error"]))


def verdicts(folder):
    """All verdicts, in the order of the deployment, the guard's last."""
    found = []
    for name in (*HOOKS, GUARD):
        for line in lines_of(read(folder, name)):
            if line.get("message") == "verdict":
                found.append(Verdict(name, line))
            elif "condition" in line:
                found.append(Guarded(name, line))
    return found


def text(folder):
    """For a terminal. Of the checks only those that did not pass are named."""
    for name in ("shown", "rollback"):
        deployment = Deployment(folder, name)
        if not deployment.id:
            continue
        yield ("rolled back by " if name == "rollback" else "") + deployment.title()
        if deployment.error:
            yield f"  {deployment.error}"
        for event in deployment.events:
            times = f"{clock(event.get('startTime')):8}  {clock(event.get('endTime')):8}"
            message = one_line((event.get("diagnostics") or {}).get("message"))
            yield f"  {times}  {event['lifecycleEventName']:18}  {event['status']:10}  {message}".rstrip()
    found = verdicts(folder)
    if not found:
        yield "No hook has written a verdict about it."
    for verdict in found:
        yield f"{verdict.title}: {verdict.status}" + (f" ({verdict.summary()})" if verdict.checks else "")
        for note in verdict.notes:
            yield f"  {note}"
        for check in verdict.checks:
            if check["status"] != "Passed":
                yield f"  {check['status']:9} {check['name']}: {one_line(check.get('detail'))}".rstrip()


def markdown(folder):
    """For a step's summary, with every check."""
    for name in ("shown", "rollback"):
        deployment = Deployment(folder, name)
        if not deployment.id:
            continue
        yield f"### {'Rolled back by' if name == 'rollback' else 'Deployment'} {cell(deployment.title())}"
        yield ""
        if deployment.error:
            yield cell(deployment.error)
            yield ""
        if deployment.events:
            rows = [
                (
                    event["lifecycleEventName"],
                    event["status"],
                    clock(event.get("startTime")),
                    clock(event.get("endTime")),
                    (event.get("diagnostics") or {}).get("message"),
                )
                for event in deployment.events
            ]
            yield from table(("lifecycle event", "status", "from (UTC)", "to", ""), rows)
    found = verdicts(folder)
    if not found:
        yield "No hook has written a verdict about it."
    for verdict in found:
        yield f"#### {cell(verdict.title)}: {cell(verdict.status)}"
        yield ""
        for note in verdict.notes:
            yield f"{cell(note)}"
            yield ""
        if verdict.checks:
            rows = [
                (check["name"], check["status"], f"{check.get('duration_ms', 0)} ms", check.get("detail"))
                for check in verdict.checks
            ]
            yield from table(("check", "status", "took", "why"), rows)


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "field":
        print(field(json.load(sys.stdin), arguments[1]))
    elif len(arguments) == 2 and arguments[0] in ("text", "markdown"):
        write = text if arguments[0] == "text" else markdown
        sys.stdout.reconfigure(encoding="utf-8")
        print("\n".join(write(arguments[1])))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
