//! Text → [`Node`]: YAML or JSON with places, before any meaning.

mod node;
mod parse;
mod scalar;

pub(crate) use node::{Entry, Map, Node, NodeKind};
pub(crate) use parse::parse;
