"""The REST API in front of the alias."""

from __future__ import annotations

from typing import List

from names import ALIAS, API, STAGE, STAGE_NAME
from stack import Stack


def one_api(stack: Stack) -> List[str]:
    """One stage, every route through the alias, any method, IAM asked only for what a caller should need, and a limit to the traffic."""
    findings = []
    # A deployment that names a stage makes one too: SAM's does, where the OpenAPI version is not set.
    makers = stack.resources("AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment").values()
    stages = sorted(stack.text(maker["Properties"]["StageName"]) for maker in makers if "StageName" in maker["Properties"])
    if stages != [STAGE_NAME]:
        findings.append(f"the stages are {stages}")
    body = stack.properties(API)["Body"]
    # Which of the two API Gateway takes for the metrics' ApiName, no document says: one name for both is right in any case.
    if stack.text(body["info"]["title"]) != stack.name(API):
        findings.append(f"the API is called {stack.name(API)}, and its OpenAPI title is {stack.text(body['info']['title'])}")
    if set(body["paths"]) != {"/contacts", "/contacts/{id}", "/{proxy+}"}:
        findings.append(f"the routes are {sorted(body['paths'])}")
    secured = stack.parameters["ApiAuthorization"] == "AWS_IAM"
    for path, methods in body["paths"].items():
        if set(methods) != {"x-amazon-apigateway-any-method"}:
            findings.append(f"{path} takes {sorted(methods)} and leaves the other methods to API Gateway")
        for method in methods.values():
            integration = method["x-amazon-apigateway-integration"]
            if not stack.text(integration["uri"]).endswith(f"/functions/{stack.arn(ALIAS)}/invocations"):
                findings.append(f"{path} passes the alias by")
            if "credentials" in integration:
                findings.append(f"{path} calls the function as the caller, who then needs lambda:InvokeFunction")
            # An empty requirement beside others would let anyone in.
            if (method.get("security") == [{"AWS_IAM": []}]) != secured:
                findings.append(f"{path} asks for {method.get('security')} with {stack.parameters['ApiAuthorization']}")
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        response = body.get("x-amazon-apigateway-gateway-responses", {}).get(kind, {})
        if "application/problem+json" not in str(response.get("responseParameters")):
            findings.append(f"{kind} is no problem document")
    settings = stack.properties(STAGE).get("MethodSettings", [])
    limits = {name: {"Ref": name} for name in ("ThrottlingRateLimit", "ThrottlingBurstLimit")}
    everything = {"ResourcePath": "/*", "HttpMethod": "*", **limits}
    if not any({**each, **everything} == each for each in settings):
        findings.append("the stage takes as much traffic as the account does")
    if any(each.get("DataTraceEnabled") for each in settings):
        findings.append("the stage logs people's contacts")
    return findings
