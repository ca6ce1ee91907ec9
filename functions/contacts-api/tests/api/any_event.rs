//! Whatever an event says: it never ends the function in an error, and its answer is always one that a gateway takes.
//!
//! `PROPTEST_CASES` sets how many events each test makes, 256 without it.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::support::{Answer, Call, Caller, Table};

/// Text of the kinds that break parsers: any character, and what paths, queries, JSON and base64 are made of.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r#"[\x00-\x20%&=?#/:@\[\]{}"\\+.;,a-c0-9é€😀]{0,24}"#,
        r#"[\[\]{}",:0-9eE+.\\untrfals -]{0,40}"#,
        "[A-Za-z0-9+/]{0,20}={0,2}",
        "[%&=/a-z\u{1}\"é]{0,4}".prop_map(|text| text.repeat(4_000)),
        body(),
        select(vec![
            "{}",
            "null",
            "live",
            "$default",
            "/contacts",
            "/contacts/%ff",
            "/contacts/%00",
            "limit=0&limit=1",
            "\"*\"",
            "HTTP",
            "2.0",
        ])
        .prop_map(ToOwned::to_owned),
    ]
}

/// A body that is JSON, or nearly: with long names, names twice, and numbers that are none.
fn body() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("\"a\"".to_owned()),
        Just("\"id\"".to_owned()),
        "[a-zé\u{1}\"]{1,3}".prop_map(|text| json!(text.repeat(10_000)).to_string()),
        "[ -~é]{0,12}".prop_map(|text| json!(text).to_string()),
    ];
    let leaf = select(vec![
        "1",
        "1e999",
        "null",
        "\"x\"",
        "1e37",
        "tru",
        "\"\\ud800\"",
    ])
    .prop_map(ToOwned::to_owned);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let members = prop::collection::vec((name.clone(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(","))),
            members.prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, value)| format!("{name}:{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// An event of each shape, with a request of each kind.
fn event() -> impl Strategy<Value = Value> {
    let call = select(vec![
        Call::new("POST", "/contacts").json(r#"{"name": "Ada"}"#),
        Call::new("GET", "/contacts")
            .query("limit", "2")
            .query("cursor", "x"),
        Call::new("GET", "/contacts/some"),
        Call::new("PATCH", "/contacts/some")
            .json("{}")
            .header("If-Match", "\"1\""),
        Call::new("DELETE", "/contacts/some"),
        Call::new("GET", "/elsewhere"),
    ]);
    (call, 0..3_usize).prop_map(|(call, shape)| match shape {
        0 => call.rest(),
        1 => call.http_on_stage("live"),
        _ => call.function_url(),
    })
}

/// What a caller has a hand in, in all three shapes.
const CALLERS: [&str; 17] = [
    "/path",
    "/rawPath",
    "/rawQueryString",
    "/body",
    "/requestContext/path",
    "/requestContext/stage",
    "/requestContext/domainName",
    "/requestContext/http/path",
    "/requestContext/http/userAgent",
    "/requestContext/identity/userAgent",
    "/requestContext/identity/apiKeyId",
    "/queryStringParameters/limit",
    "/queryStringParameters/cursor",
    "/multiValueQueryStringParameters/limit",
    "/multiValueQueryStringParameters/cursor",
    "/pathParameters",
    "/stageVariables",
];

/// What stands in a header: what HTTP allows, and the control characters that it does not, for a gateway may let them through.
fn header() -> impl Strategy<Value = Value> {
    let line = prop_oneof![
        "[\t -~é€]{0,24}",
        "[\x00-\x1f\x7f\"1]{0,6}",
        text(),
        select(vec!["\"1\"", "*", "application/json", "60"]).prop_map(ToOwned::to_owned),
    ];
    prop_oneof![
        8 => line.clone().prop_map(Value::from),
        1 => prop::collection::vec(line, 0..3).prop_map(Value::from),
        1 => value(),
    ]
}

fn header_name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec![
            "host",
            "content-type",
            "Content-Type",
            "if-match",
            "If-Match",
            "x-test-ttl",
            "x-forwarded-proto",
            "accept",
        ])
        .prop_map(ToOwned::to_owned),
        1 => any::<String>(),
    ]
}

/// Replaces what a caller has a hand in, and only that: the event is still one.
fn by_its_caller() -> impl Strategy<Value = Value> {
    let texts = prop::collection::vec((select(&CALLERS[..]), text()), 0..4);
    let headers = prop::collection::vec((header_name(), header()), 0..3);
    (event(), texts, headers, any::<Option<bool>>()).prop_map(
        |(mut event, texts, headers, base64)| {
            for (pointer, text) in texts {
                if let Some(place) = event.pointer_mut(pointer) {
                    *place = match place {
                        Value::Array(_) => json!([text]),
                        Value::String(_) | Value::Null if !pointer.ends_with('s') => json!(text),
                        _ => json!({ text.clone(): text }),
                    };
                }
            }
            for (name, value) in headers {
                event["headers"][&name] = json!(value);
                if event.get("multiValueHeaders").is_some() {
                    event["multiValueHeaders"][name] = json!([value, value]);
                }
            }
            if let Some(base64) = base64 {
                event["isBase64Encoded"] = json!(base64);
            }
            event
        },
    )
}

/// All the places of a JSON value, as pointers.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let members: Vec<_> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => return,
    };
    for (step, value) in members {
        places(value, &format!("{at}/{step}"), all);
    }
}

/// Replaces anything by anything: what comes of it need not be an event.
fn by_anyone() -> impl Strategy<Value = Value> {
    let changes = prop::collection::vec((any::<Index>(), value()), 1..4);
    (event(), changes).prop_map(|(mut event, changes)| {
        for (at, value) in changes {
            let mut all = Vec::new();
            places(&event, "", &mut all);
            if let Some(place) = event.pointer_mut(at.get(&all).as_str()) {
                *place = value;
            }
        }
        event
    })
}

/// What JSON can write and a `String` cannot hold, in the place of a text that a caller has a hand in; and a member twice.
fn by_its_text() -> impl Strategy<Value = String> {
    const PLACE: &str = "@@";
    let escape = select(vec![
        r"\ud800",
        r"\udfff",
        r"\ud83d\ude00",
        r"\u0000",
        r"\u0041\ud800\u0041",
    ]);
    let pointers = select(
        &[
            "/path",
            "/body",
            "/headers/Accept",
            "/headers/accept",
            "/rawPath",
            "/requestContext/path",
        ][..],
    );
    (event(), pointers, escape, any::<bool>()).prop_map(|(mut event, pointer, escape, twice)| {
        if let Some(place) = event.pointer_mut(pointer) {
            *place = json!(format!("/contacts/{PLACE}"));
        }
        event["headers"][format!("If-Match{PLACE}")] = json!(PLACE);
        event["headers"]["if-match"] = json!(PLACE);
        let text = event.to_string().replace(PLACE, escape);
        if twice {
            let (members, _) = text.rsplit_once('}').unwrap();
            format!(r#"{members}, "headers": 1, "body": "", "isBase64Encoded": "no"}}"#)
        } else {
            text
        }
    })
}

/// A gateway takes the answer, it is no longer than one may be, and it says what happened in the API's own words.
#[track_caller]
fn is_well_formed(answer: &Answer) {
    match answer.status {
        204 => assert_eq!(answer.text, ""),
        200 | 201 => {
            answer.success(answer.status);
        }
        // No fault of the caller's is the function's.
        400..=499 => {
            answer.problem_or_nothing();
        }
        other => panic!("{other}: {}", answer.text),
    }
}

/// A table that outlives the cases, and what drives them.
fn with_api<T>(test: impl FnOnce(&tokio::runtime::Runtime, &Caller) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let table = runtime.block_on(Table::start());
    test(&runtime, &table.api())
}

#[test]
fn whatever_a_caller_sends_is_answered() {
    with_api(|runtime, api| {
        proptest!(|(event in by_its_caller())| {
            let answer = runtime.block_on(api.any_event(&event.to_string()));
            is_well_formed(&answer.unwrap_or_else(|error| panic!("{error}: {event}")));
        });
    });
}

#[test]
fn text_that_is_no_unicode_is_answered() {
    with_api(|runtime, api| {
        proptest!(|(event in by_its_text())| {
            let answer = runtime.block_on(api.any_event(&event));
            is_well_formed(&answer.unwrap_or_else(|error| panic!("{error}: {event}")));
        });
    });
}

/// Whether a gateway may have sent this: each event of one has a method, by which the others of Lambda are told from it.
fn has_method(event: &Value) -> bool {
    let place = if event["version"] == "2.0" {
        "/requestContext/http/method"
    } else {
        "/httpMethod"
    };
    let method = event.pointer(place).and_then(Value::as_str);
    method.is_some_and(|method| !method.is_empty())
}

#[test]
fn whatever_is_no_event_is_answered_or_refused() {
    with_api(|runtime, api| {
        proptest!(|(event in by_anyone())| {
            match runtime.block_on(api.any_event(&event.to_string())) {
                Ok(answer) => is_well_formed(&answer),
                Err(error) => {
                    prop_assert!(error.to_string().contains("is no event"), "{}", error);
                    prop_assert!(!has_method(&event), "{}: {}", error, event);
                }
            }
        });
    });
}
