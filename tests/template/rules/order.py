"""The order of an update: what the alias, which is the whole deployment, waits for, and what it must not."""

from __future__ import annotations

from typing import List

from names import ALIAS, GUARD, HOOKS
from stack import Stack

# What is made from the API's definition, or after it: in an update it is the old one for as long as the deployment runs.
OF_THE_API = (
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::Lambda::Permission",
    "AWS::SSM::Parameter",
)


def everything_referred_to_is_there(stack: Stack) -> List[str]:
    """What has a condition is referred to under that condition alone."""
    return [f"{name} refers to {', '.join(sorted(absent))}" for name, absent in stack.refers_to_nothing().items()]


def nothing_waits_for_itself(stack: Stack) -> List[str]:
    """CloudFormation refuses a circle. cfn-lint sees those of the template; here it is those of one choice of parameters."""
    circles = stack.circles()
    return [f"{', '.join(circles)} wait for themselves"] if circles else []


def the_deployment_waits_for_what_it_needs(stack: Stack) -> List[str]:
    """Before traffic shifts the hooks exist, log, may do their work and are answered for; and nothing of the API is touched."""
    findings = []
    before = stack.waits_for(ALIAS)
    needed = [f"{hook}EventInvokeConfig" for hook in HOOKS]
    for function in (*HOOKS, GUARD):
        needed += [function, f"{function}Role", f"{function}Logs"]
    findings += [f"the deployment may start before {name} is there" for name in needed if name not in before]
    findings += [f"the deployment waits for {name}, which waits for it" for name in sorted(before & set(stack.resources(*OF_THE_API)))]
    return findings
