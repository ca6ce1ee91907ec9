//! What a request carries in its extensions, from the gateway's event to whoever reads the request.

/// What a request says about the way it came, beside HTTP's own part.
#[derive(Debug, Clone, Default)]
pub struct RequestContext {
    /// The path as the caller sees it, the stage included.
    pub path: String,
    /// The id of the caller's API key (REST APIs with a usage plan).
    pub api_key_id: Option<String>,
    /// Lambda's id of the invocation.
    pub request_id: Option<String>,
    /// The query's `limit`s.
    pub limits: Vec<String>,
    /// The query's `cursor`s.
    pub cursors: Vec<String>,
}

/// A body that is said to be base64 and is not. It stands in a request's extensions, in the place of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBase64;
