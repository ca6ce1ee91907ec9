//! Functions with a deployment preference: version, alias, deployment group, and the hooks and alarms that they name.

use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;
use rehearsal_template::Inputs;

use super::{ids, template};
use crate::common::{group, stack, stack_with, text};

#[test]
fn a_function_with_a_preference_expands_as_sam_expands_it() {
    let stack = stack(&template(
        "AutoPublishAlias: live-v_1\nDeploymentPreference: {Type: AllAtOnce}",
        "",
    ));
    assert_eq!(
        ids(&stack),
        [
            "F",
            "FVersion*",
            "FAliasliveDvU1",
            "FRole",
            "ServerlessDeploymentApplication",
            "CodeDeployServiceRole",
            "FDeploymentGroup"
        ]
    );
    let alias = &stack.aliases[0];
    assert_eq!(text(&alias.name), "live-v_1");
    assert_eq!(alias.version_logical_id, None, "the code is local");
    let deployment = group(&stack);
    assert_eq!(deployment.logical_id, "FDeploymentGroup");
    assert_eq!(
        text(&deployment.config_name),
        "CodeDeployDefault.LambdaAllAtOnce"
    );
    assert_eq!(
        deployment.auto_rollback_events.value.as_ref().unwrap(),
        &[
            "DEPLOYMENT_FAILURE",
            "DEPLOYMENT_STOP_ON_ALARM",
            "DEPLOYMENT_STOP_ON_REQUEST"
        ]
    );
    assert_eq!(
        text(&deployment.role.as_ref().unwrap().arn),
        "arn:aws:iam::123456789012:role/app-CodeDeployServiceRole"
    );
    assert!(deployment.alarms.value.as_ref().unwrap().is_empty());
}

#[test]
fn a_version_in_s3_has_the_translators_logical_id() {
    let code = "CodeUri: s3://b/k\nMemorySize: 256\nEnvironment: {Variables: {A: '1'}}\nAutoPublishAlias: live";
    let template = template(code, "").replace("      CodeUri: code\n", "");
    let found = stack(&template);
    assert_eq!(
        found.versions[0].logical_id.as_deref(),
        Some("FVersion2074b460d4")
    );
    assert_eq!(
        found.aliases[0].version_logical_id.as_deref(),
        Some("FVersion2074b460d4")
    );
    let by_map = template.replace("s3://b/k", "{Bucket: b, Key: k}");
    assert_eq!(
        stack(&by_map).versions[0].logical_id.as_deref(),
        Some("FVersion2074b460d4")
    );
    let by_sha = template.replace(
        "AutoPublishAlias: live",
        "AutoPublishAlias: live\n      AutoPublishCodeSha256: 0123456789abcdef",
    );
    assert_eq!(
        stack(&by_sha).versions[0].logical_id.as_deref(),
        Some("FVersion0123456789")
    );
}

#[test]
fn a_functions_description_ends_with_the_sha_of_its_code_that_the_template_gives() {
    let sha = "AutoPublishAlias: live\nAutoPublishCodeSha256: 0123456789abcdef";
    for (description, found) in [
        ("", "0123456789abcdef"),
        ("\nDescription: Orders", "Orders 0123456789abcdef"),
        (
            "\nDescription: !Sub '${AWS::StackName} orders'",
            "app orders 0123456789abcdef",
        ),
    ] {
        let stack = stack(&template(&format!("{sha}{description}"), ""));
        let function = stack.resources.iter().find(|found| found.logical_id == "F");
        let found_now = &function.unwrap().properties["Description"].value;
        assert_eq!(found_now.as_str(), Some(found), "{description}");
    }
}

#[test]
fn versions_and_aliases_are_referred_to_by_the_functions_name() {
    let outputs = "Outputs:
  VersionArn: {Value: !Ref F.Version}
  Number: {Value: !GetAtt F.Version.Version}
  AliasArn: {Value: !Ref F.Alias}
  InText: {Value: !Sub '${F.Version} ${F.Version.Version} ${F.Alias} ${F.Arn} ${F}'}
  Role: {Value: !GetAtt FRole.Arn}";
    let inputs = Inputs::new("app").version("F", 2);
    let stack = stack_with(&template("AutoPublishAlias: live", outputs), &inputs);
    let values: Vec<_> = stack
        .outputs
        .iter()
        .map(|output| text(&output.value))
        .collect();
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:app-F";
    assert_eq!(
        values,
        [
            format!("{arn}:2"),
            "2".to_owned(),
            format!("{arn}:live"),
            format!("{arn}:2 2 {arn}:live {arn} app-F"),
            "arn:aws:iam::123456789012:role/app-FRole".to_owned(),
        ]
    );
}

#[test]
fn the_alias_may_be_named_by_a_parameter() {
    let parameters = "Parameters: {Name: {Type: String, Default: prod}}";
    let stack = stack(&template("AutoPublishAlias: !Ref Name", parameters));
    assert_eq!(stack.aliases[0].logical_id, "FAliasprod");
}

#[test]
fn the_type_of_a_preference_takes_every_form() {
    let extra = "
Parameters: {Type: {Type: String, Default: Linear10PercentEvery1Minute}}
Mappings: {Stages: {beta: {type: AllAtOnce}}}
Conditions: {Production: !Equals [!Ref Type, none]}";
    #[rustfmt::skip] // A table.
    let cases = [
        ("!Ref Type", "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"),
        ("!FindInMap [Stages, beta, type]", "CodeDeployDefault.LambdaAllAtOnce"),
        ("!If [Production, Canary10Percent30Minutes, AllAtOnce]", "CodeDeployDefault.LambdaAllAtOnce"),
        ("!Sub Canary10Percent5Minutes", "CodeDeployDefault.LambdaCanary10Percent5Minutes"),
        ("!Sub '${Type}'", "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"),
        ("MyOwn", "MyOwn"),
        ("CodeDeployDefault.LambdaAllAtOnce", "CodeDeployDefault.LambdaAllAtOnce"),
    ];
    for (r#type, config) in cases {
        let properties = format!("AutoPublishAlias: live\nDeploymentPreference: {{Type: {type}}}");
        let stack = stack(&template(&properties, extra));
        assert_eq!(text(&group(&stack).config_name), config, "{type}");
    }
}

#[test]
fn a_custom_configuration_is_read_with_its_shift() {
    let mut text_of = template(
        "AutoPublishAlias: live\nDeploymentPreference: {Type: !Ref Slow}",
        "",
    );
    text_of.push_str(
        "
  Slow:
    Type: AWS::CodeDeploy::DeploymentConfig
    Properties:
      ComputePlatform: Lambda
      TrafficRoutingConfig: {Type: TimeBasedCanary, TimeBasedCanary: {CanaryPercentage: 25, CanaryInterval: 7}}
",
    );
    let stack = stack(&text_of);
    assert_eq!(text(&group(&stack).config_name), "app-Slow");
    assert_eq!(
        stack.deployment_configs[0].traffic.value,
        Ok(TrafficRouting::Canary {
            percentage: 25,
            interval_minutes: 7
        })
    );
}

#[test]
fn a_preference_is_off_where_sam_takes_it_for_off() {
    let extra = "Parameters: {Switch: {Type: String, Default: 'false'}}\nConditions: {C: !Equals [!Ref Switch, 'true']}";
    for (enabled, off) in [
        ("false", true),
        ("'false'", true),
        ("'False'", true),
        ("no", true),
        ("!Ref Switch", true),
        ("true", false),
        ("'no'", false),
        // SAM does not resolve a condition: what is left is true to it, whatever the condition says.
        ("!If [C, true, false]", false),
    ] {
        let properties = format!(
            "AutoPublishAlias: live\nDeploymentPreference: {{Type: AllAtOnce, Enabled: {enabled}}}"
        );
        let stack = stack(&template(&properties, extra));
        let alias = &stack.aliases[0];
        assert_eq!(alias.deployment.is_none(), off, "{enabled}");
        assert_eq!(alias.deployment_disabled.is_some(), off, "{enabled}");
        assert_eq!(ids(&stack).contains(&"FDeploymentGroup"), !off, "{enabled}");
    }
}

#[test]
fn alarms_and_hooks_are_found_by_reference_and_by_name() {
    let mut text_of = template(
        "AutoPublishAlias: live
DeploymentPreference:
  Type: AllAtOnce
  Alarms: [!Ref Errors, other-stack-alarm, !If [Never, x, !Ref AWS::NoValue]]
  Hooks: {PreTraffic: !Ref Hook, PostTraffic: elsewhere}",
        "Conditions: {Never: !Equals [a, b]}",
    );
    text_of.push_str(
        "
  Hook:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: bootstrap, CodeUri: hook, FunctionName: CodeDeployHook_pre}
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{Name: FunctionName, Value: !Ref F}, {Name: ExecutedVersion, Value: !GetAtt F.Version.Version}]
      Statistic: Sum
      Period: '60'
      EvaluationPeriods: 3
      Threshold: 0.5
      ComparisonOperator: GreaterThanThreshold
",
    );
    let stack = stack(&text_of);
    let deployment = stack.aliases[0].deployment.as_ref().unwrap();
    let alarms: Vec<_> = group(&stack)
        .alarms
        .value
        .as_ref()
        .unwrap()
        .iter()
        .map(|alarm| (text(&alarm.name), alarm.logical_id.as_deref()))
        .collect();
    assert_eq!(
        alarms,
        [("app-Errors", Some("Errors")), ("other-stack-alarm", None)]
    );
    let before = deployment.before_allow_traffic_hook.as_ref().unwrap();
    assert_eq!(
        (text(&before.name), before.function.as_deref()),
        ("CodeDeployHook_pre", Some("Hook"))
    );
    let after = deployment.after_allow_traffic_hook.as_ref().unwrap();
    assert_eq!(
        (text(&after.name), after.function.as_deref()),
        ("elsewhere", None)
    );
    let alarm = stack.alarm("Errors").unwrap();
    assert_eq!(alarm.period_seconds.as_ref().unwrap().value, Ok(60));
    assert_eq!(alarm.threshold.as_ref().unwrap().value, Ok(0.5));
    assert_eq!(alarm.datapoints_to_alarm, None);
    assert_eq!(text(&alarm.treat_missing_data), "missing");
    let dimensions = alarm.dimensions.value.as_ref().unwrap();
    assert_eq!(text(&dimensions["FunctionName"]), "app-F");
    assert_eq!(text(&dimensions["ExecutedVersion"]), "1");
}

#[test]
fn alarms_may_depend_on_a_condition() {
    for (expression, count) in [
        ("!If [C, [a, b], [c]]", 1),
        ("!If [C, [a, b], [!Ref AWS::NoValue]]", 0),
        ("!Ref AWS::NoValue", 0),
        ("[]", 0),
    ] {
        let properties = format!(
            "AutoPublishAlias: live\nDeploymentPreference: {{Type: AllAtOnce, Alarms: {expression}}}"
        );
        let stack = stack(&template(&properties, "Conditions: {C: !Equals [a, b]}"));
        assert_eq!(
            group(&stack).alarms.value.as_ref().unwrap().len(),
            count,
            "{expression}"
        );
    }
}

#[test]
fn what_is_unknown_on_the_path_says_why_and_stays_unknown() {
    let extra =
        "Parameters: {Level: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /level}}";
    let properties = "AutoPublishAlias: live
DeploymentPreference: {Type: !Ref Level, Hooks: {PreTraffic: !ImportValue hook}, Alarms: [!ImportValue alarm]}";
    let stack = stack(&template(properties, extra));
    let deployment = stack.aliases[0].deployment.as_ref().unwrap();
    let unknown = group(&stack).config_name.value.as_ref().unwrap_err();
    assert_eq!(
        (unknown.reason.as_str(), unknown.place.line),
        (
            "the parameter `Level` is read from SSM when the stack is deployed",
            3
        )
    );
    assert!(
        deployment
            .before_allow_traffic_hook
            .as_ref()
            .unwrap()
            .name
            .value
            .is_err()
    );
    assert!(
        group(&stack).alarms.value.as_ref().unwrap()[0]
            .name
            .value
            .is_err()
    );
}

#[test]
fn an_empty_list_of_triggers_leaves_nothing_out() {
    let diagnostics_of = |triggers: &str| {
        let preference = format!(
            "AutoPublishAlias: live\nDeploymentPreference: {{Type: AllAtOnce, TriggerConfigurations: {triggers}}}"
        );
        stack(&template(&preference, "")).not_rehearsed
    };
    let left_out = |triggers: &str| {
        diagnostics_of(triggers)
            .iter()
            .any(|item| item.r#type == "TriggerConfigurations")
    };
    assert!(!left_out("[]"));
    assert!(left_out(
        "[{TriggerName: all, TriggerTargetArn: !Ref F, TriggerEvents: [DeploymentFailure]}]"
    ));
}

#[test]
fn what_a_preference_asks_for_beyond_a_rehearsal_is_named() {
    let mut text_of = template(
        "AutoPublishAlias: live
DeploymentPreference:
  Type: AllAtOnce
  Alarms: [of-another-stack, !Ref Band]
  TriggerConfigurations: [{TriggerName: all, TriggerTargetArn: !Ref Told, TriggerEvents: [DeploymentFailure]}]",
        "",
    );
    text_of.push_str(
        "
  Told: {Type: AWS::SNS::Topic}
  Band:
    Type: AWS::CloudWatch::Alarm
    Properties:
      EvaluationPeriods: 1
      ComparisonOperator: GreaterThanUpperThreshold
      ThresholdMetricId: band
      Metrics: [{Id: m, MetricStat: {Metric: {Namespace: AWS/Lambda, MetricName: Errors}, Period: 60, Stat: Sum}}, {Id: band, Expression: ANOMALY_DETECTION_BAND(m)}]
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
      AutoPublishAlias: live
      DeploymentPreference: {Type: CANARY, Percentage: 10, Interval: 5}
",
    );
    let found = stack(&text_of);
    let named: Vec<_> = found
        .not_rehearsed
        .iter()
        .map(|item| format!("{} {} {}", item.place.line, item.logical_id, item.r#type))
        .collect();
    for expected in [
        "15 FDeploymentGroup TriggerConfigurations",
        "18 Band AWS::CloudWatch::Alarm",
        "30 FlowAliaslive AWS::StepFunctions::StateMachineAlias",
    ] {
        assert!(
            named.iter().any(|item| item == expected),
            "{expected}: {named:#?}"
        );
    }
    assert_eq!(
        found.aliases.len(),
        1,
        "a state machine's alias is another thing"
    );
}

#[test]
fn hooks_and_configurations_of_other_stacks_are_told_from_the_templates_own_and_can_be_given() {
    let preference = "AutoPublishAlias: live
DeploymentPreference: {Type: platform-canary, Hooks: {PreTraffic: CodeDeployHook_platform, PostTraffic: app-Function-ABC}}";
    let mut stack = stack(&template(preference, ""));
    assert_eq!(
        Vec::from_iter(stack.configurations_elsewhere()),
        ["platform-canary"]
    );
    assert_eq!(
        Vec::from_iter(stack.hooks_elsewhere()),
        ["CodeDeployHook_platform", "app-Function-ABC"]
    );
    assert_eq!(stack.meant_hook("CodeDeployHook_platform"), None);
    stack.add_configuration("platform-canary", TrafficRouting::AllAtOnce);
    stack.add_configuration("another", TrafficRouting::AllAtOnce);
    stack.add_hook("CodeDeployHook_platform");
    stack.add_hook("another");
    assert_eq!(stack.deployment_configs.len(), 1);
    assert!(stack.configurations_elsewhere().is_empty());
    assert_eq!(
        Vec::from_iter(stack.hooks_elsewhere()),
        ["app-Function-ABC"]
    );
    let hook = stack.function("CodeDeployHook_platform").unwrap();
    assert_eq!(
        hook.arn.value.as_deref(),
        Ok("arn:aws:lambda:us-east-1:123456789012:function:CodeDeployHook_platform")
    );
    assert!(stack.function("another").is_none());
}
