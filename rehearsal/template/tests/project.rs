//! The contacts stack's own template, which everything here is for.

use std::path::Path;

use crate::common::{group, text};
use rehearsal_aws::apigateway::route::Authorization;
use rehearsal_template::stack::Stack;
use rehearsal_template::{Inputs, read};

fn contacts(inputs: &Inputs) -> Stack {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    read(&path, inputs).unwrap_or_else(|refusal| panic!("{:?}", miette::Report::new(refusal)))
}

#[test]
fn everything_on_the_deployments_path_is_known() {
    let stack = contacts(&Inputs::new("contacts").version("Contacts", 2));
    let alias = &stack.aliases[0];
    let deployment = alias.deployment.as_ref().unwrap();
    assert_eq!(alias.logical_id, "ContactsAliaslive");
    assert_eq!(text(&alias.version_number), "2");
    assert_eq!(
        text(&group(&stack).config_name),
        "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    );
    let hook = |hook: &Option<rehearsal_template::stack::Hook>| {
        hook.as_ref().unwrap().function.clone().unwrap()
    };
    assert_eq!(
        hook(&deployment.before_allow_traffic_hook),
        "PreTrafficHook"
    );
    assert_eq!(
        hook(&deployment.after_allow_traffic_hook),
        "PostTrafficHook"
    );
    let alarms: Vec<_> = group(&stack)
        .alarms
        .value
        .as_ref()
        .unwrap()
        .iter()
        .map(|alarm| alarm.logical_id.as_deref().unwrap())
        .collect();
    assert_eq!(alarms, ["AliasErrors", "VersionErrors", "ApiServerErrors"]);
    for function in &stack.functions {
        assert!(text(&function.name).len() <= 64);
        assert!(function.binary.is_some(), "{}", function.logical_id);
        for (name, field) in function.environment.value.as_ref().unwrap() {
            assert!(field.value.is_ok(), "{name}: {:?}", field.value);
        }
    }
    for alarm in &stack.alarms {
        for (name, field) in alarm.dimensions.value.as_ref().unwrap() {
            assert!(field.value.is_ok(), "{name}: {:?}", field.value);
        }
    }
    for output in &stack.outputs {
        assert!(
            output.value.value.is_ok(),
            "{}: {:?}",
            output.name,
            output.value.value
        );
    }
}

#[test]
fn hooks_learn_the_version_that_the_update_brings() {
    for number in [1, 2] {
        let stack = contacts(&Inputs::new("contacts").version("Contacts", number));
        for hook in ["PreTrafficHook", "PostTrafficHook"] {
            let environment = stack
                .function(hook)
                .unwrap()
                .environment
                .value
                .as_ref()
                .unwrap();
            assert_eq!(
                text(&environment["NEW_VERSION_ARN"]),
                format!(
                    "arn:aws:lambda:us-east-1:123456789012:function:contacts-Contacts:{number}"
                )
            );
        }
        let dimensions = stack
            .alarm("VersionErrors")
            .unwrap()
            .dimensions
            .value
            .as_ref()
            .unwrap();
        assert_eq!(text(&dimensions["ExecutedVersion"]), number.to_string());
    }
}

#[test]
fn the_routes_go_through_the_alias_and_follow_the_authorization_parameter() {
    for (parameter, authorization) in [
        ("AWS_IAM", Authorization::Iam),
        ("NONE", Authorization::None),
    ] {
        let stack = contacts(&Inputs::new("contacts").parameter("ApiAuthorization", parameter));
        let api = &stack.apis[0];
        assert_eq!(
            (text(&api.name), text(&api.stages[0].name)),
            ("contacts", "live")
        );
        let paths: Vec<_> = api
            .routes
            .iter()
            .map(|route| (route.method.as_str(), route.path.as_str()))
            .collect();
        assert_eq!(
            paths,
            [
                ("ANY", "/contacts"),
                ("ANY", "/contacts/{id}"),
                ("ANY", "/{proxy+}")
            ]
        );
        for route in &api.routes {
            assert_eq!(route.qualifier.as_deref(), Some("live"));
            assert_eq!(route.authorization.value.as_ref(), Ok(&authorization));
        }
        let url = text(&stack.ssm_parameters[0].value);
        assert_eq!(
            url,
            format!(
                "https://{}.execute-api.us-east-1.amazonaws.com/live",
                api.id
            )
        );
    }
}

#[test]
fn the_order_of_an_update_is_cloudformations() {
    let stack = contacts(&Inputs::new("contacts"));
    let level = |id: &str| {
        stack
            .update_levels
            .iter()
            .position(|level| {
                level
                    .iter()
                    .any(|member| member.trim_end_matches('*') == id)
            })
            .unwrap_or_else(|| panic!("{id} is not in {:?}", stack.update_levels))
    };
    // The order that a graph of the translator's own output gives.
    let order = [
        "ContactsTable",
        "ContactsRole",
        "Contacts",
        "ContactsVersion",
        "VersionErrors",
        "ContactsDeploymentGroup",
        "ContactsAliaslive",
        "ContactsApi",
        "ContactsApiDeployment",
        "ContactsApiliveStage",
    ];
    for pair in order.windows(2) {
        assert!(
            level(pair[0]) < level(pair[1]),
            "{pair:?} in {:?}",
            stack.update_levels
        );
    }
    for hook in ["PreTrafficHook", "PostTrafficHook"] {
        assert!(level(hook) < level("ContactsAliaslive"));
    }
    for late in [
        "ApiUrl",
        "PostTrafficHookCallsTheApi",
        "ContactsAllPermissionlive",
    ] {
        assert!(
            level(late) > level("ContactsApi"),
            "{late} waits for the API"
        );
    }
}

#[test]
fn every_preference_has_its_configuration() {
    for preference in [
        "AllAtOnce",
        "Canary10Percent5Minutes",
        "Canary10Percent10Minutes",
        "Canary10Percent15Minutes",
        "Canary10Percent30Minutes",
        "Linear10PercentEvery1Minute",
        "Linear10PercentEvery2Minutes",
        "Linear10PercentEvery3Minutes",
        "Linear10PercentEvery10Minutes",
    ] {
        let stack =
            contacts(&Inputs::new("contacts").parameter("DeploymentPreference", preference));
        assert_eq!(
            text(&group(&stack).config_name),
            format!("CodeDeployDefault.Lambda{preference}")
        );
    }
}

#[test]
fn the_table_has_its_key_and_its_time_to_live() {
    let stack = contacts(&Inputs::new("contacts"));
    let table = &stack.tables[0];
    assert_eq!(text(&table.name), "contacts-ContactsTable");
    assert_eq!(text(table.ttl_attribute.as_ref().unwrap()), "expiresAt");
    assert_eq!(
        table.create_table.value.as_ref().unwrap()["KeySchema"][0]["AttributeName"],
        "id"
    );
}

#[test]
fn a_long_stack_name_still_gives_names_that_lambda_takes() {
    let stack = contacts(&Inputs::new("s".repeat(128)));
    for function in &stack.functions {
        assert!(text(&function.name).len() <= 64, "{}", text(&function.name));
    }
}

#[test]
fn optional_parts_appear_with_their_parameters() {
    let inputs = Inputs::new("contacts")
        .parameter("AlarmEmail", "a@example.com")
        .parameter("AccessLogs", "true")
        .parameter("ManageApiGatewayAccount", "true")
        .parameter("ReservedConcurrency", "5");
    let with = contacts(&inputs);
    let without = contacts(&Inputs::new("contacts"));
    for id in ["AlarmTopic", "ApiLogs", "ApiGatewayAccount"] {
        assert!(
            with.resource(id).is_some() && without.resource(id).is_none(),
            "{id}"
        );
    }
}
