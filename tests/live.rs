//! Updates between two templates: `[live]` of a rehearsal file.

use serde_json::{Value, json};
use workspace_tests::scenario::GREETER;
use workspace_tests::{Finished, Scenario};

/// A greeter that runs by another template than the one that the update brings.
fn updated(behaviour: &str, live: &str, more: &str) -> Finished {
    let scenario = Scenario::of_greeter(
        behaviour,
        &format!("[live]\ntemplate = \"live.yaml\"\n{more}"),
    );
    scenario.write("live.yaml", live);
    scenario.run()
}

/// The template without its alarm, and with another description.
fn without_alarm() -> String {
    let (functions, _) = GREETER.split_once("  Failures:").expect("it has an alarm");
    functions.replace(", Alarms: [!Ref Failures]", "")
}

fn report(finished: &Finished) -> Value {
    let kept = finished
        .kept
        .as_deref()
        .unwrap_or_else(|| panic!("{finished}"));
    serde_json::from_str::<Value>(kept).expect("a report is JSON")[0].clone()
}

#[test]
fn an_alarm_that_comes_with_the_update_stops_its_own_deployment() {
    let more = "[expect]\noutcome = \"Stopped\"\nalarm = \"Failures\"\n";
    let finished = updated("throws", &without_alarm(), more);
    let report = report(&finished.with_code(0));
    let minutes = report["deployments"][0]["minutes"]
        .as_array()
        .expect("there are minutes");
    assert_eq!(minutes[0]["infrastructure"], "live");
    // What changes, and nothing else: the API stays as it is.
    let during = &minutes[1]["infrastructure"]["changed"];
    assert_eq!(
        during,
        &json!([
            "Greeter",
            "GreeterVersion*",
            "Failures",
            "GreeterDeploymentGroup"
        ])
    );
    assert_eq!(
        minutes.last().expect("there are minutes")["infrastructure"],
        "live"
    );
}

#[test]
fn an_update_of_an_environment_is_complete_at_its_end() {
    let live = GREETER.replace(
        "      Timeout: 5\n",
        "      Timeout: 5\n      Environment: {Variables: {GREETING: hello}}\n",
    );
    let finished = updated("answers", &live, "[expect]\noutcome = \"Succeeded\"\n");
    let report = report(&finished.with_code(0));
    let minutes = report["deployments"][0]["minutes"]
        .as_array()
        .expect("there are minutes");
    assert_eq!(
        minutes.last().expect("there are minutes")["infrastructure"],
        "new"
    );
}

#[test]
fn what_is_not_acted_out_is_refused_by_name_and_nothing_runs() {
    let named = GREETER.replace(
        "      Timeout: 5\n",
        "      Timeout: 5\n      FunctionName: greeter\n",
    );
    let finished = updated("answers", &named, "");
    assert_eq!(finished.code, Some(2), "{finished}");
    let words = "the function is replaced, which a rehearsal between two templates does not";
    assert!(finished.stderr.contains(words), "{finished}");
    assert!(finished.kept.is_none());
}

#[test]
fn a_live_build_that_is_given_twice_and_two_live_templates_are_errors() {
    for (more, words) in [
        ("builds = \"old\"\n", "the build that runs is given twice"),
        ("git = \"HEAD\"\n", "give `template` or `git`, not both"),
    ] {
        let finished = updated("answers", GREETER, more);
        assert_eq!(finished.code, Some(2), "{finished}");
        assert!(finished.stderr.contains(words), "{finished}");
    }
}

#[test]
fn a_revision_of_which_no_code_is_named_is_refused_for_todays_code_is_another() {
    let scenario = Scenario::of_greeter("answers", "[live]\ngit = \"HEAD\"\n");
    let text = std::fs::read_to_string(scenario.file()).expect("it is there");
    let without = text.lines().filter(|line| !line.starts_with("old = "));
    scenario.write("rehearsal.toml", &without.collect::<Vec<_>>().join("\n"));
    let finished = scenario.run();
    assert_eq!(finished.code, Some(2), "{finished}");
    let words = "`git` brings the template of that revision, and not its code";
    assert!(finished.stderr.contains(words), "{finished}");
}
