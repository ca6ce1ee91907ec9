//! What `rehearse plan` says of an update: to people, by snapshots; to programs, by the contract; and of a template in git.

use std::fs;
use std::path::Path;

use serde_json::Value;
use workspace_tests::Printed;
use workspace_tests::files::write;
use workspace_tests::places;
use workspace_tests::repository::git;

const LIVE: &str = "tests/plan/live.yaml";
const NEW: &str = "tests/plan/new.yaml";

fn update(arguments: &[&str]) -> Printed {
    Printed::plan(NEW, &[&["--live", LIVE], arguments].concat())
}

#[test]
fn an_update_is_told_to_people_in_eighty_columns() {
    let planned = update(&["--code", "changed"]);
    for line in planned.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!(planned);
}

#[test]
fn an_update_is_told_in_a_pull_request() {
    insta::assert_snapshot!(update(&["--code", "changed", "--format", "markdown"]));
}

#[test]
fn without_word_of_the_code_what_it_decides_is_unknown() {
    insta::assert_snapshot!(update(&[]));
}

#[test]
fn a_first_creation_starts_no_deployment() {
    let (code, json) = Printed::plan_json(NEW, &[]);
    assert_eq!(code, Some(0));
    let all = |list: &str, holds: &dyn Fn(&Value) -> bool| {
        json[list]
            .as_array()
            .expect("it is a list")
            .iter()
            .all(holds)
    };
    assert!(all("changes", &|change| change["action"] == "create"));
    assert!(all("versions", &|version| version["action"] == "published"));
    assert!(all("deployments", &|deployment| deployment["starts"] == false));
    assert_eq!(json["diagnostics"], serde_json::json!([]));
}

#[test]
fn a_parameter_alone_starts_no_deployment_and_is_a_warning() {
    let parameters = [
        "--live",
        LIVE,
        "--parameter",
        "Stage=prod",
        "--live-parameter",
        "Stage=beta",
    ];
    let (code, json) = Printed::plan_json(LIVE, &[&parameters[..], &["--code", "same"]].concat());
    assert_eq!(code, Some(0));
    let changed: Vec<_> = json["changes"]
        .as_array()
        .expect("it is a list")
        .iter()
        .filter(|change| change["action"] != "none")
        .map(|change| (&change["logical_id"], &change["properties"][0]))
        .collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert_eq!(
        (changed[0].0, changed[0].1),
        (&"Billing".into(), &"Environment".into())
    );
    assert_eq!(json["versions"][1]["action"], "not_published");
    assert_eq!(json["deployments"][1]["starts"], false);
    assert_eq!(
        json["diagnostics"][0]["code"],
        "plan::version-not-published"
    );
    let denied = [&parameters[..], &["--code", "same", "--deny", "warnings"]].concat();
    assert_eq!(Printed::plan(LIVE, &denied).code, Some(1));
}

#[test]
fn two_builds_say_whose_code_changes() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (build, content) in [("old", "1"), ("new", "2")] {
        for (function, content) in [("Orders", content), ("Billing", "same")] {
            let name = format!("{build}/{function}/index.js");
            write(folder.path(), &name, content);
        }
    }
    let at = |build: &str| folder.path().join(build).display().to_string();
    let arguments = [
        "--live",
        LIVE,
        "--code-live",
        &at("old"),
        "--code-new",
        &at("new"),
    ];
    let (_, json) = Printed::plan_json(LIVE, &arguments);
    let starts: Vec<_> = (0..2)
        .map(|index| &json["deployments"][index]["starts"])
        .collect();
    assert_eq!(starts, [true, false]);
    // What is in neither build is not known, and a folder without any function is no build.
    let (code, json) = Printed::plan_json(
        LIVE,
        &[
            "--live",
            LIVE,
            "--code-live",
            "docs",
            "--code-new",
            &at("new"),
        ],
    );
    assert_eq!(code, Some(2));
    assert!(
        json["diagnostics"][0]["message"]
            .as_str()
            .unwrap_or_default()
            .contains("no folder or file of a function")
    );
}

/// A repository with a template in a folder of its own, in two commits, of which the first is tagged.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a temporary folder can be made"));
        fs::create_dir(repository.0.path().join("stack")).expect("a folder can be made");
        repository.git(&["init", "--quiet"]);
        repository.commit("live.yaml", "first");
        repository.git(&["tag", "v1"]);
        repository.commit("new.yaml", "second");
        repository
    }

    fn template(&self) -> std::path::PathBuf {
        self.0.path().join("stack/template.yaml")
    }

    fn git(&self, arguments: &[&str]) {
        git(self.0.path(), arguments);
    }

    fn commit(&self, of: &str, message: &str) {
        let text =
            fs::read_to_string(places::root().join("tests/plan").join(of)).expect("it is there");
        fs::write(self.template(), text).expect("a file can be written");
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", message]);
    }
}

fn planned_in_git(template: &Path, revision: &str) -> (Option<i32>, Value) {
    Printed::plan_json(
        template,
        &[&format!("--live-git={revision}"), "--code", "changed"],
    )
}

#[test]
fn the_live_template_can_be_one_of_git() {
    let repository = Repository::new();
    let template = repository.template();
    let (code, of_git) = planned_in_git(&template, "v1");
    assert_eq!(code, Some(0));
    // Names come from the new template's own, whatever file the live one is read from.
    let live = repository.0.path().join("released.yaml");
    fs::copy(places::root().join(LIVE), &live).expect("a file can be copied");
    let live = live.display().to_string();
    let (_, of_file) = Printed::plan_json(&template, &["--live", &live, "--code", "changed"]);
    assert_eq!(of_git, of_file);
    let (_, unchanged) = Printed::plan_json(&template, &["--live-git", "HEAD", "--code", "same"]);
    assert_eq!(unchanged["order"], serde_json::json!([]));
}

#[test]
fn a_file_that_the_template_of_a_revision_names_is_that_revisions() {
    let repository = Repository::new();
    let file = |name: &str, text: &str| {
        fs::write(repository.0.path().join(name), text).expect("a file can be written");
    };
    let commit = |message: &str| {
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message", message]);
    };
    file(
        "including.yaml",
        "Resources:
  First: {Type: AWS::SNS::Topic}
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: more.yaml}}
",
    );
    file("more.yaml", "News: {Type: AWS::SNS::Topic}\n");
    commit("news");
    repository.git(&["tag", "news"]);
    file("more.yaml", "Later: {Type: AWS::SNS::Topic}\n");
    let template = repository.0.path().join("including.yaml");
    let (code, plan) = planned_in_git(&template, "news");
    assert_eq!(code, Some(0), "{plan}");
    let changes: Vec<_> = plan["changes"]
        .as_array()
        .expect("there are changes")
        .iter()
        .map(|change| (change["logical_id"].as_str(), change["action"].as_str()))
        .collect();
    assert_eq!(
        changes,
        [
            (Some("First"), Some("none")),
            (Some("Later"), Some("create")),
            (Some("News"), Some("delete"))
        ]
    );
}

#[test]
fn git_says_whose_code_changes() {
    let repository = Repository::new();
    let folder = repository.0.path().join("stack");
    let put = |name: &str, text: &str| write(&folder, name, text);
    let function = |id: &str, metadata: &str| {
        format!(
            "  {id}:\n    Type: AWS::Serverless::Function\n    {metadata}\n    Properties:\n      Runtime: nodejs22.x\n      \
             Handler: app.handler\n      CodeUri: {id}\n      AutoPublishAlias: live\n      DeploymentPreference: {{Type: AllAtOnce}}\n"
        )
    };
    let built = "Metadata: {BuildMethod: esbuild}";
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n{}{}{}",
        function("Source", "Metadata: {}"),
        function("Built", built),
        function("Ignored", "Metadata: {}")
    );
    put("template.yaml", &template);
    put(".gitignore", "dist.js\n");
    for (name, text) in [
        ("Source/app.js", "1"),
        ("Built/app.ts", "1"),
        ("Ignored/app.js", "1"),
        ("Ignored/dist.js", "1"),
        ("Source/node_modules/x.js", "1"),
        ("shared/x.ts", "1"),
    ] {
        put(name, text);
    }
    repository.git(&["add", "."]);
    repository.git(&["commit", "--quiet", "--message", "functions"]);
    let starts = || {
        let template = folder.join("template.yaml");
        let (_, json) = Printed::plan_json(template.display().to_string(), &["--live-git", "HEAD"]);
        let deployments = json["deployments"]
            .as_array()
            .expect("it is a list")
            .clone();
        let starts = deployments.iter().map(|one| one["starts"].as_bool());
        starts.collect::<Vec<_>>()
    };
    let (yes, no, unknown) = (Some(true), Some(false), None);
    assert_eq!(starts(), [no, no, no], "nothing differs");
    put("README.md", "of no code");
    assert_eq!(starts(), [no, no, no], "prose is in no build");
    put("shared/x.ts", "2");
    assert_eq!(
        starts(),
        [no, unknown, unknown],
        "what is built may have it"
    );
    put("Built/more.ts", "new");
    assert_eq!(starts(), [no, yes, unknown], "git does not know it yet");
    put("Source/app.js", "2");
    assert_eq!(starts(), [yes, yes, unknown]);
}

#[test]
fn what_is_not_in_git_is_said_with_a_way_out() {
    let repository = Repository::new();
    let says = |template: &Path, revision: &str, words: &str| {
        let (code, json) = planned_in_git(template, revision);
        assert_eq!(code, Some(2));
        let message = json["diagnostics"][0]["message"]
            .as_str()
            .unwrap_or_default();
        assert!(message.contains(words), "{message}");
        assert!(json["diagnostics"][0]["help"].is_string());
    };
    says(&repository.template(), "v2", "has no revision v2");
    says(
        &repository.template(),
        "--output=x",
        "has no revision --output=x",
    );
    let added = repository.0.path().join("added.yaml");
    fs::copy(repository.template(), &added).expect("a file can be copied");
    says(&added, "v1", "revision v1 has no file added.yaml");
    let outside = tempfile::tempdir().expect("a temporary folder can be made");
    let elsewhere = outside.path().join("template.yaml");
    fs::copy(repository.template(), &elsewhere).expect("a file can be copied");
    says(&elsewhere, "v1", "is in no git repository");
}

#[test]
fn without_git_a_file_is_the_way() {
    let output = workspace_tests::printed::command("plan")
        .args([NEW, "--live-git", "HEAD"])
        .env("PATH", "/nonexistent")
        .output()
        .expect("rehearse starts");
    assert_eq!(output.status.code(), Some(2));
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(
        problem.contains("git is not installed here") && problem.contains("--live FILE"),
        "{problem}"
    );
}

#[test]
fn options_that_need_a_live_template_are_refused_without_one() {
    #[rustfmt::skip] // A table.
    let cases = [
        &["--code", "same"][..],
        &["--live-parameter", "Stage=prod"],
        &["--code-live", "x", "--code-new", "y"],
        &["--live", LIVE, "--live-git", "HEAD"],
        &["--live", LIVE, "--code", "same", "--code-live", "x", "--code-new", "y"],
        &["--live", LIVE, "--code-live", "x"],
    ];
    for arguments in cases {
        assert_eq!(Printed::plan(NEW, arguments).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn under_github_actions_what_an_update_meets_is_annotated_at_its_line() {
    let on_github = |more: &[&str]| {
        let arguments = [&[NEW, "--live", LIVE, "--code", "changed"], more].concat();
        Printed::on_github("plan", &arguments).stderr
    };
    let (_, json) = Printed::plan_json(NEW, &["--live", LIVE, "--code", "changed"]);
    let warnings: Vec<_> = json["diagnostics"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|one| one["severity"] == "warning")
        .collect();
    assert!(warnings.len() >= 3, "{json:#}");
    let annotated = on_github(&[]);
    let lines: Vec<_> = annotated
        .lines()
        .filter(|line| line.starts_with("::"))
        .collect();
    assert_eq!(lines.len(), warnings.len(), "{annotated}");
    for (line, warning) in lines.iter().zip(warnings) {
        let place = format!("::warning file=plan/new.yaml,line={},", warning["line"]);
        assert!(line.starts_with(&place), "{line}\n{place}");
    }
    assert_eq!(on_github(&["--no-github"]), "");
}
