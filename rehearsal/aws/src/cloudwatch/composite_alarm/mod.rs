//! Composite alarms: a rule over the states of other alarms.
//!
//! Source: CloudWatch API, `PutCompositeAlarm.AlarmRule`; user guide, "Combining alarms". `AT_LEAST(2, ALARM, (a, b, c))`, with a
//! count or a percentage and a state that `NOT` may stand before, is there since November 2025 (aws-cdk issue 37692).
//!
//! Assumed, because no document says it: `NOT` binds before `AND`, and `AND` before `OR`, as everywhere; a composite alarm is in ALARM
//! where its rule is true, and otherwise OK, from its first evaluation on.

mod parse;

use std::collections::BTreeMap;

use crate::cloudwatch::metric_alarm::AlarmState;
use crate::cloudwatch::syntax::SyntaxError;

/// Whether CodeDeploy looks at the state of a composite alarm that a deployment group names.
///
/// Assumed: `DescribeAlarms` leaves composite alarms out unless `AlarmTypes` asks for them, and no source says whether CodeDeploy asks.
pub const CODEDEPLOY_LOOKS_AT_COMPOSITE_ALARMS: bool = true;

/// How many alarms a rule may name (CloudWatch user guide, "Create a composite alarm").
pub const MOST_CHILDREN: usize = 100;

/// A parsed `AlarmRule`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRule {
    root: Rule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Constant(bool),
    /// Whether an alarm, by the name in the rule, is in a state.
    In(AlarmState, String),
    /// Whether so many alarms are in a state, or are not.
    AtLeast {
        threshold: Threshold,
        state: AlarmState,
        is_in: bool,
        alarms: Vec<String>,
    },
    Not(Box<Rule>),
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Threshold {
    Count(usize),
    Percent(usize),
}

/// The name of an alarm that is written as a name or as an ARN (`arn:aws:cloudwatch:us-east-1:123456789012:alarm:name`).
pub fn alarm_name(written: &str) -> &str {
    let mut parts = written.splitn(7, ':');
    match (parts.next(), parts.nth(1), parts.nth(2), parts.next()) {
        (Some("arn"), Some("cloudwatch"), Some("alarm"), Some(name)) => name,
        _ => written,
    }
}

impl AlarmRule {
    /// Reads a rule.
    ///
    /// # Errors
    /// What is wrong, at its column.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let root = parse::root(text)?;
        let rule = Self { root };
        let children = rule.alarms().len();
        if children > MOST_CHILDREN {
            return Err(SyntaxError {
                column: 1,
                message: format!(
                    "a rule names {MOST_CHILDREN} alarms at most, and this names {children}"
                ),
            });
        }
        Ok(rule)
    }

    /// The alarms that it names, each once, by name (an ARN is read as the name in it), in the order of their first use.
    pub fn alarms(&self) -> Vec<&str> {
        let mut alarms = Vec::new();
        self.root.visit(&mut |alarm| {
            if !alarms.contains(&alarm) {
                alarms.push(alarm);
            }
        });
        alarms
    }

    /// Whether it holds; `state` knows each alarm that it names.
    pub fn holds(&self, state: &dyn Fn(&str) -> AlarmState) -> bool {
        self.root.holds(state)
    }

    /// The composite alarm's state.
    pub fn state(&self, state: &dyn Fn(&str) -> AlarmState) -> AlarmState {
        if self.holds(state) {
            AlarmState::Alarm
        } else {
            AlarmState::Ok
        }
    }
}

impl Rule {
    fn holds(&self, of: &dyn Fn(&str) -> AlarmState) -> bool {
        match self {
            Self::Constant(holds) => *holds,
            Self::In(state, alarm) => of(alarm) == *state,
            Self::AtLeast {
                threshold,
                state,
                is_in,
                alarms,
            } => {
                let found = alarms
                    .iter()
                    .filter(|alarm| (of(alarm) == *state) == *is_in)
                    .count();
                match threshold {
                    Threshold::Count(count) => found >= *count,
                    Threshold::Percent(percent) => found * 100 >= percent * alarms.len(),
                }
            }
            Self::Not(rule) => !rule.holds(of),
            Self::And(left, right) => left.holds(of) && right.holds(of),
            Self::Or(left, right) => left.holds(of) || right.holds(of),
        }
    }

    fn visit<'r>(&'r self, see: &mut impl FnMut(&'r str)) {
        match self {
            Self::Constant(_) => {}
            Self::In(_, alarm) => see(alarm),
            Self::AtLeast { alarms, .. } => {
                for alarm in alarms {
                    see(alarm);
                }
            }
            Self::Not(rule) => rule.visit(see),
            Self::And(left, right) | Self::Or(left, right) => {
                left.visit(see);
                right.visit(see);
            }
        }
    }
}

/// Composite alarms in an order in which each comes after those that its rule names. `children` are the composite alarms that each names.
///
/// # Errors
/// A circle, as the names on it: `["A", "B", "A"]`.
pub fn children_first(
    children: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<String>, Vec<String>> {
    fn visit<'c>(
        name: &'c str,
        children: &'c BTreeMap<String, Vec<String>>,
        path: &mut Vec<&'c str>,
        order: &mut Vec<String>,
    ) -> Result<(), Vec<String>> {
        if order.iter().any(|known| known == name) {
            return Ok(());
        }
        if let Some(start) = path.iter().position(|on_path| *on_path == name) {
            let circle = path[start..].iter().copied().chain([name]);
            return Err(circle.map(ToOwned::to_owned).collect());
        }
        let Some(named) = children.get(name) else {
            return Ok(());
        };
        path.push(name);
        for child in named {
            visit(child, children, path, order)?;
        }
        path.pop();
        order.push(name.to_owned());
        Ok(())
    }
    let mut order = Vec::new();
    for name in children.keys() {
        visit(name, children, &mut Vec::new(), &mut order)?;
    }
    Ok(order)
}

#[cfg(test)]
mod tests;
