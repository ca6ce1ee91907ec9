//! The documentation's examples, row by row, and what is refused.

use super::*;

fn matches(pattern: &str, line: &str) -> bool {
    Pattern::parse(pattern)
        .unwrap_or_else(|error| panic!("{pattern}: {error}"))
        .find(line)
        .is_some()
}

#[track_caller]
fn check(pattern: &str, lines: &[&str], expected: &[bool]) {
    let found: Vec<bool> = lines.iter().map(|line| matches(pattern, line)).collect();
    assert_eq!(found, expected, "{pattern} on {lines:?}");
}

#[test]
fn the_guides_terms_match_as_it_says() {
    let lines = [
        "[ERROR 400] BAD REQUEST",
        "[ERROR 401] UNAUTHORIZED REQUEST",
        "[ERROR 419] MISSING ARGUMENTS",
        "[ERROR 420] INVALID ARGUMENTS",
    ];
    check("ERROR", &lines, &[true; 4]);
    check("ERROR ARGUMENTS", &lines, &[false, false, true, true]);
    check("?ERROR ?ARGUMENTS", &lines, &[true; 4]);
    check("ERROR -ARGUMENTS", &lines, &[true, true, false, false]);
    check("\" \"", &lines, &[true; 4]);
    check("", &lines, &[true; 4]);
    check("error", &lines, &[false; 4]);
    check(
        "\"INTERNAL SERVER ERROR\"",
        &["[ERROR 500] INTERNAL SERVER ERROR", "INTERNAL ERROR"],
        &[true, false],
    );
}

#[test]
fn the_terms_of_the_guides_earlier_edition_match_as_it_says() {
    check(
        "ERROR",
        &[
            "[ERROR] A fatal exception has occurred",
            "Exiting with ERRORCODE: -1",
        ],
        &[true, true],
    );
    check(
        "\"ERROR\" - \"Exiting\"",
        &[
            "[ERROR] A fatal exception has occurred",
            "Exiting with ERRORCODE: -1",
        ],
        &[true, false],
    );
    check(
        "ERROR Exception",
        &[
            "[ERROR] Caught IllegalArgumentException",
            "[ERROR] Unhandled Exception",
        ],
        &[true, true],
    );
    let lines = ["ERROR WARN message", "ERROR message", "WARN message"];
    check("ERROR", &lines, &[true, true, false]);
    check("?ERROR ?WARN", &lines, &[true, true, true]);
    check("ERROR WARN", &lines, &[true, false, false]);
    check("ERROR -WARN", &lines, &[false, true, false]);
    check("[w1=ERROR, w2]", &lines, &[true, true, false]);
    check("[w1=ERROR || w1=WARN, w2]", &lines, &[true, true, true]);
    check(
        "[w1!=ERROR && w1!=WARN, w2]",
        &["ERROR a", "WARN a", "INFO a"],
        &[false, false, true],
    );
}

const EVENT: &str = r#"{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": null, "ThisFlag": true}"#;

#[test]
fn the_guides_json_filters_match_as_it_says() {
    for (pattern, expected) in [
        ("{ $.eventType = \"UpdateTrail\" }", true),
        ("{ $.eventType = UpdateTrail }", true),
        ("{ $.eventType = \"*Trail\" }", true),
        ("{ $.eventType = \"Upd*Trail\" }", false),
        ("{ $.sourceIPAddress != 123.123.* }", true),
        ("{ $.sourceIPAddress != 111.111.* }", false),
        ("{ $.arrayKey[0] = \"value\" }", true),
        ("{ $.arrayKey[1] = \"value\" }", false),
        ("{ $.objectList[1].id = 2 }", true),
        ("{ $.eventType[0] = 2 }", false),
        ("{ $.SomeObject IS NULL }", true),
        ("{ $.eventType IS NULL }", false),
        ("{ $.SomeOtherObject NOT EXISTS }", true),
        ("{ $.SomeObject NOT EXISTS }", false),
        ("{ $.ThisFlag IS TRUE }", true),
        ("{ $.ThisFlag IS FALSE }", false),
        // What is an array or an object is neither equal nor unequal to anything.
        ("{ $.arrayKey = 1 }", false),
        ("{ $.arrayKey != 1 }", false),
        ("{ $.missing != 1 }", false),
        (
            "{ $.eventType = \"*\" && $.sourceIPAddress != 123.123.* }",
            true,
        ),
    ] {
        assert_eq!(matches(pattern, EVENT), expected, "{pattern}");
    }
    assert!(!matches("{ $.eventType = \"*\" }", "no JSON"));
}

#[test]
fn the_guides_compound_filters_match_as_it_says() {
    let event = r#"{"user": {"id": 1, "email": "John.Stiles@example.com"}, "users": [{"id": 2, "email": "John.Doe@example.com"},
        {"id": 3, "email": "Jane.Doe@example.com"}], "actions": ["GET", "PUT", "DELETE"], "coordinates": [[0, 1, 2], [4, 5, 6]]}"#;
    #[rustfmt::skip] // A table.
    let cases = [
        ("{ ($.user.id = 1) && ($.users[0].email = \"John.Doe@example.com\") }", true),
        ("{ $.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = \"nonmatch\" && $.actions[2] = \"nonmatch\" }", true),
        ("{ ($.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = \"nonmatch\") && $.actions[2] = \"nonmatch\" }", false),
        ("{ ($.user.id = 2 && $.users[0].email = \"nonmatch\") || $.actions[2] = \"GET\" }", false),
        ("{ $.coordinates[0][1] = 1 }", true),
    ];
    for (pattern, expected) in cases {
        assert_eq!(matches(pattern, event), expected, "{pattern}");
    }
}

#[test]
fn the_guides_numeric_filters_match_as_it_says() {
    let line = r#"{"bandwidth": 80, "latency": 40, "refreshRate": 60, "responseTime": 5, "errorCode": 400, "number": [0.001]}"#;
    for pattern in [
        "{ $.bandwidth > 75 }",
        "{ $.latency < 50 }",
        "{ $.refreshRate >= 60 }",
        "{ $.responseTime <= 5 }",
        "{ $.errorCode = 400}",
        "{ $.errorCode != 500 }",
        "{ $.number[0] = 1e-3 }",
        "{ $.number[0] != 1e+3 }",
        "{ $.latency < +1000 }",
        "{ $.latency = * }",
        "{ $.errorCode = 4* }",
    ] {
        assert!(matches(pattern, line), "{pattern}");
    }
    for pattern in [
        "{ $.bandwidth > 80 }",
        "{ $.latency < 40 }",
        "{ $.errorCode = 4000 }",
        "{ $.missing > 1 }",
        "{ $.missing = * }",
    ] {
        assert!(!matches(pattern, line), "{pattern}");
    }
}

const ACCESS: &str =
    "127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";

#[test]
fn the_guides_space_delimited_filters_match_as_it_says() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", true),
        ("[..., request =*.html*, status_code = 4*, bytes]", true),
        ("[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, bytes]", true),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", true),
        ("[ip, user, username, timestamp, request, status_code, bytes > 2000]", false),
        ("[ip, user, username, timestamp, request, status_code = 200, bytes]", false),
        ("[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]", true),
        ("[ip, user, username, timestamp, request, status_code = 4* && status_code != 404, bytes]", false),
        ("[ip, user, ..., status_code, bytes]", true),
        ("[ip, user, ...]", true),
        ("[ip, user, username, timestamp, request, status_code, bytes, more]", false),
        ("[..., status_code = 404]", false),
    ];
    for (pattern, expected) in cases {
        assert_eq!(matches(pattern, ACCESS), expected, "{pattern}");
    }
}

#[test]
fn the_fields_of_a_line_are_those_of_the_guide() {
    let found = Pattern::parse(
        "[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]",
    )
    .unwrap()
    .find(ACCESS);
    let expected = [
        ("bytes", "1534"),
        ("status_code", "404"),
        ("request", "GET /index.html HTTP/1.0"),
        ("timestamp", "10/Oct/2000:13:25:15 -0700"),
        ("username", "frank"),
        ("user", "Prod"),
        ("ip", "127.0.0.1"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(found, Some(Found::Fields(BTreeMap::from(expected))));
}

fn filter(pattern: &str, value: &str, dimensions: &[(&str, &str)]) -> MetricFilter {
    MetricFilter {
        pattern: Pattern::parse(pattern).unwrap(),
        namespace: "Shop".to_owned(),
        name: "Seen".to_owned(),
        value: MetricValue::parse(value).unwrap(),
        default_value: None,
        dimensions: dimensions
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Selector::parse(value).unwrap()))
            .collect(),
    }
}

#[test]
fn a_filter_counts_with_its_value_or_one_of_the_line() {
    let seen = |filter: &MetricFilter, line: &str| filter.observe(line).map(|(_, value)| value);
    assert_eq!(seen(&filter("ERROR", "1", &[]), "an ERROR"), Some(1.0));
    assert_eq!(seen(&filter("ERROR", "1", &[]), "fine"), None);
    let latency = filter("{ $.latency = * }", "$.latency", &[]);
    assert_eq!(
        seen(&latency, r#"{"latency": 50, "requestType": "GET"}"#),
        Some(50.0)
    );
    assert_eq!(seen(&latency, r#"{"latency": "slow"}"#), None);
    assert_eq!(
        seen(&filter("[..., bytes]", "$bytes", &[]), ACCESS),
        Some(1534.0)
    );
}

#[test]
fn a_filters_dimensions_have_their_values_from_the_line() {
    let json = filter(
        "{ $.eventType = \"*\" }",
        "1",
        &[("eventType", "$.eventType")],
    );
    assert_eq!(
        json.observe(EVENT),
        Some((
            Metric::new("Shop", "Seen", &[("eventType", "UpdateTrail")]),
            1.0
        ))
    );
    let fields = filter(
        "[ip, server, username, timestamp, request, status_code, bytes > 1000]",
        "1",
        &[("server", "$server")],
    );
    assert_eq!(
        fields.observe(ACCESS),
        Some((Metric::new("Shop", "Seen", &[("server", "Prod")]), 1.0))
    );
    let missing = filter("{ $.eventType = \"*\" }", "1", &[("user", "$.user")]);
    assert_eq!(missing.observe(EVENT), None);
}

#[test]
fn a_wrong_pattern_is_an_error_at_its_column() {
    for (pattern, column, part) in [
        ("error:", 6, "quotation marks"),
        ("\"open", 1, "not closed"),
        ("%ERROR%", 1, "regular expression"),
        ("?ERROR -WARN", 1, "not combined"),
        ("{ $.a = 1", 10, "} is expected"),
        ("{ $.a > x }", 10, "no number"),
        ("{ $.a ~ 1 }", 7, "=, !="),
        ("{ a = 1 }", 3, "$ is expected"),
        ("{ $ = 1 }", 5, "a property"),
        ("{ $.a[*] = 1 }", 7, "an index"),
        ("{ $.a IS NOT NULL }", 10, "NULL, TRUE"),
        ("{ $.a = %x% }", 9, "regular expression"),
        ("{ $.a = 1 } x", 13, "ends with }"),
        ("[a, b", 6, ", or ]"),
        ("[a = 1 && b = 2]", 12, "a is expected"),
        ("[..., ...]", 10, "once"),
    ] {
        let error = Pattern::parse(pattern).expect_err(pattern);
        assert_eq!(error.column, column, "{pattern}: {error}");
        assert!(error.message.contains(part), "{pattern}: {error}");
    }
    assert!(Pattern::parse(&format!("{{{}", "(".repeat(5_000))).is_err());
    assert!(MetricValue::parse("latency").is_err());
}

#[test]
fn lambdas_own_lines_are_found() {
    let timeout = "2024-01-01T00:00:03.010Z 6bc28136-xmpl Task timed out after 3.00 seconds";
    check("\"Task timed out\"", &[timeout, "fine"], &[true, false]);
    let report = "REPORT RequestId: 6bc2 Duration: 12.50 ms Billed Duration: 13 ms Memory Size: 128 MB Max Memory Used: 64 MB";
    let used = filter("[type = REPORT, ..., used, unit = MB]", "$used", &[]);
    assert_eq!(used.observe(report).map(|(_, value)| value), Some(64.0));
}
