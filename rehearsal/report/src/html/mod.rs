//! The page: what came of rehearsals, for people to look at. One file without anything from elsewhere.
//!
//! - [`page`] puts it together of an [`index`], and of each rehearsal a [`banner`], a figure of [`lanes`], what the [`hooks`] found, the
//!   [`failures`], what is [`unknown`], the [`expectations`] and the [`history`].
//! - [`figure`]: lanes on one axis. [`scale`]: from time and values to places. [`words`]: numbers and moments as they are written.
//!   `contrast`: a test of its colours.
//! - [`part`]: the updates of a release. [`shown`]: the report with every text fit to be shown.
//! - [`odds`]: a page of another kind: how often gates stop a faulty version, as a heat map.

mod banner;
#[cfg(test)]
mod contrast;
mod expectations;
mod failures;
mod figure;
mod history;
mod hooks;
mod index;
mod lanes;
pub mod odds;
mod part;
mod scale;
mod shown;
mod unknown;
mod words;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::Report;

/// The page's styles; those of figures come after them, for these are a picture's by itself, too.
const STYLE: &str = include_str!("page.css");
/// The styles of figures.
const FIGURE_STYLE: &str = include_str!("figure.css");
/// A line through all lanes where the pointer is.
const SCRIPT: &str = include_str!("page.js");
/// The SHA-256 of [`SCRIPT`] in base64: the page lets no other script run.
const SCRIPT_HASH: &str = "5oNgHDzJVScmRaNTnDgJUxUkDcIUOh3gLl+JjuAjeWA=";
/// How wide a picture is, in pixels.
const PICTURE: u32 = 900;
/// How many characters fit into a line of it.
const PICTURE_CHARACTERS: usize = 120;
/// The most of the last lines that someone wrote.
const MOST_LINES: usize = 20;

/// The head of a page, with the scripts that it runs (`script-src …; `) and styles of its own. Nothing is fetched.
fn head(title: &str, scripts: &str, styles: &str) -> Markup {
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; {scripts}base-uri 'none'; form-action 'none'"
    );
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) }
            style { (PreEscaped(STYLE)) (PreEscaped(FIGURE_STYLE)) (PreEscaped(styles)) }
        }
    }
}

/// The page of these rehearsals, whole.
pub fn page(reports: &[Report]) -> String {
    let reports: Vec<Report> = reports.iter().map(shown::printable).collect();
    let title = title(&reports);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&title, &format!("script-src 'sha256-{SCRIPT_HASH}'; "), ""))
            body {
                header {
                    h1 { (if reports.len() == 1 { "A deployment, rehearsed" } else { &title }) }
                    (index::section(&reports))
                }
                main {
                    @for (number, report) in reports.iter().enumerate() { (rehearsal(report, &index::id(number))) }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// The picture of a rehearsal by itself: an SVG of its traffic, its errors, and the gates that stopped it.
pub fn picture(report: &Report) -> String {
    let report = shown::printable(report);
    lanes::short_figure(&report, "r1").standalone(
        PICTURE,
        FIGURE_STYLE,
        &banner::lines(&report, PICTURE_CHARACTERS),
    )
}

fn title(reports: &[Report]) -> String {
    let good = reports.iter().filter(|report| report.as_expected).count();
    match reports {
        [] => "No rehearsals".to_owned(),
        [one] => one.name.clone(),
        all => format!(
            "{} rehearsals: {good} as expected, {} not",
            all.len(),
            all.len() - good
        ),
    }
}

fn rehearsal(report: &Report, id: &str) -> Markup {
    html! {
        article id=(id) .bad[!report.as_expected] {
            h2 { (report.name) }
            (banner::section(report))
            (lanes::figure(report, id).render())
            (hooks::section(report))
            (failures::section(report))
            (unknown::section(report))
            (expectations::section(report))
            (history::section(report))
        }
    }
}

/// The last lines that someone wrote, to be opened.
fn last_words(log: &[String], what: &str) -> Markup {
    let last = &log[log.len().saturating_sub(MOST_LINES)..];
    html! {
        @if !last.is_empty() {
            details {
                summary { (what) }
                pre tabindex="0" { @for line in last { (line) "\n" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_page_lets_its_own_script_run() {
        assert_eq!(SCRIPT_HASH, STANDARD.encode(Sha256::digest(SCRIPT)));
    }
}
