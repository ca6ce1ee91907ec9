//! What is secret by its name, whatever its value.

use std::ops::Range;

use super::REDACTED;
use super::spelled::Spelled;

/// How a value ends.
#[derive(Clone, Copy)]
enum Value {
    /// With what cannot stand in a token.
    Token,
    /// The same, of a name that is an English word, too: after it a colon without a quotation mark is one of a sentence.
    TokenOfAWord,
    /// With its line or its quotation: it is several words.
    Line,
}

/// Headers, and parts of headers and of queries, in small letters.
const SECRET: [(&str, Value); 8] = [
    ("authorization", Value::Line),
    ("proxy-authorization", Value::Line),
    ("x-amz-security-token", Value::Token),
    ("x-amz-signature", Value::Token),
    ("x-amz-credential", Value::Token),
    ("signature", Value::TokenOfAWord),
    ("credential", Value::TokenOfAWord),
    ("aws_session_token", Value::Token),
];

/// Whether a header or a member of this name is secret.
pub(super) fn is_secret(name: &str) -> bool {
    let name: String = Spelled::of(name.trim()).characters.into_iter().collect();
    SECRET
        .iter()
        .any(|(secret, _)| name.eq_ignore_ascii_case(secret))
}

/// The values of all that is secret by its name, as `name: value`, `name=value`, `"name": "value"` or `<name>value</name>`.
pub(super) fn values(text: &Spelled) -> Vec<Range<usize>> {
    let characters = &text.characters;
    let mut found = Vec::new();
    for at in 0..characters.len() {
        let within_a_word = at
            .checked_sub(1)
            .is_some_and(|before| is_word(characters[before]));
        if within_a_word {
            continue;
        }
        for (name, value) in SECRET {
            let Some(rest) = strip(&characters[at..], name) else {
                continue;
            };
            let Some(begin) = value.begins(rest) else {
                continue;
            };
            let begin = characters.len() - rest.len() + begin;
            let end = begin + value.length(&characters[begin..]);
            if begin < end && !is_redacted(&characters[begin..]) {
                found.push(begin..end);
            }
        }
    }
    found
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn strip<'a>(characters: &'a [char], name: &str) -> Option<&'a [char]> {
    let (found, rest) = characters.split_at_checked(name.len())?;
    let same = found
        .iter()
        .zip(name.chars())
        .all(|(a, b)| a.to_ascii_lowercase() == b);
    same.then_some(rest)
}

fn is_redacted(characters: &[char]) -> bool {
    characters
        .iter()
        .copied()
        .take(REDACTED.len())
        .eq(REDACTED.chars())
}

impl Value {
    /// Where the value begins in what follows its name, if one follows.
    fn begins(self, rest: &[char]) -> Option<usize> {
        let is_quote = |c: &char| matches!(c, '"' | '\'' | '`');
        let is_space = |c: &char| matches!(c, ' ' | '\t');
        let before = rest
            .iter()
            .take_while(|c| is_quote(c) || is_space(c))
            .count();
        let (before, after) = rest.split_at(before);
        let quoted = before.iter().any(is_quote);
        let separated = match (after.first()?, self) {
            (':', Self::TokenOfAWord) => {
                quoted
                    || after[1..]
                        .iter()
                        .find(|c| !is_space(c))
                        .is_some_and(is_quote)
            }
            (':' | '=' | '>', _) => true,
            // A pair, as Rust and Python print it.
            (',', _) => quoted,
            _ => false,
        };
        let skipped =
            |c: &char| is_quote(c) || is_space(c) || matches!(c, ':' | '=' | '>' | ',' | '(' | '[');
        // As far as `[redacted]`, which begins with what is skipped.
        let begins = |at: usize| !skipped(&after[at]) || is_redacted(&after[at..]);
        let at = (0..after.len())
            .find(|at| begins(*at))
            .unwrap_or(after.len());
        separated.then_some(before.len() + at)
    }

    fn length(self, characters: &[char]) -> usize {
        let ends = |c: &char| match self {
            Self::Token | Self::TokenOfAWord => {
                c.is_whitespace()
                    || matches!(
                        c,
                        '"' | '\'' | '`' | ',' | ';' | '&' | '<' | '>' | ')' | ']' | '}' | '\\'
                    )
            }
            Self::Line => matches!(c, '\n' | '\r' | '"' | '\'' | '`' | '<' | '}' | ']' | '\\'),
        };
        characters.iter().take_while(|c| !ends(c)).count()
    }
}
