//! What goes wrong on purpose, and when.

use serde::{Deserialize, Serialize};

use crate::draw::Draws;

/// One `[[fault]]`: where it acts, on whom, how often and when. No function is changed to be tested.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The function it acts on, by logical id. With `service`: the function whose calls it acts on.
    pub function: Option<String>,
    /// The service it acts on: `codedeploy`, `lambda`, `ssm` or `dynamodb`.
    pub service: Option<String>,
    /// The service's operation, such as `PutItem`; any where it is missing.
    pub operation: Option<String>,
    /// Which version it acts on.
    #[serde(default)]
    pub version: WhichVersion,
    /// On whose account the call is made.
    #[serde(default)]
    pub callers: Callers,
    /// What goes wrong.
    pub kind: FaultKind,
    /// The share of the calls it acts on; all, where neither it nor `times` is given.
    pub rate: Option<f64>,
    /// How many calls it acts on, from the first.
    pub times: Option<u32>,
    /// The first minute it acts in. Minutes are counted from the first shift; without it, the fault acts from the beginning.
    pub from_minute: Option<i64>,
    /// The first minute it no longer acts in.
    pub to_minute: Option<i64>,
    /// For `status`: the HTTP status that is answered instead.
    pub status: Option<u16>,
    /// For `delay`: how long, in milliseconds.
    pub delay_ms: Option<u32>,
    /// With `service = "dynamodb"`: it acts only on calls about an item that this version wrote last. `any`: on all.
    #[serde(default)]
    pub written_by: WhichVersion,
}

/// Which version a fault acts on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhichVersion {
    /// The one that ran before.
    Old,
    /// The one that the update brings. Hooks are always new.
    New,
    /// Both.
    #[default]
    Any,
}

/// On whose account a call is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Callers {
    /// Live requests.
    Traffic,
    /// The hooks, and what they invoke.
    Hooks,
    /// Both.
    #[default]
    Any,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A function error; at a service, an internal error (HTTP 500).
    Error,
    /// Another HTTP status than the function's or service's own.
    Status,
    /// A slow answer.
    Delay,
    /// The process is gone before it sees the event.
    Crash,
    /// The process ends by itself while it works on the event.
    Exit,
    /// The process is killed while it works on the event, for it needs more memory than it has.
    OutOfMemory,
    /// No answer until the function's time-out.
    Hang,
    /// Refused: too many requests.
    Throttle,
    /// The connection is closed without an answer.
    Drop,
    /// At `dynamodb`: a read succeeds, and its items come back without what was stored in them. Attributes that are no key keep
    /// their name and type and are empty: what a version sees that looks for them where a migration should have put them.
    Corrupt,
}

/// `DynamoDB`'s operations that read items, by their answers' items (`DynamoDB` API model 2012-08-10).
pub const READS: [&str; 5] = [
    "BatchGetItem",
    "GetItem",
    "Query",
    "Scan",
    "TransactGetItems",
];

/// The service that has items.
const DYNAMODB: &str = "dynamodb";

/// The names by which a fault may call a service.
pub const SERVICES: [&str; 4] = ["codedeploy", DYNAMODB, "lambda", "ssm"];

impl Fault {
    /// What is wrong with it, in words for its author; `None` when nothing is.
    pub fn problem(&self) -> Option<String> {
        use FaultKind::{Corrupt, Crash, Delay, Drop, Exit, Hang, OutOfMemory, Status};
        let kind = self.kind;
        if self.function.is_none() && self.service.is_none() {
            return Some("a fault needs `function` (a logical id) or `service`".to_owned());
        }
        if let Some(service) = &self.service {
            if !SERVICES.contains(&service.as_str()) {
                return Some(format!(
                    "`{service}` is no service a rehearsal serves; these are: {}",
                    SERVICES.join(", ")
                ));
            }
            if matches!(kind, Crash | Exit | OutOfMemory | Hang) {
                return Some("a service neither ends nor hangs here; use `drop`, `error`, `throttle` or `delay`".to_owned());
            }
        } else if kind == Drop {
            return Some(
                "`drop` closes a service's connection; for a function use `crash` or `hang`"
                    .to_owned(),
            );
        } else if self.operation.is_some() {
            return Some("`operation` goes with `service`".to_owned());
        }
        if self.needs_writers() && self.service.as_deref() != Some(DYNAMODB) {
            return Some(
                "`written_by` and the kind `corrupt` go with `service = \"dynamodb\"`".to_owned(),
            );
        }
        let reads = |operation: &String| READS.contains(&operation.as_str());
        if kind == Corrupt && !self.operation.as_ref().is_none_or(reads) {
            return Some(format!(
                "`corrupt` changes what is read; these operations read: {}",
                READS.join(", ")
            ));
        }
        if self.rate.is_some() && self.times.is_some() {
            return Some("`rate` and `times` exclude each other".to_owned());
        }
        if self.rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
            return Some("`rate` is a share from 0 to 1".to_owned());
        }
        if (kind == Status) != self.status.is_some() {
            return Some("`status` is needed for the kind `status`, and for no other".to_owned());
        }
        if self
            .status
            .is_some_and(|status| !(100..=599).contains(&status))
        {
            return Some("`status` is an HTTP status, 100 to 599".to_owned());
        }
        if (kind == Delay) != self.delay_ms.is_some() {
            return Some("`delay_ms` is needed for the kind `delay`, and for no other".to_owned());
        }
        None
    }

    /// Whether it asks which version wrote an item.
    pub fn needs_writers(&self) -> bool {
        self.kind == FaultKind::Corrupt || self.written_by != WhichVersion::Any
    }
}

/// A fault that acts on one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Injected {
    /// What goes wrong.
    pub kind: FaultKind,
    /// For `status`.
    pub status: Option<u16>,
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
    /// Whether its version is the new one.
    pub new: bool,
    /// Whether it is made on a hook's account.
    pub by_hook: bool,
    /// The service and its operation, for a call to a service.
    pub service: Option<(&'a str, &'a str)>,
    /// The minute, counted from the first shift; −1 between the deployment's creation and that.
    pub minute: i64,
    /// The call's number within its stream.
    pub stream: &'a str,
    /// See `stream`.
    pub index: u64,
    /// For a call about items: whether the version that wrote each last is the new one; `None` where no one is known to have
    /// written it.
    pub writers: &'a [Option<bool>],
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
    pub fn strike(&mut self, draws: Draws, call: Call<'_>) -> Option<Injected> {
        for (number, (fault, left)) in self.faults.iter_mut().enumerate() {
            if *left == 0 || !concerns(fault, call) {
                continue;
            }
            let stream = format!("fault/{number}/{}", call.stream);
            if fault
                .rate
                .is_some_and(|rate| draws.share(&stream, call.index) >= rate)
            {
                continue;
            }
            if fault.times.is_some() {
                *left -= 1;
            }
            self.acted[number] += 1;
            return Some(Injected {
                kind: fault.kind,
                status: fault.status,
                delay_ms: fault.delay_ms.unwrap_or(0),
                written_by: fault.written_by,
            });
        }
        None
    }
}

fn concerns(fault: &Fault, call: Call<'_>) -> bool {
    let service = match (&fault.service, call.service) {
        (None, None) => true,
        (Some(wanted), Some((service, operation))) => {
            wanted == service
                && fault
                    .operation
                    .as_ref()
                    .is_none_or(|wanted| wanted == operation)
        }
        _ => false,
    };
    let version = match fault.version {
        WhichVersion::Old => !call.new,
        WhichVersion::New => call.new,
        WhichVersion::Any => true,
    };
    let caller = match fault.callers {
        Callers::Traffic => !call.by_hook,
        Callers::Hooks => call.by_hook,
        Callers::Any => true,
    };
    let time = fault.from_minute.is_none_or(|from| from <= call.minute)
        && fault.to_minute.is_none_or(|to| call.minute < to);
    let items = match fault.written_by {
        WhichVersion::Old => call.writers.contains(&Some(false)),
        WhichVersion::New => call.writers.contains(&Some(true)),
        WhichVersion::Any => true,
    };
    let something_to_corrupt = fault.kind != FaultKind::Corrupt
        || call
            .service
            .is_some_and(|(_, operation)| READS.contains(&operation))
            && !call.writers.is_empty();
    service
        && items
        && something_to_corrupt
        && version
        && caller
        && time
        && fault
            .function
            .as_ref()
            .is_none_or(|function| function == call.function)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(toml_like: serde_json::Value) -> Fault {
        serde_json::from_value(toml_like).unwrap()
    }

    fn call(minute: i64, index: u64) -> Call<'static> {
        Call {
            function: "F",
            new: true,
            by_hook: false,
            service: None,
            minute,
            stream: "request",
            index,
            writers: &[],
        }
    }

    #[test]
    fn a_fault_acts_only_in_its_minutes() {
        let mut faults = Faults::new(&[fault(
            serde_json::json!({"function": "F", "kind": "error", "from_minute": 1, "to_minute": 3}),
        )]);
        let struck: Vec<_> = (-1..5)
            .filter(|minute| faults.strike(Draws::new(0), call(*minute, 0)).is_some())
            .collect();
        assert_eq!(struck, [1, 2]);
    }

    #[test]
    fn a_fault_with_times_stops_after_so_many() {
        let mut faults = Faults::new(&[fault(
            serde_json::json!({"function": "F", "kind": "crash", "times": 3}),
        )]);
        assert_eq!(
            (0..10)
                .filter(|index| faults.strike(Draws::new(0), call(0, *index)).is_some())
                .count(),
            3
        );
    }

    #[test]
    fn a_fault_on_a_service_leaves_invocations_alone() {
        let mut faults = Faults::new(&[fault(
            serde_json::json!({"service": "codedeploy", "kind": "drop"}),
        )]);
        assert_eq!(faults.strike(Draws::new(0), call(0, 0)), None);
        let report = Call {
            service: Some(("codedeploy", "PutLifecycleEventHookExecutionStatus")),
            ..call(0, 0)
        };
        assert_eq!(
            faults
                .strike(Draws::new(0), report)
                .map(|injected| injected.kind),
            Some(FaultKind::Drop)
        );
    }

    #[test]
    fn version_and_callers_narrow_a_fault() {
        let mut faults = Faults::new(&[fault(
            serde_json::json!({"function": "F", "kind": "error", "version": "old", "callers": "hooks"}),
        )]);
        let mut struck = |new, by_hook| {
            faults
                .strike(
                    Draws::new(0),
                    Call {
                        new,
                        by_hook,
                        ..call(0, 0)
                    },
                )
                .is_some()
        };
        assert_eq!(
            (
                struck(false, true),
                struck(true, true),
                struck(false, false)
            ),
            (true, false, false)
        );
    }

    #[test]
    fn a_fault_on_what_the_old_version_wrote_leaves_all_other_items_alone() {
        let mut faults = Faults::new(&[fault(
            serde_json::json!({"service": "dynamodb", "version": "new", "kind": "corrupt", "written_by": "old"}),
        )]);
        let mut struck = |operation, writers: &[Option<bool>]| {
            let read = Call {
                service: Some(("dynamodb", operation)),
                writers,
                ..call(0, 0)
            };
            faults.strike(Draws::new(0), read).is_some()
        };
        assert!(struck("GetItem", &[Some(false)]));
        assert!(struck("Scan", &[None, Some(true), Some(false)]));
        assert!(!struck("GetItem", &[Some(true)]));
        assert!(
            !struck("GetItem", &[None]),
            "no one is known to have written it"
        );
        assert!(!struck("GetItem", &[]), "there is no such item");
        assert!(!struck("PutItem", &[Some(false)]), "it reads nothing");
        assert_eq!(faults.acted(), [2]);
    }

    #[test]
    fn the_kinds_have_the_names_of_the_file() {
        for (name, kind) in [
            ("crash", FaultKind::Crash),
            ("exit", FaultKind::Exit),
            ("out-of-memory", FaultKind::OutOfMemory),
            ("corrupt", FaultKind::Corrupt),
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), name);
        }
    }

    #[test]
    fn a_fault_that_makes_no_sense_says_why() {
        for (text, word) in [
            (serde_json::json!({"kind": "error"}), "function"),
            (serde_json::json!({"service": "s3", "kind": "error"}), "s3"),
            (
                serde_json::json!({"service": "ssm", "kind": "hang"}),
                "drop",
            ),
            (
                serde_json::json!({"function": "F", "kind": "drop"}),
                "crash",
            ),
            (
                serde_json::json!({"function": "F", "kind": "error", "rate": 2.0}),
                "rate",
            ),
            (
                serde_json::json!({"function": "F", "kind": "status"}),
                "status",
            ),
            (
                serde_json::json!({"function": "F", "kind": "delay"}),
                "delay_ms",
            ),
            (
                serde_json::json!({"function": "F", "kind": "error", "rate": 0.1, "times": 1}),
                "times",
            ),
            (
                serde_json::json!({"service": "ssm", "kind": "out-of-memory"}),
                "drop",
            ),
            (
                serde_json::json!({"function": "F", "kind": "corrupt"}),
                "dynamodb",
            ),
            (
                serde_json::json!({"service": "lambda", "kind": "error", "written_by": "old"}),
                "dynamodb",
            ),
            (
                serde_json::json!({"service": "dynamodb", "operation": "PutItem", "kind": "corrupt"}),
                "GetItem",
            ),
        ] {
            let problem = fault(text.clone()).problem().unwrap_or_default();
            assert!(problem.contains(word), "{text}: {problem}");
        }
    }
}
