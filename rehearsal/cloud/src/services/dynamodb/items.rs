//! The items that a DynamoDB call is about, and who wrote each last. Names and shapes are the API model's (2012-08-10).
//!
//! `PartiQL` (`ExecuteStatement` and the like) is not looked into.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rehearsal_aws::arn::table_name;
use serde_json::{Map, Value};

use rehearsal_host::Caller;

/// The names of a table's key attributes; `None` for a table that no one asks about.
pub(super) type Keys<'a> = &'a dyn Fn(&str) -> Option<Vec<String>>;

/// An item: its table, and its key in one form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ItemKey {
    table: String,
    key: String,
}

/// What a call does to an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is written, whole or in part.
    Write(ItemKey),
    /// It is gone.
    Delete(ItemKey),
}

impl Change {
    fn key(&self) -> &ItemKey {
        match self {
            Self::Write(key) | Self::Delete(key) => key,
        }
    }
}

/// Who wrote each item last.
#[derive(Debug, Default)]
pub(super) struct Writers {
    last: Mutex<HashMap<ItemKey, Arc<Caller>>>,
}

impl Writers {
    /// Notes what a caller's call did.
    pub(super) fn note(&self, caller: &Arc<Caller>, changes: Vec<Change>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            match change {
                Change::Write(key) => last.insert(key, Arc::clone(caller)),
                Change::Delete(key) => last.remove(&key),
            };
        }
    }

    /// Who wrote each of these items last, where it is known.
    pub(super) fn of<'a>(
        &self,
        keys: impl Iterator<Item = Option<&'a ItemKey>>,
    ) -> Vec<Option<Arc<Caller>>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        keys.map(|key| last.get(key?).map(Arc::clone)).collect()
    }

    /// Who wrote each of the items that a call is about to change.
    pub(super) fn of_changes(&self, changes: &[Change]) -> Vec<Option<Arc<Caller>>> {
        self.of(changes.iter().map(|change| Some(change.key())))
    }
}

/// An item in an answer.
pub(super) struct Read<'a> {
    /// `None` where the answer has not the whole key.
    pub(super) key: Option<ItemKey>,
    keys: Vec<String>,
    attributes: &'a mut Map<String, Value>,
}

impl Read<'_> {
    /// Empties texts, binaries, lists, maps and sets that are no part of the key; numbers and booleans stay.
    pub(super) fn corrupt(&mut self) {
        let keys = &self.keys;
        let attributes = self.attributes.iter_mut();
        for (_, value) in attributes.filter(|(name, _)| !keys.contains(name)) {
            for (kind, value) in value.as_object_mut().into_iter().flatten() {
                match kind.as_str() {
                    "S" | "B" => *value = Value::String(String::new()),
                    "L" | "SS" | "NS" | "BS" => *value = Value::Array(Vec::new()),
                    "M" => *value = Value::Object(Map::new()),
                    _ => {}
                }
            }
        }
    }
}

/// What a call changes; empty for one that changes nothing.
pub(super) fn changes(operation: &str, request: &Value, keys: Keys<'_>) -> Vec<Change> {
    let item = |within: &Value, member: &str| {
        let table = table(within)?;
        key_of(&table, within.get(member)?, &keys(&table)?)
    };
    let changes: Vec<Option<Change>> = match operation {
        "PutItem" => vec![item(request, "Item").map(Change::Write)],
        "UpdateItem" => vec![item(request, "Key").map(Change::Write)],
        "DeleteItem" => vec![item(request, "Key").map(Change::Delete)],
        "TransactWriteItems" => elements(request.get("TransactItems"))
            .flat_map(|action| {
                let within = |name: &str, member| item(action.get(name)?, member);
                [
                    within("Put", "Item").map(Change::Write),
                    within("Update", "Key").map(Change::Write),
                    within("Delete", "Key").map(Change::Delete),
                ]
            })
            .collect(),
        "BatchWriteItem" => members(request.get("RequestItems"))
            .flat_map(|(table, requests)| elements(Some(requests)).map(move |one| (table, one)))
            .flat_map(|(table, one)| {
                let table = table_name(table).to_owned();
                let within = |name: &str, member| {
                    key_of(&table, one.get(name)?.get(member)?, &keys(&table)?)
                };
                [
                    within("PutRequest", "Item").map(Change::Write),
                    within("DeleteRequest", "Key").map(Change::Delete),
                ]
            })
            .collect(),
        _ => Vec::new(),
    };
    changes.into_iter().flatten().collect()
}

/// The items in the answer to a call that reads.
pub(super) fn reads<'a>(
    operation: &str,
    request: &Value,
    answer: &'a mut Value,
    keys: Keys<'_>,
) -> Vec<Read<'a>> {
    let mut reads = Vec::new();
    // An item whose key the request gives may come back without it, by a projection.
    let mut read = |table: &str, asked: Option<&Value>, item: &'a mut Value| {
        let Some(keys) = keys(table) else { return };
        let key = key_of(table, asked.unwrap_or(item), &keys);
        if let Some(attributes) = item.as_object_mut() {
            reads.push(Read {
                key,
                keys,
                attributes,
            });
        }
    };
    match operation {
        "GetItem" => {
            if let (Some(table), Some(item)) = (table(request), answer.get_mut("Item")) {
                read(&table, request.get("Key"), item);
            }
        }
        "Query" | "Scan" => {
            if let (Some(table), Some(items)) = (table(request), array(answer.get_mut("Items"))) {
                for item in items {
                    read(&table, None, item);
                }
            }
        }
        "BatchGetItem" => {
            let tables = answer.get_mut("Responses").and_then(Value::as_object_mut);
            for (table, items) in tables.into_iter().flatten() {
                for item in array(Some(items)).into_iter().flatten() {
                    read(table_name(table), None, item);
                }
            }
        }
        "TransactGetItems" => {
            let asked = elements(request.get("TransactItems"));
            let answers = array(answer.get_mut("Responses"));
            for (asked, answer) in asked.zip(answers.into_iter().flatten()) {
                let get = asked.get("Get");
                let table = get.and_then(table);
                if let (Some(table), Some(item)) = (table, answer.get_mut("Item")) {
                    read(&table, get.and_then(|get| get.get("Key")), item);
                }
            }
        }
        _ => {}
    }
    reads
}

/// The table that a request names, by its name or its ARN.
fn table(request: &Value) -> Option<String> {
    Some(table_name(request.get("TableName")?.as_str()?).to_owned())
}

/// The key among attributes; `None` where a part of it is missing.
fn key_of(table: &str, attributes: &Value, keys: &[String]) -> Option<ItemKey> {
    let parts: Option<Vec<_>> = keys
        .iter()
        .map(|name| attributes.get(name).map(Value::to_string))
        .collect();
    Some(ItemKey {
        table: table.to_owned(),
        key: parts?.join("\n"),
    })
}

fn array(value: Option<&mut Value>) -> Option<&mut Vec<Value>> {
    value.and_then(Value::as_array_mut)
}

fn elements(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(table: &str) -> Option<Vec<String>> {
        (table == "t").then(|| vec!["id".to_owned()])
    }

    fn key(id: &str) -> ItemKey {
        key_of("t", &json!({"id": {"S": id}}), &["id".to_owned()]).unwrap()
    }

    fn item(id: &str) -> Value {
        json!({"id": {"S": id}, "name": {"S": "Ada"}})
    }

    #[test]
    fn every_operation_that_writes_names_its_items() {
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/t";
        #[rustfmt::skip] // A table.
        let cases = [
            ("PutItem", json!({"TableName": "t", "Item": item("a")}), vec![Change::Write(key("a"))]),
            ("UpdateItem", json!({"TableName": arn, "Key": {"id": {"S": "a"}}}), vec![Change::Write(key("a"))]),
            ("DeleteItem", json!({"TableName": "t", "Key": {"id": {"S": "a"}}}), vec![Change::Delete(key("a"))]),
            (
                "BatchWriteItem",
                json!({"RequestItems": {"t": [{"PutRequest": {"Item": item("a")}}, {"DeleteRequest": {"Key": {"id": {"S": "b"}}}}]}}),
                vec![Change::Write(key("a")), Change::Delete(key("b"))],
            ),
            (
                "TransactWriteItems",
                json!({"TransactItems": [
                    {"Put": {"TableName": "t", "Item": item("a")}},
                    {"Update": {"TableName": "t", "Key": {"id": {"S": "b"}}}},
                    {"Delete": {"TableName": "t", "Key": {"id": {"S": "c"}}}},
                    {"ConditionCheck": {"TableName": "t", "Key": {"id": {"S": "d"}}}},
                ]}),
                vec![
                    Change::Write(key("a")),
                    Change::Write(key("b")),
                    Change::Delete(key("c")),
                ],
            ),
            ("PutItem", json!({"TableName": "another", "Item": item("a")}), vec![]),
            ("GetItem", json!({"TableName": "t", "Key": item("a")}), vec![]),
            ("PutItem", json!("nonsense"), vec![]),
        ];
        for (operation, request, expected) in cases {
            assert_eq!(changes(operation, &request, &keys), expected, "{request}");
        }
    }

    #[test]
    fn every_operation_that_reads_gives_its_items() {
        let get = |id: &str| json!({"Get": {"TableName": "t", "Key": {"id": {"S": id}}}});
        #[rustfmt::skip] // A table.
        let cases = [
            (
                "GetItem",
                json!({"TableName": "t", "Key": {"id": {"S": "a"}}}),
                json!({"Item": {"name": {"S": "Ada"}}}),
                vec![Some(key("a"))],
            ),
            ("GetItem", json!({"TableName": "t", "Key": {"id": {"S": "a"}}}), json!({}), vec![]),
            ("Scan", json!({"TableName": "t"}), json!({"Items": [item("a"), {"name": {"S": "Bob"}}]}), vec![Some(key("a")), None]),
            ("BatchGetItem", json!({}), json!({"Responses": {"t": [item("a")], "another": [item("b")]}}), vec![Some(key("a"))]),
            (
                "TransactGetItems",
                json!({"TransactItems": [get("gone"), get("b")]}),
                json!({"Responses": [{}, {"Item": {"name": {"S": "Bob"}}}]}),
                vec![Some(key("b"))],
            ),
        ];
        for (operation, request, mut answer, expected) in cases {
            let found: Vec<_> = reads(operation, &request, &mut answer, &keys)
                .into_iter()
                .map(|read| read.key)
                .collect();
            assert_eq!(found, expected, "{operation}");
        }
    }

    #[test]
    fn a_corrupt_item_keeps_its_key_its_names_and_its_numbers() {
        let mut answer = json!({"Item": {
            "id": {"S": "a"}, "name": {"S": "Ada"}, "revision": {"N": "3"}, "on": {"BOOL": true},
            "attributes": {"M": {"city": {"S": "London"}}}, "tags": {"SS": ["x"]}, "none": {"NULL": true},
        }});
        let request = json!({"TableName": "t", "Key": {"id": {"S": "a"}}});
        for mut read in reads("GetItem", &request, &mut answer, &keys) {
            read.corrupt();
        }
        assert_eq!(
            answer["Item"],
            json!({
                "id": {"S": "a"}, "name": {"S": ""}, "revision": {"N": "3"}, "on": {"BOOL": true},
                "attributes": {"M": {}}, "tags": {"SS": []}, "none": {"NULL": true},
            })
        );
    }

    #[test]
    fn the_last_writer_of_an_item_is_remembered_until_it_is_deleted() {
        let callers = rehearsal_host::Callers::default();
        let (old, new) = (callers.issue("f", "1"), callers.issue("f", "2"));
        let caller = |credentials: &rehearsal_host::credentials::Credentials| {
            Arc::new(credentials.caller().clone())
        };
        let writers = Writers::default();
        let version = |id: &str| {
            let found = writers.of_changes(&[Change::Write(key(id))]);
            found[0].as_ref().map(|caller| caller.version.clone())
        };
        writers.note(&caller(&old), vec![Change::Write(key("a"))]);
        assert_eq!((version("a"), version("b")), (Some("1".to_owned()), None));
        writers.note(&caller(&new), vec![Change::Write(key("a"))]);
        assert_eq!(version("a"), Some("2".to_owned()));
        writers.note(&caller(&old), vec![Change::Delete(key("a"))]);
        assert_eq!(version("a"), None);
    }
}
