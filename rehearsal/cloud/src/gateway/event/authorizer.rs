//! What an authorizer says of a caller, in an event. None is asked here, and each lets everyone in: so the caller is the one that the request gives, or made
//! up.
//!
//! Sources: API Gateway developer guide, "Input format of a Lambda function for proxy integration", "Working with AWS Lambda proxy integrations for
//! HTTP APIs", "Output from an API Gateway Lambda authorizer"; Cognito developer guide, "Understanding the identity (ID) token".

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rehearsal_aws::apigateway::route::{Authorization, AuthorizerKind};
use rehearsal_aws::apigateway::stage::ApiKind;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::fields::{epoch_ms, java_date};
use super::parsed_request::ParsedRequest;

/// Who calls, assumed.
const CALLER: &str = "rehearsal";

/// How long a token of Cognito's is valid, where nobody says otherwise (Cognito developer guide, "Token expiration and caching"): it is as new as
/// its request.
const VALID: Duration = Duration::from_hours(1);

/// `requestContext.authorizer` of version 1.0; `None` for a route without an authorizer. Where it is not known of which kind that is, it has what each
/// kind would say.
pub(super) fn of_version_1(
    api: ApiKind,
    authorization: &Authorization,
    request: &ParsedRequest,
) -> Option<Value> {
    let &Authorization::Authorizer { kind, .. } = authorization else {
        return None;
    };
    let mut said = Map::new();
    if kind != Some(AuthorizerKind::Lambda) {
        said.insert("claims".to_owned(), claims(api, kind, request));
    }
    if kind == Some(AuthorizerKind::Tokens) {
        said.insert("scopes".to_owned(), Value::Null);
    }
    if !matches!(
        kind,
        Some(AuthorizerKind::UserPool | AuthorizerKind::Tokens)
    ) {
        match &request.claims {
            // A REST API makes texts of them.
            Some(given) => said.extend(given.iter().map(|(name, value)| {
                let value = match value {
                    Value::Number(_) | Value::Bool(_) => value.to_string().into(),
                    other => other.clone(),
                };
                (name.clone(), value)
            })),
            None => {
                said.insert("principalId".to_owned(), json!(CALLER));
            }
        }
        said.insert("integrationLatency".to_owned(), json!(1));
    }
    Some(said.into())
}

/// The same of version 2.0.
pub(super) fn of_version_2(
    authorization: &Authorization,
    request: &ParsedRequest,
) -> Option<Value> {
    let &Authorization::Authorizer { kind, .. } = authorization else {
        return None;
    };
    let mut said = json!({});
    if kind != Some(AuthorizerKind::Lambda) {
        let claims = claims(ApiKind::Http, kind, request);
        said["jwt"] = json!({ "claims": claims, "scopes": null });
    }
    if kind != Some(AuthorizerKind::Tokens) {
        said["lambda"] = json!(request.claims.clone().unwrap_or_default());
    }
    Some(said)
}

/// The claims of a token, each a text, as API Gateway has them: those that are given, or made up. Every token says when it was made and how long it is
/// valid.
fn claims(api: ApiKind, kind: Option<AuthorizerKind>, request: &ParsedRequest) -> Value {
    let mut claims = match &request.claims {
        Some(given) => as_texts(api, given),
        None => made_up(request.at),
    };
    // A REST API has dates there and seconds in `auth_time` (seen: serverless-java-container 25, "CognitoAuthorizerClaims",
    // https://github.com/aws/serverless-java-container/pull/25; published events).
    let has_dates = api == ApiKind::Rest && kind != Some(AuthorizerKind::Tokens);
    for (name, at) in [("exp", request.at + VALID), ("iat", request.at)] {
        let text = if has_dates {
            java_date(OffsetDateTime::from(at))
        } else {
            seconds(at)
        };
        claims.entry(name).or_insert_with(|| text.into());
    }
    claims.into()
}

/// Claims as texts: a list becomes its items, in a REST API with commas between them, in an HTTP API with blanks, in brackets (seen:
/// [openillumi](https://openillumi.com/?p=114779), [guidance-for-claude-code-with-amazon-bedrock
/// 802](https://github.com/aws-solutions-library-samples/guidance-for-claude-code-with-amazon-bedrock/issues/802)).
fn as_texts(api: ApiKind, given: &BTreeMap<String, Value>) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let texts = given.iter().map(|(name, value)| {
        let value = match value {
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(text).collect();
                match api {
                    ApiKind::Rest => items.join(","),
                    ApiKind::Http | ApiKind::FunctionUrl => format!("[{}]", items.join(" ")),
                }
            }
            one => text(one),
        };
        (name.clone(), value.into())
    });
    texts.collect()
}

fn seconds(at: SystemTime) -> String {
    (epoch_ms(at) / 1_000).to_string()
}

/// The claims of a token of Cognito's that was made at this time, but for those of [`claims`].
fn made_up(at: SystemTime) -> Map<String, Value> {
    let claims = [
        ("aud", CALLER),
        ("auth_time", &seconds(at)),
        ("client_id", CALLER),
        ("cognito:username", CALLER),
        ("email", "rehearsal@example.com"),
        ("email_verified", "true"),
        ("sub", "00000000-0000-4000-8000-000000000000"),
        ("token_use", "id"),
        ("username", CALLER),
    ];
    let claims = claims.map(|(name, value)| (name.to_owned(), value.into()));
    claims.into_iter().collect()
}
