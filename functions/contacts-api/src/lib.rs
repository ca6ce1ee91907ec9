//! The contacts API: five operations on contacts in a DynamoDB table.
//!
//! | request | answer |
//! |---|---|
//! | `POST /contacts` | 201, the contact, `Location`, `ETag` |
//! | `GET /contacts?limit=&cursor=` | 200, at most 100 contacts, `metadata.next_cursor` when there are more |
//! | `GET /contacts/{id}` | 200 with `ETag`, or 404 |
//! | `PUT`, `PATCH /contacts/{id}` | 200, the attributes merged over what is stored; 412 when `If-Match` is stale; 404; 503 when it is not known whether they were |
//! | `DELETE /contacts/{id}` | 204, also when it was gone already; 412 when `If-Match` is stale |
//!
//! `HEAD` is `GET` without the body. Every body says who answered; every error is a problem document (RFC 9457).
//!
//! | module | what it does |
//! |---|---|
//! | [`gateway`] | a gateway's event → a request that the router understands; its response → the gateway's answer |
//! | [`request_context`] | what the one hands to the other beside the request itself |
//! | [`routes`] | which request is which operation |
//! | [`incoming`] | what a request says: id, body, preconditions, page |
//! | [`refusal`] | why an operation was not done, and how that is answered |
//! | [`respond`] | outcomes → responses |
//! | [`config`] | what the environment says |
//!
//! The table itself is in `contacts-store`.
//!
//! A panic is not an answer: `lambda_runtime` makes it a failed invocation, which the alarms count, and goes on with
//! the next one.
//!
//! ```no_run
//! use contacts_api::{Api, Gateway};
//!
//! # async fn run() -> Result<(), lambda_runtime::Error> {
//! lambda_runtime::run(Gateway::new(Api::from_environment())).await
//! # }
//! ```

pub mod config;
pub mod gateway;
pub mod incoming;
pub mod refusal;
pub mod request_context;
pub mod respond;
pub mod routes;

pub use config::Api;
pub use gateway::Gateway;
pub use routes::router;
