//! What SAM refuses of `AWS::Serverless::WebSocketApi` (SAM translator, `model/api/websocket_api_generator.py`).

use super::domain;
use super::refused::{Refused, refuse};
use super::transform_time::TransformTime;
use crate::Diagnostic;
use crate::resource::Resource;
use crate::text::Node;

/// The routes that are no words.
const SPECIAL: [&str; 3] = ["$connect", "$disconnect", "$default"];

/// Refuses what SAM refuses of the API.
pub(super) fn check(
    api: &Resource,
    transform_time: &TransformTime<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Err((message, place)) = refused(api, transform_time) {
        diagnostics.push(Diagnostic::error("sam::api", message, place).resource(&api.logical_id));
    }
    domain::check(api, false, transform_time, diagnostics);
}

fn refused(api: &Resource, transform_time: &TransformTime<'_>) -> Result<(), Refused> {
    let given = |key: &str| api.properties.given(key);
    let resolved = |key: &str| {
        let node = given(key).filter(|node| !transform_time.lacks_value(node));
        node.map(|node| transform_time.resolve(node))
    };
    let Some(written) = api.properties.get("Routes") else {
        // The check of its properties has refused it.
        return Ok(());
    };
    if written.is_empty() {
        return refuse("WebSocket API must have at least one route.", written);
    }
    if let Some(kind) = api.properties.get("IpAddressType")
        && kind.intrinsic().is_none()
        && !matches!(kind.as_str(), Some("ipv4" | "dualstack"))
    {
        return refuse("IpAddressType must be 'ipv4' or 'dualstack'.", kind);
    }
    if let Some(trust) = api.properties.at(&["Domain", "MutualTlsAuthentication"])
        && !trust.is_empty()
    {
        return refuse(
            "Mutual TLS domain name association is not supported for Websocket APIs.",
            trust,
        );
    }
    let auth = resolved("Auth");
    let Some(routes) = resolved("Routes") else {
        return Ok(());
    };
    if let Some(auth) = auth.as_ref().filter(|_| routes.get("$connect").is_none()) {
        return refuse(
            "Authorization is only available if there is a $connect route.",
            auth,
        );
    }
    let stage = api.properties.get("StageName");
    if let Some(stage) = stage.filter(|stage| stage.as_str() == Some("$default")) {
        return refuse("Stages cannot be named $default for WebSocket APIs.", stage);
    }
    for (key, entry) in routes.as_map().into_iter().flatten() {
        let place = entry.key_place;
        let route = &entry.value;
        let is_word = !key.is_empty() && key.chars().all(char::is_alphanumeric);
        if !is_word && !SPECIAL.contains(&key.as_str()) {
            let message = format!(
                "Route key '{key}' must be alphanumeric. Only $connect, $disconnect, and $default special routes are supported."
            );
            return Err((message, place));
        }
        let parameters = route.given("RequestParameters");
        if parameters.is_some() && key != "$connect" {
            let message =
                "Request parameters are only supported for the $connect route in WebSocket APIs.";
            return Err((message.to_owned(), place));
        }
        if let Some(auth) = &auth {
            check_auth(auth)?;
        }
        if route.get("FunctionArn").is_none() {
            return Err(("Route must have associated function.".to_owned(), place));
        }
    }
    Ok(())
}

/// (`_validate_auth`.)
fn check_auth(auth: &Node) -> Result<(), Refused> {
    let kind = auth.given("AuthType");
    let kind = kind.map(|node| node.to_text().unwrap_or_default());
    let is_more = auth.as_map().is_some_and(|map| map.len() > 1);
    let message = match kind.as_deref() {
        None => "AuthType must be specified for additional auth configurations.",
        Some("CUSTOM") if auth.get("AuthArn").is_none_or(Node::is_empty) => {
            "AuthArn must be specified if AuthType is CUSTOM."
        }
        Some("AWS_IAM") if is_more => {
            "No additional configurations supported for AuthType AWS_IAM."
        }
        Some("NONE") if is_more => "No additional configurations supported for AuthType NONE.",
        Some("CUSTOM" | "AWS_IAM" | "NONE") => return Ok(()),
        Some(other) => {
            let message = format!("AuthType '{other}' is not one of AWS_IAM, CUSTOM or NONE.");
            return refuse(message, auth);
        }
    };
    refuse(message, auth)
}
