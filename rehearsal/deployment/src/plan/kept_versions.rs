//! Versions that earlier updates of a release have left: no alias names them, and a call by number still reaches them.

use std::collections::BTreeMap;

use rehearsal_template::Stack;
use rehearsal_template::stack::Version;

use super::Function;
use super::planner::Planner;
use crate::gate_inputs::Given;
use crate::stub::Stub;

/// Versions by their function's logical id and their number.
pub type KeptVersions = BTreeMap<(String, String), KeptVersion>;

/// A published version, as it was when it was published.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptVersion {
    /// The function as it was then.
    pub function: Function,
    /// What stands for its code, if anything does.
    pub stub: Option<Stub>,
}

impl KeptVersion {
    /// A function's version of a stack; `None` where the stack has no such function, or something of it is not known.
    pub fn of(stack: &Stack, function: &str, stub: Option<Stub>) -> Option<Self> {
        let mut planner = Planner {
            old: stack,
            new: stack,
            update: None,
            given: Given::default(),
            errors: Vec::new(),
        };
        let function = planner.function(stack.function(function)?, None)?;
        Some(Self { function, stub })
    }
}

/// The logical ids of a stack's versions, by the function's and the version's number.
pub(super) fn version_ids(stack: &Stack) -> BTreeMap<(String, String), String> {
    let of = |version: &Version| {
        let function = version.function.known_value()?.clone();
        Some((
            (function, version.number.to_string()),
            version.resource.clone(),
        ))
    };
    stack.versions.iter().filter_map(of).collect()
}
