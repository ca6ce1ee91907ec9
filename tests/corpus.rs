//! What becomes of a stranger's template at first contact: `inspect`, `plan`, `init` and `run`, with nothing prepared. The templates of
//! `tests/corpus` are this project's own, and mirror the kinds that people publish. `cargo test --test corpus -- --nocapture` prints
//! the shares.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use workspace_tests::application::has;
use workspace_tests::files::copy;
use workspace_tests::{Rehearse, places};

/// How far a template gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// It is refused.
    Refused,
    /// It is read, and no deployment of it starts.
    Read,
    /// Its deployments run, and the verdict names what had no part: code that is not here, a gate that is not judged.
    Partial,
    /// Its deployments run, with their own functions and all their gates.
    Faithful,
}

/// Every template of the corpus, with the program that runs its functions.
const CORPUS: [(&str, Option<&str>, Reach); 16] = [
    ("cloudformation.json", Some("node"), Reach::Faithful),
    ("gate-of-another-service.yaml", Some("node"), Reach::Partial),
    ("hooks.yaml", Some("python3"), Reach::Faithful),
    ("image.yaml", None, Reach::Partial),
    ("java.yaml", None, Reach::Partial),
    ("metric-math.yaml", Some("node"), Reach::Faithful),
    ("missing-module.yaml", None, Reach::Partial),
    ("node-rest-api.yaml", Some("node"), Reach::Faithful),
    ("node-several.yaml", Some("node"), Reach::Faithful),
    ("not-yaml.yaml", None, Reach::Refused),
    ("packaged.yaml", None, Reach::Partial),
    ("python-queue.yaml", Some("python3"), Reach::Faithful),
    ("python-schedule.yaml", Some("python3"), Reach::Faithful),
    ("several-ways-in.yaml", Some("python3"), Reach::Faithful),
    ("typescript.yaml", None, Reach::Partial),
    ("values-of-elsewhere.yaml", Some("node"), Reach::Partial),
];

/// How far a template gets, and what `rehearse` printed where it got no further.
fn first_contact(folder: &Path, template: &str) -> (Reach, String) {
    let call = |arguments: &[&str]| {
        let output = Command::new(places::binary("rehearse"))
            .args(arguments)
            .current_dir(folder)
            .env("NO_COLOR", "1")
            .output()
            .expect("rehearse starts");
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), printed)
    };
    for verb in ["inspect", "plan"] {
        let (is_read, printed) = call(&[verb, template]);
        if !is_read {
            return (Reach::Refused, printed);
        }
    }
    let file = format!("{template}.toml");
    let (is_written, printed) = call(&["init", template, "--output", &file]);
    if !is_written {
        return (Reach::Read, printed);
    }
    let run = Rehearse::new().file(folder.join(&file)).run();
    let printed = run.to_string();
    if run.code != Some(0) {
        return (Reach::Read, printed);
    }
    let report = run.report();
    // Nobody has said what runs: that is all that is here of it.
    let verdict = report.verdict();
    let of_today = "; made up: the version that runs (today's code)";
    let is_whole = verdict.strip_suffix(of_today).unwrap_or(&verdict) == report.text("/outcome");
    let reach = if is_whole {
        Reach::Faithful
    } else {
        Reach::Partial
    };
    (reach, printed)
}

#[test]
fn each_template_gets_as_far_as_it_should_with_nothing_prepared() {
    let runnable: Vec<_> = CORPUS
        .iter()
        .filter(|(_, needs, _)| needs.is_none_or(has))
        .collect();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((template, _, expected)) =
                    runnable.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    // Each by itself: where others write beside a function's code, it is not known what the function does.
                    let folder = tempfile::tempdir().expect("a temporary folder can be made");
                    copy(&places::root().join("tests/corpus"), folder.path());
                    let (reach, printed) = first_contact(folder.path(), template);
                    let result = (*template, *expected, reach, printed);
                    results.lock().expect("no worker panics").push(result);
                }
            });
        }
    });
    let results = results.into_inner().expect("no worker panics");
    let count = |least: Reach| {
        results
            .iter()
            .filter(|(_, _, reach, _)| *reach >= least)
            .count()
    };
    println!(
        "{} templates: {} read at first contact, {} rehearsed as expected with nothing prepared, {} of them with all their code and gates",
        results.len(),
        count(Reach::Read),
        count(Reach::Partial),
        count(Reach::Faithful),
    );
    assert_eq!(results.len(), runnable.len(), "a worker failed");
    let wrong: Vec<String> = results
        .iter()
        .filter(|(_, expected, reach, _)| expected != reach)
        .map(|(template, expected, reach, printed)| {
            format!("{template}: {reach:?} instead of {expected:?}\n{printed}")
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_list_names_every_template_of_the_corpus() {
    let folder = places::root().join("tests/corpus");
    let files = std::fs::read_dir(folder)
        .expect("the corpus is there")
        .flatten();
    let mut names: Vec<String> = files
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|kind| kind != "py" && kind != "js")
        })
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    let listed: Vec<&str> = CORPUS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, listed);
}
