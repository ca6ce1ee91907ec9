//! A request as it came in, before its route is known.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use rehearsal_host::request_id;
use serde_json::Value;

/// A request as it reached an API, stage included in its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedRequest {
    /// The method, such as `GET`.
    pub method: String,
    /// The path with its stage, still percent-encoded: `/live/contacts/7`.
    pub path: String,
    /// The query without its question mark, still percent-encoded; empty if there is none.
    pub query: String,
    /// The headers in their order, names as they were sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The request's id, which the event and the answer carry.
    pub request_id: String,
    /// When it came.
    pub at: SystemTime,
    /// The caller's access key id, on a signed request.
    pub access_key_id: Option<String>,
    /// What the route's authorizer says of the caller, all of it. Where nothing is given, it is made up.
    pub claims: Option<BTreeMap<String, Value>>,
}

impl ParsedRequest {
    /// A request without headers and body, that came now. `path_and_query` has the stage in it.
    pub fn new(method: impl Into<String>, path_and_query: &str) -> Self {
        let (path, query) = path_and_query
            .split_once('?')
            .unwrap_or((path_and_query, ""));
        Self {
            method: method.into(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            request_id: request_id::new().to_string(),
            at: SystemTime::now(),
            access_key_id: None,
            claims: None,
        }
    }

    /// The first value of a header, whatever case its name was sent in.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}
