"""The stack as CloudFormation gets it: valid, without circles, by the rules; and every rule notices when it is broken."""

from __future__ import annotations

import copy
import itertools
import unittest
from typing import Any, Callable, Dict, Tuple

import rules
import stack
from stack import Template

PREFERENCES = (
    "AllAtOnce",
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
)


class TheStack(unittest.TestCase):
    """For every parameter whose value SAM writes into what it expands; the others act in conditions, and cfn-lint sees both sides."""

    def test_is_valid_and_free_of_circles_for_every_preference_and_authorization(self) -> None:
        for preference, authorization in itertools.product(PREFERENCES, ("AWS_IAM", "NONE")):
            with self.subTest(preference=preference, authorization=authorization):
                parameters = {"DeploymentPreference": preference, "ApiAuthorization": authorization}
                expanded = stack.transform(stack.load(), parameters)
                self.assertEqual(stack.lint(expanded), [])
                self.assertEqual(rules.check(expanded), [])

    def test_does_not_depend_on_the_values_of_the_other_parameters(self) -> None:
        declared = stack.load()["Parameters"]
        others = {name: another_value(name, declared[name]) for name in set(declared) - {"DeploymentPreference", "ApiAuthorization"}}
        self.assertEqual(stack.transform(stack.load(), others), stack.transform(stack.load()))

    def test_offers_the_nine_configurations_that_codedeploy_predefines(self) -> None:
        self.assertEqual(sorted(stack.load()["Parameters"]["DeploymentPreference"]["AllowedValues"]), sorted(PREFERENCES))
        for preference in PREFERENCES:
            expanded = stack.transform(stack.load(), {"DeploymentPreference": preference})
            (group,) = stack.resources(expanded, "AWS::CodeDeploy::DeploymentGroup").values()
            name = stack.value(group["Properties"]["DeploymentConfigName"], {})
            self.assertEqual(name, f"CodeDeployDefault.Lambda{preference}")

    def test_secures_every_route_by_iam_unless_told_otherwise(self) -> None:
        for parameters, secured in (({}, True), ({"ApiAuthorization": "NONE"}, False)):
            (api,) = stack.resources(stack.transform(stack.load(), parameters), "AWS::ApiGateway::RestApi").values()
            for path, methods in api["Properties"]["Body"]["paths"].items():
                for method in methods.values():
                    # An empty requirement beside others would let anyone in.
                    self.assertEqual(method.get("security") == [{"AWS_IAM": []}], secured, path)

    def test_needs_no_answer_on_a_fresh_account(self) -> None:
        declared = stack.load()["Parameters"]
        for name in ("AccessLogs", "ManageApiGatewayAccount"):
            self.assertEqual(declared[name]["Default"], "false", name)
        self.assertEqual(declared["ReservedConcurrency"]["Default"], 0)


def another_value(name: str, declared: Dict[str, Any]) -> str:
    """A value of a parameter that is allowed and not its default."""
    default = str(declared["Default"])
    if "AllowedValues" in declared:
        return next(str(allowed) for allowed in declared["AllowedValues"] if str(allowed) != default)
    if declared["Type"] == "Number":
        return str(int(default) + 1)
    return {"AlarmEmail": "on-call@example.com"}[name]


def properties(template: Template, resource: str) -> Dict[str, Any]:
    return template["Resources"][resource]["Properties"]


def variables(template: Template, function: str) -> Dict[str, Any]:
    return properties(template, function)["Environment"]["Variables"]


def statement(template: Template, function: str, index: int = 0) -> Dict[str, Any]:
    return properties(template, function)["Policies"][0]["Statement"][index]


API_ARN = {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${ContactsApi}/live/*"}
CALL_THE_API = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": API_ARN}

# One thing broken at a time: what is done to the template, and the start of a finding that it must lead to.
MUTATIONS: Tuple[Tuple[str, Callable[[Template], Any], str], ...] = (
    (
        "the PostTraffic hook's environment refers to the API",
        lambda t: variables(t, "PostTrafficHook").update(API_URL={"Fn::Sub": "https://${ContactsApi}.example.com"}),
        "E3004",
    ),
    (
        "the PostTraffic hook's own policy names the API",
        lambda t: properties(t, "PostTrafficHook")["Policies"][0]["Statement"].append(CALL_THE_API),
        "E3004",
    ),
    (
        "the PostTraffic hook refers to the parameter with the URL",
        lambda t: variables(t, "PostTrafficHook").update(API_URL_PARAMETER={"Ref": "ApiUrl"}),
        "E3004",
    ),
    (
        "the PreTraffic hook refers to the alias",
        lambda t: variables(t, "PreTrafficHook").update(LIVE_ALIAS_ARN={"Ref": "Contacts.Alias"}),
        "E3004",
    ),
    (
        "an alarm of the deployment refers to the stage",
        lambda t: properties(t, "ApiServerErrors")["Dimensions"][1].update(Value={"Ref": "ContactsApi.Stage"}),
        "E3004",
    ),
    (
        "a hook without the prefix",
        lambda t: properties(t, "PreTrafficHook").update(FunctionName="pre-traffic"),
        "hook_names: PreTrafficHook is called",
    ),
    (
        "a hook named after the stack",
        lambda t: properties(t, "PreTrafficHook").update(FunctionName={"Fn::Sub": "CodeDeployHook_${AWS::StackName}"}),
        "hook_names: PreTrafficHook has a name of",
    ),
    (
        "a deployment without its PreTraffic hook",
        lambda t: properties(t, "Contacts")["DeploymentPreference"]["Hooks"].pop("PreTraffic"),
        "hooks_are_set: BeforeAllowTrafficHook",
    ),
    (
        "a deployment that leaves out an alarm",
        lambda t: properties(t, "Contacts")["DeploymentPreference"]["Alarms"].pop(),
        "hooks_are_set: the deployment group watches",
    ),
    (
        "a policy on every resource",
        lambda t: statement(t, "Contacts").update(Resource="*"),
        "least_privilege: ContactsRole may",
    ),
    (
        "a policy for every action",
        lambda t: statement(t, "Contacts").update(Action="dynamodb:*"),
        "least_privilege: ContactsRole may dynamodb:*",
    ),
    (
        "a managed policy for full access",
        lambda t: properties(t, "Contacts")["Policies"].append("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"),
        "least_privilege: ContactsRole has the managed policy",
    ),
    (
        "a hook that may not answer CodeDeploy",
        lambda t: properties(t, "PostTrafficHook")["Policies"][0]["Statement"].pop(1),
        "hooks_may_do_their_work: PostTrafficHook may not answer",
    ),
    (
        "a right to invoke that changes with each version",
        lambda t: statement(t, "PreTrafficHook").update(Resource={"Ref": "Contacts.Version"}),
        "hooks_may_do_their_work: PreTrafficHook may not invoke",
    ),
    (
        "no right to call the API",
        lambda t: t["Resources"].pop("PostTrafficHookCallsTheApi"),
        "hooks_may_do_their_work: PostTrafficHook may not call",
    ),
    (
        "a hook whose failures no one is told of",
        lambda t: properties(t, "PreTrafficHook").pop("EventInvokeConfig"),
        "hooks_are_answered_for: HookGuard is not told of PreTrafficHook",
    ),
    (
        "a hook whose failures go elsewhere",
        lambda t: properties(t, "PostTrafficHook")["EventInvokeConfig"]["DestinationConfig"]["OnFailure"].update(
            Destination={"Fn::GetAtt": ["Contacts", "Arn"]}
        ),
        "hooks_are_answered_for: HookGuard is not told of PostTrafficHook",
    ),
    (
        "a hook that is tried again for as long as CodeDeploy waits",
        lambda t: properties(t, "PostTrafficHook")["EventInvokeConfig"].pop("MaximumEventAgeInSeconds"),
        "hooks_are_answered_for: PostTrafficHook is tried for up to",
    ),
    (
        "a guard that may report for other stacks",
        lambda t: statement(t, "HookGuard").update(
            Resource={"Fn::Sub": "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}:deploymentgroup:other/*"}
        ),
        "hooks_are_answered_for: HookGuard may do something else",
    ),
    (
        "a guard that may not report",
        lambda t: properties(t, "HookGuard").pop("Policies"),
        "hooks_are_answered_for: HookGuard may do something else",
    ),
    (
        "a guard that waits for the deployment it answers for",
        lambda t: properties(t, "HookGuard").update(
            Environment={"Variables": {"GROUP": {"Ref": "ContactsDeploymentGroup"}, "ALIAS": {"Ref": "Contacts.Alias"}}}
        ),
        "E3004",
    ),
    (
        "the URL under another name than the hook reads",
        lambda t: properties(t, "ApiUrl").update(Name="/contacts/api-url"),
        "names_agree: API_URL_PARAMETER",
    ),
    (
        "an API of another name than the alarm watches",
        lambda t: properties(t, "ContactsApi").update(Name="contacts"),
        "names_agree: ApiServerErrors watches an API",
    ),
    (
        "a hook that is not told the new version",
        lambda t: variables(t, "PreTrafficHook").pop("NEW_VERSION_ARN"),
        "names_agree: PreTrafficHook",
    ),
    (
        "a hook that is told another alias",
        lambda t: variables(t, "PreTrafficHook").update(LIVE_ALIAS_ARN={"Fn::Sub": "${Contacts.Arn}:prod"}),
        "names_agree: LIVE_ALIAS_ARN",
    ),
    (
        "a refusal of API Gateway's in its own words",
        lambda t: properties(t, "ContactsApi")["GatewayResponses"].pop("DEFAULT_4XX"),
        "one_api: DEFAULT_4XX",
    ),
    (
        "no OpenAPI version",
        lambda t: t["Globals"]["Api"].pop("OpenApiVersion"),
        "one_api: the stages are",
    ),
    (
        "a literal authorizer with SAM's invoke role",
        lambda t: properties(t, "ContactsApi")["Auth"].update(DefaultAuthorizer="AWS_IAM", InvokeRole="CALLER_CREDENTIALS"),
        "one_api: /contacts calls the function as the caller",
    ),
    (
        "a route for one method",
        lambda t: properties(t, "Contacts")["Events"]["All"]["Properties"].update(Method="GET"),
        "one_api: /contacts takes",
    ),
    (
        "an alarm over dimensions that are never emitted",
        lambda t: properties(t, "VersionErrors")["Dimensions"].pop(1),
        "alarms_have_data: VersionErrors watches",
    ),
    (
        "an alarm slower than the shortest canary",
        lambda t: properties(t, "AliasErrors").update(Period=300),
        "alarms_decide_in_time: AliasErrors needs more than",
    ),
    (
        "an alarm on a single data point",
        lambda t: properties(t, "VersionErrors").update(EvaluationPeriods=1, DatapointsToAlarm=1),
        "alarms_decide_in_time: VersionErrors fires on a single",
    ),
    (
        "an alarm for which silence is failure",
        lambda t: properties(t, "AliasErrors").update(TreatMissingData="breaching"),
        "alarms_decide_in_time: AliasErrors does not return",
    ),
    (
        "a table that goes with the stack",
        lambda t: t["Resources"]["ContactsTable"].pop("DeletionPolicy"),
        "data_and_logs_are_kept: the table",
    ),
    (
        "a function whose logs are kept for ever",
        lambda t: properties(t, "Contacts").pop("LoggingConfig"),
        "data_and_logs_are_kept: Contacts logs",
    ),
)


class TheChecks(unittest.TestCase):
    """A check that cannot fail proves nothing."""

    def test_notice_each_thing_that_is_broken(self) -> None:
        for name, breaks, finding in MUTATIONS:
            with self.subTest(name):
                template = copy.deepcopy(stack.load())
                breaks(template)
                expanded = stack.transform(template)
                # cfn-lint only where it is what must notice: it takes most of the time.
                findings = stack.lint(expanded) if finding.startswith("E") else rules.check(expanded)
                self.assertTrue(any(found.startswith(finding) for found in findings), findings)

    def test_refuse_what_sam_refuses(self) -> None:
        template = stack.load()
        del template["Resources"]["Contacts"]["Properties"]["AutoPublishAlias"]
        with self.assertRaisesRegex(ValueError, "AutoPublishAlias"):
            stack.transform(template)


if __name__ == "__main__":
    unittest.main()
