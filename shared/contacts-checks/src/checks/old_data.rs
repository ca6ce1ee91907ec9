//! Two versions share the table while traffic shifts, and again when it is rolled back: what either writes, the other
//! must read and merge.

use http::{Method, StatusCode};
use lifecycle_hook::{Check, Failure, Request, Transport, TransportError};
use serde_json::{Value, json};

use crate::answer::Contact;
use crate::api::Api;
use crate::failure::{Reason, StepError};
use crate::test_contact::{Created, merged, varied};

/// What a merge changes: it takes an attribute away, writes one anew and adds one.
fn changes(by: &str, gone: &str) -> Value {
    json!({gone: null, "name": format!("Ada, as the {by} version has her"), by: {"seen": true}})
}

/// A contact goes from the live version to the one under test and back, and another one the other way round.
///
/// The live version has to handle its own contacts first. One that cannot is no measure, and must not keep its own fix
/// from being deployed: the check is skipped then.
pub(crate) async fn old_data<T: Transport>(cx: &Check, new: &Api<T>) -> Result<(), Failure> {
    let Some(live) = new.live() else {
        return Err(Failure::skipped(
            "LIVE_ALIAS_ARN is not set: there is no live version to exchange contacts with",
        ));
    };
    let (old, old_made, mut old_has) = match its_own(cx, &live).await {
        Ok(made) => made,
        Err(error) if is_denied(&error) => return Err(error.into()),
        Err(error) => return Err(without_measure(&error)),
    };
    if new.version() == Some(old.as_str()) {
        return Err(Failure::skipped(format!(
            "the live alias serves version {old}, the one under test: there is no older one to exchange contacts with"
        )));
    }
    // While this hook runs the alias has one version. Another one would compare nothing.
    let live = live.of_version(&old);
    let new_name = new
        .version()
        .map_or("the version under test".to_owned(), |v| {
            format!("version {v}")
        });
    let old_name = format!("version {old}");
    cx.note("live_version", old.as_str());

    // Old → new, and what the new one made of it back to the old.
    let step = format!("{new_name} reads what {old_name} wrote");
    read(new, step, &old_made, &old_has).await?;
    let step = format!("{new_name} merges into what {old_name} wrote");
    old_has = merge(new, step, &old_made, &old_has, &changes("new", "phones")).await?;
    let step = format!("{old_name} reads what {new_name} merged");
    conclusive(read(&live, step, &old_made, &old_has).await)?;

    // New → old, and back.
    let step = format!("{new_name} creates a contact for {old_name}");
    let new_made = new.create_as(cx, step, &varied(cx)).await?;
    let step = format!("{old_name} reads what {new_name} wrote");
    conclusive(read(&live, step, &new_made, &new_made.contact).await)?;
    let step = format!("{old_name} merges into what {new_name} wrote");
    let changed = changes("old", "active");
    let new_has = conclusive(merge(&live, step, &new_made, &new_made.contact, &changed).await)?;
    let step = format!("{new_name} reads what {old_name} merged");
    read(new, step, &new_made, &new_has).await?;
    Ok(())
}

/// Which version is live, a contact that it made, and the contact as it is after that version read and merged it.
async fn its_own<T: Transport>(
    cx: &Check,
    live: &Api<T>,
) -> Result<(String, Created, Contact), StepError> {
    let made = live
        .create_as(cx, "create a contact with the live version", &varied(cx))
        .await?;
    let version = made.answer.versions().next().unwrap_or_default().to_owned();
    let live = live.of_version(&version);
    let step = "read with the live version what it wrote";
    read(&live, step.to_owned(), &made, &made.contact).await?;
    let step = "merge with the live version into what it wrote";
    let changed = changes("old", "active");
    let merged = merge(&live, step.to_owned(), &made, &made.contact, &changed).await?;
    // Merged once by its own maker, and so written by an update as well as by a put.
    Ok((version, made, merged))
}

async fn read<T: Transport>(
    api: &Api<T>,
    step: String,
    made: &Created,
    expected: &Contact,
) -> Result<(), StepError> {
    let request = Request::new(Method::GET, made.path());
    let answer = api.send(step, request).await?;
    let (contact, _) = answer.contact(StatusCode::OK)?;
    answer.shows(expected, &contact)
}

/// The contact as it is after a merge, which must be the attributes before it and the changes.
async fn merge<T: Transport>(
    api: &Api<T>,
    step: String,
    made: &Created,
    before: &Contact,
    changes: &Value,
) -> Result<Contact, StepError> {
    let request = Request::new(Method::PATCH, made.path()).json(changes);
    let answer = api.send(step, request).await?;
    let (contact, _) = answer.contact(StatusCode::OK)?;
    let expected = merged(&Value::Object(before.attributes.clone()), changes);
    answer.has_attributes(&expected, &contact)?;
    Ok(contact)
}

/// What the live version cannot do with the other's contacts is a finding. That it was not asked is none.
fn conclusive<V>(outcome: Result<V, StepError>) -> Result<V, Failure> {
    outcome.map_err(|error| match *error.reason {
        Reason::OtherVersion { .. } | Reason::Transport(TransportError::Throttled { .. }) => {
            without_measure(&error)
        }
        _ => error.into(),
    })
}

/// Whether the hook may not even ask. That is a fault of its policy, and to skip the check would hide it for good.
fn is_denied(error: &StepError) -> bool {
    matches!(
        &*error.reason,
        Reason::Transport(TransportError::Refused { code, .. }) if code.starts_with("AccessDenied")
    )
}

fn without_measure(error: &StepError) -> Failure {
    Failure::skipped(format!(
        "the live version does not serve as a measure: {error}"
    ))
}
