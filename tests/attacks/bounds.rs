//! Input that is too much: numbers, files, names and calls beyond their bounds are refused with the bound, at once.

use workspace_tests::refusal::{line, refused, says};
use workspace_tests::{Rehearse, Scenario, places};

/// A rehearsal of the greeter in which this text stands instead of that.
fn replacing(of: &str, this: &str) -> Scenario {
    let scenario = Scenario::of_greeter("answers", "");
    let text = std::fs::read_to_string(scenario.file()).expect("it was just written");
    assert!(text.contains(of), "{of} is in\n{text}");
    scenario.write("rehearsal.toml", &text.replacen(of, this, 1));
    scenario
}

#[test]
fn a_number_beyond_its_bound_is_refused_at_its_line_with_the_bound() {
    let traffic = "requests_per_minute = 30\n";
    for (key, value, bound) in [
        ("requests_per_minute", "1000000000", "100000"),
        ("minutes_before", "4294967295", "1440"),
        ("minutes_after", "1441", "1440"),
    ] {
        let wanted = format!("{key} = {value}\n");
        let this = match key {
            "requests_per_minute" => wanted.clone(),
            _ => format!("{traffic}{wanted}"),
        };
        let scenario = replacing(traffic, &this);
        let text = std::fs::read_to_string(scenario.file()).expect("it was just written");
        let at = format!(
            "{}:{}:{}",
            scenario.file().display(),
            line(&text, key),
            key.len() + 4
        );
        let expected = format!("`{key}` is {value}; it may be {bound} at most");
        says(&refused(scenario.rehearse()), &[&expected, &at]);
    }
}

#[test]
fn more_requests_than_a_rehearsal_has_are_refused_before_it_runs() {
    let scenario = replacing(
        "requests_per_minute = 30\n",
        "requests_per_minute = 100000\nminutes_before = 60\nminutes_after = 60\n",
    );
    says(
        &refused(scenario.rehearse()),
        &["129 minutes are 12900000; a rehearsal has at most 10000000"],
    );
}

#[test]
fn a_file_that_is_too_long_or_never_ends_is_refused_with_the_bound() {
    let comment = format!("#{}\n[traffic]", "x".repeat(1 << 20));
    let scenario = replacing("[traffic]", &comment);
    let expected = "it has more than 1048576 bytes, and no more are read";
    says(&refused(scenario.rehearse()), &[expected]);
    says(
        &refused(Rehearse::new().file("/dev/zero")),
        &["/dev/zero", expected],
    );

    let request = "[[traffic.request]]\n";
    let event = format!("{request}function = \"Greeter\"\nevent_file = \"event.json\"\n{request}");
    let scenario = replacing(request, &event);
    scenario.write("event.json", &format!("\"{}\"", "x".repeat(6_291_455)));
    let text = refused(scenario.rehearse());
    says(
        &text,
        &["event.json", "it has more than 6291456 bytes", ":10:14"],
    );
    let scenario = replacing(request, &event.replace("event.json", "/dev/zero"));
    says(
        &refused(scenario.rehearse()),
        &["it has more than 6291456 bytes"],
    );
}

/// As values these events would take gigabytes: each is two million small lists.
#[test]
fn ten_of_the_longest_event_files_take_little_more_memory_than_their_texts() {
    let request = "[[traffic.request]]\n";
    // Kept all the same; to send them would take long.
    let event =
        format!("{request}weight = 0\nfunction = \"Greeter\"\nevent_file = \"event.json\"\n");
    let scenario = replacing(request, &format!("{}{request}", event.repeat(10)));
    let lists = "[],".repeat(2_097_150);
    scenario.write("event.json", &format!("[{}]", lists.trim_end_matches(',')));
    // Memory that is only reserved counts here, a thread's above all.
    let script = format!(
        "ulimit -v 1000000; MALLOC_ARENA_MAX=1 exec '{}' run '{}' --report '{}'",
        places::binary("rehearse").display(),
        scenario.file().display(),
        scenario.path("report.json").display()
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .expect("sh starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_name_that_is_too_long_is_refused_and_takes_no_time() {
    let name = "N".repeat(900_000);
    let scenario = replacing("seed = 7\n", &format!("seed = 7\nname = \"{name}\"\n"));
    let text = refused(scenario.rehearse());
    says(&text, &["`name` has 900000 characters; it may have 255"]);
    assert!(text.len() < 4_000, "{}", text.len());
    // As large as a template may be, and as JSON, for YAML takes no such key.
    let id = "N".repeat(160_000);
    let scenario = Scenario::new("");
    scenario.write(
        "template.json",
        &format!(r#"{{"Resources": {{"{id}": {{"Type": "AWS::SNS::Topic"}}}}}}"#),
    );
    let inspected = workspace_tests::Printed::inspect(scenario.path("template.json"), &[]);
    assert_eq!(inspected.code, Some(2));
    says(
        &inspected.stderr,
        &["a name in `Resources` has 160000 characters; CloudFormation takes 255"],
    );
    assert!(inspected.stderr.len() < 4_000, "{inspected}");
}

#[test]
fn more_files_than_one_call_takes_are_refused() {
    let many = (0..=1_000).fold(Rehearse::new(), |call, _| call.file("no-such-file.toml"));
    says(
        &refused(many),
        &["these are 1001 rehearsals; one call takes 1000 at most"],
    );
}
