//! What is no operation is refused by the function itself, with the methods that there are, or as unknown.

use http::{Method, StatusCode};
use lifecycle_hook::{Check, Request, Transport};

use crate::api::Api;
use crate::failure::StepError;
use crate::test_contact::NO_CONTACT;

/// A path that no version of the API is to have.
const NO_ROUTE: &str = "/no-such-route";

pub(crate) async fn routes<T: Transport>(_cx: &Check, api: &Api<T>) -> Result<(), StepError> {
    // Methods that could do no harm if they were taken: without a body there is nothing to store.
    api.send(
        "refuse PUT on all contacts",
        Request::new(Method::PUT, "/contacts"),
    )
    .await?
    .method_refused("PUT", &["GET", "POST"])?;
    api.send(
        "refuse POST on one contact",
        Request::new(Method::POST, NO_CONTACT),
    )
    .await?
    .method_refused("POST", &["GET", "PUT", "PATCH", "DELETE"])?;
    api.send(
        "ask for an unknown route",
        Request::new(Method::GET, NO_ROUTE),
    )
    .await?
    .problem(StatusCode::NOT_FOUND, None)
}
