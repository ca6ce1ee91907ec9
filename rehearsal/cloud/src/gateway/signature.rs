//! Whether a request is signed by whom it says.
//!
//! The signature is made again with the caller's secret, over the headers that the request says were signed, and compared.
//! Source: IAM user guide, "Signature Version 4 signing process"; the refusals are worded as API Gateway words them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SessionTokenMode, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use http::request::Parts;
use rehearsal_host::{Caller, Callers};
use time::{Date, Month, PrimitiveDateTime, Time};

use crate::authorization::Authorization;

/// How far a request's date may be from now. Source: IAM user guide: within five minutes.
const MAX_SKEW: Duration = Duration::from_mins(5);

/// Why a request is refused: API Gateway's code and message, with status 403.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) message: &'static str,
}

const MISSING: Refused = Refused {
    code: "MissingAuthenticationTokenException",
    message: "Missing Authentication Token",
};
const UNKNOWN: Refused = Refused {
    code: "UnrecognizedClientException",
    message: "The security token included in the request is invalid.",
};
const INCOMPLETE: Refused = Refused {
    code: "IncompleteSignatureException",
    message: "The request's Authorization header is not a complete Signature Version 4, or its date is missing.",
};
const SCOPE: Refused = Refused {
    code: "InvalidSignatureException",
    message: "Credential should be scoped to correct service and region: 'execute-api'.",
};
const EXPIRED: Refused = Refused {
    code: "InvalidSignatureException",
    message: "Signature expired: the request's date is not within five minutes of now.",
};
const MISMATCH: Refused = Refused {
    code: "InvalidSignatureException",
    message: "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
};

/// Who signed the request.
pub(super) fn verify(
    callers: &Callers,
    region: &str,
    head: &Parts,
    body: &[u8],
    now: SystemTime,
) -> Result<Arc<Caller>, Refused> {
    if !head.headers.contains_key(http::header::AUTHORIZATION) {
        return Err(MISSING);
    }
    let given = Authorization::of(&head.headers).ok_or(INCOMPLETE)?;
    let (caller, secret) = callers
        .find_with_secret(given.access_key_id)
        .ok_or(UNKNOWN)?;
    if given.service != "execute-api" || given.region != region {
        return Err(SCOPE);
    }
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let at = header("x-amz-date").and_then(amz_date).ok_or(INCOMPLETE)?;
    let skew = now
        .duration_since(at)
        .unwrap_or_else(|ahead| ahead.duration());
    if skew > MAX_SKEW {
        return Err(EXPIRED);
    }
    let signature = signature(&given, head, body, at, &secret).ok_or(INCOMPLETE)?;
    if signature == given.signature {
        Ok(caller)
    } else {
        Err(MISMATCH)
    }
}

/// The signature that the caller's secret gives.
fn signature(
    given: &Authorization<'_>,
    head: &Parts,
    body: &[u8],
    at: SystemTime,
    secret: &str,
) -> Option<String> {
    let signed: Vec<&str> = given.signed_headers.split(';').collect();
    let token = head
        .headers
        .get("x-amz-security-token")
        .and_then(|value| value.to_str().ok());
    let mut settings = SigningSettings::default();
    settings.excluded_headers = None;
    if signed.contains(&"x-amz-content-sha256") {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    if !signed.contains(&"x-amz-security-token") {
        settings.session_token_mode = SessionTokenMode::Exclude;
    }
    let identity = Credentials::new(
        given.access_key_id,
        secret,
        token.map(str::to_owned),
        None,
        "rehearsal",
    )
    .into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(given.region)
        .name(given.service)
        .time(at)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let host = head.headers.get(http::header::HOST)?.to_str().ok()?;
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    // The signer adds these itself.
    let added = ["x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];
    let headers = signed
        .iter()
        .filter(|name| !added.contains(name))
        .flat_map(|name| {
            head.headers
                .get_all(*name)
                .iter()
                .filter_map(|value| Some((*name, value.to_str().ok()?)))
        });
    let uri = format!("http://{host}{path}");
    let request = SignableRequest::new(
        head.method.as_str(),
        &uri,
        headers,
        SignableBody::Bytes(body),
    )
    .ok()?;
    let (_, signature) = sign(request, &parameters).ok()?.into_parts();
    Some(signature)
}

/// `20150830T123600Z`.
fn amz_date(text: &str) -> Option<SystemTime> {
    let digits = |range: std::ops::Range<usize>| text.get(range)?.parse::<u8>().ok();
    let year: i32 = text.get(0..4)?.parse().ok()?;
    if text.len() != 16 || text.get(8..9) != Some("T") || !text.ends_with('Z') {
        return None;
    }
    let date =
        Date::from_calendar_date(year, Month::try_from(digits(4..6)?).ok()?, digits(6..8)?).ok()?;
    let time = Time::from_hms(digits(9..11)?, digits(11..13)?, digits(13..15)?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, Request};

    const BODY: &[u8] = b"{\"n\":1}";

    fn settings(checksum: bool) -> SigningSettings {
        let mut settings = SigningSettings::default();
        if checksum {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        settings
    }

    /// A request signed as a caller would sign it.
    fn signed(
        credentials: &rehearsal_host::credentials::Credentials,
        at: SystemTime,
        settings: SigningSettings,
    ) -> Parts {
        let uri = "http://127.0.0.1:9/live/contacts/a%20b?limit=2&cursor=%2F";
        let mut request = Request::post(uri)
            .header("content-type", "application/json")
            .header("host", "127.0.0.1:9")
            .body(())
            .unwrap();
        let identity = Credentials::new(
            &credentials.access_key_id,
            &credentials.secret_access_key,
            Some(credentials.session_token.clone()),
            None,
            "t",
        )
        .into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("execute-api")
            .time(at)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let signable =
            SignableRequest::new("POST", uri, headers, SignableBody::Bytes(BODY)).unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        instructions.apply_to_request_http1x(&mut request);
        let (mut head, ()) = request.into_parts();
        head.uri = head.uri.path_and_query().unwrap().as_str().parse().unwrap();
        head
    }

    #[test]
    fn a_good_signature_names_its_caller() {
        let callers = Callers::default();
        let credentials = callers.issue("post-traffic", "1");
        for checksum in [false, true] {
            let now = SystemTime::now();
            let head = signed(&credentials, now, settings(checksum));
            assert_eq!(
                verify(&callers, "us-east-1", &head, BODY, now)
                    .unwrap()
                    .function_name,
                "post-traffic"
            );
        }
    }

    #[test]
    fn a_signature_for_something_else_is_refused() {
        let callers = Callers::default();
        let credentials = callers.issue("f", "1");
        let now = SystemTime::now();
        let refused = |change: &dyn Fn(&mut Parts)| {
            let mut head = signed(&credentials, now, settings(false));
            change(&mut head);
            verify(&callers, "us-east-1", &head, BODY, now).unwrap_err()
        };
        assert_eq!(refused(&|head| head.method = http::Method::PUT), MISMATCH);
        assert_eq!(
            refused(&|head| head.uri = "/live/contacts".parse().unwrap()),
            MISMATCH
        );
        assert_eq!(
            refused(&|head| {
                head.headers
                    .insert("content-type", HeaderValue::from_static("text/plain"));
            }),
            MISMATCH
        );
        assert_eq!(
            refused(&|head| {
                head.headers.remove("authorization");
            }),
            MISSING
        );
        assert_eq!(
            refused(&|head| {
                head.headers
                    .insert("authorization", HeaderValue::from_static("Bearer x"));
            }),
            INCOMPLETE
        );
        let head = signed(&credentials, now, settings(false));
        assert_eq!(
            verify(&callers, "us-east-1", &head, b"another body", now).unwrap_err(),
            MISMATCH
        );
        assert_eq!(
            verify(&callers, "eu-west-1", &head, BODY, now).unwrap_err(),
            SCOPE
        );
        assert_eq!(
            verify(&Callers::default(), "us-east-1", &head, BODY, now).unwrap_err(),
            UNKNOWN
        );
        assert_eq!(
            verify(
                &callers,
                "us-east-1",
                &head,
                BODY,
                now + Duration::from_secs(301)
            )
            .unwrap_err(),
            EXPIRED
        );
    }

    #[test]
    fn the_example_of_the_guide_gives_its_signature() {
        // IAM user guide and the published Signature Version 4 test suite, get-vanilla.
        let given = Authorization::parse(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=x",
        )
        .unwrap();
        let request = Request::get("/")
            .header("host", "example.amazonaws.com")
            .header("x-amz-date", "20150830T123600Z")
            .body(())
            .unwrap();
        let (head, ()) = request.into_parts();
        let at = amz_date("20150830T123600Z").unwrap();
        let signature = signature(
            &given,
            &head,
            b"",
            at,
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        )
        .unwrap();
        assert_eq!(
            signature,
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[test]
    fn a_date_is_read_to_the_second_or_not_at_all() {
        assert!(amz_date("20150830T123600Z").is_some());
        for text in [
            "",
            "20150830T123600",
            "20151330T123600Z",
            "2015-08-30T12:36Z",
            "é150830T123600Z",
        ] {
            assert_eq!(amz_date(text), None, "{text}");
        }
    }
}
