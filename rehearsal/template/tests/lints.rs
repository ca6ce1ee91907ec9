//! Each lint has a template that it warns of and a near miss that it is silent on, in a folder of its code.
//!
//! The line to be warned of ends in `# warned`. A near miss is silent altogether: no other lint has anything to say of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rehearsal_template::lint::LINTS;
use rehearsal_template::{Diagnostic, Inputs, Severity, read};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lints")
}

/// What reading a lint's template finds, refused or not. A note is true of nearly every template: it is left to its own lint.
fn found(code: &str, name: &str) -> Vec<Diagnostic> {
    let path = folder().join(code).join(name).with_extension("yaml");
    let mut found = match read(&path, &Inputs::new("shop")) {
        Ok(stack) => stack.diagnostics,
        Err(refusal) => refusal.diagnostics,
    };
    found.retain(|diagnostic| diagnostic.severity != Severity::Note || diagnostic.code == code);
    found
}

fn codes(diagnostics: &[Diagnostic]) -> BTreeSet<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect()
}

#[test]
fn each_lint_warns_of_its_template_at_the_line_to_change_and_no_other_lint_does() {
    for lint in LINTS {
        let path = folder().join(lint.code).join("warns.yaml");
        let text = std::fs::read_to_string(&path).expect("each lint has a template");
        let marked: Vec<u32> = (1..)
            .zip(text.lines())
            .filter(|(_, line)| line.ends_with("# warned"))
            .map(|(number, _)| number)
            .collect();
        let found = found(lint.code, "warns");
        let lines: Vec<_> = found
            .iter()
            .map(|diagnostic| diagnostic.place.line)
            .collect();
        assert_eq!(codes(&found), BTreeSet::from([lint.code]), "{found:#?}");
        assert_eq!(lines, marked, "{found:#?}");
        for diagnostic in found {
            assert_eq!(diagnostic.severity, lint.severity, "{}", lint.code);
            assert!(diagnostic.logical_id.is_some(), "{}", lint.code);
            assert!(diagnostic.help.is_some(), "{}", lint.code);
        }
    }
}

#[test]
fn each_lint_is_silent_on_its_near_miss_and_so_are_all_others() {
    for lint in LINTS {
        let found = found(lint.code, "silent");
        assert!(found.is_empty(), "{}: {found:#?}", lint.code);
    }
}

#[test]
fn every_folder_is_a_lints() {
    let folders: BTreeSet<String> = std::fs::read_dir(folder())
        .expect("the folder is there")
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let codes: BTreeSet<String> = LINTS.iter().map(|lint| lint.code.to_owned()).collect();
    assert_eq!(folders, codes);
}

#[test]
fn lints_are_in_alphabetical_order() {
    assert!(LINTS.is_sorted_by_key(|lint| lint.code));
}

#[test]
fn the_projects_own_template_is_warned_of_nothing() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    for preference in [
        "AllAtOnce",
        "Canary10Percent5Minutes",
        "Canary10Percent30Minutes",
        "Linear10PercentEvery1Minute",
        "Linear10PercentEvery10Minutes",
    ] {
        let inputs = Inputs::new("contacts").parameter("DeploymentPreference", preference);
        let stack = read(&template, &inputs).expect("the template is read");
        let mut found = stack.diagnostics;
        found.retain(|diagnostic| diagnostic.severity != Severity::Note);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn a_lint_weighs_a_warning_except_for_what_cloudformation_refuses_and_for_facts() {
    let others: Vec<_> = LINTS
        .iter()
        .filter(|lint| lint.severity != Severity::Warning)
        .map(|lint| (lint.code, lint.severity))
        .collect();
    assert_eq!(
        others,
        [
            ("hook-refers-to-api", Severity::Error),
            ("version-exists-on-retry", Severity::Note)
        ]
    );
}

#[test]
fn what_aws_does_not_permit_or_may_refuse_is_marked_for_a_verdict_names_it() {
    let marking: BTreeSet<&str> = LINTS
        .iter()
        .filter(|lint| {
            let found = found(lint.code, "warns");
            found.iter().any(|found| found.is_not_permitted)
        })
        .map(|lint| lint.code)
        .collect();
    assert_eq!(
        marking,
        BTreeSet::from([
            "caller-not-permitted",
            "event-source-refused",
            "function-settings-refused",
            "hook-cannot-be-invoked",
            "hook-cannot-report",
            "hook-without-prefix",
            "property-refused",
            "role-cannot-deploy",
            "runtime-retired",
            "unknown-property",
        ])
    );
}
