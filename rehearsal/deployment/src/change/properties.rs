//! What of a resource's properties changes, and what that makes of the resource.

use std::collections::BTreeMap;

use rehearsal_template::stack::{Property, Resource};

use super::changes::{Action, PropertyChange};
use super::code::{Code, CodeChange};
use super::schema::{Replaces, may_be_local, replaces};
use super::value::{Difference, difference, paths};

/// What has SAM deploy an API in every update (SAM translator, `model/apigateway.py`, `make_auto_deployable`).
pub(super) const ALWAYS_DEPLOY: &str = "AlwaysDeploy";

/// What tells whether a property changes.
pub(super) struct Comparison<'c> {
    pub(super) code: &'c Code,
    /// The resources that become others, so that what `Ref` and `GetAtt` give of them changes; false where that is not known.
    pub(super) renewed: &'c BTreeMap<&'c str, bool>,
}

impl Comparison<'_> {
    /// The properties of a resource that goes on and that change, or may.
    pub(super) fn changed(&self, live: &Resource, new: &Resource) -> Vec<PropertyChange> {
        let mut names: Vec<&str> = new.properties.keys().map(String::as_str).collect();
        let gone = live.properties.keys().map(String::as_str);
        names.extend(gone.filter(|name| !new.properties.contains_key(name)));
        if new.r#type == "AWS::Lambda::Function" && !names.contains(&"Code") {
            // Without one it is the template's folder.
            names.push("Code");
        }
        names
            .into_iter()
            .filter_map(|name| self.property(name, live, new))
            .collect()
    }

    fn property(&self, name: &str, live: &Resource, new: &Resource) -> Option<PropertyChange> {
        // It is SAM's alone, and has no part in the API.
        if name == ALWAYS_DEPLOY && new.r#type == "AWS::ApiGateway::RestApi" {
            return None;
        }
        let (before, after) = (live.properties.get(name), new.properties.get(name));
        // A place that a parameter gives, which has no value here, is as good as none.
        let is_local = |property: Option<&Property>| match property {
            Some(property) if property.value.first_unknown().is_some() => name == "Code",
            Some(property) => property
                .value
                .as_str()
                .is_some_and(|text| !text.starts_with("s3://") && !text.starts_with("https://")),
            None => new.r#type == "AWS::Lambda::Function",
        };
        let changed = |unknown: Option<String>| {
            Some(PropertyChange {
                name: name.to_owned(),
                paths: paths(before, after),
                unknown,
                follows: difference(before, after) == Difference::Same,
                replaces: replaces(&new.r#type, name, before, after),
            })
        };
        if may_be_local(&new.r#type, name) && (is_local(before) || is_local(after)) {
            let known = if name == "Code" {
                self.code.of(&new.logical_id)
            } else {
                self.code.of_other_files()
            };
            return match known {
                CodeChange::Same => None,
                CodeChange::Changed => changed(None),
                CodeChange::Unknown => changed(Some(
                    "what is in the local file is in no template".to_owned(),
                )),
            };
        }
        let renewed = after.into_iter().flat_map(|property| {
            property
                .references
                .iter()
                .filter_map(|id| Some((id, *self.renewed.get(id.as_str())?)))
        });
        let renewed: Vec<_> = renewed.collect();
        match difference(before, after) {
            Difference::Different => changed(None),
            _ if renewed.iter().any(|(_, surely)| *surely) => changed(None),
            Difference::Unknown => {
                let unknown = [after, before]
                    .into_iter()
                    .flatten()
                    .find_map(|property| property.value.first_unknown());
                changed(Some(unknown.map_or_else(
                    || "its value is not known".to_owned(),
                    |unknown| unknown.reason.clone(),
                )))
            }
            Difference::Same => {
                let (id, _) = renewed.first()?;
                changed(Some(format!("{id} may become another")))
            }
        }
    }
}

/// What the change of these properties makes of a resource.
pub(super) fn action(properties: &[PropertyChange]) -> (Action, Option<bool>) {
    let (known, unknown): (Vec<_>, Vec<_>) = properties
        .iter()
        .partition(|property| property.unknown.is_none());
    let any = |properties: &[&PropertyChange], replaces: &[Replaces]| {
        properties
            .iter()
            .any(|property| replaces.contains(&property.replaces))
    };
    if any(&known, &[Replaces::Yes]) {
        return (Action::Replace, Some(true));
    }
    let may_replace =
        any(&known, &[Replaces::Unknown]) || any(&unknown, &[Replaces::Yes, Replaces::Unknown]);
    let replacement = (!may_replace).then_some(false);
    if !known.is_empty() {
        (Action::Update, replacement)
    } else if !unknown.is_empty() {
        (Action::Unknown, replacement)
    } else {
        (Action::None, Some(false))
    }
}
