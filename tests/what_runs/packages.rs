//! What a revision has of code: packages, links, and what git keeps elsewhere.

use workspace_tests::Report;
use workspace_tests::files::write;
use workspace_tests::interpreters::{nodejs, python};
use workspace_tests::printed::in_one_line;
use workspace_tests::repository::{commit, git};

use crate::project::{answers, project, run, template, two};

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
    let words = in_one_line(&finished.stderr);
    assert!(
        words.contains("there is no file for its handler main.handler")
            && words.contains("Runtime.ImportModuleError"),
        "{finished}"
    );
}
