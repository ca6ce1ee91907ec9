"""Writes what the resource provider schemas, as cfn-lint ships them, say of CloudFormation's own types that lie on a deployment's path.

Answers one question, of any content, with four tables, each a file that `tests/oracle` holds to it; UPDATE_PROPERTIES=1 writes them:

- `table`, `rehearsal/template/src/schemas.txt`: a type or a place inside one, and the names that may stand there; what may have any
  name is left out. Behind a name is what stands under it: `{}` a map, `[]` a list, `[{}]` one of maps, `?` true or false, `*` anything, and
  nothing where it is text or a number.
- `bounds`, `rehearsal/template/src/lint/subject/schema_bounds.txt`: a type or a place inside one, and what may stand there: its kind, the least and
  the most, the words that it may be, the names that it must have. An item of a list has the list's place.
- `attributes`, `rehearsal/template/src/resolve/attribute_names.txt`: a type and what `Fn::GetAtt` gives of it.
- `types`, `rehearsal/template/src/resource_types.txt`: a service, and its types in any Region.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, Set, Tuple

import cfnlint
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

TYPES = """
AWS::ApiGateway::Deployment AWS::ApiGateway::Method AWS::ApiGateway::Resource AWS::ApiGateway::RestApi AWS::ApiGateway::Stage
AWS::ApiGatewayV2::Api AWS::ApiGatewayV2::Integration AWS::ApiGatewayV2::Route AWS::ApiGatewayV2::Stage
AWS::CloudWatch::Alarm AWS::CloudWatch::CompositeAlarm
AWS::CodeDeploy::Application AWS::CodeDeploy::DeploymentConfig AWS::CodeDeploy::DeploymentGroup
AWS::DynamoDB::Table AWS::IAM::ManagedPolicy AWS::IAM::Policy AWS::IAM::Role AWS::IAM::RolePolicy
AWS::Lambda::Alias AWS::Lambda::EventInvokeConfig AWS::Lambda::EventSourceMapping AWS::Lambda::Function AWS::Lambda::Permission
AWS::Lambda::Url AWS::Lambda::Version AWS::Logs::MetricFilter AWS::SNS::Topic AWS::SQS::Queue AWS::SSM::Parameter
""".split()
# Beside those, what templates often take an attribute of.
REFERRED = """
AWS::AmazonMQ::Broker AWS::ApiGateway::ApiKey AWS::ApiGateway::Authorizer AWS::ApiGateway::DomainName AWS::ApiGateway::UsagePlan
AWS::ApiGateway::VpcLink AWS::ApiGatewayV2::ApiMapping AWS::ApiGatewayV2::Authorizer AWS::ApiGatewayV2::DomainName AWS::ApiGatewayV2::VpcLink
AWS::AppSync::ApiKey AWS::AppSync::GraphQLApi AWS::CertificateManager::Certificate AWS::CloudFront::Distribution AWS::CloudWatch::Dashboard
AWS::Cognito::IdentityPool AWS::Cognito::UserPool AWS::Cognito::UserPoolClient AWS::Cognito::UserPoolDomain AWS::Cognito::UserPoolResourceServer
AWS::DocDB::DBCluster AWS::EC2::EIP AWS::EC2::NatGateway AWS::EC2::SecurityGroup AWS::EC2::Subnet AWS::EC2::VPC AWS::EC2::VPCEndpoint
AWS::ECR::Repository AWS::ECS::Cluster AWS::ECS::Service AWS::EFS::AccessPoint AWS::EFS::FileSystem AWS::ElasticLoadBalancingV2::Listener
AWS::ElasticLoadBalancingV2::LoadBalancer AWS::ElasticLoadBalancingV2::TargetGroup AWS::Events::ApiDestination AWS::Events::Archive
AWS::Events::Connection AWS::Events::EventBus AWS::Events::Rule AWS::IAM::Group AWS::IAM::InstanceProfile AWS::IAM::User AWS::IoT::TopicRule
AWS::KMS::Alias AWS::KMS::Key AWS::Kinesis::Stream AWS::KinesisFirehose::DeliveryStream AWS::Lambda::CodeSigningConfig AWS::Lambda::LayerVersion
AWS::Lambda::LayerVersionPermission AWS::Logs::LogGroup AWS::Logs::SubscriptionFilter AWS::MSK::Cluster AWS::OpenSearchService::Domain
AWS::Pipes::Pipe AWS::RDS::DBCluster AWS::RDS::DBInstance AWS::RDS::DBProxy AWS::Route53::HostedZone AWS::Route53::RecordSet AWS::S3::AccessPoint
AWS::S3::Bucket AWS::S3::BucketPolicy AWS::SNS::Subscription AWS::SNS::TopicPolicy AWS::SQS::QueuePolicy AWS::SSM::Document AWS::Scheduler::Schedule
AWS::Scheduler::ScheduleGroup AWS::SecretsManager::Secret AWS::StepFunctions::Activity AWS::StepFunctions::StateMachine
AWS::StepFunctions::StateMachineAlias AWS::StepFunctions::StateMachineVersion AWS::WAFv2::WebACL AWS::WAFv2::WebACLAssociation
""".split()
# Beside the first, those whose own properties are held to their bounds, and not what is inside those: they stand in many templates, and an update
# that comes to one it refuses fails like any other.
HELD = """
AWS::ApiGateway::Authorizer AWS::ApiGateway::GatewayResponse AWS::ApiGateway::UsagePlan AWS::ApiGatewayV2::Authorizer
AWS::CloudWatch::Dashboard AWS::Events::EventBus AWS::Events::Rule AWS::KMS::Alias AWS::KMS::Key AWS::Kinesis::Stream AWS::Lambda::LayerVersion
AWS::Logs::LogGroup AWS::S3::Bucket AWS::SNS::Subscription AWS::SNS::TopicPolicy AWS::SQS::QueuePolicy AWS::Scheduler::Schedule
AWS::SecretsManager::Secret AWS::StepFunctions::StateMachine
""".split()
# The names whose characters a pattern of the schema says, and which are the template's to choose. ARNs and ids of what is elsewhere are left alone:
# samples have placeholders there.
CHOSEN = tuple("""
AWS::CodeDeploy::Application/ApplicationName AWS::CodeDeploy::DeploymentConfig/DeploymentConfigName
AWS::CodeDeploy::DeploymentGroup/DeploymentGroupName AWS::DynamoDB::Table/GlobalSecondaryIndexes/IndexName
AWS::DynamoDB::Table/LocalSecondaryIndexes/IndexName AWS::Events::EventBus/Name AWS::Events::Rule/Name AWS::IAM::Policy/PolicyName
AWS::IAM::Role/RoleName AWS::IAM::RolePolicy/PolicyName AWS::KMS::Alias/AliasName AWS::Kinesis::Stream/Name AWS::Lambda::Alias/FunctionVersion
AWS::Lambda::Alias/Name AWS::Lambda::Function/FileSystemConfigs/LocalMountPath AWS::Lambda::Permission/Action AWS::Lambda::Permission/EventSourceToken
AWS::Lambda::Permission/SourceAccount AWS::Logs::LogGroup/LogGroupName AWS::Logs::MetricFilter/FilterName
AWS::Logs::MetricFilter/MetricTransformations/MetricNamespace AWS::Logs::MetricFilter/MetricTransformations/MetricValue AWS::S3::Bucket/BucketName
AWS::Scheduler::Schedule/GroupName AWS::Scheduler::Schedule/Name
""".split())
# What is named by its ARN, where no pattern says so.
ARNS = tuple("""
AWS::ApiGateway::Stage/AccessLogSetting/DestinationArn AWS::ApiGatewayV2::Stage/AccessLogSettings/DestinationArn
AWS::CodeDeploy::DeploymentGroup/ServiceRoleArn AWS::Events::Rule/RoleArn AWS::SNS::Subscription/TopicArn AWS::StepFunctions::StateMachine/RoleArn
""".split())
# The same in words that a small reader of patterns has: without a look ahead, and without a word of its own for the end.
IN_PLAIN_WORDS = {"^(?!^[0-9]+$)([a-zA-Z0-9-_]+)$": "^[0-9]*[a-zA-Z_-][a-zA-Z0-9_-]*$", "^[.\\-_/#A-Za-z0-9]{1,512}\\Z": "^[.\\-_/#A-Za-z0-9]{1,512}$"}
# What other lints judge, with more than a schema says.
JUDGED_ELSEWHERE = tuple("""
AWS::CloudWatch::Alarm/ComparisonOperator AWS::CloudWatch::Alarm/DatapointsToAlarm AWS::CloudWatch::Alarm/EvaluationPeriods
AWS::CloudWatch::Alarm/Metrics AWS::CloudWatch::Alarm/Period AWS::CloudWatch::Alarm/Statistic AWS::CloudWatch::Alarm/TreatMissingData
AWS::CodeDeploy::Application/ComputePlatform AWS::CodeDeploy::DeploymentConfig/ComputePlatform
AWS::CodeDeploy::DeploymentGroup/AutoRollbackConfiguration AWS::DynamoDB::Table/KeySchema AWS::Lambda::Function/FunctionName
AWS::Lambda::Function/Code AWS::Lambda::Function/DeadLetterConfig AWS::Lambda::Function/Runtime
""".split())
SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"
# What may be a path of this machine, which `aws cloudformation package` puts an object of S3 in the place of.
PACKAGED = ("AWS::ApiGateway::RestApi/BodyS3Location", "AWS::Lambda::Function/Code")
# A schema may be inside itself.
DEEPEST = 8
# Tags are written as lists and as maps; the parameters of a route have names of their own, whatever the schema says.
LEFT_OUT = ("/Tags", "AWS::ApiGatewayV2::Route/RequestParameters")


def shape(node: Any, root: Dict[str, Any]) -> Dict[str, Any]:
    """What a node stands for, by its reference; of a list, what its items are."""
    for _ in range(DEEPEST):
        if "$ref" in node:
            node = root["definitions"][node["$ref"].rsplit("/", 1)[1]]
        elif "items" in node:
            node = node["items"]
        else:
            break
    return node


def mark(path: str, node: Any, root: Dict[str, Any]) -> str:
    """What stands in a place, as the table marks it. A map of any names may be JSON in a text."""
    if path in PACKAGED:
        return "*"
    while "$ref" in node:
        node = root["definitions"][node["$ref"].rsplit("/", 1)[1]]
    kind = node.get("type")
    if kind == "array":
        return "[{}]" if mark(path, node.get("items", {}), root) == "{}" else "[]"
    if kind == "object":
        return "{}" if node.get("properties") else "*"
    return {"string": "", "integer": "", "number": "", "boolean": "?"}.get(kind if isinstance(kind, str) else "?", "*")


def rows(path: str, node: Any, root: Dict[str, Any], depth: int) -> Iterator[Tuple[str, str]]:
    node = shape(node, root)
    properties = node.get("properties")
    # Alternatives, and maps of any names, say less than a list of names.
    is_closed = node.get("additionalProperties") is False and not node.get("patternProperties")
    if not properties or not is_closed or depth > DEEPEST or path.endswith(LEFT_OUT):
        return
    yield path, " ".join(name + mark(f"{path}/{name}", properties[name], root) for name in sorted(properties))
    for name in sorted(properties):
        yield from rows(f"{path}/{name}", properties[name], root, depth + 1)


def table() -> str:
    lines = []
    for name in TYPES:
        root = schema(name)
        lines += [f"{path}: {names}\n" for path, names in rows(name, root, root, 0)]
    return "".join(lines)


def is_arn(pattern: str) -> bool:
    """Whether a pattern takes an ARN, and neither a name nor a URL, which `Ref` gives of many types."""
    return "arn:" in pattern and not any(re.fullmatch(pattern, text) for text in ("shop-Name", "https://sqs.us-east-1.amazonaws.com/123456789012/q"))


LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")


def bounds_of(
    path: str, node: Any, root: Dict[str, Any], read_only: Tuple[str, ...], depth: int, deepest: int = DEEPEST
) -> Iterator[Tuple[str, str]]:
    """A schema's bounds for a place and those inside; of a list its own, and those of its items."""
    found = []
    for _ in range(DEEPEST):
        if "$ref" in node:
            node = root["definitions"][node["$ref"].rsplit("/", 1)[1]]
            continue
        kind = node.get("type")
        if kind in ("integer", "number") and "enum" not in node:
            found.append(f"type={kind}")
        # A length of what is no text, and one of none, say nothing.
        of_kind = {"string": "Length", "array": "Items", "integer": "imum", "number": "imum"}.get(kind if isinstance(kind, str) else "", "?")
        found += [f"{limit}={node[limit]}" for limit in LIMITS if node.get(limit) and limit.endswith(of_kind)]
        if node.get("minimum") == 0:
            found.append("minimum=0")
        if kind in ("string", "integer") and "enum" in node:
            found.append("enum=" + "|".join(str(word) for word in node["enum"]))
        if path in ARNS or is_arn(node.get("pattern", "")):
            found.append("format=arn")
        if path in CHOSEN:
            found.append("pattern=" + IN_PLAIN_WORDS.get(node["pattern"], node["pattern"]))
        if node.get("required") and node.get("properties"):
            found.append("required=" + "|".join(sorted(node["required"])))
        if "items" not in node:
            break
        node = node["items"]
    if depth > deepest or path.endswith("/Tags") or path in read_only or path in JUDGED_ELSEWHERE:
        return
    if found:
        yield path, " ".join(found)
    for name in sorted(node.get("properties") or {}):
        yield from bounds_of(f"{path}/{name}", node["properties"][name], root, read_only, depth + 1, deepest)


def schema(name: str) -> Dict[str, Any]:
    files = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
    return json.loads((SCHEMAS / "resources" / f"{files[name]}.json").read_text())


def bounds() -> str:
    lines = []
    for name in sorted(TYPES + HELD):
        root = schema(name)
        read_only = tuple(name + pointer[len("/properties"):] for pointer in root.get("readOnlyProperties", []))
        deepest = 1 if name in HELD else DEEPEST
        lines += [f"{path}: {limits}\n" for path, limits in bounds_of(name, root, root, read_only, 0, deepest)]
    return "".join(lines)


def attributes() -> str:
    manager = PROVIDER_SCHEMA_MANAGER
    return "".join(
        f"{name}: {' '.join(sorted(manager.get_type_getatts(name, 'us-east-1')))}\n" for name in sorted(TYPES + REFERRED)
    )


def types() -> str:
    services: Dict[str, Set[str]] = {}
    for region in sorted((SCHEMAS / "providers").glob("*.json")):
        for name in json.loads(region.read_text()):
            service, of_service = name.rsplit("::", 1)
            services.setdefault(service, set()).add(of_service)
    return "".join(f"{service}: {' '.join(sorted(names))}\n" for service, names in sorted(services.items()))


if __name__ == "__main__":
    questions = json.load(sys.stdin)
    answer = {"table": table(), "bounds": bounds(), "attributes": attributes(), "types": types()}
    json.dump([answer for _ in questions], sys.stdout)
