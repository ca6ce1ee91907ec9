//! Text to a rule.

use super::{Rule, Threshold, alarm_name};
use crate::cloudwatch::metric_alarm::AlarmState;
use crate::cloudwatch::syntax::{Reader, SyntaxError};

/// How deep a rule may be nested; a bound of ours against a stack overflow.
const DEEPEST: usize = 64;

/// Reads a rule.
pub(super) fn root(text: &str) -> Result<Rule, SyntaxError> {
    let mut parser = Parser {
        reader: Reader::new(text),
        depth: 0,
    };
    let root = parser.either()?;
    if parser.reader.peek().is_some() {
        return Err(parser.reader.error("AND, OR or the end is expected here"));
    }
    Ok(root)
}

struct Parser {
    reader: Reader,
    depth: usize,
}

impl Parser {
    fn take_word(&mut self, word: &str) -> bool {
        let found = self.reader.word() == word;
        if found {
            self.reader.pass(word.len());
        }
        found
    }

    fn either(&mut self) -> Result<Rule, SyntaxError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.reader.error("this is nested too deeply"));
        }
        let mut rule = self.both()?;
        while self.take_word("OR") {
            rule = Rule::Or(Box::new(rule), Box::new(self.both()?));
        }
        self.depth -= 1;
        Ok(rule)
    }

    fn both(&mut self) -> Result<Rule, SyntaxError> {
        let mut rule = self.single()?;
        while self.take_word("AND") {
            rule = Rule::And(Box::new(rule), Box::new(self.single()?));
        }
        Ok(rule)
    }

    fn single(&mut self) -> Result<Rule, SyntaxError> {
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

    fn primary(&mut self) -> Result<Rule, SyntaxError> {
        if self.reader.take("(") {
            let rule = self.either()?;
            self.reader.expect(")")?;
            return Ok(rule);
        }
        let word = self.reader.word();
        match word.as_str() {
            "TRUE" | "FALSE" => {
                self.reader.pass(word.len());
                // `TRUE()` is not documented; nothing is made of it.
                Ok(Rule::Constant(word == "TRUE"))
            }
            "AT_LEAST" => {
                self.reader.pass(word.len());
                self.at_least()
            }
            _ => match state(&word) {
                Some(state) => {
                    self.reader.pass(word.len());
                    self.reader.expect("(")?;
                    let alarm = self.alarm(&[')'])?;
                    self.reader.expect(")")?;
                    Ok(Rule::In(state, alarm))
                }
                None if word.is_empty() => Err(self.reader.error("a condition is expected here, such as ALARM(\"name\")")),
                None => Err(self.reader.error(format!(
                    "{word} is no part of a rule, which has ALARM, OK, INSUFFICIENT_DATA, AT_LEAST, TRUE, FALSE, AND, OR, NOT, in capitals"
                ))),
            },
        }
    }

    fn at_least(&mut self) -> Result<Rule, SyntaxError> {
        self.reader.expect("(")?;
        let digits = self.reader.word();
        let number: usize = digits.parse().map_err(|_| {
            self.reader
                .error("AT_LEAST begins with a count or a percentage")
        })?;
        self.reader.pass(digits.len());
        let threshold = if self.reader.take("%") {
            Threshold::Percent(number)
        } else {
            Threshold::Count(number)
        };
        self.reader.expect(",")?;
        let is_in = !self.take_word("NOT");
        let word = self.reader.word();
        let state = state(&word).ok_or_else(|| {
            self.reader
                .error("ALARM, OK or INSUFFICIENT_DATA is expected here")
        })?;
        self.reader.pass(word.len());
        self.reader.expect(",")?;
        self.reader.expect("(")?;
        let mut alarms = vec![self.alarm(&[',', ')'])?];
        while self.reader.take(",") {
            alarms.push(self.alarm(&[',', ')'])?);
        }
        self.reader.expect(")")?;
        self.reader.expect(")")?;
        Ok(Rule::AtLeast {
            threshold,
            state,
            is_in,
            alarms,
        })
    }

    /// An alarm's name or ARN, in quotation marks or not. One without them ends at the first of these signs.
    fn alarm(&mut self, ends: &[char]) -> Result<String, SyntaxError> {
        let written = if self.reader.peek() == Some('"') {
            self.reader.quoted()?
        } else {
            let written = self.reader.take_until(ends);
            let unclosed = || self.reader.error("this alarm's name is not closed by )");
            written.ok_or_else(unclosed)?.trim().to_owned()
        };
        if written.is_empty() {
            return Err(self.reader.error("an alarm's name or ARN is expected here"));
        }
        Ok(alarm_name(&written).to_owned())
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
