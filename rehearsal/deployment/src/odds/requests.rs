//! What can become of a live request: which version serves it, whether it fails, what its caller sees, and which metrics show it.

use std::collections::BTreeSet;

use rehearsal_aws::apigateway::stage::ApiStage;
use rehearsal_aws::cloudwatch::metric::Metrics;
use rehearsal_aws::cloudwatch::metrics_of::apigateway::record_request;
use rehearsal_aws::cloudwatch::metrics_of::lambda::{Invoked, record_invocation};
use rehearsal_aws::time::VirtualTime;

use super::course::Course;
use crate::event::InvocationOutcome;
use crate::fault::{FaultKind, Injected, WhichVersion};
use crate::plan::apis::{fronts, routed};
use crate::plan::{Plan, Target};
use crate::request::RequestKind;
use crate::revision::Revision;
use crate::stub::Stub;

/// How a faulty version fails those of its requests that it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A function error.
    Error,
    /// It answers this status, of which Lambda knows nothing.
    Status(u16),
    /// It answers so many milliseconds later, or not at all where that is its time-out or more.
    Delay(u32),
}

impl Failure {
    /// The fault that does it, in a world.
    pub(super) fn fault(self, timeout_ms: i64) -> Injected {
        let (kind, status, delay_ms) = match self {
            Self::Error => (FaultKind::Error, None, 0),
            Self::Status(status) => (FaultKind::Status, Some(status), 0),
            Self::Delay(ms) if i64::from(ms) >= timeout_ms => (FaultKind::Hang, None, ms),
            Self::Delay(ms) => (FaultKind::Delay, None, ms),
        };
        Injected {
            kind,
            status,
            code: None,
            delay_ms,
            written_by: WhichVersion::Any,
        }
    }
}

/// What becomes of requests of one kind that one version serves.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// Which sandboxes serve it.
    pub(super) pool: usize,
    /// How long it lasts, warm and cold, in milliseconds.
    pub(super) lasts_ms: [i64; 2],
    /// The places of the values that its metrics get, warm and cold.
    pub(super) records: [Vec<usize>; 2],
    /// Whether its caller is one that the faulty version has hurt.
    pub(super) hurts: bool,
    /// Whether its sandbox is gone afterwards.
    pub(super) ends_sandbox: bool,
}

/// The three classes of one kind and version, by their places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Served {
    pub(super) well: usize,
    /// Fails as a healthy version does now and then.
    pub(super) badly: usize,
    /// Fails as the faulty version does; the same as `well` of a version that is not faulty.
    pub(super) faultily: usize,
}

/// How a kind of request comes to its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goes {
    /// Through the alias that is shifted.
    ByShare,
    /// To the new version as soon as the update has come to the function or the alias, past the shift.
    WithTheUpdate,
    /// To what it went to before.
    ToOld,
}

/// A kind of live request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// Its weight, against that of all kinds from it on: what its count is drawn by.
    pub(super) share_of_rest: f64,
    pub(super) goes: Goes,
    pub(super) old: Served,
    pub(super) new: Served,
}

/// All classes before their metrics have places.
pub(super) struct Drafts<'p> {
    plan: &'p Plan,
    deployment: usize,
    failure: Failure,
    pub(super) kinds: Vec<Kind>,
    pub(super) classes: Vec<Draft>,
    pools: Vec<(String, String)>,
}

/// A class, and what its metrics are.
pub(super) struct Draft {
    pub(super) class: Class,
    pub(super) recorded: [Metrics; 2],
}

impl<'p> Drafts<'p> {
    pub(super) fn new(
        plan: &'p Plan,
        deployment: usize,
        failure: Failure,
        course: &Course,
    ) -> Self {
        let mut drafts = Self {
            plan,
            deployment,
            failure,
            kinds: Vec::new(),
            classes: Vec::new(),
            pools: Vec::new(),
        };
        let weights = plan.traffic.requests.iter();
        let mut rest: f64 = weights.map(|request| f64::from(request.weight)).sum();
        for (kind, request) in plan.traffic.requests.iter().enumerate() {
            let weight = f64::from(request.weight);
            if request.weight == 0 {
                continue;
            }
            rest -= weight;
            let Some(target) = target(plan, &course.reached, kind) else {
                continue;
            };
            let goes = drafts.goes(&target, course);
            let (old, new) = drafts.versions(&target);
            let old = drafts.served(kind, &target, &old, Revision::Before);
            let new = match goes {
                Goes::ToOld => old,
                _ => drafts.served(kind, &target, &new, Revision::After),
            };
            drafts.kinds.push(Kind {
                share_of_rest: weight / (rest + weight),
                goes,
                old,
                new,
            });
        }
        drafts
    }

    fn goes(&self, target: &Target, course: &Course) -> Goes {
        let own = &self.plan.deployments[self.deployment];
        let with = |reached: bool| {
            if reached {
                Goes::WithTheUpdate
            } else {
                Goes::ToOld
            }
        };
        let Some(qualifier) = target.qualifier.as_deref() else {
            return with(course.reached.contains(&target.function));
        };
        if target.function == own.function && qualifier == own.alias {
            return Goes::ByShare;
        }
        // Another deployment's alias does not move: that one is not rolled out.
        if self
            .plan
            .deployment_of(&target.function, qualifier)
            .is_some()
        {
            return Goes::ToOld;
        }
        let plain = self
            .plan
            .aliases
            .iter()
            .find(|alias| alias.function == target.function && alias.name == qualifier);
        if let Some(alias) = plain {
            return with(course.reached.contains(&alias.logical_id));
        }
        let mut deployments = self.plan.deployments.iter();
        let is_new = deployments.any(|deployment| {
            deployment.function == target.function
                && deployment.new_version == qualifier
                && deployment.old_version != qualifier
        });
        with(is_new && course.reached.contains(&target.function))
    }

    /// The versions that serve a target, before and after.
    fn versions(&self, target: &Target) -> (String, String) {
        let Some(qualifier) = target.qualifier.as_deref() else {
            let latest = "$LATEST".to_owned();
            return (latest.clone(), latest);
        };
        let deployed = self
            .plan
            .deployment_of(&target.function, qualifier)
            .map(|deployment| &self.plan.deployments[deployment])
            .map(|deployment| (&deployment.old_version, &deployment.new_version));
        if let Some((old, new)) = deployed {
            return (old.clone(), new.clone());
        }
        let mut aliases = self.plan.aliases.iter();
        let plain =
            aliases.find(|alias| alias.function == target.function && alias.name == qualifier);
        if let Some(alias) = plain {
            let [old, new] = [Revision::Before, Revision::After].map(|of| alias.version(of));
            let there = old.or(new).unwrap_or(qualifier);
            let there = |version: Option<&str>| version.unwrap_or(there).to_owned();
            return (there(old), there(new));
        }
        // A number. As long as the new one is not published, the one before it answers.
        let mut deployments = self.plan.deployments.iter();
        let old = deployments
            .find(|own| own.function == target.function && own.new_version == qualifier)
            .map_or(qualifier, |own| own.old_version.as_str());
        (old.to_owned(), qualifier.to_owned())
    }

    fn served(
        &mut self,
        kind: usize,
        target: &Target,
        version: &str,
        revision: Revision,
    ) -> Served {
        let own = &self.plan.deployments[self.deployment];
        let is_faulty = revision == Revision::After && target.function == own.function;
        let well = self.class(target, version, revision, None);
        let badly = self.class(target, version, revision, Some(Failure::Error));
        let faultily = if is_faulty {
            let class = self.class(target, version, revision, Some(self.failure));
            self.classes[class].class.hurts = self.hurts(kind, target, revision);
            class
        } else {
            well
        };
        Served {
            well,
            badly,
            faultily,
        }
    }

    /// Whether a caller of the faulty version notices that it is: it sees an error, or it waits.
    fn hurts(&self, kind: usize, target: &Target, revision: Revision) -> bool {
        let timeout_ms = self.timeout_ms(target, revision);
        let fault = self.failure.fault(timeout_ms);
        let stub = Stub::plain(&target.function);
        let done = stub.invoked(Some(&fault), timeout_ms);
        let status = target.api.as_ref().map(|api| done.status(api.kind));
        matches!(self.failure, Failure::Delay(_))
            || self.plan.request(kind).is_error(status, done.outcome)
    }

    fn timeout_ms(&self, target: &Target, revision: Revision) -> i64 {
        let function = self.plan.functions.get(&target.function);
        let function = function.and_then(|function| function.of(revision));
        function.map_or(i64::MAX, |function| function.timeout_ms)
    }

    fn class(
        &mut self,
        target: &Target,
        version: &str,
        revision: Revision,
        failure: Option<Failure>,
    ) -> usize {
        let plan = self.plan;
        let function = plan.functions.get(&target.function);
        let function = function.and_then(|function| function.of(revision));
        let timeout_ms = self.timeout_ms(target, revision);
        let fault = failure.map(|failure| failure.fault(timeout_ms));
        let stub = Stub::plain(&target.function);
        let done = stub.invoked(fault.as_ref(), timeout_ms);
        let status = target.api.as_ref().map(|api| done.status(api.kind));
        let lasts_ms = [false, true].map(|cold| {
            if done.outcome == InvocationOutcome::TimedOut {
                return timeout_ms;
            }
            let starts_ms = if cold { plan.timing.cold_start_ms } else { 0 };
            let waits_ms = fault.as_ref().map_or(0, |fault| fault.delay_ms);
            i64::from(plan.timing.base_ms) + i64::from(starts_ms) + i64::from(waits_ms)
        });
        let api: Option<(&ApiStage, u16)> = target.api.as_ref().zip(status);
        let recorded = lasts_ms.map(|duration_ms| {
            let mut metrics = Metrics::default();
            let name = function.map(|function| function.name.as_str());
            if let Some(name) = name {
                let qualifier = target.qualifier.as_deref();
                let through_alias = qualifier.is_some_and(|qualifier| qualifier != version);
                let invoked = Invoked {
                    function: name,
                    qualifier,
                    executed_version: through_alias.then_some(version),
                    start: VirtualTime::ZERO,
                    duration_ms,
                    throttled: false,
                    error: done.outcome.is_function_error(),
                };
                record_invocation(&mut metrics, invoked);
            }
            if let Some((api, status)) = api {
                record_request(&mut metrics, api, VirtualTime::ZERO, status, duration_ms);
            }
            metrics
        });
        let class = Class {
            pool: self.pool(&target.function, version),
            lasts_ms,
            records: [Vec::new(), Vec::new()],
            hurts: false,
            ends_sandbox: done.outcome.ends_sandbox(),
        };
        self.classes.push(Draft { class, recorded });
        self.classes.len() - 1
    }

    fn pool(&mut self, function: &str, version: &str) -> usize {
        let key = (function.to_owned(), version.to_owned());
        let there = self.pools.iter().position(|pool| *pool == key);
        there.unwrap_or_else(|| {
            self.pools.push(key);
            self.pools.len() - 1
        })
    }

    pub(super) fn pools(&self) -> usize {
        self.pools.len()
    }
}

/// Where a kind of request goes while the deployment runs: the update has come to what is `reached`. `None` where no API has a route
/// for it then.
fn target(plan: &Plan, reached: &BTreeSet<String>, kind: usize) -> Option<Target> {
    match &plan.request(kind).kind {
        RequestKind::Http(asked) => {
            let now = fronts(&plan.apis, |api| api.revision(|id| reached.contains(id)));
            let (front, found) = routed(&now, asked)?;
            Some(Target {
                function: found.route.function.clone(),
                qualifier: found.route.qualifier.clone(),
                api: Some(front.stage(found.route)),
            })
        }
        RequestKind::Invoke(asked) => {
            let mut deployments = plan.deployments.iter();
            let own = deployments.find(|deployment| deployment.function == asked.function);
            Some(Target {
                function: asked.function.clone(),
                qualifier: asked
                    .qualifier
                    .clone()
                    .or(own.map(|deployment| deployment.alias.clone())),
                api: None,
            })
        }
    }
}

/// Leaves a plan with those of its live requests that go to one function; with all, where none does.
pub fn keep_those_to(plan: &mut Plan, function: &str) {
    let unreached = BTreeSet::new();
    let goes =
        |kind| target(plan, &unreached, kind).is_some_and(|target| target.function == function);
    let goes: Vec<bool> = (0..plan.traffic.requests.len()).map(goes).collect();
    if goes.contains(&true) {
        let mut goes = goes.into_iter();
        plan.traffic
            .requests
            .retain(|_| goes.next().unwrap_or_default());
    }
}
