"""The deployment: what it shifts, past which hooks and alarms, and who hears of it."""

from __future__ import annotations

from typing import List

from names import ALIAS, APPLICATION, FUNCTION, GROUP, POST_TRAFFIC, PRE_TRAFFIC, TOPIC, WATCHED
from stack import Stack, referred

# CodeDeploy API reference, "AlarmConfiguration".
MOST_ALARMS = 10

# What people act on: how a deployment ended, and that traffic went back.
ENDINGS = {"DeploymentSuccess", "DeploymentFailure", "DeploymentStop", "DeploymentRollback"}


def one_function_is_shifted(stack: Stack) -> List[str]:
    """Only the API's function has a deployment. A hook with one of its own would be shifted, and tested by itself."""
    findings = []
    shifted = {
        referred(alias["Properties"]["FunctionName"]): update.get("DeploymentGroupName")
        for alias in stack.resources("AWS::Lambda::Alias").values()
        for update in [alias.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})]
        if update
    }
    if shifted != {FUNCTION: {"Ref": GROUP}}:
        findings.append(f"an update shifts {sorted(shifted)}")
    events = stack.properties(GROUP).get("AutoRollbackConfiguration", {}).get("Events", [])
    for event in ("DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"):
        if event not in events:
            findings.append(f"traffic does not go back on {event}")
    if stack.properties(GROUP).get("ApplicationName") != {"Ref": APPLICATION}:
        findings.append("the deployment group is in another application")
    return findings


def hooks_and_alarms_are_set(stack: Stack) -> List[str]:
    """The alias is updated by CodeDeploy, which runs both hooks, or the first alone where told so, and watches the alarms."""
    findings = []
    update = stack.resource(ALIAS).get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
    if update.get("BeforeAllowTrafficHook") != {"Ref": PRE_TRAFFIC}:
        findings.append(f"BeforeAllowTrafficHook is {update.get('BeforeAllowTrafficHook')}, not {PRE_TRAFFIC}")
    after = {"Ref": POST_TRAFFIC} if stack.parameters.get("RunPostTrafficHook", "true") == "true" else None
    if update.get("AfterAllowTrafficHook") != after:
        findings.append(f"AfterAllowTrafficHook is {update.get('AfterAllowTrafficHook')}, not {after}")
    alarms = watched(stack)
    if alarms != list(WATCHED):
        findings.append(f"the deployment group watches {alarms}")
    if len(alarms) > MOST_ALARMS:
        findings.append(f"the deployment group watches {len(alarms)} alarms, and CodeDeploy takes {MOST_ALARMS}")
    return findings


def people_hear_of_deployments(stack: Stack) -> List[str]:
    """Where there is an address, CodeDeploy tells it how each deployment ended; where it is taken away, no one any more.

    CodeDeploy keeps what an update of the group leaves out: seen for alarms (serverless-application-model issue 2452, aws-cdk issue 23307),
    assumed for triggers.
    """
    triggers = stack.properties(GROUP).get("TriggerConfigurations")
    if not stack.conditions["HasAlarmEmail"]:
        return [] if triggers == [] else [f"without an address CodeDeploy is to be told of no one, and is told {triggers}"]
    told = {event for trigger in triggers or [] if trigger["TriggerTargetArn"] == {"Ref": TOPIC} for event in trigger["TriggerEvents"]}
    return [f"no one is told of {event}" for event in sorted(ENDINGS - told)]


def watched(stack: Stack) -> List[str]:
    """The alarms that stop a deployment: those that the deployment group names."""
    return [referred(alarm["Name"]) for alarm in stack.properties(GROUP).get("AlarmConfiguration", {}).get("Alarms", [])]
