//! How many requests arrive until when: as [`arrivals`](crate::traffic::arrivals) spreads them, one in each of a minute's slots, at a
//! moment of it that chance decides.

use rehearsal_aws::random::Sequence;
use rehearsal_aws::time::MINUTE_MS;

/// Where the arrivals of a rollout are.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    per_minute: u32,
    /// The moment up to which they are counted, in milliseconds.
    until: i64,
    /// How many of this moment's minute have arrived.
    arrived: u32,
}

impl Arrivals {
    pub(super) fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            until: 0,
            arrived: 0,
        }
    }

    /// How many arrive from the moment of the last call to this one. Moments do not go back.
    pub(super) fn until(&mut self, moment: i64, sequence: &mut Sequence) -> u32 {
        let (minute, now) = (self.until / MINUTE_MS, moment / MINUTE_MS);
        let mut count = 0;
        if now > minute {
            let whole = u32::try_from(now - minute - 1).unwrap_or(u32::MAX);
            count = (self.per_minute - self.arrived)
                .saturating_add(whole.saturating_mul(self.per_minute));
            self.arrived = 0;
            self.until = now * MINUTE_MS;
        }
        let before = self.arrived;
        self.arrive(moment - now * MINUTE_MS, sequence);
        self.until = moment;
        count.saturating_add(self.arrived - before)
    }

    /// Goes on to a moment of the minute.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the whole slots are no more than the minute's requests"
    )]
    fn arrive(&mut self, moment: i64, sequence: &mut Sequence) {
        if self.per_minute == 0 || moment == 0 {
            return;
        }
        let width = milliseconds(MINUTE_MS) / f64::from(self.per_minute);
        let slots = milliseconds(moment) / width;
        let whole = (slots.floor() as u32).min(self.per_minute);
        // The request of the slot that the moment is in has come already, or comes with the part of the slot that has passed since.
        if self.arrived > whole {
            return;
        }
        self.arrived = whole;
        let from = (milliseconds(self.until % MINUTE_MS) / width - f64::from(whole)).max(0.0);
        let passed = slots - f64::from(whole) - from;
        if whole < self.per_minute && sequence.happens(passed / (1.0 - from)) {
            self.arrived += 1;
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rollout is shorter than 2^53 ms"
)]
fn milliseconds(moment: i64) -> f64 {
    moment as f64
}

#[cfg(test)]
mod tests {
    use rehearsal_aws::random::Draws;

    use super::*;

    #[test]
    fn each_minute_has_its_requests_however_it_is_cut() {
        let mut sequence = Sequence::new(1);
        for per_minute in [0, 1, 6, 7, 60, 601] {
            let mut arrivals = Arrivals::new(per_minute);
            let mut all = 0;
            for moment in [
                5_150, 5_150, 59_999, 60_000, 61_000, 120_000, 360_000, 361_000,
            ] {
                all += arrivals.until(moment, &mut sequence);
                let least = u32::try_from(moment / MINUTE_MS).unwrap() * per_minute;
                assert!((least..=least + per_minute).contains(&all), "{per_minute}");
            }
            assert!(all >= 6 * per_minute);
        }
    }

    #[test]
    fn as_many_arrive_in_a_part_of_a_minute_as_in_a_world() {
        for per_minute in [3, 6, 50, 100] {
            let moments = [4_000, 5_150, 9_000];
            let mut here = [0_u32; 3];
            let mut there = [0_u32; 3];
            let mut sequence = Sequence::new(7);
            for seed in 0..1_000 {
                let mut arrivals = Arrivals::new(per_minute);
                let mut so_far = 0;
                for (count, moment) in here.iter_mut().zip(moments) {
                    so_far += arrivals.until(moment, &mut sequence);
                    *count += so_far;
                }
                let all = crate::traffic::arrivals(Draws::new(seed), 0, 0, per_minute, &[1]);
                for (count, moment) in there.iter_mut().zip(moments) {
                    *count +=
                        u32::try_from(all.iter().filter(|a| a.at.0 < moment).count()).unwrap();
                }
            }
            for (here, there) in here.iter().zip(there) {
                let away = f64::from(here.abs_diff(there));
                // Each rollout differs by one at most: sixty-eight is more than three standard deviations of two thousand
                // coins' falls.
                assert!(away < 68.0, "{per_minute} a minute: {here} and {there}");
            }
        }
    }
}
