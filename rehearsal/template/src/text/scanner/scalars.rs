//! Scalars: plain, quoted, and blocks.

use std::borrow::Cow;

use super::{Refused, Scanner, Token, TokenKind, syntax};
use crate::text::characters::{END, Mark, Passed, is_blank_or_end, is_break, is_break_or_end};

/// What may end a plain scalar, in a flow collection or in a block.
const IN_PLAIN: Passed = Passed::all_but(b" :,[]{}?");
/// What may end a word in quotes.
const IN_QUOTES: Passed = Passed::all_but(b" '\"\\");

impl<'t> Scanner<'t> {
    /// A plain scalar. It has no tabs, and in a flow collection no `?`: both end it.
    pub(super) fn scan_plain(&mut self) -> Token<'t> {
        let start = self.characters.mark();
        let mut end = start;
        let indent = self.indent + 1;
        let whole = self.characters.rest();
        let (mut text, mut between) = (Cow::Borrowed(""), Between::InLine(""));
        while self.characters.peek(0) != '#' {
            let length = self.plain_length();
            if length == 0 {
                break;
            }
            self.is_key_allowed = false;
            match between {
                Between::InLine(spaces) => append(&mut text, whole, spaces),
                Between::Lines(folded) => text.to_mut().push_str(&folded),
            }
            append(&mut text, whole, self.characters.take(length));
            end = self.characters.mark();
            between = self.scan_plain_spaces();
            if between.is_nothing() || (!self.is_in_flow() && self.column() < indent) {
                break;
            }
        }
        Token {
            kind: TokenKind::Scalar {
                text,
                is_plain: true,
            },
            start,
            end,
        }
    }

    fn plain_length(&self) -> usize {
        let is_in_flow = self.is_in_flow();
        self.characters.count_passing(&IN_PLAIN, |next, behind| {
            let ends = is_blank_or_end(next)
                || (next == ':'
                    && (is_blank_or_end(behind) || (is_in_flow && ends_in_flow(behind))))
                || (is_in_flow && (next == '?' || ends_in_flow(next)));
            !ends
        })
    }

    /// What stands between two words of a plain scalar; nothing where the scalar ends.
    fn scan_plain_spaces(&mut self) -> Between<'t> {
        let spaces = self.characters.take_spaces(usize::MAX);
        if !is_break(self.characters.peek(0)) {
            return Between::InLine(spaces);
        }
        let first = self.scan_break();
        self.is_key_allowed = true;
        let mut breaks = String::new();
        loop {
            if self.is_marker_text("---") || self.is_marker_text("...") {
                return Between::InLine("");
            }
            self.pass_spaces();
            match self.scan_break() {
                Some(line_break) => breaks.push(line_break),
                None => break,
            }
        }
        Between::Lines(folded(first, breaks))
    }

    /// A scalar in quotes.
    pub(super) fn scan_quoted(&mut self, is_double: bool) -> Result<Token<'t>, Refused> {
        let start = self.characters.mark();
        let quote = self.characters.peek(0);
        self.characters.forward(1);
        let whole = self.characters.rest();
        let mut text = Cow::Borrowed("");
        self.scan_quoted_words(is_double, whole, &mut text)?;
        while self.characters.peek(0) != quote {
            self.scan_quoted_spaces(start, whole, &mut text)?;
            self.scan_quoted_words(is_double, whole, &mut text)?;
        }
        self.characters.forward(1);
        Ok(Token {
            kind: TokenKind::Scalar {
                text,
                is_plain: false,
            },
            start,
            end: self.characters.mark(),
        })
    }

    fn scan_quoted_words(
        &mut self,
        is_double: bool,
        whole: &'t str,
        text: &mut Cow<'t, str>,
    ) -> Result<(), Refused> {
        let wanted = |c, _| !is_blank_or_end(c) && !matches!(c, '\'' | '"' | '\\');
        loop {
            let length = self.characters.count_passing(&IN_QUOTES, wanted);
            append(text, whole, self.characters.take(length));
            match (self.characters.peek(0), is_double) {
                ('\'', false) if self.characters.peek(1) == '\'' => {
                    text.to_mut().push('\'');
                    self.characters.forward(2);
                }
                (other @ '\'', true) | (other @ ('"' | '\\'), false) => {
                    text.to_mut().push(other);
                    self.characters.forward(1);
                }
                ('\\', true) => self.scan_escape(text)?,
                _ => return Ok(()),
            }
        }
    }

    fn scan_escape(&mut self, text: &mut Cow<'t, str>) -> Result<(), Refused> {
        self.characters.forward(1);
        let name = self.characters.peek(0);
        let digits = match name {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ if is_break(name) => {
                self.scan_break();
                return self.scan_quoted_breaks(text.to_mut());
            }
            _ => {
                let Some(character) = escaped(name) else {
                    return Err(self.refuse(format!("`\\{name}` is no escape that YAML has")));
                };
                text.to_mut().push(character);
                self.characters.forward(1);
                return Ok(());
            }
        };
        self.characters.forward(1);
        let code = self.scan_hexadecimal(digits)?;
        text.to_mut().push(self.character_of(code)?);
        Ok(())
    }

    fn scan_hexadecimal(&mut self, digits: usize) -> Result<u32, Refused> {
        if !(0..digits).all(|ahead| self.characters.peek(ahead).is_ascii_hexdigit()) {
            return Err(self.refuse(format!("an escape needs {digits} hexadecimal digits here")));
        }
        let text = self.characters.take(digits);
        u32::from_str_radix(text, 16).map_err(|_| self.refuse("an escape is too large"))
    }

    /// The character of an escape's number; with the escape behind it, where both are a surrogate pair, as JSON writes it.
    fn character_of(&mut self, code: u32) -> Result<char, Refused> {
        if (0xd800..0xdc00).contains(&code) && self.characters.starts_with("\\u") {
            let digits: String = (2..6).map(|ahead| self.characters.peek(ahead)).collect();
            let low = u32::from_str_radix(&digits, 16).unwrap_or_default();
            if (0xdc00..0xe000).contains(&low) {
                self.characters.forward(6);
                let joined = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                return char::from_u32(joined).ok_or_else(|| self.refuse("no character"));
            }
        }
        char::from_u32(code)
            .ok_or_else(|| self.refuse(format!("the escape of U+{code:04X} is no character")))
    }

    fn scan_quoted_spaces(
        &mut self,
        start: Mark,
        whole: &'t str,
        text: &mut Cow<'t, str>,
    ) -> Result<(), Refused> {
        let length = self.characters.count(|c| matches!(c, ' ' | '\t'));
        let spaces = self.characters.take(length);
        if self.characters.peek(0) == END {
            return Err(syntax(
                "the text ends inside these quotes",
                start.to(Mark {
                    offset: start.offset + 1,
                    ..start
                }),
            ));
        }
        match self.scan_break() {
            None => append(text, whole, spaces),
            first => {
                let mut breaks = String::new();
                self.scan_quoted_breaks(&mut breaks)?;
                text.to_mut().push_str(&folded(first, breaks));
            }
        }
        Ok(())
    }

    fn scan_quoted_breaks(&mut self, breaks: &mut String) -> Result<(), Refused> {
        loop {
            if self.is_marker_text("---") || self.is_marker_text("...") {
                return Err(self.refuse("a document begins or ends inside quotes"));
            }
            let spaces = self.characters.count(|c| matches!(c, ' ' | '\t'));
            self.characters.forward(spaces);
            match self.scan_break() {
                Some(line_break) => breaks.push(line_break),
                None => return Ok(()),
            }
        }
    }

    /// A block after `|` or `>`.
    pub(super) fn scan_block_scalar(&mut self, is_folded: bool) -> Result<Token<'t>, Refused> {
        let start = self.characters.mark();
        self.characters.forward(1);
        let (keeps, increment) = self.scan_block_header()?;
        self.pass_rest_of_line()?;
        let least = (self.indent + 1).max(1);
        let (indent, mut breaks, mut end) = if let Some(increment) = increment {
            let indent = least + increment - 1;
            let (breaks, end) = self.scan_block_breaks(indent);
            (indent, breaks, end)
        } else {
            let (deepest, breaks, end) = self.scan_block_indentation();
            (least.max(deepest), breaks, end)
        };
        let mut text = String::new();
        let mut last_break = None;
        while self.column() == indent && self.characters.peek(0) != END {
            text.push_str(&breaks);
            let begins_with_word = !matches!(self.characters.peek(0), ' ' | '\t');
            let length = self.line_length();
            text.push_str(self.characters.take(length));
            last_break = self.scan_break();
            (breaks, end) = self.scan_block_breaks(indent);
            if self.column() != indent || self.characters.peek(0) == END {
                break;
            }
            let folds = is_folded
                && last_break == Some('\n')
                && begins_with_word
                && !matches!(self.characters.peek(0), ' ' | '\t');
            match last_break {
                Some(_) if folds && breaks.is_empty() => text.push(' '),
                Some(_) if folds => {}
                last_break => text.extend(last_break),
            }
        }
        if keeps != Some(false) {
            text.extend(last_break);
        }
        if keeps == Some(true) {
            text.push_str(&breaks);
        }
        Ok(Token {
            kind: TokenKind::Scalar {
                text: text.into(),
                is_plain: false,
            },
            start,
            end,
        })
    }

    /// Whether a block keeps the line ends behind it (`+`) or has none (`-`), and how deep it says that it is.
    fn scan_block_header(&mut self) -> Result<(Option<bool>, Option<i64>), Refused> {
        let (mut keeps, mut increment) = (None, None);
        for _ in 0..2 {
            let next = self.characters.peek(0);
            match (next, next.to_digit(10)) {
                ('+' | '-', _) if keeps.is_none() => keeps = Some(next == '+'),
                (_, Some(0)) => {
                    return Err(self.refuse("a block's indentation is 1 to 9"));
                }
                (_, Some(digit)) if increment.is_none() => increment = Some(i64::from(digit)),
                _ => break,
            }
            self.characters.forward(1);
        }
        let next = self.characters.peek(0);
        if next != ' ' && !is_break_or_end(next) {
            return Err(self.refuse("behind `|` or `>` only `+`, `-` and a digit may stand"));
        }
        Ok((keeps, increment))
    }

    fn scan_block_indentation(&mut self) -> (i64, String, Mark) {
        let (mut deepest, mut breaks) = (0, String::new());
        let mut end = self.characters.mark();
        loop {
            if self.characters.peek(0) == ' ' {
                self.characters.forward(1);
                deepest = deepest.max(self.column());
            } else if let Some(line_break) = self.scan_break() {
                breaks.push(line_break);
                end = self.characters.mark();
            } else {
                return (deepest, breaks, end);
            }
        }
    }

    fn scan_block_breaks(&mut self, indent: i64) -> (String, Mark) {
        let (mut breaks, mut end) = (String::new(), self.characters.mark());
        loop {
            let missing = usize::try_from(indent - self.column()).unwrap_or(0);
            self.characters.take_spaces(missing);
            match self.scan_break() {
                Some(line_break) => {
                    breaks.push(line_break);
                    end = self.characters.mark();
                }
                None => return (breaks, end),
            }
        }
    }
}

/// Whether a character ends a plain scalar in a flow collection, wherever it stands.
fn ends_in_flow(character: char) -> bool {
    matches!(character, ',' | '[' | ']' | '{' | '}')
}

/// A line's end between two words is a space; several are one less.
fn folded(first: Option<char>, breaks: String) -> Cow<'static, str> {
    match first {
        Some('\n') | None if breaks.is_empty() => Cow::Borrowed(" "),
        Some('\n') | None => Cow::Owned(breaks),
        Some(separator) => Cow::Owned(format!("{separator}{breaks}")),
    }
}

/// What stands between two words of a plain scalar.
enum Between<'t> {
    /// Spaces.
    InLine(&'t str),
    /// What the ends of lines are folded to.
    Lines(Cow<'static, str>),
}

impl Between<'_> {
    fn is_nothing(&self) -> bool {
        match self {
            Self::InLine(spaces) => spaces.is_empty(),
            Self::Lines(_) => false,
        }
    }
}

/// Adds a part of `whole` to a text. As long as all of a text stands there as it is, it is cut out of it.
fn append<'t>(text: &mut Cow<'t, str>, whole: &'t str, part: &'t str) {
    if let Cow::Borrowed(so_far) = text {
        let length = so_far.len();
        if std::ptr::eq(whole[length..].as_ptr(), part.as_ptr()) {
            *text = Cow::Borrowed(&whole[..length + part.len()]);
            return;
        }
    }
    text.to_mut().push_str(part);
}

/// What a letter after a backslash stands for.
fn escaped(name: char) -> Option<char> {
    Some(match name {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '\\' | '/' => name,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}
