//! Where a live request goes: by which route of which API, to which function, alias or version. Decided here, and nowhere again.

use std::sync::Arc;

use rehearsal_aws::apigateway::route::{API_KEY_HEADER, Parameters, Route};
use rehearsal_aws::apigateway::stage::{ApiKind, ApiStage};
use rehearsal_template::stack::replaced;

use super::World;
use crate::event::Evidence;
use crate::plan::apis::{ChangingApi, FrontApi, fronts, routed};
use crate::plan::{PlainAlias, Target};
use crate::request::{DirectInvocation, HttpRequest, RequestKind};
use crate::revision::Revision;

/// The route that a request takes through an API.
#[derive(Clone, Debug, PartialEq)]
pub struct Through {
    /// The API, as it is when the request arrives.
    pub api: Arc<FrontApi>,
    /// The route.
    pub route: Route,
    /// The values of its path parameters.
    pub parameters: Parameters,
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) target: Arc<Target>,
    pub(super) through: Option<Arc<Through>>,
}

/// A request that reaches no function.
#[derive(Clone, Debug)]
pub(super) struct Nowhere {
    /// The logical id of what it asks for: an API, or a function.
    pub(super) of: String,
    /// The status that its caller sees; `None` where nobody answers over HTTP.
    pub(super) status: Option<u16>,
    /// The stage that answers it, as its metrics name it.
    pub(super) stage: Option<ApiStage>,
    /// Why, in the words of who answers.
    pub(super) evidence: Evidence,
}

impl World {
    /// Where a kind of request goes now. Found once for as long as the update does not go on.
    pub(super) fn way(&mut self, kind: usize) -> Result<Way, Box<Nowhere>> {
        if let Some(way) = self.traffic.ways.get(&kind) {
            return Ok(way.clone());
        }
        let way = match &self.plan.request(kind).kind {
            RequestKind::Http(asked) => self.way_through_api(asked)?,
            RequestKind::Invoke(asked) => self.way_of_invocation(asked),
        };
        self.traffic.ways.insert(kind, way.clone());
        Ok(way)
    }

    /// The revision that an API is in.
    fn revision_of_api(&self, api: &ChangingApi) -> Revision {
        api.revision(|id| self.update.has_reached(id))
    }

    fn way_through_api(&self, asked: &HttpRequest) -> Result<Way, Box<Nowhere>> {
        let now = fronts(&self.plan.apis, |api| self.revision_of_api(api));
        let Some((front, found)) = routed(&now, asked) else {
            return Err(Box::new(self.no_route(asked)));
        };
        let headers = asked.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
        if !found.route.takes_key(headers) {
            return Err(Box::new(without_key(front, found.route)));
        }
        let target = Target {
            function: found.route.function.clone(),
            qualifier: found.route.qualifier.clone(),
            api: Some(front.stage(found.route)),
        };
        let through = Through {
            api: Arc::new(front.clone()),
            route: found.route.clone(),
            parameters: found.parameters,
        };
        Ok(Way {
            target: Arc::new(target),
            through: Some(Arc::new(through)),
        })
    }

    /// What becomes of a request for a route that only the other revision of an API has: of the API that has it then.
    fn no_route(&self, asked: &HttpRequest) -> Nowhere {
        let nobody = |of: &str| Nowhere {
            of: of.to_owned(),
            status: None,
            stage: None,
            evidence: Evidence {
                error_type: None,
                message: Some("the API does not exist, so that its name leads nowhere".to_owned()),
                log: Vec::new(),
            },
        };
        for revision in [Revision::After, Revision::Before] {
            let then = fronts(&self.plan.apis, |_| revision);
            let Some((front, _)) = routed(&then, asked) else {
                continue;
            };
            let mut apis = self.plan.apis.iter();
            let api = apis.find(|api| api.is_of(front));
            let now = api.and_then(|api| api.front.of(self.revision_of_api(api)));
            return now.map_or_else(|| nobody(&front.logical_id), refused);
        }
        // The planner refuses a request that neither revision has a route for.
        nobody("")
    }

    /// Without a qualifier it is for the alias that deployments shift, as long as there is one. Assumed: an invocation of a
    /// function whose place another takes goes to the old one for as long as the new one lacks the alias.
    fn way_of_invocation(&self, asked: &DirectInvocation) -> Way {
        let now = self.target_of_invocation(&asked.function, asked);
        let before = replaced(&asked.function);
        let goes_on = self.plan.functions.contains_key(&before) && !self.is_there(&now);
        Way {
            target: Arc::new(if goes_on {
                self.target_of_invocation(&before, asked)
            } else {
                now
            }),
            through: None,
        }
    }

    fn target_of_invocation(&self, function: &str, asked: &DirectInvocation) -> Target {
        let mut deployments = self.plan.deployments.iter();
        let deployed = deployments
            .find(|deployment| deployment.function == function)
            .map(|deployment| deployment.alias.clone());
        let stays = || {
            let alias = self.aliases_now(function).find(|alias| alias.is_deployed);
            alias.map(|alias| alias.name.clone())
        };
        Target {
            function: function.to_owned(),
            qualifier: asked.qualifier.clone().or(deployed).or_else(stays),
            api: None,
        }
    }

    /// The aliases without a deployment that a function has now.
    fn aliases_now<'a>(&'a self, function: &'a str) -> impl Iterator<Item = &'a PlainAlias> {
        let aliases = self.plan.aliases.iter();
        aliases.filter(move |alias| {
            let now = self.revision_now(&alias.logical_id);
            alias.function == function && alias.version(now).is_some()
        })
    }

    /// Whether what a request without an API is for is there: the function, and the alias that it names.
    fn is_there(&self, target: &Target) -> bool {
        let function = target.function.as_str();
        let is_alias = |name: &str| self.plan.aliases.iter().any(|alias| alias.name == name);
        let has_alias = |name: &str| self.aliases_now(function).any(|alias| alias.name == name);
        let qualifier = target.qualifier.as_deref();
        self.function_now(function).is_some()
            && qualifier.is_none_or(|name| !is_alias(name) || has_alias(name))
    }
}

/// What an API answers where no route takes a request. A REST API says so in words of its own (API Gateway developer guide, "Gateway
/// response types": `MISSING_AUTHENTICATION_TOKEN`). Assumed: such a request counts in the metrics of its stage, and of no method.
fn refused(front: &FrontApi) -> Nowhere {
    let (status, message) = match front.api.kind {
        ApiKind::Rest => (403, "Missing Authentication Token"),
        ApiKind::Http | ApiKind::FunctionUrl => (404, "Not Found"),
    };
    Nowhere {
        of: front.logical_id.clone(),
        status: Some(status),
        stage: Some(front.whole_stage()),
        evidence: Evidence {
            error_type: None,
            message: Some(message.to_owned()),
            log: Vec::new(),
        },
    }
}

/// What a REST API answers to a request without a key where the method asks for one (API Gateway developer guide, "Gateway response types":
/// `INVALID_API_KEY`, 403).
fn without_key(front: &FrontApi, route: &Route) -> Nowhere {
    Nowhere {
        of: front.logical_id.clone(),
        status: Some(403),
        stage: Some(front.stage(route)),
        evidence: Evidence {
            error_type: None,
            message: Some(format!(
                "Forbidden: {} {} asks for a key, and the request has no {API_KEY_HEADER}",
                route.method, route.path
            )),
            log: Vec::new(),
        },
    }
}

/// What becomes of a request whose function, alias or version is not there: Lambda knows none, and API Gateway answers 500 where the
/// request came through an API (API Gateway developer guide, "Troubleshooting issues with HTTP API Lambda integrations").
pub(super) fn not_found(target: &Target) -> Nowhere {
    let name = match &target.qualifier {
        Some(qualifier) => format!("{}:{qualifier}", target.function),
        None => target.function.clone(),
    };
    Nowhere {
        of: target.function.clone(),
        status: target.api.as_ref().map(|_| 500),
        stage: target.api.clone(),
        evidence: Evidence {
            error_type: Some("ResourceNotFoundException".to_owned()),
            message: Some(format!("Function not found: {name}")),
            log: Vec::new(),
        },
    }
}
