//! What came of many rollouts.

use super::rollout::Rollout;

/// 95 % of a normal distribution is within so many standard deviations of its mean.
const Z95: f64 = 1.959_964;

/// Counts over rollouts. Two can be put together in either order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    rollouts: u64,
    caught: u64,
    caught_by: Vec<u64>,
    hurt: Vec<u64>,
    back_after_ms: Vec<i64>,
}

/// Between which bounds a share is, with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// A share's Wilson score interval (Wilson, "Probable inference, the law of succession, and statistical inference", 1927): of use where
/// the count is 0 or all, too.
///
/// ```
/// use rehearsal_deployment::odds::tally::wilson;
///
/// let interval = wilson(740, 1_000);
/// assert!((0.711..0.713).contains(&interval.low) && (0.766..0.767).contains(&interval.high));
/// assert!(wilson(0, 1_000).low == 0.0 && wilson(0, 1_000).high > 0.003);
/// ```
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn wilson(count: u64, of: u64) -> Interval {
    if of == 0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    let n = of as f64;
    let share = count as f64 / n;
    let square = Z95 * Z95;
    let middle = (share + square / (2.0 * n)) / (1.0 + square / n);
    let half =
        Z95 / (1.0 + square / n) * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    Interval {
        low: if count == 0 {
            0.0
        } else {
            (middle - half).max(0.0)
        },
        high: if count == of {
            1.0
        } else {
            (middle + half).min(1.0)
        },
    }
}

impl Tally {
    /// None yet, of a deployment with so many gates.
    pub fn new(gates: usize) -> Self {
        Self {
            caught_by: vec![0; gates],
            ..Self::default()
        }
    }

    /// Adds a rollout.
    pub fn add(&mut self, rollout: &Rollout) {
        self.rollouts += 1;
        self.caught += u64::from(!rollout.stopped_by.is_empty());
        for gate in &rollout.stopped_by {
            self.caught_by[*gate] += 1;
        }
        self.hurt.push(rollout.hurt);
        self.back_after_ms.extend(rollout.back_after_ms);
    }

    /// Adds those of another tally.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.rollouts += other.rollouts;
        self.caught += other.caught;
        for (count, more) in self.caught_by.iter_mut().zip(other.caught_by) {
            *count += more;
        }
        self.hurt.extend(other.hurt);
        self.back_after_ms.extend(other.back_after_ms);
        self
    }

    /// Puts them in order, so that quantiles can be read.
    pub fn sort(&mut self) {
        self.hurt.sort_unstable();
        self.back_after_ms.sort_unstable();
    }

    /// How many rollouts there were.
    pub fn rollouts(&self) -> u64 {
        self.rollouts
    }

    /// How many of them a gate stopped.
    pub fn caught(&self) -> u64 {
        self.caught
    }

    /// How many of them each gate stopped, alone or with others.
    pub fn caught_by(&self) -> &[u64] {
        &self.caught_by
    }

    /// The share that is caught.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn share(&self) -> f64 {
        self.caught as f64 / self.rollouts.max(1) as f64
    }

    /// How many callers were hurt: so many or fewer in this share of the rollouts.
    pub fn hurt(&self, share: f64) -> u64 {
        quantile(&self.hurt, share).unwrap_or(0)
    }

    /// Milliseconds from the first shift until all traffic was back, in those that went back: so many or fewer in this share of them.
    pub fn back_after_ms(&self, share: f64) -> Option<i64> {
        quantile(&self.back_after_ms, share)
    }
}

/// By nearest rank.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are far below 2^53 and ranks are within them"
)]
fn quantile<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_by_nearest_rank() {
        let mut tally = Tally::new(1);
        for hurt in [5, 1, 4, 2, 3] {
            tally.add(&Rollout {
                hurt,
                ..Rollout::default()
            });
        }
        tally.sort();
        assert_eq!(
            [0.0, 0.5, 0.8, 0.95, 1.0].map(|q| tally.hurt(q)),
            [1, 3, 4, 5, 5]
        );
        assert_eq!(tally.back_after_ms(0.5), None);
        assert_eq!(Tally::new(0).hurt(0.5), 0);
    }

    #[test]
    fn two_tallies_together_are_one() {
        let rollout = |hurt, gate| Rollout {
            stopped_by: vec![gate],
            hurt,
            back_after_ms: Some(1),
        };
        let of = |rollouts: &[Rollout]| {
            let mut tally = Tally::new(2);
            for rollout in rollouts {
                tally.add(rollout);
            }
            tally
        };
        let (a, b, c) = (rollout(1, 0), rollout(2, 1), rollout(3, 1));
        let mut whole = of(&[a.clone(), b.clone(), c.clone()]);
        let mut parts = of(&[c]).with(of(&[a, b]));
        whole.sort();
        parts.sort();
        assert_eq!(whole, parts);
        assert_eq!(whole.caught_by(), [1, 2]);
    }
}
