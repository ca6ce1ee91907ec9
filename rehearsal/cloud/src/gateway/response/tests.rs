use super::*;
use crate::gateway::test_api;
use proptest::prelude::*;

fn rest(payload: &str) -> ApiResponse {
    response(ApiKind::Rest, &Ok(Invoked::new(payload.to_owned(), "1")))
}

#[test]
fn a_proxy_response_is_mapped_with_every_value_of_its_headers() {
    let answer = rest(
        r#"{"statusCode":201,"headers":{"ETag":"1","x-a":"single"},"multiValueHeaders":{"X-A":["1","2"]},"body":"hi"}"#,
    );
    assert_eq!((answer.status, &answer.body[..]), (201, &b"hi"[..]));
    let of = |name: &str| {
        answer
            .headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("x-a"), ["1", "2"]);
    assert_eq!(of("etag"), ["1"]);
    assert_eq!(of("content-type"), ["application/json"]);
}

#[test]
fn a_base64_body_is_decoded_and_by_a_rest_api_where_the_first_type_that_is_accepted_is_binary() {
    let answer = Ok(Invoked::new(
        r#"{"statusCode":200,"isBase64Encoded":true,"body":"//4="}"#,
        "1",
    ));
    assert_eq!(response(ApiKind::Http, &answer).body[..], [0xff, 0xfe]);
    let mut api = test_api::api(ApiKind::Rest, "live", &["/"]);
    api.binary_media_types = vec!["image/png".to_owned()];
    api.routes[0].payload_format = PayloadFormat::V1;
    let decodes = |api: &Api, accept| {
        let integration = Integration::new(api, &api.routes[0], accept);
        response_to(integration, &answer).body[..] == [0xff, 0xfe]
    };
    assert!(decodes(&api, Some("image/png;q=0.9,*/*")));
    for accept in [None, Some("*/*"), Some("text/html,image/png")] {
        assert!(!decodes(&api, accept), "{accept:?}");
    }
    api.binary_media_types = vec!["*/*".to_owned()];
    assert!(decodes(&api, None) && decodes(&api, Some("text/html")));
}

#[test]
fn what_is_no_proxy_response_is_a_502() {
    for payload in [
        "",
        "null",
        "7",
        "\"text\"",
        r#"{"statusCode":200,"cookies":["a=b"]}"#,
        r#"{"greeting":"hello"}"#,
        r#"{"statusCode":"x"}"#,
        r#"{"statusCode":200,"body":{}}"#,
        r#"{"statusCode":99}"#,
        r#"{"statusCode":200,"headers":[]}"#,
    ] {
        let answer = rest(payload);
        assert_eq!(
            (answer.status, &answer.body[..]),
            (502, &br#"{"message": "Internal server error"}"#[..]),
            "{payload}"
        );
    }
}

#[test]
fn a_rest_api_needs_no_status_and_answers_200_without_one() {
    for payload in ["{}", r#"{"headers":{"x-a":"1"}}"#] {
        let answer = rest(payload);
        assert_eq!((answer.status, &answer.body[..]), (200, &b""[..]));
    }
    assert_eq!(rest(r#"{"body":"hi"}"#).body[..], b"hi"[..]);
}

#[test]
fn a_function_error_is_a_502_and_a_refused_invocation_a_500() {
    let mut failed = Invoked::new(r#"{"statusCode":200}"#, "1");
    failed.function_error = Some("Unhandled".to_owned());
    assert_eq!(response(ApiKind::Rest, &Ok(failed)).status, 502);
    assert_eq!(
        response(
            ApiKind::Rest,
            &Err(LambdaError::TooManyRequests {
                reason: String::new()
            })
        )
        .status,
        500
    );
}

#[test]
fn an_http_api_takes_any_json_for_a_body_and_cookies() {
    let http = |payload: &str| response(ApiKind::Http, &Ok(Invoked::new(payload.to_owned(), "1")));
    assert_eq!(
        (http(r#"{"a":1}"#).status, &http(r#"{"a":1}"#).body[..]),
        (200, &br#"{"a":1}"#[..])
    );
    assert_eq!(
        http(r#"{"statusCode":200,"cookies":["k=v"]}"#).header("set-cookie"),
        Some("k=v")
    );
    for payload in [
        "not json",
        r#"{"errorMessage":"no"}"#,
        r#"{"statusCode":200,"cookies":{"k":"v"}}"#,
    ] {
        assert_eq!(http(payload).status, 500, "{payload}");
    }
    assert_eq!(http(r#"{"statusCode":201,"other":1}"#).status, 201);
}

/// A member of an answer: of its type, or not.
fn member(name: &'static str, values: &[&'static str]) -> impl Strategy<Value = String> {
    let value = proptest::sample::select(values.to_vec());
    value.prop_map(move |value| match value {
        "" => String::new(),
        value => format!("\"{name}\":{value},"),
    })
}

proptest! {
    #[test]
    fn a_status_alone_is_that_of_the_whole_answer(
        status in member("statusCode", &["", "200", "404", "99", "\"201\"", "{}"]),
        body in member("body", &["", "null", "\"a\\nb\"", "\"\\ud800\"", "\"=\"", "{}", "1"]),
        base64 in member("isBase64Encoded", &["", "true", "false", "\"true\""]),
        headers in member("headers", &["", "null", "{\"a\":1}", "{\"a\":[]}", "[]"]),
        multiple in member("multiValueHeaders", &["", "{\"a\":[\"1\"]}", "{\"a\":1}"]),
        cookies in member("cookies", &["", "[\"k=v\"]", "[1]", "null", "{}"]),
        other in member("other", &["", "0"]),
        is_function_error: bool,
    ) {
        let text = format!("{{{status}{body}{base64}{headers}{multiple}{cookies}{other}");
        let text = format!("{}}}", text.trim_end_matches(','));
        for payload in [text.as_str(), "7", "nothing"] {
            let mut invoked = Invoked::new(payload.to_owned(), "1");
            invoked.function_error = is_function_error.then(|| "Unhandled".to_owned());
            let answer = Ok(invoked);
            let url = Integration::of(ApiKind::FunctionUrl);
            for integration in [
                Integration::of(ApiKind::Rest),
                Integration { decodes: true, ..Integration::of(ApiKind::Rest) },
                Integration { format: PayloadFormat::V1, ..Integration::of(ApiKind::Http) },
                Integration::of(ApiKind::Http),
                url,
                Integration { invoke_mode: InvokeMode::ResponseStream, ..url },
            ] {
                let read = Payload::read(payload.as_bytes());
                let status = status_to(integration, &answer, &read);
                prop_assert_eq!(status, response_to(integration, &answer).status, "{}", payload);
            }
        }
    }

    #[test]
    fn no_payload_panics(payload in "\\PC{0,40}") {
        let status = rest(&payload).status;
        prop_assert!((100..=599).contains(&status));
    }
}

#[test]
fn an_answer_without_a_status_is_none_in_version_1_0() {
    let answer = || Ok(Invoked::new(r#"{"hello": 1}"#.to_owned(), "1"));
    for (format, status) in [(PayloadFormat::V1, 500), (PayloadFormat::V2, 200)] {
        let integration = Integration {
            format,
            ..Integration::of(ApiKind::Http)
        };
        assert_eq!(response_to(integration, &answer()).status, status);
    }
    let failed = Invoked {
        function_error: Some("Unhandled".to_owned()),
        ..Invoked::new("{}".to_owned(), "1")
    };
    assert_eq!(response(ApiKind::FunctionUrl, &Ok(failed)).status, 502);
}

fn of_stream(content_type: Option<&str>, payload: &str) -> Option<(u16, String, String)> {
    let response = streamed(&Invoked {
        content_type: content_type.map(str::to_owned),
        ..Invoked::new(payload.to_owned(), "1")
    })?;
    let body = String::from_utf8(response.body.to_vec()).unwrap();
    let content_type = response.header("content-type").unwrap().to_owned();
    Some((response.status, content_type, body))
}

fn passed_on(status: u16, content_type: &str, body: &str) -> (u16, String, String) {
    (status, content_type.to_owned(), body.to_owned())
}

#[test]
fn a_prelude_has_the_status_and_the_headers_and_all_behind_it_is_the_body() {
    let zero = "\0".repeat(8);
    let of = |payload: &str| of_stream(Some(WITH_PRELUDE), payload);
    let head = r#"{"statusCode":201,"headers":{"Content-Type":"text/csv"}}"#;
    let body = format!("a{zero}b");
    let whole = of(&format!("{head}{zero}{body}"));
    assert_eq!(whole, Some(passed_on(201, "text/csv", &body)));
    let bare = of(&format!("{{\"statusCode\":403}}{zero}"));
    assert_eq!(bare, Some(passed_on(403, "application/octet-stream", "")));
    for payload in ["", "text", head, &format!("no json{zero}a")] {
        assert_eq!(of(payload), None, "{payload}");
    }
}

#[test]
fn a_streamed_answer_without_a_prelude_is_the_body_with_its_own_type() {
    let html = of_stream(Some("text/html"), "<p>");
    assert_eq!(html, Some(passed_on(200, "text/html", "<p>")));
    let proxied = r#"{"statusCode":404,"body":"no"}"#;
    let as_it_is = of_stream(Some("application/json"), proxied);
    assert_eq!(as_it_is, Some(passed_on(200, "application/json", proxied)));
    let of_stub = of_stream(None, proxied);
    assert_eq!(of_stub, Some(passed_on(404, "application/json", "no")));
}
