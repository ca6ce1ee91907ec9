//! How many invocations of a function run at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::VirtualTime;

/// When an invocation runs: from a moment, until another, at which it does not run any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// Its start.
    pub from: VirtualTime,
    /// Its end.
    pub until: VirtualTime,
}

/// How many run at each start, itself included: of intervals in the order of their starts. One that ends at a moment does not run then.
#[expect(
    clippy::cast_precision_loss,
    reason = "no rehearsal has 2^53 invocations"
)]
pub fn at_starts(intervals: &[Interval]) -> Vec<(VirtualTime, f64)> {
    let mut ends = BinaryHeap::new();
    let mut found = Vec::new();
    for interval in intervals {
        while let Some(Reverse(end)) = ends.peek()
            && *end <= interval.from
        {
            ends.pop();
        }
        ends.push(Reverse(interval.until));
        found.push((interval.from, ends.len() as f64));
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn intervals(spans: &[(i64, i64)]) -> Vec<Interval> {
        let mut intervals: Vec<_> = spans
            .iter()
            .map(|(from, length)| Interval {
                from: VirtualTime(*from),
                until: VirtualTime(from + length),
            })
            .collect();
        intervals.sort_unstable();
        intervals
    }

    #[test]
    fn what_ends_as_another_begins_does_not_run_beside_it() {
        let counts = |spans: &[(i64, i64)]| -> Vec<f64> {
            let found = at_starts(&intervals(spans)).into_iter();
            found.map(|(_, running)| running).collect()
        };
        assert_eq!(
            counts(&[(0, 20), (20, 20), (30, 5), (30, 1)]),
            [1.0, 1.0, 2.0, 3.0]
        );
    }

    proptest! {
        #[test]
        fn the_most_that_run_at_once_are_as_many_as_some_moment_has(
            spans in proptest::collection::vec((0_i64..50, 1_i64..20), 1..30)
        ) {
            let all = intervals(&spans);
            let most = at_starts(&all).into_iter().map(|(_, running)| running).fold(0.0, f64::max);
            let at = |moment: i64| {
                let moment = VirtualTime(moment);
                all.iter().filter(|interval| (interval.from..interval.until).contains(&moment)).count()
            };
            let counted = (0..80).map(at).max().unwrap_or_default();
            let counted = f64::from(u32::try_from(counted).unwrap());
            prop_assert!((most - counted).abs() < 0.5);
        }
    }
}
