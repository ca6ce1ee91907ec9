//! What a plain scalar is.
//!
//! SAM reads templates with PyYAML, which follows YAML 1.1: `no` is false, `010` is eight, `1:30` is ninety. Plain scalars are
//! resolved by the expressions of its `resolver.py`.
//! One departure: what PyYAML makes a date stays text, as CloudFormation has no dates.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_lite::Regex;

use super::NodeKind;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant expression that the tests compile")
}

static BINARY: LazyLock<Regex> = LazyLock::new(|| pattern("^[-+]?0b[01_]+$"));
static OCTAL: LazyLock<Regex> = LazyLock::new(|| pattern("^[-+]?0[0-7_]+$"));
static DECIMAL: LazyLock<Regex> = LazyLock::new(|| pattern("^[-+]?(?:0|[1-9][0-9_]*)$"));
static HEXADECIMAL: LazyLock<Regex> = LazyLock::new(|| pattern("^[-+]?0x[0-9a-fA-F_]+$"));
static SEXAGESIMAL: LazyLock<Regex> =
    LazyLock::new(|| pattern("^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$"));
static FLOAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$",
    )
});

static SEXAGESIMAL_FLOAT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$"));

/// Resolves a plain scalar of YAML 1.1.
pub(super) fn resolve(text: Cow<'_, str>) -> NodeKind {
    other_than_text(&text).unwrap_or_else(|| NodeKind::String(text.into_owned()))
}

/// What a plain scalar is that is no text.
fn other_than_text(text: &str) -> Option<NodeKind> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(NodeKind::Null),
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Some(NodeKind::Bool(true));
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Some(NodeKind::Bool(false));
        }
        _ => {}
    }
    // Most scalars are words: spare them the expressions.
    let is_word =
        !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'));
    if is_word {
        return None;
    }
    number(text).map(NodeKind::Number)
}

/// What a plain key of YAML 1.1 is as text: PyYAML reads `on` as a boolean and `010` as eight here too, and SAM writes both
/// as JSON does.
pub(super) fn key(text: Cow<'_, str>) -> String {
    match other_than_text(&text) {
        Some(NodeKind::Bool(value)) => value.to_string(),
        Some(NodeKind::Number(number)) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => text.into_owned(),
    }
}

fn number(text: &str) -> Option<serde_json::Number> {
    // Most numbers are digits alone: spare them the expressions.
    if !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return integer(false, text, 10);
    }
    let digits = text.replace('_', "");
    let (negative, magnitude) = match digits.as_bytes().first()? {
        b'-' => (true, &digits[1..]),
        b'+' => (false, &digits[1..]),
        _ => (false, digits.as_str()),
    };
    if DECIMAL.is_match(text) {
        integer(negative, magnitude, 10)
    } else if OCTAL.is_match(text) {
        integer(negative, magnitude, 8)
    } else if BINARY.is_match(text) {
        integer(negative, &magnitude[2..], 2)
    } else if HEXADECIMAL.is_match(text) {
        integer(negative, &magnitude[2..], 16)
    } else if SEXAGESIMAL.is_match(text) {
        let value = magnitude.split(':').try_fold(0_i64, |sum, part| {
            sum.checked_mul(60)?.checked_add(part.parse().ok()?)
        })?;
        Some(if negative { -value } else { value }.into())
    } else if FLOAT.is_match(text) {
        serde_json::Number::from_f64(digits.parse().ok()?)
    } else if SEXAGESIMAL_FLOAT.is_match(text) {
        let value = magnitude.split(':').try_fold(0_f64, |sum, part| {
            Some(sum.mul_add(60.0, part.parse::<f64>().ok()?))
        })?;
        serde_json::Number::from_f64(if negative { -value } else { value })
    } else {
        None
    }
}

fn integer(negative: bool, digits: &str, radix: u32) -> Option<serde_json::Number> {
    // An integer beyond 64 bits stays text: its digits matter more than its kind.
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        Some(0_i64.checked_sub_unsigned(magnitude)?.into())
    } else {
        Some(magnitude.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_resolve_as_yaml_1_1() {
        let text = |text: &str| NodeKind::String(text.to_owned());
        let number = |text: &str| NodeKind::Number(serde_json::from_str(text).unwrap());
        for (written, meant) in [
            ("yes", NodeKind::Bool(true)),
            ("No", NodeKind::Bool(false)),
            ("ON", NodeKind::Bool(true)),
            ("off", NodeKind::Bool(false)),
            ("true", NodeKind::Bool(true)),
            ("y", text("y")),
            ("n", text("n")),
            ("yEs", text("yEs")),
            ("~", NodeKind::Null),
            ("", NodeKind::Null),
            ("null", NodeKind::Null),
            ("nULL", text("nULL")),
            ("0", number("0")),
            ("010", number("8")),
            ("-010", number("-8")),
            ("08", text("08")),
            ("012345678901", text("012345678901")),
            ("123456789012", number("123456789012")),
            ("0o10", text("0o10")),
            ("0x1F", number("31")),
            ("0b101", number("5")),
            ("1_000", number("1000")),
            ("+5", number("5")),
            ("-5", number("-5")),
            ("1:30", number("90")),
            ("22:22", number("1342")),
            ("1:30.5", number("90.5")),
            ("1.5", number("1.5")),
            ("1.", number("1.0")),
            (".5", number("0.5")),
            ("1e3", text("1e3")),
            ("1.5e3", text("1.5e3")),
            ("1.5e+3", number("1500.0")),
            (".inf", text(".inf")),
            (".nan", text(".nan")),
            ("2012-10-17", text("2012-10-17")),
            ("99999999999999999999999", text("99999999999999999999999")),
            ("-", text("-")),
            ("1.2.3", text("1.2.3")),
            ("10.0.0.0/16", text("10.0.0.0/16")),
            ("0_", number("0")),
            ("0x_", text("0x_")),
        ] {
            assert_eq!(resolve(written.into()), meant, "{written:?}");
        }
    }

    #[test]
    fn plain_keys_are_what_yaml_1_1_reads_in_them() {
        for (written, meant) in [
            ("Off", "false"),
            ("yes", "true"),
            ("200", "200"),
            ("010", "8"),
            ("1.50", "1.50"),
            ("~", "~"),
            ("/items", "/items"),
        ] {
            assert_eq!(key(written.into()), meant, "{written:?}");
        }
    }
}
