"""The template broken in one place at a time, and what notices.

Each mutation is a test. Run as a command it prints who catches what, `rehearse inspect` among them:

    .venv/bin/python tests/template/mutations.py
"""

from __future__ import annotations

import copy
from typing import Any, Callable, Dict, NamedTuple, Tuple

from template import Template


class Mutation(NamedTuple):
    """One thing broken."""

    name: str
    breaks: Callable[[Template], Any]
    # How a finding begins that it must lead to: a rule's name, or "SAM" where SAM refuses the template.
    finding: str
    # Where it shows with other values than the defaults.
    parameters: Dict[str, str] = {}

    def applied(self, template: Template) -> Template:
        """A copy of the template with the mutation."""
        template = copy.deepcopy(template)
        self.breaks(template)
        return template


def properties(template: Template, resource: str) -> Dict[str, Any]:
    return template["Resources"][resource]["Properties"]


def variables(template: Template, function: str) -> Dict[str, Any]:
    return properties(template, function)["Environment"]["Variables"]


def statement(template: Template, function: str, index: int = 0) -> Dict[str, Any]:
    return properties(template, function)["Policies"][0]["Statement"][index]


def preference(template: Template) -> Dict[str, Any]:
    return properties(template, "Contacts")["DeploymentPreference"]


def on_dashboard(text: str, by: str) -> Callable[[Template], None]:
    """Replaces a text of the dashboard's body, which must be there, everywhere."""

    def replace(template: Template) -> None:
        body = properties(template, "Dashboard")["DashboardBody"]
        if text not in body["Fn::Sub"]:
            raise ValueError(f"the dashboard has no {text}")
        body["Fn::Sub"] = body["Fn::Sub"].replace(text, by)

    return replace


def prefer_everywhere(template: Template) -> None:
    """Moves the preference to Globals, where it is every function's that does not turn it off."""
    function = template["Globals"]["Function"]
    function["DeploymentPreference"] = properties(template, "Contacts").pop("DeploymentPreference")
    # Over the Globals' own, an empty preference changes nothing, and SAM takes it for one of this function.
    properties(template, "Contacts")["DeploymentPreference"] = {"Enabled": True}


def shift_everything(template: Template) -> None:
    """Moves the preference and the alias to Globals."""
    prefer_everywhere(template)
    template["Globals"]["Function"]["AutoPublishAlias"] = properties(template, "Contacts").pop("AutoPublishAlias")


def add(template: Template, logical_id: str, kind: str, **settings: Any) -> None:
    template["Resources"][logical_id] = {"Type": kind, "Properties": settings}


API_ARN = {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${ContactsApi}/live/*"}
CALL_THE_API = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": API_ARN}
ANYONE = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}]}
MAILED = {"AlarmEmail": "on-call@example.com"}

CIRCLES: Tuple[Mutation, ...] = (
    Mutation(
        "the PostTraffic hook's environment refers to the API",
        lambda t: variables(t, "PostTrafficHook").update(API_URL={"Fn::Sub": "https://${ContactsApi}.example.com"}),
        "nothing_waits_for_itself",
    ),
    Mutation(
        "the PostTraffic hook's role refers to the API",
        lambda t: properties(t, "PostTrafficHook")["Policies"][0]["Statement"].append(CALL_THE_API),
        "nothing_waits_for_itself",
    ),
    Mutation(
        "the PostTraffic hook refers to the parameter with the URL",
        lambda t: variables(t, "PostTrafficHook").update(API_URL_PARAMETER={"Ref": "ApiUrl"}),
        "nothing_waits_for_itself",
    ),
    Mutation(
        "the PreTraffic hook refers to the alias",
        lambda t: variables(t, "PreTrafficHook").update(LIVE_ALIAS_ARN={"Ref": "Contacts.Alias"}),
        "nothing_waits_for_itself",
    ),
    Mutation(
        "an alarm of the deployment has !Ref Stage for its dimension",
        lambda t: properties(t, "ApiServerErrors")["Dimensions"][1].update(Value={"Ref": "ContactsApi.Stage"}),
        "nothing_waits_for_itself",
    ),
    Mutation(
        "the guard waits for the deployment it answers for",
        lambda t: properties(t, "HookGuard").update(Environment={"Variables": {"ALIAS": {"Ref": "Contacts.Alias"}}}),
        "nothing_waits_for_itself",
    ),
)

DEPLOYMENT: Tuple[Mutation, ...] = (
    Mutation(
        "the preference in Globals, and no Enabled: false on the hooks",
        prefer_everywhere,
        "SAM: Resource with id [PreTrafficHook] is invalid. 'DeploymentPreference' requires AutoPublishAlias",
    ),
    Mutation(
        "the preference and the alias in Globals, and no Enabled: false on the hooks",
        shift_everything,
        "one_function_is_shifted: an update shifts",
    ),
    Mutation(
        "no alias to shift",
        lambda t: properties(t, "Contacts").pop("AutoPublishAlias"),
        "SAM: Resource with id [Contacts] is invalid. 'DeploymentPreference' requires AutoPublishAlias",
    ),
    Mutation(
        "a deployment without its PreTraffic hook",
        lambda t: preference(t)["Hooks"].pop("PreTraffic"),
        "hooks_and_alarms_are_set: BeforeAllowTrafficHook",
    ),
    Mutation(
        "a deployment without its PostTraffic hook",
        lambda t: preference(t)["Hooks"].pop("PostTraffic"),
        "hooks_and_alarms_are_set: AfterAllowTrafficHook",
    ),
    Mutation(
        "a PostTraffic hook that cannot be turned off",
        lambda t: preference(t)["Hooks"].update(PostTraffic={"Ref": "PostTrafficHook"}),
        "hooks_and_alarms_are_set: AfterAllowTrafficHook",
        {"RunPostTrafficHook": "false"},
    ),
    Mutation(
        "a deployment that leaves out an alarm",
        lambda t: preference(t)["Alarms"].pop(),
        "hooks_and_alarms_are_set: the deployment group watches",
    ),
    Mutation(
        "a deployment that an alarm on the callers stops",
        lambda t: preference(t)["Alarms"].append({"Ref": "ApiClientErrors"}),
        "hooks_and_alarms_are_set: the deployment group watches",
    ),
    Mutation(
        "a rollback that no one hears of",
        lambda t: preference(t).pop("TriggerConfigurations"),
        "people_hear_of_deployments: no one is told of DeploymentRollback",
        MAILED,
    ),
    Mutation(
        "an alarm that tells a topic that is not there",
        lambda t: properties(t, "AliasErrors").update(AlarmActions=[{"Ref": "AlarmTopic"}]),
        "everything_referred_to_is_there: AliasErrors refers to AlarmTopic",
    ),
    Mutation(
        "a deployment that may start before its hook is answered for",
        lambda t: t["Resources"]["VersionErrors"].pop("DependsOn"),
        "the_deployment_waits_for_what_it_needs: the deployment may start before PreTrafficHookEventInvokeConfig",
    ),
    Mutation(
        "a hook whose log group may come after its first line",
        lambda t: properties(t, "PreTrafficHook")["LoggingConfig"].update(
            LogGroup={"Fn::Sub": "/aws/lambda/${AWS::StackName}/pre-traffic-hook"}
        ),
        "the_deployment_waits_for_what_it_needs: the deployment may start before PreTrafficHookLogs",
    ),
    Mutation(
        "an alarm of the deployment that waits for a permission of the API's",
        lambda t: t["Resources"]["AliasErrors"].update(DependsOn="ApiUrl"),
        "the_deployment_waits_for_what_it_needs: the deployment waits for ApiUrl",
    ),
)

HOOKS: Tuple[Mutation, ...] = (
    Mutation(
        "a hook without the prefix",
        lambda t: properties(t, "PreTrafficHook").update(FunctionName="pre-traffic"),
        "hooks_can_be_invoked: PreTrafficHook is called",
    ),
    Mutation(
        "a hook named after the stack",
        lambda t: properties(t, "PreTrafficHook").update(FunctionName={"Fn::Sub": "CodeDeployHook_${AWS::StackName}"}),
        "names_fit: PreTrafficHook has a FunctionName of",
    ),
    Mutation(
        "a right to invoke that changes with each version",
        lambda t: statement(t, "PreTrafficHook").update(Resource={"Ref": "Contacts.Version"}),
        "hooks_may_do_their_work: PreTrafficHook may not invoke",
    ),
    Mutation(
        "a right to invoke the function and none of its versions",
        lambda t: statement(t, "PreTrafficHook").update(Resource={"Fn::GetAtt": ["Contacts", "Arn"]}),
        "hooks_may_do_their_work: PreTrafficHook may not invoke",
    ),
    Mutation(
        "no right to call the API",
        lambda t: t["Resources"].pop("PostTrafficHookCallsTheApi"),
        "hooks_may_do_their_work: PostTrafficHook may not call",
    ),
    Mutation(
        "a hook whose failures no one is told of",
        lambda t: properties(t, "PreTrafficHook")["EventInvokeConfig"].pop("DestinationConfig"),
        "hooks_are_answered_for: HookGuard is not told of PreTrafficHook",
    ),
    Mutation(
        "a hook whose failures go elsewhere",
        lambda t: properties(t, "PostTrafficHook")["EventInvokeConfig"]["DestinationConfig"]["OnFailure"].update(
            Destination={"Fn::GetAtt": ["Contacts", "Arn"]}
        ),
        "hooks_are_answered_for: HookGuard is not told of PostTrafficHook",
    ),
    Mutation(
        "a hook that is tried again for as long as CodeDeploy waits",
        lambda t: properties(t, "PostTrafficHook")["EventInvokeConfig"].pop("MaximumEventAgeInSeconds"),
        "hooks_are_answered_for: PostTrafficHook is tried for up to",
    ),
    Mutation(
        "a guard that may report for other stacks",
        lambda t: statement(t, "HookGuard").update(
            Resource={"Fn::Sub": "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}:deploymentgroup:other/*"}
        ),
        "hooks_are_answered_for: HookGuard may do something else",
    ),
    Mutation(
        "a hook that is not told the new version",
        lambda t: variables(t, "PreTrafficHook").pop("NEW_VERSION_ARN"),
        "names_agree: PreTrafficHook",
    ),
    Mutation(
        "a hook that is told another alias",
        lambda t: variables(t, "PreTrafficHook").update(LIVE_ALIAS_ARN={"Fn::Sub": "${Contacts.Arn}:prod"}),
        "names_agree: LIVE_ALIAS_ARN",
    ),
    Mutation(
        "the URL under another name than the hook reads",
        lambda t: properties(t, "ApiUrl").update(Name="/contacts/api-url"),
        "names_agree: API_URL_PARAMETER",
    ),
)

PRIVILEGES: Tuple[Mutation, ...] = (
    Mutation(
        "a policy for every action",
        lambda t: statement(t, "Contacts").update(Action="dynamodb:*"),
        "least_privilege: ContactsRole may dynamodb:*",
    ),
    Mutation(
        "a policy for all tables of a name",
        lambda t: statement(t, "Contacts").update(Resource={"Fn::Sub": "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/Contacts*"}),
        "least_privilege: ContactsRole may",
    ),
    Mutation(
        "a hook that may report for every stack",
        lambda t: statement(t, "PreTrafficHook", 1).update(
            Resource={"Fn::Sub": "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}:deploymentgroup:*"}
        ),
        "least_privilege: PreTrafficHookRole may",
    ),
    Mutation(
        "a policy for all but one action",
        lambda t: statement(t, "HookGuard").update(NotAction=statement(t, "HookGuard").pop("Action")),
        "least_privilege: HookGuardRole may what NotAction leaves",
    ),
    Mutation(
        "a managed policy for full access",
        lambda t: properties(t, "Contacts")["Policies"].append("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"),
        "least_privilege: ContactsRole has the managed policy",
    ),
    Mutation(
        "a policy that any role may be given",
        lambda t: add(t, "Extra", "AWS::IAM::ManagedPolicy", PolicyDocument={"Version": "2012-10-17", "Statement": [CALL_THE_API]}),
        "least_privilege: Extra is a AWS::IAM::ManagedPolicy",
    ),
    Mutation(
        "a role that an account may assume",
        lambda t: properties(t, "HookGuard").update(AssumeRolePolicyDocument=ANYONE),
        "only_services_assume_roles: HookGuardRole",
    ),
    Mutation(
        "a function that another API may invoke",
        lambda t: add(
            t, "Extra", "AWS::Lambda::Permission", Action="lambda:InvokeFunction", FunctionName={"Ref": "Contacts"}, Principal="apigateway.amazonaws.com"
        ),
        "only_the_api_may_invoke: Extra lets apigateway.amazonaws.com in",
    ),
    Mutation(
        "a topic that others may publish to",
        lambda t: add(t, "Extra", "AWS::SNS::TopicPolicy", Topics=[{"Ref": "AlarmTopic"}], PolicyDocument={"Version": "2012-10-17", "Statement": []}),
        "only_the_api_may_invoke: Extra is a AWS::SNS::TopicPolicy",
        MAILED,
    ),
)

ALARMS: Tuple[Mutation, ...] = (
    Mutation(
        "an alarm on a metric that does not exist",
        lambda t: properties(t, "AliasErrors").update(MetricName="Error"),
        "alarms_have_data: AliasErrors watches AWS/Lambda Error by",
    ),
    Mutation(
        "an alarm over dimensions that are never emitted",
        lambda t: properties(t, "VersionErrors")["Dimensions"].pop(1),
        "alarms_have_data: VersionErrors watches",
    ),
    Mutation(
        "an alarm on a table's errors by the table alone",
        lambda t: properties(t, "TableSystemErrors")["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"].pop(),
        "alarms_have_data: TableSystemErrors watches AWS/DynamoDB SystemErrors by TableName",
    ),
    Mutation(
        "an alarm on a function of a written name",
        lambda t: properties(t, "AliasErrors")["Dimensions"][0].update(Value="Contacts"),
        "alarms_have_data: AliasErrors watches AWS/Lambda Errors of FunctionName",
    ),
    Mutation(
        "an alarm on another alias",
        lambda t: properties(t, "AliasErrors")["Dimensions"][1].update(Value={"Fn::Sub": "${Contacts}:prod"}),
        "alarms_have_data: AliasErrors watches AWS/Lambda Errors of Resource",
    ),
    Mutation(
        "an alarm on another stage",
        lambda t: properties(t, "ApiServerErrors")["Dimensions"][1].update(Value="prod"),
        "alarms_have_data: ApiServerErrors watches AWS/ApiGateway 5XXError of Stage",
    ),
    Mutation(
        "an API of another name than the alarms watch",
        lambda t: properties(t, "ContactsApi").update(Name="contacts"),
        "alarms_have_data: ApiServerErrors watches AWS/ApiGateway 5XXError of ApiName",
    ),
    Mutation(
        "an alarm on a statistic that says nothing",
        lambda t: properties(t, "ApiServerErrors").update(Statistic="Maximum"),
        "alarms_have_data: ApiServerErrors watches the Maximum",
    ),
    Mutation(
        "an alarm that computes from what it does not have",
        lambda t: properties(t, "TableThrottles")["Metrics"][0].update(Expression="FILL(getItem, 0) + FILL(query, 0)"),
        "alarms_compute_from_what_is_there: TableThrottles computes from query",
    ),
    Mutation(
        "an alarm of two series",
        lambda t: properties(t, "TableThrottles")["Metrics"][1].update(ReturnData=True),
        "alarms_compute_from_what_is_there: TableThrottles returns",
    ),
    Mutation(
        "an alarm slower than the shortest canary",
        lambda t: properties(t, "AliasErrors").update(Period=300),
        "alarms_of_the_deployment_decide_in_time: AliasErrors needs more than",
    ),
    Mutation(
        "an alarm on a single data point",
        lambda t: properties(t, "VersionErrors").update(EvaluationPeriods=1, DatapointsToAlarm=1),
        "alarms_of_the_deployment_decide_in_time: VersionErrors fires on a single",
    ),
    Mutation(
        "an alarm for which silence is failure",
        lambda t: properties(t, "AliasErrors").update(TreatMissingData="breaching"),
        "alarms_of_the_deployment_decide_in_time: AliasErrors does not return",
    ),
    Mutation(
        "a deployment that an alarm on the table stops",
        lambda t: preference(t)["Alarms"].append({"Ref": "TableThrottles"}),
        "alarms_of_the_deployment_decide_in_time: TableThrottles keeps its state",
    ),
    Mutation(
        "an alarm of the deployment that counts what the hooks invoke",
        lambda t: properties(t, "AliasErrors").update(Dimensions=[{"Name": "FunctionName", "Value": {"Ref": "Contacts"}}]),
        "alarms_of_the_deployment_decide_in_time: AliasErrors counts invocations",
    ),
    Mutation(
        "an operation on the table that no alarm sees",
        lambda t: statement(t, "Contacts")["Action"].append("dynamodb:Query"),
        "alarms_of_the_table_see_every_operation: TableSystemErrors does not see Query",
    ),
    Mutation(
        "an operation on the table that is watched and never called",
        lambda t: statement(t, "Contacts")["Action"].remove("dynamodb:Scan"),
        "alarms_have_data: TableSystemErrors watches AWS/DynamoDB SystemErrors of Operation Scan",
    ),
    Mutation(
        "an alarm on the table that never lets go",
        lambda t: properties(t, "TableSystemErrors")["Metrics"][0].update(Expression="SUM(METRICS())"),
        "alarms_of_the_table_see_every_operation: TableSystemErrors stays in ALARM",
    ),
    Mutation(
        "an alarm that does not say it is over",
        lambda t: properties(t, "ApiLatency").pop("OKActions"),
        "alarms_notify: ApiLatency tells",
        MAILED,
    ),
)

DASHBOARD: Tuple[Mutation, ...] = (
    Mutation("a dashboard that is no JSON", on_dashboard('"widgets": [', '"widgets": '), "widgets_have_data: the dashboard's body is no JSON"),
    Mutation("a widget of another region", on_dashboard("${AWS::Region}", "us-east-1"), "widgets_have_data: the widget"),
    Mutation("a widget on a metric that does not exist", on_dashboard("5XXError", "5xx"), "widgets_have_data: the widget"),
    Mutation("a widget on a table of a written name", on_dashboard("${ContactsTable}", "ContactsTable"), "widgets_have_data: the widget"),
    Mutation("a search under other dimensions", on_dashboard("FunctionName,Resource,ExecutedVersion}", "FunctionName,ExecutedVersion}"), "widgets_have_data: the widget"),
    Mutation("a widget over another", on_dashboard('"x": 12', '"x": 6'), "widgets_are_laid_out: the widget"),
    Mutation("a widget over the edge", on_dashboard('"x": 16', '"x": 20'), "widgets_are_laid_out: the widget"),
    Mutation(
        "an alarm that is not shown",
        on_dashboard("TableThrottles.Arn", "TableSystemErrors.Arn"),
        "every_alarm_is_shown: no widget shows",
    ),
)

API: Tuple[Mutation, ...] = (
    Mutation(
        "a refusal of API Gateway's in its own words",
        lambda t: properties(t, "ContactsApi")["GatewayResponses"].pop("DEFAULT_4XX"),
        "one_api: DEFAULT_4XX",
    ),
    Mutation("no OpenAPI version", lambda t: t["Globals"]["Api"].pop("OpenApiVersion"), "one_api: the stages are"),
    Mutation(
        "a literal authorizer with SAM's invoke role",
        lambda t: properties(t, "ContactsApi")["Auth"].update(DefaultAuthorizer="AWS_IAM", InvokeRole="CALLER_CREDENTIALS"),
        "one_api: /contacts calls the function as the caller",
    ),
    Mutation(
        "an API that is open to everyone",
        lambda t: properties(t, "ContactsApi")["Auth"].update(DefaultAuthorizer="NONE"),
        "one_api: /contacts asks for",
    ),
    Mutation(
        "a route for one method",
        lambda t: properties(t, "Contacts")["Events"]["All"]["Properties"].update(Method="GET"),
        "one_api: /contacts takes",
    ),
    Mutation(
        "an API without a limit of its own",
        lambda t: properties(t, "ContactsApi").pop("MethodSettings"),
        "one_api: the stage takes as much traffic",
    ),
    Mutation(
        "a stage that logs requests and answers",
        lambda t: properties(t, "ContactsApi")["MethodSettings"][0].update(DataTraceEnabled=True),
        "one_api: the stage logs people's contacts",
    ),
)

DATA: Tuple[Mutation, ...] = (
    Mutation(
        "a table that goes with the stack",
        lambda t: t["Resources"]["ContactsTable"].pop("DeletionPolicy"),
        "data_and_logs_are_kept: the table goes",
    ),
    Mutation(
        "a table without point-in-time recovery",
        lambda t: properties(t, "ContactsTable").pop("PointInTimeRecoverySpecification"),
        "data_and_logs_are_kept: the table cannot be restored",
    ),
    Mutation(
        "a table that keeps what checks create",
        lambda t: properties(t, "ContactsTable").pop("TimeToLiveSpecification"),
        "data_and_logs_are_kept: what checks create",
    ),
    Mutation(
        "a function whose logs are kept for ever",
        lambda t: properties(t, "Contacts").pop("LoggingConfig"),
        "data_and_logs_are_kept: Contacts logs",
    ),
    Mutation(
        "a log group of a longer name than is taken",
        lambda t: properties(t, "ContactsLogs").update(LogGroupName={"Fn::Sub": "/".join(["/aws/lambda"] + ["${AWS::StackName}"] * 4)}),
        "names_fit: ContactsLogs has a LogGroupName of",
    ),
    Mutation(
        "a parameter of a name that is not taken",
        lambda t: properties(t, "ApiUrl").update(Name={"Fn::Sub": "/aws/${AWS::StackName}/api-url"}),
        "names_fit: ApiUrl has a Name that is not taken",
    ),
    Mutation(
        "a dashboard of a name that is not taken",
        lambda t: properties(t, "Dashboard").update(DashboardName={"Fn::Sub": "${AWS::StackName}/${AWS::Region}"}),
        "names_fit: Dashboard has a DashboardName that is not taken",
    ),
)

MUTATIONS = (*CIRCLES, *DEPLOYMENT, *HOOKS, *PRIVILEGES, *ALARMS, *DASHBOARD, *API, *DATA)
