//! How likely an alarm fires during a shift, by probability theory alone: nothing here is the engine's.
//!
//! A request fails by itself, whatever becomes of the others. So the errors of a minute are binomial, its data point is bad with a
//! probability that can be computed, and the minutes are independent. What an alarm makes of a row of data points is a walk over
//! all rows, each with its probability.
//!
//! As in a rehearsal, each minute has the same number of requests, evenly spread.

use std::collections::BTreeMap;

/// Milliseconds in a minute.
const MINUTE_MS: u64 = 60_000;

/// How many data points CloudWatch retrieves beyond `EvaluationPeriods`. Assumed: the examples of its user guide, "Configuring how
/// CloudWatch alarms treat missing data", have 5 for 3.
const RANGE_BEYOND: usize = 2;

/// An alarm on errors, with periods of a minute and `notBreaching`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alarm {
    /// What it looks at, and from when on a minute is bad.
    pub bad: BadMinute,
    /// M: `DatapointsToAlarm`.
    pub bad_minutes: usize,
    /// N: `EvaluationPeriods`.
    pub evaluation_periods: usize,
}

/// What makes a minute bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BadMinute {
    /// So many errors of the new version.
    ErrorsOfNewVersion(u64),
    /// So many per cent of all requests.
    PercentOfAll(u64),
}

/// Live requests during a canary.
#[derive(Clone, Copy, Debug)]
pub struct Canary {
    /// How many arrive in a minute.
    pub requests_per_minute: u64,
    /// The new version's share.
    pub share: f64,
    /// How many minutes of the clock end during the canary.
    pub minutes: usize,
    /// When in the first of these it begins, in milliseconds. From a whole minute on nothing of it is left.
    pub begins_at_ms: u64,
}

/// The share of requests that fail.
#[derive(Clone, Copy, Debug)]
pub enum ErrorRate {
    /// Of all requests, before the shift and during it.
    Always(f64),
    /// Of those to the new version.
    OfNewVersion(f64),
    /// Of those to the old version, from the shift on.
    OfOldVersion(f64),
}

impl ErrorRate {
    /// How likely a request of the canary goes to the new version and fails there.
    fn in_new_version(self, share: f64) -> f64 {
        match self {
            Self::Always(rate) | Self::OfNewVersion(rate) => share * rate,
            Self::OfOldVersion(_) => 0.0,
        }
    }

    /// How likely a request of the canary fails.
    fn in_any_version(self, share: f64) -> f64 {
        match self {
            Self::Always(rate) => rate,
            Self::OfNewVersion(rate) => share * rate,
            Self::OfOldVersion(rate) => (1.0 - share) * rate,
        }
    }
}

/// How likely the alarm is in ALARM when the deployment begins, or after any of the minutes that end during the canary.
pub fn fires(alarm: Alarm, canary: Canary, errors: ErrorRate) -> f64 {
    let all = Requests::of_a_minute(canary.requests_per_minute);
    let shifted = all.from(canary.begins_at_ms);
    let (before, first, rest) = match alarm.bad {
        BadMinute::ErrorsOfNewVersion(count) => {
            let minute = |requests: Requests| Minute {
                missing: 1.0 - requests.at_least(1, canary.share),
                bad: requests.at_least(count, errors.in_new_version(canary.share)),
            };
            (Minute::MISSING, minute(shifted), minute(all))
        }
        BadMinute::PercentOfAll(percent) => {
            let count = (all.whole * percent).div_ceil(100).max(1);
            let minute = |requests: Requests| Minute {
                missing: 0.0,
                bad: requests.at_least(count, errors.in_any_version(canary.share)),
            };
            match errors {
                ErrorRate::Always(_) => (minute(all), minute(all), minute(all)),
                _ => (minute(Requests::NONE), minute(shifted), minute(all)),
            }
        }
    };
    let mut during = vec![rest; canary.minutes];
    if let Some(minute) = during.first_mut() {
        *minute = first;
    }
    alarm.fires_in(before, &during)
}

/// A minute's data point, by probability. What is neither is within the threshold.
#[derive(Clone, Copy, Debug)]
struct Minute {
    missing: f64,
    bad: f64,
}

impl Minute {
    const MISSING: Self = Self {
        missing: 1.0,
        bad: 0.0,
    };

    fn points(self) -> [(Point, f64); 3] {
        let good = (1.0 - self.missing - self.bad).max(0.0);
        [
            (Point::Missing, self.missing),
            (Point::Good, good),
            (Point::Bad, self.bad),
        ]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    Missing,
    Good,
    Bad,
}

impl Alarm {
    fn range(self) -> usize {
        self.evaluation_periods + RANGE_BEYOND
    }

    /// Whether these data points, oldest first, mean ALARM: of those that are there the N most recent decide, and what is missing
    /// is not bad.
    fn is_in_alarm(self, points: &[Point]) -> bool {
        let there = points.iter().rev().filter(|p| **p != Point::Missing);
        let bad = there
            .take(self.evaluation_periods)
            .filter(|point| **point == Point::Bad);
        bad.count() >= self.bad_minutes
    }

    /// The probability of ALARM after minutes like `before`, or after any of those of `during`.
    fn fires_in(self, before: Minute, during: &[Minute]) -> f64 {
        let mut rows = BTreeMap::from([(Vec::new(), 1.0)]);
        for _ in 0..self.range() {
            rows = self.one_more(&rows, before);
        }
        let mut fired = self.take_out(&mut rows);
        for minute in during {
            rows = self.one_more(&rows, *minute);
            fired += self.take_out(&mut rows);
        }
        fired
    }

    /// All rows with one data point more, as far as the evaluation range reaches.
    fn one_more(
        self,
        rows: &BTreeMap<Vec<Point>, f64>,
        minute: Minute,
    ) -> BTreeMap<Vec<Point>, f64> {
        let mut longer = BTreeMap::new();
        for (row, probability) in rows {
            for (point, share) in minute.points() {
                if share > 0.0 {
                    let kept = row.len().saturating_sub(self.range() - 1);
                    let next = row[kept..].iter().copied().chain([point]).collect();
                    *longer.entry(next).or_default() += probability * share;
                }
            }
        }
        longer
    }

    /// Takes the rows out that mean ALARM, and says how likely they were.
    fn take_out(self, rows: &mut BTreeMap<Vec<Point>, f64>) -> f64 {
        let mut fired = 0.0;
        rows.retain(|row, probability| {
            let alarm = self.is_in_alarm(row);
            fired += if alarm { *probability } else { 0.0 };
            !alarm
        });
        fired
    }
}

/// Requests of a minute: whole ones, and a part of one: that with which the shift may coincide.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Requests {
    whole: u64,
    part: f64,
}

impl Requests {
    const NONE: Self = Self {
        whole: 0,
        part: 0.0,
    };

    fn of_a_minute(requests: u64) -> Self {
        Self {
            whole: requests,
            part: 0.0,
        }
    }

    /// Those of a whole minute that arrive from a moment on. Each has a slot of its own, and is anywhere in it alike.
    #[expect(clippy::cast_precision_loss, reason = "both are below 2^53")]
    fn from(self, at_ms: u64) -> Self {
        let slots_before = self.whole * at_ms.min(MINUTE_MS);
        let in_slot = (slots_before % MINUTE_MS) as f64 / MINUTE_MS as f64;
        Self {
            whole: self.whole - slots_before.div_ceil(MINUTE_MS),
            part: if in_slot > 0.0 { 1.0 - in_slot } else { 0.0 },
        }
    }

    /// How likely so many of them, or more, meet what each meets with this probability.
    fn at_least(self, count: u64, probability: f64) -> f64 {
        let without = binomial_tail(self.whole, count, probability);
        if self.part <= 0.0 {
            return without;
        }
        let with = binomial_tail(self.whole, count.saturating_sub(1), probability);
        let part = self.part * probability;
        (1.0 - part) * without + part * with
    }
}

/// How likely so many of independent trials succeed, or more.
pub fn binomial_tail(trials: u64, successes: u64, probability: f64) -> f64 {
    let fewer = usize::try_from(successes).unwrap_or(usize::MAX);
    if successes > trials {
        return 0.0;
    }
    (1.0 - masses(trials, probability).take(fewer).sum::<f64>()).max(0.0)
}

/// The probabilities of 0, 1, 2, … successes. In logarithms, for the first of many trials is too small for a number.
#[expect(clippy::cast_precision_loss, reason = "trials are far below 2^53")]
fn masses(trials: u64, probability: f64) -> impl Iterator<Item = f64> {
    let (success, failure) = (probability.ln(), (-probability).ln_1p());
    let mut choices = 0.0;
    (0..=trials).map(move |successes| {
        if successes > 0 {
            choices += ((trials - successes + 1) as f64 / successes as f64).ln();
        }
        // 0 · ln 0 is 0 here: what cannot happen does not happen no times.
        let times = |count: u64, log: f64| if count == 0 { 0.0 } else { count as f64 * log };
        (choices + times(successes, success) + times(trials - successes, failure)).exp()
    })
}

#[cfg(test)]
mod tests;
