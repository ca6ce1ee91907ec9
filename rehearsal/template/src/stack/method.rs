//! Routes from resources of their own: a REST API's methods, an HTTP API's routes.

use std::collections::BTreeMap;

use rehearsal_aws::apigateway::route::{Authorization, AuthorizerKind, InvokeMode};
use rehearsal_aws::apigateway::stage::ApiKind;

use super::Route;
use super::api::{Elsewhere, Target, target};
use super::integration::{invokes_by, payload_format};
use super::reader::Reader;
use crate::resolve::{Resolver, physical_id};
use crate::resource::Resource;
use crate::{Field, Unknown, Value};

/// A route with the id of its API, or where it leads instead.
pub(super) struct Found {
    pub(super) api_id: String,
    pub(super) route: Result<Route, Elsewhere>,
}

/// The paths of all `AWS::ApiGateway::Resource`s, by their physical id. Roots are there too.
pub(super) fn paths(resolver: &Resolver<'_>, resources: &[&Resource]) -> BTreeMap<String, String> {
    let mut paths = BTreeMap::new();
    let mut parts = BTreeMap::new();
    for resource in resources {
        let id = physical_id(resolver.inputs, &resource.logical_id);
        match resource.r#type.as_str() {
            "AWS::ApiGateway::RestApi" => {
                paths.insert(
                    physical_id(resolver.inputs, &format!("{}/", resource.logical_id)),
                    String::new(),
                );
            }
            "AWS::ApiGateway::Resource" => {
                let reader = Reader::new(resolver, resource);
                let text = |key: &str| reader.value(key).and_then(Value::to_text);
                if let (Some(parent), Some(part)) = (text("ParentId"), text("PathPart")) {
                    parts.insert(id, (parent, part));
                }
            }
            _ => {}
        }
    }
    // Parents first, however they are written: each round resolves the next generation.
    loop {
        let known: Vec<(String, String)> = parts
            .iter()
            .filter(|(id, _)| !paths.contains_key(*id))
            .filter_map(|(id, (parent, part))| {
                Some((id.clone(), format!("{}/{part}", paths.get(parent)?)))
            })
            .collect();
        if known.is_empty() {
            return paths;
        }
        paths.extend(known);
    }
}

/// The route that an `AWS::ApiGateway::Method` makes.
pub(super) fn rest(reader: &Reader<'_, '_>, paths: &BTreeMap<String, String>) -> Option<Found> {
    let api_id = reader.value("RestApiId").and_then(Value::to_text)?;
    let place = reader.place();
    let method = reader
        .value("HttpMethod")
        .and_then(Value::to_text)?
        .to_uppercase();
    let path = reader
        .value("ResourceId")
        .and_then(Value::to_text)
        .and_then(|id| paths.get(&id))
        .map(|path| if path.is_empty() { "/" } else { path.as_str() });
    let integration = reader.value("Integration");
    let r#type = integration
        .and_then(|found| found.get("Type"))
        .and_then(Value::to_text)
        .unwrap_or_default();
    let uri = integration.and_then(|found| found.get("Uri"));
    let (Some(path), Some(uri), "AWS_PROXY") = (path, uri, r#type.as_str()) else {
        let why = match path {
            None => "its path is not known from this template".to_owned(),
            Some(_) => format!(
                "the route is answered by an integration of type `{type}`, without a function"
            ),
        };
        let route = format!("{method} {}", path.unwrap_or("?"));
        return Some(Found {
            api_id,
            route: Err(Elsewhere { route, why, place }),
        });
    };
    let target = target(reader, uri);
    Some(Found {
        api_id,
        route: Ok(Route {
            method,
            path: path.to_owned(),
            function: target.function,
            qualifier: target.qualifier,
            authorization: authorization(reader),
            needs_api_key: match reader.value("ApiKeyRequired") {
                Some(value) => reader.flag_of(value, "ApiKeyRequired"),
                None => Field::known(false, place),
            },
            has_role: integration.is_some_and(|found| found.get("Credentials").is_some()),
            invokes_by: integration.and_then(|found| invokes_by(found, "IntegrationHttpMethod")),
            payload_format: payload_format(ApiKind::Rest, None),
            invoke_mode: Field::known(InvokeMode::Buffered, place),
            stage: None,
            uri: target.uri,
            place,
        }),
    })
}

/// The route that an `AWS::ApiGatewayV2::Route` makes.
pub(super) fn http(reader: &Reader<'_, '_>) -> Option<Found> {
    let api_id = reader.value("ApiId").and_then(Value::to_text)?;
    let place = reader.place();
    let key = reader.value("RouteKey").and_then(Value::to_text)?;
    let (method, path) = key.split_once(' ').unwrap_or(("ANY", &key));
    let resolver = reader.resolver;
    let integration_id = reader.value("Target").and_then(Value::to_text)?;
    let integration_id = integration_id
        .trim_start_matches("integrations/")
        .to_owned();
    let integration = resolver
        .resources
        .by_id
        .values()
        .filter(|resource| resource.r#type == "AWS::ApiGatewayV2::Integration")
        .find(|resource| physical_id(resolver.inputs, &resource.logical_id) == integration_id)
        .map(|resource| Reader::new(resolver, resource));
    let uri = integration
        .as_ref()
        .and_then(|found| found.value("IntegrationUri"));
    let target = uri.map_or_else(
        || {
            let unknown = Unknown::new("its integration is not in this template", place);
            Target::unknown(unknown, place)
        },
        |uri| target(reader, uri),
    );
    let version = integration
        .as_ref()
        .and_then(|found| found.value("PayloadFormatVersion"));
    Some(Found {
        api_id,
        route: Ok(Route {
            method: method.to_uppercase(),
            path: path.to_owned(),
            function: target.function,
            qualifier: target.qualifier,
            authorization: authorization(reader),
            // A WebSocket API has keys, an HTTP API has none (API Gateway V2 API, `Route.apiKeyRequired`).
            needs_api_key: Field::known(false, place),
            has_role: integration
                .as_ref()
                .is_some_and(|found| found.value("CredentialsArn").is_some()),
            invokes_by: None,
            payload_format: payload_format(ApiKind::Http, version),
            invoke_mode: Field::known(InvokeMode::Buffered, place),
            stage: None,
            uri: target.uri,
            place,
        }),
    })
}

fn authorization(reader: &Reader<'_, '_>) -> Field<Authorization> {
    reader
        .text_or("AuthorizationType", "NONE")
        .map(|r#type| match r#type.as_str() {
            "NONE" => Authorization::None,
            "AWS_IAM" => Authorization::Iam,
            other => Authorization::Authorizer {
                name: other.to_owned(),
                kind: AuthorizerKind::of_type(other),
            },
        })
}
