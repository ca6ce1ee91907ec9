//! A place as its line alone: from 1, and null where there is none.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Place;

/// Writes the line.
pub(super) fn serialize<S: Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
    Some(place.line)
        .filter(|line| *line > 0)
        .serialize(serializer)
}

/// A place of which the line alone is known.
pub(super) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Place, D::Error> {
    let line = Option::deserialize(deserializer)?.unwrap_or_default();
    Ok(Place {
        line,
        ..Place::default()
    })
}
