//! Where functions may write: under `/tmp` alone, as on Lambda (Lambda developer guide, "Lambda execution environment lifecycle").
//!
//! Linux's Landlock (landlock(7), as of 5.19) confines a thread and all that it starts, so one thread of its own starts the functions. There the
//! file system is read-only (`EROFS`), here what is not permitted is denied (`EACCES`). Where the system has no Landlock, functions may write
//! wherever their person may; and Landlock cannot take a folder out of one that it permits, so that code under `/tmp` itself stays writable, and is
//! [looked at](is_changed_since) when all is over.

use std::io;
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

/// Where a confined process may write: Lambda's own, and what is no file of this machine.
const WRITABLE: [&str; 3] = ["/tmp", "/dev", "/proc"];

/// Whether a confined process may write there.
pub(crate) fn is_writable(path: &Path) -> bool {
    static PLACES: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
        let places = WRITABLE.iter().map(Path::new);
        places.map(canonical).collect()
    });
    let path = canonical(path);
    PLACES.iter().any(|place| path.starts_with(place))
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
        written.map_or(true, |written| written + TICK >= since)
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
        ABI, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
        path_beneath_rules,
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
            let is_confined = confine().is_ok_and(|status| status == RulesetStatus::FullyEnforced);
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
        // Before the second version nothing could be moved from folder to folder.
        let writes = AccessFs::from_write(ABI::V2);
        let ruleset = Ruleset::default().handle_access(writes)?.create()?;
        let ruleset = ruleset.add_rules(path_beneath_rules(WRITABLE, writes))?;
        Ok(ruleset.restrict_self()?.ruleset)
    }

    pub(super) fn is_enforced() -> bool {
        STARTER.is_some()
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
    }
}
