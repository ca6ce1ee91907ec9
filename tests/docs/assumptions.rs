//! What the code only assumes is on the page that lists it: each constant and each function whose documentation says so.

use std::path::{Path, PathBuf};

use workspace_tests::places;

/// The page.
const PAGE: &str = "docs/fidelity.md";
/// The crates that act AWS out.
const CRATES: [&str; 4] = ["aws", "deployment", "cloud", "host"];

/// An item that stands on an assumption.
#[derive(Debug, PartialEq, Eq)]
struct Assumption {
    file: PathBuf,
    name: String,
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.flatten().map(|entry| entry.path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                vec![path]
            } else {
                Vec::new()
            }
        })
        .collect()
}

/// The name of the constant or function that a line declares.
fn declared(line: &str) -> Option<&str> {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.find(|word| ["const", "fn"].contains(word))?;
    words.find(|word| !word.is_empty())
}

/// The constants and functions of a file whose documentation says that something is assumed.
fn assumptions_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut documentation = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            documentation.push_str(text);
            continue;
        }
        // An attribute, which may have several lines, stands between.
        if let Some(name) = declared(line) {
            let assumed = documentation.contains("Assumed") || documentation.contains("assumed");
            found.extend(assumed.then(|| name.to_owned()));
            documentation.clear();
        } else if line.is_empty() || line.ends_with('{') || line.ends_with(';') {
            documentation.clear();
        }
    }
    found
}

fn assumptions() -> Vec<Assumption> {
    let root = places::root();
    let folders = CRATES.map(|name| root.join("rehearsal").join(name).join("src"));
    let files = folders.iter().flat_map(|folder| sources(folder));
    files
        .flat_map(|file| {
            let text = std::fs::read_to_string(&file).expect("it can be read");
            let names = assumptions_of(&text);
            names.into_iter().map(move |name| Assumption {
                file: file.clone(),
                name,
            })
        })
        .collect()
}

#[test]
fn every_assumption_of_the_code_is_listed_with_its_name() {
    let page = std::fs::read_to_string(places::root().join(PAGE)).expect("the page is there");
    let is_listed = |name: &str| {
        let mut words = page.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word == name)
    };
    let all = assumptions();
    assert!(all.len() >= 25, "only {} are found: {all:#?}", all.len());
    let missing: Vec<_> = all.iter().filter(|one| !is_listed(&one.name)).collect();
    assert!(missing.is_empty(), "{PAGE} does not name {missing:#?}");
}

#[test]
fn an_assumption_is_told_from_what_is_documented_and_by_what_it_is_of() {
    let text = "\
/// A page says so.
const KNOWN: i64 = 1;
/// How long it takes.
///
/// Assumed: nobody knows.
#[expect(
    clippy::cast_precision_loss,
    reason = \"it is small\"
)]
pub(super) fn guessed(&self) -> f64 {
/// Assumed of a field.
field: i64,

fn other() {
/// That it is true is assumed.
pub const GUESSED: bool = true;
";
    assert_eq!(assumptions_of(text), ["guessed", "GUESSED"]);
}
