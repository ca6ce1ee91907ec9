//! Which request is which operation.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use contacts::contact::new_id;
use contacts::{Contact, Cursor};
use serde_json::value::{RawValue, to_raw_value};

use crate::config::Api;
use crate::incoming::Incoming;
use crate::item::Stored;
use crate::respond::{Refusal, Success, respond};

/// The most bytes of contacts in one answer.
///
/// Lambda takes 6 MB of response (developer guide, "Lambda quotas"), in which the body is a JSON string: its quotation
/// marks and backslashes count twice. The rest is room for the envelope and the headers.
const LISTED_BYTES: usize = 5 * 1024 * 1024;

/// The routes of an API. They know no stage: [`Gateway`](crate::Gateway) takes it off.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/contacts", get(list).post(create))
        .route(
            "/contacts/{id}",
            get(read).put(merge).patch(merge).delete(delete),
        )
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .with_state(Arc::new(api))
}

async fn create(State(api): State<Arc<Api>>, incoming: Incoming) -> Response {
    let outcome = async {
        let store = api.store()?;
        let attributes = incoming.attributes()?;
        let ttl = incoming.test_ttl()?;
        let now = now_ms();
        let stored = Stored::first(
            Contact::create(new_id(), now, attributes),
            ttl.map(|ttl| ttl.expires_at(now)),
        );
        store.create(&stored).await?;
        Ok(Success::Created {
            contact: to_raw_value(&stored.contact)?,
            id: stored.contact.id,
        })
    };
    respond(&api, &incoming, outcome.await)
}

async fn list(State(api): State<Arc<Api>>, incoming: Incoming) -> Response {
    let outcome = async {
        let store = api.store()?;
        let (size, cursor) = (incoming.page_size()?, incoming.cursor(store.table())?);
        let page = store.list(size, cursor.as_ref(), now_ms()).await?;
        let (contacts, cut) = fitting(&page.items)?;
        let next = cut.or(page.next).map(|cursor| cursor.encode(store.table()));
        Ok(Success::Listed {
            contacts,
            next_cursor: next,
        })
    };
    respond(&api, &incoming, outcome.await)
}

async fn read(State(api): State<Arc<Api>>, incoming: Incoming) -> Response {
    let outcome = async {
        let store = api.store()?;
        found(&store.get(&incoming.id()?, now_ms()).await?)
    };
    respond(&api, &incoming, outcome.await)
}

async fn merge(State(api): State<Arc<Api>>, incoming: Incoming) -> Response {
    let outcome = async {
        let store = api.store()?;
        let (id, attributes, if_match) =
            (incoming.id()?, incoming.attributes()?, incoming.if_match()?);
        found(
            &store
                .merge(&id, &attributes, if_match.as_ref(), now_ms())
                .await?,
        )
    };
    respond(&api, &incoming, outcome.await)
}

async fn delete(State(api): State<Arc<Api>>, incoming: Incoming) -> Response {
    let outcome = async {
        let store = api.store()?;
        store
            .delete(&incoming.id()?, incoming.if_match()?.as_ref(), now_ms())
            .await?;
        Ok(Success::Deleted)
    };
    respond(&api, &incoming, outcome.await)
}

async fn no_route(State(api): State<Arc<Api>>, incoming: Incoming) -> Response {
    respond(&api, &incoming, Err(Refusal::NoRoute))
}

async fn no_method(State(api): State<Arc<Api>>, incoming: Incoming) -> Response {
    respond(&api, &incoming, Err(Refusal::NoMethod))
}

fn found(stored: &Stored) -> Result<Success, Refusal> {
    Ok(Success::Found {
        contact: to_raw_value(&stored.contact)?,
        revision: stored.revision,
    })
}

/// As many contacts as an answer takes, at least one, and where the page goes on when they are not all.
fn fitting(page: &[Stored]) -> Result<(Vec<Box<RawValue>>, Option<Cursor>), Refusal> {
    let mut contacts: Vec<Box<RawValue>> = Vec::with_capacity(page.len());
    let mut room = LISTED_BYTES;
    for (index, stored) in page.iter().enumerate() {
        let contact = to_raw_value(&stored.contact)?;
        match (
            room.checked_sub(weight(contact.get())),
            index.checked_sub(1),
        ) {
            (None, Some(last)) => {
                return Ok((contacts, Some(Cursor::after(&page[last].contact.id))));
            }
            (rest, _) => room = rest.unwrap_or_default(),
        }
        contacts.push(contact);
    }
    Ok((contacts, None))
}

/// How many bytes a text of JSON takes inside a string of JSON, with its comma.
fn weight(json: &str) -> usize {
    json.bytes()
        .map(|byte| if matches!(byte, b'"' | b'\\') { 2 } else { 1 })
        .sum::<usize>()
        + 1
}

fn now_ms() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use contacts::Attributes;

    use super::*;

    #[test]
    fn an_answer_holds_what_lambda_takes_and_says_where_it_goes_on() {
        let page: Vec<_> = (0..4)
            .map(|index| {
                let body = format!("{{\"text\": \"{}\"}}", "x".repeat(LISTED_BYTES / 2 - 1000));
                let attributes = Attributes::parse(body.as_bytes()).unwrap();
                Stored::first(Contact::create(format!("c-{index}"), 0, attributes), None)
            })
            .collect();
        let (contacts, cut) = fitting(&page).unwrap();
        assert_eq!((contacts.len(), cut), (2, Some(Cursor::after("c-1"))));
        let (contacts, cut) = fitting(&page[3..]).unwrap();
        assert_eq!((contacts.len(), cut), (1, None));
    }

    #[test]
    fn a_quotation_mark_weighs_two() {
        assert_eq!(weight(r#""a\n""#), 4 + 5);
    }
}
