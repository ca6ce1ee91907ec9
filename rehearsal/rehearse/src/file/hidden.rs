//! A rehearsal file's text as errors show it: without the values of `[ssm_parameters]`, which may be secrets.

const TABLE: &str = "ssm_parameters";

/// The text with `*` for each byte of these values, so that all else stays where it is.
pub(super) fn without_secrets(text: &str) -> String {
    let mut hides = false;
    let lines = text.split_inclusive('\n').map(|line| {
        let begun = line.trim_start();
        if begun.starts_with('[') {
            hides = begun
                .trim_start_matches('[')
                .trim_start()
                .starts_with(TABLE);
            return line.to_owned();
        }
        // At the top, as `ssm_parameters = { … }` and `ssm_parameters."/key" = …`.
        let is_one = begun.starts_with(TABLE);
        if !(hides || is_one) || begun.starts_with('#') {
            return line.to_owned();
        }
        // Without an equals sign a text of several lines goes on.
        let from = line.find('=').map_or(0, |at| at + 1);
        let to = line.trim_end().len().max(from);
        format!("{}{}{}", &line[..from], "*".repeat(to - from), &line[to..])
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_may_be_secrets_are_hidden_and_all_else_stays_where_it_is() {
        let text = "seed = 7\n[ssm_parameters]\n'/a' = 'hunter2'\n\"/b\" = { type = 'SecureString', value = 'hunter2' }\n'/c' = \"\"\"\nhunter2\"\"\"\n[ssm_parameters.'/d']\nvalue = 'hunter2'\n[traffic]\nminutes_before = 1\n";
        let shown = without_secrets(text);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(shown.len(), text.len());
        for kept in ["seed = 7", "'/a' =", "[traffic]\nminutes_before = 1"] {
            assert_eq!(shown.find(kept), text.find(kept), "{shown}");
        }
        let at_the_top = without_secrets("ssm_parameters.'/a' = 'hunter2'\n");
        assert!(!at_the_top.contains("hunter2"), "{at_the_top}");
    }
}
