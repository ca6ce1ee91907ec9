//! The five operations, where everything goes well, and what is answered where there is nothing.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::support::{Call, Table, assert_says, id};

#[tokio::test]
async fn a_created_contact_is_answered_whole_with_its_place_and_tag() {
    let table = Table::start().await;
    let answer = table
        .api()
        .send(Call::new("POST", "/contacts").json(r#"{"name": "Ada", "gone": null}"#))
        .await;
    let body = answer.success(201);
    let contact = &body["data"];
    assert_eq!(contact["name"], "Ada");
    assert!(contact.get("gone").is_none(), "{contact}");
    assert_eq!(contact["createdAt"], contact["updatedAt"]);
    assert_eq!(
        answer.header("location"),
        Some(format!("/live/contacts/{}", id(contact)).as_str())
    );
    assert_eq!(answer.header("etag"), Some("\"1\""));
    assert_eq!(body["metadata"]["api_key_id"], "k1e2y3");
}

#[tokio::test]
async fn a_contact_is_stored_in_the_shape_that_others_rely_on() {
    let table = Table::start().await;
    let contact = table
        .api()
        .create(r#"{"attributes": {"id": "x"}, "revision": "mine", "n": 1.50}"#)
        .await;
    let number = |value: &serde_json::Value| AttributeValue::N(value.to_string());
    let map = |members: &[(&str, AttributeValue)]| {
        AttributeValue::M(
            members
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        )
    };
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let expected = [
        ("id", text(id(&contact))),
        ("createdAt", number(&contact["createdAt"])),
        ("updatedAt", number(&contact["createdAt"])),
        ("revision", AttributeValue::N("1".to_owned())),
        (
            "attributes",
            map(&[
                ("attributes", map(&[("id", text("x"))])),
                ("revision", text("mine")),
                ("n", AttributeValue::N("1.5".to_owned())),
            ]),
        ),
    ];
    assert_eq!(
        AttributeValue::M(table.item(id(&contact)).await.unwrap()),
        map(&expected)
    );
}

#[tokio::test]
async fn a_test_contact_expires_within_the_hour_and_a_merge_keeps_its_end() {
    let table = Table::start().await;
    let api = table.api();
    let create = Call::new("POST", "/contacts")
        .json("{}")
        .header("X-Test-Ttl", "60");
    let contact = api.send(create).await.success(201)["data"].clone();
    let created_at = contact["createdAt"].as_i64().unwrap();
    let end = AttributeValue::N((created_at / 1000 + 60).to_string());
    assert_eq!(table.item(id(&contact)).await.unwrap()["expiresAt"], end);

    let path = format!("/contacts/{}", id(&contact));
    api.send(Call::new("PUT", &path).json(r#"{"a": 1}"#))
        .await
        .success(200);
    assert_eq!(table.item(id(&contact)).await.unwrap()["expiresAt"], end);
}

#[tokio::test]
async fn a_read_contact_is_the_created_one() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api
        .create(r#"{"name": "Ada", "tags": ["a", null, {}]}"#)
        .await;
    let answer = api.get(id(&contact)).await;
    assert_eq!(answer.success(200)["data"], contact);
    assert_eq!(answer.header("etag"), Some("\"1\""));
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api.create("{}").await;
    let answer = api
        .send(Call::new("HEAD", &format!("/contacts/{}", id(&contact))))
        .await;
    assert_eq!(
        (answer.status, answer.header("etag"), answer.text.as_str()),
        (200, Some("\"1\""), "")
    );
    assert_eq!(
        api.send(Call::new("HEAD", "/contacts/none")).await.status,
        404
    );
}

#[tokio::test]
async fn a_deletion_leaves_nothing_and_may_be_repeated() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api.create("{}").await;
    for _ in 0..2 {
        let answer = api
            .send(Call::new("DELETE", &format!("/contacts/{}", id(&contact))))
            .await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        assert_eq!(answer.header("content-type"), None);
    }
    api.get(id(&contact)).await.problem(404);
    assert_eq!(table.count().await, 0);
}

#[tokio::test]
async fn what_is_not_there_is_a_404_that_names_the_path() {
    let table = Table::start().await;
    let api = table.api();
    for call in [
        Call::new("GET", "/contacts/none"),
        Call::new("PUT", "/contacts/none").json("{}"),
        Call::new("PATCH", "/contacts/none")
            .json("{}")
            .header("If-Match", "\"1\""),
        Call::new("GET", &format!("/contacts/{}", "x".repeat(3000))),
        Call::new("PUT", &format!("/contacts/{}", "x".repeat(3000))).json("{}"),
        Call::new("GET", "/"),
        Call::new("GET", "/contacts/a/b"),
        Call::new("GET", "/Contacts"),
        Call::new("DELETE", "/elsewhere"),
    ] {
        let path = format!("/live{}", call.path);
        // As much of it as an answer quotes.
        let path = &path[..path.len().min(100)];
        let problem = api.send(call).await.problem(404);
        assert_says(&problem, path);
    }
    assert_eq!(table.count().await, 0);
}

#[tokio::test]
async fn a_method_that_a_path_has_not_is_a_405_that_says_which_it_has() {
    let table = Table::start().await;
    let api = table.api();
    for (method, path, allowed) in [
        ("DELETE", "/contacts", vec!["GET", "HEAD", "POST"]),
        ("PUT", "/contacts", vec!["GET", "HEAD", "POST"]),
        ("OPTIONS", "/contacts", vec!["GET", "HEAD", "POST"]),
        (
            "POST",
            "/contacts/some",
            vec!["DELETE", "GET", "HEAD", "PATCH", "PUT"],
        ),
    ] {
        let answer = api.send(Call::new(method, path)).await;
        answer.problem(405);
        let mut allow: Vec<_> = answer
            .header("allow")
            .unwrap()
            .split(',')
            .map(str::trim)
            .collect();
        allow.sort_unstable();
        assert_eq!(allow, allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn an_expired_contact_is_gone_although_the_table_still_has_it() {
    let table = Table::start().await;
    let api = table.api();
    table.put_expired("old").await;
    let fresh = api.create("{}").await;

    api.get("old").await.problem(404);
    let list = api.send(Call::new("GET", "/contacts")).await.success(200);
    assert_eq!(list["data"], json!([fresh]));
    api.send(Call::new("PUT", "/contacts/old").json(r#"{"a": 1}"#))
        .await
        .problem(404);
    api.send(
        Call::new("PUT", "/contacts/old")
            .json("{}")
            .header("If-Match", "\"1\""),
    )
    .await
    .problem(404);
    let stale = Call::new("DELETE", "/contacts/old").header("If-Match", "\"9\"");
    assert_eq!(api.send(stale).await.status, 204);
    assert!(table.item("old").await.is_none());
}

#[tokio::test]
async fn any_id_is_found_under_its_escaped_path() {
    let table = Table::start().await;
    let api = table.api();
    let contact = contacts::Contact::create(
        "a/b %é\u{1F600}".to_owned(),
        1,
        contacts::Attributes::default(),
    );
    table
        .put(contacts_store::item::Stored::first(contact, None).to_item())
        .await;
    let answer = api.get("a%2Fb%20%25%C3%A9%F0%9F%98%80").await;
    assert_eq!(answer.success(200)["data"]["id"], "a/b %é\u{1F600}");
}
