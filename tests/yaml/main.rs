//! PyYAML as the oracle: what the reader makes of a text is held against what PyYAML's `SafeLoader` makes of it, by which SAM's
//! command, its translator and the AWS command read templates.
//!
//! `loader.py` runs it in one process over all texts. It needs the tools that `scripts/venv.sh sam` installs, as `make test` does.

mod differences;
mod kinds;
mod mutation;

use differences::Difference;
use rehearsal_template::data_of;
use serde_json::{Value, json};
use workspace_tests::python;

/// How many damaged texts are compared. They are the same in every run.
const MUTATED: u64 = 12_000;

fn read_by_pyyaml(texts: &[String]) -> Vec<Value> {
    let questions: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    python::ask("tests/yaml/loader.py", &questions)
}

/// How two readings of a text differ.
fn difference(text: &str, theirs: &Value) -> Option<String> {
    let ours = data_of(text);
    match (&ours, theirs.get("value"), theirs["apart"].as_str()) {
        (Ok(ours), Some(theirs), _) if differences::equal(ours, theirs) => None,
        (Err(_), None, None) => None,
        // Written down, and the loader cannot tell of it.
        (Err(refused), Some(_), _)
            if refused
                .iter()
                .all(|diagnostic| diagnostic.code == "template::alias") =>
        {
            None
        }
        (Err(refused), None, Some(apart)) => {
            let is_why = refused
                .iter()
                .any(|diagnostic| differences::gives(diagnostic.code, apart));
            (!is_why).then(|| format!("refused, but not for {apart}: {refused:?}"))
        }
        (Ok(ours), Some(theirs), _) => Some(format!("ours {ours}\ntheirs {theirs}")),
        (Ok(ours), None, _) => Some(format!("ours {ours}\ntheirs {theirs}")),
        (Err(refused), Some(theirs), _) => Some(format!("ours {}\ntheirs {theirs}", refused[0])),
    }
}

fn assert_all_agree(what: &str, texts: &[String]) {
    let answers = read_by_pyyaml(texts);
    let (mut accepted, mut found) = (0, Vec::new());
    for (text, theirs) in texts.iter().zip(&answers) {
        accepted += usize::from(theirs.get("value").is_some());
        if let Some(difference) = difference(text, theirs) {
            found.push(format!("--- {text:?}\n{difference}"));
        }
    }
    println!(
        "{}: {accepted} are YAML to PyYAML, {} differ",
        texts.len(),
        found.len()
    );
    assert!(
        found.is_empty(),
        "{} of {} {what} differ:\n{}",
        found.len(),
        texts.len(),
        found.join("\n")
    );
    assert!(
        accepted > texts.len() / 10,
        "hardly any of the {what} is YAML"
    );
    assert!(accepted < texts.len(), "none of the {what} is refused");
}

#[test]
fn a_text_of_every_kind_is_read_as_pyyaml_reads_it() {
    let texts = kinds::texts();
    assert_all_agree("kinds", &texts);
}

#[test]
fn damaged_templates_are_read_as_pyyaml_reads_them() {
    let texts: Vec<String> = (0..MUTATED).map(mutation::text).collect();
    assert_all_agree("damaged texts", &texts);
}

#[test]
fn every_difference_that_is_written_down_is_one() {
    let all = differences::ALL;
    let texts: Vec<String> = all
        .iter()
        .map(|difference| difference.text.to_owned())
        .collect();
    for (
        Difference {
            text,
            what,
            code: of,
            ..
        },
        theirs,
    ) in all.iter().zip(read_by_pyyaml(&texts))
    {
        let ours = data_of(text);
        let agree = match &ours {
            Ok(ours) => theirs.get("value") == Some(ours),
            Err(_) => theirs.get("error").is_some(),
        };
        assert!(!agree, "{what}: both read {text:?} alike");
        let code = ours.err().map_or("", |refused| refused[0].code);
        assert_eq!(code, *of, "{what}");
    }
}
