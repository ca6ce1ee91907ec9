//! A rehearsal file's text as errors show it: without the values of `[ssm_parameters]`, which may be secrets.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

const TABLE: &str = "ssm_parameters";

/// The text with `*` for each byte of these values, so that all else stays where it is. Of a text that is no TOML nobody knows where they
/// end: there all behind the table's first name is hidden.
pub(super) fn without_secrets(text: &str) -> String {
    let mut hidden = Vec::new();
    match DeTable::parse(text) {
        Ok(root) => {
            if let Some(table) = root.get_ref().get(TABLE) {
                values(table, &mut hidden);
            }
        }
        Err(_) => hidden.extend(text.find(TABLE).map(|at| at + TABLE.len()..text.len())),
    }
    let mut shown = text.as_bytes().to_vec();
    for at in hidden.into_iter().flatten() {
        if !matches!(shown[at], b'\n' | b'\r') {
            shown[at] = b'*';
        }
    }
    // Values begin and end between characters, so it is UTF-8 as before.
    String::from_utf8_lossy(&shown).into_owned()
}

/// Where values stand that are no tables themselves.
fn values(of: &Spanned<DeValue<'_>>, found: &mut Vec<Range<usize>>) {
    match of.get_ref() {
        DeValue::Table(table) => table.values().for_each(|value| values(value, found)),
        _ => found.push(of.span()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_may_be_secrets_are_hidden_and_all_else_stays_where_it_is() {
        for secret in [
            "[ssm_parameters]\n'/a' = 'hunter2'\n",
            "[ \"ssm_parameters\" ]\n\"/b\" = { type = 'SecureString', value = 'hunter2' }\n",
            "[ssm_parameters]\n'/c' = \"\"\"\n[hunter2]\n# hunter2\nhunter2 = é\"\"\"\n",
            "[ssm_parameters.'/d']\nvalue = 'hunter2'\n",
        ] {
            let text = format!("seed = 7\n{secret}[traffic]\nminutes_before = 1\n");
            let shown = without_secrets(&text);
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(shown.len(), text.len());
            for kept in ["seed = 7\n", "[traffic]\nminutes_before = 1\n"] {
                assert_eq!(shown.find(kept), text.find(kept), "{shown}");
            }
        }
        let at_the_top = without_secrets("ssm_parameters.'/a' = \"\"\"\nhunter2\"\"\"\nseed = 7\n");
        assert!(!at_the_top.contains("hunter2") && at_the_top.ends_with("seed = 7\n"));
    }

    #[test]
    fn of_what_is_no_toml_nothing_behind_the_tables_name_is_shown() {
        let shown = without_secrets("seed = 7\n[ssm_parameters]\n'/a' = 'hunter2\n[traffic]\n");
        assert!(
            shown.starts_with("seed = 7\n[ssm_parameters*\n*"),
            "{shown}"
        );
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(without_secrets("seed = = 7\n"), "seed = = 7\n");
    }
}
