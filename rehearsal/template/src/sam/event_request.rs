//! What SAM refuses of what a REST API's event asks of its requests: a model, parameters, scopes (SAM translator, `model/eventsources/push.py`,
//! `_add_swagger_integration` and `add_auth_to_swagger`), and of an HTTP API's event the scopes (`_add_auth_to_openapi_integration`).

use super::event::ApiEvent;
use crate::Diagnostic;
use crate::resource::Resource;
use crate::text::{Node, NodeKind};

/// What a request's parameter may have beside its name.
const OF_PARAMETER: [&str; 2] = ["Required", "Caching"];
/// What parameters are of.
const PLACES: [&str; 3] = ["querystring", "path", "header"];

/// Refuses what SAM refuses of the events of functions.
pub(super) fn check(
    events: &[ApiEvent],
    declared: &[Resource],
    implicit: &[Resource],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for event in events {
        let mut apis = declared.iter().chain(implicit);
        if let Some(api) = apis.find(|api| api.logical_id == event.api) {
            check_event(event, api, diagnostics);
        }
    }
}

fn check_event(event: &ApiEvent, api: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let given = |key: &str| api.properties.given(key).is_some();
    // SAM adds no route of an event to a definition of the author's, unless the two are merged.
    let is_added = !given("DefinitionBody") && !given("DefinitionUri") || given("MergeDefinitions");
    let is_of_function = event.function.r#type == "AWS::Serverless::Function";
    if !is_added || !is_of_function || !api.r#type.starts_with("AWS::Serverless::") {
        return;
    }
    let reasons = [
        scopes(event),
        model(event, api).filter(|_| !event.is_http),
        parameters(event)
            .filter(|_| !event.is_http)
            .map(str::to_owned),
    ];
    // SAM stops at the first.
    let reason = reasons.into_iter().flatten().next();
    diagnostics.extend(reason.map(|reason| event.refusal(&reason)));
}

fn scopes(event: &ApiEvent) -> Option<String> {
    let auth = event.auth.as_ref()?;
    let scopes = auth.given("AuthorizationScopes")?;
    let is_list = scopes.as_list().is_some();
    match (event.is_http, is_list) {
        (true, false) => Some(format!(
            "Unable to set Authorizer {} because 'AuthorizationScopes' must be a list of strings.",
            event.on_route()
        )),
        (false, false) => Some("Property 'Auth.AuthorizationScopes' should be a list.".to_owned()),
        (false, true) if auth.given("Authorizer").is_none() => {
            Some("AuthorizationScopes works only when Authorizer is set".to_owned())
        }
        _ => None,
    }
}

fn model(event: &ApiEvent, api: &Resource) -> Option<String> {
    let request = event.request_model.as_ref()?;
    let model = request.given("Model")?;
    let shown = model.shown();
    let refused = |why: &str| {
        let at = event.on_route();
        Some(format!("Unable to set RequestModel [{shown}] {at} {why}"))
    };
    let Some(models) = api.properties.given("Models") else {
        return refused("because the related API does not define any Models.");
    };
    let Some(map) = models.as_map() else {
        return refused("because the related API Models defined is of invalid type.");
    };
    let Some(name) = model.as_str() else {
        return refused("because the related API does not contain valid Models.");
    };
    // A function makes none, but what includes a file is gone before SAM looks.
    let is_made = map.get("Fn::Transform").is_some();
    if !is_made && map.get(name).is_none_or(|model| model.value.is_empty()) {
        return refused("because it wasn't defined in the API's Models.");
    }
    let is_flag = |key: &str| {
        let flag = request.non_null(key);
        flag.is_none_or(|flag| matches!(flag.kind, NodeKind::Bool(_)))
    };
    let are_flags = ["ValidateBody", "ValidateParameters"]
        .into_iter()
        .all(is_flag);
    (!are_flags).then(|| {
        format!(
            "Unable to set Validator to RequestModel [{shown}] {} ValidateBody and ValidateParameters must be a boolean type, strings or intrinsics are not supported.",
            event.on_route()
        )
    })
}

fn parameters(event: &ApiEvent) -> Option<&'static str> {
    let all = event.request_parameters.as_ref()?.as_list()?;
    all.iter().find_map(|parameter| {
        let (name, settings) = match &parameter.kind {
            NodeKind::String(name) => (name, None),
            NodeKind::Map(map) => {
                let (name, entry) = map.first()?;
                (name, Some(&entry.value))
            }
            _ => {
                return Some(
                    "Invalid value for 'RequestParameters' property. Property must be either a string or an object",
                );
            }
        };
        if !is_of_request(name) {
            return Some(
                "Invalid value for 'RequestParameters' property. Keys must be in the format 'method.request.[querystring|path|header].{value}', e.g 'method.request.header.Authorization'.",
            );
        }
        (!settings.is_none_or(are_settings)).then_some(
            "Invalid value for 'RequestParameters' property. Values must be an object, e.g { Required: true, Caching: false }",
        )
    })
}

fn is_of_request(name: &str) -> bool {
    let rest = name.strip_prefix("method.request.");
    let of = rest.and_then(|rest| rest.split_once('.'));
    of.is_some_and(|(place, _)| PLACES.contains(&place))
}

fn are_settings(settings: &Node) -> bool {
    let is_one = |key: &String| OF_PARAMETER.contains(&key.as_str());
    settings.as_map().is_some_and(|map| map.keys().all(is_one))
}
