//! The minutes of a deployment as rows of text, those that are alike made one.

use std::collections::BTreeMap;

use console::Style;
use rehearsal_template::printable;

use crate::wrap::{Word, lines, words};
use crate::{DeploymentReport, MinuteReport};

/// How many minutes alike without errors are shown one by one; of more the first and the last are.
const ALIKE_SHOWN: usize = 3;
/// The same of minutes with errors, whose numbers differ.
const WITH_ERRORS_SHOWN: usize = 8;

/// A row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Row<'m> {
    /// A minute.
    Minute(&'m MinuteReport),
    /// So many minutes like those around them: the same shares, and errors in all or in none.
    Alike(usize),
}

/// The rows of minutes. Where something happened in a minute (`is_eventful`), it stands by itself.
pub(crate) fn rows(minutes: &[MinuteReport], is_eventful: impl Fn(i64) -> bool) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let alike = |a: &MinuteReport, b: &MinuteReport| {
        a.weights == b.weights
            && (errors(a) > 0) == (errors(b) > 0)
            && !is_eventful(a.minute)
            && !is_eventful(b.minute)
    };
    for alike in minutes.chunk_by(alike) {
        let most = match alike.first() {
            Some(first) if errors(first) > 0 => WITH_ERRORS_SHOWN,
            _ => ALIKE_SHOWN,
        };
        match alike {
            [first, between @ .., last] if alike.len() > most => rows.extend([
                Row::Minute(first),
                Row::Alike(between.len()),
                Row::Minute(last),
            ]),
            few => rows.extend(few.iter().map(Row::Minute)),
        }
    }
    rows
}

/// Errors that callers saw in a minute.
pub(crate) fn errors(minute: &MinuteReport) -> u64 {
    minute.errors.values().sum()
}

/// A share as a bar of so many characters.
pub fn bar(share: f64, width: usize) -> (String, String) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a short bar"
    )]
    let filled = (share * width as f64).round().clamp(0.0, width as f64) as usize;
    ("█".repeat(filled), "░".repeat(width - filled))
}

/// How wide a share is drawn beside its minute, in characters.
const BAR: usize = 10;
/// Where what stands beside a minute begins: `  minute 12   `.
pub(crate) const BESIDE: usize = 14;
/// Where it goes on where there is no room.
const INDENT: usize = 4;
/// How wide the shares of two versions are: `v1 90 %, v2 10 %`.
const SHARES: usize = 16;

/// The colours of a minute's row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Colours {
    /// The new version's share.
    pub share: Style,
    /// What is left of the bar, and rows that stand for several.
    pub rest: Style,
    /// Errors.
    pub errors: Style,
}

/// `  minute 1    █░░░░░░░░░ v1 90 %, v2 10 % served 55 by v1, 5 by v2, 1 error`, or what stands for several.
pub(crate) fn line(
    deployment: &DeploymentReport,
    row: Row<'_>,
    colours: &Colours,
    width: usize,
) -> String {
    let minute = match row {
        Row::Minute(minute) => minute,
        Row::Alike(count) => {
            let indent = BESIDE.min(width / 3);
            let more = words(&format!("… {count} minutes alike"), &colours.rest);
            return lines(&" ".repeat(indent), indent, &more, width);
        }
    };
    let (full, empty) = bar(new_share(deployment, minute), BAR);
    let drawn = format!(
        "{}{}",
        colours.share.apply_to(full),
        colours.rest.apply_to(empty)
    );
    let shared = shares(minute.weights.iter().filter(|(_, share)| **share > 0.0));
    let first = format!("  {:<12}", format!("minute {}", minute.minute));
    let served = format!("served {}", by_version(deployment, &minute.requests));
    let wrong = match errors(minute) {
        0 => String::new(),
        errors => format!(", {}", counted_errors(errors)),
    };
    let shared_width = shared.chars().count().max(SHARES);
    let used = BESIDE + BAR + 1 + shared_width + 1;
    if used + served.chars().count() + wrong.chars().count() <= width {
        let wrong = colours.errors.apply_to(wrong);
        return format!("{first}{drawn} {shared:<shared_width$} {served}{wrong}\n");
    }
    let plain = Style::new();
    let mut all = words(&shared, &plain);
    all.extend(words(&served, &plain));
    if !wrong.is_empty()
        && let Some(last) = all.pop()
    {
        all.push(Word::new(format!("{},", last.text())));
        all.extend(words(wrong.trim_start_matches(", "), &colours.errors));
    }
    format!(
        "{first}{drawn}\n{}",
        lines(&" ".repeat(INDENT), INDENT, &all, width)
    )
}

/// Versions and their shares in words: `v1 90 %, v2 10 %`.
pub fn shares<'s>(shares: impl IntoIterator<Item = (&'s String, &'s f64)>) -> String {
    let words: Vec<_> = shares
        .into_iter()
        .map(|(version, share)| format!("v{} {:.0} %", printable::line(version), share * 100.0))
        .collect();
    words.join(", ")
}

/// The new version's share in a minute.
pub(crate) fn new_share(deployment: &DeploymentReport, minute: &MinuteReport) -> f64 {
    let share = minute.weights.get(&deployment.new_version);
    share.copied().unwrap_or(0.0)
}

/// Who served how many, the old version first: `55 by v1, 5 by v2`; `none` where no one came.
pub(crate) fn by_version(deployment: &DeploymentReport, counts: &BTreeMap<String, u64>) -> String {
    let known = [&deployment.old_version, &deployment.new_version];
    let others = counts.keys().filter(|version| !known.contains(version));
    let served: Vec<_> = known
        .into_iter()
        .chain(others)
        .filter_map(|version| {
            let count = counts.get(version).filter(|count| **count > 0)?;
            Some(match &*printable::line(version) {
                "$LATEST" => format!("{count} by $LATEST"),
                version => format!("{count} by v{version}"),
            })
        })
        .collect();
    if served.is_empty() {
        "none".to_owned()
    } else {
        served.join(", ")
    }
}

/// How many errors, in words: `1 error`.
pub(crate) fn counted_errors(errors: u64) -> String {
    match usize::try_from(errors).unwrap_or(usize::MAX) {
        0 => "no errors".to_owned(),
        errors => rehearsal_template::counted(errors, "error"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infrastructure::Infrastructure;

    fn minute(minute: i64, errors: u64) -> MinuteReport {
        MinuteReport {
            minute,
            weights: BTreeMap::from([("1".to_owned(), 1.0)]),
            requests: BTreeMap::from([("1".to_owned(), 60)]),
            errors: BTreeMap::from([("1".to_owned(), errors)]),
            infrastructure: Infrastructure::Live,
            at_seconds: 0.0,
            latency_ms: BTreeMap::new(),
        }
    }

    /// Numbers of minutes, and in brackets how many are left out.
    fn shown(rows: &[Row<'_>]) -> Vec<String> {
        let shown = rows.iter().map(|row| match row {
            Row::Minute(minute) => minute.minute.to_string(),
            Row::Alike(count) => format!("[{count}]"),
        });
        shown.collect()
    }

    #[test]
    fn of_many_minutes_alike_the_first_and_the_last_are_shown_with_the_number_between() {
        let mut minutes: Vec<_> = (-2..57).map(|number| minute(number, 0)).collect();
        minutes.push(minute(57, 1));
        assert_eq!(
            shown(&rows(&minutes, |_| false)),
            ["-2", "[57]", "56", "57"]
        );
        assert_eq!(shown(&rows(&minutes[..3], |_| false)), ["-2", "-1", "0"]);
    }

    #[test]
    fn a_minute_in_which_something_happened_stands_by_itself() {
        let minutes: Vec<_> = (0..10).map(|number| minute(number, 0)).collect();
        let rows = rows(&minutes, |number| number == 5);
        assert_eq!(shown(&rows), ["0", "[3]", "4", "5", "6", "[2]", "9"]);
    }

    #[test]
    fn minutes_with_errors_are_left_out_where_there_are_very_many() {
        let minutes: Vec<_> = (0..20).map(|number| minute(number, 3)).collect();
        assert_eq!(shown(&rows(&minutes[..8], |_| false)).len(), 8);
        assert_eq!(shown(&rows(&minutes, |_| false)), ["0", "[18]", "19"]);
    }

    #[test]
    fn a_bar_has_its_width_whatever_the_share() {
        for (share, filled) in [(0.0, 0), (0.1, 1), (0.5, 5), (1.0, 10), (1.2, 10)] {
            let (full, empty) = bar(share, 10);
            assert_eq!(
                (full.chars().count(), empty.chars().count()),
                (filled, 10 - filled)
            );
        }
    }
}
