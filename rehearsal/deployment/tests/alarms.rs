//! Which of a preference's alarms a plan evaluates, and which it leaves out by name.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use rehearsal_deployment::{Plan, PlanError};

fn plan(alarms: &str) -> Result<Plan, Vec<PlanError>> {
    let template = format!(
        "\
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: f
      AutoPublishAlias: live
      DeploymentPreference: {{Type: AllAtOnce, Alarms: {alarms}}}
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{{Name: FunctionName, Value: !Ref F}}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
  Band:
    Type: AWS::CloudWatch::Alarm
    Properties:
      EvaluationPeriods: 1
      ComparisonOperator: GreaterThanUpperThreshold
      ThresholdMetricId: band
      Metrics: [{{Id: band, Expression: ANOMALY_DETECTION_BAND(m)}}]
"
    );
    support::plan(&template)
}

#[test]
fn an_alarm_of_another_stack_and_one_by_anomaly_detection_are_left_out_by_name() {
    let plan = plan("[!Ref Errors, theirs, !Ref Band]").unwrap();
    let watched: Vec<_> = plan
        .alarms
        .iter()
        .map(|alarm| alarm.after.logical_id.as_str())
        .collect();
    assert_eq!(watched, ["Errors"]);
    let left_out: Vec<_> = plan
        .not_rehearsed
        .iter()
        .filter(|item| item.r#type == "AWS::CloudWatch::Alarm")
        .map(|item| (item.place.line, item.logical_id.as_str()))
        .collect();
    assert_eq!(left_out, [(10, "theirs"), (22, "Band")]);
}

#[test]
fn an_alarm_whose_name_only_aws_knows_stops_the_plan() {
    let errors = plan("[!ImportValue theirs]").unwrap_err();
    assert!(
        errors[0].what.starts_with("one of its alarms is not known"),
        "{errors:?}"
    );
}
