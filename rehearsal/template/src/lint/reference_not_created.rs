//! `reference-not-created`: a reference to a resource whose condition does not hold.
//!
//! CloudFormation refuses the template with these parameters: `Unresolved resource dependencies [X] in the Resources block of the
//! template` (CloudFormation user guide, "Conditions": what refers to a resource under a condition has the same one, or an `Fn::If`).
//! `DependsOn` may name one: it waits for nothing then. The whole template is looked at with each update, also what it leaves as it is.

use super::{Lint, Subject};
use crate::stack::Condition;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "reference-not-created",
    finds: "a reference to a resource whose condition does not hold",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let resolver = subject.resolver;
    let by_id = &resolver.resources.by_id;
    for resource in &subject.stack.resources {
        // Whether the resource exists is not known, so neither is whether its reference is one.
        if !Condition::is_met(resource.condition.as_ref()) {
            continue;
        }
        let Some(written) = by_id.get(&resource.logical_id) else {
            continue;
        };
        let properties = resolver.references_of_properties(&written.properties);
        let policy = written.update_policy.as_ref();
        let policy = policy.map(|policy| resolver.references_in(policy));
        for (id, &place) in properties.all.iter().chain(policy.iter().flatten()) {
            let Some((condition, at)) = by_id.get(id).and_then(|other| other.condition.as_ref())
            else {
                continue;
            };
            if resolver.condition(condition, *at) != Ok(false) {
                continue;
            }
            let message = format!(
                "`{id}` is not created, as its condition `{condition}` does not hold: CloudFormation refuses the reference to it"
            );
            let help = format!(
                "write `!If [{condition}, …, !Ref AWS::NoValue]`, or give both the same condition"
            );
            let finding = LINT.report(message, place).help(help).refuses_template();
            LINT.add(finding.resource(written.owner()), found);
        }
    }
}
