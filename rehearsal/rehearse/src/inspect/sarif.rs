//! An inspection as SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), which code scanning shows.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::contract::{Finding, Inspection};

/// The page that explains the lints: a link to `docs/lints.md`, which is part of this crate when it is published.
const LINTS: &str = include_str!("../../lints.md");
/// The schema that the text follows, as the standard names it.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The text of an inspection of a template; a template that is refused is an inspection that was not successful.
pub fn text(template: &Path, inspection: &Inspection) -> String {
    let mut codes: Vec<&str> = inspection
        .diagnostics
        .iter()
        .map(|finding| finding.code)
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let help = sections();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code, &help)).collect();
    let uri = uri(template);
    let results = inspection.diagnostics.iter().map(|finding| {
        let index = codes.iter().position(|code| *code == finding.code);
        result(finding, index.unwrap_or_default(), &uri)
    });
    let is_read = inspection
        .diagnostics
        .iter()
        .all(|finding| finding.severity != "error");
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "rehearse",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                }
            },
            "invocations": [{ "executionSuccessful": is_read }],
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    let text = serde_json::to_string_pretty(&log);
    text.expect("texts, numbers and lists of them are always JSON") + "\n"
}

/// The sections of the page by the code of their lint: a heading each, then the text up to the next.
fn sections() -> BTreeMap<&'static str, &'static str> {
    let sections = LINTS.split("\n## `").skip(1);
    sections
        .filter_map(|section| section.split_once("`\n"))
        .map(|(code, text)| (code, text.trim()))
        .collect()
}

fn rule(code: &str, help: &BTreeMap<&str, &str>) -> Value {
    match help.get(code) {
        None => json!({ "id": code }),
        Some(text) => {
            let what = text.split("\n\n").next().unwrap_or_default();
            let what = what
                .trim_start_matches("**What.**")
                .trim()
                .replace('\n', " ");
            json!({
                "id": code,
                "fullDescription": { "text": what },
                "help": { "text": text, "markdown": text },
            })
        }
    }
}

fn result(finding: &Finding, index: usize, uri: &str) -> Value {
    // A stack inside the template has lines of its own file, whose place is not known here.
    let of_template = finding.stack.is_none();
    let mut place = json!({ "artifactLocation": { "uri": uri } });
    if let (true, Some(line)) = (of_template, finding.line) {
        place["region"] = json!({ "startLine": line, "startColumn": finding.column.unwrap_or(1) });
    }
    let mut location = json!({ "physicalLocation": place });
    let stack = finding.stack.as_ref().map(|stack| format!("{stack}/"));
    if let Some(logical_id) = &finding.logical_id {
        let whole = format!("{}{logical_id}", stack.as_deref().unwrap_or_default());
        location["logicalLocations"] =
            json!([{ "name": logical_id, "fullyQualifiedName": whole, "kind": "resource" }]);
    }
    json!({
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": { "text": finding.message },
        "locations": [location],
    })
}

/// A path as a URI has it (RFC 3986): what it does not allow in a path is escaped. A relative path stays relative.
fn uri(path: &Path) -> String {
    let text = path.to_string_lossy();
    let mut uri = String::new();
    if path.is_absolute() {
        uri.push_str("file://");
    }
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            // Writing to a String cannot fail.
            other => drop(write!(uri, "%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lint_of_the_page_has_help_and_a_plain_first_sentence() {
        let help = sections();
        assert!(help.len() >= 20, "{:?}", help.keys());
        let rule = rule("no-alarms", &help);
        let what = rule["fullDescription"]["text"].as_str().unwrap();
        assert!(!what.is_empty() && !what.contains("**"), "{what}");
        assert!(rule["help"]["markdown"].as_str().unwrap().contains("**"));
        assert_eq!(
            super::rule("sam::other", &help),
            json!({ "id": "sam::other" })
        );
    }

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri(Path::new("a b/täg#.yaml")), "a%20b/t%C3%A4g%23.yaml");
        assert_eq!(uri(Path::new("/t.yaml")), "file:///t.yaml");
    }
}
