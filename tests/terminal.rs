//! What the terminal shows where something is wrong, whole: as people read it, in eighty columns.

use std::fs;
use std::process::Output;

use regex_lite::Regex;
use workspace_tests::interpreters::python;
use workspace_tests::{Scenario, places};

/// A function with an alias, without gates: its code, in Python, and its deployment preference.
fn template(code: &str, preference: &str) -> String {
    format!(
        "\
Transform: AWS::Serverless-2016-10-31
Globals: {{Function: {{Runtime: {}, Handler: index.handler}}}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      DeploymentPreference: {preference}
      InlineCode: |
        def handler(event, context):
            {code}
",
        python()
    )
}

const TRAFFIC: &str = "\
template = \"orders.yaml\"
[traffic]
requests_per_minute = 6
[[traffic.request]]
function = \"Orders\"
";

/// Standard output and standard error of a run in the folder of the scenario, without what is another in every run.
fn shown(scenario: &Scenario) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = places::command()
        .args(["run", "rehearsal.toml", "--report", "report.json"])
        .current_dir(scenario.path(""))
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("rehearse starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
    let (stdout, stderr) = (text(stdout), text(stderr));
    for line in stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let all = format!(
        "exit code {}\n--- standard error\n{stderr}--- standard output\n{stdout}",
        status.code().unwrap_or(-1)
    );
    let replaced = |text: &str, pattern: &str, by: &str| {
        let pattern = Regex::new(pattern).expect("it is an expression");
        pattern.replace_all(text, by).into_owned()
    };
    // How long it took, also where a line ends in it; where its code was; which Python is here.
    let all = replaced(
        &all,
        r"in\s+\d+(\.\d+)?\s+s\s+for\s+(\d+)\s+virtual\s+s",
        "in … s for $2 virtual s",
    );
    let all = replaced(&all, r#"File "[^"]*/code/"#, r#"File ".../code/"#);
    let all = replaced(
        &all,
        r"  not rehearsed: \w+ \(line \d+\): Python [\d.]+ runs it, and its runtime is\s+python3\.12\n",
        "",
    );
    all.replace(std::env::consts::ARCH, "<processor>")
}

#[test]
fn a_hook_that_prints_and_returns() {
    let scenario = Scenario::new(&TRAFFIC.replace("= 6", "= 1"));
    let orders = template(
        "return {'statusCode': 200}",
        "{Type: AllAtOnce, Hooks: {PreTraffic: !Ref Hook}}",
    );
    let hook = "  Hook:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: CodeDeployHook_orders
      Policies:
      - Statement: [{Effect: Allow, Action: 'codedeploy:PutLifecycleEventHookExecutionStatus', Resource: '*'}]
      InlineCode: |
        def handler(event, context):
            print('checks: 3 of 3 passed')
            return 'Succeeded'
";
    scenario.write("orders.yaml", &format!("{orders}{hook}"));
    insta::assert_snapshot!(shown(&scenario));
}

#[test]
fn an_old_version_that_is_dead() {
    let scenario = Scenario::new(TRAFFIC);
    let code = "return {'statusCode': 200, 'body': event['user']['name']}";
    scenario.write("orders.yaml", &template(code, "{Type: AllAtOnce}"));
    insta::assert_snapshot!(shown(&scenario));
}

#[test]
fn versions_that_answer_nothing_but_errors() {
    let scenario = Scenario::new(TRAFFIC);
    scenario.write(
        "orders.yaml",
        &(template("return {'statusCode': 500}", "{Type: AllAtOnce}")
            + "      Events: {Get: {Type: HttpApi, Properties: {Path: /orders, Method: get}}}\n"),
    );
    let through_api = "method = \"GET\"\npath = \"/orders\"";
    scenario.write(
        "rehearsal.toml",
        &TRAFFIC.replace("function = \"Orders\"", through_api),
    );
    insta::assert_snapshot!(shown(&scenario));
}

#[test]
fn an_operation_that_is_misspelt() {
    let scenario = Scenario::new(&format!(
        "{TRAFFIC}[[fault]]\nservice = \"dynamodb\"\noperation = \"PutItm\"\nkind = \"throttle\"\n"
    ));
    scenario.write(
        "orders.yaml",
        &template("return {'statusCode': 200}", "{Type: AllAtOnce}"),
    );
    insta::assert_snapshot!(shown(&scenario));
}

#[test]
fn a_binary_for_another_processor() {
    let scenario = Scenario::new(&format!(
        "{TRAFFIC}[builds]\nold = \"builds\"\nnew = \"builds\"\n"
    ));
    let orders = template("pass", "{Type: AllAtOnce}");
    let orders = orders.replace(python(), "provided.al2023");
    let code = orders.find("      InlineCode").expect("it has code");
    scenario.write(
        "orders.yaml",
        &format!("{}      CodeUri: orders\n", &orders[..code]),
    );
    scenario.replace("builds/Orders/bootstrap", "");
    // The header of an executable for RISC-V, on which no function runs: 64 bits, little-endian, e_type 2, e_machine 243.
    let mut header = vec![0; 64];
    header[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1]);
    header[16..20].copy_from_slice(&[2, 0, 243, 0]);
    fs::write(scenario.path("builds/Orders/bootstrap"), header).expect("it can be written");
    insta::assert_snapshot!(shown(&scenario));
}
