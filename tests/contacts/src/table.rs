//! A table of contacts in this process.

use std::net::Ipv4Addr;

use aws_clients::Environment;
use contacts_api::Api;
use contacts_store::Store;
use dynoxide::Database;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const TABLE: &str = "contacts";

/// A table of contacts that lives as long as this, behind a DynamoDB endpoint on a free port.
pub struct Table {
    database: Database,
    environment: Environment,
    serving: JoinHandle<()>,
}

impl Drop for Table {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Table {
    /// An empty table.
    pub async fn start() -> Self {
        let database = Database::memory().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let served = database.clone();
        let serving = tokio::spawn(async move {
            let forever = std::future::pending();
            dynoxide::server::serve_with_shutdown(listener, served, forever)
                .await
                .unwrap();
        });
        let request = json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        });
        database
            .create_table(serde_json::from_value(request).unwrap())
            .unwrap();
        let environment = Environment::from_variables([
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &endpoint),
        ]);
        Self {
            database,
            environment,
            serving,
        }
    }

    /// The contacts API on this table, as one version of its function.
    pub fn api(&self, version: &str) -> Api {
        self.api_of(TABLE, version)
    }

    /// The contacts API as one version of its function, on a table that may not exist.
    pub fn api_of(&self, table: &str, version: &str) -> Api {
        let store = Store::new(&self.environment.sdk_config("DynamoDB"), table);
        Api::new(store, Some(version.to_owned()))
    }

    /// The items stored now, in DynamoDB's JSON.
    pub fn items(&self) -> Vec<Value> {
        let request = serde_json::from_value(json!({"TableName": TABLE})).unwrap();
        let answer = serde_json::to_value(self.database.scan(request).unwrap()).unwrap();
        answer["Items"].as_array().unwrap().clone()
    }
}
