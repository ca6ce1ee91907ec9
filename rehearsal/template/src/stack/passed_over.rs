//! Properties that a rehearsal passes over, on resources that it acts out: each is named, with what it would have done.
//!
//! A property of such a type is one of three: it is acted out; it changes nothing that a deployment or its traffic would show; or it
//! is named here. One that no table has is named as well.

use super::{NotRehearsed, NotRehearsedKind};
use crate::resolve::Resolver;
use crate::resource::Resource;
use crate::{Kind, Place};

/// What a rehearsal makes of a type's properties.
struct Properties {
    r#type: &'static str,
    /// Rehearsed, or reported elsewhere.
    acted_out: &'static [&'static str],
    /// Without effect on what a rehearsal shows: names, descriptions, encryption, who is notified.
    without_effect: &'static [&'static str],
    /// Passed over, with what is missing.
    passed_over: &'static [(&'static str, &'static str)],
}

/// A property that is in none of the lists.
const NOT_KNOWN: &str = "the property has no part in a rehearsal";

const PROVISIONED: &str = "provisioned concurrency is not rehearsed: sandboxes start as they are needed, and no shift waits for them";
const SCALING: &str = "concurrency is not limited: a function scales with its requests";
const NOT_CACHED: &str = "no answer is cached";
const CANARY: &str = "a stage's own canary is not rehearsed: all requests go to the stage's deployment, with its own variables";
const OWN_ADDRESS: &str = "the API answers at its own address";
const NOT_MANAGED: &str = "functions run on this machine, on no capacity of one's own";

#[rustfmt::skip] // A table.
const TYPES: [Properties; 16] = [
    Properties {
        r#type: "AWS::Lambda::Function",
        acted_out: &["Architectures", "Code", "Environment", "FunctionName", "Handler", "LoggingConfig", "MemorySize", "PackageType", "RecursiveLoop", "Role", "Runtime", "Timeout"],
        without_effect: &["Description", "KmsKeyArn", "PropagateTags", "Tags", "TracingConfig", "Tracing", "SourceKMSKeyArn"],
        passed_over: &[
            ("CapacityProviderConfig", NOT_MANAGED),
            ("CodeSigningConfigArn", "signatures of code are not verified"),
            ("DeadLetterConfig", "events that are given up go to on-failure destinations alone"),
            ("DeadLetterQueue", "events that are given up go to on-failure destinations alone"),
            ("DurableConfig", "functions run from their beginning to their end"),
            ("EphemeralStorage", "/tmp is this machine's, and not limited"),
            ("FileSystemConfigs", "no file system is mounted"),
            ("FunctionScalingConfig", SCALING),
            ("ImageConfig", "container images are not rehearsed"),
            ("Layers", "only a layer whose content is a folder on this machine is there for its functions"),
            ("ReservedConcurrentExecutions", "nothing is throttled: where more run at once than are reserved, the verdict says so"),
            ("RuntimeManagementConfig", "the runtime is this machine's"),
            ("SnapStart", "no snapshot is taken: every sandbox initialises"),
            ("TenancyConfig", "sandboxes are not kept apart by tenant"),
            ("VpcConfig", "functions run on this machine, in no VPC"),
        ],
    },
    Properties {
        r#type: "AWS::Lambda::Version",
        acted_out: &["FunctionName"],
        without_effect: &["Description"],
        passed_over: &[
            ("CodeSha256", "the code's hash is not compared"),
            ("FunctionScalingConfig", SCALING),
            ("ProvisionedConcurrencyConfig", PROVISIONED),
            ("RuntimePolicy", "the runtime is this machine's"),
        ],
    },
    Properties {
        r#type: "AWS::Lambda::Alias",
        acted_out: &["FunctionName", "FunctionVersion", "Name", "RoutingConfig"],
        without_effect: &["Description"],
        passed_over: &[("ProvisionedConcurrencyConfig", PROVISIONED)],
    },
    Properties {
        r#type: "AWS::Lambda::Url",
        acted_out: &["AuthType", "InvokeMode", "Qualifier", "TargetFunctionArn"],
        without_effect: &[],
        passed_over: &[("Cors", "no browser asks first")],
    },
    Properties {
        r#type: "AWS::Lambda::EventInvokeConfig",
        acted_out: &["DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", "Qualifier"],
        without_effect: &[],
        passed_over: &[],
    },
    Properties {
        r#type: "AWS::CodeDeploy::Application",
        acted_out: &["ApplicationName", "ComputePlatform"],
        without_effect: &["Tags"],
        passed_over: &[],
    },
    Properties {
        r#type: "AWS::CodeDeploy::DeploymentGroup",
        acted_out: &["AlarmConfiguration", "ApplicationName", "AutoRollbackConfiguration", "DeploymentConfigName", "DeploymentGroupName", "DeploymentStyle", "ServiceRoleArn", "TriggerConfigurations"],
        without_effect: &["Tags"],
        passed_over: &[("Deployment", "a deployment starts with its alias's update alone")],
    },
    Properties {
        r#type: "AWS::CodeDeploy::DeploymentConfig",
        acted_out: &["ComputePlatform", "DeploymentConfigName", "TrafficRoutingConfig"],
        without_effect: &[],
        passed_over: &[],
    },
    Properties {
        r#type: "AWS::CloudWatch::Alarm",
        acted_out: &["AlarmName", "ComparisonOperator", "DatapointsToAlarm", "Dimensions", "EvaluationPeriods", "ExtendedStatistic", "MetricName", "Metrics", "Namespace", "Period", "Statistic", "Threshold", "ThresholdMetricId", "TreatMissingData", "Unit"],
        without_effect: &["ActionConfiguration", "ActionsEnabled", "AlarmActions", "AlarmDescription", "InsufficientDataActions", "OKActions", "Tags"],
        passed_over: &[
            ("EvaluateLowSampleCountPercentile", "a percentile of few values is evaluated like any other; a gate that would pass over it is refused"),
            ("EvaluationCriteria", "queries of another language are not evaluated"),
            ("EvaluationInterval", "an alarm is evaluated every minute"),
            ("EvaluationWindow", "an alarm is evaluated over a sliding window"),
            ("WarmUpConfiguration", "an alarm is evaluated from the beginning"),
        ],
    },
    Properties {
        r#type: "AWS::ApiGateway::RestApi",
        acted_out: &["Auth", "BinaryMediaTypes", "Body", "BodyS3Location", "DefinitionBody", "DefinitionUri", "MergeDefinitions", "Name", "Parameters"],
        without_effect: &["AlwaysDeploy", "Description", "EndpointAccessMode", "EndpointConfiguration", "FailOnWarnings", "Mode", "OpenApiVersion", "PropagateTags", "SecurityPolicy", "Tags"],
        passed_over: &[
            ("ApiKeySourceType", "API keys are not asked for"),
            ("Cors", "preflight requests are not answered by the API"),
            ("DisableExecuteApiEndpoint", OWN_ADDRESS),
            ("Domain", OWN_ADDRESS),
            ("GatewayResponses", "the API's own answers have their default form"),
            ("MinimumCompressionSize", "no answer is compressed"),
            ("Models", "requests are not validated"),
            ("Policy", "permissions are not checked in a rehearsal"),
        ],
    },
    Properties {
        r#type: "AWS::ApiGateway::Deployment",
        acted_out: &["RestApiId", "StageName", "StageDescription"],
        without_effect: &["Description"],
        passed_over: &[("DeploymentCanarySettings", CANARY)],
    },
    Properties {
        r#type: "AWS::ApiGateway::Stage",
        acted_out: &["DeploymentId", "MethodSettings", "RestApiId", "StageName", "Variables"],
        without_effect: &["AccessLogSetting", "ClientCertificateId", "Description", "DocumentationVersion", "Tags", "TracingEnabled"],
        passed_over: &[
            ("CacheClusterEnabled", NOT_CACHED),
            ("CacheClusterSize", NOT_CACHED),
            ("CanarySetting", CANARY),
        ],
    },
    Properties {
        r#type: "AWS::ApiGatewayV2::Api",
        // Those of SAM's that are its stage's are named with that.
        acted_out: &["Auth", "Body", "BodyS3Location", "DefaultRouteSettings", "DefinitionBody", "DefinitionUri", "Name", "ProtocolType", "RouteKey", "RouteSettings", "StageName", "StageVariables", "Target"],
        without_effect: &["AccessLogSettings", "BasePath", "Description", "FailOnWarnings", "PropagateTags", "Tags", "Version"],
        passed_over: &[
            ("CorsConfiguration", "preflight requests are not answered by the API"),
            ("DisableExecuteApiEndpoint", OWN_ADDRESS),
            ("Domain", OWN_ADDRESS),
        ],
    },
    Properties {
        r#type: "AWS::ApiGatewayV2::Stage",
        acted_out: &["ApiId", "AutoDeploy", "DefaultRouteSettings", "DeploymentId", "RouteSettings", "StageName", "StageVariables"],
        without_effect: &["AccessLogSettings", "ClientCertificateId", "Description", "Tags"],
        passed_over: &[],
    },
    Properties {
        r#type: "AWS::DynamoDB::Table",
        acted_out: &["AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes", "ProvisionedThroughput", "StreamSpecification", "TableClass", "TableName", "TimeToLiveSpecification"],
        without_effect: &["ContributorInsightsSpecification", "DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "SSESpecification", "Tags", "WarmThroughput"],
        passed_over: &[
            ("ImportSourceSpecification", "the table begins empty, but for what the rehearsal puts into it"),
            ("KinesisStreamSpecification", "changes are sent to no stream"),
            ("OnDemandThroughput", "capacity is not limited: nothing is throttled"),
            ("ResourcePolicy", "permissions are not checked in a rehearsal"),
        ],
    },
    Properties {
        r#type: "AWS::SSM::Parameter",
        acted_out: &["Name", "Type", "Value"],
        without_effect: &["AllowedPattern", "DataType", "Description", "Policies", "Tags", "Tier"],
        passed_over: &[],
    },
];

/// Settings inside a property, by type, property and setting, with what is missing.
#[rustfmt::skip] // A table.
const SETTINGS: [(&str, &str, &str, &str); 9] = [
    ("AWS::ApiGateway::Deployment", "StageDescription", "CanarySetting", CANARY),
    ("AWS::ApiGateway::Stage", "MethodSettings", "CachingEnabled", NOT_CACHED),
    ("AWS::ApiGateway::Stage", "MethodSettings", "ThrottlingBurstLimit", NOT_THROTTLED),
    ("AWS::ApiGateway::Stage", "MethodSettings", "ThrottlingRateLimit", NOT_THROTTLED),
    ("AWS::ApiGatewayV2::Stage", "DefaultRouteSettings", "ThrottlingBurstLimit", NOT_THROTTLED),
    ("AWS::ApiGatewayV2::Stage", "DefaultRouteSettings", "ThrottlingRateLimit", NOT_THROTTLED),
    ("AWS::ApiGatewayV2::Stage", "RouteSettings", "ThrottlingBurstLimit", NOT_THROTTLED),
    ("AWS::ApiGatewayV2::Stage", "RouteSettings", "ThrottlingRateLimit", NOT_THROTTLED),
    ("AWS::Lambda::EventInvokeConfig", "DestinationConfig", "OnSuccess", "events that succeed are sent nowhere"),
];

/// The properties that give a stage of a REST API a canary of its own.
const STAGE_CANARIES: [&str; 2] = ["CanarySetting", "DeploymentCanarySettings"];

const NOT_THROTTLED: &str = "the API takes every request: none is throttled";

/// The properties of a resource that a rehearsal passes over.
pub(super) fn of(resolver: &Resolver<'_>, resource: &Resource) -> Vec<NotRehearsed> {
    let Some(properties) = TYPES.iter().find(|known| known.r#type == resource.r#type) else {
        return Vec::new();
    };
    let mut passed_over = Vec::new();
    for (key, entry) in resource.properties.as_map().into_iter().flatten() {
        let key = key.as_str();
        let named = properties
            .passed_over
            .iter()
            .find(|(known, _)| *known == key);
        let is_known =
            properties.acted_out.contains(&key) || properties.without_effect.contains(&key);
        let why = match named {
            Some((_, why)) => Some(*why),
            None => (!is_known).then_some(NOT_KNOWN),
        };
        let mut settings = SETTINGS
            .iter()
            .filter(|(r#type, property, ..)| *r#type == resource.r#type && *property == key)
            .peekable();
        if why.is_none() && settings.peek().is_none() {
            continue;
        }
        // What `AWS::NoValue` removes is not there.
        let Some(value) = resolver
            .optional(&entry.value)
            .filter(|value| value.kind != Kind::Null)
        else {
            continue;
        };
        if STAGE_CANARIES.contains(&key) && !gets_traffic(&value) {
            continue;
        }
        let mut name = |setting: &str, why: &'static str, place: Place| {
            let (logical_id, place) = written(resolver, resource, key, place);
            let left_out = NotRehearsed::new(&logical_id, setting, why, place);
            passed_over.push(if STAGE_CANARIES.contains(&setting) {
                left_out.of_kind(NotRehearsedKind::StageCanary)
            } else {
                left_out
            });
        };
        // What SAM generates has the places of what it is generated for, but for its values.
        let key_place = if resource.generated_for.is_some() {
            entry.value.place
        } else {
            entry.key_place
        };
        if let Some(why) = why {
            name(key, why, key_place);
        }
        for (_, _, setting, why) in settings {
            if let Some(place) = set(&value, setting) {
                name(setting, why, place);
            }
        }
    }
    passed_over
}

/// Whether a canary gets any traffic: `PercentTraffic` is 0 where it is not given, and after the canary was promoted (API Gateway API,
/// `CanarySettings`; developer guide, "Promote a canary release").
fn gets_traffic(canary: &crate::Value) -> bool {
    let percent = canary.get("PercentTraffic");
    match percent.and_then(crate::Value::to_text) {
        Some(text) => text.parse() != Ok(0.0),
        None => percent.is_some() || canary.as_unknown().is_some(),
    }
}

/// Where a setting stands in a value, at any depth, unless it is off.
fn set(value: &crate::Value, setting: &str) -> Option<Place> {
    match &value.kind {
        Kind::List(items) => items.iter().find_map(|item| set(item, setting)),
        Kind::Map(map) => map.iter().find_map(|(key, item)| {
            let is_off = || matches!(item.to_text().as_deref(), Some("false" | "False"));
            if key == setting && STAGE_CANARIES.contains(&key.as_str()) {
                gets_traffic(item).then_some(item.place)
            } else if key == setting {
                (item.kind != Kind::Null && !is_off()).then_some(item.place)
            } else {
                set(item, setting)
            }
        }),
        _ => None,
    }
}

/// Whose property it is, and where it stands: what SAM generates has it from one of its functions.
fn written(
    resolver: &Resolver<'_>,
    resource: &Resource,
    key: &str,
    place: Place,
) -> (String, Place) {
    let Some(of) = &resource.generated_for else {
        return (resource.logical_id.clone(), place);
    };
    let function = resolver.resources.serverless_functions.get(of);
    let own = function.and_then(|function| function.properties.as_map()?.get(key));
    let place = own.map_or(place, |entry| entry.key_place);
    (of.clone(), place)
}
