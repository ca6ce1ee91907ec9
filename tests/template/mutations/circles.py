"""References that close a circle: the alias waits for what waits for the alias."""

from __future__ import annotations

from typing import Tuple

from mutations.mutation import Mutation, properties, variables

API_ARN = {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${ContactsApi}/live/*"}
CALL_THE_API = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": API_ARN}

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
