//! APIs and their routes.

use rehearsal_aws::apigateway::route::{Authorization, InvokeMode, PayloadFormat};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::lambda::function_name::FunctionName;

use super::Condition;
use super::integration::{binary_media_types, invoke_mode, payload_format};
use super::reader::Reader;
use super::stage_variables::{self, StageVariables};
use crate::document::NOT_READ;
use crate::resolve::{Resolver, physical_id};
use crate::{Field, Place, Unknown, Value};

/// A REST or an HTTP API, or a function URL: an API of one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its logical id.
    pub logical_id: String,
    /// Its id, as in its host name. Made from the stack's name and the logical id.
    pub id: String,
    /// Its name: the `ApiName` dimension of a REST API's metrics.
    pub name: Field<String>,
    /// Which of them it is.
    pub kind: ApiKind,
    /// Whether it is a `WebSocket` API: its routes are looked at, and no request takes them.
    pub is_websocket: bool,
    /// Its stages in the template.
    pub stages: Vec<Stage>,
    /// Its routes to functions of this template or elsewhere, in the template's order.
    pub routes: Vec<Route>,
    /// The types of media that a REST API takes for binary, as far as they are known.
    pub binary_media_types: Vec<String>,
    /// Why the routes are not known, where they stand in a file or a value that is not read.
    pub routes_unknown: Option<Unknown>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

/// A stage of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its logical id.
    pub logical_id: String,
    /// Its name: the first segment of a URL, or `$default`.
    pub name: Field<String>,
    /// Which methods and routes send metrics of their own.
    pub detailed_metrics: Vec<DetailedMetrics>,
    /// Its variables.
    pub variables: StageVariables,
    /// Where it stands.
    pub place: Place,
}

/// A route from a method and a path to a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method in upper case, or `ANY`.
    pub method: String,
    /// The path, such as `/contacts/{id}` or `/{proxy+}`; an HTTP API may have `$default`.
    pub path: String,
    /// The logical id of the function.
    pub function: Field<String>,
    /// The alias or version it goes to; `None` means the function itself, past every alias.
    pub qualifier: Option<String>,
    /// Who may call it.
    pub authorization: Field<Authorization>,
    /// Whether it asks for a key of API Gateway's in `x-api-key`.
    pub needs_api_key: Field<bool>,
    /// Whether the integration names a role, in which API Gateway then invokes the function, and needs no permission of the function's.
    pub has_role: bool,
    /// The method by which a REST API invokes the function, `None` where its integration has none, and where that stands: Lambda takes `POST`
    /// alone.
    pub invokes_by: Option<(Option<String>, Place)>,
    /// `1.0` or `2.0`.
    pub payload_format: PayloadFormat,
    /// How a function URL has the function invoked: `InvokeMode`.
    pub invoke_mode: Field<InvokeMode>,
    /// The logical id of the only stage that it is a route of: where stage variables say which function it leads to, each stage has one of
    /// its own. `None` where all have it.
    pub stage: Option<String>,
    /// The integration's URI where it names stage variables.
    pub(super) uri: Option<String>,
    /// Where it stands.
    pub place: Place,
}

impl Api {
    /// The stage of an HTTP API whose name is in no path.
    pub const DEFAULT_STAGE: &str = "$default";

    /// The API with the routes of its definition. Its stages, and routes of their own resources, are added later.
    pub(super) fn read(reader: &Reader<'_, '_>, kind: ApiKind) -> Self {
        let body = reader.value("Body");
        let title = body.and_then(|body| body.get("info")?.get("title"));
        let name = reader
            .text("Name")
            .or_else(|| title.map(|title| reader.text_of(title, "title")))
            .unwrap_or_else(|| Field::known(reader.logical_id(), reader.place()));
        let mut api = Self {
            logical_id: reader.logical_id(),
            id: physical_id(reader.resolver.inputs, &reader.resource.logical_id),
            name,
            kind,
            is_websocket: kind == ApiKind::Http && is_websocket(reader),
            stages: Vec::new(),
            routes: Vec::new(),
            binary_media_types: match kind {
                ApiKind::Rest => binary_media_types(reader),
                ApiKind::Http | ApiKind::FunctionUrl => Vec::new(),
            },
            routes_unknown: None,
            condition: reader.condition(),
            place: reader.place(),
        };
        if let Some(location) = reader.value("BodyS3Location") {
            let why = location.get(NOT_READ).and_then(Value::as_str);
            let why = why.unwrap_or(
                "the routes are in a file of their own (`DefinitionUri`), which is not read",
            );
            api.routes_unknown = Some(Unknown::new(why, location.place));
        }
        if let Some(body) = body {
            api.routes_unknown = body
                .as_unknown()
                .or_else(|| body.get("paths")?.as_unknown())
                .cloned();
        }
        api
    }
}

/// Whether an API of version 2 is one of `WebSocket`s (API Gateway V2 API, `CreateApi`, `protocolType`: `HTTP` or `WEBSOCKET`).
fn is_websocket(reader: &Reader<'_, '_>) -> bool {
    let protocol = reader.value("ProtocolType").and_then(Value::to_text);
    protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("WEBSOCKET"))
}

/// The stage that API Gateway makes by itself, and its route.
const DEFAULT: &str = Api::DEFAULT_STAGE;

impl Api {
    /// What API Gateway makes of an HTTP API's `Target` by itself ("quick create"): an integration with it, a route, which is `$default`
    /// unless `RouteKey` names another, and a stage `$default` that deploys each change (API Gateway API, `CreateApi`: "Quick create
    /// produces an API with an integration, a default catch-all route, and a default stage which is configured to automatically deploy
    /// changes"). Its events have version 2.0, which is an HTTP API's default.
    pub(super) fn quick_create(&mut self, reader: &Reader<'_, '_>) -> Option<Elsewhere> {
        let to = reader
            .value("Target")
            .filter(|_| self.kind == ApiKind::Http)?;
        let place = to.place;
        self.stages.push(Stage {
            logical_id: reader.logical_id(),
            name: Field::known(DEFAULT.to_owned(), place),
            detailed_metrics: Vec::new(),
            variables: StageVariables::default(),
            place,
        });
        let key = reader.value("RouteKey").and_then(Value::to_text);
        let key = key.as_deref().unwrap_or(DEFAULT);
        let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
        let is_url = |text: String| text.starts_with("http://") || text.starts_with("https://");
        if to.to_text().is_some_and(is_url) {
            return Some(Elsewhere {
                route: key.to_owned(),
                why: "the route is answered by an integration of type `http_proxy`, without a function"
                    .to_owned(),
                place,
            });
        }
        let target = target(reader, to);
        self.routes.push(Route {
            method: method.to_uppercase(),
            path: path.to_owned(),
            function: target.function,
            qualifier: target.qualifier,
            authorization: Field::known(Authorization::None, place),
            needs_api_key: Field::known(false, place),
            has_role: reader.value("CredentialsArn").is_some(),
            invokes_by: None,
            payload_format: payload_format(self.kind, None),
            invoke_mode: Field::known(InvokeMode::Buffered, place),
            stage: None,
            uri: target.uri,
            place,
        });
        None
    }
}

/// The function URL's one stage.
const URL_STAGE: &str = DEFAULT;

impl Api {
    /// A function URL (`AWS::Lambda::Url`): every request goes to its function or alias.
    pub(super) fn of_url(reader: &Reader<'_, '_>) -> Self {
        let place = reader.place();
        let stage = Stage {
            logical_id: reader.logical_id(),
            name: Field::known(URL_STAGE.to_owned(), place),
            detailed_metrics: Vec::new(),
            variables: StageVariables::default(),
            place,
        };
        let (function, named) = match reader.value("TargetFunctionArn") {
            Some(arn) => {
                let target = target(reader, arn);
                (target.function, target.qualifier)
            }
            None => (reader.function("TargetFunctionArn"), None),
        };
        let qualifier = reader.text("Qualifier").and_then(|text| text.value.ok());
        let name = function.known_value().and_then(|id| {
            let resource = reader.resolver.resources.by_id.get(id)?;
            reader.resolver.attribute(resource, None, place).to_text()
        });
        let authorization = reader.text_or("AuthType", "NONE").map(|r#type| {
            if r#type == "AWS_IAM" {
                Authorization::Iam
            } else {
                Authorization::None
            }
        });
        Self {
            logical_id: reader.logical_id(),
            id: physical_id(reader.resolver.inputs, &reader.resource.logical_id),
            name: Field::known(name.unwrap_or_else(|| reader.logical_id()), place),
            kind: ApiKind::FunctionUrl,
            is_websocket: false,
            stages: vec![stage],
            routes: vec![Route {
                method: "ANY".to_owned(),
                path: "$default".to_owned(),
                function,
                qualifier: qualifier.or(named),
                authorization,
                needs_api_key: Field::known(false, place),
                has_role: false,
                invokes_by: None,
                payload_format: PayloadFormat::V2,
                invoke_mode: invoke_mode(reader),
                stage: None,
                uri: None,
                place,
            }],
            binary_media_types: Vec::new(),
            routes_unknown: None,
            condition: reader.condition(),
            place,
        }
    }
}

/// Whether methods, or routes, send metrics by `Method` and `Resource` too: a REST API's `MethodSettings`, an HTTP API's
/// `DefaultRouteSettings` and `RouteSettings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailedMetrics {
    /// The method in upper case; `*` is all.
    pub method: String,
    /// The resource's path, such as `/orders/{id}`; `/*` is all.
    pub resource: String,
    /// Whether they are on.
    pub enabled: Field<bool>,
}

impl Api {
    /// What is not known of where its requests go, in words, with its place: all of its routes, or of one the function behind it or what it
    /// asks of a caller.
    pub fn unknown_routes(&self) -> impl Iterator<Item = (String, Place)> {
        let all = self.routes_unknown.iter().map(|unknown| {
            let what = format!("its routes are not known: {unknown}");
            (what, unknown.place)
        });
        let one = self.routes.iter().filter_map(|route| {
            let Route { method, path, .. } = route;
            let function = route.function.value.as_ref().err();
            let authorization = route.authorization.value.as_ref().err();
            let key = route.needs_api_key.value.as_ref().err();
            let mode = route.invoke_mode.value.as_ref().err();
            let (what, unknown) = None
                .or(function
                    .map(|unknown| (format!("the function behind {method} {path}"), unknown)))
                .or(authorization
                    .map(|unknown| (format!("the authorization of {method} {path}"), unknown)))
                .or(key.map(|unknown| {
                    (
                        format!("whether {method} {path} asks for an API key"),
                        unknown,
                    )
                }))
                .or(mode.map(|unknown| ("the URL's `InvokeMode`".to_owned(), unknown)))?;
            Some((format!("{what} is not known: {unknown}"), unknown.place))
        });
        all.chain(one)
    }
}

impl Stage {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            logical_id: reader.logical_id(),
            name: reader.text_or("StageName", "$default"),
            detailed_metrics: detailed_metrics(reader),
            variables: StageVariables::read(reader),
            place: reader.place(),
        }
    }

    /// Whether a method of a resource sends metrics of its own. The most specific setting decides (API Gateway API,
    /// `Stage.methodSettings`: `resource_path/http_method` for one method, `*/*` for all).
    ///
    /// # Errors
    /// Why it is not known.
    pub fn has_detailed_metrics(&self, method: &str, resource: &str) -> Result<bool, Unknown> {
        let fits = |setting: &&DetailedMetrics| {
            (setting.method == "*" || setting.method == method)
                && (setting.resource == "/*" || setting.resource == resource)
        };
        let specific =
            |setting: &&DetailedMetrics| (setting.resource != "/*", setting.method != "*");
        let deciding = self
            .detailed_metrics
            .iter()
            .filter(fits)
            .max_by_key(specific);
        deciding.map_or(Ok(false), |setting| setting.enabled.value.clone())
    }
}

fn detailed_metrics(reader: &Reader<'_, '_>) -> Vec<DetailedMetrics> {
    let mut settings = Vec::new();
    // A REST API's stage.
    for setting in reader
        .value("MethodSettings")
        .and_then(Value::as_list)
        .into_iter()
        .flatten()
    {
        let text = |key: &str| setting.get(key).and_then(Value::to_text);
        if let Some(enabled) = setting.get("MetricsEnabled") {
            // `/~1orders~1{id}` is how a path is written inside `ResourcePath` by some tools.
            let resource = text("ResourcePath")
                .unwrap_or_else(|| "/*".to_owned())
                .replace("~1", "/")
                .replace("//", "/");
            settings.push(DetailedMetrics {
                method: text("HttpMethod")
                    .unwrap_or_else(|| "*".to_owned())
                    .to_uppercase(),
                resource: if resource == "*" {
                    "/*".to_owned()
                } else {
                    resource
                },
                enabled: reader.flag_of(enabled, "MetricsEnabled"),
            });
        }
    }
    // An HTTP API's stage: by route key, such as `GET /orders`.
    let enabled = |value: &Value| {
        value
            .get("DetailedMetricsEnabled")
            .map(|enabled| reader.flag_of(enabled, "DetailedMetricsEnabled"))
    };
    if let Some(enabled) = reader.value("DefaultRouteSettings").and_then(enabled) {
        settings.push(DetailedMetrics {
            method: "*".to_owned(),
            resource: "/*".to_owned(),
            enabled,
        });
    }
    for (key, value) in reader
        .value("RouteSettings")
        .and_then(Value::as_map)
        .into_iter()
        .flatten()
    {
        if let Some(enabled) = enabled(value) {
            let (method, resource) = key.split_once(' ').unwrap_or(("ANY", key.as_str()));
            settings.push(DetailedMetrics {
                method: method.to_uppercase(),
                resource: resource.to_owned(),
                enabled,
            });
        }
    }
    settings
}

/// A route that does not lead to a function.
pub(super) struct Elsewhere {
    pub(super) route: String,
    pub(super) why: String,
    pub(super) place: Place,
}

/// Where an integration leads.
pub(super) struct Target {
    /// The logical id of the function.
    pub(super) function: Field<String>,
    /// The alias or version.
    pub(super) qualifier: Option<String>,
    /// The URI, where stage variables in it say which these are.
    pub(super) uri: Option<String>,
}

/// Where an integration leads, by its URI.
pub(super) fn target(reader: &Reader<'_, '_>, uri: &Value) -> Target {
    let place = uri.place;
    if let Some(unknown) = uri.as_unknown() {
        return Target::unknown(unknown.clone(), place);
    }
    let text = uri.to_text().unwrap_or_default();
    let mut target = Target::of_uri(reader.resolver, &text, place);
    target.uri = stage_variables::is_named_in(&text).then_some(text);
    target
}

impl Target {
    /// One that is not known.
    pub(super) fn unknown(unknown: Unknown, place: Place) -> Self {
        Self {
            function: Field::unknown(unknown, place),
            qualifier: None,
            uri: None,
        }
    }

    /// By a URI or an ARN.
    pub(super) fn of_uri(resolver: &Resolver<'_>, text: &str, place: Place) -> Self {
        // arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<the function's ARN>/invocations
        let arn = match text.split_once("/functions/") {
            Some((_, rest)) => rest.rsplit_once('/').map_or(rest, |(arn, _)| arn),
            None => text,
        };
        let named = FunctionName::parse(arn);
        let qualifier = named.and_then(|named| named.qualifier).map(str::to_owned);
        let function = if let Some(function) = resolver.function_called(arn) {
            Field::known(function, place)
        } else {
            let name = named.map_or(arn, |named| named.name);
            let why = format!("the function `{name}` is not in this template");
            Field::unknown(Unknown::new(why, place), place)
        };
        Self {
            function,
            qualifier,
            uri: None,
        }
    }
}

impl Api {
    /// Finds where the routes lead whose URIs name stage variables: of each stage for itself. A stage `Stage` without variables, beside
    /// others, is that of SAM's deployments, which nobody asks for (SAM repository, issue 191), and counts for none.
    pub(super) fn resolve_stage_variables(&mut self, resolver: &Resolver<'_>) {
        let is_sams =
            |stage: &Stage| stage.name.is("Stage") && stage.variables == StageVariables::default();
        let is_alone = self.stages.len() == 1;
        let stages = self.stages.iter();
        let stages: Vec<&Stage> = stages.filter(|stage| is_alone || !is_sams(stage)).collect();
        let routes = std::mem::take(&mut self.routes);
        for route in routes {
            let Some(uri) = &route.uri else {
                self.routes.push(route);
                continue;
            };
            for stage in &stages {
                let place = route.place;
                let target = match stage.variables.within(uri, &stage.logical_id, place) {
                    Ok(uri) => Target::of_uri(resolver, &uri, place),
                    Err(unknown) => Target::unknown(unknown, place),
                };
                self.routes.push(Route {
                    function: target.function,
                    qualifier: target.qualifier,
                    stage: (stages.len() > 1).then(|| stage.logical_id.clone()),
                    uri: None,
                    ..route.clone()
                });
            }
            if stages.is_empty() {
                let why = "its integration names a stage variable, and the API has no stage here";
                self.routes.push(Route {
                    function: Field::unknown(Unknown::new(why, route.place), route.place),
                    qualifier: None,
                    uri: None,
                    ..route
                });
            }
        }
    }
}
