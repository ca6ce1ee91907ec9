//! Faults as a rehearsal file may have them: every kind that `docs/rehearsals.md` names, each with what goes with it.

use toml::{Table, Value};

use crate::dice::Dice;

const ON_FUNCTIONS: [&str; 8] = [
    "error",
    "status",
    "delay",
    "crash",
    "exit",
    "out-of-memory",
    "hang",
    "throttle",
];
const ON_SERVICES: [&str; 6] = ["error", "status", "delay", "throttle", "drop", "corrupt"];

/// Services, with the operations that the project's functions call.
#[rustfmt::skip] // A table.
const SERVICES: [(&str, &[&str]); 4] = [
    ("codedeploy", &["PutLifecycleEventHookExecutionStatus"]),
    ("dynamodb", &["GetItem", "PutItem", "Query", "Scan", "UpdateItem", "DeleteItem"]),
    ("lambda", &["Invoke"]),
    ("ssm", &["GetParameter"]),
];
/// Those of them that a `corrupt` may name.
const READS: [&str; 3] = ["GetItem", "Query", "Scan"];

/// Calls that are really waited for: one after the other they must not take minutes.
const SHORT_MS: u64 = 100;
/// How long a few of them may take: longer than the files' `hang_after_ms`, and sometimes than their `hook_hang_after_ms`.
const LONG_MS: u64 = 3_000;

/// A fault on one of these functions, or on a service.
pub fn fault(dice: &mut Dice, functions: &[&str]) -> Value {
    let mut fault = Table::new();
    let mut set = |key: &str, value: Value| {
        fault.insert(key.to_owned(), value);
    };
    let service = (!dice.one_in(2)).then(|| dice.one(&SERVICES.each_ref()));
    if service.is_none() || dice.one_in(4) {
        set("function", dice.one(functions).into());
    }
    let kind = match service {
        None => dice.one(&ON_FUNCTIONS),
        Some(("dynamodb", _)) => dice.one(&ON_SERVICES),
        Some(_) => dice.one(&ON_SERVICES[..5]),
    };
    set("kind", kind.into());
    if let Some((name, operations)) = service {
        set("service", (*name).into());
        if dice.one_in(2) {
            let operations = if kind == "corrupt" {
                &READS[..]
            } else {
                operations
            };
            set("operation", dice.one(operations).into());
        }
        if *name == "dynamodb" && dice.one_in(3) {
            set("written_by", dice.one(&["old", "new", "any"]).into());
        }
    }
    set("version", dice.one(&["old", "new", "new", "any"]).into());
    set("callers", dice.one(&["traffic", "hooks", "any"]).into());
    let (mut longest, mut often) = (SHORT_MS, dice.number(0..=2));
    if kind == "delay" && dice.one_in(3) {
        (longest, often) = (LONG_MS, 1);
    }
    match often {
        0 => {}
        1 => set("times", number(dice.number(1..=2))),
        _ => set(
            "rate",
            Value::Float(f64::from(u32::try_from(dice.number(0..=10)).unwrap_or_default()) / 10.0),
        ),
    }
    match kind {
        "delay" => set("delay_ms", number(dice.number(0..=longest))),
        "status" => {
            let status = *dice.one(&[
                &100, &103, &200, &204, &301, &304, &400, &404, &409, &429, &500, &503, &599,
            ]);
            set("status", number(status));
            if service.is_some() && status >= 400 && dice.one_in(2) {
                let codes = [
                    "ParameterNotFound",
                    "ThrottlingException",
                    "ConditionalCheckFailedException",
                    "AccessDenied",
                ];
                set("code", dice.one(&codes).into());
            }
        }
        _ => {}
    }
    if dice.one_in(3) {
        let from = i64::try_from(dice.number(0..=4)).unwrap_or_default() - 1;
        set("from_minute", from.into());
        if dice.one_in(2) {
            set("to_minute", (from + 2).into());
        }
    }
    Value::Table(fault)
}

/// As TOML has it; the numbers here are small.
pub fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
