//! Characters of a pattern, one after another.

use super::PatternError;
use crate::cloudwatch::quoted::quoted;

pub(super) struct Reader {
    characters: Vec<char>,
    at: usize,
}

impl Reader {
    pub(super) fn new(text: &str) -> Self {
        Self {
            characters: text.chars().collect(),
            at: 0,
        }
    }

    pub(super) fn error(&self, message: impl Into<String>) -> PatternError {
        PatternError {
            column: self.at + 1,
            message: message.into(),
        }
    }

    pub(super) fn skip_spaces(&mut self) {
        while self
            .characters
            .get(self.at)
            .is_some_and(|character| character.is_whitespace())
        {
            self.at += 1;
        }
    }

    /// The next character that is no space.
    pub(super) fn peek(&mut self) -> Option<char> {
        self.skip_spaces();
        self.characters.get(self.at).copied()
    }

    /// Takes this text, if it comes next, after spaces.
    pub(super) fn take(&mut self, text: &str) -> bool {
        self.skip_spaces();
        let length = text.chars().count();
        let found = self.characters[self.at..]
            .iter()
            .take(length)
            .copied()
            .eq(text.chars());
        if found {
            self.at += length;
        }
        found
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), PatternError> {
        if self.take(text) {
            Ok(())
        } else {
            Err(self.error(format!("{text} is expected here")))
        }
    }

    /// Takes this word, in any case, if it comes next and ends there.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.skip_spaces();
        let rest = &self.characters[self.at..];
        let found: String = rest
            .iter()
            .take_while(|character| character.is_ascii_alphanumeric())
            .collect();
        let is_word = found.eq_ignore_ascii_case(word);
        if is_word {
            self.at += found.len();
        }
        is_word
    }

    /// All that comes next and fits; the spaces before it are passed over.
    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        self.skip_spaces();
        let text: String = self.characters[self.at..]
            .iter()
            .take_while(|character| fits(**character))
            .collect();
        self.at += text.chars().count();
        text
    }

    /// A text in quotation marks, without them. `\"` is one inside it.
    pub(super) fn quoted(&mut self) -> Result<String, PatternError> {
        let (text, end) = quoted(&self.characters, self.at)
            .ok_or_else(|| self.error("this quotation mark is not closed"))?;
        self.at = end;
        Ok(text)
    }
}
