//! What AWS refuses for certain, and what it may take after all.

use rehearsal_template::Inputs;

use crate::common::deployments::{orders, warned, warnings};

const CANARY: &str = "Type: Canary10Percent5Minutes, Alarms: [shared]";

/// The lints that a canary of `Orders` is warned by, with more resources.
fn warned_with(more: &str) -> Vec<&'static str> {
    warned(&orders(CANARY, more))
}

#[test]
fn a_group_of_two_aliases_is_warned_of_and_not_refused() {
    let template = include_str!("../lints/group-refused/warns.yaml");
    let found = warnings(template, &Inputs::new("shop"));
    let of_two: Vec<_> = found
        .iter()
        .filter(|found| found.message.contains("a second deployment of a group"))
        .map(|found| (found.logical_id.as_deref(), found.is_refused))
        .collect();
    assert_eq!(of_two, [(Some("Orders"), false)]);
}

#[test]
fn a_long_value_of_a_parameter_is_refused_where_the_template_names_the_standard_tier() {
    let with = |length: usize, tier: &str| {
        let value = "x".repeat(length);
        warned_with(&format!(
            "  Long: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: {value}{tier}}}}}\n"
        ))
    };
    assert_eq!(with(4_097, ", Tier: Standard"), ["store-refused"]);
    for (length, tier) in [
        (4_096, ", Tier: Standard"),
        (4_097, ", Tier: Advanced"),
        (4_097, ""),
    ] {
        assert_eq!(with(length, tier), [""; 0], "{length}{tier}");
    }
}

#[test]
fn a_role_may_read_a_queue_whose_own_policy_allows_it() {
    let with = |source: &str, more: &str| {
        warned_with(&format!(
            "
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: lambda.amazonaws.com}}}}]}}
  Plain:
    Type: AWS::Lambda::Function
    Properties: {{Runtime: provided.al2023, Handler: bootstrap, Role: !GetAtt Role.Arn, Code: {{S3Bucket: builds, S3Key: k}}}}
  Source:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {{FunctionName: !Ref Plain, EventSourceArn: '{source}', StartingPosition: LATEST}}
{more}"
        ))
    };
    let queue = "arn:aws:sqs:us-east-1:123456789012:jobs";
    let stream = "arn:aws:kinesis:us-east-1:123456789012:stream/jobs";
    let policy = "  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [jobs], PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 'sqs:*', Resource: '*'}]}}}\n";
    assert_eq!(with(queue, ""), ["event-source-refused"]);
    assert_eq!(with(queue, policy), [""; 0]);
    assert_eq!(with(stream, policy), ["event-source-refused"]);
    assert_eq!(with(&format!("{stream}/consumer/c:1"), ""), [""; 0]);
}

#[test]
fn a_name_that_sam_gives_is_refused_of_what_the_template_names_so() {
    let alias = "
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Orders, FunctionVersion: '1', Name: live}}
";
    let after = orders(CANARY, alias);
    let before = orders(CANARY, "").replace("Resources:\n", &format!("Resources:{alias}"));
    assert!(before.contains("Live:"));
    for template in [after, before] {
        let found = warnings(&template, &Inputs::new("shop"));
        let named: Vec<_> = found
            .iter()
            .filter(|found| found.code == "name-taken")
            .map(|found| found.logical_id.as_deref())
            .collect();
        assert_eq!(named, [Some("Live")], "{found:#?}");
    }
}

#[test]
fn an_application_that_a_macro_fills_in_may_be_for_lambda() {
    let template = include_str!("../lints/group-refused/silent.yaml");
    let open = template.replace(
        "Properties: {ComputePlatform: Lambda}}",
        "Properties: {'Fn::Transform': {Name: Platform}}}",
    );
    assert_ne!(open, template);
    assert!(!warned(&open).contains(&"group-refused"));
}

#[test]
fn a_group_without_traffic_control_is_in_the_verdict_and_not_refused() {
    let template = include_str!("../lints/group-refused/warns.yaml").replace(
        "DeploymentType: IN_PLACE, DeploymentOption: WITH_TRAFFIC_CONTROL",
        "DeploymentType: BLUE_GREEN, DeploymentOption: WITHOUT_TRAFFIC_CONTROL",
    );
    let found = warnings(&template, &Inputs::new("shop"));
    let without = found
        .iter()
        .filter(|found| found.message.contains("without traffic control"));
    let without: Vec<_> = without
        .map(|found| (found.is_not_permitted, found.is_refused))
        .collect();
    assert_eq!(without, [(true, false)]);
}

#[test]
fn a_name_says_that_a_queue_or_a_topic_is_fifo_where_it_is() {
    for (r#type, name, flag) in [
        ("AWS::SQS::Queue", "QueueName", "FifoQueue"),
        ("AWS::SNS::Topic", "TopicName", "FifoTopic"),
    ] {
        for (called, is_fifo, is_refused) in [
            ("jobs.fifo", "", true),
            ("jobs.fifo", "false", true),
            ("jobs.fifo", "true", false),
            ("jobs", "true", true),
            ("jobs", "", false),
        ] {
            let flag = match is_fifo {
                "" => String::new(),
                is_fifo => format!(", {flag}: {is_fifo}"),
            };
            let found = warned_with(&format!(
                "  Jobs: {{Type: {type}, Properties: {{{name}: {called}{flag}}}}}\n"
            ));
            assert_eq!(
                found.contains(&"store-refused"),
                is_refused,
                "{called}{flag}: {found:?}"
            );
        }
    }
}
