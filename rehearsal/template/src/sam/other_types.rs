//! What SAM refuses of its types that are not expanded here: applications (SAM translator, `plugins/application/serverless_app_plugin.py`),
//! connectors (`model/connector/connector.py`, `get_resource_reference`), layers (`model/sam_resources.py`, `SamLayerVersion`) and capacity
//! providers (`model/capacity_provider`).

use super::refused::{Refused, refuse};
use super::transform_time::TransformTime;
use crate::Diagnostic;
use crate::resource::Resource;
use crate::text::{Node, NodeKind};

/// Refuses what SAM refuses of a resource of one of these types.
pub(super) fn check(
    resource: &Resource,
    transform_time: &TransformTime<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (code, refused) = match resource.r#type.as_str() {
        "AWS::Serverless::Application" => {
            ("sam::application", application(resource, transform_time))
        }
        "AWS::Serverless::Connector" => ("sam::connector", connector(resource)),
        "AWS::Serverless::CapacityProvider" => {
            ("sam::capacity-provider", capacity_provider(resource))
        }
        "AWS::Serverless::LayerVersion" => ("sam::layer", layer(resource, transform_time)),
        _ => return,
    };
    let refused = refused.err().map(|(message, place)| {
        Diagnostic::error(code, message, place).resource(&resource.logical_id)
    });
    diagnostics.extend(refused);
}

/// One of the Serverless Application Repository is named by its id and its version.
fn application(resource: &Resource, transform_time: &TransformTime<'_>) -> Result<(), Refused> {
    let location = resource.properties.get("Location");
    let Some(location) = location.filter(|node| node.as_map().is_some()) else {
        return Ok(());
    };
    for key in ["ApplicationId", "SemanticVersion"] {
        if location.get(key).is_none() {
            let message = format!("Resource is missing the required [{key}] property.");
            return refuse(message, location);
        }
    }
    for key in ["ApplicationId", "SemanticVersion"] {
        let Some(written) = location
            .get(key)
            .filter(|node| !transform_time.lacks_value(node))
        else {
            continue;
        };
        let node = transform_time.resolve(written);
        match &node.kind {
            NodeKind::Null if key == "ApplicationId" => {
                return refuse(format!("Property '{key}' is required."), written);
            }
            NodeKind::Map(_) => {
                let message = format!(
                    "Property '{key}' cannot be resolved. Only FindInMap and Ref intrinsic functions are supported."
                );
                return refuse(message, written);
            }
            _ if key == "SemanticVersion" && node.is_empty() => {
                return refuse(format!("Property '{key}' cannot be blank."), written);
            }
            NodeKind::String(text) if key == "ApplicationId" && text.contains("{{resolve:") => {
                // The spelling is SAM's.
                let message = "Serverless Application Repostiory does not support dynamic reference in 'ApplicationId' property.";
                return refuse(message, written);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Each end of a connector is named by its logical id, or by what else SAM takes for one.
fn connector(resource: &Resource) -> Result<(), Refused> {
    for end in ["Source", "Destination"] {
        let ends = resource.properties.get(end).map(Node::one_or_many);
        for end in ends.unwrap_or_default() {
            check_end(end)?;
        }
    }
    Ok(())
}

pub(super) fn check_end(end: &Node) -> Result<(), Refused> {
    let Some(map) = end.as_map() else {
        return Ok(());
    };
    let has_id = map.contains_key("Id");
    let has_others = map.keys().any(|key| key != "Id" && key != "Qualifier");
    if has_id == has_others {
        let message = "Must provide 'Id' (with optional 'Qualifier') or a supported combination of other properties.";
        return refuse(message, end);
    }
    let id = end.given("Id");
    let (key, named) = match id {
        Some(id) => ("Id", Some(id)),
        None => ("Type", end.get("Type")),
    };
    let is_text = named
        .and_then(Node::as_str)
        .is_some_and(|text| !text.trim().is_empty());
    if is_text {
        return Ok(());
    }
    refuse(format!("'{key}' is missing or not a string."), end)
}

fn capacity_provider(resource: &Resource) -> Result<(), Refused> {
    let given = |path: &[&str]| resource.properties.at(path).filter(|node| !node.is_empty());
    if let Some(network) = given(&["VpcConfig"])
        && network.intrinsic().is_none()
        && network.get("SubnetIds").is_none()
    {
        return refuse("Property 'VpcConfig.SubnetIds' is required.", network);
    }
    let types = |key: &str| given(&["InstanceRequirements", key]);
    if let (Some(_), Some(excluded)) = (types("AllowedTypes"), types("ExcludedTypes")) {
        let message = "Cannot specify 'InstanceRequirements.AllowedTypes' and 'InstanceRequirements.ExcludedTypes' together.";
        return refuse(message, excluded);
    }
    Ok(())
}

fn layer(resource: &Resource, transform_time: &TransformTime<'_>) -> Result<(), Refused> {
    let given = |key: &str| {
        let node = resource.properties.given(key);
        node.filter(|node| !transform_time.lacks_value(node))
    };
    if let Some(policy) = given("RetentionPolicy")
        && let Some(text) = transform_time.resolve(policy).as_str()
        && !["retain", "delete"].contains(&text.to_lowercase().as_str())
    {
        let message =
            "'RetentionPolicy' must be one of the following options: ['Retain', 'Delete'].";
        return refuse(message, policy);
    }
    let architectures = given("CompatibleArchitectures").and_then(Node::as_list);
    let mut named = architectures.into_iter().flatten();
    let is_other = |name: &&Node| {
        let text = name.as_str();
        text.is_some_and(|text| !["x86_64", "arm64"].contains(&text))
    };
    match named.find(is_other) {
        Some(other) => refuse(
            "CompatibleArchitectures needs to be a list of 'x86_64' or 'arm64'",
            other,
        ),
        None => Ok(()),
    }
}
