//! Files that know each other, in a graph of who names whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Which files each file names.
pub type Names = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

/// The circles: each with all the files that reach each other, in order.
pub fn circles(names: &Names) -> Vec<Vec<PathBuf>> {
    let reached: BTreeMap<_, _> = names
        .keys()
        .map(|file| (file, reach(names, file)))
        .collect();
    let mut circles = BTreeSet::new();
    for (file, from_here) in &reached {
        let back = |other: &&PathBuf| {
            reached
                .get(other)
                .is_some_and(|there| there.contains(*file))
        };
        let circle: Vec<_> = from_here.iter().filter(back).cloned().collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

/// All that a file names, and what those name.
fn reach(names: &Names, file: &PathBuf) -> BTreeSet<PathBuf> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        for named in names.get(file).into_iter().flatten() {
            if reached.insert(named.clone()) {
                open.push(named);
            }
        }
    }
    reached
}
