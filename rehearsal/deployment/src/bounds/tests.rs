use super::*;

fn read(text: &str) -> Rehearsal {
    toml::from_str(text).unwrap()
}

/// The place and the message of what is beyond its bound, the place as TOML would write it.
fn beyond(text: &str) -> Option<(String, String)> {
    let beyond = read(text).check_bounds().err()?;
    let steps: Vec<_> = beyond
        .at
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Item(item) => item.to_string(),
        })
        .collect();
    Some((steps.join("."), beyond.message))
}

const WHOLE: &str = "\
template = 't.yaml'
name = 'n'
stack_name = 's'
[traffic]
requests_per_minute = 100000
minutes_before = 1440
minutes_after = 1440
[[traffic.request]]
method = 'GET'
path = '/p'
expect_status = 599
[[traffic.request]]
function = 'F'
qualifier = 'q'
[timing]
base_ms = 3600000
cold_start_ms = 3600000
hook_ms = 3600000
hang_after_ms = 3600000
hook_hang_after_ms = 3600000
[limits]
processes = 1024
[[fault]]
function = 'F'
service = 'ssm'
operation = 'o'
kind = 'status'
status = 400
code = 'c'
[[fault]]
function = 'G'
kind = 'delay'
delay_ms = 3600000
[expect]
alarm = 'a'
failed_check = 'f'
reported_by = 'r'
[expect.deployment.F]
reported_by = 'x'
";

#[test]
fn what_is_just_within_every_bound_is_taken() {
    assert_eq!(beyond(WHOLE), None);
}

#[test]
fn every_number_has_a_bound_and_is_refused_at_its_key() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("100000", "100001", "traffic.requests_per_minute", "100000"),
        ("before = 1440", "before = 1441", "traffic.minutes_before", "1440"),
        ("after = 1440", "after = 1441", "traffic.minutes_after", "1440"),
        ("status = 599", "status = 600", "traffic.request.0.expect_status", "599"),
        ("base_ms = 3600000", "base_ms = 3600001", "timing.base_ms", "3600000"),
        ("cold_start_ms = 3600000", "cold_start_ms = 4294967295", "timing.cold_start_ms", "3600000"),
        ("\nhook_ms = 3600000", "\nhook_ms = 3600001", "timing.hook_ms", "3600000"),
        ("\nhang_after_ms = 3600000", "\nhang_after_ms = 3600001", "timing.hang_after_ms", "3600000"),
        ("hook_hang_after_ms = 3600000", "hook_hang_after_ms = 3600001", "timing.hook_hang_after_ms", "3600000"),
        ("processes = 1024", "processes = 1025", "limits.processes", "1024"),
        ("processes = 1024", "processes = 3", "limits.processes", "4"),
        ("delay_ms = 3600000", "delay_ms = 3600001", "fault.1.delay_ms", "3600000"),
    ];
    for (good, bad, at, bound) in cases {
        assert!(WHOLE.contains(good), "{good}");
        let (place, message) = beyond(&WHOLE.replacen(good, bad, 1)).expect(bad);
        assert_eq!(place, at);
        assert!(message.contains(bound), "{message}");
    }
}

#[test]
fn every_name_has_a_bound_and_is_refused_at_its_key() {
    for (value, at, most) in [
        ("'n'", "name", MAX_NAME),
        ("'s'", "stack_name", MAX_STACK_NAME),
        ("'GET'", "traffic.request.0.method", MAX_NAME),
        ("'F'\nqualifier", "traffic.request.1.function", MAX_NAME),
        ("'q'", "traffic.request.1.qualifier", MAX_NAME),
        ("'F'\nservice", "fault.0.function", MAX_NAME),
        ("'ssm'", "fault.0.service", MAX_NAME),
        ("'o'", "fault.0.operation", MAX_NAME),
        ("'c'", "fault.0.code", MAX_NAME),
        ("'a'", "expect.alarm", MAX_NAME),
        ("'f'", "expect.failed_check", MAX_NAME),
        ("'r'", "expect.reported_by", MAX_NAME),
        ("'x'", "expect.deployment.F.reported_by", MAX_NAME),
    ] {
        let of = |length: usize| {
            let (_, rest) = value.rsplit_once('\'').unwrap();
            WHOLE.replacen(value, &format!("'{}'{rest}", "é".repeat(length)), 1)
        };
        assert!(WHOLE.contains(value), "{value}");
        assert_eq!(beyond(&of(most)), None, "{at}");
        let (place, message) = beyond(&of(most + 1)).expect(at);
        assert_eq!(place, at);
        assert!(message.contains(&most.to_string()), "{message}");
    }
    let path = |length: usize| WHOLE.replace("'/p'", &format!("'/{}'", "p".repeat(length)));
    assert_eq!(beyond(&path(MAX_PATH - 1)), None);
    assert_eq!(
        beyond(&path(MAX_PATH)).map(|(at, _)| at).as_deref(),
        Some("traffic.request.0.path")
    );
    let deployment = WHOLE.replace("deployment.F", &format!("deployment.{}", "F".repeat(256)));
    assert!(beyond(&deployment).is_some());
}

#[test]
fn there_are_only_so_many_kinds_of_request_and_faults() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("[[traffic.request]]\nfunction = 'F'\n", MAX_KINDS, "traffic.request"),
        ("[[fault]]\nfunction = 'F'\nkind = 'error'\n", MAX_FAULTS, "fault"),
    ];
    for (table, most, at) in cases {
        let with = |count: usize| {
            format!(
                "template = 't'\n[traffic]\nrequests_per_minute = 1\n{}",
                table.repeat(count)
            )
        };
        assert_eq!(beyond(&with(most)), None);
        assert_eq!(beyond(&with(most + 1)).expect("it is refused").0, at);
    }
}

#[test]
fn a_rehearsal_that_cannot_be_over_before_its_requests_are_too_many_is_refused() {
    let check = |before: u32| {
        let text = format!(
            "template = 't'\n[traffic]\nrequests_per_minute = 100000\nminutes_before = {before}\nminutes_after = 50\n"
        );
        read(&text).check_requests(&[])
    };
    assert_eq!(check(50), Ok(()));
    let beyond = check(51).unwrap_err();
    assert!(beyond.message.contains("10100000"), "{beyond}");
}
