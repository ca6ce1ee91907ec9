//! The version reaches its table: a scan and a read by key come back.

use http::{Method, StatusCode};
use lifecycle_hook::{Check, Request, Transport};

use crate::answer::Answer;
use crate::api::Api;
use crate::failure::StepError;
use crate::test_contact::NO_CONTACT;

pub(crate) async fn table<T: Transport>(cx: &Check, api: &Api<T>) -> Result<(), StepError> {
    let scan = Request::new(Method::GET, "/contacts").query("limit", "1");
    let answer = api.send("scan the table", scan).await?;
    cx.note("table", answer.table().unwrap_or_default());
    reached(&answer)?;
    answer.page(1)?;
    let read = Request::new(Method::GET, NO_CONTACT);
    let answer = api
        .send("read the table by a key that is not there", read)
        .await?;
    reached(&answer)?;
    answer.problem(StatusCode::NOT_FOUND, None)
}

/// A failure that the function itself reports is the table's here: it is asked for nothing else.
fn reached(answer: &Answer) -> Result<(), StepError> {
    if !answer.is_functions_failure() {
        return Ok(());
    }
    let table = answer.table().unwrap_or("without a name");
    Err(answer.unexpected(
        format!("an answer of the table {table}"),
        format!(
            "{}: the version cannot use it; look at the policy of its role, at TABLE_NAME, and at its log",
            answer.summary()
        ),
    ))
}
