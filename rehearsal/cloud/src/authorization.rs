//! How a request says who signed it: by a header, or in its URL.

use std::collections::HashMap;

use form_urlencoded::parse;

/// The parts of an `Authorization: AWS4-HMAC-SHA256 Credential=…/…/…/…/aws4_request, SignedHeaders=…, Signature=…` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Authorization<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) signed_headers: &'a str,
    pub(crate) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads the header; `None` when it is not a complete Signature Version 4.
    pub(crate) fn parse(header: &'a str) -> Option<Self> {
        let rest = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let mut parts = HashMap::new();
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            parts.insert(name, value);
        }
        let mut scope = parts.get("Credential")?.split('/');
        Some(Self {
            access_key_id: scope.next()?,
            date: scope.next()?,
            region: scope.next()?,
            service: scope.next()?,
            signed_headers: parts.get("SignedHeaders")?,
            signature: parts.get("Signature")?,
        })
        .filter(|_| scope.next() == Some("aws4_request") && scope.next().is_none())
    }

    /// The header of a request.
    pub(crate) fn of(headers: &'a http::HeaderMap) -> Option<Self> {
        Self::parse(headers.get(http::header::AUTHORIZATION)?.to_str().ok()?)
    }
}

/// Who signed a request, and for which service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) access_key_id: String,
    pub(crate) service: String,
}

impl Signer {
    /// By the header, or by the query of a presigned URL: of Signature Version 4, or of S3's Version 2, which old SDKs make (IAM user
    /// guide, "Authentication methods"; S3 developer guide, "Authenticating requests: using query parameters").
    pub(crate) fn of(headers: &http::HeaderMap, uri: &http::Uri) -> Option<Self> {
        if let Some(authorization) = Authorization::of(headers) {
            return Some(Self {
                access_key_id: authorization.access_key_id.to_owned(),
                service: authorization.service.to_owned(),
            });
        }
        let query = uri.query()?;
        let value = |wanted: &str| {
            let mut pairs = parse(query.as_bytes());
            let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
            Some(value.into_owned())
        };
        if let Some(credential) = value("X-Amz-Credential") {
            value("X-Amz-Signature")?;
            let mut scope = credential.split('/');
            let access_key_id = scope.next()?.to_owned();
            let service = scope.nth(2)?.to_owned();
            return (scope.next() == Some("aws4_request")).then_some(Self {
                access_key_id,
                service,
            });
        }
        value("Signature")?;
        Some(Self {
            access_key_id: value("AWSAccessKeyId")?,
            service: "s3".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_presigned_url_names_key_and_service() {
        let of = |uri: &str| {
            let signer = Signer::of(&http::HeaderMap::new(), &uri.parse().unwrap());
            signer.map(|signer| (signer.access_key_id, signer.service))
        };
        let named = |service: &str| Some(("ASIA1".to_owned(), service.to_owned()));
        let version_4 = "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIA1%2F20260102%2Feu-central-1%2Fsqs%2Faws4_request&X-Amz-Signature=abc";
        assert_eq!(of(version_4), named("sqs"));
        assert_eq!(
            of("/b/k?AWSAccessKeyId=ASIA1&Signature=a%2Bb&Expires=1"),
            named("s3")
        );
        for other in [
            "/",
            "/b/k?AWSAccessKeyId=ASIA1",
            "/b/k?X-Amz-Credential=ASIA1&X-Amz-Signature=a",
            &version_4.replace("aws4_request", "aws5_request"),
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn an_authorization_header_names_key_scope_and_headers() {
        let parsed = Authorization::parse(
            "AWS4-HMAC-SHA256 Credential=ASIA1/20260102/eu-central-1/codedeploy/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=abc",
        )
        .unwrap();
        assert_eq!(parsed.access_key_id, "ASIA1");
        assert_eq!(
            (parsed.date, parsed.region, parsed.service),
            ("20260102", "eu-central-1", "codedeploy")
        );
        assert_eq!(
            (parsed.signed_headers, parsed.signature),
            ("host;x-amz-date", "abc")
        );
    }

    #[test]
    fn an_incomplete_authorization_header_is_none() {
        for header in [
            "",
            "Bearer abc",
            "AWS4-HMAC-SHA256 Credential=A/B",
            "AWS4-HMAC-SHA256 Credential=A/B/C/D/x, SignedHeaders=, Signature=",
        ] {
            assert_eq!(Authorization::parse(header), None, "{header}");
        }
    }
}
