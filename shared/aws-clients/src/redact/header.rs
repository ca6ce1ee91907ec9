//! What is secret by its name, whatever its value.

use std::ops::Range;

use super::REDACTED;
use super::spelled::Spelled;

/// How a value ends.
#[derive(Clone, Copy)]
enum Value {
    /// With what cannot stand in a token.
    Token,
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
    ("signature", Value::Token),
    ("credential", Value::Token),
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
            let Some(begin) = value_begins(rest) else {
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

/// Where the value begins in what follows its name, if one follows.
fn value_begins(rest: &[char]) -> Option<usize> {
    let is_quote = |c: &char| matches!(c, '"' | '\'' | '`');
    let spaces_and_quotes = rest
        .iter()
        .take_while(|c| is_quote(c) || matches!(c, ' ' | '\t'))
        .count();
    let (before, after) = rest.split_at(spaces_and_quotes);
    let separated = match after.first()? {
        ':' | '=' | '>' => true,
        // A pair, as Rust and Python print it.
        ',' => before.iter().any(is_quote),
        _ => false,
    };
    let skipped =
        |c: &char| is_quote(c) || matches!(c, ' ' | '\t' | ':' | '=' | '>' | ',' | '(' | '[');
    // As far as `[redacted]`, which begins with what is skipped.
    let begins = |at: usize| !skipped(&after[at]) || is_redacted(&after[at..]);
    let at = (0..after.len())
        .find(|at| begins(*at))
        .unwrap_or(after.len());
    separated.then_some(spaces_and_quotes + at)
}

fn is_redacted(characters: &[char]) -> bool {
    characters
        .iter()
        .copied()
        .take(REDACTED.len())
        .eq(REDACTED.chars())
}

impl Value {
    fn length(self, characters: &[char]) -> usize {
        let ends = |c: &char| match self {
            Self::Token => {
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
