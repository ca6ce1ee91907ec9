//! Odds against a world over many seeds, and against probability theory where it has a closed form.

mod case;

use super::*;
use crate::plan::Plan;
use case::{CASE, Case, TOO_FAR, compare, setting};

#[test]
fn odds_are_those_of_worlds() {
    #[rustfmt::skip] // A table.
    let cases = [
        CASE,
        Case { requests_per_minute: 5, error_rate: 1.0, ..CASE },
        Case { preference: "Linear10PercentEvery1Minute", requests_per_minute: 6, error_rate: 0.2, ..CASE },
        Case { preference: "Canary10Percent10Minutes", hooks: "", error_rate: 0.3, ..CASE },
        Case { preference: "AllAtOnce", error_rate: 1.0, ..CASE },
        Case { gate: "AnyError", requests_per_minute: 30, error_rate: 0.4, ..CASE },
        Case { gate: "Share", requests_per_minute: 30, error_rate: 0.6, ..CASE },
        Case { gate: "Answers", requests_per_minute: 30, error_rate: 0.4, failure: Failure::Status(503), ..CASE },
        Case { gate: "Both", requests_per_minute: 20, error_rate: 0.3, ..CASE },
    ];
    compare(&cases);
}

#[test]
fn odds_of_a_healthy_version_are_those_of_worlds() {
    let healthy = Case {
        error_rate: 0.0,
        ..CASE
    };
    #[rustfmt::skip] // A table.
    let rows = [
        Case { gate: "Answers", requests_per_minute: 25, background_error_rate: 0.01, ..healthy },
        Case { gate: "VersionErrors", requests_per_minute: 30, background_error_rate: 0.05, ..healthy },
    ];
    compare(&rows);
}

#[test]
fn odds_where_metrics_come_late_are_those_of_worlds() {
    let late = Case {
        gate: "Heard",
        requests_per_minute: 30,
        metric_delay_ms: 90_000,
        ..CASE
    };
    #[rustfmt::skip] // A table.
    let cases = [
        Case { error_rate: 0.3, ..late },
        Case { error_rate: 0.0, ..late },
        Case { gate: "VersionErrors", error_rate: 0.4, ..late },
    ];
    compare(&cases);
}

#[test]
fn odds_of_slow_answers_are_those_of_worlds() {
    let delayed = Case {
        failure: Failure::Delay(3_000),
        ..CASE
    };
    #[rustfmt::skip] // A table.
    let cases = [
        Case { gate: "Slow", requests_per_minute: 30, error_rate: 0.9, preference: "Linear10PercentEvery1Minute", ..delayed },
        Case { gate: "SlowOnAverage", requests_per_minute: 40, error_rate: 1.0, ..delayed },
        // Cold ones alone take longer than the delay.
        Case { gate: "SlowStart", requests_per_minute: 30, error_rate: 0.9, preference: "Canary10Percent15Minutes", ..delayed },
        // Beyond its time-out a request fails, and the end of many is in a later minute.
        Case { requests_per_minute: 20, error_rate: 0.5, failure: Failure::Delay(10_000), ..CASE },
    ];
    compare(&cases);
}

/// `VersionErrors` under a canary without hooks, which shifts at a whole minute: two bad minutes of five, each of which has an error.
/// Its first look is after the first of them, and the one after the last comes too late.
#[test]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn odds_are_those_of_the_binomial_where_they_have_a_closed_form() {
    for (requests_per_minute, error_rate) in [(20, 0.5), (8, 1.0), (60, 0.1)] {
        let case = Case {
            hooks: "",
            requests_per_minute,
            error_rate,
            ..CASE
        };
        let plan = case.plan();
        let seeds = 4_000;
        let rollouts = case.rollouts(&plan, seeds);
        let caught = rollouts.iter().filter(|one| !one.stopped_by.is_empty());
        // Of the kinds of request three in four are to the function.
        let fails = 0.75 * 0.1 * error_rate;
        let bad = 1.0 - (1.0_f64 - fails).powi(requests_per_minute.cast_signed());
        let good = 1.0 - bad;
        // Minutes 1 to 4 are looked at before the deployment is over at the end of the fifth.
        let odds = 1.0 - good.powi(4) - 4.0 * bad * good.powi(3);
        let share = caught.count() as f64 / seeds as f64;
        let deviation = (odds * (1.0 - odds) / seeds as f64).sqrt();
        assert!(
            (share - odds).abs() < TOO_FAR * deviation,
            "{requests_per_minute} {error_rate}: {share} and {odds}"
        );
    }
}

#[test]
fn what_live_requests_to_stubs_do_not_send_is_left_out_by_name() {
    let case = Case {
        gate: "Queue",
        ..CASE
    };
    let setting = case.setting(&case.plan());
    assert!(setting.gates().is_empty());
    let [left_out] = setting.left_out() else {
        panic!("{:?}", setting.left_out())
    };
    assert_eq!(left_out.alarm, "Queue");
    assert!(
        left_out.why.contains("AsyncEventsDropped"),
        "{}",
        left_out.why
    );
}

#[test]
fn a_fault_that_no_gate_could_tell_has_no_odds() {
    let mut plan = CASE.plan();
    let other = plan.traffic.requests.split_off(2);
    let own = std::mem::replace(&mut plan.traffic.requests, other);
    let refused = |plan: &Plan, failure| setting(plan, failure).err();
    let function = || "Orders".to_owned();
    assert_eq!(
        refused(&plan, Failure::Error),
        Some(NoOdds::NoRequest {
            function: function()
        })
    );
    plan.traffic.requests = own;
    plan.traffic.requests[0] = toml::from_str("function = 'Orders'").unwrap();
    plan.traffic.requests.truncate(1);
    assert_eq!(
        refused(&plan, Failure::Status(500)),
        Some(NoOdds::NoApi {
            function: function()
        })
    );
    assert_eq!(refused(&plan, Failure::Error), None);
}
