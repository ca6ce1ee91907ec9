//! What functions meet beside each other, before and after an update: parameters, and which resources they meet at all.

use std::collections::BTreeMap;

use rehearsal_template::{Stack, stack};

use super::Plan;
use crate::revision::Changing;

/// An SSM parameter that the stack writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Parameter {
    /// `None` where it is not known.
    fn of(parameter: &stack::SsmParameter) -> Option<Self> {
        Some(Self {
            name: parameter.name.known_value()?.clone(),
            value: parameter.value.known_value()?.clone(),
        })
    }
}

/// Those of both stacks, by logical id. One whose value is not known is not there.
pub(super) fn parameters(old: &Stack, new: &Stack) -> BTreeMap<String, Changing<Parameter>> {
    let of = |stack: &Stack| -> Vec<(String, Parameter)> {
        let known = stack.ssm_parameters.iter();
        known
            .filter_map(|parameter| Some((parameter.logical_id.clone(), Parameter::of(parameter)?)))
            .collect()
    };
    both(of(old), of(new))
}

/// What is in one list or the other, by logical id.
fn both<T>(before: Vec<(String, T)>, after: Vec<(String, T)>) -> BTreeMap<String, Changing<T>> {
    let nothing = || Changing {
        before: None,
        after: None,
    };
    let mut all: BTreeMap<String, Changing<T>> = BTreeMap::new();
    for (id, before) in before {
        all.entry(id).or_insert_with(nothing).before = Some(before);
    }
    for (id, after) in after {
        all.entry(id).or_insert_with(nothing).after = Some(after);
    }
    all
}

impl Plan {
    /// Whether functions meet something of a resource that is not in themselves: a parameter, or what an API changes with.
    pub fn is_met(&self, logical_id: &str) -> bool {
        self.parameters.contains_key(logical_id)
            || self
                .apis
                .iter()
                .any(|api| api.changes_with.contains(logical_id))
    }
}
