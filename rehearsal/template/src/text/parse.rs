//! YAML or JSON text → tree.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::position::Positions;
use super::surrogates::without_surrogates;
use super::{Entry, Map, Node, NodeKind, scalar};
use crate::bounds::{MAX_BYTES, MAX_DEPTH, MAX_NODES};
use crate::{Diagnostic, Place};

/// The intrinsic functions that have a short tag; each is `Fn::` and its name, except `Ref` and `Condition`
/// (CloudFormation user guide, "Intrinsic function reference").
const SHORT_TAGS: [&str; 21] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAtt",
    "GetAZs",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
];

/// Reads text into a tree.
///
/// # Errors
/// Everything that is wrong with the text as text. A syntax error ends the list: what follows it cannot be read.
pub(crate) fn parse(text: &str) -> Result<Node, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        return Err(vec![too_large(&text.len().to_string())]);
    }
    let json = text.trim_start().starts_with('{');
    let text = &*if json {
        without_surrogates(text)
    } else {
        Cow::Borrowed(text)
    };
    let mut loader = Loader {
        parser: Parser::new_from_str(text),
        positions: Positions::new(text),
        json,
        anchors: HashMap::new(),
        nodes: 0,
        diagnostics: Vec::new(),
    };
    match loader.document() {
        Ok(root) if loader.diagnostics.is_empty() => Ok(root),
        Ok(_) => Err(loader.diagnostics),
        Err(Stopped(diagnostic)) => {
            loader.diagnostics.push(*diagnostic);
            Err(loader.diagnostics)
        }
    }
}

/// A template of more bytes than are read; `how_many` it has.
pub(crate) fn too_large(how_many: &str) -> Diagnostic {
    Diagnostic::error(
        "template::too-large",
        format!("the template has {how_many} bytes; at most {MAX_BYTES} are read"),
        Place::default(),
    )
    .help("CloudFormation itself takes at most 1 MB: split the stack")
}

/// A problem after which nothing more can be read.
struct Stopped(Box<Diagnostic>);

impl From<Diagnostic> for Stopped {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(Box::new(diagnostic))
    }
}

struct Loader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    positions: Positions,
    json: bool,
    anchors: HashMap<usize, Anchor>,
    nodes: usize,
    diagnostics: Vec<Diagnostic>,
}

struct Anchor {
    node: Node,
    /// How many nodes it has.
    size: usize,
    /// How deep it nests.
    height: usize,
}

impl<'t> Loader<'t> {
    fn document(&mut self) -> Result<Node, Stopped> {
        let root = loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                (Event::StreamEnd | Event::DocumentEnd, _) => {
                    return Err(Diagnostic::error(
                        "template::empty",
                        "the template is empty",
                        Place::default(),
                    )
                    .into());
                }
                (event, span) => break self.node(event, span, 1)?,
            }
        };
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(root),
                (Event::DocumentStart(_), span) => {
                    return Err(Diagnostic::error(
                        "template::several-documents",
                        "a second YAML document begins here",
                        self.positions.place(span),
                    )
                    .help("a template is one document: remove the `---`")
                    .into());
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Stopped> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let span = Span::empty(*error.marker());
                let place = self.positions.place(span);
                // The parser's own bound, for what nests without a value between.
                if error.info() == "recursion limit exceeded" {
                    return Err(too_deep(place).into());
                }
                Err(Diagnostic::error("template::syntax", error.info(), place).into())
            }
            None => Err(Diagnostic::error(
                "template::syntax",
                "the text ends too early",
                Place::default(),
            )
            .into()),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Stopped> {
        let place = self.positions.place(span);
        self.count(1, depth, place)?;
        let before = self.nodes;
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let kind = self.scalar(&text, style, tag.as_deref(), place);
                (Node::new(kind, place), anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                let items = self.sequence(depth)?;
                let node = self.tagged(Node::list(items, place), tag.as_deref());
                (node, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                let map = self.mapping(depth)?;
                let node = self.tagged(Node::new(NodeKind::Map(map), place), tag.as_deref());
                (node, anchor)
            }
            Event::Alias(anchor) => return self.alias(anchor, place, depth),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {
                return Err(Diagnostic::error(
                    "template::syntax",
                    "a value is missing here",
                    place,
                )
                .into());
            }
        };
        if anchor > 0 {
            let size = self.nodes - before + 1;
            // What an anchor stands for is kept a second time.
            self.count(size, depth, place)?;
            self.anchors.insert(
                anchor,
                Anchor {
                    size,
                    height: height(&node),
                    node: node.clone(),
                },
            );
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, place: Place, depth: usize) -> Result<Node, Stopped> {
        let Some(anchor) = self.anchors.get(&anchor) else {
            return Err(Diagnostic::error(
                "template::alias",
                "this YAML alias is inside what it stands for",
                place,
            )
            .help("a template is a tree: write the value out")
            .into());
        };
        let (node, size, height) = (anchor.node.clone(), anchor.size, anchor.height);
        self.count(size, depth + height, place)?;
        Ok(node)
    }

    fn count(&mut self, nodes: usize, depth: usize, place: Place) -> Result<(), Stopped> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(Diagnostic::error(
                "template::too-large",
                format!("the template has more than {MAX_NODES} values once its YAML aliases are followed"),
                place,
            )
            .help("an alias inside an alias multiplies: write less of it, or split the stack")
            .into());
        }
        if depth > MAX_DEPTH {
            return Err(too_deep(place).into());
        }
        Ok(())
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Node>, Stopped> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Map, Stopped> {
        let mut map = Map::new();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let key_place = self.positions.place(span);
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, ScalarStyle::Plain, 0, None) if text == "<<" && !self.json => {
                    None
                }
                Event::Scalar(text, ScalarStyle::Plain, _, None) if !self.json => {
                    Some(scalar::key(&text))
                }
                Event::Scalar(text, ..) => Some(text.into_owned()),
                other => {
                    // The value behind it is read all the same, to find what else is wrong.
                    self.node(other, span, depth + 1)?;
                    self.diagnostics.push(Diagnostic::error(
                        "template::key",
                        "a key must be text",
                        key_place,
                    ));
                    let (event, span) = self.next()?;
                    self.node(event, span, depth + 1)?;
                    continue;
                }
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            match key {
                None => merged.push(value),
                Some(key) => {
                    if let Some(first) = map.get(&key) {
                        let line = first.key_place.line;
                        self.diagnostics.push(
                            Diagnostic::error(
                                "template::duplicate-key",
                                format!("`{key}` is given twice in the same map; first in line {line}"),
                                key_place,
                            )
                            .help("YAML would take one of them and say nothing: keep the one you mean"),
                        );
                    }
                    map.insert(key, Entry { key_place, value });
                }
            }
        }
        for value in merged {
            self.merge(&mut map, value);
        }
        Ok(map)
    }

    /// `<<`: the keys of another map, or of several, where this one does not have them.
    fn merge(&mut self, map: &mut Map, value: Node) {
        match value.kind {
            NodeKind::Map(other) => {
                for (key, entry) in other {
                    map.entry(key).or_insert(entry);
                }
            }
            NodeKind::List(items) if items.iter().all(|item| item.as_map().is_some()) => {
                for item in items {
                    self.merge(map, item);
                }
            }
            _ => self.diagnostics.push(Diagnostic::error(
                "template::merge",
                "`<<` takes a map or a list of maps",
                value.place,
            )),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        place: Place,
    ) -> NodeKind {
        match tag {
            Some(tag) if tag.is_yaml_core_schema() => match tag.suffix.as_str() {
                "str" | "binary" | "timestamp" => NodeKind::String(text.to_owned()),
                _ => scalar::resolve(text),
            },
            Some(tag) if !tag.suffix.is_empty() => {
                // A short form's scalar is text, whatever it looks like.
                self.tagged(Node::string(text, place), Some(tag)).kind
            }
            None if style == ScalarStyle::Plain && self.json => scalar::resolve_json(text),
            None if style == ScalarStyle::Plain => scalar::resolve(text),
            _ => NodeKind::String(text.to_owned()),
        }
    }

    /// `!Name value` → `{Fn::Name: value}`.
    fn tagged(&mut self, value: Node, tag: Option<&Tag>) -> Node {
        let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema() && !tag.suffix.is_empty())
        else {
            return value;
        };
        let name = tag.suffix.as_str();
        let place = value.place;
        if tag.handle != "!" || !SHORT_TAGS.contains(&name) {
            let mut diagnostic = Diagnostic::error(
                "template::tag",
                format!("`!{name}` is no intrinsic function"),
                place,
            );
            diagnostic.help = crate::suggest::closest(name, SHORT_TAGS)
                .map(|near| format!("did you mean `!{near}`?"));
            self.diagnostics.push(diagnostic);
            return value;
        }
        let key = match name {
            "Ref" | "Condition" => name.to_owned(),
            _ => format!("Fn::{name}"),
        };
        let value = match (name, value.as_str().and_then(|text| text.split_once('.'))) {
            ("GetAtt", Some((logical_id, attribute))) => Node::list(
                vec![
                    Node::string(logical_id, place),
                    Node::string(attribute, place),
                ],
                place,
            ),
            _ => value,
        };
        Node::map([(key, value)], place)
    }
}

fn too_deep(place: Place) -> Diagnostic {
    Diagnostic::error(
        "template::too-deep",
        format!("the template nests more than {MAX_DEPTH} levels deep"),
        place,
    )
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
