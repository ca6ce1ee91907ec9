"""What is spelt out in one place because a reference would be a circle, and must be what another place says."""

from __future__ import annotations

from typing import List

from names import ALIAS, ALIAS_NAME, API, FUNCTION, HOOKS, POST_TRAFFIC, PRE_TRAFFIC, STAGE, STAGE_NAME, URL
from stack import Stack, referred


def names_agree(stack: Stack) -> List[str]:
    """The hooks are told the new version, the alias and the parameter by the names that these really have."""
    findings = []
    if stack.name(ALIAS) != ALIAS_NAME or stack.text(stack.environment(PRE_TRAFFIC).get("LIVE_ALIAS_ARN")) != stack.arn(ALIAS):
        findings.append("LIVE_ALIAS_ARN is not the alias")
    if stack.text(stack.environment(POST_TRAFFIC).get("API_URL_PARAMETER")) != stack.name(URL):
        findings.append("API_URL_PARAMETER is not the parameter with the URL")
    if not stack.text(stack.properties(URL)["Value"]).endswith(f"/{stack.name(STAGE)}"):
        findings.append("the URL is not the stage's")
    if stack.name(STAGE) != STAGE_NAME:
        findings.append(f"the stage is called {stack.name(STAGE)}")
    if referred(stack.properties(STAGE)["RestApiId"]) != API:
        findings.append("the stage is another API's")
    versions = stack.resources("AWS::Lambda::Version").items()
    new = [{"Ref": name} for name, version in versions if referred(version["Properties"]["FunctionName"]) == FUNCTION]
    for hook in HOOKS:
        if [stack.environment(hook).get("NEW_VERSION_ARN")] != new:
            findings.append(f"{hook} is not told the new version")
    return findings
