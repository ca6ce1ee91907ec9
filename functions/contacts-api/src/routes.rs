//! Which request is which operation.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use contacts::Contact;
use contacts::contact::new_id;
use contacts_store::item::Stored;
use serde_json::value::to_raw_value;

use crate::config::Api;
use crate::incoming::Incoming;
use crate::refusal::Refusal;
use crate::respond::{Success, respond};

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
        let (contacts, next) = store.list(size, cursor.as_ref(), now_ms()).await?;
        Ok(Success::Listed {
            contacts,
            next_cursor: next.map(|cursor| cursor.encode(store.table())),
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

fn now_ms() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
