//! The protocols of AWS's services: where a call says what it asks for, and what an error looks like.
//!
//! Source: the `protocol` of botocore's service models, and its parsers.

use bytes::Bytes;
use http::request::Parts;
use http::{Response, StatusCode};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use rehearsal_host::listener::answer;

use super::interference::ErrorForm;
use super::{json, lambda, s3};

/// The protocol of a call to a service that the rehearsal does not serve itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// JSON, with `X-Amz-Target`.
    Json,
    /// A form with `Action`, and XML: SNS, STS, older SDKs' SQS.
    Query,
    /// The same with EC2's own errors.
    Ec2,
    /// S3's.
    S3,
    /// XML without a form: Route 53, `CloudFront`.
    RestXml,
    /// CBOR, by path: newer SDKs' CloudWatch.
    Cbor,
    /// JSON by method and path.
    RestJson,
}

/// Services whose calls are XML by method and path, beside S3.
const REST_XML: [&str; 3] = ["cloudfront", "route53", "s3express"];

impl Wire {
    pub(super) fn of(service: &str, head: &Parts) -> Self {
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let form = "application/x-www-form-urlencoded";
        if service == "s3" {
            Self::S3
        } else if json::target(head).is_some() {
            Self::Json
        } else if header("smithy-protocol") == Some("rpc-v2-cbor") {
            Self::Cbor
        } else if header("content-type").is_some_and(|kind| kind.starts_with(form)) {
            match service {
                "ec2" => Self::Ec2,
                _ => Self::Query,
            }
        } else if REST_XML.contains(&service) {
            Self::RestXml
        } else {
            Self::RestJson
        }
    }

    /// Whether the operation stands in the body.
    pub(super) fn is_form(self) -> bool {
        matches!(self, Self::Query | Self::Ec2)
    }

    /// What a call asks for, by the service's own name for it where the protocol has it; else method and path. `body` is looked at
    /// where [`is_form`](Self::is_form).
    pub(super) fn operation(self, head: &Parts, body: &[u8]) -> String {
        let named = match self {
            Self::Json => json::target(head).map(str::to_owned),
            Self::Query | Self::Ec2 => action(body),
            Self::S3 => Some(s3::operation(head)),
            Self::Cbor => head
                .uri
                .path()
                .rsplit_once("/operation/")
                .map(|(_, operation)| operation.to_owned()),
            Self::RestXml | Self::RestJson => None,
        };
        named.unwrap_or_else(|| format!("{} {}", head.method, head.uri.path()))
    }
}

impl ErrorForm for Wire {
    fn error(&self, status: u16, code: &str, message: &str) -> Response<Full<Bytes>> {
        let of_xml = |text: String| (text, "text/xml");
        let (code_xml, message_xml) = (escaped(code), escaped(message));
        let (body, kind) = match self {
            Self::Json => return json::error(json::V1_1, status, code, message),
            Self::RestJson => return lambda::error(status, code, message),
            Self::Cbor => return cbor(status, code, message),
            Self::Query | Self::RestXml => of_xml(format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code_xml}</Code><Message>{message_xml}</Message></Error></ErrorResponse>"
            )),
            Self::Ec2 => of_xml(format!(
                "<Response><Errors><Error><Code>{code_xml}</Code><Message>{message_xml}</Message></Error></Errors></Response>"
            )),
            Self::S3 => {
                let body = format!(
                    "<Error><Code>{code_xml}</Code><Message>{message_xml}</Message></Error>"
                );
                (body, "application/xml")
            }
        };
        let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
        json::with_request_id(answer(status_of(status), kind, body))
    }

    /// The codes that SDKs know as throttles. Source: `ThrottledRetryableChecker` of botocore.
    fn throttled(&self) -> Response<Full<Bytes>> {
        match self {
            Self::S3 => self.error(503, "SlowDown", "Please reduce your request rate."),
            Self::Query | Self::RestXml => self.error(400, "Throttling", "Rate exceeded"),
            Self::Ec2 => self.error(503, "RequestLimitExceeded", "Request limit exceeded."),
            Self::Json | Self::Cbor | Self::RestJson => {
                self.error(400, "ThrottlingException", "Rate exceeded")
            }
        }
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The action of a form.
fn action(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let action = text
        .split('&')
        .find_map(|pair| pair.strip_prefix("Action="))?;
    let decoded = percent_decode_str(action).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// `{"__type": code, "message": message}` in CBOR.
fn cbor(status: u16, code: &str, message: &str) -> Response<Full<Bytes>> {
    // A map of two pairs: RFC 8949, 3.1.
    let mut body = vec![0xa2];
    for text in ["__type", code, "message", message] {
        // A text whose length has four bytes.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        body.push(0x7a);
        body.extend(length.to_be_bytes());
        body.extend(text.as_bytes());
    }
    let mut answer = json::with_request_id(answer(status_of(status), "application/cbor", body));
    let protocol = http::HeaderValue::from_static("rpc-v2-cbor");
    answer.headers_mut().insert("smithy-protocol", protocol);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn each_protocol_says_what_is_asked_in_its_own_place() {
        let form = [(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )];
        #[rustfmt::skip] // A table.
        let cases = [
            ("sqs", head("POST", "/", &[("x-amz-target", "AmazonSQS.SendMessage")]), "", Wire::Json, "SendMessage"),
            ("sns", head("POST", "/", &form), "Version=1&Action=Publish", Wire::Query, "Publish"),
            ("ec2", head("POST", "/", &form), "Action=DescribeVpcs", Wire::Ec2, "DescribeVpcs"),
            (
                "monitoring",
                head(
                    "POST",
                    "/service/GraniteServiceVersion20100801/operation/PutMetricData",
                    &[("smithy-protocol", "rpc-v2-cbor")],
                ),
                "",
                Wire::Cbor,
                "PutMetricData",
            ),
            ("s3", head("PUT", "/bucket/key", &[]), "", Wire::S3, "PutObject"),
            ("route53", head("GET", "/2013-04-01/hostedzone", &[]), "", Wire::RestXml, "GET /2013-04-01/hostedzone"),
            ("apigateway", head("GET", "/restapis", &[]), "", Wire::RestJson, "GET /restapis"),
        ];
        for (service, head, body, wire, operation) in cases {
            assert_eq!(Wire::of(service, &head), wire, "{service}");
            assert_eq!(
                wire.operation(&head, body.as_bytes()),
                operation,
                "{service}"
            );
        }
    }

    #[tokio::test]
    async fn what_an_xml_error_says_is_escaped() {
        use http_body_util::BodyExt;
        let answer = Wire::S3.error(403, "Code", "a < b & c");
        assert_eq!(answer.status(), 403);
        let body = answer.into_body().collect().await.unwrap();
        let text = String::from_utf8(body.to_bytes().to_vec()).unwrap();
        assert!(
            text.ends_with("<Error><Code>Code</Code><Message>a &lt; b &amp; c</Message></Error>"),
            "{text}"
        );
    }
}
