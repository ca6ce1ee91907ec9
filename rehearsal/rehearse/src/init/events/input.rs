//! What the target of a rule or a schedule makes of an event: a text of its own, a part of the event, or a text with parts of it (EventBridge user guide,
//! "Amazon EventBridge input transformation"; EventBridge Scheduler user guide, "Adding context attributes").

use rehearsal_template::Value as Resolved;
use serde_json::Value;

/// What a rule's target gets of an event; `None` where that is not known or cannot be evaluated.
pub(super) fn of_target(
    target: Option<&Resolved>,
    event: &Value,
    rule: &[(&str, &str)],
) -> Option<Value> {
    let property = |name: &str| target?.get(name);
    if let Some(input) = property("Input") {
        return json(input.as_str()?);
    }
    if let Some(path) = property("InputPath") {
        return at(event, path.as_str()?).cloned();
    }
    let Some(transformer) = property("InputTransformer") else {
        return Some(event.clone());
    };
    let paths = transformer.get("InputPathsMap");
    let paths = paths
        .and_then(Resolved::as_map)
        .into_iter()
        .flat_map(|paths| paths.iter());
    let mut variables = Vec::new();
    for (name, path) in paths {
        variables.push((name.clone(), at(event, path.as_str()?)?.clone()));
    }
    variables.push(("aws.events.event".to_owned(), event.clone()));
    variables.push(("aws.events.event.json".to_owned(), event.clone()));
    let time = ("aws.events.event.ingestion-time", super::TIME);
    let own = rule.iter().copied().chain([time]);
    variables.extend(own.map(|(name, value)| (name.to_owned(), value.into())));
    json(&filled(
        transformer.get("InputTemplate")?.as_str()?,
        &variables,
    )?)
}

/// A text as JSON, which a function's event is.
pub(super) fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The part of an event that a path names: `$.detail.items[0]`.
fn at<'e>(event: &'e Value, path: &str) -> Option<&'e Value> {
    let mut found = event;
    for part in path.strip_prefix('$')?.split('.') {
        let (name, indices) = part.split_once('[').unwrap_or((part, ""));
        if !name.is_empty() {
            found = found.get(name)?;
        }
        for index in indices.split('[').filter(|index| !index.is_empty()) {
            found = found.get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    Some(found)
}

/// A template with values in the place of `<name>`: within a text as text, and elsewhere as JSON.
fn filled(template: &str, variables: &[(String, Value)]) -> Option<String> {
    let mut text = String::new();
    let (mut rest, mut is_in_text) = (template, false);
    while let Some(position) = rest.find(['"', '\\', '<']) {
        let (before, behind) = rest.split_at(position);
        text.push_str(before);
        let mut skipped = 1;
        if let Some(escaped) = behind.strip_prefix('\\') {
            skipped += escaped.chars().next().map_or(0, char::len_utf8);
        } else if behind.starts_with('"') {
            is_in_text = !is_in_text;
        } else {
            let end = behind.find('>')?;
            let (_, value) = variables.iter().find(|(name, _)| *name == behind[1..end])?;
            text.push_str(&inserted(value, is_in_text));
            rest = &behind[end + 1..];
            continue;
        }
        text.push_str(&behind[..skipped]);
        rest = &behind[skipped..];
    }
    text.push_str(rest);
    Some(text)
}

/// A value as it stands in a template.
fn inserted(value: &Value, is_in_text: bool) -> String {
    if !is_in_text {
        return value.to_string();
    }
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_names_a_part_of_an_event() {
        let event = json!({"detail": {"items": [{"id": 7}]}});
        assert_eq!(at(&event, "$"), Some(&event));
        assert_eq!(at(&event, "$.detail.items[0].id"), Some(&json!(7)));
        for none in [
            "$.detail.other",
            "detail",
            "$.detail.items[1]",
            "$.detail.items[x]",
        ] {
            assert_eq!(at(&event, none), None, "{none}");
        }
    }

    #[test]
    fn a_template_has_values_as_text_within_texts_and_as_json_elsewhere() {
        let variables = [
            ("id".to_owned(), json!("a\"b")),
            ("list".to_owned(), json!([1])),
        ];
        let of = |template: &str| filled(template, &variables).and_then(|text| json(&text));
        let expected =
            json!({"id": "a\"b", "say": "it is a\"b of [1]", "list": [1], "tag": "\"<id>"});
        let template =
            r#"{"id": <id>, "say": "it is <id> of <list>", "list": <list>, "tag": "\"\u003cid>"}"#;
        assert_eq!(of(template), Some(expected));
        assert_eq!(of(r#""order <id>""#), Some(json!("order a\"b")));
        assert_eq!(of("<other>"), None);
        assert_eq!(of("no json <id>"), None);
    }
}
