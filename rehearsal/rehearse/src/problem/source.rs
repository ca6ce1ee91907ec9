//! A source, and of it no more than the lines around a place.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use rehearsal_template::printable;

/// How much of a line is shown on either side of a place, in bytes.
const AROUND: usize = 160;
/// How much of a place itself is shown in a line, in bytes.
const LONGEST: usize = 240;
/// The most lines of a place that are shown.
const MOST_LINES: usize = 12;
/// What stands for the part of a line that is left out.
pub const LEFT_OUT: char = '…';

/// A whole text, with where its lines begin.
#[derive(Debug)]
pub struct Source {
    name: Option<String>,
    text: String,
    starts: Vec<usize>,
}

impl Source {
    /// All of a source; nothing where it cannot be read.
    pub fn whole(code: &dyn SourceCode) -> Option<Self> {
        let start = SourceSpan::from((0, 0));
        let contents = code.read_span(&start, 0, usize::MAX).ok()?;
        let text = String::from_utf8_lossy(contents.data()).into_owned();
        Some(Self::new(contents.name(), text))
    }

    /// A text that is there: `miette` counts its lines before it gives it.
    pub fn new(name: Option<&str>, text: String) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let mut starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
        // Hardly a text has any: all bytes are looked at at once.
        let is_carriage = |byte| byte == b'\r';
        if text
            .bytes()
            .fold(false, |has, byte| has | is_carriage(byte))
        {
            let carriages = text.match_indices('\r').map(|(at, _)| at + 1);
            starts.extend(carriages.filter(|at| text.as_bytes().get(*at) != Some(&b'\n')));
            starts.sort_unstable();
        }
        Self {
            name: name.map(|name| printable::line(name).into_owned()),
            starts,
            text,
        }
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
    pub fn excerpt(&self, offset: usize, length: usize) -> Excerpt {
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

/// Some lines of a source, with one place in them. Its positions are those of the whole source.
#[derive(Debug)]
pub struct Excerpt {
    /// The file's name.
    pub name: Option<String>,
    text: String,
    /// The number of its first line, from 0.
    first_line: usize,
    /// The line in which the place begins, from 0.
    pub line: usize,
    /// The byte of that line at which it begins, from 0.
    pub column: usize,
    /// The place, in this text.
    pub place: SourceSpan,
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
