//! SAM as the oracle: what the reader makes of a template is held against what SAM's own translator makes of it.
//!
//! `translator.py` runs the translator in one process over all templates. It needs the tools that `scripts/venv.sh sam`
//! installs, as `make test` does.

mod corpus;
mod facts;
mod forms;
mod generator;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use corpus::Case;
use rehearsal_template::{Inputs, Severity, read_str};
use serde_json::{Value, json};
use workspace_tests::python;

/// Every template with SAM's answer.
static JUDGED: LazyLock<Vec<(Case, Value)>> = LazyLock::new(|| {
    let cases = corpus::cases();
    let answers = translate(&cases);
    cases.into_iter().zip(answers).collect()
});

fn translate(cases: &[Case]) -> Vec<Value> {
    let questions: Vec<_> = cases
        .iter()
        .map(|case| json!({"name": case.name, "text": case.text, "parameters": case.parameters}))
        .collect();
    python::ask("tests/oracle/translator.py", &questions)
}

fn local_code(answer: &Value) -> Vec<String> {
    let ids = answer["local_code"].as_array().into_iter().flatten();
    ids.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Fails with everything that differs, the templates' text with it.
fn assert_none(differences: &[(String, &Case)]) {
    let shown: Vec<_> = differences
        .iter()
        .map(|(difference, case)| {
            format!(
                "=== {}\n{difference}\n\n{}",
                case.name,
                case.text_if_made_up()
            )
        })
        .collect();
    assert!(
        differences.is_empty(),
        "{} templates differ:\n{}",
        differences.len(),
        shown.join("\n")
    );
}

#[test]
fn the_reader_makes_of_every_template_what_sam_makes_of_it() {
    let mut differences = Vec::new();
    let (mut accepted, mut values) = (0, 0);
    let mut types = BTreeMap::new();
    for (case, answer) in JUDGED.iter() {
        let Some(theirs) = answer.get("facts") else {
            continue;
        };
        match read_str(&case.name, &case.text, &case.inputs()) {
            Ok(stack) => {
                // A hash is missing only where the code is local.
                let mut hashless = local_code(answer);
                hashless.retain(|function| {
                    let mut aliases = stack.aliases.iter().chain(&stack.aliases_left_out);
                    aliases.any(|alias| {
                        alias.version_logical_id.is_none()
                            && alias.function.known_value() == Some(function)
                    })
                });
                let ours = facts::comparable(facts::of(&stack), &[]);
                let theirs = facts::comparable(theirs.clone(), &hashless);
                let mut found = Vec::new();
                facts::differences(&ours, &theirs, "", &mut found);
                if found.is_empty() {
                    accepted += 1;
                    values += facts::count(&theirs);
                    facts::count_types(&theirs, &mut types);
                } else {
                    differences.push((found.join("\n"), case));
                }
            }
            Err(refusal) => differences.push((
                format!(
                    "SAM accepts it, the reader does not: {:?}",
                    miette::Report::new(refusal)
                ),
                case,
            )),
        }
    }
    println!("{accepted} templates that SAM accepts: {values} values agree");
    let types: Vec<_> = types
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    println!("{} types of resource: {}", types.len(), types.join(", "));
    assert_none(&differences);
    assert!(accepted >= 60, "only {accepted} templates were compared");
}

#[test]
fn what_sam_refuses_is_refused_with_its_reason() {
    let mut differences = Vec::new();
    let mut refused = 0;
    for (case, answer) in JUDGED.iter() {
        let Some(reasons) = answer.get("refused").and_then(Value::as_array) else {
            continue;
        };
        match read_str(&case.name, &case.text, &case.inputs()) {
            Ok(_) => differences.push((format!("SAM refuses it: {reasons:?}"), case)),
            Err(refusal) => {
                let ours: Vec<_> = refusal
                    .diagnostics
                    .iter()
                    .filter(|diagnostic| diagnostic.severity == Severity::Error)
                    .map(|diagnostic| diagnostic.message.as_str())
                    .collect();
                let missing: Vec<_> = reasons
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|reason| !ours.iter().any(|message| gives(message, reason)))
                    .collect();
                if missing.is_empty() {
                    refused += 1;
                } else {
                    differences.push((
                        format!("SAM's reasons {missing:?} are not among the reader's {ours:?}"),
                        case,
                    ));
                }
            }
        }
    }
    println!("{refused} templates that SAM refuses: refused for its reasons");
    assert_none(&differences);
    assert!(refused >= 20, "only {refused} templates were refused");
}

/// Whether a message gives a reason of SAM's, which says before it which resource it concerns.
///
/// Of two events that are at odds SAM blames one or the other, by the order of a hash.
fn gives(message: &str, reason: &str) -> bool {
    let message = match message.strip_prefix("Event with id [") {
        Some(rest) => rest.split_once("is invalid. ").map_or(rest, |(_, of)| of),
        None => message,
    };
    // SAM may go on with a long list of what it knows.
    message.len() > 15 && reason.contains(message.trim_end_matches('.'))
}

#[test]
fn what_sam_expands_a_template_to_reads_as_the_template_itself() {
    let mut differences = Vec::new();
    for (case, answer) in JUDGED.iter() {
        let Some(expanded) = answer["expanded"].as_str() else {
            continue;
        };
        let theirs = facts::comparable(answer["facts"].clone(), &[]);
        let inputs = Inputs {
            parameters: case.parameters.clone(),
            ..Inputs::new("app")
        };
        match read_str(&case.name, expanded, &inputs) {
            Ok(stack) => {
                let ours = facts::comparable(facts::of(&stack), &[]);
                let mut found = Vec::new();
                facts::differences(&ours, &theirs, "", &mut found);
                if !found.is_empty() {
                    differences.push((found.join("\n"), case));
                }
            }
            Err(refusal) => {
                differences.push((format!("{:?}", miette::Report::new(refusal)), case));
            }
        }
    }
    assert_none(&differences);
}
