//! For which functions an update brings other code than the git revision that runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rehearsal_deployment::change::CodeChange;
use rehearsal_template::stack::Function;
use rehearsal_template::{Field, Stack};

use crate::builds;
use crate::builds::compare::{self, Side};
use crate::git::{Below, Differences, GitError};

/// What is known of functions' code since the git revision that runs.
#[derive(Clone, Debug, Default)]
pub struct CodeSince {
    /// Whether it changes, by logical id: by what was built of both, or else by git. Of code that stands in a template, or in a bucket,
    /// it is not here.
    pub changes: BTreeMap<String, CodeChange>,
    /// The functions whose files differ, and of which the same was built.
    pub built_alike: BTreeSet<String>,
}

impl CodeSince {
    /// The same with what was built of both versions, where both are there: what is packaged decides what is deployed, and not what it is
    /// built from. For a function that `is_left_out` no build stands.
    pub fn by_builds(
        mut self,
        before: Side<'_>,
        now: Side<'_>,
        is_left_out: impl Fn(&str) -> bool,
    ) -> Self {
        for (id, change) in &mut self.changes {
            if is_left_out(id) {
                continue;
            }
            let built = compare::change(before, now, id, *change);
            if built == Some(CodeChange::Same) && *change == CodeChange::Changed {
                self.built_alike.insert(id.clone());
            }
            *change = built.unwrap_or(*change);
        }
        self
    }
}

/// What git knows of each function's code, by logical id: whether the files that its `CodeUri` names differ from those of the revision. Of
/// code that stands in a template, or in a bucket, it says nothing: templates tell.
///
/// What runs as source, by where its build is, is packaged from its folder alone. What is built may be built from more than that, and what git ignores is built,
/// so that it is the same only where nothing in the repository differs but the template, which has it built as before.
///
/// # Errors
/// Git cannot be asked.
pub fn compared(
    template: &Path,
    revision: &str,
    (live, new): (&Stack, &Stack),
    build: &str,
) -> Result<CodeSince, GitError> {
    let differences = Differences::since(template, revision)?;
    let mut known: BTreeMap<&str, Below> = BTreeMap::new();
    let mut changes = BTreeMap::new();
    for function in &new.functions {
        let id = &function.logical_id;
        let (Some(before), Some(folder)) = (live.function(id), builds::folder_of(function)) else {
            continue;
        };
        if builds::folder_of(before) != Some(folder) {
            changes.insert(id.clone(), CodeChange::Unknown);
            continue;
        }
        let below = match known.get(folder) {
            Some(below) => *below,
            None => differences.below(folder)?,
        };
        known.insert(folder, below);
        let is_whole = builds::not_of_revision(build, function).is_none() && below == Below::Same;
        let change = match below {
            Below::Different => CodeChange::Changed,
            Below::Same | Below::SameButMore
                if is_whole
                    || (is_built_alike(before, function) && differences.is_only_the_template()) =>
            {
                CodeChange::Same
            }
            _ => CodeChange::Unknown,
        };
        changes.insert(id.clone(), change);
    }
    Ok(CodeSince {
        changes,
        built_alike: BTreeSet::new(),
    })
}

/// Whether what a template says of a function's build is the same: what `sam build` goes by (AWS SAM developer guide, "Building your
/// application", and the properties of `Metadata` for esbuild, cargo and makefiles). What is not known may differ.
fn is_built_alike(before: &Function, now: &Function) -> bool {
    let are_equal = |of: fn(&Function) -> Option<&Field<String>>| match (of(before), of(now)) {
        (None, None) => true,
        (Some(before), Some(now)) => now.known_value().is_some_and(|now| before.is(now)),
        _ => false,
    };
    before.build_method == now.build_method
        && before.build_properties == now.build_properties
        && are_equal(|function| function.runtime.as_ref())
        && are_equal(|function| function.handler.as_ref())
        && are_equal(|function| Some(&function.architecture))
}

#[cfg(test)]
mod tests {
    use rehearsal_template::{Inputs, read_str};

    use super::*;

    #[test]
    fn a_function_is_built_alike_where_all_that_its_build_goes_by_is_the_same() {
        let template = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: esbuild, BuildProperties: {Minify: true, Target: es2022}}
    Properties: {Runtime: nodejs22.x, Handler: app.handler, CodeUri: src, MemorySize: 128, Architectures: [x86_64]}
";
        let is_alike = |from: &str, to: &str| {
            let text = template.replace(from, to);
            assert_eq!(from == to, text == template, "{from}");
            let read = |text: &str| read_str("template.yaml", text, &Inputs::new("s")).unwrap();
            let (before, now) = (read(template), read(&text));
            let function = |stack: &Stack| stack.function("Orders").unwrap().clone();
            is_built_alike(&function(&before), &function(&now))
        };
        assert!(is_alike("128", "128"));
        assert!(is_alike("128", "256"));
        for (from, to) in [
            ("esbuild", "makefile"),
            ("true", "false"),
            ("es2022", "es2020"),
            ("nodejs22.x", "nodejs24.x"),
            ("app.handler", "index.handler"),
            ("x86_64", "arm64"),
        ] {
            assert!(!is_alike(from, to), "{from}");
        }
    }
}
