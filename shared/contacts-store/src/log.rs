//! One JSON line on standard error for what an operator must know.
//!
//! It has the `timestamp` and the `level` that Lambda reads where the function's log format is JSON, as the template's is.

use std::io::Write;
use std::time::SystemTime;

use aws_clients::log_timestamp;
use serde::Serialize;

/// What failed, without a body, a key or a secret.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Failure<'a> {
    timestamp: String,
    level: &'static str,
    /// What happened, in a sentence.
    pub message: &'a str,
    /// The DynamoDB operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'a str>,
    /// The HTTP status of the service's answer; none where it gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error code that the service gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// What is known of the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
    /// The service's id of the request, to quote to its support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_request_id: Option<&'a str>,
    /// Lambda's id of the invocation.
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'a str>,
}

impl<'a> Failure<'a> {
    /// A failure of now, of which nothing but the message is known.
    pub fn new(message: &'a str) -> Self {
        Self {
            timestamp: log_timestamp(SystemTime::now()),
            level: "ERROR",
            message,
            operation: None,
            status: None,
            code: None,
            detail: None,
            service_request_id: None,
            request_id: None,
        }
    }

    /// Writes the line. A log that cannot be written is no reason to fail a request.
    pub fn write(&self) {
        if let Ok(line) = serde_json::to_string(self) {
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }
}
