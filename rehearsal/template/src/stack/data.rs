//! What functions read and write: tables and parameters.

use super::Condition;
use crate::{Field, Place};

/// A `DynamoDB` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: Field<String>,
    /// The body of the `CreateTable` call that makes it, in `DynamoDB`'s own JSON.
    pub create_table: Field<serde_json::Value>,
    /// The attribute that holds an item's time to live, where it is on.
    pub ttl_attribute: Option<Field<String>>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

/// An SSM parameter that the stack writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsmParameter {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: Field<String>,
    /// `String` or `StringList`.
    pub r#type: Field<String>,
    /// Its value.
    pub value: Field<String>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}
