//! Calls that the embedded database answers in this process.
//!
//! Its server takes any request and words each refusal as DynamoDB does. Most requests are well-formed, and get the same answer
//! without a second HTTP connection: those of the six operations on items that every client sends, in the form in which SDKs write
//! them. Everything else, and every error but an unmet condition, is the server's: `None` here.
//!
//! A read that is asked again has its answer [kept](super::answers).

use bytes::Bytes;
use dynoxide::auth_material::{AuthMaterial, validate};
use dynoxide::{Database, DynoxideError};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use rehearsal_aws::dynamodb::READS;
use rehearsal_host::listener::answer;
use rehearsal_host::request_id;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::super::json::V1_0;
use super::CHECKSUM;
use super::answers::{Answers, Kept, scan};

/// What the target of an operation on items begins with.
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// How long a request id is: capital letters and digits.
const REQUEST_ID_LENGTH: usize = 52;

/// What the database answers to a call; `None` where its server has to.
pub(super) fn answer_to(
    database: &Database,
    answers: &Answers,
    operation: &str,
    (head, body, request): (&Parts, &Bytes, &Value),
) -> Option<Response<Full<Bytes>>> {
    if !is_signed_as_usual(head) || !is_plain(request) {
        return None;
    }
    answer_in_process(database, answers, operation, body, request)
}

fn answer_in_process(
    database: &Database,
    answers: &Answers,
    operation: &str,
    body: &Bytes,
    request: &Value,
) -> Option<Response<Full<Bytes>>> {
    let good = |body| Some(response(StatusCode::OK, body));
    let read =
        |read: &dyn Fn(Option<&Kept>) -> Option<Kept>| good(answers.read(operation, body, read)?);
    let write = |done: Option<_>| {
        // Whatever became of it, it may have written something.
        answers.forget_what_changes(request);
        written(done?)
    };
    match operation {
        "GetItem" => read(&|_| {
            let answer = done(body, |asked| database.get_item(asked))?;
            answer.ok().map(Kept::from)
        }),
        "Query" => read(&|_| {
            let answer = done(body, |asked| database.query(asked))?;
            answer.ok().map(Kept::from)
        }),
        "Scan" => read(&|grown| scan(database, (body, request), grown)),
        "PutItem" => write(done(body, |asked| database.put_item(asked))),
        "UpdateItem" => write(done(body, |asked| database.update_item(asked))),
        "DeleteItem" => write(done(body, |asked| database.delete_item(asked))),
        _ => None,
    }
}

/// Whether an operation leaves all items as they are.
pub(super) fn is_read(operation: &str) -> bool {
    READS.contains(&operation)
}

/// What a call comes to; `None` where its request is none in the database's eyes.
fn done<T: DeserializeOwned, R: Serialize>(
    body: &Bytes,
    call: impl Fn(T) -> Result<R, DynoxideError>,
) -> Option<Result<Bytes, DynoxideError>> {
    let request = serde_json::from_slice(body).ok()?;
    Some(match call(request) {
        Ok(answer) => Ok(serde_json::to_vec(&answer).ok()?.into()),
        Err(error) => Err(error),
    })
}

/// The answer to a call that writes.
fn written(done: Result<Bytes, DynoxideError>) -> Option<Response<Full<Bytes>>> {
    match done {
        Ok(body) => Some(response(StatusCode::OK, body)),
        Err(unmet @ DynoxideError::ConditionalCheckFailedException(..)) => {
            Some(response(StatusCode::BAD_REQUEST, unmet.to_json().into()))
        }
        // It has written nothing, and the server says why.
        Err(_) => None,
    }
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let checksum = crc32fast::hash(&body);
    let mut response = answer(status, V1_0, body);
    let headers = response.headers_mut();
    headers.insert(CHECKSUM, HeaderValue::from(checksum));
    let digits = [request_id::new(), request_id::new()].map(|id| format!("{:X}", id.simple()));
    if let Ok(id) = HeaderValue::from_str(&digits.concat()[..REQUEST_ID_LENGTH]) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

/// Whether the headers are those of an SDK's request.
fn is_signed_as_usual(head: &Parts) -> bool {
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = AuthMaterial {
        authorization: header("authorization"),
        query: head.uri.query().unwrap_or_default(),
        has_date_header: head.headers.contains_key("x-amz-date"),
    };
    header("content-type") == Some(V1_0)
        && header("x-amz-target").is_some_and(|target| target.starts_with(TARGET_PREFIX))
        && !head.headers.contains_key("origin")
        && validate(authorization).is_none()
}

/// Whether each member is one that the operations on items have today, and of its type (DynamoDB API model 2012-08-10).
fn is_plain(request: &Value) -> bool {
    let Some(members) = request.as_object() else {
        return false;
    };
    members.iter().all(|(name, value)| match name.as_str() {
        "TableName"
        | "IndexName"
        | "Select"
        | "ConditionExpression"
        | "FilterExpression"
        | "KeyConditionExpression"
        | "ProjectionExpression"
        | "UpdateExpression"
        | "ReturnConsumedCapacity"
        | "ReturnItemCollectionMetrics"
        | "ReturnValues"
        | "ReturnValuesOnConditionCheckFailure" => value.is_string(),
        "Limit" | "Segment" | "TotalSegments" => value.is_u64(),
        "ConsistentRead" | "ScanIndexForward" => value.is_boolean(),
        "ExpressionAttributeNames" => members_all(value, Value::is_string),
        "ExclusiveStartKey" | "ExpressionAttributeValues" | "Item" | "Key" => {
            members_all(value, is_attribute)
        }
        _ => false,
    })
}

fn members_all(value: &Value, is: impl Fn(&Value) -> bool) -> bool {
    let members = value.as_object().into_iter().flat_map(Map::values);
    value.is_object() && members.into_iter().all(is)
}

/// Whether a value is an attribute's: one member, which names its type.
fn is_attribute(value: &Value) -> bool {
    let Some(members) = value.as_object().filter(|members| members.len() == 1) else {
        return false;
    };
    let elements = |value: &Value, is: fn(&Value) -> bool| {
        value
            .as_array()
            .is_some_and(|elements| elements.iter().all(is))
    };
    members.iter().all(|(kind, value)| match kind.as_str() {
        "S" | "N" | "B" => value.is_string(),
        "BOOL" => value.is_boolean(),
        "NULL" => *value == Value::Bool(true),
        "M" => members_all(value, is_attribute),
        "L" => elements(value, is_attribute),
        "SS" | "NS" | "BS" => elements(value, Value::is_string),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_as_sdks_write_it_is_plain_and_any_other_is_the_servers() {
        for plain in [
            json!({"TableName": "t", "Key": {"id": {"S": "a"}}, "ConsistentRead": true}),
            json!({"TableName": "t", "Item": {"id": {"S": "a"}, "on": {"BOOL": false}, "m": {"M": {"l": {"L": [{"NULL": true}]}}}}}),
            json!({"TableName": "t", "Limit": 3, "ExpressionAttributeNames": {"#e": "e"}, "ExpressionAttributeValues": {":e": {"N": "1"}}}),
        ] {
            assert!(is_plain(&plain), "{plain}");
        }
        for other in [
            json!("text"),
            json!({"TableName": 1}),
            json!({"TableName": "t", "Limit": -1}),
            json!({"TableName": "t", "Expected": {}}),
            json!({"TableName": "t", "Key": {"id": {"S": "a", "N": "1"}}}),
            json!({"TableName": "t", "Key": {"id": {"BOOL": "true"}}}),
            json!({"TableName": "t", "Key": {"id": {}}}),
            json!({"TableName": "t", "Item": {"m": {"M": {"l": {"L": [{"X": 1}]}}}}}),
        ] {
            assert!(!is_plain(&other), "{other}");
        }
    }

    #[test]
    fn a_kept_page_is_what_the_database_would_answer_whatever_is_written_meanwhile() {
        let database = Database::memory().unwrap();
        let table = json!({
            "TableName": "things",
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        database
            .create_table(serde_json::from_value(table).unwrap())
            .unwrap();
        let answers = Answers::default();
        let ask = |operation: &str, request: &Value| {
            let body = Bytes::from(request.to_string());
            answer_in_process(&database, &answers, operation, &body, request).unwrap();
        };
        let scans = [
            json!({"TableName": "things", "Limit": 3}),
            json!({"TableName": "things", "Limit": 3, "ExclusiveStartKey": {"id": {"S": "k3"}}}),
            json!({"TableName": "things", "Limit": 3, "Segment": 0, "TotalSegments": 2}),
            json!({"TableName": "things"}),
        ];
        let (mut kept, grew) = (0, Cell::new(0));
        // In no order, each is written, changed and deleted; and some come behind all others.
        for step in 0..60_u32 {
            let id = json!({"S": match step % 5 {
                1 => format!("z{step:02}"),
                _ => format!("k{}", step * 37 % 10),
            }});
            match step % 5 {
                0..=2 => ask(
                    "PutItem",
                    &json!({"TableName": "things", "Item": {"id": id, "nth": {"N": step.to_string()}}}),
                ),
                3 => ask(
                    "UpdateItem",
                    &json!({
                        "TableName": "things", "Key": {"id": id}, "UpdateExpression": "SET nth = :s",
                        "ExpressionAttributeValues": {":s": {"N": step.to_string()}},
                    }),
                ),
                _ => ask(
                    "DeleteItem",
                    &json!({"TableName": "things", "Key": {"id": id}}),
                ),
            }
            for asked in &scans {
                let body = Bytes::from(asked.to_string());
                let answer = answers.read("Scan", &body, |grown| {
                    let answer = scan(&database, (&body, asked), Some(grown?));
                    grew.set(grew.get() + u32::from(answer.is_some()));
                    answer
                });
                kept += u32::from(answer.is_some());
                let parsed = |body: &Bytes| serde_json::from_slice::<Value>(body).unwrap();
                if let Some(answer) = answer {
                    let read = database.scan(serde_json::from_slice(&body).unwrap());
                    let read = Bytes::from(serde_json::to_vec(&read.unwrap()).unwrap());
                    assert_eq!(parsed(&answer), parsed(&read), "{asked} after step {step}");
                }
                ask("Scan", asked);
            }
        }
        assert!(kept > 20, "{kept} of 240 answers were kept");
        assert!(grew.get() > 10, "{} of them grew", grew.get());
    }
}
