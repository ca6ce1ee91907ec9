//! Temporary folders of this process, and what is left of those of processes that could not remove theirs.
//!
//! A folder goes with its value. A process that is killed removes nothing, and one that a signal ends may come to nothing either; so
//! each folder has a lock that its process holds, which the operating system lets go of however that ends. Who begins next removes
//! the folders whose locks no one holds, and so does the [guard](crate::guard) of a command when its worker has ended.
//!
//! What functions run is in some of them, and it must not be where functions may write: [`confined`](crate::confined).

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What the names of these folders begin with.
const PREFIX: &str = "rehearse-";

/// Names the folder of temporary files, where a person says it.
const NAMED_BY: &str = "TMPDIR";

/// Where they are otherwise. In `/tmp` every function may write, so it is taken only where nothing can be made in the first.
const PLACES: [&str; 2] = ["/var/tmp", "/tmp"];

/// Where a folder may be made, to be tried in this order.
fn places(named: Option<OsString>) -> Vec<PathBuf> {
    match named.filter(|named| !named.is_empty()) {
        Some(named) => vec![named.into()],
        None => PLACES.map(PathBuf::from).to_vec(),
    }
}

/// The file in each whose lock its process holds.
const LOCK: &str = ".lock";

/// The same until the lock is held.
const NOT_LOCKED_YET: &str = ".lock-to-be";

/// How many entries of the folder of temporary folders are looked at: it is everyone's.
const MOST_ENTRIES: usize = 10_000;

/// A folder that goes with this value, or else with the next one that is made.
#[derive(Debug)]
pub struct TemporaryFolder {
    /// Before its lock: no one else may begin to remove it meanwhile.
    folder: LockedLast,
    _lock: File,
}

/// A folder whose lock file goes last, so that a removal that is broken off can be gone on with.
#[derive(Debug)]
struct LockedLast(TempDir);

impl Drop for LockedLast {
    fn drop(&mut self) {
        // What is left of it, the value below says nothing of either.
        let _ = remove(self.0.path());
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == LOCK {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir_all(folder)
}

impl TemporaryFolder {
    /// Makes one, with nothing in it that anyone sees, and removes what others have left behind.
    ///
    /// # Errors
    /// The operating system's, where there is no room for it.
    pub fn new() -> io::Result<Self> {
        remove_abandoned();
        let places = places(std::env::var_os(NAMED_BY));
        let mut made = Err(io::ErrorKind::NotFound.into());
        for place in places {
            // For no other user: what is unpacked may be anything.
            made = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(fs::Permissions::from_mode(0o700))
                .tempdir_in(place);
            if made.is_ok() {
                break;
            }
        }
        let folder = made?;
        // Under its own name once it is locked: there it would be taken for one that no one holds.
        let begun = folder.path().join(NOT_LOCKED_YET);
        let lock = File::create_new(&begun)?;
        lock.try_lock()?;
        fs::rename(begun, folder.path().join(LOCK))?;
        Ok(Self {
            folder: LockedLast(folder),
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.0.path()
    }
}

/// Removes the temporary folders of processes that have ended. What cannot be removed stays.
pub fn remove_abandoned() {
    for place in places(std::env::var_os(NAMED_BY)) {
        remove_abandoned_in(&place);
    }
}

fn remove_abandoned_in(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else {
        return;
    };
    for entry in entries.take(MOST_ENTRIES).flatten() {
        let is_ours = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes());
        // A link is no folder here.
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_if_abandoned(&entry.path());
        }
    }
}

fn remove_if_abandoned(folder: &Path) {
    let lock = folder.join(LOCK);
    // Not through a link, which someone else might have put there; nor is there one without a lock that is this program's.
    let is_file = fs::symlink_metadata(&lock).is_ok_and(|lock| lock.is_file());
    let Some(lock) = is_file.then(|| File::open(lock).ok()).flatten() else {
        return;
    };
    if lock.try_lock().is_ok() {
        // Someone else's cannot be removed.
        let _ = remove(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_where_a_person_says_and_else_outside_of_what_functions_may_write() {
        assert_eq!(places(Some("/x".into())), [Path::new("/x")]);
        let unnamed = places(None);
        assert_eq!(places(Some(OsString::new())), unnamed);
        assert!(!crate::confined::is_writable(&unnamed[0]));
        assert_eq!(unnamed[1..], [Path::new("/tmp")]);
    }

    #[test]
    fn a_folder_goes_with_its_value_and_stays_while_it_is_held() {
        let held = TemporaryFolder::new().unwrap();
        let path = held.path().to_owned();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "for no other user");
        fs::write(path.join("file"), "text").unwrap();
        let another = TemporaryFolder::new().unwrap();
        assert!(path.join("file").is_file());
        drop(another);
        drop(held);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_no_one_holds_is_removed_by_the_next_one() {
        let TemporaryFolder {
            folder,
            _lock: lock,
        } = TemporaryFolder::new().unwrap();
        // As a killed process leaves it.
        let path = folder.0.path().to_owned();
        std::mem::forget(folder);
        drop(lock);
        let foreign = tempfile::Builder::new().prefix(PREFIX).tempdir().unwrap();
        let _next = TemporaryFolder::new().unwrap();
        assert!(!path.exists());
        assert!(foreign.path().exists(), "it has no lock of this program");
    }
}
