//! The checks, a file each. Every one makes the contacts it needs, so that one failure does not hide another.

pub(crate) mod bad_input;
pub(crate) mod cold_start;
pub(crate) mod concurrent_invocations;
pub(crate) mod create_and_read;
pub(crate) mod delete;
pub(crate) mod headers;
pub(crate) mod large_contact;
pub(crate) mod latency;
pub(crate) mod list;
pub(crate) mod merge;
pub(crate) mod old_data;
pub(crate) mod routes;
pub(crate) mod sampled_requests;
pub(crate) mod table;
pub(crate) mod unsigned_requests;
pub(crate) mod version_identity;
