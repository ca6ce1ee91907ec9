//! Functions whose invocations take long on this machine, in words.

use std::collections::BTreeMap;

use rehearsal_report::time;
use rehearsal_template::printable;

use crate::drive::Took;

/// The functions whose invocations took long, with what they come to, by logical id.
#[derive(Clone, Debug, Default)]
pub struct SlowFunctions {
    /// In the updates that are over.
    before: BTreeMap<String, Took>,
    /// In the one that goes on.
    now: BTreeMap<String, Took>,
}

impl SlowFunctions {
    /// The invocations of a function have come to so much in this update.
    pub fn add(&mut self, function: &str, took: Took) {
        self.now.insert(function.to_owned(), took);
    }

    /// Another update begins.
    pub fn begin_update(&mut self) {
        for (function, took) in std::mem::take(&mut self.now) {
            let all = self.before.entry(function).or_default();
            all.invocations += took.invocations;
            all.in_all += took.in_all;
        }
    }

    fn of_all_updates(&self) -> BTreeMap<String, Took> {
        let mut all = self.clone();
        all.begin_update();
        all.before
    }

    /// How long a call of each takes in this update.
    pub fn in_short(&self) -> impl Iterator<Item = String> {
        let now = self.now.iter();
        now.map(|(function, took)| each(function, *took))
    }

    /// The same with what all of them took, and what to do about it: a line each.
    pub fn lines(&self) -> Vec<String> {
        let all = self.of_all_updates();
        let lines = all.iter().map(|(function, took)| {
            format!(
                "{} here, and {} took {}: [traffic] requests_per_minute of a rehearsal file asks for fewer",
                each(function, *took),
                took.invocations,
                time::duration(took.in_all.as_secs_f64()),
            )
        });
        lines.collect()
    }
}

/// `Orders takes 5 s a call`.
fn each(function: &str, took: Took) -> String {
    let each = took.in_all.as_secs_f64() / f64::from(took.invocations.max(1));
    let each = time::duration(each);
    format!("{} takes {each} a call", printable::line(function))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_function_that_takes_long_is_told_with_what_its_calls_took_and_how_to_ask_for_fewer() {
        let mut slow = SlowFunctions::default();
        for (update, invocations) in [(1, 80), (1, 100), (2, 12), (2, 200)] {
            if (update, invocations) == (2, 12) {
                slow.begin_update();
            }
            let in_all = Duration::from_secs(5) * invocations;
            slow.add(
                "Orders",
                Took {
                    invocations,
                    in_all,
                },
            );
        }
        let in_short: Vec<_> = slow.in_short().collect();
        assert_eq!(in_short, ["Orders takes 5 s a call"]);
        assert_eq!(
            slow.lines(),
            [
                "Orders takes 5 s a call here, and 300 took 25:00: [traffic] requests_per_minute of a rehearsal file asks for fewer"
            ]
        );
    }
}
