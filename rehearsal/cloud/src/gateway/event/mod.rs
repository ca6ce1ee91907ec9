//! The event that API Gateway makes of a request.
//!
//! Source: Lambda developer guide, "Using AWS Lambda with Amazon API Gateway"; API Gateway developer guide, "Set up Lambda
//! proxy integrations in API Gateway" and "Working with AWS Lambda proxy integrations for HTTP APIs".

mod authorizer;
mod fields;
mod http;
mod parsed_request;
mod rest;

use std::io;

use bytes::Bytes;
use rehearsal_aws::apigateway::route::{Api, Match, PayloadFormat};
use rehearsal_aws::apigateway::stage::ApiKind;
use serde_json::to_writer;

use fields::{Added, pairs, sorted_headers};
use http::http;
use rest::{http_as_rest, rest};

pub use fields::domain;
pub use parsed_request::ParsedRequest;

/// The event for a request on a route, as JSON text: version 1.0 for a REST API, as the route asks for an HTTP API, 2.0 for a
/// function URL.
///
/// ```
/// use rehearsal_aws::apigateway::route::{Api, Authorization, InvokeMode, PayloadFormat, Route};
/// use rehearsal_aws::apigateway::stage::ApiKind;
/// use rehearsal_cloud::gateway::{ParsedRequest, event};
///
/// let api = Api {
///     id: "a1b2c3d4e5".into(),
///     kind: ApiKind::Rest,
///     stage: "live".into(),
///     account_id: "123456789012".into(),
///     region: "eu-central-1".into(),
///     variables: Vec::new(),
///     binary_media_types: Vec::new(),
///     routes: vec![Route {
///         method: "ANY".into(),
///         path: "/contacts/{id}".into(),
///         authorization: Authorization::None,
///         needs_api_key: false,
///         payload_format: PayloadFormat::V1,
///         invoke_mode: InvokeMode::Buffered,
///         function: "contacts".into(),
///         qualifier: Some("live".into()),
///     }],
/// };
/// let request = ParsedRequest::new("GET", "/live/contacts/7?full=yes");
/// let found = api.route("GET", "/contacts/7").expect("there is such a route");
/// let event: serde_json::Value = serde_json::from_slice(&event(&api, &found, &request))?;
/// assert_eq!(event["path"], "/contacts/7");
/// assert_eq!(event["requestContext"]["path"], "/live/contacts/7");
/// assert_eq!(event["pathParameters"]["id"], "7");
/// assert_eq!(event["queryStringParameters"]["full"], "yes");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn event(api: &Api, found: &Match<'_>, request: &ParsedRequest) -> Bytes {
    let query = pairs(&request.query);
    let added = Added::to(request, api.kind);
    let added = added.to_headers(request);
    let mut text = Text(Vec::with_capacity(EVENT_BYTES + request.body.len()));
    let written = match (api.kind, found.route.payload_format) {
        (ApiKind::Rest, _) => {
            let headers = sorted_headers(request, added);
            to_writer(&mut text, &rest(api, found, &query, &headers, request))
        }
        (ApiKind::Http, PayloadFormat::V1) => {
            let headers = sorted_headers(request, added);
            let event = http_as_rest(api, found, &query, &headers, request);
            to_writer(&mut text, &event)
        }
        (ApiKind::Http, PayloadFormat::V2) | (ApiKind::FunctionUrl, _) => {
            to_writer(&mut text, &http(api, found, query, added, request))
        }
    };
    // What these are of has a text always.
    written.map_or_else(|_| Bytes::new(), |()| text.0.into())
}

/// How long most events are without their bodies, in bytes.
const EVENT_BYTES: usize = 2 * 1024;

/// JSON as it is written: in some three hundred pieces, most of them one byte, such as a quotation mark.
struct Text(Vec<u8>);

impl io::Write for Text {
    #[inline]
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece).map(|()| piece.len())
    }

    #[inline]
    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        match piece {
            [byte] => self.0.push(*byte),
            bytes => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::test_api;
    use rehearsal_aws::apigateway::route::{Authorization, AuthorizerKind};

    fn api(kind: ApiKind, stage: &str) -> Api {
        test_api::api(kind, stage, &["/contacts/{id}", "/contacts"])
    }

    fn of(api: &Api, request: &ParsedRequest) -> Value {
        let path = api.without_stage(&request.path).unwrap();
        let found = api.route(&request.method, path).unwrap();
        serde_json::from_slice(&event(api, &found, request)).unwrap()
    }

    fn request() -> ParsedRequest {
        let mut request = ParsedRequest::new("POST", "/live/contacts/a%20b?x=1&x=2&y=%C3%A9+z");
        request.headers = vec![
            ("Accept".to_owned(), "a".to_owned()),
            ("Accept".to_owned(), "b".to_owned()),
            ("Cookie".to_owned(), "k=v; l=w".to_owned()),
            (
                "content-type".to_owned(),
                "application/json; charset=utf-8".to_owned(),
            ),
        ];
        request.body = Bytes::from_static(b"{\"n\":1}");
        request.at = UNIX_EPOCH + Duration::from_millis(1_428_582_896_123);
        request
    }

    #[test]
    fn the_variables_of_the_stage_are_in_every_event_and_null_or_absent_where_there_are_none() {
        for kind in [ApiKind::Rest, ApiKind::Http] {
            let mut api = api(kind, "live");
            let none = of(&api, &request());
            assert_eq!(none["stageVariables"], Value::Null, "{kind:?}");
            api.variables = vec![("alias".to_owned(), "live".to_owned())];
            let event = of(&api, &request());
            assert_eq!(event["stageVariables"], json!({ "alias": "live" }));
        }
    }

    #[test]
    fn a_rest_event_carries_single_and_multiple_values() {
        let event = of(&api(ApiKind::Rest, "live"), &request());
        assert_eq!(event["resource"], "/contacts/{id}");
        assert_eq!(event["path"], "/contacts/a%20b");
        assert_eq!(event["pathParameters"], json!({ "id": "a%20b" }));
        assert_eq!(
            event["queryStringParameters"],
            json!({ "x": "2", "y": "é z" })
        );
        assert_eq!(
            event["multiValueQueryStringParameters"],
            json!({ "x": ["1", "2"], "y": ["é z"] })
        );
        assert_eq!(event["headers"]["Accept"], "b");
        assert_eq!(event["multiValueHeaders"]["Accept"], json!(["a", "b"]));
        assert_eq!(event["body"], "{\"n\":1}");
        let context = &event["requestContext"];
        assert_eq!(
            (&context["path"], &context["stage"]),
            (&json!("/live/contacts/a%20b"), &json!("live"))
        );
        assert_eq!(context["requestTime"], "09/Apr/2015:12:34:56 +0000");
        assert_eq!(context["requestTimeEpoch"], 1_428_582_896_123_u64);
        assert_eq!(context["identity"]["accessKey"], Value::Null);
    }

    #[test]
    fn an_http_event_joins_values_and_leaves_out_what_is_empty() {
        let event = of(&api(ApiKind::Http, "live"), &request());
        assert_eq!(
            (&event["version"], &event["routeKey"]),
            (&json!("2.0"), &json!("ANY /contacts/{id}"))
        );
        assert_eq!(event["rawPath"], "/live/contacts/a b");
        assert_eq!(event["rawQueryString"], "x=1&x=2&y=%C3%A9+z");
        assert_eq!(
            event["queryStringParameters"],
            json!({ "x": "1,2", "y": "é z" })
        );
        assert_eq!(event["headers"]["accept"], "a,b");
        assert_eq!(event["headers"].get("cookie"), None);
        assert_eq!(event["headers"]["content-length"], "7");
        assert_eq!(event["pathParameters"], json!({ "id": "a b" }));
        assert_eq!(event["cookies"], json!(["k=v", "l=w"]));
        let bare = of(
            &api(ApiKind::Http, "$default"),
            &ParsedRequest::new("GET", "/contacts"),
        );
        for absent in ["cookies", "queryStringParameters", "pathParameters", "body"] {
            assert_eq!(bare.get(absent), None, "{absent}");
        }
        assert_eq!(bare["rawPath"], "/contacts");
    }

    #[test]
    fn an_http_route_of_version_1_0_gets_that_events_shape_with_its_version() {
        let mut api = api(ApiKind::Http, "live");
        for route in &mut api.routes {
            route.payload_format = PayloadFormat::V1;
        }
        let event = of(&api, &request());
        assert_eq!(event["version"], "1.0");
        assert_eq!(event["httpMethod"], "POST");
        assert_eq!(event["path"], "/live/contacts/a b");
        assert_eq!(event["pathParameters"], json!({ "id": "a b" }));
        assert_eq!(event["multiValueHeaders"]["Accept"], json!(["a", "b"]));
        assert_eq!(event.get("rawPath"), None);
    }

    #[test]
    fn a_function_url_sends_version_2_0_from_its_own_host() {
        let mut api = api(ApiKind::FunctionUrl, "$default");
        api.routes.truncate(1);
        api.routes[0].path = "$default".to_owned();
        let event = of(&api, &ParsedRequest::new("GET", "/any%20path?x=1"));
        assert_eq!(
            (&event["version"], &event["routeKey"], &event["rawPath"]),
            (&json!("2.0"), &json!("$default"), &json!("/any%20path"))
        );
        assert_eq!(
            event["requestContext"]["domainName"],
            "a1b2c3d4e5.lambda-url.us-east-1.on.aws"
        );
    }

    #[test]
    fn an_api_in_china_has_a_host_of_its_partition() {
        let mut api = api(ApiKind::Rest, "live");
        api.region = "cn-north-1".to_owned();
        assert_eq!(
            of(&api, &request())["requestContext"]["domainName"],
            "a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn"
        );
    }

    #[test]
    fn what_aws_adds_to_a_request_is_in_its_headers() {
        let mut request = request();
        request.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned();
        for (kind, name) in [
            (ApiKind::Rest, ["X-Forwarded-Proto", "X-Amzn-Trace-Id"]),
            (ApiKind::Http, ["x-forwarded-proto", "x-amzn-trace-id"]),
        ] {
            let headers = &of(&api(kind, "live"), &request)["headers"];
            assert_eq!(headers[name[0]], "https");
            assert_eq!(headers[name[1]], "Root=1-8476a536-e9f411e897392dfe598c3fcd");
        }
        let sent = ("x-amzn-trace-id".to_owned(), "Root=1-a-b".to_owned());
        request.headers.push(sent);
        let headers = &of(&api(ApiKind::Rest, "live"), &request)["headers"];
        assert_eq!(headers["x-amzn-trace-id"], "Root=1-a-b");
        assert_eq!(headers.get("X-Amzn-Trace-Id"), None);
    }

    #[test]
    fn an_api_appends_who_called_to_what_a_client_says_of_it_and_a_url_leaves_the_first() {
        let mut request = request();
        for (name, value) in [
            ("x-forwarded-for", "203.0.113.1, 203.0.113.2"),
            ("X-Forwarded-Proto", "http"),
            ("x-forwarded-port", "80"),
        ] {
            request.headers.push((name.to_owned(), value.to_owned()));
        }
        let all = "203.0.113.1, 203.0.113.2, 127.0.0.1";
        for (kind, names, expected) in [
            (
                ApiKind::Rest,
                ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port"],
                all,
            ),
            (
                ApiKind::Http,
                ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"],
                all,
            ),
            (
                ApiKind::FunctionUrl,
                ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"],
                "203.0.113.1",
            ),
        ] {
            let headers = &of(&api(kind, "live"), &request)["headers"];
            let found = names.map(|name| headers[name].as_str().unwrap());
            assert_eq!(found, [expected, "https", "443"], "{kind:?}");
            let of_client = headers.as_object().unwrap().keys();
            let forwarded = of_client.filter(|name| name.to_lowercase().starts_with("x-forwarded"));
            assert_eq!(forwarded.count(), 3, "{kind:?}");
        }
    }

    fn by(name: &str) -> Authorization {
        Authorization::Authorizer {
            name: name.to_owned(),
            kind: AuthorizerKind::of_type(name),
        }
    }

    #[test]
    fn what_is_given_of_a_caller_takes_the_place_of_all_that_is_made_up() {
        let said = |kind, name: &str, format, claims: Value| {
            let mut api = api(kind, "live");
            api.routes[0].authorization = by(name);
            api.routes[0].payload_format = format;
            let mut request = request();
            request.claims = serde_json::from_value(claims).unwrap();
            of(&api, &request)["requestContext"]["authorizer"].take()
        };
        let (v1, v2) = (PayloadFormat::V1, PayloadFormat::V2);
        let given = json!({ "sub": "one", "custom:level": 3, "cognito:groups": ["a", "b"] });
        assert_eq!(
            said(ApiKind::Rest, "COGNITO_USER_POOLS", v1, given.clone()),
            json!({ "claims": {
                "sub": "one", "custom:level": "3", "cognito:groups": "a,b",
                "exp": "Thu Apr 09 13:34:56 UTC 2015", "iat": "Thu Apr 09 12:34:56 UTC 2015",
            } })
        );
        let of_token = json!({
            "sub": "one", "custom:level": "3", "cognito:groups": "[a b]", "exp": "1428586496", "iat": "1428582896",
        });
        assert_eq!(
            said(ApiKind::Http, "JWT", v2, given.clone()),
            json!({ "jwt": { "claims": of_token, "scopes": null } })
        );
        assert_eq!(
            said(ApiKind::Http, "JWT", v1, given),
            json!({ "claims": of_token, "scopes": null })
        );
        let context = json!({ "principalId": "one", "admin": true, "level": 3 });
        assert_eq!(
            said(ApiKind::Rest, "CUSTOM", v1, context),
            json!({ "principalId": "one", "admin": "true", "level": "3", "integrationLatency": 1 })
        );
        let context = json!({ "admin": true, "roles": ["a"] });
        assert_eq!(
            said(ApiKind::Http, "CUSTOM", v2, context.clone()),
            json!({ "lambda": context })
        );
    }

    #[test]
    fn the_token_of_whom_an_authorizer_lets_in_is_as_new_as_the_request() {
        let claims = |kind, name: &str| {
            let mut api = api(kind, "live");
            api.routes[0].authorization = by(name);
            let said = of(&api, &request())["requestContext"]["authorizer"].take();
            let claims = said.pointer("/jwt/claims").or(said.get("claims"));
            let claims = claims.unwrap();
            ["auth_time", "iat", "exp"].map(|name| claims[name].as_str().unwrap().to_owned())
        };
        let seconds = ["1428582896", "1428582896", "1428586496"];
        assert_eq!(claims(ApiKind::Http, "JWT"), seconds);
        assert_eq!(
            claims(ApiKind::Rest, "COGNITO_USER_POOLS"),
            [
                "1428582896",
                "Thu Apr 09 12:34:56 UTC 2015",
                "Thu Apr 09 13:34:56 UTC 2015"
            ]
        );
    }

    #[test]
    fn the_parameters_of_a_rest_api_stand_as_in_the_path() {
        let mut api = api(ApiKind::Rest, "live");
        api.routes[0].path = "/of/{id}/files/{rest+}".to_owned();
        let event = of(
            &api,
            &ParsedRequest::new("GET", "/live/of/a%2Fb/files/c%20d/e/"),
        );
        assert_eq!(
            event["pathParameters"],
            json!({ "id": "a%2Fb", "rest": "c%20d/e" })
        );
    }

    #[test]
    fn whom_an_authorizer_lets_in_is_in_the_event_and_nobody_is_without_one() {
        let context = |kind, authorization| {
            let mut api = api(kind, "live");
            api.routes[0].authorization = authorization;
            of(&api, &request())["requestContext"]["authorizer"].clone()
        };
        for kind in [ApiKind::Rest, ApiKind::Http] {
            assert_eq!(context(kind, Authorization::None), Value::Null);
        }
        let of_pool = context(ApiKind::Rest, by("COGNITO_USER_POOLS"));
        assert_eq!(of_pool["claims"]["cognito:username"], "rehearsal");
        assert_eq!(of_pool.get("principalId"), None);
        let of_function = context(ApiKind::Rest, by("CUSTOM"));
        assert_eq!(of_function["principalId"], "rehearsal");
        assert_eq!(of_function.get("claims"), None);
        let of_either = context(ApiKind::Rest, by("MyAuthorizer"));
        assert!(of_either["claims"].is_object() && of_either["principalId"].is_string());
        let of_token = context(ApiKind::Http, by("JWT"));
        assert_eq!(of_token["jwt"]["claims"]["token_use"], "id");
        assert_eq!(of_token.get("lambda"), None);
    }

    #[test]
    fn an_http_api_and_a_url_have_all_in_base64_that_they_do_not_know_for_text() {
        let mut request = request();
        for (content_type, is_base64) in [
            (Some("text/csv"), false),
            (Some("Application/JSON"), false),
            (Some("application/xml; charset=utf-8"), false),
            (Some("application/x-www-form-urlencoded"), true),
            (Some("application/problem+json"), true),
            (None, true),
        ] {
            request.headers = content_type
                .map(|value| ("Content-Type".to_owned(), value.to_owned()))
                .into_iter()
                .collect();
            for (kind, expected) in [
                (ApiKind::Rest, false),
                (ApiKind::Http, is_base64),
                (ApiKind::FunctionUrl, is_base64),
            ] {
                let mut api = api(kind, "live");
                api.routes[0].path = "/{any+}".to_owned();
                api.stage = "$default".to_owned();
                let event = of(&api, &request);
                assert_eq!(
                    event["isBase64Encoded"], expected,
                    "{kind:?} {content_type:?}"
                );
            }
        }
    }

    #[test]
    fn a_body_that_is_not_text_is_in_base64_and_a_rest_api_is_told_which_types_are() {
        let mut request = request();
        request.body = Bytes::from_static(&[0xff, 0xfe]);
        request.headers = vec![("content-type".to_owned(), "image/png".to_owned())];
        let body = |api: &Api| {
            let event = of(api, &request);
            (event["body"].clone(), event["isBase64Encoded"].clone())
        };
        let in_base64 = (json!("//4="), json!(true));
        assert_eq!(body(&api(ApiKind::Http, "live")), in_base64);
        let mut rest = api(ApiKind::Rest, "live");
        assert_eq!(body(&rest), (json!("\u{fffd}\u{fffd}"), json!(false)));
        rest.binary_media_types = vec!["image/png".to_owned()];
        assert_eq!(body(&rest), in_base64);
    }
}
