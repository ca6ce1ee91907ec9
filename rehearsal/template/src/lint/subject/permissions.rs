//! Who lets a service invoke a function: the template's `AWS::Lambda::Permission`s.
//!
//! A permission is for what its `FunctionName` names: one on the function is none on its alias (Lambda developer guide, "Using
//! resource-based policies for Lambda").

use std::cell::OnceCell;

use rehearsal_aws::apigateway::route::Authorization;
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::arn::Arn;
use rehearsal_aws::lambda::function_name::FunctionName;

use super::Subject;
use super::callers::Caller;
use super::policy::{self, INVOKE};
use crate::stack::{Api, Condition, Route, Stack};
use crate::{Place, Value};

/// How the name of API Gateway's service begins.
pub(in crate::lint) const API_GATEWAY: &str = "apigateway.";
/// Whom a function URL without authorization lets in (Lambda developer guide, "Control access to Lambda function URLs").
const ANYONE: &str = "*";
/// What callers of its URL need besides, of one made since October 2025 (Lambda developer guide, "Control access to Lambda function URLs").
const INVOKE_URL: &str = "lambda:InvokeFunctionUrl";

/// What an invocation without a qualifier runs.
pub(in crate::lint) const LATEST: &str = "$LATEST";

/// `$LATEST` is the function itself.
pub(in crate::lint) fn unqualified(qualifier: Option<&str>) -> Option<&str> {
    qualifier.filter(|qualifier| *qualifier != LATEST)
}

/// What a service invokes of a function, and who says so.
pub(in crate::lint) struct Invoked<'c> {
    /// How the name of the service begins.
    pub(in crate::lint) principal: &'static str,
    /// The logical id of the function.
    pub(in crate::lint) function: &'c str,
    /// The alias or version.
    pub(in crate::lint) qualifier: Option<&'c str>,
    /// The resource that says so, by logical id.
    pub(in crate::lint) resource: &'c str,
    /// The same in words.
    pub(in crate::lint) who: String,
    /// Where.
    pub(in crate::lint) place: Place,
    /// The route, of an API.
    through: Option<Through<'c>>,
}

impl<'c> Invoked<'c> {
    /// All that services of AWS invoke: through other resources, and through the routes of APIs and function URLs. What is invoked in a role needs
    /// no permission.
    pub(in crate::lint) fn all(stack: &'c Stack, callers: &'c [Caller]) -> Vec<Self> {
        let by_others = callers.iter().filter_map(|caller| {
            Some(Self {
                principal: caller.principal?,
                function: &caller.function,
                qualifier: unqualified(caller.qualifier.as_deref()),
                resource: &caller.resource,
                who: format!("{} `{}`", caller.what, caller.resource),
                place: caller.place,
                through: None,
            })
        });
        let routes = stack
            .apis
            .iter()
            .flat_map(|api| api.routes.iter().filter_map(|route| Self::by(api, route)));
        by_others.chain(routes).collect()
    }

    fn by(api: &'c Api, route: &'c Route) -> Option<Self> {
        let is_url = api.kind == ApiKind::FunctionUrl;
        if route.has_role || (is_url && route.authorization.known_value()? != &Authorization::None)
        {
            return None;
        }
        Some(Self {
            principal: if is_url { ANYONE } else { API_GATEWAY },
            function: route.function.known_value()?,
            qualifier: unqualified(route.qualifier.as_deref()),
            resource: &api.logical_id,
            who: if is_url {
                format!("the function URL `{}`", api.logical_id)
            } else {
                format!("{} {} of `{}`", route.method, route.path, api.logical_id)
            },
            place: route.place,
            through: Some(Through {
                api,
                route,
                asked: OnceCell::new(),
            }),
        })
    }

    /// Whether a request that a rehearsal sends comes this way.
    pub(in crate::lint) fn is_of_api(&self) -> bool {
        self.through.is_some()
    }

    /// Whether it is known which alias or version it is of: a stage variable names that at run time.
    pub(in crate::lint) fn is_qualifier_known(&self) -> bool {
        self.qualifier
            .is_none_or(|qualifier| !qualifier.contains("${"))
    }

    /// What its caller meets where nothing permits it.
    pub(in crate::lint) fn refusal(&self) -> &'static str {
        match self.principal {
            API_GATEWAY => "API Gateway answers 500",
            ANYONE => "Lambda answers 403",
            _ => "the service is refused",
        }
    }

    /// The actions that permissions need for it, each of them.
    pub(in crate::lint) fn actions(&self) -> &'static [&'static str] {
        match self.principal {
            ANYONE => &[INVOKE_URL, INVOKE],
            _ => &[INVOKE],
        }
    }

    /// What a permission needs besides its function, to permit an action.
    pub(in crate::lint) fn needs(&self, action: &str) -> String {
        match self.principal {
            ANYONE if action == INVOKE => {
                format!("`Action: {action}`, `Principal: '*'` and `InvokedViaFunctionUrl: true`")
            }
            ANYONE => {
                format!("`Action: {action}`, `Principal: '*'` and `FunctionUrlAuthType: NONE`")
            }
            service => format!("`Action: {action}` and `Principal: {service}amazonaws.com`"),
        }
    }

    /// Whether it exists for certain, is called by someone, and is none of an event of SAM's, which makes the permission too.
    pub(in crate::lint) fn is_certain(&self, stack: &Stack) -> bool {
        let resource = stack.resource(self.resource);
        let condition = resource.and_then(|resource| resource.condition.as_ref());
        let is_used = match &self.through {
            Some(through) => !through.api.stages.is_empty(),
            None => resource.is_some_and(|resource| !resource.generated),
        };
        is_used && Condition::is_met(condition)
    }
}

/// An `AWS::Lambda::Permission` for a function of the template.
pub(in crate::lint) struct Permission {
    /// Its logical id.
    pub(in crate::lint) resource: String,
    /// The logical id of the function.
    pub(in crate::lint) function: String,
    /// The alias or version.
    pub(in crate::lint) qualifier: Option<String>,
    /// The service; `None` where only AWS knows it.
    pub(in crate::lint) principal: Option<String>,
    /// The actions that it is for, of those that invocations need.
    actions: Vec<&'static str>,
    /// The only source that it is for, with its place.
    pub(in crate::lint) source: Option<(String, Place)>,
    /// Whether SAM makes it for an event.
    pub(in crate::lint) is_of_event: bool,
    /// Where the function is named.
    pub(in crate::lint) place: Place,
}

/// All permissions of a template.
pub(in crate::lint) struct Permissions {
    pub(in crate::lint) all: Vec<Permission>,
    /// Whether there may be more than these: of one it is not known what it is for, or something makes some that is not expanded here.
    pub(in crate::lint) may_be_more: bool,
}

impl Permissions {
    pub(in crate::lint) fn of(subject: &Subject<'_, '_>) -> Self {
        let mut read = Self {
            all: Vec::new(),
            may_be_more: subject.resolver.resources.is_open,
        };
        for resource in &subject.stack.resources {
            if resource.r#type != "AWS::Lambda::Permission" {
                continue;
            }
            let text = |key: &str| resource.property(key).and_then(Value::to_text);
            let named = resource.property("FunctionName");
            let Some((named, called)) = named.and_then(|named| Some((named, named.to_text()?)))
            else {
                // Of those that SAM makes of an authorizer nothing is written here.
                read.may_be_more |= !resource.generated || named.is_some();
                continue;
            };
            let function = FunctionName::parse(&called)
                .and_then(|called| Some((subject.stack.function_named(called.name)?, called)));
            let Some((function, called)) = function else {
                continue;
            };
            let source = resource.property("SourceArn");
            let source = source.and_then(|source| Some((source.to_text()?, source.place)));
            read.all.push(Permission {
                resource: resource.logical_id.clone(),
                function: function.logical_id.clone(),
                qualifier: unqualified(called.qualifier).map(str::to_owned),
                principal: text("Principal"),
                actions: permitted(text("Action")),
                source,
                is_of_event: resource.generated,
                place: named.place,
            });
        }
        read
    }
}

impl Permission {
    /// Whether it is for the service that invokes something, of whatever function, and for an action that this needs.
    pub(in crate::lint) fn is_for_service_of(&self, invoked: &Invoked<'_>) -> bool {
        let of_service = |principal: &String| match invoked.principal {
            ANYONE => principal == ANYONE,
            service => principal == ANYONE || principal.starts_with(service),
        };
        let mut actions = invoked.actions().iter();
        self.principal.as_ref().is_none_or(of_service) && actions.any(|action| self.is_of(action))
    }

    /// Whether it is for an action.
    pub(in crate::lint) fn is_of(&self, action: &str) -> bool {
        self.actions.contains(&action)
    }

    /// Whether it is for the function, and the alias or version of it, that something invokes.
    pub(in crate::lint) fn is_for_target_of(&self, invoked: &Invoked<'_>) -> bool {
        self.function == invoked.function && self.qualifier.as_deref() == invoked.qualifier
    }

    /// Whether it is for where an invocation comes from, as far as it is known: an API and its route.
    pub(in crate::lint) fn is_for_source_of(&self, invoked: &Invoked<'_>, stack: &Stack) -> bool {
        match (&self.source, &invoked.through) {
            (Some((source, _)), Some(through)) if through.api.kind != ApiKind::FunctionUrl => {
                through.may_be_from(source, stack)
            }
            _ => true,
        }
    }
}

/// The actions that a permission is for, of those that invocations need: all of them where it is not known.
fn permitted(action: Option<String>) -> Vec<&'static str> {
    let pattern = action.map(|action| action.to_lowercase());
    let is_of = |action: &&str| {
        let pattern = pattern.as_ref();
        pattern.is_none_or(|pattern| policy::matches(pattern, &action.to_lowercase()))
    };
    [INVOKE, INVOKE_URL].into_iter().filter(is_of).collect()
}

/// The route of an API through which a function is invoked.
struct Through<'c> {
    api: &'c Api,
    route: &'c Route,
    /// What the ARNs of its requests end with: `<api>/<stage>/<method>/<path>`. `None` where a stage has a name that is not known. Made
    /// once, for every permission is held against it.
    asked: OnceCell<Option<Vec<String>>>,
}

impl Through<'_> {
    /// Whether a `SourceArn` may be that of the route: `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>` (API Gateway
    /// developer guide, "Control access to a REST API with IAM permissions"), with `*` for any text. Which Region and which account is left
    /// alone.
    fn may_be_from(&self, source: &str, stack: &Stack) -> bool {
        let Some(arn) = Arn::parse(source) else {
            return true;
        };
        if !policy::matches(arn.service, "execute-api") {
            return false;
        }
        let id = arn.resource.split('/').next().unwrap_or_default();
        if id != self.api.id && !id.contains(['*', '?']) {
            // An id that the template does not make may be this API's.
            return !stack.apis.iter().any(|other| other.id == id);
        }
        let asked = self.asked.get_or_init(|| {
            let stages = self.api.stages.iter();
            let stages: Option<Vec<_>> = stages.map(|stage| stage.name.known_value()).collect();
            let asked = stages?.into_iter().flat_map(|stage| {
                let asked = asked(self.route).into_iter();
                asked.map(move |asked| format!("{}/{stage}/{asked}", self.api.id))
            });
            Some(asked.collect())
        });
        let is_of = |asked: &String| policy::matches(arn.resource, asked);
        asked.as_ref().is_none_or(|asked| asked.iter().any(is_of))
    }
}

/// What may stand after the stage in the ARN of a route's request: method and path, as it is written and with something for its parameters, or
/// the route's key, of a `WebSocket` API and of `$default`.
fn asked(route: &Route) -> Vec<String> {
    let methods: &[&str] = match route.method.as_str() {
        "ANY" => &[
            "ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS",
        ],
        method => &[method],
    };
    let filled = route.path.split('/').map(|segment| {
        if segment.starts_with('{') {
            "*"
        } else {
            segment
        }
    });
    let filled = filled.collect::<Vec<_>>().join("/");
    let path = route.path.trim_end_matches('/');
    let paths = match route.path.strip_prefix('/') {
        Some(_) => vec![path.to_owned(), format!("{path}/"), filled],
        None => vec![format!("/{}", route.path), "/x".to_owned()],
    };
    let by_path = methods
        .iter()
        .flat_map(|method| paths.iter().map(move |path| format!("{method}{path}")));
    by_path.chain(std::iter::once(route.path.clone())).collect()
}
