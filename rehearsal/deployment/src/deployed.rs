//! What is deployed between two updates of a release: which of them runs, and which versions there are.
//!
//! Lambda never gives a version's number twice, "even for a function that has been deleted and recreated" (Lambda developer guide,
//! "Manage Lambda function versions"), and publishes none that is like the last one (Lambda API, `PublishVersion`).

use std::collections::{BTreeMap, BTreeSet};

/// What is deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployed {
    /// The update whose stack runs, from 1; 0 for what ran before the first.
    pub runs: usize,
    /// How often resources of its template were replaced, by logical id.
    pub replacements: BTreeMap<String, u32>,
    /// The same for what each update that has published versions was to leave, by its number.
    pub replacements_of: BTreeMap<usize, BTreeMap<String, u32>>,
    /// The versions of the functions that have had another than their first.
    versions: BTreeMap<String, Versions>,
    /// The last number that Lambda gave to a version of a function with a name of its own, by that name.
    last_of: BTreeMap<String, u32>,
}

/// The versions of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The one that its alias names.
    pub live: u32,
    /// The last number that Lambda gave.
    last: u32,
    /// Those that are there, each with the update that published it, from 1; 0 for what ran before the first.
    pub there: BTreeMap<u32, usize>,
}

impl Default for Versions {
    fn default() -> Self {
        Self {
            live: 1,
            last: 1,
            there: BTreeMap::from([(1, 0)]),
        }
    }
}

impl Versions {
    /// The last one that is there, and the update that published it.
    pub fn newest(&self) -> (u32, usize) {
        let newest = self.there.last_key_value();
        newest.map_or((self.live, 0), |(number, update)| (*number, *update))
    }
}

/// A version that an update publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its function's logical id.
    pub function: String,
    /// Its own.
    pub logical_id: String,
    /// Whether the function comes with it. Then it is the first, and goes with the function.
    pub is_first: bool,
    /// The function's name, where the template gives it one.
    pub name: Option<String>,
    /// The name that it had before the update, likewise.
    pub name_before: Option<String>,
    /// Whether it stays when the update goes back.
    pub is_retained: bool,
    /// Whether the one that its alias named before stays when the update is complete.
    pub keeps_previous: bool,
}

/// How an update ended.
#[derive(Clone, Debug, Default)]
pub struct Ended {
    /// Whether it is complete, and not gone back.
    pub is_complete: bool,
    /// The logical ids of what it came to.
    pub reached: BTreeSet<String>,
    /// Functions with the versions on which their aliases were left.
    pub left_on: BTreeSet<(String, u32)>,
}

impl Deployed {
    /// The versions of a function.
    pub fn of(&self, function: &str) -> Versions {
        self.versions.get(function).cloned().unwrap_or_default()
    }

    /// The version that a function's alias names, and the update that published it, from 1; 0 for what ran before the first.
    pub fn named(&self, function: &str) -> (u32, usize) {
        let versions = self.of(function);
        let published_by = versions.there.get(&versions.live).copied();
        (versions.live, published_by.unwrap_or_default())
    }

    /// The versions that are there and no alias names: each with its function, its number, and the update that published it.
    pub fn kept(&self) -> impl Iterator<Item = (&str, u32, usize)> {
        self.versions.iter().flat_map(|(function, versions)| {
            let there = versions.there.iter();
            let kept = there.filter(|(number, _)| **number != versions.live);
            kept.map(|(number, update)| (function.as_str(), *number, *update))
        })
    }

    /// The versions that the aliases name, by function.
    pub fn live(&self) -> impl Iterator<Item = (&str, u32)> {
        let versions = self.versions.iter();
        versions.map(|(function, versions)| (function.as_str(), versions.live))
    }

    /// Notes how often resources have been replaced in what an update, by its number, was to leave, and does where it is complete.
    #[must_use]
    pub fn replaces(
        mut self,
        update: usize,
        times: &BTreeMap<String, u32>,
        is_complete: bool,
    ) -> Self {
        self.replacements_of.insert(update, times.clone());
        if is_complete {
            self.replacements.clone_from(times);
        }
        self
    }

    /// The same without a function, which has left the stack and had this name of its own. Its versions are deleted with it (Lambda API,
    /// `DeleteFunction`), and another one of the name goes on with its numbers.
    #[must_use]
    pub fn without(mut self, function: &str, name: Option<String>) -> Self {
        let last = self.of(function).last;
        self.versions.remove(function);
        self.last_of.extend(name.map(|name| (name, last)));
        self
    }

    /// How often a resource has been replaced, also by updates that have gone back: what they created may be there still, and has its
    /// name.
    pub fn times_replaced(&self, logical_id: &str) -> u32 {
        let all = self.replacements_of.values();
        let times = all.filter_map(|times| times.get(logical_id).copied());
        times.max().unwrap_or_default()
    }

    /// The number that a version gets.
    pub fn number(&self, version: &Published) -> u32 {
        if version.is_first {
            let last = version
                .name
                .as_ref()
                .and_then(|name| self.last_of.get(name));
            return last.map_or(1, |last| last + 1);
        }
        self.of(&version.function).last + 1
    }

    /// What is deployed after an update, by its number, that publishes these versions. `deletes_created`: where it goes back, what it
    /// created is deleted whatever its `DeletionPolicy`, but for a version that an alias names, which Lambda refuses to delete
    /// (Lambda API, `DeleteFunction`). How often it replaces what, [`replaces`](Self::replaces) says.
    #[must_use]
    pub fn after(
        &self,
        update: usize,
        published: &[Published],
        deletes_created: bool,
        ended: &Ended,
    ) -> Self {
        let mut after = self.clone();
        if ended.is_complete {
            after.runs = update;
        }
        for version in published {
            if !ended.is_complete && !ended.reached.contains(&version.logical_id) {
                continue;
            }
            let number = self.number(version);
            let function = &version.function;
            let mut versions = self.of(function);
            if let Some(name) = version.name_before.clone().filter(|_| version.is_first) {
                after.last_of.insert(name, versions.last);
            }
            if let Some(name) = version.name.clone() {
                after.last_of.insert(name, number);
            }
            versions.last = number;
            let is_named = ended.left_on.contains(&(function.clone(), number));
            if ended.is_complete {
                if version.is_first {
                    versions.there.clear();
                } else if !version.keeps_previous {
                    versions.there.remove(&versions.live);
                }
                versions.live = number;
            } else if version.is_first {
                // It went with its function.
                continue;
            }
            let stays = version.is_retained && !deletes_created;
            if ended.is_complete || stays || is_named {
                versions.there.insert(number, update);
            }
            after.versions.insert(function.clone(), versions);
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(is_retained: bool) -> Published {
        Published {
            function: "F".to_owned(),
            logical_id: "FVersion*".to_owned(),
            is_first: false,
            name: None,
            name_before: None,
            is_retained,
            keeps_previous: is_retained,
        }
    }

    fn ended(is_complete: bool) -> Ended {
        Ended {
            is_complete,
            reached: BTreeSet::from(["FVersion*".to_owned()]),
            left_on: BTreeSet::new(),
        }
    }

    #[test]
    fn after_a_success_the_new_version_is_live_and_the_last() {
        let state = Deployed::default().after(1, &[version(true)], false, &ended(true));
        assert_eq!(state.runs, 1);
        assert_eq!(state.of("F").live, 2);
        assert_eq!(state.of("F").newest(), (2, 1));
        assert_eq!(state.number(&version(true)), 3);
        let kept: Vec<_> = state.kept().collect();
        assert_eq!(kept, [("F", 1, 0)], "what was before is retained");
        let state = Deployed::default().after(1, &[version(false)], false, &ended(true));
        assert_eq!(state.kept().count(), 0);
    }

    #[test]
    fn another_function_in_its_place_has_its_own_first_version_and_no_other() {
        let state = Deployed::default().after(1, &[version(true)], false, &ended(true));
        let first = Published {
            is_first: true,
            ..version(true)
        };
        let state = state.after(2, &[first], false, &ended(true));
        assert_eq!(state.of("F").live, 1);
        assert_eq!(state.of("F").there, BTreeMap::from([(1, 2)]));
    }

    #[test]
    fn a_function_that_goes_back_to_an_earlier_name_goes_on_with_that_ones_numbers() {
        let first = |name: &str, before: &str| Published {
            is_first: true,
            name: Some(name.to_owned()),
            name_before: Some(before.to_owned()),
            ..version(true)
        };
        let next = Published {
            name: Some("a".to_owned()),
            ..version(true)
        };
        let state = Deployed::default().after(1, &[next], false, &ended(true));
        assert_eq!(state.of("F").live, 2);
        // One that goes back has had its number too.
        let state = state.after(2, &[first("b", "a")], true, &ended(false));
        assert_eq!(state.of("F").live, 2, "the function of before goes on");
        let state = state.after(3, &[first("b", "a")], false, &ended(true));
        assert_eq!(state.of("F").live, 2);
        let state = state.after(4, &[first("a", "b")], false, &ended(true));
        assert_eq!(state.of("F").live, 3);
        assert_eq!(state.of("F").there, BTreeMap::from([(3, 4)]));
    }

    #[test]
    fn a_function_that_left_and_comes_again_under_its_name_goes_on_with_its_numbers() {
        let state = Deployed::default().after(1, &[version(true)], false, &ended(true));
        let name = Some("shop-orders".to_owned());
        let state = state.without("F", name.clone());
        assert_eq!(state.kept().count(), 0, "its versions went with it");
        let again = |name| Published {
            is_first: true,
            name,
            ..version(true)
        };
        assert_eq!(state.number(&again(name)), 3);
        assert_eq!(state.number(&again(None)), 1, "it has another name");
        let state = Deployed::default().without("F", Some("shop-orders".to_owned()));
        assert_eq!(state.number(&again(Some("shop-orders".to_owned()))), 2);
    }

    #[test]
    fn after_a_rollback_the_old_one_is_live_and_the_new_one_is_there_where_it_is_retained() {
        let back = |retained, deletes| {
            let state = Deployed::default().after(1, &[version(retained)], deletes, &ended(false));
            assert_eq!(state.runs, 0);
            assert_eq!(state.of("F").live, 1);
            assert_eq!(state.number(&version(true)), 3, "no number is given twice");
            state.of("F").newest()
        };
        assert_eq!(back(true, false), (2, 1));
        assert_eq!(back(true, true), (1, 0));
        assert_eq!(back(false, false), (1, 0));
    }

    #[test]
    fn a_version_that_an_alias_was_left_on_is_not_deleted() {
        let mut left = ended(false);
        left.left_on.insert(("F".to_owned(), 2));
        let state = Deployed::default().after(1, &[version(true)], true, &left);
        assert_eq!(state.of("F").newest(), (2, 1));
    }

    #[test]
    fn a_version_that_the_update_did_not_come_to_has_no_number() {
        let state = Deployed::default().after(1, &[version(true)], false, &Ended::default());
        assert_eq!(state, Deployed::default());
    }

    /// Every history of up to three updates, each complete or not, retained or not, deleting what it created or not.
    fn histories() -> Vec<Vec<[bool; 3]>> {
        let updates: Vec<[bool; 3]> = (0_u8..8)
            .map(|bits| [bits & 1 > 0, bits & 2 > 0, bits & 4 > 0])
            .collect();
        let mut histories = vec![Vec::new()];
        for length in 0..3 {
            let longer: Vec<Vec<_>> = histories
                .iter()
                .filter(|history: &&Vec<_>| history.len() == length)
                .flat_map(|history| {
                    updates
                        .iter()
                        .map(|update| [&history[..], &[*update]].concat())
                })
                .collect();
            histories.extend(longer);
        }
        histories
    }

    #[test]
    fn a_rollback_gives_back_what_was_but_for_what_is_retained_and_the_number() {
        let histories = histories();
        assert_eq!(histories.len(), 1 + 8 + 64 + 512);
        for history in histories {
            let mut state = Deployed::default();
            for (index, [is_complete, retained, deletes]) in history.iter().enumerate() {
                let published = [version(*retained)];
                state = state.after(index + 1, &published, *deletes, &ended(*is_complete));
            }
            let number = state.number(&version(true));
            for (retained, deletes) in [(false, false), (false, true), (true, false), (true, true)]
            {
                let back = state.after(9, &[version(retained)], deletes, &ended(false));
                assert_eq!(back.runs, state.runs);
                assert_eq!(back.of("F").live, state.of("F").live);
                let kept = if retained && !deletes {
                    (number, 9)
                } else {
                    state.of("F").newest()
                };
                assert_eq!(back.of("F").newest(), kept, "{history:?}");
                assert_eq!(back.number(&version(true)), number + 1);
            }
        }
    }
}
