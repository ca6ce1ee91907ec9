//! Where a service is called: by a variable's URL, or in its Region.

use crate::roots;

/// The variable that replaces the endpoint of every service; one of a service's own has its id behind it.
pub(crate) const URL: &str = "AWS_ENDPOINT_URL";

/// `"API Gateway"` → `AWS_ENDPOINT_URL_API_GATEWAY`, as the SDKs spell it.
pub(crate) fn variable(service_id: &str) -> String {
    let id: String = service_id
        .chars()
        .map(|c| match c {
            ' ' | '-' => '_',
            c => c.to_ascii_uppercase(),
        })
        .collect();
    format!("{URL}_{id}")
}

/// A service's endpoint in a Region of the partitions `aws` and `aws-us-gov` (`partitions.json` of the SDKs: their suffix is `amazonaws.com`).
pub(crate) fn regional(host: &str, region: &str) -> Option<String> {
    let known = !region.is_empty() && !region.starts_with("eusc-") && roots::is_amazons(region);
    known.then(|| format!("https://{host}.{region}.amazonaws.com"))
}

/// What keeps `value` from being an endpoint.
pub(crate) fn fault(value: &str) -> Option<String> {
    let uri: http::Uri = match value.parse() {
        Ok(uri) => uri,
        Err(error) => {
            return Some(format!(
                "{error}; expected http://host:port or https://host"
            ));
        }
    };
    if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
        return Some("it holds credentials; expected http://host:port or https://host".to_owned());
    }
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => None,
        // Not the value: what is no URL may be anything, a password too.
        _ => Some(
            "it has no http or https scheme, or no host; expected http://host:port or https://host"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_endpoint_that_is_known_without_the_sdk_is_the_sdks() {
        use aws_sdk_codedeploy::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
        let of_the_sdk = async |region: &str| {
            let parameters = Params::builder().region(region).build().unwrap();
            let resolver = DefaultResolver::new();
            let endpoint = resolver.resolve_endpoint(&parameters).await.unwrap();
            endpoint.url().to_owned()
        };
        for region in [
            "eu-central-1",
            "us-east-1",
            "ap-southeast-7",
            "us-gov-west-1",
        ] {
            assert_eq!(
                regional("codedeploy", region),
                Some(of_the_sdk(region).await)
            );
        }
        for region in ["cn-north-1", "eusc-de-east-1", "us-iso-east-1"] {
            assert_ne!(
                of_the_sdk(region).await,
                format!("https://codedeploy.{region}.amazonaws.com")
            );
            assert_eq!(regional("codedeploy", region), None);
        }
        assert_eq!(regional("codedeploy", ""), None);
    }
}
