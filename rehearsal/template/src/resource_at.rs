//! Which resource a place is in: the one to name when something is wrong there.

use crate::bounds::MAX_NAME;
use crate::text::Node;
use crate::{Diagnostic, Place};

/// The resources of a template by where they begin.
pub(crate) struct ResourcesByPlace {
    /// The first byte of each resource's logical id, in the text's order.
    starts: Vec<(u32, Option<String>)>,
    /// Where the section behind them begins.
    end: u32,
}

impl ResourcesByPlace {
    /// Those of a whole template.
    pub(crate) fn new(root: &Node) -> Self {
        let section = root.as_map().and_then(|map| map.get("Resources"));
        let mut starts: Vec<(u32, Option<String>)> = section
            .and_then(|entry| entry.value.as_map())
            .into_iter()
            .flatten()
            .map(|(logical_id, entry)| (entry.key_place.offset, name(logical_id)))
            .collect();
        starts.sort_unstable();
        let from = section.map_or(0, |entry| entry.key_place.offset);
        let end = root
            .as_map()
            .into_iter()
            .flat_map(|map| map.values())
            .map(|entry| entry.key_place.offset)
            .filter(|offset| *offset > from)
            .min();
        Self {
            starts,
            end: end.unwrap_or(u32::MAX),
        }
    }

    /// The resource that a place is in.
    fn at(&self, place: Place) -> Option<&str> {
        if place.line == 0 || place.offset >= self.end {
            return None;
        }
        let behind = self
            .starts
            .partition_point(|(start, _)| *start <= place.offset);
        let (_, logical_id) = self.starts.get(behind.checked_sub(1)?)?;
        logical_id.as_deref()
    }

    /// Names the resource in each diagnostic that names none.
    pub(crate) fn name_in(&self, diagnostics: &mut [Diagnostic]) {
        for diagnostic in diagnostics {
            if diagnostic.logical_id.is_none() {
                diagnostic.logical_id = self.at(diagnostic.place).map(str::to_owned);
            }
        }
    }
}

/// A logical id that can name something: one that is too long for that is left out of messages.
fn name(logical_id: &str) -> Option<String> {
    (logical_id.len() <= MAX_NAME).then(|| logical_id.to_owned())
}
