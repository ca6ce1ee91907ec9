//! Text → [`Node`]: YAML or JSON with places, before any meaning.

mod characters;
mod json;
mod node;
mod parse;
mod problem;
mod scalar;
mod scanner;
mod tag;

pub(crate) use node::{Entry, Map, Node, NodeKind};
pub(crate) use parse::{parse, too_large};

/// Whether a plain key of YAML 1.1 is the text that is written: `on` is not, for it is a boolean.
pub(crate) fn is_key_as_written(text: &str) -> bool {
    scalar::key(text) == text
}
