//! The event of version 1.0: that of a REST API, and of an HTTP API whose integration asks for it.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use rehearsal_aws::apigateway::route::{API_KEY_HEADER, Api, Match};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use time::OffsetDateTime;

use super::authorizer;
use super::fields::{
    AllOfEach, Headers, LastOfEach, SOURCE_IP, all_of_each, body, domain, epoch_ms, last_of_each,
    request_time,
};
use super::parsed_request::ParsedRequest;

/// It is written as it stands here: one is made for each request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestEvent<'r> {
    body: Option<Cow<'r, str>>,
    #[serde(serialize_with = "last_values")]
    headers: &'r Headers<'r>,
    http_method: &'r str,
    is_base64_encoded: bool,
    #[serde(serialize_with = "all_values")]
    multi_value_headers: &'r Headers<'r>,
    multi_value_query_string_parameters: Option<AllOfEach<'r>>,
    path: Cow<'r, str>,
    path_parameters: Option<LastOfEach<'r>>,
    query_string_parameters: Option<LastOfEach<'r>>,
    request_context: RestContext<'r>,
    resource: &'r str,
    stage_variables: Option<LastOfEach<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RestContext<'r> {
    account_id: &'r str,
    api_id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Value>,
    domain_name: String,
    domain_prefix: &'r str,
    extended_request_id: &'r str,
    http_method: &'r str,
    identity: Identity<'r>,
    path: &'r str,
    protocol: &'static str,
    request_id: &'r str,
    request_time: String,
    request_time_epoch: u64,
    resource_id: Option<&'static str>,
    resource_path: &'r str,
    stage: &'r str,
}

/// Who asks: nobody whom Cognito or an organization would know.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'r> {
    access_key: Option<&'r str>,
    account_id: Option<&'r str>,
    /// Where the method asks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'r str>,
    caller: (),
    cognito_authentication_provider: (),
    cognito_authentication_type: (),
    cognito_identity_id: (),
    cognito_identity_pool_id: (),
    principal_org_id: (),
    source_ip: &'static str,
    user: (),
    user_agent: Option<&'r str>,
    user_arn: (),
}

/// The last value of each name.
fn last_values<S: Serializer>(headers: &Headers<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for of_name in headers.chunk_by(|one, next| one.0 == next.0) {
        if let Some((name, value)) = of_name.last() {
            map.serialize_entry(name, value)?;
        }
    }
    map.end()
}

/// All values of each name.
fn all_values<S: Serializer>(headers: &Headers<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    struct Values<'v>(&'v Headers<'v>);

    impl Serialize for Values<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(self.0.iter().map(|(_, value)| value))
        }
    }

    let mut map = serializer.serialize_map(None)?;
    for of_name in headers.chunk_by(|one, next| one.0 == next.0) {
        if let Some((name, _)) = of_name.first() {
            map.serialize_entry(name, &Values(of_name))?;
        }
    }
    map.end()
}

/// The event of a REST API.
pub(super) fn rest<'r>(
    api: &'r Api,
    found: &'r Match<'_>,
    query: &'r [(String, String)],
    headers: &'r Headers<'r>,
    request: &'r ParsedRequest,
) -> RestEvent<'r> {
    let (body, is_base64_encoded) = body(api, request);
    let path = api.without_stage(&request.path).unwrap_or(&request.path);
    RestEvent {
        body,
        headers,
        http_method: &request.method,
        is_base64_encoded,
        multi_value_headers: headers,
        multi_value_query_string_parameters: all_of_each(query),
        path: Cow::Borrowed(path),
        path_parameters: last_of_each(&found.parameters),
        query_string_parameters: last_of_each(query),
        request_context: RestContext {
            account_id: &api.account_id,
            api_id: &api.id,
            authorizer: authorizer::of_version_1(api.kind, &found.route.authorization, request),
            domain_name: domain(api),
            domain_prefix: &api.id,
            extended_request_id: &request.request_id,
            http_method: &request.method,
            identity: Identity {
                access_key: request.access_key_id.as_deref(),
                account_id: request
                    .access_key_id
                    .as_ref()
                    .map(|_| api.account_id.as_str()),
                api_key: request
                    .header(API_KEY_HEADER)
                    .filter(|_| found.route.needs_api_key),
                source_ip: SOURCE_IP,
                user_agent: request.header("user-agent"),
                ..Identity::default()
            },
            path: &request.path,
            protocol: "HTTP/1.1",
            request_id: &request.request_id,
            request_time: request_time(OffsetDateTime::from(request.at)),
            request_time_epoch: epoch_ms(request.at),
            resource_id: Some("000000"),
            resource_path: &found.route.path,
            stage: &api.stage,
        },
        resource: &found.route.path,
        stage_variables: last_of_each(&api.variables),
        version: None,
    }
}

/// Version 1.0 of an HTTP API: that of a REST API with its version, and with the stage in `path` (API Gateway developer guide,
/// "Create AWS Lambda proxy integrations for HTTP APIs"; that the stage is in `path` as in `rawPath` is assumed). What is in a path is decoded, as in
/// version 2.0 (seen: [standard-server 93](https://github.com/middleapi/standard-server/pull/93)).
pub(super) fn http_as_rest<'r>(
    api: &'r Api,
    found: &'r Match<'_>,
    query: &'r [(String, String)],
    headers: &'r Headers<'r>,
    request: &'r ParsedRequest,
) -> RestEvent<'r> {
    let mut event = rest(api, found, query, headers, request);
    event.version = Some("1.0");
    event.path = percent_decode_str(&request.path).decode_utf8_lossy();
    event.request_context.resource_id = None;
    event
}
