//! Metrics that alarms are evaluated on, over real processes: for each kind a deployment that its alarm stops, and one that it must
//! not (`metrics/`).

use serde_json::{Value, json};
use workspace_tests::interpreters::adapted;
use workspace_tests::{Scenario, places};

/// One of the folder's templates and its rehearsal, with more text at its end.
fn scenario(name: &str, more: &str) -> Scenario {
    let folder = places::root().join("tests/metrics");
    let read = |name: &str| {
        std::fs::read_to_string(folder.join(name)).expect("the folder has templates and rehearsals")
    };
    let scenario = Scenario::new(&format!("{}{more}", read(&format!("{name}.toml"))));
    let template = format!("{name}.yaml");
    scenario.write(&template, &adapted(&read(&template)));
    scenario
}

/// The report of a rehearsal that goes as its text expects.
fn report(name: &str, more: &str) -> Value {
    scenario(name, more).run().with_code(0).checked_report()
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

/// A kind of live request with this event, and what comes of it.
fn event(event: &str, outcome: &str) -> String {
    format!(
        "[[traffic.request]]\nfunction = \"F\"\nevent = {event}\n[expect]\noutcome = \"{outcome}\"\n"
    )
}

#[test]
fn a_metric_filter_counts_the_lines_of_the_version_that_writes_them() {
    for (alarm, line) in [
        ("Refused", "payment refused by the bank"),
        ("Late", r#"{\"late_ms\": 500, \"shop\": \"books\"}"#),
    ] {
        let event = event(&format!("{{ line = \"{line}\" }}"), "Stopped");
        let report = report("log-filter", &event);
        assert_eq!(stopped_by(&report), (&json!([alarm]), true), "{line}");
    }
    for line in [
        "payment refused in a test",
        r#"{\"late_ms\": 500, \"shop\": \"toys\"}"#,
        r#"{\"late_ms\": 499, \"shop\": \"books\"}"#,
    ] {
        let event = event(&format!("{{ line = \"{line}\" }}"), "Succeeded");
        let report = report("log-filter", &event);
        // In each minute lines came and none counted: the default value, and no missing point.
        let refused = &report["deployments"][0]["gates"][0];
        let points = refused["points"].as_array().into_iter().flatten();
        let values: Vec<_> = points.map(|point| &point["value"]).collect();
        assert!(
            !values.is_empty() && values.iter().all(|value| **value == 0.0),
            "{line}: {values:?}"
        );
    }
}

#[test]
fn a_metric_filter_reads_what_lambda_itself_writes() {
    let more = format!(
        "[[fault]]\nfunction = \"F\"\nversion = \"new\"\nkind = \"hang\"\ntimes = 1\n{}",
        event("{ line = \"fine\" }", "Stopped")
    );
    let report = report("log-filter", &more);
    assert_eq!(stopped_by(&report), (&json!(["TimedOut"]), true));
}

#[test]
fn a_line_in_embedded_metric_format_is_a_data_point_as_a_runtime_writes_it() {
    let fires = report("embedded", &event("{ failures = 3 }", "Stopped"));
    assert_eq!(stopped_by(&fires), (&json!(["Failures"]), true));
    let silent = report("embedded", &event("{ failures = 0 }", "Succeeded"));
    assert_eq!(silent["verdict"], "Succeeded");
    assert_eq!(
        silent["deployments"][0]["gates"][0]["decision"],
        "evaluated"
    );
}

#[test]
fn in_lambdas_json_format_a_document_is_one_where_it_is_the_whole_line() {
    let json = "[parameters]\nFormat = \"JSON\"\n";
    let plainly = event("{ failures = 3, plainly = true }", "Stopped");
    let report_of = |event: &str| report("embedded", &format!("{json}{event}"));
    assert_eq!(stopped_by(&report_of(&plainly)).0, &json!(["Failures"]));
    let nested = report_of(&event("{ failures = 3 }", "Succeeded"));
    assert_eq!(nested["gates_without_data"], json!(["Failures"]));
}

#[test]
fn a_gate_on_what_no_function_ever_sent_is_in_the_verdicts_own_line() {
    let more = format!(
        "[parameters]\nWatched = \"failure\"\n{}",
        event("{ failures = 3 }", "Succeeded")
    );
    let report = report("embedded", &more);
    assert_eq!(
        report["verdict"],
        "Succeeded; nothing was ever sent that Failures waits for"
    );
}

#[test]
fn what_functions_print_is_shown_and_kept_by_sandbox() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let event = event("{ line = \"first\\nsecond\" }", "Succeeded");
    let scenario = scenario("log-filter", &event);
    let finished = scenario
        .rehearse()
        .option("--logs-dir", &folder.path().display().to_string())
        .flag("--logs")
        .run()
        .with_code(0);
    assert!(finished.stderr.contains("F v1 │ all is well"), "{finished}");
    assert!(finished.stderr.contains("F v2 │ second"), "{finished}");
    let files: Vec<_> = std::fs::read_dir(folder.path().join("rehearsal"))
        .expect("the folder of the rehearsal is there")
        .flatten()
        .map(|entry| std::fs::read_to_string(entry.path()).unwrap_or_default())
        .collect();
    assert!(
        files.iter().any(|text| text.contains("\tall is well\n")),
        "{files:?}"
    );
    assert!(
        files.iter().any(|text| text.contains("\tsecond\n")),
        "{files:?}"
    );
}

#[test]
fn a_version_that_takes_long_runs_more_often_at_once() {
    let slow = |delay_ms: u32, outcome: &str| {
        format!(
            "[[fault]]\nfunction = \"F\"\nversion = \"new\"\nkind = \"delay\"\ndelay_ms = {delay_ms}\n[expect]\noutcome = \"{outcome}\"\n"
        )
    };
    let crowded = report("concurrency", &slow(25_000, "Stopped"));
    assert_eq!(stopped_by(&crowded), (&json!(["Crowded"]), true));
    let quiet = report("concurrency", &slow(2_000, "Succeeded"));
    let points = quiet["deployments"][0]["gates"][0]["points"].as_array();
    let values: Vec<_> = points
        .into_iter()
        .flatten()
        .filter_map(|point| point["value"].as_f64())
        .collect();
    assert!(values.contains(&1.0) && values.contains(&2.0), "{values:?}");
}

#[test]
fn what_a_function_puts_is_a_metric_in_each_protocol_of_sdks() {
    for put in [
        "protocol = \"query\"",
        "protocol = \"json\"",
        "protocol = \"cbor\"",
        "protocol = \"cbor\", statistics = true",
    ] {
        let fires = event(&format!("{{ failures = 3.0, {put} }}"), "Stopped");
        let fires = report("put", &fires);
        assert_eq!(stopped_by(&fires), (&json!(["Failures"]), true), "{put}");
        assert_eq!(fires["refused_calls"], json!([]), "{put}");
        let silent = event(&format!("{{ failures = 2.0, {put} }}"), "Succeeded");
        let silent = report("put", &silent);
        assert_eq!(silent["verdict"], "Succeeded", "{put}");
        let points = &silent["deployments"][0]["gates"][0]["points"];
        let values: Vec<_> = points.as_array().into_iter().flatten().collect();
        assert!(
            values.iter().any(|point| point["value"] == 2.0),
            "{put}: {values:?}"
        );
    }
}

#[test]
fn metrics_that_cloudwatch_refuses_are_refused_in_each_protocol_and_named() {
    for protocol in ["query", "json", "cbor"] {
        let put =
            format!("{{ failures = 3.0, protocol = \"{protocol}\", namespace = \"AWS/Lambda\" }}");
        let report = report("put", &event(&put, "Succeeded"));
        let refused = &report["refused_calls"][0];
        assert_eq!(refused["service"], "monitoring", "{protocol}: {report:#}");
        assert_eq!(refused["operation"], "PutMetricData", "{protocol}");
        assert_eq!(refused["code"], "InvalidParameterValue", "{protocol}");
        assert_eq!(report["gates_without_data"], json!(["Failures"]));
    }
}

/// A kind of live request after which the versions write these, and what comes of it.
fn writes(old: &str, new: &str, outcome: &str) -> String {
    event(&format!("{{ old = {old}, new = {new} }}"), outcome)
}

const FINE: &str = r#"{ level = "info", message = "fine" }"#;

#[test]
fn a_filter_of_json_reads_what_the_runtime_makes_of_a_log_in_lambdas_json_format() {
    for (alarm, new) in [
        (
            "Refused",
            r#"{ level = "error", message = "payment refused" }"#,
        ),
        (
            "Late",
            r#"{ print = { order = { late_ms = 800 }, tags = ["shop", "test"] } }"#,
        ),
    ] {
        let report = report("json-log", &writes(FINE, new, "Stopped"));
        assert_eq!(stopped_by(&report), (&json!([alarm]), true), "{new}");
    }
    for new in [
        r#"{ level = "error", message = "no payment" }"#,
        r#"{ level = "warning", message = "payment refused" }"#,
        r#"{ print = { order = { late_ms = 799 }, tags = ["shop"] } }"#,
        r#"{ print = { order = { late_ms = 800 }, tags = ["test"] } }"#,
        "{ print = { order = { late_ms = 800 } } }",
        r#"{ print = { late_ms = 800, tags = ["shop"] } }"#,
    ] {
        report("json-log", &writes(FINE, new, "Succeeded"));
    }
}

#[test]
fn a_filter_of_json_reads_what_lambda_itself_writes_in_its_json_format() {
    let fault = "[[fault]]\nfunction = \"F\"\nversion = \"new\"\nkind = \"error\"\ntimes = 1\n";
    let report = report(
        "json-log",
        &format!("{fault}{}", writes(FINE, FINE, "Stopped")),
    );
    assert_eq!(stopped_by(&report), (&json!(["Broken"]), true));
}
