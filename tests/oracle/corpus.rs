//! The templates that are compared: those in `templates/`, one for each form of a property, and some from the generator.

use std::collections::BTreeMap;
use std::path::Path;

use rehearsal_template::Inputs;
use workspace_tests::places;

use crate::{forms, generator, types};

/// How many templates the generator adds. They are the same in every run.
const GENERATED: u64 = 100;

/// A template with the values of its parameters.
pub struct Case {
    pub name: String,
    pub text: String,
    pub parameters: BTreeMap<String, String>,
    is_made_up: bool,
}

impl Case {
    /// The text, where there is no file to look it up in.
    pub fn text_if_made_up(&self) -> &str {
        if self.is_made_up { &self.text } else { "" }
    }

    /// What the reader is given besides the text.
    pub fn inputs(&self) -> Inputs {
        let mut inputs = Inputs::new("app");
        inputs.parameters.clone_from(&self.parameters);
        inputs
    }
}

/// All templates.
pub fn cases() -> Vec<Case> {
    let mut cases = written(&places::root().join("tests/oracle/templates"));
    cases.push(Case {
        name: "the project's own template".to_owned(),
        text: std::fs::read_to_string(places::template()).expect("the project has a template"),
        parameters: BTreeMap::new(),
        is_made_up: false,
    });
    cases.extend(forms::templates().map(|(name, text)| Case {
        name,
        text,
        parameters: BTreeMap::new(),
        is_made_up: false,
    }));
    cases.extend(types::templates().map(|(name, text)| Case {
        name,
        text,
        parameters: BTreeMap::new(),
        is_made_up: true,
    }));
    cases.extend((0..GENERATED).map(|seed| Case {
        name: format!("generated template {seed}"),
        text: generator::template(seed),
        parameters: BTreeMap::new(),
        is_made_up: true,
    }));
    cases
}

/// The templates of a folder. A line `# parameter Name=Value` gives a parameter its value.
fn written(folder: &Path) -> Vec<Case> {
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .expect("the templates are in the repository")
        .map(|entry| {
            let path = entry.expect("the folder can be read").path();
            let text = std::fs::read_to_string(&path).expect("a template is text");
            let parameters = text
                .lines()
                .filter_map(|line| line.strip_prefix("# parameter ")?.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let name = path.file_name().expect("a file has a name");
            Case {
                name: name.to_string_lossy().into_owned(),
                text,
                parameters,
                is_made_up: false,
            }
        })
        .collect();
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}
