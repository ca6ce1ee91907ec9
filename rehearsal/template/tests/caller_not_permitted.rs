//! What `caller-not-permitted` tells apart.

use crate::common::deployments::{CANARY, alarm, orders, warned, warnings};
use rehearsal_template::{Inputs, read_str};

/// A REST API whose routes lead to a function, or to its alias.
fn rest(target: &str, more_of_integration: &str) -> String {
    let route = |path: &str, method: &str| {
        format!(
            "          {path}:\n            {method}: {{x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, {more_of_integration}uri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{target}/invocations'}}}}\n"
        )
    };
    format!(
        "  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      Body:\n        paths:\n{}{}",
        route("'/orders/{id}'", "get"),
        route("/", "post"),
    ) + "  Deployment: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref Api}}\n"
        + "  Stage: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Api, StageName: prod, DeploymentId: !Ref Deployment}}\n"
}

/// A permission for the alias, with what else it says.
fn permission(more: &str) -> String {
    format!(
        "  May: {{Type: AWS::Lambda::Permission, Properties: {{Action: 'lambda:InvokeFunction', FunctionName: !Ref Orders.Alias, Principal: apigateway.amazonaws.com{more}}}}}\n"
    )
}

const ALIAS: &str = "${Orders.Alias}";

/// The findings for a function with an alias that is shifted, and this.
fn found(more: &str) -> Vec<String> {
    let template = orders(CANARY, &(alarm("") + more));
    let found = warnings(&template, &Inputs::new("shop"));
    found
        .iter()
        .map(|found| format!("{}: {found}", found.code))
        .collect()
}

#[test]
fn the_routes_of_an_api_that_nothing_permits_are_told_together_and_in_the_verdict() {
    let template = orders(CANARY, &(alarm("") + &rest(ALIAS, "")));
    let stack = read_str("api.yaml", &template, &Inputs::new("shop")).unwrap();
    let told: Vec<_> = stack.not_permitted().map(|denied| denied.message).collect();
    assert_eq!(
        told,
        [
            "GET /orders/{id} of `Api` invokes `Orders:live`, as another route does, and nothing permits it: API Gateway answers 500"
        ]
    );
    let mut found = stack.diagnostics.iter();
    let help = found
        .find(|found| found.is_not_permitted)
        .and_then(|found| found.help.clone());
    assert_eq!(
        help.as_deref(),
        Some(
            "add an `AWS::Lambda::Permission` with `FunctionName: !Ref Orders.Alias`, `Action: lambda:InvokeFunction` and `Principal: apigateway.amazonaws.com`"
        )
    );
}

#[test]
fn a_source_arn_is_held_against_the_routes() {
    let of = |resource: &str| {
        format!(
            ", SourceArn: !Sub 'arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:{resource}'"
        )
    };
    let api = "${Api}";
    #[rustfmt::skip] // A table.
    let permitted = [
        String::new(),
        of(&format!("{api}/*")),
        of(&format!("{api}/*/*")),
        of(&format!("{api}/*/*/*")),
        of(&format!("{api}/prod/*")),
        of("*"),
        of("abc123defg/*"),
        ", SourceArn: !ImportValue api".to_owned(),
        // Another Region than the one that stands in for it.
        format!(", SourceArn: !Sub 'arn:aws:execute-api:eu-west-1:111122223333:{api}/*'"),
    ];
    for more in permitted {
        let found = found(&(rest(ALIAS, "") + &permission(&more)));
        assert_eq!(found, [""; 0], "{more}");
    }
    #[rustfmt::skip] // A table.
    let refused = [
        (of(api), "GET /orders/{id} of `Api`, as another route does"),
        (of(&format!("{api}/beta/*")), "GET /orders/{id} of `Api`, as another route does"),
        (of(&format!("{api}/*/GET/orders/*")), "POST / of `Api`"),
        (of(&format!("{api}/*/GET/orders/{{id}}")), "POST / of `Api`"),
        (of(&format!("{api}/*/POST/")), "GET /orders/{id} of `Api`"),
        (of(&format!("{api}/GET/orders")), "GET /orders/{id} of `Api`, as another route does"),
        (format!(", SourceArn: !Sub 'arn:aws:apigateway:us-east-1::/restapis/{api}'"), "GET /orders/{id} of `Api`, as another route does"),
    ];
    for (more, who) in refused {
        let found = found(&(rest(ALIAS, "") + &permission(&more)));
        let [only] = &found[..] else {
            panic!("{more}: {found:?}")
        };
        assert!(
            only.starts_with("caller-not-permitted: May: it lets `apigateway.amazonaws.com` invoke `Orders:live` for `arn:"),
            "{only}"
        );
        let ends = format!("which is not that of {who}: API Gateway answers 500");
        assert!(only.ends_with(&ends), "{only}");
    }
}

#[test]
fn what_permits_otherwise_or_may_do_so_is_enough() {
    let nested = "  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://s3.amazonaws.com/b/t.yaml', Parameters: {F: !Ref Orders.Alias}}}\n";
    let connector = "  May: {Type: AWS::Serverless::Connector, Properties: {Source: {Id: Api}, Destination: {Id: Orders}, Permissions: [Write]}}\n";
    let unknown = "  May: {Type: AWS::Lambda::Permission, Properties: {Action: 'lambda:InvokeFunction', FunctionName: !ImportValue f, Principal: apigateway.amazonaws.com}}\n";
    for more in [
        rest(ALIAS, "credentials: 'arn:aws:iam::123456789012:role/r', "),
        rest("${Orders.Arn}:${!stageVariables.alias}", ""),
        rest(ALIAS, "") + nested,
        rest(ALIAS, "") + connector,
        rest(ALIAS, "") + unknown,
        rest(ALIAS, "") + &permission("").replace("apigateway.amazonaws.com", "'*'"),
        rest(ALIAS, "") + &permission("").replace("lambda:InvokeFunction", "lambda:*"),
    ] {
        let told = found(&more);
        assert!(
            told.iter()
                .all(|told| !told.starts_with("caller-not-permitted")),
            "{more}: {told:?}"
        );
    }
}

#[test]
fn a_permission_for_something_else_is_told_once() {
    let itself = permission("").replace("!Ref Orders.Alias", "!Ref Orders");
    let template = orders(CANARY, &(alarm("") + &rest(ALIAS, "") + &itself));
    assert_eq!(warned(&template), ["caller-bypasses-alias"]);
    for wrong in [
        permission("").replace("apigateway.amazonaws.com", "events.amazonaws.com"),
        permission("").replace("lambda:InvokeFunction", "lambda:GetFunction"),
    ] {
        let template = orders(CANARY, &(alarm("") + &rest(ALIAS, "") + &wrong));
        assert_eq!(warned(&template), ["caller-not-permitted"], "{wrong}");
    }
}

#[test]
fn a_function_url_that_asks_for_nothing_needs_both_permissions_for_anyone() {
    let url = |r#type: &str| {
        format!(
            "  Url: {{Type: AWS::Lambda::Url, Properties: {{AuthType: {type}, TargetFunctionArn: !Ref Orders, Qualifier: live}}}}\n"
        )
    };
    let anyone = |name: &str, more: &str| {
        permission("")
            .replace("May", name)
            .replace("apigateway.amazonaws.com", &format!("'*', {more}"))
    };
    let call = anyone("Call", "FunctionUrlAuthType: NONE").replace("Function'", "FunctionUrl'");
    let invoke = anyone("Invoke", "InvokedViaFunctionUrl: true");
    let both =
        anyone("Both", "FunctionUrlAuthType: NONE").replace("lambda:InvokeFunction", "lambda:*");
    assert_eq!(found(&url("AWS_IAM")), [""; 0]);
    assert_eq!(found(&(url("NONE") + &call + &invoke)), [""; 0]);
    assert_eq!(found(&(url("NONE") + &both)), [""; 0]);
    let invokes = "the function URL `Url` invokes `Orders:live`, and nothing permits";
    let needs_call =
        "`Action: lambda:InvokeFunctionUrl`, `Principal: '*'` and `FunctionUrlAuthType: NONE`";
    let needs_invoke =
        "`Action: lambda:InvokeFunction`, `Principal: '*'` and `InvokedViaFunctionUrl: true`";
    for (permissions, what, needs) in [
        (
            "",
            "it",
            format!("{needs_call}, and another with {needs_invoke}"),
        ),
        (
            &call,
            "`lambda:InvokeFunction`, which it needs too",
            needs_invoke.to_owned(),
        ),
        (
            &invoke,
            "`lambda:InvokeFunctionUrl`, which it needs too",
            needs_call.to_owned(),
        ),
    ] {
        let template = orders(CANARY, &(alarm("") + &url("NONE") + permissions));
        let found = warnings(&template, &Inputs::new("shop"));
        let [only] = &found[..] else {
            panic!("{permissions}: {found:?}")
        };
        assert_eq!(
            only.message,
            format!("{invokes} {what}: Lambda answers 403")
        );
        let help = format!(
            "add an `AWS::Lambda::Permission` with `FunctionName: !Ref Orders.Alias`, {needs}"
        );
        assert_eq!(only.help, Some(help));
    }
}

#[test]
fn a_key_that_is_no_path_is_of_a_route_too() {
    for key in ["$connect", "$default"] {
        for (resource, is_permitted) in [(key, true), ("*", true), ("$disconnect", false)] {
            let more = format!(
                "  Api: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Name: a, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}}}}
  Stage: {{Type: AWS::ApiGatewayV2::Stage, Properties: {{ApiId: !Ref Api, StageName: prod, AutoDeploy: true}}}}
  Route: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Api, RouteKey: {key}, Target: !Sub 'integrations/${{Integration}}'}}}}
  Integration: {{Type: AWS::ApiGatewayV2::Integration, Properties: {{ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${{Orders.Alias}}/invocations'}}}}
"
            ) + &permission(&format!(", SourceArn: !Sub 'arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/prod/{resource}'"));
            let found = found(&more);
            let told = found
                .iter()
                .any(|told| told.starts_with("caller-not-permitted"));
            assert_eq!(told, !is_permitted, "{key} {resource}: {found:?}");
        }
    }
}

/// What is not permitted of a function of SAM's with these events, and these APIs.
fn denied_of_events(apis: &str, events: &str) -> Vec<String> {
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31
Globals: {{Api: {{OpenApiVersion: 3.0.1}}}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      CodeUri: orders
      AutoPublishAlias: live
      DeploymentPreference: {{Type: Canary10Percent5Minutes}}
      Events:
{events}{apis}"
    );
    let found = warnings(&template, &Inputs::new("shop"));
    let denied = found.into_iter().filter(|found| found.is_not_permitted);
    denied.map(|found| found.message).collect()
}

#[test]
fn what_sam_permits_for_an_event_it_permits_for_that_events_route_alone() {
    let route = |path: &str, methods: &[&str]| {
        let integration = "{type: aws_proxy, httpMethod: POST, payloadFormatVersion: '2.0', uri: !Sub 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Alias}/invocations'}";
        let of = |method: &&str| {
            format!("            {method}: {{x-amazon-apigateway-integration: {integration}}}\n")
        };
        let methods: Vec<String> = methods.iter().map(of).collect();
        format!("          '{path}':\n{}", methods.concat())
    };
    let api = |r#type: &str, routes: &[String]| {
        format!(
            "  Api:\n    Type: AWS::Serverless::{type}\n    Properties:\n      StageName: prod\n      DefinitionBody:\n        openapi: 3.0.1\n        paths:\n{}",
            routes.concat()
        )
    };
    let event = |r#type: &str, more: &str| {
        format!(
            "        E{}: {{Type: {type}, Properties: {{{more}}}}}\n",
            more.len()
        )
    };
    let rest = |path: &str, method: &str| {
        event(
            "Api",
            &format!("Path: '{path}', Method: {method}, RestApiId: !Ref Api"),
        )
    };
    let http = |path: &str, method: &str| {
        event(
            "HttpApi",
            &format!("Path: '{path}', Method: {method}, ApiId: !Ref Api"),
        )
    };
    for (apis, events) in [
        (String::new(), event("Api", "Path: /orders, Method: get")),
        (
            String::new(),
            event("Api", "Path: '/{proxy+}', Method: any") + &event("Api", "Path: /, Method: any"),
        ),
        (
            String::new(),
            event("HttpApi", "Path: '/orders/{id}', Method: get")
                + &event("HttpApi", "Path: /orders/, Method: post"),
        ),
        (String::new(), "        Every: {Type: HttpApi}\n".to_owned()),
        (
            api("Api", &[route("/orders", &["get", "post"])]),
            rest("/orders", "get") + &rest("/orders", "POST"),
        ),
        (
            api("Api", &[route("/orders/{orderId}/lines/{line}", &["get"])]),
            rest("/orders/{id}/lines/{number}", "get"),
        ),
        (
            api(
                "Api",
                &[route("/{path+}", &["x-amazon-apigateway-any-method"])],
            ),
            rest("/{proxy+}", "any"),
        ),
        (
            api(
                "Api",
                &[route("/", &["get"]), route("/orders/{id}", &["get"])],
            ),
            rest("/", "any") + &rest("/{proxy+}", "any"),
        ),
        (
            api("HttpApi", &[route("/orders", &["get"])]),
            http("/orders", "any"),
        ),
    ] {
        assert_eq!(denied_of_events(&apis, &events), [""; 0], "{apis}{events}");
    }
    for (r#type, events) in [
        ("Api", rest("/orders", "get")),
        ("HttpApi", http("/orders", "get")),
    ] {
        let denied = denied_of_events(&api(r#type, &[route("/orders", &["get", "post"])]), &events);
        assert_eq!(
            denied,
            [
                "POST /orders of `Api` invokes `Orders:live`, and nothing permits it: API Gateway answers 500"
            ]
        );
    }
}

#[test]
fn a_role_of_one_target_permits_none_of_the_other_targets() {
    let rule = |first: &str, second: &str| {
        let target = "Arn: !Ref Orders.Alias";
        format!(
            "  Daily: {{Type: AWS::Events::Rule, Properties: {{ScheduleExpression: rate(1 day), Targets: [{{Id: a, {target}{first}}}, {{Id: b, {target}{second}}}]}}}}\n"
        )
    };
    let in_role = ", RoleArn: 'arn:aws:iam::123456789012:role/r'";
    assert_eq!(found(&rule(in_role, in_role)), [""; 0]);
    for (first, second) in [(in_role, ""), ("", in_role)] {
        let [only] = &found(&rule(first, second))[..] else {
            panic!("one is not permitted: {first}, {second}")
        };
        assert!(
            only.contains("the rule `Daily` invokes `Orders:live`, and nothing permits it"),
            "{only}"
        );
    }
    assert_eq!(
        found(&(rule(in_role, "") + &permission("").replace("apigateway", "events"))),
        [""; 0]
    );
}

#[test]
fn a_permission_of_an_event_is_for_the_service_that_sends_it_alone() {
    let notified = "  Files: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {LambdaConfigurations: [{Event: 's3:ObjectCreated:*', Function: !Ref Orders.Alias}]}}}\n";
    let news = "        News: {Type: SNS, Properties: {Topic: 'arn:aws:sns:us-east-1:123456789012:news'}}\n";
    assert_eq!(
        denied_of_events(notified, news),
        [
            "the bucket's notification `Files` invokes `Orders:live`, and nothing permits it: the service is refused"
        ]
    );
    let uploads = "        Upload: {Type: S3, Properties: {Bucket: !Ref Files, Events: 's3:ObjectRemoved:*'}}\n";
    assert_eq!(denied_of_events(notified, uploads), [""; 0]);
}
