"""The API: its stage, its routes, its limits."""

from __future__ import annotations

from typing import Tuple

from mutations.mutation import Mutation, properties

API: Tuple[Mutation, ...] = (
    Mutation(
        "a refusal of API Gateway's in its own words",
        lambda t: properties(t, "ContactsApi")["GatewayResponses"].pop("DEFAULT_4XX"),
        "one_api: DEFAULT_4XX",
    ),
    Mutation(
        "an API of another name than its title",
        lambda t: properties(t, "ContactsApi").update(Name="contacts"),
        "one_api: the API is called contacts",
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
