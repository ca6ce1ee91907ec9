//! What came of each case, counted once: deployments of equal gates come to the same, and what is recommended asks again for what is printed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rehearsal_deployment::odds::Tally;

use crate::progress::Counting;

/// The most rollouts that are kept, so that memory stays flat whatever is asked: 16 bytes each.
const MOST_ROLLOUTS: u64 = 4_000_000;

/// The cases of a call, shown as they are counted.
pub struct Tallies {
    /// Different settings, in numbers.
    settings: Mutex<Vec<String>>,
    kept: Mutex<Kept>,
    counting: Counting,
}

#[derive(Default)]
struct Kept {
    of_case: HashMap<(usize, String), Tally>,
    rollouts: u64,
}

impl Tallies {
    /// None yet.
    pub fn new(counting: Counting) -> Self {
        Self {
            settings: Mutex::default(),
            kept: Mutex::default(),
            counting,
        }
    }

    /// What is seen meanwhile.
    pub fn counting(&self) -> &Counting {
        &self.counting
    }

    /// The number of a setting, by its numbers: two that are alike have the same.
    pub fn alike(&self, in_numbers: String) -> usize {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let known = settings.iter().position(|known| *known == in_numbers);
        known.unwrap_or_else(|| {
            settings.push(in_numbers);
            settings.len() - 1
        })
    }

    /// The tally of a case of a setting, which is counted where it is not kept.
    pub fn once(
        &self,
        setting: usize,
        case: String,
        rollouts: u64,
        count: impl FnOnce() -> Tally,
    ) -> Tally {
        let key = (setting, case);
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().of_case.get(&key).cloned();
        if let Some(known) = known {
            return known;
        }
        let tally = count();
        self.counting.counted();
        let mut kept = kept();
        if kept.rollouts + rollouts <= MOST_ROLLOUTS {
            kept.rollouts += rollouts;
            kept.of_case.insert(key, tally.clone());
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_counted_once_for_settings_that_are_alike() {
        let tallies = Tallies::new(Counting::new());
        let [one, other, same] = ["a", "b", "a"].map(|text| tallies.alike(text.to_owned()));
        assert_eq!((one == other, one == same), (false, true));
        let mut counted = 0;
        for setting in [one, other, same] {
            tallies.once(setting, "60".to_owned(), 10, || {
                counted += 1;
                Tally::new(1)
            });
        }
        assert_eq!(counted, 2);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let tallies = Tallies::new(Counting::new());
        let mut counted = 0;
        for _ in 0..2 {
            tallies.once(0, "60".to_owned(), MOST_ROLLOUTS + 1, || {
                counted += 1;
                Tally::new(1)
            });
        }
        assert_eq!(counted, 2);
    }
}
