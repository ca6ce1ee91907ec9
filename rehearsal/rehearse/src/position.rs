//! Where the values of a TOML file stand, by the parser.

use std::ops::Range;

use miette::SourceSpan;
use rehearsal_deployment::bounds::Step;
use toml::de::{DeTable, DeValue};

/// The place of a value: of a table its header, of what goes on over lines the first.
pub fn of(text: &str, steps: &[Step]) -> Option<SourceSpan> {
    let root = DeTable::parse(text).ok()?;
    let (first, rest) = steps.split_first()?;
    let Step::Key(key) = first else { return None };
    let mut found = root.get_ref().get(key.as_str())?;
    for step in rest {
        found = match (step, found.get_ref()) {
            (Step::Key(key), DeValue::Table(table)) => table.get(key.as_str())?,
            (Step::Item(item), DeValue::Array(items)) => items.get(*item)?,
            _ => return None,
        };
    }
    first_line(text, found.span())
}

fn first_line(text: &str, span: Range<usize>) -> Option<SourceSpan> {
    let line = text.get(span.clone())?.lines().next()?;
    Some((span.start, line.len()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
name = "n" # [traffic]
[traffic]
requests_per_minute = 5
[[traffic.request]]
path = "/a"
headers = { A = "first" }
[[traffic.request]]
path = """
/b
/c"""
[expect.deployment."F.G"]
alarm = "[[fault]]"
[[fault]]
kind = "error"
[[ fault ]]
kind = "drop"
"#;

    /// What stands at a place.
    fn at(steps: &[Step]) -> Option<&'static str> {
        let span = of(FILE, steps)?;
        FILE.get(span.offset()..span.offset() + span.len())
    }

    #[test]
    fn values_and_headers_are_found_and_text_that_looks_like_them_is_not() {
        let key = |key: &str| Step::from(key);
        let request = |item: usize| [key("traffic"), key("request"), Step::Item(item)];
        assert_eq!(at(&[key("name")]), Some("\"n\""));
        assert_eq!(at(&[key("traffic")]), Some("[traffic]"));
        assert_eq!(at(&[key("traffic"), key("requests_per_minute")]), Some("5"));
        assert_eq!(at(&request(1)), Some("[[traffic.request]]"));
        assert_ne!(of(FILE, &request(0)), of(FILE, &request(1)));
        let below = |item, more: &[Step]| [&request(item)[..], more].concat();
        assert_eq!(at(&below(1, &[key("path")])), Some("\"\"\""));
        assert_eq!(
            at(&below(0, &[key("headers"), key("A")])),
            Some("\"first\"")
        );
        assert_eq!(
            at(&[key("fault"), Step::Item(0)]),
            Some("[[fault]]"),
            "not the alarm's name"
        );
        assert_eq!(at(&[key("fault"), Step::Item(1)]), Some("[[ fault ]]"));
        assert_eq!(
            at(&[key("expect"), key("deployment"), key("F.G"), key("alarm")]),
            Some("\"[[fault]]\"")
        );
        assert_eq!(at(&[key("fault"), Step::Item(2)]), None);
        assert_eq!(at(&[key("name"), key("more")]), None);
    }
}
