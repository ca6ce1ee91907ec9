//! What functions read and write: tables and parameters.

use super::Condition;
use super::reader::Reader;
use crate::{Field, Place, Value};

/// A DynamoDB table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: Field<String>,
    /// The body of the `CreateTable` call that makes it, in DynamoDB's own JSON.
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

/// The properties of a table that `CreateTable` takes under the same name.
const CREATE_TABLE: [&str; 8] = [
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "StreamSpecification",
    "TableClass",
];

impl Table {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        let name = reader.own(None);
        let ttl = reader.value("TimeToLiveSpecification");
        let is_on = |value: &Value| {
            value.get("Enabled").is_some_and(|enabled| {
                matches!(enabled.to_text().as_deref(), Some("true" | "True"))
            })
        };
        Self {
            logical_id: reader.logical_id(),
            create_table: create_table(reader, &name),
            ttl_attribute: ttl
                .filter(|value| is_on(value))
                .and_then(|value| value.get("AttributeName"))
                .map(|attribute| reader.text_of(attribute, "AttributeName")),
            name,
            condition: reader.condition(),
            place: reader.place(),
        }
    }
}

fn create_table(reader: &Reader<'_, '_>, name: &Field<String>) -> Field<serde_json::Value> {
    let place = reader.place();
    let name = match &name.value {
        Ok(name) => name.clone(),
        Err(unknown) => return Field::unknown(unknown.clone(), place),
    };
    if let Some(unknown) = reader.unknown() {
        return Field::unknown(unknown.clone(), place);
    }
    if reader.value("KeySchema").is_none() {
        reader.report("`KeySchema` is missing".to_owned(), place);
    }
    let mut body = serde_json::Map::new();
    body.insert("TableName".to_owned(), name.into());
    for key in CREATE_TABLE {
        let Some(value) = reader.value(key) else {
            continue;
        };
        match value.to_json() {
            Ok(json) => body.insert(key.to_owned(), numbered(json)),
            Err(unknown) => return Field::unknown(unknown, value.place),
        };
    }
    if let Some(serde_json::Value::Object(stream)) = body.get_mut("StreamSpecification") {
        // CloudFormation has the stream on where it has a view type.
        stream.insert("StreamEnabled".to_owned(), true.into());
    }
    if !body.contains_key("BillingMode") && reader.resource.r#type == "AWS::DynamoDB::GlobalTable" {
        body.insert("BillingMode".to_owned(), "PAY_PER_REQUEST".into());
    }
    Field::known(body.into(), place)
}

/// Capacity units are numbers to DynamoDB, while a parameter makes text of them.
fn numbered(json: serde_json::Value) -> serde_json::Value {
    match json {
        serde_json::Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| {
                let value = match (key.ends_with("CapacityUnits"), &value) {
                    (true, serde_json::Value::String(text)) => text
                        .parse::<u64>()
                        .map_or_else(|_| value.clone(), Into::into),
                    _ => numbered(value),
                };
                (key, value)
            })
            .collect(),
        serde_json::Value::Array(items) => items.into_iter().map(numbered).collect(),
        other => other,
    }
}

impl SsmParameter {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            logical_id: reader.logical_id(),
            name: reader.own(None),
            r#type: reader.text_or("Type", "String"),
            value: reader.required_text("Value"),
            condition: reader.condition(),
            place: reader.place(),
        }
    }
}
