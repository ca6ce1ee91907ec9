//! Functions that need more memory than their `MemorySize`: Lambda kills them (Lambda developer guide, "Troubleshoot invocation issues": `Runtime.ExitError`,
//! "signal: killed", where "Max Memory Used" is as large as the memory).
//!
//! Here nothing kills them. What is compared is less than what Lambda counts: what a function's own process, without what it started, has in no file
//! when an invocation is over. So one that is named needs too much, on this machine. How much is not told: it differs from run to run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rehearsal_deployment::plan::NotPermitted;
use rehearsal_template::{Place, Stack};

/// The code of what a function is not permitted that needs more memory than it has.
const MEMORY_SIZE: &str = "memory-size";

const BYTES_A_MB: u64 = 1 << 20;

/// What functions needed beyond their memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Where each function's memory is given, by logical id.
    places: BTreeMap<String, Place>,
    /// The memory of each that needed more, in MB.
    beyond: Mutex<BTreeMap<String, u32>>,
}

impl Memory {
    pub(super) fn of(stack: &Stack) -> Self {
        let functions = stack.functions.iter();
        Self {
            places: functions
                .map(|function| (function.logical_id.clone(), function.memory_mb.place))
                .collect(),
            beyond: Mutex::default(),
        }
    }

    /// Notes how much memory a function has needed, in bytes, that has so much, in MB.
    pub(super) fn note(&self, function: &str, memory_mb: u32, needed: u64) {
        if needed / BYTES_A_MB <= u64::from(memory_mb) {
            return;
        }
        let mut beyond = self.beyond.lock().unwrap_or_else(PoisonError::into_inner);
        beyond.insert(function.to_owned(), memory_mb);
    }

    /// The functions that needed more than they have.
    pub(super) fn denied(&self) -> Vec<NotPermitted> {
        let beyond = self.beyond.lock().unwrap_or_else(PoisonError::into_inner);
        let denied = beyond.iter().map(|(function, has)| NotPermitted {
            code: MEMORY_SIZE.to_owned(),
            logical_id: function.clone(),
            message: format!(
                "here it needed more than its `MemorySize` of {has} MB: Lambda kills what does (`signal: killed`)"
            ),
            place: self.places.get(function).copied().unwrap_or_default(),
        });
        denied.collect()
    }
}

#[cfg(test)]
mod tests {
    use rehearsal_template::{Inputs, read_str};

    use super::*;

    #[test]
    fn a_function_that_needed_more_than_its_memory_is_told_once_at_its_line_and_not_how_much() {
        let text = "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      {Code: {ZipFile: x}, Role: r, Handler: a.b, Runtime: nodejs22.x,\n      MemorySize: 256}\n";
        let stack = read_str("t.yaml", text, &Inputs::new("s")).unwrap();
        let memory = Memory::of(&stack);
        memory.note("F", 256, 256 << 20);
        assert_eq!(memory.denied(), []);
        for needed in [300, 400, 350] {
            memory.note("F", 256, needed << 20);
        }
        let denied = memory.denied();
        let [only] = &denied[..] else {
            panic!("{denied:?}")
        };
        assert_eq!(
            only.message,
            "here it needed more than its `MemorySize` of 256 MB: Lambda kills what does (`signal: killed`)"
        );
        assert_eq!((only.logical_id.as_str(), only.place.line), ("F", 6));
    }
}
