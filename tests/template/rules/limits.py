"""How long names may be, and of what: judged for the longest name that a stack can have."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Tuple

from stack import NAMED_BY, Stack


class Limit(NamedTuple):
    """What a service takes for a name."""

    longest: int
    pattern: str
    source: str


# Of names that nothing is said of here, `names_fit` complains.
LIMITS: Dict[Tuple[str, str], Limit] = {
    ("AWS::ApiGateway::RestApi", "Name"): Limit(1024, r"[\x20-\x7e]+", "CloudWatch API reference, Dimension: ApiName is one"),
    ("AWS::ApiGateway::Stage", "StageName"): Limit(128, r"\w+", "API Gateway REST API reference, CreateStage"),
    ("AWS::CloudWatch::Alarm", "AlarmName"): Limit(255, r".+", "CloudWatch API reference, PutMetricAlarm"),
    ("AWS::CloudWatch::Dashboard", "DashboardName"): Limit(255, r"[\w-]+", "CloudWatch API reference, PutDashboard"),
    ("AWS::CodeDeploy::Application", "ApplicationName"): Limit(100, r"[\w+=,.@-]+", "CodeDeploy API reference, CreateApplication"),
    ("AWS::CodeDeploy::DeploymentGroup", "DeploymentGroupName"): Limit(100, r"[\w+=,.@-]+", "CodeDeploy API reference, CreateDeploymentGroup"),
    ("AWS::DynamoDB::Table", "TableName"): Limit(255, r"[\w.-]{3,}", "DynamoDB API reference, CreateTable"),
    ("AWS::IAM::Role", "RoleName"): Limit(64, r"[\w+=,.@-]+", "IAM API reference, CreateRole"),
    ("AWS::Lambda::Alias", "Name"): Limit(128, r"(?!\d+$)[\w-]+", "Lambda API reference, CreateAlias"),
    ("AWS::Lambda::Function", "FunctionName"): Limit(64, r"[\w-]+", "Lambda API reference, CreateFunction"),
    ("AWS::Logs::LogGroup", "LogGroupName"): Limit(512, r"[\w./#-]+", "CloudWatch Logs API reference, CreateLogGroup"),
    ("AWS::SNS::Topic", "TopicName"): Limit(256, r"[\w-]+", "SNS API reference, CreateTopic"),
    # The limit of 2048 counts the ARN's beginning too: 1011 are left for the name.
    ("AWS::SSM::Parameter", "Name"): Limit(1011, r"(?i)(?!/?(aws|ssm))[\w./-]+", "Systems Manager API reference, PutParameter"),
}

# What is said of a resource has its limit too.
DESCRIPTIONS = {
    ("AWS::CloudWatch::Alarm", "AlarmDescription"): Limit(1024, r".*", "CloudWatch API reference, PutMetricAlarm"),
    ("AWS::Lambda::Function", "Description"): Limit(256, r".*", "Lambda API reference, CreateFunction"),
    ("AWS::SSM::Parameter", "Description"): Limit(1024, r".*", "Systems Manager API reference, PutParameter"),
}


def names_fit(stack: Stack) -> List[str]:
    """Every name that the template gives is one that its service takes."""
    findings = []
    for logical_id, resource in stack.resources().items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind in NAMED_BY and (kind, NAMED_BY[kind]) not in LIMITS:
            findings.append(f"of {kind} no limit is known")
        for (of, name), limit in {**LIMITS, **DESCRIPTIONS}.items():
            if of == kind and name in properties:
                text = stack.text(properties[name])
                if len(text) > limit.longest:
                    findings.append(f"{logical_id} has a {name} of {len(text)} characters, and {limit.longest} are taken")
                if re.fullmatch(limit.pattern, text, re.ASCII) is None:
                    findings.append(f"{logical_id} has a {name} that is not taken: {text}")
    return findings
