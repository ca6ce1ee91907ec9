//! Stage variables, which may say to which function a route leads: `${stageVariables.alias}` in an integration's URI.
//!
//! "Stage variables can be used in place of a Lambda function name, or version/alias" (API Gateway developer guide, "API Gateway stage
//! variables reference for REST APIs"; "Use stage variables for HTTP APIs").

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::{Field, Place, Unknown};

/// How a stage variable is named in a URI.
const BEGINS: &str = "${stageVariables.";

/// A stage's variables: `Variables` of a REST API's stage, `StageVariables` of an HTTP API's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageVariables {
    /// By name.
    pub values: BTreeMap<String, Field<String>>,
    /// Why they are not known, where they are not.
    pub unknown: Option<Unknown>,
}

impl StageVariables {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        let written = reader
            .value("Variables")
            .or_else(|| reader.value("StageVariables"));
        let Some(written) = written else {
            return Self::default();
        };
        let values = written.as_map().into_iter().flatten();
        Self {
            values: values
                .map(|(name, value)| (name.clone(), reader.text_of(value, name)))
                .collect(),
            unknown: written.as_unknown().cloned(),
        }
    }

    /// Those whose values are known.
    pub fn known(&self) -> impl Iterator<Item = (&str, &str)> {
        let values = self.values.iter();
        values.filter_map(|(name, value)| Some((name.as_str(), value.known_value()?.as_str())))
    }

    /// A text with them in place of their names, or why one of them is not known. `stage` is whose they are, `place` where the text stands.
    pub(super) fn within(&self, text: &str, stage: &str, place: Place) -> Result<String, Unknown> {
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(BEGINS) {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            whole.push_str(before);
            match (self.values.get(name), &self.unknown) {
                (Some(value), _) => match &value.value {
                    Ok(value) => whole.push_str(value),
                    Err(unknown) => {
                        let why =
                            format!("the stage variable `{name}` of {stage}: {}", unknown.reason);
                        return Err(Unknown::new(why, unknown.place));
                    }
                },
                (None, Some(unknown)) => return Err(unknown.clone()),
                (None, None) => {
                    let why = format!("the stage {stage} has no variable `{name}`");
                    return Err(Unknown::new(why, place));
                }
            }
            rest = after;
        }
        whole.push_str(rest);
        Ok(whole)
    }
}

/// Whether a text names a stage variable.
pub(super) fn is_named_in(text: &str) -> bool {
    text.contains(BEGINS)
}
