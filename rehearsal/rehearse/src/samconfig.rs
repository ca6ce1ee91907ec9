//! `samconfig.toml`: what a template is deployed with in one environment
//! (SAM developer guide, "AWS SAM CLI configuration file"; SAM CLI, `lib/config/samconfig.py`, `cli/types.py`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rehearsal_template::bounds::{MAX_NAME, MAX_STACK_NAME};
use rehearsal_template::text_file::{self, TextFileError};
use rehearsal_template::{Inputs, data_of};
use toml::{Table, Value};

/// The longest file, in bytes. SAM's own has a few hundred.
const MAX_SAMCONFIG_BYTES: usize = 1 << 20;

/// Why a `samconfig.toml` gives no inputs.
#[derive(Debug, thiserror::Error)]
pub enum SamconfigError {
    /// The file is not there, may not be read, is no text, or is longer than [`MAX_SAMCONFIG_BYTES`].
    #[error("{} cannot be read; check the path and its rights", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: TextFileError,
    },
    /// The file is not TOML.
    #[error("{} is not TOML", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        source: Box<toml::de::Error>,
    },
    /// The file is neither YAML nor JSON, which its name says it is.
    #[error("{} cannot be read: {problem}", path.display())]
    NotData {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The file says nothing of the environment.
    #[error("{} has no environment `{environment}`; it has {known}", path.display())]
    NoEnvironment {
        /// The file.
        path: PathBuf,
        /// The environment that was asked for.
        environment: String,
        /// Those that there are.
        known: String,
    },
    /// A value is not what SAM takes.
    #[error("{}: `{key}` {problem}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The key, from its environment on.
        key: String,
        /// What is wrong with its value, and what to write.
        problem: String,
    },
}

/// What `sam deploy --config-env <environment>` deploys with: the stack's name, the region, the parameters' values.
///
/// `environment` is `default` where SAM is given none. What the file leaves open keeps its default here.
///
/// # Errors
/// The file cannot be read, is not TOML, does not have the environment, or has a value that SAM does not take.
/// Parameters in a file of their own (`file://…`) are refused: no file is read but the one that is named.
pub fn read(path: &Path, environment: &str) -> Result<Inputs, SamconfigError> {
    let text = text_file::read(path, MAX_SAMCONFIG_BYTES).map_err(|source| {
        SamconfigError::Unreadable {
            path: path.to_owned(),
            source,
        }
    })?;
    inputs_of(path, &text, environment)
}

fn inputs_of(path: &Path, text: &str, environment: &str) -> Result<Inputs, SamconfigError> {
    let document = document(path, text)?;
    let Some(commands) = document.get(environment).and_then(Value::as_table) else {
        let known: Vec<_> = document
            .iter()
            .filter(|(_, value)| value.is_table())
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        return Err(SamconfigError::NoEnvironment {
            path: path.to_owned(),
            environment: environment.to_owned(),
            known: match known.len() {
                0 => "none".to_owned(),
                _ => known.join(", "),
            },
        });
    };
    // What is set for the command goes before what is set for all.
    let parameters = |command: &str| commands.get(command)?.get("parameters")?.as_table();
    let get = |key: &str| {
        ["deploy", "global"].into_iter().find_map(|command| {
            let value = parameters(command)?.get(key)?;
            Some((format!("{environment}.{command}.parameters.{key}"), value))
        })
    };
    let refuse = |key: String, problem: String| SamconfigError::Value {
        path: path.to_owned(),
        key,
        problem,
    };
    let mut inputs = Inputs::default();
    for (key, most, target) in [
        ("stack_name", MAX_STACK_NAME, &mut inputs.stack_name),
        ("region", MAX_NAME, &mut inputs.region),
    ] {
        if let Some((key, value)) = get(key) {
            let Some(text) = value.as_str() else {
                return Err(refuse(key, "must be text".to_owned()));
            };
            let length = text.chars().count();
            if length > most {
                let problem = format!("has {length} characters; it may have {most}");
                return Err(refuse(key, problem));
            }
            text.clone_into(target);
        }
    }
    inputs.is_region_assumed = get("region").is_none();
    if let Some((key, value)) = get("parameter_overrides") {
        overrides(value, &mut inputs.parameters).map_err(|problem| refuse(key, problem))?;
    }
    Ok(inputs)
}

/// The file's content. As SAM has it, the ending says what it is: `.yaml` and `.yml` YAML, `.json` JSON, all else TOML
/// (SAM CLI, `lib/config/file_manager.py`).
fn document(path: &Path, text: &str) -> Result<Table, SamconfigError> {
    let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    let is_data = extension.is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .into_iter()
            .any(|known| extension == known)
    });
    if !is_data {
        return text.parse().map_err(|source| SamconfigError::Syntax {
            path: path.to_owned(),
            source: Box::new(source),
        });
    }
    let not_data = |problem: String| SamconfigError::NotData {
        path: path.to_owned(),
        problem,
    };
    let data = data_of(text).map_err(|problems| {
        let first = problems.first();
        not_data(first.map_or_else(String::new, |first| {
            format!("line {}: {}", first.place.line, first.message)
        }))
    })?;
    match of_data(data) {
        Some(Value::Table(table)) => Ok(table),
        _ => Err(not_data("it is no map of environments".to_owned())),
    }
}

/// What YAML and JSON have as TOML has it; null is as good as missing.
fn of_data(data: serde_json::Value) -> Option<Value> {
    Some(match data {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(value) => Value::Boolean(value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Value::Float(number.as_f64()?),
        },
        serde_json::Value::String(text) => Value::String(text),
        serde_json::Value::Array(items) => {
            Value::Array(items.into_iter().filter_map(of_data).collect())
        }
        serde_json::Value::Object(map) => Value::Table(
            map.into_iter()
                .filter_map(|(key, value)| Some((key, of_data(value)?)))
                .collect(),
        ),
    })
}

/// Text, a table, or a list of both.
fn overrides(value: &Value, parameters: &mut BTreeMap<String, String>) -> Result<(), String> {
    match value {
        Value::String(text) if text.starts_with("file://") => Err(format!(
            "names the file `{text}`, which is not read; write its values here"
        )),
        Value::String(text) => assignments(text, parameters),
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| overrides(item, parameters)),
        Value::Table(table) => table.iter().try_for_each(|(name, value)| {
            if name == "$include" {
                return Err("includes a file, which is not read; write its values here".to_owned());
            }
            let text = match value {
                Value::Array(items) => items
                    .iter()
                    .map(|item| scalar(item).map(|text| text.trim().to_owned()))
                    .collect::<Result<Vec<_>, _>>()?
                    .into_iter()
                    .filter(|item| !item.is_empty())
                    .collect::<Vec<_>>()
                    .join(","),
                value => scalar(value)?,
            };
            parameters.insert(name.clone(), text);
            Ok(())
        }),
        other => Err(format!(
            "must be text, a list or a table, not {}",
            other.type_str()
        )),
    }
}

/// As Python writes it, for that is what SAM hands on.
fn scalar(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(true) => Ok("True".to_owned()),
        Value::Boolean(false) => Ok("False".to_owned()),
        other => Err(format!("has a {} as a value", other.type_str())),
    }
}

/// `Name=Value Name="a value"`, or `ParameterKey=Name,ParameterValue=Value`.
fn assignments(text: &str, parameters: &mut BTreeMap<String, String>) -> Result<(), String> {
    for word in words(text) {
        let (name, value) = word
            .strip_prefix("ParameterKey=")
            .and_then(|rest| rest.split_once(",ParameterValue="))
            .or_else(|| word.split_once('='))
            .ok_or_else(|| {
                format!("holds `{word}`, which is no assignment; it must look like `Name=Value`")
            })?;
        parameters.insert(unquoted(name), unquoted(value));
    }
    Ok(())
}

/// The words of a text, cut at spaces outside quotes that no backslash precedes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                word.push(character);
                word.extend(characters.next());
                continue;
            }
            '"' | '\'' if quote.is_none() => quote = Some(character),
            _ if quote == Some(character) => quote = None,
            ' ' | '\n' | '\t' if quote.is_none() => {
                words.push(std::mem::take(&mut word));
                continue;
            }
            _ => {}
        }
        word.push(character);
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// Without the quotes around it and the backslashes before spaces and quotes.
fn unquoted(text: &str) -> String {
    let inner = ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text);
    inner
        .replace("\\ ", " ")
        .replace("\\\"", "\"")
        .replace("\\'", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(text: &str, environment: &str) -> Result<Inputs, String> {
        inputs_of(Path::new("samconfig.toml"), text, environment).map_err(|error| error.to_string())
    }

    fn parameters(overrides: &str) -> Result<Vec<(String, String)>, String> {
        let text = format!("[default.deploy.parameters]\nparameter_overrides = {overrides}");
        let inputs = inputs(&text, "default")?;
        Ok(inputs.parameters.into_iter().collect())
    }

    #[test]
    fn an_environment_gives_the_stacks_name_the_region_and_the_parameters() {
        let text = r#"
version = 0.1
[default.deploy.parameters]
stack_name = "contacts"
[prod.global.parameters]
stack_name = "all"
region = "eu-west-1"
[prod.deploy.parameters]
stack_name = "contacts-prod"
parameter_overrides = ["Stage=prod"]
"#;
        let prod = inputs(text, "prod").unwrap();
        assert_eq!(
            (prod.stack_name.as_str(), prod.region.as_str()),
            ("contacts-prod", "eu-west-1"),
            "the command's own goes first"
        );
        assert_eq!(prod.parameters["Stage"], "prod");
        let default = inputs(text, "default").unwrap();
        assert_eq!(
            (default.stack_name.as_str(), default.parameters.len()),
            ("contacts", 0)
        );
    }

    #[test]
    fn overrides_take_every_form_that_sam_takes() {
        let expected = [("A", "b"), ("C", "d e"), ("F", "g,h")];
        let expected: Vec<_> = expected
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        for overrides in [
            r#"'A=b C="d e" F=g,h'"#,
            r#""A=\"b\" C='d e' F=g,h""#,
            r"'A=b C=d\ e F=g,h'",
            r#"["A=b", 'C="d e"', "F=g,h"]"#,
            r#"[["A=b"], {C = "d e", F = ["g ", "h", ""]}]"#,
            r#"{A = "b", C = "d e", F = "g,h"}"#,
            r#"'ParameterKey=A,ParameterValue=b ParameterKey=C,ParameterValue="d e" ParameterKey=F,ParameterValue="g,h"'"#,
        ] {
            assert_eq!(parameters(overrides), Ok(expected.clone()), "{overrides}");
        }
        assert_eq!(
            parameters("{N = 5, On = true}"),
            Ok(vec![
                ("N".to_owned(), "5".to_owned()),
                ("On".to_owned(), "True".to_owned())
            ])
        );
    }

    #[test]
    fn yaml_and_json_say_the_same_as_toml() {
        for (name, text) in [
            (
                "samconfig.yaml",
                "version: 0.1\nprod:\n  deploy:\n    parameters:\n      region: eu-west-1\n      parameter_overrides:\n      - Stage=prod\n      - Live: true\n        N: 5\n",
            ),
            (
                "samconfig.JSON",
                r#"{"prod": {"deploy": {"parameters": {"region": "eu-west-1", "parameter_overrides": ["Stage=prod", {"Live": true, "N": 5}]}}}}"#,
            ),
        ] {
            let inputs = inputs_of(Path::new(name), text, "prod").unwrap();
            assert_eq!(inputs.region, "eu-west-1");
            assert!(!inputs.is_region_assumed);
            let parameters: Vec<_> = inputs.parameters.into_iter().collect();
            let expected = [("Live", "True"), ("N", "5"), ("Stage", "prod")];
            let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(parameters, expected);
        }
        let wrong = inputs_of(Path::new("s.yaml"), "a: [", "a").unwrap_err();
        assert!(
            wrong.to_string().starts_with("s.yaml cannot be read: line"),
            "{wrong}"
        );
    }

    #[test]
    fn what_gives_no_inputs_says_why() {
        #[rustfmt::skip] // A table.
        let cases = [
            (
                "[default.deploy.parameters]\n[prod.deploy.parameters]",
                "beta",
                "samconfig.toml has no environment `beta`; it has `default`, `prod`",
            ),
            ("", "beta", "samconfig.toml has no environment `beta`; it has none"),
            ("[", "beta", "samconfig.toml is not TOML"),
            ("[a.deploy.parameters]\nstack_name = 5", "a", "samconfig.toml: `a.deploy.parameters.stack_name` must be text"),
            (
                "[a.deploy.parameters]\nparameter_overrides = 'A'",
                "a",
                "samconfig.toml: `a.deploy.parameters.parameter_overrides` holds `A`, which is no assignment; \
                 it must look like `Name=Value`",
            ),
            (
                "[a.deploy.parameters]\nparameter_overrides = 'file://x.yaml'",
                "a",
                "samconfig.toml: `a.deploy.parameters.parameter_overrides` names the file `file://x.yaml`, \
                 which is not read; write its values here",
            ),
        ];
        for (text, environment, message) in cases {
            assert_eq!(inputs(text, environment), Err(message.to_owned()));
        }
    }

    #[test]
    fn a_samconfigs_bounds_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samconfig.toml");
        let read_text = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read(&path, "default")
        };
        let named = |length: usize| {
            let name = "n".repeat(length);
            format!("[default.deploy.parameters]\nstack_name = '{name}'\n")
        };
        let inputs = read_text(&named(MAX_STACK_NAME)).expect("it is within the bound");
        assert_eq!(inputs.stack_name.len(), MAX_STACK_NAME);
        let refused = read_text(&named(MAX_STACK_NAME + 1)).expect_err("it is beyond it");
        assert!(refused.to_string().contains(&MAX_STACK_NAME.to_string()));
        let padded = |length: usize| {
            let text = named(1);
            format!("{text}#{}", "x".repeat(length - text.len() - 1))
        };
        assert!(read_text(&padded(MAX_SAMCONFIG_BYTES)).is_ok());
        let refused = read_text(&padded(MAX_SAMCONFIG_BYTES + 1)).expect_err("it is longer");
        let why = std::error::Error::source(&refused).map(ToString::to_string);
        assert!(why.is_some_and(|why| why.contains(&MAX_SAMCONFIG_BYTES.to_string())));
        if cfg!(unix) {
            assert!(read(Path::new("/dev/zero"), "default").is_err());
        }
    }
}
