//! Code of the project's own that a page shows: a block whose info string names a language and the file that it stands in,
//! `typescript cdk/lib/contacts-stack.ts`, `yaml shared/lifecycle-hook/examples/template.yaml`.

use workspace_tests::{Printed, places};

use crate::pages;

/// How the info string of such a block begins: with the language, and the file's folder.
const INFOS: [(&str, &str); 2] = [("typescript ", "cdk/"), ("yaml ", "shared/")];

/// Lines without the indentation that all of them have.
fn without_indentation(lines: &[&str]) -> Vec<String> {
    let indentation = |line: &&str| line.len() - line.trim_start().len();
    let written = lines.iter().filter(|line| !line.trim().is_empty());
    let common = written.map(indentation).min().unwrap_or(0);
    let cut = |line: &&str| line.get(common..).unwrap_or_default().to_owned();
    lines.iter().map(cut).collect()
}

/// Whether the lines of a block stand in a file, one after the other, whatever their indentation there is.
fn stands_in(block: &str, file: &str) -> bool {
    let block: Vec<_> = block.lines().collect();
    let block = without_indentation(&block);
    let file: Vec<_> = file.lines().collect();
    file.windows(block.len().max(1))
        .any(|window| without_indentation(window) == block)
}

#[test]
fn code_that_a_page_shows_of_a_file_stands_in_it() {
    let mut shown = 0;
    for page in pages::all() {
        let text = pages::text(&page);
        for (language, folder) in INFOS {
            for info in pages::infos(&text, &format!("{language}{folder}")) {
                let file = pages::text(&places::root().join(&info[language.len()..]));
                for block in pages::blocks(&text, info) {
                    shown += 1;
                    assert!(
                        stands_in(block, &file),
                        "{}: not in {info}:\n{block}",
                        pages::name(&page)
                    );
                }
            }
        }
    }
    assert!(shown >= 6, "only {shown} pieces of code are shown");
}

#[test]
fn nothing_is_to_be_said_of_the_template_that_lifecycle_hooks_readme_shows() {
    let inspected = Printed::inspect("shared/lifecycle-hook/examples/template.yaml", &[]);
    assert_eq!(inspected.stderr, "");
    assert!(
        inspected.stdout.contains("PreTraffic hook    PreTraffic"),
        "{}",
        inspected.stdout
    );
}

#[test]
fn a_block_is_found_at_any_indentation_and_with_no_line_changed() {
    let file = "a {\n    b {\n\n      c\n    }\n}\n";
    assert!(stands_in("b {\n\n  c\n}\n", file));
    assert!(stands_in("    b {\n\n      c\n    }\n", file));
    for other in ["b {\n  c\n}\n", "b {\n\nc\n}\n", "b {\n\n  d\n}\n"] {
        assert!(!stands_in(other, file), "{other}");
    }
}
