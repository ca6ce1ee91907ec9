//! Hooks: who may invoke them, whether they may report, and where their failed events go.

use rehearsal_template::Inputs;

use crate::common::deployments::{
    HOOKED, REPORTS, assert_is_warned, hook, orders, warned, warning, warnings,
};
use crate::common::refused;

#[test]
fn a_hook_may_report_by_any_policy_that_says_so() {
    let document = |action: &str| {
        format!("{{Statement: [{{Effect: Allow, Action: {action}, Resource: '*'}}]}}")
    };
    let put = document("'codedeploy:PutLifecycleEventHookExecutionStatus'");
    #[rustfmt::skip] // A table.
    let cases = [
        (String::new(), false),
        ("      Policies: [AWSLambdaBasicExecutionRole]\n".to_owned(), false),
        ("      Policies: [{DynamoDBCrudPolicy: {TableName: t}}]\n".to_owned(), false),
        ("      Policies: AWSCodeDeployFullAccess\n".to_owned(), true),
        ("      Policies: [!ImportValue policy]\n".to_owned(), true),
        ("      Role: arn:aws:iam::123456789012:role/hook\n".to_owned(), true),
        (format!("      Policies: [{put}]\n"), true),
        (format!("      Policies: {put}\n"), true),
        (format!("      Policies: [{}]\n", document("['codedeploy:put*']")), true),
        (format!("      Policies: [{}]\n", document("'*'")), true),
        (format!("      Policies: [{}]\n", document("'codedeploy:Get*'")), false),
        (format!("      Policies: [{}]\n", put.replace("Allow", "Deny")), false),
        (format!("      Policies: [{}]\n", document("'s3:*'").replace("Action", "NotAction")), true),
        (format!("      Policies: [!If [IsProduction, {put}, !Ref AWS::NoValue]]\n"), false),
        (format!("  P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, Roles: [!Ref HookRole], PolicyDocument: {put}}}}}\n"), true),
        (format!("      Policies: [!Ref P]\n  P: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {put}}}}}\n"), true),
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
        ("      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: Lambda, Destination: !GetAtt Orders.Arn}}}\n".to_owned(), false),
        (format!("      Policies: [{put}]\n      EventInvokeConfig: {{DestinationConfig: {{OnFailure: {{Type: SQS}}}}}}\n"), true),
    ];
    for (policies, may) in cases {
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
    #[rustfmt::skip] // A table.
    let cases = [
        (sams.to_owned(), false),
        (aliased.clone(), true),
        (aliased.replace("live", "!Ref Stage"), true),
        (aliased.replace("OnFailure", "OnSuccess"), false),
        (aliased.replace("{Type: SQS}", "{Type: SNS, Destination: !ImportValue topic}"), true),
        ("      AutoPublishAlias: live\n      EventInvokeConfig: {MaximumRetryAttempts: 0}\n".to_owned(), false),
        (config("$LATEST"), false),
        (config("live"), true),
        (config("7"), true),
        (config("!ImportValue qualifier"), false),
        (aliased.clone() + &config("$LATEST"), false),
        (aliased.clone() + &config("!ImportValue qualifier"), false),
        (aliased.clone() + &config("'7'"), true),
        (aliased.clone() + &failures("Config", "$LATEST", "OnSuccess"), true),
    ];
    for (more, is_warned) in cases {
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
        let template = orders(&HOOKED.replace("!Ref Hook", name), &more);
        assert_is_warned(&template, "hook-destination-not-told", is_warned);
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
        assert_is_warned(&orders(&preference, ""), "hook-without-prefix", is_warned);
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
            - {Effect: Allow, Action: 'execute-api:Invoke', Resource: !Sub 'arn:aws:execute-api:us-east-1:123456789012:${ServerlessHttpApi}/*'}
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

/// Policies beside the roles, a role for CodeDeploy that may invoke the hook by its name, and no prefix.
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
  Role: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: lambda.amazonaws.com}}}}]}}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']}}}}
  Fn: {{Type: AWS::Lambda::Function, Properties: {{Code: {{S3Bucket: b, S3Key: k}}, Handler: h, Runtime: r, Role: !GetAtt Role.Arn}}}}
  Version: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref Fn}}}}
  Alias:
    Type: AWS::Lambda::Alias
    Properties: {{FunctionName: !Ref Fn, FunctionVersion: !GetAtt Version.Version, Name: live}}
    UpdatePolicy:
      CodeDeployLambdaAliasUpdate: {{ApplicationName: !Ref App, DeploymentGroupName: !Ref Group, BeforeAllowTrafficHook: !Ref Hook}}
  App: {{Type: AWS::CodeDeploy::Application, Properties: {{ComputePlatform: Lambda}}}}
  GroupRole: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: codedeploy.amazonaws.com}}}}]}}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited']}}}}
  GroupRolePolicy: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, Roles: [!Ref GroupRole], {}}}}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref App
      DeploymentConfigName: CodeDeployDefault.LambdaCanary10Percent10Minutes
      ServiceRoleArn: !GetAtt GroupRole.Arn
      AlarmConfiguration: {{Enabled: true, Alarms: [{{Name: shared}}]}}
  HookRole: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: lambda.amazonaws.com}}}}]}}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']}}}}
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
