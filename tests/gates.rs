//! Gates, each with its right decision: templates that people's reports led to, written anew and small (`gates/`).

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use workspace_tests::{Finished, Rehearse, places};

/// The templates and rehearsals, in a folder with the function that all of them deploy.
struct Gates {
    folder: TempDir,
}

impl Gates {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let from = places::root().join("tests/gates");
        for entry in std::fs::read_dir(&from).expect("the folder is there") {
            let name = entry.expect("it can be read").file_name();
            std::fs::copy(from.join(&name), folder.path().join(&name)).expect("it can be copied");
        }
        let build = folder.path().join("builds/F");
        std::fs::create_dir_all(&build).expect("a folder can be made");
        link(&places::example("answers"), &build.join("bootstrap"));
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, name: &str) -> Finished {
        Rehearse::new()
            .file(self.path(&format!("{name}.toml")))
            .run()
    }

    /// The report of a rehearsal that goes as its file expects.
    fn report(&self, name: &str) -> Value {
        self.run(name).with_code(0).checked_report()
    }
}

fn link(from: &Path, to: &Path) {
    std::os::unix::fs::symlink(from, to).expect("a link can be made");
}

fn gate(report: &Value) -> &Value {
    &report["deployments"][0]["gates"][0]
}

/// What the terminal shows of a run that is refused, without the borders of its pictures.
fn refused(name: &str) -> String {
    let finished = Gates::new().run(name).with_code(2);
    assert_eq!(finished.kept, None, "nothing has run");
    finished.stderr
}

#[test]
fn a_composite_alarm_stops_what_its_rule_says() {
    let report = Gates::new().report("composite");
    assert_eq!(report["deployments"][0]["stopped_by"], json!(["Rollback"]));
    let gate = gate(&report);
    assert_eq!(gate["decision"], "evaluated");
    assert_eq!(gate["points"], json!([]));
    let last = gate["evaluations"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["state"] == "ALARM"));
    let reason = last.map(|one| one["reason"].clone());
    assert_eq!(
        reason,
        Some(json!("composite-Failing is ALARM, composite-Slow is OK"))
    );
}

#[test]
fn metric_math_is_evaluated_minute_by_minute() {
    let gates = Gates::new();
    let report = gates.report("metric-math");
    assert_eq!(report["deployments"][0]["stopped_by"], json!(["Rate"]));
    let gate = gate(&report);
    assert_eq!(gate["threshold"], 10.0);
    let fired = gate["evaluations"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["state"] == "ALARM"));
    let reason = fired
        .and_then(|one| one["reason"].as_str())
        .unwrap_or_default();
    // Every request that met the new version failed.
    assert!(
        reason.starts_with("2 of the last 5 points above 10: "),
        "{reason}"
    );
    assert!(reason.contains("100, 100"), "{reason}");
    // With three failures a minute or fewer the expression is 0.
    let few = gates.report("metric-math-at-few-requests");
    let points = few["deployments"][0]["gates"][0]["points"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert!(
        points.iter().any(|point| point["value"] == 0.0),
        "{points:?}"
    );
}

#[test]
fn detailed_metrics_of_a_method_are_sent_where_the_stage_has_them_on() {
    let report = Gates::new().report("per-method");
    assert_eq!(report["deployments"][0]["stopped_by"], json!(["PerMethod"]));
}

#[test]
fn an_alarm_that_is_active_before_stops_a_deployment_however_it_shifts() {
    let gates = Gates::new();
    for name in ["all-at-once", "canary"] {
        let report = gates.report(name);
        let deployment = &report["deployments"][0];
        assert_eq!(deployment["error_code"], "ALARM_ACTIVE", "{name}");
        assert_eq!(deployment["served"]["2"], 0, "{name}");
    }
}

#[test]
fn a_metric_that_no_rehearsal_sends_is_refused_at_its_line_with_the_ways_to_go_on() {
    let shown = refused("unmodelled-metric");
    assert!(
        shown.contains("× Behind: a rehearsal sends no IteratorAge of Lambda"),
        "{shown}"
    );
    assert!(shown.contains("unmodelled-metric.yaml:15:"), "{shown}");
    for way in ["[[alarm]]", "[[metric]]", "[gates] not_judged"] {
        assert!(shown.contains(way), "{way} in\n{shown}");
    }
    assert!(!shown.contains("× Dropped"), "{shown}");
}

#[test]
fn what_is_left_out_is_in_the_verdicts_own_line() {
    let finished = Gates::new().run("left-out").with_code(0);
    assert!(
        finished.stdout.contains("1 of 2 alarms was not"),
        "{finished}"
    );
    let report = finished.report().0;
    assert_eq!(
        report["verdict"],
        "Succeeded; 1 of 2 alarms was not judged (Behind)"
    );
    assert_eq!(gate(&report)["decision"], "not_judged");
    // Without an asynchronous invocation there is no point, and the gate is still judged.
    let dropped = &report["deployments"][0]["gates"][1];
    assert_eq!(dropped["decision"], "evaluated");
    let reason = &dropped["evaluations"][0]["reason"];
    assert_eq!(
        reason,
        "no data in the last 5 periods, counted as not breaching"
    );
}

#[test]
fn a_given_state_and_given_data_points_stop_a_deployment_at_their_minute() {
    let gates = Gates::new();
    let state = gates.report("given-state");
    assert_eq!(state["deployments"][0]["stopped_by"], json!(["Behind"]));
    assert_eq!(gate(&state)["decision"], "given");
    let minutes = state["deployments"][0]["minutes"]
        .as_array()
        .map_or(0, Vec::len);
    assert!(minutes >= 3, "it ran until minute 2");
    let points = gates.report("given-points");
    assert_eq!(points["deployments"][0]["stopped_by"], json!(["Behind"]));
    let values: Vec<_> = gate(&points)["points"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|point| point["value"].clone())
        .collect();
    assert_eq!(
        values[..5],
        [
            Value::Null,
            json!(90.0),
            json!(40000.0),
            json!(50000.0),
            json!(60000.0)
        ]
    );
}

#[test]
fn an_alarm_by_a_name_that_no_one_has_is_refused_and_a_logical_id_is_told_from_a_name() {
    let shown = refused("by-name");
    assert!(
        shown.contains("no alarm of this template is called made-by-hand"),
        "{shown}"
    );
    assert!(shown.contains("write !Ref Slow"), "{shown}");
}

#[test]
fn what_a_file_gives_and_no_gate_uses_is_refused_at_its_line() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("[[alarm]]\nname = \"other\"\n", "no deployment group names an alarm other"),
        ("[[metric]]\nnamespace = \"AWS/SQS\"\nname = \"Depth\"\nvalues = { every_minute = [1] }\n", "no gate watches AWS/SQS Depth"),
        ("[gates]\nnot_judged = [\"other\"]\n", "no deployment group names an alarm other"),
    ];
    for (more, part) in cases {
        let gates = Gates::new();
        let file = gates.path("composite.toml");
        let text = std::fs::read_to_string(&file).expect("it is there");
        std::fs::write(&file, format!("{text}{more}")).expect("it can be written");
        let shown = gates.run("composite").with_code(2).stderr;
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn inspection_decides_about_gates_as_a_run_does() {
    let gates = Gates::new();
    let output = places::command()
        .arg("inspect")
        .arg(gates.path("unmodelled-metric.yaml"))
        .args(["--format", "json"])
        .output()
        .expect("rehearse starts");
    let found: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let decisions: Vec<_> = found["deployments"][0]["gates"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(
        *decisions[0],
        json!({"alarm": "Behind", "decision": "refused", "why": "a rehearsal sends no IteratorAge of Lambda", "line": 15})
    );
    assert_eq!(
        (&decisions[1]["alarm"], &decisions[1]["decision"]),
        (&json!("Dropped"), &json!("evaluated"))
    );
}
