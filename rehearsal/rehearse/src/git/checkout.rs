//! A git revision that is checked out and built in a folder of its own. The folder is kept: the next rehearsal of the same commit and the
//! same command finds it built.

use std::fs::{self, File, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use super::{At, GitError, RUN_BY_GIT, git};
use crate::output::Outputs;

/// The folder of all checkouts, in the person's own folder for what can be made again (XDG Base Directory Specification).
const FOLDER: &str = "rehearse";
/// The folder of a checkout, beside its lock and the word that it is built: what stands in a checkout is in what git says of it.
const CHECKOUT: &str = "checkout";
const LOCK: &str = "lock";
const BUILT: &str = "built";
/// How many checkouts of a repository are kept: those that were used last.
const MOST_KEPT: usize = 3;
/// How much of a commit's name is in a folder's.
const SHORT: usize = 12;

/// A revision that is checked out and built. No one removes it as long as this is there.
#[derive(Debug)]
pub struct Checkout {
    /// Its template.
    pub template: PathBuf,
    /// The template's path in the repository.
    pub path: String,
    _lock: File,
}

/// Checks a revision out and builds it, where that is not done yet: `command` runs in the folder that `levels` names, so many above the
/// template's.
///
/// # Errors
/// It cannot be checked out, or the command fails.
pub fn built(
    template: &Path,
    levels: usize,
    revision: &str,
    command: &str,
) -> Result<Checkout, GitError> {
    let at = At::of(template, revision)?;
    let prefix = Path::new(&at.prefix);
    let project = prefix.ancestors().nth(levels).unwrap_or(Path::new(""));
    let repository = repository(&at)?;
    let own = hashed(&(command, project));
    let commit = &at.commit[..at.commit.len().min(SHORT)];
    let folder = repository.join(format!("{commit}-{own}"));
    fs::create_dir_all(&folder).map_err(GitError::Write)?;
    let lock = locked(&folder.join(LOCK), revision)?;
    let root = folder.join(CHECKOUT);
    if !folder.join(BUILT).is_file() {
        check_out(&at, revision, &root)?;
        build(&root, project, revision, command)?;
        fs::write(folder.join(BUILT), format!("{}\n{command}\n", at.commit))
            .map_err(GitError::Write)?;
    }
    // Others may use it as well from now on.
    lock.lock_shared().map_err(GitError::Write)?;
    remove_others(&at, &repository, &folder);
    let template = root.join(prefix).join(&at.file);
    let path = format!("{}{}", at.prefix, at.file);
    if !template.is_file() {
        return Err(GitError::NotBuilt {
            revision: revision.to_owned(),
            command: command.to_owned(),
            path,
            folder: root.join(project),
        });
    }
    Ok(Checkout {
        template,
        path,
        _lock: lock,
    })
}

/// Where cargo builds what stands in a checkout, whatever this process's environment or a person's configuration says: else the
/// versions of two revisions would be one. `None` of what stands in none.
pub fn cargo_target(folder: &Path) -> Option<PathBuf> {
    let all = folder_of_all().ok()?;
    let mut below = folder.strip_prefix(&all).ok()?.components();
    let root = all.join(below.next()?).join(below.next()?);
    Some(target(&root.join(below.next()?)))
}

fn target(root: &Path) -> PathBuf {
    root.join("target")
}

fn folder_of_all() -> Result<PathBuf, GitError> {
    let absolute = |name: &str| {
        let folder = std::env::var_os(name).map(PathBuf::from);
        folder.filter(|folder| folder.is_absolute())
    };
    let folder = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    Ok(folder.ok_or(GitError::NoCache)?.join(FOLDER))
}

/// The folder of all checkouts of a repository.
fn repository(at: &At) -> Result<PathBuf, GitError> {
    let asked = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
    let common = git(&at.folder, &asked)?.unwrap_or_default();
    let common = String::from_utf8_lossy(&common);
    let common = Path::new(common.trim_end_matches('\n'));
    let root = match common.file_name() {
        Some(name) if name == ".git" => common.parent(),
        _ => Some(common),
    };
    let name = root.and_then(Path::file_name).unwrap_or_default();
    let name = format!("{}-{}", name.to_string_lossy(), hashed(&common));
    Ok(folder_of_all()?.join(name))
}

fn hashed(value: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The lock of a checkout, once no one else builds or uses it: whose it is may build it.
fn locked(path: &Path, revision: &str) -> Result<File, GitError> {
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(GitError::Write)?;
    let is_built = || path.with_file_name(BUILT).is_file();
    let locked = match lock.try_lock() {
        Ok(()) => Ok(()),
        // Who uses it builds nothing.
        Err(TryLockError::WouldBlock) if is_built() => lock.lock_shared(),
        Err(TryLockError::WouldBlock) => {
            say(&format!(
                "waiting for another rehearsal that builds {revision}"
            ));
            lock.lock_shared().and_then(|()| {
                if is_built() {
                    return Ok(());
                }
                // That build has failed.
                lock.unlock().and_then(|()| lock.lock())
            })
        }
        Err(TryLockError::Error(error)) => Err(error),
    };
    locked.map_err(GitError::Write)?;
    // The one that was used last is kept longest.
    lock.set_modified(SystemTime::now())
        .map_err(GitError::Write)?;
    Ok(lock)
}

/// Checks a commit out anew: what an earlier build that failed has left is no part of it.
fn check_out(at: &At, revision: &str, root: &Path) -> Result<(), GitError> {
    match fs::remove_dir_all(root) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(GitError::Write(error));
        }
        _ => {}
    }
    let path = root.to_string_lossy();
    // Twice forced: one that was removed by hand is known to git still. No hook of the repository's takes it for a person's checkout.
    let asked = [
        "-c",
        "core.hooksPath=/dev/null",
        "worktree",
        "add",
        "--force",
        "--force",
        "--quiet",
        "--detach",
        &path,
        &at.commit,
    ];
    git(&at.folder, &asked)?
        .map(drop)
        .map_err(|words| GitError::NotCheckedOut {
            revision: revision.to_owned(),
            words,
        })
}

fn build(root: &Path, project: &Path, revision: &str, command: &str) -> Result<(), GitError> {
    let folder = root.join(project);
    say(&format!(
        "building {revision} in {}: {command}",
        folder.display()
    ));
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", target(root))
        .stdin(Stdio::null())
        // Standard output is the rehearsal's own.
        .stdout(io::stderr());
    for variable in RUN_BY_GIT {
        shell.env_remove(variable);
    }
    let status = shell.status().map_err(GitError::Run)?;
    if status.success() {
        return Ok(());
    }
    Err(GitError::BuildFailed {
        revision: revision.to_owned(),
        command: command.to_owned(),
        folder,
        status: status.to_string(),
    })
}

/// Removes the checkouts of a repository that were not used for longest, but for those that someone uses.
fn remove_others(at: &At, repository: &Path, own: &Path) {
    let entries = fs::read_dir(repository).into_iter().flatten().flatten();
    let used = |path: &Path| {
        fs::metadata(path.join(LOCK))
            .and_then(|lock| lock.modified())
            .ok()
    };
    let mut others: Vec<(SystemTime, PathBuf)> = entries
        .map(|entry| entry.path())
        .filter(|path| path != own)
        .filter_map(|path| Some((used(&path)?, path)))
        .collect();
    others.sort_unstable();
    let most = MOST_KEPT - 1;
    let old = others.len().saturating_sub(most);
    for (_, path) in &others[..old] {
        let is_unused = File::open(path.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
        if is_unused {
            // The word first: what is removed in part is not built. What cannot be removed is so the next time.
            let _ = fs::remove_file(path.join(BUILT)).and_then(|()| fs::remove_dir_all(path));
        }
    }
    if old > 0 {
        let _ = git(&at.folder, &["worktree", "prune"]);
    }
}

/// Says on standard error what takes long.
fn say(what: &str) {
    Outputs::standard().err.print(&format!("{what}\n"));
}
