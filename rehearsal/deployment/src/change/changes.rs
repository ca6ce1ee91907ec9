//! What becomes of a resource.

use rehearsal_template::Place;

use super::schema::Replaces;

/// What an update does to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Create,
    /// It changes in place.
    Update,
    /// Another takes its place, and the old one goes when the update is over.
    Replace,
    /// It leaves the stack when the update is over.
    Delete,
    /// It stays as it is.
    None,
    /// Only AWS knows whether it changes.
    Unknown,
}

impl Action {
    /// The JSON's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// A property that changes, or may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyChange {
    /// Its name, such as `Environment`.
    pub name: String,
    /// The parts of it that change, such as `Variables.STAGE`; empty where all of it does.
    pub paths: Vec<String>,
    /// Why it is not known whether it changes; `None` where it does.
    pub unknown: Option<String>,
    /// Whether it is as it was but for a resource that it refers to, which becomes another.
    pub follows: bool,
    /// What its change does to the resource.
    pub(super) replaces: Replaces,
}

impl PropertyChange {
    /// Whether its change has another resource take the place of this one, or may.
    pub fn may_replace(&self) -> bool {
        self.replaces != Replaces::No
    }
}

/// What becomes of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its logical id. One that SAM ends in a hash of packaged code ends in `*`.
    pub logical_id: String,
    /// Its type.
    pub r#type: String,
    /// What the update does.
    pub action: Action,
    /// The properties that change, or may, in the template's order.
    pub properties: Vec<PropertyChange>,
    /// Whether another resource takes its place; `None` where that is not known.
    pub replacement: Option<bool>,
    /// Whether what was there before stays when the update is over, outside the stack: a policy keeps it.
    pub stays: bool,
    /// More about it: why it is unknown, or what stays of it.
    pub why: Option<String>,
    /// Where it stands: in the new template, and what leaves in the live one.
    pub place: Place,
}

impl Change {
    /// Whether something happens to it, or may.
    pub fn is_some(&self) -> bool {
        self.action != Action::None
    }

    /// Whether what is there afterwards was not there before: it is created, or takes another's place.
    pub fn is_new(&self) -> bool {
        matches!(self.action, Action::Create | Action::Replace)
    }

    /// The properties that surely change.
    pub fn changed(&self) -> impl Iterator<Item = &PropertyChange> {
        self.properties
            .iter()
            .filter(|property| property.unknown.is_none())
    }

    /// Whether a property changes; `None` where that is not known.
    pub fn changes(&self, property: &str) -> Option<bool> {
        match self.properties.iter().find(|found| found.name == property) {
            None => Some(false),
            Some(found) => found.unknown.is_none().then_some(true),
        }
    }
}
