//! The list, page by page.

use std::collections::BTreeSet;

use contacts::Cursor;
use contacts_store::scanned::Scanned;
use serde_json::Value;

use crate::support::{Call, Caller, TABLE, Table, id};

async fn pages(api: &Caller, limit: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut call = Call::new("GET", "/contacts").query("limit", limit);
    loop {
        let body = api.send(call.clone()).await.success(200);
        pages.push(
            body["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|contact| id(contact).to_owned())
                .collect(),
        );
        match &body["metadata"]["next_cursor"] {
            Value::String(cursor) => {
                call = Call::new("GET", "/contacts")
                    .query("limit", limit)
                    .query("cursor", cursor);
            }
            none => {
                assert!(none.is_null() && body["metadata"].get("next_cursor").is_none());
                return pages;
            }
        }
    }
}

#[tokio::test]
async fn an_empty_table_is_an_empty_array_without_a_cursor() {
    let table = Table::start().await;
    assert_eq!(pages(&table.api(), "5").await, [Vec::<String>::new()]);
}

#[tokio::test]
async fn what_this_api_wrote_is_read_without_the_sdks_maps() {
    let table = Table::start().await;
    table.api().create("{}").await;
    let scanned = Scanned::default();
    let scan = table.client.scan().table_name(TABLE).customize();
    let output = scan.interceptor(scanned.clone()).send().await.unwrap();
    assert_eq!((output.items, scanned.take().len()), (None, 1));
}

#[tokio::test]
async fn every_contact_is_on_exactly_one_page_and_the_last_page_has_no_cursor() {
    let table = Table::start().await;
    let api = table.api();
    let mut created = BTreeSet::new();
    for _ in 0..12 {
        created.insert(id(&api.create("{}").await).to_owned());
    }
    // Twelve divides by four: the third page is full and still the last.
    for (limit, sizes) in [
        ("4", vec![4, 4, 4]),
        ("5", vec![5, 5, 2]),
        ("100", vec![12]),
        ("1", vec![1; 12]),
    ] {
        let pages = pages(&api, limit).await;
        assert_eq!(
            pages.iter().map(Vec::len).collect::<Vec<_>>(),
            sizes,
            "limit {limit}"
        );
        assert_eq!(
            pages.into_iter().flatten().collect::<BTreeSet<_>>(),
            created
        );
    }
}

#[tokio::test]
async fn a_page_has_a_hundred_contacts_unless_it_is_told_otherwise() {
    let table = Table::start().await;
    let api = table.api();
    for index in 0..103 {
        let contact =
            contacts::Contact::create(format!("c-{index}"), 1, contacts::Attributes::default());
        table
            .put(contacts_store::item::Stored::first(contact, None).to_item())
            .await;
    }
    let body = api.send(Call::new("GET", "/contacts")).await.success(200);
    assert_eq!(body["data"].as_array().unwrap().len(), 100);
    assert!(body["metadata"]["next_cursor"].is_string());
}

#[tokio::test]
async fn expired_contacts_and_foreign_items_are_passed_over_without_shortening_a_page() {
    let table = Table::start().await;
    let api = table.api();
    let mut live = BTreeSet::new();
    for index in 0..10 {
        table.put_expired(&format!("old-{index}")).await;
        live.insert(id(&api.create("{}").await).to_owned());
    }
    let foreign = aws_sdk_dynamodb::types::AttributeValue::S("not a contact".to_owned());
    table.put([("id".to_owned(), foreign)].into()).await;
    let pages = pages(&api, "5").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5]);
    assert_eq!(pages.into_iter().flatten().collect::<BTreeSet<_>>(), live);
}

#[tokio::test]
async fn a_limit_or_cursor_that_is_none_is_a_400_that_says_what_one_is() {
    let table = Table::start().await;
    let api = table.api();
    let elsewhere = Cursor::after("a").encode("another-table");
    let good = Cursor::after("a").encode(TABLE);
    for (name, value) in [
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "101"),
        ("limit", "x"),
        ("limit", ""),
        ("limit", "1.5"),
        ("cursor", ""),
        ("cursor", "x"),
        ("cursor", "eyJpZCI6ICJhIn0"),
        ("cursor", elsewhere.as_str()),
        ("cursor", &good[1..]),
    ] {
        let problem = api
            .send(Call::new("GET", "/contacts").query(name, value))
            .await
            .problem(400);
        assert!(
            problem["detail"].as_str().unwrap().starts_with(name),
            "{problem}"
        );
    }
    let twice = Call::new("GET", "/contacts")
        .query("limit", "1")
        .query("limit", "2");
    api.send(twice).await.problem(400);
}

#[tokio::test]
async fn a_cursor_outlives_the_contact_it_was_made_from() {
    let table = Table::start().await;
    let api = table.api();
    for _ in 0..4 {
        api.create("{}").await;
    }
    let first = api
        .send(Call::new("GET", "/contacts").query("limit", "2"))
        .await
        .success(200);
    let last = id(&first["data"][1]).to_owned();
    assert_eq!(
        api.send(Call::new("DELETE", &format!("/contacts/{last}")))
            .await
            .status,
        204
    );
    let cursor = first["metadata"]["next_cursor"].as_str().unwrap();
    let rest = api
        .send(Call::new("GET", "/contacts").query("cursor", cursor))
        .await
        .success(200);
    assert_eq!(rest["data"].as_array().unwrap().len(), 2);
}
