//! The APIs of a stack, before and after an update.

use std::collections::BTreeSet;

use rehearsal_aws::apigateway::route::{Api, Match, Route};
use rehearsal_aws::apigateway::stage::{ApiKind, ApiMethod, ApiStage};
use rehearsal_template::{Stack, stack};

use super::{FrontKey, PlanError, TargetError};
use crate::change::UpdatePlan;
use crate::request::{Front, HttpRequest};
use crate::revision::{Changing, Revision};

/// A stage of an API, before and after an update.
#[derive(Clone, Debug)]
pub struct ChangingApi {
    /// The API's logical id.
    pub logical_id: String,
    /// What the update must have come to until it is as afterwards. A REST API serves the deployment that its stage names (API
    /// Gateway developer guide, "Deploying a REST API"), so that its routes change with its stage; an HTTP API that deploys by itself
    /// (`AutoDeploy`) with its own resources.
    pub changes_with: BTreeSet<String>,
    /// The API.
    pub front: Changing<FrontApi>,
}

impl ChangingApi {
    /// An API that no update changes.
    pub fn unchanged(front: FrontApi) -> Self {
        Self {
            logical_id: front.logical_id.clone(),
            changes_with: BTreeSet::new(),
            front: Changing::unchanged(front),
        }
    }

    /// Whether this is a revision of it.
    pub fn is_of(&self, front: &FrontApi) -> bool {
        let some = self.front.before.as_ref().or(self.front.after.as_ref());
        some.is_some_and(|some| some.is_same(front))
    }

    /// What it is once the update has come to what `has_reached` says.
    pub fn revision(&self, has_reached: impl Fn(&str) -> bool) -> Revision {
        let is_there =
            !self.changes_with.is_empty() && self.changes_with.iter().all(|id| has_reached(id));
        if is_there {
            Revision::After
        } else {
            Revision::Before
        }
    }
}

/// The APIs that there are, each in the revision that it is in.
pub fn fronts(apis: &[ChangingApi], revision: impl Fn(&ChangingApi) -> Revision) -> Vec<&FrontApi> {
    apis.iter()
        .filter_map(|api| api.front.of(revision(api)))
        .collect()
}

/// All stages of APIs of both stacks: those of the new one in its order, then those that leave.
///
/// # Errors
/// Whether the update changes what an API serves is not known.
pub(super) fn changing(
    old: &Stack,
    new: &Stack,
    update: Option<&UpdatePlan>,
) -> Result<Vec<ChangingApi>, Vec<PlanError>> {
    let (before, after) = (apis(old), apis(new));
    let mut errors = Vec::new();
    let mut all = Vec::new();
    for mut front in after {
        let id = front.logical_id.clone();
        let there = before.iter().find(|before| before.is_same(&front)).cloned();
        let changes_with = match (update, &there) {
            // One template: whatever it has comes to it in its order.
            (None, _) | (_, None) => BTreeSet::from([front.settings.logical_id.clone()]),
            (Some(update), Some(there)) => match takes_effect_with((old, new), &front, update) {
                Ok((with, is_deployed)) => {
                    if !is_deployed {
                        front.api.routes.clone_from(&there.api.routes);
                    }
                    with
                }
                Err(what) => {
                    errors.push(PlanError {
                        logical_id: id.clone(),
                        what,
                        place: front.settings.place,
                        missing: None,
                        help: None,
                    });
                    continue;
                }
            },
        };
        all.push(ChangingApi {
            logical_id: id,
            changes_with,
            front: Changing {
                before: there,
                after: Some(front),
            },
        });
    }
    for front in before {
        if all.iter().any(|api| api.is_of(&front)) {
            continue;
        }
        let id = front.logical_id.clone();
        let goes_with = match new.resource(&id) {
            None => id.clone(),
            // What it is afterwards is not known.
            Some(_) if !all.iter().any(|api| api.logical_id == id) => continue,
            Some(_) => front.settings.logical_id.clone(),
        };
        all.push(ChangingApi {
            changes_with: BTreeSet::from([goes_with]),
            logical_id: id,
            front: Changing {
                before: Some(front),
                after: None,
            },
        });
    }
    if errors.is_empty() {
        Ok(all)
    } else {
        Err(errors)
    }
}

/// The resources of an HTTP API that are deployed with it.
const OF_AN_HTTP_API: [&str; 3] = [
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
];

/// With which resources what an API serves changes, and whether its routes do.
fn takes_effect_with(
    (old, new): (&Stack, &Stack),
    front: &FrontApi,
    update: &UpdatePlan,
) -> Result<(BTreeSet<String>, bool), String> {
    let changes = |id: &str| update.change(id).filter(|change| change.is_some());
    let stage = &front.settings.logical_id;
    let stage_change = changes(stage);
    let of_stage = BTreeSet::from_iter(stage_change.map(|change| change.logical_id.clone()));
    let deploys_itself = match front.api.kind {
        ApiKind::FunctionUrl => true,
        ApiKind::Rest => false,
        // The stage of a quick create has no resource of its own.
        ApiKind::Http if *stage == front.logical_id => true,
        ApiKind::Http => {
            let stage = new.resource(stage);
            let auto = stage.and_then(|stage| stage.properties.get("AutoDeploy"));
            auto.and_then(|auto| auto.value.to_text()).as_deref() == Some("true")
        }
    };
    if deploys_itself {
        let own = new.resources.iter().filter(|resource| {
            resource.logical_id == front.logical_id
                || (OF_AN_HTTP_API.contains(&resource.r#type.as_str())
                    && resource.references.contains_key(&front.logical_id))
        });
        // What leaves stands in the old stack alone.
        let gone = old.resources.iter().filter(|resource| {
            OF_AN_HTTP_API.contains(&resource.r#type.as_str())
                && resource.references.contains_key(&front.logical_id)
                && new.resource(&resource.logical_id).is_none()
        });
        let own = own
            .chain(gone)
            .filter_map(|resource| changes(&resource.logical_id))
            .filter(|change| !change.stays);
        let with = own.map(|change| change.logical_id.clone()).chain(of_stage);
        return Ok((with.collect(), true));
    }
    let Some(change) = stage_change else {
        return Ok((of_stage, false));
    };
    if change.is_new() {
        return Ok((of_stage, true));
    }
    match change.changes("DeploymentId") {
        Some(is_deployed) => Ok((of_stage, is_deployed)),
        None => Err(format!(
            "whether the update deploys it anew is not known: {}",
            change.why.clone().unwrap_or_else(|| format!(
                "the deployment of its stage {stage} may become another"
            ))
        )),
    }
}

/// All routes, as `GET /contacts/{id}`.
pub(super) fn routes(apis: &[&FrontApi]) -> Vec<String> {
    apis.iter()
        .flat_map(|front| &front.api.routes)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect()
}

/// A stage of an API, with the name that its metrics have.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontApi {
    /// The API's kind, with this stage and the routes.
    pub api: Api,
    /// The API's logical id.
    pub logical_id: String,
    /// Its name; its id where the name is not known. The function's, for a function URL.
    pub name: String,
    /// Its stage in the template.
    pub settings: stack::Stage,
}

impl FrontApi {
    /// Whether both are the same stage of the same API. A stage is known by its name, which no other stage of the API can have (API
    /// Gateway API reference, `CreateStage`).
    pub fn is_same(&self, other: &Self) -> bool {
        self.logical_id == other.logical_id && self.api.stage == other.api.stage
    }

    /// What a key of a request calls it.
    pub fn id(&self, key: FrontKey) -> &str {
        match key {
            FrontKey::Api | FrontKey::FunctionUrl => &self.logical_id,
            FrontKey::Stage => &self.settings.logical_id,
        }
    }

    /// Whether it is a function URL.
    pub fn is_url(&self) -> bool {
        self.api.kind == ApiKind::FunctionUrl
    }

    /// Its stage, and where detailed metrics are on the route, as its metrics name them. Where it is not known whether they are on,
    /// they are not sent, and an alarm on them is refused.
    pub fn stage(&self, route: &Route) -> ApiStage {
        let detailed = self
            .settings
            .has_detailed_metrics(&route.method, &route.path);
        ApiStage {
            detailed: detailed.unwrap_or(false).then(|| ApiMethod {
                method: route.method.clone(),
                resource: route.path.clone(),
            }),
            ..self.whole_stage()
        }
    }

    /// Its stage, as the metrics that are of no method name it.
    pub fn whole_stage(&self) -> ApiStage {
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
            detailed: None,
        }
    }
}

/// The stage or the function URL that takes a request, and by which route. Of several the first: the planner refuses a request that a
/// stack has several for, and between two stacks, while an update goes on, the new one's is meant as soon as it is there.
pub fn routed<'a>(
    apis: &[&'a FrontApi],
    request: &HttpRequest,
) -> Option<(&'a FrontApi, Match<'a>)> {
    let named = named(apis, &request.to).ok()?;
    takers(&named, request).into_iter().next()
}

/// The key that tells one of several from the others: the API where each is of another, else the stage.
pub fn deciding(fronts: &[&FrontApi]) -> FrontKey {
    let apis: BTreeSet<&str> = fronts.iter().map(|front| front.id(FrontKey::Api)).collect();
    if fronts.iter().all(|front| front.is_url()) {
        FrontKey::FunctionUrl
    } else if apis.len() == fronts.len() {
        FrontKey::Api
    } else {
        FrontKey::Stage
    }
}

/// Those of them that a request may mean, by the names that it gives.
pub(super) fn named<'a>(
    apis: &[&'a FrontApi],
    to: &Front,
) -> Result<Vec<&'a FrontApi>, TargetError> {
    let mut left = apis.to_vec();
    for (key, name) in [
        (FrontKey::FunctionUrl, &to.function_url),
        (FrontKey::Api, &to.api),
        (FrontKey::Stage, &to.stage),
    ] {
        let Some(name) = name else { continue };
        let is_meant = |front: &&&FrontApi| front.is_url() == (key == FrontKey::FunctionUrl);
        let of_kind: Vec<&FrontApi> = left.iter().filter(is_meant).copied().collect();
        left = of_kind
            .iter()
            .filter(|front| front.id(key) == name)
            .copied()
            .collect();
        if left.is_empty() {
            return Err(TargetError::NoFront {
                key,
                named: name.clone(),
                there: of_kind
                    .iter()
                    .map(|front| front.id(key).to_owned())
                    .collect(),
            });
        }
    }
    Ok(left)
}

/// All that take a request, each with its route. A function URL takes every request, so it gets what no API has a route for.
pub fn takers<'a>(apis: &[&'a FrontApi], request: &HttpRequest) -> Vec<(&'a FrontApi, Match<'a>)> {
    let path = request.path.split('?').next().unwrap_or_default();
    let takers = |is_url: bool| {
        let fronts = apis.iter().filter(move |front| front.is_url() == is_url);
        fronts.filter_map(|front| Some((*front, front.api.route(&request.method, path)?)))
    };
    let of_apis: Vec<_> = takers(false).collect();
    if of_apis.is_empty() {
        takers(true).collect()
    } else {
        of_apis
    }
}

/// The stages of the stack's APIs, as far as they are known: a route whose function is not known is no route here.
pub fn apis(stack: &Stack) -> Vec<FrontApi> {
    let front = |(api, settings): (&stack::Api, &stack::Stage)| {
        let stage = settings.name.known_value()?.clone();
        let is_own = |route: &&stack::Route| {
            let stage = route.stage.as_ref();
            stage.is_none_or(|stage| *stage == settings.logical_id)
        };
        let routes = api.routes.iter().filter(is_own).filter_map(|route| {
            Some(Route {
                method: route.method.clone(),
                path: route.path.clone(),
                authorization: route.authorization.known_value()?.clone(),
                needs_api_key: *route.needs_api_key.known_value()?,
                payload_format: route.payload_format,
                invoke_mode: *route.invoke_mode.known_value()?,
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
            settings: settings.clone(),
            api: Api {
                id: api.id.clone(),
                kind: api.kind,
                stage,
                account_id: stack.inputs.account_id.clone(),
                region: stack.inputs.region.clone(),
                variables: settings
                    .variables
                    .known()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                binary_media_types: api.binary_media_types.clone(),
                routes,
            },
        })
    };
    // No request takes a `WebSocket` API's routes.
    let apis = stack.apis.iter().filter(|api| !api.is_websocket);
    let stages = apis.flat_map(|api| api.stages.iter().map(move |stage| (api, stage)));
    stages.filter_map(front).collect()
}
