//! The packages of the workspace, and what each may know.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// Its folder, such as `rehearsal/aws`.
    pub folder: String,
    /// The root files of its library and binaries.
    pub roots: Vec<PathBuf>,
    /// The root files of all that is compiled of it, tests and examples among them.
    pub programs: Vec<PathBuf>,
    /// The root files of those of which `cargo test` runs no tests.
    pub untested: Vec<PathBuf>,
}

/// One package knows another.
#[derive(Debug)]
pub struct Arrow {
    from: String,
    to: String,
    for_tests: bool,
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tests = if self.for_tests { ", in its tests" } else { "" };
        write!(f, "{} must not know {}{tests}", self.from, self.to)
    }
}

/// What each part of the rehearsal may know of the others: `aws ← template ← deployment ← report ← rehearse`, and
/// `aws ← host ← cloud ← rehearse`.
const REHEARSAL: [(&str, &[&str]); 7] = [
    ("aws", &[]),
    ("template", &["aws"]),
    ("deployment", &["aws", "template"]),
    ("report", &["aws", "deployment", "template"]),
    ("host", &["aws"]),
    ("cloud", &["aws", "host"]),
    (
        "rehearse",
        &["aws", "cloud", "deployment", "host", "report", "template"],
    ),
];

/// Which of the house's parts a package belongs to; `None` where it has no place.
pub fn floor(package: &Package) -> Option<&str> {
    let (part, name) = package
        .folder
        .split_once('/')
        .unwrap_or((package.folder.as_str(), ""));
    match part {
        "rehearsal" => REHEARSAL
            .iter()
            .any(|(known, _)| *known == name)
            .then_some(part),
        "benches" | "functions" | "shared" | "probes" | "tests" => Some(part),
        _ => None,
    }
}

/// Whether the house allows it.
///
/// Functions and probes stand on what is shared; the rehearsal stands apart from both. What a package's tests use may stand
/// beside it, but for those of `shared` and of the rehearsal, which are used without the rest.
pub fn may_know(arrow: &Arrow) -> bool {
    let part = |folder: &str| folder.split('/').next().unwrap_or_default().to_owned();
    let (from, to) = (part(&arrow.from), part(&arrow.to));
    match (from.as_str(), to.as_str()) {
        ("rehearsal", "rehearsal") => REHEARSAL.iter().any(|(name, below)| {
            arrow.from == format!("rehearsal/{name}")
                && below
                    .iter()
                    .any(|below| arrow.to == format!("rehearsal/{below}"))
        }),
        ("functions" | "probes" | "shared", "shared") | ("benches" | "tests", _) => true,
        ("functions" | "probes", "functions" | "tests") => arrow.for_tests,
        _ => false,
    }
}

/// All packages.
pub fn all(root_folder: &Path) -> Vec<Package> {
    metadata(root_folder)
        .iter()
        .map(|package| {
            let targets = || package["targets"].as_array().into_iter().flatten();
            let root = |target: &Value| Some(PathBuf::from(target["src_path"].as_str()?));
            let is_used = |target: &&Value| {
                let kinds = target["kind"].as_array();
                kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "lib" || kind == "bin"))
            };
            Package {
                folder: folder(root_folder, package),
                roots: targets().filter(is_used).filter_map(root).collect(),
                programs: targets().filter_map(root).collect(),
                untested: targets()
                    .filter(|target| target["test"] == false)
                    .filter_map(root)
                    .collect(),
            }
        })
        .collect()
}

/// Who knows whom.
pub fn arrows(root: &Path) -> Vec<Arrow> {
    let packages = metadata(root);
    let mut arrows = Vec::new();
    for package in &packages {
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let known = packages
                .iter()
                .find(|known| known["name"] == dependency["name"]);
            // A feature of its own, for its tests.
            if let Some(known) = known.filter(|known| known["name"] != package["name"]) {
                arrows.push(Arrow {
                    from: folder(root, package),
                    to: folder(root, known),
                    for_tests: dependency["kind"] == "dev",
                });
            }
        }
    }
    arrows
}

fn folder(root: &Path, package: &Value) -> String {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let folder = manifest
        .parent()
        .and_then(|folder| folder.strip_prefix(root).ok());
    folder.unwrap_or(manifest).display().to_string()
}

/// What Cargo says of the workspace's packages.
fn metadata(root: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--locked",
            "--format-version",
            "1",
        ])
        .current_dir(root)
        .output()
        .expect("cargo can be run");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo's metadata is JSON");
    metadata["packages"]
        .as_array()
        .cloned()
        .expect("a workspace has packages")
}

/// The crates that these packages are made of, each with its features, where the whole workspace is built: with what its tests ask for, or
/// without. One that build scripts and procedural macros use with other features is there twice.
pub fn features(root: &Path, of: &[&str], with_tests: bool) -> BTreeSet<String> {
    let edges = if with_tests {
        "normal,build,dev"
    } else {
        "normal,build"
    };
    let named: Vec<&str> = of.iter().flat_map(|name| ["--package", name]).collect();
    let made_of = tree(root, &named, "normal", "{p}");
    let mut all = tree(root, &["--workspace"], edges, "{p}|{f}");
    all.retain(|line| {
        line.split_once('|')
            .is_some_and(|(package, _)| made_of.contains(package))
    });
    all
}

/// The crates that this package is made of, and what its procedural macros and build scripts are made of, each with its features, where
/// it is built by itself.
pub fn features_alone(root: &Path, package: &str) -> BTreeSet<String> {
    tree(root, &["--package", package], "normal,build", "{p}|{f}")
}

/// The lines of `cargo tree`, each once.
fn tree(root: &Path, packages: &[&str], edges: &str, format: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none"])
        .args(packages)
        .args(["--edges", edges, "--format", format])
        .current_dir(root)
        .output()
        .expect("cargo can be run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}
