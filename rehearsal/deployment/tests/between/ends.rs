//! Deployments that end otherwise than by a hook or by what their version does.

use rehearsal_aws::cloudformation::ALIAS_UPDATE_MINUTES;
use rehearsal_aws::codedeploy::deployment::{DeploymentStatus, ErrorCode};
use rehearsal_deployment::World;
use rehearsal_deployment::change::{Code, CodeChange, UpdatePlan};
use rehearsal_deployment::event::Happening;
use rehearsal_deployment::plan::Decision;
use rehearsal_template::{Inputs, read_str};

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

/// The configuration `Slow`, a canary of so many minutes.
fn slow(minutes: u32) -> String {
    format!(
        "  Slow:
    Type: AWS::CodeDeploy::DeploymentConfig
    Properties:
      ComputePlatform: Lambda
      DeploymentConfigName: Slow
      TrafficRoutingConfig: {{Type: TimeBasedCanary, TimeBasedCanary: {{CanaryPercentage: 10, CanaryInterval: {minutes}}}}}
"
    )
}

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
    let [error] = &errors[..] else {
        panic!("{errors:?}")
    };
    let expected = "which version it gives a share besides, before the update, is not known: ";
    assert!(error.what.starts_with(expected), "{error:?}");
}

#[test]
fn an_alias_whose_share_before_the_update_is_not_known_may_be_on_two_versions() {
    for weights in [
        "!ImportValue all",
        "{AdditionalVersionWeights: !ImportValue weights}",
        "{AdditionalVersionWeights: [{FunctionVersion: '7', FunctionWeight: !ImportValue share}]}",
    ] {
        let of_alias = format!(", RoutingConfig: {weights}");
        let live = orders("a", CANARY, &of_alias, "", "");
        let new = orders("b", CANARY, "", "", "");
        let errors = between(&live, &new, &request()).unwrap_err();
        assert_eq!(errors.len(), 1, "{weights}: {errors:?}");
        let read = |text| read_str("template.yaml", text, &Inputs::new("app")).unwrap();
        let code = Code::all(CodeChange::Changed);
        let update = UpdatePlan::between(Some(&read(&live)), &read(&new), &code);
        let codes: Vec<_> = update.findings.iter().map(|found| found.code).collect();
        assert!(
            codes.contains(&"plan::alias-may-be-on-two-versions"),
            "{weights}"
        );
    }
}

#[test]
fn an_alias_is_on_two_versions_also_where_they_have_one_number_and_on_one_where_the_other_has_no_share()
 {
    for (version, share, is_shifted) in [("1", 0.1, false), ("7", 0.0, true)] {
        let weights = format!(
            ", RoutingConfig: {{AdditionalVersionWeights: [{{FunctionVersion: '{version}', FunctionWeight: {share}}}]}}"
        );
        let (plan, update) = between(
            &orders("a", CANARY, &weights, "", ""),
            &orders("b", CANARY, "", "", ""),
            &request(),
        )
        .unwrap();
        let codes: Vec<_> = update.findings.iter().map(|found| found.code).collect();
        assert_eq!(codes.contains(&"plan::alias-on-two-versions"), !is_shifted);
        let (world, _) = run(plan);
        assert_eq!(end(&world).1 == DeploymentStatus::Succeeded, is_shifted);
    }
}

#[test]
fn an_alarm_on_more_than_a_day_is_a_gate_where_the_shift_takes_an_hour_and_not_judged_elsewhere() {
    let of_days = alarm("busy", "busy").replace(
        "Period: 60\n      EvaluationPeriods: 1",
        "Period: 3600\n      EvaluationPeriods: 25\n      DatapointsToAlarm: 1",
    );
    let more = slow(60) + &of_days;
    let gate = stopped_by("busy");
    for (config, decision, status) in [
        (CANARY, Decision::NotJudged, DeploymentStatus::Succeeded),
        ("!Ref Slow", Decision::Evaluated, DeploymentStatus::Stopped),
    ] {
        let (plan, update) = between(
            &orders("a", config, "", &gate, &more),
            &orders("b", config, "", &gate, &more),
            &request(),
        )
        .unwrap();
        for gates in [
            update.deployments[0]
                .gates
                .iter()
                .map(|gate| (gate.decision, &gate.why))
                .collect::<Vec<_>>(),
            plan.deployments[0]
                .gates
                .iter()
                .map(|gate| (gate.decision, &gate.why))
                .collect(),
        ] {
            assert_eq!(gates.len(), 1);
            assert_eq!(gates[0].0, decision);
            let says_so = gates[0]
                .1
                .contains("once an hour, and the shift takes 5 minutes");
            assert_eq!(says_so, decision == Decision::NotJudged, "{gates:?}");
        }
        let (world, _) = run(plan);
        assert_eq!(end(&world).1, status);
    }
}

#[test]
fn what_aws_refuses_of_a_resource_that_sam_makes_stops_an_update_that_leaves_its_function_as_it_is()
{
    let with = |code: &str, sid: &str, rate: &str| {
        format!(
            "\
Transform: AWS::Serverless-2016-10-31
Globals: {{Function: {{Runtime: provided.al2023, Handler: bootstrap}}}}
Resources:
  Other:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://code/other.zip
      Policies: [{{Version: '2012-10-17', Statement: [{{Sid: {sid}, Effect: Allow, Action: 's3:*', Resource: '*'}}]}}]
      Events: {{Often: {{Type: Schedule, Properties: {{Schedule: rate({rate})}}}}}}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://code/{code}.zip
      AutoPublishAlias: live
      DeploymentPreference: {{Type: Canary10Percent5Minutes}}
"
        )
    };
    let live = with("a", "Good", "5 minutes");
    let refused = |new: &str| between(&live, new, &request()).err();
    for new in [
        with("b", "Not good", "5 minutes"),
        with("b", "Good", "1 minutes"),
    ] {
        let errors = refused(&new).unwrap();
        assert_eq!(errors[0].logical_id, "Other", "{errors:?}");
        // What is there already is not come to.
        let (live, new) = (&new, new.replace("code/b.zip", "code/c.zip"));
        let again = between(live, &new, &request());
        assert!(again.is_ok(), "{:?}", again.err());
    }
    assert!(refused(&with("b", "Good", "5 minutes")).is_none());
}

#[test]
fn a_deployment_of_an_api_is_refused_for_the_methods_that_it_waits_for() {
    let api = |deployment: &str, waits_for: &str, methods: &str| {
        format!(
            "  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: a}}}}
  Get: {{Type: AWS::ApiGateway::Method, Properties: {{RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET, AuthorizationType: NONE, Integration: {{Type: MOCK}}}}}}
  {deployment}: {{Type: AWS::ApiGateway::Deployment, DependsOn: [{waits_for}], Properties: {{RestApiId: !Ref Api}}}}
{methods}"
        )
    };
    let put = |after: &str| {
        format!(
            "  Put: {{Type: AWS::ApiGateway::Method{after}, Properties: {{RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: PUT, AuthorizationType: NONE}}}}\n"
        )
    };
    let live = orders("a", CANARY, "", "", &api("First", "Get", ""));
    let with = |api: &str| between(&live, &orders("b", CANARY, "", "", api), &request());
    let errors = with(&api("Second", "Get, Put", &put(""))).unwrap_err();
    assert!(
        errors[0].what.contains("`Put` has no integration"),
        "{errors:?}"
    );
    assert!(with(&api("Second", "Get", &put(", DependsOn: Second"))).is_ok());
}

#[test]
fn a_deployment_that_takes_longer_than_cloudformation_waits_for_the_alias_is_stopped() {
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
    let is_told = |update: &UpdatePlan, words: &str| {
        let mut found = update.findings.iter();
        found.any(|found| found.code == "plan::gate-too-late" && found.message.contains(words))
    };
    let gate = stopped_by("busy");
    let late = alarm("busy", "!Ref Live");
    let new = orders("b", CANARY, "", &gate, &late);
    let (plan, update) = between(&orders("a", CANARY, "", "", ""), &new, &request()).unwrap();
    assert_eq!(update.deployments[0].gates[0].decision, Decision::NotJudged);
    assert_eq!(plan.deployments[0].gates[0].decision, Decision::NotJudged);
    assert!(is_told(&update, "it cannot stop the deployment"));
    let (world, _) = run(plan);
    assert_eq!(end(&world).1, DeploymentStatus::Succeeded);
    // One that is there already stops it.
    let before = orders("a", CANARY, "", &gate, &alarm("busy", "of before"));
    let (plan, update) = between(&before, &new, &request()).unwrap();
    assert_eq!(plan.deployments[0].gates[0].decision, Decision::Evaluated);
    assert!(is_told(&update, "until then it is as before"));
    let (world, _) = run(plan);
    assert_eq!(end(&world).2, Some(ErrorCode::AlarmActive));
}
