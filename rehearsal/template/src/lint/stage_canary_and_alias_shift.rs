//! `stage-canary-and-alias-shift`: a stage with a canary of its own in front of an alias that is shifted.
//!
//! Two canaries, each at random by the request, multiply: 10 % of 10 % meet both what is new in the API and what is new in the
//! function. And no service ends the stage's canary: while it is on, the stage takes no other deployment (API Gateway developer
//! guide, "Set up an API Gateway canary release deployment").

use super::{Lint, Subject};
use crate::resource::Resource;
use crate::stack::Api;
use crate::text::Node;
use crate::{Diagnostic, Severity, Value};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "stage-canary-and-alias-shift",
    finds: "a stage with a canary of its own in front of an alias that is shifted",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for resource in subject.resolver.resources.by_id.values() {
        let Some(canary) = canary(resource) else {
            continue;
        };
        if subject.stack.resource(&resource.logical_id).is_none() {
            continue;
        }
        // One that gets no traffic was promoted and waits to be removed.
        let settings = subject.resolver.value(canary);
        let percent = settings.get("PercentTraffic").and_then(Value::to_text);
        if percent.and_then(|text| text.parse::<f64>().ok()) == Some(0.0) {
            continue;
        }
        let Some(api) = api_of(subject, resource) else {
            continue;
        };
        let shifted = subject.shifting.iter().find(|shifting| {
            api.routes.iter().any(|route| {
                route.function.known_value().is_some()
                    && route.function.known_value() == shifting.alias.function.known_value()
            })
        });
        let Some(shifted) = shifted else { continue };
        found.push(
            LINT.report(format!(
                    "the stage has a canary of its own, and the alias `{}` behind it is shifted too: the two multiply, and nothing ends the stage's",
                    shifted.alias.logical_id
                ),
                canary.place,
            )
            .resource(&api.logical_id)
            .help("leave the shift to the alias: remove the stage's canary"),
        );
    }
}

fn canary(resource: &Resource) -> Option<&Node> {
    let property = match resource.r#type.as_str() {
        "AWS::ApiGateway::Stage" => "CanarySetting",
        "AWS::ApiGateway::Deployment" => "DeploymentCanarySettings",
        _ => return None,
    };
    resource
        .properties
        .get(property)
        .filter(|node| !node.is_no_value())
}

fn api_of<'s>(subject: &Subject<'s, '_>, resource: &Resource) -> Option<&'s Api> {
    let id = subject
        .resolver
        .value(resource.properties.get("RestApiId")?)
        .to_text()?;
    subject.stack.apis.iter().find(|api| api.id == id)
}
