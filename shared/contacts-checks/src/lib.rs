//! What "the contacts API works" means, once, over a [`Transport`](lifecycle_hook::Transport).
//!
//! The same checks run before traffic, by invoking the new version, and after it, through API Gateway. Only the
//! transport differs, and how long an answer of another version is forgiven.
//!
//! | module | what it does |
//! |---|---|
//! | `suite` | [`Suite`]: the checks by name, on a hook |
//! | `checks` | what each of them asks and expects |
//! | `api` | [`Api`]: requests sent a few at a time, each answer's version checked |
//! | `test_contact` | contacts that are deleted when their check is over |
//! | `answer` | what an answer must look like: envelope, contact, page, problem document |
//! | `failure` | [`StepError`]: the step, what was expected, what came, the request id to look up |
//! | `environment` | [`Variables`]: a hook's settings, all that is wrong with them reported at once |
//! | `testing` | behind the feature of that name: what the tests of the checks and of the hooks stand on |
//!
//! # The checks
//!
//! | name | passes when |
//! |---|---|
//! | `configuration` | the environment is complete and the API is found |
//! | `create-and-read` | a contact can be created, and reads back as it was written |
//! | `headers` | `Location` leads to what was created, and `ETag` follows what is stored |
//! | `list` | the list has its shape, keeps its limit, and its cursor leads on |
//! | `merge` | attributes are merged over what is stored, and a stale `If-Match` is refused |
//! | `delete` | a deleted contact is gone, and deleting it again is no error |
//! | `bad-input` | bad input is refused with a problem document that names what was wrong |
//! | `routes` | other methods are refused with the `Allow` of their route, and unknown routes as such |
//! | `version-identity` | the version that answers is the one under test |
//! | `table` | the version reaches its table |
//! | `cold-start` | the first answer of all comes within [`COLD_START_FACTOR`] budgets |
//! | `latency` | the median answer of a warm version comes within its budget |
//! | `large-contact` | a contact as large as one may be is stored whole, and a larger one is refused |
//! | `concurrent-invocations` | several at once lose none of each other's merges |
//! | `old-data` | what the live version writes the new one reads and merges, and the other way round |
//! | `sampled-requests` | all of N reads, and those of the bake after them, are served by the version under test |
//! | `unsigned-requests` | an API that asks for signatures refuses requests without one |
//!
//! They run concurrently, at most [`MAX_IN_FLIGHT`] requests at a time. Each makes the contacts it needs, so that one
//! failure does not hide another, and leaves none behind: what it made is deleted whatever happens to it, and carries a
//! lifetime of [`TEST_TTL_SECONDS`] in case it cannot be.
//!
//! A request that is turned away with a 429 is sent again by its transport. How often is in the check's notes, as
//! `throttled`; it speaks for nothing and against nothing. One that is turned away to the last attempt leaves
//! `concurrent-invocations` inconclusive, which is a skipped check. Any other check fails of it and says that it is
//! inconclusive: a version that could not be tested gets no traffic.

mod answer;
mod api;
mod checks;
mod environment;
mod failure;
mod suite;
mod test_contact;

pub use api::{Api, FIRST_ANSWER_TIMEOUT, LONGEST_ANSWER, MAX_IN_FLIGHT};
pub use checks::cold_start::COLD_START_FACTOR;
pub use checks::sampled_requests::{BAKE_INTERVAL, Sample};
pub use environment::{ConfigurationError, Variables};
pub use failure::{Reason, StepError};
pub use suite::{CONFIGURATION, Suite};
pub use test_contact::TEST_TTL_SECONDS;
