//! Text to an expression.

use super::function::{Function, Reduction};
use super::token::{Operator, Placed, Token, tokens};
use crate::cloudwatch::syntax::SyntaxError;

/// How deep an expression may be nested. No document has a limit; an expression has 2,048 characters at most.
const DEEPEST: usize = 64;

/// How long an expression may be (CloudWatch API, `MetricDataQuery.Expression`).
pub const LONGEST: usize = 2_048;

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    pub(super) root: Node,
}

/// A part of an expression, and its column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) column: usize,
    pub(super) part: Part,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Number(f64),
    /// The id of a metric or an expression.
    Id(String),
    /// `[m1, m2]`
    List(Vec<Node>),
    Negated(Box<Node>),
    Between(Operator, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
    /// A text, as an argument of `METRICS`.
    Text(String),
    /// A word, as an argument of `FILL` or `SORT`.
    Word(Word),
}

/// A word that stands where a function expects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Repeat,
    Linear,
    Ascending,
    Descending,
    /// What `SORT` sorts by.
    By(Reduction),
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong, at its column.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let length = text.chars().count();
        if length > LONGEST {
            return Err(SyntaxError::new(
                LONGEST + 1,
                format!("an expression has {LONGEST} characters at most, and this has {length}"),
            ));
        }
        let mut parser = Parser {
            tokens: tokens(text)?,
            at: 0,
            depth: 0,
        };
        let is_insights = matches!(&parser.peek().token, Token::Word(word) | Token::Id(word) if word.eq_ignore_ascii_case("select"));
        if is_insights {
            return Err(SyntaxError::new(
                1,
                "a Metrics Insights query (SELECT) is not rehearsed",
            ));
        }
        let root = parser.expression(0)?;
        match parser.next() {
            Placed {
                token: Token::End, ..
            } => Ok(Self { root }),
            other => Err(other.unexpected("an operator or the end")),
        }
    }

    /// The ids that it names, each once, in the order of their first use. `METRICS()` names none.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids = Vec::new();
        self.root.visit(&mut |node| {
            if let Part::Id(id) = &node.part
                && !ids.contains(&id.as_str())
            {
                ids.push(id.as_str());
            }
        });
        ids
    }

    /// Whether it uses `METRICS`, so that all metrics of the alarm are its own.
    pub fn uses_all_metrics(&self) -> bool {
        let mut uses = false;
        self.root.visit(&mut |node| {
            uses |= matches!(node.part, Part::Call(Function::Metrics, _));
        });
        uses
    }

    /// Where it has a function of one series whose value depends on how many data points an alarm looks at; AWS advises against it.
    pub fn depends_on_range(&self) -> Option<usize> {
        let mut column = None;
        self.root.visit(&mut |node| {
            if let Part::Call(function, arguments) = &node.part
                && function.depends_on_range()
                && !matches!((function, arguments.first().map(|first| &first.part)), (Function::Reduce(_), Some(part)) if part.is_many())
            {
                column = column.or(Some(node.column));
            }
        });
        column
    }
}

impl Part {
    /// Whether it certainly is several series.
    fn is_many(&self) -> bool {
        match self {
            Self::List(_)
            | Self::Call(
                Function::Metrics | Function::Slice | Function::Sort | Function::RemoveEmpty,
                _,
            ) => true,
            Self::Call(Function::Each(_) | Function::Fill, arguments) => {
                arguments.first().is_some_and(|first| first.part.is_many())
            }
            Self::Negated(of) => of.part.is_many(),
            Self::Between(_, left, right) => left.part.is_many() || right.part.is_many(),
            _ => false,
        }
    }
}

impl Node {
    fn visit<'n>(&'n self, see: &mut impl FnMut(&'n Node)) {
        see(self);
        match &self.part {
            Part::Negated(of) => of.visit(see),
            Part::Between(_, left, right) => {
                left.visit(see);
                right.visit(see);
            }
            Part::List(nodes) | Part::Call(_, nodes) => {
                for node in nodes {
                    node.visit(see);
                }
            }
            Part::Number(_) | Part::Id(_) | Part::Text(_) | Part::Word(_) => {}
        }
    }
}

impl Operator {
    /// The higher binds first. Assumed: the documents name no order, so it is the usual one; where that is not one and the same
    /// everywhere, in `a ^ b ^ c`, `-a ^ b` and `a < b < c`, parentheses are asked for.
    fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual => 3,
            Self::Add | Self::Subtract => 4,
            Self::Multiply | Self::Divide => 5,
            Self::Power => 7,
        }
    }

    /// Whether `a op b op c` needs parentheses.
    fn is_alone(self) -> bool {
        matches!(self.precedence(), 3 | 7)
    }
}

/// Above all operators: one operand alone.
const OPERAND: u8 = 8;

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
}

impl Placed {
    fn unexpected(&self, expected: &str) -> SyntaxError {
        let found = match &self.token {
            Token::End => "the expression ends".to_owned(),
            Token::Number(number) => format!("{number} stands"),
            Token::Id(word) | Token::Word(word) => format!("{word} stands"),
            Token::Text(text) => format!("\"{text}\" stands"),
            Token::Open => "( stands".to_owned(),
            Token::Close => ") stands".to_owned(),
            Token::OpenList => "[ stands".to_owned(),
            Token::CloseList => "] stands".to_owned(),
            Token::Comma => ", stands".to_owned(),
            Token::Operator(_) => "an operator stands".to_owned(),
        };
        SyntaxError::new(self.column, format!("{found} where {expected} is expected"))
    }
}

impl Parser {
    fn peek(&self) -> &Placed {
        // The last token is the end, which `next` never passes.
        &self.tokens[self.at]
    }

    fn next(&mut self) -> Placed {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn expect(&mut self, token: &Token, name: &str) -> Result<(), SyntaxError> {
        let next = self.next();
        if next.token == *token {
            Ok(())
        } else {
            Err(next.unexpected(name))
        }
    }

    /// An expression whose operators bind at least so.
    fn expression(&mut self, lowest: u8) -> Result<Node, SyntaxError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SyntaxError::new(
                self.peek().column,
                "this is nested too deeply",
            ));
        }
        let mut is_in_parentheses = self.peek().token == Token::Open;
        let mut left = self.operand()?;
        while let Placed {
            token: Token::Operator(operator),
            column,
        } = *self.peek()
        {
            let precedence = operator.precedence();
            if precedence < lowest {
                break;
            }
            let repeats = match &left.part {
                Part::Between(before, ..) => {
                    before.precedence() == precedence && operator.is_alone()
                }
                Part::Negated(_) => operator == Operator::Power,
                _ => false,
            };
            if repeats && !is_in_parentheses {
                return Err(SyntaxError::new(
                    column,
                    "write parentheses: no document says what comes first here",
                ));
            }
            self.next();
            let right = self.expression(precedence + 1)?;
            is_in_parentheses = false;
            left = Node {
                column: left.column,
                part: Part::Between(operator, Box::new(left), Box::new(right)),
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Node, SyntaxError> {
        let Placed { token, column } = self.next();
        let part = match token {
            Token::Number(number) => Part::Number(number),
            Token::Id(id) if self.peek().token == Token::Open => {
                return Err(SyntaxError::new(
                    column,
                    Function::parse(&id).err().unwrap_or_default(),
                ));
            }
            Token::Id(id) => Part::Id(id),
            Token::Word(name) if self.peek().token == Token::Open => {
                let function =
                    Function::parse(&name).map_err(|message| SyntaxError::new(column, message))?;
                self.next();
                Part::Call(function, self.arguments(&Token::Close, ")")?)
            }
            Token::Word(name) => {
                Part::Word(Word::parse(&name).map_err(|message| SyntaxError::new(column, message))?)
            }
            Token::Text(text) => Part::Text(text),
            Token::Open => {
                let inner = self.expression(0)?;
                self.expect(&Token::Close, ")")?;
                // Its column is the inner one's: that is what an error is about.
                return Ok(inner);
            }
            Token::OpenList => Part::List(self.arguments(&Token::CloseList, "]")?),
            Token::Operator(Operator::Subtract) => {
                Part::Negated(Box::new(self.expression(OPERAND)?))
            }
            other => {
                return Err(Placed {
                    token: other,
                    column,
                }
                .unexpected("a metric, a number or a function"));
            }
        };
        Ok(Node { column, part })
    }

    fn arguments(&mut self, close: &Token, name: &str) -> Result<Vec<Node>, SyntaxError> {
        let mut arguments = Vec::new();
        if self.peek().token == *close {
            self.next();
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression(0)?);
            let next = self.next();
            if next.token == *close {
                return Ok(arguments);
            }
            if next.token != Token::Comma {
                return Err(next.unexpected(&format!(", or {name}")));
            }
        }
    }
}

impl Word {
    fn parse(name: &str) -> Result<Self, String> {
        Ok(match name {
            "REPEAT" => Self::Repeat,
            "LINEAR" => Self::Linear,
            "ASC" => Self::Ascending,
            "DESC" => Self::Descending,
            "AVG" => Self::By(Reduction::Avg),
            "MAX" => Self::By(Reduction::Max),
            "MIN" => Self::By(Reduction::Min),
            "SUM" => Self::By(Reduction::Sum),
            _ if Function::parse(name).is_ok() => {
                return Err(format!("{name} is a function: write {name}(…)"));
            }
            _ => {
                return Err(format!(
                    "{name} is no id (they begin with a small letter) and no word of metric math"
                ));
            }
        })
    }
}
