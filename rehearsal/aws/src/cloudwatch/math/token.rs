//! The words and signs of an expression.

use crate::cloudwatch::syntax::SyntaxError;

/// Between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `OR`, `||`
    Or,
    /// `AND`, `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^`
    Power,
}

/// A word or a sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// The id of a metric or an expression: it begins with a small letter.
    Id(String),
    /// A function's name, or a word such as `REPEAT`.
    Word(String),
    /// In quotes.
    Text(String),
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Operator(Operator),
    End,
}

/// A token and its column, from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) column: usize,
}

/// The tokens of an expression, [`Token::End`] last.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, SyntaxError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(character) = characters.get(at) {
        if character.is_whitespace() {
            at += 1;
            continue;
        }
        let (token, length) =
            token(&characters[at..]).map_err(|message| SyntaxError::new(at + 1, message))?;
        tokens.push(Placed {
            token,
            column: at + 1,
        });
        at += length;
    }
    tokens.push(Placed {
        token: Token::End,
        column: characters.len() + 1,
    });
    Ok(tokens)
}

/// The first token, and how many characters it has.
fn token(rest: &[char]) -> Result<(Token, usize), String> {
    let next = rest.get(1).copied().unwrap_or(' ');
    let sign = |token, length| Ok((token, length));
    let operator = |operator, length| Ok((Token::Operator(operator), length));
    match (rest[0], next) {
        ('(', _) => sign(Token::Open, 1),
        (')', _) => sign(Token::Close, 1),
        ('[', _) => sign(Token::OpenList, 1),
        (']', _) => sign(Token::CloseList, 1),
        (',', _) => sign(Token::Comma, 1),
        ('+', _) => operator(Operator::Add, 1),
        ('-', _) => operator(Operator::Subtract, 1),
        ('*', _) => operator(Operator::Multiply, 1),
        ('/', _) => operator(Operator::Divide, 1),
        ('^', _) => operator(Operator::Power, 1),
        ('=', '=') => operator(Operator::Equal, 2),
        ('!', '=') => operator(Operator::NotEqual, 2),
        ('<', '=') => operator(Operator::LessOrEqual, 2),
        ('>', '=') => operator(Operator::GreaterOrEqual, 2),
        ('<', _) => operator(Operator::Less, 1),
        ('>', _) => operator(Operator::Greater, 1),
        ('&', '&') => operator(Operator::And, 2),
        ('|', '|') => operator(Operator::Or, 2),
        ('=', _) => Err("a comparison is written ==".to_owned()),
        (quote @ ('"' | '\''), _) => quoted(rest, quote),
        (first, _) if first.is_ascii_digit() || first == '.' => number(rest),
        (first, _) if first.is_ascii_alphabetic() => Ok(word(rest)),
        (other, _) => Err(format!("{other:?} has no meaning here")),
    }
}

fn quoted(rest: &[char], quote: char) -> Result<(Token, usize), String> {
    let length = rest[1..]
        .iter()
        .position(|character| *character == quote)
        .ok_or("this quotation mark is not closed")?;
    let text = rest[1..=length].iter().collect();
    Ok((Token::Text(text), length + 2))
}

fn number(rest: &[char]) -> Result<(Token, usize), String> {
    let mut length = 0;
    for (index, character) in rest.iter().enumerate() {
        let is_exponent_sign =
            matches!(character, '+' | '-') && index > 0 && matches!(rest[index - 1], 'e' | 'E');
        if !character.is_ascii_digit() && !matches!(character, '.' | 'e' | 'E') && !is_exponent_sign
        {
            break;
        }
        length = index + 1;
    }
    let text: String = rest[..length].iter().collect();
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((Token::Number(number), length)),
        _ => Err(format!("{text} is not a number")),
    }
}

fn word(rest: &[char]) -> (Token, usize) {
    let length = rest
        .iter()
        .take_while(|character| character.is_ascii_alphanumeric() || **character == '_')
        .count();
    let word: String = rest[..length].iter().collect();
    let token = match word.as_str() {
        "AND" => Token::Operator(Operator::And),
        "OR" => Token::Operator(Operator::Or),
        _ if word.starts_with(|first: char| first.is_ascii_lowercase()) => Token::Id(word),
        _ => Token::Word(word),
    };
    (token, length)
}
