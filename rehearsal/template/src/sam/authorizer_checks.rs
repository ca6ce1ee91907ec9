//! What SAM refuses of the authorizers that an API defines (SAM translator, `_get_authorizers` of both generators, `ApiGatewayAuthorizer` of
//! `model/apigateway.py`, `ApiGatewayV2Authorizer` of `model/apigatewayv2.py`).

use super::refused::{Refused, refuse};
use crate::text::{Node, NodeKind};

/// What says who calls.
const IDENTITY: [&str; 4] = ["Headers", "QueryStrings", "StageVariables", "Context"];

/// What one kind of an HTTP API's authorizers has alone, with the words for that kind; what tokens' have comes first.
const OF_HTTP: [(&str, &str); 9] = [
    ("AuthorizationScopes", "OAuth2 Authorizer"),
    ("JwtConfiguration", "OAuth2 Authorizer"),
    (
        "IdentitySource",
        "OAuth2 Authorizer. For Lambda Authorizer, use the 'Identity' property instead",
    ),
    ("FunctionArn", "Lambda Authorizer"),
    ("FunctionInvokeRole", "Lambda Authorizer"),
    ("Identity", "Lambda Authorizer"),
    ("AuthorizerPayloadFormatVersion", "Lambda Authorizer"),
    ("EnableSimpleResponses", "Lambda Authorizer"),
    ("EnableFunctionDefaultPermissions", "Lambda Authorizer"),
];
/// How many of them are of tokens'.
const OF_TOKENS: usize = 3;

/// What SAM refuses of `Authorizers`.
///
/// # Errors
/// The first reason.
pub(super) fn check(authorizers: &Node, is_http: bool) -> Result<(), Refused> {
    let Some(map) = authorizers.as_map() else {
        return refuse("Property 'Auth.Authorizers' should be a map.", authorizers);
    };
    for (name, entry) in map {
        let authorizer = Authorizer {
            name,
            node: &entry.value,
        };
        if entry.value.as_map().is_none() {
            return authorizer.refuse(format!(
                "Property 'Auth.Authorizers.{name}' should be a map."
            ));
        }
        if is_http {
            authorizer.check_http()?;
        } else {
            authorizer.check_rest()?;
        }
    }
    Ok(())
}

struct Authorizer<'n> {
    name: &'n str,
    node: &'n Node,
}

impl<'n> Authorizer<'n> {
    fn get(&self, key: &str) -> Option<&'n Node> {
        self.node.non_null(key)
    }

    fn given(&self, key: &str) -> Option<&'n Node> {
        self.node.given(key)
    }

    fn refuse(&self, message: String) -> Result<(), Refused> {
        refuse(message, self.node)
    }

    fn check_rest(&self) -> Result<(), Refused> {
        let name = self.name;
        let kind = self.get("FunctionPayloadType");
        let is_request = match kind.map(Node::as_str) {
            None | Some(Some("TOKEN")) => false,
            Some(Some("REQUEST")) => true,
            Some(other) => {
                let other = other.unwrap_or_else(|| kind.map_or("", Node::describe));
                return self.refuse(format!(
                    "{name} Authorizer has invalid 'FunctionPayloadType': {other}."
                ));
            }
        };
        if is_request {
            self.check_identity()?;
        }
        if self
            .get("AuthorizationScopes")
            .is_some_and(|scopes| scopes.as_list().is_none())
        {
            return self.refuse(format!(
                "Property 'Authorizers.{name}.AuthorizationScopes' should be a list."
            ));
        }
        self.check_bool("DisableFunctionDefaultPermissions")?;
        if !is_request || self.given("UserPoolArn").is_some() {
            return Ok(());
        }
        match self.given("Identity") {
            Some(identity) => check_lists(identity, &format!("Auth.Authorizers.{name}.Identity")),
            None => Ok(()),
        }
    }

    /// (`_is_missing_identity_source`.)
    fn check_identity(&self) -> Result<(), Refused> {
        let name = self.name;
        let missing = || {
            self.refuse(format!(
                "{name} Authorizer must specify Identity with at least one of Headers, QueryStrings, StageVariables, or Context."
            ))
        };
        let Some(identity) = self.given("Identity") else {
            return missing();
        };
        if identity.as_map().is_none() {
            return self.refuse(format!(
                "Property 'Authorizer.{name}.Identity' should be a map."
            ));
        }
        let has = |key: &str| identity.given(key).is_some();
        let ttl = identity.get("ReauthorizeEvery").and_then(Node::to_text);
        let is_off = ttl
            .and_then(|ttl| ttl.parse::<i64>().ok())
            .is_some_and(|ttl| ttl <= 0);
        if IDENTITY.into_iter().any(has) || is_off {
            return Ok(());
        }
        missing()
    }

    fn check_bool(&self, key: &str) -> Result<(), Refused> {
        match self.get(key) {
            Some(node) if !matches!(node.kind, NodeKind::Bool(_)) => {
                let name = self.name;
                let message = format!("Property 'Authorizers.{name}.{key}' should be a boolean.");
                refuse(message, node)
            }
            _ => Ok(()),
        }
    }

    fn check_http(&self) -> Result<(), Refused> {
        let name = self.name;
        if let Some(node) = self.get("OpenIdConnectUrl") {
            let message = format!(
                "'OpenIdConnectUrl' is no longer a supported property for authorizer '{name}'. Please refer to the AWS SAM documentation."
            );
            return refuse(message, node);
        }
        let tokens = self.given("JwtConfiguration");
        if let Some(node) = tokens.filter(|node| node.as_map().is_none()) {
            let message = "Property 'JwtConfiguration' should be a map.";
            return refuse(message, node);
        }
        let scopes = self.get("AuthorizationScopes");
        if let Some(node) = scopes.filter(|node| node.as_list().is_none()) {
            let message = "AuthorizationScopes must be a list.";
            return refuse(message, node);
        }
        let others = if tokens.is_some() {
            &OF_HTTP[OF_TOKENS..]
        } else {
            &OF_HTTP[..OF_TOKENS]
        };
        for (key, of) in others {
            // One of tokens that is empty is none.
            let node = self
                .get(key)
                .filter(|node| *key != "JwtConfiguration" || !node.is_empty());
            if let Some(node) = node {
                return refuse(format!("{key} is only supported for {of}."), node);
            }
        }
        let required: &[&str] = if tokens.is_some() {
            &["IdentitySource"]
        } else {
            &["FunctionArn", "AuthorizerPayloadFormatVersion"]
        };
        if let Some(key) = required.iter().find(|key| self.given(key).is_none()) {
            let kind = if tokens.is_some() { "OAuth2" } else { "Lambda" };
            return self.refuse(format!("{name} {kind} Authorizer must define '{key}'."));
        }
        self.check_bool("EnableFunctionDefaultPermissions")?;
        let Some(identity) = self.given("Identity").filter(|_| tokens.is_none()) else {
            return Ok(());
        };
        if identity.as_map().is_none() {
            let message = format!("Property 'Auth.Authorizers.{name}.Identity' should be a map.");
            return refuse(message, identity);
        }
        check_lists(identity, &format!("Authorizers.{name}.Identity"))
    }
}

/// Refuses what says who calls where it is no list of texts. `path`: what SAM calls `identity`.
fn check_lists(identity: &Node, path: &str) -> Result<(), Refused> {
    for key in IDENTITY {
        let Some(values) = identity.given(key) else {
            continue;
        };
        let Some(items) = values.as_list() else {
            return refuse(format!("Property '{path}.{key}' should be a list."), values);
        };
        if let Some(index) = items.iter().position(|item| item.as_str().is_none()) {
            let message = format!("Property '{path}.{key}[{index}]' should be a string.");
            return refuse(message, &items[index]);
        }
    }
    Ok(())
}
