//! Deployments that succeed: which version has which share, and what comes before and after the shift.

use rehearsal_aws::codedeploy::traffic_routing::{PREDEFINED, PREDEFINED_PREFIX};

use super::*;

#[test]
fn a_healthy_canary_shifts_a_tenth_for_five_minutes_and_then_everything() {
    let (world, _) = run(plan(CANARY, &[]), Hooks::Succeed, 0);
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(
        (report.outcome, deployment.error_code, &deployment.rollback),
        (DeploymentStatus::Succeeded, None, &None)
    );
    for minute in &deployment.minutes {
        let expected = match minute.minute {
            ..0 => 0.0,
            0..5 => 0.1,
            _ => 1.0,
        };
        assert!((minute.weights["2"] - expected).abs() < 1e-9, "{minute:?}");
        assert!((minute.weights["1"] + minute.weights["2"] - 1.0).abs() < 1e-9);
        if minute.minute < 0 {
            assert_eq!(minute.requests["2"], 0);
        }
        if minute.minute >= 5 {
            assert_eq!(minute.requests["1"], 0);
        }
    }
    let in_canary: u64 = deployment
        .minutes
        .iter()
        .filter(|m| (0..5).contains(&m.minute))
        .map(|m| m.requests["2"])
        .sum();
    assert!((15..=45).contains(&in_canary), "{in_canary} of 300");
}

#[test]
fn each_of_the_nine_preferences_succeeds_and_ends_with_the_new_version_alone() {
    for (name, routing) in PREDEFINED {
        let config = format!("{PREDEFINED_PREFIX}{name}");
        let shift = TrafficShift::of(routing);
        let (world, _) = run(plan(&config, &[]), Hooks::Succeed, 0);
        let report = report(&world);
        assert_eq!(report.outcome, DeploymentStatus::Succeeded, "{name}");
        let minutes = &report.deployments[0].minutes;
        for step in shift.steps() {
            let row = minutes
                .iter()
                .find(|row| row.minute == i64::from(step.minute))
                .unwrap();
            assert!(
                (row.weights["2"] - step.share).abs() < 1e-9,
                "{name}: {row:?}"
            );
        }
        assert_eq!(minutes.last().unwrap().requests["1"], 0, "{name}");
    }
}

#[test]
fn the_api_comes_after_the_whole_shift() {
    let (world, _) = run(plan(CANARY, &[]), Hooks::Succeed, 0);
    let position = |wanted: fn(&Happening) -> bool| {
        world
            .events()
            .iter()
            .position(|event| wanted(&event.happening))
            .unwrap()
    };
    let table = position(
        |happening| matches!(happening, Happening::UpdateReached { resources } if resources[0] == "Table"),
    );
    let created = position(|happening| matches!(happening, Happening::DeploymentCreated { .. }));
    let ended = position(|happening| matches!(happening, Happening::DeploymentEnded { .. }));
    let api = position(
        |happening| matches!(happening, Happening::UpdateReached { resources } if resources[0] == "Api"),
    );
    assert!(table < created && created < ended && ended < api);
}
