//! Random draws by key, and sequences of them.
//!
//! A draw by key depends on (seed, stream, index) and on nothing drawn before it. So a fault that is added, or a request that takes
//! another path, changes no other draw, and the order in which answers arrive changes nothing at all.
//!
//! - [`Sequence`]: one number after the other. `binomial`: how many of so many happen.

mod binomial;
mod sequence;

pub use sequence::Sequence;

use sha2::{Digest, Sha256};

/// What several draws about one thing are made by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What it is.
    pub stream: String,
    /// Its number among its like.
    pub index: u64,
}

/// Where all draws of a rehearsal come from.
///
/// ```
/// use rehearsal_aws::random::Draws;
///
/// let draws = Draws::new(7);
/// assert_eq!(draws.share("route", 3), Draws::new(7).share("route", 3));
/// assert_ne!(draws.share("route", 3), Draws::new(8).share("route", 3));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    seed: u64,
}

impl Draws {
    /// The draws of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// A number, every one as likely as any other.
    pub fn number(self, stream: &str, index: u64) -> u64 {
        self.number_of(&[stream], index)
    }

    /// The number of a stream whose name has several parts, one after the other.
    fn number_of(self, stream: &[&str], index: u64) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(index.to_be_bytes());
        for part in stream {
            hash.update(part.as_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(first)
    }

    /// A share in 0 ≤ x < 1.
    pub fn share(self, stream: &str, index: u64) -> f64 {
        share(self.number(stream, index))
    }

    /// A share in 0 ≤ x < 1 that decides one thing about something: `what`.
    pub fn share_of(self, what: &str, key: &Key) -> f64 {
        share(self.number_of(&[what, "/", &key.stream], key.index))
    }

    /// Text of `length` characters from `alphabet`, which has at most 256.
    pub fn text(self, stream: &str, index: u64, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .map(|position| {
                let draw = self.number(&format!("{stream}/{position}"), index);
                let choice = usize::try_from(draw % alphabet.len() as u64).unwrap_or_default();
                char::from(alphabet[choice])
            })
            .collect()
    }
}

/// A number's first 53 bits as a share in 0 ≤ x < 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits are what a share has")]
fn share(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_spread_evenly() {
        let draws = Draws::new(1);
        let below = (0..10_000)
            .filter(|index| draws.share("x", *index) < 0.1)
            .count();
        assert!((900..1_100).contains(&below), "{below}");
    }

    #[test]
    fn what_a_draw_is_about_and_its_key_make_one_stream() {
        let key = Key {
            stream: "request".to_owned(),
            index: 5,
        };
        let share = Draws::new(1).share_of("route", &key);
        assert_eq!(
            share.to_bits(),
            Draws::new(1).share("route/request", 5).to_bits()
        );
    }

    #[test]
    fn streams_do_not_depend_on_each_other() {
        let draws = Draws::new(1);
        assert_ne!(draws.number("a", 0), draws.number("b", 0));
        assert_eq!(draws.number("a", 5), {
            let _ = draws.number("b", 1);
            draws.number("a", 5)
        });
    }
}
