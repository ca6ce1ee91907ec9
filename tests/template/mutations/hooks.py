"""The hooks: their names, their rights, what they are told, and who answers for them."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from mutations.mutation import Mutation, properties, statement, variables

UUID = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}


def named_after_field(place: int) -> Dict[str, Any]:
    """A name that has one field of the stack id's UUID."""
    return {"Fn::Sub": ["CodeDeployHook_${Id}_hook", {"Id": {"Fn::Select": [place, {"Fn::Split": ["-", UUID]}]}}]}


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
        "a hook named after the stack id's last part, the machine that made it up",
        lambda t: properties(t, "PreTrafficHook").update(FunctionName=named_after_field(4)),
        "hooks_can_be_invoked: PreTrafficHook has its name in a stack too whose id differs in its time_low",
    ),
    Mutation(
        "a hook named after the stack id's first part, the low bits of a clock",
        lambda t: properties(t, "PostTrafficHook").update(FunctionName=named_after_field(0)),
        "hooks_can_be_invoked: PostTrafficHook has its name in a stack too whose id differs in its node",
    ),
    Mutation(
        "a hook that may not answer CodeDeploy",
        lambda t: properties(t, "PostTrafficHook")["Policies"][0]["Statement"].pop(1),
        "hooks_may_do_their_work: PostTrafficHook may not answer",
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
