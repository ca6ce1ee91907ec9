//! Properties that a rehearsal passes over are named, each with its line.

use crate::common::deployments::{CANARY, alarm, orders};
use crate::common::stack_with;
use rehearsal_template::Inputs;
use rehearsal_template::stack::NotRehearsedKind;

/// The properties that are named, with what has them and the text of their lines.
fn named(template: &str) -> Vec<(String, String, String)> {
    let lines: Vec<&str> = template.lines().collect();
    stack_with(template, &Inputs::new("shop"))
        .not_rehearsed
        .into_iter()
        .filter(|item| !item.r#type.contains("::"))
        .map(|item| {
            let line = lines[item.place.line as usize - 1].trim().to_owned();
            (item.logical_id, item.r#type, line)
        })
        .collect()
}

#[test]
fn what_a_function_is_given_and_a_rehearsal_does_not_honour_is_named_at_its_line() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 3}", "ProvisionedConcurrencyConfig"),
        ("ReservedConcurrentExecutions: 5", "ReservedConcurrentExecutions"),
        ("SnapStart: {ApplyOn: PublishedVersions}", "SnapStart"),
        ("VpcConfig: {SubnetIds: [s], SecurityGroupIds: [g]}", "VpcConfig"),
        ("EphemeralStorage: {Size: 1024}", "EphemeralStorage"),
        ("DeadLetterQueue: {Type: SQS, TargetArn: 'arn:aws:sqs:us-east-1:123456789012:dead'}", "DeadLetterQueue"),
    ];
    for (property, key) in cases {
        let template = orders(CANARY, &alarm("")).replace(
            "      AutoPublishAlias: live\n",
            &format!("      AutoPublishAlias: live\n      {property}\n"),
        );
        assert_eq!(
            named(&template),
            [("Orders".to_owned(), key.to_owned(), property.to_owned())]
        );
    }
}

#[test]
fn a_property_in_block_form_is_named_at_its_key() {
    let template = orders(CANARY, &alarm("")).replace(
        "      AutoPublishAlias: live\n",
        "      AutoPublishAlias: live\n      ProvisionedConcurrencyConfig:\n        ProvisionedConcurrentExecutions: 3\n",
    );
    assert_eq!(named(&template)[0].2, "ProvisionedConcurrencyConfig:");
}

#[test]
fn what_a_rehearsal_acts_out_and_what_has_no_effect_on_it_is_not_named() {
    let template = orders(CANARY, &alarm("AlarmDescription: It fails.\nAlarmActions: [topic]")).replace(
        "      AutoPublishAlias: live\n",
        "      AutoPublishAlias: live\n      Description: Takes orders\n      Tags: {Team: orders}\n      MemorySize: 256\n      Timeout: 5\n      ReservedConcurrentExecutions: !Ref AWS::NoValue\n",
    );
    assert_eq!(named(&template), []);
}

#[test]
fn a_property_that_no_table_has_is_named_too() {
    let more = "  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Orders, Novelty: 1}}\n";
    let template = orders(CANARY, &(alarm("") + more));
    let named = named(&template);
    let pairs: Vec<(&str, &str)> = named
        .iter()
        .map(|(id, property, _)| (id.as_str(), property.as_str()))
        .collect();
    assert_eq!(pairs, [("Version", "Novelty")]);
}

#[test]
fn settings_inside_a_property_are_named_where_they_are_on() {
    let api = |settings: &str| {
        format!(
            "  Front: {{Type: AWS::Serverless::Api, Properties: {{StageName: live, DefinitionBody: {{openapi: 3.0.1, paths: {{}}}}, MethodSettings: [{{HttpMethod: '*', ResourcePath: '/*', {settings}}}]}}}}\n"
        )
    };
    for (settings, expected) in [
        ("MetricsEnabled: true", &[][..]),
        ("CachingEnabled: false", &[]),
        ("CachingEnabled: true", &["CachingEnabled"]),
        (
            "ThrottlingRateLimit: 10, ThrottlingBurstLimit: 5",
            &["ThrottlingBurstLimit", "ThrottlingRateLimit"],
        ),
    ] {
        let named = named(&orders(CANARY, &(alarm("") + &api(settings))));
        let mut settings: Vec<&str> = named
            .iter()
            .map(|(_, setting, _)| setting.as_str())
            .collect();
        settings.sort_unstable();
        assert_eq!(settings, expected);
    }
}

#[test]
fn the_canary_of_a_stage_is_named_where_it_gets_traffic() {
    let with = |percent: &str| {
        format!(
            "Resources:
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: shop}}}}
  New: {{Type: AWS::ApiGateway::Deployment, Properties: {{RestApiId: !Ref Api}}}}
  Prod:
    Type: AWS::ApiGateway::Stage
    Properties:
      RestApiId: !Ref Api
      StageName: prod
      DeploymentId: !Ref New
      CanarySetting:
        {percent}
        StageVariableOverrides: {{alias: beta}}
  Next:
    Type: AWS::ApiGateway::Deployment
    Properties:
      RestApiId: !Ref Api
      StageName: prod
      DeploymentCanarySettings:
        {percent}
"
        )
    };
    let whose = |template: &str| -> Vec<String> {
        let items = stack_with(template, &Inputs::new("shop")).not_rehearsed;
        let canaries = items
            .into_iter()
            .filter(|item| item.kind == NotRehearsedKind::StageCanary);
        canaries.map(|item| item.logical_id).collect()
    };
    assert_eq!(whose(&with("PercentTraffic: 10")), ["Prod", "Next"]);
    assert_eq!(
        whose(&with("PercentTraffic: !ImportValue share")),
        ["Prod", "Next"]
    );
    assert_eq!(whose(&with("PercentTraffic: 0.0")), [""; 0]);
    assert_eq!(whose(&with("UseStageCache: false")), [""; 0]);
}

#[test]
fn what_an_http_api_of_sams_says_of_its_stage_is_not_passed_over() {
    let api = "  Front: {Type: AWS::Serverless::HttpApi, Properties: {StageName: beta, StageVariables: {a: b}, DefaultRouteSettings: {ThrottlingRateLimit: 10}}}\n";
    let named = named(&orders(CANARY, &(alarm("") + api)));
    let settings: Vec<&str> = named.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(settings, ["ThrottlingRateLimit"], "{named:?}");
}

#[test]
fn a_custom_resource_that_refers_to_a_version_is_told_from_others() {
    let stack = stack_with(
        "
Resources:
  F: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: x}, Role: r}}
  V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F}}
  Smoke: {Type: Custom::Smoke, Properties: {ServiceToken: x, Version: !Ref V}}
  Thing: {Type: Custom::Thing, Properties: {ServiceToken: !GetAtt F.Arn}}
",
        &Inputs::new("shop"),
    );
    let run: Vec<_> = stack
        .not_rehearsed
        .iter()
        .filter(|item| item.kind == NotRehearsedKind::RunWithVersions)
        .map(|item| item.logical_id.as_str())
        .collect();
    assert_eq!(run, ["Smoke"]);
}
