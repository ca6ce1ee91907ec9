//! Reports that were kept, shown again: as a table, as JSON, as a page, as a picture.

use std::path::{Path, PathBuf};

use miette::{Diagnostic, IntoDiagnostic, NamedSource, SourceSpan, WrapErr, miette};
use rehearsal_deployment::bounds::MAX_REHEARSALS;
use rehearsal_report::{Report, Section, html, summary};
use rehearsal_template::{printable, text_file};

use crate::arguments::{Format, ReportOptions};
use crate::output::{Outputs, width};
use crate::output_file;
use crate::{AS_EXPECTED, UNUSABLE, overwriting};

/// The longest report that is read, in bytes. One of a canary has some ten thousand, one of a day with a gate's every point a million.
const MAX_REPORT_BYTES: usize = 64 << 20;
/// What to do about a file that is no report.
const HELP: &str = "a report is what `rehearse run` keeps as report.json, and prints with --format json; one of another version of rehearse may \
     lack what this one shows: rehearse again";

/// A file that is no report, at the place where that shows.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("this is no report of `rehearse run`: {message}")]
#[diagnostic(code(rehearse::report))]
struct NoReport {
    message: String,
    #[source_code]
    text: NamedSource<String>,
    #[label("here")]
    at: SourceSpan,
    #[help]
    help: &'static str,
}

/// Reads reports, shows them, and gives the exit code.
pub fn report(options: &ReportOptions) -> u8 {
    let mut outputs = Outputs::standard();
    let code = match show(options, &mut outputs) {
        Ok(()) => AS_EXPECTED,
        Err(error) => {
            outputs.err.print_problem(&error);
            UNUSABLE
        }
    };
    outputs.code(code)
}

fn show(options: &ReportOptions, outputs: &mut Outputs) -> miette::Result<()> {
    let inputs = options.reports.iter().map(PathBuf::as_path);
    overwriting::check(
        inputs,
        &[
            ("--html", options.html.as_deref()),
            ("--svg", options.svg.as_deref()),
            ("--junit", options.written.junit.as_deref()),
            ("--markdown", options.written.markdown.as_deref()),
        ],
    )?;
    let mut reports = Vec::new();
    for path in &options.reports {
        reports.extend(read(path)?);
        if reports.len() > MAX_REHEARSALS {
            return Err(miette!(
                "these are more than {MAX_REHEARSALS} rehearsals; one call shows that many at most"
            ));
        }
    }
    match options.format {
        Format::Json => outputs.out.print_json(&json(&reports).into_diagnostic()?),
        Format::Text => outputs.out.print(&summary::text(&reports, false, width())),
    }
    if let Some(path) = &options.html {
        let page = html::page(&reports);
        write("page", path, &page, options.format, outputs)?;
    }
    let sections = Section::all(&reports);
    for (format, path) in options.written.asked() {
        let text = (format.text)(&sections);
        write(format.name, path, &text, options.format, outputs)?;
    }
    if let Some(path) = &options.svg {
        let [one] = &reports[..] else {
            return Err(miette!(
                "a picture shows one rehearsal, and these are {}",
                reports.len()
            ));
        };
        write(
            "picture",
            path,
            &html::picture(one),
            options.format,
            outputs,
        )?;
    }
    Ok(())
}

/// The reports of a file.
fn read(path: &Path) -> miette::Result<Vec<Report>> {
    let text = text_file::read(path, MAX_REPORT_BYTES)
        .into_diagnostic()
        .wrap_err_with(|| format!("{} cannot be read", path.display()))?;
    let reports: Vec<Report> = match serde_json::from_str(&text) {
        Ok(reports) => reports,
        Err(error) => return Err(no_report(path, text, &error).into()),
    };
    if reports.is_empty() {
        return Err(miette!("{} has no rehearsal in it", path.display()));
    }
    Ok(reports)
}

fn no_report(path: &Path, text: String, error: &serde_json::Error) -> NoReport {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message).to_owned();
    let before = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len);
    let offset = before.sum::<usize>() + error.column().saturating_sub(1);
    NoReport {
        message,
        at: (offset.min(text.len()), 1).into(),
        text: NamedSource::new(path.display().to_string(), text),
        help: HELP,
    }
}

/// The reports as JSON, in which no character acts.
///
/// # Errors
/// None that is known: what a report holds is JSON.
pub fn json(reports: &[Report]) -> serde_json::Result<String> {
    let json = serde_json::to_string_pretty(reports)? + "\n";
    Ok(printable::json(&json).into_owned())
}

/// Writes what a person has asked for, and says so where the rest of the output is for people.
///
/// # Errors
/// It cannot be written there.
pub fn write(
    what: &str,
    path: &Path,
    text: &str,
    format: Format,
    outputs: &mut Outputs,
) -> miette::Result<()> {
    let written = match output_file::Place::of(path) {
        Ok(output_file::Place::StandardOutput) => {
            outputs.out.print(text);
            return Ok(());
        }
        Ok(output_file::Place::StandardError) => {
            outputs.err.print(text);
            return Ok(());
        }
        Ok(place) => output_file::write(&place, text),
        Err(error) => Err(error),
    };
    written
        .into_diagnostic()
        .wrap_err_with(|| format!("the {what} cannot be written to {}", path.display()))?;
    if format == Format::Text {
        let here = std::env::current_dir().unwrap_or_default();
        let path = path
            .strip_prefix(here)
            .unwrap_or(path)
            .display()
            .to_string();
        let what = what[..1].to_uppercase() + &what[1..];
        outputs
            .out
            .print(&format!("{what}: {}\n", printable::line(&path)));
    }
    Ok(())
}
