"""The hooks: CodeDeploy can invoke them, they can do their work, and someone answers where they cannot."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from names import API, APPLICATION, FUNCTION, GUARD, HOOKS, POST_TRAFFIC, PRE_TRAFFIC, REPORT, STAGE_NAME
from rules.privileges import granted, statements
from stack import ACCOUNT, REGION, Stack, as_list

# AWS managed policy reference, AWSCodeDeployRoleForLambda.
PREFIX = "CodeDeployHook_"

# How long CodeDeploy waits for a hook. Source: CodeDeploy user guide, "Limits".
HOOK_HOUR_SECONDS = 3600

# Lambda's own settings of asynchronous invocation where none are made. Source: Lambda developer guide, "Error handling for asynchronous
# invocation".
DEFAULT_RETRIES = 2
DEFAULT_EVENT_AGE_SECONDS = 6 * 3600


def hooks_can_be_invoked(stack: Stack) -> List[str]:
    """SAM's role for CodeDeploy reaches functions called `CodeDeployHook_*` alone."""
    findings = []
    names = {hook: stack.name(hook) for hook in HOOKS}
    for hook, name in names.items():
        if not name.startswith(PREFIX):
            findings.append(f"{hook} is called {name}: CodeDeploy may not invoke it")
    if len(set(names.values())) < len(names):
        findings.append("the hooks share a name")
    for field, other in other_stacks(stack.pseudo["AWS::StackId"]):
        there = stack.elsewhere(StackId=other)
        findings += [f"{hook} has its name in a stack too whose id differs in its {field}" for hook in HOOKS if there.name(hook) == names[hook]]
    return findings


def other_stacks(stack_id: str) -> Iterator[Tuple[str, str]]:
    """The ids of stacks that differ from this one in a single field of the UUID, each with the field's name (RFC 9562, section 4).

    Stacks share fields: the last, which is a machine's (aws-parallelcluster pull request 1841), and the first, the low bits of a clock (7625).
    """
    head, _, uuid = stack_id.rpartition("/")
    fields = uuid.split("-")
    for place, name in enumerate(("time_low", "time_mid", "time_hi_and_version", "clock_seq", "node")):
        changed = [*fields]
        changed[place] = fields[place][::-1]
        yield name, f"{head}/{'-'.join(changed)}"


def hooks_may_do_their_work(stack: Stack) -> List[str]:
    """A permission that is missing, or that comes with the deployment itself, hangs the deployment for an hour."""
    findings = []
    for hook in HOOKS:
        if granted(stack, f"{hook}Role", REPORT) != [groups(stack)]:
            findings.append(f"{hook} may not answer CodeDeploy for this stack's deployments, and no others")
    versions = f"{stack.arn(FUNCTION)}:*"
    if [target for target in granted(stack, f"{PRE_TRAFFIC}Role", "lambda:InvokeFunction") if target != stack.arn(GUARD)] != [versions]:
        findings.append(f"{PRE_TRAFFIC} may not invoke every version, and nothing else")
    stage = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{stack.text({'Ref': API})}/{STAGE_NAME}/*"
    if granted(stack, f"{POST_TRAFFIC}Role", "execute-api:Invoke") != [stage]:
        findings.append(f"{POST_TRAFFIC} may not call the API, and no other")
    name = stack.text(stack.environment(POST_TRAFFIC)["API_URL_PARAMETER"])
    parameter = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{name}"
    if granted(stack, f"{POST_TRAFFIC}Role", "ssm:GetParameter") != [parameter]:
        findings.append(f"{POST_TRAFFIC} may not read {name}, and no other parameter")
    return findings


def hooks_are_answered_for(stack: Stack) -> List[str]:
    """A hook that dies is tried once more and then told of to the guard, which may report for this stack and nothing else."""
    findings = []
    configs = [config["Properties"] for config in stack.resources("AWS::Lambda::EventInvokeConfig").values()]
    for hook in HOOKS:
        # CodeDeploy invokes a hook without a qualifier.
        mine = [config for config in configs if config["FunctionName"] == {"Ref": hook} and config["Qualifier"] == "$LATEST"]
        config = mine[0] if mine else {}
        if config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") != {"Fn::GetAtt": [GUARD, "Arn"]}:
            findings.append(f"{GUARD} is not told of {hook}")
        # The last try may begin when the event is as old as it may become.
        age = int(config.get("MaximumEventAgeInSeconds", DEFAULT_EVENT_AGE_SECONDS))
        longest = age + int(stack.properties(hook)["Timeout"])
        if int(config.get("MaximumRetryAttempts", DEFAULT_RETRIES)) > 1 or longest > HOOK_HOUR_SECONDS / 2:
            findings.append(f"{hook} is tried for up to {longest} s, and CodeDeploy waits for {HOOK_HOUR_SECONDS} s")
        if stack.arn(GUARD) not in granted(stack, f"{hook}Role", "lambda:InvokeFunction"):
            findings.append(f"{hook} may not send a record to {GUARD}")
    rights = [
        (action, stack.text(resource))
        for owner, _, statement in statements(stack)
        if owner == f"{GUARD}Role"
        for action in as_list(statement.get("Action", []))
        for resource in as_list(statement.get("Resource", []))
    ]
    if rights != [(REPORT, groups(stack))]:
        findings.append(f"{GUARD} may do something else than report for this stack")
    return findings


def groups(stack: Stack) -> str:
    """The ARN of this stack's deployment groups: its application has no others."""
    return f"arn:aws:codedeploy:{REGION}:{ACCOUNT}:deploymentgroup:{stack.name(APPLICATION)}/*"
