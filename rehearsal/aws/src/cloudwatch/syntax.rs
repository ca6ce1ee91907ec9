//! Texts in CloudWatch's own languages, filter patterns, rules and expressions: what is wrong with one, and its characters in their order.

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct SyntaxError {
    /// From 1, in characters of the text.
    pub column: usize,
    /// What is wrong, and what to write.
    pub message: String,
}

impl SyntaxError {
    pub(super) fn new(column: usize, message: impl Into<String>) -> Self {
        Self {
            column,
            message: message.into(),
        }
    }
}

/// The characters of a text, one after another.
pub(super) struct Reader {
    characters: Vec<char>,
    at: usize,
}

impl Reader {
    pub(super) fn new(text: &str) -> Self {
        Self {
            characters: text.chars().collect(),
            at: 0,
        }
    }

    /// What is wrong where it is now.
    pub(super) fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.at + 1, message)
    }

    fn skip_spaces(&mut self) {
        while self
            .characters
            .get(self.at)
            .is_some_and(|character| character.is_whitespace())
        {
            self.at += 1;
        }
    }

    /// The next character that is no space.
    pub(super) fn peek(&mut self) -> Option<char> {
        self.skip_spaces();
        self.characters.get(self.at).copied()
    }

    /// Takes this text, if it comes next, after spaces.
    pub(super) fn take(&mut self, text: &str) -> bool {
        self.skip_spaces();
        let length = text.chars().count();
        let found = self.characters[self.at..]
            .iter()
            .take(length)
            .copied()
            .eq(text.chars());
        if found {
            self.at += length;
        }
        found
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), SyntaxError> {
        if self.take(text) {
            Ok(())
        } else {
            Err(self.error(format!("{text} is expected here")))
        }
    }

    /// Passes so many characters.
    pub(super) fn pass(&mut self, characters: usize) {
        self.at += characters;
    }

    /// The word that comes next, of letters, digits and `_`, which is not taken.
    pub(super) fn word(&mut self) -> String {
        self.skip_spaces();
        let rest = self.characters[self.at..].iter();
        rest.take_while(|character| character.is_ascii_alphanumeric() || **character == '_')
            .collect()
    }

    /// All that comes before the first of these signs. `None` where none of them comes.
    pub(super) fn take_until(&mut self, ends: &[char]) -> Option<String> {
        let rest = &self.characters[self.at..];
        let length = rest.iter().position(|character| ends.contains(character))?;
        let text = rest[..length].iter().collect();
        self.at += length;
        Some(text)
    }

    /// Takes this word, in any case, if it comes next and ends there.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.skip_spaces();
        let rest = &self.characters[self.at..];
        let found: String = rest
            .iter()
            .take_while(|character| character.is_ascii_alphanumeric())
            .collect();
        let is_word = found.eq_ignore_ascii_case(word);
        if is_word {
            self.at += found.len();
        }
        is_word
    }

    /// All that comes next and fits; the spaces before it are passed over.
    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        self.skip_spaces();
        let text: String = self.characters[self.at..]
            .iter()
            .take_while(|character| fits(**character))
            .collect();
        self.at += text.chars().count();
        text
    }

    /// A text in quotation marks, without them. `\"` is one inside it.
    pub(super) fn quoted(&mut self) -> Result<String, SyntaxError> {
        let (text, end) = quoted(&self.characters, self.at)
            .ok_or_else(|| self.error("this quotation mark is not closed"))?;
        self.at = end;
        Ok(text)
    }
}

/// The text in the quotation marks that open at `at`, without them, and where what follows begins. `\"` and `\\` are one character
/// inside them. `None` where they are not closed.
fn quoted(characters: &[char], at: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut at = at + 1;
    loop {
        let character = *characters.get(at)?;
        at += 1;
        match character {
            '"' => return Some((text, at)),
            '\\' if matches!(characters.get(at), Some('"' | '\\')) => {
                text.extend(characters.get(at));
                at += 1;
            }
            other => text.push(other),
        }
    }
}
