//! Configurations and preferences: which there are, and what an alias is deployed by.

use rehearsal_template::Inputs;

use crate::common::deployments::{
    alarm, api, assert_is_warned, assert_warned, orders, warned, warning, warnings,
};
use crate::common::stack_with;

#[test]
fn a_deployment_without_hooks_that_moves_all_at_once_is_told_what_can_stop_it() {
    #[rustfmt::skip] // A table.
    let rows = [
        ("[!Ref Errors]", "only one that is in ALARM before stops the deployment"),
        ("[shared]", "only one that is in ALARM before stops the deployment"),
        ("[!ImportValue shared]", "only one that is in ALARM before stops the deployment"),
    ];
    for (alarms, expected) in rows {
        let text = warning(&orders(
            &format!("Type: AllAtOnce, Alarms: {alarms}"),
            &alarm(""),
        ));
        assert!(text.starts_with("all-at-once-without-hooks: "), "{text}");
        assert!(text.contains(expected), "{text}");
    }
    let stack = stack_with(&orders("Type: AllAtOnce", ""), &Inputs::new("shop"));
    let found = stack
        .diagnostics
        .iter()
        .find(|found| found.code == "all-at-once-without-hooks");
    assert!(
        found.is_some_and(|found| found.message.ends_with("nothing can stop the deployment")),
        "{found:?}"
    );
}

#[test]
fn a_configuration_that_is_not_known_is_told_what_was_meant() {
    let own = "  Slow:
    Type: AWS::CodeDeploy::DeploymentConfig
    Properties:
      DeploymentConfigName: orders-over-ten-minutes
      TrafficRoutingConfig: {Type: TimeBasedCanary, TimeBasedCanary: {CanaryPercentage: 5, CanaryInterval: 10}}
";
    #[rustfmt::skip] // A table.
    let cases = [
        ("Canary10Percent5Minute", Some("did you mean `Canary10Percent5Minutes`?")),
        ("Linear10PercentEvery1Minutes", Some("did you mean `Linear10PercentEvery1Minute`?")),
        ("CodeDeployDefault.LambdaCanary10Percent5Minute", Some("did you mean `CodeDeployDefault.LambdaCanary10Percent5Minutes`?")),
        ("CodeDeployDefault.OneAtATime", Some("those for Lambda are `CodeDeployDefault.Lambda…` with AllAtOnce, ")),
        ("Slow", Some("it is a logical id: write `!Ref Slow`")),
        ("orders-over-ten-minute", Some("did you mean `orders-over-ten-minutes`?")),
        ("!Join ['', [AllAt, Once]]", Some("write `CodeDeployDefault.LambdaAllAtOnce` there")),
        ("!Ref Slow", None),
        ("orders-over-ten-minutes", None),
        ("CodeDeployDefault.LambdaCanary10Percent5Minutes", None),
        ("TenPercentForTwoHours", None),
        ("!ImportValue slow", None),
    ];
    for (configuration, expected) in cases {
        let template = orders(
            &format!("Type: {configuration}, Alarms: [!Ref Errors]"),
            &(alarm("") + own),
        );
        assert_warned(&template, "unknown-preference: Orders: ", expected);
    }
}

#[test]
fn a_group_of_plain_cloudformation_needs_the_whole_name() {
    let template = "
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
  Fn: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: k}, Handler: h, Runtime: r, Role: !GetAtt Role.Arn}}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Fn}}
  Alias:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Fn, FunctionVersion: !GetAtt Version.Version, Name: live}
    UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: !Ref App, DeploymentGroupName: !Ref Group}}
  App: {Type: AWS::CodeDeploy::Application, Properties: {ComputePlatform: Lambda}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref App
      DeploymentConfigName: Canary10Percent5Minutes
      ServiceRoleArn: arn:aws:iam::123456789012:role/deploy
      AlarmConfiguration: {Enabled: true, Alarms: [{Name: shared}]}
";
    let text = warning(template);
    assert!(
        text.contains("did you mean `CodeDeployDefault.LambdaCanary10Percent5Minutes`?"),
        "{text}"
    );
}

#[test]
fn a_group_whose_alarms_are_off_is_told_from_one_without() {
    let template = |alarms: &str| {
        format!(
            "
Resources:
  Fn: {{Type: AWS::Lambda::Function, Properties: {{Code: {{S3Bucket: b, S3Key: k}}, Handler: h, Runtime: r, Role: 'arn:aws:iam::123456789012:role/fn'}}}}
  Version: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref Fn}}}}
  Alias:
    Type: AWS::Lambda::Alias
    Properties: {{FunctionName: !Ref Fn, FunctionVersion: !GetAtt Version.Version, Name: live}}
    UpdatePolicy: {{CodeDeployLambdaAliasUpdate: {{ApplicationName: !Ref App, DeploymentGroupName: !Ref Group}}}}
  App: {{Type: AWS::CodeDeploy::Application, Properties: {{ComputePlatform: Lambda}}}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref App
      DeploymentConfigName: CodeDeployDefault.LambdaCanary10Percent5Minutes
      ServiceRoleArn: arn:aws:iam::123456789012:role/deploy
{alarms}"
        )
    };
    #[rustfmt::skip] // A table.
    let cases = [
        ("      AlarmConfiguration: {Alarms: [{Name: shared}]}\n", "are turned off; write `Enabled: true`"),
        ("      AlarmConfiguration: {Enabled: false, Alarms: [{Name: shared}]}\n", "are turned off; write `Enabled: true`"),
        ("      AlarmConfiguration: {Enabled: false}\n", "once traffic shifts it goes on"),
        ("", "once traffic shifts it goes on"),
    ];
    for (alarms, said) in cases {
        let text = warning(&template(alarms));
        assert!(
            text.starts_with("no-alarms: ") && text.contains(said),
            "{alarms}: {text}"
        );
    }
    assert_eq!(
        warned(&template(
            "      AlarmConfiguration: {Enabled: true, Alarms: [{Name: shared}]}\n"
        )),
        [""; 0]
    );
}

#[test]
fn a_configuration_of_the_templates_own_sets_the_shifts_minutes() {
    let config = |interval: u32| {
        format!(
            "  Slow:
    Type: AWS::CodeDeploy::DeploymentConfig
    Properties:
      ComputePlatform: Lambda
      TrafficRoutingConfig: {{Type: TimeBasedCanary, TimeBasedCanary: {{CanaryPercentage: 5, CanaryInterval: {interval}}}}}
"
        )
    };
    let preference = "Type: !Ref Slow, Alarms: [!Ref Errors]";
    for (interval, is_warned) in [(3, true), (4, false)] {
        assert_is_warned(
            &orders(preference, &(alarm("") + &config(interval))),
            "alarm-cannot-fire",
            is_warned,
        );
    }
}

#[test]
fn a_route_to_another_alias_bypasses_nothing() {
    let preference = "Type: Canary10Percent5Minutes, Alarms: [shared]";
    for (target, is_warned) in [
        ("${Orders.Arn}", true),
        ("${Orders.Arn}:$LATEST", true),
        ("${Orders.Arn}:live", false),
        ("${Orders.Arn}:stable", false),
        ("${Orders.Arn}:7", true),
        ("${Orders.Version}", true),
    ] {
        assert_is_warned(
            &orders(preference, &api(target)),
            "route-bypasses-alias",
            is_warned,
        );
    }
}

#[test]
fn what_does_not_exist_with_the_given_parameters_is_not_warned_of() {
    let preference = "Type: AllAtOnce";
    let template = orders(preference, "").replace(
        "    Properties:\n      AutoPublishAlias",
        "    Condition: IsProduction\n    Properties:\n      AutoPublishAlias",
    );
    assert_eq!(warned(&template), [""; 0]);
    let production = Inputs::new("shop").parameter("Stage", "production");
    let found = warnings(&template, &production);
    let codes: Vec<_> = found.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["no-alarms", "all-at-once-without-hooks"]);
}

#[test]
fn a_preference_that_is_turned_off_is_not_warned_of() {
    assert_eq!(
        warned(&orders("Type: AllAtOnce, Enabled: false", "")),
        [""; 0]
    );
}
