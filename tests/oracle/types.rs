//! Every resource type of SAM's, and every type of event, with the properties that people give it: as they are, each left out, each of a
//! kind that it is not, and with one that SAM does not know.

/// A resource of each type.
#[rustfmt::skip] // A table.
const RESOURCES: [(&str, &[&str]); 13] = [
    (
        "Function",
        &[
            "Runtime: nodejs22.x",
            "Handler: index.handler",
            "InlineCode: x",
            "MemorySize: 256",
            "Tracing: Active",
            "Tags: {a: b}",
            "Layers: [!Ref L]",
            "Policies: [{Version: '2012-10-17', Statement: []}]",
        ],
    ),
    (
        "Api",
        &[
            "StageName: live",
            "Name: api",
            "TracingEnabled: true",
            "MethodSettings: [{HttpMethod: '*', ResourcePath: '/*'}]",
            "DefinitionBody: {openapi: 3.0.1, paths: {}}",
            "Variables: {a: b}",
            "EndpointConfiguration: {Type: REGIONAL}",
            "OpenApiVersion: 3.0.1",
            "Tags: {a: b}",
        ],
    ),
    (
        "HttpApi",
        &[
            "StageName: live",
            "DefinitionBody: {openapi: 3.0.1, paths: {}}",
            "DefaultRouteSettings: {ThrottlingBurstLimit: 5}",
            "StageVariables: {a: b}",
            "Tags: {a: b}",
        ],
    ),
    (
        "WebSocketApi",
        &[
            "RouteSelectionExpression: $request.body.action",
            "Routes: {$connect: {FunctionArn: !GetAtt G.Arn}}",
            "StageName: live",
            "Name: sockets",
        ],
    ),
    (
        "SimpleTable",
        &[
            "TableName: t",
            "PrimaryKey: {Name: id, Type: String}",
            "ProvisionedThroughput: {ReadCapacityUnits: 5, WriteCapacityUnits: 5}",
            "SSESpecification: {SSEEnabled: true}",
            "Tags: {a: b}",
        ],
    ),
    (
        "LayerVersion",
        &[
            "ContentUri: s3://b/k",
            "LayerName: l",
            "CompatibleRuntimes: [nodejs22.x]",
            "RetentionPolicy: Retain",
            "LicenseInfo: MIT",
            "Description: d",
        ],
    ),
    (
        "Application",
        &[
            "Location: {ApplicationId: 'arn:aws:serverlessrepo:us-east-1:123456789012:applications/a', SemanticVersion: 1.0.0}",
            "Parameters: {a: b}",
            "Tags: {a: b}",
            "TimeoutInMinutes: 5",
        ],
    ),
    (
        "StateMachine",
        &[
            "Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}",
            "Name: m",
            "Type: STANDARD",
            "Policies: [{Version: '2012-10-17', Statement: []}]",
            "Tracing: {Enabled: true}",
            "Tags: {a: b}",
        ],
    ),
    ("Connector", &["Source: {Id: G}", "Destination: {Id: T}", "Permissions: [Write]"]),
    ("GraphQLApi", &["Name: g", "SchemaInline: 'type Query { a: String }'", "Auth: {Type: AWS_IAM}", "XrayEnabled: true", "Tags: {a: b}"]),
    (
        "CapacityProvider",
        &[
            "CapacityProviderName: c",
            "VpcConfig: {SubnetIds: [s]}",
            "OperatorRole: arn:aws:iam::123456789012:role/r",
            "Tags: {a: b}",
        ],
    ),
    (
        "NetworkConnector",
        &[
            "VpcConfig: {SubnetIds: [s], SecurityGroupIds: [g], NetworkProtocol: IPv4}",
            "Name: n",
            "OperatorRole: arn:aws:iam::123456789012:role/r",
            "Tags: {a: b}",
        ],
    ),
    (
        "MicrovmImage",
        &[
            "Name: i",
            "CodeUri: s3://b/k",
            "BaseImageArn: a",
            "BaseImageVersion: '1'",
            "BuildRoleArn: arn:aws:iam::123456789012:role/r",
            "Tags: {a: b}",
        ],
    ),
];

/// An event of each type of a function.
#[rustfmt::skip] // A table.
const EVENTS: [(&str, &[&str]); 19] = [
    ("AlexaSkill", &["SkillId: s"]),
    ("Api", &["Path: /a", "Method: get", "RequestParameters: [method.request.header.a]"]),
    ("CloudWatchEvent", &["Pattern: {source: [a]}", "EventBusName: b", "Input: '{}'", "RetryPolicy: {MaximumRetryAttempts: 1}"]),
    ("CloudWatchLogs", &["LogGroupName: g", "FilterPattern: x"]),
    ("Cognito", &["UserPool: !Ref P", "Trigger: PreSignUp"]),
    (
        "DocumentDB",
        &[
            "Cluster: arn:aws:rds:us-east-1:123456789012:cluster:c",
            "DatabaseName: d",
            "SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}]",
            "StartingPosition: LATEST",
        ],
    ),
    (
        "DynamoDB",
        &[
            "Stream: arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s",
            "StartingPosition: LATEST",
            "BatchSize: 5",
            "FunctionResponseTypes: [ReportBatchItemFailures]",
        ],
    ),
    ("EventBridgeRule", &["Pattern: {source: [a]}", "State: ENABLED", "RuleName: r", "Target: {Id: t}"]),
    ("HttpApi", &["Path: /a", "Method: get", "PayloadFormatVersion: '1.0'", "TimeoutInMillis: 1000"]),
    ("IoTRule", &["Sql: SELECT 1", "AwsIotSqlVersion: beta"]),
    (
        "Kinesis",
        &[
            "Stream: arn:aws:kinesis:us-east-1:123456789012:stream/s",
            "StartingPosition: LATEST",
            "BatchSize: 5",
            "Enabled: true",
            "FilterCriteria: {Filters: []}",
        ],
    ),
    (
        "MQ",
        &[
            "Broker: arn:aws:mq:us-east-1:123456789012:broker:b",
            "Queues: [q]",
            "SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}]",
        ],
    ),
    ("MSK", &["Stream: arn:aws:kafka:us-east-1:123456789012:cluster/c", "Topics: [t]", "StartingPosition: LATEST"]),
    ("S3", &["Bucket: !Ref B", "Events: s3:ObjectCreated:*", "Filter: {S3Key: {Rules: [{Name: prefix, Value: p}]}}"]),
    ("SNS", &["Topic: !Ref Topic", "FilterPolicy: {a: [b]}", "Region: us-east-1"]),
    ("SQS", &["Queue: !GetAtt Queue.Arn", "BatchSize: 5", "Enabled: true", "ScalingConfig: {MaximumConcurrency: 5}"]),
    ("Schedule", &["Schedule: rate(1 hour)", "Name: n", "Description: d", "Enabled: true", "Input: '{}'"]),
    ("ScheduleV2", &["ScheduleExpression: rate(1 hour)", "FlexibleTimeWindow: {Mode: 'OFF'}", "Name: n", "State: ENABLED"]),
    (
        "SelfManagedKafka",
        &[
            "KafkaBootstrapServers: [a]",
            "Topics: [t]",
            "SourceAccessConfigurations: [{Type: VPC_SUBNET, URI: s}, {Type: VPC_SECURITY_GROUP, URI: g}]",
        ],
    ),
];

/// An event of each type of a state machine.
#[rustfmt::skip] // A table.
const MACHINE_EVENTS: [(&str, &[&str]); 5] = [
    ("Api", &["Path: /a", "Method: get", "UnescapeMappingTemplate: true"]),
    ("CloudWatchEvent", &["Pattern: {source: [a]}", "EventBusName: b"]),
    ("EventBridgeRule", &["Pattern: {source: [a]}", "RuleName: r"]),
    ("Schedule", &["Schedule: rate(1 hour)", "Enabled: true"]),
    ("ScheduleV2", &["ScheduleExpression: rate(1 hour)", "FlexibleTimeWindow: {Mode: 'OFF'}"]),
];

/// The resource types of which SAM makes more than the reader does: what it makes is not compared.
const NOT_EXPANDED: [&str; 6] = [
    "GraphQLApi",
    "WebSocketApi",
    "Connector",
    "CapacityProvider",
    "NetworkConnector",
    "MicrovmImage",
];

/// Whether a template of these has such a resource.
pub fn is_not_expanded(name: &str) -> bool {
    let of = name.split(',').next().unwrap_or_default();
    NOT_EXPANDED.contains(&of)
}

/// What SAM refuses for what is inside a property, which the reader does not judge (`docs/fidelity.md` lists it), and what its command,
/// or a macro inside it, fills in before its translator sees it.
const NOT_JUDGED: [&str; 9] = [
    "Api: Cors: \"'*'\"\nDefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}}",
    "LayerVersion, without ContentUri",
    "LayerVersion, with ContentUri: {a: 5, b: 6}",
    "GraphQLApi, without SchemaInline",
    "GraphQLApi, with Auth: {a: 5, b: 6}",
    "GraphQLApi, with XrayEnabled: [[a], 5]",
    "GraphQLApi, with XrayEnabled: {a: 5, b: 6}",
    "NetworkConnector, with VpcConfig: {a: 5, b: 6}",
    "MicrovmImage, without CodeUri",
];

/// What the reader refuses in words of its own.
const IN_OTHER_WORDS: [&str; 2] = [
    "Application, without Location",
    "StateMachine, with Policies: {a: 5, b: 6}",
];

/// What SAM passes on, of a kind that CloudFormation takes for no such property: the reader refuses it.
const REFUSED_BY_CLOUDFORMATION: [&str; 7] = [
    "Function, with Runtime: ",
    "Function, with Handler: ",
    "Function, with InlineCode: ",
    "Function, with MemorySize: ",
    "Api, with StageName: {",
    "Api, with Name: {",
    "HttpApi, with StageName: {",
];

/// Whether SAM refuses a template, and the reader does not judge it.
pub fn is_not_judged(name: &str) -> bool {
    NOT_JUDGED.contains(&name)
}

/// Whether both refuse it, in different words.
pub fn is_in_other_words(name: &str) -> bool {
    IN_OTHER_WORDS.contains(&name)
}

/// Whether the reader alone refuses it.
pub fn is_refused_by_cloudformation(name: &str) -> bool {
    REFUSED_BY_CLOUDFORMATION
        .iter()
        .any(|begins| name.starts_with(begins))
}

/// A value of no property's kind, and no intrinsic function.
const ODD: [&str; 2] = ["[[a], 5]", "{a: 5, b: 6}"];

/// What the others refer to.
const BESIDE: &str = "  G: {Type: AWS::Serverless::Function, Properties: {Runtime: nodejs22.x, Handler: index.handler, InlineCode: x}}
  L: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: s3://b/k}}
  T: {Type: AWS::Serverless::SimpleTable}
  B: {Type: AWS::S3::Bucket}
  P: {Type: AWS::Cognito::UserPool}
  Queue: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic}
";

/// What has the properties, as a resource named `Own`.
type Whole = Box<dyn Fn(&str) -> String>;

/// The templates, each with what it has as its name.
pub fn templates() -> impl Iterator<Item = (String, String)> {
    let resources = RESOURCES.into_iter().map(|(of, properties)| {
        let whole = move |own: &str| {
            format!("  Own:\n    Type: AWS::Serverless::{of}\n    Properties: {{{own}}}\n")
        };
        (of.to_owned(), properties, Box::new(whole) as Whole)
    });
    let events = EVENTS.into_iter().map(|(of, properties)| {
        let whole = move |own: &str| {
            format!(
                "  Own:\n    Type: AWS::Serverless::Function\n    Properties: {{Runtime: nodejs22.x, Handler: index.handler, InlineCode: x, Events: {{E: {{Type: {of}, Properties: {{{own}}}}}}}}}\n"
            )
        };
        (format!("a function's {of}"), properties, Box::new(whole) as Whole)
    });
    let of_machines = MACHINE_EVENTS.into_iter().map(|(of, properties)| {
        let whole = move |own: &str| {
            format!(
                "  Own:\n    Type: AWS::Serverless::StateMachine\n    Properties: {{Definition: {{StartAt: A, States: {{A: {{Type: Pass, End: true}}}}}}, Events: {{E: {{Type: {of}, Properties: {{{own}}}}}}}}}\n"
            )
        };
        (format!("a state machine's {of}"), properties, Box::new(whole) as Whole)
    });
    let all = resources.chain(events).chain(of_machines);
    all.flat_map(|(of, properties, whole)| {
        variants(properties).into_iter().map(move |(what, own)| {
            let own = whole(&own);
            let template =
                format!("Transform: AWS::Serverless-2016-10-31\nResources:\n{own}{BESIDE}");
            (format!("{of}{what}"), template)
        })
    })
}

/// Properties in each form, with what the form is.
fn variants(properties: &[&str]) -> Vec<(String, String)> {
    let joined = |properties: &[&str]| properties.join(", ");
    let mut found = vec![(String::new(), joined(properties))];
    found.push((
        ", with a property of no one's".to_owned(),
        joined(&[properties, &["Nobodys: 1"]].concat()),
    ));
    for (index, property) in properties.iter().enumerate() {
        let name = property.split(':').next().unwrap_or_default();
        let others = [&properties[..index], &properties[index + 1..]].concat();
        found.push((format!(", without {name}"), joined(&others)));
        for odd in ODD {
            let own = format!("{name}: {odd}");
            let own = [others.as_slice(), &[own.as_str()]].concat();
            found.push((format!(", with {name}: {odd}"), joined(&own)));
        }
    }
    found
}
