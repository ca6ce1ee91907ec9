//! The event that API Gateway makes of a request.
//!
//! Source: Lambda developer guide, "Using AWS Lambda with Amazon API Gateway"; API Gateway developer guide, "Set up Lambda
//! proxy integrations in API Gateway" and "Working with AWS Lambda proxy integrations for HTTP APIs".

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use rehearsal_aws::apigateway::route::{Api, Match, PayloadFormat};
use rehearsal_aws::apigateway::stage::ApiKind;
use serde::Serialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

/// A request as it reached an API, stage included in its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedRequest {
    /// The method, such as `GET`.
    pub method: String,
    /// The path with its stage, still percent-encoded: `/live/contacts/7`.
    pub path: String,
    /// The query without its question mark, still percent-encoded; empty if there is none.
    pub query: String,
    /// The headers in their order, names as they were sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The request's id, which the event and the answer carry.
    pub request_id: String,
    /// When it came.
    pub at: SystemTime,
    /// The caller's access key id, on a signed request.
    pub access_key_id: Option<String>,
}

impl ParsedRequest {
    /// A request without headers and body, that came now. `path_and_query` has the stage in it.
    pub fn new(method: impl Into<String>, path_and_query: &str) -> Self {
        let (path, query) = path_and_query
            .split_once('?')
            .unwrap_or((path_and_query, ""));
        Self {
            method: method.into(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            request_id: uuid::Uuid::now_v7().to_string(),
            at: SystemTime::now(),
            access_key_id: None,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The event for a request on a route, as JSON text: version 1.0 for a REST API, as the route asks for an HTTP API, 2.0 for a
/// function URL.
///
/// ```
/// use rehearsal_aws::apigateway::route::{Api, Authorization, PayloadFormat, Route};
/// use rehearsal_aws::apigateway::stage::ApiKind;
/// use rehearsal_cloud::gateway::{ParsedRequest, event};
///
/// let api = Api {
///     id: "a1b2c3d4e5".into(),
///     kind: ApiKind::Rest,
///     stage: "live".into(),
///     account_id: "123456789012".into(),
///     region: "eu-central-1".into(),
///     routes: vec![Route {
///         method: "ANY".into(),
///         path: "/contacts/{id}".into(),
///         authorization: Authorization::None,
///         payload_format: PayloadFormat::V1,
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
    let event = match (api.kind, found.route.payload_format) {
        (ApiKind::Rest, _) => serde_json::to_vec(&rest(api, found, &query, request)),
        (ApiKind::Http, PayloadFormat::V1) => {
            serde_json::to_vec(&http_as_rest(api, found, &query, request))
        }
        (ApiKind::Http, PayloadFormat::V2) | (ApiKind::FunctionUrl, _) => {
            serde_json::to_vec(&http(api, found, query, request))
        }
    };
    // What these are of has a text always.
    event.unwrap_or_default().into()
}

/// The last value of each name.
type LastOfEach<'r> = BTreeMap<&'r str, &'r str>;
/// All values of each name.
type AllOfEach<'r> = BTreeMap<&'r str, Vec<&'r str>>;

/// An event of version 1.0. It is written as it stands here: one is made for each request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RestEvent<'r> {
    body: Option<Cow<'r, str>>,
    headers: Option<LastOfEach<'r>>,
    http_method: &'r str,
    is_base64_encoded: bool,
    multi_value_headers: Option<AllOfEach<'r>>,
    multi_value_query_string_parameters: Option<AllOfEach<'r>>,
    path: &'r str,
    path_parameters: Option<LastOfEach<'r>>,
    query_string_parameters: Option<LastOfEach<'r>>,
    request_context: RestContext<'r>,
    resource: &'r str,
    stage_variables: (),
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RestContext<'r> {
    account_id: &'r str,
    api_id: &'r str,
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
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'r> {
    access_key: Option<&'r str>,
    account_id: Option<&'r str>,
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

fn rest<'r>(
    api: &'r Api,
    found: &'r Match<'_>,
    query: &'r [(String, String)],
    request: &'r ParsedRequest,
) -> RestEvent<'r> {
    let (body, is_base64_encoded) = body(request);
    RestEvent {
        body,
        headers: last_of_each(&request.headers),
        http_method: &request.method,
        is_base64_encoded,
        multi_value_headers: all_of_each(&request.headers),
        multi_value_query_string_parameters: all_of_each(query),
        path: api.without_stage(&request.path).unwrap_or(&request.path),
        path_parameters: last_of_each(&found.parameters),
        query_string_parameters: last_of_each(query),
        request_context: RestContext {
            account_id: &api.account_id,
            api_id: &api.id,
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
                caller: (),
                cognito_authentication_provider: (),
                cognito_authentication_type: (),
                cognito_identity_id: (),
                cognito_identity_pool_id: (),
                principal_org_id: (),
                source_ip: "127.0.0.1",
                user: (),
                user_agent: request.header("user-agent"),
                user_arn: (),
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
        stage_variables: (),
        version: None,
    }
}

/// Version 1.0 of an HTTP API: that of a REST API with its version, and with the stage in `path` (API Gateway developer guide,
/// "Create AWS Lambda proxy integrations for HTTP APIs"; that the stage is in `path` as in `rawPath` is assumed).
fn http_as_rest<'r>(
    api: &'r Api,
    found: &'r Match<'_>,
    query: &'r [(String, String)],
    request: &'r ParsedRequest,
) -> RestEvent<'r> {
    let mut event = rest(api, found, query, request);
    event.version = Some("1.0");
    event.path = &request.path;
    event.request_context.resource_id = None;
    event
}

fn http(
    api: &Api,
    found: &Match<'_>,
    query: Vec<(String, String)>,
    request: &ParsedRequest,
) -> Value {
    let (body, is_base64) = body(request);
    let route_key = match found.route.path.as_str() {
        "$default" => "$default".to_owned(),
        path => format!("{} {path}", found.route.method),
    };
    let mut headers = Map::new();
    for (name, value) in request
        .headers
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("cookie"))
    {
        // HTTP APIs join repeated headers with a comma and write names in lower case.
        let entry = headers
            .entry(name.to_ascii_lowercase())
            .or_insert_with(|| json!(""));
        let joined = match entry.as_str() {
            Some("") | None => value.clone(),
            Some(earlier) => format!("{earlier},{value}"),
        };
        *entry = Value::String(joined);
    }
    let mut joined_query = Map::new();
    for (name, value) in query {
        let joined = match joined_query.get(&name).and_then(Value::as_str) {
            Some(earlier) => format!("{earlier},{value}"),
            None => value,
        };
        joined_query.insert(name, Value::String(joined));
    }
    let cookies: Vec<&str> = request
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("cookie"))
        .flat_map(|(_, value)| value.split("; "))
        .collect();
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": percent_decode_str(&request.path).decode_utf8_lossy(),
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": api.account_id,
            "apiId": api.id,
            "domainName": domain(api),
            "domainPrefix": api.id,
            "http": {
                "method": request.method,
                "path": percent_decode_str(&request.path).decode_utf8_lossy(),
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
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
    if !joined_query.is_empty() {
        event["queryStringParameters"] = Value::Object(joined_query);
    }
    if let Some(parameters) = last_of_each(&found.parameters) {
        event["pathParameters"] = json!(parameters);
    }
    if let Some(body) = body {
        event["body"] = json!(body);
    }
    if let Some(key) = &request.access_key_id {
        event["requestContext"]["authorizer"] =
            json!({ "iam": { "accessKey": key, "accountId": api.account_id } });
    }
    event
}

/// An API's host name.
pub fn domain(api: &Api) -> String {
    match api.kind {
        ApiKind::Rest | ApiKind::Http => {
            format!("{}.execute-api.{}.amazonaws.com", api.id, api.region)
        }
        ApiKind::FunctionUrl => format!("{}.lambda-url.{}.on.aws", api.id, api.region),
    }
}

/// The body as text, or in base64 where it is not; `None` where there is none.
fn body(request: &ParsedRequest) -> (Option<Cow<'_, str>>, bool) {
    if request.body.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(&request.body) {
        Ok(text) => (Some(Cow::Borrowed(text)), false),
        Err(_) => (Some(Cow::Owned(STANDARD.encode(&request.body))), true),
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(pair)
        .collect()
}

fn last_of_each(pairs: &[(String, String)]) -> Option<LastOfEach<'_>> {
    let pairs = pairs.iter();
    let map: LastOfEach<'_> = pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    (!map.is_empty()).then_some(map)
}

fn all_of_each(pairs: &[(String, String)]) -> Option<AllOfEach<'_>> {
    let mut map = AllOfEach::new();
    for (name, value) in pairs {
        map.entry(name).or_default().push(value);
    }
    (!map.is_empty()).then_some(map)
}

fn epoch_ms(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// `09/Apr/2015:12:34:56 +0000`, the common log format.
fn request_time(at: OffsetDateTime) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = MONTHS[usize::from(u8::from(at.month())) - 1];
    format!(
        "{:02}/{month}/{:04}:{:02}:{:02}:{:02} +0000",
        at.day(),
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rehearsal_aws::apigateway::route::{Authorization, Route};

    fn api(kind: ApiKind, stage: &str) -> Api {
        let route = |path: &str| Route {
            method: "ANY".to_owned(),
            path: path.to_owned(),
            authorization: Authorization::None,
            payload_format: PayloadFormat::V2,
            function: "f".to_owned(),
            qualifier: None,
        };
        Api {
            id: "a1b2c3d4e5".to_owned(),
            kind,
            stage: stage.to_owned(),
            account_id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            routes: vec![route("/contacts/{id}"), route("/contacts")],
        }
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
        ];
        request.body = Bytes::from_static(b"{\"n\":1}");
        request.at = UNIX_EPOCH + Duration::from_millis(1_428_582_896_123);
        request
    }

    #[test]
    fn a_rest_event_carries_single_and_multiple_values() {
        let event = of(&api(ApiKind::Rest, "live"), &request());
        assert_eq!(event["resource"], "/contacts/{id}");
        assert_eq!(event["path"], "/contacts/a%20b");
        assert_eq!(event["pathParameters"], json!({ "id": "a b" }));
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
        assert_eq!(event["headers"], json!({ "accept": "a,b" }));
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
        assert_eq!(event["path"], "/live/contacts/a%20b");
        assert_eq!(event["multiValueHeaders"]["Accept"], json!(["a", "b"]));
        assert_eq!(event.get("rawPath"), None);
    }

    #[test]
    fn a_function_url_sends_version_2_0_from_its_own_host() {
        let mut api = api(ApiKind::FunctionUrl, "$default");
        api.routes.truncate(1);
        api.routes[0].path = "$default".to_owned();
        let event = of(&api, &ParsedRequest::new("GET", "/any/path?x=1"));
        assert_eq!(
            (&event["version"], &event["routeKey"], &event["rawPath"]),
            (&json!("2.0"), &json!("$default"), &json!("/any/path"))
        );
        assert_eq!(
            event["requestContext"]["domainName"],
            "a1b2c3d4e5.lambda-url.us-east-1.on.aws"
        );
    }

    #[test]
    fn a_body_that_is_not_text_is_in_base64() {
        let mut request = request();
        request.body = Bytes::from_static(&[0xff, 0xfe]);
        let event = of(&api(ApiKind::Rest, "live"), &request);
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!("//4="), &json!(true))
        );
    }
}
