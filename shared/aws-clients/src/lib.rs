//! The one place that makes AWS clients: small, fast to start, retried with care.
//!
//! | you need | take |
//! |---|---|
//! | the configuration of an SDK client | [`sdk_config`] |
//! | the same for a runtime of its own, or from variables that are not the process's | [`Environment`] |
//! | a connection that opens before the first request asks for it | [`Environment::open_connection`] |
//! | retries for a call that must arrive | [`reporting_retry_config`], [`reporting_retry_partition`], [`AccessDeniedClassifier`] |
//! | one SSM parameter, without an SDK client | [`get_parameter`], [`ParameterStore`] |
//! | a request signed with Signature Version 4 | [`Signer`] |
//! | an HTTPS client for servers that are not AWS services | `http_client` (feature `http`) |
//! | an end to answers that are too long | [`Environment::with_answer_limit`], `read_within` (feature `http`) |
//! | what lies behind an error | [`causes`], [`cause()`], [`is_tls`], [`is_connect`] |
//! | a text that may quote what was sent, without credentials and signatures | [`redact()`], [`redact_json`], [`keep_secret`] |
//! | the time of a log line | [`log_timestamp`] |
//!
//! What the choices buy, measured on a two-core machine with one `GetItem` over HTTPS: 3 ms for start and first invocation together, against 25 ms
//! with an SDK client of default features. Most of the difference is aws-lc's first random number (36 ms of CPU on a slower machine); ring needs
//! none of it. The rest is reading the system's root certificates, building the connector twice, and code that is linked for HTTP/2 and proxies.
//!
//! # Example
//!
//! ```
//! let codedeploy = aws_sdk_codedeploy::Client::new(&aws_clients::sdk_config("CodeDeploy"));
//! # let _ = codedeploy;
//! ```

mod cause;
mod connector;
mod endpoint;
mod environment;
#[cfg(feature = "http")]
mod http_client;
mod limit;
mod parameter;
mod redact;
mod retry;
mod roots;
mod signer;
mod timestamp;
mod tls;

pub use cause::{cause, causes, is_connect, is_tls};
pub use connector::{ATTEMPT_TIMEOUT, CONNECT_TIMEOUT};
pub use environment::{Environment, EnvironmentError, sdk_config};
#[cfg(feature = "http")]
pub use http_client::{
    HttpClientError, ReadError, http_client, http_client_from, http_client_to, read_within,
};
pub use limit::TooLong;
pub use parameter::{ParameterError, ParameterStore, get_parameter};
pub use redact::{REDACTED, keep_secret, redact, redact_json};
pub use retry::{
    AccessDeniedClassifier, REPORT_ATTEMPTS, REPORT_INITIAL_BACKOFF, REPORT_MAX_BACKOFF,
    reporting_retry_config, reporting_retry_partition,
};
pub use signer::{Signer, SigningError};
pub use timestamp::log_timestamp;
