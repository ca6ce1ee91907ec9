//! Where functions may write: under `/tmp` alone, as on Lambda (Lambda developer guide, "Lambda execution environment lifecycle").
//!
//! Linux's Landlock (landlock(7), as of 5.19) confines a thread and all that it starts, so one thread of its own starts the functions. There the
//! file system is read-only (`EROFS`), here what is not permitted is denied (`EACCES`). Where the system has no Landlock, functions may write
//! wherever their person may; and Landlock cannot take a folder out of one that it permits, so that code under `/tmp` itself stays writable, and is
//! [looked at](is_changed_since) when all is over.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use tokio::process::{Child, Command};

use crate::runtimes::Program;

/// Starts a process that may write as a function may.
///
/// # Errors
/// The operating system's.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    system::spawn(command)
}

/// How the denial of a write begins or ends in the words of Node.js, of Python, of Rust and of most others.
const DENIALS: [&str; 2] = ["EACCES", "ermission denied"];

/// What to say of an error that a confined function reported, where it may be one of these.
pub(crate) fn advice(error: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(error).ok()?;
    let is_denied = DENIALS.iter().any(|denial| text.contains(denial));
    is_denied.then_some("If this was a write to a file: functions can write only under /tmp, here and on Lambda (there the error is EROFS, read-only file system)")
}

/// Whether this machine can keep functions from writing outside `/tmp`.
pub fn is_enforced() -> bool {
    system::is_enforced()
}

/// What keeps a function from writing where none can on Lambda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confinement {
    /// It can write under `/tmp` alone, and its code is elsewhere.
    Whole,
    /// It can write under `/tmp` alone, where these folders of its code are.
    WithoutCode(Vec<PathBuf>),
    /// Nothing: the system cannot, or a person's command starts it.
    None,
}

impl Confinement {
    pub(crate) fn of(program: &Program) -> Self {
        // That may be a tool of this machine with files of its own.
        if program.is_of_command || !is_enforced() {
            return Self::None;
        }
        let code = program.layers.iter().chain([&program.task_root]);
        let writable: Vec<_> = code.filter(|folder| is_writable(folder)).cloned().collect();
        if writable.is_empty() {
            Self::Whole
        } else {
            Self::WithoutCode(writable)
        }
    }
}

/// Where a confined process may write: Lambda's own, and what is no file of this machine. Of what is under `/dev`, memory that processes share
/// (`/dev/shm`) is not there on Lambda (AWS Compute Blog, "Parallel Processing in Python with AWS Lambda").
const WRITABLE: [&str; 10] = [
    "/tmp",
    "/proc",
    "/dev/full",
    "/dev/null",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/random",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
];

/// Whether a confined process may write there.
pub(crate) fn is_writable(path: &Path) -> bool {
    static PLACES: LazyLock<Vec<Identity>> =
        LazyLock::new(|| WRITABLE.iter().filter_map(identity).collect());
    is_below(&canonical(path), &PLACES)
}

/// What a folder is, by whatever path it is reached: one that is mounted in a second place is the same there, to Landlock too.
type Identity = (u64, u64);

fn identity(path: impl AsRef<Path>) -> Option<Identity> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

fn is_below(path: &Path, places: &[Identity]) -> bool {
    let mut folders = path.ancestors().filter_map(identity);
    folders.any(|folder| places.contains(&folder))
}

/// How much earlier than the clock says a file may seem to have been written: file systems take the time of the last tick.
const TICK: Duration = Duration::from_millis(10);

/// How many entries of a folder are looked at: more than a package on Lambda can have of any size.
const MOST_ENTRIES: usize = 200_000;

/// Whether anything in a folder, or below it, was written, made or removed since then, as far as times of modification tell; also where that
/// cannot be known.
pub fn is_changed_since(folder: &Path, since: SystemTime) -> bool {
    // What a link names, not the link.
    let mut folders = vec![canonical(folder)];
    let mut left = MOST_ENTRIES;
    let is_new = |metadata: io::Result<std::fs::Metadata>| {
        let written = metadata.and_then(|metadata| metadata.modified());
        // A file may claim a time at the end of all.
        written.map_or(true, |written| {
            written.checked_add(TICK).is_none_or(|until| until >= since)
        })
    };
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            return true;
        };
        if is_new(folder.symlink_metadata()) {
            return true;
        }
        for entry in entries {
            let Some(rest) = left.checked_sub(1) else {
                return true;
            };
            left = rest;
            let Ok(entry) = entry else { return true };
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ if is_new(entry.metadata()) => return true,
                _ => {}
            }
        }
    }
    false
}

/// Where a path leads, as far as it is there.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::sync::{LazyLock, mpsc};
    use std::thread;

    use landlock::{
        ABI, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
        RulesetError, RulesetStatus, path_beneath_rules,
    };
    use tokio::process::{Child, Command};
    use tokio::runtime::Handle;

    use super::WRITABLE;

    struct Job {
        command: Command,
        /// The runtime of who starts the function: it learns of the process's end.
        runtime: Handle,
        started: mpsc::Sender<io::Result<Child>>,
    }

    /// The thread that starts functions; nothing where it cannot be confined.
    static STARTER: LazyLock<Option<mpsc::Sender<Job>>> = LazyLock::new(|| {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (say, confined) = mpsc::channel();
        let thread = thread::Builder::new().name("functions".to_owned());
        let work = move || {
            let is_confined = confine().is_ok_and(|status| status != RulesetStatus::NotEnforced);
            let _ = say.send(is_confined);
            // Where it is not, nothing is sent.
            for mut job in queue {
                let _within = job.runtime.enter();
                // Who sent it waits for this.
                let _ = job.started.send(job.command.spawn());
            }
        };
        thread.spawn(work).ok()?;
        confined.recv().is_ok_and(|is| is).then_some(jobs)
    });

    /// Confines this thread, and what it starts.
    fn confine() -> Result<RulesetStatus, RulesetError> {
        // Before the second version nothing could be moved from folder to folder. Before the third (Linux 6.2) nothing keeps a function from
        // cutting a file off by its name (truncate(2)).
        let (needed, wanted) = (AccessFs::from_write(ABI::V2), AccessFs::from_write(ABI::V3));
        let ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(needed)?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(wanted)?
            .create()?;
        let ruleset = ruleset.add_rules(path_beneath_rules(WRITABLE, wanted))?;
        Ok(ruleset.restrict_self()?.ruleset)
    }

    pub(super) fn is_enforced() -> bool {
        STARTER.is_some()
    }

    /// Whether this system's Landlock is of the third version or later.
    #[cfg(test)]
    pub(super) fn knows_truncation() -> bool {
        let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        ruleset.handle_access(AccessFs::Truncate).is_ok()
    }

    pub(super) fn spawn(mut command: Command) -> io::Result<Child> {
        let Some(jobs) = &*STARTER else {
            return command.spawn();
        };
        let (started, child) = mpsc::channel();
        let job = Job {
            command,
            runtime: Handle::current(),
            started,
        };
        // It ends with this process.
        let gone = || io::Error::other("the thread that starts functions has ended");
        jobs.send(job).map_err(|_| gone())?;
        child.recv().map_err(|_| gone())?
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    use tokio::process::{Child, Command};

    pub(super) fn is_enforced() -> bool {
        false
    }

    #[cfg(test)]
    pub(super) fn knows_truncation() -> bool {
        false
    }

    pub(super) fn spawn(mut command: Command) -> io::Result<Child> {
        command.spawn()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_made_or_removed_in_a_folder_changes_it() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        let file = below.join("c");
        std::fs::write(&file, "x").unwrap();
        let long_ago = SystemTime::now() - Duration::from_hours(1);
        let since = long_ago + Duration::from_mins(1);
        let age = || {
            for path in [folder.path(), &folder.path().join("a"), &below, &file] {
                let path = std::fs::File::open(path);
                path.and_then(|path| path.set_modified(long_ago)).ok();
            }
        };
        let is_changed = || is_changed_since(folder.path(), since);
        assert!(is_changed());
        age();
        assert!(!is_changed());
        std::fs::write(&file, "y").unwrap();
        assert!(is_changed(), "written");
        age();
        std::fs::write(below.join("d"), "").unwrap();
        std::fs::remove_file(below.join("d")).unwrap();
        assert!(is_changed(), "made and removed");
        assert!(is_changed_since(Path::new("/nowhere/at/all"), since));
        // As late as a file system has it, which a clock may not have a tick after.
        age();
        let last = Duration::from_secs(i64::MAX.unsigned_abs());
        let last = [last, Duration::from_secs(u64::from(u32::MAX))].map(|at| {
            let at = SystemTime::UNIX_EPOCH.checked_add(at)?;
            std::fs::File::open(&file).ok()?.set_modified(at).ok()
        });
        assert!(last.iter().any(Option::is_some));
        assert!(is_changed());
    }

    #[test]
    fn what_lies_under_tmp_is_writable_by_whatever_path_it_is_named() {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        assert!(is_writable(folder.path()));
        let outside = tempfile::tempdir_in("/var/tmp").unwrap();
        let link = outside.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        assert!(is_writable(&link));
        assert!(!is_writable(Path::new("/usr")));
        assert!(!is_writable(Path::new("/tmpfolder")));
        assert!(!is_writable(Path::new("/dev/shm")));
        assert!(is_writable(Path::new("/dev/null")));
    }

    #[test]
    fn a_folder_that_is_reached_by_a_second_path_is_the_same() {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let inside = folder.path().join("a/b");
        std::fs::create_dir_all(&inside).unwrap();
        let link = folder.path().join("second");
        std::os::unix::fs::symlink(folder.path().join("a"), &link).unwrap();
        let places = [identity(folder.path().join("a")).unwrap()];
        // As it is written: a mount is no link, and no path leads to where else it is.
        assert!(is_below(&link.join("b"), &places));
        assert!(is_below(&inside, &places));
        assert!(!is_below(folder.path(), &places));
    }

    /// Neither opens a file outside for writing that is there already: one is cut off by its name, and memory that is shared has a file of
    /// its own.
    #[tokio::test]
    async fn a_file_outside_is_not_cut_off_and_no_memory_is_shared() {
        let outside = tempfile::tempdir_in("/var/tmp").unwrap();
        let file = outside.path().join("kept");
        std::fs::write(&file, "content").unwrap();
        let memory = PathBuf::from(format!("/dev/shm/rehearse-test-{}", std::process::id()));
        let code = "import os, sys
for act in (lambda: os.truncate(sys.argv[1], 0), lambda: open(sys.argv[2], 'w')):
    try: act()
    except OSError: pass
";
        let mut command = Command::new("python3");
        command.args(["-c", code]).args([&file, &memory]);
        let mut python = spawn(command).expect("this test needs python3");
        assert!(python.wait().await.unwrap().success());
        let is_shared = memory.exists();
        std::fs::remove_file(&memory).ok();
        assert_eq!(is_shared, !is_enforced() && Path::new("/dev/shm").is_dir());
        let is_kept = is_enforced() && system::knows_truncation();
        assert_eq!(std::fs::read(&file).unwrap().is_empty(), !is_kept);
    }
}
