//! What SAM's own translator makes of a template, as pages show it: a block with the info string
//! `yaml expanded [TEMPLATE] PART…`. `tests/oracle/expand.py` says what a part is.

use std::path::PathBuf;

use serde_json::{Value, json};
use workspace_tests::{places, python};

use crate::pages;

/// How the info string of such a block begins.
const INFO: &str = "yaml expanded ";

/// The template of a block that names none.
const TEMPLATE: &str = "template.yaml";

/// A block of a page.
struct Quote {
    page: PathBuf,
    info: String,
    block: String,
}

impl Quote {
    /// The template, from the project's root, and its parts.
    fn shows(&self) -> (&str, Vec<&str>) {
        let mut parts: Vec<_> = self.info[INFO.len()..].split_whitespace().collect();
        let is_file = parts
            .first()
            .is_some_and(|first| places::root().join(first).is_file());
        let template = if is_file { parts.remove(0) } else { TEMPLATE };
        (template, parts)
    }
}

fn quotes() -> Vec<Quote> {
    let mut quotes = Vec::new();
    for page in pages::of_docs() {
        let text = pages::text(&page);
        for info in pages::infos(&text, INFO) {
            for block in pages::blocks(&text, info) {
                quotes.push(Quote {
                    page: page.clone(),
                    info: info.to_owned(),
                    block: block.to_owned(),
                });
            }
        }
    }
    quotes
}

/// What each must be.
fn expected(quotes: &[Quote]) -> Vec<String> {
    let questions: Vec<_> = quotes
        .iter()
        .map(|quote| {
            let (template, parts) = quote.shows();
            json!({"text": pages::text(&places::root().join(template)), "parts": parts})
        })
        .collect();
    let answers = python::ask("tests/oracle/expand.py", &questions);
    let texts = answers.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

#[test]
fn what_a_page_shows_of_an_expanded_template_is_what_sam_makes_of_it() {
    let quotes = quotes();
    assert!(quotes.len() >= 5, "only {} parts are shown", quotes.len());
    for (quote, expected) in quotes.iter().zip(expected(&quotes)) {
        pages::hold(
            &quote.page,
            &quote.info,
            &quote.block,
            &expected,
            str::to_owned,
        );
    }
}
