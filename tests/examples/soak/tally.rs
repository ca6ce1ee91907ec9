//! The figures of a soak.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::round::Round;
use crate::watch::{End, Ended};

#[derive(Debug, Default)]
pub struct Tally {
    pub rounds: u64,
    pub violations: u64,
    /// Rounds that left files after a SIGKILL.
    pub files_after_kill: u64,
    kinds: BTreeMap<String, u64>,
    ends: BTreeMap<End, u64>,
    signals: BTreeMap<String, u64>,
    /// With the round's number.
    longest: (Duration, u64),
    longest_left: (Duration, u64),
    minutes_told: u64,
}

impl Tally {
    pub fn count(&mut self, number: u64, round: &Round, ended: &Ended, left: Duration) {
        self.rounds += 1;
        *self.kinds.entry(round.kind.to_string()).or_default() += 1;
        *self.ends.entry(ended.end).or_default() += 1;
        if ended.sent.is_empty() {
            *self.signals.entry("none".to_owned()).or_default() += 1;
        }
        for strike in &ended.sent {
            *self.signals.entry(strike.to_string()).or_default() += 1;
        }
        self.longest = self.longest.max((ended.took, number));
        self.longest_left = self.longest_left.max((left, number));
    }

    /// Whether it is time to tell how far the soak is, which it is once a minute.
    pub fn is_due(&mut self, elapsed: Duration) -> bool {
        let minutes = elapsed.as_secs() / 60;
        std::mem::replace(&mut self.minutes_told, minutes) != minutes
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = |title: &str, rows: Vec<(String, u64)>| {
            writeln!(f, "\n{title}")?;
            rows.iter()
                .try_for_each(|(name, count)| writeln!(f, "  {name:<36}{count:>7}"))
        };
        let counts = |of: &BTreeMap<String, u64>| of.clone().into_iter().collect();
        rows("rounds by kind", counts(&self.kinds))?;
        let ends = self.ends.iter();
        let ends = ends.map(|(end, count)| (format!("{end}"), *count));
        rows("rounds by end", ends.collect())?;
        rows("signals that met a process", counts(&self.signals))?;
        let seconds = |(duration, round): (Duration, u64)| {
            format!("{:.2} s (round {round})", duration.as_secs_f64())
        };
        writeln!(f)?;
        for (name, value) in [
            ("rounds", self.rounds.to_string()),
            ("longest round", seconds(self.longest)),
            ("longest until nothing was left", seconds(self.longest_left)),
            (
                "files left after a SIGKILL",
                self.files_after_kill.to_string(),
            ),
            ("violations", self.violations.to_string()),
        ] {
            writeln!(f, "{name:<36}{value:>9}")?;
        }
        Ok(())
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "ended by signal {signal}"),
            Self::Never => write!(f, "did not end in time"),
        }
    }
}
