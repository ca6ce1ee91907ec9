//! The shape of every success.

use serde::{Deserialize, Serialize};

/// Who answered. Every body carries it, a problem document's too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The version of the code: the package's, or what the build set.
    pub code_version: String,
    /// The Lambda version that ran (`AWS_LAMBDA_FUNCTION_VERSION`: a number, or `$LATEST`).
    pub function_version: Option<String>,
    /// The table behind it; none where the function is misconfigured.
    pub table: Option<String>,
    /// The id of the API key that the caller used, if any.
    pub api_key_id: Option<String>,
    /// On a list with more to come: what to pass as `cursor` for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A success: the data and who answered.
///
/// ```
/// use contacts::{Envelope, Metadata};
///
/// let envelope = Envelope { data: ["Ada"], metadata: Metadata::default() };
/// assert!(serde_json::to_string(&envelope)?.starts_with(r#"{"data":["Ada"],"metadata":{"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// A contact, or an array of them.
    pub data: T,
    /// Who answered.
    pub metadata: Metadata,
}
