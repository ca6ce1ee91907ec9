//! The house keeps its shape: knowledge runs one way, between packages and between files.
//!
//! - `packages`: what each package may know, against `cargo metadata`.
//! - `programs`: which files a program is made of.
//! - `files`: which file of a package names which, from its `use`s and paths. `circles`: files that know each other.

mod circles;
mod files;
mod packages;
mod programs;

use std::collections::{BTreeMap, BTreeSet};

use circles::circles;
use workspace_tests::places;

#[test]
fn each_package_knows_only_what_stands_below_it() {
    let arrows = packages::arrows(places::root());
    let against: BTreeSet<_> = arrows
        .iter()
        .filter(|arrow| !packages::may_know(arrow))
        .map(ToString::to_string)
        .collect();
    assert!(against.is_empty(), "{against:?}");
}

#[test]
fn every_package_has_its_place_among_those_that_may_know_each_other() {
    let homeless: BTreeSet<_> = packages::all(places::root())
        .into_iter()
        .filter(|package| packages::floor(package).is_none())
        .map(|package| package.folder)
        .collect();
    assert!(homeless.is_empty(), "{homeless:?}");
}

#[test]
fn every_file_of_tests_is_part_of_a_program() {
    let mut lost = BTreeSet::new();
    for package in packages::all(places::root()) {
        let folder = places::root().join(&package.folder);
        let tests = if folder.ends_with("tests") {
            folder
        } else {
            folder.join("tests")
        };
        if tests.is_dir() {
            programs::of_rust(&tests, &mut lost).expect("the folder can be read");
        }
        for root in &package.programs {
            for file in programs::files(root).expect("the program's sources can be read") {
                lost.remove(&file);
            }
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

/// A program without tests is not linked once more to run none.
#[test]
fn a_program_whose_tests_are_not_run_has_none() {
    let mut unrun = BTreeSet::new();
    for root in packages::all(places::root())
        .iter()
        .flat_map(|package| &package.untested)
    {
        for file in programs::files(root).expect("the program's sources can be read") {
            let text = std::fs::read_to_string(&file).expect("it was read before");
            let is_test = |line: &str| {
                let line = line.trim();
                let of_a_runtime = line.contains("::test]") || line.contains("::test(");
                line == "#[test]" || line.starts_with("#[") && of_a_runtime
            };
            if text.lines().any(is_test) {
                unrun.insert(file);
            }
        }
    }
    assert!(unrun.is_empty(), "{unrun:#?}");
}

const FUNCTIONS: [&str; 4] = [
    "contacts-api",
    "pre-traffic-hook",
    "post-traffic-hook",
    "hook-guard",
];

/// Features that a function uses and another has no use for: of the SDK for Lambda, and of requests over HTTPS.
const OF_ONE_FUNCTION: [&str; 9] = [
    "aws-clients",
    "aws-runtime",
    "aws-sigv4",
    "aws-smithy-http",
    "hyper-util",
    "lifecycle-hook",
    "sync_wrapper",
    "tower",
    "uuid",
];

/// See the dependencies of `functions/pre-traffic-hook/Cargo.toml` that are for features.
#[test]
fn what_sam_builds_for_one_function_is_made_of_the_crates_that_another_is_made_of() {
    let mut with_features: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for function in FUNCTIONS {
        for line in packages::features_alone(places::root(), function) {
            let (package, features) = line.split_once('|').expect("each line has both");
            let known = with_features.entry(package.to_owned()).or_default();
            known.insert(features.to_owned());
        }
    }
    assert!(with_features.keys().any(|it| it.starts_with("tokio ")));
    with_features.retain(|package, features| {
        let name = package.split(' ').next().unwrap_or_default();
        features.len() > 1 && !OF_ONE_FUNCTION.contains(&name)
    });
    assert!(with_features.is_empty(), "{with_features:#?}");
}

/// See the dependencies of `tests/Cargo.toml` that are for features.
#[test]
fn what_make_watch_builds_is_made_of_the_crates_that_the_tests_are_made_of() {
    let features = |with_tests| packages::features(places::root(), &FUNCTIONS, with_tests);
    let (alone, tested) = (features(false), features(true));
    assert!(alone.iter().any(|line| line.starts_with("tokio ")));
    let differ: Vec<_> = alone.difference(&tested).collect();
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn no_two_files_know_each_other() {
    let mut found = Vec::new();
    for package in packages::all(places::root()) {
        for root in &package.roots {
            let names = files::names(root).expect("the package's sources can be read");
            found.extend(
                circles(&names)
                    .iter()
                    .map(|circle| files::shown(circle, &names)),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_circle_is_found_in_uses_in_paths_and_through_what_a_module_hands_on() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it is in the folder"))
            .expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    };
    write("lib.rs", "mod a; mod b; mod face; mod alone;");
    write("a.rs", "use crate::face::Inner; pub struct A(Inner);");
    write("b.rs", "pub fn b() -> crate::a::A { todo!() }");
    write("face/mod.rs", "mod inner; pub use inner::Inner;");
    write(
        "face/inner.rs",
        "use super::super::b::{self}; pub struct Inner; impl Inner { fn f() { b::b(); } }",
    );
    write("alone.rs", "use crate::a::A; use super::b;");
    let names = files::names(&folder.path().join("lib.rs")).expect("it can be read");
    let circles = circles(&names);
    let circles: Vec<Vec<&str>> = circles
        .iter()
        .map(|circle| {
            circle
                .iter()
                .map(|file| {
                    file.file_name()
                        .and_then(|n| n.to_str())
                        .unwrap_or_default()
                })
                .collect()
        })
        .collect();
    assert_eq!(circles, [["a.rs", "b.rs", "inner.rs"]]);
}
