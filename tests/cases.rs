//! What people report of gradual deployments, each with its right value: templates that reports led to, written anew and small
//! (`cases/`). Those about gates are in `gates.rs`.

use std::path::PathBuf;

use serde_json::{Value, json};
use workspace_tests::{Finished, Printed, Rehearse, places};

fn path(name: &str) -> PathBuf {
    places::root().join("tests/cases").join(name)
}

fn run(name: &str) -> Finished {
    Rehearse::new().file(path(&format!("{name}.toml"))).run()
}

/// The report of a rehearsal that goes as its file expects.
fn report(name: &str) -> Value {
    run(name).with_code(0).checked_report()
}

/// What inspection finds in a template that can be deployed.
fn inspected(name: &str) -> Value {
    let (code, found) = Printed::inspect_json(path(&format!("{name}.yaml")), &[]);
    assert_eq!(code, Some(0), "{found:#}");
    found
}

/// The warnings of a code, each with its line and message.
fn warnings(found: &Value, code: &str) -> Vec<(u64, String)> {
    let all = found["diagnostics"].as_array().into_iter().flatten();
    let of_code = all.filter(|one| one["code"] == code);
    of_code
        .map(|one| {
            let message = one["message"].as_str().unwrap_or_default();
            (one["line"].as_u64().unwrap_or_default(), message.to_owned())
        })
        .collect()
}

/// Inspection shows people this.
fn shows(name: &str, text: &str) {
    let shown = Printed::inspect(path(&format!("{name}.yaml")), &[]);
    assert!(shown.to_string().contains(text), "{shown}");
}

/// The deployment of a function.
fn deployment<'f>(found: &'f Value, function: &str) -> Option<&'f Value> {
    let mut all = found["deployments"].as_array().into_iter().flatten();
    all.find(|one| one["function"] == function)
}

#[test]
fn a_sum_over_a_long_period_fires_with_its_first_bad_minute_and_no_lint_says_otherwise() {
    let found = inspected("long-period");
    assert_eq!(warnings(&found, "alarm-cannot-fire"), []);
    let report = report("long-period");
    let deployment = &report["deployments"][0];
    assert_eq!(deployment["stopped_by"], json!(["Faults"]));
    assert!(
        deployment["served"]["2"].as_u64() < Some(20),
        "{deployment:#}"
    );
}

#[test]
fn an_alias_that_no_deployment_shifts_has_the_weights_of_its_routing_configuration() {
    // The file expects as many errors as the old version has a share.
    report("weights");
}

#[test]
fn an_alias_over_three_versions_is_refused_at_its_line() {
    let (code, found) = Printed::inspect_json(path("three-versions.yaml"), &[]);
    assert_eq!(code, Some(2));
    let [(line, said)] = &warnings(&found, "template::property")[..] else {
        panic!("{found:#}")
    };
    assert_eq!(*line, 19);
    assert!(
        said.contains("`AdditionalVersionWeights` names 2"),
        "{said}"
    );
}

#[test]
fn a_route_of_an_http_api_gets_the_event_of_the_format_that_it_asks_for() {
    report("payload");
}

#[test]
fn provisioned_concurrency_is_listed_as_not_rehearsed_with_its_line() {
    let found = inspected("provisioned");
    let all = found["not_rehearsed"].as_array().into_iter().flatten();
    let listed: Vec<_> = all
        .filter(|one| one["type"] == "ProvisionedConcurrencyConfig")
        .map(|one| (&one["logical_id"], &one["line"]))
        .collect();
    assert_eq!(
        listed,
        [
            (&json!("Tickets"), &json!(8)),
            (&json!("Seats"), &json!(12))
        ]
    );
}

#[test]
fn requests_through_a_function_url_reach_the_alias_and_leave_its_metrics() {
    let served = report("function-url");
    assert!(served["deployments"][0]["served"]["2"].as_u64() > Some(0));
    let failing = report("function-url-fails");
    assert_eq!(
        failing["deployments"][0]["stopped_by"],
        json!(["UrlFaults"])
    );
}

#[test]
fn a_direct_invocation_leaves_no_metric_of_the_url() {
    let finished = run("function-url-past").with_code(1);
    let report = finished.report().0;
    assert_eq!(report["outcome"], "Succeeded");
    assert_eq!(
        report["differences"],
        json!([
            "outcome: expected Stopped, got Succeeded",
            "alarm: expected UrlFaults, got none"
        ])
    );
}

#[test]
fn an_enabled_that_sam_does_not_evaluate_is_on_and_warned_of() {
    let found = inspected("enabled");
    for function in ["ByFunction", "ByCondition"] {
        let on = deployment(&found, function).map(|one| &one["enabled"]);
        assert_eq!(on, Some(&json!(true)), "{function}");
    }
    let by_parameter = deployment(&found, "ByParameter").map(|one| &one["enabled"]);
    assert_ne!(by_parameter, Some(&json!(true)));
    let lines: Vec<_> = warnings(&found, "preference-ignored")
        .into_iter()
        .map(|(line, _)| line)
        .collect();
    assert_eq!(lines, [13, 17]);
}

#[test]
fn a_hook_that_sam_drops_is_warned_of_at_its_key() {
    let found = inspected("hook-keys");
    for function in ["Misspelt", "Conditional"] {
        let hook = deployment(&found, function).map(|one| &one["pre_traffic_hook"]);
        assert_eq!(hook, Some(&Value::Null), "{function}");
    }
    let [(13, misspelt), (21, conditional)] = &warnings(&found, "preference-ignored")[..] else {
        panic!("{found:#}")
    };
    assert_eq!(
        misspelt,
        "SAM drops the hook `PreTrafficHook`: there is no such hook"
    );
    shows("hook-keys", "did you mean `PreTraffic`?");
    assert!(
        conditional.contains("the deployment has no hook"),
        "{conditional}"
    );
}

#[test]
fn a_deployment_configuration_is_told_by_its_name() {
    let found = inspected("configurations");
    let minutes = |function: &str| {
        let steps = deployment(&found, function).map(|one| one["traffic"].clone());
        let last = steps?.as_array()?.last().cloned()?;
        last["minute"].as_u64()
    };
    assert_eq!(
        minutes("Full"),
        Some(5),
        "SAM passes CodeDeploy's own name through"
    );
    assert_eq!(minutes("Long"), Some(130));
    assert_eq!(minutes("Elsewhere"), None, "another stack may have it");
    let [(12, misspelt)] = &warnings(&found, "unknown-preference")[..] else {
        panic!("{found:#}")
    };
    assert!(misspelt.contains("`Canary10Percent5Minute`"), "{misspelt}");
    shows("configurations", "did you mean `Canary10Percent5Minutes`?");
    let [(20, long)] = &warnings(&found, "shift-too-long")[..] else {
        panic!("{found:#}")
    };
    assert!(long.contains("130 minutes"), "{long}");
}

#[test]
fn a_parameter_alone_publishes_nothing_and_starts_no_deployment() {
    let text = Printed::inspect(path("parameter.yaml"), &[]).stdout;
    assert!(
        text.contains("an update starts 1 deployment if it publishes a version"),
        "{text}"
    );
    let live = path("parameter.yaml");
    let (code, planned) = Printed::plan_json(
        &live,
        &[
            "--live",
            &live.display().to_string(),
            "--live-parameter",
            "RatesUrl=https://rates.example.com/v0",
        ],
    );
    assert_eq!(code, Some(0));
    assert_eq!(
        planned["changes"][0]["action"], "update",
        "the function itself gets the new value"
    );
    assert_eq!(planned["versions"][0]["action"], "not_published");
    assert_eq!(planned["deployments"][0]["starts"], false);
}

#[test]
fn a_status_that_codedeploy_refuses_is_in_the_report_with_what_the_hook_wrote() {
    let finished = run("hook-status").with_code(0);
    let code = "InvalidLifecycleEventHookExecutionStatusException";
    assert!(finished.stderr.contains(code), "{finished}");
    let report = finished.report().0;
    let refused = &report["refused_calls"][0];
    assert_eq!(refused["code"], code);
    assert_eq!(refused["function"], "MailHook");
    let log = &report["deployments"][0]["hooks"][0]["log"];
    let lines: Vec<_> = log.as_array().into_iter().flatten().collect();
    assert_eq!(lines, ["reports Success", "refused with 400"]);
}

#[test]
fn what_sam_accepts_is_accepted() {
    for kind in [
        "graphql",
        "openapi-version",
        "quoted-scalar",
        "state-machine",
    ] {
        let found = inspected(&format!("accepted-{kind}"));
        assert_eq!(
            found["deployments"].as_array().map(Vec::len),
            Some(1),
            "{kind}"
        );
    }
}
