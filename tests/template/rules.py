"""What must be true of the expanded stack beyond what cfn-lint knows. Each rule returns its findings, none where all is well."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Tuple

import metrics
from stack import Template, resources, value

ALIAS = "live"
STAGE = "live"
HOOKS = ("PreTrafficHook", "PostTrafficHook")
GUARD = "HookGuard"

# How long CodeDeploy waits for a hook. Source: CodeDeploy user guide, "Limits".
HOOK_HOUR_SECONDS = 3600

# The longest stack name that CloudFormation takes, in the places where it may show.
STACK_NAME = "s" * 128
KNOWN = {
    "AWS::StackName": STACK_NAME,
    "AWS::StackId": f"arn:aws:cloudformation:us-east-1:123456789012:stack/{STACK_NAME}/51af3dc0-da77-11e4-872e-1234567db123",
}

# The managed policies that may be attached, and why there is no narrower way.
MANAGED_POLICIES = {
    "service-role/AWSLambdaBasicExecutionRole": "SAM attaches it to every function's role: writing logs",
    "AWSXrayWriteOnlyAccess": "SAM attaches it for Tracing: X-Ray knows no resources for segments",
    "service-role/AWSCodeDeployRoleForLambda": "SAM's role for CodeDeploy: it reaches functions called CodeDeployHook_* alone",
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs": "API Gateway refuses a logging role that may do less",
}

# The wait of the shortest canary: what is not seen by then is not seen at 10 % of the traffic.
SHORTEST_SHIFT_SECONDS = 300


def hook_names(stack: Template) -> List[str]:
    """CodeDeploy's role reaches functions called `CodeDeployHook_*` alone; Lambda takes 64 characters."""
    findings = []
    names = {hook: value(stack["Resources"][hook]["Properties"]["FunctionName"], KNOWN) for hook in HOOKS}
    for hook, name in names.items():
        if not name.startswith("CodeDeployHook_"):
            findings.append(f"{hook} is called {name}: CodeDeploy may not invoke it")
        if len(name) > 64:
            findings.append(f"{hook} has a name of {len(name)} characters for a stack name of {len(STACK_NAME)}")
    if len(set(names.values())) < len(names):
        findings.append("the hooks share a name")
    return findings


def hooks_are_set(stack: Template) -> List[str]:
    """The alias is updated by CodeDeploy, which runs both hooks and watches every alarm."""
    findings = []
    (alias,) = resources(stack, "AWS::Lambda::Alias").values()
    update = alias.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
    switched = {"Fn::If": ["RunsPostTrafficHook", {"Ref": "PostTrafficHook"}, {"Ref": "AWS::NoValue"}]}
    for event, hook, runs in (
        ("BeforeAllowTrafficHook", "PreTrafficHook", ({"Ref": "PreTrafficHook"},)),
        ("AfterAllowTrafficHook", "PostTrafficHook", ({"Ref": "PostTrafficHook"}, switched)),
    ):
        if update.get(event) not in runs:
            findings.append(f"{event} is {update.get(event)}, not {hook}")
    watched = set(watched_alarms(stack))
    if watched != {"AliasErrors", "VersionErrors", "ApiServerErrors"}:
        findings.append(f"the deployment group watches {sorted(watched)}")
    if len(watched) > 10:
        findings.append("CodeDeploy takes 10 alarms")
    return findings


def least_privilege(stack: Template) -> List[str]:
    """No action or resource at large, and no managed policy but the ones with a reason."""
    findings = []
    for owner, statement in statements(stack):
        for action in as_list(statement["Action"]):
            if "*" in action:
                findings.append(f"{owner} may {action}")
        for resource in as_list(statement["Resource"]):
            if resource == "*":
                findings.append(f"{owner} may {statement['Action']} on everything")
    for name, role in resources(stack, "AWS::IAM::Role").items():
        for arn in role["Properties"].get("ManagedPolicyArns", []):
            policy = value(arn, {"AWS::Partition": "aws"}).split(":policy/")[1]
            if policy not in MANAGED_POLICIES:
                findings.append(f"{name} has the managed policy {policy}")
    return findings


def hooks_may_do_their_work(stack: Template) -> List[str]:
    """A permission that is missing, or that comes with the deployment itself, hangs the deployment for an hour."""
    findings = []
    report = "codedeploy:PutLifecycleEventHookExecutionStatus"
    group = "deploymentgroup:${ServerlessDeploymentApplication}/*"
    for hook in HOOKS:
        if not any(group in text for text in granted(stack, f"{hook}Role", report)):
            findings.append(f"{hook} may not answer CodeDeploy")
    if not any(text == "${Contacts.Arn}:*" for text in granted(stack, "PreTrafficHookRole", "lambda:InvokeFunction")):
        findings.append("PreTrafficHook may not invoke every version")
    if not any(text.endswith(f"${{ContactsApi}}/{STAGE}/*") for text in granted(stack, "PostTrafficHookRole", "execute-api:Invoke")):
        findings.append("PostTrafficHook may not call the API")
    parameter = value(environment(stack, "PostTrafficHook")["API_URL_PARAMETER"], KNOWN)
    readable = [text.replace("${AWS::StackName}", STACK_NAME) for text in granted(stack, "PostTrafficHookRole", "ssm:GetParameter")]
    if not any(text.endswith(f":parameter{parameter}") for text in readable):
        findings.append(f"PostTrafficHook may not read {parameter}")
    return findings


def hooks_are_answered_for(stack: Template) -> List[str]:
    """A hook that dies is tried once more and then told of to the guard, which may report for this stack and nothing else."""
    findings = []
    guard = {"Fn::GetAtt": [GUARD, "Arn"]}
    configs = [config["Properties"] for config in resources(stack, "AWS::Lambda::EventInvokeConfig").values()]
    for hook in HOOKS:
        # CodeDeploy invokes a hook without a qualifier.
        mine = [config for config in configs if config["FunctionName"] == {"Ref": hook} and config["Qualifier"] == "$LATEST"]
        config = mine[0] if mine else {}
        if config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") != guard:
            findings.append(f"{GUARD} is not told of {hook}")
        # Lambda's own defaults where nothing is set. The last try may begin when the event is as old as it may become.
        age = int(config.get("MaximumEventAgeInSeconds", 21600))
        longest = age + int(stack["Resources"][hook]["Properties"]["Timeout"])
        if int(config.get("MaximumRetryAttempts", 2)) > 1 or longest > HOOK_HOUR_SECONDS / 2:
            findings.append(f"{hook} is tried for up to {longest} s, and CodeDeploy waits for {HOOK_HOUR_SECONDS} s")
        if str(guard) not in granted(stack, f"{hook}Role", "lambda:InvokeFunction"):
            findings.append(f"{hook} may not send a record to {GUARD}")
    rights = [statement for owner, statement in statements(stack) if owner == f"{GUARD}Role"]
    group = "deploymentgroup:${ServerlessDeploymentApplication}/*"
    if [as_list(right["Action"]) for right in rights] != [["codedeploy:PutLifecycleEventHookExecutionStatus"]] or any(
        not str(resource).endswith(group + "'}") for right in rights for resource in as_list(right["Resource"])
    ):
        findings.append(f"{GUARD} may do something else than report for this stack")
    return findings


def names_agree(stack: Template) -> List[str]:
    """What is spelt out, for a reference would be a circle, is what the resources are really called."""
    findings = []
    (api,) = resources(stack, "AWS::ApiGateway::RestApi").values()
    (alias,) = resources(stack, "AWS::Lambda::Alias").values()
    (parameter,) = resources(stack, "AWS::SSM::Parameter").values()
    dimensions = {d["Name"]: d["Value"] for d in stack["Resources"]["ApiServerErrors"]["Properties"]["Dimensions"]}
    if value(dimensions.get("ApiName"), KNOWN) != value(api["Properties"]["Name"], KNOWN):
        findings.append("ApiServerErrors watches an API of another name")
    if dimensions.get("Stage") != STAGE:
        findings.append("ApiServerErrors watches another stage")
    told = environment(stack, "PreTrafficHook").get("LIVE_ALIAS_ARN")
    if alias["Properties"]["Name"] != ALIAS or told != {"Fn::Sub": f"${{Contacts.Arn}}:{ALIAS}"}:
        findings.append("LIVE_ALIAS_ARN is not the alias")
    if value(environment(stack, "PostTrafficHook")["API_URL_PARAMETER"], KNOWN) != value(parameter["Properties"]["Name"], KNOWN):
        findings.append("API_URL_PARAMETER is not the parameter with the URL")
    version = {"Ref": next(iter(resources(stack, "AWS::Lambda::Version")))}
    for hook in HOOKS:
        if environment(stack, hook).get("NEW_VERSION_ARN") != version:
            findings.append(f"{hook} is not told the new version")
    return findings


def one_api(stack: Template) -> List[str]:
    """One stage, every route through the alias, any method, and IAM asked only for what a caller should need."""
    findings = []
    # A deployment that names a stage makes one too: SAM's does, where the OpenAPI version is not set.
    makers = [*resources(stack, "AWS::ApiGateway::Stage").values(), *resources(stack, "AWS::ApiGateway::Deployment").values()]
    stages = sorted(str(maker["Properties"]["StageName"]) for maker in makers if "StageName" in maker["Properties"])
    if stages != [STAGE]:
        findings.append(f"the stages are {stages}")
    (api,) = resources(stack, "AWS::ApiGateway::RestApi").values()
    body = api["Properties"]["Body"]
    if set(body["paths"]) != {"/contacts", "/contacts/{id}", "/{proxy+}"}:
        findings.append(f"the routes are {sorted(body['paths'])}")
    (alias,) = resources(stack, "AWS::Lambda::Alias")
    for path, methods in body["paths"].items():
        if set(methods) != {"x-amazon-apigateway-any-method"}:
            findings.append(f"{path} takes {sorted(methods)} and leaves the other methods to API Gateway")
        for method in methods.values():
            integration = method["x-amazon-apigateway-integration"]
            if f"${{{alias}}}" not in str(integration["uri"]):
                findings.append(f"{path} passes the alias by")
            if "credentials" in integration:
                findings.append(f"{path} calls the function as the caller, who then needs lambda:InvokeFunction")
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        response = body.get("x-amazon-apigateway-gateway-responses", {}).get(kind, {})
        if "application/problem+json" not in str(response.get("responseParameters")):
            findings.append(f"{kind} is no problem document")
    return findings


def watched_alarms(stack: Template) -> Dict[str, Template]:
    """The alarms that stop a deployment, by logical id: those that the deployment group names."""
    (group,) = resources(stack, "AWS::CodeDeploy::DeploymentGroup").values()
    names = [alarm["Name"]["Ref"] for alarm in group["Properties"].get("AlarmConfiguration", {}).get("Alarms", [])]
    return {name: stack["Resources"][name] for name in names}


def alarms_have_data(stack: Template) -> List[str]:
    """Every alarm, whether it stops a deployment or only notifies, watches what is emitted."""
    findings = []
    for name, alarm in resources(stack, "AWS::CloudWatch::Alarm").items():
        settings = alarm["Properties"]
        stats = [query["MetricStat"] for query in settings.get("Metrics", []) if "MetricStat" in query]
        for metric in [stat["Metric"] for stat in stats] or [settings]:
            key = (metric["Namespace"], metric["MetricName"])
            if not metrics.emitted(*key, (d["Name"] for d in metric["Dimensions"])):
                findings.append(f"{name} watches {key} under dimensions that it is never emitted with")
    return findings


def alarms_decide_in_time(stack: Template) -> List[str]:
    """Each alarm of the deployment can fire within the shortest canary, and lets go again."""
    findings = []
    for name, alarm in watched_alarms(stack).items():
        settings = alarm["Properties"]
        needed = int(settings.get("DatapointsToAlarm", settings["EvaluationPeriods"]))
        # One period more: a minute counts once it is over.
        if (needed + 1) * int(settings["Period"]) > SHORTEST_SHIFT_SECONDS:
            findings.append(f"{name} needs more than {SHORTEST_SHIFT_SECONDS} s to fire")
        if needed < 2:
            findings.append(f"{name} fires on a single data point, and stays for as long as there is no other")
        if settings.get("TreatMissingData") != "notBreaching":
            findings.append(f"{name} does not return to OK without traffic")
    return findings


def alarms_notify(stack: Template) -> List[str]:
    """Each alarm tells the topic, where there is one, that it fired and that it is over."""
    topic = {"Fn::If": ["HasAlarmEmail", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}
    return [
        f"{name} tells no one in its {actions}"
        for name, alarm in resources(stack, "AWS::CloudWatch::Alarm").items()
        for actions in ("AlarmActions", "OKActions")
        if alarm["Properties"].get(actions) != topic
    ]


def data_and_logs_are_kept(stack: Template) -> List[str]:
    """The table outlives the stack; logs do not outlive their retention."""
    findings = []
    (table,) = resources(stack, "AWS::DynamoDB::Table").values()
    if table.get("DeletionPolicy") != "Retain" or table.get("UpdateReplacePolicy") != "Retain":
        findings.append("the table goes with the stack")
    groups = resources(stack, "AWS::Logs::LogGroup")
    for name, group in groups.items():
        if group["Properties"].get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
            findings.append(f"{name} is kept for ever")
    for name, function in resources(stack, "AWS::Lambda::Function").items():
        if function["Properties"].get("LoggingConfig", {}).get("LogGroup", {}).get("Ref") not in groups:
            findings.append(f"{name} logs to a group that Lambda makes, without retention")
        if function["Properties"].get("TracingConfig") != {"Mode": "Active"}:
            findings.append(f"{name} is not traced")
    return findings


RULES: Tuple[Callable[[Template], List[str]], ...] = (
    hook_names,
    hooks_are_set,
    least_privilege,
    hooks_may_do_their_work,
    hooks_are_answered_for,
    names_agree,
    one_api,
    alarms_have_data,
    alarms_decide_in_time,
    alarms_notify,
    data_and_logs_are_kept,
)


def check(stack: Template) -> List[str]:
    """The findings of every rule, each with the rule's name before it."""
    return [f"{rule.__name__}: {finding}" for rule in RULES for finding in rule(stack)]


def as_list(one_or_many: Any) -> List[Any]:
    """IAM takes one string for a list of one."""
    return one_or_many if isinstance(one_or_many, list) else [one_or_many]


def environment(stack: Template, function: str) -> Dict[str, Any]:
    """The environment variables of a function."""
    return stack["Resources"][function]["Properties"].get("Environment", {}).get("Variables", {})


def statements(stack: Template) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """Every statement that grants something, with the role that gets it."""
    for name, role in resources(stack, "AWS::IAM::Role").items():
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for policy in resources(stack, "AWS::IAM::RolePolicy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield policy["Properties"]["RoleName"]["Ref"], statement


def granted(stack: Template, role: str, action: str) -> List[str]:
    """The resources on which a role may do `action`, as their Fn::Sub text."""
    return [
        resource["Fn::Sub"] if isinstance(resource, dict) and isinstance(resource.get("Fn::Sub"), str) else str(resource)
        for owner, statement in statements(stack)
        if owner == role and action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]
