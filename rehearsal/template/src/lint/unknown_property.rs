//! `unknown-property`: a property that a type of CloudFormation's does not have.
//!
//! CloudFormation refuses the resource when the update comes to it ([`schemas`] has the source). The list of names has a date: one that is
//! like none of them may be newer, and is warned of; one that is misspelt is refused.

use super::{Lint, Subject};
use crate::schemas::{self, inside};
use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Severity, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "unknown-property",
    finds: "a property that a resource's type does not have",
    severity: Severity::Warning,
    check,
};

/// What SAM passes on to the function as it stands in the template (SAM translator, `model/lambda_.py`, `PassThrough`).
pub(super) const PASSED_ON: [&str; 8] = [
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "ImageConfig",
    "LoggingConfig",
    "RuntimeManagementConfig",
    "SnapStart",
    "VpcConfig",
];

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let resources = subject.resolver.resources;
    for resource in &subject.stack.resources {
        let Some(written) = resources.by_id.get(&resource.logical_id) else {
            continue;
        };
        let id = &resource.logical_id;
        if written.is_as_written() {
            look(&written.properties, &mut resource.r#type.clone(), id, found);
        } else if let Some(function) = resources.serverless_functions.get(id) {
            for name in PASSED_ON {
                if let Some(node) = function.properties.get(name) {
                    look(
                        node,
                        &mut format!("AWS::Lambda::Function/{name}"),
                        id,
                        found,
                    );
                }
            }
        }
    }
}

fn look(node: &Node, path: &mut String, id: &str, found: &mut Vec<Diagnostic>) {
    if let Some((function, argument)) = node.intrinsic() {
        // Whichever branch holds, both stand where the property does.
        if let ("Fn::If", Some([_, then, otherwise])) = (function, argument.as_list()) {
            look(then, path, id, found);
            look(otherwise, path, id, found);
        }
        return;
    }
    match &node.kind {
        NodeKind::List(items) => items.iter().for_each(|item| look(item, path, id, found)),
        NodeKind::Map(map) => {
            let Some(names) = schemas::names(path) else {
                return;
            };
            // A macro makes them.
            if map.keys().any(|name| name.starts_with("Fn::")) {
                return;
            }
            for (name, entry) in map {
                if names.clone().any(|known| known == name) {
                    inside(path, name, |path| look(&entry.value, path, id, found));
                    continue;
                }
                let place = entry.key_place;
                let finding = match suggest::did_you_mean(name, names.clone()) {
                    Some(help) => LINT
                        .report(
                            format!("{} has no `{name}`: CloudFormation refuses it", printed(path)),
                            place,
                        )
                        .help(help)
                        .refused(),
                    None => LINT
                        .report(
                            format!("{} is not known to have `{name}`", printed(path)),
                            place,
                        )
                        .help("CloudFormation refuses a property that there is not; remove it, if it is not newer than this list of October 2026")
                        .not_permitted(),
                };
                LINT.add(finding.resource(id), found);
            }
        }
        _ => {}
    }
}

/// A place in words: `Environment of AWS::Lambda::Function`.
fn printed(path: &str) -> String {
    match path.split_once('/') {
        Some((r#type, inside)) => format!("`{}` of {type}", inside.replace('/', ".")),
        None => path.to_owned(),
    }
}
