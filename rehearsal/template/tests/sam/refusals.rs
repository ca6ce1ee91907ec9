//! What SAM refuses of policies, in its words, with what may be meant. `tests/oracle` holds the rules themselves, and those of preflights
//! and of tenants' functions, to SAM's translator.

use super::template;
use crate::common::{refused, stack};

#[test]
fn what_is_no_policy_is_refused_with_the_template_that_may_be_meant() {
    for (policies, message, help) in [
        (
            "[AWSLambdaExecute, {SQSPollerPolicies: {QueueName: q}}]",
            "Policy at index 1 in the 'Policies' property is not valid",
            Some("did you mean `SQSPollerPolicy`?"),
        ),
        (
            "{DynamoDBCrudPolicy: {Table: t}}",
            "Following required parameters of template 'DynamoDBCrudPolicy' don't have values: ['TableName']",
            None,
        ),
        (
            "[!If [A, {SQSPollerPolicy: {QueueName: q}}, AWSLambdaExecute]]",
            "Different policy types within the same Fn::If statement is unsupported. Separate different policy types into different Fn::If statements",
            None,
        ),
    ] {
        let text = template(
            &format!("Policies: {policies}"),
            "Conditions: {A: !Equals [a, b]}",
        );
        let reasons = refused(&text);
        let found = reasons.first().expect("there is a reason");
        assert_eq!(
            (found.code, found.message.as_str()),
            ("sam::policy", message)
        );
        assert_eq!(found.help.as_deref(), help, "{message}");
        assert_eq!(found.logical_id.as_deref(), Some("F"), "{message}");
    }
}

#[test]
fn an_event_is_refused_where_it_is_wrong_by_the_name_that_sam_calls_it_by() {
    for (event, line, message) in [
        (
            "{Type: Kinesis, Properties: {Stream: s, StartingPosition: LATEST,\n    DestinationConfig: {OnFailure: {Type: Lambda}}}}",
            13,
            "Event with id [FE] is invalid. The only valid values for 'Type' are 'SQS', 'SNS', 'S3', and 'Kafka'",
        ),
        (
            "{Type: MQ, Properties: {Broker: b, Queues: [q]}}",
            12,
            "Event with id [E] is invalid. No SourceAccessConfigurations for Amazon MQ event provided.",
        ),
        (
            "{Type: Schedule, Properties: {Schedule: rate(1 hour), DeadLetterConfig: {QueueLogicalId: Dead}}}",
            12,
            "Event with id [FE] is invalid. No 'Arn' or 'Type' property provided for DeadLetterConfig.",
        ),
    ] {
        let reasons = refused(&template(&format!("Events:\n  E: {event}"), ""));
        let found: Vec<_> = reasons
            .iter()
            .filter(|found| found.code == "sam::event")
            .map(|found| (found.place.line, found.message.as_str()))
            .collect();
        assert_eq!(found, [(line, message)]);
    }
}

#[test]
fn a_function_without_an_alias_has_no_version_to_refer_to() {
    let template = |alias: &str, value: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  F: {{Type: AWS::Serverless::Function, Properties: {{Runtime: nodejs22.x, Handler: i.h, InlineCode: x{alias}}}}}\n  P: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: {value}}}}}\n"
        )
    };
    for (value, name) in [
        ("!GetAtt F.Version", "F.Version"),
        ("!Ref F.Alias", "F.Alias"),
        ("!Sub '${F.Version}'", "F.Version"),
        ("!GetAtt F.Version.Version", "F.Version"),
    ] {
        let reasons = refused(&template("", value));
        let [reason] = &reasons[..] else {
            panic!("{value}: {reasons:?}");
        };
        assert_eq!(reason.code, "template::unknown-attribute", "{value}");
        let begins = format!("there is no `{name}`");
        assert!(reason.message.starts_with(&begins), "{value}");
    }
    for value in [
        "!Ref F.Version",
        "!GetAtt F.Version.Version",
        "!Sub '${F.Alias}'",
    ] {
        stack(&template(", AutoPublishAlias: live", value));
    }
}

#[test]
fn a_connector_connects_what_is_there() {
    const WITHOUT: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {Runtime: nodejs22.x, Handler: i.h, InlineCode: x}
    Connectors: {C: {Properties: {EMBEDDED}}}
  T: {Type: AWS::SQS::Queue}
  Own: {Type: AWS::Serverless::Connector, Properties: {Source: {Id: F}, Destination: [{Id: OTHER}], Permissions: [Write]}}
";
    let template = |embedded: &str, other: &str| {
        WITHOUT
            .replace("EMBEDDED", embedded)
            .replace("OTHER", other)
    };
    let right = "Destination: {Id: T}, Permissions: [Write]";
    stack(&template(right, "T"));
    // What SAM makes is there when it comes to connectors.
    stack(&template(right, "FRole"));
    for (embedded, other, message) in [
        (
            right,
            "Queue",
            "Unable to find resource with logical ID 'Queue'.",
        ),
        (
            "Destination: {Id: Q}, Permissions: [Write]",
            "T",
            "Unable to find resource with logical ID 'Q'.",
        ),
        (
            "Permissions: [Write]",
            "T",
            "Missing required property 'Destination'.",
        ),
        (
            "Destination: {Id: T}",
            "T",
            "Missing required property 'Permissions'.",
        ),
        (
            "",
            "T",
            "Attribute 'Connectors.C.Properties' should be a map.",
        ),
        (
            "Destination: {Id: T, Arn: a}, Permissions: [Write]",
            "T",
            "Must provide 'Id' (with optional 'Qualifier') or a supported combination of other properties.",
        ),
    ] {
        let reasons = refused(&template(embedded, other));
        let messages: Vec<_> = reasons.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(messages, [message]);
    }
}

#[test]
fn a_model_that_a_condition_brings_is_none_to_sam_and_one_that_a_file_brings_is() {
    let with = |models: &str| {
        let function = template(
            "Events: {E: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Api, RequestModel: {Model: User}}}}",
            "Conditions: {A: !Equals [a, a]}",
        );
        format!(
            "{function}  Api: {{Type: AWS::Serverless::Api, Properties: {{StageName: a, Models: {models}}}}}\n"
        )
    };
    let reasons = refused(&with("!If [A, {User: {type: object}}, !Ref AWS::NoValue]"));
    let message = &reasons.first().expect("there is a reason").message;
    assert!(
        message.ends_with("because it wasn't defined in the API's Models."),
        "{message}"
    );
    stack(&with("{User: {type: object}}"));
    stack(&with(
        "{'Fn::Transform': {Name: AWS::Include, Parameters: {Location: s3://a/b}}}",
    ));
}
