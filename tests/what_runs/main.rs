//! What runs before an update, as the command line names it: `--live`, `--live-git` and `--live-parameter`.

mod packages;
mod project;

use workspace_tests::files::write;
use workspace_tests::interpreters::python;
use workspace_tests::repository::commit;
use workspace_tests::{Rehearse, Report, places};

use project::{answers, project, run, template, two, written_by_init};

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
