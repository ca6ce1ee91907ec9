//! Text → tokens, as PyYAML's scanner cuts them (`scanner.py`), which follows YAML 1.1 and has rules of its own: no tab separates
//! tokens, and in a flow collection `?` ends a plain scalar.
//!
//! - [`token`]: what a text is cut into.
//! - [`scalars`]: plain, quoted and block scalars.
//! - [`properties`]: tags, anchors and directives.

mod properties;
mod scalars;
mod token;

use std::borrow::Cow;
use std::collections::VecDeque;

use super::characters::{Characters, END, Mark, Passed, is_blank_or_end, is_break_or_end};
use crate::{Diagnostic, Place};

pub(super) use token::{Directive, Tag, Token, TokenKind};

/// Something that may turn out to be a key, once a `:` follows it.
#[derive(Clone, Copy, Debug)]
struct SimpleKey {
    flow_level: i64,
    /// How many tokens of the text are before it.
    token_number: usize,
    is_required: bool,
    mark: Mark,
}

const IN_LINE: Passed = Passed::all_but(b"");

/// How far a key may reach before its `:`, in characters.
const LONGEST_KEY: u32 = 1024;

/// Cuts a text into tokens.
pub(super) struct Scanner<'t> {
    characters: Characters<'t>,
    tokens: VecDeque<Token<'t>>,
    /// How many tokens were taken out of `tokens`.
    taken: usize,
    is_done: bool,
    /// The column of the block collection that is open; -1 outside.
    indent: i64,
    indents: Vec<i64>,
    /// How many flow collections are open. Below 0 where more were closed, which the parser refuses.
    flow_level: i64,
    is_key_allowed: bool,
    /// What may be a key, at most one of each flow level: the outermost, which was first, before those inside.
    possible_keys: Vec<SimpleKey>,
}

/// Why there is no further token. It is large, so it is kept elsewhere.
#[derive(Debug)]
pub(super) struct Refused(pub(super) Box<Diagnostic>);

impl From<Diagnostic> for Refused {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(Box::new(diagnostic))
    }
}

/// What YAML does not have.
pub(super) fn syntax(message: impl Into<String>, place: Place) -> Refused {
    Diagnostic::error("template::syntax", message, place).into()
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Result<Self, Refused> {
        let characters = Characters::of_yaml(text).map_err(|(special, place)| {
            let code = u32::from(special);
            syntax(
                format!("the character U+{code:04X} is not allowed in YAML"),
                place,
            )
        })?;
        Ok(Self {
            characters,
            tokens: VecDeque::new(),
            taken: 0,
            is_done: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            is_key_allowed: true,
            possible_keys: Vec::new(),
        })
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Result<&Token<'t>, Refused> {
        self.fill()?;
        Ok(self
            .tokens
            .front()
            .expect("filled, and the end of the text is peeked at but never taken"))
    }

    /// Takes the next token; the end of the text is given again and again.
    pub(super) fn next(&mut self) -> Result<Token<'t>, Refused> {
        self.fill()?;
        let first = self.tokens.front().expect("it was filled");
        if first.kind == TokenKind::StreamEnd {
            return Ok(first.clone());
        }
        self.taken += 1;
        Ok(self.tokens.pop_front().expect("it was filled"))
    }

    /// Takes the next token where it is a scalar: its text, and whether it is plain.
    pub(super) fn next_scalar(&mut self) -> Result<Option<(Cow<'t, str>, bool)>, Refused> {
        self.fill()?;
        let is_scalar = |token: &mut Token<'_>| matches!(token.kind, TokenKind::Scalar { .. });
        let taken = self.tokens.pop_front_if(is_scalar);
        self.taken += usize::from(taken.is_some());
        Ok(taken.and_then(|token| match token.kind {
            TokenKind::Scalar { text, is_plain } => Some((text, is_plain)),
            _ => None,
        }))
    }

    /// Reads on until the next token is known: what may be a key is known once it is seen whether a `:` follows.
    fn fill(&mut self) -> Result<(), Refused> {
        while self.needs_more()? {
            self.fetch()?;
        }
        Ok(())
    }

    fn needs_more(&mut self) -> Result<bool, Refused> {
        if self.is_done {
            return Ok(false);
        }
        if self.tokens.is_empty() {
            return Ok(true);
        }
        if self.possible_keys.is_empty() {
            return Ok(false);
        }
        self.forget_stale_keys()?;
        let first = self.possible_keys.first();
        Ok(first.is_some_and(|key| key.token_number == self.taken))
    }

    fn fetch(&mut self) -> Result<(), Refused> {
        self.pass_to_next_token();
        self.forget_stale_keys()?;
        self.unwind(self.column());
        let (next, behind) = (self.characters.peek(0), self.characters.peek(1));
        let is_at_line_start = self.characters.mark().column == 0;
        match next {
            END => self.fetch_end(),
            '%' if is_at_line_start => self.fetch_directive(),
            '-' if self.is_document_marker("---") => self.fetch_marker(TokenKind::DocumentStart),
            '.' if self.is_document_marker("...") => self.fetch_marker(TokenKind::DocumentEnd),
            '[' => self.fetch_collection_start(TokenKind::FlowSequenceStart),
            '{' => self.fetch_collection_start(TokenKind::FlowMappingStart),
            ']' => self.fetch_collection_end(TokenKind::FlowSequenceEnd),
            '}' => self.fetch_collection_end(TokenKind::FlowMappingEnd),
            ',' => {
                self.is_key_allowed = true;
                self.remove_key()?;
                self.add(TokenKind::FlowEntry, 1);
                Ok(())
            }
            '-' if is_blank_or_end(behind) => self.fetch_block_entry(),
            '?' if self.is_in_flow() || is_blank_or_end(behind) => self.fetch_key(),
            ':' if self.is_in_flow() || is_blank_or_end(behind) => self.fetch_value(),
            '*' | '&' | '!' => {
                self.save_key()?;
                self.is_key_allowed = false;
                let token = match next {
                    '!' => self.scan_tag()?,
                    _ => self.scan_anchor(next == '*')?,
                };
                self.tokens.push_back(token);
                Ok(())
            }
            '|' | '>' if !self.is_in_flow() => {
                self.is_key_allowed = true;
                self.remove_key()?;
                let token = self.scan_block_scalar(next == '>')?;
                self.tokens.push_back(token);
                Ok(())
            }
            '\'' | '"' => {
                self.save_key()?;
                self.is_key_allowed = false;
                let token = self.scan_quoted(next == '"')?;
                self.tokens.push_back(token);
                Ok(())
            }
            _ if self.is_plain(next, behind) => {
                self.save_key()?;
                self.is_key_allowed = false;
                let token = self.scan_plain();
                self.tokens.push_back(token);
                Ok(())
            }
            '\t' => Err(self.refuse(
                "a tab stands where only spaces may: YAML takes no tabs between its parts",
            )),
            other => Err(self.refuse(format!("nothing can begin with {other:?} here"))),
        }
    }

    fn is_in_flow(&self) -> bool {
        self.flow_level != 0
    }

    fn column(&self) -> i64 {
        i64::from(self.characters.mark().column)
    }

    /// A refusal at the next character.
    fn refuse(&self, message: impl Into<String>) -> Refused {
        let mark = self.characters.mark();
        syntax(message, mark.to(mark))
    }

    /// Adds a token of the next `length` bytes.
    fn add(&mut self, kind: TokenKind<'t>, length: usize) {
        let start = self.characters.mark();
        self.characters.forward(length);
        let end = self.characters.mark();
        self.tokens.push_back(Token { kind, start, end });
    }

    fn is_document_marker(&self, marker: &str) -> bool {
        self.characters.mark().column == 0 && self.is_marker_text(marker)
    }

    fn is_marker_text(&self, marker: &str) -> bool {
        self.characters.starts_with(marker) && is_blank_or_end(self.characters.peek(3))
    }

    /// Whether a plain scalar begins with a character, before the one behind it.
    fn is_plain(&self, next: char, behind: char) -> bool {
        let is_indicator = matches!(
            next,
            '-' | '?'
                | ':'
                | ','
                | '['
                | ']'
                | '{'
                | '}'
                | '#'
                | '&'
                | '*'
                | '!'
                | '|'
                | '>'
                | '\''
                | '"'
                | '%'
                | '@'
                | '`'
        ) || is_blank_or_end(next);
        !is_indicator
            || (!is_blank_or_end(behind)
                && (next == '-' || (!self.is_in_flow() && matches!(next, '?' | ':'))))
    }

    /// Passes over spaces, comments and the ends of lines.
    fn pass_to_next_token(&mut self) {
        if self.characters.mark().index == 0 && self.characters.peek(0) == '\u{feff}' {
            self.characters.forward_one();
        }
        loop {
            self.pass_spaces();
            if self.characters.peek(0) == '#' {
                self.pass_comment();
            }
            if self.scan_break().is_none() {
                return;
            }
            if !self.is_in_flow() {
                self.is_key_allowed = true;
            }
        }
    }

    fn pass_spaces(&mut self) {
        self.characters.take_spaces(usize::MAX);
    }

    fn pass_comment(&mut self) {
        let length = self.line_length();
        self.characters.forward(length);
    }

    /// How long what is left of the line is.
    fn line_length(&self) -> usize {
        let wanted = |c, _| !is_break_or_end(c);
        self.characters.count_passing(&IN_LINE, wanted)
    }

    /// The end of a line, as it counts in a scalar.
    fn scan_break(&mut self) -> Option<char> {
        match self.characters.peek(0) {
            '\r' if self.characters.peek(1) == '\n' => {
                self.characters.forward(2);
                Some('\n')
            }
            '\n' => {
                self.characters.forward_line_feed();
                Some('\n')
            }
            '\r' | '\u{85}' => {
                self.characters.forward_one();
                Some('\n')
            }
            separator @ ('\u{2028}' | '\u{2029}') => {
                self.characters.forward_one();
                Some(separator)
            }
            _ => None,
        }
    }

    /// A key is on one line and not long: what is not is none.
    fn forget_stale_keys(&mut self) -> Result<(), Refused> {
        let mark = self.characters.mark();
        let is_stale = |key: &SimpleKey| {
            key.mark.line != mark.line || mark.index - key.mark.index > LONGEST_KEY
        };
        let mut stale = self.possible_keys.iter().filter(|key| is_stale(key));
        // Asked before each token, and most find none.
        let Some(first) = stale.next() else {
            return Ok(());
        };
        if let Some(key) = std::iter::once(first)
            .chain(stale)
            .find(|key| key.is_required)
        {
            return Err(no_colon(key));
        }
        self.possible_keys.retain(|key| !is_stale(key));
        Ok(())
    }

    fn save_key(&mut self) -> Result<(), Refused> {
        if self.is_key_allowed {
            let is_required = !self.is_in_flow() && self.indent == self.column();
            self.remove_key()?;
            self.possible_keys.push(SimpleKey {
                flow_level: self.flow_level,
                token_number: self.taken + self.tokens.len(),
                is_required,
                mark: self.characters.mark(),
            });
        }
        Ok(())
    }

    /// Takes what may be a key at this flow level.
    fn take_key(&mut self) -> Option<SimpleKey> {
        let level = self.flow_level;
        self.possible_keys.pop_if(|key| key.flow_level == level)
    }

    fn remove_key(&mut self) -> Result<(), Refused> {
        match self.take_key() {
            Some(key) if key.is_required => Err(no_colon(&key)),
            _ => Ok(()),
        }
    }

    /// Closes the block collections that are further in than a column.
    fn unwind(&mut self, column: i64) {
        if self.is_in_flow() {
            return;
        }
        while self.indent > column {
            self.indent = self.indents.pop().unwrap_or(-1);
            self.add(TokenKind::BlockEnd, 0);
        }
    }

    /// Opens a block collection at a column, unless one is open there.
    fn opens_at(&mut self, column: i64) -> bool {
        let opens = self.indent < column;
        if opens {
            self.indents.push(self.indent);
            self.indent = column;
        }
        opens
    }

    fn fetch_end(&mut self) -> Result<(), Refused> {
        self.unwind(-1);
        self.remove_key()?;
        self.is_key_allowed = false;
        self.possible_keys.clear();
        self.add(TokenKind::StreamEnd, 0);
        self.is_done = true;
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Refused> {
        self.unwind(-1);
        self.remove_key()?;
        self.is_key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_marker(&mut self, kind: TokenKind<'t>) -> Result<(), Refused> {
        self.unwind(-1);
        self.remove_key()?;
        self.is_key_allowed = false;
        self.add(kind, 3);
        Ok(())
    }

    fn fetch_collection_start(&mut self, kind: TokenKind<'t>) -> Result<(), Refused> {
        self.save_key()?;
        self.flow_level += 1;
        self.is_key_allowed = true;
        self.add(kind, 1);
        Ok(())
    }

    fn fetch_collection_end(&mut self, kind: TokenKind<'t>) -> Result<(), Refused> {
        self.remove_key()?;
        self.flow_level -= 1;
        self.is_key_allowed = false;
        self.add(kind, 1);
        Ok(())
    }

    /// Opens a block collection where this is the first of its entries; refused where none may stand.
    fn open_block(&mut self, kind: TokenKind<'t>, refusal: &'static str) -> Result<(), Refused> {
        if self.is_in_flow() {
            return Ok(());
        }
        if !self.is_key_allowed {
            return Err(self.refuse(refusal));
        }
        if self.opens_at(self.column()) {
            self.add(kind, 0);
        }
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Refused> {
        self.open_block(
            TokenKind::BlockSequenceStart,
            "a list's item may not stand here",
        )?;
        self.is_key_allowed = true;
        self.remove_key()?;
        self.add(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Refused> {
        self.open_block(TokenKind::BlockMappingStart, "a key may not stand here")?;
        self.is_key_allowed = !self.is_in_flow();
        self.remove_key()?;
        self.add(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Refused> {
        if let Some(key) = self.take_key() {
            let at = key.token_number - self.taken;
            let token = |kind| Token {
                kind,
                start: key.mark,
                end: key.mark,
            };
            self.tokens.insert(at, token(TokenKind::Key));
            let column = i64::from(key.mark.column);
            if !self.is_in_flow() && self.opens_at(column) {
                self.tokens.insert(at, token(TokenKind::BlockMappingStart));
            }
            self.is_key_allowed = false;
        } else {
            self.open_block(
                TokenKind::BlockMappingStart,
                "a map's value may not stand here: is there a second `: ` in the line?",
            )?;
            self.is_key_allowed = !self.is_in_flow();
            self.remove_key()?;
        }
        self.add(TokenKind::Value, 1);
        Ok(())
    }
}

fn no_colon(key: &SimpleKey) -> Refused {
    syntax("this is a key without its `:`", key.mark.to(key.mark))
}
