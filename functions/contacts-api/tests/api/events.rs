//! The three event shapes, each with a stage and without.

use serde_json::Value;

use crate::support::{Call, Table, id};

/// How a gateway makes an event, and what it puts in front of the paths that callers see.
type Shape = (&'static str, fn(&Call) -> Value, &'static str);

#[rustfmt::skip] // A table.
const SHAPES: [Shape; 6] = [
    ("REST API, stage live", |call| call.rest_on_stage("live"), "/live"),
    ("REST API, stage $default", |call| call.rest_on_stage("$default"), "/$default"),
    ("REST API, a stage named as the route", |call| call.rest_on_stage("contacts"), "/contacts"),
    ("HTTP API, stage live", |call| call.http_on_stage("live"), "/live"),
    ("HTTP API, stage $default", |call| call.http_on_stage("$default"), ""),
    ("function URL", Call::function_url, ""),
];

#[tokio::test]
async fn every_event_shape_reaches_every_operation_and_sees_its_own_paths() {
    let table = Table::start().await;
    let api = table.api();
    for (name, event, prefix) in SHAPES {
        let created = api
            .event(&event(
                &Call::new("POST", "/contacts").json(r#"{"name": "Ada"}"#),
            ))
            .await;
        let contact = created.success(201)["data"].clone();
        let path = format!("/contacts/{}", id(&contact));
        assert_eq!(
            created.header("location"),
            Some(format!("{prefix}{path}").as_str()),
            "{name}"
        );

        let read = api.event(&event(&Call::new("GET", &path))).await;
        assert_eq!(read.success(200)["data"], contact, "{name}");
        let list = api
            .event(&event(&Call::new("GET", "/contacts").query("limit", "1")))
            .await
            .success(200);
        assert_eq!(list["data"].as_array().unwrap().len(), 1, "{name}");
        let merge = Call::new("PUT", &path)
            .json(r#"{"b": 1}"#)
            .header("If-Match", "\"1\"");
        assert_eq!(
            api.event(&event(&merge)).await.success(200)["data"]["b"],
            1,
            "{name}"
        );
        api.event(&event(&merge)).await.problem(412);
        assert_eq!(
            api.event(&event(&Call::new("DELETE", &path))).await.status,
            204,
            "{name}"
        );
        api.event(&event(&Call::new("GET", "/elsewhere")))
            .await
            .problem(404);
        api.event(&event(&Call::new("DELETE", "/contacts")))
            .await
            .problem(405);
    }
}

#[tokio::test]
async fn only_a_rest_api_knows_the_callers_api_key() {
    let table = Table::start().await;
    let api = table.api();
    let call = Call::new("GET", "/contacts");
    assert_eq!(
        api.event(&call.rest()).await.success(200)["metadata"]["api_key_id"],
        "k1e2y3"
    );
    for event in [call.http_on_stage("live"), call.function_url()] {
        assert_eq!(
            api.event(&event).await.success(200)["metadata"]["api_key_id"],
            Value::Null
        );
    }
}

#[tokio::test]
async fn a_rest_path_that_the_gateway_has_decoded_is_routed_all_the_same() {
    let table = Table::start().await;
    let api = table.api();
    let contact =
        contacts::Contact::create("ä b{?}".to_owned(), 1, contacts::Attributes::default());
    table
        .put(contacts_store::item::Stored::first(contact, None).to_item())
        .await;
    let answer = api
        .event(&Call::new("GET", "/contacts/ä b{?}").rest())
        .await;
    assert_eq!(answer.success(200)["data"]["id"], "ä b{?}");
}

#[tokio::test]
async fn a_path_and_a_location_hold_whatever_the_caller_sent() {
    let table = Table::start().await;
    let api = table.api();
    for path in [
        "",
        "//",
        "/contacts//x",
        "/contacts/../contacts",
        "/con\u{0}tacts",
        "/contacts/\n",
    ] {
        let answer = api.event(&Call::new("GET", path).rest()).await;
        answer.problem(404);
    }
}
