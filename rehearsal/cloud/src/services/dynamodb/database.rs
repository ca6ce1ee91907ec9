//! The embedded database behind the DynamoDB endpoint: dynoxide, on a port of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use dynoxide::{Database, DynoxideError};
use http::Response;
use http::request::Parts;
use http_body_util::Full;
use rehearsal_host::listener::Task;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::answers::Answers;
use super::direct;

/// What has `SQLite` keep a database in memory up to 2 MB, and what is beyond in a file without a name, so that a rehearsal of many requests
/// does not grow with the items that they write (<https://sqlite.org/inmemorydb.html>, "Temporary Databases").
const TEMPORARY: &str = "";

/// A database that speaks DynamoDB's protocol. It is gone when this is dropped, or when the process ends in whatever way.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal_cloud::services::dynamodb::database::DynamoDb;
/// use serde_json::json;
///
/// let database = DynamoDb::start().await?;
/// let table = database.create_table(&json!({
///     "TableName": "contacts",
///     "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
///     "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
///     "TimeToLiveSpecification": { "AttributeName": "expiresAt", "Enabled": true },
/// }))?;
/// assert_eq!(database.item_count(&table)?, 0);
/// # Ok(()) }
/// ```
pub struct DynamoDb {
    address: SocketAddr,
    database: Database,
    answers: Answers,
    _serving: Task,
}

impl std::fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamoDb")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Why the database cannot do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DynamoDbError {
    /// It could not be started.
    #[error("the embedded DynamoDB could not listen on 127.0.0.1: {0}")]
    Listen(io::Error),
    /// It could not be opened.
    #[error("the embedded DynamoDB could not be opened: {0}")]
    Open(DynoxideError),
    /// A table's definition is not one.
    #[error("table {table}: its definition cannot be read: {reason}")]
    Definition {
        /// The table's name, or `?` where it has none.
        table: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A table could not be made or read.
    #[error("table {table}: {reason}")]
    Table {
        /// The table's name.
        table: String,
        /// What the database says, in AWS's words.
        reason: DynoxideError,
    },
}

impl DynamoDb {
    /// Opens an empty database and serves it on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is no port, or the database cannot be opened.
    pub async fn start() -> Result<Self, DynamoDbError> {
        Self::start_on(0).await
    }

    /// The same on a port of one's own choice; 0 for a free one.
    ///
    /// # Errors
    /// When the port is taken, or the database cannot be opened.
    pub async fn start_on(port: u16) -> Result<Self, DynamoDbError> {
        let database = Database::new(TEMPORARY).map_err(DynamoDbError::Open)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(DynamoDbError::Listen)?;
        let address = listener.local_addr().map_err(DynamoDbError::Listen)?;
        let served = database.clone();
        let serving = Task::spawn(async move {
            // Aborted when the owner is dropped; it has no other end.
            let _ = dynoxide::server::serve_with_shutdown(listener, served, std::future::pending())
                .await;
        });
        Ok(Self {
            address,
            database,
            answers: Answers::default(),
            _serving: serving,
        })
    }

    /// What it answers to a call without a connection; `None` where it has to be asked over HTTP, and
    /// [`may_have_changed`](Self::may_have_changed) is to be called then.
    pub(super) fn answer(
        &self,
        operation: &str,
        call: (&Parts, &Bytes, &Value),
    ) -> Option<Response<Full<Bytes>>> {
        direct::answer_to(&self.database, &self.answers, operation, call)
    }

    /// An operation was done over HTTP.
    pub(super) fn may_have_changed(&self, operation: &str) {
        if !direct::is_read(operation) {
            self.answers.forget();
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes a table from the properties of an `AWS::DynamoDB::Table`, resolved, and gives its name. Capacity, encryption,
    /// backups and tags have no effect here and are passed over.
    ///
    /// # Errors
    /// [`DynamoDbError::Definition`] when the properties are no table's, [`DynamoDbError::Table`] when DynamoDB would
    /// refuse it.
    pub fn create_table(&self, properties: &Value) -> Result<String, DynamoDbError> {
        let (request, ttl) = create_requests(properties);
        let table = request["TableName"].as_str().unwrap_or("?").to_owned();
        let refused = |reason| DynamoDbError::Table {
            table: table.clone(),
            reason,
        };
        let unread = |error: serde_json::Error| DynamoDbError::Definition {
            table: table.clone(),
            reason: error.to_string(),
        };
        self.database
            .create_table(serde_json::from_value(request).map_err(unread)?)
            .map_err(refused)?;
        if let Some(ttl) = ttl {
            self.database
                .update_time_to_live(serde_json::from_value(ttl).map_err(unread)?)
                .map_err(refused)?;
        }
        self.answers.forget();
        Ok(table)
    }

    /// Deletes a table with its items.
    ///
    /// # Errors
    /// [`DynamoDbError::Table`] when there is no such table.
    pub fn delete_table(&self, table: &str) -> Result<(), DynamoDbError> {
        let request = parsed(table, json!({ "TableName": table }))?;
        let answer = self.database.delete_table(request);
        self.answers.forget();
        answer.map(drop).map_err(|reason| refused(table, reason))
    }

    /// Adds a global secondary index to a table, filled with the items that it has. `properties` are the table's own, the index among
    /// them.
    ///
    /// # Errors
    /// [`DynamoDbError::Definition`] when the properties have no such index, [`DynamoDbError::Table`] when DynamoDB would refuse it.
    pub fn create_index(&self, properties: &Value, index: &str) -> Result<(), DynamoDbError> {
        let (definition, _) = create_requests(properties);
        let table = definition["TableName"].as_str().unwrap_or("?");
        let named = |found: &&Value| found["IndexName"] == index;
        let indexes = definition["GlobalSecondaryIndexes"].as_array();
        let own = indexes.and_then(|indexes| indexes.iter().find(named));
        let own = own.ok_or_else(|| DynamoDbError::Definition {
            table: table.to_owned(),
            reason: format!("it has no index {index}"),
        })?;
        let keys = own["KeySchema"].as_array().into_iter().flatten();
        let keys: Vec<&Value> = keys.map(|key| &key["AttributeName"]).collect();
        let attributes = definition["AttributeDefinitions"].as_array();
        let attributes: Vec<&Value> = attributes
            .into_iter()
            .flatten()
            .filter(|attribute| keys.contains(&&attribute["AttributeName"]))
            .collect();
        let request = json!({
            "TableName": table,
            "AttributeDefinitions": attributes,
            "GlobalSecondaryIndexUpdates": [{ "Create": own }],
        });
        let answer = self.database.update_table(parsed(table, request)?);
        self.answers.forget();
        answer.map(drop).map_err(|reason| refused(table, reason))
    }

    /// Deletes a global secondary index of a table.
    ///
    /// # Errors
    /// [`DynamoDbError::Table`] when there is no such table or index.
    pub fn delete_index(&self, table: &str, index: &str) -> Result<(), DynamoDbError> {
        let request = json!({
            "TableName": table,
            "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": index } }],
        });
        let answer = self.database.update_table(parsed(table, request)?);
        self.answers.forget();
        answer.map(drop).map_err(|reason| refused(table, reason))
    }

    /// How many items a table has, those that have expired included.
    ///
    /// # Errors
    /// [`DynamoDbError::Table`] when there is no such table.
    pub fn item_count(&self, table: &str) -> Result<u64, DynamoDbError> {
        let refused = |reason| DynamoDbError::Table {
            table: table.to_owned(),
            reason,
        };
        let stats = self.database.table_stats().map_err(refused)?;
        let found = stats.iter().find(|stats| stats.table_name == table);
        let found = found.ok_or_else(|| {
            refused(DynoxideError::ResourceNotFoundException(
                "no such table".to_owned(),
            ))
        })?;
        Ok(u64::try_from(found.item_count).unwrap_or_default())
    }
}

fn refused(table: &str, reason: DynoxideError) -> DynamoDbError {
    DynamoDbError::Table {
        table: table.to_owned(),
        reason,
    }
}

/// A request in the database's own form.
fn parsed<T: serde::de::DeserializeOwned>(table: &str, request: Value) -> Result<T, DynamoDbError> {
    serde_json::from_value(request).map_err(|error| DynamoDbError::Definition {
        table: table.to_owned(),
        reason: error.to_string(),
    })
}

/// `CreateTable` and, where there is one, `UpdateTimeToLive`, from CloudFormation's properties. CloudFormation spells a
/// stream without `StreamEnabled`, and holds the time to live in the table itself.
fn create_requests(properties: &Value) -> (Value, Option<Value>) {
    let mut request = json!({ "BillingMode": "PAY_PER_REQUEST" });
    for name in [
        "TableName",
        "AttributeDefinitions",
        "KeySchema",
        "LocalSecondaryIndexes",
    ] {
        if let Some(value) = properties.get(name) {
            request[name] = value.clone();
        }
    }
    if let Some(indexes) = properties
        .get("GlobalSecondaryIndexes")
        .and_then(Value::as_array)
    {
        let kept = ["IndexName", "KeySchema", "Projection"];
        let index = |index: &Value| {
            kept.iter()
                .filter_map(|name| Some(((*name).to_owned(), index.get(*name)?.clone())))
                .collect()
        };
        request["GlobalSecondaryIndexes"] = indexes.iter().map(index).map(Value::Object).collect();
    }
    if let Some(view) = properties.pointer("/StreamSpecification/StreamViewType") {
        request["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": view });
    }
    let ttl = properties
        .get("TimeToLiveSpecification")
        .filter(|ttl| is_true(&ttl["Enabled"]));
    let ttl = ttl.map(|ttl| {
        let specification = json!({ "AttributeName": ttl["AttributeName"], "Enabled": true });
        json!({ "TableName": request["TableName"], "TimeToLiveSpecification": specification })
    });
    (request, ttl)
}

/// CloudFormation takes "true" for true.
fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloudformation_properties_become_the_services_own_requests() {
        let (request, ttl) = create_requests(&json!({
            "TableName": "t",
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": { "ReadCapacityUnits": "5", "WriteCapacityUnits": "5" },
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "GlobalSecondaryIndexes": [{ "IndexName": "i", "KeySchema": [], "Projection": {}, "ProvisionedThroughput": {} }],
            "StreamSpecification": { "StreamViewType": "NEW_IMAGE" },
            "TimeToLiveSpecification": { "AttributeName": "expiresAt", "Enabled": "true" },
            "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        }));
        assert_eq!(
            request,
            json!({
                "TableName": "t",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
                "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
                "GlobalSecondaryIndexes": [{ "IndexName": "i", "KeySchema": [], "Projection": {} }],
                "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
            })
        );
        assert_eq!(
            ttl,
            Some(
                json!({ "TableName": "t", "TimeToLiveSpecification": { "AttributeName": "expiresAt", "Enabled": true } })
            )
        );
    }

    #[tokio::test]
    async fn an_index_comes_with_the_items_that_there_are_and_goes_again() {
        let database = DynamoDb::start().await.unwrap();
        let table = json!({
            "TableName": "people",
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }, { "AttributeName": "city", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "GlobalSecondaryIndexes": [{ "IndexName": "ByCity", "KeySchema": [{ "AttributeName": "city", "KeyType": "HASH" }], "Projection": { "ProjectionType": "ALL" } }],
        });
        let mut without = table.clone();
        without
            .as_object_mut()
            .unwrap()
            .remove("GlobalSecondaryIndexes");
        without["AttributeDefinitions"] = json!([{ "AttributeName": "id", "AttributeType": "S" }]);
        database.create_table(&without).unwrap();
        let put = json!({ "TableName": "people", "Item": { "id": { "S": "1" }, "city": { "S": "Bern" } } });
        database
            .database
            .put_item(serde_json::from_value(put).unwrap())
            .unwrap();
        let found = || {
            let query = json!({
                "TableName": "people", "IndexName": "ByCity", "KeyConditionExpression": "city = :c",
                "ExpressionAttributeValues": { ":c": { "S": "Bern" } },
            });
            let answer = database
                .database
                .query(serde_json::from_value(query).unwrap());
            answer
                .map(|answer| answer.count)
                .map_err(|error| error.to_string())
        };
        let error = found().unwrap_err();
        assert!(
            error.contains("does not have the specified index"),
            "{error}"
        );
        database.create_index(&table, "ByCity").unwrap();
        assert_eq!(found(), Ok(1));
        database.delete_index("people", "ByCity").unwrap();
        assert!(found().is_err());
        database.delete_table("people").unwrap();
        assert!(database.item_count("people").is_err());
    }

    /// By the links of `/proc`, which only Linux has.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_is_beyond_two_megabytes_is_in_a_file_without_a_name() {
        let in_files = || {
            let open = std::fs::read_dir("/proc/self/fd").unwrap();
            let deleted = open.filter_map(|entry| {
                let link = entry.ok()?.path();
                let is_deleted = std::fs::read_link(&link)
                    .ok()?
                    .to_str()?
                    .ends_with(" (deleted)");
                // The size of what the link leads to, though it has no name.
                is_deleted.then(|| std::fs::metadata(&link).map_or(0, |file| file.len()))
            });
            deleted.sum::<u64>()
        };
        let database = DynamoDb::start().await.unwrap();
        let table = json!({
            "TableName": "large",
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        });
        database.create_table(&table).unwrap();
        let before = in_files();
        for id in 0..30 {
            let item =
                json!({ "id": { "S": id.to_string() }, "text": { "S": "x".repeat(200_000) } });
            let put = json!({ "TableName": "large", "Item": item });
            let put = serde_json::from_value(put).unwrap();
            database.database.put_item(put).unwrap();
        }
        let after = in_files();
        assert!(
            after > before + 2_000_000,
            "{before} B before, {after} B after"
        );
    }

    #[tokio::test]
    async fn a_table_that_is_none_is_refused_by_name() {
        let database = DynamoDb::start().await.unwrap();
        let error = database
            .create_table(&json!({ "TableName": "odd", "KeySchema": [] }))
            .unwrap_err();
        assert!(error.to_string().starts_with("table odd: "), "{error}");
        assert!(database.item_count("odd").is_err());
    }
}
