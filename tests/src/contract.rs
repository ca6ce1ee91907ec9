//! The JSON report's shape, which tools rely on. Keys beyond it are allowed.

use serde_json::Value;

type Is = fn(&Value) -> bool;

const TEXT: Is = Value::is_string;
const NUMBER: Is = Value::is_number;
const NUMBER_OR_NULL: Is = |value| value.is_number() || value.is_null();
const ARRAY: Is = Value::is_array;
const TEXT_OR_NULL: Is = |value| value.is_string() || value.is_null();
/// Version → share.
const SHARES: Is = |value| {
    value
        .as_object()
        .is_some_and(|map| map.values().all(Value::is_f64))
};
/// Version → number of requests.
const COUNTS: Is = |value| {
    value
        .as_object()
        .is_some_and(|map| map.values().all(Value::is_u64))
};

fn keys(what: &str, value: &Value, keys: &[(&str, Is)]) {
    for (key, is) in keys {
        let member = value
            .get(key)
            .unwrap_or_else(|| panic!("{what} has no {key}: {value:#}"));
        assert!(is(member), "{what}: {key} is of another type: {member:#}");
    }
}

fn each<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

/// Fails unless the report of a rehearsal has every key of the contract, each in its type.
pub fn report(report: &Value) {
    keys(
        "a report",
        report,
        &[
            ("name", TEXT),
            ("outcome", |value| {
                ["Succeeded", "Failed", "Stopped"]
                    .iter()
                    .any(|outcome| value == outcome)
            }),
            ("as_expected", Value::is_boolean),
            ("expectations", ARRAY),
            ("deployments", ARRAY),
            ("alarms", ARRAY),
            ("not_rehearsed", ARRAY),
            ("virtual_seconds", NUMBER),
            ("wall_seconds", NUMBER),
            ("seed", Value::is_u64),
            ("infrastructure", ARRAY),
            ("command", TEXT),
            ("rehearse_version", TEXT),
        ],
    );
    each(report, "deployments").for_each(deployment);
    for alarm in each(report, "alarms") {
        keys("an alarm", alarm, &[("name", TEXT), ("transitions", ARRAY)]);
        for transition in each(alarm, "transitions") {
            keys(
                "a transition",
                transition,
                &[
                    ("at_seconds", NUMBER),
                    ("state", |value| {
                        ["OK", "ALARM", "INSUFFICIENT_DATA"]
                            .iter()
                            .any(|state| value == state)
                    }),
                ],
            );
        }
    }
}

fn deployment(deployment: &Value) {
    keys(
        "a deployment",
        deployment,
        &[
            ("function", TEXT),
            ("alias", TEXT),
            ("id", |id| {
                id.as_str()
                    .is_some_and(|id| id.starts_with("d-") && id.len() == 11)
            }),
            ("config", TEXT),
            ("status", TEXT),
            ("error_code", TEXT_OR_NULL),
            ("rollback", |value| value.is_object() || value.is_null()),
            ("created_seconds", NUMBER),
            ("first_shift_seconds", NUMBER_OR_NULL),
            ("ended_seconds", NUMBER_OR_NULL),
            ("lifecycle_events", ARRAY),
            ("shifts", ARRAY),
            ("old_version", TEXT),
            ("new_version", TEXT),
            ("hooks", ARRAY),
            ("minutes", ARRAY),
            ("served", COUNTS),
            ("errors", COUNTS),
            ("served_without_fault", COUNTS),
        ],
    );
    if !deployment["rollback"].is_null() {
        keys(
            "a rollback",
            &deployment["rollback"],
            &[
                ("id", TEXT),
                ("status", TEXT),
                ("created_seconds", NUMBER),
                ("ended_seconds", NUMBER_OR_NULL),
            ],
        );
    }
    for hook in each(deployment, "hooks") {
        keys(
            "a hook",
            hook,
            &[
                ("lifecycle_event", TEXT),
                ("function", TEXT),
                ("status", TEXT),
                ("reported_by", TEXT_OR_NULL),
                ("attempts", ARRAY),
                ("reported_seconds", NUMBER_OR_NULL),
                ("checks", ARRAY),
                ("on_failure", |value| value.is_object() || value.is_null()),
            ],
        );
        if !hook["on_failure"].is_null() {
            keys(
                "what became of a hook's event",
                &hook["on_failure"],
                &[
                    ("condition", TEXT),
                    ("function", TEXT_OR_NULL),
                    ("invocations", Value::is_u64),
                    ("errors", ARRAY),
                ],
            );
        }
        for check in each(hook, "checks") {
            keys(
                "a check",
                check,
                &[
                    ("name", TEXT),
                    ("status", TEXT),
                    ("duration_ms", NUMBER),
                    ("detail", TEXT_OR_NULL),
                ],
            );
        }
    }
    for minute in each(deployment, "minutes") {
        keys(
            "a minute",
            minute,
            &[
                ("minute", Value::is_i64),
                ("weights", SHARES),
                ("requests", COUNTS),
                ("errors", COUNTS),
                ("at_seconds", NUMBER),
                ("latency_ms", Value::is_object),
            ],
        );
    }
}
