//! Text → [`Node`]: YAML or JSON with places, before any meaning.
//!
//! - `parse`: which of both a text is. `json`; `yaml` from the tokens of its `scanner`, with what a plain `scalar` is and a `tag` makes of it.
//! - `characters`: a text's characters with their places. `node`: the tree and its `map`s. `problem`: what is wrong with either.

mod characters;
mod json;
mod map;
mod node;
mod parse;
mod problem;
mod scalar;
mod scanner;
mod tag;
mod yaml;

pub(crate) use map::{QuickMap, QuickSet};
pub(crate) use node::{Entry, Map, Node, NodeKind};
pub(crate) use parse::{Text, parse, too_large};

/// Whether a plain key of YAML 1.1 is the text that is written: `on` is not, for it is a boolean.
pub(crate) fn is_key_as_written(text: &str) -> bool {
    scalar::key(text.into()) == text
}
