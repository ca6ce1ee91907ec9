//! Which routes an update adds, removes or leads elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_template::stack::{Api, Resource, Route};
use rehearsal_template::{Place, Stack};

use super::changes::Action;
use super::findings::Finding;
use super::resources::Compared;

/// What becomes of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteAction {
    /// It is new.
    Added,
    /// It leads elsewhere, or asks for another authorization, or for a key.
    Changed,
    /// It is gone.
    Removed,
}

impl RouteAction {
    /// The JSON's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// A route that changes. Routes belong to no version: they change for all of them at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteChange {
    /// The API's logical id.
    pub api: String,
    /// The method in upper case, or `ANY`.
    pub method: String,
    /// The path.
    pub path: String,
    /// What becomes of it.
    pub action: RouteAction,
    /// The logical id of the function that it leads to, or led to; `None` where that is not known.
    pub function: Option<String>,
    /// Whether a stage comes to serve it so: false where the template deploys the API, and the update brings no deployment of it to a stage.
    pub is_deployed: bool,
    /// Where it stands; of a removed one in the live template.
    pub place: Place,
}

impl RouteChange {
    /// How people know it: `GET /orders`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

type Routes<'s> = BTreeMap<(&'s str, &'s str), &'s Route>;

fn routes(api: Option<&Api>) -> Routes<'_> {
    let routes = api.into_iter().flat_map(|api| &api.routes);
    routes
        .map(|route| ((route.method.as_str(), route.path.as_str()), route))
        .collect()
}

/// The routes that change, by API; of those that are not known nothing.
pub(super) fn between(live: Option<&Stack>, new: &Stack, compared: &Compared) -> Vec<RouteChange> {
    let Some(live) = live else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    for api in &new.apis {
        let before = live
            .apis
            .iter()
            .find(|before| before.logical_id == api.logical_id);
        if before.is_some_and(|before| before.routes_unknown.is_some())
            || api.routes_unknown.is_some()
        {
            continue;
        }
        let is_same = |one: &Route, other: &Route| {
            one.function.known_value() == other.function.known_value()
                && one.qualifier == other.qualifier
                && one.authorization.known_value() == other.authorization.known_value()
                && one.needs_api_key.known_value() == other.needs_api_key.known_value()
                && one.payload_format == other.payload_format
                && one.invoke_mode.known_value() == other.invoke_mode.known_value()
        };
        let (old, now) = (routes(before), routes(Some(api)));
        let moved = now.iter().filter_map(|(key, route)| match old.get(key) {
            None => Some((RouteAction::Added, *route)),
            Some(old) if !is_same(old, route) => Some((RouteAction::Changed, *route)),
            Some(_) => None,
        });
        let gone = old.iter().filter(|(key, _)| !now.contains_key(*key));
        let gone = gone.map(|(_, route)| (RouteAction::Removed, *route));
        changes.extend(
            moved
                .chain(gone)
                .map(|(action, route)| change(api, action, route)),
        );
    }
    let gone = live
        .apis
        .iter()
        .filter(|api| compared.change(&api.logical_id).is_none());
    for api in gone {
        let removed = api.routes.iter();
        changes.extend(removed.map(|route| change(api, RouteAction::Removed, route)));
    }
    let not_deployed = apis_not_deployed(new, compared);
    for change in &mut changes {
        change.is_deployed = !not_deployed.contains(change.api.as_str());
    }
    changes
}

fn change(api: &Api, action: RouteAction, route: &Route) -> RouteChange {
    RouteChange {
        api: api.logical_id.clone(),
        method: route.method.clone(),
        path: route.path.clone(),
        action,
        function: route.function.known_value().cloned(),
        is_deployed: true,
        place: route.place,
    }
}

/// The routes that no new deployment takes to a stage, by API.
pub(super) fn not_deployed(changes: &[RouteChange]) -> impl Iterator<Item = Finding> {
    let mut by_api: BTreeMap<&str, Vec<&RouteChange>> = BTreeMap::new();
    for change in changes.iter().filter(|change| !change.is_deployed) {
        by_api.entry(&change.api).or_default().push(change);
    }
    by_api.into_iter().map(|(api, changes)| {
        let first = changes[0];
        let message = format!(
            "{}, and no new deployment takes that to a stage: callers meet the routes of before",
            in_words(api, &changes)
        );
        Finding::warning("plan::route-not-deployed", message)
            .at(api, first.place)
            .help("give its deployment another logical id in the same update, which the stage's DeploymentId names")
    })
}

/// The changes of an API's routes: each where there are two at most, and by action how many where there are more.
fn in_words(api: &str, changes: &[&RouteChange]) -> String {
    let one = |change: &RouteChange| {
        let action = change.action.name();
        format!("{} is {action}", change.name())
    };
    match changes {
        [only] => format!(
            "the route {} of {api} is {}",
            only.name(),
            only.action.name()
        ),
        [first, second] => format!("of the routes of {api} {} and {}", one(first), one(second)),
        _ => {
            let actions = [
                RouteAction::Added,
                RouteAction::Changed,
                RouteAction::Removed,
            ];
            let counts = actions.iter().filter_map(|action| {
                let all = changes.iter().filter(|change| change.action == *action);
                match all.count() {
                    0 => None,
                    1 => Some(format!("1 is {}", action.name())),
                    count => Some(format!("{count} are {}", action.name())),
                }
            });
            let counts: Vec<_> = counts.collect();
            format!("of the routes of {api} {}", counts.join(" and "))
        }
    }
}

/// The types of a kind of API: its deployment, its stage, and the property by which both name it.
const DEPLOYED: [(&str, &str, &str); 2] = [
    (
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::Stage",
        "RestApiId",
    ),
    (
        "AWS::ApiGatewayV2::Deployment",
        "AWS::ApiGatewayV2::Stage",
        "ApiId",
    ),
];

/// The APIs with deployments in the template, none of which takes today's routes to a stage. A deployment is a snapshot of the moment when it is
/// made, and a stage serves the one that it names (API Gateway developer guide, "Deploying a REST API"): one that is updated in place takes none,
/// and neither does a change of the stage's own.
fn apis_not_deployed<'s>(new: &'s Stack, compared: &Compared) -> BTreeSet<&'s str> {
    let refers = |resource: &Resource, property: &str, id: &str| {
        let property = resource.properties.get(property);
        property.is_some_and(|property| property.references.contains(id))
    };
    let ids = new.apis.iter().map(|api| api.logical_id.as_str());
    ids.filter(|api| {
        DEPLOYED.iter().any(|(deployment, stage, api_id)| {
            let of_api = |r#type: &'static str| {
                let resources = new.resources.iter();
                resources.filter(move |resource| {
                    resource.r#type == r#type && refers(resource, api_id, api)
                })
            };
            let is_new = |resource: &Resource| {
                let change = compared.change(&resource.logical_id);
                change.is_some_and(|change| {
                    change.action == Action::Create || change.replacement != Some(false)
                })
            };
            // It may make or move a stage of its own (CloudFormation template reference, `StageName` of both types).
            let moves_its_own = |deployment: &Resource| {
                is_new(deployment) && deployment.properties.contains_key("StageName")
            };
            let serves_now = |stage: &Resource| {
                let deploys_itself = stage
                    .properties
                    .get("AutoDeploy")
                    .is_some_and(|auto| auto.value.to_text().is_none_or(|auto| auto != "false"));
                let names = stage.properties.get("DeploymentId");
                let mut here = of_api(deployment)
                    .filter(|deployment| refers(stage, "DeploymentId", &deployment.logical_id))
                    .peekable();
                let names_new_one = match here.peek() {
                    Some(_) => here.any(is_new),
                    // Which deployment an id is of that stands in no template is not known.
                    None => {
                        names.is_some()
                            && compared.change(&stage.logical_id).is_some_and(|change| {
                                change.action == Action::Create
                                    || change.changes("DeploymentId") != Some(false)
                            })
                    }
                };
                deploys_itself || names_new_one
            };
            of_api(deployment).next().is_some()
                && !of_api(deployment).any(moves_its_own)
                && !of_api(stage).any(serves_now)
        })
    })
    .collect()
}

/// The routes that lead no one knows where, by a stage variable that the stage does not have, say; not those that have done so before.
pub(super) fn unknown(live: Option<&Stack>, new: &Stack) -> Vec<Finding> {
    let live = live.iter().flat_map(|live| &live.apis);
    let known: BTreeSet<_> = live
        .flat_map(|api| {
            api.unknown_routes()
                .map(|(what, _)| (&api.logical_id, what))
        })
        .collect();
    let unknown = new.apis.iter().flat_map(|api| {
        let routes = api.unknown_routes();
        routes.map(move |(what, place)| (api, what, place))
    });
    unknown
        .filter(|(api, what, _)| !known.contains(&(&api.logical_id, what.clone())))
        .map(|(api, what, place)| {
            let message = format!("{}: {what}", api.logical_id);
            Finding::note("plan::route-unknown", message).at(&api.logical_id, place)
        })
        .collect()
}
