//! Events of APIs: the routes that they become.

use rehearsal_aws::apigateway::route::{Authorization, AuthorizerKind, InvokeMode, PayloadFormat};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_template::{Inputs, read_str};

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

#[test]
fn a_key_is_asked_for_as_the_api_and_the_event_say() {
    let events = "Events:
  Own: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /own, Method: get, Auth: {ApiKeyRequired: true}}}
  None: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /none, Method: get, Auth: {ApiKeyRequired: false}}}
  Default: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /default, Method: get}}
  Preflight: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /default, Method: options}}";
    let keyed = |auth: &str, events: &str| {
        template(&format!("AutoPublishAlias: live\n{events}"), "")
            + &format!(
                "\n  Api: {{Type: AWS::Serverless::Api, Properties: {{StageName: live, Auth: {{{auth}}}}}}}\n"
            )
    };
    let asked = |template: &str| -> Vec<String> {
        let stack = stack(template);
        let routes = stack.apis[0].routes.iter();
        let asking = routes.filter(|route| route.needs_api_key.is(&true));
        asking
            .map(|route| format!("{} {}", route.method, route.path))
            .collect()
    };
    assert_eq!(
        asked(&keyed(
            "ApiKeyRequired: true, AddApiKeyRequiredToCorsPreflight: false",
            events
        )),
        ["GET /own", "GET /default"]
    );
    let own: Vec<&str> = events
        .lines()
        .filter(|line| !line.contains("None:"))
        .collect();
    let own = own.join("\n");
    assert_eq!(
        asked(&keyed("DefaultAuthorizer: AWS_IAM", &own)),
        ["GET /own"]
    );
    // Beside an authorizer, which stays.
    let both = stack(&keyed(
        "DefaultAuthorizer: AWS_IAM, ApiKeyRequired: true",
        events,
    ));
    let both = both.apis[0].routes.iter();
    assert!(
        both.clone()
            .all(|route| route.authorization.is(&Authorization::Iam))
    );
    assert_eq!(
        both.filter(|route| route.needs_api_key.is(&true)).count(),
        3
    );
    let refused = read_str(
        "template.yaml",
        &keyed("DefaultAuthorizer: AWS_IAM", events),
        &Inputs::new("app"),
    );
    let refused = refused.unwrap_err().diagnostics;
    assert!(
        refused.iter().any(|found| found
            .message
            .contains("Unable to set ApiKeyRequired [False] on API method [get] for path [/none]")),
        "{refused:?}"
    );
}

#[test]
fn a_method_may_ask_for_a_key_unless_an_authorizer_gives_it() {
    for (source, asks) in [("HEADER", true), ("AUTHORIZER", false)] {
        let stack = stack(&format!(
            "
Resources:
  F: {{Type: AWS::Lambda::Function, Properties: {{Role: r, Handler: h, Runtime: nodejs22.x, Code: {{S3Bucket: b, S3Key: k}}}}}}
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: a, ApiKeySourceType: {source}}}}}
  Method:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      ApiKeyRequired: true
      Integration:
        Type: AWS_PROXY
        IntegrationHttpMethod: POST
        Uri: !Sub arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${{F.Arn}}/invocations
"
        ));
        assert!(stack.apis[0].routes[0].needs_api_key.is(&asks), "{source}");
    }
}

#[test]
fn a_url_says_whether_it_streams_and_an_api_what_it_takes_for_binary() {
    let url = |mode: &str| template(&format!("FunctionUrlConfig: {{AuthType: NONE{mode}}}"), "");
    for (mode, expected) in [
        ("", InvokeMode::Buffered),
        (", InvokeMode: BUFFERED", InvokeMode::Buffered),
        (", InvokeMode: RESPONSE_STREAM", InvokeMode::ResponseStream),
    ] {
        let stack = stack(&url(mode));
        assert!(stack.apis[0].routes[0].invoke_mode.is(&expected), "{mode}");
    }
    let mut text_of = template("AutoPublishAlias: live", "");
    text_of.push_str(
        "
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      BinaryMediaTypes: [image~1png, application/pdf]
      DefinitionBody: {openapi: 3.0.1, x-amazon-apigateway-binary-media-types: ['*/*'], paths: {}}
",
    );
    let stack = stack(&text_of);
    assert_eq!(
        stack.apis[0].binary_media_types,
        ["image/png", "application/pdf", "*/*"]
    );
}

#[test]
fn an_authorizer_is_of_the_kind_that_the_api_s_auth_or_its_definition_says() {
    use AuthorizerKind::{Lambda, Tokens, UserPool};
    let kind = |event: &str, api: &str| {
        let text = template(event, "") + &format!("\n  Api: {{Type: AWS::Serverless::{api}}}\n");
        match stack(&text).apis[0].routes[0].authorization.known_value() {
            Some(Authorization::Authorizer { kind, .. }) => *kind,
            other => panic!("{other:?}"),
        }
    };
    let rest = |own: &str| {
        let auth = format!("{{DefaultAuthorizer: A, Authorizers: {{A: {{{own}}}}}}}");
        kind(
            "Events: {Get: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /, Method: get}}}",
            &format!("Api, Properties: {{StageName: live, Auth: {auth}}}"),
        )
    };
    assert_eq!(rest("UserPoolArn: pool"), Some(UserPool));
    assert_eq!(rest("FunctionArn: function"), Some(Lambda));
    let http = |own: &str| {
        let auth = format!("{{DefaultAuthorizer: A, Authorizers: {{A: {{{own}}}}}}}");
        kind(
            "Events: {Get: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /, Method: get}}}",
            &format!("HttpApi, Properties: {{Auth: {auth}}}"),
        )
    };
    let tokens = "IdentitySource: $request.header.Authorization, JwtConfiguration: {issuer: i, audience: [a]}";
    assert_eq!(http(tokens), Some(Tokens));
    let function = "FunctionArn: function, AuthorizerPayloadFormatVersion: '2.0'";
    assert_eq!(http(function), Some(Lambda));
    let defined = |scheme: &str| {
        let uri = "!Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${F.Arn}/invocations'";
        let get = format!(
            "{{security: [{{A: []}}], x-amazon-apigateway-integration: {{type: aws_proxy, uri: {uri}}}}}"
        );
        let scheme = format!("{{A: {{type: apiKey, name: Authorization, in: header, {scheme}}}}}");
        let body = format!(
            "{{swagger: '2.0', paths: {{/: {{get: {get}}}}}, securityDefinitions: {scheme}}}"
        );
        let api = format!("Api, Properties: {{StageName: live, DefinitionBody: {body}}}");
        kind("Timeout: 3", &api)
    };
    let of_pool = "x-amazon-apigateway-authtype: cognito_user_pools, x-amazon-apigateway-authorizer: {type: cognito_user_pools}";
    assert_eq!(defined(of_pool), Some(UserPool));
    let of_function =
        "x-amazon-apigateway-authtype: oauth2, x-amazon-apigateway-authorizer: {type: request}";
    assert_eq!(defined(of_function), Some(Lambda));
    assert_eq!(defined("x-amazon-apigateway-authtype: oauth2"), None);
}
