//! A deployment minute by minute.

use std::collections::BTreeMap;

use rehearsal_aws::time::{MINUTE_MS, VirtualTime};
use rehearsal_deployment::event::{Event, Happening};
use rehearsal_deployment::plan;
use serde::Serialize;

/// One minute of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MinuteReport {
    /// Its number.
    pub minute: i64,
    /// The versions' shares at its start.
    pub weights: BTreeMap<String, f64>,
    /// Live requests that arrived in it, by the version that served them.
    pub requests: BTreeMap<String, u64>,
    /// Errors that their callers saw.
    pub errors: BTreeMap<String, u64>,
}

/// Folds the minutes of a deployment, from the rehearsal's first to its last.
pub(crate) fn minutes(
    index: usize,
    planned: &plan::Deployment,
    events: &[Event],
) -> Vec<MinuteReport> {
    let shares: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.happening {
            Happening::TrafficShifted { deployment, shares } if *deployment == index => {
                Some((event.at, shares))
            }
            _ => None,
        })
        .collect();
    let gained = |shares: &BTreeMap<String, f64>| {
        shares
            .get(&planned.new_version)
            .is_some_and(|share| *share > 0.0)
    };
    let first_shift = shares
        .iter()
        .find(|(_, shares)| gained(shares))
        .map(|(at, _)| *at);
    let Some(origin) = first_shift.or_else(|| created_at(index, events)) else {
        return Vec::new();
    };
    let end = events.last().map_or(VirtualTime::ZERO, |event| event.at);

    let first = VirtualTime::ZERO.minute_since(origin);
    let mut minutes: Vec<_> = (first..=end.minute_since(origin))
        .map(|minute| (minute, origin + minute * MINUTE_MS))
        .filter(|(_, start)| *start < end)
        .map(|(minute, start)| {
            let mut weights = BTreeMap::from([
                (planned.old_version.clone(), 1.0),
                (planned.new_version.clone(), 0.0),
            ]);
            if let Some((_, shares)) = shares.iter().rev().find(|(at, _)| *at <= start) {
                for (version, weight) in &mut weights {
                    *weight = shares.get(version).copied().unwrap_or(0.0);
                }
            }
            MinuteReport {
                minute,
                weights,
                requests: none(planned),
                errors: none(planned),
            }
        })
        .collect();
    for event in events {
        let Happening::RequestServed {
            arrived,
            deployment,
            version,
            error,
            ..
        } = &event.happening
        else {
            continue;
        };
        let row = usize::try_from(arrived.minute_since(origin) - first)
            .ok()
            .and_then(|row| minutes.get_mut(row));
        if let Some(row) = row.filter(|_| *deployment == Some(index)) {
            *row.requests.entry(version.clone()).or_default() += 1;
            if *error {
                *row.errors.entry(version.clone()).or_default() += 1;
            }
        }
    }
    minutes
}

/// When a deployment was created.
pub(crate) fn created_at(index: usize, events: &[Event]) -> Option<VirtualTime> {
    events.iter().find_map(|event| match event.happening {
        Happening::DeploymentCreated { deployment, .. } if deployment == index => Some(event.at),
        _ => None,
    })
}

/// A count for each version, those with none included.
pub(crate) fn none(planned: &plan::Deployment) -> BTreeMap<String, u64> {
    [&planned.old_version, &planned.new_version]
        .into_iter()
        .map(|version| (version.clone(), 0))
        .collect()
}
