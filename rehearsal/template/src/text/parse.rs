//! YAML or JSON text → tree: as SAM does, text that is JSON is read as JSON, any other as YAML.

use super::{Node, json, yaml};
use crate::bounds::MAX_BYTES;
use crate::{Diagnostic, Place, Severity};

/// What a text is.
pub(crate) struct Text {
    /// Its tree.
    pub(crate) root: Node,
    /// What CloudFormation reads without a word, and hardly as its author means it.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// Reads text into a tree.
///
/// # Errors
/// Everything that is wrong with the text as text. A syntax error ends the list: what follows it cannot be read.
pub(crate) fn parse(text: &str) -> Result<Text, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        return Err(vec![too_large(&text.len().to_string())]);
    }
    let mut diagnostics = Vec::new();
    let root = match json::parse(text, &mut diagnostics) {
        Some(root) => root.map_err(|refused| *refused.0),
        None => yaml::parse(text, &mut diagnostics).map_err(|refused| *refused.0),
    };
    match root {
        Ok(root)
            if diagnostics
                .iter()
                .all(|found| found.severity != Severity::Error) =>
        {
            Ok(Text {
                root,
                warnings: diagnostics,
            })
        }
        Ok(_) => Err(diagnostics),
        Err(refused) => {
            diagnostics.push(refused);
            Err(diagnostics)
        }
    }
}

/// A template of more bytes than are read; `how_many` it has.
pub(crate) fn too_large(how_many: &str) -> Diagnostic {
    Diagnostic::error(
        "template::too-large",
        format!("the template has {how_many} bytes; at most {MAX_BYTES} are read"),
        Place::default(),
    )
    .help("CloudFormation itself takes at most 1 MB: split the stack")
}
