//! JSON text → tree, as Python's `json` reads it: SAM tries this before YAML, which has no tabs between its parts, no key longer
//! than 1,024 characters, and no line's end before a colon.

use super::characters::{Characters, END, Mark, Passed};
use super::problem::{duplicate_key, too_deep};
use super::scanner::Refused;
use super::{Entry, Map, Node, NodeKind};
use crate::Diagnostic;
use crate::bounds::{MAX_DEPTH, MAX_NODES};

const IN_STRING: Passed = Passed::all_but(b"\"\\");

/// What ends the reading.
enum Stop {
    /// It is no JSON.
    NotJson,
    /// It is, and is refused.
    Refused(Refused),
}

/// Reads JSON; `None` where the text is something else, such as YAML.
pub(super) fn parse(
    text: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Result<Node, Refused>> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut reader = Reader {
        characters: Characters::new(text),
        nodes: 0,
        diagnostics: Vec::new(),
    };
    match reader.document() {
        Ok(root) => {
            diagnostics.append(&mut reader.diagnostics);
            Some(Ok(root))
        }
        Err(Stop::Refused(refused)) => Some(Err(refused)),
        Err(Stop::NotJson) => None,
    }
}

struct Reader<'t> {
    characters: Characters<'t>,
    nodes: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Node, Stop> {
        let root = self.value(1)?;
        self.pass_spaces();
        match self.characters.peek(0) {
            END => Ok(root),
            _ => Err(Stop::NotJson),
        }
    }

    fn pass_spaces(&mut self) {
        let spaces = self
            .characters
            .count(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
        self.characters.forward(spaces);
    }

    fn expect(&mut self, character: char) -> Result<(), Stop> {
        self.pass_spaces();
        if self.characters.peek(0) != character {
            return Err(Stop::NotJson);
        }
        self.characters.forward(1);
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Node, Stop> {
        self.pass_spaces();
        let start = self.characters.mark();
        let first = self.characters.peek(0);
        let here = start.to(Mark {
            offset: start.offset + 1,
            ..start
        });
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return Err(Stop::Refused(too_deep(here)));
        }
        if self.nodes > MAX_NODES {
            let message = format!("the template has more than {MAX_NODES} values");
            let refused = Diagnostic::error("template::too-large", message, here);
            return Err(Stop::Refused(refused.help("split the stack").into()));
        }
        match first {
            '{' => Ok(Node::new(NodeKind::Map(self.object(depth)?), here)),
            '[' => Ok(Node::new(NodeKind::List(self.array(depth)?), here)),
            '"' => {
                let text = self.string()?;
                Ok(Node::string(text, start.to(self.characters.mark())))
            }
            _ => {
                let kind = self.word()?;
                Ok(Node::new(kind, start.to(self.characters.mark())))
            }
        }
    }

    /// Passes the beginning of a collection, and its end where nothing stands between them.
    fn is_empty_between(&mut self, start: char, end: char) -> Result<bool, Stop> {
        self.expect(start)?;
        self.pass_spaces();
        let is_empty = self.characters.peek(0) == end;
        if is_empty {
            self.characters.forward(1);
        }
        Ok(is_empty)
    }

    /// Passes the comma before another member of a collection, or else its end.
    fn goes_on_before(&mut self, end: char) -> Result<bool, Stop> {
        self.pass_spaces();
        let goes_on = self.characters.peek(0) == ',';
        if goes_on {
            self.characters.forward(1);
        } else {
            self.expect(end)?;
        }
        Ok(goes_on)
    }

    fn object(&mut self, depth: usize) -> Result<Map, Stop> {
        let mut map = Map::new();
        if self.is_empty_between('{', '}')? {
            return Ok(map);
        }
        loop {
            self.pass_spaces();
            let start = self.characters.mark();
            let key = self.string()?;
            let key_place = start.to(self.characters.mark());
            self.expect(':')?;
            let value = self.value(depth + 1)?;
            if let Some(first) = map.get(&key) {
                let twice = duplicate_key(&key, first.key_place, key_place);
                self.diagnostics.push(twice);
            }
            map.insert(key, Entry { key_place, value });
            if !self.goes_on_before('}')? {
                return Ok(map);
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Node>, Stop> {
        let mut items = Vec::new();
        if self.is_empty_between('[', ']')? {
            return Ok(items);
        }
        loop {
            items.push(self.value(depth + 1)?);
            if !self.goes_on_before(']')? {
                return Ok(items);
            }
        }
    }

    fn string(&mut self) -> Result<String, Stop> {
        self.expect('"')?;
        let mut text = String::new();
        loop {
            let wanted = |c, _| c >= ' ' && !matches!(c, '"' | '\\');
            let length = self.characters.count_passing(&IN_STRING, wanted);
            text.push_str(self.characters.take(length));
            match self.characters.peek(0) {
                '"' => {
                    self.characters.forward(1);
                    return Ok(text);
                }
                '\\' => {
                    self.characters.forward(1);
                    text.push(self.escape()?);
                }
                _ => return Err(Stop::NotJson),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Stop> {
        let name = self.characters.peek(0);
        self.characters.forward_one();
        Ok(match name {
            '"' | '\\' | '/' => name,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = self.unit().ok_or(Stop::NotJson)?;
                self.characters.forward(4);
                let mut units = vec![unit];
                if (0xd800..0xdc00).contains(&unit) && self.characters.starts_with("\\u") {
                    self.characters.forward(2);
                    units.push(self.unit().ok_or(Stop::NotJson)?);
                    self.characters.forward(4);
                }
                // Half of a pair is no character; Python keeps it, and no template means it.
                let mut decoded = char::decode_utf16(units);
                match (decoded.next(), decoded.next()) {
                    (Some(Ok(character)), None) => character,
                    _ => char::REPLACEMENT_CHARACTER,
                }
            }
            _ => return Err(Stop::NotJson),
        })
    }

    fn unit(&self) -> Option<u16> {
        let digits: String = (0..4).map(|ahead| self.characters.peek(ahead)).collect();
        let is_hexadecimal = digits.chars().all(|c| c.is_ascii_hexdigit());
        u16::from_str_radix(&digits, 16)
            .ok()
            .filter(|_| is_hexadecimal)
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<NodeKind, Stop> {
        let length = self
            .characters
            .count(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
        let word = self.characters.take(length);
        match serde_json::from_str(word) {
            Ok(serde_json::Value::Null) => Ok(NodeKind::Null),
            Ok(serde_json::Value::Bool(value)) => Ok(NodeKind::Bool(value)),
            Ok(serde_json::Value::Number(number)) => Ok(NodeKind::Number(number)),
            _ => Err(Stop::NotJson),
        }
    }
}
