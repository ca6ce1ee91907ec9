//! What callers may send that is wrong: one table, over both transports and in all three shapes of events, to the real
//! function. Each is a clear 4xx or comes back as it was sent; nothing is stored by half, and nothing ends the function.

mod bodies;
mod hosted;

use bodies::{Body, Expected};
use hosted::{Answer, Call, Hosted, Road, Transport, roads, snapshot};
use http::Method;
use serde_json::{Value, json};

/// Runs a test on every road, and sees that the function's process is the same at the end.
fn on_every_road(test: &impl AsyncFn(&Hosted, Road)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async {
        let hosted = Hosted::start().await;
        let process = hosted.process().await;
        for road in roads() {
            test(&hosted, road).await;
        }
        assert_eq!(hosted.process().await, process, "the function never died");
    });
}

/// The answer is a refusal in the API's own words: a problem document that says this.
#[track_caller]
fn is_refused(answer: &Answer, status: u16, says: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{what}"
    );
    let problem = answer.json();
    assert_eq!(problem["status"], status, "{what}");
    assert!(
        problem["metadata"]["table"].is_string(),
        "{what}: {problem}"
    );
    assert!(
        answer.text.contains(says),
        "{what} says {says:?}: {problem}"
    );
}

async fn create(hosted: &Hosted, road: Road, body: &'static str) -> (String, Answer) {
    let answer = hosted
        .send(road, &Call::new(Method::POST, "/contacts").json(body))
        .await;
    assert_eq!(answer.status, 201, "{road}: {}", answer.text);
    let id = answer.json()["data"]["id"].as_str().map(str::to_owned);
    let path = format!("/contacts/{}", id.expect("a contact has an id"));
    (path, answer)
}

/// Sends a body as a new contact, and over a contact in both ways that there are.
async fn sends(hosted: &Hosted, road: Road, body: &Body) {
    // A REST API without `BinaryMediaTypes` hands a text over: what is no UTF-8 is another body by then.
    if road.api == "rest" && std::str::from_utf8(&body.bytes).is_err() {
        return;
    }
    let (path, _) = create(hosted, road, r#"{"name": "Ada", "languages": ["en"]}"#).await;
    let before = snapshot(&hosted.send(road, &Call::get(&*path)).await);
    for (method, target) in [
        (Method::POST, "/contacts"),
        (Method::PUT, &*path),
        (Method::PATCH, &*path),
    ] {
        let what = format!("{} as {method} over {road}", body.name);
        let stored = hosted.stored();
        let mut call = Call::new(method, target);
        if let Some(content_type) = body.content_type {
            call = call.header("content-type", content_type);
        }
        call.body = body.bytes.clone();
        let answer = hosted.send(road, &call).await;
        match body.expected {
            Expected::Refused(status, says) => {
                is_refused(&answer, status, says, &what);
                assert_eq!(hosted.stored(), stored, "{what}: nothing is stored");
                let after = snapshot(&hosted.send(road, &Call::get(&*path)).await);
                assert_eq!(after, before, "{what}: nothing is changed");
            }
            Expected::Taken(reads) => {
                assert!(
                    matches!(answer.status, 200 | 201),
                    "{what}: {}",
                    answer.text
                );
                assert!(answer.text.contains(reads), "{what}: {}", answer.text);
                let answered = snapshot(&answer);
                let id = answered["data"]["id"].as_str().unwrap_or_default();
                let again = hosted
                    .send(road, &Call::get(format!("/contacts/{id}")))
                    .await;
                assert!(again.text.contains(reads), "{what}: {}", again.text);
                assert_eq!(
                    snapshot(&again),
                    answered,
                    "{what}: what is answered is stored"
                );
            }
        }
    }
}

#[test]
fn a_body_is_refused_whole_or_comes_back_as_it_was_sent() {
    let bodies = bodies::all();
    on_every_road(&async |hosted, road| {
        for body in &bodies {
            sends(hosted, road, body).await;
        }
    });
}

#[test]
fn an_id_in_a_path_that_is_none_is_refused_or_not_found() {
    on_every_road(&async |hosted, road| {
        for (id, statuses) in [
            ("%", &[400][..]),
            ("%zz", &[400]),
            ("a%4", &[400]),
            ("%%41", &[400]),
            // A gateway that decodes the path itself puts U+FFFD for what is no UTF-8: a name like any other.
            ("%ff", &[400, 404]),
            ("%C3%28", &[400, 404]),
            ("%00", &[404]),
            ("a%2Fb", &[404]),
            ("%E2%82%AC", &[404]),
            ("..", &[404]),
            (&"x".repeat(2049), &[404]),
        ] {
            let path = format!("/contacts/{id}");
            for call in [
                Call::get(&*path),
                Call::new(Method::PUT, &*path).json("{}"),
                Call::new(Method::PATCH, &*path).json("{}"),
            ] {
                let what = format!("{} {path:.40} over {road}", call.method);
                let answer = hosted.send(road, &call).await;
                assert!(statuses.contains(&answer.status), "{what}: {}", answer.text);
                is_refused(&answer, answer.status, "", &what);
            }
            // What is not there is deleted; what cannot be is refused.
            let answer = hosted.send(road, &Call::new(Method::DELETE, &*path)).await;
            assert!(
                matches!(answer.status, 204 | 400 | 404),
                "DELETE {path:.40} over {road}: {}",
                answer.text
            );
        }
        assert_eq!(hosted.stored(), 0);
    });
}

#[test]
fn a_limit_is_a_whole_number_from_1_to_100_and_is_given_once() {
    on_every_road(&async |hosted, road| {
        for query in [
            "limit=0",
            "limit=-1",
            "limit=101",
            "limit=x",
            "limit=",
            "limit",
            "limit=1.0",
            "limit=%2B1",
            "limit=1e1",
            "limit=18446744073709551617",
            "limit=%00",
            "limit=%ff",
            "limit=1&limit=2",
        ] {
            let what = format!("{query} over {road}");
            let answer = hosted
                .send(road, &Call::get(format!("/contacts?{query}")))
                .await;
            is_refused(&answer, 400, "limit", &what);
        }
        for query in [
            "limit=1",
            "limit=100",
            "limits=0",
            "%",
            "&&==&",
            "limit=7&other=%zz",
        ] {
            let answer = hosted
                .send(road, &Call::get(format!("/contacts?{query}")))
                .await;
            assert_eq!(answer.status, 200, "{query} over {road}: {}", answer.text);
        }
    });
}

#[test]
fn a_cursor_is_taken_only_as_it_was_handed_out() {
    on_every_road(&async |hosted, road| {
        for _ in 0..2 {
            create(hosted, road, "{}").await;
        }
        let list = |query: String| async move {
            hosted
                .send(road, &Call::get(format!("/contacts?limit=1{query}")))
                .await
        };
        let page = list(String::new()).await;
        let cursor = page.json()["metadata"]["next_cursor"]
            .as_str()
            .map(str::to_owned);
        let cursor = cursor.expect("there are more");
        assert_eq!(
            list(format!("&cursor={cursor}")).await.status,
            200,
            "{road}"
        );

        let other = if cursor.starts_with('A') { "B" } else { "A" };
        for forged in [
            String::new(),
            "x".to_owned(),
            "AAAAAAAAAAA".to_owned(),
            "%00".to_owned(),
            "%ff".to_owned(),
            "../../etc/passwd".to_owned(),
            format!("{other}{}", &cursor[1..]),
            cursor[..cursor.len() - 2].to_owned(),
            format!("{cursor}AA"),
            format!("{cursor}%3D"),
            format!("{cursor}&cursor={cursor}"),
        ] {
            let answer = list(format!("&cursor={forged}")).await;
            is_refused(&answer, 400, "cursor", &format!("{forged} over {road}"));
        }
    });
}

#[test]
fn headers_methods_and_paths_that_mean_nothing_are_refused() {
    on_every_road(&async |hosted, road| {
        let (path, created) = create(hosted, road, r#"{"name": "Ada"}"#).await;
        let before = snapshot(&hosted.send(road, &Call::get(&*path)).await);
        let merge = || Call::new(Method::PATCH, &*path).json(r#"{"name": "Eve"}"#);
        let delete = || Call::new(Method::DELETE, &*path);
        let stale = "\"999\"";
        #[rustfmt::skip] // A table.
        let cases = [
            (merge().header("if-match", "1"), 400, "If-Match"),
            (merge().header("if-match", "\"1"), 400, "If-Match"),
            (merge().header("if-match", stale), 412, "entity tag"),
            (delete().header("if-match", ""), 400, "If-Match"),
            (delete().header("if-match", stale), 412, "entity tag"),
            (Call::new(Method::POST, "/contacts").json("{}").header("x-test-ttl", "0"), 400, "X-Test-Ttl"),
            (Call::new(Method::POST, "/contacts").json("{}").header("x-test-ttl", "soon"), 400, "X-Test-Ttl"),
            (Call::new(Method::PATCH, "/contacts").json("{}"), 405, "Allow"),
            (Call::new(Method::POST, &*path).json("{}"), 405, "Allow"),
            (Call::get(format!("{path}/more")), 404, "/contacts/{id}"),
            (Call::get("/elsewhere"), 404, "/contacts/{id}"),
        ];
        for (call, status, says) in cases {
            let what = format!(
                "{} {} {:?} over {road}",
                call.method, call.path, call.headers
            );
            let stored = hosted.stored();
            is_refused(&hosted.send(road, &call).await, status, says, &what);
            assert_eq!(hosted.stored(), stored, "{what}");
            let after = snapshot(&hosted.send(road, &Call::get(&*path)).await);
            assert_eq!(after, before, "{what}");
        }
        assert_eq!(created.header("etag"), Some("\"1\""), "{road}");
    });
}

#[test]
fn a_body_in_base64_is_decoded_and_one_that_is_not_base64_is_refused() {
    // No caller over HTTP can say what the event says of its body.
    on_every_road(&async |hosted, road| {
        if road.transport == Transport::Http {
            return;
        }
        let event = |method: Method, path: &str, body: &str| -> Value {
            let mut event = Hosted::event(road, &Call::new(method, path).json("{}"));
            event["body"] = json!(body);
            event["isBase64Encoded"] = json!(true);
            event
        };
        // {"name": "Ada €"}
        let encoded = "eyJuYW1lIjogIkFkYSDigqwifQ==";
        let answer = hosted
            .invoke_event(road, &event(Method::POST, "/contacts", encoded))
            .await;
        assert_eq!(answer.status, 201, "{road}: {}", answer.text);
        assert_eq!(answer.json()["data"]["name"], "Ada €");

        let stored = hosted.stored();
        for (body, says) in [
            ("!", "base64"),
            ("eyJ", "base64"),
            ("{}", "base64"),
            ("e30=\n", "base64"),
            ("e30-_w==", "base64"),
            ("é", "base64"),
            // {"name": "<0xff>"}
            ("eyJuYW1lIjogIv8ifQ==", "line 1 column 11"),
            ("", "no body"),
        ] {
            for (method, path) in [(Method::POST, "/contacts"), (Method::PUT, "/contacts/some")] {
                let answer = hosted.invoke_event(road, &event(method, path, body)).await;
                is_refused(&answer, 400, says, &format!("{body:?} over {road}"));
            }
        }
        assert_eq!(hosted.stored(), stored, "{road}");
    });
}
