//! What functions do between their invocations, where Lambda freezes them (Lambda developer guide, "Lambda execution environment lifecycle": "Lambda
//! freezes the execution environment when the runtime and each extension have completed and there are no pending events").
//!
//! Here a process runs on. Its calls tell: one that comes while no invocation runs was begun by what an earlier one left behind.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rehearsal_deployment::event::CallBetweenInvocations;
use rehearsal_template::{Place, Stack};

/// The calls that came between invocations.
#[derive(Debug, Default)]
pub(super) struct Between {
    /// Where each function stands, by logical id.
    places: BTreeMap<String, Place>,
    /// The first call of each.
    calls: Mutex<BTreeMap<String, String>>,
}

impl Between {
    pub(super) fn of(stack: &Stack) -> Self {
        let functions = stack.functions.iter();
        Self {
            places: functions
                .map(|function| (function.logical_id.clone(), function.place))
                .collect(),
            calls: Mutex::default(),
        }
    }

    /// Notes a call, in words: `dynamodb PutItem`.
    pub(super) fn note(&self, function: &str, call: impl FnOnce() -> String) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.entry(function.to_owned()).or_insert_with(call);
    }

    /// The first call of each function that called between its invocations.
    pub(super) fn calls(&self) -> Vec<CallBetweenInvocations> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = calls.iter().map(|(function, call)| CallBetweenInvocations {
            function: function.clone(),
            call: call.clone(),
            line: self.places.get(function).map_or(0, |place| place.line),
        });
        calls.collect()
    }
}

#[cfg(test)]
mod tests {
    use rehearsal_template::{Inputs, read_str};

    use super::*;

    #[test]
    fn the_first_call_of_each_function_is_told_at_its_line() {
        let text = "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: x}, Role: r, Handler: a.b, Runtime: nodejs22.x}}\n";
        let stack = read_str("t.yaml", text, &Inputs::new("s")).unwrap();
        let between = Between::of(&stack);
        assert_eq!(between.calls(), []);
        between.note("F", || "sqs SendMessage".to_owned());
        between.note("F", || "s3 GetObject".to_owned());
        let first = CallBetweenInvocations {
            function: "F".to_owned(),
            call: "sqs SendMessage".to_owned(),
            line: 2,
        };
        assert_eq!(between.calls(), [first]);
    }
}
