//! Where the functions' builds are.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rehearsal_template::Stack;
use rehearsal_template::stack::Function;

/// The cargo profile whose binaries are rehearsed.
const PROFILE: &str = "rehearse";

/// How much of `cargo metadata` is read: some ten thousand packages.
const MAX_METADATA_BYTES: usize = 64 << 20;

/// How much of what cargo says of an error is read.
const MAX_REASON_BYTES: usize = 64 << 10;

/// Where `sam build` puts what it builds, beside the template.
const SAM_BUILD: &str = ".aws-sam/build";

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
/// - `cargo`: the target folder of the workspace that the function's `CodeUri` belongs to, profile `rehearse`, and in it the
///   binary that `Metadata.BuildProperties.Binary` names, or else the only binary of the package there.
/// - `sam`: `.aws-sam/build/<logical id>/bootstrap` beside the template. Where the template is itself what `sam build` wrote, the
///   `bootstrap` in each function's `CodeUri`, which several functions may share.
/// - `cdk`: the `bootstrap` in each function's asset, a folder beside the template that `cdk synth` wrote.
/// - Anything else is a folder, relative to the rehearsal file: in it `<logical id>/bootstrap`, or the binary by its name.
///
/// There is no silent fall-back from one to another: stale binaries lie.
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
    let mut workspaces: BTreeMap<PathBuf, Workspace> = BTreeMap::new();
    let mut binaries = BTreeMap::new();
    for id in functions {
        let Some(function) = stack.function(id) else {
            continue;
        };
        let path = match place {
            "cargo" => {
                let folder = template_folder.join(code(function, "cargo")?);
                if !workspaces.contains_key(&folder) {
                    workspaces.insert(folder.clone(), Workspace::of(&folder)?);
                }
                let workspace = &workspaces[&folder];
                let binary = match &function.binary {
                    Some(binary) => binary.clone(),
                    None => workspace.only_binary(function)?,
                };
                workspace.target.join(PROFILE).join(binary)
            }
            "sam" if template_folder.ends_with(SAM_BUILD) => template_folder
                .join(code(function, "sam build")?)
                .join("bootstrap"),
            "sam" => template_folder.join(SAM_BUILD).join(id).join("bootstrap"),
            "cdk" => template_folder
                .join(code(function, "cdk synth")?)
                .join("bootstrap"),
            folder => {
                let folder = beside.join(folder);
                let of_function = folder.join(id).join("bootstrap");
                match &function.binary {
                    Some(binary) if !of_function.is_file() => folder.join(binary),
                    _ => of_function,
                }
            }
        };
        binaries.insert(id.clone(), path);
    }
    Ok(binaries)
}

/// The folder of a function's code, relative to the template's.
fn code<'a>(function: &'a Function, builder: &str) -> Result<&'a str, PlaceError> {
    let code = function
        .code_uri
        .as_ref()
        .and_then(|code| code.known_value());
    code.filter(|code| !code.starts_with("s3://"))
        .map(String::as_str)
        .ok_or_else(|| PlaceError::Function {
            function: function.logical_id.clone(),
            what: format!(
                "its code is no folder here, so there is nothing that {builder} built; name a folder in [builds]"
            ),
        })
}

/// What cargo says of a folder.
struct Workspace {
    /// The target folder, as cargo has it: `CARGO_TARGET_DIR` and its configuration count.
    target: PathBuf,
    /// The names of the binaries of the package in the folder itself.
    binaries: Vec<String>,
}

impl Workspace {
    fn of(folder: &Path) -> Result<Self, PlaceError> {
        let failed = |reason: String| PlaceError::Cargo {
            folder: folder.to_owned(),
            reason,
        };
        let manifest = folder.join("Cargo.toml");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .args([
                "metadata",
                "--no-deps",
                "--offline",
                "--format-version",
                "1",
                "--manifest-path",
            ])
            .arg(&manifest);
        let metadata = bounded_output(cargo, MAX_METADATA_BYTES).map_err(failed)?;
        let metadata: Metadata =
            serde_json::from_slice(&metadata).map_err(|error| failed(error.to_string()))?;
        let manifest = manifest.canonicalize().unwrap_or(manifest);
        let here = metadata
            .packages
            .into_iter()
            .filter(|package| package.manifest_path == manifest);
        let binaries = here
            .flat_map(|package| package.targets)
            .filter(|target| target.kind.iter().any(|kind| kind == "bin"))
            .map(|target| target.name)
            .collect();
        Ok(Self {
            target: metadata.target_directory,
            binaries,
        })
    }

    /// The binary of a package that has one.
    fn only_binary(&self, function: &Function) -> Result<String, PlaceError> {
        match self.binaries.as_slice() {
            [binary] => Ok(binary.clone()),
            several => Err(PlaceError::Function {
                function: function.logical_id.clone(),
                what: format!(
                    "its package has {} binaries, and its Metadata.BuildProperties has no Binary, the name of the one to run",
                    several.len()
                ),
            }),
        }
    }
}

/// What a program writes to its standard output, or why there is none: what it says on its standard error, or that it writes more
/// than may be read; then it is ended.
fn bounded_output(mut program: Command, most: usize) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| error.to_string();
    let mut child = program
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err("it has no output".to_owned());
    };
    // Beside the other, or a program that fills one pipe would wait for ever.
    let reason = std::thread::Builder::new()
        .spawn(move || read_bounded(stderr, MAX_REASON_BYTES))
        .map_err(failed)?;
    let output = read_bounded(stdout, most + 1);
    let is_too_long = output.as_ref().is_ok_and(|output| output.len() > most);
    if is_too_long {
        // It may have ended already.
        let _ = child.kill();
    }
    let status = child.wait().map_err(failed)?;
    let reason = reason.join().unwrap_or_else(|_| Ok(Vec::new()));
    if is_too_long {
        return Err(format!(
            "it writes more than {most} bytes, the most that is read"
        ));
    }
    if status.success() {
        return output.map_err(failed);
    }
    let reason = String::from_utf8_lossy(&reason.unwrap_or_default()).into_owned();
    let lines = reason
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    Err(lines.collect::<Vec<_>>().join(" "))
}

/// The first bytes of a pipe.
fn read_bounded(pipe: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The part of `cargo metadata` that is read (The Cargo Book, "cargo metadata").
#[derive(serde::Deserialize)]
struct Metadata {
    target_directory: PathBuf,
    packages: Vec<Package>,
}

#[derive(serde::Deserialize)]
struct Package {
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(serde::Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of the binaries of a template in `folder`, or why they are not known.
    fn found(
        place: &str,
        folder: &str,
        template: &str,
    ) -> Result<BTreeMap<String, PathBuf>, String> {
        let stack = rehearsal_template::read_str(
            "template.yaml",
            template,
            &rehearsal_template::Inputs::new("s"),
        )
        .unwrap();
        let ids: Vec<_> = stack
            .functions
            .iter()
            .map(|f| f.logical_id.clone())
            .collect();
        let template = Path::new(folder).join("template.yaml");
        binaries(place, Path::new("beside"), &template, &stack, ids.iter())
            .map_err(|error| error.to_string())
    }

    const FUNCTION: &str = "
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Metadata: {aws:asset:path: asset.0123}
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Role: arn:aws:iam::123456789012:role/worker
      Code: {S3Bucket: assets, S3Key: 0123.zip}
";

    #[test]
    fn each_kind_of_place_has_its_layout() {
        for (place, folder, path) in [
            ("sam", "app", "app/.aws-sam/build/Worker/bootstrap"),
            (
                "sam",
                "app/.aws-sam/build",
                "app/.aws-sam/build/asset.0123/bootstrap",
            ),
            ("cdk", "cdk.out", "cdk.out/asset.0123/bootstrap"),
            ("builds/new", "app", "beside/builds/new/Worker/bootstrap"),
        ] {
            let found = found(place, folder, FUNCTION).unwrap();
            assert_eq!(found["Worker"], Path::new(path), "{place}");
        }
    }

    #[test]
    fn a_folder_may_have_a_binary_by_its_name() {
        let named = FUNCTION.replace(
            "Metadata: {",
            "Metadata: {BuildProperties: {Binary: worker}, ",
        );
        let found = found("builds", "app", &named).unwrap();
        assert_eq!(found["Worker"], Path::new("beside/builds/worker"));
    }

    #[test]
    fn code_that_is_in_a_bucket_alone_has_been_built_by_no_one_here() {
        let uploaded = FUNCTION.replace("    Metadata: {aws:asset:path: asset.0123}\n", "");
        for place in ["cargo", "cdk"] {
            let refused = found(place, "app", &uploaded).unwrap_err();
            assert!(
                refused.starts_with("Worker: its code is no folder"),
                "{refused}"
            );
        }
    }

    #[test]
    fn without_a_name_the_only_binary_of_the_package_is_meant() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "app/worker/Cargo.toml",
            "[package]\nname = \"worker-fn\"\nedition = \"2024\"\n[workspace]\n",
        );
        write("app/worker/src/main.rs", "fn main() {}\n");
        let template = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: bootstrap, CodeUri: worker}
";
        let folder = root.path().join("app");
        let place = |folder: &Path| found("cargo", folder.to_str().unwrap(), template);
        let binary = place(&folder).unwrap()["Worker"].clone();
        assert!(
            binary.ends_with("rehearse/worker-fn"),
            "{}",
            binary.display()
        );
        write("app/worker/src/bin/other.rs", "fn main() {}\n");
        let refused = place(&folder).unwrap_err();
        assert!(refused.contains("2 binaries"), "{refused}");
    }

    #[test]
    fn a_program_that_writes_without_end_is_ended_and_one_that_fails_says_why() {
        let shell = |script: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", script]);
            bounded_output(shell, 1_000)
        };
        assert_eq!(shell("printf whole"), Ok(b"whole".to_vec()));
        assert_eq!(
            shell("yes"),
            Err("it writes more than 1000 bytes, the most that is read".to_owned())
        );
        assert_eq!(
            shell("echo not; echo this >&2; exit 1"),
            Err("this".to_owned())
        );
        // A closed pipe ends it.
        assert!(shell("yes >&2").is_err());
    }
}
