//! What a call leaves: its report, printed and kept, and what is written of it for other tools.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, WrapErr, miette};
use rehearsal_report::section::Section;
use rehearsal_report::{Report, html, markdown};
use rehearsal_template::printable;

use crate::arguments::WrittenOptions;
use crate::blocking::apart;
use crate::output::{Output, Outputs};
use crate::output_file::{self, Place};

/// What is kept of every call.
const REPORT: &str = "report";

/// How an output of the command takes a text that has its place there.
type Print = fn(&mut Output, &str);

/// Where a text went, or why it could not be kept.
pub struct Kept {
    /// What it is: `report`.
    what: &'static str,
    path: PathBuf,
    /// Whether it was printed on standard output, which was its place.
    pub is_printed: bool,
    outcome: io::Result<()>,
}

impl Kept {
    /// A line that says where it is; `None` where it could not be kept.
    pub fn line(&self) -> Option<String> {
        self.outcome.as_ref().ok()?;
        let here = std::env::current_dir().unwrap_or_default();
        let path = self.path.strip_prefix(here).unwrap_or(&self.path);
        let mut what = self.what.to_owned();
        what[..1].make_ascii_uppercase();
        let path = path.display().to_string();
        Some(format!("{what}: {}\n", printable::line(&path)))
    }

    /// Why it could not be kept.
    pub fn problem(self) -> Option<miette::Report> {
        let path = self.path.display().to_string();
        let (message, option) = match self.what {
            REPORT => (
                format!("the report cannot be kept at {path}"),
                "--report names another place",
            ),
            what => (
                format!("the {what} cannot be written to {path}"),
                "name another place",
            ),
        };
        let error = self.outcome.err()?;
        Some(miette!(help = option, "{error}").wrap_err(message))
    }
}

/// Keeps the report's JSON.
///
/// # Errors
/// There is no thread for what waits.
pub async fn keep_report(path: &Path, json: String, outputs: &mut Outputs) -> miette::Result<Kept> {
    keep(REPORT, path, json, outputs, Output::print_json).await
}

/// Writes what is asked for of a call.
///
/// # Errors
/// There is no thread for what waits.
pub async fn write(
    options: &WrittenOptions,
    sections: &[Section<'_>],
    outputs: &mut Outputs,
) -> miette::Result<Vec<Kept>> {
    let mut kept = Vec::new();
    for (format, path) in options.asked() {
        let text = (format.text)(sections);
        kept.push(keep(format.name, path, text, outputs, Output::print).await?);
    }
    Ok(kept)
}

/// Writes the page of reports.
///
/// # Errors
/// There is no thread for what waits.
pub async fn write_page(
    path: &Path,
    reports: &[Report],
    outputs: &mut Outputs,
) -> miette::Result<Kept> {
    keep("page", path, html::page(reports), outputs, Output::print).await
}

/// Appends Markdown to the summary of a job.
///
/// # Errors
/// It cannot be written there, or there is no thread for it.
pub async fn summarise(path: &Path, sections: &[Section<'_>]) -> miette::Result<()> {
    let (to, text) = (path.to_owned(), markdown::text(sections));
    let append = move || {
        let mut summary = OpenOptions::new().append(true).create(true).open(to)?;
        summary.write_all(text.as_bytes())
    };
    apart(append)
        .await?
        .into_diagnostic()
        .wrap_err_with(|| format!("the summary cannot be written to {}", path.display()))
}

async fn keep(
    what: &'static str,
    path: &Path,
    text: String,
    outputs: &mut Outputs,
    print: Print,
) -> miette::Result<Kept> {
    let place = Place::of(path);
    let is_printed = matches!(place, Ok(Place::StandardOutput));
    let kept = match place {
        Ok(Place::StandardOutput) => {
            print(&mut outputs.out, &text);
            Ok(())
        }
        Ok(Place::StandardError) => {
            print(&mut outputs.err, &text);
            Ok(())
        }
        // Not apart: who is asked to end waits for what runs here, and so no part of a file is left beside its place.
        Ok(place @ Place::File(_)) => output_file::write(&place, &text),
        // A pipe waits for its reader.
        Ok(place) => apart(move || output_file::write(&place, &text)).await?,
        Err(error) => Err(error),
    };
    Ok(Kept {
        what,
        path: path.to_owned(),
        is_printed,
        outcome: kept,
    })
}
