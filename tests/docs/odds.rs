//! At which traffic an alarm fires: the odds that docs/alarms.md names, computed from the template's alarms; and the engine, held
//! against them.
//!
//! - [`model`]: the odds, by probability theory alone.
//! - [`engine`]: the engine over many seeds, without a process.
//! - [`tables`]: what the page shows of both.

mod engine;
mod model;
pub mod tables;

use std::sync::LazyLock;

use model::{Alarm, BadMinute, Canary, ErrorRate, binomial_tail};
use rehearsal_aws::cloudwatch::metric::Statistic;
use rehearsal_aws::cloudwatch::metric_alarm::{Comparison, MissingData, Watched};
use rehearsal_deployment::fault::WhichVersion;
use rehearsal_deployment::plan::Judged;
use rehearsal_deployment::rehearsal::ParameterValue;
use rehearsal_deployment::{Plan, Rehearsal};
use workspace_tests::{Printed, places};

use crate::quotes::side_by_side;
use crate::{found, pages};

const PAGE: &str = "docs/alarms.md";

/// When the shift begins within its minute: the hook before it is invoked two seconds after the deployment's creation, which is on
/// a full minute, and takes three.
const SHIFT_BEGINS_AT_MS: u64 = 5_000;

/// The alarms that stop a deployment, each with a rehearsal in which it fires, and one in which it does not.
#[rustfmt::skip] // A table.
const BRACKETS: [(&str, [&str; 2]); 3] = [
    ("VersionErrors", ["version-errors-fires", "version-errors-stays-silent"]),
    ("AliasErrors", ["alias-errors-fires", "alias-errors-stays-silent"]),
    ("ApiServerErrors", ["api-server-errors-fires", "api-server-errors-stays-silent"]),
];

/// With how many seeds the engine is run.
const SEEDS: u64 = 100;

/// The lengths, in minutes.
const LENGTHS: [usize; 4] = [5, 10, 15, 30];

/// Which share of all requests fails, at which traffic, where a healthy version is stopped by accident.
const BY_ACCIDENT: f64 = 0.005;
const BY_ACCIDENT_AT: [u64; 5] = [10, 60, 300, 1_000, 6_000];

/// How unlikely a count of `rehearse odds` may be: there are some three hundred of them.
const FAR_TOO_UNLIKELY: f64 = 0.000_01;

/// How unlikely a count of the engine's may be, to either side, before it refutes the theory: one in two thousand.
const TOO_UNLIKELY: f64 = 0.000_5;

/// A rehearsal of an alarm's odds.
struct Rehearsed {
    alarm: &'static str,
    name: &'static str,
    rehearsal: Rehearsal,
    plan: Plan,
}

impl Rehearsed {
    fn of(alarm: &'static str, name: &'static str, rehearsal: Rehearsal) -> Self {
        Self {
            alarm,
            name,
            plan: engine::plan(&rehearsal),
            rehearsal,
        }
    }

    fn error_rate(&self) -> ErrorRate {
        let fault = &self.rehearsal.faults[0];
        let rate = fault.rate.expect("its fault has a rate");
        match fault.version {
            WhichVersion::New => ErrorRate::OfNewVersion(rate),
            WhichVersion::Old => ErrorRate::OfOldVersion(rate),
            WhichVersion::Any => ErrorRate::Always(rate),
        }
    }

    fn canary(&self) -> Canary {
        let steps = self.plan.deployments[0].shift.steps();
        let minutes = steps.last().map_or(0, |step| step.minute);
        canary(
            self.rehearsal.traffic.requests_per_minute.into(),
            minutes as usize,
        )
    }

    /// How likely the alarm fires, by the theory.
    fn odds(&self) -> f64 {
        model::fires(alarm(self.alarm), self.canary(), self.error_rate())
    }

    /// The same where the first of the minutes is as good as over, or the last one's metrics come too late.
    fn odds_in_a_minute_less(&self) -> f64 {
        let canary = Canary {
            begins_at_ms: 60_000,
            ..self.canary()
        };
        model::fires(alarm(self.alarm), canary, self.error_rate())
    }

    /// With how many of the first seeds the alarm stops the deployment in the engine.
    fn fired(&self, seeds: u64) -> u64 {
        let stops = |seed: &u64| {
            let stopped_by = engine::stopped_by(&self.plan, *seed);
            stopped_by.iter().any(|alarm| alarm == self.alarm)
        };
        (0..seeds).filter(stops).count() as u64
    }

    /// Fails if the engine's count is one that the theory's odds would hardly ever give.
    fn assert_credible(&self, fired: u64, seeds: u64) {
        let odds = self.odds();
        assert!(
            is_credible(fired, seeds, odds),
            "{}, {} requests a minute, {:?}: {fired} of {seeds} fired, and by the theory each does with {odds}",
            self.name,
            self.rehearsal.traffic.requests_per_minute,
            self.error_rate(),
        );
    }
}

static BRACKETING: LazyLock<Vec<Rehearsed>> = LazyLock::new(|| {
    let each = BRACKETS.iter();
    each.flat_map(|(alarm, names)| {
        names.map(|name| Rehearsed::of(alarm, name, engine::rehearsal(&places::rehearsal(name))))
    })
    .collect()
});

/// An alarm of the template, as the theory sees it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the thresholds are small whole numbers, asserted"
)]
fn alarm(logical_id: &str) -> Alarm {
    let plan = &BRACKETING[0].plan;
    let watched = plan.alarms.iter().find(|watched| watched.id == logical_id);
    let Some(Judged::Metric(alarm)) = watched.map(|watched| &watched.after) else {
        panic!("the template has no metric alarm {logical_id}");
    };
    let Watched::Metric {
        metric,
        statistic,
        period_ms,
    } = &alarm.watched
    else {
        panic!("{logical_id} is computed from several metrics");
    };
    let judgement = alarm.judgement;
    assert_eq!(
        (*period_ms, alarm.comparison, judgement.missing_data),
        (
            60_000,
            Comparison::GreaterThanOrEqualToThreshold,
            MissingData::NotBreaching
        )
    );
    let whole = |threshold: f64| {
        assert!((threshold - threshold.round()).abs() < 1e-9, "{threshold}");
        threshold.round() as u64
    };
    let of_version = metric.dimensions.contains_key("ExecutedVersion");
    Alarm {
        bad: match *statistic {
            Statistic::Sum if of_version => BadMinute::ErrorsOfNewVersion(whole(alarm.threshold)),
            Statistic::Average if !of_version => {
                BadMinute::PercentOfAll(whole(alarm.threshold * 100.0))
            }
            other => panic!("{logical_id}: the theory knows no {other:?} of its metric"),
        },
        bad_minutes: judgement.datapoints_to_alarm,
        evaluation_periods: judgement.evaluation_periods,
    }
}

/// A canary at ten per cent, as a rehearsal has it.
fn canary(requests_per_minute: u64, minutes: usize) -> Canary {
    Canary {
        requests_per_minute,
        share: 0.1,
        minutes,
        begins_at_ms: SHIFT_BEGINS_AT_MS,
    }
}

/// Whether so many of the seeds may well fire if each does with this probability.
fn is_credible(fired: u64, seeds: u64, probability: f64) -> bool {
    likelihood(fired, seeds, probability) > TOO_UNLIKELY
}

/// How likely a count is as far from the expected one as this one, to its side.
fn likelihood(fired: u64, seeds: u64, probability: f64) -> f64 {
    let as_many = binomial_tail(seeds, fired, probability);
    let as_few = binomial_tail(seeds, seeds - fired, 1.0 - probability);
    as_many.min(as_few)
}

/// Holds a block of the page to what it must be.
fn hold(info: &str, expected: &str) {
    let page = places::root().join(PAGE);
    let text = pages::text(&page);
    let [block] = pages::blocks(&text, info)[..] else {
        panic!("{PAGE} has one block `{info}`")
    };
    pages::hold(&page, info, block, expected, str::to_owned);
}

#[test]
fn the_odds_of_each_alarm_are_those_that_the_page_shows() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("VersionErrors", &[1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01][..], &[][..]),
        ("AliasErrors", &[1.0, 0.8, 0.6, 0.5, 0.4], &[0.2, 0.1, 0.06, 0.05, 0.02]),
        ("ApiServerErrors", &[1.0, 0.5, 0.3, 0.2, 0.1, 0.05], &[0.1, 0.05, 0.03, 0.02, 0.01]),
    ];
    for (logical_id, new, old) in cases {
        let table = tables::by_error_rate(logical_id, new, old);
        hold(&format!("text odds-of-{logical_id}"), &table);
    }
}

#[test]
fn what_rehearse_odds_counts_is_what_the_theory_says_and_what_the_page_shows() {
    for (logical_id, found) in [
        ("VersionErrors", &found::VERSION_ERRORS),
        ("AliasErrors", &found::ALIAS_ERRORS),
        ("ApiServerErrors", &found::API_SERVER_ERRORS),
    ] {
        let cells = tables::cells(&found.json);
        assert!(cells.len() >= 80, "{}", cells.len());
        for cell in &cells {
            let odds = model::fires(
                alarm(logical_id),
                canary(cell.requests, 5),
                ErrorRate::OfNewVersion(cell.rate),
            );
            let likelihood = likelihood(cell.caught, cell.seeds, odds);
            assert!(
                likelihood > FAR_TOO_UNLIKELY,
                "{logical_id}: {cell:?}, and by the theory each is with {odds}"
            );
        }
        hold(
            &format!("text counts-of-{logical_id}"),
            &tables::of_cells(&cells),
        );
    }
}

#[test]
fn what_the_page_says_of_the_odds_in_words_is_so() {
    let odds = |logical_id, requests, errors| {
        let within = canary(requests, 5);
        model::fires(alarm(logical_id), within, errors)
    };
    let (new, old) = (ErrorRate::OfNewVersion, ErrorRate::OfOldVersion);
    // Below 11 requests a minute a version that always fails gets past VersionErrors more often than once in twenty times.
    assert!(odds("VersionErrors", 10, new(1.0)) < 0.95);
    assert!(odds("VersionErrors", 11, new(1.0)) >= 0.95);
    // One in a thousand, three times in four.
    let always = odds("VersionErrors", 6_000, ErrorRate::Always(0.001));
    assert!((0.7..0.8).contains(&always), "{always}");
    // Half of the new version's, and one in eighteen of the old version's, are the 5 % at which it is as good as a coin's fall.
    for (below, above) in [(new(0.45), new(0.55)), (old(0.05), old(0.06))] {
        assert!(odds("AliasErrors", 6_000, below) < 0.01);
        assert!(odds("AliasErrors", 6_000, above) > 0.95);
    }
    // Up to a step one error is enough, and one request more takes two.
    for (logical_id, last) in [("AliasErrors", 20), ("ApiServerErrors", 50)] {
        let (before, after) = (last, last + 1);
        assert!(odds(logical_id, before, new(0.3)) > odds(logical_id, after, new(0.3)));
        assert!(odds(logical_id, before - 1, new(0.3)) < odds(logical_id, before, new(0.3)));
    }
}

#[test]
fn the_odds_of_longer_canaries_are_those_that_the_page_shows() {
    hold("text odds-by-canary-length", &tables::by_canary_length());
}

#[test]
fn what_rehearse_odds_counts_of_longer_canaries_is_what_the_theory_says_and_what_the_page_shows() {
    let cells = tables::cells(&found::CANARY_LENGTHS.json);
    assert_eq!(cells.len(), 6 * LENGTHS.len());
    let of_lengths: Vec<_> = cells.chunks(6).zip(LENGTHS).collect();
    for (cells, minutes) in &of_lengths {
        for cell in *cells {
            let odds = model::fires(
                alarm("VersionErrors"),
                canary(cell.requests, *minutes),
                ErrorRate::OfNewVersion(cell.rate),
            );
            assert!(
                likelihood(cell.caught, cell.seeds, odds) > FAR_TOO_UNLIKELY,
                "{minutes} minutes: {cell:?}, and by the theory each is with {odds}"
            );
        }
    }
    hold(
        "text counts-by-canary-length",
        &tables::of_lengths(&of_lengths),
    );
}

#[test]
fn what_rehearse_odds_counts_of_stops_by_accident_is_what_the_theory_says_and_what_the_page_shows()
{
    let traffics = BY_ACCIDENT_AT.map(|traffic| traffic.to_string()).join(",");
    let rate = BY_ACCIDENT.to_string();
    let mut rows = Vec::new();
    for (logical_id, _) in BRACKETS {
        let (code, found) = Printed::odds_json(&[
            "template.yaml",
            "--alarms",
            logical_id,
            "--preferences",
            "Canary10Percent5Minutes",
            "--requests-per-minute",
            &traffics,
            "--error-rates",
            "100%",
            "--background-error-rate",
            &rate,
        ]);
        assert_eq!(code, Some(0));
        let healthy = found["false_alarms"].as_array().expect("it is a list");
        let count = |one: &serde_json::Value, key: &str| one[key].as_u64().expect("it is a count");
        let stopped: Vec<_> = healthy
            .iter()
            .map(|one| (count(one, "stopped"), count(one, "seeds")))
            .collect();
        assert_eq!(stopped.len(), BY_ACCIDENT_AT.len());
        for ((stopped, seeds), traffic) in stopped.iter().zip(BY_ACCIDENT_AT) {
            let errors = ErrorRate::Always(BY_ACCIDENT);
            let odds = model::fires(alarm(logical_id), canary(traffic, 5), errors);
            assert!(
                likelihood(*stopped, *seeds, odds) > FAR_TOO_UNLIKELY,
                "{logical_id} at {traffic}: {stopped} of {seeds}, and by the theory each is with {odds}"
            );
        }
        rows.push((logical_id, stopped));
    }
    hold(
        "text counts-by-accident",
        &tables::of_accidents(BY_ACCIDENT_AT, &rows),
    );
}

#[test]
fn the_odds_of_a_stop_by_accident_are_those_that_the_page_shows() {
    hold("text odds-by-accident", &tables::by_accident());
}

#[test]
fn the_odds_of_the_hooks_samples_are_those_that_the_page_shows() {
    hold("text odds-by-samples", &tables::by_samples());
}

#[test]
fn the_bracketing_rehearsals_fire_as_often_as_the_theory_says_and_as_the_page_shows() {
    let fired = side_by_side(BRACKETING.iter().collect(), |rehearsed: &Rehearsed| {
        rehearsed.fired(SEEDS)
    });
    for (rehearsed, fired) in BRACKETING.iter().zip(&fired) {
        rehearsed.assert_credible(*fired, SEEDS);
    }
    hold(
        "text odds-of-the-rehearsals",
        &tables::of_rehearsals(SEEDS, &fired),
    );
}

#[test]
fn each_bracketing_rehearsal_begins_with_its_odds_and_its_seed_shows_its_alarm_alone() {
    for rehearsed in BRACKETING.iter() {
        let Rehearsed {
            alarm,
            name,
            rehearsal,
            plan,
        } = rehearsed;
        let odds = tables::tenths(rehearsed.odds());
        let says = format!("# {alarm} fires with the probability {odds}");
        assert!(
            pages::text(&places::rehearsal(name)).starts_with(&says),
            "{name}: {says}"
        );
        let stopped_by = engine::stopped_by(plan, rehearsal.seed);
        let expected = rehearsal.expect.alarm.iter();
        assert!(stopped_by.iter().eq(expected), "{name}: {stopped_by:?}");
    }
}

#[test]
fn the_engine_fires_as_often_as_the_theory_says_where_chance_decides() {
    use WhichVersion::{Any, New, Old};
    let cases = vec![
        // So sparse that minutes pass without a request to the new version.
        ("VersionErrors", 4, New, 1.0, 5),
        ("VersionErrors", 10, New, 0.4, 5),
        ("VersionErrors", 7, Any, 0.6, 5),
        // To both sides of a step: 5 % of 20 requests are one error, of 21 two.
        ("AliasErrors", 20, Old, 0.02, 5),
        ("AliasErrors", 21, Old, 0.05, 5),
        ("AliasErrors", 21, New, 0.7, 5),
        // Before the deployment, too: an alarm that is in ALARM when it begins stops it.
        ("AliasErrors", 12, Any, 0.02, 5),
        ("ApiServerErrors", 10, New, 0.4, 5),
        ("ApiServerErrors", 51, New, 0.25, 5),
    ];
    side_by_side(cases, |(alarm, requests, version, rate, minutes)| {
        let rehearsed = changed(alarm, requests, version, rate, minutes);
        let odds = rehearsed.odds();
        assert!(
            (0.1..0.9).contains(&odds),
            "{alarm}, {requests}, {rate}: {odds} decides"
        );
        rehearsed.assert_credible(rehearsed.fired(SEEDS), SEEDS);
    });
}

#[test]
fn an_alarm_looks_past_minutes_without_data_as_far_as_the_theory_says() {
    // One request a minute, of which the new version gets one in ten: most of its minutes have no data. Whether two bad ones are five
    // minutes apart or seven makes nine in a hundred, so it takes many seeds to tell.
    let many = 12 * SEEDS;
    let rehearsed = changed("VersionErrors", 1, WhichVersion::New, 1.0, 30);
    rehearsed.assert_credible(rehearsed.fired(many), many);
}

/// The rehearsal in which an alarm fires, with another traffic, fault and canary. No other alarm stops it before.
fn changed(
    logical_id: &str,
    requests_per_minute: u32,
    version: WhichVersion,
    rate: f64,
    minutes: u32,
) -> Rehearsed {
    let like = BRACKETING
        .iter()
        .find(|rehearsed| rehearsed.alarm == logical_id);
    let like = like.unwrap_or_else(|| panic!("no rehearsal brackets {logical_id}"));
    let mut rehearsal = like.rehearsal.clone();
    let preference = ParameterValue::Text(format!("Canary10Percent{minutes}Minutes"));
    rehearsal
        .parameters
        .insert("DeploymentPreference".to_owned(), preference);
    rehearsal.traffic.requests_per_minute = requests_per_minute;
    let fault = &mut rehearsal.faults[0];
    (fault.version, fault.rate) = (version, Some(rate));
    fault.from_minute = (version == WhichVersion::Old).then_some(0);
    if version == WhichVersion::Any {
        // As far back as an alarm looks.
        rehearsal.traffic.minutes_before = 7;
    }
    let mut changed = Rehearsed::of(like.alarm, like.name, rehearsal);
    changed.plan.deployments[0]
        .alarms
        .retain(|alarm| alarm == logical_id);
    changed
}

#[test]
fn a_count_far_from_the_odds_is_not_credible() {
    assert!(
        [80, 100, 120]
            .iter()
            .all(|fired| is_credible(*fired, 200, 0.5))
    );
    assert!([74, 126].iter().all(|fired| !is_credible(*fired, 200, 0.5)));
    assert!(is_credible(0, 200, 0.01) && !is_credible(12, 200, 0.01));
}
