//! `version-exists-on-retry`: what a rollback leaves behind, and what it does to the next update.
//!
//! SAM retains versions (`DeletionPolicy: Retain`), so the one that an update published stays when the update is rolled back.
//! The next update with the same code and configuration cannot publish it again: CloudFormation fails with
//! `A version for this Lambda function exists` (Lambda developer guide, "Lambda function versions"; seen: serverless/serverless#9001,
//! aws/aws-cdk#35540). It is a fact of nearly every SAM template, so it is a note.

use super::{Lint, Subject};
use crate::{Diagnostic, Place, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "version-exists-on-retry",
    finds: "a version that a rollback retains, so that the same code cannot be deployed again",
    severity: Severity::Note,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    // Reported once: it is the same of each.
    let mut functions: Vec<&str> = Vec::new();
    let mut first: Option<Place> = None;
    for shifting in &subject.shifting {
        let version = shifting.alias.version.as_deref();
        let Some(version) = version.and_then(|id| subject.resolver.resources.by_id.get(id)) else {
            continue;
        };
        let Some(policy) = &version.deletion_policy else {
            continue;
        };
        if subject.resolver.value(policy).to_text().as_deref() != Some("Retain") {
            continue;
        }
        first.get_or_insert(if version.generated_for.is_some() {
            shifting.alias.place
        } else {
            policy.place
        });
        functions.push(shifting.function_or_alias());
    }
    let (Some(place), [function, others @ ..]) = (first, &functions[..]) else {
        return;
    };
    let also = if others.is_empty() {
        String::new()
    } else {
        format!(" (of `{}` too)", others.join("`, `"))
    };
    found.push(
        LINT.report(
            format!(
                "a rollback retains the version that the update published{also}: while it is there, the same code and configuration cannot be deployed again (`A version for this Lambda function exists`)"
            ),
            place,
        )
        .resource(*function)
        .help("before a retry delete that version, or change the code; or execute the change set with `--retain-except-on-create`"),
    );
}
