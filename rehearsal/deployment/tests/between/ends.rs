//! Deployments that end otherwise than by a hook or by what their version does.

use rehearsal_aws::cloudformation::ALIAS_UPDATE_MINUTES;
use rehearsal_aws::codedeploy::deployment::{DeploymentStatus, ErrorCode};
use rehearsal_deployment::World;
use rehearsal_deployment::event::Happening;
use rehearsal_deployment::plan::Decision;

use crate::TRAFFIC;
use crate::support::{between, run};

/// A function that CodeDeploy deploys by this configuration, with more properties of its alias, of its group, and more resources.
fn orders(code: &str, config: &str, of_alias: &str, of_group: &str, more: &str) -> String {
    format!(
        "\
Resources:
  Orders:
    Type: AWS::Lambda::Function
    Properties: {{FunctionName: orders, Runtime: provided.al2023, Handler: bootstrap, Role: 'arn:aws:iam::123456789012:role/r', Code: {{S3Bucket: code, S3Key: {code}}}}}
  Version{code}:
    Type: AWS::Lambda::Version
    Properties: {{FunctionName: !Ref Orders}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {{FunctionName: !Ref Orders, FunctionVersion: !GetAtt Version{code}.Version, Name: live{of_alias}}}
    UpdatePolicy: {{CodeDeployLambdaAliasUpdate: {{ApplicationName: !Ref App, DeploymentGroupName: !Ref Group}}}}
  App: {{Type: AWS::CodeDeploy::Application, Properties: {{ComputePlatform: Lambda}}}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref App
      DeploymentConfigName: {config}
      ServiceRoleArn: arn:aws:iam::123456789012:role/r
      DeploymentStyle: {{DeploymentType: BLUE_GREEN, DeploymentOption: WITH_TRAFFIC_CONTROL}}
{of_group}{more}"
    )
}

const CANARY: &str = "CodeDeployDefault.LambdaCanary10Percent5Minutes";

/// The end of the only deployment: in which minute of the update, how, and what CodeDeploy says.
fn end(world: &World) -> (i64, DeploymentStatus, Option<ErrorCode>, String) {
    let ended = |event: &rehearsal_deployment::event::Event| match &event.happening {
        Happening::DeploymentEnded {
            status,
            error_code,
            message,
            ..
        } => Some((
            (event.at.0 - 120_000) / 60_000,
            *status,
            *error_code,
            message.clone().unwrap_or_default(),
        )),
        _ => None,
    };
    world.events().iter().find_map(ended).expect("it ends")
}

fn goes_back(world: &World) -> bool {
    let is_it = |it: &Happening| matches!(it, Happening::UpdateRolledBack { .. });
    world.events().iter().any(|event| is_it(&event.happening))
}

fn request() -> String {
    format!("{TRAFFIC}[[traffic.request]]\nfunction = 'Orders'\n")
}

#[test]
fn an_alias_that_gives_another_version_a_share_is_not_shifted() {
    let weights = ", RoutingConfig: {AdditionalVersionWeights: [{FunctionVersion: '7', FunctionWeight: 0.1}]}";
    let (plan, update) = between(
        &orders("a", CANARY, weights, "", ""),
        &orders("b", CANARY, "", "", ""),
        &request(),
    )
    .unwrap();
    assert_eq!(update.findings[0].code, "plan::alias-on-two-versions");
    let (world, _) = run(plan);
    assert_eq!(
        end(&world),
        (
            0,
            DeploymentStatus::Failed,
            Some(ErrorCode::InvalidLambdaConfiguration),
            "The alias live of Orders is on two versions, 1 and 7, by its RoutingConfig, and CodeDeploy shifts from one."
                .to_owned()
        )
    );
    assert!(goes_back(&world));
}

#[test]
fn an_alias_whose_other_version_before_the_update_is_not_known_is_an_error() {
    let weights = ", RoutingConfig: {AdditionalVersionWeights: [{FunctionVersion: !ImportValue other, FunctionWeight: 0.1}]}";
    let errors = between(
        &orders("a", CANARY, weights, "", ""),
        &orders("b", CANARY, "", "", ""),
        &request(),
    )
    .unwrap_err();
    let errors: Vec<_> = errors.iter().map(|error| error.what.as_str()).collect();
    assert_eq!(
        errors,
        ["which version it gives a share besides, before the update, is not known"]
    );
}

#[test]
fn a_deployment_that_takes_longer_than_cloudformation_waits_for_the_alias_is_stopped() {
    let slow = |minutes: u32| {
        format!(
            "  Slow:
    Type: AWS::CodeDeploy::DeploymentConfig
    Properties:
      ComputePlatform: Lambda
      DeploymentConfigName: Slow
      TrafficRoutingConfig: {{Type: TimeBasedCanary, TimeBasedCanary: {{CanaryPercentage: 10, CanaryInterval: {minutes}}}}}
"
        )
    };
    for (minutes, is_in_time) in [
        (ALIAS_UPDATE_MINUTES - 1, true),
        (ALIAS_UPDATE_MINUTES, false),
    ] {
        let (plan, update) = between(
            &orders("a", "!Ref Slow", "", "", &slow(minutes)),
            &orders("b", "!Ref Slow", "", "", &slow(minutes)),
            &request().replace("= 60", "= 1"),
        )
        .unwrap();
        let codes: Vec<_> = update.findings.iter().map(|found| found.code).collect();
        assert_eq!(codes.contains(&"plan::shift-too-long"), !is_in_time);
        let (world, _) = run(plan);
        let (minute, status, code, message) = end(&world);
        let expected = if is_in_time {
            (DeploymentStatus::Succeeded, None)
        } else {
            (DeploymentStatus::Stopped, Some(ErrorCode::ManualStop))
        };
        assert_eq!(minute, i64::from(minutes));
        assert_eq!((status, code), expected, "{message}");
        assert_eq!(message.contains("120 minutes"), !is_in_time, "{message}");
        assert_eq!(goes_back(&world), !is_in_time);
    }
}

/// An alarm that is in ALARM whatever happens, with this description.
fn alarm(name: &str, description: &str) -> String {
    format!(
        "  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: {name}
      AlarmDescription: {description}
      Namespace: AWS/Lambda
      MetricName: Invocations
      Dimensions: [{{Name: FunctionName, Value: orders}}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
"
    )
}

fn stopped_by(name: &str) -> String {
    format!("      AlarmConfiguration: {{Enabled: true, Alarms: [{{Name: {name}}}]}}\n")
}

#[test]
fn an_alarm_that_comes_when_its_deployment_is_over_is_not_judged_and_one_that_changes_then_is_as_before()
 {
    let gate = stopped_by("busy");
    let late = alarm("busy", "!Ref Live");
    let new = orders("b", CANARY, "", &gate, &late);
    let (plan, update) = between(&orders("a", CANARY, "", "", ""), &new, &request()).unwrap();
    assert_eq!(update.deployments[0].gates[0].decision, Decision::NotJudged);
    assert_eq!(plan.deployments[0].gates[0].decision, Decision::NotJudged);
    assert!(
        update
            .findings
            .iter()
            .any(|found| found.code == "plan::gate-too-late"
                && found.message.contains("it cannot stop the deployment"))
    );
    let (world, _) = run(plan);
    assert_eq!(end(&world).1, DeploymentStatus::Succeeded);
    // One that is there already stops it.
    let before = orders("a", CANARY, "", &gate, &alarm("busy", "of before"));
    let (plan, update) = between(&before, &new, &request()).unwrap();
    assert_eq!(plan.deployments[0].gates[0].decision, Decision::Evaluated);
    assert!(
        update
            .findings
            .iter()
            .any(|found| found.code == "plan::gate-too-late"
                && found.message.contains("until then it is as before"))
    );
    let (world, _) = run(plan);
    assert_eq!(end(&world).2, Some(ErrorCode::AlarmActive));
}
