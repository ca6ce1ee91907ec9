//! What people have in their templates: events of every kind, loops, mappings of accounts, weights.

use crate::common::{messages, refused, refused_with, stack, stack_with, text};
use rehearsal_template::{Inputs, Stack};

fn of_type<'s>(stack: &'s Stack, r#type: &str) -> Vec<&'s str> {
    let resources = stack.resources.iter();
    resources
        .filter(|resource| resource.r#type == r#type)
        .map(|resource| resource.logical_id.as_str())
        .collect()
}

fn with_events(events: &str, outputs: &str) -> Stack {
    stack(&format!(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Topic: {{Type: AWS::SNS::Topic}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Events: {events}
Outputs: {outputs}
"
    ))
}

#[test]
fn what_sam_generates_for_an_event_can_be_referred_to() {
    // The ids are recorded from a run of aws-sam-translator 1.115.0.
    #[rustfmt::skip] // A table.
    let cases = [
        (
            "{Type: Schedule, Properties: {Schedule: rate(1 hour), DeadLetterConfig: {Type: SQS}}}",
            &["FE", "FEQueue", "FEQueuePolicy", "FEPermission"][..],
        ),
        (
            "{Type: EventBridgeRule, Properties: {Pattern: {source: [a]}, DeadLetterConfig: {Type: SQS, QueueLogicalId: Dead}}}",
            &["FE", "Dead", "FEQueuePolicy", "FEPermission"],
        ),
        ("{Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour), DeadLetterConfig: {Type: SQS}}}", &["FE", "FEQueue", "FERole"]),
        ("{Type: SNS, Properties: {Topic: !Ref Topic}}", &["FE", "FEPermission"]),
        (
            "{Type: SNS, Properties: {Topic: !Ref Topic, SqsSubscription: true}}",
            &["FE", "FEQueue", "FEQueuePolicy", "FEEventSourceMapping"],
        ),
        ("{Type: SQS, Properties: {Queue: 'arn:aws:sqs:us-east-1:123456789012:q'}}", &["FE"]),
        ("{Type: CloudWatchLogs, Properties: {LogGroupName: g, FilterPattern: x}}", &["FE", "FEPermission"]),
        ("{Type: IoTRule, Properties: {Sql: SELECT 1}}", &["FE", "FEPermission"]),
        ("{Type: AlexaSkill}", &["FEPermission"]),
        ("{Type: Cognito, Properties: {UserPool: !Ref Topic, Trigger: PreSignUp}}", &["FCognitoPermission"]),
    ];
    for (event, ids) in cases {
        for id in ids {
            let stack = with_events(
                &format!("{{E: {event}}}"),
                &format!("{{O: {{Value: !Sub 'x${{{id}}}'}}}}"),
            );
            assert!(stack.resource(id).is_some(), "{event}: {id}");
        }
        let stack = with_events(&format!("{{E: {event}}}"), "{}");
        assert_eq!(
            stack
                .not_rehearsed
                .iter()
                .filter(|item| ids.contains(&item.logical_id.as_str()))
                .count(),
            usize::from(ids.contains(&"FE")),
            "{event}: an event is listed once"
        );
    }
}

#[test]
fn an_apis_usage_plan_authorizers_and_domain_can_be_referred_to() {
    let stack = stack(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      OpenApiVersion: 3.0
      Auth:
        UsagePlan: {CreateUsagePlan: PER_API}
        Authorizers: {Own: {FunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:f'}}
      Domain: {DomainName: example.com, CertificateArn: c, BasePath: [a, b], Route53: {HostedZoneId: z}}
Outputs:
  Plan: {Value: !Ref ApiUsagePlan}
  Key: {Value: !Ref Api.ApiKey}
  Name: {Value: !Ref Api.DomainName}
",
    );
    for id in [
        "ApiUsagePlan",
        "ApiApiKey",
        "ApiUsagePlanKey",
        "ApiOwnAuthorizerPermission",
        "ApiaBasePathMapping",
        "ApibBasePathMapping",
        "ApiGatewayDomainName0caaf24ab1",
    ] {
        assert!(
            stack.resource(id).is_some(),
            "{id} of {:?}",
            stack
                .resources
                .iter()
                .map(|r| &r.logical_id)
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn what_sam_makes_for_types_that_are_not_expanded_is_unknown_and_no_error() {
    let stack = stack(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Graph:
    Type: AWS::Serverless::GraphQLApi
    Properties: {SchemaInline: x, Auth: {Type: AWS_IAM}, DataSources: {Lambda: {D: {FunctionArn: !GetAtt F.Arn}}}}
  F:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: b, Environment: {Variables: {A: !GetAtt Graph.ApiId, B: !GetAtt GraphSchema.Id, C: !Ref GraphDLambdaDataSource}}}
",
    );
    let variables = stack.functions[0]
        .environment
        .known_value()
        .expect("it is known");
    let reason = variables["C"].value.as_ref().expect_err("it is unknown");
    assert_eq!(
        reason.reason,
        "`GraphDLambdaDataSource` may be one of the resources that SAM makes for `Graph`"
    );
    assert_eq!(of_type(&stack, "AWS::AppSync::GraphQLApi"), ["Graph"]);
}

#[test]
fn a_loop_makes_a_resource_for_each_value() {
    let template = "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters: {Names: {Type: CommaDelimitedList, Default: 'a,b-c'}}
Mappings: {Sizes: {all: {names: [x, y]}}}
Resources:
  Fn::ForEach::Functions:
  - Name
  - !Ref Names
  - 'F&{Name}':
      Type: AWS::Serverless::Function
      Properties:
        Runtime: provided.al2023
        Handler: bootstrap
        FunctionName: !Sub 'shop-${Name}'
        AutoPublishAlias: live
        Environment: {Variables: {NAME: !Ref Name}}
  Fn::ForEach::Topics:
  - Size
  - !FindInMap [Sizes, all, names]
  - 'Topic${Size}': {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Size}}
Outputs:
  Fn::ForEach::Arns:
  - Name
  - [a]
  - 'Arn${Name}': {Value: !GetAtt ['Fa', Arn]}
";
    let stack = stack(template);
    assert_eq!(of_type(&stack, "AWS::Lambda::Function"), ["Fa", "Fbc"]);
    assert_eq!(text(&stack.functions[1].name), "shop-b-c");
    assert_eq!(of_type(&stack, "AWS::SNS::Topic"), ["Topicx", "Topicy"]);
    assert_eq!(stack.outputs[0].name, "Arna");
    let variables = stack.functions[1]
        .environment
        .known_value()
        .expect("it is known");
    assert_eq!(text(&variables["NAME"]), "b-c");
    let names: Vec<_> = stack
        .not_rehearsed
        .iter()
        .map(|item| item.logical_id.as_str())
        .collect();
    assert!(
        !names.iter().any(|name| name.starts_with("Fn::ForEach")),
        "{names:?}"
    );
}

#[test]
fn a_loop_over_values_that_are_not_known_is_said_to_be_left_out() {
    let template = "Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList}}
Resources:
  Fn::ForEach::Topics: [Name, !Ref Names, {'T${Name}': {Type: AWS::SNS::Topic}}]
";
    let stack = stack(template);
    assert_eq!(stack.not_rehearsed[0].logical_id, "Fn::ForEach::Topics");
}

const MAPPED: &str = "Mappings: {Accounts: {'111111111111': {name: theirs}}, Regions: {eu-west-1: {name: ireland}}}
Resources:
  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !FindInMap [Accounts, !Ref AWS::AccountId, name]}}
  B: {Type: AWS::SNS::Topic, Properties: {TopicName: !FindInMap [Regions, !Sub '${AWS::Region}', name]}}
Outputs: {A: {Value: !GetAtt A.TopicName}, B: {Value: !GetAtt B.TopicName}}
";

#[test]
fn a_mapping_without_the_account_or_the_region_that_no_one_gave_is_unknown() {
    let stack = stack(MAPPED);
    let reasons: Vec<_> = stack
        .outputs
        .iter()
        .map(|output| {
            output
                .value
                .value
                .as_ref()
                .expect_err("it is unknown")
                .reason
                .clone()
        })
        .collect();
    assert_eq!(
        reasons,
        [
            "the account is assumed here, and the mapping `Accounts` has no `name` under `123456789012`; give yours with --account",
            "the region is assumed here, and the mapping `Regions` has no `name` under `us-east-1`; give yours with --region",
        ]
    );
    let given = Inputs::new("app")
        .in_account("111111111111")
        .in_region("eu-west-1");
    let stack = stack_with(MAPPED, &given);
    assert_eq!(text(&stack.outputs[0].value), "theirs");
    assert_eq!(text(&stack.outputs[1].value), "ireland");
    let elsewhere = refused_with(MAPPED, &given.in_region("eu-west-2"));
    assert_eq!(
        messages(&elsewhere),
        ["4: B: `Fn::FindInMap` finds no `name` under `eu-west-2` in the mapping `Regions`"]
    );
}

fn with_weights(weights: &str) -> String {
    format!(
        "Resources:
  F: {{Type: AWS::Lambda::Function, Properties: {{Runtime: provided.al2023, Handler: b, Code: {{S3Bucket: b, S3Key: k}}}}}}
  V: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref F}}}}
  Live:
    Type: AWS::Lambda::Alias
    Properties:
      FunctionName: !Ref F
      FunctionVersion: !GetAtt V.Version
      Name: live
      ProvisionedConcurrencyConfig: {{ProvisionedConcurrentExecutions: 3}}
      RoutingConfig: {{AdditionalVersionWeights: {weights}}}
"
    )
}

#[test]
fn an_aliass_second_version_is_read_with_its_share_and_a_third_is_refused() {
    let read = stack(&with_weights(
        "[{FunctionVersion: '7', FunctionWeight: 0.9}]",
    ));
    let additional = read.aliases[0]
        .additional_version
        .as_ref()
        .expect("it has one");
    assert_eq!(
        (text(&additional.version), additional.share.value.clone()),
        ("7", Ok(0.9))
    );
    // Where only AWS knows whether there is one, it is not taken for none.
    for weights in [
        "!ImportValue all",
        "[!ImportValue one]",
        "[!ImportValue one, !ImportValue other]",
        "[{FunctionVersion: '5', FunctionWeight: 0.2}, !ImportValue other]",
        "[{FunctionVersion: !ImportValue version, FunctionWeight: !ImportValue share}]",
    ] {
        let read = stack(&with_weights(weights));
        let additional = read.aliases[0].shared_with().expect("it may have one");
        let (version, share) = (&additional.version.value, &additional.share.value);
        assert!(version.is_err() && share.is_err(), "{weights}");
    }
    for (weights, message) in [
        (
            "[{FunctionVersion: '5', FunctionWeight: 0.2}, {FunctionVersion: '6', FunctionWeight: 0.2}]",
            "11: Live: an alias has one version beside its main one, and `AdditionalVersionWeights` names 2",
        ),
        (
            "[{FunctionVersion: '5', FunctionWeight: 2}]",
            "11: Live: `FunctionWeight` is 0 to 1, not 2",
        ),
        (
            "[{FunctionVersion: '5'}]",
            "11: Live: a version's weight needs `FunctionVersion` and `FunctionWeight`",
        ),
    ] {
        assert_eq!(messages(&refused(&with_weights(weights))), [message]);
    }
}

#[test]
fn a_function_url_is_a_route_to_its_alias() {
    let stack = stack(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Links:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: b, AutoPublishAlias: live, FunctionUrlConfig: {AuthType: AWS_IAM}}
  Plain: {Type: AWS::Lambda::Function, Properties: {Runtime: provided.al2023, Handler: b, Code: {S3Bucket: b, S3Key: k}}}
  PlainUrl: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !GetAtt Plain.Arn, Qualifier: beta, AuthType: NONE}}
Outputs: {Url: {Value: !GetAtt LinksUrl.FunctionUrl}}
",
    );
    let urls: Vec<_> = stack
        .apis
        .iter()
        .map(|api| {
            let route = &api.routes[0];
            (
                api.logical_id.as_str(),
                text(&api.name),
                text(&route.function),
                route.qualifier.as_deref(),
                format!(
                    "{:?}",
                    route.authorization.known_value().expect("it is known")
                ),
            )
        })
        .collect();
    assert_eq!(
        urls,
        [
            (
                "LinksUrl",
                "app-Links",
                "Links",
                Some("live"),
                "Iam".to_owned()
            ),
            (
                "PlainUrl",
                "app-Plain",
                "Plain",
                Some("beta"),
                "None".to_owned()
            ),
        ]
    );
    let url = text(&stack.outputs[0].value);
    assert!(
        url.starts_with("https://") && url.ends_with(".lambda-url.us-east-1.on.aws/"),
        "{url}"
    );
}
