//! The contacts in their DynamoDB table.
//!
//! | module | what it does |
//! |---|---|
//! | [`store`] | the table: the only module that calls it |
//! | [`attempts`] | whether the answer to one of a call's attempts was lost |
//! | [`error`] | why the table did not do what it was asked |
//! | [`item`], [`attribute`], [`update`] | what is sent to the table and read from it, as pure functions |
//! | [`scanned`] | the answer to a scan, read as the contacts in it |
//! | [`listing`] | the page of a list, as large as an answer may be |
//! | [`log`] | one JSON line for a failure |
//!
//! ```no_run
//! use contacts_store::Store;
//!
//! # async fn run() -> Result<(), contacts_store::StoreError> {
//! let store = Store::new(&aws_clients::sdk_config("DynamoDB"), "contacts");
//! let stored = store.get("0191d8a0-0000-7000-8000-000000000000", 1_700_000_000_000).await?;
//! println!("{} at revision {}", stored.contact.id, stored.revision);
//! # Ok(())
//! # }
//! ```

pub mod attempts;
pub mod attribute;
pub mod error;
pub mod item;
pub mod listing;
pub mod log;
pub mod scanned;
pub mod store;
pub mod update;

pub use error::StoreError;
pub use store::Store;
