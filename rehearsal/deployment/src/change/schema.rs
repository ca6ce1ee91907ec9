//! Which changes replace a resource, for the types that lie on a deployment's path.
//!
//! From CloudFormation's own resource provider schemas, `createOnlyProperties` and `conditionalCreateOnlyProperties`, as cfn-lint 1.58.0
//! carries them (`us-east-1`, of 2026-10-20). Of any other type it is not known here.

use std::collections::BTreeMap;

use rehearsal_template::stack::Property;

/// What a change of a property does to a resource of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replaces {
    /// Another resource takes its place.
    Yes,
    /// It changes in place.
    No,
    /// That depends on more than the schema says, or the type is not in the table.
    Unknown,
}

/// A type's row.
struct Schema {
    r#type: &'static str,
    /// The property that gives it a name of its own, which no other in the Region may have; empty for a type without one.
    name: &'static str,
    /// `createOnlyProperties`.
    create_only: &'static [&'static str],
    /// `conditionalCreateOnlyProperties`.
    conditional: &'static [&'static str],
}

const fn row(
    r#type: &'static str,
    name: &'static str,
    create_only: &'static [&'static str],
    conditional: &'static [&'static str],
) -> Schema {
    Schema {
        r#type,
        name,
        create_only,
        conditional,
    }
}

#[rustfmt::skip] // A table.
const SCHEMAS: &[Schema] = &[
    row("AWS::ApiGateway::Account", "", &[], &[]),
    row("AWS::ApiGateway::ApiKey", "Name", &["GenerateDistinctId", "Name", "Value"], &[]),
    row("AWS::ApiGateway::Authorizer", "", &["RestApiId"], &[]),
    row("AWS::ApiGateway::BasePathMapping", "", &["DomainName", "BasePath"], &[]),
    row("AWS::ApiGateway::Deployment", "", &["DeploymentCanarySettings", "RestApiId"], &[]),
    row("AWS::ApiGateway::GatewayResponse", "", &["ResponseType", "RestApiId"], &[]),
    row("AWS::ApiGateway::Method", "", &["RestApiId", "ResourceId", "HttpMethod"], &[]),
    row("AWS::ApiGateway::Model", "", &["ContentType", "Name", "RestApiId"], &[]),
    row("AWS::ApiGateway::RequestValidator", "", &["Name", "RestApiId"], &[]),
    row("AWS::ApiGateway::Resource", "", &["PathPart", "ParentId", "RestApiId"], &[]),
    row("AWS::ApiGateway::RestApi", "", &[], &[]),
    row("AWS::ApiGateway::Stage", "", &["RestApiId", "StageName"], &[]),
    row("AWS::ApiGateway::UsagePlan", "", &[], &[]),
    row("AWS::ApiGateway::UsagePlanKey", "", &["KeyId", "UsagePlanId", "KeyType"], &[]),
    row("AWS::ApiGatewayV2::Api", "", &["ProtocolType"], &[]),
    row("AWS::ApiGatewayV2::ApiMapping", "", &["DomainName"], &[]),
    row("AWS::ApiGatewayV2::Authorizer", "", &["ApiId"], &[]),
    row("AWS::ApiGatewayV2::Deployment", "", &["ApiId"], &[]),
    row("AWS::ApiGatewayV2::Integration", "", &["ApiId"], &[]),
    row("AWS::ApiGatewayV2::Route", "", &["ApiId"], &[]),
    row("AWS::ApiGatewayV2::Stage", "", &["StageName", "ApiId"], &[]),
    row("AWS::CloudWatch::Alarm", "AlarmName", &["AlarmName"], &[]),
    row("AWS::CloudWatch::CompositeAlarm", "AlarmName", &["AlarmName"], &[]),
    row("AWS::CloudWatch::Dashboard", "DashboardName", &["DashboardName"], &[]),
    row("AWS::CodeDeploy::Application", "ApplicationName", &["ApplicationName", "ComputePlatform"], &[]),
    row("AWS::CodeDeploy::DeploymentConfig", "DeploymentConfigName", &["DeploymentConfigName", "MinimumHealthyHosts", "ComputePlatform", "ZonalConfig", "TrafficRoutingConfig"], &[]),
    row("AWS::CodeDeploy::DeploymentGroup", "", &["DeploymentGroupName", "ApplicationName"], &[]),
    // The schema has `KeySchema` as conditional; the user guide has "Update requires: Replacement" for it.
    row("AWS::DynamoDB::Table", "TableName", &["TableName", "ImportSourceSpecification", "KeySchema"], &["LocalSecondaryIndexes"]),
    row("AWS::DynamoDB::GlobalTable", "TableName", &["TableName", "KeySchema"], &["LocalSecondaryIndexes", "GlobalTableSourceArn"]),
    row("AWS::Events::EventBus", "Name", &["Name"], &[]),
    row("AWS::Events::Rule", "Name", &["Name"], &["EventBusName"]),
    row("AWS::IAM::ManagedPolicy", "ManagedPolicyName", &["ManagedPolicyName", "Description", "Path"], &[]),
    row("AWS::IAM::Policy", "", &[], &[]),
    row("AWS::IAM::Role", "RoleName", &["Path", "RoleName"], &[]),
    row("AWS::IAM::RolePolicy", "", &["PolicyName", "RoleName"], &[]),
    row("AWS::KMS::Alias", "AliasName", &["AliasName"], &[]),
    row("AWS::KMS::Key", "", &[], &[]),
    row("AWS::Lambda::Alias", "", &["Name", "FunctionName"], &[]),
    row("AWS::Lambda::EventInvokeConfig", "", &["FunctionName", "Qualifier"], &[]),
    row("AWS::Lambda::EventSourceMapping", "", &["EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "SelfManagedEventSource"], &[]),
    row("AWS::Lambda::Function", "FunctionName", &["FunctionName", "PackageType", "TenancyConfig"], &["DurableConfig"]),
    row("AWS::Lambda::LayerVersion", "", &["CompatibleRuntimes", "LicenseInfo", "CompatibleArchitectures", "LayerName", "Description", "Content"], &[]),
    row("AWS::Lambda::LayerVersionPermission", "", &["OrganizationId", "Principal", "Action", "LayerVersionArn"], &[]),
    row("AWS::Lambda::Permission", "", &["FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "SourceAccount", "SourceArn", "Principal", "PrincipalOrgID", "Action", "EventSourceToken"], &[]),
    row("AWS::Lambda::Url", "", &["TargetFunctionArn", "Qualifier"], &[]),
    row("AWS::Lambda::Version", "", &["FunctionName", "Description", "CodeSha256", "ProvisionedConcurrencyConfig", "RuntimePolicy"], &[]),
    row("AWS::Logs::LogGroup", "LogGroupName", &["LogGroupName"], &[]),
    row("AWS::Logs::MetricFilter", "", &["FilterName", "LogGroupName"], &[]),
    row("AWS::Logs::SubscriptionFilter", "", &["FilterName", "LogGroupName"], &[]),
    row("AWS::S3::Bucket", "BucketName", &["BucketName", "BucketNamePrefix", "BucketNamespace"], &[]),
    row("AWS::S3::BucketPolicy", "", &["Bucket"], &[]),
    row("AWS::SNS::Subscription", "", &["Endpoint", "Protocol", "TopicArn"], &["Region"]),
    row("AWS::SNS::Topic", "TopicName", &["TopicName", "FifoTopic"], &[]),
    row("AWS::SNS::TopicPolicy", "", &[], &[]),
    row("AWS::SQS::Queue", "QueueName", &["FifoQueue", "QueueName"], &[]),
    row("AWS::SQS::QueuePolicy", "", &[], &[]),
    row("AWS::SSM::Parameter", "Name", &["Name"], &[]),
    row("AWS::SecretsManager::Secret", "Name", &["Name"], &[]),
    row("AWS::StepFunctions::StateMachine", "StateMachineName", &["StateMachineName", "StateMachineType"], &[]),
    row("AWS::WAFv2::WebACLAssociation", "", &["ResourceArn", "WebACLArn"], &[]),
    // SAM names the layer that it makes of it by a hash of its properties (SAM translator, `SamLayerVersion`).
    row("AWS::Serverless::LayerVersion", "", &["ContentUri", "LayerName", "Description", "LicenseInfo", "CompatibleRuntimes", "CompatibleArchitectures"], &[]),
];

fn schema(r#type: &str) -> Option<&'static Schema> {
    SCHEMAS.iter().find(|schema| schema.r#type == r#type)
}

/// What a change of this property does to a resource of this type.
pub(super) fn replaces(
    r#type: &str,
    property: &str,
    live: Option<&Property>,
    new: Option<&Property>,
) -> Replaces {
    match (r#type, property) {
        ("AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", "AttributeDefinitions") => {
            attributes_replace(live, new)
        }
        _ => by_schema(r#type, property),
    }
}

/// Attributes come and go with the indexes on them; one that is there and becomes of another type replaces the table (CloudFormation
/// user guide, `AWS::DynamoDB::Table`, `AttributeDefinitions`: "Replacement if you edit an existing `AttributeDefinition`").
fn attributes_replace(live: Option<&Property>, new: Option<&Property>) -> Replaces {
    let types = |property: Option<&Property>| -> Option<BTreeMap<String, String>> {
        let attributes = property?.value.as_list()?;
        attributes
            .iter()
            .map(|attribute| {
                let text = |key: &str| attribute.get(key)?.to_text();
                Some((text("AttributeName")?, text("AttributeType")?))
            })
            .collect()
    };
    match (types(live), types(new)) {
        (Some(live), Some(new)) => {
            let edited = |(name, before): (&String, &String)| {
                new.get(name).is_some_and(|after| after != before)
            };
            if live.iter().any(edited) {
                Replaces::Yes
            } else {
                Replaces::No
            }
        }
        _ => Replaces::Unknown,
    }
}

fn by_schema(r#type: &str, property: &str) -> Replaces {
    match schema(r#type) {
        None => Replaces::Unknown,
        Some(schema) if schema.create_only.contains(&property) => Replaces::Yes,
        Some(schema) if schema.conditional.contains(&property) => Replaces::Unknown,
        Some(_) => Replaces::No,
    }
}

/// The property that gives a resource of this type a name of its own.
pub(super) fn name_property(r#type: &str) -> Option<&'static str> {
    schema(r#type)
        .map(|schema| schema.name)
        .filter(|name| !name.is_empty())
}

/// What tells a resource of a type without a name of its own from the others of its type, which the service that has it keeps apart by
/// that: the primary identifiers of the resource provider schemas, as far as templates give them, and of an event source mapping what
/// Lambda compares. Of these it is known that a second is refused: "`DeploymentGroupAlreadyExistsException`" (CodeDeploy API,
/// `CreateDeploymentGroup`), "`ResourceConflictException`: The resource already exists" (Lambda API, `CreateAlias`,
/// `CreateFunctionUrlConfig`), "An event source mapping with SQS arn … and function … already exists" (aws-cdk issue 18706), "Another
/// resource with the same parent already has this name" and "`ConflictException`" (API Gateway API, `CreateResource`, `PutMethod`,
/// `CreateStage`), "Route with key … already exists for this API" (sst issue 513).
#[rustfmt::skip] // A table.
const IDENTITIES: [(&str, &[&str]); 9] = [
    ("AWS::ApiGateway::Method", &["RestApiId", "ResourceId", "HttpMethod"]),
    ("AWS::ApiGateway::Resource", &["RestApiId", "ParentId", "PathPart"]),
    ("AWS::ApiGateway::Stage", &["RestApiId", "StageName"]),
    ("AWS::ApiGatewayV2::Route", &["ApiId", "RouteKey"]),
    ("AWS::ApiGatewayV2::Stage", &["ApiId", "StageName"]),
    ("AWS::CodeDeploy::DeploymentGroup", &["ApplicationName", "DeploymentGroupName"]),
    ("AWS::Lambda::Alias", &["FunctionName", "Name"]),
    ("AWS::Lambda::EventSourceMapping", &["EventSourceArn", "FunctionName"]),
    ("AWS::Lambda::Url", &["TargetFunctionArn", "Qualifier"]),
];

/// The properties that together tell a resource of this type from all others of it; none where its own name does, or nothing.
pub(super) fn identity_properties(r#type: &str) -> &'static [&'static str] {
    let found = IDENTITIES.iter().find(|(of, _)| *of == r#type);
    found.map_or(&[], |(_, properties)| properties)
}

/// The settings of a function that are part of a version: what `UpdateFunctionConfiguration` and `UpdateFunctionCode` take (Lambda API).
/// Tags, reserved concurrency, code signing and recursion have calls of their own, and a version has none of them.
pub(super) const OF_A_VERSION: [&str; 21] = [
    "Architectures",
    "Code",
    "DeadLetterConfig",
    "DeadLetterQueue",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "SnapStart",
    "Timeout",
    "Tracing",
    "TracingConfig",
    "VpcConfig",
];

/// The properties that may name a local file, which `sam package` and `aws cloudformation package` upload (AWS CLI, `cloudformation
/// package`).
pub(super) fn may_be_local(r#type: &str, property: &str) -> bool {
    let local = match r#type {
        "AWS::Lambda::Function" => "Code",
        "AWS::Lambda::LayerVersion" => "Content",
        "AWS::Serverless::LayerVersion" => "ContentUri",
        "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" => "BodyS3Location",
        "AWS::StepFunctions::StateMachine" | "AWS::AppSync::GraphQLSchema" => {
            "DefinitionS3Location"
        }
        "AWS::Serverless::StateMachine" => "DefinitionUri",
        "AWS::Serverless::Application" => "Location",
        "AWS::CloudFormation::Stack" => "TemplateURL",
        _ => return false,
    };
    property == local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_type_once() {
        let mut types: Vec<_> = SCHEMAS.iter().map(|schema| schema.r#type).collect();
        types.sort_unstable();
        types.dedup();
        assert_eq!(types.len(), SCHEMAS.len());
    }

    #[test]
    fn a_name_of_its_own_is_never_changed_in_place() {
        // CloudFormation has no way to rename what is there.
        for schema in SCHEMAS.iter().filter(|schema| !schema.name.is_empty()) {
            assert_eq!(
                by_schema(schema.r#type, schema.name),
                Replaces::Yes,
                "{}",
                schema.r#type
            );
        }
    }
}
