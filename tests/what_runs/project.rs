//! A project of one function, and what is run of it.

use std::path::PathBuf;

use tempfile::TempDir;
use workspace_tests::files::write;
use workspace_tests::interpreters::python;
use workspace_tests::{Finished, Rehearse, places};

/// A function behind a route, of a runtime, whose code is beside it.
pub fn template(runtime: &str, more: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\n{more}Resources:\n  Orders:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
         Runtime: {runtime}\n      Handler: app.handler\n      CodeUri: src\n      AutoPublishAlias: live\n      \
         DeploymentPreference: {{Type: Linear10PercentEvery1Minute}}\n      \
         Events: {{Get: {{Type: HttpApi, Properties: {{Path: /orders, Method: get}}}}}}\n"
    )
}

/// Code of Python that answers with a status.
pub fn answers(status: u16) -> String {
    format!("def handler(event, context):\n    return {{'statusCode': {status}, 'body': '{{}}'}}\n")
}

/// A project whose code is in `src`, under this name.
pub fn project(template: &str, name: &str, code: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write(folder.path(), "template.yaml", template);
    write(folder.path(), &format!("src/{name}"), code);
    folder
}

/// The template of a project, run from what these options name.
pub fn run(folder: &TempDir, options: &[(&str, &str)]) -> Finished {
    let rehearse = Rehearse::new().file(folder.path().join("template.yaml"));
    let with = |rehearse: Rehearse, (name, value): &(&str, &str)| rehearse.option(name, value);
    options.iter().fold(rehearse, with).run()
}

/// The file that `init` writes for a project from what a revision has, and its text.
pub fn written_by_init(folder: &TempDir, revision: &str) -> (PathBuf, String) {
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

/// The template of two functions, each in a folder of its own.
pub fn two(folders: [&str; 2]) -> String {
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
