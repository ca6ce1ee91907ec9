//! Which deployments an update starts.
//!
//! `CodeDeployLambdaAliasUpdate` acts when an update changes the alias's version, and never when the alias is created (CloudFormation
//! user guide, "`UpdatePolicy` attribute").

use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_template::stack::{AlarmReference, Alias, Hook};
use rehearsal_template::{Field, Place, Stack};

use super::changes::Action;
use super::late_gates::{TOO_LATE, is_too_late};
use super::resources::Compared;
use super::versions::VersionAction;
use crate::gate_inputs::Given;
use crate::gates::{Decision, Judge};

/// An alias, and whether an update deploys it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentChange {
    /// The logical id of its function; `None` where that is not known.
    pub function: Option<String>,
    /// The alias's name; `None` where that is not known.
    pub alias: Option<String>,
    /// The alias's logical id.
    pub alias_logical_id: String,
    /// Whether a deployment of it starts; `None` where that is not known.
    pub starts: Option<bool>,
    /// Why.
    pub why: String,
    /// Whether one would start, if the update did not fail before.
    pub(crate) fails_before: bool,
    /// Whether its callers meet another version all at once, without a deployment.
    pub at_once: bool,
    /// The deployment configuration's name; `None` where there is none or it is not known.
    pub config: Option<String>,
    /// How it shifts; `None` where that is not known.
    pub shift: Option<TrafficShift>,
    /// Its hooks, in their order.
    pub hooks: Vec<HookOfDeployment>,
    /// The alarms that its group names.
    pub gates: Vec<Gate>,
    /// Why it is not known which alarms stop it; `None` where they are the gates.
    pub gates_unknown: Option<String>,
    /// Where it stands.
    pub place: Place,
}

impl DeploymentChange {
    /// The minutes from the first step of its shift to the last; `None` where that is not known.
    pub fn minutes(&self) -> Option<u32> {
        self.shift.as_ref()?.steps().last().map(|step| step.minute)
    }
}

/// A hook of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookOfDeployment {
    /// Its lifecycle event.
    pub event: LifecycleEventName,
    /// The function's logical id, or its name where it is in no template; `None` where that is not known.
    pub function: Option<String>,
    /// Whether it is a function of the template.
    pub is_here: bool,
}

/// An alarm of a deployment group.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Its logical id, or its name where the template does not define it; `None` where that is not known.
    pub alarm: Option<String>,
    /// Whether the template defines it.
    pub is_here: bool,
    /// What a rehearsal does about it whose file says nothing of it.
    pub decision: Decision,
    /// Why, a sentence.
    pub why: String,
    /// What the metric is held against; `None` where there is no such number or it is not known.
    pub threshold: Option<f64>,
    /// Where it stands: the alarm, or what names it.
    pub place: Place,
}

/// All aliases of the new stack, in its order.
pub(super) fn of(live: Option<&Stack>, new: &Stack, compared: &Compared) -> Vec<DeploymentChange> {
    new.aliases
        .iter()
        .map(|alias| of_alias(live, new, alias, compared))
        .collect()
}

fn of_alias(
    live: Option<&Stack>,
    new: &Stack,
    alias: &Alias,
    compared: &Compared,
) -> DeploymentChange {
    let deployment = alias.deployment.as_ref();
    let group = deployment.and_then(|deployment| deployment.group.known_value());
    let config = group.and_then(|group| group.config_name.known_value());
    let (moves, why) = moves(live, alias, compared);
    let shifts = deployment.is_some();
    let hook = |event, hook: Option<&Hook>| {
        let hook = hook?;
        Some(HookOfDeployment {
            event,
            function: hook
                .function
                .clone()
                .or_else(|| hook.name.known_value().cloned()),
            is_here: hook.function.is_some(),
        })
    };
    let hooks = deployment.into_iter().flat_map(|deployment| {
        let before = deployment.before_allow_traffic_hook.as_ref();
        let after = deployment.after_allow_traffic_hook.as_ref();
        [
            hook(LifecycleEventName::BeforeAllowTraffic, before),
            hook(LifecycleEventName::AfterAllowTraffic, after),
        ]
    });
    DeploymentChange {
        function: alias.function.known_value().cloned(),
        alias: alias.name.known_value().cloned(),
        alias_logical_id: alias.logical_id.clone(),
        starts: if shifts { moves } else { Some(false) },
        why: match (moves, shifts, alias.deployment_disabled) {
            (Some(false), ..) | (_, true, _) => why,
            (_, false, Some(_)) => format!("{why}, and its deployment preference is turned off"),
            (_, false, None) => format!("{why}, and it has no CodeDeployLambdaAliasUpdate"),
        },
        fails_before: false,
        at_once: !shifts && moves != Some(false),
        config: config.cloned(),
        shift: config
            .and_then(|config| new.traffic_routing(config)?.ok())
            .map(TrafficShift::of),
        hooks: hooks.flatten().collect(),
        gates_unknown: deployment.and_then(|deployment| {
            let group = deployment.group.value.as_ref();
            let alarms = group.and_then(|group| group.alarms.value.as_ref());
            alarms.err().map(|unknown| unknown.reason.clone())
        }),
        gates: group
            .and_then(|group| group.alarms.known_value())
            .into_iter()
            .flatten()
            .map(|alarm| match live {
                Some(_) => gate(new, alarm, alias, compared),
                None => judged(new, alarm, alias),
            })
            .chain(kept_alarms(live, new, alias).into_iter().map(kept_gate))
            .collect(),
        place: alias.place,
    }
}

/// The alarms that a deployment group of the live stack names, where the new one says nothing of alarms any more: CodeDeploy keeps what
/// an update of the group leaves away (SAM issue 2452, aws-cdk issue 23307).
pub(crate) fn kept_alarms<'s>(
    live: Option<&'s Stack>,
    new: &Stack,
    alias: &Alias,
) -> Vec<&'s AlarmReference> {
    let deployment = alias.deployment.as_ref();
    let group = deployment.and_then(|deployment| deployment.group.known_value());
    let Some(id) = group.map(|group| &group.logical_id) else {
        return Vec::new();
    };
    let group = new.resource(id);
    if group.is_none_or(|group| group.properties.contains_key(ALARMS)) {
        return Vec::new();
    }
    let groups = live.into_iter().flat_map(|live| &live.deployment_groups);
    let before = groups.filter(|group| group.logical_id == *id);
    let alarms = before.filter_map(|group| group.alarms.known_value());
    alarms.flatten().collect()
}

const ALARMS: &str = "AlarmConfiguration";

/// Why one of these is not judged.
pub(crate) const KEPT: &str = "the update leaves AlarmConfiguration away, and CodeDeploy keeps the alarms that the group has; an empty list of alarms takes them away";

fn kept_gate(alarm: &AlarmReference) -> Gate {
    Gate {
        alarm: alarm
            .logical_id
            .clone()
            .or_else(|| alarm.name.known_value().cloned()),
        is_here: false,
        decision: Decision::NotJudged,
        why: KEPT.to_owned(),
        threshold: None,
        place: Place::default(),
    }
}

/// A gate of a stack that runs.
fn gate(new: &Stack, reference: &AlarmReference, alias: &Alias, compared: &Compared) -> Gate {
    let gate = judged(new, reference, alias);
    let id = reference.logical_id.as_ref();
    let change = id.and_then(|id| compared.change(id));
    if is_too_late(new, gate.decision, change, &alias.logical_id) {
        return Gate {
            decision: Decision::NotJudged,
            why: TOO_LATE.to_owned(),
            ..gate
        };
    }
    gate
}

fn judged(new: &Stack, reference: &AlarmReference, alias: &Alias) -> Gate {
    let id = reference.logical_id.as_ref();
    let alarm = id.and_then(|id| new.alarm(id));
    let judged = Judge::new(new, Given::default()).gate(reference, alias);
    Gate {
        alarm: id
            .cloned()
            .or_else(|| reference.name.known_value().cloned()),
        is_here: id.is_some(),
        decision: judged.decision,
        why: judged.why,
        threshold: alarm
            .and_then(|alarm| alarm.threshold.as_ref())
            .and_then(Field::known_value)
            .copied(),
        place: judged.place,
    }
}

/// The update fails before it comes to these of the aliases that are deployed.
pub(super) fn fail_before(deployments: &mut [DeploymentChange], is_before: impl Fn(&str) -> bool) {
    let may_start = deployments.iter_mut().filter(|deployment| {
        deployment.starts != Some(false) && is_before(&deployment.alias_logical_id)
    });
    for deployment in may_start {
        deployment.fails_before = deployment.starts == Some(true);
        deployment.starts = Some(false);
        "the update fails before".clone_into(&mut deployment.why);
    }
}

/// Whether the alias comes to name another version, and why.
fn moves(live: Option<&Stack>, alias: &Alias, compared: &Compared) -> (Option<bool>, String) {
    let Some(change) = compared.change(&alias.logical_id) else {
        return (None, "it is not known what becomes of it".to_owned());
    };
    match change.action {
        Action::Create if live.is_none() => (
            Some(false),
            "the stack is new: a first creation runs no deployment".to_owned(),
        ),
        Action::Create => (
            Some(false),
            "the alias is new: its first version serves at once, without a deployment".to_owned(),
        ),
        Action::Replace => (
            Some(false),
            "another alias takes its place, and serves at once, without a deployment".to_owned(),
        ),
        Action::Unknown if change.why.is_some() => (None, change.why.clone().unwrap_or_default()),
        _ => {
            let version = alias
                .version
                .as_ref()
                .and_then(|version| compared.version(version));
            let because = |what: &str| match version {
                Some(version) => format!("{what}: {}", version.why),
                None => what.to_owned(),
            };
            match (change.changes("FunctionVersion"), version) {
                (_, Some(version)) if version.action == VersionAction::Refused => (
                    Some(false),
                    "the update fails before: Lambda refuses the version".to_owned(),
                ),
                (Some(true), _) => (Some(true), because("its version changes")),
                (Some(false), _) => (Some(false), because("its version stays")),
                (None, _) => (None, because("its version may change")),
            }
        }
    }
}
