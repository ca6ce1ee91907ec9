"""What the stack keeps, and for how long."""

from __future__ import annotations

from typing import List

from names import TABLE
from stack import Stack, referred


def data_and_logs_are_kept(stack: Stack) -> List[str]:
    """The table outlives the stack and can be restored; logs do not outlive their retention."""
    findings = []
    table = stack.resource(TABLE)
    if table.get("DeletionPolicy") != "Retain" or table.get("UpdateReplacePolicy") != "Retain":
        findings.append("the table goes with the stack")
    settings = stack.properties(TABLE)
    if settings.get("PointInTimeRecoverySpecification") != {"PointInTimeRecoveryEnabled": True}:
        findings.append("the table cannot be restored to a point in time")
    if settings.get("SSESpecification", {}).get("SSEEnabled") is not True:
        findings.append("the table is not encrypted with a key of the account's")
    if settings.get("TimeToLiveSpecification", {}).get("Enabled") is not True:
        findings.append("what checks create is left in the table")
    groups = stack.resources("AWS::Logs::LogGroup")
    for name, group in groups.items():
        if group["Properties"].get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
            findings.append(f"{name} is kept for ever")
    for name, function in stack.resources("AWS::Lambda::Function").items():
        if referred(function["Properties"].get("LoggingConfig", {}).get("LogGroup")) not in groups:
            findings.append(f"{name} logs to a group that Lambda makes, without retention")
        if function["Properties"].get("TracingConfig") != {"Mode": "Active"}:
            findings.append(f"{name} is not traced")
    return findings
