//! Composite alarms.

use super::Condition;
use super::reader::Reader;
use crate::{Field, Place};

/// A CloudWatch composite alarm, as the template writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompositeAlarm {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: Field<String>,
    /// `AlarmRule`, resolved: it names alarms by name or ARN.
    pub rule: Field<String>,
    /// `ActionsSuppressor`: the alarm during which its actions, not its state, are suppressed.
    pub actions_suppressor: Option<Field<String>>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

impl CompositeAlarm {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            logical_id: reader.logical_id(),
            name: reader.own(None),
            rule: reader.required_text("AlarmRule"),
            actions_suppressor: reader.text("ActionsSuppressor"),
            condition: reader.condition(),
            place: reader.place(),
        }
    }
}
