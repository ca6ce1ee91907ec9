//! However a guarded command ends, nothing that it started is left.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

mod support;

use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use support::{alive, example};

/// Processes that are killed are gone at once; this is for a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

/// What a function may leave behind: a job of a script, a daemon in a session of its own, and one that was given away by a parent
/// that has ended. Then it says that all of them are there, and hangs.
const LEAVES_PROCESSES: &str = "
    sleep MARK &
    setsid sleep MARK &
    (setsid sh -c 'sleep MARK & exec sleep MARK' &)
    wait
";

/// A guarded command whose function has left processes behind.
struct Guarded {
    relay: Child,
    guard: u32,
    worker: u32,
    /// Stands on the command line of each process that it left behind.
    mark: String,
}

impl Guarded {
    fn start() -> Self {
        // A number of seconds that no one else sleeps.
        let mark = format!(
            "1000{}.{}",
            std::process::id(),
            uuid::Uuid::now_v7().as_u128() % 1_000_000
        );
        let relay = Command::new(example("fixture_parent"))
            .args(["/bin/sh", "-c", &LEAVES_PROCESSES.replace("MARK", &mark)])
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut guarded = Self {
            relay,
            guard: 0,
            worker: 0,
            mark,
        };
        let mut line = String::new();
        BufReader::new(guarded.relay.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        guarded.guard = only_child(guarded.relay.id());
        guarded.worker = only_child(guarded.guard);
        // Each `sleep`, and the shell whose text has the mark, too.
        within("all processes are there", || guarded.left().len() > 4);
        guarded
    }

    /// Processes with the mark that have not ended.
    fn left(&self) -> Vec<u32> {
        with_command_line(&self.mark)
            .into_iter()
            .filter(|process| ![self.relay.id(), self.guard, self.worker].contains(process))
            .collect()
    }

    /// Waits until the command has ended and nothing is left of it.
    fn ends(mut self) -> ExitStatus {
        let status = ended(&mut self.relay);
        within("nothing is left", || {
            self.left().is_empty() && !alive(self.guard) && !alive(self.worker)
        });
        status
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Only a test that fails has any.
        let _ = self.relay.kill();
        for process in with_command_line(&self.mark) {
            signal(&process.to_string(), "KILL");
        }
    }
}

/// How a process ended, once it has.
#[track_caller]
fn ended(process: &mut Child) -> ExitStatus {
    let mut status = None;
    within("it ends", || {
        status = process.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap()
}

fn with_command_line(text: &str) -> Vec<u32> {
    let ids = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let has = |id: &u32| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(text)
    };
    ids.filter(has).collect()
}

/// The process that would be told of this one's end (proc(5), `/proc/PID/stat`); none of one that is gone.
fn parent(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it may hold anything, a parenthesis too.
    let (_, state_and_parent) = stat.rsplit_once(") ")?;
    state_and_parent.split(' ').nth(1)?.parse().ok()
}

fn only_child(process: u32) -> u32 {
    let mut found = None;
    within("it has a child", || {
        let path = format!("/proc/{process}/task/{process}/children");
        found = std::fs::read_to_string(path)
            .unwrap()
            .split_ascii_whitespace()
            .next()
            .map(|id| id.parse().unwrap());
        found.is_some()
    });
    found.unwrap()
}

fn signal(to: &str, signal: &str) {
    // Whoever is gone already needs none.
    let _ = Command::new("kill")
        .args(["-s", signal, "--", to])
        .stderr(Stdio::null())
        .status();
}

#[track_caller]
fn within(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < SOON, "waited {SOON:?} for this: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_command_that_ends_by_itself_returns_its_code_and_leaves_nothing() {
    let guarded = Guarded::start();
    // Its function ends, and what that left behind is not in its group any more.
    let function = only_child(guarded.worker);
    signal(&function.to_string(), "KILL");
    assert_eq!(guarded.ends().code(), Some(7));
}

#[test]
fn each_signal_that_asks_for_the_end_has_its_exit_code_and_leaves_nothing() {
    for (name, code) in [("HUP", 129), ("INT", 130), ("QUIT", 131), ("TERM", 143)] {
        let guarded = Guarded::start();
        signal(&guarded.relay.id().to_string(), name);
        assert_eq!(guarded.ends().code(), Some(code), "{name}");
    }
}

#[test]
fn a_signal_to_the_whole_group_as_a_terminal_sends_it_does_the_same() {
    let guarded = Guarded::start();
    signal(&format!("-{}", guarded.relay.id()), "INT");
    assert_eq!(guarded.ends().code(), Some(130));
}

#[test]
fn whichever_of_the_three_is_killed_nothing_is_left() {
    let guarded = Guarded::start();
    signal(&guarded.relay.id().to_string(), "KILL");
    assert_eq!(guarded.ends().signal(), Some(9));

    let guarded = Guarded::start();
    signal(&guarded.guard.to_string(), "KILL");
    assert_eq!(guarded.ends().code(), Some(137));

    let guarded = Guarded::start();
    signal(&guarded.worker.to_string(), "KILL");
    assert_eq!(guarded.ends().code(), Some(137));
}

#[test]
fn a_group_that_is_killed_whole_leaves_nothing() {
    let guarded = Guarded::start();
    signal(&format!("-{}", guarded.relay.id()), "KILL");
    assert_eq!(guarded.ends().signal(), Some(9));
}

#[test]
fn whoever_kills_by_name_leaves_the_guard() {
    let guarded = Guarded::start();
    let name = |process| std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap();
    assert_eq!(name(guarded.worker), "rehearse\n");
    assert_eq!(name(guarded.guard), "function-guard\n");
    signal(&guarded.relay.id().to_string(), "TERM");
    guarded.ends();
}

#[test]
fn what_a_function_left_behind_does_not_stay_as_a_zombie() {
    let guarded = Guarded::start();
    // Those that were given away become the guard's, each once its parent is gone.
    let mut daemon = None;
    within("one is the guard's child", || {
        let mut left = guarded.left().into_iter();
        daemon = left.find(|process| parent(*process) == Some(guarded.guard));
        daemon.is_some()
    });
    let daemon = daemon.unwrap();
    signal(&daemon.to_string(), "KILL");
    within("it is waited for", || {
        !std::path::Path::new(&format!("/proc/{daemon}")).exists()
    });
    signal(&guarded.relay.id().to_string(), "TERM");
    guarded.ends();
}

#[test]
fn a_hangup_that_is_ignored_ends_nothing() {
    let mut relay = Command::new("nohup")
        .arg(example("fixture_parent"))
        .args(["/bin/sh", "-c", "read line < /dev/null; sleep 1000"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(relay.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    signal(&relay.id().to_string(), "HUP");
    // The signals come in their order, so had the first one counted, the code would be its.
    signal(&relay.id().to_string(), "TERM");
    assert_eq!(ended(&mut relay).code(), Some(143));
}

#[test]
fn a_role_that_is_another_processs_is_refused() {
    let output = Command::new(example("fixture_parent"))
        .env("REHEARSE_PROCESS_ROLE", "worker:1")
        .arg("/bin/true")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && stderr.contains("ForeignRole"),
        "{stderr}"
    );
}
