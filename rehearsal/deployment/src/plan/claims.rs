//! What a live request's authorizer is to say of the caller: whether such an authorizer says it.

use std::collections::BTreeMap;

use rehearsal_aws::apigateway::route::{Authorization, AuthorizerKind, Route};
use rehearsal_aws::apigateway::stage::ApiKind;
use serde_json::Value;

use crate::request::scalar;

/// What a REST API's Lambda authorizer says of every caller.
pub const PRINCIPAL: &str = "principalId";

/// Claims that nobody says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// The route has no authorizer.
    #[error("`claims` is what an authorizer says of the caller, and {method} {path} has none")]
    NoAuthorizer {
        /// The route's method.
        method: String,
        /// Its path.
        path: String,
    },
    /// The one that the authorizer must name is missing (API Gateway developer guide, "Output from an API Gateway Lambda authorizer": "The
    /// `principalId` … are required").
    #[error(
        "`claims` lacks `{PRINCIPAL}`, which the Lambda authorizer of a REST API says of every caller"
    )]
    NoPrincipal,
    /// One is of a kind that it cannot have.
    #[error("the claim `{name}` is {is}: {says}")]
    Kind {
        /// Its name.
        name: String,
        /// What it is.
        is: &'static str,
        /// What there may be.
        says: &'static str,
    },
}

impl ClaimsError {
    /// The claim that is wrong.
    pub fn claim(&self) -> Option<&str> {
        match self {
            Self::Kind { name, .. } => Some(name),
            Self::NoAuthorizer { .. } | Self::NoPrincipal => None,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoAuthorizer { .. } => {
                Some("take it out; what a caller says of itself goes into `headers`".to_owned())
            }
            Self::NoPrincipal => Some(format!("add {PRINCIPAL} = \"…\"")),
            Self::Kind { .. } => None,
        }
    }
}

/// Checks what the authorizer of a route is to say. `None`: it has no authorizer.
///
/// # Errors
/// What such an authorizer does not say.
pub(super) fn check(
    api: ApiKind,
    route: &Route,
    claims: &BTreeMap<String, Value>,
) -> Option<Result<(), ClaimsError>> {
    let Authorization::Authorizer { kind, .. } = &route.authorization else {
        return None;
    };
    Some(of_kind(api, *kind, claims))
}

fn of_kind(
    api: ApiKind,
    kind: Option<AuthorizerKind>,
    claims: &BTreeMap<String, Value>,
) -> Result<(), ClaimsError> {
    let is_rest = api == ApiKind::Rest;
    let (takes, says): (fn(&Value) -> bool, _) = match kind {
        // An HTTP API hands on what the function answers, whatever it is (API Gateway developer guide, "Control access to HTTP APIs with AWS Lambda
        // authorizers").
        Some(AuthorizerKind::Lambda) if !is_rest => return Ok(()),
        // (the same guide, "Output from an API Gateway Lambda authorizer".)
        Some(AuthorizerKind::Lambda) => (
            is_scalar,
            "the Lambda authorizer of a REST API says texts, numbers, true and false alone",
        ),
        Some(AuthorizerKind::UserPool | AuthorizerKind::Tokens) | None => (
            |value| is_scalar(value) || is_list(value),
            "it may be a text, a number, true or false, or a list of them",
        ),
    };
    if let Some((name, value)) = claims.iter().find(|(_, value)| !takes(value)) {
        let is = match value {
            Value::Object(_) => "a table",
            list if is_list(list) => "a list",
            _ => "a list of lists or tables",
        };
        return Err(ClaimsError::Kind {
            name: name.clone(),
            is,
            says,
        });
    }
    let needs_principal = is_rest && kind == Some(AuthorizerKind::Lambda);
    if needs_principal && !claims.contains_key(PRINCIPAL) {
        return Err(ClaimsError::NoPrincipal);
    }
    Ok(())
}

fn is_scalar(value: &Value) -> bool {
    scalar(value).is_some()
}

/// Whether it is a list, and neither lists nor tables are in it.
fn is_list(value: &Value) -> bool {
    matches!(value, Value::Array(items) if items.iter().all(is_scalar))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_what_such_an_authorizer_says() {
        use ApiKind::{Http, Rest};
        use AuthorizerKind::{Lambda, Tokens, UserPool};
        let check = |api, kind, claims: &str| {
            let found = of_kind(api, kind, &toml::from_str(claims).unwrap());
            found.map_err(|error| error.to_string())
        };
        let refused = |api, kind, claims: &str, expected: &str| {
            let found = check(api, kind, claims).unwrap_err();
            assert!(found.contains(expected), "{found}");
        };
        let plain = "sub = 'one'\nadmin = true\nlevel = 3";
        let groups = "groups = ['a', 'b']";
        for (api, kind) in [(Rest, Some(UserPool)), (Http, Some(Tokens)), (Rest, None)] {
            assert_eq!(check(api, kind, plain), Ok(()));
            assert_eq!(check(api, kind, groups), Ok(()));
            refused(api, kind, "a = {b = 1}", "`a` is a table");
            refused(api, kind, "a = [[1]]", "`a` is a list of lists");
        }
        assert_eq!(check(Http, Some(Lambda), "a = {b = [1]}"), Ok(()));
        let of_rest = format!("{PRINCIPAL} = 'one'\n{plain}");
        assert_eq!(check(Rest, Some(Lambda), &of_rest), Ok(()));
        refused(Rest, Some(Lambda), plain, "lacks `principalId`");
        refused(Rest, Some(Lambda), groups, "`groups` is a list: the Lambda");
    }
}
