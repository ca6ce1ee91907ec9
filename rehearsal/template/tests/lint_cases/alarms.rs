//! Alarms: what they need to fire in time, and what they watch.

use crate::common::deployments::{
    CANARY, REPORTS, alarm, assert_is_warned, hook, orders, warned, warning,
};

#[test]
fn an_alarm_that_needs_one_data_point_fires_in_the_first_minute_however_long_its_period() {
    for (period, points, is_warned) in [
        (300, 1, false),
        (3600, 1, false),
        (300, 2, true),
        (60, 5, true),
        (60, 4, false),
    ] {
        let properties =
            format!("Period: {period}\nEvaluationPeriods: 5\nDatapointsToAlarm: {points}");
        assert_is_warned(
            &orders(CANARY, &alarm(&properties)),
            "alarm-cannot-fire",
            is_warned,
        );
    }
}

#[test]
fn a_slow_alarm_is_told_how_long_it_takes_at_the_least() {
    let text = warning(&orders(CANARY, &alarm("Period: 300\nEvaluationPeriods: 2")));
    assert!(text.starts_with("alarm-cannot-fire: Errors: 2 bad data points of 300 s take at least 6 minutes, and the shift is over after 5 minutes"), "{text}");
    assert!(text.contains("`DatapointsToAlarm` at most 4"), "{text}");
}

#[test]
fn an_alarm_to_which_silence_is_bad_may_need_a_single_point() {
    let properties =
        "Namespace: Orders\nMetricName: Failures\nPeriod: 300\nTreatMissingData: breaching";
    assert_eq!(warned(&orders(CANARY, &alarm(properties))), [""; 0]);
}

#[test]
fn a_longer_shift_leaves_a_slow_alarm_its_time() {
    let slow = alarm("Period: 300\nEvaluationPeriods: 3\nDatapointsToAlarm: 3");
    for (configuration, is_warned) in [
        ("Canary10Percent5Minutes", true),
        ("Canary10Percent10Minutes", true),
        ("Canary10Percent15Minutes", false),
        ("Linear10PercentEvery1Minute", true),
        ("Linear10PercentEvery2Minutes", false),
    ] {
        let preference = format!("Type: {configuration}, Alarms: [!Ref Errors]");
        assert_is_warned(&orders(&preference, &slow), "alarm-cannot-fire", is_warned);
    }
}

#[test]
fn an_alarm_of_an_all_at_once_deployment_is_not_blamed_for_firing_late() {
    let preference = "Type: AllAtOnce, Alarms: [!Ref Errors], Hooks: {PreTraffic: !Ref Hook}";
    let more = alarm("Period: 300") + &hook(REPORTS);
    assert_eq!(warned(&orders(preference, &more)), [""; 0]);
}

#[test]
fn the_periods_of_metric_math_count_where_they_are_alike() {
    let math = "Metrics:
  - {Id: rate, Expression: 'FILL(errors, 0)'}
  - Id: errors
    ReturnData: false
    MetricStat:
      Metric: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref Orders}]}
      Period: 120
      Stat: Sum";
    assert_eq!(warned(&orders(CANARY, &alarm(math))), ["alarm-cannot-fire"]);
    let other = "  - {Id: all, ReturnData: false, MetricStat: {Metric: {Namespace: AWS/Lambda, MetricName: Invocations}, Period: 60, Stat: Sum}}";
    assert_eq!(
        warned(&orders(CANARY, &alarm(&format!("{math}\n{other}")))),
        [""; 0]
    );
}

#[test]
fn an_alarm_keeps_its_state_by_how_it_treats_missing_data() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("TreatMissingData: ignore", true),
        ("TreatMissingData: breaching", true),
        ("TreatMissingData: missing", false),
        ("TreatMissingData: breaching\nComparisonOperator: LessThanThreshold", false),
        ("EvaluationPeriods: 1", true),
        ("Namespace: Orders\nMetricName: Failures\nEvaluationPeriods: 1", false),
        ("Namespace: AWS/DynamoDB\nMetricName: ReadThrottleEvents\nDimensions: [{Name: TableName, Value: t}]", true),
    ];
    for (properties, is_warned) in cases {
        assert_is_warned(
            &orders(CANARY, &alarm(properties)),
            "alarm-stays-in-alarm",
            is_warned,
        );
    }
}

#[test]
fn an_alarm_without_data_is_told_what_was_meant() {
    for (properties, expected) in [
        ("MetricName: Error", "did you mean `Errors`?"),
        ("MetricName: errors", "did you mean `Errors`?"),
        ("Namespace: AWS/lambda", "did you mean `AWS/Lambda`?"),
        ("Namespace: aws/sqs", "did you mean `AWS/SQS`?"),
        (
            "Dimensions: [{Name: functionName, Value: !Ref Orders}]",
            "it is sent with none, or FunctionName",
        ),
        (
            "Dimensions: [{Name: FunctionName, Value: !GetAtt Orders.Arn}]",
            "write the name, not the ARN",
        ),
        (
            "Dimensions: [{Name: FunctionName, Value: !Ref Orders}, {Name: Resource, Value: !Sub '${Orders.Arn}:live'}]",
            "write `<function name>:<alias>`",
        ),
        (
            "Dimensions: [{Name: FunctionName, Value: !Ref Orders}, {Name: Resource, Value: live}]",
            "write `shop-Orders:<alias>`",
        ),
        (
            "Namespace: AWS/ApiGateway\nMetricName: 5XXError\nDimensions: [{Name: ApiId, Value: a}]",
            "it is sent with ApiName, or ApiName + Stage",
        ),
        (
            "Namespace: AWS/ApiGateway\nMetricName: Latency\nDimensions: [{Name: ApiId, Value: a}, {Name: Name, Value: b}]",
            "it is sent with ApiId, or ApiId + Stage",
        ),
        (
            "Metrics: [{Id: m, MetricStat: {Metric: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: Function, Value: x}]}, Period: 60, Stat: Sum}}]",
            "it is sent with none, or FunctionName",
        ),
    ] {
        let text = warning(&orders(CANARY, &alarm(properties)));
        assert!(text.starts_with("alarm-without-data: Errors: "), "{text}");
        assert!(text.contains(expected), "{expected:?} is not in {text}");
    }
}

#[test]
fn an_apis_id_is_not_its_name() {
    let api = "  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: live, Name: orders, DefinitionBody: {openapi: 3.0.1, paths: {}}}
";
    let properties = "Namespace: AWS/ApiGateway\nMetricName: 5XXError\nDimensions: [{Name: ApiName, Value: !Ref Api}]";
    let text = warning(&orders(CANARY, &(alarm(properties) + api)));
    assert!(text.contains("it is the API's id"), "{text}");
}

#[test]
fn a_dimension_that_only_aws_knows_is_not_judged() {
    let properties = "Dimensions: [{Name: FunctionName, Value: !ImportValue name}, {Name: Resource, Value: !ImportValue resource}]";
    assert_eq!(warned(&orders(CANARY, &alarm(properties))), [""; 0]);
}

#[test]
fn an_alarm_beyond_all_values_that_its_metric_has_cannot_fire() {
    let rest = "Namespace: AWS/ApiGateway\nMetricName: 5XXError\nDimensions: [{Name: ApiName, Value: shop}]\n";
    for (properties, said) in [
        // A percentage where the average is a share.
        (format!("{rest}Statistic: Average\nThreshold: 5"), Some("the `Average` of `5XXError` is from 0 to 1")),
        (format!("{rest}Statistic: Average\nThreshold: 0.05"), None),
        (format!("{rest}Statistic: Sum\nThreshold: 5"), None),
        ("Statistic: Maximum\nThreshold: 2".to_owned(), Some("the `Maximum` of `Errors` is from 0 to 1")),
        ("Statistic: Maximum\nThreshold: 1".to_owned(), None),
        ("Statistic: Average\nThreshold: 1\nComparisonOperator: GreaterThanThreshold".to_owned(), Some("and the threshold is 1")),
        ("Statistic: !Ref AWS::NoValue\nExtendedStatistic: p99\nThreshold: 2".to_owned(), Some("the `p99` of `Errors`")),
        ("MetricName: Duration\nStatistic: Average\nThreshold: 500".to_owned(), None),
        ("MetricName: Duration\nStatistic: Average\nThreshold: 0\nComparisonOperator: LessThanThreshold".to_owned(), Some("is 0 or more")),
        ("MetricName: Invocations\nThreshold: 1\nComparisonOperator: LessThanThreshold".to_owned(), None),
        ("Statistic: Average\nThreshold: 5\nTreatMissingData: breaching".to_owned(), None),
        ("Namespace: Shop\nMetricName: Errors\nStatistic: Average\nThreshold: 5".to_owned(), None),
    ] {
        let template = orders(CANARY, &alarm(&properties));
        match said {
            None => assert!(!warned(&template).contains(&"alarm-cannot-fire"), "{properties}"),
            Some(said) => {
                let text = warning(&template);
                assert!(text.starts_with("alarm-cannot-fire: Errors: no data point is bad") && text.contains(said), "{text}");
            }
        }
    }
}
