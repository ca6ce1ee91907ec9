//! Deployments that alarms or hooks end.

use super::*;

#[test]
fn errors_of_the_new_version_fire_its_alarm_and_the_old_version_comes_back() {
    let (world, _) = run(
        plan(CANARY, &[errors(&json!({"version": "new", "rate": 0.8}))]),
        Hooks::Succeed,
        0,
    );
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(
        (deployment.status, deployment.error_code),
        (DeploymentStatus::Stopped, Some(ErrorCode::AlarmActive))
    );
    assert_eq!(deployment.stopped_by, ["VersionErrors"]);
    assert_eq!(
        deployment.rollback.as_ref().map(|rollback| rollback.status),
        Some(DeploymentStatus::Succeeded)
    );
    let last = deployment.minutes.last().unwrap();
    assert_eq!((last.weights["1"], last.requests["2"]), (1.0, 0));
    assert_eq!(
        deployment.hooks[1].status,
        rehearsal_aws::codedeploy::lifecycle::LifecycleEventStatus::Skipped
    );
    assert_eq!(
        report.alarms[0].transitions.last().map(|t| t.state),
        Some(AlarmState::Ok),
        "back to OK by itself"
    );
}

#[test]
fn an_alarm_that_the_old_version_raised_stops_the_fix_at_its_start() {
    let mut plan = plan(CANARY, &[errors(&json!({"version": "old"}))]);
    plan.traffic.minutes_before = 4;
    // An alarm on the alias, whichever version serves.
    let WatchedAlarm { before, after, .. } = &mut plan.alarms[0];
    for judged in before.iter_mut().chain([after]) {
        if let Judged::Metric(alarm) = judged
            && let Watched::Metric { metric, .. } = &mut alarm.watched
        {
            metric.dimensions.remove("ExecutedVersion");
        }
    }
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(
        (deployment.status, deployment.error_code),
        (DeploymentStatus::Stopped, Some(ErrorCode::AlarmActive))
    );
    assert_eq!(
        (deployment.served["2"], deployment.hooks[0].invocations),
        (0, 0)
    );
}

#[test]
fn a_failed_first_hook_keeps_every_live_request_from_the_new_version() {
    let (world, _) = run(
        plan(CANARY, &[]),
        Hooks::Fail(LifecycleEventName::BeforeAllowTraffic),
        0,
    );
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(
        (deployment.status, deployment.error_code),
        (
            DeploymentStatus::Failed,
            Some(ErrorCode::HookExecutionFailure)
        )
    );
    assert_eq!(deployment.served["2"], 0);
    assert!(deployment.served["1"] > 200);
    assert!(deployment.rollback.is_some());
}

#[test]
fn a_failed_last_hook_takes_the_alias_back() {
    let (world, _) = run(
        plan(CANARY, &[]),
        Hooks::Fail(LifecycleEventName::AfterAllowTraffic),
        0,
    );
    let report = report(&world);
    assert_eq!(report.outcome, DeploymentStatus::Failed);
    assert_eq!(
        report.deployments[0].minutes.last().unwrap().requests["2"],
        0
    );
}

#[test]
fn a_silent_hook_fails_its_deployment_after_an_hour() {
    let mut plan = plan(CANARY, &[]);
    plan.traffic.requests_per_minute = 1;
    let (world, _) = run(plan, Hooks::SaySilent, 0);
    let report = report(&world);
    assert_eq!(report.deployments[0].error_code, Some(ErrorCode::Timeout));
    let ended = world
        .events()
        .iter()
        .find(|event| matches!(event.happening, Happening::DeploymentEnded { .. }))
        .unwrap();
    assert_eq!(ended.at, VirtualTime::from_seconds(120 + 3_600));
}

#[test]
fn a_hook_that_crashed_is_invoked_again_after_a_minute_with_the_same_ids() {
    let (world, _) = run(plan(CANARY, &[]), Hooks::CrashOnce, 0);
    let report = report(&world);
    assert_eq!(
        (report.outcome, report.deployments[0].hooks[0].invocations),
        (DeploymentStatus::Succeeded, 2)
    );
}
