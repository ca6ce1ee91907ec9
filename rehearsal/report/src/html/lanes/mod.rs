//! The lanes of a rehearsal's figure, one file each.

mod gates;
mod infrastructure;
mod latency;
mod lifecycle;
mod requests;
mod traffic;

use crate::html::figure::{Figure, Guide};
use crate::html::part::{Part, parts};
use crate::html::scale::Time;
use crate::html::words;
use crate::{DeploymentReport, MinuteReport, Report};

/// The most columns that a lane has: more minutes than that are drawn several in one.
const MOST_COLUMNS: usize = 240;
/// The most changes of an alias's weights that are drawn.
const MOST_SHIFTS: usize = 240;
/// Of a shorter part of a minute no rate is made.
const LEAST_OF_A_MINUTE: f64 = 0.08;
/// The most moments that are marked through all lanes.
const MOST_GUIDES: usize = 24;

/// The figure of a rehearsal, whose parts have ids that begin so.
pub fn figure(report: &Report, id: &str) -> Figure {
    let parts = parts(report);
    let time = Time::until(end(report, &parts));
    let mut lanes = Vec::new();
    for part in &parts {
        for deployment in &part.update.deployments {
            let own = [
                Some(lifecycle::lane(deployment, part, time)),
                Some(traffic::lane(deployment, part, time)),
                Some(requests::lane(deployment, time)),
                requests::errors(deployment, time),
                latency::lane(deployment, time),
            ];
            lanes.extend(own.into_iter().flatten().map(|mut lane| {
                if part.update.deployments.len() > 1 && lane.name != lifecycle::NAME {
                    lane.notes.insert(0, deployment.function.clone());
                }
                lane.notes
                    .splice(0..0, part.name.map(|name| format!("update: {name}")));
                lane
            }));
        }
    }
    lanes.extend(gates::lanes(&parts, time));
    lanes.extend(infrastructure::lane(&parts, time));
    Figure {
        id: format!("{id}-figure"),
        title: format!("{} on one axis of time", report.name),
        time,
        lanes,
        guides: guides(&parts),
    }
}

/// The figure with a few of its lanes: of the traffic, of the errors, and of the gates that stopped a deployment.
pub fn short_figure(report: &Report, id: &str) -> Figure {
    let mut figure = figure(report, id);
    let parts = parts(report);
    let deployments = parts.iter().flat_map(|part| &part.update.deployments);
    let stopped: Vec<_> = deployments
        .flat_map(|deployment| &deployment.stopped_by)
        .collect();
    figure.lanes.retain(|lane| {
        matches!(
            lane.name.as_str(),
            "Deployment" | "Traffic" | "Errors a minute"
        ) || stopped.contains(&&lane.name)
    });
    figure.title.clone_from(&report.name);
    figure
}

/// The last moment of anything.
fn end(report: &Report, parts: &[Part<'_>]) -> f64 {
    let deployments = parts.iter().flat_map(|part| &part.update.deployments);
    let moments = deployments.flat_map(|deployment| {
        let rollback = deployment
            .rollback
            .as_ref()
            .and_then(|rollback| rollback.ended_seconds);
        [deployment.ended_seconds, rollback].into_iter().flatten()
    });
    moments.fold(report.virtual_seconds, f64::max)
}

/// The first shift of each deployment, all traffic, and the rollback.
fn guides(parts: &[Part<'_>]) -> Vec<Guide> {
    let mut guides = Vec::new();
    for deployment in parts.iter().flat_map(|part| &part.update.deployments) {
        if let Some(at) = deployment.first_shift_seconds {
            let text = format!("the first shift to version {}", deployment.new_version);
            guides.push(Guide {
                at,
                text,
                bad: false,
            });
        }
        let all = deployment.shifts.iter().find(|shift| {
            shift
                .weights
                .get(&deployment.new_version)
                .is_some_and(|share| *share >= 1.0)
        });
        if let Some(all) = all.filter(|all| Some(all.at_seconds) != deployment.first_shift_seconds)
        {
            let text = format!("all traffic to version {}", deployment.new_version);
            guides.push(Guide {
                at: all.at_seconds,
                text,
                bad: false,
            });
        }
        if let Some(rollback) = &deployment.rollback {
            let text = format!("rollback to version {}", deployment.old_version);
            guides.push(Guide {
                at: rollback.created_seconds,
                text,
                bad: true,
            });
        }
    }
    guides.dedup();
    guides.truncate(MOST_GUIDES);
    guides
}

/// Minutes that are drawn as one.
struct Column<'r> {
    from: f64,
    to: f64,
    minutes: &'r [MinuteReport],
}

impl Column<'_> {
    /// How its first minute is called: by its number, with the last one's where it has several.
    fn name(&self) -> String {
        match self.minutes {
            [first, .., last] => format!("{} to {}", first.minute, last.minute),
            [one] => one.minute.to_string(),
            [] => String::new(),
        }
    }

    /// A sum as a rate a minute. The first minute and the last may be a part of one; of a few seconds no rate is made.
    fn per_minute(&self, sum: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a figure is not that exact")]
        let sum = sum as f64;
        let minutes = (self.to - self.from) / 60.0;
        if minutes >= LEAST_OF_A_MINUTE {
            sum / minutes
        } else {
            sum
        }
    }

    fn sum(&self, count: impl Fn(&MinuteReport) -> u64) -> u64 {
        self.minutes.iter().map(count).fold(0, u64::saturating_add)
    }

    /// The time that it covers, in words.
    fn clock(&self) -> String {
        words::clock(self.from)
    }
}

/// A deployment's minutes, in as many columns as are drawn.
fn columns(deployment: &DeploymentReport, time: Time) -> Vec<Column<'_>> {
    let size = deployment.minutes.len().div_ceil(MOST_COLUMNS).max(1);
    deployment
        .minutes
        .chunks(size)
        .map(|minutes| {
            let from = minutes.first().map_or(0.0, |minute| minute.at_seconds);
            let to = minutes
                .last()
                .map_or(0.0, |minute| minute.at_seconds + 60.0);
            Column {
                from: from.max(0.0),
                to: to.min(time.end()),
                minutes,
            }
        })
        .collect()
}

/// The versions that minutes tell of: the old one, the new one, and any other.
fn versions(deployment: &DeploymentReport) -> [&str; 2] {
    [&deployment.old_version, &deployment.new_version]
}
