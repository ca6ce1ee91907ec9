//! `api-refused`: a stage or a route of an API that API Gateway refuses.
//!
//! The stack's update fails when it comes to it. Sources: API Gateway API, `CreateStage` ("stage names can only contain alphanumeric characters,
//! hyphens, and underscores. Maximum length is 128 characters"; seen: `Stage name only allows a-zA-Z0-9_-`, serverless 4737), API Gateway V2 API,
//! `CreateStage` (an HTTP API has `$default` besides), `CreateRoute` (`Route with key … already exists for this API`, `ConflictException`;
//! `routeKey`: `$default`, or a method and a path such as `GET /pets`); of a deployment's `StageName`, REST API, `CreateDeployment`. An integration
//! that invokes a function by another method than `POST` is taken, and each request is answered 500 (API Gateway developer guide, "Set up Lambda
//! proxy integrations in API Gateway"; seen: localstack 10473, serverless-application-model 430). One without a method is refused (`Enumeration value
//! for HttpMethod must be non-empty`, hashicorp/terraform 10501). A path's parts have letters, digits, `.`, `_`, `-`, `:`, `,` and `$`, or are one
//! parameter (`Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end`; seen:
//! serverless-next.js 208, aws-sam-cli 7613; API Gateway developer guide, "Amazon API Gateway important notes"; aws-cdk,
//! `aws-apigateway/lib/resource.ts`, `validateResourcePathPart`); behind a greedy one there is none (`Cannot create a child of a resource with a
//! greedy path variable`), and beside a parameter no other (`A sibling ({a+}) of this resource already has a variable path part -- only one is
//! allowed`, aws-apigateway-importer 202). A method without an integration is taken, and the deployment of its API is refused (`No integration
//! defined for method`, serverless-application-model 54, getmoto/moto 9466).

use std::collections::BTreeMap;

use rehearsal_aws::apigateway::stage::ApiKind;

use super::references::{by_id, waits_for};
use super::refusals::Refusal;
use super::{Lint, Subject};
use crate::resolve::physical_id;
use crate::stack::{Api, Condition, Resource, Route, Stage, method_of};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "api-refused",
    finds: "a stage or a route of an API that API Gateway refuses, or cannot serve",
    severity: Severity::Warning,
    check,
};

/// By which method Lambda is invoked.
const INVOKES_BY: &str = "POST";

/// The most characters of a stage's name.
const LONGEST_NAME: usize = 128;

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for api in &subject.stack.apis {
        if api.kind == ApiKind::FunctionUrl || !Condition::is_met(api.condition.as_ref()) {
            continue;
        }
        let mut findings: Vec<_> = api
            .stages
            .iter()
            .filter_map(|stage| name(api.kind, stage))
            .collect();
        // A deployment that names a stage which there is changes it.
        let is_made = |stage: &&Stage| {
            let resource = subject.stack.resource(&stage.logical_id);
            resource.is_some_and(|resource| resource.r#type.ends_with("::Stage"))
        };
        let made: Vec<&Stage> = api.stages.iter().filter(is_made).collect();
        for (index, stage) in made.iter().enumerate() {
            findings.extend(taken_name(&made[..index], stage));
        }
        findings.extend(api.routes.iter().filter_map(without_method));
        if api.kind == ApiKind::Rest {
            undeployable(subject, api, found);
            let (refused, doubtful) = impossible_paths(subject, api);
            findings.extend(refused);
            LINT.not_permit(doubtful, &api.logical_id, found);
        }
        LINT.refuse(findings, &api.logical_id, found);
        let unserved = api.routes.iter().filter_map(by_another_method);
        LINT.not_permit(unserved, &api.logical_id, found);
    }
    impossible_resources(subject, found);
    let routes = subject.stack.resources.iter();
    let routes = routes.filter(|resource| {
        resource.r#type == "AWS::ApiGatewayV2::Route"
            && Condition::is_met(resource.condition.as_ref())
    });
    let mut taken = Vec::new();
    for route in routes {
        let text = |name: &str| route.properties.get(name)?.value.to_text();
        let Some(key) = text("ApiId").zip(text("RouteKey")) else {
            continue;
        };
        let mut apis = subject.stack.apis.iter();
        let is_http = apis.any(|api| api.id == key.0 && !api.is_websocket);
        if is_http && key.1 != Api::DEFAULT_STAGE && !key.1.contains(" /") {
            let message = format!(
                "`{}` is no key of an HTTP API's route: API Gateway refuses it",
                key.1
            );
            let help = "write a method and a path, `GET /orders`, or `$default`".to_owned();
            let place = route.properties["RouteKey"].value.place;
            LINT.refuse([(message, help, place)], &route.logical_id, found);
        }
        if taken.contains(&key) {
            let message = format!(
                "its API has the route `{}` already: API Gateway refuses it",
                key.1
            );
            let help = "an API has one route of a key: remove one of them".to_owned();
            let place = route.properties["RouteKey"].value.place;
            LINT.refuse([(message, help, place)], &route.logical_id, found);
        }
        taken.push(key);
    }
}

/// Reports the methods of a REST API that lead nowhere, at each deployment of it that finds them.
fn undeployable(subject: &Subject<'_, '_>, api: &Api, found: &mut Vec<Diagnostic>) {
    let resources = subject.stack.resources.iter();
    let deployments = resources.filter(|resource| {
        resource.r#type == "AWS::ApiGateway::Deployment" && is_of(resource, api)
    });
    for deployment in deployments {
        for refusal in without_integration(subject, api, deployment) {
            let at = [deployment.logical_id.as_str()];
            LINT.refuse_at(refusal, &api.logical_id, at, found);
        }
    }
}

/// Whether a resource is one of an API.
fn is_of(resource: &Resource, api: &Api) -> bool {
    let id = resource.properties.get("RestApiId");
    id.and_then(|id| id.value.to_text()).as_ref() == Some(&api.id)
        && Condition::is_met(resource.condition.as_ref())
}

/// A REST API's methods that lead nowhere, in its definition and in resources of their own that a deployment waits for: others may be made after it.
fn without_integration(
    subject: &Subject<'_, '_>,
    api: &Api,
    deployment: &Resource,
) -> Vec<Refusal> {
    let refusal = |what: String, place| {
        let message =
            format!("{what} has no integration: API Gateway refuses the deployment of its API");
        let help = "say what answers it: `Integration`, or `x-amazon-apigateway-integration` in a document";
        (message, help.to_owned(), place)
    };
    let mut found = Vec::new();
    let body = subject.stack.resource(&api.logical_id);
    let body = body.and_then(|resource| resource.property("Body"));
    let paths = body.and_then(|body| body.get("paths")?.as_map());
    for (path, methods) in paths.into_iter().flatten() {
        for (method, operation) in methods.as_map().into_iter().flatten() {
            let Some(method) = method_of(method) else {
                continue;
            };
            let lacks = operation.as_map().is_some()
                && operation.get("x-amazon-apigateway-integration").is_none()
                && operation.first_unknown().is_none();
            if lacks {
                found.push(refusal(format!("{method} {path}"), operation.place));
            }
        }
    }
    let by_id = by_id(subject);
    let methods = subject.stack.resources.iter();
    let methods = methods.filter(|method| {
        let written = subject.resolver.resources.by_id.get(&method.logical_id);
        method.r#type == "AWS::ApiGateway::Method"
            && written.is_some_and(|written| !written.has_open_properties())
            && !method.properties.contains_key("Integration")
            && is_of(method, api)
            && waits_for(&by_id, &deployment.logical_id, &method.logical_id)
    });
    found.extend(
        methods.map(|method| refusal(format!("the method `{}`", method.logical_id), method.place)),
    );
    found
}

/// A route whose function is invoked by no method.
fn without_method(route: &Route) -> Option<Refusal> {
    let (None, place) = route.invokes_by.as_ref()? else {
        return None;
    };
    let message = format!(
        "{} {} has a function and no method to invoke it by: API Gateway refuses it",
        route.method, route.path
    );
    let help =
        format!("write `{INVOKES_BY}`, as `IntegrationHttpMethod`, or `httpMethod` in a document");
    Some((message, help, *place))
}

/// A route whose function is invoked by a method that Lambda does not take.
fn by_another_method(route: &Route) -> Option<Refusal> {
    let (Some(method), place) = route.invokes_by.as_ref()? else {
        return None;
    };
    (!method.eq_ignore_ascii_case(INVOKES_BY)).then(|| {
        let message = format!(
            "{} {} invokes its function by {method}, and Lambda takes {INVOKES_BY} alone: API Gateway answers 500",
            route.method, route.path
        );
        let help =
            format!("write `{INVOKES_BY}`: it is the integration's method, whatever the route's is");
        (message, help, *place)
    })
}

/// What is wrong with a part of a path: what is refused, or what nobody has said that it is taken.
enum Fault {
    Refused(String, &'static str),
    Doubtful(String, &'static str),
}

/// What a REST API cannot have as a part of a path. `at`: how the part is named.
fn impossible_part(part: &str, at: &str) -> Option<Fault> {
    let parameter = parameter(part);
    let name = parameter.map_or(part, |name| name.strip_suffix('+').unwrap_or(name));
    if name.is_empty() || name.contains(['{', '}']) {
        let message = format!("{at} is `{part}`: API Gateway refuses it");
        let help = "a parameter is a whole part: `{name}` between two slashes";
        return Some(Fault::Refused(message, help));
    }
    let other = name.chars().find(|c| !is_of_path(*c))?;
    let message = format!(
        "{at} has {other:?} in it, which no part of a REST API's may have as far as is known"
    );
    let help = "a part has letters, digits, `.`, `_`, `-`, `:`, `,` and `$`";
    Some(Fault::Doubtful(message, help))
}

/// What stands between the braces of a part that is a parameter.
fn parameter(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// Whether a part takes all that follows it.
fn is_greedy(part: &str) -> bool {
    parameter(part).is_some_and(|name| name.ends_with('+'))
}

/// What to do about a part that takes all that follows it, where more follows.
const LAST: &str = "let it be the last part";
/// What to do about a parameter beside another one.
const ONE_NAME: &str = "give the parameter one name in both";

/// What a REST API cannot have of the paths in its definition, whatever answers there, for each of their parts is a resource of it; and parts with
/// characters of which nobody has said that it takes them.
fn impossible_paths(subject: &Subject<'_, '_>, api: &Api) -> (Vec<Refusal>, Vec<Refusal>) {
    let (mut refused, mut doubtful) = (Vec::new(), Vec::new());
    let mut parameters: BTreeMap<Vec<&str>, &str> = BTreeMap::new();
    let resource = subject.stack.resource(&api.logical_id);
    let body = resource.and_then(|resource| resource.property("Body"));
    let paths = body.and_then(|body| body.get("paths")?.as_map());
    let paths = paths.into_iter().flatten();
    for (path, item) in paths.filter(|(path, _)| path.starts_with('/')) {
        // A function's route stands at its event.
        let mut routes = api.routes.iter();
        let route = routes.find(|route| route.path == *path);
        let place = route.map_or(item.place, |route| route.place);
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        for (index, part) in parts.iter().enumerate() {
            if let Some(fault) = impossible_part(part, &format!("a part of the path `{path}`")) {
                match fault {
                    Fault::Refused(message, help) => {
                        refused.push((message, help.to_owned(), place));
                    }
                    Fault::Doubtful(message, help) => {
                        doubtful.push((message, help.to_owned(), place));
                    }
                }
                continue;
            }
            if is_greedy(part) && index + 1 < parts.len() {
                let message = format!(
                    "`{part}` stands inside the path `{path}`, and takes all that follows: API Gateway refuses it"
                );
                refused.push((message, LAST.to_owned(), place));
            } else if parameter(part).is_some() {
                let known = *parameters.entry(parts[..index].to_vec()).or_insert(part);
                if known != *part {
                    let message = format!(
                        "the path `{path}` has `{part}` where another of its API has `{known}`: API Gateway refuses it"
                    );
                    refused.push((message, ONE_NAME.to_owned(), place));
                }
            }
        }
    }
    (refused, doubtful)
}

/// The same of the parts that are resources of their own: an update may bring one to an API that it leaves as it is.
fn impossible_resources(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let resources = subject.stack.resources.iter();
    let resources = resources.filter(|resource| {
        resource.r#type == "AWS::ApiGateway::Resource"
            && Condition::is_met(resource.condition.as_ref())
    });
    let text = |resource: &Resource, name: &str| resource.properties.get(name)?.value.to_text();
    let parts = resources.filter_map(|resource| {
        let part = &resource.properties.get("PathPart")?.value;
        Some((resource, part.to_text()?, part.place))
    });
    let parts: Vec<_> = parts.collect();
    let id = |resource: &Resource| physical_id(subject.resolver.inputs, &resource.logical_id);
    let greedy = parts.iter().filter(|(_, part, _)| is_greedy(part));
    let greedy: BTreeMap<_, _> = greedy.map(|(at, part, _)| (id(at), (*at, part))).collect();
    let mut parameters: BTreeMap<_, (&Resource, &String)> = BTreeMap::new();
    for (resource, part, place) in &parts {
        let mut refuse = |message: String, help: &str, beside: Option<&Resource>| {
            let at = std::iter::once(*resource).chain(beside);
            let at = at.map(|resource| resource.logical_id.as_str());
            let refusal = (message, help.to_owned(), *place);
            LINT.refuse_at(refusal, &resource.logical_id, at, found);
        };
        let at = text(resource, "RestApiId").zip(text(resource, "ParentId"));
        match impossible_part(part, "its part of a path") {
            Some(Fault::Refused(message, help)) => refuse(message, help, None),
            Some(Fault::Doubtful(message, help)) => {
                let doubtful = [(message, help.to_owned(), *place)];
                LINT.not_permit(doubtful, &resource.logical_id, found);
            }
            None => {
                let Some(at) = at else { continue };
                if let Some((parent, all)) = greedy.get(&at.1) {
                    let message = format!(
                        "it is below `{}`, whose `{all}` takes all that follows: API Gateway refuses it",
                        parent.logical_id
                    );
                    refuse(message, LAST, Some(*parent));
                }
                if parameter(part).is_none() {
                    continue;
                }
                let (other, known) = *parameters.entry(at).or_insert((*resource, part));
                if known != part {
                    let message = format!(
                        "its part is `{part}`, and beside it that of `{}` is `{known}`: API Gateway refuses it",
                        other.logical_id
                    );
                    refuse(message, ONE_NAME, Some(other));
                }
            }
        }
    }
}

fn is_of_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | ',' | '$')
}

/// A name with other characters than stages have, or with too many.
fn name(kind: ApiKind, stage: &Stage) -> Option<Refusal> {
    let name = stage.name.known_value()?;
    if kind == ApiKind::Http && name == Api::DEFAULT_STAGE {
        return None;
    }
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let place = stage.name.place;
    if let Some(other) = name.chars().find(|c| !is_of_name(*c)) {
        let message =
            format!("the stage's name `{name}` has {other:?} in it: API Gateway refuses it");
        let help = match kind {
            ApiKind::Http => "a name has letters, digits, `-` and `_`, or is `$default`",
            _ => "a name has letters, digits, `-` and `_`",
        };
        return Some((message, help.to_owned(), place));
    }
    let count = name.chars().count();
    (count == 0 || count > LONGEST_NAME).then(|| {
        let message = format!("the stage's name has {count} characters: API Gateway refuses it");
        let help = format!("a name has 1 to {LONGEST_NAME}");
        (message, help, place)
    })
}

/// A name that another stage of the API has.
fn taken_name(before: &[&Stage], stage: &Stage) -> Option<Refusal> {
    let name = stage.name.known_value()?;
    let other = before.iter().find(|other| other.name.is(name))?;
    let message = format!(
        "`{}` is a stage of its API with its name too, `{name}`: API Gateway refuses it",
        other.logical_id
    );
    Some((message, "give it another name".to_owned(), stage.name.place))
}
