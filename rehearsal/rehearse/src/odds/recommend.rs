//! What would reach a wanted chance: the cheapest preference, or the smallest change of an alarm.

use rayon::prelude::*;
use rehearsal_aws::cloudwatch::metric::{Metric, Statistic};
use rehearsal_aws::cloudwatch::metric_alarm::{Alarm, Comparison, Judgement, MissingData, Watched};
use rehearsal_aws::cloudwatch::metrics_of::LAMBDA;
use rehearsal_aws::codedeploy::traffic_routing::PREDEFINED;
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_aws::time::MINUTE_MS;
use rehearsal_deployment::Plan;
use rehearsal_deployment::odds::{Chances, Course, Tally};
use rehearsal_deployment::plan::{Decision, Gate, Judged, WatchedAlarm};
use rehearsal_template::{Place, grouped};

use super::prepare::Ready;
use super::sentence::percent;
use super::sweep::Sweep;
use crate::arguments::odds::OddsOptions;
use rehearsal_report::odds::{Kind, Recommendation, of_hundred};

/// With how many rollouts a change is tried before the one that is chosen is counted as often as everything.
const TRIED_WITH: u64 = 300;
/// How many of healthy versions an alarm may stop to be recommended; where today's stop more, as many as those.
const MOST_FALSE_ALARMS: f64 = 0.05;
/// What an alarm that is not there would be called.
const ADDED: &str = "errors of the new version";

/// The recommendations for each traffic, and for what there is none.
type Found = (Vec<Recommendation>, Vec<String>);

/// What is asked of a change.
struct Asked<'a> {
    options: &'a OddsOptions,
    ready: &'a Ready,
    requests_per_minute: u32,
}

impl Asked<'_> {
    fn faulty(&self) -> Chances {
        Chances {
            requests_per_minute: self.requests_per_minute,
            error_rate: self.options.at.0,
            background_error_rate: 0.0,
        }
    }

    fn healthy(&self) -> Chances {
        Chances {
            requests_per_minute: self.requests_per_minute,
            error_rate: 0.0,
            background_error_rate: self.options.background_error_rate.0,
        }
    }

    fn sweep<'p>(&self, plan: &'p Plan, seeds: u64) -> Option<Sweep<'p>> {
        Sweep::new(plan, self.ready.deployment, self.ready.failure, seeds).ok()
    }

    fn is_reached(&self, tally: &Tally) -> bool {
        tally.share() >= self.options.catch.0
    }

    fn recommendation(
        &self,
        kind: Kind,
        change: String,
        text: String,
        counted: &Counted,
    ) -> Recommendation {
        Recommendation {
            kind,
            change,
            catch: counted.faulty.share(),
            hurt_median: counted.faulty.hurt(0.5),
            text,
            requests_per_minute: self.requests_per_minute,
            false_alarms: counted.healthy.share(),
        }
    }
}

/// Rollouts of a faulty version and of a healthy one.
struct Counted {
    faulty: Tally,
    healthy: Tally,
}

impl Counted {
    fn of(sweep: &Sweep<'_>, course: &Course, asked: &Asked<'_>) -> Self {
        Self {
            faulty: sweep.tally(course, asked.faulty()),
            healthy: sweep.tally(course, asked.healthy()),
        }
    }

    /// What it does, in words.
    fn words(&self, asked: &Asked<'_>) -> String {
        format!(
            "at {} requests a minute it stops {} of 100, with {} callers hurt in the median, and {} of 100 healthy ones",
            grouped(asked.requests_per_minute.into()),
            of_hundred(self.faulty.caught(), self.faulty.rollouts()),
            self.faulty.hurt(0.5),
            of_hundred(self.healthy.caught(), self.healthy.rollouts()),
        )
    }
}

/// All recommendations.
pub fn all(options: &OddsOptions, ready: &Ready, sweep: &Sweep<'_>) -> Found {
    let (mut recommendations, mut not_reached) = (Vec::new(), Vec::new());
    for requests_per_minute in &options.requests_per_minute.0 {
        let asked = Asked {
            options,
            ready,
            requests_per_minute: *requests_per_minute,
        };
        let at = grouped((*requests_per_minute).into());
        match preference(&asked, sweep) {
            Some(found) => recommendations.push(found),
            None => not_reached.push(format!(
                "at {at} requests a minute no preference reaches it with these alarms"
            )),
        }
        match alarm(&asked, sweep) {
            Change::Needless => {}
            Change::Found(found) => recommendations.push(found),
            Change::None => not_reached.push(format!(
                "at {at} requests a minute no change of one alarm reaches it under {} without stopping more than {} of healthy versions",
                ready.own,
                percent(MOST_FALSE_ALARMS)
            )),
        }
    }
    (recommendations, not_reached)
}

/// The preference that reaches it and takes the fewest minutes; of two, the one that hurts fewer.
fn preference(asked: &Asked<'_>, sweep: &Sweep<'_>) -> Option<Recommendation> {
    let nine = PREDEFINED.map(|(name, routing)| (name.to_owned(), TrafficShift::of(routing)));
    let mut candidates = nine.to_vec();
    let own = &asked.ready.plan.deployments[asked.ready.deployment];
    if !candidates.iter().any(|(name, _)| *name == asked.ready.own) {
        candidates.push((asked.ready.own.clone(), own.shift.clone()));
    }
    let counted = candidates.into_par_iter().filter_map(|(name, shift)| {
        let course = sweep.course(&shift)?;
        let faulty = sweep.tally(&course, asked.faulty());
        asked
            .is_reached(&faulty)
            .then(|| (course.minutes(), faulty.hurt(0.5), name, course))
    });
    let mut counted: Vec<_> = counted.collect();
    counted.sort_by_key(|one| (one.0, one.1));
    let (minutes, _, name, course) = counted.into_iter().next()?;
    let counted = Counted::of(sweep, &course, asked);
    let what = if name == asked.ready.own {
        format!("{name} reaches it as it is")
    } else {
        format!("{name} is the shortest that does, {minutes} min")
    };
    let text = format!("{what}: {}", counted.words(asked));
    Some(asked.recommendation(Kind::Preference, name, text, &counted))
}

/// What comes of the search for a change of an alarm.
enum Change {
    /// The alarms reach it as they are.
    Needless,
    Found(Recommendation),
    None,
}

/// A plan with one alarm changed.
struct Candidate {
    plan: Plan,
    what: String,
    /// How many of its properties are changed.
    size: usize,
}

/// The smallest change of one alarm that reaches it under the template's own preference.
fn alarm(asked: &Asked<'_>, sweep: &Sweep<'_>) -> Change {
    let own = &asked.ready.plan.deployments[asked.ready.deployment];
    let Some(course) = sweep.course(&own.shift) else {
        return Change::None;
    };
    let today = Counted::of(sweep, &course, asked);
    if asked.is_reached(&today.faulty) {
        return Change::Needless;
    }
    let most_false_alarms = today.healthy.share().max(MOST_FALSE_ALARMS);
    let mut candidates = candidates(asked.ready, sweep);
    candidates.sort_by_key(|candidate| candidate.size);
    let tried = candidates.par_iter().map(|candidate| {
        let sweep = asked.sweep(&candidate.plan, TRIED_WITH)?;
        let course = sweep.course(&own.shift)?;
        let counted = Counted::of(&sweep, &course, asked);
        let is_good =
            asked.is_reached(&counted.faulty) && counted.healthy.share() <= most_false_alarms;
        is_good.then(|| counted.healthy.caught())
    });
    let tried: Vec<Option<u64>> = tried.collect();
    let mut good: Vec<_> = candidates
        .into_iter()
        .zip(tried)
        .filter_map(|(candidate, healthy)| Some((candidate.size, healthy?, candidate)))
        .collect();
    good.sort_by_key(|one| (one.0, one.1));
    // With more rollouts one may turn out not to.
    for (_, _, candidate) in good {
        let counted = asked
            .sweep(&candidate.plan, asked.options.seeds)
            .and_then(|sweep| Some(Counted::of(&sweep, &sweep.course(&own.shift)?, asked)));
        if let Some(counted) = counted
            && asked.is_reached(&counted.faulty)
            && counted.healthy.share() <= most_false_alarms
        {
            let text = format!("{}: {}", candidate.what, counted.words(asked));
            return Change::Found(asked.recommendation(
                Kind::Alarm,
                candidate.what,
                text,
                &counted,
            ));
        }
    }
    Change::None
}

/// All changes that are tried.
fn candidates(ready: &Ready, sweep: &Sweep<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for gate in sweep.setting.gates() {
        let Some(place) = ready.plan.alarms.iter().position(|alarm| alarm.id == *gate) else {
            continue;
        };
        let Judged::Metric(alarm) = &ready.plan.alarms[place].after else {
            continue;
        };
        for changed in changes(alarm) {
            let mut plan = ready.plan.clone();
            plan.alarms[place].after = Judged::Metric(Box::new(changed.alarm.clone()));
            if let Some(Judged::Metric(before)) = &mut plan.alarms[place].before {
                changed.onto(before);
            }
            candidates.push(Candidate {
                what: format!("{gate}: {}", changed.what.join(", ")),
                size: changed.what.len(),
                plan,
            });
        }
    }
    candidates.extend(added(ready));
    candidates
}

/// An alarm, changed.
struct Changed {
    alarm: Alarm,
    /// What is changed, a property each.
    what: Vec<String>,
}

impl Changed {
    /// The same change of the alarm as it was before the update, which may watch another version.
    fn onto(&self, before: &mut Alarm) {
        before.threshold = self.alarm.threshold;
        before.comparison = self.alarm.comparison;
        before.judgement = self.alarm.judgement;
        if let (Watched::Metric { statistic, .. }, Watched::Metric { statistic: new, .. }) =
            (&mut before.watched, &self.alarm.watched)
        {
            *statistic = *new;
        }
    }
}

/// Each change that makes an alarm fire more easily: fewer data points, more periods, another threshold or statistic, and these
/// together with fewer data points.
fn changes(alarm: &Alarm) -> Vec<Changed> {
    let mut levels = vec![Changed {
        alarm: alarm.clone(),
        what: Vec::new(),
    }];
    levels.extend(thresholds(alarm));
    levels.extend(counted(alarm));
    let mut changes = Vec::new();
    for level in levels {
        for judgement in judgements(level.alarm.judgement) {
            let mut what = level.what.clone();
            what.extend(judgement_words(level.alarm.judgement, judgement));
            changes.push(Changed {
                alarm: Alarm {
                    judgement,
                    ..level.alarm.clone()
                },
                what,
            });
        }
    }
    changes.retain(|changed| !changed.what.is_empty());
    changes
}

/// The same M of N, fewer of as many, and as many of more.
fn judgements(own: Judgement) -> Vec<Judgement> {
    let of = |datapoints_to_alarm, evaluation_periods| Judgement {
        datapoints_to_alarm,
        evaluation_periods,
        missing_data: own.missing_data,
    };
    let (m, n) = (own.datapoints_to_alarm, own.evaluation_periods);
    let mut all = vec![own];
    all.extend((1..m).rev().map(|fewer| of(fewer, n)));
    all.extend(
        [3, 5, 10]
            .into_iter()
            .filter(|more| *more > n)
            .map(|more| of(m, more)),
    );
    all
}

fn judgement_words(before: Judgement, after: Judgement) -> Vec<String> {
    let mut words = Vec::new();
    if before.datapoints_to_alarm != after.datapoints_to_alarm {
        words.push(format!(
            "DatapointsToAlarm {} instead of {}",
            after.datapoints_to_alarm, before.datapoints_to_alarm
        ));
    }
    if before.evaluation_periods != after.evaluation_periods {
        words.push(format!(
            "EvaluationPeriods {} instead of {}",
            after.evaluation_periods, before.evaluation_periods
        ));
    }
    words
}

/// Thresholds that are easier to reach, where more is worse.
fn thresholds(alarm: &Alarm) -> Vec<Changed> {
    let own = alarm.threshold;
    let is_count = matches!(
        alarm.watched,
        Watched::Metric {
            statistic: Statistic::Sum | Statistic::SampleCount,
            ..
        }
    );
    let least = match alarm.comparison {
        Comparison::GreaterThanOrEqualToThreshold => 1.0,
        Comparison::GreaterThanThreshold => 0.0,
        Comparison::LessThanThreshold | Comparison::LessThanOrEqualToThreshold => {
            return Vec::new();
        }
    };
    let mut easier = if is_count {
        vec![(own / 2.0).floor().max(least), least]
    } else {
        vec![own / 2.0, own / 5.0, own / 10.0]
    };
    easier.dedup();
    let easier = easier.into_iter().filter(|threshold| *threshold < own);
    easier
        .map(|threshold| Changed {
            what: vec![format!(
                "Threshold {} instead of {}",
                short(threshold),
                short(own)
            )],
            alarm: Alarm {
                threshold,
                ..alarm.clone()
            },
        })
        .collect()
}

/// A count instead of a rate: one is enough.
fn counted(alarm: &Alarm) -> Option<Changed> {
    let Watched::Metric {
        metric,
        statistic: Statistic::Average,
        period_ms,
    } = &alarm.watched
    else {
        return None;
    };
    let is_share = ["Errors", "5XXError", "5xx", "4XXError", "4xx"].contains(&metric.name.as_str());
    is_share.then(|| Changed {
        what: vec![
            "Statistic Sum instead of Average".to_owned(),
            format!("Threshold 1 instead of {}", short(alarm.threshold)),
        ],
        alarm: Alarm {
            watched: Watched::Metric {
                metric: metric.clone(),
                statistic: Statistic::Sum,
                period_ms: *period_ms,
            },
            threshold: 1.0,
            comparison: Comparison::GreaterThanOrEqualToThreshold,
            ..alarm.clone()
        },
    })
}

/// One alarm more, on the errors of the new version alone. It is a larger change than any of an alarm that is there.
fn added(ready: &Ready) -> Vec<Candidate> {
    let own = &ready.plan.deployments[ready.deployment];
    let function = ready.plan.functions.get(&own.function);
    let Some(function) = function.and_then(|function| function.after.as_ref()) else {
        return Vec::new();
    };
    let of_version = |version: &str| {
        let resource = format!("{}:{}", function.name, own.alias);
        Metric::new(
            LAMBDA,
            "Errors",
            &[
                ("FunctionName", &function.name),
                ("Resource", &resource),
                ("ExecutedVersion", version),
            ],
        )
    };
    let alarm = |version: &str, datapoints_to_alarm, evaluation_periods| {
        Judged::Metric(Box::new(Alarm {
            name: ADDED.to_owned(),
            logical_id: ADDED.to_owned(),
            watched: Watched::Metric {
                metric: of_version(version),
                statistic: Statistic::Sum,
                period_ms: MINUTE_MS,
            },
            threshold: 1.0,
            comparison: Comparison::GreaterThanOrEqualToThreshold,
            judgement: Judgement {
                evaluation_periods,
                datapoints_to_alarm,
                missing_data: MissingData::NotBreaching,
            },
        }))
    };
    let candidate = |(datapoints_to_alarm, evaluation_periods)| {
        let mut plan = ready.plan.clone();
        let planned = &mut plan.deployments[ready.deployment];
        planned.alarms.push(ADDED.to_owned());
        planned.gates.push(Gate {
            alarm: ADDED.to_owned(),
            decision: Decision::Evaluated,
            why: String::new(),
            line: 0,
            place: Place::default(),
        });
        // The update comes to it as to the alias's version.
        if let Some(level) = plan.update_levels.first_mut() {
            level.push(ADDED.to_owned());
        }
        plan.alarms.push(WatchedAlarm {
            id: ADDED.to_owned(),
            name: ADDED.to_owned(),
            before: Some(alarm(
                &own.old_version,
                datapoints_to_alarm,
                evaluation_periods,
            )),
            after: alarm(&own.new_version, datapoints_to_alarm, evaluation_periods),
        });
        Candidate {
            plan,
            what: format!(
                "one alarm more, on Errors of the new version (ExecutedVersion): Sum at or above 1 in {datapoints_to_alarm} of {evaluation_periods} minutes"
            ),
            size: 4,
        }
    };
    [(2, 5), (1, 1)].map(candidate).into()
}

/// A number without more digits than it has.
fn short(value: f64) -> String {
    format!("{}", (value * 1e6).round() / 1e6)
}
