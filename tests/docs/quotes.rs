//! Runs that a page shows: a `console` block whose first line runs rehearsals or inspects a template, and the README's
//! `make rehearse`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use workspace_tests::Printed;
use workspace_tests::{Finished, Rehearse, places};

use crate::{expand_contract, pages, pictures, timeline};

/// The info string of blocks with commands and their output.
const INFO: &str = "console";

/// How a block begins that shows rehearsals' timelines, and one that shows what is said of a template.
const RUN: &str = "$ rehearse run ";
const INSPECT: &str = "$ rehearse inspect ";
const PLAN: &str = "$ rehearse plan ";
const ODDS: &str = "$ rehearse odds ";

/// How the info string of a block begins that shows why a check of a quoted run did not pass: `text detail-of REHEARSAL CHECK`.
const DETAIL: &str = "text detail-of ";

/// How a block ends that does not show all.
const CUT: &str = "\n…\n";

/// How the README's block begins.
const MAKE: &str = "$ make rehearse";

/// What `make rehearse` runs; of these the README shows the second.
const THREE: [&str; 3] = ["healthy", "errors-under-traffic", "broken-before-traffic"];

/// A block of a page.
struct Quote {
    page: PathBuf,
    block: String,
    shows: Shows,
}

/// What a block shows. Files are named from the project's root.
enum Shows {
    /// The timelines of rehearsals.
    Run(Vec<String>),
    /// The warnings about a template, or, if there are none, all that is said of it: so many paragraphs, where the block ends in `…`.
    Inspect(String, Option<usize>),
    /// What an update would do, by these arguments.
    Plan(String),
    /// How often gates stop a faulty version, by these arguments.
    Odds(String),
    /// `make rehearse`.
    Make,
}

impl Shows {
    fn of(block: &str) -> Option<Self> {
        let command = block.lines().next()?;
        if let Some(files) = command.strip_prefix(RUN) {
            let files = files.split_whitespace().map(str::to_owned);
            return Some(Self::Run(files.collect()));
        }
        if let Some(template) = command.strip_prefix(INSPECT) {
            let shortened = block.ends_with(CUT);
            let paragraphs = shortened.then(|| block.split("\n\n").count());
            return Some(Self::Inspect(template.to_owned(), paragraphs));
        }
        if let Some(arguments) = command.strip_prefix(PLAN) {
            return Some(Self::Plan(arguments.to_owned()));
        }
        if let Some(arguments) = command.strip_prefix(ODDS) {
            return Some(Self::Odds(arguments.to_owned()));
        }
        (command == MAKE).then_some(Self::Make)
    }

    /// The rehearsals that are run for it.
    fn files(&self) -> Vec<String> {
        match self {
            Self::Run(files) => files.clone(),
            Self::Inspect(..) | Self::Plan(_) | Self::Odds(_) => Vec::new(),
            Self::Make => THREE
                .map(|name| format!("tests/rehearsals/{name}.toml"))
                .to_vec(),
        }
    }

    /// What the block must be.
    fn expected(&self) -> String {
        match self {
            Self::Run(files) => {
                let timelines = timeline::shown(&RUNS[files].stderr);
                format!("{RUN}{}\n{timelines}", files.join(" "))
            }
            Self::Inspect(template, paragraphs) => {
                let inspected = Printed::inspect(template, &[]);
                let shown = match (inspected.stdout.as_str(), inspected.stderr.trim()) {
                    (all, "") => all.to_owned(),
                    ("", refusal) => format!("{refusal}\n"),
                    (_, warnings) => format!("…\n{warnings}\n"),
                };
                let lines = shown.lines().flat_map(|line| [line.trim_end(), "\n"]);
                let shown = lines.collect::<String>();
                let shown = paragraphs.map_or(shown.clone(), |paragraphs| {
                    let first: Vec<_> = shown.split("\n\n").take(paragraphs).collect();
                    first.join("\n\n") + CUT
                });
                format!("{INSPECT}{template}\n{shown}")
            }
            Self::Plan(arguments) => {
                let words: Vec<_> = arguments.split_whitespace().collect();
                let planned = Printed::plan_with(&words);
                format!("{PLAN}{arguments}\n{}", planned.stdout)
            }
            Self::Odds(arguments) => {
                let words: Vec<_> = arguments.split_whitespace().collect();
                format!("{ODDS}{arguments}\n{}", Printed::odds(&words).stdout)
            }
            Self::Make => make_rehearse(&RUNS[&self.files()]),
        }
    }
}

fn quotes() -> Vec<Quote> {
    let mut quotes = Vec::new();
    for page in pages::of_docs() {
        for block in pages::blocks(&pages::text(&page), INFO) {
            quotes.extend(Shows::of(block).map(|shows| Quote {
                page: page.clone(),
                block: block.to_owned(),
                shows,
            }));
        }
    }
    quotes
}

/// Every run that a page shows, as text or as a picture, once, by its files.
pub static RUNS: LazyLock<BTreeMap<Vec<String>, Finished>> = LazyLock::new(|| {
    let mut all: Vec<_> = quotes().iter().map(|quote| quote.shows.files()).collect();
    all.retain(|files| !files.is_empty());
    all.extend(pictures::REHEARSED.map(|name| vec![format!("tests/rehearsals/{name}.toml")]));
    all.sort();
    all.dedup();
    side_by_side(all, |files| {
        if files == [expand_contract::RELEASE] {
            return (files, expand_contract::run());
        }
        let run = files.iter().fold(Rehearse::new(), |run, file| {
            run.file(places::root().join(file))
        });
        let run = run.environment("COLUMNS", "80");
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
        let masked = |text: &str| timeline::masked(&without_interpreters(text));
        pages::hold(
            &quote.page,
            INFO,
            &quote.block,
            &quote.shows.expected(),
            masked,
        );
    }
}

/// What a run prints without what it says of interpreters: which of them a machine has is its own. The line that says so may go on.
fn without_interpreters(printed: &str) -> String {
    const SAID: &str = "; another version ran ";
    let mut lines: Vec<String> = Vec::new();
    for line in printed.lines() {
        match lines.last_mut() {
            Some(last)
                if last.starts_with("  as expected (")
                    && !last.contains(" virtual s")
                    && line.starts_with("    ") =>
            {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    for line in &mut lines {
        if let Some(start) = line.find(SAID)
            && let Some(length) = line[start..].find("), in ")
        {
            line.replace_range(start..start + length, "");
        }
    }
    lines.join("\n") + "\n"
}

/// Why a check did not pass, by the report of a rehearsal whose run is quoted.
fn detail(rehearsal: &str, check: &str) -> String {
    let run = &RUNS[&vec![format!("tests/rehearsals/{rehearsal}.toml")]];
    let report = run.report();
    let updates = report.at("/updates").as_array().into_iter().flatten();
    let each = updates.chain([&report.0]);
    let hooks = each.filter_map(|update| update.pointer("/deployments/0/hooks")?.as_array());
    let checks = hooks.flatten();
    let mut checks = checks.flat_map(|hook| hook["checks"].as_array().into_iter().flatten());
    let found = checks.find(|found| found["name"] == check && found["detail"].is_string());
    let found = found.unwrap_or_else(|| panic!("{check} of {rehearsal} has no detail"));
    format!("{}\n", found["detail"].as_str().unwrap_or_default())
}

#[test]
fn a_quoted_detail_is_what_the_check_says_however_its_lines_are_broken() {
    let mut shown = 0;
    for page in pages::of_docs() {
        let text = pages::text(&page);
        for info in pages::infos(&text, DETAIL) {
            let (rehearsal, check) = info[DETAIL.len()..]
                .split_once(' ')
                .expect("a block names a rehearsal and a check");
            let expected = detail(rehearsal, check);
            for block in pages::blocks(&text, info) {
                shown += 1;
                pages::hold(&page, info, block, &expected, |text| {
                    let words: Vec<_> = text.split_whitespace().collect();
                    timeline::masked(&words.join(" "))
                });
            }
        }
    }
    assert!(shown >= 1, "no page shows a check's detail");
}

/// `make rehearse` with the second timeline and the table.
fn make_rehearse(finished: &Finished) -> String {
    let second = finished
        .stderr
        .split("\n\n")
        .find(|timeline| timeline.starts_with(THREE[1]))
        .expect("each rehearsal has a timeline");
    let lines = finished.stdout.lines().map(|line| {
        if line.starts_with("Report: ") {
            "Report: target/rehearsal/report.json"
        } else {
            line.trim_end()
        }
    });
    let table: String = lines.flat_map(|line| [line, "\n"]).collect();
    format!(
        "{MAKE}\n==> Building the functions (profile rehearse)\n==> Building rehearse (profile rehearse)\n\
         ==> Rehearsing {} deployments\n…\n{}…\n{table}",
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
