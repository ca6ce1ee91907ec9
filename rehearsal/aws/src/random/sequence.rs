//! Random numbers one after the other, for what is drawn in one order alone, a million times and more.

/// What a step adds to the state: 2⁶⁴ by the golden ratio, odd (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014: `SplitMix64`).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of random numbers. The same start gives the same sequence.
///
/// ```
/// use rehearsal_aws::random::{Draws, Sequence};
///
/// let mut one = Sequence::new(Draws::new(7).number("rollout", 3));
/// let mut same = Sequence::new(Draws::new(7).number("rollout", 3));
/// assert_eq!(one.share().to_bits(), same.share().to_bits());
/// ```
#[derive(Clone, Debug)]
pub struct Sequence {
    state: u64,
}

impl Sequence {
    /// The sequence of a start, which may be any number.
    pub fn new(start: u64) -> Self {
        Self { state: start }
    }

    /// The next number, every one as likely as any other.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next share in 0 ≤ x < 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a share has")]
    pub fn share(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something happens that does with this probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // The first three of state 1234567, as the reference implementation gives them (prng.di.unimi.it, splitmix64.c).
        let mut sequence = Sequence::new(1_234_567);
        let numbers = [(); 3].map(|()| sequence.number());
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn shares_are_spread_evenly() {
        let mut sequence = Sequence::new(0);
        let below = (0..10_000).filter(|_| sequence.happens(0.1)).count();
        assert!((900..1_100).contains(&below), "{below}");
    }
}
