//! How much a person may ask for. What goes beyond is refused with the bound, so that no rehearsal takes a machine's memory, or
//! goes on for days, because of a slip in a number.

use std::fmt::Display;
use std::ops::RangeInclusive;

use rehearsal_aws::lambda::sandboxes::Room;
use rehearsal_template::bounds::{MAX_NAME, MAX_STACK_NAME};

use crate::expectation::Expectation;
use crate::fault::Fault;
use crate::gate_inputs::GivenMetric;
use crate::plan::Deployment;
use crate::rehearsal::{Rehearsal, Timing};
use crate::request::{Request, RequestKind};

/// The longest rehearsal file, in bytes.
pub const MAX_FILE_BYTES: usize = 1 << 20;
/// The longest event file, in bytes: Lambda's quota for the payload of a synchronous invocation, 6 MB (Lambda developer guide,
/// "Lambda quotas"; the message of its own `RequestTooLargeException` has the number).
pub const MAX_EVENT_BYTES: usize = 6_291_456;
/// What all event files of a rehearsal may have together, in bytes: ten of the longest.
pub const MAX_EVENTS_BYTES: usize = 10 * MAX_EVENT_BYTES;
/// The most rehearsal files in one call.
pub const MAX_REHEARSALS: usize = 1_000;
/// The most live requests in a minute.
pub const MAX_REQUESTS_PER_MINUTE: u32 = 100_000;
/// The most minutes before the deployment, and after it: a day.
pub const MAX_MINUTES: u32 = 1_440;
/// The most live requests of a rehearsal.
pub const MAX_REQUESTS: u64 = 10_000_000;
/// The most kinds of live request.
pub const MAX_KINDS: usize = 1_000;
/// The most faults: each call is held against all of them.
pub const MAX_FAULTS: usize = 1_000;
/// The most stubs: each invocation is held against all of them.
pub const MAX_STUBS: usize = 1_000;
/// The most services that have an emulator: AWS has some hundreds.
pub const MAX_SERVICES: usize = 1_000;
/// The longest time that is modelled or waited, in milliseconds: an hour, after which CodeDeploy gives up on a hook.
pub const MAX_MILLISECONDS: u32 = 3_600_000;
/// The fewest processes that may be alive at once, and the most. Each has a handful of open files here.
pub const PROCESSES: RangeInclusive<u32> = Room::FEWEST..=1_024;
/// The least that is kept of what a sandbox writes, and the most, in KiB.
pub const KEEP_KIB: RangeInclusive<u32> = 1..=16_384;
/// The longest path of a request, in bytes: what the local listener takes (the `http` crate's limit on a URI is 65,534).
pub const MAX_PATH: usize = 8_192;

/// The most updates of a release, and actions of an update.
pub const MAX_UPDATES: usize = 100;

/// The most alarms, metrics and gates that a file gives something about, each.
pub const MAX_GIVEN: usize = 1_000;

/// A step from the root of a rehearsal file to a value in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a table.
    Key(String),
    /// Into a list, from 0.
    Item(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(item: usize) -> Self {
        Self::Item(item)
    }
}

/// Something in a rehearsal file that is beyond its bound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Beyond {
    /// Where it stands in the file.
    pub at: Vec<Step>,
    /// What it is, and the bound.
    pub message: String,
}

/// A place in the file: keys and numbers.
macro_rules! at {
    ($($step:expr),+) => { vec![$(Step::from($step)),+] };
}

impl Rehearsal {
    /// The first value that is beyond its bound.
    ///
    /// # Errors
    /// That value, with its place in the file.
    pub fn check_bounds(&self) -> Result<(), Beyond> {
        let traffic = &self.traffic;
        name("name", self.name.as_deref(), MAX_NAME, || at!["name"])?;
        name(
            "stack_name",
            self.stack_name.as_deref(),
            MAX_STACK_NAME,
            || at!["stack_name"],
        )?;
        number(
            "requests_per_minute",
            traffic.requests_per_minute,
            MAX_REQUESTS_PER_MINUTE,
            || at!["traffic", "requests_per_minute"],
        )?;
        for (key, minutes) in [
            ("minutes_before", traffic.minutes_before),
            ("minutes_after", traffic.minutes_after),
        ] {
            number(key, minutes, MAX_MINUTES, || at!["traffic", key])?;
        }
        #[rustfmt::skip] // A table.
        let lists = [
            ("kinds of request", traffic.requests.len(), MAX_KINDS, at!["traffic", "request"]),
            ("faults", self.faults.len(), MAX_FAULTS, at!["fault"]),
            ("alarms", self.alarms.len(), MAX_GIVEN, at!["alarm"]),
            ("metrics", self.metrics.len(), MAX_GIVEN, at!["metric"]),
            ("gates that are not judged", self.gates.not_judged.len(), MAX_GIVEN, at!["gates", "not_judged"]),
            ("stubs", self.stubs.len(), MAX_STUBS, at!["stub"]),
            ("actions", self.actions.len(), MAX_UPDATES, at!["action"]),
            ("updates", self.updates.len(), MAX_UPDATES, at!["update"]),
            ("services", self.services.len(), MAX_SERVICES, at!["services"]),
        ];
        for (what, count, most, key) in lists {
            if count > most {
                let message = format!("there are {count} {what}; at most {most} are taken");
                return Err(Beyond { at: key, message });
            }
        }
        check_timing(&self.timing)?;
        range("limits", "processes", self.limits.processes, &PROCESSES)?;
        range("logs", "keep_kib", self.logs.keep_kib, &KEEP_KIB)?;
        for (position, request) in traffic.requests.iter().enumerate() {
            check_request(position, request)?;
        }
        for (position, fault) in self.faults.iter().enumerate() {
            check_fault(position, fault)?;
        }
        for (position, metric) in self.metrics.iter().enumerate() {
            check_metric(position, metric)?;
        }
        for (position, stub) in self.stubs.iter().enumerate() {
            if let Some(duration) = stub.duration_ms {
                number("duration_ms", duration, MAX_MILLISECONDS, || {
                    at!["stub", position, "duration_ms"]
                })?;
            }
        }
        for (position, action) in self.actions.iter().enumerate() {
            name("stop", Some(&action.stop), MAX_NAME, || {
                at!["action", position, "stop"]
            })?;
        }
        for (position, update) in self.updates.iter().enumerate() {
            let at = |key: &'static str| move || at!["update", position, key];
            name("name", update.name.as_deref(), MAX_NAME, at("name"))?;
            number(
                "minutes_between",
                update.minutes_between,
                MAX_MINUTES,
                at("minutes_between"),
            )?;
        }
        check_expectation(&self.expect, &["expect".into()])
    }

    /// For how many minutes there is traffic, as long as these deployments take where nothing goes wrong.
    fn minutes(&self, deployments: &[Deployment]) -> u64 {
        let traffic = &self.traffic;
        let shift = deployments
            .iter()
            .filter_map(|deployment| Some(deployment.shift.steps().last()?.minute))
            .max()
            .unwrap_or(0);
        let minutes = [traffic.minutes_before, shift, traffic.minutes_after];
        minutes.into_iter().map(u64::from).sum()
    }

    /// How many live requests there are, as long as these deployments take where nothing goes wrong.
    pub fn requests(&self, deployments: &[Deployment]) -> u64 {
        self.minutes(deployments) * u64::from(self.traffic.requests_per_minute)
    }

    /// Whether its deployments, as long as they take where nothing goes wrong, have more than [`MAX_REQUESTS`] live requests. A
    /// rehearsal that takes longer, for a hook of it hangs, may have more all the same: see [`MAX_REQUESTS`].
    ///
    /// # Errors
    /// How many there would be.
    pub fn check_requests(&self, deployments: &[Deployment]) -> Result<(), Beyond> {
        let requests = self.requests(deployments);
        if requests <= MAX_REQUESTS {
            return Ok(());
        }
        let minutes = self.minutes(deployments);
        let message = format!(
            "{} requests in each of at least {minutes} minutes are {requests}; a rehearsal has at most {MAX_REQUESTS}",
            self.traffic.requests_per_minute
        );
        let at = at!["traffic", "requests_per_minute"];
        Err(Beyond { at, message })
    }
}

fn check_timing(timing: &Timing) -> Result<(), Beyond> {
    for (key, milliseconds) in [
        ("base_ms", timing.base_ms),
        ("cold_start_ms", timing.cold_start_ms),
        ("hook_ms", timing.hook_ms),
        ("dynamodb_ms", timing.dynamodb_ms),
        ("metric_delay_ms", timing.metric_delay_ms),
        ("hang_after_ms", timing.hang_after_ms.unwrap_or_default()),
        (
            "hook_hang_after_ms",
            timing.hook_hang_after_ms.unwrap_or_default(),
        ),
    ] {
        number(key, milliseconds, MAX_MILLISECONDS, || at!["timing", key])?;
    }
    Ok(())
}

fn check_request(position: usize, request: &Request) -> Result<(), Beyond> {
    let at = |key: &'static str| move || at!["traffic", "request", position, key];
    match &request.kind {
        RequestKind::Http(request) => {
            name("method", Some(&request.method), MAX_NAME, at("method"))?;
            if request.path.len() > MAX_PATH {
                let message = format!(
                    "`path` has {} bytes; it may have {MAX_PATH}",
                    request.path.len()
                );
                let at = at("path")();
                return Err(Beyond { at, message });
            }
            match request.expect_status {
                Some(status) if !(100..=599).contains(&status) => Err(Beyond {
                    at: at("expect_status")(),
                    message: "`expect_status` is an HTTP status, 100 to 599".to_owned(),
                }),
                _ => Ok(()),
            }
        }
        RequestKind::Invoke(invocation) => {
            name(
                "function",
                Some(&invocation.function),
                MAX_NAME,
                at("function"),
            )?;
            name(
                "qualifier",
                invocation.qualifier.as_deref(),
                MAX_NAME,
                at("qualifier"),
            )
        }
    }
}

fn check_metric(position: usize, metric: &GivenMetric) -> Result<(), Beyond> {
    let values = &metric.values.every_minute;
    let at = || vec!["metric".into(), position.into(), "values".into()];
    if values.len() > MAX_MINUTES as usize {
        let message = format!(
            "there are {} values; at most {MAX_MINUTES} are taken",
            values.len()
        );
        return Err(Beyond { at: at(), message });
    }
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        let message = format!("{value} is no data point: one is a finite number");
        return Err(Beyond { at: at(), message });
    }
    let beyond = i64::from(MAX_MINUTES);
    match metric.values.from_minute {
        Some(minute) if !(-beyond..=beyond).contains(&minute) => Err(Beyond {
            at: at(),
            message: format!("from_minute is {minute}; at most {MAX_MINUTES} is taken"),
        }),
        _ => Ok(()),
    }
}

fn check_fault(position: usize, fault: &Fault) -> Result<(), Beyond> {
    let at = |key: &'static str| move || at!["fault", position, key];
    for (key, text) in [
        ("function", &fault.function),
        ("service", &fault.service),
        ("operation", &fault.operation),
        ("code", &fault.code),
    ] {
        name(key, text.as_deref(), MAX_NAME, at(key))?;
    }
    let delay = fault.delay_ms.unwrap_or_default();
    number("delay_ms", delay, MAX_MILLISECONDS, at("delay_ms"))
}

fn check_expectation(expect: &Expectation, at: &[Step]) -> Result<(), Beyond> {
    let below = |key: &str| [at, &[Step::from(key)]].concat();
    for (key, text) in [
        ("alarm", &expect.alarm),
        ("failed_check", &expect.failed_check),
        ("reported_by", &expect.reported_by),
    ] {
        name(key, text.as_deref(), MAX_NAME, || below(key))?;
    }
    for (function, expected) in &expect.deployments {
        let here = [below("deployment"), at![function.as_str()]].concat();
        name("deployment", Some(function), MAX_NAME, || here.clone())?;
        check_expectation(expected, &here)?;
    }
    Ok(())
}

fn name(
    key: &str,
    text: Option<&str>,
    most: usize,
    at: impl Fn() -> Vec<Step>,
) -> Result<(), Beyond> {
    let length = text.map_or(0, |text| text.chars().count());
    if length <= most {
        return Ok(());
    }
    let message = format!("`{key}` has {length} characters; it may have {most}");
    Err(Beyond { at: at(), message })
}

fn number(key: &str, given: u32, most: u32, at: impl Fn() -> Vec<Step>) -> Result<(), Beyond> {
    if given <= most {
        return Ok(());
    }
    let message = format!("`{key}` is {given}; it may be {most} at most");
    Err(Beyond { at: at(), message })
}

fn range<N: PartialOrd + Display + Copy>(
    table: &str,
    key: &str,
    given: N,
    allowed: &RangeInclusive<N>,
) -> Result<(), Beyond> {
    if allowed.contains(&given) {
        return Ok(());
    }
    let (least, most) = (allowed.start(), allowed.end());
    let message = format!("`{key}` is {given}; it may be {least} to {most}");
    let at = at![table, key];
    Err(Beyond { at, message })
}

#[cfg(test)]
mod tests;
