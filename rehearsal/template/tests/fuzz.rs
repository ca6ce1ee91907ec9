//! Real templates, mutated: whatever comes of it, the reader reads it or says why not, and never takes long.
//!
//! `cargo test` runs a few seconds of it with a fixed seed. `REHEARSE_FUZZ_MINUTES=10 cargo test --package rehearsal-template
//! --test templates fuzz -- --nocapture` runs as long as asked for, with seeds of its own; the case under way is kept in
//! `target/tmp/fuzz-case.yaml`, so that even a stack overflow leaves it behind. A case that is found becomes a test of its own.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use rehearsal_template::{Diagnostic, Inputs, Severity, read_str};

/// Folders and files that have templates, from the workspace's root.
const CORPUS: [&str; 6] = [
    "template.yaml",
    "tests/applications",
    "tests/inspect",
    "tests/oracle",
    "tests/templates",
    "rehearsal/template/tests/lints",
];
/// Cases in a round; `cargo test` runs one round.
const CASES: u32 = 200;
/// The longest that reading one template may take when it is run by the minute, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// All templates of the corpus, in an order that is the same everywhere.
fn corpus() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    for start in CORPUS {
        collect(&root.join(start), &mut paths);
    }
    paths.sort();
    paths
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect()
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            collect(&entry.path(), found);
        }
    } else if path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "json")
    {
        found.push(path.to_owned());
    }
}

/// One change to a template.
#[derive(Clone, Debug)]
enum Change {
    /// A line goes elsewhere.
    MoveLine(Index, Index),
    /// Lines of another template come in.
    Splice {
        other: Index,
        from: Index,
        lines: usize,
        to: Index,
    },
    /// A word becomes another template's word.
    SwapWord {
        word: Index,
        other: Index,
        by: Index,
    },
    /// A word becomes something that templates are fragile about.
    Replace { word: Index, by: &'static str },
    /// A line stands deeper or less deep.
    Indent { line: Index, by: i8 },
    /// A line is gone.
    DeleteLine(Index),
    /// The rest is gone.
    Truncate(Index),
    /// A character is another one.
    Character(Index, char),
}

const FRAGILE: [&str; 44] = [
    "!Ref AWS::NoValue",
    "!Ref AWS::StackName",
    "!Ref Orders.Version",
    "!Ref Orders.Alias",
    "!GetAtt Orders.Arn",
    "!GetAtt Orders",
    "!Sub '${Orders}${!x}${}'",
    "!Sub ['${a}', {a: !Ref Orders}]",
    "!If [IsProduction, a, b]",
    "!If [a]",
    "!Select [4294967296, [a]]",
    "!Select [-1, [a]]",
    "!Split ['', abc]",
    "!Join ['', !Split [',', 'a,b']]",
    "!FindInMap [a, b, c]",
    "!ImportValue x",
    "!Equals [a]",
    "!Not [[]]",
    "!Condition IsProduction",
    "!Base64 ''",
    "!Cidr [a, 1, 1]",
    "!GetAZs ''",
    "!Transform {Name: AWS::Include}",
    "{Fn::Transform: {Name: x}}",
    "{Fn::ForEach::x: [a, [b], {c: d}]}",
    "'{{resolve:ssm:/a}}'",
    "&a [*a]",
    "*a",
    "<<: {a: b}",
    "[]",
    "{}",
    "''",
    "null",
    "~",
    "true",
    "-0",
    "010",
    "1:30",
    "1e400",
    "18446744073709551616",
    "4294967295",
    "é😀\u{feff}",
    "AllAtOnce",
    "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
];

fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    prop_oneof![
        2 => (index(), index()).prop_map(|(from, to)| Change::MoveLine(from, to)),
        3 => (index(), index(), 1_usize..12, index())
            .prop_map(|(other, from, lines, to)| Change::Splice { other, from, lines, to }),
        4 => (index(), index(), index())
            .prop_map(|(word, other, by)| Change::SwapWord { word, other, by }),
        4 => (index(), prop::sample::select(&FRAGILE[..]))
            .prop_map(|(word, by)| Change::Replace { word, by }),
        2 => (index(), -4_i8..5).prop_map(|(line, by)| Change::Indent { line, by }),
        1 => index().prop_map(Change::DeleteLine),
        1 => index().prop_map(Change::Truncate),
        1 => (index(), any::<char>()).prop_map(|(at, by)| Change::Character(at, by)),
    ]
}

/// The words of a text, by where they are.
fn words(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices() {
        let is_between = character.is_whitespace() || "{}[],".contains(character);
        match (start, is_between) {
            (None, false) => start = Some(at),
            (Some(from), true) => {
                words.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    words
}

fn apply(text: &mut String, change: &Change, corpus: &[String]) {
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let mut own = lines(text);
    if own.is_empty() {
        return;
    }
    match change {
        Change::MoveLine(from, to) => {
            let line = own.remove(from.index(own.len()));
            own.insert(to.index(own.len() + 1), line);
        }
        Change::Splice {
            other,
            from,
            lines: count,
            to,
        } => {
            let other: &String = other.get(corpus);
            let other = lines(other);
            if other.is_empty() {
                return;
            }
            let from = from.index(other.len());
            let at = to.index(own.len() + 1);
            own.splice(at..at, other.into_iter().skip(from).take(*count));
        }
        Change::SwapWord { word, other, by } => {
            let other = other.get(corpus);
            let (mine, theirs) = (words(text), words(other));
            if !mine.is_empty() && !theirs.is_empty() {
                let by = &other[by.get(&theirs).clone()];
                text.replace_range(word.get(&mine).clone(), by);
            }
            return;
        }
        Change::Replace { word, by } => {
            let mine = words(text);
            if !mine.is_empty() {
                text.replace_range(word.get(&mine).clone(), by);
            }
            return;
        }
        Change::Indent { line, by } => {
            let at = line.index(own.len());
            let line = &mut own[at];
            let depth = line.len() - line.trim_start().len();
            let wanted = depth.saturating_add_signed(isize::from(*by));
            *line = format!("{}{}", " ".repeat(wanted), line.trim_start());
        }
        Change::DeleteLine(at) => {
            own.remove(at.index(own.len()));
        }
        Change::Truncate(at) => own.truncate(at.index(own.len()) + 1),
        Change::Character(at, by) => {
            let mut characters: Vec<char> = text.chars().collect();
            if !characters.is_empty() {
                let at = at.index(characters.len());
                characters[at] = *by;
            }
            *text = characters.into_iter().collect();
            return;
        }
    }
    *text = own.join("\n") + "\n";
}

/// Every diagnostic points into the text.
fn points_into(diagnostic: &Diagnostic, text: &str) -> bool {
    let place = diagnostic.place;
    (place.offset + place.length) as usize <= text.len()
}

fn survives(text: &str, is_timed: bool) -> Result<(), TestCaseError> {
    let inputs = Inputs::new("app").version("Contacts", 2);
    let began = Instant::now();
    match read_str("template.yaml", text, &inputs) {
        Ok(stack) => {
            for diagnostic in &stack.diagnostics {
                prop_assert_ne!(diagnostic.severity, Severity::Error);
                prop_assert!(points_into(diagnostic, text), "{:?}", diagnostic);
            }
        }
        Err(refusal) => {
            prop_assert!(
                refusal
                    .diagnostics
                    .iter()
                    .any(|diagnostic| diagnostic.severity == Severity::Error)
            );
            for diagnostic in &refusal.diagnostics {
                prop_assert!(points_into(diagnostic, text), "{:?}", diagnostic);
            }
            // Printing follows every place into the text.
            let printed = format!("{:?}", miette::Report::new(refusal));
            prop_assert!(!printed.is_empty());
        }
    }
    prop_assert!(!is_timed || began.elapsed() < LIMIT, "it takes too long");
    Ok(())
}

/// Runs one round of cases with a seed.
fn round(corpus: &[String], seed: u64, keep: Option<&Path>) {
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let cases = (any::<Index>(), prop::collection::vec(change(), 1..8));
    let run = TestRunner::new_with_rng(config, rng).run(&cases, |(which, changes)| {
        let mut text = which.get(corpus).clone();
        for change in &changes {
            apply(&mut text, change, corpus);
        }
        if let Some(path) = keep {
            std::fs::write(path, &text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        }
        survives(&text, keep.is_some())
    });
    if let Err(failure) = run {
        panic!("seed {seed}: {failure}");
    }
}

#[test]
fn mutated_templates_are_read_or_refused() {
    let corpus = corpus();
    assert!(corpus.len() > 20, "the corpus is there");
    let minutes: Option<u64> = std::env::var("REHEARSE_FUZZ_MINUTES")
        .ok()
        .and_then(|minutes| minutes.parse().ok());
    let Some(minutes) = minutes else {
        return round(&corpus, 0, None);
    };
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz-case.yaml");
    let first = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let began = Instant::now();
    let mut rounds = 0;
    while began.elapsed() < Duration::from_secs(minutes * 60) {
        round(&corpus, first + rounds, Some(&path));
        rounds += 1;
    }
    println!(
        "{} cases from {} templates in {} minutes, seeds {first} to {}",
        rounds * u64::from(CASES),
        corpus.len(),
        began.elapsed().as_secs() / 60,
        first + rounds - 1
    );
}
