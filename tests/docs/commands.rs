//! Command lines that a page shows: `bash` can read them, and AWS has what they ask for.

use std::path::PathBuf;
use std::process::Command;

use regex_lite::Regex;
use serde_json::json;
use workspace_tests::python;

use crate::pages;

/// Every script of the pages, with its page.
fn scripts() -> Vec<(PathBuf, String)> {
    let of = |page: PathBuf| {
        let scripts = pages::scripts(&pages::text(&page));
        scripts
            .into_iter()
            .map(move |script| (page.clone(), script))
    };
    pages::of_docs().into_iter().flat_map(of).collect()
}

/// Every command of AWS's within a sentence, with its page.
fn in_sentences() -> Vec<(PathBuf, String)> {
    let code = Regex::new("`(aws [a-z]+ [a-z-]+ --[^`]+)`").expect("it is a pattern");
    let mut commands = Vec::new();
    for page in pages::of_docs() {
        let text = pages::text(&page);
        let prose: Vec<_> = pages::prose(&text).collect();
        let prose = prose.join(" ");
        let found = code.captures_iter(&prose);
        commands.extend(found.map(|found| (page.clone(), found[1].to_owned())));
    }
    commands
}

#[test]
fn every_command_line_that_a_page_shows_is_one() {
    let scripts = scripts();
    assert!(scripts.len() > 10, "only {} were found", scripts.len());
    for (page, script) in scripts {
        let parsed = Command::new("bash")
            .args(["-n", "-c", &script])
            .output()
            .expect("make runs bash, so it is there");
        let complaint = String::from_utf8_lossy(&parsed.stderr);
        assert!(
            parsed.status.success(),
            "{}: {complaint}\n{script}",
            pages::name(&page)
        );
    }
}

#[test]
fn every_call_of_aws_that_a_page_shows_is_one_of_its_api() {
    let scripts = [scripts(), in_sentences()].concat();
    let questions: Vec<_> = scripts.iter().map(|(_, script)| json!(script)).collect();
    let mut calls = 0;
    let mut problems = Vec::new();
    for ((page, _), judged) in scripts
        .iter()
        .zip(python::ask("tests/docs/aws_commands.py", &questions))
    {
        calls += judged["commands"].as_u64().unwrap_or_default();
        for problem in judged["problems"].as_array().into_iter().flatten() {
            problems.push(format!("{}: {problem}", pages::name(page)));
        }
    }
    assert!(calls >= 20, "only {calls} calls were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_call_that_aws_does_not_know_is_found() {
    #[rustfmt::skip] // A table.
    let wrong = [
        ("aws lambda get-aliases", "lambda has no operation"),
        ("aws lamda get-alias", "Unknown service"),
        ("aws lambda get-alias --function-name F --nmae live", "there is no option --nmae"),
        ("aws deploy list-deployments --include-only-statuses Running", "Running is no value of --include-only-statuses"),
        ("x=$(aws deploy list-deployments --query 'a[') | tr a b", "--query: Invalid jmespath expression"),
    ];
    let judged = python::ask(
        "tests/docs/aws_commands.py",
        &wrong.map(|(script, _)| json!(script)),
    );
    for ((script, problem), judged) in wrong.iter().zip(judged) {
        assert!(judged.to_string().contains(problem), "{script}: {judged}");
    }
}
