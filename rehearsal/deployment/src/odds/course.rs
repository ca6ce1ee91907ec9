//! When a deployment's traffic shifts: as a world has it, in which no request arrives and no alarm is there.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rehearsal_aws::codedeploy::deployment::DeploymentStatus;
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_aws::time::{MINUTE_MS, VirtualTime};

use crate::event::Happening;
use crate::plan::{Pace, Plan};
use crate::stub::Stubs;
use crate::world::{Input, World};

/// Why a deployment does not succeed that has no end of which CodeDeploy says anything.
const NEVER_ENDS: &str = "it is not over when the rehearsal is";

/// The course of a deployment that nothing stops.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// When it is created: a whole minute, for the traffic before it is of whole minutes.
    pub created: VirtualTime,
    /// When the new version's share of the alias changes, and to what.
    pub shares: Vec<(VirtualTime, f64)>,
    /// When it has succeeded: from then on no alarm stops it.
    pub succeeded: VirtualTime,
    /// When the traffic after it ends.
    pub finished: VirtualTime,
    /// The resources that the update has reached when it is created.
    pub reached: BTreeSet<String>,
}

impl Course {
    /// The course that a deployment's plan alone has, or what CodeDeploy says of the deployment that does not succeed.
    fn run(alone: Plan) -> Result<Self, String> {
        let new_version = alone.deployments[0].new_version.clone();
        let mut world = World::new(alone);
        // All functions are stubs, so that nobody outside has anything to do.
        world.step(Input::Begin);
        let mut created = None;
        let mut succeeded = None;
        let mut failed = None;
        let mut finished = None;
        let mut shares = Vec::new();
        let mut reached = BTreeSet::new();
        for event in world.events() {
            match &event.happening {
                Happening::DeploymentCreated { .. } => created = Some(event.at),
                Happening::UpdateReached { resources } if succeeded.is_none() => {
                    reached.extend(resources.iter().cloned());
                }
                Happening::TrafficShifted { shares: now, .. } => {
                    let share = now.get(&new_version).copied().unwrap_or(0.0);
                    shares.push((event.at, share));
                }
                Happening::DeploymentEnded {
                    status: DeploymentStatus::Succeeded,
                    ..
                } => succeeded = Some(event.at),
                Happening::DeploymentEnded { message, .. } => failed.clone_from(message),
                Happening::Finished => finished = Some(event.at),
                _ => {}
            }
        }
        let course = || {
            Some(Self {
                created: created?,
                shares,
                succeeded: succeeded?,
                finished: finished?,
                reached,
            })
        };
        course().ok_or_else(|| failed.unwrap_or_else(|| NEVER_ENDS.to_owned()))
    }

    /// When traffic first shifts.
    pub fn first_shift(&self) -> VirtualTime {
        self.shares.first().map_or(self.created, |(at, _)| *at)
    }

    /// Minutes from the first shift to the last, in which the new version gets everything.
    pub fn minutes(&self) -> i64 {
        let last = self.shares.last().map_or(self.created, |(at, _)| *at);
        (last - self.first_shift()) / MINUTE_MS
    }
}

/// The courses of one of a plan's deployments. Each is found once: to find one is to run a world.
#[derive(Debug)]
pub struct Courses {
    /// The plan of the deployment alone.
    alone: Plan,
    known: Mutex<Vec<Known>>,
}

/// A course, and what it is of.
#[derive(Debug)]
struct Known {
    shift: TrafficShift,
    minutes_before: u32,
    course: Result<Course, String>,
}

impl Courses {
    /// Those of a deployment, none of them found yet.
    pub fn new(plan: &Plan, deployment: usize) -> Self {
        Self {
            alone: alone(plan, deployment),
            known: Mutex::default(),
        }
    }

    /// The course with a shift, after so many minutes of traffic.
    ///
    /// # Errors
    /// The deployment does not succeed although all functions are stubs, and why: a hook takes longer than it may, say.
    pub fn of(&self, shift: &TrafficShift, minutes_before: u32) -> Result<Course, String> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |one: &&Known| one.shift == *shift && one.minutes_before == minutes_before;
        if let Some(one) = known().iter().find(is_it) {
            return one.course.clone();
        }
        let mut plan = self.alone.clone();
        plan.deployments[0].shift = shift.clone();
        plan.traffic.minutes_before = minutes_before;
        let course = Course::run(plan);
        known().push(Known {
            shift: shift.clone(),
            minutes_before,
            course: course.clone(),
        });
        course
    }
}

/// The plan of one deployment, without traffic and alarms.
fn alone(plan: &Plan, deployment: usize) -> Plan {
    let mut alone = plan.clone();
    let mut own = plan.deployments[deployment].clone();
    own.alarms.clear();
    own.gates.clear();
    alone.deployments = vec![own];
    alone.alarms.clear();
    alone.given_metrics.clear();
    alone.faults.clear();
    // The odds begin with the deployment.
    alone.pace = Pace::default();
    alone.traffic.requests_per_minute = 0;
    alone.stubs = Stubs {
        named: Vec::new(),
        all_old: true,
        all_new: true,
    };
    for waits_for in alone.waits_for.values_mut() {
        *waits_for = waits_for
            .contains(&deployment)
            .then_some(0)
            .into_iter()
            .collect();
    }
    alone.waits_for.retain(|_, waits_for| !waits_for.is_empty());
    // The alias itself waits for other deployments alone, and those are left out.
    alone
        .waits_for
        .remove(&plan.deployments[deployment].alias_logical_id);
    alone
}
