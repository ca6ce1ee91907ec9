//! `alarm-cannot-fire` says what the engine does: an alarm that it warns of is never in ALARM before the shift is over, whatever
//! the data, and every other one can be.

use crate::common::stack_with;
use proptest::prelude::*;
use rehearsal_aws::cloudwatch::metric::{Metric, Metrics, Statistic};
use rehearsal_aws::cloudwatch::metric_alarm::{
    Alarm, AlarmState, Comparison, Judgement, MissingData, Watched,
};
use rehearsal_aws::time::{MINUTE_MS, VirtualTime};
use rehearsal_template::Inputs;

/// An alarm, and the canary that it watches.
#[derive(Clone, Debug)]
struct Case {
    period_minutes: i64,
    periods: usize,
    points: usize,
    statistic: &'static str,
    missing: &'static str,
    shift_minutes: i64,
}

/// When the shift begins: longer after the first data than any alarm here looks back.
const BEGIN: i64 = 1_000;

fn case() -> impl Strategy<Value = Case> {
    let periods = (1_usize..=6).prop_flat_map(|periods| (Just(periods), 1..=periods));
    let period = prop::sample::select(vec![1, 2, 3, 5, 10, 60]);
    let statistic = prop::sample::select(vec!["Sum", "Average", "Minimum", "Maximum"]);
    let missing = prop::sample::select(vec!["missing", "ignore", "notBreaching"]);
    (periods, period, statistic, missing, 1_i64..=45).prop_map(
        |((periods, points), period_minutes, statistic, missing, shift_minutes)| Case {
            period_minutes,
            periods,
            points,
            statistic,
            missing,
            shift_minutes,
        },
    )
}

impl Case {
    fn is_warned_of(&self) -> bool {
        let template = format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: build
      AutoPublishAlias: live
      DeploymentPreference: {{Type: !Ref Config, Alarms: [!Ref Failures]}}
  Config:
    Type: AWS::CodeDeploy::DeploymentConfig
    Properties:
      ComputePlatform: Lambda
      TrafficRoutingConfig: {{Type: TimeBasedCanary, TimeBasedCanary: {{CanaryPercentage: 10, CanaryInterval: {}}}}}
  Failures:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: Orders
      MetricName: Failures
      Statistic: {}
      Period: {}
      EvaluationPeriods: {}
      DatapointsToAlarm: {}
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: {}
",
            self.shift_minutes,
            self.statistic,
            self.period_minutes * 60,
            self.periods,
            self.points,
            self.missing
        );
        stack_with(&template, &Inputs::new("shop"))
            .diagnostics
            .iter()
            .any(|diagnostic| diagnostic.code == "alarm-cannot-fire")
    }

    /// Whether the engine has the alarm in ALARM at a minute of the shift, with the metric's value in each minute before its
    /// beginning and after it.
    fn fires(&self, before: &[Option<f64>], after: &[Option<f64>]) -> bool {
        let metric = Metric::new("Orders", "Failures", &[]);
        let alarm = Alarm {
            name: "failures".to_owned(),
            logical_id: "Failures".to_owned(),
            watched: Watched::Metric {
                metric: metric.clone(),
                statistic: Statistic::parse(self.statistic).expect("it is one of the five"),
                period_ms: self.period_minutes * MINUTE_MS,
            },
            threshold: 1.0,
            comparison: Comparison::GreaterThanOrEqualToThreshold,
            judgement: Judgement {
                evaluation_periods: self.periods,
                datapoints_to_alarm: self.points,
                missing_data: MissingData::parse(self.missing).expect("it is one of the four"),
            },
        };
        let mut metrics = Metrics::default();
        let minutes = (1..)
            .map(|minute| BEGIN - minute)
            .zip(before)
            .chain((BEGIN..).zip(after));
        for (minute, value) in minutes {
            if let Some(value) = value {
                metrics.record(metric.clone(), VirtualTime(minute * MINUTE_MS), *value);
            }
        }
        let mut state = AlarmState::Ok;
        (1..self.shift_minutes).any(|minute| {
            state = alarm
                .evaluate(&metrics, VirtualTime((BEGIN + minute) * MINUTE_MS), state)
                .state;
            state == AlarmState::Alarm
        })
    }
}

/// An alarm on a metric whose values are 0 or 1, by statistic, threshold and comparison.
#[derive(Clone, Debug)]
struct Bounded {
    statistic: &'static str,
    threshold: f64,
    comparison: &'static str,
}

fn bounded() -> impl Strategy<Value = Bounded> {
    let statistic = prop::sample::select(vec![
        "Sum",
        "SampleCount",
        "Average",
        "Minimum",
        "Maximum",
        "p50",
        "p99",
    ]);
    let threshold = prop::sample::select(vec![-1.0, 0.0, 0.5, 1.0, 2.0]);
    let comparison = prop::sample::select(vec![
        "GreaterThanThreshold",
        "GreaterThanOrEqualToThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
    ]);
    (statistic, threshold, comparison).prop_map(|(statistic, threshold, comparison)| Bounded {
        statistic,
        threshold,
        comparison,
    })
}

impl Bounded {
    fn is_warned_of(&self) -> bool {
        let Self {
            statistic,
            threshold,
            comparison,
        } = self;
        let key = if statistic.starts_with('p') {
            "ExtendedStatistic"
        } else {
            "Statistic"
        };
        let template = format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: build
      AutoPublishAlias: live
      DeploymentPreference: {{Type: Canary10Percent5Minutes, Alarms: [!Ref Failures]}}
  Failures:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{{Name: FunctionName, Value: !Ref Orders}}]
      {key}: {statistic}
      Period: 60
      EvaluationPeriods: 1
      Threshold: {threshold}
      ComparisonOperator: {comparison}
"
        );
        let stack = stack_with(&template, &Inputs::new("shop"));
        let mut diagnostics = stack.diagnostics.iter();
        diagnostics.any(|diagnostic| diagnostic.code == "alarm-cannot-fire")
    }

    /// Whether a minute with these values breaches.
    fn breaches(&self, values: &[bool]) -> bool {
        let statistic = Statistic::parse(self.statistic).expect("it is one");
        let comparison = Comparison::parse(self.comparison).expect("it is one");
        let count = |of: bool| values.iter().filter(|value| **value == of).count() as u64;
        let counted = [(0.0, count(false)), (1.0, count(true))];
        let counted = counted.into_iter().filter(|(_, count)| *count > 0);
        statistic
            .of(counted)
            .is_some_and(|point| comparison.breaches(point, self.threshold))
    }
}

/// A minute's value: none, within the threshold, or beyond it.
fn value(bad: bool) -> impl Strategy<Value = Option<f64>> {
    let values = if bad {
        vec![None, Some(0.0), Some(1.0), Some(50.0)]
    } else {
        vec![None, Some(0.0)]
    };
    prop::sample::select(values)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_errors_whatever_are_bad_data_to_what_is_warned_of_for_its_threshold_and_some_are_to_what_is_not(
        alarm in bounded(),
        values in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        if alarm.is_warned_of() {
            prop_assert!(!alarm.breaches(&values), "{alarm:?} {values:?}");
        } else {
            // A sample count is 1 or more, and the lint looks no closer than 0.
            let some = [vec![false], vec![true], vec![true; 3]];
            let is_count = alarm.statistic == "SampleCount" && alarm.comparison.starts_with("Less");
            prop_assert!(is_count || some.iter().any(|values| alarm.breaches(values)), "{alarm:?}");
        }
    }

    #[test]
    fn what_is_warned_of_never_fires_before_the_shift_is_over_and_what_is_not_can(
        case in case(),
        before in prop::collection::vec(value(false), 0..500),
        after in prop::collection::vec(value(true), 45),
    ) {
        let bad = [Some(1.0); 45];
        if case.is_warned_of() {
            prop_assert!(!case.fires(&before, &after), "{case:?} fires with some data");
            prop_assert!(!case.fires(&before, &bad), "{case:?} fires with bad data alone");
        } else {
            prop_assert!(case.fires(&[], &bad), "{case:?} does not fire");
        }
    }
}
