//! What SAM refuses of an API's own domain (SAM translator, `_construct_api_domain` of `model/api/api_generator.py` and
//! `model/api/apiv2_generator.py`).

use super::refused::{Refused, refuse};
use super::transform_time::TransformTime;
use crate::Diagnostic;
use crate::resource::Resource;
use crate::text::{Node, NodeKind};

/// What a domain may ask its callers' certificates by.
const TRUST: [&str; 2] = ["TruststoreUri", "TruststoreVersion"];

/// Refuses what SAM refuses of an API's `Domain`.
pub(super) fn check(
    api: &Resource,
    is_rest: bool,
    transform_time: &TransformTime<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let written = api.properties.get("Domain");
    let Some(written) = written.filter(|node| !transform_time.lacks_value(node)) else {
        return;
    };
    let domain = transform_time.resolve(written);
    if let Err((message, place)) = refused(&domain, is_rest) {
        diagnostics
            .push(Diagnostic::error("sam::domain", message, place).resource(&api.logical_id));
    }
}

fn refused(domain: &Node, is_rest: bool) -> Result<(), Refused> {
    if domain.as_map().is_none() {
        return refuse("Property 'Domain' should be a map.", domain);
    }
    let missing = ["DomainName", "CertificateArn"]
        .into_iter()
        .find(|key| domain.non_null(key).is_none());
    if let Some(key) = missing {
        let message = if is_rest {
            format!("Property 'Domain.{key}' is required.")
        } else {
            "Custom Domains only works if both DomainName and CertificateArn are provided."
                .to_owned()
        };
        return refuse(message, domain);
    }
    let known: &[&str] = if is_rest {
        &["EDGE", "REGIONAL", "PRIVATE"]
    } else {
        &["REGIONAL"]
    };
    let endpoint = domain.non_null("EndpointConfiguration");
    if let Some(endpoint) = endpoint
        && !endpoint.as_str().is_some_and(|name| known.contains(&name))
    {
        let message = format!(
            "EndpointConfiguration for Custom Domains must be one of ['{}'].",
            known.join("', '")
        );
        return refuse(message, endpoint);
    }
    // The other kind of domain, which a private one is, has no such thing.
    if endpoint.and_then(Node::as_str) != Some("PRIVATE") {
        check_trust(domain, is_rest)?;
    }
    let access = domain.non_null("AccessAssociation").filter(|_| is_rest);
    if let Some(access) = access.filter(|access| access.as_map().is_none())
        && endpoint.and_then(Node::as_str) == Some("PRIVATE")
    {
        return refuse(
            "Property 'Domain.AccessAssociation' should be a map.",
            access,
        );
    }
    check_paths(domain, is_rest)?;
    let Some(route) = domain.non_null("Route53") else {
        return Ok(());
    };
    if route.as_map().is_none() {
        return refuse("Property 'Domain.Route53' should be a map.", route);
    }
    let zone = route.non_null("HostedZoneId");
    if zone.is_none() && route.non_null("HostedZoneName").is_none() {
        return refuse(
            "HostedZoneId or HostedZoneName is required to enable Route53 support on Custom Domains.",
            route,
        );
    }
    let separate = route.given("SeparateRecordSetGroup");
    if let Some(separate) = separate.filter(|_| is_rest)
        && separate.kind != NodeKind::Bool(true)
    {
        return refuse(
            "Property 'Domain.Route53.SeparateRecordSetGroup' should be a boolean.",
            separate,
        );
    }
    Ok(())
}

fn check_trust(domain: &Node, is_rest: bool) -> Result<(), Refused> {
    let Some(trust) = domain.given("MutualTlsAuthentication") else {
        return Ok(());
    };
    let fields = format!("['{}']", TRUST.join("', '"));
    let prefix = if is_rest { "Domain." } else { "" };
    let message = match trust.as_map() {
        None if is_rest => "Property 'Domain.MutualTlsAuthentication' should be a map.".to_owned(),
        None => format!(
            "MutualTlsAuthentication must be a map with at least one of the following fields {fields}."
        ),
        Some(map) if map.keys().any(|key| !TRUST.contains(&key.as_str())) => {
            format!("Available {prefix}MutualTlsAuthentication fields are {fields}.")
        }
        Some(_) => return Ok(()),
    };
    refuse(message, trust)
}

/// (`_construct_basepath_mappings` of an HTTP API's.)
fn check_paths(domain: &Node, is_rest: bool) -> Result<(), Refused> {
    let Some(paths) = domain.given("BasePath") else {
        return Ok(());
    };
    let all = match &paths.kind {
        NodeKind::String(_) => std::slice::from_ref(paths),
        NodeKind::List(items) => items,
        _ => return Ok(()),
    };
    for (index, path) in all.iter().enumerate() {
        let message = match path.as_str() {
            None if is_rest => format!("Property 'Domain.BasePath[{index}]' should be a string."),
            None => "Basepath must be a string.".to_owned(),
            Some(text) if !is_rest && !text.bytes().all(may_be_in_a_path) => {
                "Invalid Basepath name provided.".to_owned()
            }
            Some(_) => continue,
        };
        return refuse(message, path);
    }
    Ok(())
}

fn may_be_in_a_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-_".contains(&byte)
}
