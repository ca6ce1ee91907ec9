//! What `rehearse run` says of input that it cannot use, and of a rehearsal that goes otherwise than expected.

use std::path::PathBuf;

use workspace_tests::refusal::{line, refused, says};
use workspace_tests::{Finished, Rehearse, Scenario, places, scenario};

#[test]
fn a_misspelt_key_is_shown_at_its_line_with_a_suggestion() {
    let text =
        scenario::contacts("AllAtOnce", "").replace("requests_per_minute", "request_per_minute");
    let scenario = Scenario::new(&text);
    let at = format!(
        "{}:{}:1",
        scenario.file().display(),
        line(&text, "request_per_minute")
    );
    says(
        &refused(scenario.rehearse()),
        &[
            "unknown field `request_per_minute`",
            "did you mean `requests_per_minute`?",
            &at,
        ],
    );
}

#[test]
fn a_fault_on_a_function_that_the_template_does_not_have_is_shown_with_a_suggestion() {
    let more = "[[fault]]\nfunction = \"Contcats\"\nkind = \"error\"\n";
    let text = scenario::contacts("AllAtOnce", more);
    let scenario = Scenario::new(&text);
    let at = format!(
        "{}:{}:",
        scenario.file().display(),
        line(&text, "[[fault]]")
    );
    says(
        &refused(scenario.rehearse()),
        &["Contcats", "did you mean Contacts?", &at],
    );
}

#[test]
fn a_reporter_that_the_template_does_not_have_is_shown_with_a_suggestion() {
    let more = "[expect]\nreported_by = \"HookGaurd\"\n";
    let text = scenario::contacts("AllAtOnce", more);
    let scenario = Scenario::new(&text);
    let file = scenario.file().display().to_string();
    let at = format!("{file}:{}:15", line(&text, "reported_by"));
    says(
        &refused(scenario.rehearse()),
        &[
            "the template has no function HookGaurd",
            "did you mean HookGuard?",
            &at,
        ],
    );
}

#[test]
fn a_template_that_is_not_there_is_named() {
    let scenario =
        Scenario::new("template = \"no/such.yaml\"\n[traffic]\nrequests_per_minute = 0\n");
    says(
        &refused(scenario.rehearse()),
        &["no/such.yaml", "cannot be read"],
    );
}

#[test]
fn a_rehearsal_file_that_is_not_there_is_named() {
    says(
        &refused(Rehearse::new().file("no-such-rehearsal.toml")),
        &["no-such-rehearsal.toml"],
    );
}

#[test]
fn a_parameters_value_that_the_template_does_not_allow_is_shown_at_the_templates_line() {
    let scenario = Scenario::new(&scenario::contacts("Canary10Percent6Minutes", ""));
    let template = std::fs::read_to_string(places::template()).expect("the template can be read");
    let text = refused(scenario.rehearse());
    says(
        &text,
        &[
            "DeploymentPreference",
            "Canary10Percent6Minutes",
            "template.yaml:",
        ],
    );
    let place = text
        .split("template.yaml:")
        .nth(1)
        .and_then(|place| place.split(':').next());
    let line: usize = place
        .and_then(|line| line.parse().ok())
        .expect("a line follows the file's name");
    let (before, _) = template
        .split_once("\n  DeploymentPreference:\n")
        .expect("the template has the parameter");
    let parameter = before.lines().count() + 1;
    assert!(
        (parameter..parameter + 16).contains(&line),
        "line {line} is none of the parameter's:\n{text}"
    );
}

/// Runs a rehearsal of the greeter with this put into its template, and gives what is said and the line of `unknown`.
fn with_unknown(traffic: bool, after: &str, unknown: &str) -> (String, usize) {
    let template = scenario::GREETER.replace(after, &format!("{after}{unknown}"));
    let scenario = Scenario::of_greeter("answers", "");
    if !traffic {
        scenario.write(
            "rehearsal.toml",
            "template = \"greeter.yaml\"\n[traffic]\nrequests_per_minute = 0\n",
        );
    }
    scenario.write("greeter.yaml", &template);
    let at = line(&template, "!ImportValue");
    (refused(scenario.rehearse()), at)
}

#[test]
fn a_functions_name_that_is_not_known_is_shown_with_its_line_and_resource() {
    let (text, at) = with_unknown(
        false,
        "      AutoPublishAlias: live\n",
        "      FunctionName: !ImportValue greeter-name\n",
    );
    // What is not known follows from what its author wrote; the message says where that is.
    let cause = format!("exported by another stack (Fn::ImportValue) (line {at})");
    says(&text, &["Greeter", "not known", "greeter.yaml:", &cause]);
}

#[test]
fn an_alarm_of_the_preference_that_is_not_known_is_shown_with_its_line_and_resource() {
    let (text, at) = with_unknown(true, "Alarms: [", "!ImportValue other-alarm, ");
    says(
        &text,
        &[
            "GreeterAliaslive",
            "not known",
            &format!("greeter.yaml:{at}:"),
        ],
    );
}

#[test]
fn a_request_that_no_route_takes_is_shown_at_its_header() {
    let scenario = Scenario::of_greeter(
        "answers",
        "[[traffic.request]]\nmethod = \"GET\"\npath = \"/farewell\"\n",
    );
    let text = std::fs::read_to_string(scenario.file()).expect("it was just written");
    let last = text
        .lines()
        .collect::<Vec<_>>()
        .iter()
        .rposition(|line| line.contains("[[traffic.request]]"));
    let at = format!(
        "{}:{}:",
        scenario.file().display(),
        1 + last.expect("it was just written")
    );
    says(
        &refused(scenario.rehearse()),
        &["/farewell", "no API of the template has a route", &at],
    );
}

#[test]
fn every_file_that_cannot_be_used_is_told_and_none_is_run() {
    let good = Scenario::of_greeter("answers", "");
    let bad = Scenario::new("templte = \"x\"\n");
    let worse = Scenario::new("template = 1\n");
    let text = refused(good.rehearse().file(bad.file()).file(worse.file()));
    says(
        &text,
        &[
            "did you mean `template`?",
            &worse.file().display().to_string(),
        ],
    );
    assert!(!text.contains("deployment d-"), "nothing ran:\n{text}");
}

#[test]
fn a_missing_binary_is_named_by_its_path_and_nothing_else_is_taken_for_it() {
    let empty = tempfile::tempdir().expect("a temporary folder can be made");
    let text = refused(
        Rehearse::new()
            .file(places::rehearsal("healthy"))
            .environment("CARGO_TARGET_DIR", empty.path()),
    );
    let path: PathBuf = empty.path().join("rehearse/contacts-api");
    says(&text, &["Contacts", &path.display().to_string()]);
}

#[test]
fn a_build_that_lacks_one_binary_is_refused_although_cargo_has_it() {
    let scenario = Scenario::new(&scenario::contacts(
        "AllAtOnce",
        "[builds]\nnew = \"build\"\n",
    ));
    scenario.build("build", &[]);
    let missing = scenario.path("build/post-traffic-hook");
    std::fs::remove_file(&missing).expect("it was just made");
    says(
        &refused(scenario.rehearse()),
        &["PostTrafficHook", &missing.display().to_string()],
    );
}

#[test]
fn builds_named_on_the_command_line_replace_both_of_the_file() {
    let gone = "[builds]\nold = \"gone\"\nnew = \"gone\"\n";
    let scenario = Scenario::new(&scenario::contacts("AllAtOnce", gone));
    says(&refused(scenario.rehearse()), &["gone"]);
    scenario.build("build", &[]);
    let finished = scenario.rehearse().option("--builds", "build").run();
    assert_eq!(finished.with_code(0).report().text("/outcome"), "Succeeded");
}

#[test]
fn an_unknown_option_is_refused() {
    let text = refused(
        Rehearse::new()
            .file(places::rehearsal("healthy"))
            .option("--sede", "8"),
    );
    says(&text, &["--sede", "--seed"]);
}

#[test]
fn what_goes_otherwise_than_expected_is_told_and_the_exit_code_is_1() {
    let expectation = "[expect]\noutcome = \"Stopped\"\nnew_version_served = { at_most = 3 }\n";
    let finished = Scenario::of_greeter("answers", expectation)
        .run()
        .with_code(1);
    says(
        &finished.stdout,
        &[
            "expected Stopped, got Succeeded",
            "served by the new version: expected at most 3, got",
        ],
    );
    let report = finished.report();
    assert!(!report.is_as_expected());
    assert_eq!(report.text("/outcome"), "Succeeded");
}

#[test]
fn one_of_several_that_goes_otherwise_makes_the_exit_code_1() {
    let good = Scenario::of_greeter("answers", "");
    let other = Scenario::of_greeter("answers", "[expect]\noutcome = \"Failed\"\n");
    let finished = good.rehearse().file(other.file()).run().with_code(1);
    let as_expected: Vec<_> = finished
        .reports()
        .iter()
        .map(workspace_tests::Report::is_as_expected)
        .collect();
    assert_eq!(as_expected, [true, false]);
}

#[test]
fn without_an_option_the_report_is_kept_under_the_root_of_the_templates_workspace() {
    let scenario = Scenario::of_greeter("answers", "");
    scenario.write("Cargo.toml", "[workspace]\n");
    let place = scenario.path("target/rehearsal/report.json");
    let finished: Finished = scenario
        .rehearse()
        .environment("CARGO_TARGET_DIR", scenario.path("elsewhere"))
        .run_with_report_at(&place)
        .with_code(0);
    assert_eq!(finished.report().text("/outcome"), "Succeeded");
    assert!(
        finished.stdout.contains(&place.display().to_string()),
        "{finished}"
    );
}

#[test]
fn what_a_run_needs_and_cannot_know_is_one_refusal_with_the_table_and_the_line_to_add() {
    let template = scenario::GREETER
        .replace(
            "Resources:\n",
            "Parameters:\n  Stage: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /stage}\nResources:\n",
        )
        .replace(
            "      AutoPublishAlias: live\n",
            "      AutoPublishAlias: live\n      FunctionName: !Sub '${Stage}-greeter'\n",
        )
        .replace("Alarms: [", "Alarms: [!ImportValue 'alarms:late', ");
    let scenario = Scenario::of_greeter("answers", "");
    scenario.write("greeter.yaml", &template);
    let text = refused(scenario.rehearse());
    let file = scenario.file().display().to_string();
    says(
        &text,
        &[
            &format!(
                "{file} lacks 2 values that the deployment needs and this machine cannot know"
            ),
            "not known: the parameter `Stage` is read from SSM",
            &format!("add to [parameters] of {file}: Stage = \"…\""),
            "GreeterAliaslive: one of its alarms is not known",
            &format!("add to [imports] of {file}: \"alarms:late\" = \"…\""),
        ],
    );
}

#[test]
fn a_table_of_what_cannot_be_known_is_held_against_the_template() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("[environment.Greter]\nA = \"b\"\n", "did you mean Greeter?", "[environment.Greter]"),
        ("[environment.Greeter]\nAWS_REGION = \"b\"\n", "Lambda sets the variable `AWS_REGION` itself", "AWS_REGION"),
        ("[imports]\nelsewhere = \"b\"\n", "the template imports no value elsewhere", "elsewhere ="),
        ("[references]\n\"resolve:ssm:/a\" = \"b\"\n", "write it whole", "\"resolve"),
    ];
    for (table, message, at) in cases {
        let scenario = Scenario::of_greeter("answers", table);
        let text = std::fs::read_to_string(scenario.file()).expect("it was just written");
        let at = format!("{}:{}:", scenario.file().display(), line(&text, at));
        says(&refused(scenario.rehearse()), &[message, &at]);
    }
}
