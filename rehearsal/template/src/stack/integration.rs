//! What an API's integrations say of their functions, and the API of what it takes for binary.

use rehearsal_aws::apigateway::route::{InvokeMode, PayloadFormat};
use rehearsal_aws::apigateway::stage::ApiKind;

use super::reader::Reader;
use crate::{Field, Place, Value};

/// The method by which an integration invokes its function, where it is known.
pub(super) fn invokes_by(integration: &Value, key: &str) -> Option<(Option<String>, Place)> {
    match integration.get(key) {
        Some(method) => Some((Some(method.to_text()?), method.place)),
        None => Some((None, integration.place)),
    }
}

/// The format of the events that an integration sends.
pub(super) fn payload_format(kind: ApiKind, version: Option<&Value>) -> PayloadFormat {
    match (kind, version.and_then(Value::to_text).as_deref()) {
        (ApiKind::Rest, _) | (ApiKind::Http, Some("1.0" | "1")) => PayloadFormat::V1,
        (ApiKind::Http | ApiKind::FunctionUrl, _) => PayloadFormat::V2,
    }
}

/// How a function URL has its function invoked (CloudFormation, `AWS::Lambda::Url`).
pub(super) fn invoke_mode(reader: &Reader<'_, '_>) -> Field<InvokeMode> {
    let mode = reader.text_or("InvokeMode", "BUFFERED");
    mode.map(|mode| match mode.as_str() {
        "RESPONSE_STREAM" => InvokeMode::ResponseStream,
        _ => InvokeMode::Buffered,
    })
}

/// The key of a definition that says the same as `BinaryMediaTypes` (API Gateway developer guide, "x-amazon-apigateway-binary-media-types property").
const IN_DEFINITION: &str = "x-amazon-apigateway-binary-media-types";

/// The types of media that a REST API takes for binary, as far as they are known: those of its property, where `~1` stands for a slash (CloudFormation,
/// `AWS::ApiGateway::RestApi`), and those of its definition.
pub(super) fn binary_media_types(reader: &Reader<'_, '_>) -> Vec<String> {
    let in_definition = reader
        .value("Body")
        .and_then(|body| body.get(IN_DEFINITION));
    let both = reader
        .value("BinaryMediaTypes")
        .into_iter()
        .chain(in_definition);
    let all = both.filter_map(Value::as_list).flatten();
    let texts = all.filter_map(Value::to_text);
    texts.map(|text| text.replace("~1", "/")).collect()
}
