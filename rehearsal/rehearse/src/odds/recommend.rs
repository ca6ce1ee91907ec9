//! What would reach a wanted chance: the cheapest preference, or the smallest change of an alarm.

use rayon::prelude::*;
use rehearsal_aws::codedeploy::traffic_routing::PREDEFINED;
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_deployment::odds::{Chances, Course, Gates, Tally};
use rehearsal_template::grouped;

use super::alarm_changes::candidates;
use super::prepare::Ready;
use super::sentence::percent;
use super::sweep::Sweep;
use super::tallies::Tallies;
use crate::arguments::odds::OddsOptions;
use rehearsal_report::odds::{Kind, Recommendation, of_hundred};

/// With how many rollouts a change is tried before the one that is chosen is counted as often as everything.
const TRIED_WITH: u64 = 300;
/// How many of healthy versions may be stopped under what is recommended, also where today's gates stop more.
const MOST_FALSE_ALARMS: f64 = 0.05;

/// The recommendations for each traffic, and for what there is none.
type Found = (Vec<Recommendation>, Vec<String>);

/// What is asked of a change.
struct Asked<'a> {
    options: &'a OddsOptions,
    ready: &'a Ready<'a>,
    tallies: &'a Tallies,
    requests_per_minute: u32,
}

impl<'a> Asked<'a> {
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

    fn sweep(&self, gates: &Gates, seeds: u64) -> Option<Sweep<'a>> {
        Sweep::new(self.ready, gates, seeds, self.tallies).ok()
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
pub fn all(
    options: &OddsOptions,
    ready: &Ready<'_>,
    sweep: &Sweep<'_>,
    tallies: &Tallies,
) -> Found {
    let (mut recommendations, mut not_reached) = (Vec::new(), Vec::new());
    for requests_per_minute in &options.requests_per_minute.0 {
        let asked = Asked {
            options,
            ready,
            tallies,
            requests_per_minute: *requests_per_minute,
        };
        let at = grouped((*requests_per_minute).into());
        match preference(&asked, sweep) {
            Some(found) => recommendations.push(found),
            None => not_reached.push(format!(
                "at {at} requests a minute no preference reaches it with these alarms without stopping more than {} of healthy versions",
                percent(MOST_FALSE_ALARMS)
            )),
        }
        match alarm(&asked, sweep) {
            Change::Needless => {}
            Change::Found(found) => recommendations.push(found),
            Change::None => not_reached.push(format!(
                "at {at} requests a minute no change of one alarm reaches it under {} without stopping more than {} of healthy versions",
                ready.chosen.own,
                percent(MOST_FALSE_ALARMS)
            )),
        }
    }
    (recommendations, not_reached)
}

/// The preference that reaches it and takes the fewest minutes; of two, the one that hurts fewer. One that gives the alarms time to stop
/// healthy versions is none.
fn preference(asked: &Asked<'_>, sweep: &Sweep<'_>) -> Option<Recommendation> {
    let nine = PREDEFINED.map(|(name, routing)| (name.to_owned(), TrafficShift::of(routing)));
    let mut candidates = nine.to_vec();
    let own = asked.ready.planned();
    if !candidates
        .iter()
        .any(|(name, _)| *name == asked.ready.chosen.own)
    {
        candidates.push((asked.ready.chosen.own.clone(), own.shift.clone()));
    }
    let counted = candidates.into_par_iter().filter_map(|(name, shift)| {
        let course = sweep.course(&shift).ok()?;
        let faulty = sweep.tally(&course, asked.faulty());
        asked
            .is_reached(&faulty)
            .then(|| (course.minutes(), faulty.hurt(0.5), name, course))
    });
    let mut counted: Vec<_> = counted.collect();
    counted.sort_by_key(|one| (one.0, one.1));
    let (minutes, name, counted) = counted.into_iter().find_map(|(minutes, _, name, course)| {
        let counted = Counted::of(sweep, &course, asked);
        (counted.healthy.share() <= MOST_FALSE_ALARMS).then_some((minutes, name, counted))
    })?;
    let what = if name == asked.ready.chosen.own {
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

/// The smallest change of one alarm that reaches it under the template's own preference.
fn alarm(asked: &Asked<'_>, sweep: &Sweep<'_>) -> Change {
    let own = asked.ready.planned();
    let Ok(course) = sweep.course(&own.shift) else {
        return Change::None;
    };
    let today = Counted::of(sweep, &course, asked);
    let is_good = |counted: &Counted| {
        asked.is_reached(&counted.faulty) && counted.healthy.share() <= MOST_FALSE_ALARMS
    };
    if is_good(&today) {
        return Change::Needless;
    }
    let mut candidates = candidates(asked.ready, sweep);
    candidates.sort_by_key(|candidate| candidate.size);
    let tried = candidates.par_iter().map(|candidate| {
        let sweep = asked.sweep(&candidate.gates, TRIED_WITH)?;
        let course = sweep.course(&own.shift).ok()?;
        let counted = Counted::of(&sweep, &course, asked);
        is_good(&counted).then(|| counted.healthy.caught())
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
            .sweep(&candidate.gates, asked.options.seeds)
            .and_then(|sweep| Some(Counted::of(&sweep, &sweep.course(&own.shift).ok()?, asked)));
        if let Some(counted) = counted.filter(is_good) {
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
