//! The events of each service, in the form in which Lambda gets them: fields and kinds as AWS's documentation shows them (Lambda developer guide, the
//! example event of each service; the fixtures of `aws_lambda_events` and of aws-lambda-go), values made up.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use rehearsal_template::Inputs;
use serde_json::{Map, Value, json};

use super::pattern::satisfy;
use super::{TIME, TIME_MS, TIME_SECONDS, UUID};

/// What a message or a record says of which nobody has said anything.
pub(super) const BODY: &str = "{}";
/// The MD5 of that, which SQS sends beside it, and S3 of an object that has it.
pub(super) const MD5_OF_BODY: &str = "99914b932bd37a50b983c5e7c90ae93b";
/// What puts the changes of an object in their order.
pub(super) const SEQUENCER: &str = "0A1B2C3D4E5F678901";
/// A number of a record within its stream.
const SEQUENCE: &str = "49545115243490985018280067714973144582180062593244200961";

/// A time with its milliseconds.
fn precisely() -> String {
    TIME.replace('Z', ".000Z")
}

fn in_base64(text: &str) -> String {
    STANDARD.encode(text)
}

pub(super) fn sqs(inputs: &Inputs, arn: &str, body: &str) -> Value {
    let mut attributes = json!({
        "ApproximateReceiveCount": "1",
        "SentTimestamp": TIME_MS.to_string(),
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": (TIME_MS + 1).to_string(),
    });
    if arn.rsplit('.').next() == Some("fifo") {
        attributes["SequenceNumber"] = "18849496460467696128".into();
        attributes["MessageGroupId"] = "1".into();
        attributes["MessageDeduplicationId"] = "1".into();
    }
    let mut message = json!({
        "messageId": UUID,
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body,
        "attributes": attributes,
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": inputs.region,
    });
    if body == BODY {
        message["md5OfBody"] = MD5_OF_BODY.into();
    }
    json!({ "Records": [message] })
}

/// What a topic sends to a queue, and, under other names, to a function.
pub(super) fn notification(inputs: &Inputs, topic: &str, is_for_lambda: bool) -> Value {
    let (cert, leave) = if is_for_lambda {
        ("SigningCertUrl", "UnsubscribeUrl")
    } else {
        ("SigningCertURL", "UnsubscribeURL")
    };
    let host = format!("https://sns.{}.{}", inputs.region, inputs.url_suffix());
    let mut sns = json!({
        "Type": "Notification",
        "MessageId": UUID,
        "TopicArn": topic,
        "Subject": "rehearsal",
        "Message": BODY,
        "Timestamp": precisely(),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        cert: format!("{host}/SimpleNotificationService-rehearsal.pem"),
        leave: format!("{host}/?Action=Unsubscribe&SubscriptionArn={topic}:{UUID}"),
    });
    if is_for_lambda {
        sns["MessageAttributes"] = json!({});
    }
    sns
}

pub(super) fn sns(inputs: &Inputs, topic: &str) -> Value {
    json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{topic}:{UUID}"),
        "Sns": notification(inputs, topic, true),
    }] })
}

/// A new item of a table, with the keys that the table's `CreateTable` names, and what its stream shows of it.
pub(super) fn dynamodb(inputs: &Inputs, arn: &str, create_table: Option<&Value>) -> Value {
    let list = |name: &str| {
        create_table
            .and_then(|table| table[name].as_array())
            .cloned()
    };
    let types = list("AttributeDefinitions").unwrap_or_default();
    let schema = list("KeySchema").unwrap_or_default();
    let names = schema
        .iter()
        .filter_map(|key| key["AttributeName"].as_str());
    let key = |name: &str| {
        let defined = types.iter().find(|one| one["AttributeName"] == name);
        match defined.and_then(|one| one["AttributeType"].as_str()) {
            Some("N") => json!({ "N": "1" }),
            Some("B") => json!({ "B": in_base64("1") }),
            _ => json!({ "S": "1" }),
        }
    };
    let mut keys: Map<String, Value> = names.map(|name| (name.to_owned(), key(name))).collect();
    if keys.is_empty() {
        keys.insert("id".to_owned(), json!({ "S": "1" }));
    }
    let view =
        create_table.and_then(|table| table["StreamSpecification"]["StreamViewType"].as_str());
    let view = view.unwrap_or("NEW_AND_OLD_IMAGES");
    let mut change = json!({
        "ApproximateCreationDateTime": TIME_SECONDS,
        "Keys": keys,
        "SequenceNumber": "4421584500000000017450439091",
        "SizeBytes": 26,
        "StreamViewType": view,
    });
    if view.starts_with("NEW") {
        change["NewImage"] = change["Keys"].clone();
    }
    json!({ "Records": [{
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": inputs.region,
        "dynamodb": change,
        "eventSourceARN": arn,
    }] })
}

pub(super) fn kinesis(inputs: &Inputs, arn: &str, data: &str) -> Value {
    json!({ "Records": [{
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": SEQUENCE,
            "data": in_base64(data),
            "approximateArrivalTimestamp": f64::from(TIME_SECONDS) + 0.5,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": format!("shardId-000000000000:{SEQUENCE}"),
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": format!("arn:{}:iam::{}:role/rehearsal", inputs.partition(), inputs.account_id),
        "awsRegion": inputs.region,
        "eventSourceARN": arn,
    }] })
}

/// Changes a record so that a filter's pattern takes it, which looks into what a message or a record of a stream says. Whether it does.
pub(super) fn filtered(record: &mut Value, wanted: &Value) -> bool {
    let is_stream = record["eventSource"] == "aws:kinesis";
    let inner = if is_stream { "data" } else { "body" };
    if record["eventSource"] == "aws:dynamodb" || !wanted[inner].is_object() {
        return satisfy(record, wanted);
    }
    let mut said = json!({});
    let is_taken = satisfy(&mut said, &wanted[inner]);
    if is_stream {
        record["kinesis"]["data"] = in_base64(&said.to_string()).into();
    } else {
        record["body"] = said.to_string().into();
        if let Some(record) = record.as_object_mut() {
            record.remove("md5OfBody");
        }
    }
    let mut others = wanted.clone();
    if let Some(others) = others.as_object_mut() {
        others.remove(inner);
    }
    satisfy(record, &others) && is_taken
}

/// A change of a bucket's object, as the bucket is asked to tell of it: `s3:ObjectRemoved:*`. Of several kinds the first that people ask for.
pub(super) fn s3(inputs: &Inputs, bucket: &str, change: &str, key: &str) -> Value {
    let name = change.trim_start_matches("s3:");
    let name = match name.strip_suffix('*') {
        Some(kind) if kind.starts_with("ObjectRemoved") => format!("{kind}Delete"),
        Some(kind) if kind.starts_with("ObjectRestore") => format!("{kind}Post"),
        Some(kind) => format!("{kind}Put"),
        None => name.to_owned(),
    };
    let mut object = json!({ "key": key, "sequencer": SEQUENCER });
    if !name.starts_with("ObjectRemoved") {
        object["size"] = 2.into();
        object["eTag"] = MD5_OF_BODY.into();
    }
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": inputs.region,
        "eventTime": precisely(),
        "eventName": name,
        "userIdentity": { "principalId": "EXAMPLE" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": "EXAMPLE123456789", "x-amz-id-2": "EXAMPLE" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "rehearsal",
            "bucket": {
                "name": bucket,
                "ownerIdentity": { "principalId": "EXAMPLE" },
                "arn": format!("arn:{}:s3:::{bucket}", inputs.partition()),
            },
            "object": object,
        },
    }] })
}

/// A line of a log group: base64 of gzip of JSON (CloudWatch Logs user guide, "Using CloudWatch Logs subscription filters").
pub(super) fn logs(inputs: &Inputs, group: &str, filter: &str) -> Value {
    let data = json!({
        "messageType": "DATA_MESSAGE",
        "owner": inputs.account_id,
        "logGroup": group,
        "logStream": "rehearsal",
        "subscriptionFilters": [filter],
        "logEvents": [{
            "id": "36550461830246083893217281421472960735400211450752483328",
            "timestamp": TIME_MS,
            "message": "a line of the rehearsal",
        }],
    });
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    // Memory takes all that is written.
    let written = gzip.write_all(data.to_string().as_bytes());
    let zipped = written.and_then(|()| gzip.finish()).unwrap_or_default();
    json!({ "awslogs": { "data": STANDARD.encode(zipped) } })
}

pub(super) fn kafka(arn: Option<&str>, topic: &str) -> Value {
    let mut event = json!({
        "eventSource": if arn.is_some() { "aws:kafka" } else { "SelfManagedKafka" },
        "bootstrapServers": "b-1.rehearsal.kafka.us-east-1.amazonaws.com:9092",
        "records": { format!("{topic}-0"): [{
            "topic": topic,
            "partition": 0,
            "offset": 15,
            "timestamp": TIME_MS,
            "timestampType": "CREATE_TIME",
            "key": in_base64("1"),
            "value": in_base64(BODY),
            "headers": [],
        }] },
    });
    if let Some(arn) = arn {
        event["eventSourceArn"] = arn.into();
    }
    event
}

pub(super) fn active_mq(arn: &str, queue: &str) -> Value {
    json!({
        "eventSource": "aws:mq",
        "eventSourceArn": arn,
        "messages": [{
            "messageID": "ID:rehearsal-1:1:1:1:1",
            "messageType": "jms/text-message",
            "deliveryMode": 1,
            "replyTo": "null",
            "type": "",
            "expiration": 0,
            "priority": 0,
            "correlationId": "",
            "redelivered": false,
            "destination": { "physicalName": queue },
            "data": in_base64(BODY),
            "timestamp": TIME_MS,
            "brokerInTime": TIME_MS,
            "brokerOutTime": TIME_MS + 1,
            "properties": {},
        }],
    })
}

pub(super) fn rabbit_mq(arn: &str, queue: &str) -> Value {
    json!({
        "eventSource": "aws:rmq",
        "eventSourceArn": arn,
        "rmqMessagesByQueue": { format!("{queue}::/"): [{
            "basicProperties": {
                "contentType": "application/json",
                "headers": {},
                "deliveryMode": 1,
                "priority": 0,
                "timestamp": "Jan 1, 2026, 12:00:00 AM",
                "bodySize": BODY.len(),
            },
            "redelivered": false,
            "data": in_base64(BODY),
        }] },
    })
}

pub(super) fn documentdb(arn: &str, database: &str, collection: &str) -> Value {
    let id = json!({ "_id": { "$oid": "63eeb6e7d418cd98afb1c1d7" } });
    json!({
        "eventSource": "aws:docdb",
        "eventSourceArn": arn,
        "events": [{ "event": {
            "_id": { "_data": "0163eeb6e7000000090100000009000041e1" },
            "clusterTime": { "$timestamp": { "t": TIME_SECONDS, "i": 9 } },
            "documentKey": id,
            "fullDocument": id,
            "ns": { "db": database, "coll": collection },
            "operationType": "insert",
        } }],
    })
}

/// Somebody opens a skill (Alexa Skills Kit, "Request and Response JSON Reference").
pub(super) fn alexa(skill: &str) -> Value {
    let application = json!({ "applicationId": skill });
    let user = json!({ "userId": "amzn1.ask.account.REHEARSAL" });
    json!({
        "version": "1.0",
        "session": {
            "new": true,
            "sessionId": format!("amzn1.echo-api.session.{UUID}"),
            "application": application,
            "attributes": {},
            "user": user,
        },
        "context": { "System": {
            "application": application,
            "user": user,
            "device": { "deviceId": "amzn1.ask.device.REHEARSAL", "supportedInterfaces": {} },
            "apiEndpoint": "https://api.amazonalexa.com",
            "apiAccessToken": "rehearsal",
        } },
        "request": {
            "type": "LaunchRequest",
            "requestId": format!("amzn1.echo-api.request.{UUID}"),
            "timestamp": TIME,
            "locale": "en-US",
        },
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn log_lines_are_json_in_gzip_in_base64() {
        let event = logs(&Inputs::new("shop"), "/x", "Filter");
        let data = event["awslogs"]["data"].as_str().unwrap();
        let zipped = STANDARD.decode(data).unwrap();
        let mut text = String::new();
        GzDecoder::new(zipped.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        let data: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(data["messageType"], "DATA_MESSAGE");
        assert_eq!(data["logGroup"], "/x");
        assert_eq!(data["logEvents"][0]["timestamp"], TIME_MS);
    }

    #[test]
    fn a_new_item_has_the_keys_of_its_table_and_what_its_stream_shows() {
        let table = json!({
            "KeySchema": [{"AttributeName": "order", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            "AttributeDefinitions": [{"AttributeName": "order", "AttributeType": "S"}, {"AttributeName": "at", "AttributeType": "N"}],
            "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        });
        let of =
            |table| dynamodb(&Inputs::new("shop"), "arn", table)["Records"][0]["dynamodb"].clone();
        let change = of(Some(&table));
        assert_eq!(
            change["Keys"],
            json!({"order": {"S": "1"}, "at": {"N": "1"}})
        );
        assert_eq!(change.get("NewImage"), None);
        assert_eq!(of(None)["NewImage"], json!({"id": {"S": "1"}}));
    }

    #[test]
    fn a_change_of_an_object_is_one_that_the_bucket_is_asked_to_tell_of() {
        for (asked, name) in [
            ("s3:ObjectCreated:*", "ObjectCreated:Put"),
            ("s3:ObjectCreated:Copy", "ObjectCreated:Copy"),
            ("s3:ObjectRemoved:*", "ObjectRemoved:Delete"),
        ] {
            let event = s3(&Inputs::new("shop"), "files", asked, "key");
            assert_eq!(event["Records"][0]["eventName"], name);
        }
    }
}
