//! Which fault acts on a call.

use rehearsal_aws::dynamodb::READS;
use rehearsal_aws::principal::OnBehalfOf;
use rehearsal_aws::random::{Draws, Key};
use rehearsal_template::stack::logical_id_of;
use serde::{Deserialize, Serialize};

use super::{Callers, Fault, FaultKind, WhichVersion};
use crate::revision::Revision;

/// A fault that acts on one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Injected {
    /// What goes wrong.
    pub kind: FaultKind,
    /// For `status`.
    pub status: Option<u16>,
    /// For `status` at a service: the error's code.
    pub code: Option<String>,
    /// For `delay`.
    pub delay_ms: u32,
    /// For `corrupt`: whose items are changed.
    pub written_by: WhichVersion,
}

/// A call that a fault may act on.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The function: the one that is invoked, or the one that calls a service.
    pub function: &'a str,
    /// What its version is of; `None` of one that an earlier update has left, and no alias names.
    pub revision: Option<Revision>,
    /// On whose account it is made.
    pub on_behalf_of: OnBehalfOf,
    /// The minute, counted from the first shift; −1 between the deployment's creation and that.
    pub minute: i64,
    /// What its draws are made by.
    pub key: &'a Key,
    /// What is called, for a call to a service; `None` for an invocation.
    pub service: Option<ServiceCall<'a>>,
}

/// A call to a service.
#[derive(Clone, Copy, Debug)]
pub struct ServiceCall<'a> {
    /// The service, by its signing name.
    pub service: &'a str,
    /// Its operation, such as `PutItem`.
    pub operation: &'a str,
    /// For a call about items: the revision that wrote each last; `None` where no one is known to have
    /// written it.
    pub writers: &'a [Option<Revision>],
}

/// A rehearsal's faults, with what is left of those that act a number of times.
#[derive(Clone, Debug)]
pub struct Faults {
    faults: Vec<(Fault, u32)>,
    acted: Vec<u64>,
}

impl Faults {
    /// Faults in the order in which they are tried: the first that acts is the one.
    pub fn new(faults: &[Fault]) -> Self {
        Self {
            acted: vec![0; faults.len()],
            faults: faults
                .iter()
                .map(|fault| (fault.clone(), fault.times.unwrap_or(u32::MAX)))
                .collect(),
        }
    }

    /// How many calls each fault acted on.
    pub fn acted(&self) -> &[u64] {
        &self.acted
    }

    /// The fault that acts on a call.
    pub fn select(&mut self, draws: Draws, call: Call<'_>) -> Option<Injected> {
        for (number, (fault, left)) in self.faults.iter_mut().enumerate() {
            if *left == 0 || !concerns(fault, call) {
                continue;
            }
            let draw = || draws.share_of(&format!("fault/{number}"), call.key);
            if fault.rate.is_some_and(|rate| draw() >= rate) {
                continue;
            }
            if fault.times.is_some() {
                *left -= 1;
            }
            self.acted[number] += 1;
            return Some(Injected {
                kind: fault.kind,
                status: fault.status,
                code: fault.code.clone(),
                delay_ms: fault.delay_ms.unwrap_or(0),
                written_by: fault.written_by,
            });
        }
        None
    }
}

/// Whether a fault may act on a call: by what is called, by whom, and when.
fn concerns(fault: &Fault, call: Call<'_>) -> bool {
    let function = fault
        .function
        .as_ref()
        .is_none_or(|function| function == logical_id_of(call.function));
    let caller = match fault.callers {
        Callers::Traffic => call.on_behalf_of == OnBehalfOf::Traffic,
        Callers::Hooks => call.on_behalf_of == OnBehalfOf::Deployment,
        Callers::Any => true,
    };
    let time = fault.from_minute.is_none_or(|from| from <= call.minute)
        && fault.to_minute.is_none_or(|to| call.minute < to);
    let target = match (&fault.service, call.service) {
        (None, None) => true,
        (Some(wanted), Some(call)) => wanted == call.service && concerns_service(fault, call),
        (None, Some(_)) | (Some(_), None) => false,
    };
    function && fault.version.is(call.revision) && caller && time && target
}

/// The same, by the operation and the items of a call to the fault's service.
fn concerns_service(fault: &Fault, call: ServiceCall<'_>) -> bool {
    let operation = fault
        .operation
        .as_ref()
        .is_none_or(|wanted| wanted == call.operation);
    let items = fault.written_by == WhichVersion::Any
        || call
            .writers
            .iter()
            .flatten()
            .any(|revision| fault.written_by.is(Some(*revision)));
    let something_to_corrupt = fault.kind != FaultKind::Corrupt
        || READS.contains(&call.operation) && !call.writers.is_empty();
    operation && items && something_to_corrupt
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(toml_like: serde_json::Value) -> Fault {
        serde_json::from_value(toml_like).unwrap()
    }

    /// What the draws of these calls would be made by, if there were any.
    static KEY: Key = Key {
        stream: String::new(),
        index: 0,
    };

    fn call(minute: i64) -> Call<'static> {
        Call {
            function: "F",
            revision: Some(Revision::After),
            on_behalf_of: OnBehalfOf::Traffic,
            minute,
            key: &KEY,
            service: None,
        }
    }

    #[test]
    fn a_fault_acts_only_in_its_minutes() {
        let mut faults = Faults::new(&[fault(
            serde_json::json!({"function": "F", "kind": "error", "from_minute": 1, "to_minute": 3}),
        )]);
        let acted: Vec<_> = (-1..5)
            .filter(|minute| faults.select(Draws::new(0), call(*minute)).is_some())
            .collect();
        assert_eq!(acted, [1, 2]);
    }

    #[test]
    fn a_fault_with_times_stops_after_so_many() {
        let mut faults = Faults::new(&[fault(
            serde_json::json!({"function": "F", "kind": "crash", "times": 3}),
        )]);
        assert_eq!(
            (0..10)
                .filter(|_| faults.select(Draws::new(0), call(0)).is_some())
                .count(),
            3
        );
    }

    #[test]
    fn a_fault_on_a_service_leaves_invocations_alone() {
        let mut faults = Faults::new(&[fault(
            serde_json::json!({"service": "codedeploy", "kind": "drop"}),
        )]);
        assert_eq!(faults.select(Draws::new(0), call(0)), None);
        let report = Call {
            service: Some(ServiceCall {
                service: "codedeploy",
                operation: "PutLifecycleEventHookExecutionStatus",
                writers: &[],
            }),
            ..call(0)
        };
        assert_eq!(
            faults
                .select(Draws::new(0), report)
                .map(|injected| injected.kind),
            Some(FaultKind::Drop)
        );
    }

    #[test]
    fn version_and_callers_narrow_a_fault() {
        let mut faults = Faults::new(&[fault(
            serde_json::json!({"function": "F", "kind": "error", "version": "old", "callers": "hooks"}),
        )]);
        let mut acted = |revision, on_behalf_of| {
            faults
                .select(
                    Draws::new(0),
                    Call {
                        revision,
                        on_behalf_of,
                        ..call(0)
                    },
                )
                .is_some()
        };
        assert_eq!(
            [
                (Some(Revision::Before), OnBehalfOf::Deployment),
                (Some(Revision::After), OnBehalfOf::Deployment),
                (None, OnBehalfOf::Deployment),
                (Some(Revision::Before), OnBehalfOf::Traffic)
            ]
            .map(|(revision, on_behalf_of)| acted(revision, on_behalf_of)),
            [true, false, false, false]
        );
    }

    #[test]
    fn a_fault_on_what_the_old_version_wrote_leaves_all_other_items_alone() {
        let mut faults = Faults::new(&[fault(
            serde_json::json!({"service": "dynamodb", "version": "new", "kind": "corrupt", "written_by": "old"}),
        )]);
        let mut acted = |operation, writers: &[Option<Revision>]| {
            let read = Call {
                service: Some(ServiceCall {
                    service: "dynamodb",
                    operation,
                    writers,
                }),
                ..call(0)
            };
            faults.select(Draws::new(0), read).is_some()
        };
        assert!(acted("GetItem", &[Some(Revision::Before)]));
        assert!(acted(
            "Scan",
            &[None, Some(Revision::After), Some(Revision::Before)]
        ));
        assert!(!acted("GetItem", &[Some(Revision::After)]));
        assert!(
            !acted("GetItem", &[None]),
            "no one is known to have written it"
        );
        assert!(!acted("GetItem", &[]), "there is no such item");
        assert!(
            !acted("PutItem", &[Some(Revision::Before)]),
            "it reads nothing"
        );
        assert_eq!(faults.acted(), [2]);
    }
}
