//! A weighted alias.

use std::collections::BTreeMap;

/// An alias: a main version, and at most one more with a weight (Lambda developer guide, "Lambda function aliases").
///
/// During a shift the main version stays the *old* one; the new one has the additional weight. One last update makes it the
/// main version.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    main: String,
    additional: Option<(String, f64)>,
}

impl Alias {
    /// An alias with everything on one version.
    pub fn new(version: impl Into<String>) -> Self {
        Self {
            main: version.into(),
            additional: None,
        }
    }

    /// The version that serves a request, by a draw in 0 ≤ x < 1.
    pub fn version_for(&self, draw: f64) -> &str {
        match &self.additional {
            Some((version, weight)) if draw < *weight => version,
            _ => &self.main,
        }
    }

    /// The main version.
    pub fn main(&self) -> &str {
        &self.main
    }

    /// The same with a share for another version, beside the main one. With a share of nothing it is not there.
    #[must_use]
    pub fn beside(mut self, version: &str, share: f64) -> Self {
        self.additional = (share > 0.0).then(|| (version.to_owned(), share));
        self
    }

    /// Gives `version` a share, beside the main version. A share of 1 or more makes it the main version.
    pub fn shift_to(&mut self, version: &str, share: f64) {
        *self = if share >= 1.0 {
            Self::new(version)
        } else {
            Self::new(&self.main).beside(version, share)
        };
    }

    /// Each version's share.
    pub fn shares(&self) -> BTreeMap<String, f64> {
        let mut shares = BTreeMap::from([(self.main.clone(), 1.0)]);
        if let Some((version, weight)) = &self.additional {
            // Rounded: 1.0 - 0.1 is 0.9 for a person, and so it is in a report.
            shares.insert(self.main.clone(), ((1.0 - weight) * 1e6).round() / 1e6);
            *shares.entry(version.clone()).or_default() += *weight;
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn during_a_shift_the_old_version_stays_the_main_one() {
        let mut alias = Alias::new("1");
        alias.shift_to("2", 0.1);
        assert_eq!(alias.main(), "1");
        assert_eq!(
            alias.shares(),
            BTreeMap::from([("1".to_owned(), 0.9), ("2".to_owned(), 0.1)])
        );
        assert_eq!(
            (alias.version_for(0.099), alias.version_for(0.1)),
            ("2", "1")
        );
    }

    #[test]
    fn a_version_with_a_share_of_nothing_is_not_there_and_shares_are_all_of_one() {
        assert_eq!(Alias::new("1").beside("2", 0.0), Alias::new("1"));
        let twice = Alias::new("1").beside("1", 0.1).shares();
        assert_eq!(twice, BTreeMap::from([("1".to_owned(), 1.0)]));
    }

    #[test]
    fn the_last_step_makes_the_new_version_the_main_one_and_clears_the_weights() {
        let mut alias = Alias::new("1");
        alias.shift_to("2", 0.1);
        alias.shift_to("2", 1.0);
        assert_eq!(alias, Alias::new("2"));
    }
}
