//! A report with every text fit to be shown: what acts on a reader is written out, and what is very long is cut.
//!
//! All texts go through here, so that none is forgotten: names are others' as much as a function's last words are. Escaping for HTML
//! comes after it, where the page is put together.

use rehearsal_template::printable;
use serde_json::{Map, Value};

use crate::Report;

/// The most characters of a text.
const LONGEST: usize = 2_000;

/// The report with such texts.
pub fn printable(report: &Report) -> Report {
    let value = serde_json::to_value(report).map(printable_value);
    value
        .and_then(serde_json::from_value)
        .expect("a report is JSON, and its names and numbers are left as they are")
}

fn printable_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text_of(&text)),
        Value::Array(values) => values.into_iter().map(printable_value).collect(),
        Value::Object(members) => {
            let members = members
                .into_iter()
                .map(|(key, value)| (text_of(&key), printable_value(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn text_of(text: &str) -> String {
    let line = printable::line(text);
    match line.char_indices().nth(LONGEST) {
        None => line.into_owned(),
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}
