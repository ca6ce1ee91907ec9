//! The runtimes that this machine's interpreters are: a verdict names where another version ran than the template's.

use std::process::Command;
use std::sync::LazyLock;

/// Lambda's name of this machine's Python: `python3.11`. Some name, where there is none.
pub fn python() -> &'static str {
    static PYTHON: LazyLock<String> = LazyLock::new(|| {
        let version = version("python3");
        let mut parts = version.split('.');
        let (major, minor) = (parts.next(), parts.next());
        format!("python{}.{}", major.unwrap_or("3"), minor.unwrap_or("13"))
    });
    &PYTHON
}

/// Lambda's name of this machine's Node.js: `nodejs20.x`. Some name, where there is none.
pub fn nodejs() -> &'static str {
    static NODEJS: LazyLock<String> = LazyLock::new(|| {
        let version = version("node");
        let major = version.split('.').next().filter(|major| !major.is_empty());
        format!("nodejs{}.x", major.unwrap_or("22"))
    });
    &NODEJS
}

/// A template for this machine's interpreters instead of those that templates of the tests name.
pub fn adapted(template: &str) -> String {
    let names = [
        ("python3.12", python()),
        ("python3.13", python()),
        ("nodejs22.x", nodejs()),
    ];
    let adapt = |template: String, (name, here): (&str, &str)| template.replace(name, here);
    names.into_iter().fold(template.to_owned(), adapt)
}

/// What an interpreter says of its version, without what stands before the number; empty, where there is none.
fn version(program: &str) -> String {
    let said = Command::new(program).arg("--version").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let said = said.unwrap_or_default();
    let number = said
        .trim()
        .trim_start_matches(|c: char| !c.is_ascii_digit());
    number.to_owned()
}
