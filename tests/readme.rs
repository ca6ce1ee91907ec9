//! The README of `lifecycle-hook`, as somebody reads it who has nothing else: a crate outside the workspace, made of it alone.

use std::fmt::Write as _;
use std::process::Command;

use workspace_tests::{places, process};

/// The workspace's own: a crate that was checked with another profile is checked again.
const PROFILE: &str = r#"[profile.dev]
debug = "line-tables-only"
[profile.dev.package."*"]
debug = false
"#;

/// The blocks of code in a page that begin so.
fn blocks<'a>(page: &'a str, fence: &str) -> Vec<&'a str> {
    page.split(&format!("```{fence}\n"))
        .skip(1)
        .map(|rest| rest.split("```").next().expect("a split has a first part"))
        .collect()
}

#[test]
fn a_crate_of_the_readme_alone_compiles() {
    let library = places::root().join("shared/lifecycle-hook");
    let readme = std::fs::read_to_string(library.join("README.md")).expect("there is a README");
    let [dependencies] = blocks(&readme, "toml")[..] else {
        panic!("the README says once what a Cargo.toml needs");
    };
    let programs = blocks(&readme, "rust,no_run");
    assert!(programs.len() >= 3, "{programs:?}");
    assert!(programs[0].contains("check_with_timeout") && programs[0].contains("retry_until"));

    let outside = tempfile::tempdir().expect("there is room for a crate");
    let (beside, here) = (
        "path = \"../shared/lifecycle-hook\"",
        format!("path = {library:?}"),
    );
    assert!(dependencies.contains(beside), "{dependencies}");
    let dependencies = dependencies.replace(beside, &here);
    let mut manifest = format!(
        "[package]\nname = \"newcomer\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n{dependencies}\n[workspace]\n\n{PROFILE}\n"
    );
    for (index, program) in programs.iter().enumerate() {
        let name = format!("program_{index}");
        writeln!(
            manifest,
            "\n[[bin]]\nname = \"{name}\"\npath = \"{name}.rs\""
        )
        .expect("a text can be written to");
        let path = outside.path().join(name).with_extension("rs");
        std::fs::write(path, program).expect("the program can be written");
    }
    std::fs::write(outside.path().join("Cargo.toml"), manifest).expect("it can be written");
    // The versions that everything else is tested with, and no network.
    std::fs::copy(
        places::root().join("Cargo.lock"),
        outside.path().join("Cargo.lock"),
    )
    .expect("the lock file can be copied");

    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut check = Command::new(cargo);
    check
        .args(["check", "--offline", "--bins", "--quiet"])
        .current_dir(outside.path())
        // Where the workspace is built: clippy has checked most of these crates already.
        .env("CARGO_TARGET_DIR", places::target());
    process::of_no_package(&mut check);
    let output = check
        .output()
        .expect("cargo is there, for it runs the tests");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(!stderr.contains("warning"), "{stderr}");
}
