//! What is refused of a template as a whole, or of several of its functions, and what a verdict names of it.

use rehearsal_template::Inputs;

use super::{CANARY, found_with, warned_with};
use crate::common::deployments::{orders, warnings};

#[test]
fn a_route_of_an_http_api_has_a_method_and_a_path_and_one_of_a_websocket_api_a_word() {
    let with = |protocol: &str, key: &str| {
        warned_with(&format!(
            "  Chat: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Name: chat, ProtocolType: {protocol}, RouteSelectionExpression: $request.method}}}}\n  \
             Route: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Chat, RouteKey: {key}, Target: integrations/a}}}}\n"
        ))
    };
    assert_eq!(with("HTTP", "GET orders"), ["api-refused"]);
    for (protocol, key) in [
        ("HTTP", "GET /orders"),
        ("HTTP", "$default"),
        ("WEBSOCKET", "$connect"),
        ("WEBSOCKET", "send"),
    ] {
        assert_eq!(with(protocol, key), [""; 0], "{protocol} {key}");
    }
}

#[test]
fn what_refuses_the_template_does_so_whatever_an_update_changes() {
    let found = found_with(
        "  Other: {Type: AWS::SNS::Topic, Condition: IsProduction}\n  \
         Main: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Other}}\n",
    );
    let [refused] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(
        (refused.code, refused.is_refused, refused.fails(|_| false)),
        ("reference-not-created", true, true)
    );
}

#[test]
fn a_runtime_of_globals_is_told_of_each_function() {
    let template = orders(
        CANARY,
        &format!(
            "  Other: {{Type: AWS::Serverless::Function, Properties: {{AutoPublishAlias: live, DeploymentPreference: {{{CANARY}}}}}}}\n"
        ),
    );
    let found = warnings(
        &template.replace("provided.al2023", "nodejs12.x"),
        &Inputs::new("shop"),
    );
    let of_runtime = found.iter().filter(|found| found.code == "runtime-retired");
    let functions: Vec<_> = of_runtime
        .map(|found| found.logical_id.as_deref())
        .collect();
    assert_eq!(functions, [Some("Orders"), Some("Other")]);
}

#[test]
fn what_is_not_permitted_of_globals_is_told_of_each_function() {
    let template = orders(CANARY, "  Other: {Type: AWS::Serverless::Function}\n").replace(
        "Runtime: provided.al2023,",
        "Runtime: provided.al2023, MemorySize: 20480,",
    );
    let found = warnings(&template, &Inputs::new("shop"));
    let not_permitted = found.iter().filter(|found| found.is_not_permitted);
    let functions: Vec<_> = not_permitted
        .map(|found| found.logical_id.as_deref())
        .collect();
    assert_eq!(functions, [Some("Orders"), Some("Other")]);
}

#[test]
fn what_cloudformation_refuses_unless_it_is_newer_is_named_by_the_verdict() {
    let found = found_with(
        "  Jobs: {Type: AWS::SQS::Queue}\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Jobs.Url}}\n  \
         Newer: {Type: AWS::Newer::Thing}\n",
    );
    let named: Vec<_> = found
        .iter()
        .map(|found| (found.code, found.is_not_permitted))
        .collect();
    assert_eq!(
        named,
        [
            ("template::unknown-attribute", true),
            ("template::unknown-type", true)
        ]
    );
}
