//! From the parser's counts to places.

use saphyr_parser::Span;

use crate::Place;

/// The parser counts characters; editors and `miette` count bytes.
pub(super) struct Positions {
    /// The byte of each character; empty for ASCII text, where both counts agree.
    bytes: Vec<usize>,
    end: usize,
}

impl Positions {
    pub(super) fn new(text: &str) -> Self {
        let bytes = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(byte, _)| byte).collect()
        };
        Self {
            bytes,
            end: text.len(),
        }
    }

    fn byte(&self, character: usize) -> usize {
        if self.bytes.is_empty() {
            character.min(self.end)
        } else {
            self.bytes.get(character).copied().unwrap_or(self.end)
        }
    }

    pub(super) fn place(&self, span: Span) -> Place {
        let offset = self.byte(span.start.index());
        Place {
            line: u32::try_from(span.start.line()).unwrap_or(u32::MAX),
            column: u32::try_from(span.start.col() + 1).unwrap_or(u32::MAX),
            offset,
            length: self.byte(span.end.index()).saturating_sub(offset),
        }
    }
}
