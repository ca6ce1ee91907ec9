//! The API behind a gateway: events in, answers out.
//!
//! [`Event`] is what REST APIs, HTTP APIs and function URLs send, [`Answer`] what they take; between them is the
//! [router], which knows nothing of either.

mod answer;
mod event;
mod fields;

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use lambda_runtime::{Error, LambdaEvent};
use tower::Service;

pub use answer::Answer;
pub use event::{Event, Format};

use crate::config::Api;
use crate::routes::router;

/// The API as a service for `lambda_runtime::run`: it takes the events of REST APIs, HTTP APIs and function URLs.
///
/// ```
/// use contacts_api::{Api, Gateway};
/// use lambda_runtime::{Context, LambdaEvent};
/// use tower::Service;
///
/// # async fn example(event: &str) -> Result<(), lambda_runtime::Error> {
/// let event = LambdaEvent::new(serde_json::from_str(event)?, Context::default());
/// let answer = Gateway::new(Api::from_environment()).call(event).await?;
/// println!("{}", serde_json::to_string(&answer)?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Gateway {
    router: Router,
}

impl Gateway {
    /// The service of an API.
    pub fn new(api: Api) -> Self {
        Self {
            router: router(api),
        }
    }
}

impl Service<LambdaEvent<Event>> for Gateway {
    type Response = Answer;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        <Router as Service<http::Request<Body>>>::poll_ready(&mut self.router, context)
            .map_err(|never| match never {})
    }

    fn call(&mut self, event: LambdaEvent<Event>) -> Self::Future {
        let format = event.payload.format();
        let request_id = Some(event.context.request_id).filter(|id| !id.is_empty());
        let response = self.router.call(event.payload.into_request(request_id));
        Box::pin(async move {
            let Ok(response) = response.await;
            Ok(Answer::of(response, format).await?)
        })
    }
}
