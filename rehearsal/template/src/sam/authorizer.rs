//! Who may call a route: an API's `Auth`, and the `Auth` of its events
//! (SAM translator, `model/api/api_generator.py`, `model/api/http_api_generator.py`, `model/eventsources/push.py`,
//! `add_auth_to_swagger` and `_add_auth_to_openapi_integration`).

use super::authorizer_checks;
use super::event::ApiEvent;
use super::transform_time::TransformTime;
use crate::resource::Resource;
use crate::text::{Map, Node, NodeKind};
use crate::{Diagnostic, Place};

/// What `Auth` of a REST API may say.
const REST: [&str; 8] = [
    "AddApiKeyRequiredToCorsPreflight",
    "AddDefaultAuthorizerToCorsPreflight",
    "ApiKeyRequired",
    "Authorizers",
    "DefaultAuthorizer",
    "InvokeRole",
    "ResourcePolicy",
    "UsagePlan",
];
/// What `Auth` of an HTTP API may say.
const HTTP: [&str; 3] = ["Authorizers", "DefaultAuthorizer", "EnableIamAuthorizer"];

/// `SigV4`, by the name that both kinds of API have for it.
const IAM: &str = "AWS_IAM";
/// What spares one route the default authorizer.
const NONE: &str = "NONE";

/// An API's `Auth`.
pub(super) struct Auth {
    node: Option<Node>,
    is_http: bool,
    /// Whether no parameter in it lacks its value.
    is_resolved: bool,
}

impl Auth {
    /// Reads and checks an API's `Auth`.
    pub(super) fn read(
        api: &Resource,
        is_http: bool,
        transform_time: &TransformTime<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let node = api.properties.given("Auth");
        let auth = Self {
            // SAM resolves parameters in a REST API's alone.
            node: node.map(|node| {
                if is_http {
                    node.clone()
                } else {
                    transform_time.resolve(node)
                }
            }),
            is_http,
            is_resolved: node.is_none_or(|node| !transform_time.lacks_value(node)),
        };
        for (message, place) in auth.refusals(api) {
            diagnostics
                .push(Diagnostic::error("sam::auth", message, place).resource(&api.logical_id));
        }
        auth
    }

    fn refusals(&self, api: &Resource) -> Vec<(String, Place)> {
        let Some(map) = self.node.as_ref().and_then(Node::as_map) else {
            return Vec::new();
        };
        let place = self.place(api.place);
        let mut refusals = Vec::new();
        let known: &[&str] = if self.is_http { &HTTP } else { &REST };
        if map.keys().any(|key| !known.contains(&key.as_str())) {
            refusals.push(("Invalid value for 'Auth' property".to_owned(), place));
        }
        if api.properties.given("DefinitionUri").is_some() {
            let message = if self.is_http {
                "Auth works only with inline OpenApi specified in the 'DefinitionBody' property."
            } else {
                "Auth works only with inline Swagger specified in 'DefinitionBody' property."
            };
            refusals.push((message.to_owned(), place));
        }
        if let Some(authorizers) = self.get("Authorizers").filter(|_| self.is_resolved) {
            refusals.extend(authorizer_checks::check(authorizers, self.is_http).err());
        }
        let Some(default) = self.default() else {
            return refusals;
        };
        match default.as_str() {
            Some(name) if self.knows(name) => {}
            Some(name) => refusals.push((
                format!(
                    "Unable to set DefaultAuthorizer because '{name}' was not defined in 'Authorizers'."
                ),
                default.place,
            )),
            // A parameter whose value only a deployment knows.
            None if matches!(default.intrinsic(), Some(("Ref", _))) && !self.is_http => {}
            None if self.is_http => refusals.push((
                "Property 'Auth.DefaultAuthorizer' should be a string.".to_owned(),
                default.place,
            )),
            None => refusals.push(("DefaultAuthorizer is not a string.".to_owned(), default.place)),
        }
        refusals
    }

    fn place(&self, otherwise: Place) -> Place {
        self.node.as_ref().map_or(otherwise, |node| node.place)
    }

    fn get(&self, key: &str) -> Option<&Node> {
        self.node
            .as_ref()?
            .given(key)
            .filter(|node| !node.is_no_value())
    }

    /// The default authorizer, where it counts: a REST API's goes unheard where no authorizers are defined, unless it is IAM.
    fn default(&self) -> Option<&Node> {
        let default = self.get("DefaultAuthorizer")?;
        let counts = self.is_http
            || self.get("Authorizers").is_some()
            || default.as_str() == Some(IAM)
            || matches!(default.intrinsic(), Some(("Ref", _)));
        counts.then_some(default)
    }

    fn knows(&self, name: &str) -> bool {
        let has_iam = !self.is_http
            || matches!(self.get("EnableIamAuthorizer"), Some(node) if node.kind == NodeKind::Bool(true));
        (name == IAM && has_iam) || self.defines(name)
    }

    fn defines(&self, name: &str) -> bool {
        self.get("Authorizers")
            .is_some_and(|authorizers| authorizers.given(name).is_some())
    }

    /// The authorizer that an event names, checked; the error is SAM's reason.
    pub(super) fn of_event(&self, event: &ApiEvent) -> Result<Option<Node>, String> {
        let Some(auth) = event.auth.as_ref().filter(|auth| !auth.is_empty()) else {
            return Ok(None);
        };
        let Some(authorizer) = auth.given("Authorizer") else {
            return if self.is_http && self.get("DefaultAuthorizer").is_none() {
                Err(
                    "'Auth' section requires either an explicit 'Authorizer' set or a \
                     'DefaultAuthorizer' configured on the HttpApi."
                        .to_owned(),
                )
            } else {
                Ok(None)
            };
        };
        let at = event.on_route();
        match authorizer.as_str() {
            Some(NONE) if self.get("DefaultAuthorizer").is_none() => Err(format!(
                "Unable to set Authorizer {at} because 'NONE' is only a valid value when a \
                 DefaultAuthorizer on the API is specified."
            )),
            Some(NONE) => Ok(Some(authorizer.clone())),
            Some(IAM) if self.knows(IAM) => Ok(Some(authorizer.clone())),
            name => {
                let shown = authorizer.shown();
                let authorizers = self.get("Authorizers");
                // An HTTP API's `Auth` that says nothing of authorizers is another case to SAM than no `Auth`.
                let fits = match authorizers {
                    Some(node) => node.as_map().is_some(),
                    None => !self.is_http || self.node.is_none(),
                };
                let Some(name) = name.filter(|_| fits) else {
                    return Err(format!(
                        "Unable to set Authorizer [{shown}] {at}. The method authorizer must be a string with a \
                         corresponding dict entry in the api authorizer."
                    ));
                };
                if authorizers.is_none() {
                    Err(format!(
                        "Unable to set Authorizer [{shown}] {at} because the related API does not define any Authorizers."
                    ))
                } else if self.defines(name) {
                    Ok(Some(authorizer.clone()))
                } else {
                    Err(format!(
                        "Unable to set Authorizer [{shown}] {at} because it wasn't defined in the API's Authorizers."
                    ))
                }
            }
        }
    }

    /// What the API says, resolved as far as SAM does.
    pub(super) fn node(&self) -> Option<&Node> {
        self.node.as_ref()
    }

    /// Adds the default authorizer to the routes of a definition that name none, under conditions too.
    pub(super) fn add_default(&self, paths: &mut Map) {
        let Some(default) = self.default() else {
            return;
        };
        let spares_preflight = self.is_http
            || matches!(
                self.get_even_false("AddDefaultAuthorizerToCorsPreflight"),
                Some(node) if node.is_empty()
            );
        each_operation(paths, &mut |method, operation| {
            if !(spares_preflight && method.eq_ignore_ascii_case("options")) {
                self.add_to(operation, default);
            }
        });
    }

    fn get_even_false(&self, key: &str) -> Option<&Node> {
        self.node.as_ref()?.get(key)
    }

    fn add_to(&self, operation: &mut Node, default: &Node) {
        let place = default.place;
        let NodeKind::Map(operation) = &mut operation.kind else {
            return;
        };
        if !operation.contains_key("x-amazon-apigateway-integration")
            || operation.contains_key(AUTHORIZATION)
        {
            return;
        }
        let own = operation.get("security").map(|entry| &entry.value);
        let names_one = own
            .and_then(Node::as_list)
            .into_iter()
            .flatten()
            .filter_map(Node::as_map)
            .flat_map(|map| map.keys())
            .any(|name| name == IAM || name == NONE || self.is_http || self.defines(name));
        if names_one {
            return;
        }
        let Some(name) = default.as_str() else {
            let (key, value) = requirement(default.clone());
            operation.insert(key.to_owned(), value.into());
            return;
        };
        let mut security: Vec<Node> = own
            .and_then(Node::as_list)
            .map(<[Node]>::to_vec)
            .unwrap_or_default();
        security.push(Node::map([(name, Node::list(Vec::new(), place))], place));
        operation.insert("security".to_owned(), Node::list(security, place).into());
    }
}

/// Where a definition of API Gateway's says who may call a route, beside `security`.
const AUTHORIZATION: &str = "x-amazon-apigateway-auth";

/// What an operation says where an authorizer is named for it.
pub(super) fn requirement(authorizer: Node) -> (&'static str, Node) {
    let place = authorizer.place;
    match authorizer.as_str() {
        Some(name) if name != IAM && name != NONE => {
            let requirement = Node::map([(name, Node::list(Vec::new(), place))], place);
            ("security", Node::list(vec![requirement], place))
        }
        // What SAM could not resolve stays in the definition, for resolution to say what it depends on.
        _ => (AUTHORIZATION, Node::map([("type", authorizer)], place)),
    }
}

/// Applies a change to each operation of a definition's paths, with its method, under conditions too.
pub(super) fn each_operation(paths: &mut Map, change: &mut dyn FnMut(&str, &mut Node)) {
    for path in paths.values_mut() {
        each_branch(&mut path.value, &mut |methods| {
            let NodeKind::Map(methods) = &mut methods.kind else {
                return;
            };
            for (method, entry) in methods.iter_mut() {
                each_branch(&mut entry.value, &mut |operation| change(method, operation));
            }
        });
    }
}

/// Applies a change to a node, or to both branches where a condition chooses.
fn each_branch(node: &mut Node, change: &mut dyn FnMut(&mut Node)) {
    let is_choice = matches!(node.intrinsic(), Some(("Fn::If", _)));
    if !is_choice {
        change(node);
        return;
    }
    let NodeKind::Map(map) = &mut node.kind else {
        return;
    };
    let branches = map.values_mut().next().map(|entry| &mut entry.value.kind);
    if let Some(NodeKind::List(branches)) = branches {
        for branch in branches.iter_mut().skip(1) {
            each_branch(branch, change);
        }
    }
}
