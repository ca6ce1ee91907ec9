"""How the stack that CDK makes differs from the one that SAM makes, and why. What is not in these lists must not differ.

A difference that is no more is taken out of its list, or the tests fail.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple

from names import APPLICATION, GROUP, GUARD, POST_TRAFFIC, PRE_TRAFFIC
from stack import ACCOUNT, MADE_UP, REGION

# By path of a property, with `*` for any text in it.
PROPERTIES: Dict[str, str] = {
    "AlarmTopic.Subscription.*": "CDK makes a resource of its own of it, which is next",
    "AlarmTopiconcallexamplecomA8F52D72.*": "as above",
    "ContactsApiliveStage.AccessLogSetting.DestinationArn": "without `:*` in CDK; API Gateway takes both",
    "*.Tags*": "the stack's tags are all that CDK gives, and CloudFormation passes them on; SAM has lambda:createdBy beside them",
    "ApiLatency.AlarmDescription": "the budget is no parameter of the stack, whose name could be told",
    "Contacts.LoggingConfig.LogGroup": "as below",
    "ContactsLogs.LogGroupName": "named after the binary, as those of the hooks and the guard are in both",
    "ContactsVersion.DeletionPolicy": "CDK can say RetainExceptOnCreate, so that a rollback deletes the version that it takes back; SAM cannot",
    "ContactsVersion.UpdateReplacePolicy": "comes with it; a version is never replaced, for another one has another logical id",
}

# Parameters that only SAM's environments have, those of samconfig.toml.
PARAMETERS: Dict[str, str] = {
    "PermissionsBoundary": "the pipeline's boundary names the resources of a stack NAME-ENVIRONMENT, and CDK's stacks have names of their own",
}

_TRACING = "PutTelemetryRecords", "PutTraceSegments"
_GROUPS = f"arn:aws:codedeploy:{REGION}:{ACCOUNT}:deploymentgroup:{APPLICATION}{MADE_UP}"
_API = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:ContactsApi{MADE_UP}"
_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"

Rights = Dict[Tuple[str, str, str], str]


class Side(NamedTuple):
    """What only one of the two stacks has, each with the reason."""

    sam: Rights
    cdk: Rights


RIGHTS = Side(
    sam={
        **{
            (f"{function}Role", "has", "AWSXrayWriteOnlyAccess"): "CDK allows the two actions of it that send traces"
            for function in ("Contacts", PRE_TRAFFIC, POST_TRAFFIC, GUARD)
        },
        **{
            (f"{function}Role", "codedeploy:PutLifecycleEventHookExecutionStatus", f"{_GROUPS}/*"): "CDK names the one group"
            for function in (PRE_TRAFFIC, POST_TRAFFIC, GUARD)
        },
        (f"{POST_TRAFFIC}Role", "execute-api:Invoke", f"{_API}/live/*"): "CDK names method and path, each of which may be any",
        ("CodeDeployServiceRole", "has", "service-role/AWSCodeDeployRoleForLambda"): "CDK takes the policy that publishes to no topic",
    },
    cdk={
        **{
            (f"{function}Role", f"xray:{action}", "*"): "traces are no resources: X-Ray takes no other than `*` for these actions"
            for function in ("Contacts", PRE_TRAFFIC, POST_TRAFFIC, GUARD)
            for action in _TRACING
        },
        **{
            (f"{function}Role", "codedeploy:PutLifecycleEventHookExecutionStatus", f"{_GROUPS}/{GROUP}{MADE_UP}"): "the one group"
            for function in (PRE_TRAFFIC, POST_TRAFFIC, GUARD)
        },
        **{
            (f"{hook}Role", "lambda:InvokeFunction", f"{_FUNCTION}{GUARD}{MADE_UP}:*"): "a destination's grant covers versions too"
            for hook in (PRE_TRAFFIC, POST_TRAFFIC)
        },
        **{
            ("CodeDeployServiceRole", "lambda:InvokeFunction", f"{_FUNCTION}{hook}{MADE_UP}{versions}"): "these two, instead of CodeDeployHook_*"
            for hook in (PRE_TRAFFIC, POST_TRAFFIC)
            for versions in ("", ":*")
        },
        (f"{POST_TRAFFIC}Role", "execute-api:Invoke", f"{_API}/live/*/*"): "method and path",
        ("CodeDeployServiceRole", "has", "service-role/AWSCodeDeployRoleForLambdaLimited"): "publishes to no topic, and invokes CodeDeployHook_*",
    },
)

# And where there is an address for mail.
RIGHTS_WITH_TOPIC: Rights = {
    ("CodeDeployServiceRole", "sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:AlarmTopic{MADE_UP}"): "this topic, and SAM's policy any",
}

# Of the whole ARN from which API Gateway may invoke the alias, the stage: SAM allows any, CDK the one that there is.
STAGE_OF_INVOKERS = (f"{_API}/*/", f"{_API}/live/")

# Rules of tests/template that are not asked of CDK's stack, for they speak of how SAM writes what is compared here by what it comes to.
RULES_NOT_ASKED: Dict[str, str] = {
    "hooks_can_be_invoked": "by name, as SAM's role for CodeDeploy asks; RIGHTS has CDK's grant for each hook",
    "hooks_may_do_their_work": "RIGHTS",
    "hooks_are_answered_for": "RIGHTS, and the properties of EventInvokeConfig",
    "least_privilege": "RIGHTS",
    "one_api": "reads SAM's OpenAPI document; routes, answers and invokers are compared",
    "data_and_logs_are_kept": "asks for the parameter LogRetentionDays; the properties are compared",
    "older_versions_are_kept": "asks for SAM's Retain; PROPERTIES has CDK's",
    "a_version_is_asked_for_only_with_news": "speaks of SAM's logical ids; what changes CDK's is tested here",
}

# What cfn-lint says of every CDK template.
LINTS: Dict[str, str] = {"W3005": "a function of CDK's waits for its role twice: by a reference, and by DependsOn for the sake of its policies"}

# Outputs that only one of the two has.
OUTPUTS = {
    "DashboardUrl": "CDK's output is the dashboard's name: Dashboard",
    "Dashboard": "in place of DashboardUrl",
    "ContactsApiEndpoint71604A4A": "RestApi makes it of its own accord",
}
