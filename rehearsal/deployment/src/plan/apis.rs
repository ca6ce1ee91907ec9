//! The APIs of a stack, and where a rehearsal's requests go through them.

use rehearsal_aws::apigateway::route::{Api, Match, Route};
use rehearsal_aws::apigateway::stage::{ApiKind, ApiStage};
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
            RequestKind::Http(asked) => match routed(&apis, asked) {
                Some((front, found)) => draft.target(
                    &found.route.function,
                    found.route.qualifier.as_deref(),
                    Some(front.stage()),
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
    /// Its name; its id where the name is not known.
    pub name: String,
}

impl FrontApi {
    /// Its stage, as its metrics name it.
    pub fn stage(&self) -> ApiStage {
        let api = match self.api.kind {
            ApiKind::Rest => &self.name,
            ApiKind::Http => &self.api.id,
        };
        ApiStage {
            kind: self.api.kind,
            api: api.clone(),
            stage: self.api.stage.clone(),
        }
    }
}

/// The API that has a route for a request, and the route.
pub fn routed<'a>(
    apis: &'a [FrontApi],
    request: &HttpRequest,
) -> Option<(&'a FrontApi, Match<'a>)> {
    let path = request.path.split('?').next().unwrap_or_default();
    apis.iter()
        .find_map(|front| Some((front, front.api.route(&request.method, path)?)))
}

/// The stack's APIs, as far as they are known: a route whose function is not known is no route here.
pub fn apis(stack: &Stack) -> Vec<FrontApi> {
    let api = |api: &stack::Api| {
        let stage = api.stages.first()?.name.known_value()?.clone();
        let routes = api.routes.iter().filter_map(|route| {
            Some(Route {
                method: route.method.clone(),
                path: route.path.clone(),
                authorization: route.authorization.known_value()?.clone(),
                function: route.function.known_value()?.clone(),
                qualifier: route.qualifier.clone(),
            })
        });
        let routes = routes.collect();
        Some(FrontApi {
            name: api
                .name
                .known_value()
                .cloned()
                .unwrap_or_else(|| api.id.clone()),
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
