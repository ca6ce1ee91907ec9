//! A request, once its route is known.

use std::sync::Arc;

use bytes::Bytes;
use rehearsal_aws::apigateway::route::{Api, Route};

use super::event::ParsedRequest;
use super::response::Integration;

/// A request on its way to the function behind its route.
#[derive(Debug, Clone)]
pub struct ApiRequest {
    /// The API.
    pub api: Arc<Api>,
    /// The route it matched.
    pub route: Route,
    /// How its answer is taken.
    pub integration: Integration,
    /// The request.
    pub request: ParsedRequest,
    /// The event for the function.
    pub event: Bytes,
}
