//! Stacks inside a stack, whose templates are files of this machine.

use std::collections::BTreeMap;

use super::reader::Reader;
use super::{Alias, Condition, Stack};
use crate::resolve::Resolver;
use crate::resource::Resource;
use crate::{Diagnostic, Field, Place, Value};

/// How deep stacks may be in stacks. Templates of people have two levels.
pub(crate) const MAX_NESTING: usize = 5;

/// A stack inside this one: `AWS::CloudFormation::Stack`, or `AWS::Serverless::Application`.
#[derive(Clone, Debug)]
pub struct NestedStack {
    /// Its logical id.
    pub logical_id: String,
    /// Where its template is: a path relative to this one's folder, or a URL. Missing for an application of the repository.
    pub location: Option<Field<String>>,
    /// The parameters that it is given. Each value may be unknown by itself.
    pub parameters: BTreeMap<String, Field<String>>,
    /// What its template gives, where that is a file of this machine.
    pub template: Option<NestedTemplate>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

/// What the template of a stack inside another gives.
#[derive(Clone, Debug)]
pub enum NestedTemplate {
    /// It was read.
    Read(Box<Stack>),
    /// It is refused, for these reasons. They have their places in its own text.
    Refused(Vec<Diagnostic>),
    /// Its file is not read, and why.
    NotRead(String),
}

impl Stack {
    /// The deployments of stacks inside this one, as far as their templates are read: each by its stack's logical id, those of the stacks
    /// that lead there before it, and its function's: `Network/Edge/Orders`. None of them is rehearsed with this stack.
    pub fn nested_deployments(&self) -> Vec<String> {
        let mut found = Vec::new();
        for nested in &self.nested {
            let Some(NestedTemplate::Read(inner)) = &nested.template else {
                continue;
            };
            let shifted = |alias: &&Alias| alias.deployment.is_some();
            let own = inner.aliases.iter().filter(shifted);
            let own = own.map(|alias| alias.function_or_alias().to_owned());
            let below = own.chain(inner.nested_deployments());
            found.extend(below.map(|below| format!("{}/{below}", nested.logical_id)));
        }
        found
    }
}

/// The stacks inside this one; their templates are read later.
pub(super) fn nested(resolver: &Resolver<'_>, existing: &[&Resource]) -> Vec<NestedStack> {
    let property = |resource: &Resource| match resource.r#type.as_str() {
        "AWS::CloudFormation::Stack" => Some("TemplateURL"),
        "AWS::Serverless::Application" => Some("Location"),
        _ => None,
    };
    existing
        .iter()
        .filter_map(|resource| {
            let property = property(resource)?;
            let reader = Reader::new(resolver, resource);
            let metadata = |name: &str| resource.metadata.as_ref()?.at(&[name])?.to_text();
            // CDK keeps in its metadata which file the deployment uploads to where the property says (CDK CLI, `aws:asset:path`).
            let asset = metadata("aws:asset:path")
                .filter(|_| metadata("aws:asset:property").as_deref() == Some(property));
            let asset = asset.map(|path| Field::known(path, reader.place()));
            // The repository's applications are named by a map.
            let location = || {
                reader
                    .value(property)
                    .filter(|value| value.as_map().is_none())
                    .map(|value| reader.text_of(value, property))
            };
            Some(NestedStack {
                logical_id: reader.logical_id(),
                location: asset.or_else(location),
                parameters: parameters(&reader),
                template: None,
                condition: reader.condition(),
                place: reader.place(),
            })
        })
        .collect()
}

fn parameters(reader: &Reader<'_, '_>) -> BTreeMap<String, Field<String>> {
    let given = reader.value("Parameters").and_then(Value::as_map);
    given
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let field = match (value.as_list(), value.first_unknown()) {
                (Some(_), Some(unknown)) => Field::unknown(unknown.clone(), value.place),
                (Some(items), None) => {
                    let items: Vec<String> = items.iter().filter_map(Value::to_text).collect();
                    Field::known(items.join(","), value.place)
                }
                (None, _) => reader.text_of(value, name),
            };
            (name.clone(), field)
        })
        .collect()
}
