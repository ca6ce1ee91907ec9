//! From counts to what is printed.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rehearsal_deployment::odds::tally::wilson;
use rehearsal_deployment::odds::{Chances, Course, NoOdds, Tally};
use rehearsal_template::printable;

use super::prepare::Ready;
use super::recommend;
use super::sentence;
use super::sweep::Sweep;
use super::tallies::Tallies;
use crate::arguments::odds::{OddsOptions, Rate};
use rehearsal_report::odds::{
    Cell, FalseAlarm, Hurt, Interval, LeftOut, MinutesToRollback, Odds, Wanted,
};

/// All odds of a deployment.
///
/// # Errors
/// Why there are none.
pub fn odds(
    options: &OddsOptions,
    ready: &Ready<'_>,
    tallies: &Tallies,
) -> Result<Odds, miette::Report> {
    let sweep = Sweep::new(ready, &ready.gates, options.seeds, tallies)
        .map_err(miette::Report::from_err)?;
    let courses = courses(ready, &sweep)?;
    let cells = cells(options, &sweep, &courses);
    let false_alarms = false_alarms(options, &sweep, &courses);
    let wanted = Wanted {
        catch: options.catch.0,
        at: options.at.0,
    };
    let (recommendations, not_reached) = recommend::all(options, ready, &sweep, tallies);
    let planned = ready.planned();
    let setting = &sweep.setting;
    let minutes_of: Vec<(&str, i64)> = courses
        .iter()
        .map(|(name, course)| (name.as_str(), course.minutes()))
        .collect();
    Ok(Odds {
        name: ready.chosen.name.clone(),
        function: planned.function.clone(),
        alias: planned.alias.clone(),
        preference: ready.chosen.own.clone(),
        fault: options.fault.word(),
        delay_ms: options.delay_ms,
        seeds: options.seeds,
        gates: setting.gates().to_vec(),
        left_out: left_out(ready, &sweep),
        notes: notes(ready, &sweep, options),
        minutes_before: setting.minutes_before(),
        minutes_after: ready.plan.traffic.minutes_after,
        share_of_traffic: setting.share_of_traffic(),
        sentence: sentence::of(
            &ready.chosen.own,
            &minutes_of,
            &cells,
            &false_alarms,
            setting.gates().is_empty(),
        ),
        cells,
        false_alarms,
        wanted,
        recommendations,
        not_reached,
        others: Vec::new(),
        without_odds: Vec::new(),
    })
}

/// A faulty version under each preference, traffic and error rate, in this order.
fn cells(options: &OddsOptions, sweep: &Sweep<'_>, courses: &[(String, Course)]) -> Vec<Cell> {
    let mut cases = Vec::new();
    for course in courses {
        for requests_per_minute in &options.requests_per_minute.0 {
            let chances = |rate: &Rate| Chances {
                requests_per_minute: *requests_per_minute,
                error_rate: rate.0,
                background_error_rate: 0.0,
            };
            cases.extend(
                options
                    .error_rates
                    .0
                    .iter()
                    .map(|rate| (course, chances(rate))),
            );
        }
    }
    let cells = cases
        .into_par_iter()
        .map(|((preference, course), chances)| {
            let tally = sweep.tally(course, chances);
            Cell {
                preference: preference.clone(),
                requests_per_minute: chances.requests_per_minute,
                error_rate: chances.error_rate,
                fault: options.fault.word(),
                seeds: tally.rollouts(),
                caught: tally.caught(),
                caught_interval: interval(&tally),
                caught_by: by_gate(sweep, &tally),
                hurt: Hurt {
                    median: tally.hurt(0.5),
                    p95: tally.hurt(0.95),
                    max: tally.hurt(1.0),
                },
                minutes_to_rollback: minutes_to_rollback(&tally),
            }
        });
    cells.collect()
}

/// A healthy version under each preference and traffic, in this order.
fn false_alarms(
    options: &OddsOptions,
    sweep: &Sweep<'_>,
    courses: &[(String, Course)],
) -> Vec<FalseAlarm> {
    let mut cases = Vec::new();
    for course in courses {
        let chances = |requests_per_minute: &u32| Chances {
            requests_per_minute: *requests_per_minute,
            error_rate: 0.0,
            background_error_rate: options.background_error_rate.0,
        };
        let traffics = options.requests_per_minute.0.iter();
        cases.extend(traffics.map(|requests| (course, chances(requests))));
    }
    let alarms = cases
        .into_par_iter()
        .map(|((preference, course), chances)| {
            let tally = sweep.tally(course, chances);
            FalseAlarm {
                preference: preference.clone(),
                requests_per_minute: chances.requests_per_minute,
                background_error_rate: chances.background_error_rate,
                seeds: tally.rollouts(),
                stopped: tally.caught(),
                stopped_interval: interval(&tally),
                stopped_by: by_gate(sweep, &tally),
            }
        });
    alarms.collect()
}

fn courses(ready: &Ready<'_>, sweep: &Sweep<'_>) -> Result<Vec<(String, Course)>, miette::Report> {
    let each = ready.chosen.preferences.iter().map(|(name, shift)| {
        let course = sweep.course(shift).map_err(|why| {
            let deployment = format!("a deployment by {name}");
            miette::miette!("{}", NoOdds::NeverSucceeds { deployment, why })
        })?;
        Ok((name.clone(), course))
    });
    each.collect()
}

fn interval(tally: &Tally) -> Interval {
    let wilson = wilson(tally.caught(), tally.rollouts());
    Interval {
        low: rounded(wilson.low, 1e4),
        high: rounded(wilson.high, 1e4),
    }
}

fn by_gate(sweep: &Sweep<'_>, tally: &Tally) -> BTreeMap<String, u64> {
    let gates = sweep.setting.gates().iter().cloned();
    gates.zip(tally.caught_by().iter().copied()).collect()
}

fn minutes_to_rollback(tally: &Tally) -> Option<MinutesToRollback> {
    let minutes = |share| tally.back_after_ms(share).map(minutes);
    Some(MinutesToRollback {
        median: minutes(0.5)?,
        max: minutes(1.0)?,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rollout is shorter than 2^53 ms"
)]
fn minutes(ms: i64) -> f64 {
    rounded(ms as f64 / 60_000.0, 1e3)
}

fn rounded(value: f64, by: f64) -> f64 {
    (value * by).round() / by
}

fn left_out(ready: &Ready<'_>, sweep: &Sweep<'_>) -> Vec<LeftOut> {
    let left_out = sweep.setting.left_out().iter();
    left_out
        .map(|gate| LeftOut {
            alarm: gate.alarm.clone(),
            why: printable::line(ready.chosen.reasons.get(&gate.alarm).unwrap_or(&gate.why))
                .into_owned(),
            line: gate.line,
        })
        .collect()
}

fn notes(ready: &Ready<'_>, sweep: &Sweep<'_>, options: &OddsOptions) -> Vec<String> {
    let planned = ready.planned();
    let mut notes = ready.chosen.notes.clone();
    let share = sweep.setting.share_of_traffic();
    if share < 0.999 {
        notes.push(format!(
            "{} serves {:.0} of 100 requests",
            planned.function,
            share * 100.0
        ));
    }
    if planned.before_allow_traffic.is_some() || planned.after_allow_traffic.is_some() {
        notes.push("hooks are stubs that succeed: what they would find is not counted".to_owned());
    }
    if !sweep.setting.goes_back() {
        notes.push(
            "the deployment group has no rollback on alarms: what is stopped stays on both versions"
                .to_owned(),
        );
    }
    if options.delay_ms.is_some() && !sweep.setting.watches_durations() {
        notes.push("no gate looks at how long anything takes".to_owned());
    }
    notes
}
