//! Events of APIs: the routes that they become.

use rehearsal_aws::apigateway::route::{Authorization, PayloadFormat};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_template::Inputs;

use super::{ids, template};
use crate::common::{stack, stack_with, text};

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
fn what_sam_drops_of_an_endpoint_closes_no_circle() {
    let mut text_of = template("AutoPublishAlias: live", "");
    text_of.push_str(
        "
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: live, EndpointConfiguration: {Type: PRIVATE, VpcEndpointIds: [vpce-1], IpAddressType: ipv4, Name: !Ref Api}}
",
    );
    let stack = stack(&text_of);
    let api = stack.resource("Api").expect("it is there");
    let endpoint = api.properties["EndpointConfiguration"].value.as_map();
    let keys: Vec<_> = endpoint.expect("it is a map").keys().collect();
    assert_eq!(keys, ["Type", "VpcEndpointIds", "IpAddressType"]);
}
