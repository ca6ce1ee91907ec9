"""Who may do what: no more than is needed, and nothing at large but what AWS offers no other way."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from names import ALIAS, API, APPLICATION, FUNCTION, STAGE_NAME
from stack import ACCOUNT, REGION, Stack, as_list, referred


class Managed(NamedTuple):
    """A policy of AWS's own that a role may have."""

    # Action and resource of each statement, with its condition where there is one.
    allows: Tuple[str, ...]
    reason: str


# What AWS's policies allow: AWS managed policy reference, the page of each name. Every one has `*` for a resource.
MANAGED_POLICIES = {
    "service-role/AWSLambdaBasicExecutionRole": Managed(
        ("logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents on *",),
        "SAM attaches it to the role of every function that has not a role of its own. Source: SAM translator, model/sam_resources.py.",
    ),
    "AWSXrayWriteOnlyAccess": Managed(
        (
            "xray:PutTraceSegments, xray:PutTelemetryRecords, xray:GetSamplingRules, xray:GetSamplingTargets, "
            "xray:GetSamplingStatisticSummaries on *",
        ),
        "SAM attaches it where Tracing is on. Traces are no resources: X-Ray takes no other than `*` for these actions (service "
        "authorization reference, AWS X-Ray).",
    ),
    "AWSXRayDaemonWriteAccess": Managed(
        (
            "xray:PutTraceSegments, xray:PutTelemetryRecords, xray:GetSamplingRules, xray:GetSamplingTargets, "
            "xray:GetSamplingStatisticSummaries on *",
        ),
        "What SAM attaches in its place in aws-cn and aws-us-gov. Source: SAM translator, model/xray_utils.py.",
    ),
    "service-role/AWSCodeDeployRoleForLambda": Managed(
        (
            "cloudwatch:DescribeAlarms, lambda:UpdateAlias, lambda:GetAlias, lambda:GetProvisionedConcurrencyConfig, sns:Publish on *",
            "s3:GetObject, s3:GetObjectVersion on arn:aws:s3:::*/CodeDeploy/*",
            "s3:GetObject, s3:GetObjectVersion on * if s3:ExistingObjectTag/UseWithCodeDeploy is true",
            "lambda:InvokeFunction on arn:aws:lambda:*:*:function:CodeDeployHook_*",
        ),
        "SAM's role for CodeDeploy, which CodeDeploy alone may assume. Source: SAM translator, model/preferences/"
        "deployment_preference_collection.py.",
    ),
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs": Managed(
        (
            "logs:CreateLogGroup, logs:CreateLogStream, logs:DescribeLogGroups, logs:DescribeLogStreams, logs:PutLogEvents, "
            "logs:GetLogEvents, logs:FilterLogEvents on *",
        ),
        'API Gateway refuses a logging role that may do less. It is the whole account\'s (API Gateway developer guide, "Set up CloudWatch '
        'logging for REST APIs").',
    ),
}

# Who may assume a role, by what it is for.
SERVICES = {"apigateway.amazonaws.com", "codedeploy.amazonaws.com", "lambda.amazonaws.com"}


def least_privilege(stack: Stack) -> List[str]:
    """No action or resource at large, no statement by exception, and no managed policy but the ones with a reason."""
    findings = []
    for owner, _, statement in statements(stack):
        for inverse in sorted({"NotAction", "NotResource", "NotPrincipal"} & set(statement)):
            findings.append(f"{owner} may what {inverse} leaves")
        for action in as_list(statement.get("Action", [])):
            if "*" in action:
                findings.append(f"{owner} may {action}")
        for resource in map(stack.text, as_list(statement.get("Resource", []))):
            if "*" in resource and resource not in patterns(stack):
                findings.append(f"{owner} may {statement['Action']} on {resource}")
    for name, role in stack.resources("AWS::IAM::Role").items():
        for policy in managed(stack, role):
            if policy not in MANAGED_POLICIES:
                findings.append(f"{name} has the managed policy {policy}")
    for name, policy in stack.resources("AWS::IAM::ManagedPolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy").items():
        findings.append(f"{name} is a {policy['Type']}: a role's own policies are all that is reviewed")
    return findings


def patterns(stack: Stack) -> Dict[str, str]:
    """The resources of this stack that are a pattern, and why it is no wider than it must be."""
    here = f"{REGION}:{ACCOUNT}"
    return {
        f"{stack.arn(FUNCTION)}:*": "every version and alias: the new version alone would change the policy seconds before the hook runs",
        f"arn:aws:codedeploy:{here}:deploymentgroup:{stack.name(APPLICATION)}/*": "the deployment groups of this stack's application",
        f"arn:aws:execute-api:{here}:{stack.text({'Ref': API})}/{STAGE_NAME}/*": "every method and path of the API's one stage",
    }


def only_services_assume_roles(stack: Stack) -> List[str]:
    """Each role is assumed by the one service that needs it."""
    findings = []
    for name, role in stack.resources("AWS::IAM::Role").items():
        trusted = [who for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"] for who in principals(statement)]
        if len(trusted) != 1 or not set(trusted) <= SERVICES:
            findings.append(f"{name} may be assumed by {', '.join(trusted)}")
    return findings


def functions_stay_within_the_boundary(stack: Stack) -> List[str]:
    """Where a boundary is named, every role that a function has is within it; no role is within another one."""
    findings = []
    named = stack.parameters.get("PermissionsBoundary", "")
    for name, role in stack.resources("AWS::IAM::Role").items():
        boundary = stack.text(role["Properties"].get("PermissionsBoundary", ""))
        trusted = [who for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"] for who in principals(statement)]
        wanted = f"arn:aws:iam::{ACCOUNT}:policy/{named}" if named and trusted == ["lambda.amazonaws.com"] else ""
        if boundary != wanted:
            findings.append(f"{name} has {boundary or 'no boundary'}, and not {wanted or 'none'}")
    return findings


def only_the_api_may_invoke(stack: Stack) -> List[str]:
    """The alias lets in API Gateway, and that only on behalf of this API; nothing else lets anyone in."""
    findings = []
    own = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{stack.text({'Ref': API})}/"
    for name, permission in stack.resources("AWS::Lambda::Permission").items():
        settings = permission["Properties"]
        source = stack.text(settings.get("SourceArn", "*"))
        if settings["Principal"] != "apigateway.amazonaws.com" or not source.startswith(own):
            findings.append(f"{name} lets {settings['Principal']} in from {source}")
        if referred(settings["FunctionName"]) != ALIAS:
            findings.append(f"{name} lets it in past the alias")
    open_to = ("AWS::SNS::TopicPolicy", "AWS::Logs::ResourcePolicy", "AWS::Lambda::Url", "AWS::Lambda::LayerVersionPermission")
    findings += [f"{name} is a {resource['Type']}" for name, resource in stack.resources(*open_to).items()]
    return findings


def statements(stack: Stack) -> Iterator[Tuple[str, str, Dict[str, Any]]]:
    """Every statement of a role's own policies: the role, the policy's name, the statement."""
    for name, role in stack.resources("AWS::IAM::Role").items():
        for policy in role["Properties"].get("Policies", []):
            for statement in as_list(policy["PolicyDocument"]["Statement"]):
                yield name, stack.text(policy["PolicyName"]), statement
    for policy in stack.resources("AWS::IAM::RolePolicy", "AWS::IAM::Policy").values():
        settings = policy["Properties"]
        for role in [settings["RoleName"]] if "RoleName" in settings else settings.get("Roles", []):
            for statement in as_list(settings["PolicyDocument"]["Statement"]):
                yield referred(role), stack.text(settings["PolicyName"]), statement


def granted(stack: Stack, role: str, action: str) -> List[str]:
    """The resources on which a role may do `action`."""
    return [
        stack.text(resource)
        for owner, _, statement in statements(stack)
        if owner == role and action in as_list(statement.get("Action", []))
        for resource in as_list(statement.get("Resource", []))
    ]


def managed(stack: Stack, role: Dict[str, Any]) -> List[str]:
    """The names of a role's managed policies, with their paths."""
    return [stack.text(arn).split(":policy/", 1)[-1] for arn in role["Properties"].get("ManagedPolicyArns", [])]


def principals(statement: Dict[str, Any]) -> List[str]:
    """Who a statement is about: services by their names, others by kind and name."""
    principal = statement.get("Principal", "no one")
    if not isinstance(principal, dict):
        return [str(principal)]
    return [str(who) if kind == "Service" else f"{kind} {who}" for kind, those in principal.items() for who in as_list(those)]
