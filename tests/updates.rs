//! Releases of several updates: `[[update]]` of a rehearsal file, with real processes.

use serde_json::{Value, json};
use workspace_tests::{Finished, Scenario};

/// The update that fails by its alarm.
const FAILS: &str = "
[[update]]
name = \"fails\"
[[update.fault]]
function = \"Greeter\"
version = \"new\"
kind = \"error\"
[update.expect]
outcome = \"Stopped\"
alarm = \"Failures\"
";

fn release(updates: &str) -> Finished {
    Scenario::of_greeter("answers", updates).run()
}

/// Something of each update.
fn each<'r>(report: &'r Value, pointer: &str) -> Vec<&'r Value> {
    let updates = report["updates"].as_array().expect("there are updates");
    updates
        .iter()
        .map(|update| update.pointer(pointer).unwrap_or(&Value::Null))
        .collect()
}

#[test]
fn a_rollback_gives_back_what_was_and_the_same_code_is_refused_until_it_is_another() {
    let again = "
[[update]]
name = \"the same code again\"
minutes_between = 2
[update.expect]
outcome = \"Failed\"
last_minute_served_by = \"old\"
[[update]]
name = \"other code\"
code = \"changed\"
";
    let finished = release(&format!("{FAILS}{again}")).with_code(0);
    let report = finished.checked_report();
    assert_eq!(
        each(&report, "/name"),
        ["fails", "the same code again", "other code"]
    );
    assert_eq!(
        each(&report, "/outcome"),
        ["Stopped", "Failed", "Succeeded"]
    );
    let reason = &report["updates"][1]["update_failed"]["reason"];
    assert_eq!(
        reason,
        "A version for this Lambda function exists ( 2 ). Modify the function to create a new version."
    );
    assert_eq!(report["updates"][1]["deployments"], json!([]));
    assert_eq!(report["updates"][1]["not_begun"], json!(["Greeter"]));
    // What went back is what the third begins with, and no number is given twice.
    let third = &report["deployments"][0];
    assert_eq!(third["old_version"], "1");
    assert_eq!(third["new_version"], "3");
    assert_eq!(report["outcome"], "Succeeded");
    assert_eq!(report["deployments"], report["updates"][2]["deployments"]);
    assert_eq!(report["faults_acted"].as_array().map(Vec::len), Some(1));
    // Time goes on: a minute before, one after, and two between the first and the second.
    let begins = each(&report, "/begins_at_seconds");
    let lasts = each(&report, "/virtual_seconds");
    for index in 1..3 {
        let [begin, before, last] = [begins[index], begins[index - 1], lasts[index - 1]]
            .map(|value| value.as_f64().unwrap());
        assert!((begin - before - last).abs() < 1e-6, "{begins:?} {lasts:?}");
    }
    assert!(lasts[1].as_f64() >= Some(240.0), "{lasts:?}");
    let verdict = report["updates"][1]["verdict"].as_str().unwrap_or_default();
    assert!(
        verdict.starts_with("Failed") && verdict.contains("exists ( 2 )"),
        "{verdict}"
    );
    assert!(finished.stdout.contains("again"), "{finished}");
}

#[test]
fn the_same_code_is_taken_where_the_rollback_has_deleted_its_version() {
    let with = FAILS.replace(
        "name = \"fails\"",
        "name = \"fails\"\nretain_except_on_create = true",
    );
    let finished = release(&format!("{with}[[update]]\nname = \"again\"\n"));
    let report = finished.with_code(0).checked_report();
    assert_eq!(each(&report, "/outcome"), ["Stopped", "Succeeded"]);
    assert_eq!(report["deployments"][0]["new_version"], "3");
}

#[test]
fn a_stop_by_hand_without_a_rollback_leaves_the_alias_on_two_versions_and_the_next_deployment_fails()
 {
    let updates = "
[[update]]
name = \"stopped\"
[[update.action]]
at_minute = 2
stop = \"Greeter\"
rollback = false
[update.expect]
outcome = \"Stopped\"
error_code = \"MANUAL_STOP\"
[[update]]
name = \"next\"
code = \"changed\"
[update.expect]
outcome = \"Failed\"
error_code = \"INVALID_LAMBDA_CONFIGURATION\"
";
    let report = release(updates).with_code(0).checked_report();
    let stopped = &report["updates"][0]["deployments"][0];
    assert_eq!(stopped["rollback"], Value::Null);
    let weights = |minute: &Value| minute["weights"].clone();
    let both = json!({"1": 0.8, "2": 0.2});
    let last = |deployment: &Value| {
        let minutes = deployment["minutes"].as_array().expect("there are minutes");
        weights(minutes.last().expect("there are minutes"))
    };
    assert_eq!(last(stopped), both);
    let next = &report["deployments"][0];
    let mut expected = both;
    expected["3"] = json!(0.0);
    assert_eq!(last(next), expected);
    assert_eq!(weights(&next["minutes"][0]), expected);
    assert!(next["served"]["2"].as_u64() > Some(0), "{}", next["served"]);
}

#[test]
fn a_stop_by_hand_in_a_file_of_one_update_goes_back_as_the_group_says() {
    let more = "[[action]]\nat_minute = 1\nstop = \"Greeter\"\n[expect]\noutcome = \"Stopped\"\nlast_minute_served_by = \"old\"\n";
    let report = release(more).with_code(0).checked_report();
    assert_eq!(report["updates"], json!([]));
    assert_eq!(report["deployments"][0]["error_code"], "MANUAL_STOP");
    assert_eq!(report["deployments"][0]["rollback"]["status"], "Succeeded");
    assert_eq!(
        report["deployments"][0]["error_message"],
        "The deployment was stopped by hand."
    );
}

#[test]
fn an_update_that_ends_otherwise_than_expected_is_followed_by_what_is_deployed_then() {
    // The first is expected to fail, and does not: so the second comes after its version 2.
    let updates =
        "[[update]]\n[update.expect]\noutcome = \"Stopped\"\n[[update]]\ncode = \"changed\"\n";
    let report = release(updates).with_code(1).checked_report();
    assert_eq!(report["as_expected"], false);
    assert_eq!(each(&report, "/as_expected"), [false, true]);
    assert_eq!(
        report["differences"],
        json!(["update 1: outcome: expected Stopped, got Succeeded"])
    );
    assert_eq!(report["deployments"][0]["old_version"], "2");
}

#[test]
fn what_cannot_follow_is_not_run_and_the_report_says_so() {
    // The second is the same code, which is foretold to be refused; but the first succeeds, so that nothing is left to change.
    let updates = "[[update]]\n[update.expect]\noutcome = \"Stopped\"\n[[update]]\nname = \"again\"\n[update.expect]\noutcome = \"Failed\"\n";
    let report = release(updates).with_code(1).checked_report();
    assert_eq!(each(&report, "/name"), ["update 1"]);
    let differences = report["differences"].to_string();
    assert!(differences.contains("again was not run"), "{differences}");
}

#[test]
fn one_seed_makes_one_release() {
    let again = format!("{FAILS}[[update]]\ncode = \"changed\"\n");
    let [one, other] = [release(&again), release(&again)].map(|finished| {
        let report = finished.with_code(0).checked_report();
        json!([
            each(&report, "/deployments/0/minutes"),
            report["timeline"],
            each(&report, "/deployments/0/id")
        ])
    });
    assert_eq!(one, other);
}

/// A function of Python that says which build it is and how it is configured.
const SAYS: &str = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Words:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: words
      AutoPublishAlias: live
      DeploymentPreference: {Type: AllAtOnce}
      Environment: {Variables: {MOOD: %}}
";

#[test]
fn a_version_that_a_rollback_has_left_is_called_by_its_number_with_its_own_code_and_configuration()
{
    let updates = "
[[update]]
name = \"goes back\"
template = \"b.yaml\"
builds = \"b\"
[[update.action]]
at_minute = 0
stop = \"Words\"
[update.expect]
outcome = \"Stopped\"
[[update]]
name = \"the next\"
template = \"c.yaml\"
builds = \"c\"
[[update.traffic.request]]
function = \"Words\"
qualifier = \"2\"
expect_error = true
[[update.traffic.request]]
function = \"Words\"
";
    let scenario = Scenario::new(&format!(
        "template = \"a.yaml\"\n[live]\ntemplate = \"a.yaml\"\n[builds]\nold = \"a\"\n[traffic]\nrequests_per_minute = 20\n\
         [[traffic.request]]\nfunction = \"Words\"\n{updates}"
    ));
    for build in ["a", "b", "c"] {
        scenario.write(
            &format!("{build}.yaml"),
            &SAYS
                .replace('%', &format!("mood-{build}"))
                .replace("AllAtOnce", "Linear10PercentEvery1Minute"),
        );
        let fails = if build == "b" {
            "raise Exception"
        } else {
            "print"
        };
        scenario.write(
            &format!("{build}/Words/app.py"),
            &format!("import os\ndef handler(event, context):\n    {fails}('code {build}, ' + os.environ['MOOD'])\n"),
        );
    }
    let finished = scenario.run().with_code(0);
    let report = finished.checked_report();
    assert_eq!(each(&report, "/outcome"), ["Stopped", "Succeeded"]);
    assert_eq!(report["deployments"][0]["new_version"], "3");
    // A caller that expects the failure of version 2 gets it, before the update, while it goes on, and afterwards.
    let second = &report["updates"][1];
    assert_eq!(second["failures"], json!([]), "{second}");
    assert_eq!(second["errors_past_alias"], 0, "{second}");
    let served = second["deployments"][0]["served"].to_string();
    assert!(!served.contains("\"2\""), "{served}");
}

/// A function whose alias is shifted by tenths, between versions that the template names itself.
const WORKER: &str = "\
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Runtime: python3.13, Handler: app.handler, Role: 'arn:aws:iam::123456789012:role/ROLE', Timeout: TIMEOUT, Code: worker}
  First: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Worker}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Worker, FunctionVersion: !GetAtt First.Version, Name: live}
    UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: !Ref App, DeploymentGroupName: !Ref Group}}
  App: {Type: AWS::CodeDeploy::Application, Properties: {ComputePlatform: Lambda}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref App
      ServiceRoleArn: arn:aws:iam::123456789012:role/deploys
      DeploymentConfigName: CodeDeployDefault.LambdaLinear10PercentEvery1Minute
      DeploymentStyle: {DeploymentType: BLUE_GREEN, DeploymentOption: WITH_TRAFFIC_CONTROL}
";

/// A release of the worker, all of stubs that take four seconds: its templates are `a.yaml` and so on.
fn release_of_workers(updates: &str, templates: &[(&str, &str, &str)]) -> Value {
    let scenario = Scenario::new(&format!(
        "template = \"b.yaml\"\n[live]\ntemplate = \"a.yaml\"\n[builds]\nold = \"stub\"\nnew = \"stub\"\n\
         [traffic]\nrequests_per_minute = 20\n[[traffic.request]]\nfunction = \"Worker\"\nqualifier = \"live\"\n\
         [[stub]]\nfunction = \"Worker\"\nduration_ms = 4000\n{updates}"
    ));
    for (name, (role, timeout, version)) in ["a", "b", "c", "d"].iter().zip(templates) {
        let template = WORKER.replace("ROLE", role).replace("TIMEOUT", timeout);
        scenario.write(&format!("{name}.yaml"), &template.replace("First", version));
    }
    scenario.run().checked_report()
}

/// The second update has the same code, and another version of it.
const THEN_A_VERSION: &str =
    "[[update]]\ncode = \"same\"\n[[update]]\ntemplate = \"c.yaml\"\ncode = \"same\"\n";

#[test]
fn a_version_keeps_what_it_was_published_with_also_where_its_function_has_changed_since() {
    let with = |timeout, version| ("r", timeout, version);
    let templates = [
        with("3", "First"),
        with("10", "First"),
        with("10", "Second"),
        with("10", "Third"),
    ];
    // Version 1 ends in time-outs as long as it serves.
    let fails = "[update.expect]\nold_version_fails = true\n";
    let updates = THEN_A_VERSION.replace("code = \"same\"\n", &format!("code = \"same\"\n{fails}"));
    let again = "[[update]]\nname = \"again\"\ntemplate = \"d.yaml\"\ncode = \"same\"\n[update.expect]\noutcome = \"Failed\"\n";
    let report = release_of_workers(&format!("{updates}{again}"), &templates);
    // Lambda publishes the first of them, for it differs from the last version: in its time-out.
    assert_eq!(
        each(&report, "/outcome"),
        ["Succeeded", "Succeeded", "Failed"],
        "{report}"
    );
    let reason = report["update_failed"]["reason"].as_str();
    let reason = reason.expect("the last one failed");
    assert!(reason.contains("exists ( 2 )"), "{reason}");
    let second = &report["updates"][1];
    let failures = second["failures"].as_array().expect("they are a list");
    let versions: Vec<_> = failures.iter().map(|one| &one["version"]).collect();
    assert!(!versions.is_empty(), "{report}");
    assert!(versions.iter().all(|version| *version == "1"), "{report}");
}

#[test]
fn a_role_that_changed_an_update_before_keeps_the_versions_of_an_alias_apart() {
    let templates = [
        ("r", "10", "First"),
        ("s", "10", "First"),
        ("s", "11", "Second"),
    ];
    let report = release_of_workers(
        &format!("{THEN_A_VERSION}[update.expect]\noutcome = \"Failed\"\n"),
        &templates,
    );
    assert_eq!(
        each(&report, "/outcome"),
        ["Succeeded", "Failed"],
        "{report}"
    );
    assert_eq!(report["as_expected"], true, "{report}");
}

#[test]
fn a_version_that_a_rollback_has_deleted_is_no_target() {
    let updates = format!(
        "{}[[update]]\ncode = \"changed\"\n[[update.traffic.request]]\nfunction = \"Greeter\"\nqualifier = \"2\"\n",
        FAILS.replace(
            "name = \"fails\"",
            "name = \"fails\"\nretain_except_on_create = true",
        )
    );
    let finished = release(&updates);
    assert_eq!(finished.code, Some(2), "{finished}");
    let words = "Greeter has no alias or version 2 that is known here";
    assert!(finished.stderr.contains(words), "{finished}");
}

#[test]
fn each_update_says_how_long_it_took_and_the_release_all_of_them() {
    let updates = format!("{FAILS}[[update]]\nname = \"next\"\ncode = \"changed\"\n");
    let finished = release(&updates).with_code(0);
    let report = finished.checked_report();
    let seconds = |key: &str| -> Vec<f64> {
        each(&report, key)
            .into_iter()
            .map(|value| value.as_f64().expect("it is a number"))
            .collect()
    };
    let (virtual_seconds, wall) = (seconds("/virtual_seconds"), seconds("/wall_seconds"));
    let sum = |all: &[f64]| all.iter().sum::<f64>();
    let of_all = |key: &str| report[key].as_f64().expect("it is a number");
    assert!((sum(&virtual_seconds) - of_all("virtual_seconds")).abs() < 1e-6);
    assert!((sum(&wall) - of_all("wall_seconds")).abs() < 1e-6);
    for seconds in &virtual_seconds {
        let words = format!("for {seconds:.0} virtual s");
        assert!(finished.stderr.contains(&words), "{words}: {finished}");
    }
    let words = format!(
        "all 2 updates: in {:.1} s for {:.0} virtual s",
        of_all("wall_seconds"),
        of_all("virtual_seconds")
    );
    assert!(finished.stderr.contains(&words), "{words}: {finished}");
}

#[test]
fn files_of_several_updates_that_make_no_sense_are_refused_at_their_line() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("[[update]]\nnaem = \"x\"\n", "unknown field `naem`", "naem = \"x\""),
        ("[[update]]\n[update.traffic]\nrequest_per_minute = 1\n", "did you mean `requests_per_minute`?", "request_per_minute = 1"),
        (
            "[[update]]\n[[update.action]]\nat_minute = 9\nstop = \"Greeter\"\n",
            "the deployment of Greeter is over by minute 9",
            "[[update.action]]",
        ),
        (
            "[[update]]\n[[update.action]]\nat_minute = 1\nstop = \"Nobody\"\n",
            "the update starts no deployment of Nobody",
            "[[update.action]]",
        ),
        (
            "[[action]]\nat_minute = 1\nstop = \"Greeter\"\n[[update]]\n",
            "the file has [[update]], and this [[action]] belongs to none of them",
            "[[action]]",
        ),
        (
            "[expect]\noutcome = \"Stopped\"\n[[update]]\n[update.expect]\noutcome = \"Succeeded\"\n",
            "nothing is held against this",
            "[expect]",
        ),
        ("[[update]]\n[[update]]\n", "nothing changes: this is what runs already", "[[update]]"),
        ("[[update]]\nminutes_between = 1\n", "nothing is before the first update", "minutes_between = 1"),
        ("[[update]]\nname = \"a\"\n[[update]]\nname = \"a\"\ncode = \"changed\"\n", "two updates are called a", "name = \"a\""),
        ("[[update]]\n[[update]]\ncode = \"same\"\nbuilds = \"new\"\n", "brings other code than the one before it", "code = \"same\""),
    ];
    for (updates, words, line) in cases {
        let finished = release(updates);
        assert_eq!(finished.code, Some(2), "{updates}{finished}");
        let shown = finished.stderr.replace("\n  │ ", " ");
        assert!(shown.contains(words), "{updates}{finished}");
        assert!(finished.stderr.contains(line), "{updates}{finished}");
        assert!(finished.kept.is_none());
    }
}
