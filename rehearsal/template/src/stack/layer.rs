//! The layers of a function.

use super::reader::Reader;
use crate::{Field, Value};

/// The types of a layer's version.
const TYPES: [&str; 2] = ["AWS::Lambda::LayerVersion", "AWS::Serverless::LayerVersion"];

/// A layer of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The logical id of its version, where this template has it.
    pub logical_id: Option<String>,
    /// Where its content is: a path relative to the template's folder, or an `s3://` URI. Missing where this template has it not, and
    /// where it says none.
    pub content: Option<Field<String>>,
    /// `Metadata.BuildMethod`: its content is built from that folder.
    pub build_method: Option<String>,
    /// The ARN of its version.
    pub arn: Field<String>,
}

/// The layers of a function, in their order: of files that several have, the last one's counts.
pub(super) fn layers(reader: &Reader<'_, '_>) -> Vec<Layer> {
    let values = reader
        .value("Layers")
        .and_then(Value::as_list)
        .unwrap_or_default();
    let nodes = reader
        .node("Layers")
        .and_then(|node| node.as_list())
        .unwrap_or_default();
    let of_value = |(place, value): (usize, &Value)| {
        let node = nodes.get(place);
        let referred = node.and_then(|node| {
            TYPES
                .iter()
                .find_map(|kind| reader.resolver.referred(node, kind))
        });
        let resource = referred
            .as_ref()
            .and_then(|id| reader.resolver.resources.by_id.get(id));
        let content = resource.and_then(|resource| {
            let properties = reader.resolver.value(&resource.properties);
            let content = properties
                .get("ContentUri")
                .or_else(|| properties.get("Content"))?
                .clone();
            content
                .as_map()
                .is_none()
                .then(|| reader.text_of(&content, "ContentUri"))
        });
        let metadata = |name: &str| resource?.metadata.as_ref()?.at(&[name])?.to_text();
        // CDK says in its metadata where the content is, as of a function's code.
        let asset = metadata("aws:asset:path").map(|path| Field::known(path, value.place));
        Layer {
            content: asset.or(content),
            build_method: metadata("BuildMethod"),
            logical_id: referred,
            arn: reader.text_of(value, "Layers"),
        }
    };
    values.iter().enumerate().map(of_value).collect()
}
