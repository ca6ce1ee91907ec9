//! What the documentation says is so: its links lead somewhere, what it names is there, and what it quotes is what happens.
//!
//! Quotes are written anew by `UPDATE_DOCS=1 cargo test --package workspace-tests --test docs`.
//!
//! - [`links`]: links between pages, and the places that pages name.
//! - [`quotes`]: runs that a page shows. [`timeline`]: how a run is shown.
//! - [`preferences`]: the nine predefined configurations, one beside the other.
//! - [`update`]: the order of an update of the project's template.
//! - [`report_schema`]: the report's JSON Schema, held against real reports.

mod links;
mod pages;
mod preferences;
mod quotes;
mod report_schema;
mod timeline;
mod update;
