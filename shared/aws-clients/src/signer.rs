//! Signature Version 4, for requests that no SDK client makes.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::environment::{Environment, EnvironmentError};
use crate::redact::keep_secret;

/// A request could not be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// Region or credentials are missing.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The request itself cannot be signed: its URL is malformed or a header is not text.
    #[error("{method} {url} cannot be signed: {reason}")]
    Request {
        /// The request's method.
        method: Method,
        /// The request's URL.
        url: String,
        /// What the signer objects to.
        reason: String,
    },
}

/// Signs requests to one service.
///
/// The answer is the headers to add: `authorization`, `x-amz-date`, with session credentials `x-amz-security-token`. A
/// signature is good for five minutes and for this method, URL, body and these headers alone.
///
/// ```
/// use aws_clients::{Environment, Signer};
/// use http::{HeaderMap, Method};
///
/// let environment = Environment::from_variables([
///     ("AWS_REGION", "eu-central-1"),
///     ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
///     ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
/// ]);
/// let signer = Signer::from_environment("execute-api", &environment)?;
/// let url = "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/live/contacts?limit=1";
/// let added = signer.sign(&Method::GET, url, &HeaderMap::new(), b"")?;
/// assert!(added["authorization"].to_str()?.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Signer {
    service: String,
    region: String,
    identity: Identity,
}

impl Signer {
    /// A signer for `service`, the signing name (`"execute-api"`, `"ssm"`), with the process's region and credentials.
    ///
    /// # Errors
    /// Region or credentials are not in the environment.
    pub fn new(service: impl Into<String>) -> Result<Self, EnvironmentError> {
        Self::from_environment(service, Environment::process())
    }

    /// The same from a given environment.
    ///
    /// # Errors
    /// Region or credentials are not in the environment.
    pub fn from_environment(
        service: impl Into<String>,
        environment: &Environment,
    ) -> Result<Self, EnvironmentError> {
        let region = environment.region()?.to_owned();
        Ok(Self::from_parts(
            service,
            region,
            environment.credentials()?,
        ))
    }

    /// A signer of given parts, for instance for an API of another region.
    pub fn from_parts(
        service: impl Into<String>,
        region: impl Into<String>,
        credentials: Credentials,
    ) -> Self {
        let token = credentials.session_token().unwrap_or_default();
        for secret in [
            credentials.access_key_id(),
            credentials.secret_access_key(),
            token,
        ] {
            keep_secret(secret);
        }
        Self {
            service: service.into(),
            region: region.into(),
            identity: credentials.into(),
        }
    }

    /// The headers to add to a request that is sent now.
    ///
    /// `url` is absolute and encoded as it will be sent; `headers` are those to be signed along (`host` need not be among them).
    ///
    /// # Errors
    /// The URL is malformed, or a header's value is not text.
    pub fn sign(
        &self,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<HeaderMap, SigningError> {
        self.sign_at(SystemTime::now(), method, url, headers, body)
    }

    /// The same for a given time.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn sign_at(
        &self,
        time: SystemTime,
        method: &Method,
        url: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<HeaderMap, SigningError> {
        let refused = |reason: String| SigningError::Request {
            method: method.clone(),
            url: url.to_owned(),
            reason,
        };
        let signed_along = headers
            .iter()
            .map(|(name, value)| Ok((name.as_str(), value.to_str()?)))
            .collect::<Result<Vec<_>, http::header::ToStrError>>()
            .map_err(|error| refused(error.to_string()))?;
        let request = SignableRequest::new(
            method.as_str(),
            url,
            signed_along.into_iter(),
            SignableBody::Bytes(body),
        )
        .map_err(|error| refused(error.to_string()))?;
        let parameters = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(&self.service)
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| refused(error.to_string()))?
            .into();
        let (instructions, _signature) = sign(request, &parameters)
            .map_err(|error| refused(error.to_string()))?
            .into_parts();
        let (added, _query) = instructions.into_parts();
        let mut headers = HeaderMap::with_capacity(added.len());
        for header in added {
            let name = HeaderName::from_static(header.name());
            let mut value = HeaderValue::from_str(header.value())
                .map_err(|error| refused(error.to_string()))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The suite's credentials and time, 2015-08-30T12:36:00Z.
    fn signer() -> Signer {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "test",
        );
        Signer::from_parts("service", "us-east-1", credentials)
    }

    fn time() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_mins(24_015_636)
    }

    #[test]
    fn the_published_vectors_come_out() {
        // AWS Signature Version 4 test suite: get-vanilla and post-vanilla.
        for (method, signature) in [
            (
                Method::GET,
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                Method::POST,
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
        ] {
            let added = signer()
                .sign_at(
                    time(),
                    &method,
                    "https://example.amazonaws.com/",
                    &HeaderMap::new(),
                    b"",
                )
                .unwrap();
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature={signature}"
            );
            assert_eq!(added["authorization"], expected);
            assert_eq!(added["x-amz-date"], "20150830T123600Z");
        }
    }

    #[test]
    fn another_body_is_another_signature() {
        let sign = |body: &[u8]| {
            signer()
                .sign_at(
                    time(),
                    &Method::POST,
                    "https://example.com/",
                    &HeaderMap::new(),
                    body,
                )
                .unwrap()["authorization"]
                .clone()
        };
        assert_ne!(sign(b"a"), sign(b"b"));
    }

    #[test]
    fn a_signature_is_not_printed() {
        let added = signer()
            .sign_at(
                time(),
                &Method::GET,
                "https://example.com/",
                &HeaderMap::new(),
                b"",
            )
            .unwrap();
        let text = format!("{added:?} {:?}", signer());
        assert!(!text.contains("Signature="), "{text}");
        assert!(!text.contains("wJalr"), "{text}");
    }

    #[test]
    fn a_malformed_url_is_named() {
        let error = signer()
            .sign(&Method::GET, "not a url", &HeaderMap::new(), b"")
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("GET not a url cannot be signed: "),
            "{error}"
        );
    }
}
