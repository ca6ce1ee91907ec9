//! What of a template has no part in a rehearsal, and what it needs that AWS does not permit.

use serde::{Deserialize, Serialize};

use super::line;
use crate::Place;
use crate::document::WHOLE_TEMPLATE;

/// The type that a loop has among what is not rehearsed.
pub(super) const LOOP: &str = "Fn::ForEach";
/// The type that a macro has.
pub(super) const MACRO: &str = "Fn::Transform";

/// Something in the template that has no part in a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRehearsed {
    /// The resource's logical id.
    pub logical_id: String,
    /// Its type.
    pub r#type: String,
    /// What it is to a rehearsal's outcome.
    #[serde(default)]
    pub kind: NotRehearsedKind,
    /// Why it is left out.
    pub why: String,
    /// Of a function that an interpreter of another version runs, which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_version: Option<OtherVersion>,
    /// Where it stands. In JSON its line.
    #[serde(rename = "line", with = "line")]
    pub place: Place,
}

/// The interpreter of this machine that runs a function, where it is of another version than the function's runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherVersion {
    /// What runs here: `Node.js 20.11.0`.
    pub interpreter: String,
    /// What runs on AWS: `nodejs22.x`.
    pub runtime: String,
}

/// What something without a part is to a rehearsal's outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotRehearsedKind {
    /// The outcome claims nothing that it would change.
    #[default]
    Other,
    /// A function that nothing leads to in an update. In another of the release it may have a part.
    NotReached,
    /// A rule of the template's that asks AWS, so that it is not judged.
    Rule,
    /// A macro or a loop that only CloudFormation runs: what it makes, or changes, is not in the stack.
    NotExpanded,
    /// A stage's own canary: a part of its requests would meet another deployment of the API, or other stage variables.
    StageCanary,
    /// An alias of which it is not known which version it gives a share besides: its main one alone is invoked.
    UnknownWeights,
    /// A custom resource that refers to a version: an update that publishes one runs it, and fails where it does.
    RunWithVersions,
    /// A function that runs without some of its layers.
    WithoutLayers,
    /// A function that runs without the external extensions in its layers.
    WithoutExtensions,
    /// A function that runs without its wrapper script.
    WithoutWrapper,
    /// A function whose old version runs without files that git keeps elsewhere.
    WithoutFiles,
    /// A function that an interpreter of another version than its runtime's runs.
    OtherVersion,
}

impl NotRehearsed {
    /// Something of this type, at this place of the template, and why it has no part. A loop or a macro is not expanded, be it one of the whole
    /// template or inside a resource.
    pub fn new(logical_id: &str, r#type: &str, why: impl Into<String>, place: Place) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            r#type: r#type.to_owned(),
            kind: if [LOOP, MACRO].contains(&r#type) {
                NotRehearsedKind::NotExpanded
            } else {
                NotRehearsedKind::Other
            },
            why: why.into(),
            other_version: None,
            place,
        }
    }

    /// A function of this logical id and type that an interpreter of another version runs.
    pub fn of_other_version(
        logical_id: &str,
        r#type: &str,
        version: OtherVersion,
        place: Place,
    ) -> Self {
        let OtherVersion {
            interpreter,
            runtime,
        } = &version;
        let why = format!("{interpreter} runs it, and its runtime is {runtime}");
        Self {
            kind: NotRehearsedKind::OtherVersion,
            other_version: Some(version),
            ..Self::new(logical_id, r#type, why, place)
        }
    }

    /// The same, of this kind.
    #[must_use]
    pub fn of_kind(self, kind: NotRehearsedKind) -> Self {
        Self { kind, ..self }
    }

    /// How people know it: its logical id; a macro by its own name.
    pub fn name(&self) -> &str {
        let name = self.logical_id.strip_prefix(WHOLE_TEMPLATE);
        name.unwrap_or(&self.logical_id)
    }

    /// Its name, where it is a macro or a loop that only CloudFormation runs.
    pub fn not_expanded(&self) -> Option<&str> {
        (self.kind == NotRehearsedKind::NotExpanded).then(|| self.name())
    }
}

/// Something that a deployment needs and that AWS does not permit, as far as the template tells.
///
/// Permissions are not checked in a rehearsal, so that its deployment may succeed where the real one fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotPermitted {
    /// The code of the lint that found it, such as `hook-without-prefix`.
    pub code: String,
    /// The logical id of the resource that would be refused; empty where it has none.
    pub logical_id: String,
    /// What is not permitted, and why.
    pub message: String,
    /// The place that is to be changed. In JSON its line.
    #[serde(rename = "line", with = "line")]
    pub place: Place,
}

#[cfg(test)]
mod tests {
    use crate::{Inputs, read_str};

    #[test]
    fn a_macro_inside_a_resource_is_not_expanded_as_one_of_the_whole_template_is_not() {
        let text = "
Transform: TheirMacro
Resources:
  Open:
    Type: AWS::DynamoDB::Table
    Properties:
      'Fn::Transform': {Name: Tables}
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
";
        let stack = read_str("template.yaml", text, &Inputs::new("shop")).unwrap();
        let all = stack.not_rehearsed.iter();
        let names: Vec<_> = all.filter_map(|it| it.not_expanded()).collect();
        assert_eq!(names, ["TheirMacro", "Open"]);
    }
}
