//! `publishes-without-content`: a property whose change alone makes a version resource for which Lambda has nothing to publish.
//!
//! With `AutoPublishAliasAllProperties` SAM's logical id of the version hashes every property of the function as it is written
//! (SAM translator, `model/sam_resources.py`, `_construct_version`). Some are the function's and no version's: Lambda sets them for
//! all versions alike (Lambda API, `TagResource`, `PutFunctionConcurrency`, `PutFunctionCodeSigningConfig`,
//! `PutFunctionRecursionConfig` take no qualifier). After such a change nothing differs from the version before, and the update
//! fails with `A version for this Lambda function exists`.

use super::{Lint, Subject};
use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "publishes-without-content",
    finds: "a property whose change alone makes a version that Lambda refuses to publish",
    severity: Severity::Warning,
    check,
};

/// Properties that the hash covers and no version has.
const NOT_OF_A_VERSION: [&str; 4] = [
    "CodeSigningConfigArn",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Tags",
];

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (id, function) in &subject.resolver.resources.serverless_functions {
        let given = |key: &str| function.properties.given(key);
        // A hash that the person gives replaces that of the properties.
        if subject.stack.function(id).is_none()
            || given("AutoPublishAlias").is_none()
            || given("AutoPublishAliasAllProperties").is_none()
            || given("AutoPublishCodeSha256").is_some()
        {
            continue;
        }
        for property in NOT_OF_A_VERSION {
            let Some(node) = given(property).filter(|node| is_written(node)) else {
                continue;
            };
            let diagnostic = LINT
                .report(
                    format!("a change of `{property}` alone makes a new version resource with nothing new in it, and the update fails: `A version for this Lambda function exists`"),
                    node.place,
                )
                .resource(id)
                .help(format!("change the code together with `{property}`, or give it a parameter's value: `!Ref` is hashed as it is written"));
            LINT.add(diagnostic, found);
        }
    }
}

/// Whether there is a value in it that is changed by writing another.
fn is_written(node: &Node) -> bool {
    match &node.kind {
        _ if node.intrinsic().is_some() => false,
        NodeKind::Map(map) => map.values().any(|entry| is_written(&entry.value)),
        NodeKind::List(items) => items.iter().any(is_written),
        NodeKind::Null => false,
        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => true,
    }
}
