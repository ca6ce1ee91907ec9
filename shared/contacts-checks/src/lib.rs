//! What "the contacts API works" means, once, over a [`Transport`].
//!
//! The same checks run before traffic, by invoking the new version, and after it, through API Gateway. Only the
//! transport differs, and how long an answer of another version is forgiven.
//!
//! | module | what it does |
//! |---|---|
//! | `suite` | [`Suite`]: the checks by name, on a hook |
//! | `checks` | what each of them asks and expects |
//! | `api` | [`Api`]: requests sent a few at a time, each answer's version checked, every test contact deleted |
//! | `answer` | what an answer must look like: envelope, contact, page, problem document |
//! | `transport` | [`Transport`]: the road to the API, and how it can fail |
//! | `failure` | [`StepError`]: the step, what was expected, what came, the request id to look up |
//! | `cause` | [`causes`], [`is_tls`]: what lies behind a transport's error |
//! | `version` | [`Target`]: which function is under test, and which version must answer |
//! | `environment` | [`Variables`]: a hook's settings, all that is wrong with them told at once |
//!
//! # The checks
//!
//! | name | passes when |
//! |---|---|
//! | `configuration` | the environment is complete and the API is found |
//! | `version-identity` | the version that answers is the one under test |
//! | `create-and-read` | a contact can be created, and reads back as it was written |
//! | `list` | the list has its shape, keeps its limit, and its cursor leads on |
//! | `merge` | attributes are merged over what is stored, and a stale `If-Match` is refused |
//! | `delete` | a deleted contact is gone, and deleting it again is no error |
//! | `bad-input` | bad input is refused with a problem document that names what was wrong |
//! | `latency` | the median answer of a warm version comes within its budget |
//! | `sampled-requests` | all of N reads are served by the version under test |
//!
//! They run concurrently, at most [`MAX_IN_FLIGHT`] requests at a time. Each makes the contacts it needs, so that one
//! failure does not hide another, and leaves none behind: what it made is deleted whatever happens to it, and carries a
//! lifetime of [`TEST_TTL_SECONDS`] in case it cannot be.

mod answer;
mod api;
mod cause;
mod checks;
mod environment;
mod failure;
mod suite;
mod transport;
mod version;

pub use api::{Api, MAX_IN_FLIGHT, TEST_TTL_SECONDS};
pub use cause::{causes, is_tls};
pub use environment::{ConfigurationError, Variables};
pub use failure::{Reason, StepError};
pub use suite::{CONFIGURATION, Suite};
pub use transport::{Request, Response, Transport, TransportError};
pub use version::{MalformedTarget, Target};
