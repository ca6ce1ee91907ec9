//! Choices that follow from the seed and the round's number alone, so that a round can be had again.

use std::ops::RangeInclusive;

use rehearsal_aws::random::Draws;

/// The choices of one round, one after the other.
pub struct Dice {
    draws: Draws,
    stream: String,
    drawn: u64,
}

impl Dice {
    pub fn new(seed: u64, round: u64) -> Self {
        Self {
            draws: Draws::new(seed),
            stream: format!("round/{round}"),
            drawn: 0,
        }
    }

    /// A number of these, every one as likely as any other.
    pub fn number(&mut self, of: RangeInclusive<u64>) -> u64 {
        self.drawn += 1;
        let drawn = self.draws.number(&self.stream, self.drawn);
        of.start() + drawn % (of.end() - of.start() + 1)
    }

    /// The place of one of so many things; of none, 0.
    pub fn index(&mut self, length: usize) -> usize {
        let last = u64::try_from(length).unwrap_or(u64::MAX).saturating_sub(1);
        usize::try_from(self.number(0..=last)).unwrap_or_default()
    }

    /// Yes, in one of so many cases.
    pub fn one_in(&mut self, cases: u64) -> bool {
        self.number(1..=cases) == 1
    }

    /// One of these, of which there is one at least.
    pub fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.index(of.len())]
    }
}
