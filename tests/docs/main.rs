//! What the documentation says is so: its links lead somewhere, what it names is there, and what it quotes is what happens.
//!
//! Quotes are written anew by `UPDATE_DOCS=1 cargo test --package workspace-tests --test docs`.
//!
//! - [`assumptions`]: what the code only assumes.
//! - [`links`]: links between pages, and the places that pages name.
//! - [`code`]: code of the project's own that a page shows.
//! - [`commands`]: command lines, and what they ask of AWS.
//! - [`quotes`]: runs that a page shows. [`timeline`]: how a run is shown.
//! - [`pictures`]: what is drawn of them. [`screenshot`]: the page of one, in a browser.
//! - [`expanded`]: what SAM's own translator makes of a template.
//! - [`preferences`]: the nine predefined configurations, one beside the other.
//! - [`expand_contract`]: a change of the table in two updates and in one.
//! - [`odds`]: at which traffic an alarm fires. [`found`]: what `rehearse odds` finds, once for all.
//! - [`update`]: the order of an update of the project's template.
//! - [`schemas`]: the JSON Schemas of the documentation, held against what is printed. [`rehearsal_schema`]: that of rehearsal files.

mod assumptions;
mod code;
mod commands;
mod expand_contract;
mod expanded;
mod found;
mod links;
mod odds;
mod pages;
mod pictures;
mod preferences;
mod quotes;
mod rehearsal_schema;
mod schemas;
mod screenshot;
mod timeline;
mod update;
