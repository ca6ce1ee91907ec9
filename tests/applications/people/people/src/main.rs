//! People and how to ring them up, in the three shapes of an expand and contract. The file `shape` in the working directory says
//! which version of the code this is:
//!
//! | shape | writes | reads |
//! |---|---|---|
//! | `phone` | `phone` | `phone` |
//! | `both` | `phone` and `phones` | `phones`, or `phone` where there is none |
//! | `phones` | `phones` | `phones` |
//!
//! `POST` is the migration, which `both` alone does: items without `phones` get them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

/// One version of the code.
struct People {
    client: Client,
    table: String,
    shape: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let people = People {
        client: Client::new(&aws_clients::sdk_config("DynamoDB")),
        table: std::env::var("TABLE_NAME")?,
        shape: std::fs::read_to_string("shape")?,
    };
    lambda_runtime::run(service_fn(|event| people.handle(event))).await
}

impl People {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, Error> {
        let event = event.payload;
        let id = event["pathParameters"]["id"].as_str().unwrap_or_default();
        let id = AttributeValue::S(id.to_owned());
        if event["httpMethod"] == "GET" {
            return self.read(id).await;
        }
        if event["httpMethod"] == "POST" {
            return self.migrate().await;
        }
        let body: Value = serde_json::from_str(event["body"].as_str().unwrap_or_default())?;
        let phone = body["phone"].as_str().unwrap_or_default();
        self.write(id, phone).await
    }

    async fn write(&self, id: AttributeValue, phone: &str) -> Result<Value, Error> {
        let phone = AttributeValue::S(phone.to_owned());
        let mut put = self.client.put_item().table_name(&self.table);
        put = put.item("id", id);
        if self.shape != "phones" {
            put = put.item("phone", phone.clone());
        }
        if self.shape != "phone" {
            put = put.item("phones", AttributeValue::L(vec![phone]));
        }
        put.send().await?;
        Ok(json!({"statusCode": 204}))
    }

    /// Gives `phones` to all who have none, unless somebody has done so meanwhile.
    async fn migrate(&self) -> Result<Value, Error> {
        let done = Ok(json!({"statusCode": 204}));
        if self.shape != "both" {
            return done;
        }
        let scan = self.client.scan().table_name(&self.table);
        let scan = scan.filter_expression("attribute_not_exists(phones)");
        let found = scan.consistent_read(true).send().await?;
        for person in found.items() {
            let (Some(id), Some(phone)) = (person.get("id"), person.get("phone")) else {
                continue;
            };
            let update = self.client.update_item().table_name(&self.table);
            let sent = update
                .key("id", id.clone())
                .update_expression("SET phones = :phones")
                .condition_expression("attribute_not_exists(phones) AND phone = :phone")
                .expression_attribute_values(":phones", AttributeValue::L(vec![phone.clone()]))
                .expression_attribute_values(":phone", phone.clone())
                .send()
                .await;
            if let Err(error) = sent.map_err(aws_sdk_dynamodb::Error::from)
                && !matches!(
                    error,
                    aws_sdk_dynamodb::Error::ConditionalCheckFailedException(_)
                )
            {
                return Err(error.into());
            }
        }
        done
    }

    async fn read(&self, id: AttributeValue) -> Result<Value, Error> {
        let get = self.client.get_item().table_name(&self.table);
        let found = get.key("id", id).consistent_read(true).send().await?;
        let Some(person) = found.item else {
            return Ok(json!({"statusCode": 204}));
        };
        let phones = person.get("phones").and_then(|list| list.as_l().ok());
        let first = phones.and_then(|phones| phones.first());
        let phone = match self.shape.as_str() {
            "phone" => person.get("phone"),
            "both" => first.or_else(|| person.get("phone")),
            _ => first,
        };
        let phone = phone.and_then(|phone| phone.as_s().ok());
        let phone = phone.ok_or("a person without a telephone")?;
        Ok(json!({"statusCode": 200, "body": json!({"phone": phone}).to_string()}))
    }
}
