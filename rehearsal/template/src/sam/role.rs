//! The role that a function has, and the one that SAM makes where it has none
//! (SAM translator, `model/sam_resources.py`, `_construct_role` and `_make_lambda_role`).

use crate::resource::Resource;
use crate::text::Node;
use crate::{Diagnostic, Place};

/// What comes of a function's `Role`.
pub(super) struct Role {
    /// The function's role.
    pub(super) arn: Node,
    /// The role that SAM makes.
    pub(super) made: Option<Resource>,
    /// The condition that SAM adds for it.
    pub(super) condition: Option<(String, Node)>,
}

/// The role of a function; `more_policies` are those that its other properties ask for.
pub(super) fn role(
    function: &Resource,
    more_policies: &[Node],
    diagnostics: &mut Vec<Diagnostic>,
) -> Role {
    let place = function.place;
    let made = || make(function, more_policies);
    let own = || Node::attribute(&format!("{}Role", function.logical_id), "Arn", place);
    let given = |arn: &Node| Role {
        arn: arn.clone(),
        made: None,
        condition: None,
    };
    let Some(arn) = function.properties.get("Role") else {
        return Role {
            arn: own(),
            made: Some(made()),
            condition: None,
        };
    };
    let Some(("Fn::If", argument)) = arn.intrinsic() else {
        return given(arn);
    };
    let Some([condition, then, otherwise]) = argument.as_list() else {
        let message = "Malformed 'Role' property: Fn::If requires 3 arguments.";
        diagnostics.push(
            Diagnostic::error("sam::function", message, arn.place).resource(&function.logical_id),
        );
        return given(arn);
    };
    let name = condition.as_str().unwrap_or_default();
    let choose = |then: Node, otherwise: Node| {
        let branches = vec![condition.clone(), then, otherwise];
        Node::map(
            [("Fn::If", Node::list(branches, argument.place))],
            arn.place,
        )
    };
    let under = |name: &str| {
        let mut role = made();
        role.condition = Some((name.to_owned(), condition.place));
        Some(role)
    };
    match (then.is_no_value(), otherwise.is_no_value()) {
        (true, true) => Role {
            arn: own(),
            made: Some(made()),
            condition: None,
        },
        (true, false) => Role {
            arn: choose(own(), otherwise.clone()),
            made: under(name),
            condition: None,
        },
        (false, true) => {
            let negated = format!("NOT{name}");
            Role {
                arn: choose(then.clone(), own()),
                made: under(&negated),
                condition: Some((negated, not(name, condition.place))),
            }
        }
        (false, false) => given(arn),
    }
}

fn not(condition: &str, place: Place) -> Node {
    let operand = Node::map([("Condition", Node::string(condition, place))], place);
    Node::map([("Fn::Not", Node::list(vec![operand], place))], place)
}

/// The role that SAM makes. Its policies count for the order of an update.
fn make(function: &Resource, more_policies: &[Node]) -> Resource {
    let place = function.place;
    let mut policies = match function.properties.get("Policies") {
        Some(node) => match node.as_list() {
            Some(items) => items.to_vec(),
            None => vec![node.clone()],
        },
        None => Vec::new(),
    };
    policies.extend_from_slice(more_policies);
    policies.extend(function.properties.get("DeadLetterQueue").cloned());
    let mut properties = vec![("Policies", Node::list(policies, place))];
    for (from, to) in [
        ("AssumeRolePolicyDocument", "AssumeRolePolicyDocument"),
        ("PermissionsBoundary", "PermissionsBoundary"),
        ("RolePath", "Path"),
    ] {
        properties.extend(function.properties.get(from).map(|node| (to, node.clone())));
    }
    Resource::generated(
        format!("{}Role", function.logical_id),
        "AWS::IAM::Role",
        Node::map(properties, place),
        function,
    )
    .with_policies_of(function)
}
