//! Tables and their indexes.

use rehearsal_deployment::event::{Event, Happening, IndexState};
use rehearsal_deployment::world::Command;
use rehearsal_deployment::{Revision, World};

use crate::support::{between, run, run_next};
use crate::{TRAFFIC, get, with_table};

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

/// An update that brings an index and is over before that is full, and one that follows it with these indexes.
fn two_updates(second: &[&str]) -> (World, Vec<Command>) {
    let at_once = |code: &str, indexes: &[&str]| {
        with_table(code, "id", indexes, "").replace("Linear10PercentEvery1Minute", "AllAtOnce")
    };
    let minutes_after = |minutes: u32| {
        let traffic = TRAFFIC.replace("minutes_after = 2", &format!("minutes_after = {minutes}"));
        format!("{traffic}{}", get("/orders"))
    };
    let (without, with) = (at_once("a", &[]), at_once("b", &["city"]));
    let (plan, _) = between(&without, &with, &minutes_after(0)).unwrap();
    let (world, _) = run(plan);
    assert!(!is_filled(&world), "it takes longer");
    let (plan, _) = between(&with, &at_once("c", second), &minutes_after(6)).unwrap();
    run_next(world, plan)
}

fn is_filled(world: &World) -> bool {
    let states = indexes(world);
    states
        .iter()
        .any(|(.., state)| *state == IndexState::Active)
}

#[test]
fn an_index_that_is_not_full_when_its_update_is_over_is_filled_in_the_next() {
    let (world, commands) = two_updates(&["city"]);
    // It was begun in the second minute.
    let active = (7, "Bycity".to_owned(), IndexState::Active);
    assert!(indexes(&world).contains(&active), "{:?}", indexes(&world));
    let fill = Command::FillIndex {
        table: "Items".to_owned(),
        index: "Bycity".to_owned(),
    };
    assert_eq!(
        commands.iter().filter(|command| **command == fill).count(),
        1
    );
}

#[test]
fn an_update_that_brings_another_index_before_the_first_is_full_fails_and_one_that_takes_it_away() {
    for second in [&["city", "street"][..], &[]] {
        let (world, _) = two_updates(second);
        let failed = world
            .events()
            .iter()
            .find_map(|event| match &event.happening {
                Happening::UpdateFailed { logical_id, reason } => {
                    Some((logical_id.as_str(), reason))
                }
                _ => None,
            });
        let (resource, reason) = failed.expect("it fails");
        assert_eq!(resource, "Items");
        assert!(reason.contains("Only 1 online index"), "{reason}");
        assert!(reason.contains("Bycity is being filled"), "{reason}");
    }
}
