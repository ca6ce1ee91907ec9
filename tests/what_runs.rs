//! What runs before an update, as the command line names it: `--live`, `--live-git` and `--live-parameter`.

use std::path::PathBuf;

use tempfile::TempDir;
use workspace_tests::files::write;
use workspace_tests::interpreters::{nodejs, python};
use workspace_tests::repository::{commit, git};
use workspace_tests::{Finished, Rehearse, Report, places};

/// A function behind a route, of a runtime, whose code is beside it.
fn template(runtime: &str, more: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\n{more}Resources:\n  Orders:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
         Runtime: {runtime}\n      Handler: app.handler\n      CodeUri: src\n      AutoPublishAlias: live\n      \
         DeploymentPreference: {{Type: Linear10PercentEvery1Minute}}\n      \
         Events: {{Get: {{Type: HttpApi, Properties: {{Path: /orders, Method: get}}}}}}\n"
    )
}

/// Code of Python that answers with a status.
fn answers(status: u16) -> String {
    format!("def handler(event, context):\n    return {{'statusCode': {status}, 'body': '{{}}'}}\n")
}

/// A project whose code is in `src`, under this name.
fn project(template: &str, name: &str, code: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write(folder.path(), "template.yaml", template);
    write(folder.path(), &format!("src/{name}"), code);
    folder
}

/// The template of a project, run from what these options name.
fn run(folder: &TempDir, options: &[(&str, &str)]) -> Finished {
    let rehearse = Rehearse::new().file(folder.path().join("template.yaml"));
    let with = |rehearse: Rehearse, (name, value): &(&str, &str)| rehearse.option(name, value);
    options.iter().fold(rehearse, with).run()
}

/// The file that `init` writes for a project from what a revision has, and its text.
fn written_by_init(folder: &TempDir, revision: &str) -> (PathBuf, String) {
    let init = places::command()
        .current_dir(folder.path())
        .args(["init", "template.yaml", "--live-git", revision])
        .output()
        .expect("rehearse starts");
    assert!(init.status.success(), "{init:?}");
    let path = folder.path().join("rehearsal.toml");
    let text = std::fs::read_to_string(&path).expect("it is written");
    (path, text)
}

#[test]
fn a_template_is_run_from_a_revision_and_the_verdict_says_what_nothing_stopped() {
    let folder = project(&template(python(), ""), "app.py", &answers(200));
    commit(folder.path(), "v1");
    write(folder.path(), "src/app.py", &answers(500));
    let finished = run(&folder, &[("--live-git", "v1")]).with_code(1);
    let report = finished.checked_report();
    let errors = &report["deployments"][0]["errors"];
    assert_eq!(errors["1"], 0, "{errors}");
    assert_eq!(report["made_up"], serde_json::json!([]), "{finished}");
    assert!(
        finished.stderr.contains("old, source of v1: Orders"),
        "{finished}"
    );
    // One of two requests: the deployment is no failure by itself.
    let half = "import itertools\ncount = itertools.count()\ndef handler(event, context):\n    \
                return {'statusCode': 500 if next(count) % 2 else 200, 'body': '{}'}\n";
    write(folder.path(), "src/app.py", half);
    let finished = run(&folder, &[("--live-git", "v1")]).with_code(0);
    let verdict = finished.checked_report()["verdict"].to_string();
    assert!(
        verdict.contains("Succeeded; nothing stopped the new version of Orders, which failed "),
        "{verdict}"
    );
    // Without a word of what runs, it is what is here: the same code, which has failed before.
    let finished = run(&folder, &[]).with_code(0);
    let verdict = finished.checked_report()["verdict"].to_string();
    assert!(
        verdict.contains(
            "Succeeded; made up: the version that runs (today's code); before the update"
        ),
        "{verdict}"
    );
}

#[test]
fn a_template_elsewhere_brings_the_code_that_is_beside_it() {
    let folder = project(&template(python(), ""), "app.py", &answers(503));
    let live = project(&template(python(), ""), "app.py", &answers(200));
    let path = live.path().join("template.yaml");
    let named = [("--live", path.to_str().expect("it is UTF-8"))];
    let report = run(&folder, &named).with_code(1).checked_report();
    let errors = &report["deployments"][0]["errors"];
    assert_eq!(errors["1"], 0, "{errors}");
    assert!(errors["2"].as_u64() > Some(0), "{errors}");
    let not_compared = "not known whether the code of Orders changed";
    let verdict = report["verdict"].to_string();
    assert!(verdict.contains(not_compared), "{verdict}");
    // A template alone, as one that was saved: its code is that of the update.
    std::fs::remove_dir_all(live.path().join("src")).expect("it is there");
    let report = run(&folder, &named).with_code(1).checked_report();
    assert!(
        report["deployments"][0]["errors"]["1"].as_u64() > Some(0),
        "{report}"
    );
    // So it is in a file that a person has written.
    let of_today = "made up: the version that runs (today's code)";
    let file = format!(
        "template = \"template.yaml\"\n[live]\ntemplate = {path:?}\n[traffic]\nrequests_per_minute = 20\n\
         [[traffic.request]]\nmethod = \"GET\"\npath = \"/orders\"\n"
    );
    write(folder.path(), "rehearsal.toml", &file);
    let of_file = Rehearse::new().file(folder.path().join("rehearsal.toml"));
    let verdict = of_file.run().with_code(1).checked_report()["verdict"].to_string();
    assert!(verdict.contains(of_today), "{verdict}");
}

#[test]
fn todays_code_is_named_also_where_all_is_in_the_working_directory_or_in_a_folder_of_builds() {
    let folder = project(&template(python(), ""), "app.py", &answers(200));
    let saved = tempfile::tempdir().expect("a temporary folder can be made");
    let before = template(python(), "") + "      Description: before\n";
    write(saved.path(), "released.yaml", &before);
    write(folder.path(), "out/Orders/app.py", &answers(200));
    let path = saved.path().join("released.yaml");
    let path = path.to_str().expect("it is UTF-8");
    for more in [&[][..], &["--builds", "out"]] {
        let run = places::command()
            .current_dir(folder.path())
            .args(["run", "template.yaml", "--live", path])
            .args(more)
            .output()
            .expect("rehearse starts");
        let said = String::from_utf8_lossy(&run.stdout);
        let of_today = "made up: the version that runs (today's code)";
        assert!(said.contains(of_today), "{more:?}: {run:?}");
    }
}

#[test]
fn the_packages_of_a_revision_are_those_installed_here_while_what_asks_for_them_is_the_same() {
    let code = "const status = require('status');\nexports.handler = async () => ({ statusCode: status, body: '{}' });\n";
    let folder = project(&template(nodejs(), ""), "app.js", code);
    let asks = r#"{"dependencies": {"status": "1.0.0"}}"#;
    write(folder.path(), "src/package.json", asks);
    write(folder.path(), ".gitignore", "node_modules\n");
    commit(folder.path(), "v1");
    write(
        folder.path(),
        "src/node_modules/status/index.js",
        "module.exports = 200;\n",
    );
    write(folder.path(), "src/app.js", &format!("{code}// Changed.\n"));
    let finished = run(&folder, &[("--live-git", "v1")]).with_code(0);
    let report = finished.checked_report();
    assert_eq!(Report(report).verdict(), "Succeeded", "{finished}");
    assert!(
        finished
            .stderr
            .contains("old, source of v1 (packages: those installed here"),
        "{finished}"
    );
    // Others are asked for now: those of the revision are not here, and a stub answers for it, which the verdict names.
    write(
        folder.path(),
        "src/package.json",
        &asks.replace("1.0.0", "2.0.0"),
    );
    let finished = run(&folder, &[("--live-git", "v1")]).with_code(0);
    assert!(
        finished
            .stderr
            .contains("stub for the version of Orders that runs: "),
        "{finished}"
    );
    let verdict = finished.checked_report()["verdict"].to_string();
    assert!(
        verdict.contains("a stub stood for the old version of Orders"),
        "{verdict}"
    );
}

#[test]
fn what_the_template_that_runs_leaves_open_is_made_up_and_named() {
    let folder = project(&template(python(), ""), "app.py", &answers(200));
    let stage = "Parameters:\n  Stage: {Type: String, AllowedValues: [prod, dev]}\n";
    let before = template(python(), stage) + "      Description: !Ref Stage\n";
    write(folder.path(), "before.yaml", &before);
    let path = folder.path().join("before.yaml");
    let named = ("--live", path.to_str().expect("it is UTF-8"));
    let verdict = run(&folder, &[named]).with_code(0).checked_report()["verdict"].to_string();
    assert!(
        verdict.contains("Succeeded; made up: parameter Stage of what runs"),
        "{verdict}"
    );
    let given = ("--live-parameter", "Stage=dev");
    let report = run(&folder, &[named, given]).with_code(0).checked_report();
    // The code beside it is the update's.
    assert_eq!(
        Report(report).verdict(),
        "Succeeded; made up: the version that runs (today's code)"
    );
    // One that is read from SSM is made up for what runs alone, too.
    let read =
        "Parameters:\n  Stage: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /stage}\n";
    let before = template(python(), read) + "      FunctionName: !Sub '${Stage}-orders'\n";
    write(folder.path(), "before.yaml", &before);
    let verdict = run(&folder, &[named]).with_code(0).checked_report()["verdict"].to_string();
    assert!(
        verdict.contains("parameter Stage of what runs"),
        "{verdict}"
    );
    let wrong = ("--live-parameter", "Stag=dev");
    let refused = run(&folder, &[named, wrong]).with_code(2);
    assert!(refused.stderr.contains("Stag"), "{refused}");
    // Without what it is for, it is refused.
    assert_eq!(run(&folder, &[given]).code, Some(2));
    let both = run(&folder, &[named, ("--live-git", "v1")]);
    assert_eq!(both.code, Some(2), "{both}");
}

#[test]
fn what_is_named_goes_before_what_a_file_says_and_init_writes_it() {
    let folder = project(&template(python(), ""), "app.py", &answers(200));
    commit(folder.path(), "v1");
    write(folder.path(), "src/app.py", &answers(404));
    commit(folder.path(), "v2");
    write(folder.path(), "src/app.py", &answers(201));
    let (path, text) = written_by_init(&folder, "v1");
    assert!(text.contains("[live]\ngit = \"v1\"\n"), "{text}");
    let of_file = Rehearse::new().file(&path).run().with_code(0);
    assert!(
        of_file.stderr.contains("old, source of v1: Orders"),
        "{of_file}"
    );
    let named = Rehearse::new().file(&path).option("--live-git", "v2").run();
    assert!(
        named.stderr.contains("old, source of v2: Orders"),
        "{named}"
    );
    assert!(
        named
            .stdout
            .contains("before the update Orders answered 404"),
        "{named}"
    );
}

#[test]
fn packages_that_are_links_to_source_are_no_revisions() {
    let code = "const status = require('status');\nexports.handler = async () => ({ statusCode: status, body: '{}' });\n";
    let folder = project(&template(nodejs(), ""), "app.js", code);
    let asks = r#"{"workspaces": ["packages/*"], "dependencies": {"status": "1.0.0"}}"#;
    write(folder.path(), "package.json", asks);
    write(
        folder.path(),
        "src/package.json",
        r#"{"dependencies": {"status": "1.0.0"}}"#,
    );
    write(
        folder.path(),
        "packages/status/index.js",
        "module.exports = 200;\n",
    );
    write(folder.path(), ".gitignore", "node_modules\n");
    commit(folder.path(), "v1");
    write(
        folder.path(),
        "packages/status/index.js",
        "module.exports = 500;\n",
    );
    std::fs::create_dir(folder.path().join("node_modules")).expect("a folder can be made");
    let link = folder.path().join("node_modules/status");
    std::os::unix::fs::symlink("../packages/status", link).expect("a link can be made");
    let finished = run(&folder, &[("--live-git", "v1")]);
    assert!(
        finished
            .stderr
            .contains("stub for the version of Orders that runs: "),
        "{finished}"
    );
}

#[test]
fn no_output_takes_the_place_of_what_runs_and_one_template_runs_before_one() {
    let folder = project(&template(python(), ""), "app.py", &answers(200));
    let live = project(&template(python(), ""), "app.py", &answers(200));
    let path = live.path().join("template.yaml");
    let call = |arguments: &[&std::ffi::OsStr]| {
        let output = places::command()
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .expect("rehearse starts");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (live_folder, place) = (live.path().as_os_str(), path.as_os_str());
    let run = ["run", "template.yaml", "--live"].map(std::ffi::OsStr::new);
    let (code, said) = call(&[&run[..], &[live_folder, "--report".as_ref(), place]].concat());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("would replace"), "{said}");
    let init = ["init", "template.yaml", "--force", "--live"].map(std::ffi::OsStr::new);
    let (code, said) = call(&[&init[..], &[live_folder, "--output".as_ref(), place]].concat());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("would replace"), "{said}");
    let text = std::fs::read_to_string(&path).expect("it is there");
    assert_eq!(text, template(python(), ""));
    let (code, said) = call(&[&run[..], &[live_folder, "template.yaml".as_ref()]].concat());
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("--live names one template, and 2 are rehearsed"),
        "{said}"
    );
}

#[test]
fn what_gits_hooks_set_does_not_say_which_repository_is_read() {
    let folder = project(&template(python(), ""), "app.py", &answers(200));
    commit(folder.path(), "v1");
    let other = project(&template(python(), ""), "app.py", &answers(200));
    commit(other.path(), "v2");
    let output = places::command()
        .current_dir(folder.path())
        .env("GIT_DIR", other.path().join(".git"))
        .args([
            "plan",
            "template.yaml",
            "--live-git",
            "v1",
            "--code",
            "same",
        ])
        .output()
        .expect("rehearse starts");
    assert!(output.status.success(), "{output:?}");
}

/// The template of two functions, each in a folder of its own.
fn two(folders: [&str; 2]) -> String {
    let of = |id: &str, folder: &str| {
        template(python(), "")
            .replace("Orders:", &format!("{id}:"))
            .replace("/orders", &format!("/{folder}"))
            .replace("CodeUri: src", &format!("CodeUri: {folder}"))
    };
    let [first, second] = folders;
    let (first, second) = (of("Orders", first), of("Refunds", second));
    let (_, second) = second.split_once("Resources:\n").expect("it has resources");
    first + second
}

fn deployed(report: &serde_json::Value) -> Vec<&str> {
    let deployments = report["deployments"].as_array().expect("it is a list");
    let functions = deployments.iter().map(|one| one["function"].as_str());
    functions.flatten().collect()
}

#[test]
fn from_a_revision_those_functions_alone_are_deployed_whose_files_differ() {
    let folder = project(&two(["src", "refunds"]), "app.py", &answers(200));
    write(folder.path(), "refunds/app.py", &answers(200));
    commit(folder.path(), "v1");
    let live = [("--live-git", "v1")];
    let finished = run(&folder, &live).with_code(0);
    let nothing = finished.checked_report();
    assert_eq!(nothing["verdict"], "Succeeded; no deployment started");
    assert!(
        finished.stderr.contains(
            "code unchanged since v1, so deployed only for other changes: Orders, Refunds"
        ),
        "{finished}"
    );
    write(folder.path(), "refunds/app.py", &answers(201));
    let report = run(&folder, &live).with_code(0).checked_report();
    assert_eq!(deployed(&report), ["Refunds"]);
    // A file that git does not know yet is packaged, too.
    write(folder.path(), "src/more.py", "");
    let report = run(&folder, &live).with_code(0).checked_report();
    assert_eq!(deployed(&report), ["Orders", "Refunds"]);
}

#[test]
fn what_is_wrong_with_an_option_is_said_of_that_option() {
    let folder = project(&template(python(), ""), "app.py", &answers(200));
    let says = |option: (&str, &str), words: &str| {
        let refused = run(&folder, &[option]).with_code(2);
        let named = format!("{} {}: ", option.0, option.1);
        assert!(
            refused.stderr.contains(&named) && refused.stderr.contains(words),
            "{refused}"
        );
        assert!(!refused.stderr.contains("rehearsal.toml"), "{refused}");
    };
    says(("--live-git", "v1"), "is in no git repository");
    says(("--live", "nowhere.yaml"), "there is no such file");
    commit(folder.path(), "v1");
    says(("--live-git", "v2"), "has no revision v2");
    // What a file says is shown in the file.
    let (path, text) = written_by_init(&folder, "v1");
    write(
        folder.path(),
        "rehearsal.toml",
        &text.replace("git = \"v1\"", "git = \"v3\""),
    );
    let of_file = Rehearse::new().file(&path).run().with_code(2);
    assert!(of_file.stderr.contains("git = \"v3\""), "{of_file}");
    let named = Rehearse::new().file(&path).option("--live-git", "v4");
    let named = named.run().with_code(2);
    assert!(named.stderr.contains("--live-git v4: "), "{named}");
}

#[test]
fn the_code_beside_another_template_is_taken_function_by_function() {
    let folder = project(&two(["src", "refunds"]), "app.py", &answers(503));
    write(folder.path(), "refunds/app.py", &answers(503));
    let live = project(&two(["src", "refunds"]), "app.py", &answers(200));
    let path = live.path().join("template.yaml");
    let named = [("--live", path.to_str().expect("it is UTF-8"))];
    let report = run(&folder, &named).with_code(1).checked_report();
    let before = |index: usize| &report["deployments"][index]["errors"]["1"];
    assert_eq!(before(0), 0, "{report}");
    assert!(before(1).as_u64() > Some(0), "{report}");
    assert_eq!(
        report["made_up"],
        serde_json::json!(["the version of Refunds that runs (today's code)"])
    );
}

#[test]
fn what_git_keeps_elsewhere_is_missing_from_a_revision_and_named() {
    let folder = project(&template(python(), ""), "app.py", &answers(200));
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4096\n";
    write(folder.path(), "src/model.bin", pointer);
    commit(folder.path(), "v1");
    let submodule = "160000,4b825dc642cb6eb9a060e54bf8d69288fbee4904,src/lib";
    git(
        folder.path(),
        &["update-index", "--add", "--cacheinfo", submodule],
    );
    git(folder.path(), &["commit", "--quiet", "--message", "more"]);
    write(folder.path(), "src/app.py", &answers(201));
    let finished = run(&folder, &[("--live-git", "HEAD")]).with_code(0);
    let report = finished.checked_report();
    assert_eq!(
        report["verdict"],
        "Succeeded; the old version of Orders lacks files that git keeps elsewhere"
    );
    let lacking = "src/lib (a submodule), src/model.bin (in git LFS)";
    assert!(report.to_string().contains(lacking), "{report}");
}

#[test]
fn what_an_update_brings_is_asked_of_nothing_that_runs_before_it() {
    let before = template(python(), "");
    let route = "        New: {Type: HttpApi, Properties: {Path: /new, Method: get}}\n";
    let after = before.replace(
        "      Events: {Get: {Type: HttpApi, Properties: {Path: /orders, Method: get}}}\n",
        &format!("      Events:\n        Get: {{Type: HttpApi, Properties: {{Path: /orders, Method: get}}}}\n{route}"),
    );
    assert!(after.contains("/new"), "{after}");
    let folder = project(&before, "app.py", &answers(200));
    commit(folder.path(), "v1");
    write(folder.path(), "template.yaml", &after);
    write(folder.path(), "src/app.py", &answers(201));
    let finished = run(&folder, &[("--live-git", "v1")]).with_code(0);
    let said = "new with this update, so nobody asks for it: GET /new";
    assert!(finished.stderr.contains(said), "{finished}");
    let report = finished.checked_report();
    let verdict = "Succeeded; new, and not asked: GET /new of ServerlessHttpApi";
    assert_eq!(report["verdict"], verdict, "{finished}");
    assert_eq!(report["errors_past_alias"], 0);
}

#[test]
fn what_the_new_version_alone_lacks_on_lambda_too_is_no_stub() {
    let text = template(python(), "");
    let folder = project(&text, "app.py", &answers(200));
    commit(folder.path(), "v1");
    // A module that nothing here provides and nothing asks for.
    let lacking = ["import not_there\n", &answers(200)].concat();
    write(folder.path(), "src/app.py", &lacking);
    let finished = run(&folder, &[("--live-git", "v1")]).with_code(1);
    let report = finished.checked_report();
    assert_eq!(report["stubs"], serde_json::json!([]), "{finished}");
    let error = &report["failures"][0]["error_type"];
    assert_eq!(error, "Runtime.ImportModuleError", "{finished}");
    // One that a file asks for is there once it is installed.
    write(folder.path(), "src/requirements.txt", "not-there\n");
    let finished = run(&folder, &[("--live-git", "v1")]).with_code(0);
    assert_eq!(
        finished.checked_report()["stubs"],
        serde_json::json!(["Orders"]),
        "{finished}"
    );
    // The file of the handler is another.
    std::fs::remove_file(folder.path().join("src/requirements.txt")).expect("it is there");
    write(folder.path(), "src/app.py", &answers(200));
    write(
        folder.path(),
        "template.yaml",
        &text.replace("app.handler", "main.handler"),
    );
    let finished = run(&folder, &[("--live-git", "v1")]).with_code(2);
    let words = finished
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        words.contains("there is no file for its handler main.handler")
            && words.contains("Runtime.ImportModuleError"),
        "{finished}"
    );
}
