//! One function in every form of one property at a time: what SAM takes, and what it refuses.

/// The properties of a function named `F`, which has `Runtime`, `Handler` and an alias besides.
const PROPERTIES: [&str; 214] = [
    // Aliases and versions.
    "AutoPublishAlias: live-v_1",
    "AutoPublishAlias: !Ref Name",
    "AutoPublishAlias: ''",
    "AutoPublishAlias:",
    "AutoPublishAlias: 5",
    "AutoPublishAlias: '5'",
    "AutoPublishAlias: a.b",
    "AutoPublishAlias: [a]",
    "AutoPublishAlias: !Sub '${Name}'",
    "AutoPublishAlias: !If [IsProd, a, b]",
    "AutoPublishAliasAllProperties: true",
    "AutoPublishAliasAllProperties: 'true'",
    "AutoPublishAliasAllProperties: !Ref Switch",
    "AutoPublishCodeSha256: 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
    "AutoPublishCodeSha256: !Ref Name",
    "AutoPublishCodeSha256: !GetAtt Topic.TopicName",
    "VersionDescription: one",
    "VersionDeletionPolicy: Delete",
    "VersionDeletionPolicy: Snapshot",
    "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}",
    "AutoPublishAlias:\nProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}",
    // Code and package.
    "CodeUri: {Bucket: b}",
    "CodeUri: {Bucket: b, Key: k}",
    "CodeUri: s3://b/k?versionId=3",
    "CodeUri: s3://b/folder/k",
    "CodeUri: !Ref Name",
    "CodeUri: !Sub 's3://b/${Name}'",
    "CodeUri:\nInlineCode: 'x = \"ä\"'",
    "CodeUri:",
    "InlineCode: both",
    "PackageType: Foo",
    "PackageType: Image",
    "PackageType: Image\nImageUri: 123456789012.dkr.ecr.us-east-1.amazonaws.com/i:1\nRuntime:\nHandler:\nCodeUri:",
    "Handler: ''",
    "Runtime:",
    "ImageConfig: {Command: [a]}",
    "MemorySize: 512",
    "MemorySize: !Ref Size",
    "SnapStart: {ApplyOn: PublishedVersions}",
    "SnapStart: {ApplyOn: None}",
    "SnapStart: on",
    "Environment: {Variables: {A: !Ref Name, B: '1', C: 1.5, D: true}}",
    "Environment: [a]",
    "Tags: {a: b}",
    "Layers: [!Ref Name]",
    "Layers: one",
    "MemorySizes: 5",
    "Role: !GetAtt Own.Arn",
    "Role: !If [IsProd, !GetAtt Own.Arn, arn:aws:iam::123456789012:role/a]",
    "Role: !If [IsProd, a]",
    "Role: !If [IsProd, a, !Ref AWS::NoValue]",
    "Role: !If [IsProd, !Ref AWS::NoValue, a]",
    "Role: !If [IsProd, !Ref AWS::NoValue, !Ref AWS::NoValue]",
    "Role: [a]",
    "Policies: [AmazonDynamoDBReadOnlyAccess]",
    "FunctionUrlConfig: {AuthType: NONE}",
    "FunctionUrlConfig: {AuthType: JWT}",
    "FunctionUrlConfig: {}",
    "DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Queue.Arn}",
    "DeadLetterQueue: {Type: SQS}",
    "DeadLetterQueue: {Type: Kinesis, TargetArn: a}",
    "EventInvokeConfig: {MaximumRetryAttempts: 0, DestinationConfig: {OnSuccess: {Type: SQS}, OnFailure: {Type: SNS}}}",
    "EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: Lambda}}}",
    "EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: Kinesis, Destination: a}}}",
    "EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS, Destination: !If [IsProd, !GetAtt Queue.Arn, !Ref AWS::NoValue]}}}",
    "EventInvokeConfig: {DestinationConfig: a}",
    // Policies.
    "Policies: {DynamoDBCrudPolicy: {TableName: t}}",
    "Policies: [{SQSPollerPolicy: {QueueName: !GetAtt Queue.QueueName}}, AWSLambdaExecute, {Statement: []}, !Ref Name]",
    "Policies: [{AMIDescribePolicy: {}}, {S3ReadPolicy: {BucketName: b, Nobodys: 1}}]",
    "Policies: {DynamoDBCrudPolicy: {}}",
    "Policies: {DynamoDBCrudPolicy: {Table: t}}",
    "Policies: [{AMIDescribePolicy: }]",
    "Policies: [AWSLambdaExecute, {SQSPollerPolicy: q}]",
    "Policies: [{SQSPollerPolicies: {QueueName: q}}]",
    "Policies: {DynamoDBCrudPolicies: {TableName: t}}",
    "Policies: [{DynamoDBCrudPolicy: {TableName: t}, SQSPollerPolicy: {QueueName: q}}]",
    "Policies: [{Effect: Allow, Action: '*', Resource: '*'}]",
    "Policies: [{}]",
    "Policies: []",
    "Role: a\nPolicies: [{Nobodys: {}}]",
    "Role: a\nPolicies: [{SQSPollerPolicy: {}}]",
    "Role: !If [IsProd, a, b]\nPolicies: [{Nobodys: {}}]",
    "Policies: [!If [IsProd, {SQSPollerPolicy: {QueueName: q}}, !Ref AWS::NoValue]]",
    "Policies: [!If [IsProd, !Ref AWS::NoValue, {SQSPollerPolicy: {}}]]",
    "Policies: [!If [IsProd, {SQSPollerPolicy: {QueueName: q}}, {SQSSendMessagePolicy: {QueueName: q}}]]",
    "Policies: [!If [IsProd, {SQSPollerPolicy: {QueueName: q}}, AWSLambdaExecute]]",
    "Policies: [!If [IsProd, AWSLambdaExecute]]",
    "Policies: !If [IsProd, {Statement: []}, {Statement: []}]",
    "Policies: [!If [IsProd, {Nobodys: {}}, !Ref AWS::NoValue]]",
    // Tenants.
    "TenancyConfig: {TenantIsolationMode: PER_TENANT}",
    "TenancyConfig: {TenantIsolationMode: PER_TENANT}\nSnapStart: {ApplyOn: PublishedVersions}",
    "TenancyConfig: {TenantIsolationMode: PER_TENANT}\nFunctionUrlConfig: {AuthType: NONE}",
    "TenancyConfig: {TenantIsolationMode: PER_TENANT}\nProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}",
    "TenancyConfig: {TenantIsolationMode: PER_TENANT}\nEvents: {A: {Type: HttpApi}, B: {Type: Schedule, Properties: {Schedule: rate(1 hour)}}}",
    "TenancyConfig: {TenantIsolationMode: PER_TENANT}\nEvents: {A: {Type: Api, Properties: {Path: /a, Method: get}}}",
    "TenancyConfig: {}\nSnapStart: {ApplyOn: PublishedVersions}",
    // A URL's preflights.
    "FunctionUrlConfig: {AuthType: NONE, Cors: {AllowOrigins: ['*'], AllowCredentials: true, MaxAge: 5}}",
    "FunctionUrlConfig: {AuthType: NONE, Cors: {AllowOrigin: ['*']}}",
    "FunctionUrlConfig: {AuthType: NONE, Cors: {AllowOrigins: '*'}}",
    "FunctionUrlConfig: {AuthType: NONE, Cors: {MaxAge: '5', AllowCredentials: 'true'}}",
    "FunctionUrlConfig: {AuthType: NONE, Cors: {MaxAge: !Ref Size, AllowCredentials: 1}}",
    "FunctionUrlConfig: {AuthType: NONE, Cors: on}",
    "FunctionUrlConfig: {AuthType: NONE, Cors: [a]}",
    "FunctionUrlConfig: {AuthType: NONE, Cors: !Ref Name}",
    // Preferences.
    "DeploymentPreference: {Type: AllAtOnce}",
    "DeploymentPreference: {Type: Canary10Percent30Minutes, Enabled: 'False'}",
    "DeploymentPreference: {Enabled: no}",
    "DeploymentPreference: {Enabled: off, PassthroughCondition: maybe}",
    "DeploymentPreference: {Enabled: 'no', Type: AllAtOnce}",
    "DeploymentPreference: {Enabled: !Ref Switch, Type: AllAtOnce}",
    "DeploymentPreference: {Enabled: !If [IsProd, true, false], Type: AllAtOnce}",
    "DeploymentPreference: {Enabled: !FindInMap [Stages, prod, 'on'], Type: AllAtOnce}",
    "DeploymentPreference: {Enabled: !FindInMap [Stages, prod, on], Type: AllAtOnce}",
    "DeploymentPreference: {Enabled: 0, Type: AllAtOnce}",
    "DeploymentPreference: {}",
    "DeploymentPreference:",
    "DeploymentPreference: [a]",
    "DeploymentPreference: on",
    "DeploymentPreference: !Ref Name",
    "DeploymentPreference: !If [IsProd, {Type: AllAtOnce}, !Ref AWS::NoValue]",
    "DeploymentPreference: {Hooks: {PreTraffic: a}}",
    "DeploymentPreference: {Type: !FindInMap [Stages, !Ref Stage, shift]}",
    "DeploymentPreference: {Type: !Join ['', [Canary10Percent, 5Minutes]]}",
    "DeploymentPreference: {Type: !If [IsProd, AllAtOnce, !Ref Name]}",
    "DeploymentPreference: {Type: AllAtOnce, Hooks: [a]}",
    "DeploymentPreference: {Type: AllAtOnce, Hooks: }",
    "DeploymentPreference: {Type: AllAtOnce, Hooks: {}}",
    "DeploymentPreference: {Type: AllAtOnce, Hooks: {PreTraffic: , PostTraffic: !Ref Hook}}",
    "DeploymentPreference: {Type: AllAtOnce, Hooks: {PreTraffic: !Ref Hook.Version}}",
    "DeploymentPreference: {Type: AllAtOnce, Alarms: one}",
    "DeploymentPreference: {Type: AllAtOnce, Alarms: !Ref Watched}",
    "DeploymentPreference: {Type: AllAtOnce, Alarms: !If [IsProd, [a], [b, c]]}",
    "DeploymentPreference: {Type: AllAtOnce, Alarms: !If [IsProd, [a], !Ref AWS::NoValue]}",
    "DeploymentPreference: {Type: AllAtOnce, Alarms: !If [IsProd, [a]]}",
    "DeploymentPreference: {Type: AllAtOnce, Alarms: {a: b}}",
    "DeploymentPreference: {Type: AllAtOnce, PassthroughCondition: !If [IsProd, true, false]}",
    "DeploymentPreference: {Type: AllAtOnce, PassthroughCondition: !FindInMap [Stages, prod, 'on']}",
    "DeploymentPreference: {Type: AllAtOnce, Role: ''}",
    "AutoPublishAlias:\nDeploymentPreference: {Type: AllAtOnce}",
    // Events.
    "Events: [a]",
    "Events: {A: {Type: Nope}}",
    "Events: {A: {Type: Schedule, Properties: {Schedule: rate(1 hour), DeadLetterConfig: {Type: SQS}}}}",
    "Events: {A: {Type: Schedule, Properties: {Schedule: rate(1 hour), DeadLetterConfig: {Arn: a}}}}",
    "Events: {A: {Type: CloudWatchEvent, Properties: {Pattern: {source: [a]}}}}",
    "Events: {A: {Type: EventBridgeRule, Properties: {Pattern: {source: [a]}, DeadLetterConfig: {Type: SQS, QueueLogicalId: Dead}}}}",
    "Events: {A: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour), DeadLetterConfig: {Type: SQS}}}}",
    "Events: {A: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour), RoleArn: r}}}",
    "Events: {A: {Type: SNS, Properties: {Topic: 'arn:aws:sns:us-east-1:123456789012:t'}}}",
    "Events: {A: {Type: SNS, Properties: {Topic: 'arn:aws:sns:us-east-1:123456789012:t', SqsSubscription: true}}}",
    "Events: {A: {Type: SNS, Properties: {Topic: t, SqsSubscription: {QueueArn: a, QueueUrl: u, QueuePolicyLogicalId: Own}}}}",
    "Events: {A: {Type: SQS, Properties: {Queue: 'arn:aws:sqs:us-east-1:123456789012:q', BatchSize: 5}}}",
    "Events: {A: {Type: Kinesis, Properties: {Stream: 'arn:aws:kinesis:us-east-1:123456789012:stream/s', StartingPosition: LATEST}}}",
    "Events: {A: {Type: DynamoDB, Properties: {Stream: 'arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s', StartingPosition: LATEST}}}",
    "Events: {A: {Type: CloudWatchLogs, Properties: {LogGroupName: g, FilterPattern: x}}}",
    "Events: {A: {Type: IoTRule, Properties: {Sql: SELECT 1}}}",
    "Events: {A: {Type: AlexaSkill}, B: {Type: AlexaSkill, Properties: {SkillId: s}}}",
    "FunctionUrlConfig: {AuthType: NONE}",
    "Events: {A: {Type: Api}}",
    "Events: {A: {Type: HttpApi}}",
    "Events: {A: {Type: Api, Properties: {Path: /a}}}",
    "Events: {A: {Type: Api, Properties: {Path: !Ref Name, Method: get}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !ImportValue x}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Nowhere}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, Auth: {Authorizer: Mine}}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, Paths: /b}}}",
    "Events: {A: {Type: HttpApi, Properties: {Path: /a, Method: get, Auth: {Authorizer: AWS_IAM}}}}",
    "Events: {A: {Type: HttpApi, Properties: {Path: /a, Method: 5}}}",
    "Events: {A: {Type: HttpApi, Properties: {Path: /a, Method: get, ApiId: !Ref Nowhere}}}",
    "CodeUri: s3://b",
    "CodeUri: s3:///k",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: [{Type: VPC_SUBNET, URI: s}]}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: [{Type: VPC_SUBNET}, {Type: VPC_SECURITY_GROUP, URI: g}]}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}, {Type: SASL_SCRAM_512_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}]}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: [a]}]}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: [{Type: OAUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}]}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: !Ref Name}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: [{Type: IAM_AUTH}]}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: [{Type: OAUTHBEARER_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}, {Type: OAUTHBEARER_SCOPE, URI: s}]}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: [{Type: OAUTHBEARER_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}, {Type: OAUTHBEARER_SCOPE}]}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t, u], SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}]}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}], SecretsManagerKmsKeyId: !Ref Name}}}",
    "Events: {A: {Type: SelfManagedKafka, Properties: {KafkaBootstrapServers: [a], Topics: [t], SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}], SchemaRegistryConfig: {SchemaRegistryURI: u}}}}",
    "Events: {A: {Type: MSK, Properties: {Stream: 'arn:aws:kafka:us-east-1:123456789012:cluster/c', Topics: [t], StartingPosition: LATEST, SchemaRegistryConfig: {SchemaRegistryURI: u, EventRecordFormat: AVRO, SchemaValidationConfigs: [{Attribute: KEY}]}}}}",
    "Events: {A: {Type: MSK, Properties: {Stream: 'arn:aws:kafka:us-east-1:123456789012:cluster/c', Topics: [t], StartingPosition: LATEST, SchemaRegistryConfig: {SchemaRegistryURI: u, EventRecordFormat: JSON, SchemaValidationConfigs: KEY}}}}",
    "Events: {A: {Type: MSK, Properties: {Stream: 'arn:aws:kafka:us-east-1:123456789012:cluster/c', Topics: [t], StartingPosition: LATEST, SchemaRegistryConfig: {SchemaRegistryURI: u, EventRecordFormat: JSON, SchemaValidationConfigs: [{Attribute: KEY}], AccessConfigs: [{Type: BASIC_AUTH}]}}}}",
    "Events: {A: {Type: MQ, Properties: {Broker: 'arn:aws:mq:us-east-1:123456789012:broker:b', Queues: [q], SourceAccessConfigurations: [{Type: VIRTUAL_HOST, URI: /}]}}}",
    "Events: {A: {Type: MQ, Properties: {Broker: 'arn:aws:mq:us-east-1:123456789012:broker:b', Queues: [q], SourceAccessConfigurations: [{Type: BASIC_AUTH}]}}}",
    "Events: {A: {Type: MQ, Properties: {Broker: 'arn:aws:mq:us-east-1:123456789012:broker:b', Queues: [q], SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}, {Type: BASIC_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}]}}}",
    "Events: {A: {Type: MQ, Properties: {Broker: 'arn:aws:mq:us-east-1:123456789012:broker:b', Queues: [q], SourceAccessConfigurations: [{Type: SASL_SCRAM_512_AUTH, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}]}}}",
    "Events: {A: {Type: MQ, Properties: {Broker: 'arn:aws:mq:us-east-1:123456789012:broker:b', Queues: [q], SourceAccessConfigurations: !Ref Name}}}",
    "Events: {A: {Type: DocumentDB, Properties: {Cluster: 'arn:aws:rds:us-east-1:123456789012:cluster:c', DatabaseName: d, SourceAccessConfigurations: [{Type: VIRTUAL_HOST, URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}]}}}",
    "Events: {A: {Type: DocumentDB, Properties: {Cluster: 'arn:aws:rds:us-east-1:123456789012:cluster:c', DatabaseName: d, SourceAccessConfigurations: [{URI: arn:aws:secretsmanager:us-east-1:123456789012:secret:s}]}}}",
    "Events: {A: {Type: Kinesis, Properties: {Stream: 'arn:aws:kinesis:us-east-1:123456789012:stream/s', StartingPosition: LATEST, FilterCriteria: {Filter: []}}}}",
    "Events: {A: {Type: Kinesis, Properties: {Stream: 'arn:aws:kinesis:us-east-1:123456789012:stream/s', StartingPosition: LATEST, ConsumerGroupId: g}}}",
    "Events: {A: {Type: Kinesis, Properties: {Stream: 'arn:aws:kinesis:us-east-1:123456789012:stream/s', StartingPosition: LATEST, DestinationConfig: {OnFailure: {Type: Lambda, Destination: a}}}}}",
    "Events: {A: {Type: Kinesis, Properties: {Stream: 'arn:aws:kinesis:us-east-1:123456789012:stream/s', StartingPosition: LATEST, DestinationConfig: {OnSuccess: {Type: SQS, Destination: a}}}}}",
    "Events: {A: {Type: Kinesis, Properties: {Stream: 'arn:aws:kinesis:us-east-1:123456789012:stream/s', StartingPosition: LATEST, DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Queue.Arn}}}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, Auth: {OverrideApiAuth: true}}}}",
    "Events: {A: {Type: Schedule, Properties: {Schedule: rate(1 hour)}}, B: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}",
    "CodeUri: s3://b/{{resolve:ssm:/a}}",
    "CodeUri: s3://b/{{resolve:ssm:a}}",
    "CodeUri: 's3://b/{{resolve:secretsmanager:a/b:SecretString:k}}'",
    "CodeUri: 's3://b/{{resolve:ssm:a}}/{{resolve:ssm:/a}}'",
    "Tags: {'lambda:createdBy': me}",
    "Tags: {'serverlessrepo:applicationId': a}",
    "Events: {A: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour), Name: n, OmitName: true}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, RequestModel: {Model: M}}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, RequestParameters: [method.request.header.A, method.request.path.b: {Required: true}]}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, RequestParameters: [method.request.body.A]}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, RequestParameters: [method.request.header.A: {Requires: true}]}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, RequestParameters: [[a]]}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, Auth: {AuthorizationScopes: [a]}}}}",
    "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, Auth: {AuthorizationScopes: a}}}}",
    "Events: {A: {Type: HttpApi, Properties: {Path: /a, Method: get, Auth: {AuthorizationScopes: a}}}}",
];

/// What `Globals` may say.
const GLOBALS: [&str; 14] = [
    "CapacityProvider: {CapacityProviderName: a}",
    "WebSocketApi: {Routes: {}}",
    "Function: {MemorySizes: 5}",
    "Function: {Role: a}",
    "Functions: {}",
    "Api: {StageName: a}",
    "Function: {DeploymentPreference: {Type: AllAtOnce, Alarms: [one]}}",
    "Function: {DeploymentPreference: {Enabled: false, Type: AllAtOnce}}",
    "Function: {AutoPublishAlias: other, Environment: {Variables: {A: b}}, Tags: {a: b}}",
    "Function: {Architectures: [arm64], Layers: [a], MemorySize: 128}",
    "Function: {AutoPublishAliasAllProperties: true}",
    "Function: {EventInvokeConfig: {MaximumRetryAttempts: 1}}",
    "HttpApi: {Auth: {EnableIamAuthorizer: true, DefaultAuthorizer: AWS_IAM}}",
    "SimpleTable: {SSESpecification: {SSEEnabled: true}}",
];

/// What an API named `A` may have, beside the name of its stage. One without a definition has a route of a function's.
const APIS: [(&str, &[&str]); 3] = [
    (
        "Api",
        &[
            "Cors: \"'*'\"",
            "Cors: !Ref Name",
            "Cors: [a]",
            "Cors: {}",
            "Cors: {AllowOrigin: \"'*'\", AllowMethods: \"'GET'\", AllowHeaders: \"'a'\", MaxAge: \"'5'\", AllowCredentials: false}",
            "Cors: {AllowOrigins: \"'*'\"}",
            "Cors: {AllowOrigins: \"'*'\", MaxAge: 5}",
            "Cors: {AllowMethods: \"'GET'\", AllowCredentials: true}",
            "Cors: {AllowOrigin: \"'*'\", AllowCredentials: true}",
            "Cors: {AllowOrigin: \"'https://a'\", AllowCredentials: true}",
            "Cors: {AllowOrigin: \"'*'\", AllowCredentials: 'true'}",
            "Cors: {AllowOrigin: '', MaxAge: 5}",
            "Cors: \"'*'\"\nDefinitionUri: s3://b/k",
            "Cors: \"'*'\"\nDefinitionBody: {swagger: 2.0, paths: {}}",
            "Cors: \"'*'\"\nDefinitionBody: {openapi: 3.0, paths: {/a: {get: {}}}}",
            "Cors: \"'*'\"\nDefinitionBody: {openapi: 2.0, paths: {}}",
            "Cors: \"'*'\"\nDefinitionBody: {openapi: 3.0.1}",
            "Cors: \"'*'\"\nDefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}}",
            "Cors: {AllowOrigin: '', MaxAge: 5}\nDefinitionBody: {swagger: 2.0, paths: {}}",
            "Cors: {AllowOrigin: '', MaxAge: 5}\nDefinitionBody: {swagger: 2.0, paths: {/a: {options: {}}}}",
            "Cors: {AllowOrigin: '', MaxAge: 5}\nDefinitionBody: {swagger: 2.0, paths: {/a: !If [IsProd, {get: {}}, !Ref AWS::NoValue]}}",
            "DisableExecuteApiEndpoint: true\nDefinitionUri: s3://b/k",
            "DisableExecuteApiEndpoint: true\nDefinitionBody: {openapi: 2.0, paths: {}}",
            "GatewayResponses: {UNAUTHORIZED: {StatusCode: 401}}\nDefinitionBody: {openapi: 2.0, paths: {}}",
            "BinaryMediaTypes: [a~1b]\nDefinitionBody: {openapi: 2.0, paths: {}}",
            "BinaryMediaTypes: [a~1b]\nDefinitionUri: s3://b/k",
            "Auth: {DefaultAuthorizer: AWS_IAM}\nDefinitionBody: {swagger: 2.0, paths: {/a: {get: 5}}}",
            "Auth: {DefaultAuthorizer: AWS_IAM}\nDefinitionBody: {swagger: 2.0, paths: {/a: {ANY: {x-amazon-apigateway-integration: {a: b}, security: a}}}}",
            "Auth: {ApiKeyRequired: true}\nDefinitionBody: {swagger: 2.0, paths: {/a: {get: {x-amazon-apigateway-integration: {a: b}, security: [a]}}}}",
            "Auth: {ApiKeyRequired: true}\nDefinitionBody: {swagger: 2.0, paths: {/a: {get: {security: a}}}}",
            "Domain: {DomainName: a.example, CertificateArn: c, EndpointConfiguration: PRIVATE, AccessAssociation: v}",
            "DefinitionUri: s3://b",
            "EndpointConfiguration: {Type: PRIVATE, VPCEndpointIds: [a], VpcEndpointIds: [a]}",
            "GatewayResponses: {UNAUTHORIZED: 5}",
            "GatewayResponses: {UNAUTHORIZED: !Ref Name}",
            "GatewayResponses: {UNAUTHORIZED: {SubStatusCode: 5}}",
            "GatewayResponses: {UNAUTHORIZED: {StatusCode: a}}",
            "GatewayResponses: {UNAUTHORIZED: {StatusCode: 401, ResponseParameters: {Headers: {a: \"'b'\"}}}}",
            "GatewayResponses: {UNAUTHORIZED: {ResponseParameters: {Footers: {a: b}}}}",
            "GatewayResponses: {UNAUTHORIZED: {ResponseParameters: {Headers: [a]}}}",
            "GatewayResponses: {UNAUTHORIZED: {ResponseParameters: [a]}}",
            "Models: {User: [a]}",
            "Auth: {UsagePlan: [a]}",
            "Auth: {UsagePlan: {CreateUsagePlan: EACH}}",
            "Auth: {UsagePlan: {UsagePlanName: a}}",
            "Auth: {UsagePlan: {CreateUsagePlan: PER_API, Name: a}}",
            "Auth: {UsagePlan: {CreateUsagePlan: PER_API, UsagePlanName: a}}",
            "Auth: {ResourcePolicy: [a]}",
            "Auth: {ResourcePolicy: {SourceVpcWhitelist: [!Ref Name]}}",
            "Auth: {ApiKeyRequired: true}\nDefinitionBody: {swagger: 2.0, securityDefinitions: [a], paths: {/a: {get: {}}}}",
            "Auth: {Authorizers: {L: [a]}}",
            "Auth: {Authorizers: {L: {FunctionArn: !GetAtt F.Arn, FunctionPayloadType: BOTH}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, FunctionPayloadType: REQUEST}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, FunctionPayloadType: REQUEST, Identity: {ReauthorizeEvery: 5}}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, FunctionPayloadType: REQUEST, Identity: {ReauthorizeEvery: 0}}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, FunctionPayloadType: REQUEST, Identity: {Headers: h}}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, FunctionPayloadType: REQUEST, Identity: {QueryStrings: [q, [r]]}}}}",
            "Auth: {Authorizers: {L: {UserPoolArn: a, AuthorizationScopes: s}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, DisableFunctionDefaultPermissions: 'no'}}}",
            "Auth: {Authorizers: {L: {UserPoolArn: a}}}\nDefinitionBody: {openapi: 2.0, paths: {}}",
            "Auth: {Authorizers: {L: {UserPoolArn: a}}, DefaultAuthorizer: L}\nDefinitionBody: {swagger: 2.0, paths: {/a: {get: }}}",
            "Auth: {Authorizers: {L: {UserPoolArn: a}}, DefaultAuthorizer: L}\nDefinitionBody: {swagger: 2.0, paths: {/a: !If [IsProd, {parameters: []}, !Ref AWS::NoValue]}}",
            "DefinitionBody: {openapi: 3.0.1, paths: {/a: }}",
            "DefinitionBody: {swagger: 2.0, paths: {/a: {}}}",
            "Domain: {DomainName: a.example}",
            "Domain: {CertificateArn: c}",
            "Domain: {DomainName: a.example, CertificateArn: c, EndpointConfiguration: LOCAL}",
            "Domain: {DomainName: a.example, CertificateArn: c, MutualTlsAuthentication: {Truststore: s}}",
            "Domain: {DomainName: a.example, CertificateArn: c, MutualTlsAuthentication: s}",
            "Domain: {DomainName: a.example, CertificateArn: c, BasePath: [a, [b]]}",
            "Domain: {DomainName: a.example, CertificateArn: c, Route53: {IpV6: true}}",
            "Domain: {DomainName: a.example, CertificateArn: c, Route53: z}",
            "Domain: {DomainName: a.example, CertificateArn: c, Route53: {HostedZoneId: z, SeparateRecordSetGroup: 'yes'}}",
            "Domain: {DomainName: a.example, CertificateArn: c, Route53: {HostedZoneName: example.}}",
        ],
    ),
    (
        "HttpApi",
        &[
            "CorsConfiguration: true",
            "CorsConfiguration: false",
            "CorsConfiguration: !Ref Name",
            "CorsConfiguration: [a]",
            "CorsConfiguration: 'true'",
            "CorsConfiguration: {AllowOrigins: ['*'], AllowMethods: [GET], AllowHeaders: [a], ExposeHeaders: [b], MaxAge: 5, AllowCredentials: false}",
            "CorsConfiguration: {AllowOrigin: '*'}",
            "CorsConfiguration: {AllowOrigin: '*', MaxAge: 5}",
            "CorsConfiguration: {AllowOrigins: ['*'], AllowCredentials: true}",
            "CorsConfiguration: {AllowOrigins: ['*', b], AllowCredentials: true}",
            "CorsConfiguration: {MaxAge: 5, AllowCredentials: true}",
            "CorsConfiguration: true\nDefinitionUri: s3://b/k",
            "CorsConfiguration: true\nDefinitionBody: {openapi: 3.0.1, paths: {}}",
            "CorsConfiguration: true\nDefinitionBody: {swagger: 2.0, paths: {}}",
            "CorsConfiguration: true\nDefinitionBody: {openapi: 3.0.1, paths: {}, x-amazon-apigateway-cors: [a]}",
            "CorsConfiguration: {MaxAge: 5, AllowHeaders: [a]}\nDefinitionBody: {openapi: 3.0.1, paths: {}, x-amazon-apigateway-cors: {maxAge: 1}}",
            "DisableExecuteApiEndpoint: true\nDefinitionUri: s3://b/k",
            "Tags: {a: b}\nDefinitionUri: s3://b/k",
            "Tags: {a: b}\nDefinitionBody: {openapi: 2.0, paths: {}}",
            "Auth: {DefaultAuthorizer: J}\nDefinitionBody: {openapi: 2.0, paths: {}}",
            "Auth: {Authorizers: {J: {JwtConfiguration: {issuer: i, audience: [a]}}}}",
            "Auth: {Authorizers: {J: {JwtConfiguration: {issuer: i}, IdentitySource: $request.header.Authorization, FunctionArn: a}}}",
            "Auth: {Authorizers: {J: {JwtConfiguration: i, IdentitySource: $request.header.Authorization}}}",
            "Auth: {Authorizers: {J: {JwtConfiguration: {issuer: i}, IdentitySource: $request.header.Authorization, AuthorizationScopes: a}}}",
            "Auth: {Authorizers: {J: {OpenIdConnectUrl: u}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a}}}",
            "Auth: {Authorizers: {L: {AuthorizerPayloadFormatVersion: 2.0}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, AuthorizerPayloadFormatVersion: 2.0, IdentitySource: s}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, AuthorizerPayloadFormatVersion: 2.0, Identity: i}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, AuthorizerPayloadFormatVersion: 2.0, Identity: {Headers: h}}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, AuthorizerPayloadFormatVersion: 2.0, EnableFunctionDefaultPermissions: 'yes'}}}",
            "Auth: {Authorizers: {L: {FunctionArn: a, AuthorizerPayloadFormatVersion: 2.0, Identity: {Headers: [h]}}}}",
            "Auth: {Authorizers: [a]}",
            "Auth: {DefaultAuthorizer: J, Authorizers: {J: {JwtConfiguration: {issuer: i}, IdentitySource: s}}}\nDefinitionBody: {openapi: 3.0.1, paths: {/a: {any: {}}}}",
            "Domain: {DomainName: a.example}",
            "Domain: {DomainName: a.example, CertificateArn: c, EndpointConfiguration: EDGE}",
            "Domain: {DomainName: a.example, CertificateArn: c, MutualTlsAuthentication: {Truststore: s}}",
            "Domain: {DomainName: a.example, CertificateArn: c, MutualTlsAuthentication: s}",
            "Domain: {DomainName: a.example, CertificateArn: c, BasePath: a b}",
            "Domain: {DomainName: a.example, CertificateArn: c, Route53: {IpV6: true}}",
            "Domain: {DomainName: a.example, CertificateArn: c, Route53: {HostedZoneName: example.}}",
        ],
    ),
    (
        "WebSocketApi",
        &[
            "Routes: {}",
            "Routes: {$connect: {}}",
            "Routes: {$nonsense: {FunctionArn: a}}",
            "Routes: {send: {FunctionArn: a, RequestParameters: {a: b}}}",
            "Routes: {send: {FunctionArn: a}}\nAuth: {AuthType: NONE}",
            "Routes: {$connect: {FunctionArn: a}}\nAuth: {AuthArn: a}",
            "Routes: {$connect: {FunctionArn: a}}\nAuth: {AuthType: CUSTOM}",
            "Routes: {$connect: {FunctionArn: a}}\nAuth: {AuthType: AWS_IAM, Name: a}",
            "Routes: {$connect: {FunctionArn: a}}\nAuth: {AuthType: NONE, Name: a}",
            "Routes: {$connect: {FunctionArn: a}}\nAuth: {AuthType: JWT}",
            "Routes: {$connect: {FunctionArn: a}}\nAuth: {AuthType: aws_iam}",
            "Routes: {$connect: {FunctionArn: a}}\nIpAddressType: ipv6",
            "Routes: {$connect: {FunctionArn: a}}\nDomain: {DomainName: a.example}",
            "Routes: {$connect: {FunctionArn: a}}\nDomain: {DomainName: a.example, CertificateArn: c, MutualTlsAuthentication: {TruststoreUri: s}}",
        ],
    ),
];

/// A template with an API.
fn with_api(of: &str, properties: &str) -> String {
    let mut lines = vec!["StageName: live"];
    lines.extend(properties.lines());
    if of == "WebSocketApi" {
        lines.push("RouteSelectionExpression: $request.body.action");
    }
    let lines = lines.join("\n      ");
    let key = if of == "Api" { "RestApiId" } else { "ApiId" };
    let events = if properties.contains("Definition") || of == "WebSocketApi" {
        String::new()
    } else {
        format!(
            "\n      Events: {{E: {{Type: {of}, Properties: {{Path: /a, Method: get, {key}: !Ref A}}}}}}"
        )
    };
    format!(
        "Transform: AWS::Serverless-2016-10-31
Parameters: {{Name: {{Type: String, Default: named}}}}
Conditions: {{IsProd: !Equals [!Ref Name, prod]}}
Resources:
  A:
    Type: AWS::Serverless::{of}
    Properties:
      {lines}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: s3://bucket/code.zip{events}
"
    )
}

/// The templates, each with its form as its name.
pub fn templates() -> impl Iterator<Item = (String, String)> {
    let properties = PROPERTIES
        .into_iter()
        .map(|form| (form.to_owned(), template(form, "")));
    let globals = GLOBALS.into_iter().map(|form| {
        (
            format!("Globals: {form}"),
            template("", &format!("Globals:\n  {form}\n")),
        )
    });
    let apis = APIS.into_iter().flat_map(|(of, forms)| {
        let forms = forms.iter();
        forms.map(move |form| (format!("{of}: {form}"), with_api(of, form)))
    });
    properties.chain(globals).chain(apis)
}

/// A form's own properties stand for those that every function here has.
fn template(properties: &str, sections: &str) -> String {
    let given = |line: &str| {
        let key = line.split(':').next().unwrap_or_default();
        properties
            .lines()
            .any(|own| own.split(':').next() == Some(key))
    };
    let mut lines: Vec<&str> = [
        "Runtime: provided.al2023",
        "Handler: bootstrap",
        "CodeUri: s3://bucket/code.zip",
        "AutoPublishAlias: live",
    ]
    .into_iter()
    .filter(|line| !given(line))
    .collect();
    lines.extend(properties.lines());
    let properties = lines.join("\n      ");
    format!(
        "Transform: AWS::Serverless-2016-10-31
{sections}Parameters:
  Stage: {{Type: String, Default: prod}}
  Name: {{Type: String, Default: named}}
  Switch: {{Type: String, Default: 'true'}}
  Size: {{Type: Number, Default: 256}}
  Watched: {{Type: CommaDelimitedList, Default: 'one,two'}}
Mappings: {{Stages: {{prod: {{'on': false, on: true, shift: Linear10PercentEvery3Minutes}}}}}}
Conditions: {{IsProd: !Equals [!Ref Stage, prod]}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      {properties}
  Hook:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: s3://bucket/hook.zip
      AutoPublishAlias: live
      DeploymentPreference: {{Enabled: false}}
  Own: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{}}}}}}
  Queue: {{Type: AWS::SQS::Queue}}
  Topic: {{Type: AWS::SNS::Topic}}
"
    )
}
