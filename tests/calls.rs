//! What the options of `rehearse run` do: several rehearsals at once, some of them, several seeds; what is written for other tools, and
//! what GitHub Actions is told.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;
use workspace_tests::files::write;
use workspace_tests::{Finished, Rehearse, Scenario, interpreters, places, process, python};

/// Three rehearsals, of which the second is not as expected.
fn three() -> Vec<Scenario> {
    let named = |name: &str, behaviour: &str, more: &str| {
        let scenario = Scenario::of_greeter(behaviour, more);
        let text = std::fs::read_to_string(scenario.file()).expect("it was just written");
        scenario.write("rehearsal.toml", &format!("name = \"{name}\"\n{text}"));
        scenario
    };
    vec![
        named("first", "answers", ""),
        named("second", "answers", "[expect]\noutcome = \"Stopped\"\n"),
        named(
            "third",
            "ends",
            "[expect]\noutcome = \"Stopped\"\nalarm = \"Failures\"\n",
        ),
    ]
}

fn call(scenarios: &[Scenario]) -> Rehearse {
    let files = scenarios.iter().map(Scenario::file);
    files.fold(Rehearse::new(), Rehearse::file)
}

fn names(finished: &Finished) -> Vec<String> {
    let reports = finished.reports();
    let names = reports.iter().map(|report| report.text("/name").to_owned());
    names.collect()
}

#[test]
fn rehearsals_side_by_side_give_the_same_reports_in_the_order_of_the_files() {
    let scenarios = three();
    let comparable = |finished: &Finished| {
        let reports = finished.reports();
        let reports = reports
            .iter()
            .map(|report| report.clone().without_durations_and_ids());
        reports.collect::<Vec<_>>()
    };
    let one = call(&scenarios).run().with_code(1);
    let three = call(&scenarios).option("--jobs", "3").run().with_code(1);
    assert_eq!(names(&three), ["first", "second", "third"]);
    assert_eq!(comparable(&one), comparable(&three));
    let blocks = |finished: &Finished| {
        let lines = finished
            .stderr
            .lines()
            .filter(|line| !line.contains(" virtual s"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(blocks(&one), blocks(&three));
}

#[test]
fn two_templates_of_one_name_are_told_apart_by_their_folders() {
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let logs = root.path().join("logs");
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Orders:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
         Runtime: {}\n      Handler: app.handler\n      CodeUri: src\n      AutoPublishAlias: live\n      \
         DeploymentPreference: {{Type: AllAtOnce}}\n",
        interpreters::python()
    );
    for name in ["orders", "refunds"] {
        let folder = root.path().join(name);
        write(&folder, "template.yaml", &template);
        let code = "def handler(event, context):\n    return {}\n";
        write(&folder, "src/app.py", code);
    }
    let file = |name: &str| root.path().join(name).join("template.yaml");
    let both = Rehearse::new().file(file("orders")).file(file("refunds"));
    let both = both.option("--logs-dir", logs.to_str().expect("it is UTF-8"));
    let finished = both.run().with_code(0);
    assert_eq!(names(&finished), ["orders/template", "refunds/template"]);
    let kept = std::fs::read_dir(logs).expect("it is made").count();
    assert_eq!(kept, 2);
    let alone = Rehearse::new().file(file("orders")).run().with_code(0);
    assert_eq!(alone.report().text("/name"), "template");
}

#[test]
fn the_last_line_over_several_files_counts_and_quiet_shows_little_else() {
    let finished = call(&three()).run().with_code(1);
    let last = finished.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("2 as expected, 1 not, in "), "{finished}");
    let quiet = call(&three()).flag("--quiet").run().with_code(1);
    assert_eq!(quiet.stderr, "", "{quiet}");
    assert!(
        quiet.stdout.contains("second did not go as expected"),
        "{quiet}"
    );
    assert!(
        !quiet.stdout.contains("first") && !quiet.stdout.contains("third"),
        "{quiet}"
    );
    let good = &three()[..1];
    let quiet = call(good).flag("--quiet").run().with_code(0);
    assert_eq!(quiet.stdout.lines().count(), 1, "{quiet}");
}

#[test]
fn a_filter_runs_those_with_the_text_in_their_name_and_says_how_many_it_left_out() {
    let scenarios = three();
    let finished = call(&scenarios).option("--filter", "ir").run().with_code(0);
    assert_eq!(names(&finished), ["first", "third"]);
    assert!(
        finished.stdout.contains("; 1 left out by --filter"),
        "{finished}"
    );
    let none = call(&scenarios)
        .option("--filter", "fourth")
        .run()
        .with_code(2);
    assert!(none.stderr.contains("has \"fourth\" in its name"), "{none}");
    assert_eq!(none.kept, None);
}

#[test]
fn each_seed_of_a_range_is_a_run_and_those_that_went_otherwise_are_named() {
    // Of some 170 requests about one fails: with some seeds none does.
    let more = "[[fault]]\nfunction = \"Greeter\"\nversion = \"new\"\nkind = \"error\"\nrate = 0.006\n[expect]\noutcome = \"Stopped\"\n";
    let scenario = Scenario::of_greeter("answers", more);
    let finished = scenario
        .rehearse()
        .option("--seed", "1..6")
        .option("--jobs", "2")
        .run();
    let reports = finished.reports();
    let seeds: Vec<_> = reports
        .iter()
        .map(|report| report.at("/seed").as_u64())
        .collect();
    assert_eq!(seeds, (1..=6).map(Some).collect::<Vec<_>>());
    let otherwise: Vec<_> = reports
        .iter()
        .filter(|report| !report.is_as_expected())
        .filter_map(|report| report.at("/seed").as_u64())
        .map(|seed| seed.to_string())
        .collect();
    assert!(
        !otherwise.is_empty() && otherwise.len() < 6,
        "{otherwise:?}"
    );
    assert_eq!(finished.code, Some(1));
    let expected = format!(
        "{} of 6 seeds not as expected: {}",
        otherwise.len(),
        otherwise.join(", ")
    );
    assert!(
        finished.stdout.contains(&expected),
        "{expected}\n{finished}"
    );
    let alone = scenario.rehearse().option("--seed", "3").run();
    assert_eq!(
        alone.report().without_durations_and_ids(),
        reports[2].clone().without_durations_and_ids()
    );
    assert_eq!(
        scenario.rehearse().option("--seed", "2..1").run().code,
        Some(2)
    );
}

#[test]
fn junit_and_markdown_are_written_beside_the_report_also_of_input_that_cannot_be_used() {
    let scenarios = three();
    let (junit, markdown) = (
        scenarios[0].path("out/junit.xml"),
        scenarios[0].path("out/report.md"),
    );
    let with = |call: Rehearse| {
        let text = |path: &Path| path.to_str().expect("it is UTF-8").to_owned();
        call.option("--junit", &text(&junit))
            .option("--markdown", &text(&markdown))
    };
    let read = |path: &Path| std::fs::read_to_string(path).expect("it was written");
    let finished = with(call(&scenarios)).run().with_code(1);
    assert!(
        finished.stdout.contains("JUnit XML: ") && finished.stdout.contains("Markdown: "),
        "{finished}"
    );
    let xml = read(&junit);
    assert!(
        xml.contains("<testsuites name=\"rehearse\"") && xml.contains("failures=\"1\""),
        "{xml}"
    );
    assert!(
        xml.contains("outcome: expected Stopped, got Succeeded"),
        "{xml}"
    );
    assert!(read(&markdown).contains("2 as expected, 1 not"));
    scenarios[2].write("rehearsal.toml", "template = 'greeter.yaml'\nseeds = 7\n");
    let refused = with(call(&scenarios)).run().with_code(2);
    assert_eq!(refused.kept, None);
    let xml = read(&junit);
    assert!(
        xml.contains("errors=\"1\"") && xml.contains("unknown field `seeds`"),
        "{xml}"
    );
    assert!(
        xml.contains("skipped=\"2\""),
        "the others did not run: {xml}"
    );
    assert!(read(&markdown).contains("unknown field `seeds`"));
}

#[test]
fn what_is_written_goes_to_pipes_and_outputs_as_the_report_does_and_a_full_place_is_said() {
    let scenario = Scenario::of_greeter("answers", "");
    let printed = scenario
        .rehearse()
        .option("--junit", "/dev/stdout")
        .option("--format", "json")
        .run()
        .with_code(0);
    assert!(
        printed.stdout.starts_with("<?xml") && printed.stdout.trim_end().ends_with(']'),
        "{printed}"
    );
    let full = scenario
        .rehearse()
        .option("--markdown", "/dev/full")
        .run()
        .with_code(2);
    assert!(
        full.stderr
            .contains("the Markdown cannot be written to /dev/full"),
        "{full}"
    );
    assert!(
        full.kept.is_some() && full.stdout.contains("Succeeded"),
        "{full}"
    );
    let pipe = scenario.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|made| made.success()));
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || std::fs::read_to_string(pipe).expect("it can be read"))
    };
    let to = pipe.to_str().expect("it is UTF-8");
    let _ = scenario.rehearse().option("--junit", to).run().with_code(0);
    assert!(
        reader
            .join()
            .expect("it was read")
            .ends_with("</testsuites>\n")
    );
}

/// As GitLab, Jenkins and others read it: every case has one result, and the counts of the suites are those of their cases.
#[test]
fn junitparser_opens_the_junit_xml_and_finds_what_went_otherwise() {
    let scenarios = three();
    let at = scenarios[0].path("junit.xml");
    let path = at.to_str().expect("it is UTF-8");
    let _ = call(&scenarios).option("--junit", path).run().with_code(1);
    scenarios[1].write("rehearsal.toml", "template = 'greeter.yaml'\nseeds = 7\n");
    let unusable = scenarios[0].path("unusable.xml");
    let other = unusable.to_str().expect("it is UTF-8");
    let _ = call(&scenarios).option("--junit", other).run().with_code(2);
    let answers = python::ask(
        "tests/junit.py",
        &[json!({"path": path}), json!({"path": other})],
    );
    for (answer, suites) in answers.iter().zip([
        ["first", "second", "third"],
        ["rehearsal", "first", "third"],
    ]) {
        let found = answer.as_array().expect("they are a list");
        assert_eq!(found.len(), 3, "{answer:#}");
        for (suite, name) in found.iter().zip(suites) {
            assert!(
                suite["name"]
                    .as_str()
                    .is_some_and(|found| found.contains(name)),
                "{suite:#}"
            );
            let cases = suite["cases"].as_array().expect("they are a list");
            let of = |result: &str| cases.iter().filter(|case| case["result"] == result).count();
            let counted = json!([cases.len(), of("failure"), of("error"), of("skipped")]);
            assert_eq!(
                json!([
                    suite["tests"],
                    suite["failures"],
                    suite["errors"],
                    suite["skipped"]
                ]),
                counted,
                "{suite:#}"
            );
        }
    }
    let results = |suite: &serde_json::Value| suite["cases"].to_string();
    assert!(
        !results(&answers[0][0]).contains("failure"),
        "{:#}",
        answers[0][0]
    );
    assert!(
        results(&answers[0][1]).contains("failure"),
        "{:#}",
        answers[0][1]
    );
    assert!(
        results(&answers[1][0]).contains("error"),
        "{:#}",
        answers[1][0]
    );
    assert!(
        results(&answers[1][1]).contains("skipped"),
        "{:#}",
        answers[1][1]
    );
}

/// A call as under GitHub Actions.
fn on_github(scenario: &Scenario, summary: &Path) -> Rehearse {
    scenario
        .rehearse()
        .environment("GITHUB_ACTIONS", "true")
        .environment("GITHUB_WORKSPACE", scenario.path(""))
        .environment("GITHUB_STEP_SUMMARY", summary)
}

#[test]
fn under_github_actions_what_is_otherwise_is_annotated_and_the_summary_goes_on() {
    let scenario = Scenario::of_greeter("answers", "[expect]\noutcome = \"Stopped\"\n");
    let summary = scenario.path("summary.md");
    scenario.write("summary.md", "before\n");
    let finished = on_github(&scenario, &summary).run().with_code(1);
    let text = std::fs::read_to_string(scenario.file()).expect("it is there");
    let line = text
        .lines()
        .position(|line| line == "[expect]")
        .expect("it is there")
        + 1;
    let annotation = format!(
        "::error file=rehearsal.toml,line={line},title=not as expected::rehearsal (seed 7): outcome: expected"
    );
    assert!(
        finished.stderr.contains(&annotation),
        "{annotation}\n{finished}"
    );
    let written = std::fs::read_to_string(&summary).expect("it is there");
    assert!(written.starts_with("before\n## ❌ "), "{written}");
    let off = on_github(&scenario, &summary)
        .flag("--no-github")
        .run()
        .with_code(1);
    assert!(!off.stderr.contains("::error"), "{off}");
    assert_eq!(
        std::fs::read_to_string(&summary).expect("it is there"),
        written
    );
    scenario.write("rehearsal.toml", "template = 'none.yaml'\n");
    let refused = on_github(&scenario, &summary).run().with_code(2);
    assert!(refused.stderr.contains("::error file="), "{refused}");
    let full = on_github(&scenario, Path::new("/dev/full"))
        .run()
        .with_code(2);
    assert!(
        full.stderr
            .contains("the summary cannot be written to /dev/full"),
        "{full}"
    );
}

#[test]
fn a_function_that_hangs_before_the_update_hangs_once_and_not_for_every_request_of_that_time() {
    let scenario = Scenario::of_greeter("answers", "[timing]\nhang_after_ms = 1000\n");
    scenario.write("old/behaviour", "hangs");
    scenario.link(&places::example("odd_function"), "old/odd_function");
    // Each process that hangs is ended, so that every request that is given out starts another.
    scenario.replace(
        "old/greeter",
        "#!/bin/sh\necho started >> started\nexec ./odd_function\n",
    );
    let finished = call(std::slice::from_ref(&scenario)).run().with_code(2);
    assert!(
        finished.stderr.contains("fails before the update"),
        "{finished}"
    );
    let started = std::fs::read_to_string(scenario.path("old/started")).expect("it was started");
    assert!((1..5).contains(&started.lines().count()), "{started}");
}

/// Functions that run side by side end with the command, as one's do.
#[test]
fn a_call_with_several_at_once_that_is_asked_to_end_leaves_no_function() {
    let more = "[timing]\nhang_after_ms = 60000\n";
    let scenarios: Vec<_> = (0..3)
        .map(|_| Scenario::of_greeter("hangs", more))
        .collect();
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let running = call(&scenarios).option("--jobs", "3").start();
        let functions = || -> Vec<u32> {
            let folders = scenarios
                .iter()
                .map(|scenario| scenario.path("new/greeter"));
            folders
                .filter_map(|path| process::with(path.to_str()?).first().copied())
                .collect()
        };
        process::within(Duration::from_mins(1), "all three run", || {
            (functions().len() == 3).then_some(())
        });
        process::signal(running.id(), signal);
        let finished = running.finish();
        assert_eq!(finished.code, Some(code), "{finished}");
        process::within(Duration::from_secs(20), "they are gone", || {
            functions().is_empty().then_some(())
        });
    }
}

/// A terminal, which `script` makes, sees two lines that move, and all of them in 80 columns.
#[test]
fn on_a_terminal_share_gates_and_hooks_move() {
    let scenario = Scenario::of_greeter("answers", "");
    let rehearse = places::binary("rehearse");
    let line = format!(
        "stty cols 80; exec '{}' run '{}' --report /dev/null",
        rehearse.display(),
        scenario.file().display()
    );
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        eprintln!("there is no script(1) here, and no terminal was tried");
        return;
    };
    let seen = String::from_utf8_lossy(&output.stdout);
    assert!(seen.contains("before the shift"), "{seen}");
    assert!(
        seen.contains("minute 3") && seen.contains("gates: 1 OK"),
        "{seen}"
    );
}
