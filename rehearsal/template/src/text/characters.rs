//! The characters of a text, with where each stands.

use crate::Place;

/// Where a character stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// How many characters are before it.
    pub(super) index: u32,
    /// From 0.
    pub(super) line: u32,
    /// In characters, from 0.
    pub(super) column: u32,
    /// How many bytes are before it.
    pub(super) offset: u32,
}

impl Mark {
    /// The place from here to `end`.
    pub(super) fn to(self, end: Self) -> Place {
        Place {
            line: self.line + 1,
            column: self.column + 1,
            offset: self.offset,
            length: end.offset.saturating_sub(self.offset),
        }
    }
}

/// What stands for the end of the text: no text has it, for it is none of YAML's characters.
pub(super) const END: char = '\0';

/// A text that is read from its beginning to its end. Lengths are in bytes, and end where a character does.
pub(super) struct Characters<'t> {
    /// What is not yet passed.
    rest: &'t str,
    mark: Mark,
}

impl<'t> Characters<'t> {
    /// The characters of any text.
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            rest: text,
            mark: Mark::default(),
        }
    }

    /// The characters of a text that has none but YAML's.
    ///
    /// # Errors
    /// The first character that YAML does not have (PyYAML, `reader.py`, `NON_PRINTABLE`), with its place.
    pub(super) fn of_yaml(text: &'t str) -> Result<Self, (char, Place)> {
        let mut reader = Self::new(text);
        if all(text, |byte| {
            matches!(byte, b'\n' | b'\r') || is_in_line(byte)
        }) {
            return Ok(reader);
        }
        let before = reader.count(is_printable);
        if before == text.len() {
            return Ok(reader);
        }
        reader.forward(before);
        let (special, start) = (reader.peek(0), reader.mark);
        reader.forward_one();
        Err((special, start.to(reader.mark)))
    }

    /// Where the next character stands.
    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    /// The character that is so many characters behind the next one; [`END`] behind the last.
    pub(super) fn peek(&self, ahead: usize) -> char {
        let mut characters = self.rest.chars();
        let character = match ahead {
            // The most by far.
            0 => characters.next(),
            ahead => characters.nth(ahead),
        };
        character.unwrap_or(END)
    }

    /// Whether the next characters are these.
    pub(super) fn starts_with(&self, text: &str) -> bool {
        self.rest.starts_with(text)
    }

    /// How long the next characters are together that are `wanted`.
    pub(super) fn count(&self, wanted: impl Fn(char) -> bool) -> usize {
        self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len())
    }

    /// The same, where those of these bytes are wanted anyhow, and the character behind each counts too, [`END`] behind the last.
    pub(super) fn count_passing(
        &self,
        passed: &Passed,
        wanted: impl Fn(char, char) -> bool,
    ) -> usize {
        let bytes = self.rest.as_bytes();
        let mut length = 0;
        loop {
            let rest = bytes[length..].iter();
            length += rest
                .take_while(|byte| passed.0[usize::from(**byte)])
                .count();
            let mut characters = self.rest[length..].chars();
            let next = characters.next().unwrap_or(END);
            if next == END || !wanted(next, characters.next().unwrap_or(END)) {
                return length;
            }
            length += next.len_utf8();
        }
    }

    /// The next text of this length, or all that is left.
    pub(super) fn ahead(&self, length: usize) -> &'t str {
        &self.rest[..length.min(self.rest.len())]
    }

    /// All that is not yet passed.
    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    /// Takes the next text of this length, or all that is left, without a look at its lines and columns.
    fn cut(&mut self, length: usize) -> (&'t str, u32) {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        // No text that is read has more bytes: MAX_BYTES.
        let bytes = u32::try_from(taken.len()).unwrap_or(u32::MAX);
        self.rest = rest;
        self.mark.offset += bytes;
        (taken, bytes)
    }

    /// Takes the spaces that come next, so many at most.
    pub(super) fn take_spaces(&mut self, at_most: usize) -> &'t str {
        let spaces = self.rest.bytes().take(at_most);
        let spaces = spaces.take_while(|byte| *byte == b' ').count();
        let (taken, bytes) = self.cut(spaces);
        self.mark.index += bytes;
        self.mark.column += bytes;
        taken
    }

    /// Takes a text of this length, or all that is left.
    pub(super) fn take(&mut self, length: usize) -> &'t str {
        let (taken, bytes) = self.cut(length);
        if all(taken, is_in_line) {
            self.mark.index += bytes;
            self.mark.column += bytes;
            return taken;
        }
        let mut characters = taken.chars();
        while let Some(character) = characters.next() {
            self.mark.index += 1;
            let ends_line = match character {
                '\r' => characters.as_str().chars().next().unwrap_or(self.peek(0)) != '\n',
                other => is_break(other),
            };
            if ends_line {
                self.mark.line += 1;
                self.mark.column = 0;
            } else if character != '\u{feff}' {
                self.mark.column += 1;
            }
        }
        taken
    }

    /// Passes over a text of this length.
    pub(super) fn forward(&mut self, length: usize) {
        self.take(length);
    }

    /// Passes over a line feed, which comes next.
    pub(super) fn forward_line_feed(&mut self) {
        self.cut(1);
        self.mark.index += 1;
        self.mark.line += 1;
        self.mark.column = 0;
    }

    /// Passes over the next character, however many bytes it has.
    pub(super) fn forward_one(&mut self) {
        self.take(self.peek(0).len_utf8());
    }
}

/// Bytes that are passed without a look at their character.
pub(super) struct Passed([bool; 256]);

impl Passed {
    /// All but these of ASCII and those that control, and but those with which a line's end begins that is no single byte: U+0085, U+2028
    /// and U+2029.
    pub(super) const fn all_but(ends: &[u8]) -> Self {
        let mut passed = [true; 256];
        let mut byte = 0;
        while byte < b' ' {
            passed[byte as usize] = false;
            byte += 1;
        }
        passed[0xc2] = false;
        passed[0xe2] = false;
        let mut place = 0;
        while place < ends.len() {
            passed[ends[place] as usize] = false;
            place += 1;
        }
        Self(passed)
    }
}

/// Whether a byte is a character of ASCII that takes a column of its line.
fn is_in_line(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~')
}

/// Whether all bytes of a text are `wanted`. It stops at none, so that a processor looks at many at once.
fn all(text: &str, wanted: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & wanted(byte))
}

fn is_printable(character: char) -> bool {
    matches!(
        character,
        ' '..='~' | '\t' | '\n' | '\r' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..
    )
}

/// Whether a character ends a line, or the text.
pub(super) fn is_break_or_end(character: char) -> bool {
    matches!(
        character,
        END | '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Whether a character ends a line.
pub(super) fn is_break(character: char) -> bool {
    character != END && is_break_or_end(character)
}

/// Whether a character ends a word: a space, a tab, a line's end or the text's.
pub(super) fn is_blank_or_end(character: char) -> bool {
    matches!(character, ' ' | '\t') || is_break_or_end(character)
}
