//! Lists and maps, in blocks and in brackets.

use std::mem::discriminant;

use super::entries::{Entries, Key};
use super::{Loader, Position};
use crate::Place;
use crate::text::scanner::{Refused, TokenKind, syntax};
use crate::text::{Map, Node, NodeKind, scalar};

impl Loader<'_, '_> {
    pub(super) fn block_sequence(&mut self, depth: usize) -> Result<Vec<Node>, Refused> {
        self.scanner.next()?;
        let mut items = Vec::new();
        while self.next_is(&[TokenKind::BlockEntry])? {
            self.scanner.next()?;
            let ends = [TokenKind::BlockEntry, TokenKind::BlockEnd];
            items.push(self.node_unless(&ends, Position::Block, depth + 1)?);
        }
        self.expect_end(&TokenKind::BlockEnd, "the list")?;
        Ok(items)
    }

    pub(super) fn indentless_sequence(&mut self, depth: usize) -> Result<Vec<Node>, Refused> {
        let mut items = Vec::new();
        while self.next_is(&[TokenKind::BlockEntry])? {
            self.scanner.next()?;
            let ends = [
                TokenKind::BlockEntry,
                TokenKind::Key,
                TokenKind::Value,
                TokenKind::BlockEnd,
            ];
            items.push(self.node_unless(&ends, Position::Block, depth + 1)?);
        }
        Ok(items)
    }

    pub(super) fn block_mapping(&mut self, depth: usize) -> Result<Map, Refused> {
        self.scanner.next()?;
        let mut map = Entries::default();
        while self.next_is(&[TokenKind::Key])? {
            self.scanner.next()?;
            let ends = [TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
            let (key, value) = self.entry(&ends, Position::BlockOrIndentless, depth + 1)?;
            map.add(key, value, self.diagnostics);
        }
        self.expect_end(&TokenKind::BlockEnd, "the map")?;
        Ok(map.merged(self.diagnostics))
    }

    pub(super) fn flow_sequence(&mut self, depth: usize) -> Result<Vec<Node>, Refused> {
        self.scanner.next()?;
        let mut items = Vec::new();
        while !self.next_is(&[TokenKind::FlowSequenceEnd])? {
            if !items.is_empty() {
                if !self.next_is(&[TokenKind::FlowEntry])? {
                    self.expect_end(&TokenKind::FlowSequenceEnd, "the list")?;
                }
                self.scanner.next()?;
            }
            if self.next_is(&[TokenKind::Key])? {
                items.push(self.pair(depth + 1)?);
            } else if !self.next_is(&[TokenKind::FlowSequenceEnd])? {
                items.push(self.node(Position::Flow, depth + 1)?);
            }
        }
        self.expect_end(&TokenKind::FlowSequenceEnd, "the list")?;
        Ok(items)
    }

    /// A map of one key, written without braces in a list.
    fn pair(&mut self, depth: usize) -> Result<Node, Refused> {
        let place = self.scanner.next()?.place();
        self.count(1, depth, place)?;
        let ends = [TokenKind::FlowEntry, TokenKind::FlowSequenceEnd];
        let (key, value) = self.entry(&ends, Position::Flow, depth + 1)?;
        let mut map = Entries::default();
        map.add(key, value, self.diagnostics);
        Ok(Node::new(
            NodeKind::Map(map.merged(self.diagnostics)),
            place,
        ))
    }

    pub(super) fn flow_mapping(&mut self, depth: usize) -> Result<Map, Refused> {
        self.scanner.next()?;
        let mut map = Entries::default();
        let mut is_first = true;
        while !self.next_is(&[TokenKind::FlowMappingEnd])? {
            if !is_first {
                if !self.next_is(&[TokenKind::FlowEntry])? {
                    self.expect_end(&TokenKind::FlowMappingEnd, "the map")?;
                }
                self.scanner.next()?;
            }
            is_first = false;
            let ends = [TokenKind::FlowEntry, TokenKind::FlowMappingEnd];
            if self.next_is(&[TokenKind::Key])? {
                self.scanner.next()?;
                let (key, value) = self.entry(&ends, Position::Flow, depth + 1)?;
                map.add(key, value, self.diagnostics);
            } else if !self.next_is(&[TokenKind::FlowMappingEnd])? {
                let key = self.key(Position::Flow, depth + 1)?;
                let value = self.empty()?;
                map.add(key, value, self.diagnostics);
            }
        }
        self.expect_end(&TokenKind::FlowMappingEnd, "the map")?;
        Ok(map.merged(self.diagnostics))
    }

    /// A map's key and its value, either of which may be left out before one of `ends`.
    fn entry(
        &mut self,
        ends: &[TokenKind<'_>],
        position: Position,
        depth: usize,
    ) -> Result<(Key, Node), Refused> {
        let key = if self.next_is(ends)? || self.next_is(&[TokenKind::Value])? {
            Key::Text(String::new(), self.scanner.peek()?.place())
        } else {
            self.key(position, depth)?
        };
        let value = if self.next_is(&[TokenKind::Value])? {
            self.scanner.next()?;
            self.node_unless(ends, position, depth)?
        } else {
            self.empty()?
        };
        Ok((key, value))
    }

    /// A map's key.
    fn key(&mut self, position: Position, depth: usize) -> Result<Key, Refused> {
        let next = self.scanner.peek()?;
        let place = next.place();
        let is_plain = matches!(next.kind, TokenKind::Scalar { is_plain: true, .. });
        if is_plain && let Some((text, _)) = self.scanner.next_scalar()? {
            return Ok(match &*text {
                "<<" => Key::Merge,
                _ => Key::Text(scalar::key(text), place),
            });
        }
        let node = self.node(position, depth)?;
        match node.kind {
            NodeKind::Null => Ok(Key::Text(String::new(), place)),
            _ => Ok(node
                .to_text()
                .map_or(Key::Wrong(place), |text| Key::Text(text, place))),
        }
    }

    /// Whether the next token is of one of these kinds.
    fn next_is(&mut self, kinds: &[TokenKind<'_>]) -> Result<bool, Refused> {
        let next = discriminant(&self.scanner.peek()?.kind);
        Ok(kinds.iter().any(|kind| discriminant(kind) == next))
    }

    /// A value, or null where one of `ends` follows.
    fn node_unless(
        &mut self,
        ends: &[TokenKind<'_>],
        position: Position,
        depth: usize,
    ) -> Result<Node, Refused> {
        if self.next_is(ends)? {
            self.empty()
        } else {
            self.node(position, depth)
        }
    }

    fn empty(&mut self) -> Result<Node, Refused> {
        let place = self.scanner.peek()?.place();
        Ok(Node::new(NodeKind::Null, Place { length: 0, ..place }))
    }

    fn expect_end(&mut self, end: &TokenKind<'_>, of: &str) -> Result<(), Refused> {
        let token = self.scanner.next()?;
        if token.kind == *end {
            return Ok(());
        }
        let message = match end {
            TokenKind::BlockEnd => format!(
                "{of} should go on or end here, and there is {}: look at the indentation",
                token.kind.name()
            ),
            _ => format!(
                "`,` or {} should stand here, and there is {}",
                end.name(),
                token.kind.name()
            ),
        };
        Err(syntax(message, token.place()))
    }
}
