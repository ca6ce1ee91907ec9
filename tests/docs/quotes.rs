//! Runs that a page shows: a `console` block whose first line runs rehearsals, and the README's `make rehearse`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use workspace_tests::{Finished, Rehearse, places};

use crate::{pages, timeline};

/// The info string of blocks with commands and their output.
const INFO: &str = "console";

/// How a block begins that shows rehearsals' timelines.
const RUN: &str = "$ rehearse run ";

/// How the README's block begins.
const MAKE: &str = "$ make rehearse\n";

/// What `make rehearse` runs; of these the README shows the second.
const THREE: [&str; 3] = ["healthy", "errors-under-traffic", "broken-before-traffic"];

/// A block, and what it shows.
struct Quote {
    page: PathBuf,
    block: String,
    /// The rehearsal's files, from the project's root.
    files: Vec<String>,
}

fn quotes() -> Vec<Quote> {
    let mut quotes = Vec::new();
    for page in pages::of_docs() {
        for block in pages::blocks(&pages::text(&page), INFO) {
            let files =
                if let Some(arguments) = block.lines().next().and_then(|l| l.strip_prefix(RUN)) {
                    arguments.split_whitespace().map(str::to_owned).collect()
                } else if block.starts_with(MAKE) {
                    THREE
                        .map(|name| format!("tests/rehearsals/{name}.toml"))
                        .to_vec()
                } else {
                    continue;
                };
            quotes.push(Quote {
                page: page.clone(),
                block: block.to_owned(),
                files,
            });
        }
    }
    quotes
}

/// Every run that a page shows, once, by its files.
pub static RUNS: LazyLock<BTreeMap<Vec<String>, Finished>> = LazyLock::new(|| {
    let mut all: Vec<_> = quotes().into_iter().map(|quote| quote.files).collect();
    all.sort();
    all.dedup();
    side_by_side(all, |files| {
        let run = files.iter().fold(Rehearse::new(), |run, file| {
            run.file(places::root().join(file))
        });
        (files, run.run().with_code(0))
    })
    .into_iter()
    .collect()
});

/// Does something with each, two at a time.
pub fn side_by_side<T: Send, R: Send>(all: Vec<T>, each: impl Fn(T) -> R + Sync) -> Vec<R> {
    let half = all.len() / 2;
    let mut first = all;
    let second = first.split_off(half);
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| second.into_iter().map(&each).collect::<Vec<_>>());
        let mut done: Vec<_> = first.into_iter().map(&each).collect();
        done.extend(beside.join().expect("a run does not panic but by failing"));
        done
    })
}

#[test]
fn a_quoted_run_is_what_a_run_prints() {
    let quotes = quotes();
    assert!(quotes.len() >= 8, "only {} runs are quoted", quotes.len());
    for quote in quotes {
        let finished = &RUNS[&quote.files];
        let expected = if quote.block.starts_with(MAKE) {
            make_rehearse(finished)
        } else {
            let command = format!("{RUN}{}\n", quote.files.join(" "));
            command + &timeline::shown(&finished.stderr)
        };
        pages::hold(&quote.page, INFO, &quote.block, &expected, timeline::masked);
    }
}

/// `make rehearse` with the second timeline and the table.
fn make_rehearse(finished: &Finished) -> String {
    let second = finished
        .stderr
        .split("\n\n")
        .find(|timeline| timeline.starts_with(THREE[1]))
        .expect("each rehearsal has a timeline");
    let table: String = finished
        .stdout
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("Report: "))
        .flat_map(|line| [line.trim_end(), "\n"])
        .collect();
    format!(
        "{MAKE}==> Building the functions (profile rehearse)\n==> Building rehearse (profile rehearse)\n\
         ==> Rehearsing {} deployments\n…\n{}…\n{table}Report: target/rehearsal/report.json\n",
        THREE.len(),
        timeline::shown(second),
    )
}

#[test]
fn what_make_rehearses_is_what_the_readme_shows() {
    let makefile = pages::text(&places::root().join("Makefile"));
    let files = THREE.map(|name| format!("{name}.toml")).join(" ");
    assert!(makefile.contains(&format!("$(addprefix tests/rehearsals/,{files})")));
}
