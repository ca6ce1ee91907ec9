//! What `caller-bypasses-alias` tells apart.

use crate::common::deployments::{
    CANARY, HOOKED, REPORTS, alarm, api, hook, orders, warned, warning,
};
use rehearsal_template::{Inputs, read_str};

/// A resource that names what it invokes.
fn caller(r#type: &str, properties: &str) -> String {
    format!("  Caller:\n    Type: {type}\n    Properties: {{{properties}}}\n")
}

/// Whoever it is, it may invoke this.
fn permitted(target: &str) -> String {
    format!(
        "  May: {{Type: AWS::Lambda::Permission, Properties: {{Action: '*', FunctionName: {target}, Principal: '*'}}}}\n"
    )
}

/// Ways to invoke a function, `TARGET` for what is invoked.
#[rustfmt::skip] // A table.
const CALLERS: [(&str, &str); 16] = [
    ("AWS::Events::Rule", "ScheduleExpression: rate(1 hour), Targets: [{Id: a, Arn: TARGET}]"),
    ("AWS::Scheduler::Schedule", "FlexibleTimeWindow: {Mode: 'OFF'}, ScheduleExpression: rate(1 hour), Target: {Arn: TARGET, RoleArn: r}"),
    ("AWS::Lambda::EventSourceMapping", "FunctionName: TARGET"),
    ("AWS::SNS::Subscription", "Protocol: lambda, Endpoint: TARGET, TopicArn: t"),
    ("AWS::SNS::Topic", "Subscription: [{Protocol: lambda, Endpoint: TARGET}]"),
    ("AWS::S3::Bucket", "NotificationConfiguration: {LambdaConfigurations: [{Event: 's3:ObjectCreated:*', Function: TARGET}]}"),
    ("AWS::Lambda::Url", "AuthType: NONE, TargetFunctionArn: TARGET"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetType: lambda, Targets: [{Id: TARGET}]"),
    ("AWS::Logs::SubscriptionFilter", "DestinationArn: TARGET, FilterPattern: '', LogGroupName: l"),
    ("AWS::StepFunctions::StateMachine", "RoleArn: r, DefinitionSubstitutions: {Pay: TARGET}, DefinitionString: '{}'"),
    ("AWS::StepFunctions::StateMachine", "RoleArn: r, Definition: {States: {Pay: {Resource: TARGET}}}"),
    ("AWS::Cognito::UserPool", "LambdaConfig: {PreSignUp: TARGET}"),
    ("AWS::AppSync::DataSource", "LambdaConfig: {LambdaFunctionArn: TARGET}"),
    ("AWS::IoT::TopicRule", "TopicRulePayload: {Actions: [{Lambda: {FunctionArn: TARGET}}]}"),
    ("AWS::Pipes::Pipe", "Target: TARGET"),
    ("AWS::Lambda::Function", "Runtime: provided.al2023, Handler: bootstrap, Code: {S3Bucket: b, S3Key: k}, Role: 'arn:aws:iam::123456789012:role/r', Environment: {Variables: {ORDERS: TARGET}}"),
];

#[test]
fn every_caller_meets_the_alias_or_is_told() {
    for (r#type, properties) in CALLERS {
        for (target, past) in [
            ("!GetAtt Orders.Arn", Some("`$LATEST`")),
            ("!Sub '${Orders.Arn}:$LATEST'", Some("`$LATEST`")),
            ("!Ref Orders.Version", Some("a version")),
            ("!Sub '${Orders.Arn}:7'", Some("a version")),
            ("!Ref Orders.Alias", None),
            ("!Sub '${Orders.Arn}:live'", None),
            ("!ImportValue function", None),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:another",
                None,
            ),
        ] {
            let more = caller(r#type, &properties.replace("TARGET", target)) + &permitted(target);
            let template = orders(CANARY, &(alarm("") + &more));
            match past {
                None => assert_eq!(warned(&template), [""; 0], "{more}"),
                Some(past) => {
                    let text = warning(&template);
                    assert!(
                        text.starts_with("caller-bypasses-alias: Caller: "),
                        "{text}"
                    );
                    assert!(
                        text.contains(&format!("invokes {past} of `Orders`, not its alias `live`")),
                        "{text}"
                    );
                    assert!(
                        text.ends_with("name the alias: `!Ref Orders.Alias`"),
                        "{text}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_function_is_named_by_its_name_where_a_name_is_taken() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("AWS::Lambda::EventSourceMapping", "FunctionName: !Ref Orders", true),
        ("AWS::Lambda::EventSourceMapping", "FunctionName: !Sub '${Orders}:live'", false),
        ("AWS::Lambda::Url", "AuthType: NONE, TargetFunctionArn: !Ref Orders, Qualifier: live", false),
        ("AWS::Lambda::Url", "AuthType: NONE, TargetFunctionArn: !Ref Orders", true),
        ("AWS::StepFunctions::StateMachine", "RoleArn: r, Definition: {Parameters: {FunctionName: !Ref Orders}}", true),
        ("AWS::StepFunctions::StateMachine", "RoleArn: r, DefinitionString: !Sub '{\"Parameters\": {\"FunctionName\": \"${Orders}\"}}'", true),
        ("AWS::StepFunctions::StateMachine", "RoleArn: r, DefinitionString: !Sub '{\"Parameters\": {\"FunctionName\": \"${Orders}:live\"}}'", false),
        ("AWS::StepFunctions::StateMachine", "RoleArn: r, DefinitionString: !Sub '{\"Comment\": \"calls ${Orders}\"}'", false),
        ("AWS::Events::Rule", "ScheduleExpression: rate(1 hour), Targets: [{Id: !Ref Orders, Arn: !Ref Orders.Alias}]", false),
        ("AWS::SSM::Parameter", "Type: String, Value: !GetAtt Orders.Arn", false),
        (
            "AWS::IAM::Policy",
            "PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 'lambda:*', Resource: !GetAtt Orders.Arn}]}",
            false,
        ),
    ];
    for (r#type, properties, is_warned) in cases {
        let may = permitted("!Ref Orders.Alias") + &permitted("!Ref Orders").replace("May", "Too");
        let more = alarm("") + &caller(r#type, properties) + &may;
        let warned = warned(&orders(CANARY, &more));
        assert_eq!(
            warned == ["caller-bypasses-alias"],
            is_warned,
            "{properties}: {warned:?}"
        );
        assert!(warned.len() <= 1, "{warned:?}");
    }
}

#[test]
fn a_hook_may_name_what_it_tests_as_it_likes() {
    let more = hook(&format!(
        "{REPORTS}      Environment: {{Variables: {{NEW: !Ref Orders.Version, LATEST: !Ref Orders}}}}\n"
    ));
    assert_eq!(warned(&orders(HOOKED, &more)), [""; 0]);
}

#[test]
fn a_caller_of_a_function_that_is_not_shifted_bypasses_nothing() {
    let more = "  Plain: {Type: AWS::Serverless::Function, Properties: {AutoPublishAlias: live}}\n"
        .to_owned()
        + &caller(
            "AWS::Events::Rule",
            "ScheduleExpression: rate(1 hour), Targets: [{Id: a, Arn: !GetAtt Plain.Arn}]",
        );
    assert_eq!(warned(&orders(CANARY, &(alarm("") + &more))), [""; 0]);
}

#[test]
fn a_permission_is_for_what_the_caller_names() {
    let permission = |name: &str, target: &str, principal: &str| {
        format!(
            "  {name}: {{Type: AWS::Lambda::Permission, Properties: {{Action: 'lambda:InvokeFunction', FunctionName: {target}, Principal: {principal}}}}}\n"
        )
    };
    let alias = "${Orders.Alias}";
    #[rustfmt::skip] // A table.
    let cases = [
        (alias, permission("May", "!Ref Orders", "apigateway.amazonaws.com"), true),
        (alias, permission("May", "!GetAtt Orders.Arn", "apigateway.amazonaws.com"), true),
        (alias, permission("May", "!Sub '${Orders}:beta'", "apigateway.amazonaws.com"), true),
        (alias, permission("May", "!Ref Orders.Alias", "apigateway.amazonaws.com"), false),
        (alias, permission("May", "!Sub '${Orders}:live'", "apigateway.amazonaws.com"), false),
        (
            alias,
            permission("May", "!Ref Orders", "apigateway.amazonaws.com")
                + &permission("Too", "!Ref Orders.Alias", "apigateway.amazonaws.com"),
            false,
        ),
        (alias, permission("May", "!Ref Orders", "events.amazonaws.com"), false),
        (alias, String::new(), false),
        ("${Orders.Arn}:${!stageVariables.alias}", permission("May", "!Ref Orders", "apigateway.amazonaws.com"), false),
    ];
    for (route, permissions, is_warned) in cases {
        let template = orders(CANARY, &(alarm("") + &api(route) + &permissions));
        let warned = warned(&template);
        assert_eq!(
            warned == ["caller-bypasses-alias"],
            is_warned,
            "{route} {permissions}: {warned:?}"
        );
        if is_warned {
            let text = warning(&template);
            let stack = read_str("api.yaml", &template, &Inputs::new("shop")).unwrap();
            assert_eq!(stack.not_permitted().count(), 1, "{route} {permissions}");
            assert!(
                text.contains(
                    "GET /orders of `Api` invokes `Orders:live`: API Gateway answers 500"
                ),
                "{text}"
            );
        }
    }
}
