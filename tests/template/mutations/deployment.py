"""The deployment: what it shifts, its hooks, its alarms, its order, and who hears of it."""

from __future__ import annotations

from typing import Tuple

from mutations.mutation import MAILED, Mutation, preference, properties
from template import Template


def prefer_everywhere(template: Template) -> None:
    """Moves the preference to Globals, where it is every function's that does not turn it off."""
    template["Globals"]["Function"]["DeploymentPreference"] = properties(template, "Contacts").pop("DeploymentPreference")


def publish_everything(template: Template) -> None:
    """Moves the alias to Globals."""
    template["Globals"]["Function"]["AutoPublishAlias"] = properties(template, "Contacts").pop("AutoPublishAlias")


def shift_everything(template: Template) -> None:
    """Moves the preference and the alias to Globals."""
    prefer_everywhere(template)
    publish_everything(template)


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
        "the alias in Globals, so that the hooks have one too",
        publish_everything,
        "hooks_are_answered_for: HookGuard is not told of PreTrafficHook",
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
        "a deployment that an alarm on the table stops",
        lambda t: preference(t)["Alarms"].append({"Ref": "TableThrottles"}),
        "hooks_and_alarms_are_set: the deployment group watches",
    ),
    Mutation(
        "a rollback that no one hears of",
        lambda t: preference(t).pop("TriggerConfigurations"),
        "people_hear_of_deployments: no one is told of DeploymentRollback",
        MAILED,
    ),
    Mutation(
        "an address whose triggers outlive it",
        lambda t: preference(t)["TriggerConfigurations"]["Fn::If"].__setitem__(2, {"Ref": "AWS::NoValue"}),
        "people_hear_of_deployments: without an address CodeDeploy is to be told of no one, and is told None",
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
        "an alarm of the deployment that waits for the API's URL",
        lambda t: t["Resources"]["AliasErrors"].update(DependsOn="ApiUrl"),
        "the_deployment_waits_for_what_it_needs: the deployment waits for ApiUrl",
    ),
)
