//! When live requests arrive, and which kind each is.

use rehearsal_aws::random::Draws;
use rehearsal_aws::time::{MINUTE_MS, VirtualTime};

/// A live request on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its number, from 0, over the whole rehearsal.
    pub index: u64,
    /// When it arrives.
    pub at: VirtualTime,
    /// Which of the rehearsal's kinds of request it is.
    pub kind: usize,
}

/// The arrivals of one minute: spread evenly, each moved by a draw within its slot. The traffic's first request has the number
/// `first`.
pub fn arrivals(
    draws: Draws,
    first: u64,
    minute: u64,
    per_minute: u32,
    weights: &[u32],
) -> Vec<Arrival> {
    let total: u64 = weights.iter().copied().map(u64::from).sum();
    if total == 0 {
        return Vec::new();
    }
    (0..u64::from(per_minute))
        .map(|number| {
            let index = first + minute * u64::from(per_minute) + number;
            let slot = |number: u64| number * MINUTE_MS.unsigned_abs() / u64::from(per_minute);
            let width = (slot(number + 1) - slot(number)).max(1);
            let offset = slot(number) + draws.number("arrival", index) % width;
            let mut choice = draws.number("request", index) % total;
            let mut kind = 0;
            for (candidate, weight) in weights.iter().copied().map(u64::from).enumerate() {
                kind = candidate;
                if choice < weight {
                    break;
                }
                choice -= weight;
            }
            let at = VirtualTime(
                i64::try_from(minute * MINUTE_MS.unsigned_abs() + offset).unwrap_or(i64::MAX),
            );
            Arrival { index, at, kind }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_minute_has_its_requests_in_order() {
        for per_minute in [1, 7, 60, 600] {
            let arrivals = arrivals(Draws::new(3), 0, 2, per_minute, &[1]);
            assert_eq!(arrivals.len(), per_minute as usize);
            assert!(arrivals.windows(2).all(|pair| pair[0].at <= pair[1].at));
            assert!(
                arrivals
                    .iter()
                    .all(|arrival| arrival.at.minute_since(VirtualTime::ZERO) == 2)
            );
        }
    }

    #[test]
    fn kinds_are_chosen_by_weight() {
        let arrivals: Vec<_> = (0..50)
            .flat_map(|minute| arrivals(Draws::new(3), 0, minute, 60, &[3, 0, 1]))
            .collect();
        let share = |kind| {
            arrivals
                .iter()
                .filter(|arrival| arrival.kind == kind)
                .count()
        };
        assert_eq!(share(1), 0);
        assert!((650..850).contains(&share(2)), "{}", share(2));
    }
}
