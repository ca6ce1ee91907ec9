"""Rights wider than they were reviewed."""

from __future__ import annotations

from typing import Tuple

from mutations.mutation import MAILED, Mutation, add, properties, statement

SCAN = {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": {"Fn::GetAtt": ["ContactsTable", "Arn"]}}
ANYONE = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}]}

PRIVILEGES: Tuple[Mutation, ...] = (
    Mutation(
        "a policy on every resource",
        lambda t: statement(t, "Contacts").update(Resource="*"),
        "least_privilege: ContactsRole may",
    ),
    Mutation(
        "a policy for every action",
        lambda t: statement(t, "Contacts").update(Action="dynamodb:*"),
        "least_privilege: ContactsRole may dynamodb:*",
    ),
    Mutation(
        "a policy for all tables of a name",
        lambda t: statement(t, "Contacts").update(Resource={"Fn::Sub": "${ContactsTable.Arn}*"}),
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
        lambda t: add(t, "Extra", "AWS::IAM::ManagedPolicy", PolicyDocument={"Statement": [SCAN]}),
        "least_privilege: Extra is a AWS::IAM::ManagedPolicy",
    ),
    Mutation(
        "a role that an account may assume",
        lambda t: properties(t, "HookGuard").update(AssumeRolePolicyDocument=ANYONE),
        "only_services_assume_roles: HookGuardRole",
    ),
    Mutation(
        "a function whose role outgrows the boundary",
        lambda t: properties(t, "HookGuard").update(PermissionsBoundary={"Ref": "AWS::NoValue"}),
        "functions_stay_within_the_boundary: HookGuardRole has no boundary",
        {"PermissionsBoundary": "a-boundary"},
    ),
    Mutation(
        "a boundary that nobody named",
        lambda t: t["Globals"]["Function"].update(PermissionsBoundary="arn:aws:iam::123456789012:policy/mine"),
        "functions_stay_within_the_boundary: ContactsRole has arn:aws:iam::123456789012:policy/mine",
    ),
    Mutation(
        "a function that another API may invoke",
        lambda t: add(
            t,
            "Extra",
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName={"Ref": "Contacts"},
            Principal="apigateway.amazonaws.com",
        ),
        "only_the_api_may_invoke: Extra lets apigateway.amazonaws.com in",
    ),
    Mutation(
        "a topic that others may publish to",
        lambda t: add(t, "Extra", "AWS::SNS::TopicPolicy", Topics=[{"Ref": "AlarmTopic"}], PolicyDocument={"Statement": []}),
        "only_the_api_may_invoke: Extra is a AWS::SNS::TopicPolicy",
        MAILED,
    ),
)
