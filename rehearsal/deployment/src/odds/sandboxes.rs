//! How many requests start cold: those that find all sandboxes of their version busy.
//!
//! A world has each request in its sandbox. Here it is drawn, from how many are busy on average when a request comes: of the slots
//! before its own, in each of which one request arrived, those that the version served and that last until then.

use rehearsal_aws::random::Sequence;
use rehearsal_aws::time::MINUTE_MS;

/// The requests of a version in a span of time.
pub(super) struct Load {
    /// How many requests arrive in a minute, to all versions.
    pub(super) per_minute: u32,
    /// How many this version serves.
    pub(super) served: u32,
    /// Its share of the requests.
    pub(super) share: f64,
}

impl Load {
    /// The requests that arrive in so many milliseconds on average and last as long: of those before a request, how many are still there.
    fn overlap(&self, lasts_ms: f64) -> f64 {
        let slot = minute_ms() / f64::from(self.per_minute.max(1));
        let slots = lasts_ms / slot;
        // Of the slot before a request's own, whose moment is anywhere in it, as its own is.
        if slots <= 1.0 {
            slots * slots / 2.0
        } else {
            slots - 0.5
        }
    }

    /// How many of them start cold, with so many sandboxes there, of which no more than `most` stay. `lasts` has how many of them
    /// last how long.
    ///
    /// Assumed: each finds as many others busy as there are on average, independently of the one before it.
    pub(super) fn cold(
        &self,
        lasts: impl Iterator<Item = (u32, i64)>,
        sandboxes: &mut u32,
        most: u32,
        sequence: &mut Sequence,
    ) -> u32 {
        if self.served == 0 {
            return 0;
        }
        let (mut mean, mut longest) = (0.0, 0.0_f64);
        for (count, lasts_ms) in lasts.filter(|(count, _)| *count > 0) {
            let lasts_ms = f64::from(i32::try_from(lasts_ms).unwrap_or(i32::MAX));
            mean += f64::from(count) / f64::from(self.served) * self.overlap(lasts_ms);
            longest = longest.max(lasts_ms * f64::from(self.per_minute) / minute_ms());
        }
        let busy = Busy {
            slots: longest.ceil().max(1.0),
            each: 0.0,
        };
        let busy = Busy {
            each: (mean * self.share / busy.slots).min(1.0),
            ..busy
        };
        let (mut cold, mut rest) = (0, self.served);
        while rest > 0 {
            let all_busy = busy.at_least(*sandboxes);
            if *sandboxes >= most {
                return cold + sequence.how_many(rest, all_busy);
            }
            let Some(gap) = gap(all_busy, sequence).filter(|gap| *gap < rest) else {
                break;
            };
            cold += 1;
            *sandboxes += 1;
            rest -= gap + 1;
        }
        cold
    }
}

/// How many requests pass before one to which something happens with this probability; `None` where none ever does.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and a gap is not negative"
)]
fn gap(probability: f64, sequence: &mut Sequence) -> Option<u32> {
    if probability <= 0.0 {
        return None;
    }
    if probability >= 1.0 {
        return Some(0);
    }
    Some(((1.0 - sequence.share()).ln() / (1.0 - probability).ln()).floor() as u32)
}

/// How many sandboxes are busy: of so many slots each has a request there with this probability.
#[derive(Clone, Copy)]
struct Busy {
    slots: f64,
    each: f64,
}

impl Busy {
    fn at_least(self, count: u32) -> f64 {
        let mut fewer = 0.0;
        let mut likely = (1.0 - self.each).powf(self.slots);
        for k in 0..count {
            let k = f64::from(k);
            if k > self.slots {
                return 0.0;
            }
            fewer += likely;
            likely *= (self.slots - k) / (k + 1.0) * self.each / (1.0 - self.each).max(1e-12);
        }
        (1.0 - fewer).clamp(0.0, 1.0)
    }
}

fn minute_ms() -> f64 {
    f64::from(i32::try_from(MINUTE_MS).unwrap_or(i32::MAX))
}
