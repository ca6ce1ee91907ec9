//! What AWS refuses for certain, and what it may take after all.

use rehearsal_template::{Inputs, read_str};

use super::{CANARY, found_with, warned_with};
use crate::common::deployments::{orders, warned, warnings};
use crate::common::refused;

#[test]
fn a_group_of_two_aliases_is_warned_of_and_not_refused() {
    let template = include_str!("../lints/group-refused/warns.yaml");
    let found = warnings(template, &Inputs::new("shop"));
    let of_two: Vec<_> = found
        .iter()
        .filter(|found| found.message.contains("a second deployment of a group"))
        .map(|found| (found.logical_id.as_deref(), found.is_refused))
        .collect();
    assert_eq!(of_two, [(Some("Orders"), false)]);
}

#[test]
fn a_long_value_of_a_parameter_is_refused_where_the_template_names_the_standard_tier() {
    let with = |length: usize, tier: &str| {
        let value = "x".repeat(length);
        warned_with(&format!(
            "  Long: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: {value}{tier}}}}}\n"
        ))
    };
    assert_eq!(with(4_097, ", Tier: Standard"), ["store-refused"]);
    for (length, tier) in [
        (4_096, ", Tier: Standard"),
        (4_097, ", Tier: Advanced"),
        (4_097, ""),
    ] {
        assert_eq!(with(length, tier), [""; 0], "{length}{tier}");
    }
}

#[test]
fn a_role_may_read_a_queue_whose_own_policy_allows_it() {
    let with = |source: &str, more: &str| {
        warned_with(&format!(
            "
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: lambda.amazonaws.com}}}}]}}
  Plain:
    Type: AWS::Lambda::Function
    Properties: {{Runtime: provided.al2023, Handler: bootstrap, Role: !GetAtt Role.Arn, Code: {{S3Bucket: builds, S3Key: k}}}}
  Source:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {{FunctionName: !Ref Plain, EventSourceArn: '{source}', StartingPosition: LATEST}}
{more}"
        ))
    };
    let queue = "arn:aws:sqs:us-east-1:123456789012:jobs";
    let stream = "arn:aws:kinesis:us-east-1:123456789012:stream/jobs";
    let policy = "  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [jobs], PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 'sqs:*', Resource: '*'}]}}}\n";
    assert_eq!(with(queue, ""), ["event-source-refused"]);
    assert_eq!(with(queue, policy), [""; 0]);
    assert_eq!(with(stream, policy), ["event-source-refused"]);
    assert_eq!(with(&format!("{stream}/consumer/c:1"), ""), [""; 0]);
}

#[test]
fn a_name_that_sam_gives_is_refused_of_what_the_template_names_so() {
    let alias = "
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Orders, FunctionVersion: '1', Name: live}}
";
    let after = orders(CANARY, alias);
    let before = orders(CANARY, "").replace("Resources:\n", &format!("Resources:{alias}"));
    assert!(before.contains("Live:"));
    for template in [after, before] {
        let found = warnings(&template, &Inputs::new("shop"));
        let named: Vec<_> = found
            .iter()
            .filter(|found| found.code == "name-taken")
            .map(|found| found.logical_id.as_deref())
            .collect();
        assert_eq!(named, [Some("Live")], "{found:#?}");
    }
}

#[test]
fn an_application_that_a_macro_fills_in_may_be_for_lambda() {
    let template = include_str!("../lints/group-refused/silent.yaml");
    let open = template.replace(
        "Properties: {ComputePlatform: Lambda}}",
        "Properties: {'Fn::Transform': {Name: Platform}}}",
    );
    assert_ne!(open, template);
    assert!(!warned(&open).contains(&"group-refused"));
}

#[test]
fn a_group_without_traffic_control_is_in_the_verdict_and_not_refused() {
    let template = include_str!("../lints/group-refused/warns.yaml").replace(
        "DeploymentType: IN_PLACE, DeploymentOption: WITH_TRAFFIC_CONTROL",
        "DeploymentType: BLUE_GREEN, DeploymentOption: WITHOUT_TRAFFIC_CONTROL",
    );
    let found = warnings(&template, &Inputs::new("shop"));
    let without = found
        .iter()
        .filter(|found| found.message.contains("without traffic control"));
    let without: Vec<_> = without
        .map(|found| (found.is_not_permitted, found.is_refused))
        .collect();
    assert_eq!(without, [(true, false)]);
}

#[test]
fn a_name_says_that_a_queue_or_a_topic_is_fifo_where_it_is() {
    for (r#type, name, flag) in [
        ("AWS::SQS::Queue", "QueueName", "FifoQueue"),
        ("AWS::SNS::Topic", "TopicName", "FifoTopic"),
    ] {
        for (called, is_fifo, is_refused) in [
            ("jobs.fifo", "", true),
            ("jobs.fifo", "false", true),
            ("jobs.fifo", "true", false),
            ("jobs", "true", true),
            ("jobs", "", false),
        ] {
            let flag = match is_fifo {
                "" => String::new(),
                is_fifo => format!(", {flag}: {is_fifo}"),
            };
            let found = warned_with(&format!(
                "  Jobs: {{Type: {type}, Properties: {{{name}: {called}{flag}}}}}\n"
            ));
            assert_eq!(
                found.contains(&"store-refused"),
                is_refused,
                "{called}{flag}: {found:?}"
            );
        }
    }
}

#[test]
fn an_event_of_a_bucket_or_a_user_pool_makes_it_wait_for_the_function() {
    let with = |more: &str| {
        let template = orders(CANARY, more);
        let read = read_str("template.yaml", &template, &Inputs::new("shop"));
        let refused = read.err().map(|refusal| refusal.diagnostics);
        let refused = refused.into_iter().flatten();
        refused.map(|found| found.message).collect::<Vec<_>>()
    };
    let upload = "      Events: {Upload: {Type: S3, Properties: {Bucket: !Ref Files, Events: 's3:ObjectCreated:*'}}}\n";
    let files = "  Files: {Type: AWS::S3::Bucket}\n";
    let reads = "      Policies: [{S3ReadPolicy: {BucketName: !Ref Files}}]\n";
    let by_name = "      Policies: [{S3ReadPolicy: {BucketName: shop-files}}]\n";
    let circle = with(&format!("{upload}{reads}{files}"));
    assert!(
        circle.len() == 1 && circle[0].contains("circular dependency"),
        "{circle:?}"
    );
    let help = refused(&orders(CANARY, &format!("{upload}{reads}{files}")))[0]
        .help
        .clone();
    let help = help.expect("it says what to do");
    assert!(
        help.contains("Give `Files` a `BucketName`") && help.contains("where `OrdersRole`"),
        "{help}"
    );
    assert_eq!(with(&format!("{upload}{by_name}{files}")), [""; 0]);
    let signs_up = "      Events: {SignUp: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: [PreSignUp, PostConfirmation]}}}\n";
    let pool = "  Pool: {Type: AWS::Cognito::UserPool}\n";
    let named = "      Environment: {Variables: {POOL: !Ref Pool}}\n";
    assert_eq!(with(&format!("{signs_up}{named}{pool}")).len(), 1);
    assert_eq!(with(&format!("{signs_up}{pool}")), [""; 0]);
}

#[test]
fn a_rule_that_sam_makes_of_an_event_has_the_name_that_the_event_gives_it() {
    let two = |kind: &str, schedule: &str, name: &str| {
        let event = |id: &str| {
            format!("        {id}: {{Type: {kind}, Properties: {{{schedule}, {name}: nightly}}}}\n")
        };
        warned_with(&format!("      Events:\n{}{}", event("A"), event("B")))
    };
    let rate = "Schedule: rate(1 minute)";
    let pattern = "Pattern: {source: [shop]}";
    assert_eq!(two("Schedule", rate, "Name"), ["name-taken"]);
    assert_eq!(two("EventBridgeRule", pattern, "RuleName"), ["name-taken"]);
    // SAM passes over it.
    assert_eq!(two("Schedule", rate, "RuleName"), [""; 0]);
}

#[test]
fn code_in_the_template_and_a_layer_in_two_versions_are_refused() {
    let layer = |name: &str, version: u8| {
        format!("'arn:aws:lambda:us-east-1:123456789012:layer:{name}:{version}'")
    };
    let layers = |first: String, second: String| {
        warned_with(&format!("      Layers: [{first}, {second}]\n"))
    };
    assert_eq!(
        layers(layer("a", 1), layer("a", 2)),
        ["function-settings-refused"]
    );
    assert_eq!(layers(layer("a", 1), layer("b", 1)), [""; 0]);
    // What is no ARN hides nothing behind it.
    let third = format!("{}, {}", layer("a", 1), layer("a", 2));
    assert_eq!(
        layers("!ImportValue other".to_owned(), third),
        ["function-settings-refused"]
    );
    let of_template = |second: &str| {
        let own = "{Type: AWS::Lambda::LayerVersion, Properties: {Content: {S3Bucket: builds, S3Key: k}}}";
        warned_with(&format!(
            "      Layers: [!Ref Shared, !Ref {second}]\n  Shared: {own}\n  Other: {own}\n"
        ))
    };
    assert_eq!(of_template("Shared"), ["function-settings-refused"]);
    assert_eq!(of_template("Other"), [""; 0]);
    let inline = |runtime: &str| {
        warned_with(&format!(
            "  Plain: {{Type: AWS::Lambda::Function, Properties: {{Runtime: {runtime}, Handler: a.b, Role: 'arn:aws:iam::123456789012:role/a', Code: {{ZipFile: x}}}}}}\n"
        ))
    };
    assert_eq!(inline("java21"), ["function-settings-refused"]);
    assert_eq!(inline("nodejs22.x"), [""; 0]);
}

#[test]
fn a_role_for_deployments_is_to_see_alarms_unless_the_group_goes_on_without() {
    let plain = |ignores: &str, allowed: &str| {
        let template = format!(
            "
Resources:
  Role: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Statement: {{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: codedeploy.amazonaws.com}}}}}}, Policies: [{{PolicyName: a, PolicyDocument: {{Statement: [{{Effect: Allow, Resource: '*', Action: [{allowed}]}}]}}}}]}}}}
  Orders: {{Type: AWS::Lambda::Function, Properties: {{Runtime: nodejs22.x, Handler: a.b, Role: 'arn:aws:iam::123456789012:role/a', Code: {{S3Bucket: builds, S3Key: k}}}}}}
  Version: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref Orders}}}}
  App: {{Type: AWS::CodeDeploy::Application, Properties: {{ComputePlatform: Lambda}}}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref App
      ServiceRoleArn: !GetAtt Role.Arn
      DeploymentConfigName: CodeDeployDefault.LambdaCanary10Percent5Minutes
      DeploymentStyle: {{DeploymentType: BLUE_GREEN, DeploymentOption: WITH_TRAFFIC_CONTROL}}
      AlarmConfiguration: {{Enabled: true{ignores}, Alarms: [{{Name: shared}}]}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {{FunctionName: !Ref Orders, FunctionVersion: !GetAtt Version.Version, Name: live}}
    UpdatePolicy: {{CodeDeployLambdaAliasUpdate: {{ApplicationName: !Ref App, DeploymentGroupName: !Ref Group}}}}
"
        );
        let found = warned(&template);
        found.contains(&"role-cannot-deploy")
    };
    assert!(plain("", "'lambda:UpdateAlias'"));
    assert!(!plain(
        ", IgnorePollAlarmFailure: true",
        "'lambda:UpdateAlias'"
    ));
    assert!(!plain("", "'lambda:*', 'cloudwatch:Describe*'"));
    assert!(plain("", "'lambda:GetAlias', 'cloudwatch:*'"));
    let denies = |of: &str| {
        let statement = format!("{{Effect: Deny, Resource: '{of}', Action: ['lambda:Update*'");
        plain("", &format!("'*']}}, {statement}"))
    };
    assert!(denies("*"));
    assert!(!denies(
        "arn:aws:lambda:us-east-1:123456789012:function:other"
    ));
}

#[test]
fn a_route_that_invokes_its_function_by_another_method_than_post_is_named() {
    let by = |method: &str| {
        let found = found_with(&format!(
            "
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionBody:
        openapi: 3.0.1
        paths: {{/a: {{get: {{x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: {method}, uri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${{Orders.Alias}}/invocations'}}}}}}}}
  Permission: {{Type: AWS::Lambda::Permission, Properties: {{FunctionName: !Ref Orders.Alias, Action: 'lambda:InvokeFunction', Principal: apigateway.amazonaws.com}}}}
"
        ));
        found
            .into_iter()
            .map(|found| (found.message, found.is_not_permitted))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        by("GET"),
        [(
            "GET /a invokes its function by GET, and Lambda takes POST alone: API Gateway answers 500".to_owned(),
            true
        )]
    );
    assert_eq!(by("post"), []);
}

#[test]
fn an_integration_with_a_function_and_no_method_is_refused() {
    let with = |method: &str| {
        let found = found_with(&format!(
            "
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: a}}}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      Integration: {{Type: AWS_PROXY{method}, Uri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${{OrdersAliaslive}}/invocations'}}
"
        ));
        let found = found
            .into_iter()
            .filter(|found| found.code == "api-refused");
        found.map(|found| found.is_refused).collect::<Vec<_>>()
    };
    assert_eq!(with(""), [true]);
    assert_eq!(with(", IntegrationHttpMethod: POST"), [false; 0]);
    assert_eq!(
        with(", IntegrationHttpMethod: !ImportValue method"),
        [false; 0]
    );
}

#[test]
fn policies_are_as_long_and_as_many_as_iam_takes() {
    const TRUST: &str = "AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: lambda.amazonaws.com}}]}";
    let document = |tables: usize| {
        let arns = (0..tables)
            .map(|table| format!("'arn:aws:dynamodb:us-east-1:123456789012:table/t{table:0>40}'"));
        let arns = arns.collect::<Vec<_>>().join(", ");
        format!(
            "PolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Action: '*', Resource: [{arns}]}}]}}"
        )
    };
    // A table takes 89 characters, and what is around it 81.
    let of_role = |tables: usize| {
        let documents = document(tables);
        format!("Policies: [{{PolicyName: one, {documents}}}, {{PolicyName: other, {documents}}}]")
    };
    let managed = |count: usize| {
        let arns = (0..count).map(|policy| format!("'arn:aws:iam::123456789012:policy/p{policy}'"));
        format!(
            "ManagedPolicyArns: [{}]",
            arns.collect::<Vec<_>>().join(", ")
        )
    };
    let judged = |resource: &str| {
        let found = found_with(resource);
        let found = found.iter().filter(|found| found.code == "policy-refused");
        found.map(|found| found.is_refused).collect::<Vec<_>>()
    };
    let role = |properties: &str| {
        judged(&format!(
            "  Role: {{Type: AWS::IAM::Role, Properties: {{{TRUST}, {properties}}}}}\n"
        ))
    };
    let policy = |of: &str, tables: usize| {
        judged(&format!(
            "  Policy: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, {of}: [one], {}}}}}\n",
            document(tables)
        ))
    };
    assert_eq!(role(&of_role(55)), [false; 0]);
    assert_eq!(role(&of_role(60)), [true]);
    assert_eq!(policy("Roles", 110), [false; 0]);
    assert_eq!(policy("Roles", 120), [true]);
    assert_eq!(policy("Groups", 50), [false; 0]);
    assert_eq!(policy("Groups", 60), [true]);
    assert_eq!(policy("Users", 20), [false; 0]);
    assert_eq!(policy("Roles: [one], Users", 25), [true]);
    assert_eq!(
        policy("Users: [!If [IsProduction, a, b]], Roles", 60),
        [false; 0]
    );
    assert_eq!(role(&managed(10)), [false; 0]);
    // An account's quota may be raised.
    assert_eq!(role(&managed(11)), [false]);
    assert_eq!(role(&managed(26)), [true]);
}
