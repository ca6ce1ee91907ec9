use aws_smithy_types::base64;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYOFTHISTEST=";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEOFTHISTEST//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+Dtz==";

fn known() {
    for value in [SECRET, TOKEN, "ASIAOFTHISTEST000000"] {
        keep_secret(value);
    }
}

/// A way to write a text within another.
#[derive(Clone, Copy, Debug)]
enum Spelling {
    Percent,
    SmallPercent,
    Json,
    JsonUnicode,
    HtmlDecimal,
    HtmlHex,
    HtmlNamed,
}

const SPELLINGS: [Spelling; 7] = [
    Spelling::Percent,
    Spelling::SmallPercent,
    Spelling::Json,
    Spelling::JsonUnicode,
    Spelling::HtmlDecimal,
    Spelling::HtmlHex,
    Spelling::HtmlNamed,
];

impl Spelling {
    fn of(self, text: &str) -> String {
        text.chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_string()
                } else {
                    self.of_one(c)
                }
            })
            .collect()
    }

    fn of_one(self, character: char) -> String {
        let number = u32::from(character);
        match (self, character) {
            (Self::Percent, _) => format!("%{number:02X}"),
            (Self::SmallPercent, _) => format!("%{number:02x}"),
            (Self::Json, '/' | '"' | '\\') => format!("\\{character}"),
            (Self::JsonUnicode, _) => format!("\\u{number:04x}"),
            (Self::HtmlDecimal, _) => format!("&#{number};"),
            (Self::HtmlHex, _) => format!("&#x{number:X};"),
            (Self::HtmlNamed, '&') => "&amp;".to_owned(),
            (Self::HtmlNamed, '+') => "&plus;".to_owned(),
            (Self::HtmlNamed, '/') => "&sol;".to_owned(),
            (Self::HtmlNamed, '=') => "&equals;".to_owned(),
            (Self::HtmlNamed, '"') => "&quot;".to_owned(),
            _ => character.to_string(),
        }
    }
}

#[test]
fn a_text_without_secrets_is_left_as_it_is() {
    known();
    for text in [
        "",
        "expected status 201, got status 403 (Missing Authentication Token) (request id 7a4c91d2)",
        "API_AUTHORIZATION is AWS_IAM: deploy with ApiAuthorization=NONE",
        "The request signature we calculated does not match the signature you provided.",
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter.",
        "SignedHeaders=host;x-amz-date;x-amz-security-token",
        "ask for /contacts without a signature: expected status 403",
        "look at the credential: it is missing",
        "a credential, a signature or an authorization that is not there",
        "100 % of für %zz \\u12 &nothing;",
    ] {
        assert!(matches!(redact(text), Cow::Borrowed(_)), "{}", redact(text));
    }
}

#[test]
fn what_is_secret_by_its_name_is_taken_out_whatever_it_is() {
    #[rustfmt::skip] // A table.
    let cases = [
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/x, SignedHeaders=host, Signature=ab12\nhost:x",
            "Authorization: [redacted]\nhost:x",
        ),
        ("Credential=A/20260101/x, SignedHeaders=host, Signature=ab12", "Credential=[redacted], SignedHeaders=host, Signature=[redacted]"),
        (
            "GET /?X-Amz-Credential=A%2F2026&X-Amz-Security-Token=other%2Bone&X-Amz-Signature=ab12&a=b",
            "GET /?X-Amz-Credential=[redacted]&X-Amz-Security-Token=[redacted]&X-Amz-Signature=[redacted]&a=b",
        ),
        (
            r#"{"authorization": "Bearer a.b", "X-Amz-Security-Token":["c"], "date": "d"}"#,
            r#"{"authorization": "[redacted]", "X-Amz-Security-Token":["[redacted]"], "date": "d"}"#,
        ),
        (r#"{\"x-amz-security-token\":\"other\",\"a\":1}"#, r#"{\"x-amz-security-token\":\"[redacted]\",\"a\":1}"#),
        (
            "The Canonical String was\n'GET\nx-amz-security-token:other\n\nhost;x-amz-security-token\nabc'",
            "The Canonical String was\n'GET\nx-amz-security-token:[redacted]\n\nhost;x-amz-security-token\nabc'",
        ),
        (r"x-amz-security-token:other\n\nhost", r"x-amz-security-token:[redacted]\n\nhost"),
        (r#"[("authorization", "Basic QTpi"), ("host", "x")]"#, r#"[("authorization", "[redacted]"), ("host", "x")]"#),
        (r#"{"Signature": "ab12", "Credential":"A/2026"}"#, r#"{"Signature": "[redacted]", "Credential":"[redacted]"}"#),
        ("<Signature>ab12</Signature>", "<Signature>[redacted]</Signature>"),
        ("x-amz-security-token%3Aother%0Ahost", "x-amz-security-token%3A[redacted]%0Ahost"),
        ("Proxy-Authorization: Basic QTpi", "Proxy-Authorization: [redacted]"),
    ];
    for (text, redacted) in cases {
        assert_eq!(redact(text), redacted);
    }
}

#[test]
fn a_credential_that_was_cut_is_taken_out_as_far_as_it_goes() {
    known();
    assert_eq!(
        redact(&format!("it was {}…", &TOKEN[..20])),
        "it was [redacted]…"
    );
    assert_eq!(
        redact(&format!("…{} it was", &TOKEN[20..50])),
        "…[redacted] it was"
    );
    // Eleven characters may be chance.
    assert_eq!(redact(&TOKEN[..11]), &TOKEN[..11]);
}

#[test]
fn a_credential_is_found_in_base64_wherever_it_begins() {
    known();
    for before in ["", "a", "ab", "Authorization-", "user:"] {
        let encoded = base64::encode(format!("{before}{SECRET}:after"));
        let redacted = redact(&encoded);
        let left: String = redacted.replace(REDACTED, "");
        assert!(
            redacted.contains(REDACTED) && left.len() < 32,
            "{encoded}: {redacted}"
        );
    }
}

#[test]
fn a_placeholder_of_a_few_characters_is_left_alone() {
    Environment::from_variables([
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]);
    assert_eq!(redact("a local test"), "a local test");
}

#[test]
fn names_texts_and_members_of_a_document_are_redacted_and_nothing_else() {
    known();
    let mut document = json!({
        "detail": format!("got {TOKEN}"),
        "notes": {SECRET: 1, "list": [TOKEN, 2, null, true]},
        "headers": {"Authorization": "Bearer abc", "x-amz-security-token": ["other"], "empty": ""},
        "status": 403,
    });
    redact_json(&mut document);
    let expected = json!({
        "detail": "got [redacted]",
        "notes": {"[redacted]": 1, "list": ["[redacted]", 2, null, true]},
        "headers": {"Authorization": "[redacted]", "x-amz-security-token": ["[redacted]"], "empty": ""},
        "status": 403,
    });
    assert_eq!(document, expected);
}

#[test]
fn a_long_text_of_nested_escapes_is_read_in_one_go() {
    let text = format!("%{}", "25".repeat(1 << 20));
    let begun = std::time::Instant::now();
    redact(&text);
    // Were it read once for each level, it would take hours.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

proptest! {
    #[test]
    fn a_credential_is_taken_out_however_it_is_spelled(
        spellings in prop::collection::vec(prop::sample::select(&SPELLINGS[..]), 0..4),
        secret in prop::sample::select(vec![SECRET, TOKEN, "ASIAOFTHISTEST000000"]),
        before in "[a-z :]{0,9}", after in "[a-z :]{0,9}",
    ) {
        known();
        let spelled = spellings.iter().fold(secret.to_owned(), |text, spelling| spelling.of(&text));
        let redacted = redact(&format!("{before}<{spelled}>{after}")).into_owned();
        prop_assert_eq!(redacted, format!("{before}<{REDACTED}>{after}"));
    }

    #[test]
    fn what_is_redacted_stays_as_it_is_and_any_text_is_read(text in r#"([a-zü%\\&;'" \n]|%25|Signature=|authorization:|x-amz-security-token|\[redacted\]){0,30}"#) {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once), once.as_str());
    }
}

proptest! {
    // Each case adds a credential for good.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_credential_is_taken_out_of_any_json(secret in "[A-Za-z0-9+/]{16,60}={0,2}", text in ".*") {
        keep_secret(&secret);
        let mut document = json!({"a": format!("{text} {secret} {text}")});
        redact_json(&mut document);
        prop_assert!(!document.to_string().contains(&secret));
    }
}
