//! The characters of a text, with where each stands.

use crate::Place;

/// Where a character stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// How many characters are before it.
    pub(super) index: usize,
    /// From 0.
    pub(super) line: usize,
    /// In characters, from 0.
    pub(super) column: usize,
    /// How many bytes are before it.
    pub(super) offset: usize,
}

impl Mark {
    /// The place from here to `end`.
    pub(super) fn to(self, end: Self) -> Place {
        Place {
            line: u32::try_from(self.line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(self.column + 1).unwrap_or(u32::MAX),
            offset: self.offset,
            length: end.offset.saturating_sub(self.offset),
        }
    }
}

/// What stands for the end of the text: no text has it, for it is none of YAML's characters.
pub(super) const END: char = '\0';

/// A text that is read from its beginning to its end. Lengths are in bytes, and end where a character does.
pub(super) struct Characters<'t> {
    text: &'t str,
    mark: Mark,
}

impl<'t> Characters<'t> {
    /// The characters of any text.
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
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

    fn rest(&self) -> &'t str {
        &self.text[self.mark.offset..]
    }

    /// The character that is so many characters behind the next one; [`END`] behind the last.
    pub(super) fn peek(&self, ahead: usize) -> char {
        self.rest().chars().nth(ahead).unwrap_or(END)
    }

    /// Whether the next characters are these.
    pub(super) fn starts_with(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    /// How long the next characters are together that are `wanted`.
    pub(super) fn count(&self, wanted: impl Fn(char) -> bool) -> usize {
        let rest = self.rest();
        rest.find(|c| !wanted(c)).unwrap_or(rest.len())
    }

    /// The same, where the character behind each counts too, [`END`] behind the last.
    pub(super) fn count_pairs(&self, wanted: impl Fn(char, char) -> bool) -> usize {
        let rest = self.rest();
        let mut characters = rest.char_indices().peekable();
        while let Some((at, next)) = characters.next() {
            let behind = characters.peek().map_or(END, |(_, behind)| *behind);
            if !wanted(next, behind) {
                return at;
            }
        }
        rest.len()
    }

    /// The next text of this length, or all that is left.
    pub(super) fn ahead(&self, length: usize) -> &'t str {
        let rest = self.rest();
        &rest[..length.min(rest.len())]
    }

    /// Takes a text of this length, or all that is left.
    pub(super) fn take(&mut self, length: usize) -> &'t str {
        let taken = self.ahead(length);
        self.mark.offset += taken.len();
        if all(taken, is_in_line) {
            self.mark.index += taken.len();
            self.mark.column += taken.len();
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

    /// Passes over the next character, however many bytes it has.
    pub(super) fn forward_one(&mut self) {
        self.take(self.peek(0).len_utf8());
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
