use super::*;

const STATES: [AlarmState; 3] = [
    AlarmState::Ok,
    AlarmState::Alarm,
    AlarmState::InsufficientData,
];

fn rule(text: &str) -> AlarmRule {
    AlarmRule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Holds a rule to a function of three alarms' states, in all 27 of their combinations.
fn check(text: &str, expected: impl Fn(AlarmState, AlarmState, AlarmState) -> bool) {
    let rule = rule(text);
    for a in STATES {
        for b in STATES {
            for c in STATES {
                let state = |name: &str| match name {
                    "a" => a,
                    "b" => b,
                    "c" => c,
                    other => panic!("{other}"),
                };
                assert_eq!(
                    rule.holds(&state),
                    expected(a, b, c),
                    "{text} with {a:?} {b:?} {c:?}"
                );
            }
        }
    }
}

#[test]
fn rules_hold_as_their_truth_tables_say() {
    use AlarmState::{Alarm, InsufficientData, Ok};
    check("ALARM(a)", |a, _, _| a == Alarm);
    check("OK(a)", |a, _, _| a == Ok);
    check("INSUFFICIENT_DATA(\"a\")", |a, _, _| a == InsufficientData);
    check("TRUE", |_, _, _| true);
    check("FALSE", |_, _, _| false);
    check("NOT ALARM(a)", |a, _, _| a != Alarm);
    check("NOT NOT ALARM(a)", |a, _, _| a == Alarm);
    check("ALARM(a) AND ALARM(b)", |a, b, _| a == Alarm && b == Alarm);
    check("ALARM(a) OR ALARM(b) AND OK(c)", |a, b, c| {
        a == Alarm || b == Alarm && c == Ok
    });
    check("(ALARM(a) OR ALARM(b)) AND OK(c)", |a, b, c| {
        (a == Alarm || b == Alarm) && c == Ok
    });
    check("NOT ALARM(a) AND ALARM(b)", |a, b, _| {
        a != Alarm && b == Alarm
    });
    check("NOT (ALARM(a) AND ALARM(b))", |a, b, _| {
        !(a == Alarm && b == Alarm)
    });
    check("\n  ALARM ( a )\n  OR OK(\n b )", |a, b, _| {
        a == Alarm || b == Ok
    });
    let alarms =
        |states: [AlarmState; 3]| states.into_iter().filter(|state| *state == Alarm).count();
    check("AT_LEAST(2, ALARM, (a, b, c))", |a, b, c| {
        alarms([a, b, c]) >= 2
    });
    check("AT_LEAST(60%, NOT ALARM, (\"a\", b, c))", |a, b, c| {
        (3 - alarms([a, b, c])) * 10 >= 18
    });
}

#[test]
fn alarms_are_named_by_name_or_arn_quoted_or_not() {
    let arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors: live";
    assert_eq!(alarm_name(arn), "errors: live");
    assert_eq!(
        alarm_name("arn:aws:sns:eu-west-1:123456789012:topic"),
        "arn:aws:sns:eu-west-1:123456789012:topic"
    );
    let rule = rule(&format!(
        "ALARM({arn}) OR ALARM(\"a (b) \\\"c\\\"\") OR OK(errors: live)"
    ));
    assert_eq!(rule.alarms(), ["errors: live", "a (b) \"c\""]);
}

#[test]
fn a_wrong_rule_is_an_error_at_its_column() {
    for (text, column, part) in [
        ("", 1, "a condition"),
        ("ALARM(a) ALARM(b)", 10, "AND, OR or the end"),
        ("ALARM(a) and ALARM(b)", 10, "AND, OR or the end"),
        ("alarm(a)", 1, "in capitals"),
        ("ALARM a", 7, "("),
        ("ALARM()", 7, "name or ARN"),
        ("ALARM(a", 7, "not closed"),
        ("ALARM(\"a)", 7, "quotation mark"),
        ("(ALARM(a)", 10, ")"),
        ("ALARM(a) AND", 13, "a condition"),
        ("AT_LEAST(x, ALARM, (a))", 10, "a count"),
        ("AT_LEAST(1, WARN, (a))", 13, "ALARM, OK"),
    ] {
        let error = AlarmRule::parse(text).expect_err(text);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
    }
    assert!(AlarmRule::parse(&"(".repeat(10_000)).is_err());
}

#[test]
fn a_rule_names_a_hundred_alarms_and_no_more_each_counted_once() {
    let rule = |alarms: usize| {
        let named: Vec<_> = (0..alarms)
            .map(|alarm| format!("ALARM(a{alarm})"))
            .collect();
        format!("{} OR OK(a0)", named.join(" OR "))
    };
    assert!(AlarmRule::parse(&rule(100)).is_ok());
    let error = AlarmRule::parse(&rule(101)).expect_err("it names 101");
    assert!(error.message.ends_with("this names 101"), "{error}");
}

#[test]
fn children_come_first_and_circles_are_named() {
    let named = |pairs: &[(&str, &[&str])]| -> BTreeMap<String, Vec<String>> {
        pairs
            .iter()
            .map(|(name, children)| {
                (
                    (*name).to_owned(),
                    children.iter().map(|child| (*child).to_owned()).collect(),
                )
            })
            .collect()
    };
    assert_eq!(
        children_first(&named(&[
            ("A", &["C", "metric"]),
            ("B", &["A"]),
            ("C", &[])
        ])),
        Ok(["C", "A", "B"].map(ToOwned::to_owned).to_vec())
    );
    assert_eq!(
        children_first(&named(&[("A", &["B"]), ("B", &["C"]), ("C", &["B"])])),
        Err(["B", "C", "B"].map(ToOwned::to_owned).to_vec())
    );
}
