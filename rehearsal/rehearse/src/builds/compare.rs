//! Whether functions' code changes, from two folders of builds.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rehearsal_deployment::change::{Code, CodeChange};
use rehearsal_template::Stack;

/// The most files of one function that are compared.
const MOST_FILES: usize = 200_000;

/// Why two builds cannot be compared.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BuildsError {
    /// Something of them cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// There is nothing of the template's in one of them.
    #[error("{} has no folder or file of a function of this template", folder.display())]
    #[diagnostic(help(
        "it has one for each function, named by the logical id, as .aws-sam/build has: {functions}"
    ))]
    NoFunctions {
        /// The folder.
        folder: PathBuf,
        /// The functions.
        functions: String,
    },
    /// There is too much.
    #[error("{} has more than {MOST_FILES} files", folder.display())]
    TooMany {
        /// The folder.
        folder: PathBuf,
    },
}

/// Compares what two folders have of each function under its logical id: a folder of files, or one file.
///
/// A function that is not in both is not known.
///
/// # Errors
/// A folder cannot be read, or has nothing of the template's.
pub fn compare(live: &Path, new: &Path, stack: &Stack) -> Result<Code, BuildsError> {
    let ids = || stack.functions.iter().map(|function| &function.logical_id);
    for folder in [live, new] {
        fs::read_dir(folder).map_err(|error| BuildsError::Unreadable {
            path: folder.to_owned(),
            error,
        })?;
        if !ids().any(|id| folder.join(id).exists()) {
            let functions: Vec<_> = ids().map(String::as_str).collect();
            return Err(BuildsError::NoFunctions {
                folder: folder.to_owned(),
                functions: functions.join(", "),
            });
        }
    }
    let mut code = Code::all(CodeChange::Unknown);
    for id in ids() {
        let (live, new) = (live.join(id), new.join(id));
        if live.exists() && new.exists() {
            let change = match compared(&live, &new)? {
                Alike::Same => CodeChange::Same,
                Alike::SameButMaps | Alike::Different => CodeChange::Changed,
            };
            code = code.with(id, change);
        }
    }
    Ok(code)
}

/// How far what was built twice is alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// The same files with the same content.
    Same,
    /// Nothing but source maps differs, in which bundlers write where they ran.
    SameButMaps,
    /// Other files, or other content.
    Different,
}

/// How far two functions' code is alike, file by file.
///
/// # Errors
/// Something of it cannot be read, or is too much.
pub fn compared(live: &Path, new: &Path) -> Result<Alike, BuildsError> {
    let (live, new) = (files(live)?, files(new)?);
    if !live.keys().eq(new.keys()) {
        return Ok(Alike::Different);
    }
    let mut alike = Alike::Same;
    for ((inside, path), other) in live.iter().zip(new.values()) {
        let read = |path: &PathBuf| {
            fs::read(path).map_err(|error| BuildsError::Unreadable {
                path: path.clone(),
                error,
            })
        };
        let size = |path: &PathBuf| fs::metadata(path).map(|metadata| metadata.len()).ok();
        if size(path) == size(other) && read(path)? == read(other)? {
            continue;
        }
        if inside.extension().is_none_or(|ending| ending != "map") {
            return Ok(Alike::Different);
        }
        alike = Alike::SameButMaps;
    }
    Ok(alike)
}

/// All files below a folder, by their path in it; of a file itself under no path. Links are followed, as what packages them does.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, PathBuf>, BuildsError> {
    let mut found = BTreeMap::new();
    let mut open = vec![(folder.to_owned(), PathBuf::new(), 0)];
    while let Some((path, inside, depth)) = open.pop() {
        let unreadable = |error| BuildsError::Unreadable {
            path: path.clone(),
            error,
        };
        if fs::metadata(&path).map_err(unreadable)?.is_dir() {
            for entry in fs::read_dir(&path).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                open.push((entry.path(), inside.join(entry.file_name()), depth + 1));
            }
        } else {
            found.insert(inside, path);
        }
        // A link to a folder above itself has no end.
        if found.len() + open.len() > MOST_FILES || depth > MOST_LEVELS {
            return Err(BuildsError::TooMany {
                folder: folder.to_owned(),
            });
        }
    }
    Ok(found)
}

/// How deep folders may be in each other.
const MOST_LEVELS: usize = 64;

#[cfg(test)]
mod tests {
    use rehearsal_template::{Inputs, read_str};

    use super::*;

    fn stack(functions: &[&str]) -> Stack {
        let resources: Vec<_> = functions
            .iter()
            .map(|id| format!("{id}: {{Type: AWS::Serverless::Function, Properties: {{Runtime: nodejs22.x, Handler: i.h, CodeUri: {id}}}}}"))
            .collect();
        let text = format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  {}\n",
            resources.join("\n  ")
        );
        read_str("template.yaml", &text, &Inputs::new("shop")).unwrap()
    }

    #[test]
    fn functions_are_compared_file_by_file() {
        let folder = tempfile::tempdir().unwrap();
        let put = |build: &str, path: &str, content: &str| {
            let path = folder.path().join(build).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        for build in ["old", "new"] {
            put(build, "A/index.js", "same");
            put(build, "A/lib/x.js", "same");
            put(build, "B/index.js", build);
            put(build, "C/index.js", "same");
            put(build, "E.zip", "same");
        }
        put("new", "C/more.js", "");
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        let code = compare(&old, &new, &stack(&["A", "B", "C", "D"])).unwrap();
        assert_eq!(
            ["A", "B", "C", "D"].map(|id| code.of(id)),
            [
                CodeChange::Same,
                CodeChange::Changed,
                CodeChange::Changed,
                CodeChange::Unknown
            ]
        );
        let none = compare(&old, &new, &stack(&["D"])).unwrap_err();
        assert!(
            none.to_string()
                .contains("has no folder or file of a function"),
            "{none}"
        );
        let gone = compare(&old.join("gone"), &new, &stack(&["A"])).unwrap_err();
        assert!(gone.to_string().contains("cannot be read"), "{gone}");
    }

    #[test]
    fn source_maps_are_no_difference_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, content: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        let alike = || compared(&folder.path().join("old"), &folder.path().join("new")).unwrap();
        for build in ["old", "new"] {
            put(&format!("{build}/app.js"), "same");
            put(&format!("{build}/app.js.map"), "here");
        }
        assert_eq!(alike(), Alike::Same);
        put("new/app.js.map", "there");
        assert_eq!(alike(), Alike::SameButMaps);
        put("new/app.js", "other");
        assert_eq!(alike(), Alike::Different);
    }
}
