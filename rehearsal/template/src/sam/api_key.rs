//! Which routes of a REST API ask for a key: `ApiKeyRequired` of an API's `Auth` and of an event's
//! (SAM translator, `swagger/swagger.py`, `set_path_default_apikey_required` and `_set_method_apikey_handling`).
//!
//! What is falsy to Python is no; everything else is yes, a function that is not resolved too.

use super::authorizer::each_operation;
use super::event::ApiEvent;
use crate::Place;
use crate::text::{Map, Node, NodeKind};

/// What says so in `Auth`.
const REQUIRED: &str = "ApiKeyRequired";
/// What API Gateway asks for a key by, in `security`.
const KEY: &str = "api_key";
/// What spares one route the API's default, until that is applied.
const NO_KEY: &str = "api_key_false";

/// What an event's `Auth` says of keys, as a requirement of its operation; the error is SAM's reason.
pub(super) fn of_event(event: &ApiEvent, api: Option<&Node>) -> Result<Option<Node>, String> {
    let own = event.auth.as_ref();
    let own = own.and_then(|auth| auth.non_null(REQUIRED));
    let Some(own) = own.filter(|_| !event.is_http) else {
        return Ok(None);
    };
    if own.is_empty() && !is_required(api) {
        return Err(format!(
            "Unable to set ApiKeyRequired [False] {} because the related API does not specify any ApiKeyRequired.",
            event.on_route()
        ));
    }
    let name = if own.is_empty() { NO_KEY } else { KEY };
    Ok(Some(requirement(name, own.place)))
}

fn requirement(name: &str, place: Place) -> Node {
    Node::map([(name, Node::list(Vec::new(), place))], place)
}

/// Whether an API's `Auth` asks for keys.
fn is_required(auth: Option<&Node>) -> bool {
    auth.is_some_and(|auth| auth.given(REQUIRED).is_some())
}

/// Adds what an API's `Auth` says of keys to the routes of a definition, under conditions too.
pub(super) fn add_default(auth: Option<&Node>, paths: &mut Map) {
    if !is_required(auth) {
        return;
    }
    let preflight = auth.and_then(|auth| auth.get("AddApiKeyRequiredToCorsPreflight"));
    let spares_preflight = preflight.is_some_and(Node::is_empty);
    each_operation(paths, &mut |method, operation| {
        let is_spared = spares_preflight && method.eq_ignore_ascii_case("options");
        add_to(operation, is_spared);
    });
}

fn add_to(operation: &mut Node, is_spared: bool) {
    let place = operation.place;
    let NodeKind::Map(operation) = &mut operation.kind else {
        return;
    };
    if !operation.contains_key("x-amazon-apigateway-integration") {
        return;
    }
    let own = operation.get("security").map(|entry| &entry.value);
    let own = own.and_then(Node::as_list).unwrap_or_default();
    let names = |requirement: &Node, name: &str| requirement.get(name).is_some();
    let is_spared = is_spared || own.iter().any(|one| names(one, NO_KEY));
    let others = own
        .iter()
        .filter(|one| !names(one, KEY) && !names(one, NO_KEY));
    let key = (!is_spared).then(|| requirement(KEY, place));
    let security = others.cloned().chain(key).collect();
    operation.insert("security".to_owned(), Node::list(security, place).into());
}
