//! The APIs of a stack, and where a rehearsal's requests go through them.

use rehearsal_aws::apigateway::route::{Api, Match, Route};
use rehearsal_aws::apigateway::stage::{ApiKind, ApiMethod, ApiStage};
use rehearsal_template::{Stack, stack};

use super::{Draft, Target, TargetError};
use crate::rehearsal::Rehearsal;
use crate::request::{HttpRequest, RequestKind};

/// A request of the rehearsal that goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("request {number}: {what}")]
pub struct RequestError {
    /// The request's place in the rehearsal, from 1.
    pub number: usize,
    /// What is wrong with it.
    pub what: TargetError,
}

/// Where each of a rehearsal's requests goes: through a route to what stands behind it, or to a function directly.
///
/// # Errors
/// The requests for which the template has no route, function or alias.
pub fn targets(
    stack: &Stack,
    draft: &Draft<'_>,
    rehearsal: &Rehearsal,
) -> Result<Vec<Target>, Vec<RequestError>> {
    let apis = apis(stack);
    let mut targets = Vec::new();
    let mut errors = Vec::new();
    for (index, request) in rehearsal.traffic.requests.iter().enumerate() {
        let target = match &request.kind {
            RequestKind::Invoke(asked) => {
                draft.target(&asked.function, asked.qualifier.as_deref(), None)
            }
            RequestKind::Http(asked) if !unclear(&apis, asked).is_empty() => {
                Err(TargetError::SeveralUrls {
                    method: asked.method.clone(),
                    path: asked.path.clone(),
                    urls: unclear(&apis, asked),
                })
            }
            RequestKind::Http(asked) => match routed(&apis, asked) {
                Some((api, found)) => draft.target(
                    &found.route.function,
                    found.route.qualifier.as_deref(),
                    Some(apis[api].stage(found.route)),
                ),
                None => Err(TargetError::NoRoute {
                    method: asked.method.clone(),
                    path: asked.path.clone(),
                    routes: routes(&apis),
                }),
            },
        };
        match target {
            Ok(target) => targets.push(target),
            Err(what) => errors.push(RequestError {
                number: index + 1,
                what,
            }),
        }
    }
    if errors.is_empty() {
        Ok(targets)
    } else {
        Err(errors)
    }
}

/// All routes, as `GET /contacts/{id}`.
fn routes(apis: &[FrontApi]) -> Vec<String> {
    apis.iter()
        .flat_map(|front| &front.api.routes)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect()
}

/// An API with the name that its metrics have.
#[derive(Clone, Debug)]
pub struct FrontApi {
    /// Its kind, stage and routes.
    pub api: Api,
    /// Its logical id.
    pub logical_id: String,
    /// Its name; its id where the name is not known. The function's, for a function URL.
    pub name: String,
    /// Its stage in the template.
    pub settings: stack::Stage,
}

impl FrontApi {
    /// Its stage, and where detailed metrics are on the route, as its metrics name them. Where it is not known whether they are on,
    /// they are not sent, and an alarm on them is refused.
    pub fn stage(&self, route: &Route) -> ApiStage {
        let detailed = self
            .settings
            .has_detailed_metrics(&route.method, &route.path);
        let (api, stage) = match self.api.kind {
            ApiKind::Rest => (&self.name, self.api.stage.clone()),
            ApiKind::Http => (&self.api.id, self.api.stage.clone()),
            ApiKind::FunctionUrl => {
                let route = self.api.routes.first();
                let alias = route.and_then(|route| route.qualifier.clone());
                (&self.name, alias.unwrap_or_default())
            }
        };
        ApiStage {
            kind: self.api.kind,
            api: api.clone(),
            stage,
            detailed: detailed.unwrap_or(false).then(|| ApiMethod {
                method: route.method.clone(),
                resource: route.path.clone(),
            }),
        }
    }
}

/// The API or the function URL that has a route for a request, by its place, and the route. A function URL takes every request, so
/// it gets what no API has a route for, and what names it.
pub fn routed<'a>(apis: &'a [FrontApi], request: &HttpRequest) -> Option<(usize, Match<'a>)> {
    let path = request.path.split('?').next().unwrap_or_default();
    let is_url = |(_, front): &(usize, &FrontApi)| front.api.kind == ApiKind::FunctionUrl;
    let (urls, apis): (Vec<_>, Vec<_>) = apis.iter().enumerate().partition(is_url);
    let fronts = match &request.function_url {
        Some(url) => {
            let named = urls
                .into_iter()
                .filter(|(_, front)| front.logical_id == *url);
            named.collect::<Vec<_>>()
        }
        None => apis.into_iter().chain(urls).collect(),
    };
    fronts
        .into_iter()
        .find_map(|(place, front)| Some((place, front.api.route(&request.method, path)?)))
}

/// The function URLs of which a request means one and does not say which.
fn unclear(apis: &[FrontApi], request: &HttpRequest) -> Vec<String> {
    let urls: Vec<String> = apis
        .iter()
        .filter(|front| front.api.kind == ApiKind::FunctionUrl)
        .map(|front| front.logical_id.clone())
        .collect();
    let goes_to_url =
        routed(apis, request).is_some_and(|(api, _)| apis[api].api.kind == ApiKind::FunctionUrl);
    if urls.len() > 1 && request.function_url.is_none() && goes_to_url {
        urls
    } else {
        Vec::new()
    }
}

/// The stack's APIs, as far as they are known: a route whose function is not known is no route here.
pub fn apis(stack: &Stack) -> Vec<FrontApi> {
    let api = |api: &stack::Api| {
        let settings = api.stages.first()?.clone();
        let stage = settings.name.known_value()?.clone();
        let routes = api.routes.iter().filter_map(|route| {
            Some(Route {
                method: route.method.clone(),
                path: route.path.clone(),
                authorization: route.authorization.known_value()?.clone(),
                payload_format: route.payload_format,
                function: route.function.known_value()?.clone(),
                qualifier: route.qualifier.clone(),
            })
        });
        let routes = routes.collect();
        Some(FrontApi {
            logical_id: api.logical_id.clone(),
            name: api
                .name
                .known_value()
                .cloned()
                .unwrap_or_else(|| api.id.clone()),
            settings,
            api: Api {
                id: api.id.clone(),
                kind: api.kind,
                stage,
                account_id: stack.inputs.account_id.clone(),
                region: stack.inputs.region.clone(),
                routes,
            },
        })
    };
    stack.apis.iter().filter_map(api).collect()
}
