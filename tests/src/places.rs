//! Where things are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The profile of the binaries that are rehearsed, and of `rehearse` itself.
const PROFILE: &str = "rehearse";

/// The workspace's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate is a folder of the workspace")
}

/// The project's template.
pub fn template() -> PathBuf {
    root().join("template.yaml")
}

/// One of the project's rehearsals, by its name.
pub fn rehearsal(name: &str) -> PathBuf {
    root()
        .join("tests/rehearsals")
        .join(name)
        .with_extension("toml")
}

/// All of the project's rehearsals, by name.
pub fn rehearsals() -> Vec<String> {
    let folder = root().join("tests/rehearsals");
    let files = std::fs::read_dir(&folder)
        .expect("the project has rehearsals")
        .flatten();
    let mut names: Vec<_> = files
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

/// A built binary of the workspace: `rehearse` or a function.
pub fn binary(name: &str) -> PathBuf {
    let path = target().join(PROFILE).join(name);
    assert!(
        path.is_file(),
        "there is no {}: run `make build` first",
        path.display()
    );
    path
}

/// The packages of `tests/sdks`, which `scripts/sdks.sh` installs.
pub fn sdks() -> PathBuf {
    let modules = target().join("sdks/node_modules");
    assert!(
        modules.is_dir(),
        "there is no {}: run `make sdks` first, as `make test` does",
        modules.display()
    );
    modules
}

/// A program of `.venv`, which `scripts/venv.sh` makes.
pub fn venv(program: &str) -> PathBuf {
    let path = root().join(".venv/bin").join(program);
    assert!(
        path.exists(),
        "there is no {}: run `make tools-sam tools-dynamodb` first, as `make test` does",
        path.display()
    );
    path
}

/// What GitHub Actions sets and `rehearse` looks at.
pub const GITHUB: [&str; 3] = ["GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY"];

/// The day on which all tests run, which runtimes that retire go by: 2026-11-29.
const TODAY: &str = "1795910400";

/// A call of the built `rehearse`, as anywhere but under GitHub Actions.
pub fn command() -> Command {
    let mut command = Command::new(binary("rehearse"));
    command.env("SOURCE_DATE_EPOCH", TODAY);
    for variable in GITHUB {
        command.env_remove(variable);
    }
    command
}

/// An example of this crate. Cargo builds them with the tests.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("tests are in <target>/<profile>/deps");
    let path = folder.join("examples").join(name);
    assert!(
        path.is_file(),
        "there is no {}: run the tests by `cargo test`, which builds it",
        path.display()
    );
    path
}

/// The folder that cargo builds in: `CARGO_TARGET_DIR` and cargo's configuration count.
pub fn target() -> &'static Path {
    static TARGET: LazyLock<PathBuf> = LazyLock::new(|| {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args([
                "metadata",
                "--no-deps",
                "--offline",
                "--format-version",
                "1",
            ])
            .current_dir(root())
            .output()
            .expect("cargo is there, for it runs the tests");
        let metadata: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("cargo's metadata is JSON");
        let target = metadata["target_directory"]
            .as_str()
            .expect("cargo's metadata has a target_directory");
        PathBuf::from(target)
    });
    &TARGET
}
