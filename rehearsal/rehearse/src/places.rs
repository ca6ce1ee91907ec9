//! Where builds and reports are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rehearsal_template::Stack;
use rehearsal_template::stack::Function;

/// The cargo profile whose binaries are rehearsed.
const PROFILE: &str = "rehearse";

/// Why a build's place cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Cargo was asked and did not say.
    #[error("cargo does not say where {} is built: {reason}", folder.display())]
    Cargo {
        /// Where the function's code is.
        folder: PathBuf,
        /// What cargo said.
        reason: String,
    },
    /// A function's template does not say what to look for.
    #[error("{function}: {what}")]
    Function {
        /// The function's logical id.
        function: String,
        /// What is missing.
        what: String,
    },
}

/// The binaries of a build, for these functions: by logical id.
///
/// `cargo` is the workspace's target folder, profile `rehearse`, and in it the binary that `Metadata.BuildProperties.Binary`
/// names. `sam` is `.aws-sam/build/<logical id>/bootstrap` beside the template. Anything else is a folder with the same layout
/// as `sam`'s, or with the binaries by their names. There is no silent fall-back from one to another: stale binaries lie.
///
/// # Errors
/// The template does not say enough, or cargo fails.
pub fn binaries<'a>(
    place: &str,
    beside: &Path,
    template: &Path,
    stack: &Stack,
    functions: impl Iterator<Item = &'a String>,
) -> Result<BTreeMap<String, PathBuf>, PlaceError> {
    let template_folder = template.parent().unwrap_or(Path::new(""));
    let mut targets: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut binaries = BTreeMap::new();
    for id in functions {
        let Some(function) = stack.function(id) else {
            continue;
        };
        let path = match place {
            "cargo" => {
                let folder = code_folder(template_folder, function)?;
                let target = match targets.get(&folder) {
                    Some(target) => target.clone(),
                    None => targets
                        .entry(folder.clone())
                        .or_insert(cargo_target(&folder)?)
                        .clone(),
                };
                target.join(PROFILE).join(binary(function)?)
            }
            "sam" => template_folder
                .join(".aws-sam/build")
                .join(id)
                .join("bootstrap"),
            folder => {
                let folder = beside.join(folder);
                let of_function = folder.join(id).join("bootstrap");
                if of_function.is_file() {
                    of_function
                } else {
                    folder.join(binary(function)?)
                }
            }
        };
        binaries.insert(id.clone(), path);
    }
    Ok(binaries)
}

fn binary(function: &Function) -> Result<&str, PlaceError> {
    function
        .binary
        .as_deref()
        .ok_or_else(|| PlaceError::Function {
            function: function.logical_id.clone(),
            what:
                "its Metadata.BuildProperties has no Binary, the name of the executable to look for"
                    .to_owned(),
        })
}

fn code_folder(template_folder: &Path, function: &Function) -> Result<PathBuf, PlaceError> {
    let code = function
        .code_uri
        .as_ref()
        .and_then(|code| code.known_value());
    let code = code.filter(|code| !code.starts_with("s3://")).ok_or_else(|| PlaceError::Function {
        function: function.logical_id.clone(),
        what: "its CodeUri is no folder, so cargo cannot say where it is built; name a folder in [builds]".to_owned(),
    })?;
    Ok(template_folder.join(code))
}

/// The target folder of the workspace that a folder belongs to, as cargo has it: `CARGO_TARGET_DIR` and its configuration count.
fn cargo_target(folder: &Path) -> Result<PathBuf, PlaceError> {
    let failed = |reason: String| PlaceError::Cargo {
        folder: folder.to_owned(),
        reason,
    };
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
            "--manifest-path",
        ])
        .arg(folder.join("Cargo.toml"))
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))?;
    let target = metadata
        .get("target_directory")
        .and_then(serde_json::Value::as_str);
    target
        .map(PathBuf::from)
        .ok_or_else(|| failed("its answer has no target_directory".to_owned()))
}

/// Where reports are kept unless told otherwise: `target/rehearsal/report.json` in the root of the template's workspace,
/// whatever `CARGO_TARGET_DIR` says, so that people find it.
pub fn report(template: &Path) -> PathBuf {
    // Without the "..": a person reads it.
    let template = template
        .canonicalize()
        .unwrap_or_else(|_| template.to_owned());
    let folder = template.parent().unwrap_or(Path::new("/"));
    let is_workspace = |folder: &&Path| {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml"));
        manifest.is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == "[workspace]"))
    };
    folder
        .ancestors()
        .find(is_workspace)
        .unwrap_or(folder)
        .join("target/rehearsal/report.json")
}

/// Writes a file so that no one ever sees a part of it: beside its place, then renamed.
///
/// # Errors
/// The folder cannot be made or written.
pub fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_kept_under_the_root_of_the_templates_workspace() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(
            root.path().join("Cargo.toml"),
            "[workspace]\nmembers = []\n",
        )
        .unwrap();
        std::fs::create_dir_all(root.path().join("a/b")).unwrap();
        std::fs::write(
            root.path().join("a/Cargo.toml"),
            "[package]\nname = \"a\"\n",
        )
        .unwrap();
        assert_eq!(
            report(&root.path().join("a/b/template.yaml")),
            root.path().join("target/rehearsal/report.json")
        );
    }

    #[test]
    fn a_whole_file_replaces_the_one_before() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("new/report.json");
        write_whole(&path, "one").unwrap();
        write_whole(&path, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
    }
}
