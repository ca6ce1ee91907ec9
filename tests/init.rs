//! `rehearse init`: what it writes for templates of several kinds is run.

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;
use workspace_tests::application::has;
use workspace_tests::{Application, places};

/// A function of Python, whose code is `src/app.py`, with this beside its runtime.
fn function(name: &str, more: &str) -> String {
    format!(
        "  {name}:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: python3.11\n      Handler: app.handler\n      CodeUri: src\n{more}"
    )
}

/// A WebSocket API whose route leads to `Orders`.
const WEBSOCKET: &str = "  Chat: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: chat, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Chat, StageName: live, AutoDeploy: true}}
  Connect: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Chat, RouteKey: $connect, Target: !Sub 'integrations/${Integration}'}}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Chat
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}:live/invocations'
";

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
    #[rustfmt::skip] // A table.
    let cases = [
        (sam("", &function("Orders", &[SHIFTS, rest].concat())), "method = \"PUT\"\npath = \"/orders/1\"\nbody = {}"),
        (sam("", &function("Orders", &[SHIFTS, http].concat())), "method = \"GET\"\npath = \"/1\""),
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
            "function = \"Worker\"\nevent = { Records = [{ attributes = { Approx",
        ),
        (sam("", &function("Alone", SHIFTS)), "function = \"Alone\"\nevent = {}"),
        (sam(parameters, &function("Orders", &[SHIFTS, named].concat())), "[parameters]\nGroup = \"rehearsal\"\nStage = \"prod\""),
        // No request takes a WebSocket API's routes.
        (sam("", &[function("Orders", SHIFTS).as_str(), WEBSOCKET].concat()), "function = \"Orders\"\nevent = {}"),
        (sam("", &function("Orders", &[SHIFTS, "      Events: {Get: {Type: Api, Properties: {Path: orders, Method: get}}}\n"].concat())), "path = \"/orders\""),
        // As CDK 1 has a bucket's prefix and a key in one parameter.
        (
            sam("Parameters: {Asset: {Type: String}}\n", &function("Orders", &[SHIFTS, "      Description: !Select [1, !Split ['||', !Ref Asset]]\n"].concat())),
            "Asset = \"rehearsal||rehearsal\"",
        ),
    ];
    for (template, written) in cases {
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
fn events_that_nobody_gave_are_in_the_verdict_and_those_of_a_file_are_not() {
    let queue = "      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}\n";
    let daily = "      Events: {Daily: {Type: Schedule, Properties: {Schedule: rate(1 day), Input: '{\"a\": 1}'}}}\n";
    let resources = [
        "  Jobs: {Type: AWS::SQS::Queue}\n",
        &function("Worker", &[SHIFTS, queue].concat()),
        &function("Daily", &[SHIFTS, daily].concat()),
        &function("Alone", SHIFTS),
    ];
    let folder = project(&sam("", &resources.concat()));
    let code = "def handler(event, context):\n    return event['a'] if 'Daily' in context.function_name else 1\n";
    std::fs::write(folder.path().join("src/app.py"), code).expect("the code can be written");
    let (code, said) = rehearse(folder.path(), &["run", "--quiet", "template.yaml"]);
    assert_eq!(code, Some(0), "{said}");
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let verdict = "content of events (Jobs), events sent as {}, for none is known (Alone)";
    assert!(words.contains(verdict), "{said}");
    let (code, said) = rehearse(folder.path(), &["init", "template.yaml"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = rehearse(folder.path(), &["run", "--quiet", "rehearsal.toml"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("made up"), "{said}");
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
    #[rustfmt::skip] // A table.
    let cases = [
        ("Resources:\n  T: {Type: AWS::SNS::Topic}\n".to_owned(), "starts no deployment"),
        (sam("Parameters:\n  P: {Type: String, AllowedPattern: nobody-guesses-this}\n", &function("Alone", SHIFTS)), "--parameter P=VALUE"),
    ];
    for (template, why) in cases {
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
    // The file and the template say the same.
    for run in ["rehearsal.toml", "template.yaml"] {
        let (code, output) = rehearse(folder.path(), &["run", run, "--format", "json"]);
        assert_eq!(code, Some(0), "{output}");
        let verdict =
            "\"Succeeded; 1 of 1 alarm was not judged (Behind); a stub stood for Ledger\"";
        assert!(output.contains(verdict), "{output}");
        assert!(
            output.contains(&format!("rehearse run {run} --seed 1")),
            "{output}"
        );
    }
}

#[test]
fn a_template_is_run_without_a_file_and_the_verdict_names_what_was_made_up() {
    let named = "      FunctionName: !Sub '${Stage}-${Group}-orders'\n      Environment: {Variables: {KEY: !ImportValue key, POOL: !Ref Pool}}\n";
    let pool = "  Pool: {Type: AWS::Cognito::UserPool}\n";
    let parameters = "Parameters: {Stage: {Type: String}, Group: {Type: String}}\n";
    let folder = project(&sam(
        parameters,
        &[&function("Orders", &[SHIFTS, named].concat()), pool].concat(),
    ));
    let given = ["run", "template.yaml", "--parameter", "Group=ours"];
    let (code, output) = rehearse(folder.path(), &given);
    assert_eq!(code, Some(0), "{output}");
    let words = output.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("made up: parameter Stage, import key, variable POOL of Orders"),
        "{output}"
    );
    assert!(
        words.contains("as `rehearse init template.yaml` writes it"),
        "{output}"
    );
    assert!(!folder.path().join("rehearsal.toml").exists());
    let (code, output) = rehearse(
        folder.path(),
        &["odds", "template.yaml", "--parameter", "Group=ours"],
    );
    assert_eq!(code, Some(0), "{output}");
    let words = output.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("made up, for none was given: parameter Stage"),
        "{output}"
    );
    // In the file they are named until they are changed, or given; what is taken out is not set.
    let (code, output) = rehearse(folder.path(), &["init", "template.yaml"]);
    assert_eq!(code, Some(0), "{output}");
    let path = folder.path().join("rehearsal.toml");
    let text = std::fs::read_to_string(&path).expect("the file is written");
    let without = text.replace("POOL = \"rehearsal\"\n", "");
    assert_ne!(without, text);
    let changed = without.replacen("key = \"rehearsal\"", "key = \"ours\"", 1);
    std::fs::write(path, changed).expect("it can be written");
    let given = ["run", "rehearsal.toml", "--parameter", "Group=ours"];
    let (code, output) = rehearse(folder.path(), &given);
    assert_eq!(code, Some(0), "{output}");
    let words = output.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("✓ Succeeded; made up: parameter Stage, the version that runs (today's code); not set: POOL of Orders"),
        "{output}"
    );
}

#[test]
fn what_is_no_template_is_refused_as_one_by_its_ending_or_by_what_it_says() {
    let folder = project("Resources: {A: {Type: [}}\n");
    let text = std::fs::read_to_string(folder.path().join("template.yaml")).expect("it is there");
    std::fs::write(folder.path().join("template"), text).expect("it can be written");
    for name in ["template.yaml", "template"] {
        let (code, output) = rehearse(folder.path(), &["run", name]);
        assert_eq!(code, Some(2), "{output}");
        assert!(output.contains(&format!("{name}:1:")), "{output}");
        assert!(!output.contains("key with no value"), "{output}");
    }
}

#[test]
fn a_request_names_its_api_stage_or_url_where_others_would_take_it_too() {
    let ways = "      FunctionUrlConfig: {AuthType: NONE}
      Events:
        Rest: {Type: Api, Properties: {Path: /orders, Method: get}}
        Http: {Type: HttpApi, Properties: {Path: /orders, Method: get}}
        Root: {Type: HttpApi, Properties: {Path: /, Method: get}}
        Staged: {Type: HttpApi, Properties: {Path: /staged, Method: get, ApiId: !Ref Staged}}
";
    let staged = "  Staged: {Type: AWS::Serverless::HttpApi, Properties: {StageName: live}}
  Beta: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Staged, StageName: beta, AutoDeploy: true}}
";
    let orders = function("Orders", &[SHIFTS, ways].concat());
    let folder = project(&sam("", &[staged, orders.as_str()].concat()));
    let (code, told) = rehearse(folder.path(), &["init", "template.yaml"]);
    assert_eq!(code, Some(0), "{told}");
    let text = std::fs::read_to_string(folder.path().join("rehearsal.toml")).expect("it is there");
    for written in [
        "path = \"/orders\"\napi = \"ServerlessRestApi\"",
        "path = \"/orders\"\napi = \"ServerlessHttpApi\"",
        "path = \"/\"\n\n",
        "path = \"/staged\"\nstage = \"",
        "path = \"/\"\nfunction_url = \"OrdersUrl\"",
    ] {
        assert!(text.contains(written), "{written}\n{text}");
    }
    let (code, told) = rehearse(folder.path(), &["run", "rehearsal.toml"]);
    assert_eq!(code, Some(0), "{told}\n{text}");
    let without = text.replace("api = \"ServerlessRestApi\"\n", "");
    std::fs::write(folder.path().join("without.toml"), without).expect("it can be written");
    let (code, told) = rehearse(folder.path(), &["run", "without.toml"]);
    assert_eq!(code, Some(2), "{told}");
    let listed = "so the request needs `api`: ServerlessRestApi, ServerlessHttpApi";
    let listed_the_other_way = "so the request needs `api`: ServerlessHttpApi, ServerlessRestApi";
    let told = told
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" │ ", " ");
    assert!(
        told.contains(listed) || told.contains(listed_the_other_way),
        "{told}"
    );
}

#[test]
fn a_hook_gets_no_request_and_a_stub_of_it_reports() {
    let hooks = "      AutoPublishAlias: live\n      DeploymentPreference: {Type: Canary10Percent5Minutes, Hooks: {PreTraffic: !Ref Hook}}\n";
    let hook = function("Hook", "      DeploymentPreference: {Enabled: false}\n");
    let hook = hook.replace("app.handler", "hook.handler");
    let folder = project(&sam("", &[function("Orders", hooks), hook].concat()));
    let code = "import json\nimport no_such_package\n\ndef handler(event, context):\n    pass\n";
    std::fs::write(folder.path().join("src/hook.py"), code).expect("it can be written");
    let (code, told) = rehearse(folder.path(), &["init", "template.yaml"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("stubs answer for: Hook."), "{told}");
    let text = std::fs::read_to_string(folder.path().join("rehearsal.toml")).expect("it is there");
    let stub = "# hook.py imports no_such_package, which is not installed here\nfunction = \"Hook\"\nreport = \"Succeeded\"";
    assert!(text.contains(stub), "{text}");
    assert!(
        text.contains("# [[fault]]\n# function = \"Hook\"\n# kind = \"crash\""),
        "{text}"
    );
    assert_eq!(text.matches("\n[[traffic.request]]").count(), 1, "{text}");
    let (code, told) = rehearse(folder.path(), &["run", "rehearsal.toml"]);
    assert_eq!(code, Some(0), "{told}\n{text}");
    assert!(told.contains("a stub stood for Hook"), "{told}");
}

#[test]
fn of_a_template_that_cdk_wrote_the_file_goes_beside_its_folder_and_runs() {
    if !has("node") {
        return;
    }
    let app = Application::copied("greeter");
    let folder = app.path("");
    let (code, told) = rehearse(&folder, &["init", "cdk.out/Greeter.template.json"]);
    assert_eq!(code, Some(0), "{told}");
    let text = app.text("rehearsal.toml");
    assert!(
        text.contains("template = \"cdk.out/Greeter.template.json\""),
        "{text}"
    );
    let (code, told) = rehearse(&folder, &["run", "rehearsal.toml"]);
    assert_eq!(code, Some(0), "{told}\n{text}");
    assert!(told.contains("code: cdk: "), "{told}");
}

#[test]
fn of_a_folder_that_cdk_wrote_the_only_stack_is_taken_as_cdk_deploys_it() {
    let app = Application::copied("thumbnails");
    let manifest = r#"{"version": "55.0.0", "artifacts": {"Thumbnails": {"type": "aws:cloudformation:stack",
        "environment": "aws://111122223333/eu-central-1",
        "properties": {"templateFile": "Thumbnails.template.json", "stackName": "pictures"}}}}"#;
    std::fs::write(app.path("cdk.out/manifest.json"), manifest).expect("it can be written");
    std::fs::write(app.path("cdk.out/cdk.out"), "{}").expect("it can be written");
    let folder = app.path("");
    let (code, told) = rehearse(&folder, &["run", "cdk.out"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("pictures  ✓ Succeeded"), "{told}");
    assert!(told.contains("Report: .rehearsal/report.json"), "{told}");
    let (code, told) = rehearse(&folder, &["init", "cdk.out"]);
    assert_eq!(code, Some(0), "{told}");
    let text = app.text("rehearsal.toml");
    // Its events come from there all the same.
    let mut lines = text.lines();
    assert!(
        lines.all(|line| !line.starts_with("region")),
        "the assembly says it: {text}"
    );
    let (code, told) = rehearse(&folder, &["run", "."]);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("rehearsal  ✓ Succeeded"),
        "its rehearsal.toml: {told}"
    );
    let (code, told) = rehearse(&folder, &["plan", "cdk.out", "--live", "cdk.out"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.starts_with("cdk.out/Thumbnails.template.json"),
        "{told}"
    );
}

#[test]
fn a_value_that_is_not_to_be_shown_is_not_written() {
    let parameters = "Parameters:\n  Key: {Type: String, NoEcho: true, AllowedPattern: '[a-z0-9]+'}\n  Stage: {Type: String}\n";
    let own = "      Environment: {Variables: {KEY: !Ref Key}}\n";
    let template = sam(parameters, &function("Orders", &[SHIFTS, own].concat()));
    let folder = project(&template);
    let given = [
        "init",
        "template.yaml",
        "--parameter",
        "Key=hunter2",
        "--parameter",
        "Stage=prod",
    ];
    let (code, output) = rehearse(folder.path(), &given);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("--parameter Key=VALUE"), "{output}");
    let text =
        std::fs::read_to_string(folder.path().join("rehearsal.toml")).expect("it is written");
    assert!(
        !text.contains("hunter2") && !output.contains("hunter2"),
        "{text}{output}"
    );
    assert!(
        text.contains("Stage = \"prod\"") && text.contains("Key = \"rehearsal\"  # NoEcho"),
        "{text}"
    );
}

#[test]
fn a_value_that_is_not_to_be_shown_and_cannot_be_made_up_is_refused_with_what_to_do() {
    let parameters =
        "Parameters:\n  Key: {Type: String, NoEcho: true, AllowedPattern: 'key-[xyz]{7}'}\n";
    let template = sam(parameters, &function("Orders", SHIFTS));
    let folder = project(&template);
    let given = ["init", "template.yaml", "--parameter", "Key=key-xyzzyxy"];
    let (code, output) = rehearse(folder.path(), &given);
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("leave --parameter Key out"), "{output}");
    assert!(!output.contains("key-xyzzyxy"), "{output}");
    assert!(!folder.path().join("rehearsal.toml").exists());
}

#[test]
fn a_value_that_is_made_up_for_a_configuration_is_made_up_for_nothing_else() {
    let shifts = SHIFTS.replace("Linear10PercentEvery1Minute", "!Ref Pace");
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31\nParameters:\n  Parent: {{Type: String}}\n  Pace: {{Type: String}}\n  MemorySize: {{Type: Number}}\nResources:\n{}",
        function(
            "Orders",
            &format!(
                "      FunctionName: !Sub '${{Parent}}-orders'\n      MemorySize: !Ref MemorySize\n{shifts}"
            )
        )
    );
    let folder = project(&template);
    let (code, said) = rehearse(folder.path(), &["run", "--quiet", "template.yaml"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("parameter Pace"), "{said}");
}

#[test]
fn what_is_made_up_of_keys_of_mappings_is_one_that_they_have() {
    let mappings = "Mappings:
  Accounts: {'210987654321': {Size: 256}, '310987654321': {Size: 128}}
  Regions: {eu-west-2: {Size: 256}}
  Stages: {dev: {Size: 256}, build: {Size: 128}, prod: {Size: 128}}
  Seconds: {orders: {prod: 5}}
Parameters:
  Stage: {Type: String}
  Team: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /team}
";
    let found = "      MemorySize: !FindInMap [Stages, !Ref Stage, Size]
      Timeout: !FindInMap [Seconds, !Ref Team, !Ref Stage]
      ReservedConcurrentExecutions: !FindInMap [Accounts, !Ref AWS::AccountId, Size]
      Description: !Sub ['${Size}', {Size: !FindInMap [Regions, !Ref AWS::Region, Size]}]
";
    let folder = project(&sam(
        mappings,
        &function("Orders", &[SHIFTS, found].concat()),
    ));
    let (code, output) = rehearse(folder.path(), &["run", "--quiet", "template.yaml"]);
    assert_eq!(code, Some(0), "{output}");
    let words = output.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains(
            "made up: account 210987654321, region eu-west-2, parameter Stage, parameter Team"
        ),
        "{output}"
    );
    let (code, output) = rehearse(
        folder.path(),
        &["init", "template.yaml", "--account", "310987654321"],
    );
    assert_eq!(code, Some(0), "{output}");
    let text =
        std::fs::read_to_string(folder.path().join("rehearsal.toml")).expect("it is written");
    for line in [
        "account = \"310987654321\"\n",
        "region = \"eu-west-2\"  # made up: one that the template's mappings know\n",
        "Stage = \"prod\"\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_value_that_is_made_up_is_another_where_aws_refuses_the_first() {
    let parameters = "Parameters:\n  Boundary: {Type: String}\n  Name: {Type: String}\nRules:\n  Named:\n    Assertions: [{Assert: !Not [!Equals [!Ref Name, unnamed]]}]\n";
    let bounded = "      PermissionsBoundary: !Ref Boundary\n      Description: !Ref Name\n";
    let template = sam(parameters, &function("Orders", &[SHIFTS, bounded].concat()));
    let folder = project(&template);
    let (code, output) = rehearse(folder.path(), &["init", "template.yaml"]);
    assert_eq!(code, Some(0), "{output}");
    let path = folder.path().join("rehearsal.toml");
    let text = std::fs::read_to_string(&path).expect("it is written");
    assert!(text.contains("Boundary = \"arn:aws:"), "{text}");
    assert!(text.contains("Name = \"rehearsal\""), "{text}");
    let (code, output) = rehearse(folder.path(), &["run", "rehearsal.toml"]);
    assert_eq!(code, Some(0), "{output}");
    // A rule that is broken keeps the update from beginning.
    let given = ["run", "template.yaml", "--parameter", "Name=unnamed"];
    let (code, output) = rehearse(folder.path(), &given);
    assert_eq!(code, Some(2), "{output}");
    assert!(
        output.contains("the rule `Named` refuses the parameters"),
        "{output}"
    );
    let given = ["plan", "template.yaml", "--parameter", "Name=unnamed"];
    let (_, output) = rehearse(folder.path(), &given);
    assert!(output.contains("the rule `Named` refuses the"), "{output}");
}

#[test]
fn what_other_stacks_have_of_a_deployment_is_made_up_and_named_unless_it_is_a_slip() {
    let named = |hook: &str| {
        let shifts = format!("{{Type: team-pace, Hooks: {{PreTraffic: {hook}}}}}\n");
        let shifts = SHIFTS.replace("{Type: Linear10PercentEvery1Minute}\n", &shifts);
        project(&sam("", &function("Orders", &shifts)))
    };
    let folder = named("CodeDeployHook_team");
    let (code, said) = rehearse(folder.path(), &["run", "--quiet", "template.yaml"]);
    assert_eq!(code, Some(0), "{said}");
    let verdict =
        "a stub stood for CodeDeployHook_team; made up: deployment configuration team-pace";
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(verdict), "{said}");
    let (code, said) = rehearse(named("Order").path(), &["run", "template.yaml"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("did you mean `!Ref Orders`?"), "{said}");
}
