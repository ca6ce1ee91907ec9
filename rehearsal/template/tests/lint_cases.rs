//! What the lints tell apart, beyond the two templates that each has in `lints`.

mod common;

use common::deployments::{
    CANARY, HOOKED, REPORTS, alarm, hook, orders, warned, warning, warnings,
};
use common::{refused, stack_with};
use rehearsal_template::Inputs;

#[test]
fn an_alarm_that_needs_one_data_point_fires_in_the_first_minute_however_long_its_period() {
    for (period, points, is_warned) in [
        (300, 1, false),
        (3600, 1, false),
        (300, 2, true),
        (60, 5, true),
        (60, 4, false),
    ] {
        let properties =
            format!("Period: {period}\nEvaluationPeriods: 5\nDatapointsToAlarm: {points}");
        let warned = warned(&orders(CANARY, &alarm(&properties)));
        assert_eq!(
            warned == ["alarm-cannot-fire"],
            is_warned,
            "{points} × {period} s: {warned:?}"
        );
    }
}

#[test]
fn a_slow_alarm_is_told_how_long_it_takes_at_the_least() {
    let text = warning(&orders(CANARY, &alarm("Period: 300\nEvaluationPeriods: 2")));
    assert!(text.starts_with("alarm-cannot-fire: Errors: 2 bad data points of 300 s take at least 6 minutes, and the shift is over after 5 minutes"), "{text}");
    assert!(text.contains("`DatapointsToAlarm` at most 4"), "{text}");
}

#[test]
fn an_alarm_to_which_silence_is_bad_may_need_a_single_point() {
    let properties =
        "Namespace: Orders\nMetricName: Failures\nPeriod: 300\nTreatMissingData: breaching";
    assert_eq!(warned(&orders(CANARY, &alarm(properties))), [""; 0]);
}

#[test]
fn a_longer_shift_leaves_a_slow_alarm_its_time() {
    let slow = alarm("Period: 300\nEvaluationPeriods: 3\nDatapointsToAlarm: 3");
    for (configuration, is_warned) in [
        ("Canary10Percent5Minutes", true),
        ("Canary10Percent10Minutes", true),
        ("Canary10Percent15Minutes", false),
        ("Linear10PercentEvery1Minute", true),
        ("Linear10PercentEvery2Minutes", false),
    ] {
        let preference = format!("Type: {configuration}, Alarms: [!Ref Errors]");
        let warned = warned(&orders(&preference, &slow));
        assert_eq!(
            warned == ["alarm-cannot-fire"],
            is_warned,
            "{configuration}: {warned:?}"
        );
    }
}

#[test]
fn an_alarm_of_an_all_at_once_deployment_is_not_blamed_for_firing_late() {
    let preference = "Type: AllAtOnce, Alarms: [!Ref Errors], Hooks: {PreTraffic: !Ref Hook}";
    let more = alarm("Period: 300") + &hook(REPORTS);
    assert_eq!(warned(&orders(preference, &more)), [""; 0]);
}

#[test]
fn the_periods_of_metric_math_count_where_they_are_alike() {
    let math = "Metrics:
  - {Id: rate, Expression: 'FILL(errors, 0)'}
  - Id: errors
    ReturnData: false
    MetricStat:
      Metric: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref Orders}]}
      Period: 120
      Stat: Sum";
    assert_eq!(warned(&orders(CANARY, &alarm(math))), ["alarm-cannot-fire"]);
    let other = "  - {Id: all, ReturnData: false, MetricStat: {Metric: {Namespace: AWS/Lambda, MetricName: Invocations}, Period: 60, Stat: Sum}}";
    assert_eq!(
        warned(&orders(CANARY, &alarm(&format!("{math}\n{other}")))),
        [""; 0]
    );
}

#[test]
fn a_deployment_without_hooks_that_moves_all_at_once_is_told_what_can_stop_it() {
    for (alarms, expected) in [
        (
            "[!Ref Errors]",
            "only one that is in ALARM before stops the deployment",
        ),
        (
            "[shared]",
            "only one that is in ALARM before stops the deployment",
        ),
        (
            "[!ImportValue shared]",
            "only one that is in ALARM before stops the deployment",
        ),
    ] {
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
    for (configuration, expected) in [
        (
            "Canary10Percent5Minute",
            Some("did you mean `Canary10Percent5Minutes`?"),
        ),
        (
            "Linear10PercentEvery1Minutes",
            Some("did you mean `Linear10PercentEvery1Minute`?"),
        ),
        (
            "CodeDeployDefault.LambdaCanary10Percent5Minute",
            Some("did you mean `CodeDeployDefault.LambdaCanary10Percent5Minutes`?"),
        ),
        (
            "CodeDeployDefault.OneAtATime",
            Some("those for Lambda are `CodeDeployDefault.Lambda…` with AllAtOnce, "),
        ),
        ("Slow", Some("it is a logical id: write `!Ref Slow`")),
        (
            "orders-over-ten-minute",
            Some("did you mean `orders-over-ten-minutes`?"),
        ),
        ("!Ref Slow", None),
        ("orders-over-ten-minutes", None),
        ("CodeDeployDefault.LambdaCanary10Percent5Minutes", None),
        ("TenPercentForTwoHours", None),
        ("!ImportValue slow", None),
    ] {
        let template = orders(
            &format!("Type: {configuration}, Alarms: [!Ref Errors]"),
            &(alarm("") + own),
        );
        match expected {
            None => assert_eq!(warned(&template), [""; 0], "{configuration}"),
            Some(help) => {
                let text = warning(&template);
                assert!(text.starts_with("unknown-preference: Orders: "), "{text}");
                assert!(text.contains(help), "{text}");
            }
        }
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
        let warned = warned(&orders(preference, &(alarm("") + &config(interval))));
        assert_eq!(
            warned == ["alarm-cannot-fire"],
            is_warned,
            "{interval}: {warned:?}"
        );
    }
}

#[test]
fn an_alarm_keeps_its_state_by_how_it_treats_missing_data() {
    for (properties, is_warned) in [
        ("TreatMissingData: ignore", true),
        ("TreatMissingData: breaching", true),
        ("TreatMissingData: missing", false),
        (
            "TreatMissingData: breaching\nComparisonOperator: LessThanThreshold",
            false,
        ),
        ("EvaluationPeriods: 1", true),
        (
            "Namespace: Orders\nMetricName: Failures\nEvaluationPeriods: 1",
            false,
        ),
        (
            "Namespace: AWS/DynamoDB\nMetricName: ReadThrottleEvents\nDimensions: [{Name: TableName, Value: t}]",
            true,
        ),
    ] {
        let warned = warned(&orders(CANARY, &alarm(properties)));
        assert_eq!(
            warned == ["alarm-stays-in-alarm"],
            is_warned,
            "{properties}: {warned:?}"
        );
    }
}

#[test]
fn an_alarm_without_data_is_told_what_was_meant() {
    for (properties, told) in [
        ("MetricName: Error", "did you mean `Errors`?"),
        (
            "Dimensions: [{Name: FunctionName, Value: !GetAtt Orders.Arn}]",
            "write the name, not the ARN",
        ),
        (
            "Dimensions: [{Name: FunctionName, Value: !Ref Orders}, {Name: Resource, Value: !Sub '${Orders.Arn}:live'}]",
            "write `<function name>:<alias>`",
        ),
        (
            "Dimensions: [{Name: FunctionName, Value: !Ref Orders}, {Name: Resource, Value: live}]",
            "write `shop-Orders:<alias>`",
        ),
        (
            "Namespace: AWS/ApiGateway\nMetricName: 5XXError\nDimensions: [{Name: ApiId, Value: a}]",
            "it is sent with ApiName, or ApiName + Stage",
        ),
        (
            "Namespace: AWS/ApiGateway\nMetricName: Latency\nDimensions: [{Name: ApiId, Value: a}, {Name: Name, Value: b}]",
            "it is sent with ApiId, or ApiId + Stage",
        ),
        (
            "Metrics: [{Id: m, MetricStat: {Metric: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: Function, Value: x}]}, Period: 60, Stat: Sum}}]",
            "it is sent with none, or FunctionName",
        ),
    ] {
        let text = warning(&orders(CANARY, &alarm(properties)));
        assert!(text.starts_with("alarm-without-data: Errors: "), "{text}");
        assert!(text.contains(told), "{told:?} is not in {text}");
    }
}

#[test]
fn an_apis_id_is_not_its_name() {
    let api = "  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: live, Name: orders, DefinitionBody: {openapi: 3.0.1, paths: {}}}
";
    let properties = "Namespace: AWS/ApiGateway\nMetricName: 5XXError\nDimensions: [{Name: ApiName, Value: !Ref Api}]";
    let text = warning(&orders(CANARY, &(alarm(properties) + api)));
    assert!(text.contains("it is the API's id"), "{text}");
}

#[test]
fn a_dimension_that_only_aws_knows_is_not_judged() {
    let properties = "Dimensions: [{Name: FunctionName, Value: !ImportValue name}, {Name: Resource, Value: !ImportValue resource}]";
    assert_eq!(warned(&orders(CANARY, &alarm(properties))), [""; 0]);
}

#[test]
fn a_hook_may_report_by_any_policy_that_says_so() {
    let document = |action: &str| {
        format!("{{Statement: [{{Effect: Allow, Action: {action}, Resource: '*'}}]}}")
    };
    let put = document("'codedeploy:PutLifecycleEventHookExecutionStatus'");
    for (policies, may) in [
        (String::new(), false),
        (
            "      Policies: [AWSLambdaBasicExecutionRole]\n".to_owned(),
            false,
        ),
        (
            "      Policies: [{DynamoDBCrudPolicy: {TableName: t}}]\n".to_owned(),
            false,
        ),
        ("      Policies: AWSCodeDeployFullAccess\n".to_owned(), true),
        ("      Policies: [!ImportValue policy]\n".to_owned(), true),
        (
            "      Role: arn:aws:iam::123456789012:role/hook\n".to_owned(),
            true,
        ),
        (format!("      Policies: [{put}]\n"), true),
        (format!("      Policies: {put}\n"), true),
        (
            format!("      Policies: [{}]\n", document("['codedeploy:put*']")),
            true,
        ),
        (format!("      Policies: [{}]\n", document("'*'")), true),
        (
            format!("      Policies: [{}]\n", document("'codedeploy:Get*'")),
            false,
        ),
        (
            format!("      Policies: [{}]\n", put.replace("Allow", "Deny")),
            false,
        ),
        (
            format!(
                "      Policies: [{}]\n",
                document("'s3:*'").replace("Action", "NotAction")
            ),
            true,
        ),
        (
            format!("      Policies: [!If [IsProduction, {put}, !Ref AWS::NoValue]]\n"),
            false,
        ),
        (
            format!(
                "  P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, Roles: [!Ref HookRole], PolicyDocument: {put}}}}}\n"
            ),
            true,
        ),
        (
            format!(
                "      Policies: [!Ref P]\n  P: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {put}}}}}\n"
            ),
            true,
        ),
        (
            format!(
                "      Policies: [!Ref P]\n  P: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {}}}}}\n",
                document("'s3:*'")
            ),
            false,
        ),
        (
            format!(
                "      Role: !GetAtt R.Arn\n  R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{}}, Policies: [{{PolicyName: p, PolicyDocument: {put}}}]}}}}\n"
            ),
            true,
        ),
        // What SAM adds for the destination allows to send there, and nothing else.
        (
            "      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: Lambda, Destination: !GetAtt Orders.Arn}}}\n"
                .to_owned(),
            false,
        ),
        (
            format!(
                "      Policies: [{put}]\n      EventInvokeConfig: {{DestinationConfig: {{OnFailure: {{Type: SQS}}}}}}\n"
            ),
            true,
        ),
    ] {
        let warned = warned(&orders(HOOKED, &hook(&policies)));
        let expected = if may {
            &[][..]
        } else {
            &["hook-cannot-report"]
        };
        assert_eq!(warned, expected, "{policies}");
    }
}

/// A configuration of the hook's failed events in a resource of its own.
fn failures(logical_id: &str, qualifier: &str, event: &str) -> String {
    format!(
        "  {logical_id}:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Hook
      Qualifier: {qualifier}
      DestinationConfig: {{{event}: {{Destination: !GetAtt Failures.Arn}}}}
"
    )
}

#[test]
fn a_hooks_destination_is_told_where_it_is_set_for_what_codedeploy_invokes() {
    let sams = "      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS}}}\n";
    let aliased = format!("      AutoPublishAlias: live\n{sams}");
    let config = |qualifier: &str| failures("Config", qualifier, "OnFailure");
    for (more, is_warned) in [
        (sams.to_owned(), false),
        (aliased.clone(), true),
        (aliased.replace("live", "!Ref Stage"), true),
        (aliased.replace("OnFailure", "OnSuccess"), false),
        (
            aliased.replace(
                "{Type: SQS}",
                "{Type: SNS, Destination: !ImportValue topic}",
            ),
            true,
        ),
        (
            "      AutoPublishAlias: live\n      EventInvokeConfig: {MaximumRetryAttempts: 0}\n"
                .to_owned(),
            false,
        ),
        (config("$LATEST"), false),
        (config("live"), true),
        (config("7"), true),
        (config("!ImportValue qualifier"), false),
        (aliased.clone() + &config("$LATEST"), false),
        (aliased.clone() + &config("!ImportValue qualifier"), false),
        (aliased.clone() + &config("'7'"), true),
        (
            aliased.clone() + &failures("Config", "$LATEST", "OnSuccess"),
            true,
        ),
    ] {
        let more = hook(REPORTS) + &more + "  Failures: {Type: AWS::SQS::Queue}\n";
        let expected = if is_warned {
            &["hook-destination-not-told"][..]
        } else {
            &[][..]
        };
        assert_eq!(warned(&orders(HOOKED, &more)), expected, "{more}");
    }
}

#[test]
fn a_destination_that_is_not_told_is_shown_at_the_alias_that_it_is_set_for() {
    let sams = format!(
        "{}      AutoPublishAlias: tested\n      EventInvokeConfig: {{DestinationConfig: {{OnFailure: {{Type: SQS}}}}}}\n",
        hook(REPORTS)
    );
    let plain = hook(REPORTS)
        + &failures("Config", "tested", "OnFailure")
        + "  Failures: {Type: AWS::SQS::Queue}\n";
    for (more, line, help) in [
        (
            sams,
            "AutoPublishAlias: tested",
            "take `AutoPublishAlias` off the hook",
        ),
        (plain, "Qualifier: tested", "write `Qualifier: $LATEST`"),
    ] {
        // Both events and two deployments have the one hook.
        let hooks = HOOKED.replace(
            "{PreTraffic: !Ref Hook}",
            "{PreTraffic: !Ref Hook, PostTraffic: !Ref Hook}",
        );
        let template = orders(&hooks, &more)
            + &format!(
                "  Items: {{Type: AWS::Serverless::Function, Properties: {{AutoPublishAlias: live, DeploymentPreference: {{{HOOKED}}}}}}}\n"
            );
        let text = warning(&template);
        assert!(
            text.starts_with("hook-destination-not-told: Hook: it is a lifecycle hook of `"),
            "{text}"
        );
        assert!(text.contains("set for `tested`"), "{text}");
        assert!(text.contains(help), "{text}");
        let place = warnings(&template, &Inputs::new("shop"))[0].place;
        let shown = template.lines().nth(place.line as usize - 1).map(str::trim);
        assert_eq!(shown, Some(line));
    }
}

#[test]
fn a_destination_of_the_alias_that_the_hook_is_named_by_is_not_judged() {
    let more = hook(REPORTS)
        + "      AutoPublishAlias: live\n      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS}}}\n";
    for (name, is_warned) in [
        ("!Ref Hook", true),
        ("!GetAtt Hook.Arn", true),
        ("CodeDeployHook_orders", true),
        ("CodeDeployHook_orders:$LATEST", true),
        ("!Ref Hook.Alias", false),
        ("CodeDeployHook_orders:live", false),
    ] {
        let warned = warned(&orders(&HOOKED.replace("!Ref Hook", name), &more));
        assert_eq!(
            warned == ["hook-destination-not-told"],
            is_warned,
            "{name}: {warned:?}"
        );
    }
}

#[test]
fn a_hook_of_another_stack_is_judged_by_its_name_alone() {
    for (name, is_warned) in [
        ("orders-hook", true),
        ("CodeDeployHook_orders", false),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:orders-hook",
            true,
        ),
        ("!ImportValue hook", false),
    ] {
        let preference = format!(
            "Type: Canary10Percent5Minutes, Alarms: [shared], Hooks: {{PostTraffic: {name}}}"
        );
        let warned = warned(&orders(&preference, ""));
        assert_eq!(
            warned == ["hook-without-prefix"],
            is_warned,
            "{name}: {warned:?}"
        );
    }
}

#[test]
fn a_role_that_is_not_in_the_template_may_invoke_any_hook() {
    let preference = "Type: Canary10Percent5Minutes, Alarms: [shared], Hooks: {PostTraffic: hook}, Role: 'arn:aws:iam::123456789012:role/deploy'";
    assert_eq!(warned(&orders(preference, "")), [""; 0]);
}

#[test]
fn a_hooks_role_closes_the_circle_too() {
    let more = hook(
        "      Policies:
        - Statement:
            - {Effect: Allow, Action: 'codedeploy:*', Resource: '*'}
            - {Effect: Allow, Action: 'execute-api:Invoke', Resource: !Sub '${ServerlessHttpApi}'}
",
    );
    let template = orders(HOOKED, &more).replace(
        "      AutoPublishAlias: live\n",
        "      AutoPublishAlias: live\n      Events: {Any: {Type: HttpApi}}\n",
    );
    let diagnostics = refused(&template);
    let [circle] = &diagnostics[..] else {
        panic!("{diagnostics:#?}")
    };
    assert_eq!(circle.code, "hook-refers-to-api");
    assert_eq!(circle.logical_id.as_deref(), Some("Hook"));
    let line = template.lines().nth(circle.place.line as usize - 1);
    assert!(
        line.is_some_and(|line| line.contains("execute-api")),
        "{line:?}"
    );
}

#[test]
fn a_circle_without_an_api_stays_a_plain_one() {
    let more = hook(&format!(
        "{REPORTS}      Environment: {{Variables: {{ALIAS: !Ref Orders.Alias}}}}\n"
    ));
    let diagnostics = refused(&orders(HOOKED, &more));
    assert_eq!(diagnostics[0].code, "template::circular-dependency");
}

#[test]
fn a_route_to_another_alias_bypasses_nothing() {
    let api = |target: &str| {
        format!(
            "  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Body:
        openapi: 3.0.1
        paths:
          /orders:
            get: {{x-amazon-apigateway-integration: {{type: aws_proxy, uri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{target}/invocations'}}}}
"
        )
    };
    let preference = "Type: Canary10Percent5Minutes, Alarms: [shared]";
    for (target, is_warned) in [
        ("${Orders.Arn}", true),
        ("${Orders.Arn}:$LATEST", true),
        ("${Orders.Arn}:live", false),
        ("${Orders.Arn}:stable", false),
        ("${Orders.Arn}:7", false),
    ] {
        let warned = warned(&orders(preference, &api(target)));
        assert_eq!(
            warned == ["route-bypasses-alias"],
            is_warned,
            "{target}: {warned:?}"
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

/// Policies beside the roles, a role for `CodeDeploy` that may invoke the hook by its name, and no prefix.
#[test]
fn what_cdk_synthesises_for_a_deployment_with_a_hook_is_not_warned_of() {
    let allow = |action: &str, resource: &str| {
        format!(
            "PolicyDocument: {{Statement: [{{Action: '{action}', Effect: Allow, Resource: [{resource}]}}]}}"
        )
    };
    let template = format!(
        "
Resources:
  Role: {{Type: AWS::IAM::Role, Properties: {{ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']}}}}
  Fn: {{Type: AWS::Lambda::Function, Properties: {{Code: {{S3Bucket: b, S3Key: k}}, Handler: h, Runtime: r, Role: !GetAtt Role.Arn}}}}
  Version: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref Fn}}}}
  Alias:
    Type: AWS::Lambda::Alias
    Properties: {{FunctionName: !Ref Fn, FunctionVersion: !GetAtt Version.Version, Name: live}}
    UpdatePolicy:
      CodeDeployLambdaAliasUpdate: {{ApplicationName: !Ref App, DeploymentGroupName: !Ref Group, BeforeAllowTrafficHook: !Ref Hook}}
  App: {{Type: AWS::CodeDeploy::Application, Properties: {{ComputePlatform: Lambda}}}}
  GroupRole: {{Type: AWS::IAM::Role, Properties: {{ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited']}}}}
  GroupRolePolicy: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, Roles: [!Ref GroupRole], {}}}}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref App
      DeploymentConfigName: CodeDeployDefault.LambdaCanary10Percent10Minutes
      ServiceRoleArn: !GetAtt GroupRole.Arn
      AlarmConfiguration: {{Enabled: true, Alarms: [{{Name: shared}}]}}
  HookRole: {{Type: AWS::IAM::Role, Properties: {{ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']}}}}
  HookRolePolicy: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, Roles: [!Ref HookRole], {}}}}}
  Hook: {{Type: AWS::Lambda::Function, Properties: {{Code: {{S3Bucket: b, S3Key: k}}, Handler: h, Runtime: r, Role: !GetAtt HookRole.Arn}}}}
",
        allow("lambda:InvokeFunction", "!GetAtt Hook.Arn, !Sub '${Hook.Arn}:*'"),
        allow("codedeploy:PutLifecycleEventHookExecutionStatus", "!Sub 'arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:${App}/${Group}'"),
    );
    assert_eq!(warned(&template), [""; 0]);
    let without_grants = template.replace("Roles: [!Ref ", "Roles: [!Sub x-");
    let mut warned = warned(
        &without_grants
            .replace("x-GroupRole]", "x]")
            .replace("x-HookRole]", "x]"),
    );
    warned.sort_unstable();
    assert_eq!(warned, ["hook-cannot-report", "hook-without-prefix"]);
}
