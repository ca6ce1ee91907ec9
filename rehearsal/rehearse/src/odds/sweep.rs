//! Rollouts of many cases, on all cores. Each rollout has its own random numbers, so that neither the other cases nor the number of
//! threads changes what comes of it.

use rayon::prelude::*;
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_aws::random::{Draws, Sequence};
use rehearsal_deployment::odds::{Chances, Course, Gates, Memory, NoOdds, Setting, Tally};

use super::prepare::Ready;
use super::tallies::Tallies;

/// How many rollouts a thread does at a time.
const AT_A_TIME: u64 = 100;

/// A deployment whose rollouts are counted.
pub struct Sweep<'p> {
    ready: &'p Ready<'p>,
    pub setting: Setting,
    seeds: u64,
    tallies: &'p Tallies,
    /// Which of the settings it is that the tallies know.
    alike: usize,
}

impl<'p> Sweep<'p> {
    /// Counts a deployment's rollouts with these gates.
    ///
    /// # Errors
    /// No gate could ever tell a faulty version.
    pub fn new(
        ready: &'p Ready<'p>,
        gates: &Gates,
        seeds: u64,
        tallies: &'p Tallies,
    ) -> Result<Self, NoOdds> {
        let Ready {
            chosen,
            plan,
            courses,
            ..
        } = ready;
        let of = (gates, courses);
        let setting = Setting::new(plan, chosen.deployment, chosen.failure, of)?;
        Ok(Self {
            ready,
            alike: tallies.alike(setting.in_numbers()),
            setting,
            seeds,
            tallies,
        })
    }

    /// The course of a rollout under a preference.
    ///
    /// # Errors
    /// Why there is none that succeeds.
    pub fn course(&self, shift: &TrafficShift) -> Result<Course, String> {
        let minutes_before = self.setting.minutes_before();
        self.ready.courses.of(shift, minutes_before)
    }

    /// What comes of all rollouts of a case.
    pub fn tally(&self, course: &Course, chances: Chances) -> Tally {
        let Course {
            created,
            shares,
            succeeded,
            finished,
            reached: _,
        } = course;
        let case = format!(
            "{} {} {created:?} {shares:?} {succeeded:?} {finished:?}",
            self.seeds,
            stream(chances)
        );
        self.tallies
            .once(self.alike, case, self.seeds, || self.count(course, chances))
    }

    fn count(&self, course: &Course, chances: Chances) -> Tally {
        let gates = self.setting.gates().len();
        let starts: Vec<u64> = (0..self.seeds.div_ceil(AT_A_TIME))
            .map(|chunk| chunk * AT_A_TIME)
            .collect();
        let mut tally = starts
            .into_par_iter()
            .map_init(Memory::default, |memory, start| {
                let mut tally = Tally::new(gates);
                for seed in start..(start + AT_A_TIME).min(self.seeds) {
                    let mut sequence = Sequence::new(Draws::new(seed).number(&stream(chances), 0));
                    tally.add(&self.setting.rollout(course, chances, &mut sequence, memory));
                }
                tally
            })
            .reduce(|| Tally::new(gates), Tally::with);
        tally.sort();
        tally
    }
}

/// The name of a case's random numbers. Preferences and gates share them: what is compared meets the same luck.
fn stream(chances: Chances) -> String {
    let Chances {
        requests_per_minute,
        error_rate,
        background_error_rate,
    } = chances;
    format!("odds/{requests_per_minute}/{error_rate}/{background_error_rate}")
}
