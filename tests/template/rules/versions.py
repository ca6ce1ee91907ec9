"""The versions of the API's function: one is asked for only where something of a version is new, and the older ones stay."""

from __future__ import annotations

from typing import Any, Dict, List

from names import ALIAS, FUNCTION
from stack import Stack, referred

# Properties of AWS::Lambda::Function that are no part of a version. Of a template with AutoPublishAliasAllProperties SAM asks for a version
# when their text changes; Lambda makes none then, and CloudFormation's handler fails: "A version for this Lambda function exists ( N )".
#
# What is part of a version is in what Lambda answers to PublishVersion, a FunctionConfiguration. test_versions.py holds each property of the
# resource to one of the two lists.
NO_CONTENT = {
    "Tags": "Lambda API model, TagResource: a function's, not a version's. Seen to fail: serverless-application-model issue 3281",
    "ReservedConcurrentExecutions": "Lambda API model, PutFunctionConcurrency: applies to the function as a whole, including all published "
    "versions. Seen to fail: serverless issue 7822",
    "RecursiveLoop": "Lambda API model, PutFunctionRecursionConfig: takes a function, no qualifier",
    "CodeSigningConfigArn": "Lambda API model, PutFunctionCodeSigningConfig: takes a function, no qualifier; acts at the next upload",
    "RuntimeManagementConfig": "Lambda API model, PutRuntimeManagementConfig: set for $LATEST and for each version by itself",
    "FunctionScalingConfig": "Lambda API model, PutFunctionScalingConfig: set for each version by itself",
    "PublishToLatestPublished": "CloudFormation, AWS::Lambda::Function: says where to publish, and is kept by no operation of Lambda",
}

# SAM gives it to every function.
OF_SAM = {"Key": "lambda:createdBy", "Value": "SAM"}


def content(properties: Dict[str, Any]) -> Dict[str, Any]:
    """What of a function's properties goes into its next version."""
    return {name: value for name, value in properties.items() if name not in NO_CONTENT}


def a_version_is_asked_for_only_with_news(stack: Stack) -> List[str]:
    """What is no part of a version has the same text in every edit: a parameter's value, or SAM's own."""
    findings = []
    for name, value in stack.properties(FUNCTION).items():
        by_reference = isinstance(value, dict) and set(value) == {"Ref"}
        if name in NO_CONTENT and not by_reference and value != [OF_SAM]:
            findings.append(f"an edit of {FUNCTION}'s {name} asks for a version, of which it is no part")
    return findings


def older_versions_are_kept(stack: Stack) -> List[str]:
    """The version that served before is a second away. And what is kept is the version alone: not alias and role of a deleted stack."""
    findings = []
    for name, resource in stack.resources("AWS::Lambda::Version").items():
        if resource.get("DeletionPolicy") != "Retain":
            findings.append(f"a success deletes the version from before: {name} has {resource.get('DeletionPolicy')}")
    for name in (FUNCTION, ALIAS, referred(stack.properties(FUNCTION)["Role"])):
        if "DeletionPolicy" in stack.resource(name):
            findings.append(f"{name} has the DeletionPolicy {stack.resource(name)['DeletionPolicy']}")
    return findings
