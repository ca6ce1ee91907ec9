//! Where integrations lead that do not name a function outright: by stage variables, and by an API's quick create.

use rehearsal_aws::apigateway::route::PayloadFormat;
use rehearsal_template::Stack;

use crate::common::{stack, text};

/// A REST API whose route leads where a stage variable says, with these stages.
fn rest(uri: &str, stages: &str) -> Stack {
    stack(&format!(
        "\
Resources:
  F: {{Type: AWS::Lambda::Function, Properties: {{FunctionName: orders, Role: r, Handler: h, Runtime: nodejs22.x, Code: {{S3Bucket: b, S3Key: k}}}}}}
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        paths:
          /a:
            get:
              x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, uri: !Sub '{uri}'}}
{stages}"
    ))
}

fn stage(id: &str, properties: &str) -> String {
    format!(
        "  {id}: {{Type: AWS::ApiGateway::Stage, Properties: {{RestApiId: !Ref Api, StageName: {}, {properties}}}}}\n",
        id.to_lowercase()
    )
}

const BY_ALIAS: &str = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}:${!stageVariables.alias}/invocations";
const BY_NAME: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:${!stageVariables.function}:${!stageVariables.alias}/invocations";

/// A route's function, its qualifier, and the stage that it is of.
type Lead<'s> = (Result<&'s str, &'s str>, Option<&'s str>, Option<&'s str>);

fn leads(stack: &Stack) -> Vec<Lead<'_>> {
    let routes = stack.apis[0].routes.iter();
    routes
        .map(|route| {
            let function = route.function.value.as_ref();
            (
                function
                    .map(String::as_str)
                    .map_err(|unknown| unknown.reason.as_str()),
                route.qualifier.as_deref(),
                route.stage.as_deref(),
            )
        })
        .collect()
}

#[test]
fn a_stage_variable_says_which_alias_or_function_a_route_leads_to() {
    let prod = stage("Prod", "Variables: {alias: live, function: orders}");
    for uri in [BY_ALIAS, BY_NAME] {
        let found = rest(uri, &prod);
        assert_eq!(leads(&found), [(Ok("F"), Some("live"), None)], "{uri}");
        let variables: Vec<_> = found.apis[0].stages[0].variables.known().collect();
        assert_eq!(variables, [("alias", "live"), ("function", "orders")]);
    }
}

#[test]
fn each_stage_has_a_route_of_its_own_where_its_variables_say_the_way() {
    let stages = format!(
        "{}{}",
        stage("Prod", "Variables: {alias: live}"),
        stage("Beta", "Variables: {alias: beta}")
    );
    assert_eq!(
        leads(&rest(BY_ALIAS, &stages)),
        [
            (Ok("F"), Some("live"), Some("Prod")),
            (Ok("F"), Some("beta"), Some("Beta"))
        ]
    );
}

#[test]
fn what_a_stage_variable_says_is_unknown_with_the_reason() {
    let no_variable = "the stage Prod has no variable `alias`";
    let no_stage = "its integration names a stage variable, and the API has no stage here";
    for (stages, why) in [
        (stage("Prod", "Variables: {other: live}"), no_variable),
        (stage("Prod", "Description: none"), no_variable),
        (String::new(), no_stage),
    ] {
        assert_eq!(leads(&rest(BY_ALIAS, &stages)), [(Err(why), None, None)]);
    }
}

/// An HTTP API by quick create.
fn quick(properties: &str) -> Stack {
    stack(&format!(
        "\
Resources:
  F: {{Type: AWS::Lambda::Function, Properties: {{Role: r, Handler: h, Runtime: nodejs22.x, Code: {{S3Bucket: b, S3Key: k}}}}}}
  V: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref F}}}}
  Live: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref F, FunctionVersion: !GetAtt V.Version, Name: live}}}}
  Api: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Name: a, ProtocolType: HTTP, {properties}}}}}
"
    ))
}

#[test]
fn a_quick_create_makes_a_stage_and_a_route_for_everything_by_itself() {
    let found = quick("Target: !Ref Live");
    let api = &found.apis[0];
    assert_eq!(text(&api.stages[0].name), "$default");
    let route = &api.routes[0];
    assert_eq!(
        (route.method.as_str(), route.path.as_str()),
        ("ANY", "$default")
    );
    assert_eq!(leads(&found), [(Ok("F"), Some("live"), None)]);
    assert_eq!(route.payload_format, PayloadFormat::V2);
    let passed_over = found.not_rehearsed.iter();
    assert!(
        passed_over
            .clone()
            .all(|item| !item.r#type.contains("Target")),
        "{:?}",
        found.not_rehearsed
    );
}

#[test]
fn a_quick_create_has_the_route_that_it_names_and_may_lead_past_the_alias_or_to_no_function() {
    let found = quick("RouteKey: GET /a, Target: !GetAtt F.Arn");
    let route = &found.apis[0].routes[0];
    assert_eq!((route.method.as_str(), route.path.as_str()), ("GET", "/a"));
    assert_eq!(leads(&found), [(Ok("F"), None, None)]);

    let found = quick("Target: 'https://example.com'");
    assert_eq!(leads(&found), []);
    let mut passed_over = found.not_rehearsed.iter();
    assert!(passed_over.any(|item| item.why.contains("http_proxy")));
}
