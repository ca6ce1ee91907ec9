//! What a world knows, in its parts.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use rehearsal_aws::cloudwatch::metric::Metrics;
use rehearsal_aws::cloudwatch::metric_alarm::EVALUATED_EVERY_MS;
use rehearsal_aws::codedeploy::deployment::Deployment;
use rehearsal_aws::lambda::alias::Alias;
use rehearsal_aws::lambda::sandboxes::{Room, Sandboxes};
use rehearsal_aws::time::{MINUTE_MS, VirtualTime};

use super::alarm_fires::Watch;
use super::asynchronous::AsyncEvent;
use super::chain::Chains;
use super::hook_reports::Reported;
use super::invocation::{Open, Waiting};
use super::next_update::AliasName;
use super::queue::Queue;
use super::requests::Completion;
use super::routing::Way;
use super::{CallId, Ended, InvocationId, concurrency, logs};
use crate::plan::{Plan, Reserved};
use crate::traffic::Arrival;

/// The live requests that are to come, and those on their way to their virtual end.
#[derive(Debug, Default)]
pub(super) struct LiveTraffic {
    /// When the traffic of this update began, with that between it and the one before.
    pub(super) began: VirtualTime,
    /// The number of its first live request, and of the next that is planned.
    pub(super) first_request: u64,
    pub(super) next_request: u64,
    pub(super) arrivals: VecDeque<Arrival>,
    /// Where each kind of live request goes.
    pub(super) ways: HashMap<usize, Way>,
    pub(super) completions: Queue<Completion>,
}

/// The invocations that run or wait, and where.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) open: HashMap<InvocationId, Open>,
    /// Those for which there is no sandbox yet.
    pub(super) waiting: VecDeque<Waiting>,
    /// The invocations that wait for the results of calls.
    pub(super) callers: HashMap<CallId, InvocationId>,
    /// The open ones that have ended, until all have.
    pub(super) ended: BTreeMap<InvocationId, Ended>,
    /// How many invocations were given out.
    pub(super) given_out: u64,
    /// How many of them have come to their virtual end.
    pub(super) recorded: u64,
    /// How many calls of each kind functions have made on a hook's account.
    pub(super) hook_calls: BTreeMap<String, u64>,
    pub(super) chains: Chains,
    pub(super) sandboxes: Sandboxes,
}

impl Running {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            open: HashMap::new(),
            waiting: VecDeque::new(),
            callers: HashMap::new(),
            ended: BTreeMap::new(),
            given_out: 0,
            recorded: 0,
            hook_calls: BTreeMap::new(),
            chains: Chains::default(),
            sandboxes: Sandboxes::new(Room::of(plan.limits.processes)),
        }
    }
}

/// Lambda's queue of asynchronous events, and the reports of the hooks that it invokes.
#[derive(Debug, Default)]
pub(super) struct Asynchronous {
    pub(super) events: Vec<AsyncEvent>,
    pub(super) reports: Vec<Reported>,
}

/// Metrics, and the alarms on them.
#[derive(Debug)]
pub(super) struct CloudWatch {
    pub(super) metrics: Metrics,
    /// Whether an alarm watches how many invocations run at once, or a function has some reserved.
    pub(super) counts_concurrency: bool,
    /// By how much functions were beyond what was reserved for them, at the worst: that, and how many ran at once, by logical id.
    pub(super) beyond_reserved: BTreeMap<String, (Reserved, f64)>,
    /// The invocations that are over, as far as that asks for them.
    pub(super) ended_runs: concurrency::EndedRuns,
    /// In which minutes lines came that each metric filter read, and whether one counted.
    pub(super) counted: logs::Counted,
    /// How many data points of each given metric are among them.
    pub(super) given_points: Vec<usize>,
    /// What deployments met of all that the rehearsal file gives; `None` while none has begun.
    pub(super) given_met: Option<GivenMet>,
    /// One for each of the plan's alarms.
    pub(super) alarms: Vec<Watch>,
    /// When alarms are evaluated next.
    pub(super) next_evaluation: VirtualTime,
}

/// What deployments met of all that the rehearsal file gives: their alarms were polled with it.
#[derive(Clone, Debug, Default)]
pub(super) struct GivenMet {
    /// The names of the given alarms that were in ALARM while a deployment ran that they could stop.
    pub(super) alarms: BTreeSet<String>,
    /// How many data points of each given metric there were.
    pub(super) points: Vec<usize>,
}

/// The metrics of a plan, of which nothing is recorded yet.
fn metrics(plan: &Plan) -> Metrics {
    let minutes = i64::from(plan.traffic.minutes_before);
    let mut metrics = Metrics::delayed(plan.timing.metric_delay_ms.into())
        .steady_until(VirtualTime(minutes * MINUTE_MS));
    metrics.watch(plan.watched_metrics());
    metrics
}

impl CloudWatch {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            metrics: metrics(plan),
            counts_concurrency: plan.watches_concurrency() || plan.reserves_concurrency(),
            beyond_reserved: BTreeMap::new(),
            ended_runs: BTreeMap::new(),
            counted: vec![BTreeMap::new(); plan.logs.filters.len()],
            given_points: vec![0; plan.given_metrics.len()],
            given_met: None,
            alarms: plan.alarms.iter().map(Watch::before_update).collect(),
            next_evaluation: VirtualTime(EVALUATED_EVERY_MS),
        }
    }
}

/// An alias that the update deploys: what it serves, and the deployment that shifts it.
#[derive(Debug)]
pub(super) struct AliasUpdate {
    /// There from the beginning, for requests arrive before the update.
    pub(super) alias: Alias,
    /// It waits until the update comes to the alias.
    pub(super) deployment: Deployment,
}

/// The deployments, and what the aliases serve that they shift.
#[derive(Debug)]
pub(super) struct CodeDeploy {
    /// One for each of the plan's deployments.
    pub(super) updates: Vec<AliasUpdate>,
    /// Aliases that earlier updates of the release deployed, and this one does not.
    pub(super) other_aliases: Vec<(AliasName, Alias)>,
    /// How many deployments earlier updates of the release had.
    pub(super) deployments_before: u64,
}

impl CodeDeploy {
    pub(super) fn new(plan: &Plan) -> Self {
        let updates = plan.deployments.iter().map(|planned| {
            let alias = Alias::new(&planned.old_version);
            AliasUpdate {
                alias: match &planned.beside_old {
                    Some((version, share)) => alias.beside(version, *share),
                    None => alias,
                },
                deployment: Deployment::waiting(),
            }
        });
        Self {
            updates: updates.collect(),
            other_aliases: Vec::new(),
            deployments_before: 0,
        }
    }

    /// The deployments, in the plan's order.
    pub(super) fn deployments(&self) -> impl Iterator<Item = &Deployment> {
        self.updates.iter().map(|update| &update.deployment)
    }
}
