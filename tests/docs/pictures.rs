//! The pictures of pages: each is what `rehearse` draws now, of a rehearsal or of odds, and stands on a page that says in words what is seen.

use std::path::Path;
use std::sync::LazyLock;

use workspace_tests::{Printed, places};

use crate::found::{self, Found};
use crate::pages;
use crate::quotes::RUNS;
use crate::screenshot;

/// Those of rehearsals: `docs/NAME.svg` of `tests/rehearsals/NAME.toml`.
pub const REHEARSED: [&str; 10] = [
    "adoption",
    "alarm-blocks-the-fix",
    "broken-after-traffic",
    "errors-under-traffic",
    "fails-politely",
    "healthy",
    "hook-crashes-at-start",
    "left-on-two-versions",
    "old-version-breaks-under-canary",
    "stopped-without-rollback",
];

/// The picture that `make bench` draws, of what it measured.
const MEASURED: &str = "growth";

/// Of odds: `docs/NAME.svg`, and what it shows.
static ODDS: [(&str, &LazyLock<Found>); 5] = [
    ("odds-of-VersionErrors", &found::VERSION_ERRORS),
    ("odds-of-AliasErrors", &found::ALIAS_ERRORS),
    ("odds-of-ApiServerErrors", &found::API_SERVER_ERRORS),
    ("odds-of-preferences", &found::PREFERENCES),
    ("odds-by-canary-length", &found::CANARY_LENGTHS),
];

/// Fails unless a picture is as drawn; or keeps what is drawn, if told to.
fn hold(name: &str, drawn: &str) {
    let kept = places::root().join("docs").join(name).with_extension("svg");
    if std::fs::read_to_string(&kept).is_ok_and(|kept| kept == drawn) {
        return;
    }
    assert!(
        std::env::var_os(pages::UPDATE).is_some(),
        "docs/{name}.svg is not what is drawn now: make picture"
    );
    std::fs::write(kept, drawn).expect("a picture can be written");
}

#[test]
fn a_picture_of_a_rehearsal_is_what_its_run_draws() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for name in REHEARSED {
        let run = &RUNS[&vec![format!("tests/rehearsals/{name}.toml")]];
        let [report, picture] =
            ["json", "svg"].map(|ending| folder.path().join(name).with_extension(ending));
        let reports: Vec<_> = run.reports().into_iter().map(|report| report.0).collect();
        let text = serde_json::to_string(&reports).expect("a report is JSON");
        std::fs::write(&report, text).expect("it can be written");
        Printed::report(&[
            &report.display().to_string(),
            "--svg",
            &picture.display().to_string(),
        ]);
        let drawn = std::fs::read_to_string(&picture).expect("it was drawn");
        hold(name, &drawn);
    }
}

#[test]
fn a_picture_of_odds_is_what_they_are_now() {
    for (name, found) in ODDS {
        hold(name, &found.picture);
    }
}

/// What stands between two texts, each time.
fn between<'t>(text: &'t str, from: &str, to: &str) -> Vec<&'t str> {
    let parts = text.split(from).skip(1);
    parts
        .filter_map(|rest| rest.split_once(to).map(|(inside, _)| inside))
        .collect()
}

#[test]
fn every_picture_is_shown_and_every_one_that_is_shown_is_drawn_and_has_words() {
    let mut shown = Vec::new();
    for page in pages::of_docs() {
        for image in between(&pages::text(&page), "![", ")") {
            let (words, path) = image
                .split_once("](")
                .expect("an image has words and a path");
            assert!(
                words.split_whitespace().count() >= 6,
                "{}: {words:?} does not say what is seen",
                page.display()
            );
            let name = Path::new(path)
                .file_stem()
                .expect("it is a file")
                .to_string_lossy();
            shown.push(name.into_owned());
        }
    }
    let all = REHEARSED
        .into_iter()
        .chain(ODDS.map(|(name, _)| name))
        .chain([MEASURED, screenshot::NAME]);
    let mut all: Vec<_> = all.map(str::to_owned).collect();
    all.sort();
    shown.sort();
    shown.dedup();
    assert_eq!(shown, all);
    let mut files: Vec<_> = std::fs::read_dir(places::root().join("docs"))
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| ending == "svg" || ending == "png")
        })
        .map(|path| {
            path.file_stem()
                .expect("it has a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    files.sort();
    assert_eq!(files, all, "what is in docs");
}
