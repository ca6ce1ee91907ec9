"""The names that CloudFormation makes up, as far as a policy has to know them.

By the rule of its own library for resource types: aws-cloudformation/cloudformation-cli-java-plugin, IdentifierUtils.java,
`generateResourceIdentifier`. That its IAM roles are named by this very code is inferred: what has been seen of their names fits.
"""

from __future__ import annotations

import re

# A dash and what is made up, and the dash between the stack's name and the logical id.
ENDING = 13
SEPARATOR = 1
# The longest name of a resource, by its type. Source: the API reference of each service, the length of the name.
LONGEST = {
    "AWS::CloudWatch::Alarm": 255,
    "AWS::CodeDeploy::Application": 100,
    "AWS::CodeDeploy::DeploymentGroup": 100,
    "AWS::DynamoDB::Table": 255,
    "AWS::IAM::Role": 64,
    "AWS::Lambda::Function": 64,
    "AWS::SNS::Topic": 256,
}


def room(longest: int) -> int:
    """The characters that are left for the stack's name and the logical id together."""
    return longest - ENDING - SEPARATOR


def made_up(stack: str, logical_id: str, longest: int) -> str:
    """A name: both parts cut where they are too long together, in halves, of which one leaves to the other what it does not need."""
    stack = re.sub("-{2,}", "-", stack.lstrip("-"))
    half = room(longest) // 2
    of_stack = min(len(stack), max(half, room(longest) - len(logical_id)))
    of_logical_id = min(len(logical_id), room(longest) - of_stack)
    return f"{stack[:of_stack]}-{logical_id[:of_logical_id]}-{'X' * (ENDING - 1)}"
