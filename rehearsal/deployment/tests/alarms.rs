//! What is decided of the alarms that a deployment group names.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use rehearsal_deployment::plan::Decision;
use rehearsal_deployment::{Plan, PlanError};
use serde_json::{Value, json};

/// A template whose only deployment has these gates; the alarms end on line 80.
fn template(alarms: &str) -> String {
    format!(
        "\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Health: {{Type: String, Default: platform-health}}
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
  Queue:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ApproximateAgeOfOldestMessage
      Dimensions: [{{Name: QueueName, Value: jobs}}]
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
  Nowhere:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{{Name: Alias, Value: live}}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
  Rate:
    Type: AWS::CloudWatch::Alarm
    Properties:
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      Metrics:
      - {{Id: rate, Expression: 100 * errors / callz}}
      - {{Id: errors, ReturnData: false, MetricStat: {{Stat: Sum, Period: 60, Metric: {{Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{{Name: FunctionName, Value: !Ref F}}]}}}}}}
  Either:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties:
      AlarmRule: !Sub 'ALARM(\"${{Errors}}\") OR ALARM(platform-health)'
  Ring:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties: {{AlarmName: ring, AlarmRule: ALARM(other)}}
  Other:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties: {{AlarmName: other, AlarmRule: ALARM(ring)}}
"
    )
}

fn plan(alarms: &str, more: Value) -> Result<Plan, Vec<PlanError>> {
    support::plan_with(&template(alarms), more)
}

/// The decision of the only gate, with its reason.
fn gate(alarms: &str, more: Value) -> (Decision, String) {
    let plan = plan(alarms, more).unwrap();
    let gate = &plan.deployments[0].gates[0];
    (gate.decision, gate.why.clone())
}

/// What is said of the only gate, which is refused, with its line.
fn refusal(alarms: &str, more: Value) -> (u32, String) {
    let errors = plan(alarms, more).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0]
            .help
            .as_ref()
            .unwrap()
            .contains("[gates] not_judged")
    );
    (errors[0].place.line, errors[0].to_string())
}

#[test]
fn an_alarm_on_what_a_rehearsal_sends_is_evaluated() {
    let plan = plan("[!Ref Errors]", json!({})).unwrap();
    let gate = &plan.deployments[0].gates[0];
    assert_eq!(
        serde_json::to_value(gate).unwrap(),
        json!({"alarm": "Errors", "decision": "evaluated", "why": "computed from AWS/Lambda Errors", "line": 13})
    );
    assert_eq!(plan.deployments[0].alarms, ["Errors"]);
}

#[test]
fn an_alarm_on_dimensions_that_no_one_sends_is_evaluated_and_has_no_data() {
    let (decision, why) = gate("[!Ref Nowhere]", json!({}));
    assert_eq!(decision, Decision::Evaluated);
    assert!(why.ends_with("it never has data, here as in AWS"), "{why}");
}

#[test]
fn what_cannot_be_judged_is_refused_at_its_line() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("[theirs]", 12, "theirs: no alarm of this template is called theirs"),
        ("[Errors]", 12, "Errors is the logical id of an alarm of this template and no alarm's name: write !Ref Errors"),
        ("[!Ref Health]", 12, "platform-health: no alarm of this template"),
        ("[!Ref Band]", 29, "anomaly detection is not rehearsed"),
        ("[!Ref Queue]", 35, "a rehearsal sends no metrics of AWS/SQS"),
        ("[!Ref Rate]", 60, "Rate: rate: column 16: the alarm has no metric and no expression callz"),
        ("[!Ref Either]", 65, "its rule names platform-health: no alarm of this template"),
        ("[!Ref Ring]", 68, "in a circle: Other, then Ring, then Other"),
    ];
    for (alarms, line, part) in cases {
        let (found, message) = refusal(alarms, json!({}));
        assert!(message.contains(part), "{alarms}: {message}");
        assert_eq!(found, line, "{alarms}: {message}");
    }
}

#[test]
fn a_file_may_give_a_state_by_logical_id_name_or_arn() {
    let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:platform-health";
    for (alarms, name) in [
        ("[!Ref Band]", "Band"),
        ("[!Ref Band]", "app-Band"),
        ("[platform-health]", "platform-health"),
        ("[!Ref Health]", arn),
    ] {
        let given =
            json!({"alarm": [{"name": name, "in_alarm": {"from_minute": 2, "to_minute": 4}}]});
        let (decision, why) = gate(alarms, given);
        assert_eq!(decision, Decision::Given, "{alarms}");
        assert_eq!(
            why,
            "the rehearsal file has it in ALARM from minute 2 to minute 4"
        );
    }
}

#[test]
fn a_file_may_give_data_points_and_leave_gates_out() {
    let metric = json!({"metric": [{
        "namespace": "AWS/SQS", "name": "ApproximateAgeOfOldestMessage", "dimensions": {"QueueName": "jobs"},
        "values": {"from_minute": 0, "every_minute": [3, 400]},
    }]});
    assert_eq!(gate("[!Ref Queue]", metric).0, Decision::Given);
    let left_out = plan(
        "[!Ref Band, !Ref Errors]",
        json!({"gates": {"not_judged": ["Band"]}}),
    )
    .unwrap();
    let decisions: Vec<_> = left_out.deployments[0]
        .gates
        .iter()
        .map(|gate| gate.decision)
        .collect();
    assert_eq!(decisions, [Decision::NotJudged, Decision::Evaluated]);
    assert_eq!(left_out.deployments[0].alarms, ["Errors"]);
}

#[test]
fn a_composite_gate_follows_its_children() {
    let given = json!({"alarm": [{"name": "platform-health"}]});
    let plan = plan("[!Ref Either]", given).unwrap();
    let watched: Vec<_> = plan.alarms.iter().map(|alarm| alarm.id.as_str()).collect();
    let place = |id| watched.iter().position(|watched| *watched == id).unwrap();
    assert!(
        place("platform-health") < place("Either") && place("Errors") < place("Either"),
        "{watched:?}"
    );
    let gate = &plan.deployments[0].gates[0];
    assert_eq!(gate.decision, Decision::Evaluated);
    assert!(
        gate.why
            .contains("assumed that CodeDeploy looks at composite alarms"),
        "{}",
        gate.why
    );
}

#[test]
fn an_alarm_whose_name_only_aws_knows_stops_the_plan() {
    let errors = plan("[!ImportValue theirs]", json!({})).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].what.starts_with("one of its alarms is not known"),
        "{errors:?}"
    );
}

/// The decision of the gate `Errors`, where its alarm is written otherwise.
fn of_errors(written: &str, otherwise: &str, more: Value) -> Result<Decision, String> {
    let template = template("[!Ref Errors]");
    let changed = template.replacen(written, otherwise, 1);
    assert_ne!(changed, template);
    match support::plan_with(&changed, more) {
        Ok(plan) => Ok(plan.deployments[0].gates[0].decision),
        Err(errors) => Err(errors[0].to_string()),
    }
}

/// Whether the gate `Rate`, whose expression is `errors`, is one where its alarm is written otherwise.
fn of_rate(written: &str, otherwise: &str) -> Result<(), Vec<PlanError>> {
    let template = template("[!Ref Rate]").replace("errors / callz", "errors");
    let changed = template.replace(written, otherwise);
    assert_ne!(changed, template);
    support::plan_with(&changed, json!({})).map(drop)
}

#[test]
fn an_alarm_that_cloudwatch_refuses_is_no_gate() {
    let math = "Metrics: [{Id: m, MetricStat: {Stat: Sum, Period: 60, Metric: {Namespace: AWS/Lambda, MetricName: Errors}}}]\n      Statistic: Sum";
    for (written, otherwise, part) in [
        (
            "Statistic: Sum",
            "Statistic: p99",
            "its `Statistic` is `p99`",
        ),
        (
            "Statistic: Sum",
            "ExtendedStatistic: Sum",
            "its `ExtendedStatistic` is `Sum`",
        ),
        (
            "Statistic: Sum",
            "Statistic: Sum\n      ExtendedStatistic: p99",
            "it has `Statistic` and `ExtendedStatistic`",
        ),
        ("Statistic: Sum", math, "beside `Metrics`"),
        (
            "EvaluationPeriods: 1",
            "EvaluationPeriods: 1441",
            "it looks at 1441 periods of 60 seconds",
        ),
        (
            "Statistic: Sum",
            "Statistic: Sum\n      Unit: Counts",
            "`Unit` is `Counts`",
        ),
    ] {
        let refused = of_errors(written, otherwise, json!({})).unwrap_err();
        assert!(refused.contains(part), "{otherwise}: {refused}");
    }
}

#[test]
fn an_alarm_on_another_unit_than_its_metric_has_is_refused_for_it_never_has_data() {
    let with = |unit: &str, more| {
        of_errors(
            "Statistic: Sum",
            &format!("Statistic: Sum\n      Unit: {unit}"),
            more,
        )
    };
    assert_eq!(with("Count", json!({})), Ok(Decision::Evaluated));
    let refused = with("Seconds", json!({})).unwrap_err();
    assert!(refused.contains("sent in Count"), "{refused}");
    let given = json!({"metric": [{
        "namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": "app-F"}, "values": {"every_minute": [0]},
    }]});
    assert_eq!(with("Seconds", given), Ok(Decision::Given));
    let own = of_errors(
        "Namespace: AWS/Lambda",
        "Namespace: Shop\n      Unit: Count",
        json!({}),
    );
    let own = own.unwrap_err();
    assert!(own.contains("keeps no units"), "{own}");
    // Without a unit these have better reasons: no one sends them, or nothing of the kind happens here.
    let elsewhere = of_errors(
        "Namespace: AWS/Lambda",
        "Namespace: AWS/SQS\n      Unit: Count",
        json!({}),
    );
    let elsewhere = elsewhere.unwrap_err();
    assert!(elsewhere.contains("AWS/SQS"), "{elsewhere}");
    assert!(!elsewhere.contains("keeps no units"), "{elsewhere}");
    let of_math = |unit: &str| {
        of_rate(
            "Stat: Sum, Period",
            &format!("Stat: Sum, Unit: {unit}, Period"),
        )
    };
    assert_eq!(of_math("Count"), Ok(()));
    let refused = of_math("Percent").unwrap_err();
    assert!(refused[0].what.contains("sent in Count"), "{refused:?}");
}

#[test]
fn a_metric_of_the_own_account_is_no_other_accounts() {
    let of = |account: &str| {
        of_rate(
            "{Id: errors,",
            &format!("{{Id: errors, AccountId: {account},"),
        )
    };
    assert_eq!(of("!Ref AWS::AccountId"), Ok(()));
    let refused = of("'111122223333'").unwrap_err();
    assert!(refused[0].what.contains("another account"), "{refused:?}");
}

#[test]
fn two_alarms_of_one_name_are_refused_for_only_one_is_made() {
    let template = template("[!Ref Errors]").replace(
        "    Properties: {AlarmName: ring,",
        "    Properties: {AlarmName: app-Errors,",
    );
    let refused = support::plan_with(&template, json!({})).unwrap_err();
    assert!(
        refused[0].what.starts_with("Ring has its name too"),
        "{refused:?}"
    );
}
