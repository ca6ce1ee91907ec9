//! An end to answers that are too long: a service, or whoever stands in for it, decides how much it sends, and a function's memory how
//! much may be read.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// An answer that is longer than may be read; see [`Environment::with_answer_limit`](crate::Environment::with_answer_limit).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is longer than {limit} bytes, which is all that is read of one")]
pub struct TooLong {
    /// How many bytes may be read.
    pub limit: usize,
}

/// The same client, whose answers end in [`TooLong`] where they go on for more than `bytes`.
pub(crate) fn limited(client: SharedHttpClient, bytes: usize) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(LimitedConnector {
            connector: client.http_connector(settings, components),
            limit: bytes,
        })
    })
}

#[derive(Debug)]
struct LimitedConnector {
    connector: SharedHttpConnector,
    limit: usize,
}

impl HttpConnector for LimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, limit) = (self.connector.call(request), self.limit);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = Limited::new(answer.take_body(), limit).map_err(move |error| {
                if error.is::<LengthLimitError>() {
                    TooLong { limit }.into()
                } else {
                    error
                }
            });
            *answer.body_mut() = SdkBody::from_body_1_x(body);
            Ok(answer)
        })
    }
}
