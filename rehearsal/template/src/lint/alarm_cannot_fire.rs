//! `alarm-cannot-fire`: an alarm that cannot have its bad data before the shift is over.
//!
//! An alarm is evaluated every minute over a window that slides (CloudWatch user guide, "Alarm evaluation"): its data points end
//! at that minute, each as long as its period. So the newest point is bad one minute after a fault begins, however long its
//! period, and M bad points take M - 1 periods more. Where that is no earlier than the end of the shift, a fault that begins with
//! the shift is noticed when the new version has all the traffic. A shift that takes no time leaves no alarm any: there the hooks
//! decide, and this lint is silent.
//!
//! It is silent too where silence is bad data (`TreatMissingData: breaching`): then a single bad point may be all that it needs.

use super::{Lint, Subject, series, shifting};
use crate::stack::Alarm;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "alarm-cannot-fire",
    finds: "an alarm that cannot have its bad data before the shift is over",
    severity: Severity::Warning,
    check,
};

/// How often an alarm is evaluated, in seconds; one with shorter periods as often as they end.
const EVALUATED_EVERY: u32 = 60;

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (alarm, minutes) in shifting::watching(subject.stack, &subject.shifting) {
        found.extend(minutes.and_then(|minutes| judged(alarm, minutes)));
    }
}

fn judged(alarm: &Alarm, shift_minutes: u32) -> Option<Diagnostic> {
    if alarm.treat_missing_data.known_value()? == "breaching" {
        return None;
    }
    let (period, period_place) = series::period(alarm)?;
    let needed = alarm
        .datapoints_to_alarm
        .as_ref()
        .unwrap_or(&alarm.evaluation_periods);
    let points = *needed.known_value()?;
    let (seconds, shift) = (earliest(points, period), u64::from(shift_minutes) * 60);
    if seconds < shift {
        return None;
    }
    // The one that is to be changed: one data point can be no fewer.
    let place = if points > 1 {
        needed.place
    } else {
        period_place
    };
    let message = format!(
        "{points} bad data point{} of {period} s take at least {}, and the shift is over after {}",
        if points == 1 { "" } else { "s" },
        duration(seconds),
        duration(shift),
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

/// When an alarm is in ALARM at the earliest after its data turns bad, in seconds: at its first evaluation with as many bad
/// points as it needs.
fn earliest(points: u32, period: u32) -> u64 {
    let first = period.min(EVALUATED_EVERY);
    u64::from(points.saturating_sub(1)) * u64::from(period) + u64::from(first)
}

/// Seconds as people say them.
fn duration(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (1, 0) => "1 minute".to_owned(),
        (minutes, 0) => format!("{minutes} minutes"),
        _ => format!("{seconds} s"),
    }
}
