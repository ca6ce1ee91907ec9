//! The JSON Schema of rehearsal files, held to the parser: each takes the keys that the other does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rehearsal_deployment::Rehearsal;
use serde_json::Value;
use workspace_tests::places;

use crate::pages;

/// A key that no table has.
const NONE: &str = "no_such_key";
/// The smallest rehearsal.
const LEAST: &str = "template = 't.yaml'\n[traffic]\nrequests_per_minute = 0\n";

/// For each table of the schema a file with a key in it that no table has.
#[rustfmt::skip] // A table.
const TABLES: [(&str, &str); 21] = [
    ("", "no_such_key = 1\ntemplate = 't.yaml'\n[traffic]\nrequests_per_minute = 0\n"),
    ("builds", "[builds]\nno_such_key = 1\n"),
    ("made_up", "[made_up]\nno_such_key = 1\n"),
    ("live", "[live]\nno_such_key = 1\n"),
    ("stub", "[[stub]]\nno_such_key = 1\n"),
    ("traffic", "[traffic]\nno_such_key = 1\n"),
    ("request", "[[traffic.request]]\nno_such_key = 1\n"),
    ("fault", "[[fault]]\nno_such_key = 1\n"),
    ("alarm", "[[alarm]]\nno_such_key = 1\n"),
    ("minutes", "[[alarm]]\nname = 'a'\nin_alarm = { no_such_key = 1 }\n"),
    ("metric", "[[metric]]\nno_such_key = 1\n"),
    ("points", "[[metric]]\nnamespace = 'a'\nname = 'b'\nvalues = { no_such_key = 1 }\n"),
    ("gates", "[gates]\nno_such_key = 1\n"),
    ("timing", "[timing]\nno_such_key = 1\n"),
    ("limits", "[limits]\nno_such_key = 1\n"),
    ("logs", "[logs]\nno_such_key = 1\n"),
    ("action", "[[action]]\nno_such_key = 1\n"),
    ("expect", "[expect]\nno_such_key = 1\n"),
    ("count", "[expect]\nerrors = { no_such_key = 1 }\n"),
    ("update", "[[update]]\nno_such_key = 1\n"),
    ("update_traffic", "[[update]]\n[update.traffic]\nno_such_key = 1\n"),
];

/// The tables that are one of two things, of which the parser names no keys, and their keys.
const UNNAMED: [(&str, &[&str]); 2] = [
    ("runtime_command", &["command"]),
    ("ssm_parameter", &["type", "value"]),
];

fn schema() -> Value {
    let path = places::root().join("docs/rehearsal.schema.json");
    serde_json::from_str(&pages::text(&path)).expect("a schema is JSON")
}

/// The keys that the parser takes where a file has [`NONE`], as its refusal lists them.
fn taken(text: &str) -> BTreeSet<String> {
    let whole = if text.contains("requests_per_minute") {
        text.to_owned()
    } else {
        format!("template = 't.yaml'\n{text}")
    };
    let error = toml::from_str::<Rehearsal>(&whole).expect_err("no table has this key");
    let message = error.message().to_owned();
    let (unknown, expected) = message
        .split_once(", expected ")
        .unwrap_or_else(|| panic!("{text}: {message}"));
    assert_eq!(unknown, format!("unknown field `{NONE}`"), "{text}");
    let names = expected.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

/// The tables of the schema by name, the whole file by none, with their keys.
fn described(schema: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let keys = |table: &Value| -> Option<BTreeSet<String>> {
        let properties = table.get("properties")?.as_object()?;
        Some(properties.keys().cloned().collect())
    };
    let parts = schema["$defs"].as_object().expect("it has parts");
    let parts = parts
        .iter()
        .filter_map(|(name, table)| Some((name.clone(), keys(table)?)));
    let whole = keys(schema).expect("a rehearsal has keys");
    parts.chain([(String::new(), whole)]).collect()
}

#[test]
fn the_schema_and_the_parser_take_the_same_keys_in_every_table() {
    let mut described = described(&schema());
    for (table, keys) in UNNAMED {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(described.remove(table), Some(keys));
    }
    let taken: BTreeMap<_, _> = TABLES
        .iter()
        .map(|(table, text)| ((*table).to_owned(), taken(text)))
        .collect();
    assert_eq!(described, taken);
}

/// A file's text as JSON.
fn json(text: &str) -> Value {
    let table: toml::Table = toml::from_str(text).expect("it is TOML");
    serde_json::to_value(table).expect("a table is JSON, but for dates")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("the folder is there")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            found.push(path);
        }
    }
}

#[test]
fn every_rehearsal_file_of_the_project_is_as_the_schema_says() {
    let validator = jsonschema::draft202012::new(&schema()).expect("it is a JSON Schema");
    let mut all = Vec::new();
    files(&places::root().join("tests"), &mut all);
    let mut held = 0;
    for path in all {
        let text = pages::text(&path);
        // Others are manifests and settings.
        if toml::from_str::<Rehearsal>(&text).is_err() {
            continue;
        }
        held += 1;
        let problems: Vec<_> = validator
            .iter_errors(&json(&text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(problems, [""; 0], "{}", path.display());
    }
    assert!(held > 50, "only {held} rehearsal files were found");
}

#[test]
fn a_file_that_the_parser_refuses_is_not_as_the_schema_says() {
    let validator = jsonschema::draft202012::new(&schema()).expect("it is a JSON Schema");
    assert!(validator.is_valid(&json(LEAST)));
    for (from, to) in [
        ("template = 't.yaml'\n", ""),
        ("template = 't.yaml'", "template = 7"),
        ("requests_per_minute = 0", "requests_per_minute = -1"),
        ("requests_per_minute = 0", "minutes_after = 1"),
        ("[traffic]", "account = '12'\n[traffic]"),
        ("[traffic]", "seed = 'x'\n[traffic]"),
        ("[traffic]", "[expect]\noutcome = 'Well'\n[traffic]"),
        ("[traffic]", "[expect]\nerrors = 3\n[traffic]"),
        ("[traffic]", "[[fault]]\nfunction = 'F'\n[traffic]"),
        ("[traffic]", "[[fault]]\nkind = 'explode'\n[traffic]"),
        ("[traffic]", "[parameters]\nA = [1]\n[traffic]"),
        (
            "requests_per_minute = 0",
            "requests_per_minute = 0\nrequest = [{ path = '/' }]",
        ),
        (
            "requests_per_minute = 0",
            "requests_per_minute = 0\nrequest = [{ weight = 1 }]",
        ),
    ] {
        let text = LEAST.replace(from, to);
        assert!(toml::from_str::<Rehearsal>(&text).is_err(), "{text}");
        assert!(!validator.is_valid(&json(&text)), "{text}");
    }
    for (_, text) in TABLES {
        let text = format!("template = 't.yaml'\n{text}");
        if let Ok(table) = toml::from_str::<toml::Table>(&text) {
            let value = serde_json::to_value(table).expect("a table is JSON");
            assert!(!validator.is_valid(&value), "{text}");
        }
    }
}
