//! What is wrong with a text, whether it is YAML or JSON.

use super::scanner::Refused;
use crate::bounds::MAX_DEPTH;
use crate::{Diagnostic, Place};

/// A value that nests too deep.
pub(super) fn too_deep(place: Place) -> Refused {
    Diagnostic::error(
        "template::too-deep",
        format!("the template nests more than {MAX_DEPTH} levels deep"),
        place,
    )
    .into()
}

/// A key that a map has already. CloudFormation and SAM take the last of them, in YAML and in JSON
/// (aws-cloudformation/cfn-language-discussion, issue 96; aws/aws-cli, issue 2404; PyYAML's and Python's `json` likewise).
pub(super) fn duplicate_key(key: &str, first: Place, place: Place) -> Diagnostic {
    let line = first.line;
    Diagnostic::warning(
        "template::duplicate-key",
        format!("`{key}` is given twice in the same map, first in line {line}: CloudFormation takes the last and says nothing"),
        place,
    )
    .help("keep the one you mean")
}
