//! `rehearse init`: what it writes for templates of several kinds is run.

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;
use workspace_tests::places;

/// A function of Python, whose code is `src/app.py`, with this beside its runtime.
fn function(name: &str, more: &str) -> String {
    format!(
        "  {name}:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: python3.11\n      Handler: app.handler\n      CodeUri: src\n{more}"
    )
}

const SHIFTS: &str = "      AutoPublishAlias: live\n      DeploymentPreference: {Type: Linear10PercentEvery1Minute}\n";

/// The folder of a project with this template.
fn project(template: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let code = "def handler(event, context):\n    return {'statusCode': 200, 'body': '{}'}\n";
    std::fs::create_dir(folder.path().join("src")).expect("a folder can be made");
    std::fs::write(folder.path().join("src/app.py"), code).expect("the code can be written");
    std::fs::write(folder.path().join("template.yaml"), template).expect("it can be written");
    folder
}

fn rehearse(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = places::command()
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("rehearse starts");
    let all = [stdout, stderr].concat();
    (status.code(), String::from_utf8_lossy(&all).into_owned())
}

/// A template of SAM with these resources, and parameters.
fn sam(parameters: &str, resources: &str) -> String {
    format!("Transform: AWS::Serverless-2016-10-31\n{parameters}Resources:\n{resources}")
}

#[test]
fn what_is_written_runs_and_says_what_it_holds() {
    let rest =
        "      Events: {Put: {Type: Api, Properties: {Path: '/orders/{id}', Method: put}}}\n";
    let http =
        "      Events: {Any: {Type: HttpApi, Properties: {Path: '/{proxy+}', Method: any}}}\n";
    let queue = "      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}\n";
    let named = "      FunctionName: !Sub '${Stage}-${Group}-orders'\n      Environment: {Variables: {KEY: !ImportValue key}}\n";
    let parameters = "Parameters:\n  Stage: {Type: String, AllowedValues: [prod, dev]}\n  Group: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /group}\n";
    for (template, written) in [
        (
            sam("", &function("Orders", &[SHIFTS, rest].concat())),
            "method = \"PUT\"\npath = \"/orders/1\"\nbody = {}",
        ),
        (
            sam("", &function("Orders", &[SHIFTS, http].concat())),
            "method = \"GET\"\npath = \"/1\"",
        ),
        (
            sam(
                "",
                &[
                    "  Jobs: {Type: AWS::SQS::Queue}\n",
                    &function("Worker", &[SHIFTS, queue].concat()),
                    &function("Orders", &[SHIFTS, rest].concat()),
                ]
                .concat(),
            ),
            "function = \"Worker\"\nevent = { Records = [{ messageId = \"1\"",
        ),
        (
            sam("", &function("Alone", SHIFTS)),
            "function = \"Alone\"\nevent = {}",
        ),
        (
            sam(parameters, &function("Orders", &[SHIFTS, named].concat())),
            "[parameters]\nGroup = \"rehearsal\"\nStage = \"prod\"",
        ),
    ] {
        let folder = project(&template);
        let (code, output) = rehearse(folder.path(), &["init", "template.yaml"]);
        assert_eq!(code, Some(0), "{output}\n{template}");
        let text = std::fs::read_to_string(folder.path().join("rehearsal.toml"))
            .expect("the file is written");
        assert!(text.contains(written), "{text}");
        let (code, output) = rehearse(folder.path(), &["run", "rehearsal.toml"]);
        assert_eq!(code, Some(0), "{output}\n{text}");
        assert!(output.contains("✓ Succeeded"), "{output}");
        // The faults are commented, and act once they are not.
        let at = text.find("# [[fault]]").expect("faults are offered");
        let fault = text[at..]
            .lines()
            .take(6)
            .map(|line| line.trim_start_matches("# "));
        let broken = [text.as_str(), &fault.collect::<Vec<_>>().join("\n")].join("\n");
        std::fs::write(folder.path().join("broken.toml"), broken).expect("it can be written");
        let (_, output) = rehearse(folder.path(), &["run", "broken.toml", "--format", "json"]);
        assert!(!output.contains("\"faults_acted\": [\n      0"), "{output}");
        assert!(output.contains("\"faults_acted\""), "{output}");
    }
}

#[test]
fn nothing_is_overwritten_unless_that_is_asked_for() {
    let folder = project(&sam("", &function("Alone", SHIFTS)));
    std::fs::write(folder.path().join("mine.toml"), "mine").expect("it can be written");
    let init = ["init", "template.yaml", "--output", "mine.toml"];
    let (code, output) = rehearse(folder.path(), &init);
    assert_eq!(code, Some(2));
    assert!(output.contains("mine.toml is there already"), "{output}");
    assert!(output.contains("--force"), "{output}");
    let mine = || std::fs::read_to_string(folder.path().join("mine.toml")).expect("it is there");
    assert_eq!(mine(), "mine");
    let (code, output) = rehearse(folder.path(), &[&init[..], &["--force"]].concat());
    assert_eq!(code, Some(0), "{output}");
    assert!(mine().contains("template = \"template.yaml\""));
}

#[test]
fn where_nothing_can_run_nothing_is_written_and_the_reason_is_told() {
    for (template, why) in [
        (
            "Resources:\n  T: {Type: AWS::SNS::Topic}\n".to_owned(),
            "starts no deployment",
        ),
        (
            sam(
                "Parameters:\n  P: {Type: String, AllowedPattern: nobody-guesses-this}\n",
                &function("Alone", SHIFTS),
            ),
            "--parameter P=VALUE",
        ),
    ] {
        let folder = project(&template);
        let (code, output) = rehearse(folder.path(), &["init", "template.yaml"]);
        assert_eq!(code, Some(2), "{output}");
        assert!(output.contains(why), "{output}");
        assert!(!folder.path().join("rehearsal.toml").exists());
    }
}

#[test]
fn what_has_no_code_here_is_a_stub_and_what_cannot_be_judged_is_named_by_the_verdict() {
    let alarms =
        "      DeploymentPreference: {Type: Canary10Percent5Minutes, Alarms: [!Ref Behind]}\n";
    let ledger = function(
        "Ledger",
        &["      AutoPublishAlias: live\n", alarms].concat(),
    );
    let alarm = "  Behind:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/SQS, MetricName: ApproximateAgeOfOldestMessage, Statistic: Maximum, Period: 60, EvaluationPeriods: 1,
      Threshold: 60, ComparisonOperator: GreaterThanThreshold, Dimensions: [{Name: QueueName, Value: jobs}]}
";
    let java = ledger.replace("python3.11", "java21");
    let folder = project(&sam("", &[java.as_str(), alarm].concat()));
    let (code, output) = rehearse(folder.path(), &["init", "template.yaml"]);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("stubs answer for: Ledger"), "{output}");
    assert!(output.contains("Not judged: Behind"), "{output}");
    let run = ["run", "rehearsal.toml", "--format", "json"];
    let (code, output) = rehearse(folder.path(), &run);
    assert_eq!(code, Some(0), "{output}");
    let verdict = "\"Succeeded; 1 of 1 alarm was not judged (Behind); a stub stood for Ledger\"";
    assert!(output.contains(verdict), "{output}");
}
