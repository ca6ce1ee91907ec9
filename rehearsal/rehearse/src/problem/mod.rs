//! A problem as it is shown: its text made printable, and no more of its source than the lines around its place.
//!
//! Both the messages and the lines are text of others. A minified template is one line of a megabyte, of which the part around
//! the place is all that helps.

mod source;

use std::error::Error;
use std::fmt;

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};
use rehearsal_template::printable;

pub use source::Source;
use source::{Excerpt, LEFT_OUT};

/// How many problems of one input are shown one by one.
const MOST_PROBLEMS: usize = 1_000;
/// How many characters of a message, a part of which may be the input's, are shown.
const MOST_CHARACTERS: usize = 2_000;

/// A problem, printable.
#[derive(Debug)]
pub struct Problem {
    message: String,
    code: Option<String>,
    severity: Option<Severity>,
    help: Option<String>,
    place: Option<(Option<String>, Excerpt)>,
    cause: Option<Box<Cause>>,
    related: Vec<Problem>,
}

/// A single problem at its place.
#[derive(Debug)]
pub struct Found {
    /// What is wrong, why, and what to do about it.
    pub message: String,
    /// Its code.
    pub code: Option<String>,
    /// The file's name; `None` without a place.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1.
    pub column: Option<usize>,
}

/// Why it happened.
#[derive(Debug)]
struct Cause {
    message: String,
    cause: Option<Box<Cause>>,
}

impl Problem {
    /// The printable form of a report, with its causes and all that is related to it.
    pub fn of(report: &miette::Report) -> Self {
        Self::with_source(report.as_ref(), report.source(), None)
    }

    /// The printable forms of what is wrong in one source.
    pub fn all<'d>(
        diagnostics: impl IntoIterator<Item = &'d (dyn Diagnostic + 'd)>,
        source: &Source,
    ) -> Vec<Self> {
        diagnostics
            .into_iter()
            .map(|one| Self::with_source(one, one.source(), Some(source)))
            .collect()
    }

    fn with_source(
        diagnostic: &dyn Diagnostic,
        cause: Option<&(dyn Error + 'static)>,
        around: Option<&Source>,
    ) -> Self {
        let own = diagnostic.source_code().and_then(Source::whole);
        let source = own.as_ref().or(around);
        let label = diagnostic.labels().and_then(|mut labels| labels.next());
        let place = label.zip(source).map(|(label, source)| {
            let text = label.label().map(|text| printable::line(text).into_owned());
            (text, source.excerpt(label.offset(), label.len()))
        });
        let mut others = diagnostic.related().into_iter().flatten();
        let mut related: Vec<_> = others
            .by_ref()
            .take(MOST_PROBLEMS)
            .map(|one| Self::with_source(one, one.source(), source))
            .collect();
        match others.count() {
            0 => {}
            more => related.push(Self::text(format!("{more} more problems are not shown"))),
        }
        Self {
            message: beginning(&diagnostic.to_string()),
            code: diagnostic.code().map(|code| code.to_string()),
            severity: diagnostic.severity(),
            help: diagnostic.help().map(|help| beginning(&help.to_string())),
            place,
            cause: Cause::of(cause),
            related,
        }
    }

    /// Each single problem with its place: those that are related, or it alone where none is.
    pub fn found(&self) -> Vec<Found> {
        if !self.related.is_empty() {
            return self.related.iter().flat_map(Self::found).collect();
        }
        let mut message = self.message.clone();
        let mut cause = self.cause.as_deref();
        while let Some(why) = cause {
            message = format!("{message}: {}", why.message);
            cause = why.cause.as_deref();
        }
        if let Some(help) = &self.help {
            message = format!("{message}\n{help}");
        }
        let place = self.place.as_ref().map(|(_, excerpt)| excerpt);
        vec![Found {
            message,
            code: self.code.clone(),
            file: place.and_then(|place| place.name.clone()),
            line: place.map(|place| place.line + 1),
            column: place.map(|place| place.column + 1),
        }]
    }

    /// A problem without a place.
    fn text(message: String) -> Self {
        Self {
            message,
            code: None,
            severity: None,
            help: None,
            place: None,
            cause: None,
            related: Vec::new(),
        }
    }

    /// The text, framed by `miette`.
    pub fn render(self, coloured: bool) -> String {
        Frame::new(coloured).text(&self)
    }
}

/// What frames problems. To make it asks where text goes, which one answer is enough for.
pub struct Frame(miette::MietteHandler);

impl Frame {
    /// With colours, or without.
    pub fn new(coloured: bool) -> Self {
        let options = miette::MietteHandlerOpts::new()
            // Paths and names stay whole, to be copied and searched for.
            .wrap_lines(false)
            .color(coloured);
        Self(options.build())
    }

    /// The text of a problem.
    pub fn text(&self, problem: &Problem) -> String {
        format!("{:?}", Rendered(&self.0, problem))
    }
}

/// A text as it is shown: in one line, and of what is very long the beginning.
fn beginning(text: &str) -> String {
    let line = printable::line(text);
    match line.char_indices().nth(MOST_CHARACTERS) {
        None => line.into_owned(),
        Some((end, _)) => format!("{}{LEFT_OUT} ({} bytes in all)", &line[..end], line.len()),
    }
}

struct Rendered<'p>(&'p miette::MietteHandler, &'p dyn Diagnostic);

impl fmt::Debug for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        miette::ReportHandler::debug(self.0, self.1, f)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.cause.as_deref()?)
    }
}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code.as_ref()?))
    }

    fn severity(&self) -> Option<Severity> {
        self.severity
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.help.as_ref()?))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let (_, excerpt) = self.place.as_ref()?;
        Some(excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (text, excerpt) = self.place.as_ref()?;
        let label = LabeledSpan::new_with_span(text.clone(), excerpt.place);
        Some(Box::new(std::iter::once(label)))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        let related = self.related.iter();
        Some(Box::new(related.map(|one| one as &dyn Diagnostic)))
    }
}

impl Cause {
    fn of(error: Option<&(dyn Error + 'static)>) -> Option<Box<Self>> {
        let error = error?;
        Some(Box::new(Self {
            // A parser's message may show its own lines.
            message: printable::lines(&error.to_string()).into_owned(),
            cause: Self::of(error.source()),
        }))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.cause.as_deref()?)
    }
}

#[cfg(test)]
mod tests;
