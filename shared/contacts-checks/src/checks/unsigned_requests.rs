//! An API that asks for signatures refuses requests without one.

use http::{Method, StatusCode};
use lifecycle_hook::{Check, Failure, Request, Transport};

use crate::api::Api;
use crate::test_contact::NO_CONTACT;

/// Every route is asked, by reads alone: what is let through by mistake must not change anything.
const PATHS: [&str; 3] = ["/contacts", NO_CONTACT, "/no-such-route"];

pub(crate) async fn unsigned_requests<T: Transport>(
    _cx: &Check,
    api: &Api<T>,
) -> Result<(), Failure> {
    let Some(unsigned) = api.unsigned() else {
        return Err(Failure::skipped(
            "API_AUTHORIZATION is NONE: the API takes requests without a signature",
        ));
    };
    for path in PATHS {
        let step = format!("ask for {path} without a signature");
        let request = Request::new(Method::GET, path).query("limit", "1");
        let answer = unsigned.send(step, request).await?;
        // API Gateway's own 403, before the function (API Gateway developer guide, "Control access to a REST API with IAM
        // permissions"); 401 and 403 alike keep people out, but only the 403 is IAM's.
        if answer.has_status(StatusCode::FORBIDDEN).is_err() {
            let error = answer.unexpected(
                "status 403, for the API asks for signatures (API_AUTHORIZATION is AWS_IAM)",
                answer.summary(),
            );
            return Err(error.into());
        }
    }
    Ok(())
}
