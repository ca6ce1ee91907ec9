//! Text → [`Node`]: YAML or JSON with places, before any meaning.

mod node;
mod parse;
mod position;
mod scalar;
mod surrogates;

pub(crate) use node::{Entry, Map, Node, NodeKind};
pub(crate) use parse::parse;
