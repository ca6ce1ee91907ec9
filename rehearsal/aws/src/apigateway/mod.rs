//! Amazon API Gateway.
//!
//! - [`stage`]: an API's stage, as its metrics name it.
//! - [`route`]: which route a request takes, who may call it, and the shape of the event behind it.

pub mod route;
pub mod stage;
