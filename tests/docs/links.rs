//! Links between pages, and the places that pages name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex_lite::Regex;
use workspace_tests::places;

use crate::pages;

/// The folders whose paths a page may name in `code`.
const FOLDERS: &str = "docs|events|functions|rehearsal|scripts|shared|tests";

/// Files of other projects, which pages cite as sources.
const ELSEWHERE: [&str; 2] = ["docs/safe_lambda_deployments.rst", "events/codedeploy.go"];

/// The targets of a page's links: inline, and by reference.
fn targets(text: &str) -> Vec<String> {
    let inline = Regex::new(r"\]\(([^)\s]+)\)").expect("it is a pattern");
    let reference = Regex::new(r"^\[[^\]]+\]:\s+(\S+)").expect("it is a pattern");
    let code = Regex::new("`[^`]*`").expect("it is a pattern");
    pages::prose(text)
        .flat_map(|line| {
            let line = code.replace_all(line, "code");
            let all = inline
                .captures_iter(&line)
                .chain(reference.captures_iter(&line));
            all.map(|found| found[1].to_owned()).collect::<Vec<_>>()
        })
        .collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let link = Regex::new(r"\[([^\]]*)\]\([^)]*\)").expect("it is a pattern");
    let headings = pages::prose(text).filter(|line| line.starts_with('#'));
    let mut anchors = BTreeSet::new();
    for heading in headings {
        let title = link.replace_all(heading.trim_start_matches('#').trim(), "$1");
        let anchor: String = title
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let before = seen.entry(anchor.clone()).or_default();
        anchors.insert(match *before {
            0 => anchor,
            number => format!("{anchor}-{number}"),
        });
        *before += 1;
    }
    anchors
}

/// Why a link leads nowhere; `None` for one that does not.
fn dead(page: &Path, target: &str) -> Option<String> {
    let (path, anchor) = target
        .split_once('#')
        .map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let to = match path {
        "" => page.to_owned(),
        path => page.parent().unwrap_or(page).join(path),
    };
    if !to.exists() {
        return Some(format!(
            "{}: {target}: there is no such file",
            pages::name(page)
        ));
    }
    let anchor = anchor?;
    let missing = !anchors(&pages::text(&to)).contains(anchor);
    missing.then(|| format!("{}: {target}: there is no such heading", pages::name(page)))
}

#[test]
fn every_link_inside_the_project_leads_somewhere() {
    let mut links = 0;
    let mut all_dead = Vec::new();
    for page in pages::all() {
        for target in targets(&pages::text(&page)) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            links += 1;
            all_dead.extend(dead(&page, &target));
        }
    }
    assert!(links > 50, "only {links} links were found");
    assert!(all_dead.is_empty(), "dead links:\n{}", all_dead.join("\n"));
}

#[test]
fn a_link_is_found_by_its_target_and_a_heading_by_its_anchor() {
    let text = "# One `two`: (three)\n## One\n[a](b.md#c) `[no](no)` ![d](e.png)\n```\n# no\n[no](no)\n```\n## One\n[f]: g.md\n";
    assert_eq!(targets(text), ["b.md#c", "e.png", "g.md"]);
    let expected = ["one", "one-1", "one-two-three"].map(str::to_owned);
    assert_eq!(anchors(text), BTreeSet::from(expected));
}

#[test]
fn every_page_of_the_documentation_is_in_its_table_of_contents() {
    let contents = places::root().join("docs/README.md");
    let linked: BTreeSet<PathBuf> = targets(&pages::text(&contents))
        .iter()
        .filter_map(|target| target.split('#').next())
        .map(|path| places::root().join("docs").join(path))
        .collect();
    let docs = places::root().join("docs");
    let missing: Vec<_> = pages::all()
        .into_iter()
        .filter(|page| page.starts_with(&docs) && *page != contents && !linked.contains(page))
        .map(|page| pages::name(&page))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/README.md does not lead to {missing:?}"
    );
}

#[test]
fn what_a_page_names_is_there() {
    let path = Regex::new(&format!(
        r"(?:^|[`\s(=])((?:{FOLDERS})/[A-Za-z0-9_./-]*[A-Za-z0-9_/])"
    ))
    .expect("it is a pattern");
    let mut named = 0;
    let mut missing = Vec::new();
    for page in pages::of_docs() {
        for line in pages::text(&page).lines() {
            for found in path.captures_iter(line) {
                let end = found.get(1).map_or(0, |group| group.end());
                // A pattern of the shell, or a placeholder.
                if line[end..].starts_with(['*', '<', '{', '$', '…']) {
                    continue;
                }
                named += 1;
                if !ELSEWHERE.contains(&&found[1]) && !places::root().join(&found[1]).exists() {
                    missing.push(format!("{}: {}", pages::name(&page), &found[1]));
                }
            }
        }
    }
    assert!(named > 20, "only {named} places are named");
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
}

#[test]
fn every_rehearsal_of_the_project_is_named_by_a_page() {
    let named: BTreeSet<String> = pages::of_docs()
        .iter()
        .flat_map(|page| {
            let text = pages::text(page);
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            words.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let mut unnamed = places::rehearsals();
    unnamed.retain(|rehearsal| !named.contains(rehearsal));
    assert!(unnamed.is_empty(), "no page says what {unnamed:?} show");
}

/// Whether a target puts the tools of a list into .venv: there is one for each, `tools-` and its name.
fn installs_a_list(target: &str) -> bool {
    target.strip_prefix("tools-").is_some_and(|list| {
        let lists = places::root().join("scripts/requirements");
        lists.join(list).with_extension("in").is_file()
    })
}

#[test]
fn every_make_target_that_a_page_tells_to_run_exists() {
    let makefile = pages::text(&places::root().join("Makefile"));
    let command = Regex::new(r"(?:^|`|\$ )make ([a-z][a-z-]*)").expect("it is a pattern");
    let missing: Vec<_> = pages::all()
        .iter()
        .flat_map(|page| {
            let text = pages::text(page);
            let targets: Vec<_> = text
                .lines()
                .flat_map(|line| {
                    command
                        .captures_iter(line)
                        .map(|found| found[1].to_owned())
                        .collect::<Vec<_>>()
                })
                .filter(|target| {
                    let has_a_rule = makefile
                        .lines()
                        .any(|line| line.starts_with(&format!("{target}:")));
                    !has_a_rule && !installs_a_list(target)
                })
                .map(|target| format!("{}: make {target}", pages::name(page)))
                .collect();
            targets
        })
        .collect();
    assert!(
        missing.is_empty(),
        "not in the Makefile:\n{}",
        missing.join("\n")
    );
}
