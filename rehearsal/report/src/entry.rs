//! What happened, in order and in words: the report's `timeline`.

use std::collections::BTreeSet;

use rehearsal_aws::cloudwatch::metric_alarm::AlarmState;
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_aws::time::VirtualTime;
use rehearsal_deployment::event::{Event, Happening, IndexState, InvocationOutcome, RefusedCall};
use rehearsal_deployment::plan::Plan;
use rehearsal_template::counted;
use serde::{Deserialize, Serialize};

/// The most entries that a report has; a rehearsal of a day has a few hundred.
const MAX_ENTRIES: usize = 10_000;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When, in virtual seconds since the rehearsal began.
    pub at_seconds: f64,
    /// The minute, counted from the first shift; `None` where nothing was shifted.
    pub minute: Option<i64>,
    /// What.
    pub kind: EntryKind,
    /// The logical id of the function that it is about; `None` for what is the whole stack's.
    pub function: Option<String>,
    /// The logical id of the function whose deployment it belongs to: a hook may belong to several. `None` for what belongs to none, and in
    /// reports of before there was this.
    #[serde(default)]
    pub deployment: Option<String>,
    /// In words.
    pub text: String,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A deployment begins or ends.
    Deployment,
    /// A hook, or the function that gets its record, is invoked or ends.
    Hook,
    /// A status is reported to CodeDeploy.
    Report,
    /// A service refuses a call.
    Refused,
    /// An alias has new weights.
    Traffic,
    /// An alarm changes its state.
    Alarm,
    /// A deployment that goes back begins or ends.
    Rollback,
    /// Lambda stops a recursive loop.
    Recursion,
    /// A table's index comes, is full, or goes.
    Table,
    /// The stack's update comes to resources other than code and its versions, or is over.
    Stack,
}

/// The entries so far, each with its moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    /// The function of each deployment.
    functions: Vec<String>,
    happened: Vec<(VirtualTime, TimelineEntry)>,
    /// Refused calls, by function and words: of those that are alike the first alone is an entry, and `refused_calls` counts them.
    refused: BTreeSet<(Option<String>, String)>,
    /// Whether it says what the update comes to.
    tells_of_resources: bool,
    /// What leaves the stack.
    leaves: BTreeSet<String>,
    /// What the update came to at the last moment at which it did, and the place of the entry about it.
    reached: Option<(usize, Vec<String>)>,
}

impl Entries {
    pub(super) fn of(plan: &Plan) -> Self {
        let functions = plan
            .deployments
            .iter()
            .map(|deployment| deployment.function.clone());
        Self {
            functions: functions.collect(),
            tells_of_resources: plan.changes_more_than_code,
            leaves: plan.leaves.iter().cloned().collect(),
            ..Self::default()
        }
    }

    /// The update has come to resources. What it comes to at one moment is one entry.
    fn reached(&mut self, at: VirtualTime, resources: &[String]) {
        let is_now = |(place, _): &(usize, Vec<String>)| self.happened[*place].0 == at;
        let (place, mut all) = match self.reached.take().filter(is_now) {
            Some(known) => known,
            None if self.happened.len() == MAX_ENTRIES => return,
            None => {
                let entry = TimelineEntry {
                    at_seconds: at.as_seconds(),
                    minute: None,
                    kind: EntryKind::Stack,
                    function: None,
                    deployment: None,
                    text: String::new(),
                };
                self.happened.push((at, entry));
                (self.happened.len() - 1, Vec::new())
            }
        };
        all.extend(resources.iter().cloned());
        self.happened[place].1.text = reached_words(&all, &self.leaves);
        self.reached = Some((place, all));
    }

    /// The next event.
    pub(super) fn observe(&mut self, event: &Event) {
        if let Happening::UpdateReached { resources } = &event.happening
            && self.tells_of_resources
        {
            return self.reached(event.at, resources);
        }
        let Some((kind, own, text)) = words(&event.happening) else {
            return;
        };
        if self.happened.len() == MAX_ENTRIES {
            return;
        }
        let is_refusal = matches!(event.happening, Happening::CallRefused(_));
        if is_refusal && !self.refused.insert((own.clone(), text.clone())) {
            return;
        }
        let deployment = event.happening.deployment();
        let of_deployment = deployment
            .and_then(|index| self.functions.get(index))
            .cloned();
        let entry = TimelineEntry {
            at_seconds: event.at.as_seconds(),
            minute: None,
            kind,
            function: own.or_else(|| of_deployment.clone()),
            deployment: of_deployment,
            text,
        };
        self.happened.push((event.at, entry));
    }

    /// All of them; minutes count from `origin`.
    pub(super) fn finish(self, origin: Option<VirtualTime>) -> Vec<TimelineEntry> {
        let entries = self.happened.into_iter();
        entries
            .map(|(at, entry)| TimelineEntry {
                minute: origin.map(|origin| at.minute_since(origin)),
                ..entry
            })
            .collect()
    }
}

/// The most resources that are named in an entry.
const MOST_NAMED: usize = 6;

/// `Items, Orders changed`, with what leaves the stack by itself.
fn reached_words(resources: &[String], leaves: &BTreeSet<String>) -> String {
    let named = |resources: &[&String], verb: &str| {
        let shown: Vec<&str> = resources
            .iter()
            .take(MOST_NAMED)
            .map(|id| id.as_str())
            .collect();
        let more = match resources.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!shown.is_empty()).then(|| format!("{}{more} {verb}", shown.join(", ")))
    };
    let (gone, changed): (Vec<_>, Vec<_>) = resources.iter().partition(|id| leaves.contains(*id));
    let parts = [named(&changed, "changed"), named(&gone, "went")];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// An event's kind, the function that it is about itself, and its words.
type Words = (EntryKind, Option<String>, String);

/// An event in words; `None` for what other entries show: lifecycle events by what led to them, requests by the minute.
fn words(happening: &Happening) -> Option<Words> {
    of_hooks(happening).or_else(|| of_deployments(happening))
}

/// What hooks do, and what becomes of their events.
fn of_hooks(happening: &Happening) -> Option<Words> {
    let ended =
        |event: &LifecycleEventName, outcome: &InvocationOutcome, detail: Option<&String>| {
            let more = detail
                .map(|detail| format!(": {detail}"))
                .unwrap_or_default();
            format!("{event}: {outcome}{more}")
        };
    let (kind, function, text) = match happening {
        Happening::HookInvoked {
            event,
            function,
            attempt,
            ..
        } => (
            EntryKind::Hook,
            Some(function),
            format!("{event}: {function} invoked, attempt {attempt}"),
        ),
        Happening::HookEnded {
            event,
            outcome,
            detail,
            ..
        } => (
            EntryKind::Hook,
            None,
            ended(event, outcome, detail.as_ref()),
        ),
        Happening::DestinationInvoked {
            event,
            function,
            attempt,
            ..
        } => (
            EntryKind::Hook,
            Some(function),
            format!("{event}: {function} invoked with the record, attempt {attempt}"),
        ),
        Happening::DestinationEnded {
            event,
            function,
            outcome,
            detail,
            ..
        } => (
            EntryKind::Hook,
            Some(function),
            ended(event, outcome, detail.as_ref()),
        ),
        Happening::EventGivenUp {
            event,
            function,
            attempts,
            condition,
            ..
        } => (
            EntryKind::Hook,
            Some(function),
            format!(
                "{event}: Lambda gives up on {function} after {attempts} attempts ({condition})"
            ),
        ),
        Happening::StatusReported {
            event,
            succeeded,
            by,
            ..
        } => {
            let status = if *succeeded { "Succeeded" } else { "Failed" };
            (
                EntryKind::Report,
                Some(by),
                format!("{event}: {by} reported {status}"),
            )
        }
        Happening::CallRefused(call) => (
            EntryKind::Refused,
            Some(&call.function).filter(|function| !function.is_empty()),
            refused_words(call),
        ),
        _ => return None,
    };
    Some((kind, function.cloned(), text))
}

/// A refused call in words. Not every error has a message.
fn refused_words(call: &RefusedCall) -> String {
    let words = format!("{} {}: {}", call.service, call.operation, call.code);
    match call.message.as_str() {
        "" => words,
        message => format!("{words} ({message})"),
    }
}

/// The stack's way back in words.
pub fn back_words(resources: usize, kept: &[String]) -> String {
    let back = format!("{} went back", counted(resources, "resource"));
    match kept {
        [] => back,
        kept => format!(
            "{back}, and what its policy keeps stays: {}",
            kept.join(", ")
        ),
    }
}

/// What becomes of a table's index, in words.
pub fn index_words(table: &str, index: &str, state: IndexState) -> String {
    let state = match state {
        IndexState::Filling => "is being filled, and answers no query",
        IndexState::Active => "is full",
        IndexState::Deleted => "is gone",
    };
    format!("index {index} of {table} {state}")
}

/// What becomes of deployments, alarms, tables and the stack.
fn of_deployments(happening: &Happening) -> Option<Words> {
    let (kind, text) = match happening {
        Happening::DeploymentCreated { id, .. } => {
            (EntryKind::Deployment, format!("deployment {id} created"))
        }
        Happening::TrafficShifted { shares, .. } => {
            let words = shares
                .iter()
                .map(|(version, share)| format!("v{version} {:.0} %", share * 100.0));
            (EntryKind::Traffic, words.collect::<Vec<_>>().join(", "))
        }
        Happening::AlarmChanged { alarm, state } => {
            let state = match state {
                AlarmState::Ok => "OK",
                AlarmState::Alarm => "ALARM",
                AlarmState::InsufficientData => "INSUFFICIENT_DATA",
            };
            (EntryKind::Alarm, format!("{alarm}: {state}"))
        }
        Happening::DeploymentEnded {
            status, message, ..
        } => {
            let more = message
                .as_ref()
                .map(|message| format!(": {message}"))
                .unwrap_or_default();
            (EntryKind::Deployment, format!("deployment {status}{more}"))
        }
        Happening::RollbackCreated { id, .. } => {
            (EntryKind::Rollback, format!("rollback {id} created"))
        }
        Happening::RollbackEnded { status, .. } => {
            (EntryKind::Rollback, format!("rollback {status}"))
        }
        Happening::RecursionStopped { function } => {
            let text = "Lambda stopped a recursive loop".to_owned();
            return Some((EntryKind::Recursion, Some(function.clone()), text));
        }
        Happening::StoppedByHand { .. } => (EntryKind::Deployment, "stopped by hand".to_owned()),
        Happening::IndexChanged {
            table,
            index,
            state,
        } => (EntryKind::Table, index_words(table, index, *state)),
        Happening::UpdateFailed { logical_id, reason } => {
            (EntryKind::Stack, format!("{logical_id} failed: {reason}"))
        }
        Happening::UpdateCompleted => (EntryKind::Stack, "update complete".to_owned()),
        Happening::UpdateRolledBack { resources, kept } => {
            (EntryKind::Stack, back_words(resources.len(), kept))
        }
        _ => return None,
    };
    Some((kind, None, text))
}
