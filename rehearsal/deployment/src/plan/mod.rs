//! What a template means for a rehearsal.
//!
//! - `deployments`: the deployments that an update starts, each with everything on its path.
//! - `aliases`: the aliases that an update moves at once.
//! - `order`: which resources wait for which deployments.
//! - `update`: what of an update between two templates is acted out.
//! - `target`: where a live request goes. [`requests`]: all of them. [`apis`]: by which API and route. [`claims`]: what an authorizer says of who asks.
//! - `functions`: the functions that a rehearsal runs. `infrastructure`: what they meet beside each other.
//! - `kept_versions`: versions that earlier updates have left. `logs`: what functions' log lines are read for.
//! - `watched`: the alarms whose state a rehearsal follows.
//! - `step`: what is of the release that an update is part of.
//! - `draft`: a plan that lacks its live requests. `planner`: what a plan is made from. `problem`: what it lacks.

mod aliases;
pub mod apis;
pub mod claims;
mod deployments;
mod draft;
mod functions;
mod infrastructure;
mod kept_versions;
mod logs;
mod order;
mod planner;
mod problem;
pub mod requests;
mod step;
mod target;
mod update;
mod watched;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rehearsal_aws::account::Account;
use rehearsal_aws::cloudwatch::metric::Metric;
use rehearsal_aws::cloudwatch::metrics_of::lambda::CONCURRENT_EXECUTIONS;
use rehearsal_aws::cloudwatch::metrics_of::{API_GATEWAY, LAMBDA};
use rehearsal_aws::codedeploy::deployment::AutoRollbackEvent;
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_aws::lambda::asynchronous::AsyncRetries;
use rehearsal_aws::ssm::Parameter;

use crate::fault::Fault;
use crate::gate_inputs::GivenMetric;
use crate::rehearsal::{Limits, Timing, Traffic};
use crate::request::Request;
use crate::revision::{Changing, Revision};
use crate::stub::Stubs;
use apis::ChangingApi;
use planner::Planner;

pub use crate::change::Pace;
pub use crate::gates::{Decision, Gate, Judge, Judged, Unused, WAYS_TO_GO_ON};
pub use aliases::{NamedVersions, PlainAlias};
pub use infrastructure::Table;
pub use kept_versions::{KeptVersion, KeptVersions};
pub use logs::{FunctionLog, Logs};
pub use problem::PlanError;
pub use rehearsal_template::stack::{NotPermitted, NotRehearsed, NotRehearsedKind};
pub use step::{Failing, PlannedAction, Step};
pub use target::{FrontKey, Target, TargetError};
pub use update::{inputs_after, set_replaced_apart};

/// The names of metrics that say how long something took.
pub(crate) const DURATIONS: [&str; 4] = [
    "Duration",
    "Latency",
    "IntegrationLatency",
    "UrlRequestLatency",
];

/// Everything that a [`World`](crate::World) needs to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where all draws come from.
    pub seed: u64,
    /// The live requests.
    pub traffic: Traffic,
    /// The APIs that live requests go through, before and after the update.
    pub apis: Vec<ChangingApi>,
    /// The tables, by logical id, before and after the update. One that it replaces has another name afterwards.
    pub tables: BTreeMap<String, Changing<Table>>,
    /// The tables and parameters that nothing deletes, by logical id and the revision that they are of.
    pub kept_resources: BTreeSet<(String, Revision)>,
    /// The SSM parameters that the stack writes, by logical id, before and after the update.
    pub parameters: BTreeMap<String, Changing<Parameter>>,
    /// Those that it does not write, and the rehearsal file gives.
    pub given_parameters: Vec<Parameter>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Modelled durations.
    pub timing: Timing,
    /// Functions without code.
    pub stubs: Stubs,
    /// How much of the machine it may take.
    pub limits: Limits,
    /// How much is kept of what a sandbox writes, in KiB.
    pub keep_kib: u32,
    /// The account that the stack is in.
    pub account: Account,
    /// Functions by logical id.
    pub functions: BTreeMap<String, Changing<Function>>,
    /// The versions that earlier updates have left.
    pub kept_versions: KeptVersions,
    /// The logical ids of the versions of the stack that the update leaves, by the function's and the version's number.
    pub version_ids: BTreeMap<(String, String), String>,
    /// The deployments that the update starts, in the template's order.
    pub deployments: Vec<Deployment>,
    /// The aliases that the update moves at once, or leaves alone.
    pub aliases: Vec<PlainAlias>,
    /// The logical id of the settings that a function has for asynchronous events (`AWS::Lambda::EventInvokeConfig`), by the
    /// function's.
    pub event_invoke_configs: BTreeMap<String, String>,
    /// The alarms whose state is followed, each after those that its rule names.
    pub alarms: Vec<WatchedAlarm>,
    /// The metrics whose data points are given.
    pub given_metrics: Vec<GivenMetric>,
    /// What functions' log lines are read for.
    pub logs: Logs,
    /// The update's resources, level by level: each refers to resources of the levels before it alone.
    pub update_levels: Vec<Vec<String>>,
    /// The resources that wait for deployments, by logical id: each comes after all traffic of these, indices into
    /// `deployments`, has shifted.
    pub waits_for: BTreeMap<String, BTreeSet<usize>>,
    /// How long resources take, and which wait for these.
    pub pace: Pace,
    /// Whether the update changes anything but functions, their versions and their aliases.
    pub changes_more_than_code: bool,
    /// Why resources cannot be had, by logical id, in the words of CloudFormation: the update fails when it comes to the first of them.
    pub failures: BTreeMap<String, String>,
    /// The logical ids of what leaves the stack when all else is done, in the order in which it goes.
    pub leaves: Vec<String>,
    /// The logical ids of what the update creates and a rollback leaves.
    pub keeps: BTreeSet<String>,
    /// What has no part in the rehearsal.
    pub not_rehearsed: Vec<NotRehearsed>,
    /// What it needs and AWS does not permit: a rehearsal checks no permissions.
    pub not_permitted: Vec<NotPermitted>,
    /// The deployments of stacks inside this one, `Network/Orders`: each is rehearsed by its own template.
    pub nested_deployments: Vec<String>,
    /// The routes that change in the template alone, `GET /orders of Api`: no new deployment takes them to a stage.
    pub not_deployed: Vec<String>,
    /// Its place in a release.
    pub step: Step,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its time-out in milliseconds.
    pub timeout_ms: i64,
    /// What Lambda does with its failed asynchronous events.
    pub retries: AsyncRetries,
    /// The logical id of the function that gets the record of an event that was given up.
    pub on_failure: Option<String>,
    /// Whether Lambda lets it run in a recursive loop (`RecursiveLoop: Allow`).
    pub may_recur: bool,
    /// The variables that only AWS knows, so that it runs without them: `KEY of Orders`.
    pub unset_variables: Vec<String>,
    /// How many of its invocations may run at once, where `ReservedConcurrentExecutions` says so.
    pub reserved_concurrency: Option<Reserved>,
}

/// A function's reserved concurrency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// The most that may run at once; with 0 none may.
    pub at_most: u32,
    /// Where the template says so.
    pub place: rehearsal_template::Place,
}

/// A deployment that the update starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// The logical id of its function.
    pub function: String,
    /// The alias's name.
    pub alias: String,
    /// The alias's logical id.
    pub alias_logical_id: String,
    /// The deployment configuration's name.
    pub config: String,
    /// Its steps.
    pub shift: TrafficShift,
    /// The version that runs.
    pub old_version: String,
    /// The version that the alias gives a share besides before the update, with the share (`RoutingConfig`).
    pub beside_old: Option<(String, f64)>,
    /// The version that the update brings.
    pub new_version: String,
    /// The logical id of the hook before the shift.
    pub before_allow_traffic: Option<String>,
    /// The logical id of the hook after it.
    pub after_allow_traffic: Option<String>,
    /// The alarms that stop it: logical ids, or names where the template has none.
    pub alarms: Vec<String>,
    /// What was decided of each alarm that its group names.
    pub gates: Vec<Gate>,
    /// Why no alias may name its two versions side by side, where that is so: its first step fails, if it is not its last.
    pub weights_refused: Option<String>,
    /// What starts a rollback.
    pub auto_rollback: Vec<AutoRollbackEvent>,
}

/// An alarm, before and after the update has come to it.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedAlarm {
    /// Its logical id, or its name where the template has none.
    pub id: String,
    /// Its name in the account.
    pub name: String,
    /// How it comes to its state before the update: of the version that runs, where it watches a version.
    pub before: Option<Judged>,
    /// How it does afterwards.
    pub after: Judged,
}

/// A plan that lacks its live requests: where some of them go depends on what is deployed.
///
/// ```no_run
/// # fn example(
/// #     old: &rehearsal_template::Stack,
/// #     new: &rehearsal_template::Stack,
/// #     rehearsal: &rehearsal_deployment::Rehearsal,
/// # ) -> Result<(), Vec<rehearsal_deployment::PlanError>> {
/// use rehearsal_deployment::plan::Draft;
///
/// let draft = Draft::new(old, new, rehearsal.given())?;
/// let target = draft.target("Worker", None, None).expect("the template has such a function");
/// let plan = draft.plan(rehearsal, &[target])?;
/// # Ok(()) }
/// ```
pub struct Draft<'a> {
    planner: Planner<'a>,
    deployments: Vec<Deployment>,
    aliases: Vec<PlainAlias>,
    apis: Vec<ChangingApi>,
    functions: BTreeMap<String, Changing<Function>>,
    kept_versions: KeptVersions,
    alarms: Vec<WatchedAlarm>,
    not_rehearsed: Vec<NotRehearsed>,
}

impl Plan {
    /// The kind of live request with this number.
    pub fn request(&self, kind: usize) -> &Request {
        &self.traffic.requests[kind]
    }

    /// Whether an alarm whose state is followed watches a metric of this namespace.
    pub fn watches(&self, namespace: &str) -> bool {
        self.watched().any(|metric| metric.namespace == namespace)
    }

    /// Whether an alarm whose state is followed watches how many invocations run at once.
    pub fn watches_concurrency(&self) -> bool {
        let is_concurrency =
            |metric: &Metric| metric.namespace == LAMBDA && metric.name == CONCURRENT_EXECUTIONS;
        self.watched().any(is_concurrency)
    }

    /// Whether a function has some concurrency reserved.
    pub fn reserves_concurrency(&self) -> bool {
        let mut functions = self.functions.values();
        functions.any(|function| {
            let each = function.before.iter().chain(&function.after);
            each.into_iter()
                .any(|function| function.reserved_concurrency.is_some())
        })
    }

    /// The metrics that have to be kept, those of the alarms whose state is followed; `None` for all of them, where another update
    /// follows: its alarms may look back.
    pub fn watched_metrics(&self) -> Option<HashSet<Metric>> {
        (!self.step.is_followed).then(|| self.watched().cloned().collect())
    }

    /// The metrics of the alarms whose state is followed.
    fn watched(&self) -> impl Iterator<Item = &Metric> {
        self.alarms
            .iter()
            .flat_map(|alarm| alarm.before.iter().chain([&alarm.after]))
            .flat_map(|judged| match judged {
                Judged::Metric(alarm) => alarm.watched.metrics(),
                Judged::Composite(_) | Judged::Given(_) => Vec::new(),
            })
    }

    /// The metrics that an alarm is computed from, by its id: those of the alarms that its rule names, too.
    pub fn metrics_of(&self, alarm: &str) -> Vec<&Metric> {
        let mut metrics = Vec::new();
        let mut open = vec![alarm];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            let named = |alarm: &&WatchedAlarm| alarm.id == id || alarm.name == id;
            let Some(alarm) = self.alarms.iter().find(named) else {
                continue;
            };
            if !seen.insert(&alarm.id) {
                continue;
            }
            match &alarm.after {
                Judged::Metric(alarm) => metrics.extend(alarm.watched.metrics()),
                Judged::Composite(rule) => open.extend(rule.alarms()),
                Judged::Given(_) => {}
            }
        }
        metrics
    }

    /// The alarms that are computed from how long invocations and requests take, which is modelled, by their ids. Not from data points that are given.
    pub fn gates_on_durations(&self) -> BTreeSet<String> {
        let is_given = |metric: &Metric| {
            let mut given = self.given_metrics.iter();
            given.any(|given| given.namespace == metric.namespace && given.name == metric.name)
        };
        let is_modelled = |metric: &&Metric| {
            let is_sent_here = [LAMBDA, API_GATEWAY].contains(&metric.namespace.as_str());
            is_sent_here && DURATIONS.contains(&metric.name.as_str()) && !is_given(metric)
        };
        let ids = self.alarms.iter().map(|alarm| &alarm.id);
        ids.filter(|id| self.metrics_of(id).iter().any(is_modelled))
            .cloned()
            .collect()
    }

    /// The deployment that shifts this alias of a function.
    pub fn deployment_of(&self, function: &str, alias: &str) -> Option<usize> {
        self.deployments
            .iter()
            .position(|deployment| deployment.function == function && deployment.alias == alias)
    }
}

#[cfg(test)]
mod tests;
