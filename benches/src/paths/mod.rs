//! The paths, each in a file of its own.

pub mod alarm;
pub mod event;
pub mod request;
pub mod response;
pub mod template;
