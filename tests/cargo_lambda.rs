//! The hooks on one machine, by `cargo lambda`: what `docs/invoke-hooks-locally.md` says is what happens.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use workspace_tests::page::{self, Step};
use workspace_tests::{places, process};

/// `make watch` builds the functions first: minutes, on a slow machine that has built none of their crates.
const BUILT: Duration = Duration::from_mins(25);

/// What is hosted ends at once; this is for a machine that is busy.
const SOON: Duration = Duration::from_mins(1);

fn the_page() -> PathBuf {
    places::root().join("docs/invoke-hooks-locally.md")
}

fn steps() -> Vec<Step> {
    page::steps(&the_page())
}

/// A command of a shell, in the workspace's root.
fn shell(script: &str) -> Command {
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(places::root())
        // What is built here is built where this test was.
        .env("CARGO_TARGET_DIR", places::target())
        // These tests are run by make as a rule, and the make of a page's reader is nobody's part.
        .env_remove("MAKELEVEL")
        .env_remove("MAKEFLAGS")
        .env_remove("MFLAGS");
    process::of_no_package(&mut command);
    command
}

/// `make watch`, in a process group of its own, as a terminal starts it. Dropped, it is killed.
struct Watch {
    make: Child,
    port: u16,
    folder: TempDir,
}

impl Watch {
    /// Starts what the page says, and waits until requests are taken.
    fn start(command: &str) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let log = std::fs::File::create(folder.path().join("log")).expect("a file can be made");
        // 9000 may be taken, by `make watch` itself; and whoever works on the code meanwhile must not disturb the test.
        let script = format!("exec {command} WATCH_PORT={port} WATCH_FLAGS=--ignore-changes");
        let make = shell(&script)
            .process_group(0)
            .stdin(Stdio::null())
            .stderr(log.try_clone().expect("a file can be shared"))
            .stdout(log)
            .spawn()
            .expect("make starts");
        let mut watch = Self { make, port, folder };
        process::within(BUILT, "requests are taken", || {
            let ended = watch.make.try_wait().expect("it is ours to wait for");
            assert!(ended.is_none(), "make watch ended\n{}", watch.log());
            // Until it says so, whoever listens there is another.
            if !watch.log().contains("==> Hosting them") {
                return None;
            }
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
        });
        watch
    }

    /// All that it and what it started have said.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The processes that it started, told by their environment: no others have this port in it.
    fn processes(&self) -> Vec<u32> {
        process::with_environment(&format!("AWS_ENDPOINT_URL=http://127.0.0.1:{}", self.port))
    }

    /// Runs a command of the page, and gives its standard output.
    fn run(&self, before: &str, step: &Step) -> String {
        let command = self.on_its_port(&step.command);
        let output = shell(&format!("{before}\n{command}"))
            .stdin(Stdio::null())
            .output()
            .expect("bash starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{command}\n{}{}\n--- make watch\n{}",
            text(&output.stdout),
            text(&output.stderr),
            self.log()
        );
        text(&output.stdout)
    }

    /// The command with the port of this test, as the page says how.
    fn on_its_port(&self, command: &str) -> String {
        if command.starts_with("make ") {
            return command.replace("127.0.0.1:9000", &format!("127.0.0.1:{}", self.port));
        }
        let invoke = "cargo lambda invoke ";
        assert!(command.starts_with(invoke), "{command}");
        command.replace(invoke, &format!("{invoke}-P {} ", self.port))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.make.try_wait().is_ok_and(|ended| ended.is_none()) {
            process::signal_group(self.make.id(), "TERM");
            let _ = self.make.wait();
        }
    }
}

/// A port that is free now. Nothing else asks for this one by its number.
fn free_port() -> u16 {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port on 127.0.0.1");
    let address = listener.local_addr().expect("it is bound");
    address.port()
}

/// A verdict's checks with how each ended.
fn checks(verdict: &Value) -> Vec<(&str, &str)> {
    let checks = verdict["checks"].as_array().into_iter().flatten();
    checks
        .filter_map(|check| Some((check["name"].as_str()?, check["status"].as_str()?)))
        .collect()
}

/// A hook ran its suite against the API and found it good; the page shows the same checks.
#[track_caller]
fn is_the_pages_verdict(step: &Step, output: &str) {
    let parse = |what: &str, text: &str| -> Value {
        serde_json::from_str(text)
            .unwrap_or_else(|error| panic!("{what} is no verdict: {error}\n{text}"))
    };
    let (shown, got) = (parse("the page's", &step.output), parse("this", output));
    assert_eq!(got["status"], "Succeeded", "{got:#}");
    assert_eq!(got["report"]["dry_run"], true, "{got:#}");
    assert_eq!(
        got["report"]["attempts"], 0,
        "CodeDeploy is not called: {got:#}"
    );
    let ended = |status: &str| checks(&got).iter().filter(|(_, is)| *is == status).count();
    assert!(ended("Passed") >= 6, "the suite ran: {got:#}");
    if checks(&shown) != checks(&got) && page::are_written_anew() {
        return page::rewrite(&the_page(), step, output);
    }
    assert_eq!(
        checks(&shown),
        checks(&got),
        "the page shows other checks than there are; UPDATE_DOCS=1 writes it anew"
    );
}

/// The text of a command, without its durations and times of day, is what the page shows.
#[track_caller]
fn is_the_pages_text(step: &Step, output: &str) {
    let masked = |text: &str| -> Vec<String> {
        let words = |line: &str| {
            let words = line.split_whitespace();
            let of_a_time = |byte: u8| byte.is_ascii_digit() || byte == b':';
            let words = words.filter(|word| !word.bytes().all(of_a_time));
            words.collect::<Vec<_>>().join(" ")
        };
        text.trim_end().lines().map(words).collect()
    };
    if masked(&step.output) != masked(output) && page::are_written_anew() {
        return page::rewrite(&the_page(), step, output);
    }
    assert_eq!(
        masked(&step.output),
        masked(output),
        "the page shows something else than what is printed; UPDATE_DOCS=1 writes it anew\n{output}"
    );
}

#[test]
fn the_page_on_invoking_hooks_locally_says_what_happens() {
    let mut steps = steps().into_iter();
    let watch = steps.next().expect("the page has commands");
    assert_eq!(watch.command, "make watch");
    let mut watch = Watch::start(&watch.command);

    let (mut before, mut verdicts, mut by_hand) = (String::new(), 0, 0);
    for step in steps {
        if step.command.starts_with("make ") {
            is_the_pages_text(&step, &watch.run(&before, &step));
            by_hand += 1;
        } else if step.command.starts_with("export ") {
            before.extend([&step.command, "\n"]);
        } else {
            is_the_pages_verdict(&step, &watch.run(&before, &step));
            verdicts += 1;
        }
    }
    assert_eq!(verdicts, 2, "both hooks are on the page");
    assert_eq!(by_hand, 2, "the API is asked by hand, too");

    // The database, the host, and each function that was asked.
    let processes = watch.processes();
    assert!(processes.len() >= 5, "{processes:?}\n{}", watch.log());
    // As Ctrl-C does.
    process::signal_group(watch.make.id(), "INT");
    process::within(SOON, "make watch ends", || {
        watch.make.try_wait().expect("it is ours to wait for")
    });
    process::within(SOON, "nothing is left of it", || {
        watch.processes().is_empty().then_some(())
    });
}

#[test]
fn the_pages_events_are_those_of_the_two_hooks() {
    for (name, hook) in [("before", "pre"), ("after", "post")] {
        let file = format!("events/{name}-allow-traffic.json");
        let command = format!("{hook}-traffic-hook --data-file {file}");
        assert!(
            steps().iter().any(|step| step.command.ends_with(&command)),
            "{command}"
        );
        let text = std::fs::read_to_string(places::root().join(&file)).expect("the event is there");
        let event: Value = serde_json::from_str(&text).expect("the event is JSON");
        for id in ["DeploymentId", "LifecycleEventHookExecutionId"] {
            assert!(event[id].is_string(), "{file} has its {id}");
        }
    }
}
