//! What SAM refuses of a function by itself
//! (SAM translator, `model/sam_resources.py`, `SamFunction`).

use crate::resource::Resource;
use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Place};

/// Refuses what SAM refuses of a function by itself, with SAM's reasons
/// (`_construct_code_dict`, `_validate_package_type`, `_validate_dlq`, `_validate_url_auth_type`, `_validate_tenancy_config_compatibility`,
/// `to_cloudformation`).
pub(super) fn check(function: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let get = |key: &str| function.properties.get(key);
    let has = |key: &str| function.properties.given(key).is_some();
    let mut refuse = |message: String, place: Place| {
        diagnostics.push(
            Diagnostic::error("sam::function", message, place).resource(&function.logical_id),
        );
    };
    check_package(function, &has, &mut refuse);
    check_tenancy(function, &has, &mut refuse);
    if let Some(queue) = function.properties.given("DeadLetterQueue") {
        let r#type = queue.given("Type");
        match (r#type, queue.get("TargetArn")) {
            (Some(r#type), Some(arn)) if !arn.is_empty() => {
                if !matches!(r#type.as_str(), Some("SQS" | "SNS")) {
                    refuse(
                        "'DeadLetterQueue' requires Type of ['SQS', 'SNS']".to_owned(),
                        r#type.place,
                    );
                }
            }
            _ => refuse(
                "'DeadLetterQueue' requires Type and TargetArn properties to be specified."
                    .to_owned(),
                queue.place,
            ),
        }
    }
    if let Some(config) = function.properties.given("FunctionUrlConfig")
        && config.intrinsic().is_none()
    {
        let auth = config.get("AuthType");
        let is_known = auth.is_some_and(|auth| {
            auth.intrinsic().is_some() || matches!(auth.as_str(), Some("AWS_IAM" | "NONE"))
        });
        if !is_known {
            refuse(
                "AuthType is required to configure function property `FunctionUrlConfig`. \
                 Please provide either AWS_IAM or NONE."
                    .to_owned(),
                config.place,
            );
        }
    }
    if let Some(config) = get("ProvisionedConcurrencyConfig")
        && !config.is_empty()
        && !has("AutoPublishAlias")
    {
        refuse(
            "To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function"
                .to_owned(),
            config.place,
        );
    }
    if let Some(policy) = get("VersionDeletionPolicy")
        && get("AutoPublishAlias").is_none()
    {
        refuse(
            "'VersionDeletionPolicy' requires 'AutoPublishAlias'.".to_owned(),
            policy.place,
        );
    }
}

/// What no function may have that is shared by tenants.
fn check_tenancy(
    function: &Resource,
    has: &impl Fn(&str) -> bool,
    refuse: &mut impl FnMut(String, Place),
) {
    if !has("TenancyConfig") {
        return;
    }
    let get = |key: &str| function.properties.get(key);
    for (property, words) in [
        (
            "ProvisionedConcurrencyConfig",
            "Provisioned concurrency is not supported",
        ),
        ("FunctionUrlConfig", "Function URL is not supported"),
        ("SnapStart", "SnapStart is not supported"),
    ] {
        if let Some(node) = function.properties.given(property) {
            refuse(
                format!("{words} for functions enabled with tenancy configuration."),
                node.place,
            );
        }
    }
    for (_, entry) in get("Events").and_then(Node::as_map).into_iter().flatten() {
        let r#type = entry.value.get("Type").and_then(Node::to_text);
        let r#type = r#type.as_deref().unwrap_or("None");
        if !matches!(r#type, "Api" | "HttpApi") {
            refuse(
                format!(
                    "Event source '{type}' is not supported for functions enabled with tenancy configuration. Only Api and HttpApi event sources are supported."
                ),
                entry.key_place,
            );
        }
    }
}

fn check_package(
    function: &Resource,
    has: &impl Fn(&str) -> bool,
    refuse: &mut impl FnMut(String, Place),
) {
    let get = |key: &str| function.properties.get(key);
    let package = function.properties.given("PackageType");
    match package.map(|node| node.as_str().unwrap_or_default()) {
        Some("Image") => {
            // SAM's command puts the image that it builds in the place of what `Metadata` says of it.
            if get("ImageUri").is_none() && function.metadata.is_none() {
                refuse("'ImageUri' must be set.".to_owned(), function.place);
            }
            if has("Handler") || has("Runtime") || has("Layers") {
                refuse(
                    "Runtime, Handler, Layers cannot be present when PackageType is of type `Image`"
                        .to_owned(),
                    function.place,
                );
            }
            return;
        }
        None | Some("Zip") => {}
        Some(other) => refuse(
            format!("invalid 'PackageType' : {other}"),
            package.map_or(function.place, |node| node.place),
        ),
    }
    if !has("Runtime") || !has("Handler") {
        refuse(
            "Runtime and Handler needs to be present when PackageType is of type `Zip`".to_owned(),
            function.place,
        );
    }
    if has("ImageConfig") {
        refuse(
            "ImageUri or ImageConfig cannot be present when PackageType is of type `Zip`"
                .to_owned(),
            function.place,
        );
    }
    match (get("InlineCode"), get("CodeUri")) {
        // Without either, SAM's command takes the template's folder before its translator sees the function
        // (SAM CLI, `sam_base_provider.py`, `_extract_codeuri`; `packageable_resources.py`).
        (Some(_), _) | (None, None) => {}
        (None, Some(code)) => match &code.kind {
            NodeKind::String(_) | NodeKind::Map(_) => {
                if let Some(message) = not_in_s3("CodeUri", code) {
                    refuse(message, code.place);
                }
            }
            _ => refuse(
                "'CodeUri' must be of type dict or string.".to_owned(),
                code.place,
            ),
        },
    }
}

/// Why what names a place in S3 is none: a text, or a map (`model/s3_utils/uri_parser.py`). Any other text is a folder, in whose place
/// `sam package` puts one.
pub(super) fn not_in_s3(property: &str, node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::String(text) => no_uri(property, text),
        NodeKind::Map(_) => {
            let mut needed = ["Bucket", "Key"].into_iter();
            let is_whole = needed.all(|key| node.given(key).is_some());
            (!is_whole).then(|| {
                format!("'{property}' requires Bucket and Key properties to be specified.")
            })
        }
        _ => None,
    }
}

fn no_uri(property: &str, text: &str) -> Option<String> {
    if property == "CodeUri" && first_reference(text).is_some_and(|name| name.contains('/')) {
        return Some(format!(
            "Unsupported dynamic reference detected in '{property}'. Please consider using alternative 'FunctionCode' object format."
        ));
    }
    let place = text.strip_prefix("s3://")?;
    let (bucket, rest) = place.split_at(place.find(['/', '?', '#']).unwrap_or(place.len()));
    let is_place = !bucket.is_empty() && rest.starts_with('/');
    (!is_place).then(|| {
        format!(
            "'{property}' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter."
        )
    })
}

/// The name in the first dynamic reference that SAM sees as one: `{{resolve:(ssm|ssm-secure|secretsmanager):[a-zA-Z0-9_.\-/]+(:\d+)?}}`
/// (`model/s3_utils/uri_parser.py`). One to a part of a secret (`:SecretString:key`) is none to it.
fn first_reference(text: &str) -> Option<&str> {
    let references = text.split("{{resolve:").skip(1);
    let mut names = references.filter_map(|rest| {
        let (service, rest) = rest.split_once(':')?;
        let (reference, _) = rest.split_once("}}")?;
        let name = match reference.split_once(':') {
            Some((name, version)) => {
                let is_number = !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit());
                is_number.then_some(name)?
            }
            None => reference,
        };
        let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
        let is_one = ["ssm", "ssm-secure", "secretsmanager"].contains(&service)
            && !name.is_empty()
            && name.bytes().all(may_be);
        is_one.then_some(name)
    });
    names.next()
}
