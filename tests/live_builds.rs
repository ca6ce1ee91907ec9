//! What runs before an update, built in a checkout of its revision: `--live-build`.

use tempfile::TempDir;
use workspace_tests::files;
use workspace_tests::interpreters::nodejs;
use workspace_tests::repository::commit;
use workspace_tests::{Finished, Rehearse, places};

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: esbuild}
    Properties:
      Runtime: nodejs22.x
      Handler: app.handler
      CodeUri: src
      AutoPublishAlias: live
      DeploymentPreference: {Type: Linear10PercentEvery1Minute}
      Events: {Get: {Type: HttpApi, Properties: {Path: /orders, Method: get}}}
";

/// What stands for a build: it copies.
const BUILD: &str = "mkdir -p .aws-sam/build/Orders && cp src/app.ts .aws-sam/build/Orders/app.js";

/// Code that answers with a status.
fn answers(status: u16) -> String {
    format!("exports.handler = async () => ({{ statusCode: {status}, body: '{{}}' }});\n")
}

/// A project in a repository, and what is kept of its builds.
struct Project {
    folder: TempDir,
    cache: TempDir,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = || tempfile::tempdir().expect("a temporary folder can be made");
        let project = Self {
            folder: folder(),
            cache: folder(),
        };
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    fn write(&self, name: &str, text: &str) {
        files::write(self.folder.path(), name, text);
    }

    fn commit(&self, tag: &str) {
        commit(self.folder.path(), tag);
    }

    fn run(&self, template: &str, command: &str, more: &[(&str, &str)]) -> Finished {
        let rehearse = Rehearse::new()
            .file(self.folder.path().join(template))
            .option("--live-git", "v1")
            .option("--live-build", command)
            .environment("XDG_CACHE_HOME", self.cache.path());
        let with =
            |rehearse: Rehearse, (name, value): &(&str, &str)| rehearse.environment(name, value);
        more.iter().fold(rehearse, with).run()
    }
}

/// A project's template, run with these options.
fn run(project: &Project, options: &[(&str, &str)]) -> Finished {
    let rehearse = Rehearse::new().file(project.folder.path().join("template.yaml"));
    let with = |rehearse: Rehearse, (name, value): &(&str, &str)| rehearse.option(name, value);
    options.iter().fold(rehearse, with).run()
}

fn errors(finished: &Finished) -> serde_json::Value {
    finished.checked_report()["deployments"][0]["errors"].clone()
}

#[test]
fn what_runs_is_built_in_a_checkout_once_a_commit_and_reused() {
    let project = Project::new(&[
        ("template.yaml", TEMPLATE),
        ("src/app.ts", &answers(200)),
        (".gitignore", ".aws-sam\n"),
    ]);
    project.commit("v1");
    project.write("src/app.ts", &answers(503));
    project.write(".aws-sam/build/Orders/app.js", &answers(503));
    let first = project.run("template.yaml", BUILD, &[]).with_code(1);
    assert!(first.stderr.contains("building v1 in "), "{first}");
    assert!(
        first.stderr.contains("code: old, sam, built of v1: Orders"),
        "{first}"
    );
    let (before, report) = (errors(&first), first.checked_report());
    assert_eq!(before["1"], 0, "{report}");
    assert!(before["2"].as_u64() > Some(0), "{report}");
    assert_eq!(report["stubs"], serde_json::json!([]));
    let command = report["command"].to_string();
    assert!(command.contains("--live-build 'mkdir -p "), "{command}");
    let again = project.run("template.yaml", BUILD, &[]).with_code(1);
    assert!(!again.stderr.contains("building"), "{again}");
    assert_eq!(errors(&again), before);
    // Without it a stub stands for the old version, and the verdict says for which.
    let without = Rehearse::new()
        .file(project.folder.path().join("template.yaml"))
        .option("--live-git", "v1")
        .run();
    let report = without.checked_report();
    let verdict = report["verdict"].to_string();
    assert!(
        verdict.contains("a stub stood for the old version of Orders"),
        "{verdict}"
    );
    assert_eq!(
        report["stub_versions"],
        serde_json::json!([{"function": "Orders", "version": "old"}])
    );
    assert!(without.stderr.contains("--live-build COMMAND"), "{without}");
}

#[test]
fn a_build_that_fails_says_where_and_is_begun_anew() {
    let project = Project::new(&[("template.yaml", TEMPLATE), ("src/app.ts", &answers(200))]);
    project.commit("v1");
    project.write(".aws-sam/build/Orders/app.js", &answers(200));
    let fails = format!("{BUILD} && test ! -e left && touch left && test -e \"$GOES_ON\"");
    let failed = project.run("template.yaml", &fails, &[("GOES_ON", "/nowhere")]);
    let failed = failed.with_code(2);
    assert!(failed.stderr.contains("--live-git v1: `mkdir"), "{failed}");
    assert!(
        failed.stderr.contains("fails in a checkout of v1"),
        "{failed}"
    );
    // What it has left is not there any more.
    let _ = project
        .run("template.yaml", &fails, &[("GOES_ON", "/")])
        .with_code(0);
}

#[test]
fn a_template_that_a_tool_writes_is_of_the_revision_once_that_is_built() {
    let template = |hash: &str| {
        let text = r#"{"Resources": {
          "Orders": {"Type": "AWS::Lambda::Function", "Metadata": {"aws:asset:path": "asset.HASH"}, "Properties": {
            "Runtime": "nodejs22.x", "Handler": "app.handler", "Role": "arn:aws:iam::123456789012:role/orders",
            "Code": {"S3Bucket": "assets", "S3Key": "HASH.zip"}}},
          "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Orders"}}},
          "Live": {"Type": "AWS::Lambda::Alias", "Properties": {"Name": "live", "FunctionName": {"Ref": "Orders"},
            "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]}},
            "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {"ApplicationName": {"Ref": "App"}, "DeploymentGroupName": {"Ref": "Group"}}}},
          "App": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
          "Group": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {"ApplicationName": {"Ref": "App"},
            "ServiceRoleArn": "arn:aws:iam::123456789012:role/deploys",
            "DeploymentStyle": {"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
            "DeploymentConfigName": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"}}}}"#;
        let version = format!("\"Version{hash}\"");
        let text = text.replace("nodejs22.x", nodejs());
        text.replace("HASH", hash)
            .replace("\"Version\"", &version)
            .replace(&format!(", {version}]"), ", \"Version\"]")
    };
    let synth = "mkdir -p cdk.out/asset.$(cat hash) && cp code.js cdk.out/asset.$(cat hash)/app.js && \
                 cp stack.json cdk.out/Shop.template.json";
    let project = Project::new(&[
        ("hash", "aaaa"),
        ("code.js", &answers(200)),
        ("stack.json", &template("aaaa")),
        (".gitignore", "cdk.out\n"),
    ]);
    project.commit("v1");
    project.write("cdk.out/asset.bbbb/app.js", &answers(200));
    project.write("cdk.out/Shop.template.json", &template("bbbb"));
    let finished = project.run("cdk.out/Shop.template.json", synth, &[]);
    assert!(
        finished
            .stderr
            .contains("code: old, cdk, built of v1: Orders"),
        "{finished}"
    );
    assert_eq!(
        finished.with_code(0).checked_report()["verdict"],
        "Succeeded; made up: events sent as {}, for none is known (Orders)"
    );
}

#[test]
fn cargo_builds_each_revision_in_its_own_place_whatever_the_environment_says() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let manifest = "[package]\nname = \"orders\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[profile.rehearse]\ninherits = \"dev\"\n[workspace]\n";
    let template = TEMPLATE
        .replace("esbuild", "rust-cargolambda")
        .replace("nodejs22.x", "provided.al2023")
        .replace("CodeUri: src", "CodeUri: .");
    let code = |status: u16| RUNTIME.replace("STATUS", &status.to_string());
    let project = Project::new(&[
        ("template.yaml", &template),
        ("Cargo.toml", manifest),
        ("src/main.rs", &code(200)),
        (".gitignore", "target\nCargo.lock\n"),
    ]);
    project.commit("v1");
    project.write("src/main.rs", &code(503));
    let target = folder.path().to_str().expect("it is UTF-8");
    let build = "cargo build --quiet --offline --profile rehearse";
    let here = std::process::Command::new("sh")
        .args(["-c", build])
        .current_dir(project.folder.path())
        .env("CARGO_TARGET_DIR", target)
        .status();
    assert!(here.expect("sh starts").success());
    let shared = [("CARGO_TARGET_DIR", target)];
    let finished = project.run("template.yaml", build, &shared).with_code(1);
    let errors = errors(&finished);
    assert_eq!(errors["1"], 0, "{finished}");
    assert!(errors["2"].as_u64() > Some(0), "{finished}");
}

/// A function that speaks the Runtime API with nothing but the standard library.
const RUNTIME: &str = r#"use std::io::{Read, Write};
use std::net::TcpStream;

fn call(request: String) -> String {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = TcpStream::connect(api).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn main() {
    loop {
        let next = call("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned());
        let lower = next.to_lowercase();
        let at = lower.find("lambda-runtime-aws-request-id: ").unwrap() + 31;
        let id = next[at..].lines().next().unwrap().trim();
        let body = "{'statusCode': STATUS, 'body': '{}'}".replace('\'', "\"");
        call(format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    }
}
"#;

#[test]
fn builds_of_today_are_no_revisions_and_the_verdict_says_where_both_versions_are_of_them() {
    let built = ".aws-sam/build/Orders/app.js";
    let template = TEMPLATE.replace("nodejs22.x", nodejs());
    let project = Project::new(&[
        ("template.yaml", &template),
        ("src/app.ts", &answers(200)),
        (built, &answers(200)),
        (".gitignore", ".aws-sam\n"),
    ]);
    project.commit("v1");
    project.write("src/app.ts", &answers(201));
    let builds = ("--builds", "sam");
    let report = run(&project, &[builds]).with_code(0).checked_report();
    let verdict = "Succeeded; made up: the version that runs (today's code)";
    assert_eq!(report["verdict"], verdict);
    let refused = run(&project, &[builds, ("--live-git", "v1")]).with_code(2);
    for words in ["Orders: it is built (sam)", "--live-build COMMAND"] {
        assert!(refused.stderr.contains(words), "{refused}");
    }
    std::fs::remove_file(project.folder.path().join(built)).expect("it is there");
    std::fs::remove_dir(project.folder.path().join(".aws-sam/build/Orders")).expect("it is empty");
    let missing = run(&project, &[builds]).with_code(2);
    let said = "--builds sam: Orders: its code, ";
    assert!(missing.stderr.contains(said), "{missing}");
}

#[test]
fn the_handler_of_what_esbuild_has_bundled_is_the_one_that_sam_deploys_it_with() {
    let template = TEMPLATE
        .replace("app.handler", "src/handlers/app.handler")
        .replace("CodeUri: src", "CodeUri: .");
    let built = ".aws-sam/build/Orders/app.js";
    let project = Project::new(&[("template.yaml", &template), (built, &answers(200))]);
    let finished = run(&project, &[]).with_code(0);
    let report = finished.checked_report();
    assert_eq!(report["stubs"], serde_json::json!([]), "{finished}");
    assert_eq!(report["deployments"][0]["errors"]["1"], 0, "{finished}");
}

#[test]
fn a_folder_of_builds_is_that_of_the_checkout_and_decides_whatever_git_says() {
    let template = TEMPLATE
        .replace("    Metadata: {BuildMethod: esbuild}\n", "")
        .replace("nodejs22.x", nodejs());
    let code = "exports.handler = require('./status.js').answers;\n";
    let built = |status: u16| answers(status).replace("exports.handler", "exports.answers");
    let project = Project::new(&[
        ("template.yaml", &template),
        ("src/app.js", code),
        ("status.js", &built(200)),
        ("status.js.map", "{}"),
        (".gitignore", "out\n"),
    ]);
    project.commit("v1");
    let command = "mkdir -p out/Orders && cp src/app.js status.js status.js.map out/Orders";
    let run = || {
        Rehearse::new()
            .file(project.folder.path().join("template.yaml"))
            .option("--live-git", "v1")
            .option("--live-build", command)
            .option("--builds", "out")
            .environment("XDG_CACHE_HOME", project.cache.path())
            .run()
    };
    // Git has the function's folder as it was; what is packaged with it is another.
    project.write("out/Orders/app.js", code);
    project.write("out/Orders/status.js.map", "{}");
    project.write("out/Orders/status.js", &built(503));
    let finished = run().with_code(1);
    let errors = errors(&finished);
    assert_eq!(errors["1"], 0, "{finished}");
    assert!(errors["2"].as_u64() > Some(0), "{finished}");
    // It was built before its files were changed.
    project.write("out/Orders/status.js", &built(200));
    project.write("src/app.js", "throw new Error();\n");
    let finished = run().with_code(0);
    assert_eq!(
        finished.checked_report()["verdict"],
        "Succeeded; no deployment started; the files of Orders differ, and what was built does not",
        "{finished}"
    );
    // Of another source map nothing says whether it is one where both are deployed.
    project.write("out/Orders/status.js.map", "{ }");
    let finished = run().with_code(0);
    assert_eq!(
        finished.checked_report()["verdict"],
        "Succeeded; not known whether the code of Orders changed",
        "{finished}"
    );
}

#[test]
fn a_plan_says_of_code_what_a_run_says_of_the_same_builds() {
    let built = ".aws-sam/build/Orders/app.js";
    let template = TEMPLATE.replace("nodejs22.x", nodejs());
    let project = Project::new(&[
        ("template.yaml", &template),
        ("src/app.ts", &answers(200)),
        (".gitignore", ".aws-sam\n"),
    ]);
    project.commit("v1");
    project.write(built, &answers(200));
    project.write("src/app.ts", &(answers(200) + "// Changed.\n"));
    let plan = || {
        let plan = places::command()
            .args([
                "plan",
                "--format",
                "json",
                "--live-git",
                "v1",
                "--live-build",
                BUILD,
            ])
            .arg(project.folder.path().join("template.yaml"))
            .env("XDG_CACHE_HOME", project.cache.path())
            .output()
            .expect("rehearse starts");
        serde_json::from_slice::<serde_json::Value>(&plan.stdout).expect("it is JSON")
    };
    let same = plan();
    assert_eq!(same["deployments"][0]["starts"], false, "{same:#}");
    let codes = |plan: &serde_json::Value| plan["diagnostics"].to_string();
    assert!(codes(&same).contains("plan::built-alike"), "{same:#}");
    let finished = project.run("template.yaml", BUILD, &[]).with_code(0);
    assert_eq!(
        finished.checked_report()["verdict"],
        "Succeeded; no deployment started; the files of Orders differ, and what was built does not",
        "{finished}"
    );
    project.write(built, &answers(201));
    let other = plan();
    assert_eq!(other["deployments"][0]["starts"], true, "{other:#}");
    assert!(!codes(&other).contains("plan::built-alike"), "{other:#}");
}

#[test]
fn an_update_is_compared_by_its_own_builds_and_old_code_that_was_kept_is_no_revisions() {
    let template = TEMPLATE.replace("nodejs22.x", nodejs());
    let project = Project::new(&[
        ("template.yaml", &template),
        ("src/app.ts", &answers(200)),
        ("kept/Orders/app.js", &answers(503)),
        (".gitignore", "out\nkept\n"),
    ]);
    project.commit("v1");
    let rehearsal = "template = \"template.yaml\"\n\
        [builds]\nold = \"kept\"\nnew = \"kept\"\n\
        [live]\ngit = \"v1\"\nbuild_command = \"mkdir -p .aws-sam/build/Orders && cp src/app.ts .aws-sam/build/Orders/app.js\"\ncode = \"compared\"\n\
        [traffic]\nrequests_per_minute = 60\n[[traffic.request]]\nmethod = \"GET\"\npath = \"/orders\"\n\
        [[update]]\nname = \"first\"\nbuilds = \"out\"\n";
    project.write("rehearsal.toml", &rehearsal.replace("old = \"kept\"\n", ""));
    project.write("out/Orders/app.js", &answers(200));
    project.write("src/app.ts", &answers(201));
    let finished = project.run("rehearsal.toml", BUILD, &[]).with_code(0);
    assert_eq!(
        finished.checked_report()["verdict"],
        "Succeeded; no deployment started; the files of Orders differ, and what was built does not",
        "{finished}"
    );
    // What the command line names is what runs, and no folder that the file has kept of something else.
    project.write("rehearsal.toml", rehearsal);
    project.write("out/Orders/app.js", &answers(201));
    let finished = project.run("rehearsal.toml", BUILD, &[]).with_code(0);
    assert_eq!(errors(&finished)["1"], 0, "{finished}");
}
