//! Where something stands in a template.

use std::fmt;

/// Where something stands in a template's text.
///
/// Small numbers, for there are tens of thousands of places and no text has more than [`MAX_BYTES`](crate::bounds::MAX_BYTES).
///
/// Every value keeps its place, also through expansion: what SAM generates stands where the text that caused it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The first byte, from 0.
    #[serde(skip)]
    pub offset: u32,
    /// How many bytes it covers.
    #[serde(skip)]
    pub length: u32,
}

impl Place {
    /// The place as a span of bytes, for `miette`.
    pub fn span(self) -> miette::SourceSpan {
        let [offset, length] = [self.offset, self.length].map(|bytes| bytes as usize);
        (offset, length).into()
    }
}

impl fmt::Display for Place {
    /// `line:column`, as compilers and editors write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
