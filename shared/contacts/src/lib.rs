//! The contacts API's language: what a contact is, what a body may say, and what an answer looks like.
//!
//! Nothing here talks to AWS, to a network or to a clock, and one module knows a form of AWS's: [`scanned`] reads the JSON of DynamoDB. The
//! function `contacts-api` does the talking; tests of the API read its answers with the same types.
//!
//! | module | what it holds |
//! |---|---|
//! | [`value`] | [`Value`]: JSON whose numbers keep their exact value |
//! | [`number`] | [`Number`]: a decimal that DynamoDB can store |
//! | [`parse`] | text → [`Value`], refusing with a position |
//! | [`contact`] | [`Contact`], [`Attributes`]: the fields of the server and those of the caller |
//! | [`scanned`] | a scan's answer in DynamoDB's JSON → the contacts of a list |
//! | [`limits`] | every limit, as a named constant |
//! | [`envelope`] | [`Envelope`], [`Metadata`]: the shape of every success |
//! | [`problem`] | [`Problem`]: the shape of every error (RFC 9457) |
//! | [`mod@etag`] | [`IfMatch`]: entity tags and preconditions (RFC 9110) |
//! | [`page`] | [`PageSize`], [`Cursor`]: walking the list |
//! | [`ttl`] | [`TestTtl`]: how long a test contact may live |
//!
//! ```
//! use contacts::{Attributes, Contact};
//!
//! let attributes = Attributes::parse(br#"{"name": "Ada", "balance": 0.10000000000000000000000001}"#)?;
//! let contact = Contact::create("0190…".into(), 1_700_000_000_000, attributes);
//! assert_eq!(
//!     serde_json::to_string(&contact)?,
//!     r#"{"id":"0190…","createdAt":1700000000000,"updatedAt":1700000000000,"balance":0.10000000000000000000000001,"name":"Ada"}"#,
//! );
//!
//! let refused = Attributes::parse(br#"{"id": "mine"}"#).unwrap_err();
//! assert_eq!(refused.violations()[0].pointer, "#/id");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod contact;
pub mod envelope;
pub mod etag;
pub mod limits;
pub mod number;
pub mod page;
pub mod parse;
pub mod problem;
pub mod scanned;
pub mod ttl;
pub mod value;

pub use contact::{Attributes, Contact, Invalid};
pub use envelope::{Envelope, Metadata};
pub use etag::{IfMatch, etag};
pub use number::Number;
pub use page::{Cursor, PageSize};
pub use problem::{Problem, Violation};
pub use ttl::TestTtl;
pub use value::{Object, Value};
