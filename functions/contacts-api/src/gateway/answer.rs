//! A response → the answer that a gateway takes.

use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use serde::Serialize;

use super::event::Format;

/// The answer to an [`Event`](super::Event), in the event's own format.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Payload format 1.0 (API Gateway developer guide, "Output format of a Lambda function for proxy integration").
    V1(ApiGatewayProxyResponse),
    /// Payload format 2.0 (API Gateway developer guide, "Lambda function response for format 2.0").
    V2(ApiGatewayV2httpResponse),
}

impl Answer {
    /// Reads a response whole and writes it in this format.
    ///
    /// # Errors
    /// When the response's body fails while it is read; one that is in memory never does.
    pub async fn of(response: Response, format: Format) -> Result<Self, axum::Error> {
        let (parts, body) = response.into_parts();
        let (body, is_base64) = text(axum::body::to_bytes(body, usize::MAX).await?.into());
        let mut headers = parts.headers;
        // The gateway frames the body; it may have to encode it first.
        headers.remove(CONTENT_LENGTH);
        let status = i64::from(parts.status.as_u16());
        Ok(match format {
            Format::V1 => {
                let mut answer = ApiGatewayProxyResponse::default();
                answer.status_code = status;
                // In `headers` as well they would be sent twice.
                answer.multi_value_headers = headers;
                answer.body = body;
                answer.is_base64_encoded = is_base64;
                Self::V1(answer)
            }
            Format::V2 => {
                let mut answer = ApiGatewayV2httpResponse::default();
                answer.status_code = status;
                answer.headers = headers;
                answer.body = body;
                answer.is_base64_encoded = is_base64;
                Self::V2(answer)
            }
        })
    }
}

/// A body as an answer holds it: as text, or in base64 where it is none.
fn text(bytes: Vec<u8>) -> (Option<Body>, bool) {
    if bytes.is_empty() {
        return (None, false);
    }
    match String::from_utf8(bytes) {
        Ok(text) => (Some(Body::Text(text)), false),
        Err(error) => (Some(Body::Binary(error.into_bytes())), true),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::{Value, json};

    use super::*;

    fn answer(body: &'static [u8], format: Format) -> Value {
        let mut response = Response::new(axum::body::Body::from(body));
        *response.status_mut() = StatusCode::CREATED;
        for (name, value) in [("etag", "\"1\""), ("content-length", "7")] {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let answer = runtime.block_on(Answer::of(response, format)).unwrap();
        serde_json::to_value(answer).unwrap()
    }

    #[test]
    fn each_format_has_its_own_place_for_headers() {
        assert_eq!(
            answer(b"{}", Format::V1),
            json!({
                "statusCode": 201,
                "headers": {},
                "multiValueHeaders": { "etag": ["\"1\""] },
                "body": "{}",
                "isBase64Encoded": false,
            })
        );
        let answer = answer(b"{}", Format::V2);
        assert_eq!(answer["headers"], json!({ "etag": "\"1\"" }));
        assert_eq!(answer["multiValueHeaders"], json!({}));
    }

    #[test]
    fn a_body_that_is_no_text_is_encoded_and_an_empty_one_left_out() {
        let binary = answer(&[0xff], Format::V1);
        assert_eq!(
            (&binary["body"], &binary["isBase64Encoded"]),
            (&json!("/w=="), &json!(true))
        );
        assert_eq!(answer(b"", Format::V1)["body"], Value::Null);
    }
}
