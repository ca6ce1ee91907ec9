//! Globals, conditions, failed events, tables and names; and what SAM refuses.

use rehearsal_template::{Field, Inputs};

use super::{ids, template};
use crate::common::{group, messages, refused, stack, stack_with, text};

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
    #[rustfmt::skip] // A table.
    let cases = [
        ("DeploymentPreference: {Type: AllAtOnce}", "'DeploymentPreference' requires AutoPublishAlias property to be specified."),
        ("AutoPublishAlias: live\nDeploymentPreference: {Enabled: true}", "'DeploymentPreference' is missing required Property 'Type'"),
        ("AutoPublishAlias: live\nDeploymentPreference: {Type: AllAtOnce, Alarms: one}", "Alarms must be a list"),
        (
            "AutoPublishAlias: live\nDeploymentPreference: {Type: AllAtOnce, Hooks: [a]}",
            "'Hooks' property of 'DeploymentPreference' must be a dictionary",
        ),
        ("AutoPublishAlias: !Sub live", "'AutoPublishAlias' must be a string or a Ref to a template parameter"),
        ("AutoPublishAlias: '12'", "AutoPublishAlias name ('12') must contain only"),
        ("AutoPublishAlias: a.b", "AutoPublishAlias name ('a.b') must contain only"),
        ("Events: {A: {Type: Api, Properties: {Method: get}}}", "Event with id [A] is invalid. Property 'Path' is required."),
        (
            "Events: {A: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Nope}}}",
            "Event with id [A] is invalid. RestApiId must be a valid reference to an 'AWS::Serverless::Api' resource in same template",
        ),
        (
            "Events: {A: {Type: Api, Properties: {Path: /a, Method: get}}, B: {Type: Api, Properties: {Path: /a, Method: GET}}}",
            "Event with id [B] is invalid. API method \"get\" defined multiple times for path \"/a\".",
        ),
        ("EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: Lambda}}}", "Destination is required if Type is not"),
        (
            "Events: {A: {Type: S3, Properties: {Bucket: !Ref AWS::StackName, Events: 's3:ObjectCreated:*'}}}",
            "Event with id [A] is invalid. S3 events must reference an S3 bucket in the same template.",
        ),
        (
            "Events: {A: {Type: Cognito, Properties: {UserPool: pool, Trigger: PreSignUp}}}",
            "Event with id [A] is invalid. Cognito events must reference a Cognito UserPool in the same template.",
        ),
        (
            "Events: {A: {Type: Schedule, Properties: {Schedule: rate(1 day), Enabled: false, State: ENABLED}}}",
            "Event with id [A] is invalid. State and Enabled Properties cannot both be specified.",
        ),
    ];
    for (properties, message) in cases {
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
fn a_state_machine_has_the_name_that_sam_gives_it() {
    let machine = |id: &str, properties: &str| format!("  {id}: {{Type: {properties}}}\n");
    let template = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned()
        + "  F:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: nodejs22.x, Handler: a.b, CodeUri: s3://b/k, AutoPublishAlias: live, DeploymentPreference: {Type: Canary10Percent5Minutes, Alarms: [shared]}}\n"
        + &machine(
            "Flow",
            "AWS::Serverless::StateMachine, Properties: {Name: pay, Role: 'arn:aws:iam::123456789012:role/r', Definition: {StartAt: A}}",
        )
        + &machine(
            "Other",
            "AWS::StepFunctions::StateMachine, Properties: {StateMachineName: pay, RoleArn: 'arn:aws:iam::123456789012:role/r', DefinitionString: '{}'}",
        )
        + "Outputs: {Flow: {Value: !Ref Flow}}\n";
    let found = stack(&template);
    assert_eq!(
        text(&found.outputs[0].value),
        "arn:aws:states:us-east-1:123456789012:stateMachine:pay"
    );
    let taken = found
        .diagnostics
        .iter()
        .filter(|found| found.code == "name-taken");
    assert_eq!(taken.count(), 1);
}

#[test]
fn an_event_that_its_sender_cannot_take_is_refused() {
    let event = |id: &str| {
        format!(
            "{id}: {{Type: Cognito, Properties: {{UserPool: !Ref Pool, Trigger: [PreSignUp]}}}}"
        )
    };
    let twice = template(&format!("Events: {{{}, {}}}", event("A"), event("B")), "")
        + "  Pool: {Type: AWS::Cognito::UserPool}\n";
    assert_eq!(
        messages(&refused(&twice)),
        [
            "11: F: Event with id [B] is invalid. Cognito trigger \"['PreSignUp']\" defined multiple times."
        ]
    );
    let chosen = template(
        "Events: {A: {Type: S3, Properties: {Bucket: !Ref Files, Events: 's3:ObjectCreated:*'}}}",
        "Conditions: {IsOn: !Equals [a, a]}",
    ) + "  Files: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {LambdaConfigurations: !If [IsOn, [], []]}}}\n";
    assert_eq!(
        messages(&refused(&chosen)),
        ["12: Files: Invalid type for LambdaConfigurations. Must be a list."]
    );
}

#[test]
fn a_bucket_waits_for_the_permission_of_a_function_under_a_condition_too() {
    let waits = |holds: &str| {
        let text_of = template(
            "Events: {A: {Type: S3, Properties: {Bucket: !Ref Files, Events: 's3:ObjectCreated:*'}}}",
            &format!("Conditions: {{IsOn: !Equals [a, {holds}]}}"),
        )
        .replace("    Type: AWS::Serverless::Function\n", "    Type: AWS::Serverless::Function\n    Condition: IsOn\n")
            + "  Files: {Type: AWS::S3::Bucket}\n";
        let stack = stack(&text_of);
        let files = stack.resource("Files").unwrap();
        files.references.contains_key("FAPermission")
    };
    assert!(waits("a"));
    assert!(!waits("b"));
}

#[test]
fn a_rule_has_the_targets_id_and_the_queue_that_its_event_gives_it() {
    let rule = |letters: &str| {
        let stack = stack(&template(
            &format!(
                "Events: {{A: {{Type: EventBridgeRule, Properties: {{Pattern: {{source: [shop]}}, Target: {{Id: mine}}, DeadLetterConfig: {letters}}}}}}}"
            ),
            "",
        ));
        let rule = stack.resource("FA").unwrap();
        let target = &rule.properties["Targets"].value.as_list().unwrap()[0];
        let letters = target.get("DeadLetterConfig").unwrap().get("Arn");
        (
            target.get("Id").unwrap().to_text().unwrap(),
            letters.unwrap().to_text().unwrap(),
            rule.references.contains_key("FAQueue"),
        )
    };
    let arn = "arn:aws:sqs:us-east-1:123456789012:jobs";
    assert_eq!(
        rule(&format!("{{Arn: '{arn}'}}")),
        ("mine".to_owned(), arn.to_owned(), false)
    );
    let (_, made, refers) = rule("{Type: SQS}");
    assert!(refers && made.starts_with("arn:aws:sqs:"), "{made}");
}
