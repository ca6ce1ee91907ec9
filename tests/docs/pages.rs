//! The pages, and the fenced blocks in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use workspace_tests::places;

/// Set, quotes are written anew where they differ.
pub const UPDATE: &str = "UPDATE_DOCS";

/// Held by the test that writes.
static WRITING: Mutex<()> = Mutex::new(());

/// Folders without pages of ours.
const OTHERS: [&str; 4] = ["target", "node_modules", "cdk.out", "snapshots"];

/// Every Markdown file of the project, in order.
pub fn all() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    collect(places::root(), &mut pages);
    pages.sort();
    pages
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("a folder can be read");
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_symlink() || name.starts_with('.') || OTHERS.contains(&name.as_str()) {
            continue;
        }
        // The folder that cargo builds in may have any name.
        if path.is_dir() && !path.join("CACHEDIR.TAG").exists() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
}

/// The pages of `docs/` and the README.
pub fn of_docs() -> Vec<PathBuf> {
    let docs = places::root().join("docs");
    let readme = places::root().join("README.md");
    all()
        .into_iter()
        .filter(|page| page.starts_with(&docs) || *page == readme)
        .collect()
}

/// The text of a page.
pub fn text(page: &Path) -> String {
    std::fs::read_to_string(page)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", page.display()))
}

/// How a page is called from the project's root.
pub fn name(page: &Path) -> String {
    page.strip_prefix(places::root())
        .unwrap_or(page)
        .display()
        .to_string()
}

/// The lines of a page that are prose: not in a fenced block.
pub fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

/// The insides of the fenced blocks with this info string, each without its fences and with its last line break.
pub fn blocks<'a>(text: &'a str, info: &str) -> Vec<&'a str> {
    let opening = format!("```{info}\n");
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(&opening) {
        // A fence is at a line's beginning.
        let at_line = start == 0 || rest[..start].ends_with('\n');
        rest = &rest[start + opening.len()..];
        if at_line && let Some(end) = rest.find("```") {
            blocks.push(&rest[..end]);
            rest = &rest[end..];
        }
    }
    blocks
}

/// The shell scripts of a page: the insides of its `sh` blocks, those of lists too, without their indentation.
pub fn scripts(text: &str) -> Vec<String> {
    let mut scripts: Vec<String> = Vec::new();
    let mut indent = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let here = &line[..line.len() - trimmed.len()];
        match (trimmed, indent) {
            ("```sh", None) => {
                indent = Some(here);
                scripts.push(String::new());
            }
            ("```", Some(_)) => indent = None,
            (_, Some(indent)) => {
                let script = scripts.last_mut().expect("the block has begun");
                *script += line.strip_prefix(indent).unwrap_or(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    scripts
}

/// The info strings of fenced blocks that begin so, each once, in their order.
pub fn infos<'a>(text: &'a str, beginning: &str) -> Vec<&'a str> {
    let fences = text.lines().filter_map(|line| line.strip_prefix("```"));
    let mut infos: Vec<_> = fences.filter(|info| info.starts_with(beginning)).collect();
    let mut seen = BTreeSet::new();
    infos.retain(|info| seen.insert(*info));
    infos
}

/// Fails unless the block of a page with this info string is as expected, seen through `masked`; or writes it, if told to.
pub fn hold(page: &Path, info: &str, block: &str, expected: &str, masked: impl Fn(&str) -> String) {
    if masked(block) == masked(expected) {
        return;
    }
    assert!(
        std::env::var_os(UPDATE).is_some(),
        "{} shows\n\n{block}\nbut it is\n\n{expected}\nWrite it anew: {UPDATE}=1 cargo test --package workspace-tests --test docs",
        name(page)
    );
    // One at a time, and read again: another block of the page may have been written meanwhile.
    let _writing = WRITING.lock();
    let fenced = |inside: &str| format!("```{info}\n{inside}```");
    let written = text(page).replacen(&fenced(block), &fenced(expected), 1);
    std::fs::write(page, written).expect("a page can be written");
}

#[test]
fn blocks_are_found_by_their_info_string() {
    let text = "a\n```text\nno\n```\n```text one\nx\ny\n```\nb `` ```text one\n";
    assert_eq!(blocks(text, "text one"), ["x\ny\n"]);
    let list = "```sh\na\n```\n- x\n\n  ```sh\n  b\n    c\n  ```\n";
    assert_eq!(scripts(list), ["a\n", "b\n  c\n"]);
    assert_eq!(infos(text, "text "), ["text one"]);
    assert_eq!(prose(text).collect::<Vec<_>>(), ["a", "b `` ```text one"]);
}
