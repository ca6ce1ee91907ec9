//! One rollout: the traffic before it, its shifts, the evaluation of its alarms every minute, its stop and its rollback.
//!
//! An alarm changes its state at whole minutes alone, and CodeDeploy looks at it afterwards; in between nothing but requests happens.

use rehearsal_aws::cloudwatch::metric_alarm::{AlarmState, EVALUATED_EVERY_MS};
use rehearsal_aws::codedeploy::deployment::{
    ALARMS_POLLED_EVERY_MS, ROLLBACK_BEGINS_AFTER_MS, ROLLBACK_TAKES_MS,
};
use rehearsal_aws::random::Sequence;
use rehearsal_aws::time::MINUTE_MS;

use super::arrivals::Arrivals;
use super::course::Course;
use super::minutes::{Minutes, OfAlarm};
use super::requests::{Goes, Served};
use super::sandboxes::Load;
use super::setting::{Setting, Watch};
use crate::plan::Judged;

/// What is left to chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chances {
    /// How many live requests arrive in a minute.
    pub requests_per_minute: u32,
    /// The share of its requests that the new version fails.
    pub error_rate: f64,
    /// The share of all requests, to either version, that end in a function error.
    pub background_error_rate: f64,
}

/// What came of a rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollout {
    /// The gates that stopped it, indices into [`Setting::gates`]; none where it succeeded.
    pub stopped_by: Vec<usize>,
    /// How many requests the new version failed, until all traffic is back or the rehearsal's traffic ends.
    pub hurt: u64,
    /// Milliseconds from the first shift to the moment at which all traffic is back. `None` where nothing was stopped, nothing had
    /// shifted, or nothing goes back.
    pub back_after_ms: Option<i64>,
}

/// Room that rollouts use one after the other.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    minutes: Minutes,
    states: Vec<AlarmState>,
    /// How many requests of each class a span of time has.
    drawn: Vec<u32>,
    /// The sandboxes of each pool.
    sandboxes: Vec<u32>,
}

/// A rollout on its way.
struct Under<'a> {
    setting: &'a Setting,
    chances: Chances,
    sequence: &'a mut Sequence,
    memory: &'a mut Memory,
    arrivals: Arrivals,
    /// The moment up to which requests have arrived.
    now: i64,
    /// The new version's share of the alias.
    share: f64,
    /// Whether the update has come to the functions.
    updated: bool,
    hurt: u64,
}

impl Setting {
    /// One rollout on a course.
    pub fn rollout(
        &self,
        course: &Course,
        chances: Chances,
        sequence: &mut Sequence,
        memory: &mut Memory,
    ) -> Rollout {
        memory.minutes.clear(self.width);
        memory.states.clear();
        memory
            .states
            .resize(self.alarms.len(), AlarmState::InsufficientData);
        memory.sandboxes.clear();
        memory.sandboxes.resize(self.pools, 0);
        let under = Under {
            setting: self,
            chances,
            sequence,
            memory,
            arrivals: Arrivals::new(chances.requests_per_minute),
            now: 0,
            share: 0.0,
            updated: false,
            hurt: 0,
        };
        under.run(course)
    }
}

impl Under<'_> {
    fn run(mut self, course: &Course) -> Rollout {
        let mut shifts = course.shares.iter();
        let mut next = shifts.next();
        loop {
            let evaluated = self.now + EVALUATED_EVERY_MS;
            while let Some((at, share)) = next.filter(|(at, _)| at.0 < evaluated) {
                self.arrive_until(at.0, true);
                self.share = *share;
                next = shifts.next();
            }
            self.arrive_until(evaluated, true);
            self.updated = evaluated >= course.created.0;
            self.evaluate(evaluated);
            // CodeDeploy looks from the deployment's creation on, at its own moments; what shifts at such a moment, shifts before.
            let since = evaluated - course.created.0;
            if since >= 0 {
                let polled = course.created.0
                    + (since + ALARMS_POLLED_EVERY_MS - 1) / ALARMS_POLLED_EVERY_MS
                        * ALARMS_POLLED_EVERY_MS;
                if polled > course.created.0 && polled >= course.succeeded.0 {
                    break;
                }
                let stopped_by = self.firing();
                if !stopped_by.is_empty() {
                    return self.stopped(course, polled, stopped_by);
                }
            }
        }
        for (at, share) in next.into_iter().chain(shifts) {
            self.arrive_until(at.0, false);
            self.share = *share;
        }
        self.arrive_until(course.finished.0, false);
        Rollout {
            stopped_by: Vec::new(),
            hurt: self.hurt,
            back_after_ms: None,
        }
    }

    /// The gates that are in ALARM.
    fn firing(&self) -> Vec<usize> {
        let alarms = self.setting.gate_alarms.iter().enumerate();
        alarms
            .filter(|(_, alarm)| self.memory.states[**alarm] == AlarmState::Alarm)
            .map(|(gate, _)| gate)
            .collect()
    }

    /// The deployment is over: its traffic goes back, and then the stack.
    fn stopped(mut self, course: &Course, at: i64, stopped_by: Vec<usize>) -> Rollout {
        let first_shift = course.first_shift().0;
        let mut back_after_ms = None;
        if self.setting.goes_back {
            let back = at + ROLLBACK_BEGINS_AFTER_MS;
            self.arrive_until(back, false);
            self.share = 0.0;
            back_after_ms = (first_shift <= at).then_some(back - first_shift);
            self.arrive_until(back + ROLLBACK_TAKES_MS, false);
        } else {
            self.arrive_until(at, false);
            self.updated = false;
            // The alias stays on both versions, until the traffic ends at a whole minute after the first shift.
            let origin = first_shift.min(at);
            let after = at + i64::from(self.setting.minutes_after) * MINUTE_MS;
            let minutes = (after - origin + MINUTE_MS - 1).div_euclid(MINUTE_MS);
            self.arrive_until(origin + minutes * MINUTE_MS, false);
        }
        Rollout {
            stopped_by,
            hurt: self.hurt,
            back_after_ms,
        }
    }

    /// The requests up to a moment arrive. `seen` by alarms: then the moment is no later than the end of the minute.
    fn arrive_until(&mut self, moment: i64, seen: bool) {
        let began = self.now;
        if moment <= began {
            return;
        }
        self.now = moment;
        let arrived = self.arrivals.until(moment, self.sequence);
        let minute = usize::try_from(began / MINUTE_MS).unwrap_or_default();
        if seen {
            self.memory.minutes.begin(minute);
        }
        if arrived == 0 {
            return;
        }
        self.draw(arrived);
        for (class, drawn) in self.setting.classes.iter().zip(&self.memory.drawn) {
            if class.hurts {
                self.hurt += u64::from(*drawn);
            }
        }
        if seen {
            self.record(arrived, minute, began);
        }
    }

    /// How many of the arrived requests are of which class.
    fn draw(&mut self, arrived: u32) {
        self.memory.drawn.clear();
        self.memory.drawn.resize(self.setting.classes.len(), 0);
        let mut rest = arrived;
        for kind in &self.setting.kinds {
            let of_kind = self.sequence.how_many(rest, kind.share_of_rest);
            rest -= of_kind;
            let of_new = match kind.goes {
                Goes::ByShare => self.sequence.how_many(of_kind, self.share),
                Goes::WithTheUpdate if self.updated => of_kind,
                Goes::WithTheUpdate | Goes::ToOld => 0,
            };
            self.serve(kind.old, of_kind - of_new, 0.0);
            self.serve(kind.new, of_new, self.chances.error_rate);
        }
    }

    /// A version serves so many requests, of which it fails this share.
    ///
    /// Assumed: each fails by itself, with the same chance as any other.
    fn serve(&mut self, served: Served, count: u32, error_rate: f64) {
        if count == 0 {
            return;
        }
        let faulty = if served.faultily == served.well {
            0
        } else {
            self.sequence.how_many(count, error_rate)
        };
        let background = self.chances.background_error_rate;
        let bad = self.sequence.how_many(count - faulty, background);
        let drawn = &mut self.memory.drawn;
        drawn[served.well] += count - faulty - bad;
        drawn[served.badly] += bad;
        if faulty > 0 {
            drawn[served.faultily] += faulty;
        }
    }

    /// Records what arrived from `began` until now.
    fn record(&mut self, arrived: u32, minute: usize, began: i64) {
        for pool in 0..self.setting.pools {
            let mut cold = self.cold(pool, arrived);
            let mut rest: u32 = self.of_pool(pool);
            for place in 0..self.setting.classes.len() {
                let class = &self.setting.classes[place];
                let drawn = self.memory.drawn[place];
                if class.pool != pool || drawn == 0 {
                    continue;
                }
                let mut of_class = 0;
                // Which of the pool's requests are cold has nothing to do with their class.
                for position in 0..drawn {
                    if cold == 0 {
                        break;
                    }
                    if self
                        .sequence
                        .happens(f64::from(cold) / f64::from(rest - position))
                    {
                        cold -= 1;
                        of_class += 1;
                    }
                }
                rest -= drawn;
                self.record_class(place, drawn - of_class, 0, minute, began);
                self.record_class(place, of_class, 1, minute, began);
            }
        }
    }

    fn of_pool(&self, pool: usize) -> u32 {
        let classes = self.setting.classes.iter().zip(&self.memory.drawn);
        classes
            .filter(|(class, _)| class.pool == pool)
            .map(|(_, drawn)| drawn)
            .sum()
    }

    /// How many requests of a pool start cold. Where no alarm asks how long anything takes, it does not matter.
    fn cold(&mut self, pool: usize, arrived: u32) -> u32 {
        if !self.setting.watches_durations {
            return 0;
        }
        let served = self.of_pool(pool);
        let load = Load {
            per_minute: self.chances.requests_per_minute,
            served,
            share: f64::from(served) / f64::from(arrived),
        };
        let classes = self.setting.classes.iter().zip(&self.memory.drawn);
        let of_pool = classes.filter(|(class, _)| class.pool == pool);
        let ended: u32 = of_pool
            .clone()
            .filter(|(class, _)| class.ends_sandbox)
            .map(|(_, drawn)| drawn)
            .sum();
        let lasts = of_pool.map(|(class, drawn)| (*drawn, class.lasts_ms[0]));
        let sandboxes = &mut self.memory.sandboxes[pool];
        let cold = load.cold(lasts, sandboxes, self.setting.kept, self.sequence);
        *sandboxes = sandboxes.saturating_sub(ended);
        cold
    }

    /// Records requests of a class; `cold` is 1 for those that started cold. Those that are not over at the minute's end, or
    /// delayed beyond it, are seen later.
    fn record_class(&mut self, place: usize, count: u32, cold: usize, minute: usize, began: i64) {
        let class = &self.setting.classes[place];
        if count == 0 || class.records[cold].is_empty() {
            return;
        }
        let lasts = class.lasts_ms[cold].max(self.setting.seen_after_ms);
        let end = (began / MINUTE_MS + 1) * MINUTE_MS;
        // Whole minutes later than it began, and perhaps one more.
        let later = usize::try_from(lasts / MINUTE_MS).unwrap_or_default();
        let within = (self.now - (end - lasts % MINUTE_MS).max(began)).max(0);
        let one_more = share(within, self.now - began);
        let last = self.sequence.how_many(count, one_more);
        let minutes = &mut self.memory.minutes;
        for record in &class.records[cold] {
            for (count, later) in [(count - last, later), (last, later + 1)] {
                match (count, later) {
                    (0, _) => {}
                    (_, 0) => minutes.record(minute, *record, count),
                    (_, later) => minutes.record_late(minute + later, minute, *record, count),
                }
            }
        }
    }

    /// CloudWatch's part, at a whole minute.
    fn evaluate(&mut self, at: i64) {
        let minute = usize::try_from(at / MINUTE_MS).unwrap_or_default();
        self.memory.minutes.show(minute - 1);
        for (place, watch) in self.setting.alarms.iter().enumerate() {
            let judged = if self.updated {
                &watch.after
            } else {
                &watch.before
            };
            let Some((judged, queries)) = judged else {
                continue;
            };
            let states = &self.memory.states;
            let state = match judged {
                Judged::Metric(alarm) => {
                    let from = OfAlarm {
                        minutes: &self.memory.minutes,
                        metrics: &self.setting.metrics,
                        queries,
                        steady_until: self.setting.steady_until(),
                        delay_ms: self.setting.seen_after_ms,
                    };
                    alarm.state(&from, rehearsal_aws::VirtualTime(at), states[place])
                }
                Judged::Composite(rule) => {
                    rule.state(&|name| state_of(&self.setting.alarms, states, name))
                }
                // One on a given alarm is left out.
                Judged::Given(_) => AlarmState::Ok,
            };
            self.memory.states[place] = state;
        }
    }
}

/// The state of an alarm by its name. One that is not there has no data.
fn state_of(alarms: &[Watch], states: &[AlarmState], name: &str) -> AlarmState {
    let place = alarms.iter().position(|alarm| alarm.name == name);
    place.map_or(AlarmState::InsufficientData, |place| states[place])
}

/// A part of a span of time.
#[expect(
    clippy::cast_precision_loss,
    reason = "a rollout is shorter than 2^53 ms"
)]
fn share(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64
}
