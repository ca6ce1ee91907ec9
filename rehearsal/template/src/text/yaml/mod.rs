//! YAML text → tree, as PyYAML's `SafeLoader` reads it (`parser.py`, `composer.py`).
//!
//! Here: documents, and single nodes with their anchors, tags and aliases.
//! - [`collections`]: lists and maps, in blocks and in brackets.
//! - [`entries`]: the entries of a map, with what `<<` merges into it.

mod collections;
mod entries;

use std::borrow::Cow;
use std::collections::HashMap;

use super::characters::Mark;
use super::problem::too_deep;
use super::scanner::{Directive, Refused, Scanner, TokenKind, syntax};
use super::tag::{self, BadTag};
use super::{Node, NodeKind, scalar};
use crate::bounds::{MAX_DEPTH, MAX_NODES};
use crate::{Diagnostic, Place};

/// Reads text into a tree.
///
/// # Errors
/// What YAML does not have, or what is more than is read. What else is wrong is added to `diagnostics`.
pub(super) fn parse(text: &str, diagnostics: &mut Vec<Diagnostic>) -> Result<Node, Refused> {
    let mut loader = Loader {
        scanner: Scanner::new(text)?,
        handles: HashMap::new(),
        anchors: HashMap::new(),
        nodes: 0,
        diagnostics,
    };
    loader.document()
}

struct Loader<'t, 'd> {
    scanner: Scanner<'t>,
    /// The handles of `%TAG` with what they stand for.
    handles: HashMap<&'t str, Cow<'t, str>>,
    anchors: HashMap<&'t str, Anchor>,
    nodes: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
}

struct Anchor {
    /// `None` while it is read: an alias inside it would be endless.
    node: Option<Node>,
    place: Place,
    /// How many nodes it has.
    size: usize,
    /// How deep it nests.
    height: usize,
}

/// What stands before a node.
#[derive(Default)]
struct Properties<'t> {
    anchor: Option<(&'t str, Place)>,
    tag: Option<String>,
    /// Where the tag begins.
    tag_start: Option<Mark>,
}

/// Which nodes may stand somewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Inside a flow collection.
    Flow,
    /// In a block.
    Block,
    /// In a block map, where a list may have its items at the map's own column.
    BlockOrIndentless,
}

impl<'t> Loader<'t, '_> {
    fn document(&mut self) -> Result<Node, Refused> {
        if self.scanner.peek()?.kind == TokenKind::StreamEnd {
            let message = "the template is empty";
            return Err(Diagnostic::error("template::empty", message, Place::default()).into());
        }
        let is_explicit = self.document_start()?;
        let has_content = !matches!(
            self.scanner.peek()?.kind,
            TokenKind::Directive(_)
                | TokenKind::DocumentStart
                | TokenKind::DocumentEnd
                | TokenKind::StreamEnd
        );
        let root = if has_content || !is_explicit {
            self.node(Position::Block, 1)?
        } else {
            let place = self.scanner.peek()?.place();
            Node::new(NodeKind::Null, place)
        };
        self.pass_document_ends()?;
        let next = self.scanner.peek()?;
        if next.kind == TokenKind::StreamEnd {
            return Ok(root);
        }
        let place = next.place();
        if self.document_start()? {
            return Err(Diagnostic::error(
                "template::several-documents",
                "a second YAML document begins here",
                place,
            )
            .help("a template is one document: remove the `---`")
            .into());
        }
        let name = self.scanner.peek()?.kind.name();
        Err(syntax(
            format!("the document should end here, and there is {name}"),
            place,
        ))
    }

    fn pass_document_ends(&mut self) -> Result<(), Refused> {
        while self.scanner.peek()?.kind == TokenKind::DocumentEnd {
            self.scanner.next()?;
        }
        Ok(())
    }

    /// Directives and `---`, where there are any.
    fn document_start(&mut self) -> Result<bool, Refused> {
        let mut has_version = false;
        let mut has_directives = false;
        loop {
            let token = self.scanner.peek()?;
            let place = token.place();
            match &token.kind {
                TokenKind::Directive(directive) => {
                    has_directives = true;
                    match directive.clone() {
                        Directive::Version(_) if has_version => {
                            return Err(syntax("a second `%YAML`", place));
                        }
                        Directive::Version(1) => has_version = true,
                        Directive::Version(_) => {
                            return Err(syntax("only YAML 1 is read", place));
                        }
                        Directive::Tag { handle, prefix } => {
                            if self.handles.insert(handle, prefix).is_some() {
                                return Err(syntax("a second `%TAG` of this handle", place));
                            }
                        }
                        Directive::Other => {}
                    }
                    self.scanner.next()?;
                }
                TokenKind::DocumentStart => {
                    self.scanner.next()?;
                    return Ok(true);
                }
                _ if has_directives => {
                    return Err(syntax("after a directive `---` must stand here", place));
                }
                _ => return Ok(false),
            }
        }
    }

    fn node(&mut self, position: Position, depth: usize) -> Result<Node, Refused> {
        let first = self.scanner.peek()?;
        let place = first.place();
        let alias = match first.kind {
            TokenKind::Alias(name) => Some(name),
            _ => None,
        };
        self.count(1, depth, place)?;
        if let Some(name) = alias {
            self.scanner.next()?;
            return self.alias(name, place, depth);
        }
        let properties = self.properties()?;
        let before = self.nodes;
        if let Some((name, place)) = properties.anchor {
            let under_way = Anchor {
                node: None,
                place,
                size: 0,
                height: 0,
            };
            if let Some(known) = self.anchors.insert(name, under_way) {
                let line = known.place.line;
                return Err(syntax(
                    format!("the anchor `{name}` is there already, in line {line}"),
                    place,
                ));
            }
        }
        let node = self.content(&properties, position, depth)?;
        if let Some((name, place)) = properties.anchor {
            let size = self.nodes - before + 1;
            // What an anchor stands for is kept a second time.
            self.count(size, depth, place)?;
            let anchor = Anchor {
                size,
                height: height(&node),
                node: Some(node.clone()),
                place,
            };
            self.anchors.insert(name, anchor);
        }
        Ok(node)
    }

    /// The anchor and the tag before a node, in either order.
    fn properties(&mut self) -> Result<Properties<'t>, Refused> {
        let mut properties = Properties::default();
        for _ in 0..2 {
            let token = self.scanner.peek()?;
            let place = token.place();
            match &token.kind {
                TokenKind::Anchor(name) if properties.anchor.is_none() => {
                    properties.anchor = Some((*name, place));
                }
                TokenKind::Tag(tag) if properties.tag.is_none() => {
                    let prefix = match tag.handle {
                        None => "",
                        Some(handle) => match (self.handles.get(handle), handle) {
                            (Some(prefix), _) => prefix.as_ref(),
                            (None, "!") => "!",
                            (None, "!!") => tag::CORE,
                            (None, _) => {
                                return Err(syntax(
                                    format!("no `%TAG` says what `{handle}` stands for"),
                                    place,
                                ));
                            }
                        },
                    };
                    properties.tag = Some([prefix, &tag.suffix].concat());
                    properties.tag_start = Some(token.start);
                }
                _ => break,
            }
            self.scanner.next()?;
        }
        Ok(properties)
    }

    fn content(
        &mut self,
        properties: &Properties<'t>,
        position: Position,
        depth: usize,
    ) -> Result<Node, Refused> {
        let token = self.scanner.peek()?;
        let (place, end) = (token.place(), token.end);
        // A short form is one thing: `!Ref X` stands where its tag does.
        let start = properties.tag_start.unwrap_or(token.start);
        let tag = properties.tag.as_deref();
        let is_block = position != Position::Flow;
        if let Some((text, is_plain)) = self.scanner.next_scalar()? {
            return self.scalar(text, is_plain, tag, start.to(end));
        }
        let kind = match &self.scanner.peek()?.kind {
            TokenKind::BlockEntry if position == Position::BlockOrIndentless => {
                NodeKind::List(self.indentless_sequence(depth)?)
            }
            TokenKind::FlowSequenceStart => NodeKind::List(self.flow_sequence(depth)?),
            TokenKind::FlowMappingStart => NodeKind::Map(self.flow_mapping(depth)?),
            TokenKind::BlockSequenceStart if is_block => {
                NodeKind::List(self.block_sequence(depth)?)
            }
            TokenKind::BlockMappingStart if is_block => NodeKind::Map(self.block_mapping(depth)?),
            _ if tag.is_some() || properties.anchor.is_some() => {
                return self.scalar("".into(), true, tag, Place { length: 0, ..place });
            }
            other => {
                let message = format!("a value is missing here, before {}", other.name());
                return Err(syntax(message, place));
            }
        };
        Ok(tag::apply(Node::new(kind, place), tag).unwrap_or_else(|bad| self.refuse_tag(bad)))
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        is_plain: bool,
        tag: Option<&str>,
        place: Place,
    ) -> Result<Node, Refused> {
        let node = |kind| Ok(Node::new(kind, place));
        match tag {
            // What `PyYAML` has no value for: a merge and a default outside the keys of a map.
            None if is_plain && matches!(&*text, "=" | "<<") => Err(syntax(
                format!("a plain `{text}` is no value: quote it"),
                place,
            )),
            None if !is_plain => node(NodeKind::String(text.into_owned())),
            None | Some("!") => node(scalar::resolve(text)),
            Some(tag) => {
                Ok(tag::scalar(text, tag, place).unwrap_or_else(|bad| self.refuse_tag(bad)))
            }
        }
    }

    /// A tag that is no intrinsic function's is reported, and what follows is read all the same.
    fn refuse_tag(&mut self, bad: BadTag) -> Node {
        self.diagnostics.push(*bad.refused.0);
        bad.node
    }

    fn alias(&mut self, name: &str, place: Place, depth: usize) -> Result<Node, Refused> {
        let Some(anchor) = self.anchors.get(name) else {
            return Err(syntax(format!("no anchor `{name}` is before this"), place));
        };
        let (size, height) = (anchor.size, anchor.height);
        let Some(node) = anchor.node.clone() else {
            return Err(Diagnostic::error(
                "template::alias",
                "this YAML alias is inside what it stands for",
                place,
            )
            .help("a template is a tree: write the value out")
            .into());
        };
        self.count(size, depth + height, place)?;
        Ok(node)
    }

    fn count(&mut self, nodes: usize, depth: usize, place: Place) -> Result<(), Refused> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(Diagnostic::error(
                "template::too-large",
                format!("the template has more than {MAX_NODES} values once its YAML aliases are followed"),
                place,
            )
            .help("an alias inside an alias multiplies: write less of it, or split the stack").into());
        }
        if depth > MAX_DEPTH {
            return Err(too_deep(place));
        }
        Ok(())
    }
}

fn height(node: &Node) -> usize {
    match &node.kind {
        NodeKind::List(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        NodeKind::Map(map) => {
            1 + map
                .values()
                .map(|entry| height(&entry.value))
                .max()
                .unwrap_or(0)
        }
        _ => 1,
    }
}
