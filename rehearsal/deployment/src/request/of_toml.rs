//! Values of TOML as the JSON that is sent of them.

use serde_json::Value;

/// The one field of the table that `toml` makes of a date or a time where any value is read, as here.
const DATE: &str = "$__toml_private_datetime";

/// A number that JSON does not have: `nan` or `inf`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotFinite;

/// Makes texts of dates and times.
pub(super) fn with_texts_for_dates(value: &mut Value) -> Result<(), NotFinite> {
    match value {
        // TOML has no null: it is what `serde_json` makes of such a number.
        Value::Null => Err(NotFinite),
        Value::Array(items) => items.iter_mut().try_for_each(with_texts_for_dates),
        Value::Object(fields) => {
            if let Some(date) = fields.get_mut(DATE) {
                *value = date.take();
                return Ok(());
            }
            fields.values_mut().try_for_each(with_texts_for_dates)
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}
