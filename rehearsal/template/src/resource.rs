//! Resources between expansion and resolution: plain CloudFormation, not yet resolved.

use std::collections::{BTreeMap, HashMap};

use crate::Place;
use crate::ordered::Ordered;
use crate::text::{Node, QuickMap, QuickSet};
use crate::version_hash::VersionHash;

/// A resource of plain CloudFormation, as a tree.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) logical_id: String,
    pub(crate) r#type: String,
    /// The type that the template writes, where SAM makes another of it.
    pub(crate) declared_type: String,
    /// Where the logical id stands.
    pub(crate) place: Place,
    /// A map.
    pub(crate) properties: Node,
    pub(crate) condition: Option<(String, Place)>,
    pub(crate) depends_on: Vec<(String, Place)>,
    pub(crate) metadata: Option<Node>,
    pub(crate) update_policy: Option<Node>,
    /// `DeletionPolicy`; without it CloudFormation deletes the resource.
    pub(crate) deletion_policy: Option<Node>,
    /// `UpdateReplacePolicy`, as it is written.
    pub(crate) update_replace_policy: Option<Node>,
    /// The resource that SAM generated it for.
    pub(crate) generated_for: Option<String>,
    /// Whether SAM generated it for an event, which is listed itself.
    pub(crate) is_of_event: bool,
}

impl Resource {
    /// A resource that SAM generates for another one, under the other's condition.
    pub(crate) fn generated(
        logical_id: impl Into<String>,
        r#type: &str,
        properties: Node,
        of: &Resource,
    ) -> Self {
        Self {
            logical_id: logical_id.into(),
            r#type: r#type.to_owned(),
            declared_type: of.declared_type.clone(),
            place: of.place,
            properties,
            condition: of.condition.clone(),
            depends_on: Vec::new(),
            metadata: None,
            update_policy: None,
            deletion_policy: None,
            update_replace_policy: None,
            generated_for: Some(of.logical_id.clone()),
            is_of_event: false,
        }
    }

    /// The same with the `DeletionPolicy` and `UpdateReplacePolicy` of what it is generated for (SAM translator,
    /// `model/__init__.py`, `_pass_through_attributes`).
    pub(crate) fn with_policies_of(mut self, of: &Resource) -> Self {
        self.deletion_policy.clone_from(&of.deletion_policy);
        self.update_replace_policy
            .clone_from(&of.update_replace_policy);
        self
    }

    /// The resource that the template writes: this one, or the one that SAM generated it for.
    pub(crate) fn owner(&self) -> &str {
        self.generated_for.as_deref().unwrap_or(&self.logical_id)
    }

    /// Whether the template writes it as it is, and SAM makes nothing of it.
    pub(crate) fn is_as_written(&self) -> bool {
        self.r#type == self.declared_type
    }

    /// Whether a macro or a loop makes some of its properties: what is not there may be.
    pub(crate) fn has_open_properties(&self) -> bool {
        let map = self.properties.as_map();
        map.is_some_and(|map| map.keys().any(|key| key.starts_with("Fn::")))
    }

    /// Whether the logical id is complete. One that ends in `*` lacks a hash that needs the packaged code.
    pub(crate) fn has_final_id(&self) -> bool {
        !self.logical_id.ends_with('*')
    }
}

/// The template after expansion.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    pub(crate) by_id: Ordered<Resource>,
    /// What SAM lets templates call by the name of what it came from: `Contacts.Version` → the version's id.
    pub(crate) referable: QuickMap<String, QuickMap<String, String>>,
    /// Resources of SAM's own that make more than is expanded here.
    pub(crate) not_expanded: Vec<String>,
    /// Whether loops or macros make more resources and conditions than these.
    pub(crate) is_open: bool,
    /// Whether the template names the transform for the extensions of CloudFormation's language.
    pub(crate) has_extensions: bool,
    /// What connectors make more permissions and policies for than these.
    pub(crate) connected: Connected,
    /// The conditions that SAM adds to the template's, with their expressions.
    pub(crate) conditions: HashMap<String, Node>,
    /// What SAM hashes for the logical ids of the versions that it makes, by those.
    pub(crate) version_hashes: BTreeMap<String, VersionHash>,
    /// Where a function's deployment preference says `Enabled: false`, by the alias's id.
    pub(crate) disabled_preferences: BTreeMap<String, Place>,
    /// SAM's functions before their expansion, by logical id.
    pub(crate) serverless_functions: Ordered<ServerlessFunction>,
}

/// The resources that SAM's connectors connect. A connector makes policies for the role of its source, and permissions for its destination (SAM
/// developer guide, "Managing resource permissions with SAM connectors"; translator, `model/connector_profiles/profiles.json`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Connected {
    pub(crate) ids: QuickSet<String>,
    /// Whether one names an end of it by something else than a logical id.
    pub(crate) has_others: bool,
}

impl Connected {
    /// Whether a connector may allow something of a resource, or to it.
    pub(crate) fn may_have(&self, id: &str) -> bool {
        self.has_others || self.ids.contains(id)
    }
}

/// One of SAM's functions before its expansion.
#[derive(Clone, Debug)]
pub(crate) struct ServerlessFunction {
    /// What the template gives it, with its globals.
    pub(crate) properties: Node,
    /// Its deployment preference as SAM reads it: parameters and mappings resolved, everything else as it is written.
    pub(crate) preference: Option<Node>,
}

impl Resources {
    /// The resource and attribute that a dotted name means: `Contacts.Version.Version` → (`ContactsVersion…`, `Version`).
    pub(crate) fn resolve_name<'n>(&'n self, name: &'n str) -> (&'n str, Option<&'n str>) {
        let Some((logical_id, rest)) = name.split_once('.') else {
            return (name, None);
        };
        let (property, attribute) = match rest.split_once('.') {
            Some((property, attribute)) => (property, Some(attribute)),
            None => (rest, None),
        };
        match self.generated(logical_id, property) {
            Some(generated) => (generated, attribute),
            None => (logical_id, Some(rest)),
        }
    }

    /// Lets templates refer to a generated resource by the name of what it came from.
    pub(crate) fn refer(&mut self, logical_id: &str, property: &str, generated: &str) {
        self.referable
            .entry(logical_id.to_owned())
            .or_default()
            .insert(property.to_owned(), generated.to_owned());
    }

    /// The generated resource that goes by such a name.
    pub(crate) fn generated(&self, logical_id: &str, property: &str) -> Option<&String> {
        self.referable.get(logical_id)?.get(property)
    }
}
