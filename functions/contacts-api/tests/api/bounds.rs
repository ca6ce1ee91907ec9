//! No answer is longer than Lambda takes, whatever the request says and however much of it.

use std::collections::BTreeSet;

use contacts::{Attributes, Contact, limits};
use contacts_store::item::Stored;
use serde_json::json;

use crate::support::{Call, Table, id};

/// The longest answer: its body, and room for the headers.
const LARGEST: usize = limits::ANSWER_BYTES + 64 * 1024;

// Lambda's own limit (developer guide, "Lambda quotas": Invocation payload), of which a tenth is left.
const _: () = assert!(LARGEST < 6_291_556 / 10 * 9);

/// Texts that grow the most: escaped in JSON, escaped again, percent-encoded.
const LETTERS: [&str; 7] = ["x", "é", "\"", "\\", "\u{1}", "/", "~"];

fn json_string(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Bodies that are refused, as long as a body may be, with as many faults as there is room for.
fn refused_bodies() -> Vec<String> {
    let mut bodies = vec![
        // 31 levels of names, of which none by itself is long.
        {
            let name = json_string(&"é".repeat(1000));
            let open = format!("{{{name}:").repeat(40);
            format!("{open}1{}", "}".repeat(40))
        },
        format!("{{\"a\": [{}]}}", vec!["1e999"; 40_000].join(",")),
        format!("{{{}}}", vec!["\"a\": 1"; 30_000].join(",")),
        "\"".repeat(limits::BODY_BYTES),
        "[".repeat(limits::BODY_BYTES),
        "\u{1}".repeat(limits::BODY_BYTES),
        "x".repeat(limits::BODY_BYTES * 20),
    ];
    for letter in LETTERS {
        let long = |bytes: usize| {
            let escaped = json_string(letter);
            json_string(&letter.repeat(bytes / (escaped.len() - 2)))
        };
        let one = long(limits::BODY_BYTES - 200);
        bodies.push(format!("{{{one}: [{}]}}", vec!["1e999"; 20].join(",")));
        let half = long(limits::BODY_BYTES / 2 - 100);
        bodies.push(format!("{{{half}: 1, {half}: 2}}"));
        let tenth = long(limits::BODY_BYTES / 40);
        bodies.push(format!(
            "{{\"a\": {{{}}}}}",
            vec![format!("{tenth}: 1"); 39].join(",")
        ));
    }
    bodies
}

#[tokio::test]
async fn no_refusal_of_a_body_is_longer_than_an_error_may_be() {
    let table = Table::start().await;
    let api = table.api();
    for body in refused_bodies() {
        for (method, path) in [("POST", "/contacts"), ("PATCH", "/contacts/some")] {
            let call = Call::new(method, path).json(&*body);
            for event in [call.rest(), call.function_url()] {
                let answer = api.event(&event).await;
                assert!(matches!(answer.status, 400 | 413), "{}", answer.text);
                let problem = answer.problem(answer.status);
                let errors = problem["errors"].as_array();
                assert!(errors.is_none_or(|errors| errors.len() <= limits::VIOLATIONS));
            }
        }
    }
    assert_eq!(table.count().await, 0);
}

#[tokio::test]
async fn no_other_refusal_is_longer_than_an_error_may_be() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api.create("{}").await;
    let path = format!("/contacts/{}", id(&contact));
    for letter in ["x", "é", "\"", "\u{1}", "%", "\"1\","] {
        // More than API Gateway lets through, and more than an error may be.
        let long = letter.repeat(200_000 / letter.len());
        let merge = || Call::new("PATCH", &path).json("{}");
        #[rustfmt::skip] // A table.
        let cases = [
            (merge().header("If-Match", &long), [400, 412]),
            (Call::new("DELETE", &path).header("If-Match", &long), [400, 412]),
            (Call::new("PATCH", &path).body("{}").header("Content-Type", &long), [415, 415]),
            (Call::new("POST", "/contacts").json("{}").header("X-Test-Ttl", &long), [400, 400]),
            (Call::new("GET", "/contacts").query("limit", &long), [400, 400]),
            (Call::new("GET", "/contacts").query("cursor", &long), [400, 400]),
            (Call::new("GET", &format!("/{long}")), [404, 404]),
            (Call::new("GET", &format!("/contacts/{}", &long[..long.len() / 20])), [400, 404]),
            (Call::new(&long, "/contacts"), [405, 405]),
            (Call { base64: true, ..merge().body(&*long) }, [400, 413]),
        ];
        for (call, statuses) in cases {
            for event in [call.rest(), call.function_url()] {
                let answer = api.event(&event).await;
                assert!(
                    statuses.contains(&answer.status),
                    "{letter:?}: {} {}",
                    answer.status,
                    answer.text
                );
                answer.problem(answer.status);
            }
        }
    }
    assert_eq!(api.get(id(&contact)).await.header("etag"), Some("\"1\""));
}

#[tokio::test]
async fn a_place_is_left_out_of_an_answer_whose_headers_it_would_fill() {
    let table = Table::start().await;
    let mut event = Call::new("POST", "/contacts").json("{}").rest();
    event["requestContext"]["path"] = json!(format!("/{}/contacts", "x".repeat(1_000_000)));
    let answer = table.api().event(&event).await;
    answer.success(201);
    assert_eq!(answer.header("location"), None);
    assert!(answer.bytes < limits::ERROR_BYTES, "{}", answer.bytes);
}

/// The bytes of an item that are left for one value.
const ITEM_BYTES: usize = 400 * 1024 - 200;

async fn put(table: &Table, name: &str, value: &str) {
    let attributes = Attributes::parse(format!("{{\"a\": {value}}}").as_bytes()).unwrap();
    let contact = Contact::create(name.to_owned(), 1, attributes);
    table.put(Stored::first(contact, None).to_item()).await;
}

#[tokio::test]
async fn large_contacts_are_answered_by_themselves_and_in_pages() {
    let table = Table::start().await;
    let api = table.api();
    let mut created = BTreeSet::new();
    let letter = "\u{1}";
    put(
        &table,
        "control-characters",
        &json_string(&letter.repeat(ITEM_BYTES)),
    )
    .await;
    let merge = Call::new("PATCH", "/contacts/control-characters").json("{}");
    let merged = api.send(merge).await;
    merged.success(200);
    assert!(
        (2_800_000..LARGEST).contains(&merged.bytes),
        "{}",
        merged.bytes
    );
    created.insert("control-characters".to_owned());
    for index in 0..20 {
        let name = format!("c-{index}");
        put(&table, &name, &json_string(&"x".repeat(ITEM_BYTES))).await;
        created.insert(name);
    }

    let mut listed = Vec::new();
    let mut pages = 0;
    let mut call = Call::new("GET", "/contacts").query("limit", "100");
    loop {
        let answer = api.send(call).await;
        assert!(answer.bytes < LARGEST, "{}", answer.bytes);
        let body = answer.success(200);
        let page = body["data"].as_array().unwrap();
        assert!(!page.is_empty());
        listed.extend(page.iter().map(|contact| id(contact).to_owned()));
        pages += 1;
        let Some(cursor) = body["metadata"]["next_cursor"].as_str() else {
            break;
        };
        call = Call::new("GET", "/contacts")
            .query("limit", "100")
            .query("cursor", cursor);
    }
    assert_eq!(listed.len(), created.len(), "a contact is on two pages");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), created);
    assert!((3..10).contains(&pages), "{pages}");
}
