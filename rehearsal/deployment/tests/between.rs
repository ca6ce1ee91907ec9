//! Updates between two templates: what functions and callers meet of them, and when.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use rehearsal_deployment::Revision;
use rehearsal_deployment::event::{Happening, InvocationOutcome};
use rehearsal_deployment::world::Command;
use support::{Seen, between, run, seen};

/// A function behind a REST API whose alias shifts for three minutes; `%` stands for more of its properties, and of its routes.
fn shop(code: &str, timeout: u32, paths: &[&str], more: &str) -> String {
    let routes: Vec<String> = paths
        .iter()
        .enumerate()
        .map(|(number, path)| {
            format!(
                "        Route{number}: {{Type: Api, Properties: {{Path: {path}, Method: get}}}}\n"
            )
        })
        .collect();
    format!(
        "\
Transform: AWS::Serverless-2016-10-31
Globals: {{Api: {{OpenApiVersion: 3.0.1}}}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: s3://code/{code}.zip
      Timeout: {timeout}
      AutoPublishAlias: live
      DeploymentPreference: {{Type: Linear10PercentEvery1Minute}}
      Events:
{}{more}",
        routes.concat()
    )
}

const TRAFFIC: &str = "
[traffic]
requests_per_minute = 60
minutes_before = 2
minutes_after = 2
";

fn get(path: &str) -> String {
    format!("[[traffic.request]]\nmethod = 'GET'\npath = '{path}'\n")
}

/// Whether what was seen of a minute is all of it alike in this.
fn all<T: PartialEq + std::fmt::Debug>(seen: &[Seen], minute: i64, of: impl Fn(&Seen) -> T) -> T {
    let mut found = seen.iter().filter(|seen| seen.minute == minute).map(of);
    let first = found.next().expect("there are requests in the minute");
    assert!(
        found.all(|other| other == first),
        "minute {minute}: {seen:?}"
    );
    first
}

#[test]
fn a_version_keeps_the_time_out_that_it_was_published_with() {
    let rehearsal = format!(
        "[[stub]]\nfunction = 'Orders'\nduration_ms = 4000\n{TRAFFIC}{}",
        get("/orders")
    );
    let (plan, _) = between(
        &shop("a", 3, &["/orders"], ""),
        &shop("b", 10, &["/orders"], ""),
        &rehearsal,
    )
    .unwrap();
    let (world, _) = run(plan);
    let seen = seen(&world);
    for request in &seen {
        let expected = match request.version.as_str() {
            "1" => InvocationOutcome::TimedOut,
            _ => InvocationOutcome::Answered,
        };
        assert_eq!(request.outcome, expected, "{request:?}");
    }
    let both = seen.iter().filter(|request| request.minute == 5);
    let versions: std::collections::BTreeSet<_> = both.map(|request| &request.version).collect();
    assert_eq!(versions.len(), 2, "both serve while traffic shifts");
}

#[test]
fn a_time_out_of_which_no_version_is_published_changes_the_function_itself_and_no_version() {
    let worker = |timeout: u32| {
        format!(
            "  Worker:
    Type: AWS::Serverless::Function
    Properties: {{Runtime: provided.al2023, Handler: b, CodeUri: 's3://code/w.zip', Timeout: {timeout}, AutoPublishAlias: live}}
"
        )
    };
    let rehearsal = format!(
        "[[stub]]\nfunction = 'Worker'\nduration_ms = 4000\n{TRAFFIC}
[[traffic.request]]
function = 'Worker'
[[traffic.request]]
function = 'Worker'
qualifier = 'live'
"
    );
    let (plan, _) = between(
        &shop("a", 3, &["/orders"], &worker(3)),
        &shop("b", 3, &["/orders"], &worker(10)),
        &rehearsal,
    )
    .unwrap();
    let (world, _) = run(plan);
    for request in seen(&world) {
        let is_new = request.version == "$LATEST" && request.minute >= 2;
        let expected = if is_new {
            InvocationOutcome::Answered
        } else {
            InvocationOutcome::TimedOut
        };
        assert_eq!(request.outcome, expected, "{request:?}");
    }
}

#[test]
fn routes_of_a_rest_api_change_at_once_when_all_traffic_has_shifted() {
    let rehearsal = format!("{TRAFFIC}{}{}", get("/old"), get("/new"));
    let (plan, _) = between(
        &shop("a", 3, &["/old"], ""),
        &shop("b", 3, &["/new"], ""),
        &rehearsal,
    )
    .unwrap();
    let (world, commands) = run(plan);
    let seen = seen(&world);
    let of = |kind: usize| -> Vec<Seen> {
        seen.iter()
            .filter(|seen| seen.kind == kind)
            .cloned()
            .collect()
    };
    // The update begins at 2, and the last shift is nine minutes later.
    for minute in [0, 5, 10] {
        assert_eq!(all(&of(0), minute, |seen| seen.status), Some(200));
        assert_eq!(all(&of(1), minute, |seen| seen.status), Some(403));
    }
    assert_eq!(all(&of(0), 12, |seen| seen.status), Some(403));
    assert_eq!(
        all(&of(1), 12, |seen| (seen.status, seen.version.clone())),
        (Some(200), "2".to_owned())
    );
    let stage = ["OrdersAlias".to_owned()];
    assert!(!commands.iter().any(
        |command| matches!(command, Command::Alter { resources, .. } if resources[..] == stage)
    ));
    assert!(commands.iter().any(|command| {
        matches!(command, Command::Alter { resources, to: Revision::After } if resources.contains(&"ServerlessRestApiProdStage".to_owned()))
    }));
}

#[test]
fn routes_of_an_update_that_goes_back_were_never_changed() {
    let alarm = "
  Failures:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref Orders}], Statistic: Sum, Period: 60, EvaluationPeriods: 1, ComparisonOperator: GreaterThanOrEqualToThreshold, Threshold: 1, TreatMissingData: notBreaching}
";
    let watched =
        |text: String| text.replace("Every1Minute}", "Every1Minute, Alarms: [!Ref Failures]}");
    let rehearsal = format!(
        "[[stub]]\nfunction = 'Orders'\nversion = 'new'\nerror = 'broken'\n{TRAFFIC}{}{}",
        get("/old"),
        get("/new")
    );
    let (plan, _) = between(
        &watched(shop("a", 3, &["/old"], alarm)),
        &watched(shop("b", 3, &["/new"], alarm)),
        &rehearsal,
    )
    .unwrap();
    let (world, commands) = run(plan);
    let back = |happening: &Happening| matches!(happening, Happening::UpdateRolledBack { .. });
    assert!(world.events().iter().any(|event| back(&event.happening)));
    assert!(
        seen(&world)
            .iter()
            .filter(|seen| seen.kind == 1)
            .all(|seen| seen.status == Some(403))
    );
    assert_eq!(commands, []);
}

#[test]
fn an_http_api_that_deploys_by_itself_changes_with_its_definition() {
    let api = |text: String| {
        text.replace("Type: Api", "Type: HttpApi").replace(
            "{Api: {OpenApiVersion: 3.0.1}}",
            "{Function: {MemorySize: 128}}",
        )
    };
    let rehearsal = format!("{TRAFFIC}{}{}", get("/old"), get("/new"));
    let (plan, update) = between(
        &api(shop("a", 3, &["/old"], "")),
        &api(shop("b", 3, &["/new"], "")),
        &rehearsal,
    )
    .unwrap();
    assert!(update.routes.len() == 2, "{:?}", update.routes);
    let (world, _) = run(plan);
    let seen: Vec<Seen> = seen(&world)
        .into_iter()
        .filter(|seen| seen.kind == 1)
        .collect();
    assert_eq!(all(&seen, 5, |seen| seen.status), Some(404));
    assert_eq!(all(&seen, 12, |seen| seen.status), Some(200));
}

#[test]
fn a_parameter_is_there_when_the_update_has_come_to_it() {
    let parameter = "
  Limit: {Type: AWS::SSM::Parameter, Properties: {Name: /orders/limit, Type: String, Value: '7'}}
";
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(
        &shop("a", 3, &["/orders"], ""),
        &shop("b", 3, &["/orders"], parameter),
        &rehearsal,
    )
    .unwrap();
    let limit = &plan.parameters["Limit"];
    assert!(limit.before.is_none());
    assert_eq!(
        limit.after.as_ref().map(|limit| limit.value.as_str()),
        Some("7")
    );
    let (_, commands) = run(plan);
    assert_eq!(
        commands[..],
        [Command::Alter {
            resources: vec!["Limit".to_owned()],
            to: Revision::After
        }]
    );
}

#[test]
fn an_alias_that_the_update_brings_is_met_from_then_on() {
    let without = shop("a", 3, &["/orders"], "").replace("      AutoPublishAlias: live\n      DeploymentPreference: {Type: Linear10PercentEvery1Minute}\n", "");
    let other = "  Other:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: b, CodeUri: %, AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce}}
";
    let with = shop("a", 3, &["/orders"], &other.replace('%', "s3://code/b.zip"));
    let without = without + &other.replace('%', "s3://code/a.zip");
    let rehearsal = format!("{TRAFFIC}[[traffic.request]]\nfunction = 'Orders'\n");
    let (plan, _) = between(&without, &with, &rehearsal).unwrap();
    let (world, _) = run(plan);
    let seen = seen(&world);
    assert_eq!(all(&seen, 1, |seen| seen.version.clone()), "$LATEST");
    assert_eq!(all(&seen, 3, |seen| seen.version.clone()), "1");
}
