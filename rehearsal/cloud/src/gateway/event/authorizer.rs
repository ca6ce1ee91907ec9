//! What an authorizer says of a caller, in an event. None is asked here, and each lets everyone in: so the caller is made up.
//!
//! Sources: API Gateway developer guide, "Input format of a Lambda function for proxy integration", "Working with AWS Lambda proxy integrations for
//! HTTP APIs"; Cognito developer guide, "Understanding the identity (ID) token".

use std::time::{Duration, SystemTime};

use rehearsal_aws::apigateway::route::Authorization;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::fields::{epoch_ms, java_date};

/// Who calls, assumed.
const CALLER: &str = "rehearsal";

/// How long a token of Cognito's is valid, where nobody says otherwise (Cognito developer guide, "Token expiration and caching"): it is as new as
/// its request.
const VALID: Duration = Duration::from_hours(1);

/// The types of authorization that say what an authorizer is. A security scheme of a definition has a name of its own.
const COGNITO: &str = "COGNITO_USER_POOLS";
const LAMBDA: &str = "CUSTOM";
const TOKENS: &str = "JWT";

/// `requestContext.authorizer` of version 1.0; `None` for a route without an authorizer. Where it is not known of which kind that is, it has what each
/// kind would say.
pub(super) fn of_version_1(authorization: &Authorization, at: SystemTime) -> Option<Value> {
    let kind = kind(authorization)?;
    let mut said = json!({});
    if kind != LAMBDA {
        said["claims"] = claims(at);
    }
    if kind == TOKENS {
        said["scopes"] = Value::Null;
    } else if kind != LAMBDA {
        // A REST API has dates there and seconds in `auth_time` (seen: serverless-java-container 25, "CognitoAuthorizerClaims",
        // https://github.com/aws/serverless-java-container/pull/25; published events).
        said["claims"]["exp"] = json!(java_date(OffsetDateTime::from(at + VALID)));
        said["claims"]["iat"] = json!(java_date(OffsetDateTime::from(at)));
    }
    if ![COGNITO, TOKENS].contains(&kind) {
        said["principalId"] = json!(CALLER);
        said["integrationLatency"] = json!(1);
    }
    Some(said)
}

/// The same of version 2.0.
pub(super) fn of_version_2(authorization: &Authorization, at: SystemTime) -> Option<Value> {
    let kind = kind(authorization)?;
    let mut said = json!({});
    if kind != LAMBDA {
        said["jwt"] = json!({ "claims": claims(at), "scopes": null });
    }
    if kind != TOKENS {
        said["lambda"] = json!({});
    }
    Some(said)
}

fn kind(authorization: &Authorization) -> Option<&str> {
    match authorization {
        Authorization::Authorizer(kind) => Some(kind),
        Authorization::Iam | Authorization::None => None,
    }
}

/// The claims of a token of Cognito's that was made at this time, each a text, as API Gateway has them.
fn claims(at: SystemTime) -> Value {
    let seconds = |at| (epoch_ms(at) / 1_000).to_string();
    json!({
        "aud": CALLER,
        "auth_time": seconds(at),
        "client_id": CALLER,
        "cognito:username": CALLER,
        "email": "rehearsal@example.com",
        "email_verified": "true",
        "exp": seconds(at + VALID),
        "iat": seconds(at),
        "sub": "00000000-0000-4000-8000-000000000000",
        "token_use": "id",
        "username": CALLER,
    })
}
