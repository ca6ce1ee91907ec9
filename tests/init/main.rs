//! `rehearse init`: what it writes for templates of several kinds is run.

mod made_up;
mod project;

use workspace_tests::Application;
use workspace_tests::application::has;
use workspace_tests::printed::in_one_line;

use project::{SHIFTS, WEBSOCKET, function, project, rehearse, sam};

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
    let words = in_one_line(&said);
    let verdict = "content of events (Jobs), events sent as {}, for none is known (Alone)";
    assert!(words.contains(verdict), "{said}");
    let (code, said) = rehearse(folder.path(), &["init", "template.yaml"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = rehearse(folder.path(), &["run", "--quiet", "rehearsal.toml"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("events"), "{said}");
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
    let told = in_one_line(&told).replace(" │ ", " ");
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
