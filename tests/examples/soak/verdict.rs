//! Whether what came of a round is what `docs/rehearsals.md` and `docs/inspect.md` say.

use std::collections::BTreeSet;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::round::{ReportPlace, Round, Stream, report_file};
use crate::watch::{End, Ended};

/// What stands on standard error when a Rust program has panicked.
const PANICS: [&str; 3] = ["panicked at", "stack backtrace", "RUST_BACKTRACE"];

/// What is wrong with how it ended, and with what it wrote.
pub fn violations(round: &Round, ended: &Ended, folder: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let allowed = allowed(round, ended);
    if !allowed.contains(&ended.end) {
        wrong.push(format!(
            "it ended with {:?}; allowed are {allowed:?}",
            ended.end
        ));
    }
    let text = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).unwrap_or_default();
        String::from_utf8(bytes)
    };
    for (name, is_exact) in [("stdout", round.is_json), ("stderr", false)] {
        match text(name) {
            Ok(text) if PANICS.iter().any(|panic| text.contains(panic)) => {
                wrong.push(format!("{name} has a panic in it"));
            }
            Ok(text) if !is_exact && !is_plain(&text) => {
                wrong.push(format!("{name} has control characters in it"));
            }
            Ok(_) => {}
            Err(error) => wrong.push(format!("{name} is no UTF-8: {error}")),
        }
    }
    let stdout = || parse(text("stdout").ok());
    if round.is_inspection() {
        let has_ended = matches!(ended.end, End::Code(_));
        if has_ended && round.is_json && round.stdout == Stream::Kept && !stdout().is_object() {
            wrong.push("the inspection's JSON is none".to_owned());
        }
        return wrong;
    }
    let kept = std::fs::read_to_string(report_file(folder)).ok();
    let is_kept = round.report == ReportPlace::File;
    match ended.end {
        End::Code(code @ 0..=1) => {
            let reports = parse(kept);
            if is_kept && !goes_with(&reports, code) {
                wrong.push("the report that was kept is none, or says otherwise".to_owned());
            }
            if round.is_json && round.stdout == Stream::Kept && !goes_with(&stdout(), code) {
                wrong.push("the report that was printed is none, or says otherwise".to_owned());
            }
        }
        End::Code(2) if is_kept && !is_full(round) && kept.is_some() => {
            wrong.push("a report was written, although the input cannot be used".to_owned());
        }
        _ => {}
    }
    wrong
}

/// Null where it is no JSON.
fn parse(text: Option<String>) -> Value {
    let parsed = text.and_then(|text| serde_json::from_str(&text).ok());
    parsed.unwrap_or_default()
}

/// Whether these are reports, and their expectations hold or not as this exit code says.
fn goes_with(reports: &Value, code: i32) -> bool {
    let Some(reports) = reports.as_array().filter(|reports| !reports.is_empty()) else {
        return false;
    };
    let all = reports.iter().all(|report| report["as_expected"] == true);
    all == (code == 0)
}

/// Whether nothing in a text acts on a terminal.
fn is_plain(text: &str) -> bool {
    let acts = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}'..='\u{2029}')
    };
    !text.chars().any(acts)
}

fn is_full(round: &Round) -> bool {
    round.stdout == Stream::Full || round.stderr == Stream::Full
}

/// The ends that a round may have.
fn allowed(round: &Round, ended: &Ended) -> BTreeSet<End> {
    let mut codes: Vec<i32> = if round.is_inspection() {
        match (round.stdout, round.denies_warnings) {
            (Stream::Full, _) => vec![2],
            (_, false) => vec![0, 2],
            (_, true) => vec![0, 1, 2],
        }
    } else {
        match round.report {
            // It waits for a reader, whatever else is full.
            ReportPlace::Pipe => vec![],
            ReportPlace::File if !is_full(round) => vec![0, 1],
            _ => vec![2],
        }
    };
    if round.is_damaged() {
        codes.push(2);
    }
    let mut ends: BTreeSet<_> = codes.into_iter().map(End::Code).collect();
    for strike in &ended.sent {
        let number = strike.signal.as_raw();
        if matches!(strike.signal, Signal::STOP | Signal::CONT) {
            continue;
        }
        // What asks, ends a run by the signal's code, unless it came before there was anyone to hear it.
        let has_command = strike.target.has_command();
        if has_command {
            ends.insert(End::Signal(number));
        }
        // An inspection is one process, which no signal is handled in; and a SIGKILL in none.
        let is_unheard = round.is_inspection() || strike.signal == Signal::KILL && has_command;
        if !is_unheard {
            ends.insert(End::Code(128 + number));
        }
    }
    ends
}
