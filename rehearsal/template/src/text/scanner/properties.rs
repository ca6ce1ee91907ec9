//! Tags, anchors, aliases and directives.

use std::borrow::Cow;

use super::{Directive, Refused, Scanner, Tag, Token, TokenKind};
use crate::text::characters::{is_blank_or_end, is_break_or_end};

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

/// A space, the end of the line, or of the text: a tab is none.
fn is_space_or_end(character: char) -> bool {
    character == ' ' || is_break_or_end(character)
}

impl<'t> Scanner<'t> {
    /// `&name` or `*name`.
    pub(super) fn scan_anchor(&mut self, is_alias: bool) -> Result<Token<'t>, Refused> {
        let start = self.characters.mark();
        self.characters.forward(1);
        let length = self.characters.count(is_word);
        if length == 0 {
            return Err(self.refuse("an anchor's name is of letters, digits, `-` and `_`"));
        }
        let name = self.characters.take(length);
        let next = self.characters.peek(0);
        if !is_blank_or_end(next) && !"?:,]}%@`".contains(next) {
            return Err(self.refuse("an anchor's name is of letters, digits, `-` and `_`"));
        }
        Ok(Token {
            kind: if is_alias {
                TokenKind::Alias(name)
            } else {
                TokenKind::Anchor(name)
            },
            start,
            end: self.characters.mark(),
        })
    }

    /// `!Name`, `!!name`, `!handle!name` or `!<name>`.
    pub(super) fn scan_tag(&mut self) -> Result<Token<'t>, Refused> {
        let start = self.characters.mark();
        let behind = self.characters.peek(1);
        let tag = if behind == '<' {
            self.characters.forward(2);
            let suffix = self.scan_uri()?;
            if self.characters.peek(0) != '>' {
                return Err(self.refuse("a tag that begins with `!<` ends with `>`"));
            }
            self.characters.forward(1);
            Tag {
                handle: None,
                suffix,
            }
        } else if is_blank_or_end(behind) {
            self.characters.forward(1);
            Tag {
                handle: None,
                suffix: Cow::Borrowed("!"),
            }
        } else {
            let word = self.characters.count(|c| !is_space_or_end(c));
            let handle = if self.characters.ahead(word)[1..].contains('!') {
                self.scan_handle()?
            } else {
                self.characters.take(1)
            };
            Tag {
                handle: Some(handle),
                suffix: self.scan_uri()?,
            }
        };
        if !is_space_or_end(self.characters.peek(0)) {
            return Err(self.refuse("a space must stand behind a tag"));
        }
        Ok(Token {
            kind: TokenKind::Tag(tag),
            start,
            end: self.characters.mark(),
        })
    }

    fn scan_handle(&mut self) -> Result<&'t str, Refused> {
        if self.characters.peek(0) != '!' {
            return Err(self.refuse("a tag's handle begins with `!`"));
        }
        let mut length = 1;
        if self.characters.peek(1) != ' ' {
            while is_word(self.characters.peek(length)) {
                length += 1;
            }
            if self.characters.peek(length) != '!' {
                self.characters.forward(length);
                return Err(self.refuse("a tag's handle ends with `!`"));
            }
            length += 1;
        }
        Ok(self.characters.take(length))
    }

    fn scan_uri(&mut self) -> Result<Cow<'t, str>, Refused> {
        let mut uri = Cow::Borrowed("");
        loop {
            let length = self.characters.count(|character| {
                character.is_ascii_alphanumeric() || "-;/?:@&=+$,_.!~*'()[]".contains(character)
            });
            uri += self.characters.take(length);
            if self.characters.peek(0) != '%' {
                break;
            }
            uri.to_mut().push_str(&self.scan_uri_escapes()?);
        }
        if uri.is_empty() {
            return Err(self.refuse("a tag has no name here"));
        }
        Ok(uri)
    }

    fn scan_uri_escapes(&mut self) -> Result<String, Refused> {
        let mut bytes = Vec::new();
        while self.characters.peek(0) == '%' {
            self.characters.forward(1);
            let digits = [self.characters.peek(0), self.characters.peek(1)];
            let byte = u8::from_str_radix(&digits.iter().collect::<String>(), 16).ok();
            let is_hexadecimal = digits.iter().all(char::is_ascii_hexdigit);
            let Some(byte) = byte.filter(|_| is_hexadecimal) else {
                return Err(self.refuse("`%` needs two hexadecimal digits here"));
            };
            bytes.push(byte);
            self.characters.forward(2);
        }
        String::from_utf8(bytes).map_err(|_| self.refuse("these escapes are no UTF-8"))
    }

    /// A line that begins with `%`.
    pub(super) fn scan_directive(&mut self) -> Result<Token<'t>, Refused> {
        let start = self.characters.mark();
        self.characters.forward(1);
        let length = self.characters.count(is_word);
        let name = self.characters.take(length);
        if name.is_empty() || !is_space_or_end(self.characters.peek(0)) {
            return Err(self.refuse("a directive has a name of letters, digits, `-` and `_`"));
        }
        let directive = match name {
            "YAML" => self.scan_version()?,
            "TAG" => self.scan_tag_directive()?,
            _ => {
                self.pass_comment();
                Directive::Other
            }
        };
        let end = self.characters.mark();
        self.pass_rest_of_line()?;
        Ok(Token {
            kind: TokenKind::Directive(directive),
            start,
            end,
        })
    }

    fn scan_version(&mut self) -> Result<Directive<'t>, Refused> {
        self.pass_spaces();
        let major = self.scan_number()?;
        if self.characters.peek(0) != '.' {
            return Err(self.refuse("a version is two numbers with a dot between"));
        }
        self.characters.forward(1);
        self.scan_number()?;
        if !is_space_or_end(self.characters.peek(0)) {
            return Err(self.refuse("a version is two numbers with a dot between"));
        }
        Ok(Directive::Version(major))
    }

    fn scan_number(&mut self) -> Result<u32, Refused> {
        let length = self.characters.count(|c| c.is_ascii_digit());
        if length == 0 {
            return Err(self.refuse("a version is two numbers with a dot between"));
        }
        Ok(self.characters.take(length).parse().unwrap_or(u32::MAX))
    }

    fn scan_tag_directive(&mut self) -> Result<Directive<'t>, Refused> {
        self.pass_spaces();
        let handle = self.scan_handle()?;
        if self.characters.peek(0) != ' ' {
            return Err(self.refuse("a space must stand behind a tag's handle"));
        }
        self.pass_spaces();
        let prefix = self.scan_uri()?;
        if !is_space_or_end(self.characters.peek(0)) {
            return Err(self.refuse("a space must stand behind a tag's prefix"));
        }
        Ok(Directive::Tag { handle, prefix })
    }

    /// Nothing but spaces and a comment stands in the rest of the line.
    pub(super) fn pass_rest_of_line(&mut self) -> Result<(), Refused> {
        self.pass_spaces();
        if self.characters.peek(0) == '#' {
            self.pass_comment();
        }
        if !is_break_or_end(self.characters.peek(0)) {
            return Err(self.refuse("only a comment may stand in the rest of this line"));
        }
        self.scan_break();
        Ok(())
    }
}
