//! Plain CloudFormation, as CDK writes it: no transform, long forms, JSON.

use crate::common::{group, messages, refused, stack, text};
use rehearsal_aws::apigateway::route::{Authorization, PayloadFormat};

/// The shape of what CDK synthesises for a `LambdaDeploymentGroup` with both hooks and an alarm.
const CDK: &str = r#"{
 "Resources": {
  "Handler886CB40B": {
   "Type": "AWS::Lambda::Function",
   "Properties": {
    "Code": {"S3Bucket": {"Fn::Sub": "cdk-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "abc.zip"},
    "Handler": "bootstrap", "Runtime": "provided.al2023", "Timeout": 10,
    "Role": {"Fn::GetAtt": ["HandlerRole", "Arn"]},
    "Environment": {"Variables": {"TABLE": {"Ref": "Table"}}}
   },
   "DependsOn": ["HandlerRole"],
   "Metadata": {"aws:asset:path": "asset.abc", "aws:asset:property": "Code"}
  },
  "HandlerRole": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/service/"}},
  "HandlerCurrentVersionABC": {
   "Type": "AWS::Lambda::Version",
   "Properties": {"FunctionName": {"Ref": "Handler886CB40B"}}
  },
  "Live": {
   "Type": "AWS::Lambda::Alias",
   "Properties": {
    "FunctionName": {"Ref": "Handler886CB40B"},
    "FunctionVersion": {"Fn::GetAtt": ["HandlerCurrentVersionABC", "Version"]},
    "Name": "live"
   },
   "UpdatePolicy": {
    "CodeDeployLambdaAliasUpdate": {
     "ApplicationName": {"Ref": "App"},
     "DeploymentGroupName": {"Ref": "Group"},
     "BeforeAllowTrafficHook": {"Ref": "Hook"}
    }
   }
  },
  "Hook": {
   "Type": "AWS::Lambda::Function",
   "Properties": {"Code": {"ZipFile": "x"}, "Handler": "index.handler", "Runtime": "nodejs22.x"}
  },
  "App": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
  "Group": {
   "Type": "AWS::CodeDeploy::DeploymentGroup",
   "Properties": {
    "ApplicationName": {"Ref": "App"},
    "AlarmConfiguration": {"Alarms": [{"Name": {"Ref": "Errors"}}], "Enabled": true, "IgnorePollAlarmFailure": false},
    "AutoRollbackConfiguration": {"Enabled": true, "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]},
    "DeploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    "DeploymentStyle": {"DeploymentOption": "WITH_TRAFFIC_CONTROL", "DeploymentType": "BLUE_GREEN"},
    "ServiceRoleArn": {"Fn::GetAtt": ["HandlerRole", "Arn"]}
   }
  },
  "Errors": {
   "Type": "AWS::CloudWatch::Alarm",
   "Properties": {
    "ComparisonOperator": "GreaterThanOrEqualToThreshold", "EvaluationPeriods": 1, "Threshold": 1, "Period": 300,
    "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum",
    "Dimensions": [
     {"Name": "FunctionName", "Value": {"Ref": "Handler886CB40B"}},
     {"Name": "Resource", "Value": {"Fn::Join": ["", [{"Ref": "Handler886CB40B"}, ":live"]]}}
    ]
   }
  },
  "Table": {
   "Type": "AWS::DynamoDB::Table",
   "Properties": {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "ProvisionedThroughput": {"ReadCapacityUnits": "5", "WriteCapacityUnits": 5},
    "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
    "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}
   }
  }
 }
}"#;

#[test]
fn a_deployment_of_cdks_is_read() {
    let stack = stack(CDK);
    let function = stack.function("Handler886CB40B").unwrap();
    assert_eq!(text(function.code_uri.as_ref().unwrap()), "asset.abc");
    let alias = &stack.aliases[0];
    assert_eq!(
        alias.version_logical_id.as_deref(),
        Some("HandlerCurrentVersionABC")
    );
    assert_eq!(text(&alias.function), "Handler886CB40B");
    let deployment = alias.deployment.as_ref().unwrap();
    assert_eq!(
        deployment
            .before_allow_traffic_hook
            .as_ref()
            .unwrap()
            .function
            .as_deref(),
        Some("Hook")
    );
    assert_eq!(deployment.after_allow_traffic_hook, None);
    let deployment = group(&stack);
    assert_eq!(deployment.logical_id, "Group");
    assert_eq!(
        deployment.alarms.value.as_ref().unwrap()[0]
            .logical_id
            .as_deref(),
        Some("Errors")
    );
    assert_eq!(deployment.ignore_poll_alarm_failure.value, Ok(false));
    assert_eq!(
        deployment
            .auto_rollback_events
            .value
            .as_ref()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        text(&deployment.role.as_ref().unwrap().arn),
        "arn:aws:iam::123456789012:role/service/app-HandlerRole"
    );
    let alarm = stack.alarm("Errors").unwrap();
    assert_eq!(
        text(&alarm.dimensions.value.as_ref().unwrap()["Resource"]),
        "app-Handler886CB40B:live"
    );
}

#[test]
fn a_table_is_made_by_its_create_table_call() {
    let stack = stack(CDK);
    let table = &stack.tables[0];
    assert_eq!(text(table.ttl_attribute.as_ref().unwrap()), "ttl");
    let body = table.create_table.value.as_ref().unwrap();
    assert_eq!(body["ProvisionedThroughput"]["ReadCapacityUnits"], 5);
    assert_eq!(body["StreamSpecification"]["StreamEnabled"], true);
    assert_eq!(body["TableName"], "app-Table");
    assert!(body.get("TimeToLiveSpecification").is_none());
}

#[test]
fn an_update_waits_for_what_it_refers_to() {
    let stack = stack(CDK);
    let level = |id: &str| {
        stack
            .update_levels
            .iter()
            .position(|level| level.iter().any(|member| member == id))
            .unwrap()
    };
    for (first, then) in [
        ("HandlerRole", "Handler886CB40B"),
        ("Table", "Handler886CB40B"),
        ("Handler886CB40B", "HandlerCurrentVersionABC"),
        ("HandlerCurrentVersionABC", "Live"),
        ("Errors", "Group"),
        ("Group", "Live"),
        ("Hook", "Live"),
    ] {
        assert!(
            level(first) < level(then),
            "{first} before {then}: {:?}",
            stack.update_levels
        );
    }
    assert_eq!(level("Hook"), 0, "and nothing waits without a reason");
}

#[test]
fn routes_of_their_own_resources_are_found() {
    let stack = stack(
        "
Resources:
  F: {Type: AWS::Lambda::Function, Properties: {Handler: a, Runtime: b}}
  Alias: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref F, FunctionVersion: '3', Name: live}}
  Rest: {Type: AWS::ApiGateway::RestApi, Properties: {Name: rest}}
  Item: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Rest, ParentId: !Ref Items, PathPart: '{id}'}}
  Items: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Rest, ParentId: !GetAtt Rest.RootResourceId, PathPart: items}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Rest
      ResourceId: !Ref Item
      HttpMethod: GET
      AuthorizationType: AWS_IAM
      Integration:
        Type: AWS_PROXY
        Uri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Alias}/invocations
  Options:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Rest, ResourceId: !GetAtt Rest.RootResourceId, HttpMethod: OPTIONS, Integration: {Type: MOCK}}
  Stage: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Rest, StageName: prod}}
  Http: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: http, ProtocolType: HTTP}}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Http, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt F.Arn, PayloadFormatVersion: '1.0'}
  Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Http, RouteKey: POST /x, Target: !Sub 'integrations/${Integration}'}}
",
    );
    let [rest, http] = &stack.apis[..] else {
        panic!("{:?}", stack.apis)
    };
    assert_eq!(text(&rest.stages[0].name), "prod");
    let route = &rest.routes[0];
    assert_eq!(
        (route.method.as_str(), route.path.as_str()),
        ("GET", "/items/{id}")
    );
    assert_eq!(
        (text(&route.function), route.qualifier.as_deref()),
        ("F", Some("live"))
    );
    assert_eq!(route.authorization.value, Ok(Authorization::Iam));
    assert!(
        stack
            .not_rehearsed
            .iter()
            .any(|item| item.r#type == "route OPTIONS /")
    );
    let route = &http.routes[0];
    assert_eq!(
        (
            route.method.as_str(),
            route.path.as_str(),
            text(&route.function)
        ),
        ("POST", "/x", "F")
    );
    assert_eq!(
        (route.qualifier.as_deref(), route.payload_format),
        (None, PayloadFormat::V1)
    );
}

#[test]
fn of_groups_of_one_name_an_alias_has_that_of_its_application() {
    let named_live = |id: &str, application: &str| {
        format!(
            "  {id}: {{Type: AWS::CodeDeploy::DeploymentGroup, Properties: {{ApplicationName: {application}, DeploymentGroupName: live, ServiceRoleArn: r}}}}\n"
        )
    };
    let groups = [named_live("Ours", "ours"), named_live("Theirs", "theirs")].concat();
    let stack = stack(&format!(
        "
Resources:
{groups}  Alias:
    Type: AWS::Lambda::Alias
    Properties: {{FunctionName: other, FunctionVersion: '3', Name: live}}
    UpdatePolicy: {{CodeDeployLambdaAliasUpdate: {{ApplicationName: theirs, DeploymentGroupName: live}}}}
"
    ));
    assert_eq!(group(&stack).logical_id, "Theirs");
}

#[test]
fn a_group_or_function_of_another_stack_is_unknown_by_name() {
    let stack = stack(
        "
Resources:
  Alias:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: other, FunctionVersion: '3', Name: live}
    UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: app, DeploymentGroupName: theirs}}
",
    );
    let alias = &stack.aliases[0];
    assert_eq!(
        alias.function.value.as_ref().unwrap_err().reason,
        "the function `other` is not in this template"
    );
    assert_eq!(
        alias
            .deployment
            .as_ref()
            .unwrap()
            .group
            .value
            .as_ref()
            .unwrap_err()
            .reason,
        "the deployment group `theirs` is not in this template"
    );
}

#[test]
fn everything_left_out_is_named_with_its_line() {
    let stack = stack(
        "
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: x}}
  Thing: {Type: Custom::Thing, Properties: {ServiceToken: x}}
  'Fn::ForEach::Many': [A, !Split [',', !ImportValue names], {'T${A}': {Type: AWS::SNS::Topic}}]
Transform: AWS::LanguageExtensions
",
    );
    let left_out: Vec<_> = stack
        .not_rehearsed
        .iter()
        .map(|item| {
            format!(
                "{} {} {}: {}",
                item.place.line, item.logical_id, item.r#type, item.why
            )
        })
        .collect();
    assert_eq!(
        left_out,
        [
            "3 Queue AWS::SQS::Queue: resources of this type have no part in a rehearsal",
            "4 Nested AWS::CloudFormation::Stack: a nested stack is not read",
            "5 Thing Custom::Thing: custom resources are not run",
            "6 Fn::ForEach::Many Fn::ForEach: a loop is not unrolled: what it makes is not shown",
        ]
    );
}

#[test]
fn properties_a_deployment_needs_are_missed_at_their_resource() {
    let diagnostics = refused(
        "
Resources:
  Alias: {Type: AWS::Lambda::Alias, Properties: {Name: live}}
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {EvaluationPeriods: often, ComparisonOperator: GreaterThanThreshold}}
  Group: {Type: AWS::CodeDeploy::DeploymentGroup, Properties: {ServiceRoleArn: x}}
  Untyped: {Properties: {}}
  bad-id: {Type: AWS::SNS::Topic}
",
    );
    assert_eq!(
        messages(&diagnostics),
        [
            "3: Alias: `FunctionName` is missing",
            "3: Alias: `FunctionVersion` is missing",
            "4: Alarm: `EvaluationPeriods` must be a whole number, not \"often\"",
            "5: Group: `ApplicationName` is missing",
            "6: Untyped: the resource has no `Type`",
            "7: bad-id: Logical ids must be alphanumeric.",
        ]
    );
}

#[test]
fn the_branch_of_a_condition_that_does_not_hold_is_no_reference() {
    let stack = stack(
        "
Conditions: {Never: !Equals [a, b]}
Resources:
  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !If [Never, !GetAtt B.TopicName, plain]}}
  B: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt A.TopicName}}
",
    );
    assert_eq!(stack.update_levels, [["A"], ["B"]]);
}

#[test]
fn a_plain_event_invoke_config_belongs_to_its_function() {
    let config = r#",
  "HookEvents": {
   "Type": "AWS::Lambda::EventInvokeConfig",
   "Properties": {
    "FunctionName": {"Ref": "Hook"}, "Qualifier": "$LATEST",
    "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60,
    "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Handler886CB40B", "Arn"]}}}
   }
  },
  "App": {"#;
    let stack = stack(&CDK.replacen(",\n  \"App\": {", config, 1));
    let config = stack
        .function("Hook")
        .unwrap()
        .event_invoke_config("$LATEST")
        .unwrap();
    assert_eq!(config.maximum_retry_attempts.value, Ok(0));
    assert_eq!(config.maximum_event_age_seconds.value, Ok(60));
    assert_eq!(
        config.on_failure.as_ref().unwrap().function.as_deref(),
        Some("Handler886CB40B")
    );
    assert!(config.on_success.is_none());
}

#[test]
fn what_macros_make_and_loops_over_what_is_not_known_is_unknown_and_no_error() {
    let stack = stack(
        "
Transform: [AWS::LanguageExtensions, TheirMacro]
Parameters: {Names: {Type: CommaDelimitedList}}
Conditions:
  'Fn::ForEach::Stages': [Stage, !Ref Names, {'Is${Stage}': !Equals [a, b]}]
Resources:
  'Fn::ForEach::Topics': [Name, !Ref Names, {'Topic${Name}': {Type: AWS::SNS::Topic}}]
  'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://bucket/more.yaml'}}
  Hello:
    Type: AWS::Lambda::Function
    Condition: IsA
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Role: !GetAtt Included.Arn
      Code: {S3Bucket: b, S3Key: k}
      Environment: {Variables: {TOPIC: !Ref TopicOne, 'Fn::ForEach::More': [V, !Ref Names, {'${V}': x}]}}
Outputs:
  'Fn::ForEach::Outs': [Name, !Ref Names, {'Out${Name}': {Value: a}}]
",
    );
    let named: Vec<_> = stack
        .not_rehearsed
        .iter()
        .map(|item| format!("{} {}", item.place.line, item.logical_id))
        .collect();
    assert_eq!(
        named,
        [
            "2 Transform TheirMacro",
            "5 Fn::ForEach::Stages",
            "7 Fn::ForEach::Topics",
            "8 Fn::Transform",
            "19 Fn::ForEach::Outs"
        ]
    );
    let function = &stack.functions[0];
    assert_eq!(function.condition.as_ref().unwrap().holds, None);
    let unknown = function.environment.value.as_ref().unwrap_err();
    assert_eq!(
        (unknown.reason.as_str(), unknown.place.line),
        (
            "a loop is unrolled when the stack is deployed (Fn::ForEach)",
            17
        )
    );
}

#[test]
fn what_a_macro_is_given_need_not_be_what_cloudformation_takes() {
    let counted = "
Resources:
  Topic: {Type: AWS::SNS::Topic, Count: 3}
";
    let refused = refused(counted);
    assert_eq!(
        refused[0].message,
        "a resource has no attribute `Count`: CloudFormation refuses it"
    );
    let stack = stack(&format!("Transform: Count\n{counted}"));
    let named: Vec<_> = stack
        .not_rehearsed
        .iter()
        .filter_map(|left_out| left_out.not_expanded())
        .collect();
    assert_eq!(named, ["Count"]);
}

#[test]
fn a_route_leads_to_its_alias_whatever_the_template_is_called() {
    let template = "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: f
      AutoPublishAlias: live
      Events:
        Get: {Type: Api, Properties: {Path: /, Method: GET}}
";
    for name in [
        "shop.yaml",
        "Shop.template.json",
        "my shop (1).yaml",
        "größe.yaml",
    ] {
        let stack =
            rehearsal_template::read_str(name, template, &rehearsal_template::Inputs::new(""))
                .unwrap();
        let route = &stack.apis[0].routes[0];
        assert_eq!(
            (
                route.function.known_value().map(String::as_str),
                route.qualifier.as_deref()
            ),
            (Some("F"), Some("live")),
            "{name}"
        );
    }
}
