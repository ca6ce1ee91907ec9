//! The lanes of a rehearsal's figure, one file each: the `updates` of a release; the `traffic`'s shares and the `lifecycle` of a deployment;
//! live `requests` and their `latency`; the `gates`; the `infrastructure` that the functions met.

mod gates;
mod infrastructure;
mod latency;
mod lifecycle;
mod requests;
mod traffic;
mod updates;

use std::collections::BTreeMap;

use rehearsal_aws::codedeploy::deployment::DeploymentStatus;

use crate::html::figure::{Figure, Guide, Lane};
use crate::html::part::{Part, parts};
use crate::html::scale::Time;
use crate::html::words;
use crate::{DeploymentReport, MinuteReport, Report};

/// The most columns that a lane has: more minutes than that are drawn several in one.
const MOST_COLUMNS: usize = 240;
/// With more aliases than this that are shifted, those whose deployments went well have their traffic alone drawn.
const MOST_WHOLE: usize = 2;
/// With more aliases than this that are shifted, each has fewer columns…
const FULL_TRACKS: usize = 4;
/// … but not fewer than so many.
const LEAST_COLUMNS: usize = 30;
/// The most aliases that are drawn.
const MOST_TRACKS: usize = 40;
/// The most versions whose counts are named beside a lane.
const MOST_VERSIONS: usize = 6;
/// The most changes of an alias's weights that are drawn.
const MOST_SHIFTS: usize = 240;
/// Of a shorter part of a minute no rate is made.
const LEAST_OF_A_MINUTE: f64 = 0.08;
/// The most moments that are marked through all lanes.
const MOST_GUIDES: usize = 24;

/// The deployments of one alias: one, or of a release those of its updates, one after another.
pub struct Track<'r> {
    /// Each with its update.
    pub of: Vec<(&'r Part<'r>, &'r DeploymentReport)>,
}

impl<'r> Track<'r> {
    fn first(&self) -> &'r DeploymentReport {
        self.of[0].1
    }

    /// Its deployments.
    fn deployments(&self) -> impl Iterator<Item = &'r DeploymentReport> {
        self.of.iter().map(|(_, deployment)| *deployment)
    }

    /// Whether each of its deployments succeeded, and no caller saw an error.
    fn went_well(&self) -> bool {
        self.deployments().all(|one| {
            one.status == DeploymentStatus::Succeeded
                && one.errors.values().all(|count| *count == 0)
        })
    }

    /// How many minutes are drawn as one, so that the lane has no more than so many columns.
    fn minutes_of_a_column(&self, most: usize) -> usize {
        let minutes: usize = self.deployments().map(|one| one.minutes.len()).sum();
        minutes.div_ceil(most).max(1)
    }

    /// A sum of each version, the oldest first: `v1 338 · v2 208`.
    fn by_version(
        &self,
        counts: impl Fn(&'r DeploymentReport) -> &'r BTreeMap<String, u64>,
    ) -> String {
        let mut versions: Vec<(&str, u64)> = Vec::new();
        for deployment in self.deployments() {
            for version in versions_of(deployment) {
                let count = counts(deployment).get(version).copied().unwrap_or_default();
                match versions.iter_mut().find(|(known, _)| *known == version) {
                    Some((_, sum)) => *sum = sum.saturating_add(count),
                    None => versions.push((version, count)),
                }
            }
        }
        let mut texts: Vec<_> = versions
            .iter()
            .take(MOST_VERSIONS)
            .map(|(version, count)| format!("v{version} {}", words::grouped(*count)))
            .collect();
        if versions.len() > MOST_VERSIONS {
            texts.push(match versions.len() - MOST_VERSIONS {
                1 => "1 more version".to_owned(),
                more => format!("{more} more versions"),
            });
        }
        texts.join(" · ")
    }
}

/// The deployments of the parts, by alias, in the order in which they first come.
fn tracks<'r>(parts: &'r [Part<'r>]) -> Vec<Track<'r>> {
    let mut tracks: Vec<Track<'r>> = Vec::new();
    for part in parts {
        for deployment in &part.update.deployments {
            let of_alias = tracks.iter_mut().find(|track| {
                (&track.first().function, &track.first().alias)
                    == (&deployment.function, &deployment.alias)
            });
            match of_alias {
                Some(track) => track.of.push((part, deployment)),
                None => tracks.push(Track {
                    of: vec![(part, deployment)],
                }),
            }
        }
    }
    tracks
}

/// The axis of a rehearsal: the clock of one update counts from its first shift, as the terminal's does, and where traffic never shifted
/// from its first deployment's creation; that of a release from its beginning, for each of its updates has a shift of its own.
pub fn time_of(report: &Report) -> Time {
    let parts = parts(report);
    let time = Time::until(end(report, &parts));
    let [one] = &parts[..] else { return time };
    time.with_zero_at(zero(one).map_or(0.0, |(at, _)| at))
}

/// From when the clock of an update counts, and how that moment is called.
fn zero(part: &Part<'_>) -> Option<(f64, &'static str)> {
    let shifts = part
        .update
        .deployments
        .iter()
        .filter_map(|one| one.first_shift_seconds);
    let shift = shifts
        .reduce(f64::min)
        .map(|at| (at, "from the first shift, m:ss"));
    shift.or_else(|| {
        let created = part
            .update
            .deployments
            .iter()
            .map(|one| one.created_seconds);
        created
            .reduce(f64::min)
            .map(|at| (at, "from the deployment, m:ss"))
    })
}

/// The figure of a rehearsal, whose parts have ids that begin so.
pub fn figure(report: &Report, id: &str) -> Figure {
    let parts = parts(report);
    let time = time_of(report);
    let tracks = tracks(&parts);
    let columns = (MOST_COLUMNS * FULL_TRACKS / tracks.len().max(FULL_TRACKS)).max(LEAST_COLUMNS);
    let mut lanes = Vec::new();
    if parts.len() > 1 {
        lanes.push(updates::lane(&parts, time));
    }
    for track in tracks.iter().take(MOST_TRACKS) {
        if tracks.len() > MOST_WHOLE && track.went_well() {
            lanes.push(low(track, &parts, columns, time));
            continue;
        }
        let lifecycle = match &track.of[..] {
            [(part, deployment)] if parts.len() == 1 => {
                Some(lifecycle::lane(deployment, part, time))
            }
            _ => None,
        };
        let own = [
            lifecycle,
            Some(traffic::lane(track, &parts, false, time)),
            Some(requests::lane(track, columns, time)),
            requests::errors(track, columns, time),
            latency::lane(track, columns, time),
        ];
        lanes.extend(own.into_iter().flatten().map(|mut lane| {
            if tracks.len() > 1 && lane.name != lifecycle::NAME {
                lane.notes.insert(0, track.first().function.clone());
            }
            lane
        }));
    }
    lanes.extend(gates::lanes(&parts, time));
    lanes.extend(infrastructure::lane(&parts, time));
    let axis = match &parts[..] {
        [one] => zero(one).map(|(_, name)| name),
        _ => None,
    };
    Figure {
        id: format!("{id}-figure"),
        title: format!("{} on one axis of time", report.name),
        time,
        axis: axis.unwrap_or("from the beginning, m:ss"),
        lanes,
        guides: guides(&parts),
    }
}

/// All of an alias whose deployments went well in one low lane, with the values of the others.
fn low(track: &Track<'_>, parts: &[Part<'_>], columns: usize, time: Time) -> Lane {
    let mut lane = traffic::lane(track, parts, true, time);
    let others = [
        Some(requests::lane(track, columns, time)),
        latency::lane(track, columns, time),
    ];
    for other in others.into_iter().flatten() {
        lane.reading = format!("{} {}", lane.reading, other.reading);
        lane.tables.extend(other.tables);
    }
    lane
}

/// The figure with a few of its lanes: of the traffic, of the errors, and of the gates that stopped a deployment.
pub fn short_figure(report: &Report, id: &str) -> Figure {
    let mut figure = figure(report, id);
    let parts = parts(report);
    let deployments = parts.iter().flat_map(|part| &part.update.deployments);
    let stopped: Vec<_> = deployments
        .flat_map(|deployment| &deployment.stopped_by)
        .collect();
    let tracks = tracks(&parts);
    let is_low = |lane: &Lane| tracks.iter().any(|one| one.first().function == lane.name);
    figure.lanes.retain(|lane| {
        matches!(
            lane.name.as_str(),
            lifecycle::NAME | updates::NAME | traffic::NAME | "Errors a minute"
        ) || stopped.contains(&&lane.name)
            || is_low(lane)
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
}

/// A deployment's minutes, so many in a column, within its update: the first minute may have begun before it.
fn columns<'r>(
    part: &Part<'_>,
    deployment: &'r DeploymentReport,
    size: usize,
    time: Time,
) -> Vec<Column<'r>> {
    let chunks = deployment.minutes.chunks(size);
    let columns = chunks.map(|minutes| {
        let from = minutes.first().map_or(0.0, |minute| minute.at_seconds);
        let to = minutes
            .last()
            .map_or(0.0, |minute| minute.at_seconds + 60.0);
        Column {
            from: from.max(part.from),
            to: to.min(part.to).min(time.end()),
            minutes,
        }
    });
    columns.collect()
}

/// The versions that minutes tell of: the old one, the new one, and those that an earlier deployment left behind the alias.
fn versions_of(deployment: &DeploymentReport) -> Vec<&str> {
    let mut versions = vec![
        deployment.old_version.as_str(),
        deployment.new_version.as_str(),
    ];
    let served = deployment.served.iter().filter(|(_, count)| **count > 0);
    let served = served.map(|(version, _)| version.as_str());
    let others: Vec<_> = served
        .filter(|version| !versions.contains(version))
        .collect();
    versions.extend(others.into_iter().take(MOST_VERSIONS));
    versions
}
