//! What SAM makes of a template, held against its translator's source and recorded output.

mod common;

use common::{group, messages, refused, stack, stack_with, text};
use rehearsal_aws::apigateway::route::{Authorization, PayloadFormat};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;
use rehearsal_template::stack::Stack;
use rehearsal_template::{Field, Inputs};

/// A template with one function, `F`, of these properties, after `extra` sections.
fn template(properties: &str, extra: &str) -> String {
    let properties = properties.replace('\n', "\n      ");
    format!(
        "
Transform: AWS::Serverless-2016-10-31
{extra}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: code
      {properties}
"
    )
}

fn ids(stack: &Stack) -> Vec<&str> {
    stack
        .resources
        .iter()
        .map(|resource| resource.logical_id.as_str())
        .collect()
}

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
    for (r#type, config) in [
        (
            "!Ref Type",
            "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
        ),
        (
            "!FindInMap [Stages, beta, type]",
            "CodeDeployDefault.LambdaAllAtOnce",
        ),
        (
            "!If [Production, Canary10Percent30Minutes, AllAtOnce]",
            "CodeDeployDefault.LambdaAllAtOnce",
        ),
        (
            "!Sub Canary10Percent5Minutes",
            "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        ),
        (
            "!Sub '${Type}'",
            "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
        ),
        ("MyOwn", "MyOwn"),
        (
            "CodeDeployDefault.LambdaAllAtOnce",
            "CodeDeployDefault.LambdaAllAtOnce",
        ),
    ] {
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
fn globals_are_merged_as_sam_merges_them() {
    let globals = "Globals:
  Function:
    Timeout: 7
    MemorySize: 512
    Architectures: [arm64]
    Environment: {Variables: {SHARED: global, OWN: global}}
    AutoPublishAlias: live
    DeploymentPreference: {Enabled: false, Type: AllAtOnce, Alarms: [one]}";
    let properties = "MemorySize: 256
Architectures: [x86_64]
Environment: {Variables: {OWN: local}}
DeploymentPreference: {Enabled: true, Alarms: [two]}";
    let stack = stack(&template(properties, globals));
    let function = &stack.functions[0];
    assert_eq!(function.timeout_seconds.value, Ok(7));
    assert_eq!(function.memory_mb.value, Ok(256));
    assert_eq!(text(&function.architecture), "x86_64");
    let environment = function.environment.value.as_ref().unwrap();
    assert_eq!(
        (text(&environment["SHARED"]), text(&environment["OWN"])),
        ("global", "local")
    );
    let alarms = &group(&stack).alarms;
    let names: Vec<_> = alarms
        .value
        .as_ref()
        .unwrap()
        .iter()
        .map(|alarm| text(&alarm.name))
        .collect();
    assert_eq!(names, ["one", "two"], "lists are put behind each other");
}

#[test]
fn what_cannot_be_global_is_refused() {
    let globals = "Globals:\n  Function: {Role: x}\n  Functions: {Timeout: 1}";
    assert_eq!(
        messages(&refused(&template("Timeout: 1", globals))),
        [
            "4: 'Globals' section is invalid. 'Role' is not a supported property of 'Function'.",
            "5: 'Globals' section is invalid. 'Functions' is not supported."
        ]
    );
}

#[test]
fn globals_can_be_ignored() {
    let text_of = template("MemorySize: 256", "Globals:\n  Function: {Timeout: 7}").replace(
        "    Type: AWS::Serverless::Function\n",
        "    Type: AWS::Serverless::Function\n    IgnoreGlobals: '*'\n",
    );
    assert_eq!(stack(&text_of).functions[0].timeout_seconds.value, Ok(3));
}

#[test]
fn an_event_of_an_explicit_api_becomes_a_route_to_the_alias() {
    let mut text_of = template(
        "AutoPublishAlias: live
Events:
  All: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /contacts, Method: ANY}}
  One: {Type: Api, Properties: {RestApiId: !Ref Api, Path: '/contacts/{id}', Method: get, Auth: {Authorizer: NONE}}}
  Tick: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}",
        "Parameters: {Authorization: {Type: String, Default: AWS_IAM}}",
    );
    text_of.push_str(
        "
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Auth: {DefaultAuthorizer: !Ref Authorization, InvokeRole: NONE}
",
    );
    let found = stack(&text_of);
    let api = &found.apis[0];
    assert_eq!(
        (api.kind, text(&api.name), api.id.len()),
        (ApiKind::Rest, "app", 10)
    );
    assert_eq!(text(&api.stages[0].name), "live");
    assert_eq!(api.stages[0].logical_id, "ApiliveStage");
    let routes: Vec<_> = api
        .routes
        .iter()
        .map(|route| {
            (
                route.method.as_str(),
                route.path.as_str(),
                text(&route.function),
                route.qualifier.as_deref(),
                route.authorization.value.as_ref().unwrap(),
                route.payload_format,
                route.place.line,
            )
        })
        .collect();
    assert_eq!(
        routes,
        [
            (
                "ANY",
                "/contacts",
                "F",
                Some("live"),
                &Authorization::Iam,
                PayloadFormat::V1,
                13
            ),
            (
                "GET",
                "/contacts/{id}",
                "F",
                Some("live"),
                &Authorization::None,
                PayloadFormat::V1,
                14
            ),
        ]
    );
    assert!(ids(&found).contains(&"FAllPermissionlive"));
    let tick = found
        .not_rehearsed
        .iter()
        .find(|item| item.logical_id == "FTick")
        .unwrap();
    assert_eq!(
        (tick.r#type.as_str(), tick.place.line),
        ("Schedule event", 15)
    );

    let open = stack_with(
        &text_of,
        &Inputs::new("app").parameter("Authorization", "NONE"),
    );
    assert_eq!(
        open.apis[0].routes[0].authorization.value,
        Ok(Authorization::None)
    );
}

#[test]
fn events_without_an_api_make_the_implicit_ones() {
    let found = stack(&template(
        "Events:
  A: {Type: Api, Properties: {Path: /a, Method: post}}
  B: {Type: HttpApi, Properties: {Path: '/b/{id}', Method: get}}
  C: {Type: HttpApi}",
        "",
    ));
    let [rest, http] = &found.apis[..] else {
        panic!("{:?}", found.apis)
    };
    assert_eq!(
        (rest.logical_id.as_str(), text(&rest.stages[0].name)),
        ("ServerlessRestApi", "Prod")
    );
    assert_eq!(
        (http.logical_id.as_str(), text(&http.stages[0].name)),
        ("ServerlessHttpApi", "$default")
    );
    assert_eq!(rest.routes[0].qualifier, None, "the function has no alias");
    let routes: Vec<_> = http
        .routes
        .iter()
        .map(|route| (route.method.as_str(), route.path.as_str()))
        .collect();
    assert_eq!(routes, [("GET", "/b/{id}"), ("ANY", "$default")]);
    assert_eq!(http.routes[0].payload_format, PayloadFormat::V2);
    let ids = ids(&found);
    for id in [
        "ServerlessRestApiDeployment*",
        "ServerlessRestApiProdStage",
        "ServerlessHttpApiApiGatewayDefaultStage",
        "FAPermissionProd",
        "FBPermission",
    ] {
        assert!(ids.contains(&id), "{id} is not in {ids:?}");
    }
}

#[test]
fn a_definition_of_its_own_gives_its_routes() {
    let mut text_of = template("AutoPublishAlias: live", "");
    text_of.push_str(
        "
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: !Ref AWS::StackName
      DefinitionBody:
        openapi: 3.0.1
        info: {title: mine}
        paths:
          /a:
            get:
              security: [{sigv4: []}]
              x-amazon-apigateway-integration:
                type: aws_proxy
                uri: !Sub arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Alias}/invocations
            post:
              x-amazon-apigateway-integration: {type: mock}
        components: {securitySchemes: {sigv4: {type: apiKey, x-amazon-apigateway-authtype: awsSigv4}}}
",
    );
    let stack = stack(&text_of);
    let api = &stack.apis[0];
    assert_eq!(
        (text(&api.name), text(&api.stages[0].name)),
        ("mine", "app")
    );
    assert_eq!(api.stages[0].logical_id, "ApiStage");
    let route = &api.routes[0];
    assert_eq!(
        (text(&route.function), route.qualifier.as_deref()),
        ("F", Some("live"))
    );
    assert_eq!(route.authorization.value, Ok(Authorization::Iam));
    let mock = stack
        .not_rehearsed
        .iter()
        .find(|item| item.r#type == "route POST /a")
        .unwrap();
    assert!(mock.why.contains("mock"), "{}", mock.why);
}

#[test]
fn a_definition_in_a_file_leaves_the_routes_unknown() {
    let mut text_of = template("Timeout: 1", "");
    text_of.push_str("\n  Api: {Type: AWS::Serverless::Api, Properties: {StageName: live, DefinitionUri: api.yaml}}\n");
    let stack = stack(&text_of);
    assert!(stack.apis[0].routes_unknown.is_some());
}

#[test]
fn failed_events_go_where_the_function_says() {
    let mut text_of = template(
        "EventInvokeConfig:
  MaximumRetryAttempts: 1
  MaximumEventAgeInSeconds: 300
  DestinationConfig: {OnFailure: {Type: Lambda, Destination: !GetAtt Guard.Arn}, OnSuccess: {Type: SQS}}",
        "Outputs: {Queue: {Value: !GetAtt F.DestinationQueue.Arn}}",
    );
    text_of.push_str(
        "
  Guard:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: bootstrap, CodeUri: guard}
",
    );
    let stack = stack(&text_of);
    let config = stack
        .function("F")
        .unwrap()
        .event_invoke_config("$LATEST")
        .unwrap();
    assert_eq!(config.maximum_retry_attempts.value, Ok(1));
    assert_eq!(config.maximum_event_age_seconds.value, Ok(300));
    assert_eq!(
        config.on_failure.as_ref().unwrap().function.as_deref(),
        Some("Guard")
    );
    assert!(
        stack
            .resource("FRole")
            .unwrap()
            .references
            .contains_key("Guard"),
        "the role may invoke it"
    );
    assert_eq!(
        text(&stack.outputs[0].value),
        "arn:aws:sqs:us-east-1:123456789012:app-FEventInvokeConfigOnSuccessQueue"
    );
}

#[test]
fn a_destination_behind_a_condition_is_found_and_one_that_only_aws_knows_is_unknown() {
    let on_failure = |destination: &str| {
        let mut text_of = template(
            &format!("EventInvokeConfig: {{DestinationConfig: {{OnFailure: {destination}}}}}"),
            "Parameters: {Switch: {Type: String, Default: 'true'}}\nConditions: {IsOn: !Equals [!Ref Switch, 'true']}",
        );
        text_of.push_str(
            "
  Guard:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: bootstrap, CodeUri: guard}
  Queue: {Type: AWS::SQS::Queue}
",
        );
        let config = stack(&text_of)
            .function("F")
            .unwrap()
            .event_invoke_config("$LATEST")
            .unwrap()
            .clone();
        (
            config.on_failure.unwrap(),
            config.maximum_retry_attempts.value,
        )
    };
    let (guard, retries) =
        on_failure("{Type: Lambda, Destination: !If [IsOn, !GetAtt Guard.Arn, !Ref AWS::NoValue]}");
    assert_eq!(
        (guard.function.as_deref(), retries),
        (Some("Guard"), Ok(2)),
        "two is Lambda's default"
    );
    let (queue, _) = on_failure("{Type: SQS, Destination: !GetAtt Queue.Arn}");
    assert_eq!(
        (queue.function, text(&queue.arn)),
        (None, "arn:aws:sqs:us-east-1:123456789012:app-Queue")
    );
    let (imported, _) = on_failure("{Type: SQS, Destination: !ImportValue queue}");
    let unknown = imported.arn.value.unwrap_err();
    assert!(
        unknown.place.line > 1 && imported.function.is_none(),
        "{unknown:?}"
    );
}

#[test]
fn conditions_on_functions_reach_what_is_generated_for_them() {
    let text_of = template(
        "AutoPublishAlias: live
DeploymentPreference: {Type: AllAtOnce, PassthroughCondition: true}
Events: {A: {Type: Api, Properties: {Path: /a, Method: get}}}",
        "Parameters: {Switch: {Type: String, Default: 'false'}}\nConditions: {IsOn: !Equals [!Ref Switch, 'true']}",
    )
    .replace("    Type: AWS::Serverless::Function\n", "    Type: AWS::Serverless::Function\n    Condition: IsOn\n");
    let off = stack(&text_of);
    assert!(off.functions.is_empty() && off.aliases.is_empty());
    assert!(off.apis.is_empty(), "its only function is not there");
    let left_out = &off.aliases_left_out[0];
    assert_eq!(left_out.logical_id, "FAliaslive");
    assert_eq!(left_out.condition.as_ref().unwrap().holds, Some(false));
    assert!(!ids(&off).contains(&"FDeploymentGroup"));
    let on = stack_with(&text_of, &Inputs::new("app").parameter("Switch", "true"));
    assert!(on.aliases[0].deployment.is_some());
    assert_eq!(on.apis[0].routes.len(), 1);
}

#[test]
fn what_sam_refuses_is_refused_with_its_reason() {
    for (properties, message) in [
        (
            "DeploymentPreference: {Type: AllAtOnce}",
            "'DeploymentPreference' requires AutoPublishAlias property to be specified.",
        ),
        (
            "AutoPublishAlias: live\nDeploymentPreference: {Enabled: true}",
            "'DeploymentPreference' is missing required Property 'Type'",
        ),
        (
            "AutoPublishAlias: live\nDeploymentPreference: {Type: AllAtOnce, Alarms: one}",
            "Alarms must be a list",
        ),
        (
            "AutoPublishAlias: live\nDeploymentPreference: {Type: AllAtOnce, Hooks: [a]}",
            "'Hooks' property of 'DeploymentPreference' must be a dictionary",
        ),
        (
            "AutoPublishAlias: !Sub live",
            "'AutoPublishAlias' must be a string or a Ref to a template parameter",
        ),
        (
            "AutoPublishAlias: '12'",
            "AutoPublishAlias name ('12') must contain only",
        ),
        (
            "AutoPublishAlias: a.b",
            "AutoPublishAlias name ('a.b') must contain only",
        ),
        (
            "Events: {A: {Type: Api, Properties: {Method: get}}}",
            "Event with id [A] is invalid. Property 'Path' is required.",
        ),
        (
            "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Nope}}}",
            "Event with id [A] is invalid. RestApiId must be a valid reference to an 'AWS::Serverless::Api' resource in same template",
        ),
        (
            "Events: {A: {Type: Api, Properties: {Path: /a, Method: get}}, B: {Type: Api, Properties: {Path: /a, Method: GET}}}",
            "Event with id [B] is invalid. API method \"get\" defined multiple times for path \"/a\".",
        ),
        (
            "EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: Lambda}}}",
            "Destination is required if Type is not",
        ),
    ] {
        let diagnostics = refused(&template(properties, ""));
        assert!(
            diagnostics
                .iter()
                .any(|diagnostic| diagnostic.message.starts_with(message)
                    && diagnostic.logical_id.as_deref() == Some("F")),
            "{properties}: {:?}",
            messages(&diagnostics)
        );
    }
    let bare = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F: {Type: AWS::Serverless::Function}\n";
    assert_eq!(
        messages(&refused(bare)),
        ["3: F: Runtime and Handler needs to be present when PackageType is of type `Zip`",]
    );
    let plain = "Resources:\n  F: {Type: AWS::Serverless::Function}\n";
    assert!(
        refused(plain)
            .iter()
            .any(|diagnostic| diagnostic.code == "sam::no-transform")
    );
}

#[test]
fn a_generated_id_that_is_taken_is_refused() {
    let mut text_of = template("Timeout: 1", "");
    text_of.push_str("\n  FRole: {Type: AWS::SNS::Topic}\n");
    assert!(
        refused(&text_of)
            .iter()
            .any(|diagnostic| diagnostic.code == "sam::duplicate-id")
    );
}

#[test]
fn a_simple_table_is_a_table() {
    let stack = stack(
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  Plain: {Type: AWS::Serverless::SimpleTable}
  Keyed: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: keyed, PrimaryKey: {Name: n, Type: Number}}}
",
    );
    let body = |index: usize| {
        stack.tables[index]
            .create_table
            .value
            .as_ref()
            .unwrap()
            .to_string()
    };
    assert_eq!(
        body(0),
        r#"{"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"TableName":"app-Plain"}"#
    );
    assert!(
        body(1).contains(r#"{"AttributeName":"n","AttributeType":"N"}"#),
        "{}",
        body(1)
    );
}

#[test]
fn long_names_keep_the_logical_id_and_fit() {
    let name = |field: &Field<String>| text(field).to_owned();
    let stack = stack_with(&template("Timeout: 1", ""), &Inputs::new("s".repeat(128)));
    let found = name(&stack.functions[0].name);
    assert!(found.len() == 64 && found.ends_with("-F"), "{found}");
}

#[test]
fn an_empty_list_of_triggers_leaves_nothing_out() {
    let told = |triggers: &str| {
        let preference = format!(
            "AutoPublishAlias: live\nDeploymentPreference: {{Type: AllAtOnce, TriggerConfigurations: {triggers}}}"
        );
        stack(&template(&preference, "")).not_rehearsed
    };
    let left_out = |triggers: &str| {
        told(triggers)
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
