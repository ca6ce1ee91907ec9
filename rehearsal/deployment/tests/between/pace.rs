//! How long resources take, and what waits for those.

use rehearsal_aws::cloudformation::{
    API_DEPLOYMENT_TAKES_MS, STAGE_CHANGES_AFTER_MS, TABLE_IS_CREATED_AFTER_MS,
};
use rehearsal_deployment::World;
use rehearsal_deployment::event::{Event, Happening};

use crate::support::{between, run};
use crate::{TRAFFIC, get, shop, with_table};

/// When the update came to each resource, in milliseconds from its beginning in the second minute.
fn reached(world: &World) -> Vec<(&str, i64)> {
    let of = |event: &'_ Event| event.at.0 - 120_000;
    let mut all = Vec::new();
    for event in world.events() {
        if let Happening::UpdateReached { resources } = &event.happening {
            all.extend(resources.iter().map(|id| (id.as_str(), of(event))));
        }
    }
    all
}

fn when(world: &World, logical_id: &str) -> i64 {
    let reached = reached(world);
    // The end of an id that is a hash need not be named.
    let is_it = |id: &str| match logical_id.strip_suffix('*') {
        Some(prefix) => id.starts_with(prefix),
        None => id == logical_id,
    };
    let found = reached.iter().find(|(id, _)| is_it(id));
    found
        .unwrap_or_else(|| panic!("no {logical_id} in {reached:?}"))
        .1
}

fn created(world: &World) -> i64 {
    let is_it = |event: &&Event| matches!(event.happening, Happening::DeploymentCreated { .. });
    world.events().iter().find(is_it).unwrap().at.0 - 120_000
}

#[test]
fn what_refers_to_a_new_table_waits_for_it_and_what_does_not_goes_on_beside_it() {
    let beside = "  Beside: {Type: AWS::SSM::Parameter, Properties: {Name: /beside, Type: String, Value: %}}\n";
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(
        &with_table("a", "id", &[], &beside.replace('%', "a")),
        &with_table("b", "number", &[], &beside.replace('%', "b")),
        &rehearsal,
    )
    .unwrap();
    let (world, _) = run(plan);
    assert_eq!(when(&world, "Beside"), 0);
    for waits in ["Items", "Orders", "OrdersVersion*"] {
        assert_eq!(when(&world, waits), TABLE_IS_CREATED_AFTER_MS, "{waits}");
    }
    assert_eq!(created(&world), TABLE_IS_CREATED_AFTER_MS);
}

#[test]
fn a_stage_changes_some_seconds_after_the_shift() {
    let rehearsal = format!("{TRAFFIC}{}", get("/old"));
    let (plan, _) = between(
        &shop("a", 3, &["/old"], ""),
        &shop("b", 3, &["/new"], ""),
        &rehearsal,
    )
    .unwrap();
    let (world, _) = run(plan);
    let shifted = 9 * 60_000;
    assert_eq!(created(&world), 0);
    assert_eq!(when(&world, "OrdersAliaslive"), shifted);
    assert_eq!(when(&world, "ServerlessRestApi"), shifted);
    let deployment = shifted + API_DEPLOYMENT_TAKES_MS;
    assert_eq!(when(&world, "ServerlessRestApiDeployment*"), deployment);
    assert_eq!(
        when(&world, "ServerlessRestApiProdStage"),
        deployment + STAGE_CHANGES_AFTER_MS
    );
    let completed = world
        .events()
        .iter()
        .find(|event| matches!(event.happening, Happening::UpdateCompleted));
    assert_eq!(
        completed.unwrap().at.0 - 120_000,
        deployment + STAGE_CHANGES_AFTER_MS
    );
}

#[test]
fn what_takes_its_time_when_another_fails_is_finished_and_goes_back_with_it() {
    let named = |name: &str, id: &str| {
        format!(
            "  {id}: {{Type: AWS::SSM::Parameter, Properties: {{Name: {name}, Type: String, Value: a}}}}\n"
        )
    };
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, update) = between(
        &with_table("a", "id", &[], &named("/shop", "Before")),
        &with_table("b", "number", &[], &named("/shop", "After")),
        &rehearsal,
    )
    .unwrap();
    assert_eq!(update.findings[0].code, "plan::name-taken");
    let (world, _) = run(plan);
    let at = |is_it: &dyn Fn(&Happening) -> bool| {
        let event = world.events().iter().find(|event| is_it(&event.happening));
        event.map(|event| event.at.0 - 120_000)
    };
    assert_eq!(
        at(&|it| matches!(it, Happening::UpdateFailed { .. })),
        Some(0)
    );
    assert_eq!(reached(&world), [("Items", TABLE_IS_CREATED_AFTER_MS)]);
    let back = at(
        &|it| matches!(it, Happening::UpdateRolledBack { resources, .. } if resources == &["Items"]),
    );
    assert_eq!(back, Some(TABLE_IS_CREATED_AFTER_MS));
    assert_eq!(
        at(&|it| matches!(it, Happening::DeploymentCreated { .. })),
        None
    );
}

/// A parameter of Systems Manager with this name, which comes after another resource.
fn parameter(id: &str, name: &str, after: &str) -> String {
    format!(
        "  {id}: {{Type: AWS::SSM::Parameter{after}, Properties: {{Name: {name}, Type: String, Value: a}}}}\n"
    )
}

#[test]
fn a_deployment_that_begins_before_the_update_fails_goes_back_and_one_that_does_not_is_untouched() {
    let taken = |after: &str| parameter("After", "/shop", after);
    let table = "  Later: {Type: AWS::DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: id, AttributeType: S}], KeySchema: [{AttributeName: id, KeyType: HASH}]}}\n";
    let behind_a_table = [table, &taken(", DependsOn: Later")].concat();
    // At once, and at a later step than the alias.
    let chain = (1..8).map(|step| {
        let after = format!(", DependsOn: P{}", step - 1);
        let after = if step == 1 { "" } else { after.as_str() };
        parameter(&format!("P{step}"), &format!("/p{step}"), after)
    });
    let behind_a_chain = [chain.collect(), taken(", DependsOn: P7")].concat();
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    for (more, fails_ms, begins) in [
        (behind_a_table, TABLE_IS_CREATED_AFTER_MS, true),
        (behind_a_chain, 0, false),
    ] {
        let before = parameter("Before", "/shop", "");
        let (plan, update) = between(
            &shop("a", 3, &["/orders"], &before),
            &shop("b", 3, &["/orders"], &more),
            &rehearsal,
        )
        .unwrap();
        assert_eq!(update.deployments[0].starts, Some(begins), "{more}");
        let is_among = |ids: &[String]| ids.iter().any(|id| id == "OrdersAliaslive");
        let rollback = &update.rollback;
        assert_eq!(is_among(&rollback.brings_back), begins, "{rollback:?}");
        assert_eq!(is_among(&rollback.untouched), !begins, "{rollback:?}");
        assert_eq!(rollback.retry.len(), 1, "{rollback:?}");
        let (world, _) = run(plan);
        let mut events = world.events().iter();
        let failed = events.find(|event| matches!(event.happening, Happening::UpdateFailed { .. }));
        assert_eq!(failed.unwrap().at.0 - 120_000, fails_ms, "{more}");
        let is_created =
            |event: &Event| matches!(event.happening, Happening::DeploymentCreated { .. });
        assert_eq!(world.events().iter().any(is_created), begins, "{more}");
    }
}

#[test]
fn a_canary_between_two_roles_fails_at_its_first_step() {
    let with_role = |role: &str, code: &str| {
        shop(code, 3, &["/orders"], "").replace(
            "      Timeout: 3\n",
            &format!("      Timeout: 3\n      Role: arn:aws:iam::123456789012:role/{role}\n"),
        )
    };
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, update) = between(&with_role("a", "a"), &with_role("b", "b"), &rehearsal).unwrap();
    assert!(
        update
            .findings
            .iter()
            .any(|finding| finding.code == "plan::weights-refused")
    );
    let (world, _) = run(plan);
    let failed = |event: &Event| match &event.happening {
        Happening::DeploymentEnded { message, .. } => message.clone(),
        _ => None,
    };
    let message = world.events().iter().find_map(failed);
    assert_eq!(
        message.as_deref(),
        Some("No alias may name two versions that differ in Role.")
    );
    let shifted = |event: &Event| matches!(event.happening, Happening::TrafficShifted { .. });
    assert!(!world.events().iter().any(shifted));
    let at_once = |text: String| text.replace("Linear10PercentEvery1Minute", "AllAtOnce");
    let (plan, _) = between(
        &at_once(with_role("a", "a")),
        &at_once(with_role("b", "b")),
        &rehearsal,
    )
    .unwrap();
    let (world, _) = run(plan);
    assert!(world.events().iter().any(shifted));
}

#[test]
fn alarms_that_a_group_keeps_are_not_judged() {
    let alarm = "  Failures:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref Orders}], Statistic: Sum, Period: 60, EvaluationPeriods: 1, ComparisonOperator: GreaterThanOrEqualToThreshold, Threshold: 1, TreatMissingData: notBreaching}
";
    let live = shop("a", 3, &["/orders"], alarm)
        .replace("Every1Minute}", "Every1Minute, Alarms: [!Ref Failures]}");
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let new = shop("b", 3, &["/orders"], alarm);
    let (plan, update) = between(&live, &new, &rehearsal).unwrap();
    let gate = &plan.deployments[0].gates[0];
    assert_eq!(gate.alarm, "Failures");
    assert_eq!(
        gate.decision,
        rehearsal_deployment::plan::Decision::NotJudged
    );
    assert_eq!(update.deployments[0].gates.len(), 1);
    let emptied = new.replace(
        "Every1Minute}",
        "Every1Minute, Alarms: [!Ref AWS::NoValue]}",
    );
    let (plan, _) = between(&live, &emptied, &rehearsal).unwrap();
    assert_eq!(plan.deployments[0].gates, []);
}
