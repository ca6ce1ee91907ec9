//! Several invocations at once, each in an execution environment of its own, do not undo each other's work.

use futures::future::join_all;
use http::{Method, StatusCode};
use lifecycle_hook::{Check, Failure, Request, Transport};
use serde_json::json;

use crate::api::Api;
use crate::failure::StepError;
use crate::test_contact::{attributes, merged};

/// Merges `invocations` attributes into one contact at the same time, and expects all of them to be there.
///
/// An invocation that was turned away with a 429 to its last attempt says nothing of the version: the check is
/// inconclusive then, and skipped, unless another invocation failed.
pub(crate) async fn concurrent_invocations<T: Transport>(
    cx: &Check,
    api: &Api<T>,
    invocations: u32,
) -> Result<(), Failure> {
    let written = attributes(cx, json!({"name": "Ada"}));
    let created = match api.create(cx, &written).await {
        Err(error) if error.is_throttled() => return Err(Failure::skipped(error.to_string())),
        created => created?,
    };
    cx.note("invocations", invocations);
    let outcomes = {
        let (at_once, _others_wait) = api.at_once(invocations).await;
        let merge = async |number: u32| {
            let step = format!("merge as one of {invocations} invocations at once");
            let body = json!({ name(number): number });
            let request = Request::new(Method::PATCH, created.path()).json(&body);
            let answer = at_once.send(step, request).await?;
            let (contact, _) = answer.contact(StatusCode::OK)?;
            // What the others wrote may be there already or not; its own must.
            let own = contact.attributes.get(&name(number));
            if own == Some(&json!(number)) {
                return Ok(());
            }
            let got = own.map_or("none".to_owned(), ToString::to_string);
            Err(answer.unexpected(format!("{:?} to be {number}", name(number)), got))
        };
        join_all((1..=invocations).map(merge)).await
    };
    let errors: Vec<StepError> = outcomes.into_iter().filter_map(Result::err).collect();
    if let Some(error) = errors.iter().find(|error| !error.is_throttled()) {
        return Err(error.clone().into());
    }
    if let Some(error) = errors.first() {
        let throttled = errors.len();
        return Err(Failure::skipped(format!(
            "{throttled} of {invocations} invocations were turned away; one of them: {error}"
        )));
    }

    let request = Request::new(Method::GET, created.path());
    let step = format!("read what {invocations} invocations at once have merged");
    let answer = match api.send(step, request).await {
        Err(error) if error.is_throttled() => return Err(Failure::skipped(error.to_string())),
        answer => answer?,
    };
    let (contact, _) = answer.contact(StatusCode::OK)?;
    let all = (1..=invocations).fold(written, |all, number| {
        merged(&all, &json!({ name(number): number }))
    });
    Ok(answer.has_attributes(&all, &contact)?)
}

fn name(number: u32) -> String {
    format!("invocation{number}")
}
