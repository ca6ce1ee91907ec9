//! The order of an update, from the references that the resources make.

use std::collections::{BTreeMap, BTreeSet};

use crate::text::{QuickMap, QuickSet};
use crate::{Diagnostic, Place};

/// The code of a circle.
pub(crate) const CIRCLE: &str = "template::circular-dependency";

/// A resource with what it refers to: its place in an update goes by that.
#[derive(Clone, Copy)]
pub(crate) struct Dependent<'a> {
    /// Its logical id.
    pub id: &'a str,
    /// Its type.
    pub r#type: &'a str,
    /// The resources that it refers to, each with the place of the first reference.
    pub references: &'a BTreeMap<String, Place>,
}

/// Sorts resources into levels: each waits for all levels before its own.
///
/// # Errors
/// A circle, as one diagnostic that names its links.
pub(crate) fn levels(resources: &[Dependent<'_>]) -> Result<Vec<Vec<String>>, Box<Diagnostic>> {
    let exists: QuickSet<&str> = resources.iter().map(|resource| resource.id).collect();
    let mut waits: QuickMap<&str, usize> = QuickMap::default();
    let mut waited_for: QuickMap<&str, Vec<&str>> = QuickMap::default();
    for resource in resources {
        let needed: Vec<&str> = resource
            .references
            .keys()
            .map(String::as_str)
            .filter(|id| exists.contains(id))
            .collect();
        waits.insert(resource.id, needed.len());
        for id in needed {
            waited_for.entry(id).or_default().push(resource.id);
        }
    }
    let mut levels: Vec<Vec<String>> = Vec::new();
    // In the template's order within a level.
    let mut ready: Vec<&str> = resources
        .iter()
        .map(|resource| resource.id)
        .filter(|id| waits.get(id) == Some(&0))
        .collect();
    let mut placed = 0;
    while !ready.is_empty() {
        placed += ready.len();
        let mut next = QuickSet::default();
        for id in &ready {
            for waiting in waited_for.get(id).into_iter().flatten() {
                if let Some(count) = waits.get_mut(waiting) {
                    *count -= 1;
                    if *count == 0 {
                        next.insert(*waiting);
                    }
                }
            }
        }
        levels.push(ready.iter().map(|id| (*id).to_owned()).collect());
        ready = resources
            .iter()
            .map(|resource| resource.id)
            .filter(|id| next.contains(id))
            .collect();
    }
    if placed == resources.len() {
        return Ok(levels);
    }
    let stuck: BTreeSet<&str> = waits
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(id, _)| *id)
        .collect();
    Err(Box::new(circle(resources, &stuck)))
}

/// Finds one circle among resources that never become ready.
fn circle(resources: &[Dependent<'_>], stuck: &BTreeSet<&str>) -> Diagnostic {
    let by_id: BTreeMap<&str, &Dependent<'_>> = resources
        .iter()
        .map(|resource| (resource.id, resource))
        .collect();
    let mut path: Vec<&str> = Vec::new();
    let mut at = stuck.first().copied().unwrap_or_default();
    // Every stuck resource waits for another stuck one, so this comes back to where it has been.
    while !path.contains(&at) {
        path.push(at);
        let next = by_id.get(at).and_then(|resource| {
            resource
                .references
                .keys()
                .find(|id| stuck.contains(id.as_str()))
        });
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    let start = path.iter().position(|id| *id == at).unwrap_or_default();
    let mut round = path[start..].to_vec();
    round.push(at);
    let mut links = Vec::new();
    for pair in round.windows(2) {
        if let Some(place) = by_id
            .get(pair[0])
            .and_then(|resource| resource.references.get(pair[1]))
        {
            links.push(format!(
                "`{}` refers to `{}` in line {}",
                pair[0], pair[1], place.line
            ));
        }
    }
    let place = round
        .first()
        .and_then(|first| by_id.get(first)?.references.get(*round.get(1)?))
        .copied()
        .unwrap_or_default();
    let mut help = links.join("; ");
    if let Some((bucket, from)) = bucket_in(&round, &by_id) {
        help = format!(
            "{help}. Give `{bucket}` a `BucketName` and write that name where `{from}` refers to the bucket, for example the same `!Sub` in both"
        );
    }
    let message = format!("circular dependency: {}", round.join(" → "));
    let mut diagnostic = Diagnostic::error(CIRCLE, message, place).help(help);
    diagnostic.logical_id = round.first().map(|id| (*id).to_owned());
    diagnostic
}

/// A bucket of a circle that waits for the function which it notifies, and what refers to it: its name, if it is given one, needs no reference.
fn bucket_in<'r>(
    round: &[&'r str],
    by_id: &BTreeMap<&str, &Dependent<'_>>,
) -> Option<(&'r str, &'r str)> {
    let is = |id: &str, begins: &str| {
        by_id
            .get(id)
            .is_some_and(|of| of.r#type.starts_with(begins))
    };
    let at = round
        .windows(2)
        .position(|pair| is(pair[0], "AWS::S3::Bucket") && is(pair[1], "AWS::Lambda::"))?;
    // The round ends where it begins.
    let before = at.checked_sub(1).unwrap_or(round.len().checked_sub(2)?);
    Some((round[at], round[before]))
}
