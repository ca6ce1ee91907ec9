//! The odds for people, in 80 columns.

use std::fmt::Write;

use super::sentence::percent;
use rehearsal_report::odds::{Kind, Odds, of_hundred};
use rehearsal_template::grouped;

/// The width of the preferences' names: the longest of CodeDeploy's, and a mark.
const NAMES: usize = 30;
/// The width of a cell.
const CELL: usize = 10;
/// How many cells stand in a line.
const CELLS: usize = 5;
/// The width of a line.
const LINE: usize = 80;

/// What stands for a space at which no line is broken.
const GLUE: char = '\u{1}';

/// The text: each deployment, those together that have the same odds, and at last, of several, what to take away of each.
pub fn of(odds: &Odds) -> String {
    let mut groups: Vec<(String, Vec<&Odds>)> = Vec::new();
    for one in odds.each() {
        let said = without_names(one);
        match groups.iter_mut().find(|(known, _)| *known == said) {
            Some((_, alike)) => alike.push(one),
            None => groups.push((said, vec![one])),
        }
    }
    let mut text = String::new();
    for (_, alike) in &groups {
        if !text.is_empty() {
            text.push('\n');
        }
        deployment(&mut text, alike[0]);
        if alike.len() > 1 {
            same_odds(&mut text, &alike[1..]);
        }
    }
    if !odds.others.is_empty() || !odds.without_odds.is_empty() {
        text.push('\n');
        in_short(&mut text, odds);
    }
    text
}

/// All that is said of a deployment, without its own names: where two have the same, their odds are printed once. Of one that has a gate that
/// is not judged, its names too.
fn without_names(odds: &Odds) -> String {
    let own = || std::iter::once(&odds.function).chain(&odds.gates);
    let unnamed = |text: &String| {
        let names = own().enumerate();
        names.fold(text.clone(), |text, (place, name)| {
            text.replace(name.as_str(), &format!("{GLUE}{place}"))
        })
    };
    let unnamed_all = |texts: &[String]| texts.iter().map(unnamed).collect::<Vec<_>>();
    let recommendations = odds.recommendations.iter();
    let texts: Vec<String> = recommendations.map(|one| unnamed(&one.text)).collect();
    let cells = odds.cells.iter().map(|cell| {
        let case = (&cell.preference, cell.requests_per_minute, cell.error_rate);
        (case, cell.caught, cell.hurt.median)
    });
    let false_alarms = odds.false_alarms.iter();
    let false_alarms = false_alarms.map(|one| (&one.preference, one.stopped));
    format!(
        "{:?}",
        (
            (&odds.preference, odds.gates.len(), odds.minutes_after),
            unnamed(&odds.sentence),
            cells.collect::<Vec<_>>(),
            false_alarms.collect::<Vec<_>>(),
            (texts, unnamed_all(&odds.not_reached)),
            unnamed_all(&odds.notes),
            (!odds.left_out.is_empty()).then(|| own().collect::<Vec<_>>()),
        )
    )
}

/// The deployments of which the odds above are, too.
fn same_odds(text: &mut String, others: &[&Odds]) {
    let title = match others {
        [_] => "The same holds for this deployment, with its own gates:",
        _ => "The same holds for each of these deployments, with its own gates:",
    };
    text.push('\n');
    wrapped(text, "", title);
    for one in others {
        let line = format!("{}:{}: {}", one.function, one.alias, judged(one));
        wrapped(text, "- ", &line);
    }
}

/// What to take away of each deployment, those together of which it is the same, and which have no odds.
fn in_short(text: &mut String, odds: &Odds) {
    let deployments = 1 + odds.others.len() + odds.without_odds.len();
    let title = format!(
        "{}: {deployments} deployments, each rolled out alone",
        odds.name
    );
    wrapped(text, "", &title);
    let mut takeaways: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in odds.each() {
        let alike = takeaways
            .iter_mut()
            .find(|(known, _)| *known == one.sentence);
        match alike {
            Some((_, functions)) => functions.push(&one.function),
            None => takeaways.push((&one.sentence, vec![&one.function])),
        }
    }
    for (sentence, functions) in takeaways {
        wrapped(text, "- ", &format!("{}: {sentence}", functions.join(", ")));
    }
    for one in &odds.without_odds {
        let line = format!("{}: no odds: {}", one.function, one.why);
        wrapped(text, "- ", &line);
    }
}

/// One deployment.
fn deployment(text: &mut String, odds: &Odds) {
    let _ = writeln!(
        text,
        "{}: {}:{}, {}",
        odds.name, odds.function, odds.alias, odds.preference
    );
    gates(text, odds);
    text.push('\n');
    wrapped(text, "", &sentence(&odds.sentence));
    cells(text, odds);
    // Without a gate these are zeros, and what no change of an alarm does where there is none.
    if !odds.gates.is_empty() {
        false_alarms(text, odds);
    }
    recommendations(text, odds);
    text.push('\n');
    wrapped(text, "", &counted(odds));
    for note in &odds.notes {
        wrapped(text, "- ", note);
    }
}

/// A sentence as it stands alone.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// The gates that are judged.
fn judged(odds: &Odds) -> String {
    if odds.gates.is_empty() {
        "none".to_owned()
    } else {
        odds.gates.join(", ")
    }
}

fn gates(text: &mut String, odds: &Odds) {
    wrapped(text, "gates judged: ", &judged(odds));
    for gate in &odds.left_out {
        let why = format!("{} (line {}): {}", gate.alarm, gate.line, gate.why);
        wrapped(text, "gate NOT judged: ", &why);
    }
}

/// Of each traffic a table: preferences down, error rates across.
fn cells(text: &mut String, odds: &Odds) {
    let mut traffics: Vec<u32> = odds
        .cells
        .iter()
        .map(|cell| cell.requests_per_minute)
        .collect();
    traffics.dedup();
    let mut once = Vec::new();
    for traffic in traffics {
        if !once.contains(&traffic) {
            once.push(traffic);
        }
    }
    let verb = match odds.delay_ms {
        Some(ms) => format!("of its answers are {ms} ms late"),
        None => "of its requests fail".to_owned(),
    };
    for traffic in once {
        let of_traffic: Vec<_> = odds
            .cells
            .iter()
            .filter(|cell| cell.requests_per_minute == traffic)
            .collect();
        let mut rates: Vec<f64> = Vec::new();
        for cell in &of_traffic {
            if !rates.contains(&cell.error_rate) {
                rates.push(cell.error_rate);
            }
        }
        for rates in rates.chunks(CELLS) {
            let title = format!("{} requests a minute", grouped(traffic.into()));
            let _ = write!(text, "\n{title:<NAMES$}");
            for rate in rates {
                let _ = write!(text, "{:>CELL$}", percent(*rate));
            }
            let _ = writeln!(
                text,
                "\n{:<NAMES$}{:>width$}",
                "",
                verb,
                width = rates.len() * CELL
            );
            let mut names: Vec<&str> = of_traffic
                .iter()
                .map(|cell| cell.preference.as_str())
                .collect();
            names.dedup();
            // Without a gate the preferences differ in how long a bad version hurts, and stop none.
            if odds.gates.is_empty() && names.contains(&odds.preference.as_str()) {
                names.retain(|name| *name == odds.preference);
            }
            for name in names {
                let _ = write!(text, "{:<NAMES$}", marked(odds, name));
                for rate in rates {
                    let cell = of_traffic.iter().find(|cell| {
                        cell.preference == name && cell.error_rate.total_cmp(rate).is_eq()
                    });
                    let shown = cell.map_or_else(String::new, |cell| {
                        format!(
                            "{} / {}",
                            of_hundred(cell.caught, cell.seeds),
                            short(cell.hurt.median)
                        )
                    });
                    let _ = write!(text, "{shown:>CELL$}");
                }
                text.push('\n');
            }
        }
    }
    text.push('\n');
    wrapped(
        text,
        "",
        "Each cell: stopped in so many of 100 rollouts / so many callers hurt, in the median. * is the template's preference.",
    );
}

/// A preference's name, marked where it is the template's.
fn marked(odds: &Odds, name: &str) -> String {
    match name.chars().count() {
        _ if name != odds.preference => name.to_owned(),
        length if length + 2 > NAMES => format!("{name}*"),
        _ => format!("{name} *"),
    }
}

/// A count in few characters.
fn short(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..1_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}

fn false_alarms(text: &mut String, odds: &Odds) {
    let Some(first) = odds.false_alarms.first() else {
        return;
    };
    let title = format!(
        "A healthy version that fails {} of its requests is stopped in so many of 100:",
        percent(first.background_error_rate)
    );
    text.push('\n');
    wrapped(text, "", &title);
    let mut traffics = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for one in &odds.false_alarms {
        if !traffics.contains(&one.requests_per_minute) {
            traffics.push(one.requests_per_minute);
        }
        if !names.contains(&one.preference.as_str()) {
            names.push(&one.preference);
        }
    }
    for traffics in traffics.chunks(CELLS) {
        let _ = write!(text, "{:<NAMES$}", "requests a minute");
        for traffic in traffics {
            let _ = write!(text, "{:>CELL$}", grouped((*traffic).into()));
        }
        text.push('\n');
        for name in &names {
            let _ = write!(text, "{:<NAMES$}", marked(odds, name));
            for traffic in traffics {
                let one = odds
                    .false_alarms
                    .iter()
                    .find(|one| one.preference == *name && one.requests_per_minute == *traffic);
                let shown = one.map_or_else(String::new, |one| of_hundred(one.stopped, one.seeds));
                let _ = write!(text, "{shown:>CELL$}");
            }
            text.push('\n');
        }
    }
}

fn recommendations(text: &mut String, odds: &Odds) {
    let _ = write!(text, "\nTo stop ");
    let _ = writeln!(
        text,
        "{} of versions that fail {} of their requests:",
        percent(odds.wanted.catch),
        percent(odds.wanted.at)
    );
    for one in &odds.recommendations {
        let kind = match one.kind {
            Kind::Preference => "preference",
            Kind::Alarm => "alarm",
        };
        wrapped(text, "- ", &format!("{kind}: {}", one.text));
    }
    if !odds.gates.is_empty() {
        for one in &odds.not_reached {
            wrapped(text, "- ", one);
        }
    } else if odds.recommendations.is_empty() {
        wrapped(text, "- ", "no preference does without a gate");
    }
}

/// What is counted, and how sure it is.
fn counted(odds: &Odds) -> String {
    let widest = odds
        .cells
        .iter()
        .map(|cell| cell.caught_interval.high - cell.caught_interval.low)
        .fold(0.0, f64::max);
    let hurt = match odds.delay_ms {
        Some(_) => "callers that wait for the new version",
        None => "callers that see an error of the new version",
    };
    let after = match odds.minutes_after {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    format!(
        "{} rollouts of each case. A share is within {:.1} points of the true one, with 95 % confidence (Wilson). Hurt are {hurt}, \
         until all traffic is back; of one that gets through, until {after} after its deployment.",
        odds.seeds,
        widest * 50.0
    )
}

/// A paragraph in lines, each after the first indented by as much as `first` is long. No word is broken, and no number is left without
/// its sign.
fn wrapped(text: &mut String, first: &str, paragraph: &str) {
    let paragraph = paragraph.replace(" %", &format!("{GLUE}%"));
    let mut line = first.to_owned();
    let indent = " ".repeat(first.chars().count());
    let mut empty = true;
    for word in paragraph.split_whitespace() {
        let width = line.chars().count() + usize::from(!empty) + word.chars().count();
        if !empty && width > LINE {
            let _ = writeln!(text, "{}", line.trim_end());
            line.clone_from(&indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(&word.replace(GLUE, " "));
        empty = false;
    }
    let _ = writeln!(text, "{}", line.trim_end());
}
