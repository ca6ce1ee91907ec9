//! Routes from an OpenAPI definition.

use rehearsal_aws::apigateway::route::{Authorization, AuthorizerKind, InvokeMode};
use rehearsal_aws::apigateway::stage::ApiKind;

use super::Route;
use super::api::{Elsewhere, Target, target};
use super::integration::{invokes_by, payload_format};
use super::reader::Reader;
use crate::{Field, Kind, Value, Values};

/// The keys of a path that are methods.
const METHODS: [&str; 9] = [
    "delete",
    "get",
    "head",
    "options",
    "patch",
    "post",
    "put",
    "trace",
    "x-amazon-apigateway-any-method",
];

/// The method that a key of a path is.
pub(crate) fn method_of(key: &str) -> Option<String> {
    let key = key.to_lowercase();
    METHODS.contains(&key.as_str()).then(|| match key.as_str() {
        "x-amazon-apigateway-any-method" => "ANY".to_owned(),
        method => method.to_uppercase(),
    })
}

/// What a path begins with. Assumed: one of a definition without it is imported as if it had it. No document says so; API Gateway makes a
/// resource of each segment, below the root that each API has (API Gateway developer guide, "Set the OpenAPI `basePath` property").
const ROOT: &str = "/";

/// What SAM calls the scheme of a key.
const API_KEY: &str = "api_key";

/// Reads the routes of an API's definition.
pub(super) fn routes(reader: &Reader<'_, '_>, kind: ApiKind) -> (Vec<Route>, Vec<Elsewhere>) {
    let mut routes = Vec::new();
    let mut elsewhere = Vec::new();
    let Some(body) = reader.value("Body") else {
        return (routes, elsewhere);
    };
    for (path, methods) in body
        .get("paths")
        .and_then(Value::as_map)
        .into_iter()
        .flatten()
    {
        // In a definition the default route has a slash before it where warnings fail the import.
        let path = match path.as_str() {
            "/$default" | "$default" if kind == ApiKind::Http => "$default".to_owned(),
            path if path.starts_with('/') => path.to_owned(),
            path => format!("{ROOT}{path}"),
        };
        for (key, operation) in methods.as_map().into_iter().flatten() {
            if key.eq_ignore_ascii_case("any") {
                elsewhere.push(Elsewhere {
                    route: format!("ANY {path}"),
                    why: "`any` is no method of OpenAPI, whose name is `x-amazon-apigateway-any-method`"
                        .to_owned(),
                    place: operation.place,
                });
            }
            let Some(method) = method_of(key) else {
                continue;
            };
            let name = format!("{method} {path}");
            let place = operation.place;
            let (target, integration) = match integration(operation) {
                Ok((integration, uri)) => (target(reader, uri), Some(integration)),
                Err(why) => {
                    let Some(unknown) = operation.first_unknown() else {
                        elsewhere.push(Elsewhere {
                            route: name,
                            why,
                            place,
                        });
                        continue;
                    };
                    (Target::unknown(unknown.clone(), place), None)
                }
            };
            routes.push(Route {
                method,
                path: path.clone(),
                function: target.function,
                qualifier: target.qualifier,
                authorization: authorization(reader, body, operation),
                needs_api_key: Field::known(
                    kind == ApiKind::Rest && needs_api_key(body, operation),
                    place,
                ),
                has_role: integration.is_some_and(|found| found.get("credentials").is_some()),
                invokes_by: integration
                    .filter(|_| kind == ApiKind::Rest)
                    .and_then(|found| invokes_by(found, "httpMethod")),
                payload_format: payload_format(
                    kind,
                    integration.and_then(|found| found.get("payloadFormatVersion")),
                ),
                invoke_mode: Field::known(InvokeMode::Buffered, place),
                stage: None,
                uri: target.uri,
                place,
            });
        }
    }
    (routes, elsewhere)
}

/// The operation's integration with a function, and its URI; or what else it does.
fn integration(operation: &Value) -> Result<(&Value, &Value), String> {
    let integration = operation
        .get("x-amazon-apigateway-integration")
        .ok_or("the route has no integration in the template")?;
    let r#type = integration
        .get("type")
        .and_then(Value::to_text)
        .unwrap_or_default()
        .to_lowercase();
    match integration.get("uri") {
        Some(uri) if r#type == "aws_proxy" => Ok((integration, uri)),
        _ => Err(format!(
            "the route is answered by an integration of type `{type}`, without a function"
        )),
    }
}

fn authorization(reader: &Reader<'_, '_>, body: &Value, operation: &Value) -> Field<Authorization> {
    let place = operation.place;
    if let Some(r#type) = operation
        .get("x-amazon-apigateway-auth")
        .and_then(|auth| auth.get("type"))
    {
        return Field {
            value: match &r#type.kind {
                Kind::Unknown(unknown) => Err(crate::Unknown::clone(unknown)),
                _ => Ok(match r#type.to_text().unwrap_or_default().as_str() {
                    "AWS_IAM" => Authorization::Iam,
                    "NONE" => Authorization::None,
                    name => Authorization::Authorizer {
                        name: name.to_owned(),
                        kind: AuthorizerKind::of_type(name),
                    },
                }),
            },
            place: r#type.place,
        };
    }
    let security = operation.get("security").or_else(|| body.get("security"));
    let Some(security) = security else {
        return Field::known(Authorization::None, place);
    };
    if let Some(unknown) = security.first_unknown() {
        return Field::unknown(unknown.clone(), security.place);
    }
    // An API key is a demand of its own, beside who may call.
    let scheme = schemes(security).find(|name| !is_api_key(body, name));
    let authorization = match scheme {
        None => Authorization::None,
        Some(name) if name == "NONE" => Authorization::None,
        Some(name) if name == "AWS_IAM" || signs(body, name) => Authorization::Iam,
        Some(name) => Authorization::Authorizer {
            name: name.clone(),
            kind: kind_in_definition(body, name).or_else(|| kind_for_sam(reader, name)),
        },
    };
    Field::known(authorization, security.place)
}

/// What the authorizer is of a security scheme.
fn kind_in_definition(body: &Value, name: &str) -> Option<AuthorizerKind> {
    let scheme = scheme(body, name)?;
    let authorizer = scheme.get("x-amazon-apigateway-authorizer");
    let r#type = authorizer.and_then(|authorizer| authorizer.get("type"));
    let r#type = r#type.or_else(|| scheme.get("x-amazon-apigateway-authtype"));
    AuthorizerKind::of_type(r#type?.as_str()?)
}

/// What an authorizer is of an API's `Auth`, of which SAM makes the scheme (SAM translator, `ApiGatewayAuthorizer._get_type` of `model/apigateway.py`,
/// `ApiGatewayV2Authorizer._get_auth_type` of `model/apigatewayv2.py`).
fn kind_for_sam(reader: &Reader<'_, '_>, name: &str) -> Option<AuthorizerKind> {
    let authorizer = reader.value("Auth")?.get("Authorizers")?.get(name)?;
    [
        ("UserPoolArn", AuthorizerKind::UserPool),
        ("JwtConfiguration", AuthorizerKind::Tokens),
        ("FunctionArn", AuthorizerKind::Lambda),
    ]
    .into_iter()
    .find_map(|(key, kind)| authorizer.get(key).map(|_| kind))
}

/// Whether a security scheme asks for `SigV4`.
fn signs(body: &Value, name: &str) -> bool {
    scheme(body, name)
        .and_then(|scheme| scheme.get("x-amazon-apigateway-authtype"))
        .and_then(Value::as_str)
        .is_some_and(|r#type| r#type.eq_ignore_ascii_case("awsSigv4"))
}

/// The names of the schemes that an operation asks for.
fn schemes(security: &Value) -> impl Iterator<Item = &String> {
    let requirements = security.as_list().into_iter().flatten();
    requirements
        .filter_map(Value::as_map)
        .flat_map(Values::keys)
}

/// Whether an operation asks for a key (API Gateway developer guide, "Configure a method to use API keys with an `OpenAPI` definition").
fn needs_api_key(body: &Value, operation: &Value) -> bool {
    let security = operation.get("security").or_else(|| body.get("security"));
    security.is_some_and(|security| schemes(security).any(|name| is_api_key(body, name)))
}

/// Whether a security scheme is API Gateway's API key, and no authorizer. SAM defines `api_key` where it asks for one.
fn is_api_key(body: &Value, name: &str) -> bool {
    name == API_KEY
        || scheme(body, name).is_some_and(|scheme| {
            scheme.get("type").and_then(Value::as_str) == Some("apiKey")
                && scheme
                    .get("name")
                    .and_then(Value::as_str)
                    .is_some_and(|header| header.eq_ignore_ascii_case("x-api-key"))
                && scheme.get("x-amazon-apigateway-authtype").is_none()
        })
}

fn scheme<'b>(body: &'b Value, name: &str) -> Option<&'b Value> {
    let definitions = [
        body.get("securityDefinitions"),
        body.get("components")
            .and_then(|components| components.get("securitySchemes")),
    ];
    definitions
        .into_iter()
        .flatten()
        .find_map(|schemes| schemes.get(name))
}
