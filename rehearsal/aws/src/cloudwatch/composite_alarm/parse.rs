//! Text to a rule.

use super::{Rule, RuleError, Threshold, alarm_name};
use crate::cloudwatch::metric_alarm::AlarmState;
use crate::cloudwatch::quoted::quoted;

/// How deep a rule may be nested; a bound of ours against a stack overflow.
const DEEPEST: usize = 64;

/// Reads a rule.
pub(super) fn root(text: &str) -> Result<Rule, RuleError> {
    let mut parser = Parser {
        characters: text.chars().collect(),
        at: 0,
        depth: 0,
    };
    let root = parser.either()?;
    parser.skip_spaces();
    if parser.at < parser.characters.len() {
        return Err(parser.error("AND, OR or the end is expected here"));
    }
    Ok(root)
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn error(&self, message: impl Into<String>) -> RuleError {
        RuleError {
            column: self.at + 1,
            message: message.into(),
        }
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

    fn peek(&mut self) -> Option<char> {
        self.skip_spaces();
        self.characters.get(self.at).copied()
    }

    fn expect(&mut self, sign: char) -> Result<(), RuleError> {
        if self.peek() == Some(sign) {
            self.at += 1;
            return Ok(());
        }
        Err(self.error(format!("{sign} is expected here")))
    }

    /// The word that comes next, which is not taken.
    fn word(&mut self) -> String {
        self.skip_spaces();
        let rest = &self.characters[self.at..];
        rest.iter()
            .take_while(|character| character.is_ascii_alphanumeric() || **character == '_')
            .collect()
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.word() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    fn either(&mut self) -> Result<Rule, RuleError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("this is nested too deeply"));
        }
        let mut rule = self.both()?;
        while self.take_word("OR") {
            rule = Rule::Or(Box::new(rule), Box::new(self.both()?));
        }
        self.depth -= 1;
        Ok(rule)
    }

    fn both(&mut self) -> Result<Rule, RuleError> {
        let mut rule = self.single()?;
        while self.take_word("AND") {
            rule = Rule::And(Box::new(rule), Box::new(self.single()?));
        }
        Ok(rule)
    }

    fn single(&mut self) -> Result<Rule, RuleError> {
        let mut is_negated = false;
        while self.take_word("NOT") {
            is_negated = !is_negated;
        }
        let rule = self.primary()?;
        Ok(if is_negated {
            Rule::Not(Box::new(rule))
        } else {
            rule
        })
    }

    fn primary(&mut self) -> Result<Rule, RuleError> {
        if self.peek() == Some('(') {
            self.at += 1;
            let rule = self.either()?;
            self.expect(')')?;
            return Ok(rule);
        }
        let word = self.word();
        match word.as_str() {
            "TRUE" | "FALSE" => {
                self.at += word.len();
                // `TRUE()` is not documented; nothing is made of it.
                Ok(Rule::Constant(word == "TRUE"))
            }
            "AT_LEAST" => {
                self.at += word.len();
                self.at_least()
            }
            _ => match state(&word) {
                Some(state) => {
                    self.at += word.len();
                    self.expect('(')?;
                    let alarm = self.alarm(&[')'])?;
                    self.expect(')')?;
                    Ok(Rule::In(state, alarm))
                }
                None if word.is_empty() => Err(self.error("a condition is expected here, such as ALARM(\"name\")")),
                None => Err(self.error(format!(
                    "{word} is no part of a rule, which has ALARM, OK, INSUFFICIENT_DATA, AT_LEAST, TRUE, FALSE, AND, OR, NOT, in capitals"
                ))),
            },
        }
    }

    fn at_least(&mut self) -> Result<Rule, RuleError> {
        self.expect('(')?;
        let digits = self.word();
        let number: usize = digits
            .parse()
            .map_err(|_| self.error("AT_LEAST begins with a count or a percentage"))?;
        self.at += digits.len();
        let threshold = if self.peek() == Some('%') {
            self.at += 1;
            Threshold::Percent(number)
        } else {
            Threshold::Count(number)
        };
        self.expect(',')?;
        let is_in = !self.take_word("NOT");
        let word = self.word();
        let state = state(&word)
            .ok_or_else(|| self.error("ALARM, OK or INSUFFICIENT_DATA is expected here"))?;
        self.at += word.len();
        self.expect(',')?;
        self.expect('(')?;
        let mut alarms = vec![self.alarm(&[',', ')'])?];
        while self.peek() == Some(',') {
            self.at += 1;
            alarms.push(self.alarm(&[',', ')'])?);
        }
        self.expect(')')?;
        self.expect(')')?;
        Ok(Rule::AtLeast {
            threshold,
            state,
            is_in,
            alarms,
        })
    }

    /// An alarm's name or ARN, in quotation marks or not. One without them ends at the first of these signs.
    fn alarm(&mut self, ends: &[char]) -> Result<String, RuleError> {
        let written = if self.peek() == Some('"') {
            self.quoted()?
        } else {
            let rest = &self.characters[self.at..];
            let length = rest
                .iter()
                .position(|character| ends.contains(character))
                .ok_or_else(|| self.error("this alarm's name is not closed by )"))?;
            let written: String = rest[..length].iter().collect();
            self.at += length;
            written.trim().to_owned()
        };
        if written.is_empty() {
            return Err(self.error("an alarm's name or ARN is expected here"));
        }
        Ok(alarm_name(&written).to_owned())
    }

    fn quoted(&mut self) -> Result<String, RuleError> {
        let (text, end) = quoted(&self.characters, self.at)
            .ok_or_else(|| self.error("this quotation mark is not closed"))?;
        self.at = end;
        Ok(text)
    }
}

fn state(word: &str) -> Option<AlarmState> {
    Some(match word {
        "ALARM" => AlarmState::Alarm,
        "OK" => AlarmState::Ok,
        "INSUFFICIENT_DATA" => AlarmState::InsufficientData,
        _ => return None,
    })
}
