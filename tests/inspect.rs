//! What `rehearse inspect` says of templates: to people, by snapshots, and to programs, by the contract.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::{Value, json};
use workspace_tests::Printed;
use workspace_tests::large::{MOST_RESOURCES, template};
use workspace_tests::places;
use workspace_tests::printed::command;

const GOOD: &str = "tests/inspect/good.yaml";
const REFUSED: &str = "tests/inspect/refused.yaml";
const UNKNOWNS: &str = "tests/inspect/unknowns.yaml";

#[test]
fn a_good_template_is_told_to_people() {
    insta::assert_snapshot!(Printed::inspect(GOOD, &[]));
}

#[test]
fn a_refused_template_is_told_with_all_its_problems_and_their_lines() {
    insta::assert_snapshot!(Printed::inspect(REFUSED, &[]));
}

#[test]
fn unknowns_and_warnings_are_told_with_their_lines() {
    insta::assert_snapshot!(Printed::inspect(UNKNOWNS, &[]));
}

#[test]
fn the_json_of_a_good_template_is_the_contracts() {
    insta::assert_json_snapshot!(Printed::inspect_json(GOOD, &[]).1);
}

#[test]
fn the_json_of_a_template_with_unknowns_has_nulls_and_their_notes() {
    insta::assert_json_snapshot!(Printed::inspect_json(UNKNOWNS, &[]).1);
}

#[test]
fn parameters_decide_what_is_deployed() {
    let (code, json) = Printed::inspect_json(GOOD, &["--parameter", "Stage=production"]);
    assert_eq!(code, Some(0));
    let of = |function: &str| {
        json["deployments"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|deployment| deployment["function"] == function)
            .unwrap_or_else(|| panic!("{function} is not in {json:#}"))
    };
    assert_eq!(
        of("Orders")["deployment_config"],
        "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"
    );
    assert_eq!(
        of("Orders")["traffic"][9],
        json!({"minute": 9, "share": 1.0})
    );
    assert_eq!(
        of("Audit")["condition"],
        json!({"name": "IsProduction", "holds": true})
    );
}

#[test]
fn an_environment_of_samconfig_gives_parameters_and_the_command_line_goes_before_it() {
    let samconfig = "tests/inspect/samconfig.toml";
    let config = |arguments: &[&str]| {
        let arguments = [
            &["--samconfig", samconfig, "--config-env", "production"],
            arguments,
        ];
        let (code, json) = Printed::inspect_json(GOOD, &arguments.concat());
        assert_eq!(code, Some(0));
        json["deployments"][0]["deployment_config"].clone()
    };
    assert_eq!(
        config(&[]),
        "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"
    );
    assert_eq!(
        config(&["--parameter", "Stage=beta"]),
        "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    );
    let missing = ["--samconfig", samconfig, "--config-env", "nowhere"];
    let (code, json) = Printed::inspect_json(GOOD, &missing);
    assert_eq!(code, Some(2));
    assert_eq!(json["diagnostics"][0]["code"], "samconfig::unusable");
    let inspected = Printed::inspect(GOOD, &missing);
    assert_eq!(inspected.code, Some(2));
    assert!(inspected.stderr.contains("`production`"), "{inspected}");
}

#[test]
fn each_environment_of_the_project_shifts_traffic_at_its_own_pace_and_without_a_warning() {
    for (environment, configuration, minutes) in [
        ("default", "Canary10Percent5Minutes", 5),
        ("dev", "AllAtOnce", 0),
        ("staging", "Canary10Percent5Minutes", 5),
        ("prod", "Canary10Percent15Minutes", 15),
    ] {
        let arguments = [
            "--samconfig",
            "samconfig.toml",
            "--config-env",
            environment,
            "--deny",
            "warnings",
        ];
        let (code, json) = Printed::inspect_json("template.yaml", &arguments);
        assert_eq!(code, Some(0), "{environment}: {json:#}");
        let deployment = &json["deployments"][0];
        assert_eq!(
            deployment["deployment_config"],
            format!("CodeDeployDefault.Lambda{configuration}"),
            "{environment}"
        );
        let last = deployment["traffic"]
            .as_array()
            .and_then(|steps| steps.last());
        assert_eq!(
            last,
            Some(&json!({"minute": minutes, "share": 1.0})),
            "{environment}"
        );
    }
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    for (template, arguments, code) in [
        (UNKNOWNS, &[][..], 0),
        (UNKNOWNS, &["--deny", "warnings"], 1),
        (GOOD, &["--deny", "warnings"], 0),
        (REFUSED, &["--deny", "warnings"], 2),
        ("template.yaml", &["--deny", "warnings"], 0),
    ] {
        let inspected = Printed::inspect(template, arguments);
        assert_eq!(inspected.code, Some(code), "{template}\n{inspected}");
        assert_eq!(Printed::inspect_json(template, arguments).0, Some(code));
    }
}

#[test]
fn a_refused_template_has_diagnostics_and_nothing_else() {
    let (code, json) = Printed::inspect_json(REFUSED, &[]);
    assert_eq!(code, Some(2));
    for (key, value) in json.as_object().expect("it is an object") {
        let items = value.as_array().expect("it is a list");
        assert_eq!(items.is_empty(), key != "diagnostics", "{key}: {value:#}");
    }
    for diagnostic in json["diagnostics"].as_array().into_iter().flatten() {
        assert_eq!(diagnostic["severity"], "error");
        assert!(diagnostic["line"].is_u64(), "{diagnostic}");
    }
}

#[test]
fn a_file_that_is_not_there_is_refused_without_a_line() {
    let (code, json) = Printed::inspect_json("no/such/template.yaml", &[]);
    assert_eq!(code, Some(2));
    assert_eq!(json["diagnostics"][0]["code"], "template::unreadable");
    assert_eq!(json["diagnostics"][0]["line"], Value::Null);
}

#[test]
fn a_parameter_without_a_value_is_a_wrong_command_line() {
    let inspected = Printed::inspect(GOOD, &["--parameter", "Stage"]);
    assert_eq!(inspected.code, Some(2));
    assert!(inspected.stderr.contains("NAME=VALUE"), "{inspected}");
}

#[test]
fn a_parameter_that_the_template_does_not_have_is_refused_with_a_suggestion() {
    let inspected = Printed::inspect(GOOD, &["--parameter", "Stgae=beta"]);
    assert_eq!(inspected.code, Some(2));
    assert!(
        inspected.stderr.contains("did you mean `Stage`?"),
        "{inspected}"
    );
}

#[test]
fn a_template_of_five_hundred_resources_is_read_without_a_warning() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("large.yaml");
    std::fs::write(&path, template(MOST_RESOURCES)).expect("it can be written");
    let (code, json) = Printed::inspect_json(&path, &["--deny", "warnings"]);
    assert_eq!(code, Some(0), "{json:#}");
    assert_eq!(json["deployments"].as_array().map(Vec::len), Some(49));
    std::fs::write(&path, template(MOST_RESOURCES + 1)).expect("it can be written");
    assert_eq!(Printed::inspect_json(&path, &[]).0, Some(2));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("large.yaml");
    std::fs::write(&path, template(MOST_RESOURCES)).expect("it can be written");
    // Far more is printed than a pipe holds.
    let mut child = command("inspect")
        .arg(&path)
        .args(["--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("rehearse starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// The keys of a value at each path, with `[]` for a list's items.
fn shape(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = format!("{path}/{key}");
                found.insert(path.clone());
                shape(value, &path, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                shape(item, &format!("{path}[]"), found);
            }
        }
        _ => {}
    }
}

/// The paths that a schema requires; `$defs` are not used in it.
fn required(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    let all: BTreeSet<&str> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    if !all.is_empty() {
        let required: BTreeSet<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(all, required, "every key is always there");
        assert_eq!(schema["additionalProperties"], false, "{path}");
    }
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        found.insert(path.clone());
        required(property, &path, found);
    }
    if let Some(items) = schema.get("items") {
        required(items, &format!("{path}[]"), found);
    }
}

#[test]
fn the_schema_has_the_keys_that_are_printed_and_no_others() {
    let schema = std::fs::read_to_string(places::root().join("docs/inspect.schema.json"))
        .expect("the schema is there");
    let schema: Value = serde_json::from_str(&schema).expect("it is JSON");
    let mut described = BTreeSet::new();
    required(&schema, "", &mut described);
    let mut printed = BTreeSet::new();
    for template in [GOOD, UNKNOWNS] {
        shape(&Printed::inspect_json(template, &[]).1, "", &mut printed);
    }
    assert_eq!(printed, described);
}

#[test]
fn every_lint_is_explained() {
    let page =
        std::fs::read_to_string(places::root().join("docs/lints.md")).expect("the page is there");
    let explained: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`'))
        .collect();
    let folder = places::root().join("rehearsal/template/tests/lints");
    let lints: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("each lint has a folder of its code")
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    assert_eq!(explained, lints.iter().map(String::as_str).collect());
}

/// What a template gives as SARIF, held to the standard's schema.
#[track_caller]
fn sarif(template: &str) -> serde_json::Value {
    let printed = Printed::inspect(template, &["--format", "sarif"]);
    let log: serde_json::Value = serde_json::from_str(&printed.stdout).expect("it is JSON");
    let schema = places::root().join("tests/inspect/sarif-schema-2.1.0.json");
    let schema = std::fs::read_to_string(schema).expect("it is there");
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a JSON Schema");
    let problems: Vec<_> = validator
        .iter_errors(&log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(problems, [""; 0], "{log:#}");
    let mut broken = log.clone();
    broken["runs"][0]["results"][0]["level"] = "bad".into();
    assert!(!validator.is_valid(&broken), "the schema holds nothing");
    log
}

#[test]
fn sarif_is_as_its_schema_says_with_help_for_each_lint_and_a_place_for_each_finding() {
    let log = sarif("tests/inspect/unknowns.yaml");
    let run = &log["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let results = run["results"].as_array().expect("results are an array");
    assert!(
        results.iter().any(|result| result["level"] == "warning"),
        "{log:#}"
    );
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("it is a number");
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(index).expect("it is small")];
        assert_eq!(rule["id"], result["ruleId"]);
        if result["level"] == "warning" {
            assert!(rule["help"]["markdown"].is_string(), "{rule:#}");
        }
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            place["artifactLocation"]["uri"],
            "tests/inspect/unknowns.yaml"
        );
        assert!(
            place["region"]["startLine"]
                .as_u64()
                .is_some_and(|line| line > 0),
            "{result:#}"
        );
    }
    let refused = sarif("tests/inspect/refused.yaml");
    assert_eq!(
        refused["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
    assert_eq!(
        Printed::inspect("tests/inspect/refused.yaml", &["--format", "sarif"]).code,
        Some(2)
    );
}

#[test]
fn annotations_stand_at_the_templates_lines_and_notes_are_none() {
    let template = "tests/inspect/unknowns.yaml";
    let (_, json) = Printed::inspect_json(template, &[]);
    let findings = json["diagnostics"].as_array().expect("they are an array");
    let expected = findings
        .iter()
        .filter(|finding| finding["severity"] != "note");
    let expected: Vec<_> = expected
        .map(|finding| {
            format!(
                "::{} file={template},line={},col={},title={}::",
                finding["severity"].as_str().unwrap_or_default(),
                finding["line"],
                finding["column"],
                finding["code"]
                    .as_str()
                    .unwrap_or_default()
                    .replace(':', "%3A")
            )
        })
        .collect();
    assert!(!expected.is_empty());
    let printed = Printed::inspect(template, &["--format", "github"]);
    let lines: Vec<_> = printed.stdout.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{}", printed.stdout);
    for (line, begin) in lines.iter().zip(&expected) {
        assert!(line.starts_with(begin.as_str()), "{line}\n{begin}");
    }
    let on_github = |more: &[&str]| {
        let arguments = [&[template], more].concat();
        Printed::on_github("inspect", &arguments).stderr
    };
    let output = on_github(&[]);
    assert_eq!(
        output.matches("file=inspect/unknowns.yaml,line=").count(),
        lines.len(),
        "{output}"
    );
    assert!(!on_github(&["--no-github"]).contains("::warning"));
    let refused = Printed::inspect("tests/inspect/refused.yaml", &["--format", "github"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused
            .stdout
            .starts_with("::error file=tests/inspect/refused.yaml,line="),
        "{}",
        refused.stdout
    );
}
