use http::HeaderValue;
use proptest::prelude::*;
use serde_json::json;

use super::words::EXCERPT;
use super::*;

fn envelope() -> Value {
    json!({"code_version": "0.1.0", "function_version": "8", "table": "contacts", "api_key_id": null})
}

fn contact() -> Value {
    json!({"id": "018f", "createdAt": 1_700_000_000_000_u64, "updatedAt": 1_700_000_000_001_u64, "name": "Ada"})
}

fn answer(status: u16, content_type: &'static str, body: &Value) -> Answer {
    let mut response = Response::new(StatusCode::from_u16(status).unwrap(), body.to_string());
    response.request_id = Some("r-1".into());
    response.latency = Duration::from_millis(3);
    response
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
        .headers
        .insert(ETAG, HeaderValue::from_static("\"1\""));
    Answer::new("a step".into(), response)
}

fn failure<T: std::fmt::Debug>(result: Result<T, StepError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_contact_is_read_with_its_entity_tag() {
    let good = answer(
        201,
        "application/json; charset=utf-8",
        &json!({"data": contact(), "metadata": envelope()}),
    );
    let (contact, etag) = good.contact(StatusCode::CREATED).unwrap();
    assert_eq!((contact.id.as_str(), etag.as_str()), ("018f", "\"1\""));
    assert_eq!(
        (contact.created_at, contact.updated_at),
        (1_700_000_000_000, 1_700_000_000_001)
    );
    assert_eq!(Value::Object(contact.attributes), json!({"name": "Ada"}));
}

#[test]
fn each_departure_from_the_envelope_says_what_was_expected_and_what_came() {
    let body = |data: Value, metadata: Value| json!({"data": data, "metadata": metadata});
    let without = |mut value: Value, name: &str| {
        value.as_object_mut().unwrap().remove(name);
        value
    };
    let with = |mut value: Value, name: &str, new: Value| {
        value[name] = new;
        value
    };
    #[rustfmt::skip] // A table.
    let cases = [
        (json!({"metadata": envelope()}), "data", "none"),
        (json!({"data": contact()}), "metadata", "none"),
        (body(json!([]), envelope()), "a contact, an object", "an array"),
        (body(without(contact(), "id"), envelope()), "the contact's id", "none"),
        (body(with(contact(), "id", json!(7)), envelope()), "the contact's id", "a number"),
        (body(without(contact(), "createdAt"), envelope()), "createdAt", "none"),
        (body(with(contact(), "updatedAt", json!(1_700_000_000)), envelope()), "milliseconds", "1700000000"),
        (body(contact(), without(envelope(), "code_version")), "metadata.code_version", "none"),
        (body(contact(), with(envelope(), "function_version", json!(""))), "metadata.function_version", "an empty text"),
        (body(contact(), without(envelope(), "table")), "metadata.table", "none"),
        (body(contact(), without(envelope(), "api_key_id")), "metadata.api_key_id", "none"),
    ];
    for (body, expected, got) in cases {
        let message = failure(answer(200, "application/json", &body).contact(StatusCode::OK));
        assert!(message.starts_with("a step: expected "), "{message}");
        assert!(
            message.ends_with(&format!(", got {got} (request id r-1)")),
            "{message}"
        );
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn another_status_is_reported_with_the_servers_words_and_without_anyones_data() {
    let mut body =
        json!({"data": [{"name": "Grace"}], "title": "Service Unavailable", "detail": "the store"});
    let message = failure(answer(503, "application/problem+json", &body).page(2));
    assert_eq!(
        message,
        "a step: expected status 200, got status 503 without the function's envelope (Service Unavailable: the store) (request id r-1)"
    );
    body["metadata"] = envelope();
    let message = failure(answer(503, "application/problem+json", &body).page(2));
    assert_eq!(
        message,
        "a step: expected status 200, got status 503 (Service Unavailable: the store) (request id r-1)"
    );
}

#[test]
fn a_refused_method_comes_with_those_that_there_are() {
    let body = json!({"title": "Method Not Allowed", "status": 405, "metadata": envelope()});
    let refused = |allow: &'static str| {
        let mut refused = answer(405, "application/problem+json", &body);
        let allow = HeaderValue::from_static(allow);
        refused.response.headers.insert(ALLOW, allow);
        refused.method_refused("PUT", &["GET", "POST"])
    };
    refused("GET,HEAD, POST").unwrap();
    for (allow, got) in [
        ("", "none"),
        ("GET,HEAD", "GET,HEAD"),
        ("GET,POST,PUT", "GET,POST,PUT"),
    ] {
        assert_eq!(
            failure(refused(allow)),
            format!(
                "a step: expected an Allow header with GET, POST, without PUT, got {got} (request id r-1)"
            )
        );
    }
}

#[test]
fn contacts_are_told_apart_by_the_first_member_that_differs() {
    let step = answer(200, "application/json", &json!({}));
    let contact = |attributes: Value| Contact {
        id: "018f".to_owned(),
        created_at: 1_700_000_000_000,
        updated_at: 1_700_000_000_000,
        attributes: attributes.as_object().unwrap().clone(),
    };
    let long = |end: &str| format!("{}{end}", "x".repeat(1000));
    #[rustfmt::skip] // A table.
    let cases = [
        (json!({"a": 1}), json!({"a": 2}), r#"expected "a" to be 1, got 2"#),
        (json!({"a": [null]}), json!({}), r#"expected "a" to be [null], got none"#),
        (json!({}), json!({"b": true}), r#"expected no attribute beyond those written, got "b" too"#),
        (
            json!({"a": long("yes")}),
            json!({"a": long("ye")}),
            r#"expected "a" to be a text of 1003 bytes, got one of 1002 bytes, another from byte 1002 on"#,
        ),
    ];
    for (expected, got, difference) in cases {
        step.has_attributes(&expected, &contact(expected.clone()))
            .unwrap();
        let shown = failure(step.shows(&contact(expected.clone()), &contact(got.clone())));
        let had = failure(step.has_attributes(&expected, &contact(got)));
        assert_eq!(had, format!("a step: {difference} (request id r-1)"));
        assert_eq!(shown, had);
    }
    let mut later = contact(json!({}));
    later.updated_at += 1;
    let shown = failure(step.shows(&contact(json!({})), &later));
    assert!(
        shown.contains(r#"expected "updatedAt" to be 1700000000000"#),
        "{shown}"
    );
}

#[test]
fn a_page_may_not_be_larger_than_asked_and_its_cursor_is_a_text() {
    let mut body = json!({"data": [contact(), contact()], "metadata": envelope()});
    let page = answer(200, "application/json", &body).page(2).unwrap();
    assert_eq!((page.contacts.len(), page.next_cursor), (2, None));
    let message = failure(answer(200, "application/json", &body).page(1));
    assert!(
        message.contains("expected at most 1 contacts, got 2"),
        "{message}"
    );
    body["metadata"]["next_cursor"] = json!("abc");
    let page = answer(200, "application/json", &body).page(2).unwrap();
    assert_eq!(page.next_cursor.as_deref(), Some("abc"));
    for cursor in [json!(7), json!("")] {
        body["metadata"]["next_cursor"] = cursor;
        let message = failure(answer(200, "application/json", &body).page(2));
        assert!(message.contains("metadata.next_cursor"), "{message}");
    }
}

#[test]
fn a_problem_must_say_what_was_wrong() {
    let good = json!({"title": "Bad Request", "status": 400, "detail": "createdAt is the server's", "metadata": envelope()});
    let kind = "application/problem+json";
    answer(400, kind, &good)
        .problem(StatusCode::BAD_REQUEST, Some("createdAt"))
        .unwrap();
    let message =
        failure(answer(400, kind, &good).problem(StatusCode::BAD_REQUEST, Some("updatedAt")));
    assert!(message.contains(r#"names "updatedAt""#), "{message}");
    // The table's name must not pass for the field's.
    let message =
        failure(answer(400, kind, &good).problem(StatusCode::BAD_REQUEST, Some("contacts")));
    assert!(message.contains(r#"names "contacts""#), "{message}");
    let message =
        failure(answer(400, "application/json", &good).problem(StatusCode::BAD_REQUEST, None));
    assert!(
        message.contains("expected content type application/problem+json"),
        "{message}"
    );
    let message = failure(answer(404, kind, &good).problem(StatusCode::NOT_FOUND, None));
    assert!(
        message.contains("expected status 404 in the problem document, got 400"),
        "{message}"
    );
}

#[test]
fn what_was_created_is_known_even_from_a_broken_answer() {
    let created = |status, body: &Value| answer(status, "text/plain", body).created_id();
    assert_eq!(
        created(200, &json!({"data": {"id": "018f"}})).as_deref(),
        Some("018f")
    );
    assert_eq!(created(400, &json!({"data": {"id": "018f"}})), None);
    assert_eq!(created(201, &json!("nonsense")), None);
    let mut located = answer(201, "text/plain", &json!("nonsense"));
    located
        .response
        .headers
        .insert("location", HeaderValue::from_static("/live/contacts/018f"));
    assert_eq!(located.created_id().as_deref(), Some("018f"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("data".to_owned()),
        Just("metadata".to_owned()),
        Just("id".to_owned()),
        Just("createdAt".to_owned()),
        ".{0,3}",
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Members that are often the same, some of them longer than an excerpt.
fn members() -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![
        Just(Value::Null),
        (0..2_i64).prop_map(Value::from),
        "x{159,162}".prop_map(Value::from),
    ];
    prop::collection::hash_map("[ab]", value, 0..3)
        .prop_map(|members| members.into_iter().collect())
}

proptest! {
    #[test]
    fn what_differs_is_found_and_what_is_the_same_is_not(expected in members(), got in members()) {
        prop_assert_eq!(difference(&expected, &expected), None);
        prop_assert_eq!(difference(&expected, &got).is_none(), expected == got);
    }

    #[test]
    fn no_answer_makes_a_check_panic(status in 200_u16..600, body in any_json()) {
        let answer = answer(status, "application/json", &body);
        let _ = answer.contact(StatusCode::OK);
        let _ = answer.page(2);
        let _ = answer.problem(StatusCode::BAD_REQUEST, Some("id"));
        let _ = answer.no_content();
        let _ = answer.created_id();
        prop_assert!(answer.summary().chars().count() < EXCERPT + 40);
    }
}
