//! Virtual time.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60_000;

/// A moment of a rehearsal, in milliseconds since its traffic began.
///
/// ```
/// use rehearsal_aws::VirtualTime;
///
/// let shift = VirtualTime::from_seconds(62);
/// assert_eq!(VirtualTime::from_seconds(61).minute_since(shift), -1);
/// assert_eq!((shift + 60_000).minute_since(shift), 1);
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct VirtualTime(pub i64);

impl VirtualTime {
    /// The beginning.
    pub const ZERO: Self = Self(0);

    /// A moment so many seconds after the beginning.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds * 1_000)
    }

    /// Seconds since the beginning.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rehearsal is shorter than 2^53 ms"
    )]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// The whole minute of this moment counted from another, which is minute 0; before it they are negative.
    pub fn minute_since(self, origin: Self) -> i64 {
        (self.0 - origin.0).div_euclid(MINUTE_MS)
    }
}

impl Add<i64> for VirtualTime {
    type Output = Self;

    /// So many milliseconds later.
    fn add(self, milliseconds: i64) -> Self {
        Self(self.0 + milliseconds)
    }
}

impl Sub for VirtualTime {
    type Output = i64;

    /// The milliseconds between two moments.
    fn sub(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for VirtualTime {
    /// `m:ss.mmm` since the beginning.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minutes, rest) = (self.0.div_euclid(MINUTE_MS), self.0.rem_euclid(MINUTE_MS));
        write!(f, "{minutes}:{:02}.{:03}", rest / 1_000, rest % 1_000)
    }
}
