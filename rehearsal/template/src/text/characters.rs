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

/// A text that is read from its beginning to its end.
pub(super) struct Characters {
    characters: Vec<char>,
    mark: Mark,
}

impl Characters {
    /// The characters of any text.
    pub(super) fn new(text: &str) -> Self {
        Self {
            characters: text.chars().collect(),
            mark: Mark::default(),
        }
    }

    /// The characters of a text that has none but YAML's.
    ///
    /// # Errors
    /// The first character that YAML does not have (`PyYAML`, `reader.py`, `NON_PRINTABLE`), with its place.
    pub(super) fn of_yaml(text: &str) -> Result<Self, (char, Place)> {
        let mut reader = Self::new(text);
        let Some(index) = reader.characters.iter().position(|c| !is_printable(*c)) else {
            return Ok(reader);
        };
        let special = reader.characters[index];
        reader.forward(index);
        let start = reader.mark;
        reader.forward(1);
        Err((special, start.to(reader.mark)))
    }

    /// Where the next character stands.
    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    /// The character `ahead` of the next one; [`END`] behind the last.
    pub(super) fn peek(&self, ahead: usize) -> char {
        self.characters
            .get(self.mark.index + ahead)
            .copied()
            .unwrap_or(END)
    }

    /// Whether the next characters are these.
    pub(super) fn starts_with(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(ahead, character)| self.peek(ahead) == character)
    }

    /// Takes the next `count` characters as text.
    pub(super) fn take(&mut self, count: usize) -> String {
        let from = self.mark.index.min(self.characters.len());
        let to = (from + count).min(self.characters.len());
        let mut taken = String::with_capacity(to - from);
        taken.extend(&self.characters[from..to]);
        self.forward(count);
        taken
    }

    /// How many of the next characters are `wanted`.
    pub(super) fn count(&self, wanted: impl Fn(char) -> bool) -> usize {
        let rest = self.characters.get(self.mark.index..).unwrap_or_default();
        rest.iter().take_while(|c| wanted(**c)).count()
    }

    /// Passes over `count` characters.
    pub(super) fn forward(&mut self, count: usize) {
        for _ in 0..count {
            let Some(&character) = self.characters.get(self.mark.index) else {
                return;
            };
            self.mark.index += 1;
            self.mark.offset += character.len_utf8();
            let ends_line = match character {
                '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => true,
                '\r' => self.peek(0) != '\n',
                _ => false,
            };
            if ends_line {
                self.mark.line += 1;
                self.mark.column = 0;
            } else if character != '\u{feff}' {
                self.mark.column += 1;
            }
        }
    }
}

fn is_printable(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..
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
