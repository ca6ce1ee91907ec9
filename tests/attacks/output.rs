//! What `rehearse` does with outputs that do not take what it prints, with a report's place, and with text of others.

use std::io::Read;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use workspace_tests::Printed;
use workspace_tests::{Scenario, places, process};

/// A call of `rehearse`, from a shell with these redirections and whatever else is around it.
fn shell(script: &str, arguments: &[&str]) -> Output {
    Command::new("sh")
        .args([
            "-c",
            script,
            places::binary("rehearse").to_str().expect("it is UTF-8"),
        ])
        .args(arguments)
        .current_dir(places::root())
        .env("NO_COLOR", "1")
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::null())
        .output()
        .expect("sh starts")
}

/// `run` of a scenario with its report at a place, in such a shell.
fn run(script: &str, scenario: &Scenario, report: &Path) -> Output {
    let text = |path: &Path| path.to_str().expect("it is UTF-8").to_owned();
    let (file, report) = (text(&scenario.file()), text(report));
    shell(script, &["run", &file, "--report", &report])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it prints UTF-8")
}

/// A rehearsal that goes as expected, and one that does not, with the exit codes that they have.
fn both() -> [(Scenario, i32); 2] {
    let otherwise = "[expect]\noutcome = \"Stopped\"\n";
    [
        (Scenario::of_greeter("answers", ""), 0),
        (Scenario::of_greeter("answers", otherwise), 1),
    ]
}

#[track_caller]
fn no_panic(output: &Output) {
    let stderr = text(&output.stderr);
    assert!(
        !stderr.contains("panicked") && output.status.code() != Some(101),
        "{stderr}"
    );
}

#[test]
fn a_run_whose_reader_leaves_goes_on_and_returns_its_own_code() {
    for (scenario, code) in both() {
        for script in [
            // Standard output's reader, both outputs' reader, no outputs at all from the start.
            r#"{ "$0" "$@"; echo $? >&3; } 3>&2 2>/dev/null | head -n 1"#,
            r#"{ "$0" "$@" 2>&1; echo $? >&3; } 3>&2 | head -n 1"#,
            r#""$0" "$@" >&- 2>&-; echo $? >&2"#,
        ] {
            let report = scenario.path("report.json");
            let output = run(script, &scenario, &report);
            assert_eq!(text(&output.stderr).trim(), code.to_string(), "{script}");
            let kept = std::fs::read_to_string(&report).expect("the report is kept");
            assert!(kept.ends_with("]\n"), "{script}");
            std::fs::remove_file(&report).expect("it was just read");
        }
    }
}

#[test]
fn a_run_that_cannot_write_what_it_found_says_so_and_keeps_the_report() {
    let scenario = Scenario::of_greeter("answers", "");
    for format in ["text", "json"] {
        let script = format!(r#""$0" "$@" --format {format} >/dev/full"#);
        let report = scenario.path("report.json");
        let output = run(&script, &scenario, &report);
        no_panic(&output);
        assert_eq!(output.status.code(), Some(2));
        let expected = "standard output cannot be written: No space left on device";
        assert!(text(&output.stderr).contains(expected), "{output:?}");
        assert!(report.is_file());
        std::fs::remove_file(&report).expect("it was just kept");
    }
    let report = scenario.path("report.json");
    let output = run(r#""$0" "$@" 2>/dev/full"#, &scenario, &report);
    assert_eq!(output.status.code(), Some(2), "progress was lost");
    assert!(text(&output.stdout).contains("Report: "), "{output:?}");
}

#[test]
fn whatever_is_printed_a_full_output_is_exit_code_2_and_a_closed_one_is_none() {
    let template = "tests/inspect/unknowns.yaml";
    let refused = "tests/inspect/refused.yaml";
    for (arguments, code, on_stderr) in [
        (&["--help"][..], 0, false),
        (&["--version"], 0, false),
        (&["run", "--help"], 0, false),
        (&["inspect", template], 0, true),
        (&["inspect", template, "--deny", "warnings"], 1, true),
        (&["inspect", template, "--format", "json"], 0, false),
        (&["inspect", refused, "--format", "json"], 2, false),
        (&["inspect", refused], 2, true),
        (&["run", "no-such-file.toml"], 2, true),
        (&["run"], 2, true),
    ] {
        let full = shell(r#""$0" "$@" >/dev/full 2>&1"#, arguments);
        assert_eq!(full.status.code(), Some(2), "{arguments:?}");
        for closed in [
            r#"{ "$0" "$@"; echo $? >&3; } 3>&2 2>/dev/null | true"#,
            r#"{ "$0" "$@" 2>&1; echo $? >&3; } 3>&2 | true"#,
            r#""$0" "$@" >&- 2>&-; echo $? >&2"#,
        ] {
            let output = shell(closed, arguments);
            let stderr = text(&output.stderr);
            assert_eq!(stderr.trim(), code.to_string(), "{arguments:?}: {closed}");
        }
        if on_stderr {
            let full = shell(r#""$0" "$@" 2>/dev/full"#, arguments);
            assert_eq!(full.status.code(), Some(2), "{arguments:?}");
        }
    }
}

#[test]
fn a_file_that_may_not_grow_is_as_good_as_a_full_one() {
    let scenario = Scenario::of_greeter("answers", "");
    let report = scenario.path("report.json");
    // 512 bytes, or a kilobyte: shells differ. The report has more.
    let script = r#"ulimit -f 1; "$0" "$@""#;
    let output = run(script, &scenario, &report);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let stderr = text(&output.stderr);
    assert!(stderr.contains("the report cannot be kept at"), "{stderr}");
    assert!(stderr.contains("File too large"), "{stderr}");
    assert!(text(&output.stdout).contains("Succeeded"), "{output:?}");
    let inspect = format!(
        r#"ulimit -f 1; "$0" "$@" > '{}'"#,
        scenario.path("inspected").display()
    );
    let output = shell(&inspect, &["inspect", "template.yaml"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn a_reports_place_is_never_replaced_by_a_file() {
    let scenario = Scenario::of_greeter("answers", "");
    let quiet = r#""$0" "$@" 2>/dev/null"#;

    let (target, link) = (scenario.path("kept/target.json"), scenario.path("link"));
    symlink("kept/target.json", &link).expect("a link can be made");
    assert!(run(quiet, &scenario, &link).status.success());
    assert!(link.symlink_metadata().expect("it is there").is_symlink());
    assert!(target.is_file());

    assert!(
        run(quiet, &scenario, Path::new("/dev/null"))
            .status
            .success()
    );
    let null = std::fs::metadata("/dev/null").expect("it is there");
    assert!(null.file_type().is_char_device());

    let pipe = scenario.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|made| made.success()));
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || std::fs::read_to_string(pipe).expect("it can be read"))
    };
    assert!(run(quiet, &scenario, &pipe).status.success());
    assert_eq!(json_in(&reader.join().expect("it was read")), 1);
    let there = pipe.metadata().expect("it is there");
    assert!(there.file_type().is_fifo());

    // Its own output, through a pipe and into a file: the table comes after it.
    let output = run(quiet, &scenario, Path::new("/dev/stdout"));
    let file = scenario.path("both");
    let into = format!(r#""$0" "$@" 2>/dev/null >'{}'"#, file.display());
    assert!(
        run(&into, &scenario, Path::new("/dev/stdout"))
            .status
            .success()
    );
    for both in [
        text(&output.stdout),
        std::fs::read_to_string(&file).expect("it was written"),
    ] {
        let (json, table) = both.split_once("]\n─").expect("JSON, and then a table");
        assert_eq!(json_in(&format!("{json}]")), 1);
        assert!(table.contains("✓ Succeeded"), "{table}");
    }
    let once = run(
        r#""$0" "$@" --format json 2>/dev/null"#,
        &scenario,
        Path::new("/dev/stdout"),
    );
    assert_eq!(json_in(&text(&once.stdout)), 1);
}

/// How many reports a text has.
#[track_caller]
fn json_in(text: &str) -> usize {
    let json: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
    json.as_array().expect("it is an array").len()
}

#[test]
fn a_report_that_cannot_be_kept_is_printed_all_the_same() {
    let scenario = Scenario::of_greeter("answers", "");
    scenario.write("file", "");
    for place in [
        "/dev/full".into(),
        scenario.path("."),
        scenario.path("file/below.json"),
    ] {
        let output = run(r#""$0" "$@" --format json"#, &scenario, &place);
        assert_eq!(output.status.code(), Some(2), "{}", place.display());
        assert_eq!(json_in(&text(&output.stdout)), 1);
        let stderr = text(&output.stderr);
        assert!(stderr.contains("the report cannot be kept at"), "{stderr}");
    }
}

/// The signal comes while the file beside the report's place is there. Stopped, the run cannot be faster than its signal.
#[test]
fn a_run_that_is_ended_while_it_writes_its_report_leaves_no_part_of_it() {
    // Its report has thousands of minutes, and so is long in writing.
    let scenario = Scenario::of_greeter("answers", "");
    let text = std::fs::read_to_string(scenario.file()).expect("it was just written");
    let long = "requests_per_minute = 0\nminutes_before = 1440\nminutes_after = 1440\n";
    let text = text.replace("requests_per_minute = 30\n", long);
    scenario.write("rehearsal.toml", &text);
    let (folder, report) = (scenario.path("kept"), scenario.path("kept/report.json"));
    std::fs::create_dir(&folder).expect("a folder can be made");
    let has_part = || {
        let files = std::fs::read_dir(&folder).expect("it was just made");
        files
            .flatten()
            .any(|file| file.file_name() != "report.json")
    };
    let mut met = 0;
    for _ in 0..200 {
        let mut child = places::command()
            .args(["run".as_ref(), scenario.file().as_os_str()])
            .args(["--report".as_ref(), report.as_os_str()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("rehearse starts");
        let worker = process::within(Duration::from_secs(20), "the work begins", || {
            let guard = *process::children(child.id()).first()?;
            process::children(guard).first().copied()
        });
        let worker = i32::try_from(worker).ok().and_then(Pid::from_raw);
        let worker = worker.expect("it is a process id");
        while child.try_wait().expect("it is ours").is_none() {
            if !has_part() {
                continue;
            }
            // It may be over meanwhile.
            let _ = kill_process(worker, Signal::STOP);
            met += usize::from(has_part());
            for signal in [Signal::TERM, Signal::CONT] {
                let _ = kill_process(worker, signal);
            }
            child.wait().expect("it is ours");
        }
        assert!(!has_part(), "a part of the report is left");
        if met == 5 {
            return;
        }
    }
    panic!("only {met} signals came while the report was written");
}

#[test]
fn a_report_has_the_rights_that_the_umask_leaves_it() {
    let scenario = Scenario::of_greeter("answers", "");
    let report = scenario.path("report.json");
    for (umask, mode) in [("077", 0o600), ("022", 0o644), ("002", 0o664)] {
        let script = format!(r#"umask {umask}; "$0" "$@""#);
        assert!(run(&script, &scenario, &report).status.success());
        let rights = report.metadata().expect("it is kept").permissions().mode();
        assert_eq!(rights & 0o777, mode, "umask {umask}");
    }
}

/// A template whose names have control characters in them.
const HOSTILE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: code
      FunctionName: "fun\e]0;title\actions\nname"
      AutoPublishAlias: live
      DeploymentPreference:
        Type: "Type\e[2J"
        Alarms: ["al\narm\e[1m\u009b31m", "\u202eother"]
        Hooks: {PreTraffic: "ho\u0085ok\u2028"}
      Environment: {Variables: {A: !ImportValue "\e[31mimport\u202e", "AWS_REGION": x}}
      Events: {Get: {Type: HttpApi, Properties: {Path: "/p\e[31m\nx", Method: get}}}
  Other:
    Type: "Custom::Type\u0007"
"#;

/// Whether nothing in a text acts on a terminal.
fn is_plain(text: &str) -> bool {
    let acts = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    !text.chars().any(acts) && !text.contains('\u{2028}')
}

#[test]
fn control_characters_of_a_template_are_shown_escaped_and_stay_exact_in_json() {
    let scenario = Scenario::new("");
    // What is told of a template that is read, and of one that is refused.
    for (name, more) in [
        ("read.yaml", ""),
        ("refused.yaml", "  \"bad\\e[2J id\": 5\n"),
    ] {
        scenario.write(name, &format!("{HOSTILE}{more}"));
        let inspected = Printed::inspect(scenario.path(name), &[]);
        let output = format!("{}{}", inspected.stdout, inspected.stderr);
        assert!(is_plain(&output), "{output:?}");
        assert!(output.contains(r"\u{"), "{output}");
    }
    let (_, json) = Printed::inspect_json(scenario.path("read.yaml"), &[]);
    let written = Printed::inspect(scenario.path("read.yaml"), &["--format", "json"]);
    assert!(is_plain(&written.stdout), "{:?}", written.stdout);
    let json = json.to_string();
    for exact in [r"al\narm\u001b[1m", "\u{9b}31m", "\u{202e}other"] {
        assert!(json.contains(exact), "{json}");
    }
}

#[test]
fn control_characters_of_a_functions_words_are_shown_escaped_and_stay_exact_in_the_report() {
    // A hook that is invoked asynchronously, so that its last words are told.
    let template = workspace_tests::scenario::GREETER
        .replace(
            "Alarms: [!Ref Failures]",
            "Alarms: [!Ref Failures], Hooks: {PreTraffic: !Ref Hook}",
        )
        .replace(
            "  Failures:\n",
            "  Hook:\n    Type: AWS::Serverless::Function\n    Metadata: {BuildProperties: {Binary: hook}}\n    Properties:\n      \
             Runtime: provided.al2023\n      Handler: bootstrap\n      CodeUri: greeter\n      FunctionName: CodeDeployHook_greeter\n  Failures:\n",
        );
    let scenario = Scenario::of_greeter("answers", "[expect]\noutcome = \"Failed\"\n");
    scenario.write("greeter.yaml", &template);
    let hook = "#!/bin/sh\nprintf 'last\\033[2J \\302\\233words \\342\\200\\256\\n' >&2\nexit 3\n";
    for build in ["old", "new"] {
        scenario.write(&format!("{build}/hook"), hook);
        let path = scenario.path(&format!("{build}/hook"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
            .expect("it was just written");
    }
    // With a difference, all that is known of the hook is in the table too.
    scenario.write(
        "rehearsal.toml",
        &std::fs::read_to_string(scenario.file())
            .expect("it was just written")
            .replace("outcome = \"Failed\"", "outcome = \"Succeeded\""),
    );
    let finished = scenario.run().with_code(1);
    let shown = r"last\u{1b}[2J \u{9b}words \u{202e}";
    for output in [&finished.stdout, &finished.stderr] {
        assert!(is_plain(output), "{output:?}");
        assert!(output.contains(shown), "{output}");
    }
    let kept = finished.kept.as_deref().unwrap_or_default();
    assert!(is_plain(kept), "{kept:?}");
    let kept = finished.report().at("").to_string();
    assert!(
        kept.contains("last\\u001b[2J \u{9b}words \u{202e}"),
        "{kept}"
    );
}

#[test]
fn variables_of_a_template_that_would_steer_calls_are_told_once() {
    let template = workspace_tests::scenario::GREETER.replace(
        "      Timeout: 5\n",
        "      Timeout: 5\n      Environment: {Variables: {AWS_ENDPOINT_URL_S3: 'http://s3.example', HTTPS_PROXY: 'http://proxy.example'}}\n",
    );
    let scenario = Scenario::of_greeter("answers", "");
    scenario.write("greeter.yaml", &template);
    let finished = scenario.rehearse().file(scenario.file()).run().with_code(0);
    let expected = "its variables AWS_ENDPOINT_URL_S3, HTTPS_PROXY are not passed on";
    assert_eq!(finished.stderr.matches(expected).count(), 1, "{finished}");
    for report in finished.reports() {
        assert!(report.at("").to_string().contains(expected));
    }
    scenario.write(
        "greeter.yaml",
        &template.replace("HTTPS_PROXY", "AWS_REGION"),
    );
    let refused = scenario.run().with_code(2).stderr;
    assert!(
        refused.contains("Lambda sets the variable `AWS_REGION` itself, and refuses the function"),
        "{refused}"
    );
}

/// The reader of a pipe is slow, and the pipe is one that its owner has made non-blocking, as Node.js does.
#[test]
fn a_pipe_that_does_not_block_gets_all_of_it() {
    let (mut reader, writer) = std::os::unix::net::UnixStream::pair().expect("a pair can be made");
    writer.set_nonblocking(true).expect("it is a socket");
    let mut child = places::command()
        .args(["inspect", "template.yaml", "--format", "json"])
        .current_dir(places::root())
        .stdout(Stdio::from(std::os::fd::OwnedFd::from(writer)))
        .stdin(Stdio::null())
        .spawn()
        .expect("rehearse starts");
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).expect("it can be read");
    assert!(child.wait().is_ok_and(|status| status.success()));
    assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
}

/// As of a job in the background of a shell that was closed.
#[test]
fn a_terminal_that_is_gone_is_an_end_of_what_is_printed_and_of_nothing_else() {
    let scenario = Scenario::of_greeter("answers", "");
    let (report, code) = (scenario.path("report.json"), scenario.path("code"));
    let line = format!(
        "trap '' HUP; ('{}' run '{}' --report '{}'; echo $? > '{}.part'; mv '{}.part' '{}') &",
        places::binary("rehearse").display(),
        scenario.file().display(),
        report.display(),
        code.display(),
        code.display(),
        code.display(),
    );
    let script = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::null())
        .output();
    if script.is_err() {
        eprintln!("there is no script(1) here, and no terminal was tried");
        return;
    }
    let begun = Instant::now();
    while !code.exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let code = std::fs::read_to_string(code).expect("it ends");
    assert_eq!(code.trim(), "0");
    let report = std::fs::read_to_string(report).expect("its report is kept");
    assert!(report.contains("\"as_expected\": true"), "{report}");
}
