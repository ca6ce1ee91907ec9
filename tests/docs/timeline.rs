//! How a page shows a run: what `rehearse run` says on standard error, made shorter by rules.

use regex_lite::{Regex, Replacer};

/// The longest line, in characters.
const WIDTH: usize = 118;

/// So many rows of minutes in a sequence are shown. Of more, the first and the last.
const MINUTES: usize = 8;

/// The timeline as a page shows it. What is not rehearsed is left out, long lines are cut, and of a long sequence of minutes
/// the middle is left out.
pub fn shown(stderr: &str) -> String {
    let mut is_left_out = false;
    let lines: Vec<_> = stderr
        .lines()
        .filter(|line| {
            let goes_on = is_left_out && line.starts_with("    ");
            is_left_out = goes_on || line.trim_start().starts_with("not rehearsed: ");
            !line.is_empty() && !is_left_out
        })
        .map(cut)
        .collect();
    let mut shown = Vec::new();
    for sequence in lines.chunk_by(|a, b| is_minute(a) && is_minute(b)) {
        match sequence {
            [first, between @ .., last] if between.len() + 2 > MINUTES => {
                let left_out = format!("   …      {} more minutes", between.len());
                shown.extend([first.clone(), left_out, last.clone()]);
            }
            short => shown.extend_from_slice(short),
        }
    }
    shown.join("\n") + "\n"
}

/// A line, cut to the width of a page.
pub fn cut(line: &str) -> String {
    let line = line.trim_end();
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    let kept: String = line.chars().take(WIDTH).collect();
    // Not in the middle of a word.
    let kept = kept
        .rsplit_once(' ')
        .map_or(kept.as_str(), |(kept, _)| kept);
    format!("{kept} …")
}

fn is_minute(line: &str) -> bool {
    line.contains(['█', '░'])
}

/// The same without what may differ between two runs, and without how many resources the template has.
pub fn masked(text: &str) -> String {
    let mask = |text: &str, pattern: &str, by: &str| replace(text, pattern, by);
    let text = mask(text, r"\bd-[A-Z0-9]{9}\b", "d-…");
    let text = mask(&text, r"not, in [0-9.:]+( s)?", "not, in …");
    let text = mask(&text, r"in [0-9.]+ s for", "in … s for");
    let text = mask(
        &text,
        r"[0-9]+ resources went back",
        "… resources went back",
    );
    mask(
        &text,
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "…",
    )
}

fn replace(text: &str, pattern: &str, by: impl Replacer) -> String {
    let pattern = Regex::new(pattern).expect("a pattern that is written here is one");
    pattern.replace_all(text, by).into_owned()
}

#[test]
fn what_differs_between_two_runs_does_not_count() {
    let one = "deployment d-IGQBA77Z8 created\nas expected, in 0.4 s for 365 virtual s\n";
    let other = "deployment d-AAAAAAAA1 created\nas expected, in 12.0 s for 365 virtual s\n";
    assert_eq!(masked(one), masked(other));
    assert_ne!(masked(one), masked(&one.replace("365", "366")));
}

#[test]
fn long_lines_and_long_sequences_of_minutes_are_cut() {
    let minute = "   1:00   ░░ v1 100 %";
    let long = format!(
        "begin\n        not rehearsed: a\n\n{}",
        format!("{minute}\n").repeat(9)
    );
    let cut = format!("begin\n{minute}\n   …      7 more minutes\n{minute}\n");
    assert_eq!(shown(&long), cut);
    let line = "word ".repeat(40);
    assert_eq!(shown(&line), format!("{}…\n", "word ".repeat(23)));
}
