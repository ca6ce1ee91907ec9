//! Updates between two templates: what functions and callers meet of them, and when.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::principal::Principal;
use rehearsal_aws::ssm::SsmError;
use rehearsal_deployment::event::{Event, Happening, IndexState, InvocationOutcome};
use rehearsal_deployment::world::{Answer, Call, CallId, Called, Command, Input};
use rehearsal_deployment::{Revision, World};
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
    let mut before = World::new(plan.clone());
    let (mut after, _) = run(plan);
    let limit = |world: &mut World| {
        let commands = world.step(Input::Called(Called {
            id: CallId(1),
            principal: Principal::Unknown,
            invocation: None,
            call: Call::Aws(AwsCall::GetParameter {
                name: "/orders/limit".to_owned(),
            }),
        }));
        match &commands[..] {
            [
                Command::Answer {
                    answer: Answer::Aws(AwsAnswer::Parameter(value)),
                    ..
                },
            ] => value.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(limit(&mut before), Err(SsmError::ParameterNotFound));
    assert_eq!(limit(&mut after), Ok("7".to_owned()));
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

/// The shop with a table that has these indexes, each by an attribute of its name, and this key; `more` are further properties.
fn with_table(code: &str, key: &str, indexes: &[&str], more: &str) -> String {
    let attributes: Vec<String> = std::iter::once(&key)
        .chain(indexes)
        .map(|name| format!("{{AttributeName: {name}, AttributeType: S}}"))
        .collect();
    let indexes: Vec<String> = indexes
        .iter()
        .map(|name| {
            format!("{{IndexName: By{name}, KeySchema: [{{AttributeName: {name}, KeyType: HASH}}], Projection: {{ProjectionType: ALL}}}}")
        })
        .collect();
    let indexes = match indexes.as_slice() {
        [] => String::new(),
        indexes => format!("      GlobalSecondaryIndexes: [{}]\n", indexes.join(", ")),
    };
    let table = format!(
        "  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{}]
      KeySchema: [{{AttributeName: {key}, KeyType: HASH}}]
{indexes}{more}",
        attributes.join(", ")
    );
    let events = "      Events:\n";
    shop(code, 3, &["/orders"], &table).replace(
        events,
        &format!("      Environment: {{Variables: {{TABLE: !Ref Items}}}}\n{events}"),
    )
}

/// What happened to indexes, each with its minute of the clock.
fn indexes(world: &World) -> Vec<(i64, String, IndexState)> {
    let changed = |event: &Event| match &event.happening {
        Happening::IndexChanged { index, state, .. } => {
            Some((event.at.0.div_euclid(60_000), index.clone(), *state))
        }
        _ => None,
    };
    world.events().iter().filter_map(changed).collect()
}

#[test]
fn an_index_that_comes_is_filled_while_the_update_goes_on() {
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(
        &with_table("a", "id", &[], ""),
        &with_table("b", "id", &["city"], ""),
        &rehearsal,
    )
    .unwrap();
    let (world, commands) = run(plan);
    // The shift begins at 2 and the index is full at 7.
    assert_eq!(
        indexes(&world),
        [
            (2, "Bycity".to_owned(), IndexState::Filling),
            (7, "Bycity".to_owned(), IndexState::Active)
        ]
    );
    let fill = Command::FillIndex {
        table: "Items".to_owned(),
        index: "Bycity".to_owned(),
    };
    assert!(commands.contains(&fill), "{commands:?}");
    let shift = world
        .events()
        .iter()
        .find(|event| matches!(event.happening, Happening::TrafficShifted { .. }));
    assert_eq!(
        shift.unwrap().at.0.div_euclid(60_000),
        2,
        "nobody waits for the index"
    );
}

#[test]
fn an_index_that_goes_comes_back_with_a_rollback_and_is_filled_anew() {
    let alarm = "  Failures:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref Orders}], Statistic: Sum, Period: 60, EvaluationPeriods: 1, ComparisonOperator: GreaterThanOrEqualToThreshold, Threshold: 1, TreatMissingData: notBreaching}
";
    let watched = |text: String| {
        text.replace("Every1Minute}", "Every1Minute, Alarms: [!Ref Failures]}") + alarm
    };
    let rehearsal = format!(
        "[[stub]]\nfunction = 'Orders'\nversion = 'new'\nerror = 'broken'\n{}{}",
        TRAFFIC.replace("minutes_after = 2", "minutes_after = 8"),
        get("/orders")
    );
    let (plan, _) = between(
        &watched(with_table("a", "id", &["city"], "")),
        &watched(with_table("b", "id", &[], "")),
        &rehearsal,
    )
    .unwrap();
    let (world, _) = run(plan);
    let states: Vec<IndexState> = indexes(&world)
        .into_iter()
        .map(|(_, _, state)| state)
        .collect();
    assert_eq!(
        states,
        [IndexState::Deleted, IndexState::Filling, IndexState::Active]
    );
}

#[test]
fn a_table_with_another_key_is_another_with_another_name_and_the_old_one_goes_at_the_end() {
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(
        &with_table("a", "id", &[], ""),
        &with_table("b", "number", &[], ""),
        &rehearsal,
    )
    .unwrap();
    let table = &plan.tables["Items"];
    let name =
        |table: &Option<rehearsal_deployment::plan::Table>| table.as_ref().unwrap().name.clone();
    assert_eq!(
        (name(&table.before), name(&table.after)),
        ("app-Items".to_owned(), "app-Items-2".to_owned())
    );
    let (_, commands) = run(plan);
    let items = vec!["Items".to_owned()];
    assert_eq!(
        commands,
        [
            Command::Alter {
                resources: items.clone(),
                to: Revision::After
            },
            Command::Discard { resources: items }
        ]
    );
}

#[test]
fn an_update_that_cannot_have_a_resource_goes_back_before_any_deployment() {
    let named = "      TableName: orders\n";
    let same_code = |text: String| {
        text.replace(
            "AutoPublishAlias: live",
            "AutoPublishAlias: live\n      AutoPublishCodeSha256: '%'",
        )
    };
    let [sha, other] = ["a", "b"].map(|digit| digit.repeat(64));
    for (live, new, resource, reason) in [
        (
            with_table("a", "id", &[], named),
            with_table("b", "number", &[], named),
            "Items",
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename orders and update the stack again.",
        ),
        (
            with_table("a", "id", &[], ""),
            with_table("b", "id", &["city", "street"], ""),
            "Items",
            "Cannot perform more than one GSI creation or deletion in a single update",
        ),
        (
            same_code(shop("a", 3, &["/orders"], "")).replace('%', &sha),
            same_code(shop("a", 3, &["/orders"], "")).replace('%', &other),
            "OrdersVersionbbbbbbbbbb",
            "A version for this Lambda function exists ( 1 ). Modify the function to create a new version.",
        ),
    ] {
        let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
        let (plan, update) = between(&live, &new, &rehearsal).unwrap();
        let (world, _) = run(plan);
        let failed = world
            .events()
            .iter()
            .find_map(|event| match &event.happening {
                Happening::UpdateFailed {
                    logical_id: resource,
                    reason,
                } => Some((resource.as_str(), reason.as_str())),
                _ => None,
            });
        assert_eq!(failed, Some((resource, reason)), "{:?}", update.findings);
        let is =
            |of: fn(&Happening) -> bool| world.events().iter().any(|event| of(&event.happening));
        assert!(!is(|happening| matches!(
            happening,
            Happening::DeploymentCreated { .. }
        )));
        assert!(is(|happening| matches!(
            happening,
            Happening::UpdateRolledBack { .. }
        )));
        assert!(
            seen(&world).iter().all(|seen| seen.version == "1"),
            "the old version serves"
        );
    }
}

#[test]
fn an_update_without_a_deployment_is_complete_at_once() {
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(
        &shop("a", 3, &["/orders"], ""),
        &shop("a", 10, &["/orders"], ""),
        &rehearsal,
    )
    .unwrap();
    assert!(plan.deployments.is_empty());
    let (world, _) = run(plan);
    assert!(
        world
            .events()
            .iter()
            .any(|event| matches!(event.happening, Happening::UpdateCompleted))
    );
    assert_eq!(seen(&world).len(), 60 * 4);
}

#[test]
fn a_function_that_is_not_there_yet_answers_nobody() {
    let other = "  Later:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: b, CodeUri: 's3://code/later.zip'}
";
    let rehearsal = format!("{TRAFFIC}[[traffic.request]]\nfunction = 'Later'\n");
    for (live, new, before, after) in [
        (
            "",
            other,
            InvocationOutcome::NotServed,
            InvocationOutcome::Answered,
        ),
        (
            other,
            "",
            InvocationOutcome::Answered,
            InvocationOutcome::NotServed,
        ),
    ] {
        let (plan, _) = between(
            &shop("a", 3, &["/orders"], live),
            &shop("b", 3, &["/orders"], new),
            &rehearsal,
        )
        .unwrap();
        let (world, _) = run(plan);
        let seen = seen(&world);
        assert_eq!(all(&seen, 1, |seen| seen.outcome), before);
        assert_eq!(all(&seen, 12, |seen| seen.outcome), after);
    }
}

#[test]
fn a_version_that_a_new_alias_names_is_still_what_it_was_published_from() {
    let template = |timeout: u32, more: &str| {
        format!(
            "{}  Worker:
    Type: AWS::Lambda::Function
    Properties: {{Runtime: provided.al2023, Handler: b, Role: r, Code: {{S3Bucket: b, S3Key: w}}, Timeout: {timeout}}}
  First: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref Worker}}}}
  Live: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref Worker, FunctionVersion: !GetAtt First.Version, Name: live}}}}
{more}",
            shop("a", 3, &["/orders"], "")
        )
    };
    let beta = "  Beta: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Worker, FunctionVersion: !GetAtt First.Version, Name: beta}}\n";
    let rehearsal = format!(
        "[[stub]]\nfunction = 'Worker'\nduration_ms = 4000\n{TRAFFIC}[[traffic.request]]\nfunction = 'Worker'\nqualifier = 'beta'\n"
    );
    let (plan, _) = between(&template(3, ""), &template(10, beta), &rehearsal).unwrap();
    let (world, _) = run(plan);
    let seen = seen(&world);
    assert_eq!(
        all(&seen, 1, |seen| seen.outcome),
        InvocationOutcome::NotServed
    );
    assert_eq!(
        all(&seen, 3, |seen| seen.outcome),
        InvocationOutcome::TimedOut
    );
}
