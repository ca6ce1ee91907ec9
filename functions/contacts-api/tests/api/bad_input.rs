//! What a request may not say: each a clear 4xx, and nothing stored.

use contacts::limits;
use serde_json::json;

use crate::support::{Call, Table, assert_says};

/// Sends a body as a new contact and as a merge.
async fn refuse(table: &Table, call: Call, status: u16) -> Vec<serde_json::Value> {
    let api = table.api();
    let mut problems = Vec::new();
    for (method, path) in [
        ("POST", "/contacts"),
        ("PUT", "/contacts/some"),
        ("PATCH", "/contacts/some"),
    ] {
        let call = Call {
            method: method.to_owned(),
            path: path.to_owned(),
            ..call.clone()
        };
        problems.push(api.send(call).await.problem(status));
    }
    assert_eq!(table.count().await, 0);
    problems
}

fn body(text: impl Into<String>) -> Call {
    Call::default().json(text)
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_at_its_position() {
    let table = Table::start().await;
    for problem in refuse(&table, body("{\n  \"a\": oops}"), 400).await {
        assert_eq!(
            problem["position"],
            json!({"line": 2, "column": 8}),
            "{problem}"
        );
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("line 2 column 8"),
            "{problem}"
        );
    }
    for text in [
        "{",
        "{}{}",
        "{'a': 1}",
        "{\"a\": 01}",
        "{\"a\": \"\\ud800\"}",
        "{\"a\": \"\u{1}\"}",
        "\u{feff}{}",
        " ",
    ] {
        for problem in refuse(&table, body(text), 400).await {
            assert!(problem["position"].is_object(), "{text}: {problem}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    let table = Table::start().await;
    for text in ["[]", "null", "1", "\"{}\"", "true"] {
        refuse(&table, body(text), 400).await;
    }
    refuse(&table, Call::default(), 400).await;
}

#[tokio::test]
async fn a_reserved_field_is_refused_by_its_name() {
    let table = Table::start().await;
    for field in ["id", "createdAt", "updatedAt"] {
        for problem in refuse(
            &table,
            body(format!("{{\"{field}\": 1, \"name\": \"Ada\"}}")),
            400,
        )
        .await
        {
            assert_eq!(problem["errors"][0]["pointer"], format!("#/{field}"));
            assert_says(&problem, field);
        }
    }
}

#[tokio::test]
async fn every_fault_of_a_body_is_listed_with_its_pointer() {
    let table = Table::start().await;
    let text = r#"{"a": [0, 1e126], "b": {"": 1}, "c": 1, "c": 2, "d": 123456789012345678901234567890123456789}"#;
    for problem in refuse(&table, body(text), 400).await {
        let errors = problem["errors"].as_array().unwrap();
        let pointers: Vec<_> = errors
            .iter()
            .map(|error| error["pointer"].as_str().unwrap())
            .collect();
        assert_eq!(pointers, ["#/a/1", "#/b/", "#/c", "#/d"]);
    }
}

#[tokio::test]
async fn each_limit_of_a_body_is_named() {
    let table = Table::start().await;
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(31), "]".repeat(31));
    let members: Vec<_> = (0..257)
        .map(|index| format!("\"a{index}\": {index}"))
        .collect();
    let long_name = format!("{{\"{}\": 1}}", "n".repeat(limits::NAME_BYTES + 1));
    for (text, status, limit) in [
        (deep, 400, "30"),
        (format!("{{{}}}", members.join(",")), 400, "256"),
        (long_name, 400, "65535"),
        (
            format!("{{\"a\": \"{}\"}}", "x".repeat(limits::BODY_BYTES)),
            413,
            "262144",
        ),
    ] {
        for problem in refuse(&table, body(text), status).await {
            assert_says(&problem, limit);
        }
    }
}

#[tokio::test]
async fn a_body_at_each_limit_is_taken() {
    let table = Table::start().await;
    let api = table.api();
    let frame = "{\"a\": \"\"}".len();
    let largest = format!("{{\"a\": \"{}\"}}", "x".repeat(limits::BODY_BYTES - frame));
    assert_eq!(largest.len(), limits::BODY_BYTES);
    let deepest = format!("{{\"a\": {}1{}}}", "[".repeat(30), "]".repeat(30));
    for text in [largest, deepest] {
        let contact = api.create(&text).await;
        let path = format!("/contacts/{}", contact["id"].as_str().unwrap());
        let merged = api
            .send(Call::new("PUT", &path).json(text))
            .await
            .success(200);
        assert_eq!(merged["data"]["a"], contact["a"]);
    }
}

#[tokio::test]
async fn a_body_must_be_declared_as_json() {
    let table = Table::start().await;
    refuse(&table, Call::default().body("{}"), 415).await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "",
    ] {
        let call = Call::default()
            .body("{}")
            .header("Content-Type", content_type);
        for problem in refuse(&table, call, 415).await {
            assert!(
                problem["detail"]
                    .as_str()
                    .unwrap()
                    .contains("application/json"),
                "{problem}"
            );
        }
    }
    for content_type in [
        "application/json;charset=UTF-8",
        "application/merge-patch+json",
    ] {
        let call = Call::new("POST", "/contacts")
            .body("{}")
            .header("Content-Type", content_type);
        table.api().send(call).await.success(201);
    }
}

#[tokio::test]
async fn a_base64_body_is_decoded_and_must_be_utf8() {
    let table = Table::start().await;
    // {"name": "Ada"}, then {"name": "<a byte 0xff>"}
    let call = |body: &str| Call {
        base64: true,
        ..Call::new("POST", "/contacts").json(body)
    };
    let contact = table
        .api()
        .send(call("eyJuYW1lIjogIkFkYSJ9"))
        .await
        .success(201);
    assert_eq!(contact["data"]["name"], "Ada");
    let problem = table
        .api()
        .send(call("eyJuYW1lIjogIv8ifQ=="))
        .await
        .problem(400);
    assert_eq!(problem["position"], json!({"line": 1, "column": 11}));
}

#[tokio::test]
async fn a_body_that_is_not_the_base64_it_is_said_to_be_is_refused_where_a_body_is_read() {
    let table = Table::start().await;
    let api = table.api();
    for body in ["!", "eyJ", "e30", "e30=\n", "{}", "é"] {
        let call = |method: &str, path: &str| Call {
            base64: true,
            ..Call::new(method, path).json(body)
        };
        for call in [
            call("POST", "/contacts"),
            call("PUT", "/contacts/some"),
            call("PATCH", "/contacts/some"),
        ] {
            for event in [call.rest(), call.http_on_stage("live"), call.function_url()] {
                let problem = api.event(&event).await.problem(400);
                assert_says(&problem, "base64");
            }
        }
        api.send(call("GET", "/contacts")).await.success(200);
    }
    assert_eq!(table.count().await, 0);
}

#[tokio::test]
async fn text_of_any_script_and_every_character_comes_back_as_it_was_sent() {
    let table = Table::start().await;
    let api = table.api();
    // NUL has to be escaped in JSON; the others are written as they are, names too.
    let body = "{\"a\\u0000b\": \"\\u0000\", \"имя\": \"Ада 👩‍💻\", \"\u{7f}\u{feff}\": \"\u{2028}\u{fffd}\"}";
    let sent: serde_json::Value = serde_json::from_str(body).unwrap();
    let contact = api.create(body).await;
    let read = api.get(contact["id"].as_str().unwrap()).await.success(200);
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&contact[name], value, "{name:?}");
        assert_eq!(&read["data"][name], value, "{name:?}");
    }
}

#[tokio::test]
async fn a_test_ttl_is_from_a_second_to_an_hour() {
    let table = Table::start().await;
    for ttl in ["0", "3601", "-5", "x", ""] {
        let call = Call::new("POST", "/contacts")
            .json("{}")
            .header("X-Test-Ttl", ttl);
        let problem = table.api().send(call).await.problem(400);
        assert_says(&problem, "X-Test-Ttl");
    }
    assert_eq!(table.count().await, 0);
}

#[tokio::test]
async fn an_id_with_a_broken_escape_is_a_400_for_every_operation_and_event() {
    let table = Table::start().await;
    let api = table.api();
    for escape in ["%", "%zz", "a%4", "%ff", "%C3%28"] {
        let path = format!("/contacts/{escape}");
        for call in [
            Call::new("GET", &path),
            Call::new("PUT", &path).json("{}"),
            Call::new("DELETE", &path),
        ] {
            for event in [call.rest(), call.http_on_stage("live"), call.function_url()] {
                let problem = api.event(&event).await.problem(400);
                assert_says(&problem, "id");
            }
        }
    }
}
