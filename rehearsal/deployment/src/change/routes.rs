//! Which routes an update adds, removes or leads elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_template::stack::{Api, Route};
use rehearsal_template::{Place, Stack};

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
    /// Where it stands; of a removed one in the live template.
    pub place: Place,
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
    changes
}

fn change(api: &Api, action: RouteAction, route: &Route) -> RouteChange {
    RouteChange {
        api: api.logical_id.clone(),
        method: route.method.clone(),
        path: route.path.clone(),
        action,
        function: route.function.known_value().cloned(),
        place: route.place,
    }
}

/// Routes of REST APIs that no deployment takes to a stage: a stage serves the deployment that it names, and a deployment is a snapshot (API Gateway
/// developer guide, "Deploying a REST API").
pub(super) fn not_deployed(
    new: &Stack,
    compared: &Compared,
    changes: &[RouteChange],
) -> Vec<Finding> {
    let mut counts: BTreeMap<&str, (&RouteChange, usize)> = BTreeMap::new();
    for change in changes {
        if is_not_deployed(new, compared, &change.api) {
            counts.entry(&change.api).or_insert((change, 0)).1 += 1;
        }
    }
    let findings = counts.into_iter().map(|(api, (first, count))| {
        let others = match count {
            1 => String::new(),
            2 => ", as another one".to_owned(),
            _ => format!(", as {} others", count - 1),
        };
        let message = format!(
            "the route {} {} of {api} is {}{others}, and no new deployment takes it to a stage: callers meet the routes of before",
            first.method,
            first.path,
            first.action.name()
        );
        Finding::warning("plan::route-not-deployed", message)
            .at(api, first.place)
            .help("give its AWS::ApiGateway::Deployment another logical id in the same update")
    });
    findings.collect()
}

/// Whether an API is deployed by resources of the template, none of which changes.
pub(super) fn is_not_deployed(new: &Stack, compared: &Compared, api: &str) -> bool {
    let of_api = |r#type: &'static str| {
        let resources = new.resources.iter();
        resources.filter(move |resource| {
            resource.r#type == r#type && resource.references.contains_key(api)
        })
    };
    let mut deployments = of_api("AWS::ApiGateway::Deployment").peekable();
    deployments.peek().is_some()
        && deployments
            .chain(of_api("AWS::ApiGateway::Stage"))
            .all(|resource| {
                let change = compared.change(&resource.logical_id);
                change.is_none_or(|change| !change.is_some())
            })
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
