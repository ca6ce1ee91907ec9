//! The version that answers is the one under test.

use http::Method;
use lifecycle_hook::{Check, Request, Transport};

use crate::api::Api;
use crate::failure::StepError;

/// Lambda's word for it and the function's own, from the envelope, must both be the version asked for.
pub(crate) async fn version_identity<T: Transport>(
    cx: &Check,
    api: &Api<T>,
) -> Result<(), StepError> {
    let request = Request::new(Method::GET, "/contacts").query("limit", "1");
    let answer = api.send("ask which version answers", request).await?;
    answer.page(1)?;
    cx.note("code_version", answer.code_version().unwrap_or_default());
    Ok(())
}
