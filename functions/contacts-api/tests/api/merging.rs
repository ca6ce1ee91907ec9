//! Merges: what they change, what they keep, and that none is lost.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Answer, Call, Caller, Table, assert_says, id};

async fn merge(api: &Caller, contact: &Value, body: &str, if_match: Option<&str>) -> Answer {
    let call = Call::new("PATCH", &format!("/contacts/{}", id(contact))).json(body);
    api.send(
        if_match
            .into_iter()
            .fold(call, |call, tag| call.header("If-Match", tag)),
    )
    .await
}

#[tokio::test]
async fn a_merge_sets_and_removes_and_keeps_the_rest() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api
        .create(r#"{"name": "Ada", "old": 1, "address": {"city": "London", "street": null}}"#)
        .await;
    for (method, tag) in [("PUT", "\"2\""), ("PATCH", "\"3\"")] {
        let body = r#"{"old": null, "never": null, "address": {"zip": null}, "new": [1]}"#;
        let answer = api
            .send(Call::new(method, &format!("/contacts/{}", id(&contact))).json(body))
            .await;
        let merged = answer.success(200)["data"].clone();
        let expected = json!({
            "id": contact["id"], "createdAt": contact["createdAt"], "updatedAt": merged["updatedAt"],
            "name": "Ada", "address": {"zip": null}, "new": [1],
        });
        assert_eq!(merged, expected);
        assert!(merged["updatedAt"].as_i64() >= contact["updatedAt"].as_i64());
        assert_eq!(answer.header("etag"), Some(tag));
        assert_eq!(api.get(id(&contact)).await.success(200)["data"], merged);
    }
}

#[tokio::test]
async fn a_merge_of_nothing_is_a_write_all_the_same() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api.create(r#"{"a": 1}"#).await;
    let answer = merge(&api, &contact, "{}", None).await;
    assert_eq!(answer.success(200)["data"]["a"], 1);
    assert_eq!(answer.header("etag"), Some("\"2\""));
}

#[tokio::test]
async fn names_that_mean_something_to_dynamodb_are_names_like_others() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api.create("{}").await;
    let body = r##"{"a.b": 1, "a": {"b": 2}, "#0": 3, ":0": 4, "size": 5, "revision": 6, "x[0]": 7, " ": 8, "é\u0000": 9}"##;
    let merged = merge(&api, &contact, body, None).await.success(200)["data"].clone();
    for (name, value) in serde_json::from_str::<Value>(body)
        .unwrap()
        .as_object()
        .unwrap()
    {
        assert_eq!(&merged[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_stale_merge_is_refused_and_changes_nothing() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api.create(r#"{"a": 1}"#).await;
    merge(&api, &contact, r#"{"a": 2}"#, Some("\"1\""))
        .await
        .success(200);

    let problem = merge(&api, &contact, r#"{"a": 3}"#, Some("\"1\""))
        .await
        .problem(412);
    assert_says(&problem, "\"2\"");
    let answer = api.get(id(&contact)).await;
    assert_eq!(
        (&answer.success(200)["data"]["a"], answer.header("etag")),
        (&json!(2), Some("\"2\""))
    );
}

#[tokio::test]
async fn if_match_is_compared_as_rfc_9110_says() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api.create("{}").await;
    for (if_match, status) in [
        ("*", 200),
        ("\"2\"", 200),
        ("\"1\", \"3\", \"other\"", 200),
        ("W/\"4\"", 412),
        ("\"other\"", 412),
        ("\"04\"", 412),
        ("4", 400),
        ("", 400),
        ("\"4", 400),
    ] {
        let answer = merge(&api, &contact, "{}", Some(if_match)).await;
        assert_eq!(answer.status, status, "{if_match}: {}", answer.text);
    }
    let lines = Call::new("PUT", &format!("/contacts/{}", id(&contact))).json("{}");
    let lines = lines
        .header("If-Match", "\"1\"")
        .header("If-Match", "\"4\"");
    api.event(&lines.http_on_stage("live")).await.success(200);
}

#[tokio::test]
async fn a_deletion_honours_if_match() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api.create("{}").await;
    let delete = |tag: &str| {
        api.send(
            Call::new("DELETE", &format!("/contacts/{}", id(&contact))).header("If-Match", tag),
        )
    };
    delete("\"2\"").await.problem(412);
    delete("W/\"1\"").await.problem(412);
    delete("1").await.problem(400);
    assert_eq!(table.count().await, 1);
    assert_eq!(delete("\"1\"").await.status, 204);
    // Gone already: the deletion has been applied.
    assert_eq!(delete("\"1\"").await.status, 204);
    assert_eq!(delete("*").await.status, 204);
}

#[tokio::test]
async fn a_merge_beyond_the_size_of_an_item_is_a_413_and_changes_nothing() {
    let table = Table::start().await;
    let api = table.api();
    let half = |name: &str| format!("{{\"{name}\": \"{}\"}}", "x".repeat(210 * 1024));
    let contact = api.create(&half("a")).await;
    let problem = merge(&api, &contact, &half("b"), None).await.problem(413);
    assert_says(&problem, "400 KB");
    assert_eq!(api.get(id(&contact)).await.header("etag"), Some("\"1\""));
}

#[tokio::test]
async fn as_many_attributes_as_a_body_may_have_are_merged_at_once() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api.create("{}").await;
    let members: Vec<_> = (0..256)
        .map(|index| format!("\"attribute-{index}\": {index}"))
        .collect();
    let merged = merge(&api, &contact, &format!("{{{}}}", members.join(",")), None)
        .await
        .success(200);
    assert_eq!(merged["data"].as_object().unwrap().len(), 256 + 3);
    let nulls: Vec<_> = (0..256)
        .map(|index| format!("\"attribute-{index}\": null"))
        .collect();
    let merged = merge(&api, &contact, &format!("{{{}}}", nulls.join(",")), None)
        .await
        .success(200);
    assert_eq!(merged["data"].as_object().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_merge_of_eight_clients_is_lost() {
    const CLIENTS: usize = 8;
    // Each: 200 in all. Every merge returns the whole contact, so the cost grows with the square.
    const MERGES: usize = 25;

    let table = Table::start().await;
    let contact = table.api().create("{}").await;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (api, contact) = (table.api(), contact.clone());
            tokio::spawn(async move {
                for number in 0..MERGES {
                    merge(
                        &api,
                        &contact,
                        &format!("{{\"c{client}-{number}\": {number}}}"),
                        None,
                    )
                    .await
                    .success(200);
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }

    let item = table.item(id(&contact)).await.unwrap();
    let stored: BTreeSet<_> = item["attributes"].as_m().unwrap().keys().cloned().collect();
    let sent: BTreeSet<_> = (0..CLIENTS)
        .flat_map(|client| (0..MERGES).map(move |number| format!("c{client}-{number}")))
        .collect();
    assert_eq!(stored, sent);
    assert_eq!(
        item["revision"].as_n().unwrap(),
        &(1 + CLIENTS * MERGES).to_string()
    );
}
