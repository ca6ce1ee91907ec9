//! The JSON Schemas of what `rehearse` prints, held against what it prints.

use serde_json::{Value, json};
use workspace_tests::Printed;
use workspace_tests::{Rehearse, places};

use crate::pages;
use crate::quotes::RUNS;

fn schema() -> Value {
    schema_of("report")
}

fn schema_of(what: &str) -> Value {
    let text = pages::text(&places::root().join(format!("docs/{what}.schema.json")));
    serde_json::from_str(&text).expect("a schema is JSON")
}

/// What a report has that the schema does not allow.
fn problems(schema: &Value, report: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(schema).expect("it is a JSON Schema");
    validator
        .iter_errors(report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// The schema that takes no member it does not describe.
fn without_more(mut schema: Value) -> Value {
    fn close(schema: &mut Value) {
        match schema {
            Value::Object(members) => {
                if members.get("properties").is_some_and(Value::is_object) {
                    members.insert("additionalProperties".to_owned(), json!(false));
                }
                members.values_mut().for_each(close);
            }
            Value::Array(values) => values.iter_mut().for_each(close),
            _ => {}
        }
    }
    close(&mut schema);
    schema
}

/// Real reports: the runs that pages quote, and one in which a hook was answered for.
fn reports() -> Vec<Value> {
    let answered_for = Rehearse::new()
        .file(places::rehearsal("hook-crashes-at-start"))
        .option("--format", "json")
        .run()
        .with_code(0);
    let quoted = RUNS.values().filter_map(|run| run.kept.as_deref());
    [answered_for.stdout.as_str()]
        .into_iter()
        .chain(quoted)
        .map(|text| serde_json::from_str(text).expect("a report is JSON"))
        .collect()
}

#[test]
fn real_reports_are_as_the_schema_says_and_have_nothing_that_it_does_not_describe() {
    let strict = without_more(schema());
    let reports = reports();
    assert!(reports.len() > 5, "only {} reports", reports.len());
    for report in &reports {
        assert_eq!(problems(&schema(), report), [""; 0]);
        assert_eq!(problems(&strict, report), [""; 0]);
    }
    // What is often null was not in all of them.
    for pointer in [
        "/0/deployments/0/hooks/0/on_failure",
        "/0/deployments/0/rollback",
    ] {
        let some = reports
            .iter()
            .any(|report| report.pointer(pointer).is_some_and(Value::is_object));
        assert!(some, "no report has {pointer}");
    }
}

#[test]
fn a_report_of_another_shape_is_not_as_the_schema_says() {
    let report = &reports()[0];
    for (pointer, value) in [
        ("/0/outcome", json!("InProgress")),
        ("/0/deployments/0/id", json!("d-1")),
        ("/0/deployments/0/minutes/0/weights/1", json!(10)),
        (
            "/0/deployments/0/hooks/0/on_failure/condition",
            json!("Other"),
        ),
        ("/0/alarms/0/transitions/0/state", json!("ok")),
        ("/0/not_rehearsed/0/line", Value::Null),
    ] {
        let mut broken = report.clone();
        *broken
            .pointer_mut(pointer)
            .unwrap_or_else(|| panic!("no {pointer} in {report:#}")) = value;
        assert_ne!(problems(&schema(), &broken), [""; 0], "{pointer}");
    }
    let mut incomplete = report.clone();
    incomplete[0]
        .as_object_mut()
        .expect("it is an object")
        .remove("seed");
    assert_ne!(problems(&schema(), &incomplete), [""; 0]);
    let mut more = report.clone();
    more[0]["later"] = json!(true);
    assert_eq!(
        problems(&schema(), &more),
        [""; 0],
        "a later version may say more"
    );
    assert_ne!(problems(&without_more(schema()), &more), [""; 0]);
}

/// Whether a report is shown as it is: with every member of its objects, and some elements of its arrays. What differs from run to run
/// or with every edit of the template may differ.
fn shows(shown: &Value, real: &Value) -> bool {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            shown.len() == real.len()
                && shown.iter().all(|(name, shown)| {
                    let varies =
                        ["command", "duration_ms", "line", "wall_seconds"].contains(&name.as_str());
                    let real = real.get(name);
                    real.is_some_and(|real| varies || shows(shown, real))
                })
        }
        (Value::Array(shown), Value::Array(real)) => shown
            .iter()
            .all(|shown| real.iter().any(|real| shows(shown, real))),
        _ => shown == real,
    }
}

#[test]
fn the_report_that_a_page_shows_is_one_with_shorter_arrays() {
    let page = pages::text(&places::root().join("docs/report.md"));
    let [shown] = pages::blocks(&page, "json")[..] else {
        panic!("the page shows one report")
    };
    let shown: Value = serde_json::from_str(shown).expect("a report is JSON");
    let real = reports()
        .into_iter()
        .map(|reports| reports[0].clone())
        .find(|real| real["name"] == shown["name"])
        .expect("the run is one that a page quotes");
    assert!(
        shows(&shown, &real),
        "{shown:#}\nis shown, but it is\n{real:#}"
    );
}

#[test]
fn what_an_inspection_prints_is_as_its_schema_says() {
    let refused = "tests/inspect/refused.yaml";
    for template in [
        "template.yaml",
        "tests/templates/without-rollback.yaml",
        refused,
    ] {
        let (code, answer) = Printed::inspect_json(template, &[]);
        assert_eq!(code, Some(if template == refused { 2 } else { 0 }));
        assert_eq!(
            problems(&schema_of("inspect"), &answer),
            [""; 0],
            "{template}"
        );
    }
    assert_ne!(problems(&schema_of("inspect"), &json!({})), [""; 0]);
}

#[test]
fn a_plan_is_as_its_schema_says_and_has_nothing_that_it_does_not_describe() {
    let (live, new) = ("tests/plan/live.yaml", "tests/plan/new.yaml");
    let strict = without_more(schema_of("plan"));
    for (template, arguments) in [
        (new, &["--live", live, "--code", "changed"][..]),
        (new, &["--live", live]),
        (new, &[]),
        ("template.yaml", &["--live", new]),
        ("tests/inspect/refused.yaml", &[]),
    ] {
        let (_, plan) = Printed::plan_json(template, arguments);
        assert_eq!(
            problems(&strict, &plan),
            [""; 0],
            "{template} {arguments:?}"
        );
    }
    assert_ne!(problems(&strict, &json!({})), [""; 0]);
}

#[test]
fn odds_are_as_their_schema_says_and_have_nothing_that_it_does_not_describe() {
    let strict = without_more(schema_of("odds"));
    for arguments in [
        &["template.yaml"][..],
        &["tests/gates/unmodelled-metric.yaml"],
        &["template.yaml", "--fault", "delay", "--delay-ms", "3000"],
    ] {
        let few = ["--seeds", "20", "--requests-per-minute", "20"];
        let (_, odds) = Printed::odds_json(&[arguments, &few].concat());
        assert_eq!(problems(&strict, &odds), [""; 0], "{arguments:?}");
    }
    assert_ne!(problems(&strict, &json!({})), [""; 0]);
}
