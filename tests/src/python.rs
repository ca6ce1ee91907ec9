//! Python that asks what Python alone knows: SAM's own translator, and botocore's API models.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::places;

/// What a script of the project, by its path from the root, answers to each question: JSON both ways, one process for all.
///
/// It runs in `.venv`, which `scripts/venv.sh sam` makes.
///
/// ```no_run
/// let question = serde_json::json!({"text": "Resources: {}", "parts": []});
/// let answers = workspace_tests::python::ask("tests/oracle/expand.py", &[question]);
/// ```
pub fn ask(script: impl AsRef<Path>, questions: &[Value]) -> Vec<Value> {
    let script = script.as_ref();
    let python = places::root().join(".venv/bin/python");
    assert!(
        python.is_file(),
        "there is no {}: run `scripts/venv.sh sam` first, as `make test` does",
        python.display()
    );
    let mut process = Command::new(python)
        .arg(places::root().join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the interpreter runs");
    let mut stdin = process.stdin.take().expect("it is piped");
    stdin
        .write_all(json!(questions).to_string().as_bytes())
        .expect("the script reads all questions");
    drop(stdin);
    let output = process.wait_with_output().expect("the script ends");
    assert!(output.status.success(), "{} failed", script.display());
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("it answers in JSON");
    assert_eq!(answers.len(), questions.len(), "an answer each");
    answers
}
