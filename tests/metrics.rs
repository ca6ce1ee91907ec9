//! Metrics that alarms are evaluated on, over real processes: for each kind a deployment that its alarm stops, and one that it must
//! not (`metrics/`).

use serde_json::{Value, json};
use workspace_tests::{Finished, Scenario, contract, places};

/// A rehearsal of one of the folder's templates, with more text at its end.
fn rehearsed(name: &str, more: &str) -> Finished {
    let folder = places::root().join("tests/metrics");
    let read = |name: &str| {
        std::fs::read_to_string(folder.join(name)).expect("the folder has templates and rehearsals")
    };
    let scenario = Scenario::new(&format!("{}{more}", read(&format!("{name}.toml"))));
    let template = format!("{name}.yaml");
    scenario.write(&template, &read(&template));
    scenario.run()
}

/// The report of a rehearsal that goes as its text expects.
fn report(name: &str, more: &str) -> Value {
    let report = rehearsed(name, more).with_code(0).report();
    contract::report(&report.0);
    report.0
}

/// A fault on what the new version asks of a service, and what comes of it.
fn fault(kind: &str, outcome: &str) -> String {
    format!(
        "[[fault]]\nservice = \"dynamodb\"\nversion = \"new\"\n{kind}\n[expect]\noutcome = \"{outcome}\"\n"
    )
}

/// Where the alarm stops the deployment: its name, and whether the old version is back.
fn stopped_by(report: &Value) -> (&Value, bool) {
    let deployment = &report["deployments"][0];
    (
        &deployment["stopped_by"],
        deployment["rollback"]["status"] == "Succeeded",
    )
}

#[test]
fn each_metric_of_a_table_stops_the_deployment_that_its_alarm_is_a_gate_of() {
    for (alarm, kind) in [
        ("Broken", "kind = \"error\""),
        ("Slow", "kind = \"delay\"\ndelay_ms = 100"),
        ("Throttled", "kind = \"throttle\""),
        (
            "Refused",
            "kind = \"status\"\nstatus = 400\ncode = \"ConditionalCheckFailedException\"",
        ),
        (
            "Misused",
            "kind = \"status\"\nstatus = 400\ncode = \"ValidationException\"",
        ),
    ] {
        let report = report("table", &fault(kind, "Stopped"));
        assert_eq!(stopped_by(&report), (&json!([alarm]), true), "{kind}");
        let gates = report["deployments"][0]["gates"].as_array();
        let decided: Vec<_> = gates
            .into_iter()
            .flatten()
            .map(|gate| &gate["decision"])
            .collect();
        assert_eq!(decided, ["evaluated"; 5]);
    }
}

#[test]
fn what_the_table_never_saw_or_did_well_is_none_of_its_metrics() {
    let delay = "kind = \"delay\"\ndelay_ms = 90";
    for kind in ["kind = \"drop\"", delay] {
        let report = report("table", &fault(kind, "Succeeded"));
        let transitions: Vec<_> = report["alarms"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|alarm| alarm["transitions"].as_array().into_iter().flatten())
            .filter(|transition| transition["state"] == "ALARM")
            .collect();
        assert!(transitions.is_empty(), "{kind}: {transitions:?}");
    }
}

#[test]
fn a_modelled_latency_is_the_metric() {
    let timing = "[timing]\ndynamodb_ms = 99\n[expect]\noutcome = \"Succeeded\"\n";
    let quick = report("table", timing);
    let points = |report: &Value| {
        let points = report["deployments"][0]["gates"][1]["points"].as_array();
        points
            .into_iter()
            .flatten()
            .map(|point| point["value"].clone())
            .collect::<Vec<_>>()
    };
    assert!(points(&quick).contains(&json!(99.0)), "{quick:#}");
    let slow = "[timing]\ndynamodb_ms = 100\n[expect]\noutcome = \"Stopped\"\nalarm = \"Slow\"\n";
    assert_eq!(stopped_by(&report("table", slow)).0, &json!(["Slow"]));
}

#[test]
fn a_delay_of_metrics_lets_the_bad_version_serve_longer() {
    let served = |timing: &str| {
        let more = format!("{timing}{}", fault("kind = \"error\"", "Stopped"));
        report("table", &more)["deployments"][0]["served"]["2"].as_u64()
    };
    let (at_once, late) = (served(""), served("[timing]\nmetric_delay_ms = 180000\n"));
    assert!(
        late > at_once.map(|served| served * 2),
        "{at_once:?}, {late:?}"
    );
}
