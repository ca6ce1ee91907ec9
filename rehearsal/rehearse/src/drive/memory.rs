//! Functions that need more memory than their `MemorySize`: Lambda kills them (Lambda developer guide, "Troubleshoot invocation issues": `Runtime.ExitError`,
//! "signal: killed", where "Max Memory Used" is as large as the memory).
//!
//! Here nothing kills them. What is compared is less than what Lambda counts: a function's own process without what it started, and of that what is in no
//! file. So one that is named needs too much.

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
    /// The memory of each that needed more, in MB, and the most that it needed.
    beyond: Mutex<BTreeMap<String, (u32, u64)>>,
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
        let needed_mb = needed / BYTES_A_MB;
        if needed_mb <= u64::from(memory_mb) {
            return;
        }
        let mut beyond = self.beyond.lock().unwrap_or_else(PoisonError::into_inner);
        let worst = beyond
            .entry(function.to_owned())
            .or_insert((memory_mb, needed_mb));
        if needed_mb > worst.1 {
            *worst = (memory_mb, needed_mb);
        }
    }

    /// The functions that needed more than they have.
    pub(super) fn denied(&self) -> Vec<NotPermitted> {
        let beyond = self.beyond.lock().unwrap_or_else(PoisonError::into_inner);
        let denied = beyond.iter().map(|(function, (has, needed))| NotPermitted {
            code: MEMORY_SIZE.to_owned(),
            logical_id: function.clone(),
            message: format!(
                "it needed {needed} MB of memory, and its `MemorySize` is {has}: Lambda kills it (`signal: killed`)"
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
    fn the_most_that_a_function_needed_beyond_its_memory_is_told_at_its_line() {
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
            "it needed 400 MB of memory, and its `MemorySize` is 256: Lambda kills it (`signal: killed`)"
        );
        assert_eq!((only.logical_id.as_str(), only.place.line), ("F", 6));
    }
}
