//! The reports as JUnit XML, which continuous integration shows: a suite a rehearsal, a case an expectation and a check of a hook.
//!
//! A case fails where something is not as expected. What was not judged or not run is a case that is skipped, with the reason, so that
//! nothing counts as passed that was not looked at.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as JUnit, TestCase, TestCaseStatus, TestSuite};
use rehearsal_deployment::plan::Decision;
use rehearsal_template::printable;

use crate::section::titles;
use crate::{
    CheckReport, DeploymentReport, ExpectationReport, HookReport, Report, Reservation,
    ReservationKind, Section, summary,
};

/// The type of a failure.
const NOT_AS_EXPECTED: &str = "not-as-expected";
/// The type of an error.
const UNUSABLE: &str = "unusable";

/// The XML of a call.
pub fn xml(sections: &[Section<'_>]) -> String {
    let mut junit = JUnit::new("rehearse");
    let mut seconds = 0.0;
    for (section, title) in sections.iter().zip(titles(sections)) {
        if let Section::Ran(report) = section {
            seconds += report.wall_seconds;
        }
        junit.add_test_suite(suite(section, &text(&title)));
    }
    junit.set_time(duration(seconds));
    // Written into memory, where nothing can fail.
    junit.to_string().unwrap_or_default()
}

/// A text without characters that XML cannot have (Extensible Markup Language 1.0, "Characters").
fn text(text: &str) -> String {
    printable::lines(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn suite(section: &Section<'_>, title: &str) -> TestSuite {
    let mut suite = TestSuite::new(title);
    match section {
        Section::Ran(report) => ran(report, title, &mut suite),
        Section::Unusable { problems, .. } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            let first = problems.first().map_or("", String::as_str);
            let heading = first.lines().find(|line| !line.trim().is_empty());
            status
                .set_type(UNUSABLE)
                .set_message(text(
                    heading.unwrap_or_default().trim().trim_start_matches("× "),
                ))
                .set_description(text(&problems.join("\n\n")));
            suite.add_test_case(case("runs", title, status));
        }
        Section::NotRun { .. } => {
            let status = skipped("not run, for another rehearsal of the call cannot run");
            suite.add_test_case(case("runs", title, status));
        }
    }
    suite
}

fn ran(report: &Report, title: &str, suite: &mut TestSuite) {
    suite
        .set_time(duration(report.wall_seconds))
        .add_property(("verdict", text(&report.verdict).as_str()))
        .add_property(("seed", report.seed.to_string().as_str()));
    for update in report.each_update() {
        let of = update.name.strip_prefix(report.name.as_str());
        let of = of
            .filter(|_| !report.updates.is_empty())
            .unwrap_or_default();
        ran_update(&update, &format!("{title}{}", text(of)), suite);
    }
    for difference in report.differences_of_release() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_type(NOT_AS_EXPECTED)
            .set_message(text(difference));
        suite.add_test_case(case("the release", title, status));
    }
    for denied in &report.not_permitted {
        let name = format!(
            "AWS permits {} ({})",
            text(&denied.logical_id),
            text(&denied.code)
        );
        suite.add_test_case(case(&name, title, skipped(&denied.message)));
    }
    for (name, why) in without_pass(&report.reservations) {
        suite.add_test_case(case(&text(&name), title, skipped(&why)));
    }
    if !report.as_expected {
        suite.set_system_out(text(&summary::evidence(report)));
    }
}

/// What the reservations leave without a pass, each once: the name of a case, and why it was skipped.
fn without_pass(reservations: &[Reservation]) -> Vec<(String, String)> {
    let mut cases = Vec::new();
    for reservation in reservations {
        let Some(passes) = passes(reservation.kind) else {
            continue;
        };
        let mut of = |name: String, why: &str| {
            let case = (name, why.to_owned());
            if !cases.contains(&case) {
                cases.push(case);
            }
        };
        if !passes.contains("{}") {
            of(passes.to_owned(), &reservation.text);
            continue;
        }
        for name in &reservation.names {
            of(passes.replace("{}", name), &reservation.of_one(name));
        }
    }
    cases
}

/// What would have passed, of each name; `None` for what has cases of its own.
fn passes(kind: ReservationKind) -> Option<&'static str> {
    Some(match kind {
        ReservationKind::GatesNotJudged | ReservationKind::NotPermitted => return None,
        ReservationKind::NoDeployment => "a deployment starts",
        ReservationKind::LeftOnTwoVersions => "{} serves one version",
        ReservationKind::GatesWithoutData => "{} is judged by data",
        ReservationKind::SlowHere => "gates judge how long {} takes",
        ReservationKind::AlarmsNotMet => "{} is in ALARM as given",
        ReservationKind::CalledBetweenInvocations => "{} calls nothing after its answer",
        ReservationKind::NotConfined => "{} writes under /tmp alone",
        ReservationKind::Stubs => "{} runs",
        ReservationKind::StubsOfOld => "the old version of {} runs",
        ReservationKind::StubsOfNew => "the new version of {} runs",
        ReservationKind::WithoutFiles => "the old version of {} has its files",
        ReservationKind::MadeUp => "{} is given",
        ReservationKind::NotCompared => "the code of {} is compared",
        ReservationKind::BuiltAlike => "what is built of {} is of its files",
        ReservationKind::NotAsked => "{} is asked",
        ReservationKind::NotDeployed => "{} is deployed",
        ReservationKind::NotSet => "{} is set",
        ReservationKind::RulesNotJudged => "rule {} is judged",
        ReservationKind::NotExpanded => "{} is expanded",
        ReservationKind::StageCanaries => "the canary of {} is rehearsed",
        ReservationKind::UnknownWeights => "it is known how {} shares its traffic",
        ReservationKind::WithoutLayers => "{} has its layers",
        ReservationKind::WithoutExtensions => "the extensions of {} run",
        ReservationKind::WithoutWrapper => "the wrapper of {} runs",
        ReservationKind::CustomResources => "{} runs with the new version",
        ReservationKind::NestedDeployments => "the deployment {} is rehearsed",
        ReservationKind::FailedBefore => "{} answers well before the update",
        ReservationKind::NoRequestReached => "a request meets the new version of {}",
        ReservationKind::EveryRequestFailed => "a request to {} is answered well",
        ReservationKind::NothingStopped => "a new version of {} that fails is stopped",
        ReservationKind::OtherVersions => "each function runs on its runtime's version",
        ReservationKind::NotServed => "calls are served",
    })
}

/// What was expected of one update, and its hooks' checks.
fn ran_update(report: &Report, title: &str, suite: &mut TestSuite) {
    let cases = report.expectations.iter().map(|expectation| {
        let name = expectation_name(expectation);
        case(&name, title, expectation_status(expectation))
    });
    suite.add_test_cases(cases.collect::<Vec<_>>());
    for deployment in &report.deployments {
        suite.add_test_cases(not_judged(deployment, title));
        for hook in &deployment.hooks {
            let class = format!("{title}.{}", text(&hook.function));
            let checks = hook.checks.iter();
            let cases = checks.map(|check| check_case(report, check, &class));
            suite.add_test_cases(cases.collect::<Vec<_>>());
            suite.add_test_cases(silent(hook, &class));
        }
    }
}

fn case(name: &str, class: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(text(why));
    status
}

/// `outcome: Stopped`, `Invoices: errors: at most 3`.
fn expectation_name(expectation: &ExpectationReport) -> String {
    let of = expectation.function.as_deref();
    let of = of
        .map(|function| format!("{function}: "))
        .unwrap_or_default();
    text(&format!(
        "{of}{}: {}",
        expectation.key, expectation.expected
    ))
}

fn expectation_status(expectation: &ExpectationReport) -> TestCaseStatus {
    let Some(difference) = &expectation.difference else {
        return TestCaseStatus::success();
    };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let both = format!(
        "expected: {}\n     got: {}",
        expectation.expected, expectation.got
    );
    status
        .set_type(NOT_AS_EXPECTED)
        .set_message(text(difference))
        .set_description(text(&both));
    status
}

/// A check that did not pass is a failure, unless all went as the rehearsal expects: then it is what was to be shown.
fn check_case(report: &Report, check: &CheckReport, class: &str) -> TestCase {
    let detail = check.detail.as_deref().unwrap_or("no detail");
    let status = match check.status.as_str() {
        "Passed" => TestCaseStatus::success(),
        "Skipped" => skipped(detail),
        status if report.as_expected => skipped(&format!(
            "{status}, and the rehearsal went as expected: {detail}"
        )),
        status => {
            let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failure.set_type(text(status)).set_message(text(detail));
            failure
        }
    };
    let mut case = case(&text(&check.name), class, status);
    case.set_time(duration(check.duration_ms / 1_000.0));
    case
}

/// A hook that ran, and of whose checks nothing is known.
fn silent(hook: &HookReport, class: &str) -> Option<TestCase> {
    (hook.invocations > 0 && hook.checks.is_empty()).then(|| {
        let why = "it answered no verdict, and nothing is known of its checks";
        case("checks", class, skipped(why))
    })
}

/// The gates that were left out.
fn not_judged(deployment: &DeploymentReport, title: &str) -> Vec<TestCase> {
    let gates = deployment.gates.iter();
    let left_out = gates.filter(|gate| gate.decision == Decision::NotJudged);
    let cases = left_out.map(|gate| {
        let name = format!("{}: gate {}", deployment.function, gate.alarm);
        case(
            &text(&name),
            title,
            skipped(&format!("not judged: {}", gate.why)),
        )
    });
    cases.collect()
}
