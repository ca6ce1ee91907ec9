//! Updates between two templates: `[live]` of a rehearsal file.

use serde_json::{Value, json};
use workspace_tests::repository::commit;
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

#[test]
fn an_alarm_that_comes_with_the_update_stops_its_own_deployment() {
    let more = "[expect]\noutcome = \"Stopped\"\nalarm = \"Failures\"\n";
    let finished = updated("throws", &without_alarm(), more);
    let report = finished.with_code(0).checked_report();
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
    let report = finished.with_code(0).checked_report();
    let minutes = report["deployments"][0]["minutes"]
        .as_array()
        .expect("there are minutes");
    assert_eq!(
        minutes.last().expect("there are minutes")["infrastructure"],
        "new"
    );
}

#[test]
fn a_function_that_is_renamed_is_another_and_its_callers_go_over_without_an_error_or_a_deployment()
{
    let named = |name: &str| {
        GREETER.replace(
            "      Timeout: 5\n",
            &format!("      Timeout: 5\n      FunctionName: {name}\n"),
        )
    };
    let more = "[live]\ntemplate = \"live.yaml\"\n[expect]\noutcome = \"Succeeded\"\n";
    let scenario = Scenario::of_greeter("answers", more);
    scenario.write("live.yaml", &named("greeter-a"));
    scenario.write("greeter.yaml", &named("greeter-b"));
    let report = scenario.run().with_code(0).checked_report();
    assert_eq!(report["verdict"], "Succeeded; no deployment started");
    assert_eq!(report["failures"], json!([]));
    let timeline = report["timeline"].to_string();
    assert!(
        timeline.contains("GreeterAliaslive (replaced), Greeter (replaced) went"),
        "{timeline}"
    );
}

#[test]
fn what_cannot_be_known_of_a_change_is_refused_by_name_and_place_and_nothing_runs() {
    let local = "      LocalSecondaryIndexes: [{IndexName: Local, KeySchema: [{AttributeName: id, KeyType: HASH}, {AttributeName: town, KeyType: RANGE}], Projection: {ProjectionType: ALL}}]\n";
    let table = |more: &str| {
        format!(
            "{GREETER}  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{{AttributeName: id, KeyType: HASH}}, {{AttributeName: number, KeyType: RANGE}}]
      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}, {{AttributeName: number, AttributeType: S}}, {{AttributeName: town, AttributeType: S}}]
{more}"
        )
    };
    let scenario = Scenario::of_greeter("answers", "[live]\ntemplate = \"live.yaml\"\n");
    scenario.write("live.yaml", &table(""));
    scenario.write("greeter.yaml", &table(local));
    let finished = scenario.run();
    assert_eq!(finished.code, Some(2), "{finished}");
    let shown = finished.stderr.replace("\n  │ ", " ");
    let words = "Items: whether another takes its place is not known, for its LocalSecondaryIndexes may change so";
    assert!(shown.contains(words), "{finished}");
    assert!(shown.contains("another logical id"), "{finished}");
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
fn a_revision_of_which_no_code_is_named_is_refused_where_its_functions_are_built() {
    let scenario = Scenario::of_greeter("answers", "[live]\ngit = \"v1\"\n");
    let text = std::fs::read_to_string(scenario.file()).expect("it is there");
    let without = text.lines().filter(|line| !line.starts_with("old = "));
    scenario.write("rehearsal.toml", &without.collect::<Vec<_>>().join("\n"));
    commit(&scenario.path(""), "v1");
    let finished = scenario.run();
    assert_eq!(finished.code, Some(2), "{finished}");
    let shown = finished.stderr.replace("\n  │ ", " ");
    for words in [
        "Greeter: it is built (cargo), and what is built here is not that revision's",
        "say where the code that runs is",
        "git = \"v1\"",
    ] {
        assert!(shown.contains(words), "{words}: {finished}");
    }
}

#[test]
fn a_revision_whose_functions_run_as_source_brings_their_code() {
    let scenario = Scenario::new(
        "template = \"infra/new.yaml\"\n[live]\ngit = \"v1\"\n[traffic]\nrequests_per_minute = 30\n\
         [[traffic.request]]\nmethod = \"GET\"\npath = \"/town\"\n[expect]\noutcome = \"Succeeded\"\nerrors = { at_least = 1 }\n",
    );
    let template = TOWNS.replace("CodeUri: towns", "CodeUri: ../towns")
        + "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n";
    scenario.write("infra/new.yaml", &template);
    let code =
        "import words\ndef handler(event, context):\n    return {'statusCode': words.STATUS}\n";
    scenario.write("towns/app.py", code);
    scenario.write("towns/words.py", "STATUS = 200\n");
    commit(&scenario.path(""), "v1");
    scenario.write("towns/words.py", "STATUS = 500\n");
    let finished = scenario.run().with_code(0);
    let report = finished.checked_report();
    let (served, errors) = (
        &report["deployments"][0]["served"],
        &report["deployments"][0]["errors"],
    );
    assert_eq!(errors["1"], 0, "{errors}");
    assert!(served["2"].as_u64() > Some(0), "{served}");
    assert_eq!(errors["2"], served["2"], "{errors} of {served}");
    assert!(
        finished.stderr.contains("old, source of v1: Towns"),
        "{finished}"
    );
}

/// What a function of Python needs to call AWS without an SDK: endpoints ask who calls, and verify no signature.
const CALLS: &str = r#"
import json, os, urllib.error, urllib.request

def call(service, target, body):
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260101/us-east-1/{service}/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Date": "20260101T000000Z",
        "X-Amz-Target": target,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
    }
    url = os.environ["AWS_ENDPOINT_URL_" + service.upper()]
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
"#;

/// A function of Python with a table; `%` stands for more of the table, and for more resources.
const TOWNS: &str = "\
Transform: AWS::Serverless-2016-10-31
Globals: {Api: {OpenApiVersion: 3.0.1}}
Resources:
  Towns:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: towns
      AutoPublishAlias: live
      DeploymentPreference: {Type: Canary10Percent10Minutes}
      Environment: {Variables: {TABLE: !Ref Items}}
      Events: {Town: {Type: Api, Properties: {Path: /town, Method: get}}}
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: id, KeyType: HASH}]
";

/// A rehearsal of [`TOWNS`] between two templates, whose old and new version have these handlers.
fn towns(live: &str, new: &str, [old_code, new_code]: [&str; 2], more: &str) -> Finished {
    let scenario = Scenario::new(&format!(
        "template = \"new.yaml\"\n[live]\ntemplate = \"live.yaml\"\n[builds]\nold = \"old\"\nnew = \"new\"\n\
         [traffic]\nrequests_per_minute = 30\nminutes_before = 1\nminutes_after = 1\n\
         [[traffic.request]]\nmethod = \"GET\"\npath = \"/town\"\n{more}"
    ));
    scenario.write("live.yaml", live);
    scenario.write("new.yaml", new);
    for (build, code) in [("old", old_code), ("new", new_code)] {
        scenario.write(
            &format!("{build}/Towns/app.py"),
            &format!("{CALLS}\n{code}"),
        );
    }
    scenario.run()
}

/// The errors of a version, by minute.
fn errors_by_minute(report: &Value, version: &str) -> Vec<(i64, u64)> {
    let minutes = report["deployments"][0]["minutes"].as_array();
    minutes
        .expect("there are minutes")
        .iter()
        .map(|minute| {
            let number = minute["minute"].as_i64().expect("it has a number");
            let errors = minute["errors"][version].as_u64().expect("it has a count");
            (number, errors)
        })
        .collect()
}

#[test]
fn an_index_that_the_new_code_needs_is_not_there_when_it_runs_first() {
    let without =
        format!("{TOWNS}      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]\n");
    let with = format!(
        "{TOWNS}      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}, {{AttributeName: town, AttributeType: S}}]
      GlobalSecondaryIndexes: [{{IndexName: ByTown, KeySchema: [{{AttributeName: town, KeyType: HASH}}], Projection: {{ProjectionType: ALL}}}}]
"
    );
    let old = r#"
def handler(event, context):
    item = {"id": {"S": "1"}, "town": {"S": "Bern"}}
    call("dynamodb", "DynamoDB_20120810.PutItem", {"TableName": os.environ["TABLE"], "Item": item})
    return {"statusCode": 200, "body": "put"}
"#;
    let new = r#"
def handler(event, context):
    query = {"TableName": os.environ["TABLE"], "IndexName": "ByTown", "KeyConditionExpression": "town = :t",
             "ExpressionAttributeValues": {":t": {"S": "Bern"}}}
    try:
        found = call("dynamodb", "DynamoDB_20120810.Query", query)
    except urllib.error.HTTPError as error:
        print(error.read().decode())
        return {"statusCode": 503, "body": "no index"}
    return {"statusCode": 200 if found["Count"] == 1 else 404, "body": json.dumps(found)}
"#;
    let finished = towns(
        &without,
        &with,
        [old, new],
        "[expect]\noutcome = \"Succeeded\"\n",
    );
    let report = finished.with_code(0).checked_report();
    let errors = errors_by_minute(&report, "2");
    let failing: Vec<i64> = errors
        .iter()
        .filter(|(_, errors)| *errors > 0)
        .map(|(minute, _)| *minute)
        .collect();
    assert!(
        failing.len() > 3 && failing.iter().all(|minute| (0..5).contains(minute)),
        "{errors:?}"
    );
    let log = report["failures"][0]["sample"]["log"].to_string();
    assert!(
        log.contains("Cannot read from backfilling global secondary index: ByTown"),
        "{log}"
    );
    let timeline = report["timeline"].to_string();
    assert!(
        timeline.contains("index ByTown of Items is full"),
        "{timeline}"
    );
}

#[test]
fn a_parameter_changes_for_the_old_version_too_when_the_update_comes_to_it() {
    let table = "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n";
    let parameter = |value: u32| {
        format!(
            "{TOWNS}{table}  Status: {{Type: AWS::SSM::Parameter, Properties: {{Name: /towns/status, Type: String, Value: '{value}'}}}}\n"
        )
    };
    let code = r#"
def handler(event, context):
    answer = call("ssm", "AmazonSSM.GetParameter", {"Name": "/towns/status"})
    return {"statusCode": int(answer["Parameter"]["Value"]), "body": "status"}
"#;
    let finished = towns(
        &parameter(200),
        &parameter(503),
        [code, code],
        "[expect]\noutcome = \"Succeeded\"\nerrors = { at_least = 1 }\n",
    );
    let report = finished.with_code(0).checked_report();
    let before = &report["deployments"][0]["minutes"][0];
    assert_eq!(before["errors"]["1"], 0, "{before}");
    let errors = errors_by_minute(&report, "1");
    assert!(
        errors
            .iter()
            .any(|(minute, errors)| *minute == 3 && *errors > 20),
        "{errors:?}"
    );
}

#[test]
fn a_table_with_another_key_is_empty_for_the_new_version_and_the_old_one_goes_on_with_its_own() {
    let keyed = |key: &str| {
        TOWNS.replace(
            "AttributeName: id, KeyType",
            &format!("AttributeName: {key}, KeyType"),
        ) + &format!("      AttributeDefinitions: [{{AttributeName: {key}, AttributeType: S}}]\n")
    };
    let code = |key: &str, writes: bool| {
        let put = format!(
            "    call('dynamodb', 'DynamoDB_20120810.PutItem', {{'TableName': os.environ['TABLE'], 'Item': {{'{key}': {{'S': '1'}}}}}})\n"
        );
        format!(
            "def handler(event, context):\n{}    found = call('dynamodb', 'DynamoDB_20120810.Scan', {{'TableName': os.environ['TABLE']}})\n    return {{'statusCode': 200 if found['Count'] == 1 else 404, 'body': 'scanned'}}\n",
            if writes { &put } else { "" }
        )
    };
    let finished = towns(
        &keyed("id"),
        &keyed("number"),
        [&code("id", true), &code("number", false)],
        "[expect]\noutcome = \"Succeeded\"\nerrors = { at_least = 1 }\n",
    );
    let report = finished.with_code(0).checked_report();
    let served = &report["deployments"][0]["served"];
    let errors = &report["deployments"][0]["errors"];
    assert_eq!(errors["1"], 0, "{errors}");
    assert_eq!(
        errors["2"], served["2"],
        "the new table has no items: {errors} of {served}"
    );
}

#[test]
fn an_update_that_fails_before_any_deployment_is_told_in_cloudformations_words() {
    let named = |key: &str| {
        GREETER.to_owned()
            + &format!(
                "  Items: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: items, KeySchema: [{{AttributeName: {key}, KeyType: HASH}}], AttributeDefinitions: [{{AttributeName: {key}, AttributeType: S}}], BillingMode: PAY_PER_REQUEST}}}}\n"
            )
    };
    let scenario = Scenario::of_greeter(
        "throws",
        "[live]\ntemplate = \"live.yaml\"\n[expect]\noutcome = \"Failed\"\n",
    );
    scenario.write("live.yaml", &named("id"));
    scenario.write("greeter.yaml", &named("number"));
    let finished = scenario.run();
    let report = finished.with_code(0).checked_report();
    assert_eq!(report["deployments"], json!([]));
    let reason = "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename items and update the stack again.";
    assert_eq!(
        report["update_failed"],
        json!({"logical_id": "Items", "reason": reason})
    );
    let verdict = report["verdict"].as_str().unwrap_or_default();
    assert_eq!(
        verdict,
        format!("Failed before any deployment: Items: {reason}")
    );
}

#[test]
fn an_update_that_starts_no_deployment_says_so() {
    let live = GREETER.replace("Timeout: 5", "Timeout: 6");
    let scenario = Scenario::of_greeter("answers", "[live]\ntemplate = \"live.yaml\"\n");
    // Code in S3 that stays where it is: nothing of the version changes but its time-out.
    let in_s3 = |text: &str| text.replace("CodeUri: greeter", "CodeUri: s3://code/greeter.zip");
    scenario.write("live.yaml", &in_s3(&live));
    scenario.write("greeter.yaml", &in_s3(GREETER));
    let finished = scenario.run();
    let report = finished.with_code(0).checked_report();
    assert_eq!(report["verdict"], "Succeeded; no deployment started");
    assert_eq!(report["deployments"], json!([]));
}
