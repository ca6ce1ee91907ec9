//! The tokens that a text is cut into.

use std::borrow::Cow;

use crate::Place;
use crate::text::characters::Mark;

/// A token with where it begins and ends.
#[derive(Clone, Debug)]
pub(in crate::text) struct Token<'t> {
    pub(in crate::text) kind: TokenKind<'t>,
    pub(in crate::text) start: Mark,
    pub(in crate::text) end: Mark,
}

impl Token<'_> {
    pub(in crate::text) fn place(&self) -> Place {
        self.start.to(self.end)
    }
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::text) enum TokenKind<'t> {
    Directive(Directive<'t>),
    DocumentStart,
    DocumentEnd,
    StreamEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    FlowEntry,
    BlockEntry,
    Key,
    Value,
    Alias(&'t str),
    Anchor(&'t str),
    Tag(Tag<'t>),
    Scalar { text: Cow<'t, str>, is_plain: bool },
}

impl TokenKind<'_> {
    /// Its name in messages, as PyYAML has it.
    pub(in crate::text) fn name(&self) -> &'static str {
        match self {
            Self::Directive(_) => "<directive>",
            Self::DocumentStart => "<document start>",
            Self::DocumentEnd => "<document end>",
            Self::StreamEnd => "the end of the text",
            Self::BlockSequenceStart => "<block sequence start>",
            Self::BlockMappingStart => "<block mapping start>",
            Self::BlockEnd => "<block end>",
            Self::FlowSequenceStart => "'['",
            Self::FlowSequenceEnd => "']'",
            Self::FlowMappingStart => "'{'",
            Self::FlowMappingEnd => "'}'",
            Self::FlowEntry => "','",
            Self::BlockEntry => "'-'",
            Self::Key => "'?'",
            Self::Value => "':'",
            Self::Alias(_) => "<alias>",
            Self::Anchor(_) => "<anchor>",
            Self::Tag(_) => "<tag>",
            Self::Scalar { .. } => "<scalar>",
        }
    }
}

/// A line that begins with `%`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::text) enum Directive<'t> {
    /// `%YAML 1.1`: the first of the two numbers.
    Version(u32),
    /// `%TAG !e! tag:example.com,2000:`
    Tag {
        handle: &'t str,
        prefix: Cow<'t, str>,
    },
    /// Any other, which is passed over.
    Other,
}

/// A tag as it is written: `!Ref` is the handle `!` and the suffix `Ref`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::text) struct Tag<'t> {
    pub(in crate::text) handle: Option<&'t str>,
    pub(in crate::text) suffix: Cow<'t, str>,
}
