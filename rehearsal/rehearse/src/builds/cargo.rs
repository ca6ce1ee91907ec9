//! What cargo builds, and where.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use rehearsal_template::stack::Function;

use super::PlaceError;
use crate::git;

/// The cargo profile whose binaries are rehearsed.
pub(super) const PROFILE: &str = "rehearse";

/// How much of `cargo metadata` is read: some ten thousand packages.
const MAX_METADATA_BYTES: usize = 64 << 20;

/// How much of what cargo says of an error is read.
const MAX_REASON_BYTES: usize = 64 << 10;

/// What cargo printed in this process, by workspace: it prints the same for each of its packages.
static KNOWN: Mutex<Vec<Arc<Metadata>>> = Mutex::new(Vec::new());

/// What cargo says of a folder.
pub(super) struct Workspace {
    /// The target folder, as cargo has it: `CARGO_TARGET_DIR` and its configuration count.
    target: PathBuf,
    /// The names of the binaries of the package in the folder itself.
    binaries: Vec<String>,
}

impl Workspace {
    pub(super) fn of(folder: &Path) -> Result<Self, PlaceError> {
        let manifest = folder.join("Cargo.toml");
        let manifest = manifest.canonicalize().unwrap_or(manifest);
        let is_here = |package: &&Package| package.manifest_path == manifest;
        let known = || {
            let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
            let mut known = known.iter();
            known
                .find(|workspace| workspace.packages.iter().any(|package| is_here(&package)))
                .cloned()
        };
        let metadata = match known() {
            Some(metadata) => metadata,
            None => Self::ask(folder)?,
        };
        let here = metadata.packages.iter().filter(is_here);
        let binaries = here
            .flat_map(|package| &package.targets)
            .filter(|target| target.kind.iter().any(|kind| kind == "bin"))
            .map(|target| target.name.clone())
            .collect();
        Ok(Self {
            target: metadata.target_directory.clone(),
            binaries,
        })
    }

    /// Asks cargo.
    fn ask(folder: &Path) -> Result<Arc<Metadata>, PlaceError> {
        let failed = |reason: String| PlaceError::Cargo {
            folder: folder.to_owned(),
            reason,
        };
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            return Err(PlaceError::NoManifest {
                folder: folder.to_owned(),
            });
        }
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
        if let Some(target) = git::cargo_target(folder) {
            cargo.env("CARGO_TARGET_DIR", target);
        }
        let metadata = bounded_output(cargo, MAX_METADATA_BYTES).map_err(failed)?;
        let metadata: Metadata =
            serde_json::from_slice(&metadata).map_err(|error| failed(error.to_string()))?;
        let metadata = Arc::new(metadata);
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.push(Arc::clone(&metadata));
        Ok(metadata)
    }

    /// Where the binary of a function is built.
    ///
    /// # Errors
    /// Its package has several, and its template names none.
    pub(super) fn binary(&self, function: &Function) -> Result<PathBuf, PlaceError> {
        let binary = match &function.binary {
            Some(binary) => binary.clone(),
            None => self.only_binary(function)?,
        };
        Ok(self.target.join(PROFILE).join(binary))
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
