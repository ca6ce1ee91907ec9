//! What a plan is made from: two stacks, the update between them, what is given; and all that is wrong on the way.

use rehearsal_template::stack::Stack;
use rehearsal_template::{Field, Place, Unknown};

use super::problem::PlanError;
use super::update::Update;
use crate::gate_inputs::Given;

/// A builder's scratch pad: all errors are collected, not only the first.
pub(super) struct Planner<'a> {
    pub(super) old: &'a Stack,
    pub(super) new: &'a Stack,
    /// The update between two templates; `None` where one template brings nothing but new versions.
    pub(super) update: Option<Update>,
    pub(super) given: Given<'a>,
    pub(super) errors: Vec<PlanError>,
}

impl Planner<'_> {
    pub(super) fn error(&mut self, logical_id: &str, what: impl Into<String>, place: Place) {
        self.errors.push(PlanError {
            logical_id: logical_id.to_owned(),
            what: what.into(),
            place,
            missing: None,
            help: None,
        });
    }

    /// Something that is needed is not known.
    pub(super) fn unknown(
        &mut self,
        logical_id: &str,
        what: impl Into<String>,
        unknown: &Unknown,
        place: Place,
    ) {
        self.errors.push(PlanError {
            logical_id: logical_id.to_owned(),
            what: format!("{}: {unknown}", what.into()),
            place,
            missing: unknown.missing.clone(),
            help: None,
        });
    }

    /// A field's value, or an error that says what it is needed for.
    pub(super) fn known<T: Clone>(
        &mut self,
        logical_id: &str,
        what: &str,
        field: &Field<T>,
    ) -> Option<T> {
        match &field.value {
            Ok(value) => Some(value.clone()),
            Err(unknown) => {
                self.unknown(
                    logical_id,
                    format!("its {what} is not known"),
                    unknown,
                    field.place,
                );
                None
            }
        }
    }
}
