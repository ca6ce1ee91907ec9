//! What functions meet beside each other, before and after an update: tables, parameters, and which resources they meet at all.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::account::Account;
use rehearsal_aws::ssm::{Parameter, ParameterType};
use rehearsal_template::{Stack, stack};

use super::Plan;
use crate::change::{Action, UpdatePlan};
use crate::parameter::GivenParameter;
use crate::revision::{Changing, Revision};

/// A DynamoDB table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The body of the `CreateTable` call that makes it.
    pub definition: serde_json::Value,
}

impl Table {
    /// `None` where it is not known.
    fn of(table: &stack::Table) -> Option<Self> {
        Some(Self {
            name: table.name.known_value()?.clone(),
            definition: table.create_table.known_value()?.clone(),
        })
    }

    /// The names of its global secondary indexes.
    pub fn indexes(&self) -> BTreeSet<&str> {
        let indexes = self.definition.get("GlobalSecondaryIndexes");
        let indexes = indexes.and_then(serde_json::Value::as_array).into_iter();
        indexes
            .flatten()
            .filter_map(|index| index.get("IndexName")?.as_str())
            .collect()
    }
}

/// Those of both stacks, by logical id. One whose definition is not known is not there.
pub(super) fn tables(old: &Stack, new: &Stack) -> BTreeMap<String, Changing<Table>> {
    let of = |stack: &Stack| -> Vec<(String, Table)> {
        let known = stack.tables.iter();
        known
            .filter_map(|table| Some((table.logical_id.clone(), Table::of(table)?)))
            .collect()
    };
    both(of(old), of(new))
}

/// The tables and parameters that nothing deletes: those whose policy keeps them when they leave the stack, or when another takes their
/// place, by the revision that they are of.
pub(super) fn kept_resources(
    old: &Stack,
    new: &Stack,
    update: Option<&UpdatePlan>,
) -> BTreeSet<(String, Revision)> {
    let mut kept = BTreeSet::new();
    let Some(update) = update else { return kept };
    let retains = |policy: Option<&rehearsal_template::Field<String>>, but: &str| {
        let policy = policy.and_then(|policy| policy.known_value());
        policy.is_some_and(|policy| policy.starts_with("Retain") && policy != but)
    };
    for change in &update.changes {
        let id = &change.logical_id;
        let (before, after) = (old.resource(id), new.resource(id));
        let goes_on = match change.action {
            Action::Delete => {
                before.is_some_and(|before| retains(before.deletion_policy.as_ref(), ""))
            }
            _ => after.is_some_and(|after| retains(after.update_replace_policy.as_ref(), "")),
        };
        if goes_on {
            kept.insert((id.clone(), Revision::Before));
        }
        if after
            .is_some_and(|after| retains(after.deletion_policy.as_ref(), "RetainExceptOnCreate"))
        {
            kept.insert((id.clone(), Revision::After));
        }
    }
    kept
}

/// The SSM parameters of both stacks, by logical id. One whose value is not known is not there.
pub(super) fn parameters(old: &Stack, new: &Stack) -> BTreeMap<String, Changing<Parameter>> {
    let account = new.inputs.account();
    let of = |stack: &Stack| -> Vec<(String, Parameter)> {
        let known = stack.ssm_parameters.iter();
        known
            .filter_map(|parameter| {
                Some((parameter.logical_id.clone(), written(parameter, &account)?))
            })
            .collect()
    };
    both(of(old), of(new))
}

/// What a stack writes; `None` where it is not known.
fn written(parameter: &stack::SsmParameter, account: &Account) -> Option<Parameter> {
    let name = parameter.name.known_value()?.clone();
    // A stack writes no other.
    let r#type = if parameter.r#type.known_value()? == ParameterType::StringList.name() {
        ParameterType::StringList
    } else {
        ParameterType::String
    };
    let value = parameter.value.known_value()?.clone();
    Some(Parameter::new(account, name, r#type, value))
}

/// Those that a rehearsal file gives.
pub(super) fn given_parameters(
    given: &BTreeMap<String, GivenParameter>,
    account: &Account,
) -> Vec<Parameter> {
    let given = given.iter().map(|(name, given)| {
        let (r#type, value) = given.to_parts();
        Parameter::new(account, name.clone(), r#type, value)
    });
    given.collect()
}

/// What is in one list or the other, by logical id.
fn both<T>(before: Vec<(String, T)>, after: Vec<(String, T)>) -> BTreeMap<String, Changing<T>> {
    let neither = || Changing {
        before: None,
        after: None,
    };
    let mut all: BTreeMap<String, Changing<T>> = BTreeMap::new();
    for (id, before) in before {
        all.entry(id).or_insert_with(neither).before = Some(before);
    }
    for (id, after) in after {
        all.entry(id).or_insert_with(neither).after = Some(after);
    }
    all
}

impl Plan {
    /// Whether the update changes something of a resource that functions meet outside the world: a table, or what an API changes with.
    pub fn is_met(&self, logical_id: &str) -> bool {
        let table = self.tables.get(logical_id);
        table.is_some_and(|changing| changing.before != changing.after)
            || self
                .apis
                .iter()
                .any(|api| api.changes_with.contains(logical_id))
    }
}
