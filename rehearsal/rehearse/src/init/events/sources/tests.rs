//! What invokes a function, in templates of SAM.

use rehearsal_template::{Inputs, read_str};
use serde_json::json;

use super::*;

/// The one event of a function with this event source.
fn event(others: &str, source: &str) -> Event {
    let template = format!(
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: src
      AutoPublishAlias: live
      Events: {{E: {source}}}
{others}
"
    );
    let stack = read_str("template.yaml", &template, &Inputs::new("shop"));
    let stack = stack.unwrap_or_else(|refusal| panic!("{source}: {refusal:?}"));
    let mut events = of(&stack, "F");
    assert_eq!(events.len(), 1, "{source}: {events:?}");
    events.remove(0)
}

#[test]
fn an_input_is_sent_as_it_is_written_and_nothing_of_it_is_made_up() {
    for source in [
        r#"{Type: Schedule, Properties: {Schedule: rate(1 hour), Input: '{"webaclid": "a"}'}}"#,
        r#"{Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour), Input: '{"webaclid": "a"}'}}"#,
        r#"{Type: EventBridgeRule, Properties: {Pattern: {source: [my.shop]}, Input: '{"webaclid": "a"}'}}"#,
    ] {
        let event = event("", source);
        let found = (event.payload, event.made_up);
        assert_eq!(
            found,
            (json!({"webaclid": "a"}), MadeUp::Nothing),
            "{source}"
        );
    }
    let unknown = "{Type: Schedule, Properties: {Schedule: rate(1 hour), Input: no json}}";
    assert_eq!(event("", unknown).made_up, MadeUp::Input);
    let null = r#"{Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour), Input: '{"a": null}'}}"#;
    assert_eq!(event("", null).made_up, MadeUp::Input);
}

#[test]
fn a_schedule_without_an_input_sends_what_aws_says() {
    let rule = event("", "{Type: Schedule, Properties: {Schedule: rate(1 hour)}}");
    let schedule = event(
        "",
        "{Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour)}}",
    );
    for (event, source, detail) in [
        (&rule, "aws.events", json!({})),
        (&schedule, "aws.scheduler", json!("{}")),
    ] {
        assert_eq!(event.payload["source"], source);
        assert_eq!(event.payload["detail-type"], "Scheduled Event");
        assert_eq!(
            (&event.payload["detail"], event.made_up),
            (&detail, MadeUp::Nothing)
        );
    }
}

#[test]
fn an_event_is_one_that_its_rule_takes_and_its_target_makes_of_it() {
    let pattern = "Pattern: {source: [my.shop], detail-type: [Order placed], detail: {id: [7]}}";
    let whole = event(
        "",
        &format!("{{Type: EventBridgeRule, Properties: {{{pattern}}}}}"),
    );
    assert_eq!(whole.payload["source"], "my.shop");
    assert_eq!(whole.payload["detail-type"], "Order placed");
    assert_eq!(
        (&whole.payload["detail"], whole.made_up),
        (&json!({"id": 7}), MadeUp::Content)
    );
    let part = event(
        "",
        &format!("{{Type: EventBridgeRule, Properties: {{{pattern}, InputPath: $.detail}}}}"),
    );
    assert_eq!(
        (part.payload, part.made_up),
        (json!({"id": 7}), MadeUp::Content)
    );
    let unmet = event(
        "",
        "{Type: EventBridgeRule, Properties: {Pattern: {source: [{newer: 1}]}}}",
    );
    assert_eq!(unmet.made_up, MadeUp::Match);
}

#[test]
fn records_are_in_the_form_of_their_source_with_its_arn() {
    let queue = "  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}";
    let sqs = event(queue, "{Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}");
    let record = &sqs.payload["Records"][0];
    assert_eq!(
        record["eventSourceARN"],
        "arn:aws:sqs:us-east-1:123456789012:jobs"
    );
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(
        (sqs.what.as_str(), sqs.of.as_str()),
        ("a message of the queue Jobs", "Jobs")
    );
    let elsewhere = "{Type: Kinesis, Properties: {StartingPosition: LATEST, Stream: 'arn:aws:kinesis:us-east-1:123456789012:stream/s'}}";
    let kinesis = event("", elsewhere);
    assert_eq!(kinesis.payload["Records"][0]["kinesis"]["data"], "e30=");
    let table = "  Orders: {Type: AWS::DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: order, AttributeType: S}], KeySchema: [{AttributeName: order, KeyType: HASH}], StreamSpecification: {StreamViewType: NEW_IMAGE}}}";
    let of_table = |filter: &str| {
        event(
            table,
            &format!(
                "{{Type: DynamoDB, Properties: {{StartingPosition: LATEST, Stream: !GetAtt Orders.StreamArn{filter}}}}}"
            ),
        )
    };
    let change = of_table("");
    assert_eq!(
        change.payload["Records"][0]["dynamodb"]["NewImage"],
        json!({"order": {"S": "1"}})
    );
    let removed =
        of_table(r#", FilterCriteria: {Filters: [{Pattern: '{"eventName": ["REMOVE"]}'}]}"#);
    assert_eq!(removed.payload["Records"][0]["eventName"], "REMOVE");
}

#[test]
fn buckets_and_pools_say_what_they_send() {
    let bucket = "  Files: {Type: AWS::S3::Bucket, Properties: {BucketName: files}}";
    let s3 = event(
        bucket,
        "{Type: S3, Properties: {Bucket: !Ref Files, Events: 's3:ObjectCreated:*', Filter: {S3Key: {Rules: [{Name: suffix, Value: .jpg}]}}}}",
    );
    let record = &s3.payload["Records"][0];
    assert_eq!(record["s3"]["object"]["key"], "key.jpg");
    assert_eq!(record["eventTime"], "2026-01-01T00:00:00.000Z");
    let pool = "  Pool: {Type: AWS::Cognito::UserPool}";
    let sign_up = event(
        pool,
        "{Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: PreSignUp}}",
    );
    assert_eq!(sign_up.payload["triggerSource"], "PreSignUp_SignUp");
    assert_eq!(
        (sign_up.of.as_str(), sign_up.made_up),
        ("PreSignUp of Pool", MadeUp::Content)
    );
}

#[test]
fn other_sources_have_their_form_or_none() {
    let broker = "Broker: 'arn:aws:mq:us-east-1:123456789012:broker:x:b-1', Queues: [q], SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:x'}]";
    let kafka = "StartingPosition: LATEST, Topics: [orders], Stream: 'arn:aws:kafka:us-east-1:123456789012:cluster/x/y'";
    for (source, field, made_up) in [
        (
            format!("{{Type: MQ, Properties: {{{broker}}}}}"),
            "messages",
            MadeUp::Content,
        ),
        (
            format!("{{Type: MSK, Properties: {{{kafka}}}}}"),
            "records",
            MadeUp::Content,
        ),
        (
            "{Type: CloudWatchLogs, Properties: {LogGroupName: /x, FilterPattern: ''}}".to_owned(),
            "awslogs",
            MadeUp::Content,
        ),
        ("{Type: AlexaSkill}".to_owned(), "request", MadeUp::Content),
        (
            r#"{Type: IoTRule, Properties: {Sql: "SELECT * FROM 'x'"}}"#.to_owned(),
            "",
            MadeUp::Whole,
        ),
    ] {
        let event = event("", &source);
        assert_eq!(event.made_up, made_up, "{source}");
        assert!(
            field.is_empty() || event.payload.get(field).is_some(),
            "{source}"
        );
    }
}

#[test]
fn a_topic_through_a_queue_is_a_message_of_the_queue() {
    let topic = "  Topic: {Type: AWS::SNS::Topic}";
    let of = |through: &str| {
        event(
            topic,
            &format!("{{Type: SNS, Properties: {{Topic: !Ref Topic{through}}}}}"),
        )
    };
    assert_eq!(
        of("").payload["Records"][0]["Sns"]["Timestamp"],
        "2026-01-01T00:00:00.000Z"
    );
    let queued = of(", SqsSubscription: true");
    let body = queued.payload["Records"][0]["body"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["Type"], "Notification");
}

#[test]
fn where_failed_events_go_is_no_source() {
    let queues = "  Jobs: {Type: AWS::SQS::Queue}\n  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}";
    let source = "{Type: Kinesis, Properties: {StartingPosition: LATEST, Stream: !GetAtt Stream.Arn, DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Jobs.Arn}}}}";
    assert_eq!(event(queues, source).of, "Stream");
}
