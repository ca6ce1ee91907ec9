//! The event that API Gateway makes of a request.

use std::hint::black_box;

use anyhow::Context;
use rehearsal_aws::apigateway::route::{Api, Authorization, InvokeMode, PayloadFormat, Route};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_cloud::gateway::{ParsedRequest, event};

/// Makes the event of a REST API's request with a body and a path parameter so many times.
pub fn take(times: u32) -> anyhow::Result<u64> {
    let api = Api {
        id: "a1b2c3d4e5".to_owned(),
        kind: ApiKind::Rest,
        stage: "live".to_owned(),
        account_id: "123456789012".to_owned(),
        region: "eu-central-1".to_owned(),
        variables: Vec::new(),
        routes: vec![Route {
            method: "ANY".to_owned(),
            path: "/contacts/{id}".to_owned(),
            authorization: Authorization::None,
            needs_api_key: false,
            payload_format: PayloadFormat::V1,
            function: "contacts".to_owned(),
            qualifier: Some("live".to_owned()),
            invoke_mode: InvokeMode::Buffered,
        }],
        binary_media_types: Vec::new(),
    };
    let found = api
        .route("PUT", "/contacts/7")
        .context("there is such a route")?;
    let mut request = ParsedRequest::new("PUT", "/live/contacts/7?full=yes");
    request.body = r#"{"name": "Ada"}"#.into();
    request.headers = [
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
        ("Host", "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for _ in 0..times {
        black_box(event(&api, &found, black_box(&request)));
    }
    Ok(u64::from(times))
}
