//! A problem as it is shown: its text made printable, and no more of its source than the lines around its place.
//!
//! Both the messages and the lines are text of others. A minified template is one line of a megabyte, of which the part around
//! the place is all that helps.

use std::error::Error;
use std::fmt;

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode, SourceSpan,
    SpanContents,
};
use rehearsal_template::printable;

/// How much of a line is shown on either side of a place, in bytes.
const AROUND: usize = 160;
/// How much of a place itself is shown in a line, in bytes.
const LONGEST: usize = 240;
/// The most lines of a place that are shown.
const MOST_LINES: usize = 12;
/// How many problems of one input are shown one by one.
const MOST_PROBLEMS: usize = 1_000;
/// How many characters of a message, a part of which may be the input's, are shown.
const MOST_CHARACTERS: usize = 2_000;
/// What stands for the part of a line that is left out.
const LEFT_OUT: char = '…';

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
        source: &dyn SourceCode,
    ) -> Vec<Self> {
        let source = Source::whole(source);
        diagnostics
            .into_iter()
            .map(|one| Self::with_source(one, one.source(), source.as_ref()))
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
        let handler = miette::MietteHandlerOpts::new()
            // Paths and names stay whole, to be copied and searched for.
            .wrap_lines(false)
            .color(coloured)
            .build();
        format!("{:?}", Rendered(&handler, &self))
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

/// A whole text, with where its lines begin.
struct Source {
    name: Option<String>,
    text: String,
    starts: Vec<usize>,
}

impl Source {
    fn whole(code: &dyn SourceCode) -> Option<Self> {
        let start = SourceSpan::from((0, 0));
        let contents = code.read_span(&start, 0, usize::MAX).ok()?;
        let text = String::from_utf8_lossy(contents.data()).into_owned();
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0)
            .chain(ends.map(|(at, _)| at + 1))
            .collect();
        Some(Self {
            name: contents
                .name()
                .map(|name| printable::line(name).into_owned()),
            starts,
            text,
        })
    }

    /// The number of the line that an offset is in, from 0.
    fn line_at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }

    /// A line without its end.
    fn line(&self, number: usize) -> Option<&str> {
        let start = *self.starts.get(number)?;
        let end = self.starts.get(number + 1).copied();
        Some(self.text[start..end.unwrap_or(self.text.len())].trim_end_matches(['\r', '\n']))
    }

    /// The lines around a place.
    fn excerpt(&self, offset: usize, length: usize) -> Excerpt {
        let from = floor(&self.text, offset);
        let to = floor(&self.text, offset.saturating_add(length)).max(from);
        let first = self.line_at(from);
        let last = self
            .line_at(to.saturating_sub(1).max(from))
            .min(first + MOST_LINES - 1);
        let shown = first.saturating_sub(1)..=last + 1;
        let mut text = String::new();
        let (mut start, mut end) = (0, 0);
        for number in shown.clone() {
            let Some(line) = self.line(number) else {
                break;
            };
            let begins = self.starts[number];
            // What follows the last line's end is no line.
            if number > last && begins == self.text.len() {
                break;
            }
            let within = |at: usize| at.clamp(begins, begins + line.len()) - begins;
            let place = if (first..=last).contains(&number) {
                within(from)..within(to)
            } else {
                0..0
            };
            let (cut, place) = cut(line, place);
            if number == first {
                start = text.len() + place.start;
            }
            if number <= last {
                end = text.len() + place.end;
            }
            text.push_str(&cut);
            text.push('\n');
        }
        Excerpt {
            name: self.name.clone(),
            text,
            first_line: *shown.start(),
            line: first,
            column: from - self.starts[first],
            place: (start, end.saturating_sub(start)).into(),
        }
    }
}

/// The part of a line around a place, printable, with where the place is in it.
fn cut(line: &str, place: std::ops::Range<usize>) -> (String, std::ops::Range<usize>) {
    let place = place.start
        ..place
            .end
            .min(floor(line, place.start + LONGEST))
            .max(place.start);
    let from = floor(line, place.start.saturating_sub(AROUND));
    let to = floor(line, place.end + AROUND);
    let mut text = String::new();
    if from > 0 {
        text.push(LEFT_OUT);
    }
    let mut add = |part: &str| {
        // The one tab that a source line may have is shown by `miette`, as spaces.
        for (number, piece) in part.split('\t').enumerate() {
            if number > 0 {
                text.push('\t');
            }
            text.push_str(&printable::line(piece));
        }
        text.len()
    };
    let start = add(&line[from..place.start]);
    let end = add(&line[place.clone()]);
    add(&line[place.end..to]);
    if to < line.len() {
        text.push(LEFT_OUT);
    }
    (text, start..end)
}

/// The last boundary of a character that is not behind an offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Some lines of a source, with one place in them. Positions that are told are those of the whole source.
#[derive(Debug)]
struct Excerpt {
    name: Option<String>,
    text: String,
    /// The number of its first line, from 0.
    first_line: usize,
    /// Where the place begins, both from 0.
    line: usize,
    column: usize,
    /// The place, in this text.
    place: SourceSpan,
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = SourceSpan::from((0, self.text.len()));
        let lines = self.text.lines().count();
        // Without lines around it, what is asked for is where the place begins.
        let (span, line, column) = if context_lines_before == 0 && context_lines_after == 0 {
            (*span, self.line, self.column)
        } else {
            (whole, self.first_line, 0)
        };
        let data = self
            .text
            .get(span.offset()..span.offset() + span.len())
            .ok_or(MietteError::OutOfBounds)?
            .as_bytes();
        Ok(Box::new(match &self.name {
            Some(name) => {
                MietteSpanContents::new_named(name.clone(), data, span, line, column, lines)
            }
            None => MietteSpanContents::new(data, span, line, column, lines),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use miette::NamedSource;

    #[derive(Debug, thiserror::Error, Diagnostic)]
    #[error("{message}")]
    #[diagnostic(code(a::code))]
    struct Wrong {
        message: String,
        #[source_code]
        text: NamedSource<String>,
        #[label("here")]
        at: SourceSpan,
        #[help]
        help: Option<String>,
    }

    fn wrong(text: &str, at: &str) -> miette::Report {
        let offset = text.find(at).unwrap();
        Wrong {
            message: "this is wrong".to_owned(),
            text: NamedSource::new("file.toml", text.to_owned()),
            at: (offset, at.len()).into(),
            help: Some("mend it".to_owned()),
        }
        .into()
    }

    fn shown(report: &miette::Report) -> String {
        Problem::of(report).render(false)
    }

    #[derive(Debug, thiserror::Error, Diagnostic)]
    #[error("{message}")]
    struct Many {
        message: String,
        #[related]
        all: Vec<Wrong>,
    }

    #[test]
    fn a_refusal_is_bounded_whatever_the_input_is() {
        let one = || Wrong {
            message: "x".repeat(10_000),
            text: NamedSource::new("file.toml", "a".to_owned()),
            at: (0, 1).into(),
            help: None,
        };
        let many = Many {
            message: "y".repeat(1_000_000),
            all: (0..MOST_PROBLEMS + 7).map(|_| one()).collect(),
        };
        let text = shown(&many.into());
        assert!(text.len() < MOST_PROBLEMS * 4_000, "{} bytes", text.len());
        assert!(text.contains("(1000000 bytes in all)") && text.contains("(10000 bytes in all)"));
        assert!(text.contains("7 more problems are not shown"));
    }

    #[test]
    fn a_plain_problem_is_shown_as_miette_shows_it() {
        let handler = miette::MietteHandlerOpts::new()
            .wrap_lines(false)
            .color(false)
            .build();
        for (text, at) in [
            ("one\ntwo\nthree\nfour\nfive\n", "three"),
            ("one\r\ntwo\r\nthree", "one"),
            ("one\ntwo", "two"),
            ("a = [\n  1,\n  2,\n]\n", "[\n  1,\n  2,\n]"),
            ("\tkey = käse\n", "käse"),
            ("x", "x"),
        ] {
            let report = wrong(text, at);
            assert_eq!(
                shown(&report),
                format!("{:?}", Rendered(&handler, report.as_ref())),
                "{text:?}"
            );
        }
    }

    #[test]
    fn control_characters_of_message_help_and_source_are_escaped() {
        let report: miette::Report = Wrong {
            message: "bad\u{1b}[2J\nname".to_owned(),
            text: NamedSource::new("fi\u{7}le", "a\u{1b}[31m b\u{202e} wrong\u{9b}".to_owned()),
            at: (12, 5).into(),
            help: Some("hel\rp".to_owned()),
        }
        .into();
        let shown = shown(&report);
        assert!(
            shown.chars().all(|c| c == '\n' || !c.is_control()) && !shown.contains('\u{202e}'),
            "{shown:?}"
        );
        for part in [
            r"bad\u{1b}[2J\nname",
            r"fi\u{7}le:1:13",
            r"a\u{1b}[31m b\u{202e} wrong\u{9b}",
            r"hel\rp",
        ] {
            assert!(shown.contains(part), "{part} is not in\n{shown}");
        }
        let lines: Vec<_> = shown.lines().collect();
        let source = lines
            .iter()
            .position(|line| line.contains("wrong"))
            .unwrap();
        let column = |line: &str, of: &str| {
            let at = line.find(of).unwrap();
            line[..at].chars().count()
        };
        assert_eq!(
            column(lines[source], "wrong"),
            column(lines[source + 1], "─"),
            "the mark stands under the place:\n{shown}"
        );
    }

    #[test]
    fn of_a_long_line_the_part_around_the_place_is_shown() {
        let text = format!("{}WRONG{}\n", "é".repeat(400_000), "b".repeat(1_000_000));
        let shown = shown(&wrong(&text, "WRONG"));
        assert!(shown.len() < 2_000, "{}", shown.len());
        assert!(shown.contains("éWRONGb") && shown.contains("…é") && shown.contains("b…"));
        assert!(shown.contains("file.toml:1:800001"), "{shown}");
        let long = "x".repeat(1_000_000);
        let shown = super::tests::shown(&wrong(&long, &long));
        assert!(shown.len() < 4_000, "{}", shown.len());
    }

    #[test]
    fn of_a_place_with_many_lines_the_first_are_shown() {
        let text = "line\n".repeat(10_000);
        let shown = shown(&wrong(&text, &text));
        assert!(shown.lines().count() < 30, "{shown}");
    }

    #[test]
    fn a_place_behind_the_text_is_its_end() {
        let report: miette::Report = Wrong {
            message: "it ends".to_owned(),
            text: NamedSource::new("f", "ab".to_owned()),
            at: (7, 3).into(),
            help: None,
        }
        .into();
        assert!(shown(&report).contains("f:1:3"), "{}", shown(&report));
    }

    #[test]
    fn causes_are_told() {
        use miette::{IntoDiagnostic, WrapErr};
        let failed: std::io::Result<()> = Err(std::io::Error::other("the dis\u{7}k"));
        let report = failed.into_diagnostic().wrap_err("no report").unwrap_err();
        let shown = shown(&report);
        assert!(
            shown.contains("no report") && shown.contains(r"the dis\u{7}k"),
            "{shown}"
        );
    }
}
