//! The event of version 2.0: that of an HTTP API and of a function URL.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use rehearsal_aws::apigateway::route::{Api, Match};
use rehearsal_aws::apigateway::stage::ApiKind;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::authorizer;
use super::fields::{SOURCE_IP, body, domain, epoch_ms, last_of_each, own_headers, request_time};
use super::parsed_request::ParsedRequest;

/// The event of an HTTP API or a function URL. An HTTP API decodes a path, a URL does not (seen:
/// [standard-server 93](https://github.com/middleapi/standard-server/pull/93)). `added` are the headers beside those of the request.
pub(super) fn http<'r>(
    api: &Api,
    found: &Match<'_>,
    query: Vec<(String, String)>,
    added: impl Iterator<Item = (&'r str, &'r str)>,
    request: &'r ParsedRequest,
) -> Value {
    let (body, is_base64) = body(api, request);
    let path = match api.kind {
        ApiKind::FunctionUrl => Cow::Borrowed(request.path.as_str()),
        ApiKind::Rest | ApiKind::Http => percent_decode_str(&request.path).decode_utf8_lossy(),
    };
    let route_key = match found.route.path.as_str() {
        "$default" => "$default".to_owned(),
        path => format!("{} {path}", found.route.method),
    };
    let headers = own_headers(request)
        .filter(|(name, _)| !name.eq_ignore_ascii_case("cookie"))
        .chain(added)
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let headers = joined(headers);
    let query = joined(query);
    let cookies: Vec<&str> = request
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("cookie"))
        .flat_map(|(_, value)| value.split("; "))
        .collect();
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": api.account_id,
            "apiId": api.id,
            "domainName": domain(api),
            "domainPrefix": api.id,
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": request.header("user-agent").unwrap_or_default(),
            },
            "requestId": request.request_id,
            "routeKey": route_key,
            "stage": api.stage,
            "time": request_time(OffsetDateTime::from(request.at)),
            "timeEpoch": epoch_ms(request.at),
        },
        "isBase64Encoded": is_base64,
    });
    // What is empty is absent in version 2.0.
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !query.is_empty() {
        event["queryStringParameters"] = Value::Object(query);
    }
    if let Some(parameters) = last_of_each(&found.parameters) {
        event["pathParameters"] = json!(parameters);
    }
    if let Some(variables) = last_of_each(&api.variables) {
        event["stageVariables"] = json!(variables);
    }
    if let Some(body) = body {
        event["body"] = json!(body);
    }
    if let Some(authorizer) = authorizer::of_version_2(&found.route.authorization, request) {
        event["requestContext"]["authorizer"] = authorizer;
    }
    if let Some(key) = &request.access_key_id {
        event["requestContext"]["authorizer"] =
            json!({ "iam": { "accessKey": key, "accountId": api.account_id } });
    }
    event
}

/// Version 2.0 has one value a name: repeated ones are joined by a comma.
fn joined(pairs: impl IntoIterator<Item = (String, String)>) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in pairs {
        let value = match map.get(&name).and_then(Value::as_str) {
            Some(earlier) => format!("{earlier},{value}"),
            None => value,
        };
        map.insert(name, Value::String(value));
    }
    map
}
