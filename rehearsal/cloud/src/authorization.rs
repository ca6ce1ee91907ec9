//! The header by which a request says who signed it.

use std::collections::HashMap;

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

#[cfg(test)]
mod tests {
    use super::*;

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
