//! SAM as the oracle: what the reader makes of a template is held against what SAM's own translator makes of it.
//!
//! `translator.py` runs the translator in one process over all templates. It needs the tools that `scripts/venv.sh sam`
//! installs, as `make test` does.

mod corpus;
mod facts;
mod forms;
mod generator;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use corpus::Case;
use rehearsal_template::{Inputs, Severity, read_str};
use serde_json::{Value, json};
use workspace_tests::{places, python};

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
            Ok(_) if types::is_refused_by_cloudformation(&case.name) => {
                differences.push(("it is listed as refused, and read".to_owned(), case));
            }
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
                let mut ours = facts::comparable(facts::of(&stack), &[]);
                let mut theirs = facts::comparable(theirs.clone(), &hashless);
                if types::is_not_expanded(&case.name) {
                    ours["resources"].take();
                    theirs["resources"].take();
                }
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
            Err(_) if types::is_refused_by_cloudformation(&case.name) => {}
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
    let (mut refused, mut not_judged) = (0, 0);
    for (case, answer) in JUDGED.iter() {
        let Some(reasons) = answer.get("refused").and_then(Value::as_array) else {
            continue;
        };
        match read_str(&case.name, &case.text, &case.inputs()) {
            Ok(_) if types::is_not_judged(&case.name) => not_judged += 1,
            Ok(_) => differences.push((format!("SAM refuses it: {reasons:?}"), case)),
            Err(_) if types::is_not_judged(&case.name) => {
                differences.push(("it is listed as not judged, and refused".to_owned(), case));
            }
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
                if missing.is_empty() || types::is_in_other_words(&case.name) {
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
    println!(
        "{refused} templates that SAM refuses: refused for its reasons; {not_judged} others are listed as not judged"
    );
    let failed = JUDGED
        .iter()
        .filter(|(_, answer)| answer.get("failed").is_some());
    println!(
        "{} templates in which its translator itself fails, so that it judges nothing",
        failed.count()
    );
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
        if types::is_not_expanded(&case.name) || types::is_refused_by_cloudformation(&case.name) {
            continue;
        }
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

/// The files that `properties.py` writes, with the key under which it answers each.
const TABLES: [(&str, &str); 3] = [
    ("rehearsal/template/src/sam/property_table.rs", "table"),
    ("rehearsal/template/src/sam/policy_table.rs", "policies"),
    (
        "rehearsal/template/src/lint/managed_policies.txt",
        "managed",
    ),
];

/// What `properties.py` answers.
static TRANSLATOR: LazyLock<Value> =
    LazyLock::new(|| python::ask("tests/oracle/properties.py", &[json!({})]).remove(0));

/// The properties in a table, each with its type.
fn properties_in(table: &str) -> BTreeSet<(String, String)> {
    let mut of = String::new();
    let mut found = BTreeSet::new();
    for line in table.lines() {
        // Before a row's last bracket stand the texts that its properties may have.
        let names = line.rsplit("&[").next().unwrap_or(line);
        if let Some(rest) = line.trim_start().strip_prefix("Type { name: \"") {
            let (name, _) = rest.split_once('"').unwrap_or((rest, ""));
            name.clone_into(&mut of);
        } else if line.starts_with("        ") {
            let names = names.split('"').skip(1).step_by(2);
            found.extend(names.map(|name| (of.clone(), name.to_owned())));
        }
    }
    found
}

/// The policy templates in a table, each with its parameters.
fn templates_in(table: &str) -> BTreeSet<(String, String)> {
    let rows = table.lines().filter(|line| line.starts_with("    (\""));
    let row = |line: &str| {
        let (name, parameters) = line.split_once(", &")?;
        Some((name.to_owned(), parameters.to_owned()))
    };
    rows.filter_map(row).collect()
}

/// The names in a list, below its first line.
fn names_in(list: &str) -> BTreeSet<(String, String)> {
    let names = list.lines().skip(1);
    names.map(|name| (name.to_owned(), String::new())).collect()
}

#[test]
fn the_tables_are_the_translators_and_lack_nothing_of_sams_schema() {
    let answer = &*TRANSLATOR;
    let version = answer["version"].as_str().expect("a version is text");
    let mut known = BTreeSet::new();
    for (path, key) in TABLES {
        let theirs = answer[key].as_str().expect("a table is text");
        let path = places::root().join(path);
        if std::env::var_os("UPDATE_PROPERTIES").is_some() {
            std::fs::write(&path, theirs).expect("the table can be written");
        }
        let ours = std::fs::read_to_string(&path).expect("the table is in the repository");
        let rows = |table: &str| match key {
            "table" => properties_in(table),
            "policies" => templates_in(table),
            _ => names_in(table),
        };
        if ours.contains(&format!("translator {version} ")) {
            assert_eq!(ours, theirs, "UPDATE_PROPERTIES=1 writes it");
        } else {
            // An older Python has an older translator.
            let lost: Vec<_> = rows(theirs).difference(&rows(&ours)).cloned().collect();
            assert!(lost.is_empty(), "translator {version}: {lost:?}");
        }
        assert!(rows(&ours).len() > 70, "{} has few rows", path.display());
        if key == "table" {
            known = rows(&ours);
        }
    }
    let schema: BTreeMap<String, Vec<String>> =
        serde_json::from_value(answer["schema"].clone()).expect("types with their properties");
    let in_schema = schema
        .iter()
        .flat_map(|(of, names)| names.iter().map(move |name| (of.clone(), name.clone())));
    let in_schema: BTreeSet<_> = in_schema.collect();
    let lacks: Vec<_> = in_schema.difference(&known).collect();
    assert!(lacks.is_empty(), "{lacks:?}");
    println!(
        "{} properties of SAM's types and events; {} of its schema are among them",
        known.len(),
        in_schema.len()
    );
    assert!(in_schema.len() > 200);
}

/// The lint `unknown-property` asks which names CloudFormation's own types have, `property-refused` what they may be, and what resolves
/// `Fn::GetAtt` which attributes there are.
#[test]
fn what_is_known_of_cloudformations_types_is_what_its_schemas_say() {
    let answers = python::ask("tests/oracle/schemas.py", &[json!(null)]);
    let tables = [
        ("table", "schemas.txt", 700),
        ("bounds", "lint/subject/schema_bounds.txt", 500),
        ("attributes", "resolve/attribute_names.txt", 100),
        ("types", "resource_types.txt", 1_500),
    ];
    for (name, file, fewest) in tables {
        let theirs = answers[0][name].as_str().expect("a table is text");
        let path = places::root().join("rehearsal/template/src").join(file);
        if std::env::var_os("UPDATE_PROPERTIES").is_some() {
            std::fs::write(&path, theirs).expect("the table can be written");
        }
        let ours = std::fs::read_to_string(&path).expect("the table is in the repository");
        let words = |table: &str| -> BTreeSet<(String, String)> {
            let rows = table.lines().filter_map(|line| line.split_once(": "));
            rows.flat_map(|(path, words)| {
                let words = words.split(' ');
                words.map(|word| (path.to_owned(), word.to_owned()))
            })
            .collect()
        };
        // An older Python has older schemas.
        let lost: Vec<_> = words(theirs).difference(&words(&ours)).cloned().collect();
        assert!(
            lost.is_empty(),
            "UPDATE_PROPERTIES=1 writes {file}: {lost:?}"
        );
        assert!(words(&ours).len() > fewest, "{file} has few");
    }
}

/// The lints on hooks ask who may report to CodeDeploy: they pass over policy templates, and so they may.
#[test]
fn no_policy_template_of_sams_grants_anything_of_codedeploy() {
    let services = TRANSLATOR["services"].as_array().expect("a list");
    assert!(services.contains(&json!("lambda")), "{services:?}");
    assert!(!services.contains(&json!("codedeploy")), "{services:?}");
}
