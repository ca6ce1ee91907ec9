//! What goes wrong on purpose, and when.
//!
//! - `problem`: what is wrong with a fault that someone wrote.
//! - `selection`: which fault acts on a call.

mod problem;
mod selection;

use serde::{Deserialize, Serialize};

use crate::revision::Revision;

pub use selection::{Call, Faults, Injected, ServiceCall};

/// One `[[fault]]`: where it acts, on whom, how often and when. No function is changed to be tested.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The function it acts on, by logical id. With `service`: the function whose calls it acts on.
    pub function: Option<String>,
    /// The service it acts on: `codedeploy`, `lambda`, `ssm`, `dynamodb`, or one that has an emulator.
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
    /// For `status` at a service: the error's code, such as `ParameterNotFound`; `InternalServerError` where it is missing.
    pub code: Option<String>,
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
    /// The one that an alias named before the update.
    Old,
    /// The one that the update brings. Hooks are always new.
    New,
    /// Both, and any other.
    #[default]
    Any,
}

impl WhichVersion {
    /// Whether a version of this revision is one of those; `None`: one that an earlier update has left, and no alias names.
    pub fn is(self, revision: Option<Revision>) -> bool {
        match self {
            Self::Old => revision == Some(Revision::Before),
            Self::New => revision == Some(Revision::After),
            Self::Any => true,
        }
    }
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

impl Fault {
    /// Whether it asks which version wrote an item.
    pub fn needs_writers(&self) -> bool {
        self.kind == FaultKind::Corrupt || self.written_by != WhichVersion::Any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
