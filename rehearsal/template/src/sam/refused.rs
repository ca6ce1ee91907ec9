//! Why SAM refuses something, for the checks that stop at the first reason.

use crate::Place;
use crate::text::Node;

/// The reason in SAM's words, and where what it is about stands.
pub(super) type Refused = (String, Place);

/// The refusal of a node.
pub(super) fn refuse<T>(message: impl Into<String>, node: &Node) -> Result<T, Refused> {
    Err((message.into(), node.place))
}
