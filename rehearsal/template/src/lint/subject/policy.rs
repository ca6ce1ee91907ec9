//! What a role may do, as far as the template says it.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use rehearsal_aws::arn::Arn;

use crate::resolve::Resolver;
use crate::{Kind, Stack, Value};

/// AWS managed policies, each with what it allows of the actions that lints ask for (AWS managed policy reference). Which functions
/// those of CodeDeploy let it invoke is in `hook_role`.
const MANAGED: [(&str, &[&str]); 20] = [
    ("AWSCodeDeployRole", &[SEE_ALARMS, "sns:Publish"]),
    ("AWSCodeDeployRoleForECS", &[SEE_ALARMS, "sns:Publish"]),
    (
        "AWSCodeDeployRoleForECSLimited",
        &[SEE_ALARMS, "sns:Publish"],
    ),
    (
        "AWSCodeDeployRoleForLambda",
        &[SEE_ALARMS, SHIFT, "sns:Publish"],
    ),
    ("AWSCodeDeployRoleForLambdaLimited", &[SEE_ALARMS, SHIFT]),
    ("AWSLambdaBasicExecutionRole", &[]),
    ("AWSLambdaDynamoDBExecutionRole", &["dynamodb:*"]),
    ("AWSLambdaENIManagementAccess", &["ec2:*"]),
    ("AWSLambdaExecute", &[]),
    ("AWSLambdaInvocation-DynamoDB", &["dynamodb:*", INVOKE]),
    ("AWSLambdaKinesisExecutionRole", &["kinesis:*"]),
    ("AWSLambdaMSKExecutionRole", &["ec2:*"]),
    ("AWSLambdaRole", &[INVOKE]),
    (
        "AWSLambdaSQSQueueExecutionRole",
        &[
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
        ],
    ),
    ("AWSLambdaVPCAccessExecutionRole", &["ec2:*"]),
    ("AWSLambda_ReadOnlyAccess", &[]),
    ("AWSXRayDaemonWriteAccess", &[]),
    ("AWSXrayWriteOnlyAccess", &[]),
    ("CloudWatchLambdaInsightsExecutionRolePolicy", &[]),
    ("CloudWatchReadOnlyAccess", &[SEE_ALARMS]),
];

/// What lets a service, or a role, invoke a function.
pub(in crate::lint) const INVOKE: &str = "lambda:InvokeFunction";
/// What moves an alias.
pub(in crate::lint) const SHIFT: &str = "lambda:UpdateAlias";
/// What tells the state of an alarm.
pub(in crate::lint) const SEE_ALARMS: &str = "cloudwatch:DescribeAlarms";

/// What the roles of a template are granted, each read when it is first asked for.
pub(in crate::lint) struct Policies<'s, 't> {
    stack: &'s Stack,
    resolver: &'s Resolver<'t>,
    /// `AWS::IAM::Policy`, `ManagedPolicy` and `RolePolicy`: what is attached to roles from outside.
    attached: OnceCell<Vec<Attached>>,
    grants: RefCell<HashMap<String, Option<Rc<Grants>>>>,
}

/// A policy that stands beside the roles that it is for.
struct Attached {
    /// A managed policy's ARN.
    arn: Option<String>,
    properties: Value,
}

impl Attached {
    fn all(stack: &Stack, resolver: &Resolver<'_>) -> Vec<Self> {
        stack
            .resources
            .iter()
            .filter(|resource| {
                matches!(
                    resource.r#type.as_str(),
                    "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::RolePolicy"
                )
            })
            .filter_map(|resource| resolver.resources.by_id.get(&resource.logical_id))
            .map(|resource| Self {
                arn: (resource.r#type == "AWS::IAM::ManagedPolicy")
                    .then(|| resolver.attribute(resource, None, resource.place).to_text())
                    .flatten(),
                properties: resolver.value(&resource.properties),
            })
            .collect()
    }

    /// Whether it is for a role; `None` where that is not known.
    fn is_for(&self, role: &str) -> Option<bool> {
        let roles = ["Roles", "RoleName"].into_iter();
        let roles = roles.filter_map(|key| self.properties.get(key));
        let mut names = roles.flat_map(Value::one_or_many);
        let mut is_known = self.properties.as_unknown().is_none();
        let is_named = names.any(|name| {
            is_known &= name.as_unknown().is_none();
            name.as_str() == Some(role)
        });
        (is_named || is_known).then_some(is_named)
    }
}

/// What a role of the template is granted: its own policies and those that name it.
#[derive(Default)]
pub(in crate::lint) struct Grants {
    /// The statements of the policies that are known.
    statements: Vec<Value>,
    /// The managed policies that are not the template's own, by name.
    pub(in crate::lint) managed: Vec<String>,
    /// Whether there is anything that only AWS knows.
    has_unknown: bool,
}

impl<'s, 't> Policies<'s, 't> {
    /// The roles of a stack.
    pub(super) fn of(stack: &'s Stack, resolver: &'s Resolver<'t>) -> Self {
        Self {
            stack,
            resolver,
            attached: OnceCell::new(),
            grants: RefCell::default(),
        }
    }

    /// What a role is granted, when the template has it.
    pub(in crate::lint) fn granted_to(&self, role: &str) -> Option<Rc<Grants>> {
        if let Some(known) = self.grants.borrow().get(role) {
            return known.clone();
        }
        let grants = self.read(role).map(Rc::new);
        self.grants
            .borrow_mut()
            .insert(role.to_owned(), grants.clone());
        grants
    }

    fn read(&self, role: &str) -> Option<Grants> {
        let role = self.resolver.resources.by_id.get(role)?;
        let attached = self
            .attached
            .get_or_init(|| Attached::all(self.stack, self.resolver));
        let mut grants = Grants {
            // A macro may bring a policy.
            has_unknown: self.resolver.resources.is_open,
            ..Grants::default()
        };
        let properties = self.resolver.value(&role.properties);
        for key in ["Policies", "ManagedPolicyArns"] {
            match properties
                .get(key)
                .map(|policies| (policies, policies.as_list()))
            {
                Some((_, Some(items))) => {
                    for item in items {
                        grants.add_policy(attached, item);
                    }
                }
                Some((single, None)) => grants.add_policy(attached, single),
                None => {}
            }
        }
        let name = self.resolver.attribute(role, None, role.place).to_text()?;
        for policy in attached {
            match policy.is_for(&name) {
                Some(true) => grants.add_policy(attached, &policy.properties),
                Some(false) => {}
                None => grants.has_unknown = true,
            }
        }
        Some(grants)
    }
}

impl Grants {
    /// A policy in any of the forms that roles and SAM's functions take. A SAM policy template grants what its name says
    /// (SAM translator, `policy_templates_data/policy_templates.json`): none allows what is asked for here.
    fn add_policy(&mut self, attached: &[Attached], policy: &Value) {
        if let Some(name) = policy.as_str() {
            self.add_managed(attached, name);
            return;
        }
        let document = policy.get("PolicyDocument").unwrap_or(policy);
        // One that is JSON in a text is not read.
        if document.as_unknown().is_some() || document.as_str().is_some() {
            self.has_unknown = true;
        }
        match document.get("Statement") {
            Some(statement) if statement.as_unknown().is_some() => self.has_unknown = true,
            Some(statement) => match statement.as_list() {
                Some(statements) => self.statements.extend(statements.iter().cloned()),
                None => self.statements.push(statement.clone()),
            },
            None => {}
        }
    }

    fn add_managed(&mut self, attached: &[Attached], arn: &str) {
        let own = attached
            .iter()
            .find(|policy| policy.arn.as_deref() == Some(arn));
        if let Some(own) = own {
            // A map, so it comes back here with no name.
            self.add_policy(attached, &own.properties);
            return;
        }
        let is_of_aws =
            Arn::parse(arn).is_none_or(|arn| arn.service == "iam" && arn.account == "aws");
        match arn.rsplit(['/', ':']).next() {
            Some(name) if is_of_aws => self.managed.push(name.to_owned()),
            _ => self.has_unknown = true,
        }
    }

    /// What the statements say of an action on a resource.
    pub(in crate::lint) fn stated(&self, action: &str, resource: &Resource) -> Stated {
        let judged = |effect: &str| {
            let mut is_known = true;
            for statement in &self.statements {
                match covers(statement, effect, action, resource) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => is_known = false,
                }
            }
            is_known.then_some(false)
        };
        if judged("Deny") == Some(true) {
            return Stated::Denied;
        }
        match judged("Allow") {
            Some(true) => Stated::Allowed,
            Some(false) if !self.has_unknown => {
                let elsewhere = Resource::any();
                let is_named = self
                    .statements
                    .iter()
                    .any(|statement| covers(statement, "Allow", action, &elsewhere) == Some(true));
                if is_named {
                    Stated::AllowedElsewhere
                } else {
                    Stated::NotAllowed
                }
            }
            _ => Stated::Unknown,
        }
    }

    /// Whether a managed policy of AWS that the role has allows an action; `None` where one of them is not known.
    pub(in crate::lint) fn allowed_by_managed(&self, action: &str) -> Option<bool> {
        let mut is_known = true;
        let is_allowed = self.managed.iter().any(|name| {
            let known = MANAGED.iter().find(|(known, _)| known == name);
            is_known &= known.is_some();
            known.is_some_and(|(_, actions)| actions.iter().any(|of| matches(of, action)))
        });
        (is_allowed || is_known).then_some(is_allowed)
    }
}

/// What statements say of an action on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Stated {
    /// One allows it, and none denies it.
    Allowed,
    /// None names the action.
    NotAllowed,
    /// One allows the action, on other resources.
    AllowedElsewhere,
    /// One denies it, whatever the others allow.
    Denied,
    /// The template does not tell.
    Unknown,
}

/// A resource that policies are held against: what its ARN may be once the stack is deployed.
///
/// CloudFormation ends the names that it makes in random characters, so a pattern may cover the ARN with or without some.
pub(in crate::lint) struct Resource {
    /// Empty: any resource.
    candidates: Vec<String>,
}

/// What may stand at the end of a name that CloudFormation makes.
const SUFFIX: &str = "-1A2B3C4D5E6F";

impl Resource {
    /// Any resource.
    pub(in crate::lint) fn any() -> Self {
        Self {
            candidates: Vec::new(),
        }
    }

    /// The function with this ARN.
    pub(in crate::lint) fn function(arn: &str) -> Self {
        Self {
            candidates: vec![arn.to_owned(), format!("{arn}{SUFFIX}")],
        }
    }

    /// A deployment group of an application, `prefix` being the ARN's beginning with `deploymentgroup:`.
    pub(in crate::lint) fn deployment_group(prefix: &str, application: &str, group: &str) -> Self {
        let ends = ["", SUFFIX];
        let candidates = ends.iter().flat_map(|of_application| {
            ends.iter().map(move |of_group| {
                format!("{prefix}{application}{of_application}/{group}{of_group}")
            })
        });
        Self {
            candidates: candidates.collect(),
        }
    }
}

/// Whether a statement of an effect covers an action on a resource (IAM user guide, "IAM JSON policy elements reference"); `None`
/// where that is not known. What an `Allow` may cover it covers, and what a `Deny` may leave out it leaves out.
fn covers(statement: &Value, effect: &str, action: &str, resource: &Resource) -> Option<bool> {
    if let Kind::Unknown(_) = statement.kind {
        return None;
    }
    match statement.get("Effect").map(Value::to_text) {
        Some(Some(stated)) if stated == effect => {}
        Some(None) => return None,
        _ => return Some(false),
    }
    let covers_action = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(actions), _) => names(actions, action),
        (None, Some(actions)) => names(actions, action).map(|is_named| !is_named),
        (None, None) => Some(false),
    };
    let covers_resource = match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(patterns), _) => resource.is_in(patterns, effect == "Deny"),
        (None, Some(patterns)) => resource
            .is_in(patterns, effect == "Allow")
            .map(|is_named| !is_named),
        (None, None) => None,
    };
    match (covers_action, covers_resource) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        // When a condition holds is known to AWS alone.
        (Some(true), Some(true)) if statement.get("Condition").is_none() => Some(true),
        _ => None,
    }
}

impl Resource {
    /// Whether it is among patterns: certainly, or perhaps.
    fn is_in(&self, patterns: &Value, certainly: bool) -> Option<bool> {
        let mut is_known = true;
        for item in patterns.one_or_many() {
            // A policy variable is filled in when it is asked.
            let Some(pattern) = item.to_text().filter(|pattern| !pattern.contains("${")) else {
                is_known = false;
                continue;
            };
            let mut candidates = self.candidates.iter();
            let is_matched = if self.candidates.is_empty() {
                !certainly || pattern == "*"
            } else if certainly {
                // As references to it resolve here.
                candidates
                    .next()
                    .is_some_and(|candidate| matches(&pattern, candidate))
            } else {
                candidates.any(|candidate| matches(&pattern, candidate))
            };
            if is_matched {
                return Some(true);
            }
        }
        is_known.then_some(false)
    }
}

/// Whether a list of actions, or a single one, has an action among them.
fn names(actions: &Value, action: &str) -> Option<bool> {
    let mut is_known = true;
    for item in actions.one_or_many() {
        match item.to_text() {
            Some(pattern) if matches(&pattern.to_lowercase(), &action.to_lowercase()) => {
                return Some(true);
            }
            Some(_) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(false)
}

/// Whether a pattern with `*` and `?` matches a whole text.
pub(in crate::lint) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') => (p, t) = (p + 1, t + 1),
            Some(byte) if *byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_matches_any_text_and_a_question_mark_one_character() {
        for (pattern, text, is_matched) in [
            ("codedeploy:*", "codedeploy:put", true),
            ("*", "codedeploy:put", true),
            ("codedeploy:p?t", "codedeploy:put", true),
            ("codedeploy:p*t*", "codedeploy:put", true),
            ("*put", "codedeploy:put", true),
            ("codedeploy:get*", "codedeploy:put", false),
            ("codedeploy:pu", "codedeploy:put", false),
            ("codedeploy:put?", "codedeploy:put", false),
            ("", "codedeploy:put", false),
        ] {
            assert_eq!(matches(pattern, text), is_matched, "{pattern}");
        }
    }
}
