//! The list has the contract's shape, keeps its limit, and its cursor leads on.
//!
//! That a new contact is in it is not asked: a scan has no order, and production tables are large.

use http::Method;
use lifecycle_hook::{Check, Request, Transport};

use crate::api::Api;
use crate::failure::StepError;

const LIMIT: usize = 2;

pub(crate) async fn list<T: Transport>(_cx: &Check, api: &Api<T>) -> Result<(), StepError> {
    let page = |cursor: Option<String>| {
        let request = Request::new(Method::GET, "/contacts").query("limit", LIMIT.to_string());
        match cursor {
            Some(cursor) => request.query("cursor", cursor),
            None => request,
        }
    };
    let first = api.send("list contacts", page(None)).await?.page(LIMIT)?;
    let Some(cursor) = first.next_cursor else {
        return Ok(());
    };
    let answer = api
        .send("list the next page of contacts", page(Some(cursor)))
        .await?;
    let next = answer.page(LIMIT)?;
    match next
        .contacts
        .iter()
        .find(|contact| first.contacts.iter().any(|c| c.id == contact.id))
    {
        None => Ok(()),
        Some(again) => Err(answer.unexpected(
            "contacts that the page before did not have",
            format!("contact {} again", again.id),
        )),
    }
}
