//! `alarm-cannot-fire`: an alarm that needs as much bad data as the whole shift gives, or more.
//!
//! An alarm fires once M data points breach (CloudWatch user guide, "Evaluating an alarm"), each as long as its period. Where M
//! periods are no shorter than the shift, a fault that begins with the shift may be noticed only when the new version has all
//! the traffic. A shift that takes no time leaves no alarm any: there the hooks decide, and this lint is silent.

use super::{Lint, Subject, series, shifting};
use crate::stack::Alarm;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "alarm-cannot-fire",
    finds: "an alarm that needs as much bad data as the whole shift gives, or more",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (alarm, minutes) in shifting::watching(subject.stack, &subject.shifting) {
        found.extend(minutes.and_then(|minutes| judged(alarm, minutes)));
    }
}

fn judged(alarm: &Alarm, shift_minutes: u32) -> Option<Diagnostic> {
    let (period, period_place) = series::period(alarm)?;
    let needed = alarm
        .datapoints_to_alarm
        .as_ref()
        .unwrap_or(&alarm.evaluation_periods);
    let points = *needed.known_value()?;
    let seconds = u64::from(points) * u64::from(period);
    if seconds < u64::from(shift_minutes) * 60 {
        return None;
    }
    // The one that is to be changed: one data point can be no fewer.
    let place = if points > 1 {
        needed.place
    } else {
        period_place
    };
    let message = format!(
        "it takes up to {} of bad data to fire ({points} × {period} s), and the shift is over after {}",
        duration(seconds),
        duration(u64::from(shift_minutes) * 60),
    );
    let help = match shift_minutes - 1 {
        0 => "no alarm fits into a shift of one minute: take a longer one".to_owned(),
        1 => "make the period 60 s and let one data point be enough, of several".to_owned(),
        most => format!(
            "make the period 60 s and `DatapointsToAlarm` at most {most}, or take a longer shift"
        ),
    };
    Some(
        LINT.report(message, place)
            .resource(&alarm.logical_id)
            .help(help),
    )
}

/// Seconds as people say them.
fn duration(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (1, 0) => "1 minute".to_owned(),
        (minutes, 0) => format!("{minutes} minutes"),
        _ => format!("{seconds} s"),
    }
}
