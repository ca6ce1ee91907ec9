//! Rules: what a template demands of its parameters. An update whose parameters break one is refused before anything is deployed
//! (CloudFormation user guide, "CloudFormation template Rules syntax", "Rule-specific intrinsic functions").

use super::Resolver;
use super::conditions::any_is;
use crate::stack::{NotRehearsed, NotRehearsedKind};
use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Kind, Unknown};

/// The functions of rules that ask AWS: for the attributes of what a parameter names, or for all that there is of a type.
const ASK_AWS: [&str; 3] = ["Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"];

/// The rule by which every template of CDK asks whether the account was bootstrapped. It says nothing of the update, so nobody is told where
/// the version is not given (aws-cdk-lib, `core/lib/stack-synthesizers/_shared.ts`, `addBootstrapVersionRule`).
const OF_CDK: &str = "CheckBootstrapVersion";

impl Resolver<'_> {
    /// Judges the rules of a template. A broken one is reported; those that cannot be judged come back.
    pub(crate) fn rules(&self, rules: Option<&Node>) -> Vec<NotRehearsed> {
        let rules = rules.and_then(Node::as_map).into_iter().flatten();
        rules
            .filter_map(|(name, entry)| {
                let unknown = self.rule(name, &entry.value).filter(|_| name != OF_CDK)?;
                let why = format!("a rule that is not judged: {}", unknown.reason);
                let left_out = NotRehearsed::new(name, "Rule", why, entry.key_place);
                Some(left_out.of_kind(NotRehearsedKind::Rule))
            })
            .collect()
    }

    /// Judges a rule; what keeps it from being judged.
    fn rule(&self, name: &str, rule: &Node) -> Option<Unknown> {
        let applies = rule
            .get("RuleCondition")
            .map_or(Ok(true), |condition| self.rule_holds(condition));
        if applies == Ok(false) {
            return None;
        }
        let mut unknown = None;
        for assertion in rule
            .get("Assertions")
            .and_then(Node::as_list)
            .unwrap_or_default()
        {
            let Some(assert) = assertion.get("Assert") else {
                let message = format!("an assertion of the rule `{name}` has no `Assert`");
                self.report(Diagnostic::error(
                    "template::rule",
                    message,
                    assertion.place,
                ));
                continue;
            };
            match (self.rule_holds(assert), applies.clone()) {
                (Ok(true), _) => {}
                (Ok(false), Ok(_)) => self.report(broken(name, assertion, assert)),
                (Ok(false), Err(reason)) | (Err(reason), _) => unknown = unknown.or(Some(reason)),
            }
        }
        unknown
    }

    /// Whether an expression of a rule holds.
    fn rule_holds(&self, node: &Node) -> Result<bool, Unknown> {
        let Some((function, argument)) = node.intrinsic() else {
            return self.condition_value(node);
        };
        match (function, argument.as_list()) {
            ("Fn::And", Some(operands)) => {
                any_is(operands, false, |operand| self.rule_holds(operand)).map(|decided| !decided)
            }
            ("Fn::Or", Some(operands)) => {
                any_is(operands, true, |operand| self.rule_holds(operand))
            }
            ("Fn::Not", Some([operand])) => self.rule_holds(operand).map(|holds| !holds),
            ("Fn::Contains", Some([list, value])) => {
                let list = self.texts(list)?;
                Ok(self.texts(value)?.iter().all(|text| list.contains(text)))
            }
            ("Fn::EachMemberIn", Some([members, list])) => {
                let list = self.texts(list)?;
                Ok(self.texts(members)?.iter().all(|text| list.contains(text)))
            }
            ("Fn::EachMemberEquals", Some([members, value])) => {
                let value = self.texts(value)?;
                Ok(self.texts(members)?.iter().all(|text| value.contains(text)))
            }
            _ => asks_aws(node).map_or_else(|| self.condition_value(node), Err),
        }
    }

    /// A list of texts, or the one text.
    fn texts(&self, node: &Node) -> Result<Vec<String>, Unknown> {
        if let Some(unknown) = asks_aws(node) {
            return Err(unknown);
        }
        let value = self.value(node);
        if let Some(unknown) = value.first_unknown() {
            return Err(unknown.clone());
        }
        let text = |value: &crate::Value| value.to_text().unwrap_or_default();
        Ok(match &value.kind {
            Kind::List(items) => items.iter().map(text).collect(),
            _ => vec![text(&value)],
        })
    }
}

/// That an assertion does not hold, with the parameters it is about. Other parameters may keep it: it is a warning to who reads the template.
fn broken(name: &str, assertion: &Node, assert: &Node) -> Diagnostic {
    let description = assertion.get("AssertDescription").and_then(Node::as_str);
    let description = description
        .map(|text| format!(": {text}"))
        .unwrap_or_default();
    let message = format!("the rule `{name}` refuses the parameters{description}");
    let mut named = Vec::new();
    parameters_in(assert, &mut named);
    let options: Vec<_> = named
        .iter()
        .map(|name| format!("--parameter {name}=VALUE"))
        .collect();
    let mut diagnostic = Diagnostic::warning("template::rule", message, assert.place).refused();
    diagnostic.help =
        (!options.is_empty()).then(|| format!("give other values: {}", options.join(" ")));
    diagnostic
}

/// What keeps an expression from being known, where one of its functions asks AWS.
fn asks_aws(node: &Node) -> Option<Unknown> {
    if let Some((function, _)) = node.intrinsic()
        && ASK_AWS.contains(&function)
    {
        let reason = format!("{function} asks for what only AWS knows");
        return Some(Unknown::new(reason, node.place));
    }
    match &node.kind {
        NodeKind::List(items) => items.iter().find_map(asks_aws),
        NodeKind::Map(map) => map.values().find_map(|entry| asks_aws(&entry.value)),
        _ => None,
    }
}

/// The names that an expression refers to, each once.
fn parameters_in<'n>(node: &'n Node, names: &mut Vec<&'n str>) {
    match (node.intrinsic(), &node.kind) {
        (Some(("Ref", argument)), _) => {
            names.extend(argument.as_str());
            names.dedup();
        }
        (_, NodeKind::List(items)) => items.iter().for_each(|item| parameters_in(item, names)),
        (_, NodeKind::Map(map)) => map
            .values()
            .for_each(|entry| parameters_in(&entry.value, names)),
        _ => {}
    }
}
