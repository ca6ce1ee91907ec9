//! Packages: the `.zip` files that Lambda is given and unpacks, as `serverless package`, `cargo lambda build --output-format zip`, CDK's file
//! assets and build scripts leave them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rehearsal_host::temporary::TemporaryFolder;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

/// What packages end in.
const ENDING: &str = "zip";

/// The most entries of a package that are unpacked, and the longest target of a link, in bytes (`PATH_MAX` of Linux).
const MOST_ENTRIES: usize = 200_000;
const LONGEST_LINK: u64 = 4_096;

/// The most that a package may have, unpacked, in bytes, as Lambda says: "Unzipped size must be smaller than 262144000 bytes"
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, "250 MB … unzipped").
const MOST_BYTES: u64 = 262_144_000;

/// What of a file's mode others than its owner may do. Lambda runs a function as a user who owns nothing of its package: "Lambda needs 644
/// permissions for non-executable files and 755 for directories and executable files"
/// (<https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html>).
const OTHERS: u32 = 0o007;
const READ: u32 = 0o004;
const ENTERED: u32 = 0o001;

/// Why a package cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It cannot be opened.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// It is no zip file, or one that is cut off or encrypted.
    #[error("cannot be unpacked: {0}")]
    NotUnpacked(ZipError),
    /// It has a file or a link that leads out of it.
    #[error("has {0:?}, which leads out of it")]
    LeadsOut(String),
    /// It has more than Lambda takes.
    #[error("has more than {MOST_BYTES} bytes unpacked, which Lambda refuses")]
    TooLarge,
    /// Two of its entries cannot be there together.
    #[error("has {0:?} twice, or a file where it needs a folder")]
    Twice(String),
    /// It has something that Lambda's user may not read, or a folder that that one may not enter.
    #[error(
        "has {0:?} with mode {1:o}, which Lambda may not read: pack files with mode 644, folders and programs with 755"
    )]
    NotForLambda(String, u32),
    /// It has more entries than are unpacked.
    #[error("has more than {MOST_ENTRIES} entries")]
    TooMany,
    /// It cannot be written out.
    #[error("cannot be unpacked to a temporary folder (TMPDIR names its place): {0}")]
    NotWritten(io::Error),
}

/// Whether a path is that of a package, by its ending.
pub fn is_package(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING))
}

/// The packages that were unpacked, each once. Their folders are there as long as any copy of this is.
#[derive(Clone, Debug, Default)]
pub struct Packages(Arc<Mutex<BTreeMap<PathBuf, TemporaryFolder>>>);

impl Packages {
    /// The folder with what a package has.
    ///
    /// # Errors
    /// It cannot be read or unpacked, or is one that Lambda would refuse.
    pub fn unpacked(&self, package: &Path) -> Result<PathBuf, PackageError> {
        let package = package.canonicalize().map_err(PackageError::Unreadable)?;
        let mut unpacked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match unpacked.entry(package) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let folder = TemporaryFolder::new().map_err(PackageError::NotWritten)?;
                unpack(new.key(), &code_folder(&folder))?;
                new.insert(folder)
            }
        };
        Ok(code_folder(folder))
    }

    /// The folders of all that were unpacked.
    pub fn folders(&self) -> Vec<PathBuf> {
        let unpacked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        unpacked.values().map(code_folder).collect()
    }
}

/// Beside what a temporary folder has of its own.
fn code_folder(folder: &TemporaryFolder) -> PathBuf {
    folder.path().join("code")
}

fn unpack(package: &Path, into: &Path) -> Result<(), PackageError> {
    let file = File::open(package).map_err(PackageError::Unreadable)?;
    let mut archive =
        ZipArchive::new(io::BufReader::new(file)).map_err(PackageError::NotUnpacked)?;
    if archive.len() > MOST_ENTRIES {
        return Err(PackageError::TooMany);
    }
    fs::create_dir(into).map_err(PackageError::NotWritten)?;
    let mut left = MOST_BYTES;
    let mut links = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(PackageError::NotUnpacked)?;
        let name = entry
            .name()
            .map_err(PackageError::NotUnpacked)?
            .into_owned();
        let path = path_of(&name).ok_or_else(|| PackageError::LeadsOut(name.clone()))?;
        let to = into.join(path);
        let mode = entry.unix_mode();
        let needed = if entry.is_dir() { ENTERED } else { READ };
        if let Some(mode) = mode.filter(|mode| mode & needed == 0 && !entry.is_symlink()) {
            return Err(PackageError::NotForLambda(name, mode & 0o777));
        }
        let not_written = |error: io::Error| match error.kind() {
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
                PackageError::Twice(name.clone())
            }
            _ => PackageError::NotWritten(error),
        };
        if entry.is_dir() {
            fs::create_dir_all(&to).map_err(not_written)?;
            continue;
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(not_written)?;
        }
        if entry.is_symlink() {
            links.push((target(&mut entry)?, to, name));
            continue;
        }
        let file = File::create_new(&to).map_err(not_written)?;
        left = write(&mut entry, file, left)?;
        set_mode(&to, mode).map_err(PackageError::NotWritten)?;
    }
    link_all(links, into)
}

/// Makes links: after all files, so that none is written through a link. One that leads nowhere is left out, as nothing can be read by it.
fn link_all(links: Vec<(PathBuf, PathBuf, String)>, root: &Path) -> Result<(), PackageError> {
    let mut made = Vec::with_capacity(links.len());
    for (target, at, name) in links {
        match link(&target, &at) {
            Ok(()) => made.push((at, name)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(PackageError::Twice(name));
            }
            Err(error) => return Err(PackageError::NotWritten(error)),
        }
    }
    let root = root.canonicalize().map_err(PackageError::NotWritten)?;
    // Each by what it leads to with all others there: one may lead through another.
    for (at, name) in made {
        match at.canonicalize() {
            Ok(leads_to) if leads_to.starts_with(&root) => {}
            Ok(_) => return Err(PackageError::LeadsOut(name)),
            Err(_) => fs::remove_file(&at).map_err(PackageError::NotWritten)?,
        }
    }
    Ok(())
}

/// Where an entry goes, from the package's root. A backslash is part of a name, as on Linux. `None` where it leads out.
fn path_of(name: &str) -> Option<PathBuf> {
    let leads_out = name.starts_with('/') || name.contains('\0');
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "."));
    let mut path = PathBuf::new();
    for part in parts {
        if part == ".." {
            return None;
        }
        path.push(part);
    }
    (!leads_out && !path.as_os_str().is_empty()).then_some(path)
}

/// Writes a file, and gives how many bytes may still come.
fn write(
    entry: &mut ZipFile<'_, impl Read>,
    mut file: File,
    left: u64,
) -> Result<u64, PackageError> {
    // Not what its header says of its size: that may be less.
    let mut bytes = [0; 16 * 1024];
    let mut still_left = left;
    loop {
        let read = entry
            .read(&mut bytes)
            .map_err(|error| PackageError::NotUnpacked(error.into()))?;
        if read == 0 {
            return Ok(still_left);
        }
        still_left = still_left
            .checked_sub(read as u64)
            .ok_or(PackageError::TooLarge)?;
        file.write_all(&bytes[..read])
            .map_err(PackageError::NotWritten)?;
    }
}

/// Where a link leads to.
fn target(entry: &mut ZipFile<'_, impl Read>) -> Result<PathBuf, PackageError> {
    let mut target = String::new();
    entry
        .take(LONGEST_LINK + 1)
        .read_to_string(&mut target)
        .map_err(|error| PackageError::NotUnpacked(error.into()))?;
    if target.len() as u64 > LONGEST_LINK {
        return Err(PackageError::TooLarge);
    }
    Ok(PathBuf::from(target))
}

/// Gives the owner of a file, who runs it here, what Lambda's user may do with it. A package that a system without modes has made says
/// nothing of it: its files are read, and not run.
#[cfg(unix)]
fn set_mode(file: &Path, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let others = mode.map_or(0o4, |mode| mode & OTHERS);
    fs::set_permissions(file, fs::Permissions::from_mode(others * 0o100))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: Option<u32>) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    const STORED: SimpleFileOptions =
        SimpleFileOptions::DEFAULT.compression_method(CompressionMethod::Stored);

    /// A package with these files, each with its mode.
    fn packed(files: &[(&str, &str, u32)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code.zip");
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        for (name, text, mode) in files {
            writer
                .start_file(*name, STORED.unix_permissions(*mode))
                .unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap();
        (folder, path)
    }

    #[test]
    fn a_package_is_unpacked_once_and_goes_with_the_last_copy() {
        let (_folder, package) = packed(&[("src/app.py", "x = 1\n", 0o644)]);
        let packages = Packages::default();
        let folder = packages.unpacked(&package).unwrap();
        assert_eq!(
            fs::read_to_string(folder.join("src/app.py")).unwrap(),
            "x = 1\n"
        );
        let copy = packages.clone();
        drop(packages);
        assert_eq!(copy.unpacked(&package).unwrap(), folder);
        drop(copy);
        assert!(!folder.exists());
    }

    #[cfg(unix)]
    #[test]
    fn whoever_runs_it_may_do_what_lambdas_user_may() {
        use std::os::unix::fs::PermissionsExt;
        let modes = [("read", 0o644), ("run", 0o755), ("owners", 0o744)];
        let (_folder, package) = packed(&modes.map(|(name, mode)| (name, "", mode)));
        let packages = Packages::default();
        let folder = packages.unpacked(&package).unwrap();
        let found = modes.map(|(name, _)| {
            let mode = folder.join(name).metadata().unwrap().permissions().mode();
            (name, mode & 0o777)
        });
        assert_eq!(found, [("read", 0o400), ("run", 0o500), ("owners", 0o400)]);
        let (_folder, package) = packed(&[("app.py", "", 0o600)]);
        let refused = Packages::default().unpacked(&package).unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("has \"app.py\" with mode 600"),
            "{refused}"
        );
    }

    #[test]
    fn a_name_is_a_path_on_linux_that_stays_inside() {
        for (name, path) in [
            ("src/app.py", Some("src/app.py")),
            ("./src//app.py", Some("src/app.py")),
            ("src\\app.py", Some("src\\app.py")),
            ("../app.py", None),
            ("src/../../app.py", None),
            ("/etc/x", None),
            ("./", None),
            ("a\0b", None),
        ] {
            assert_eq!(path_of(name), path.map(PathBuf::from), "{name:?}");
        }
        let (_folder, package) = packed(&[("../escaped", "", 0o644)]);
        let refused = Packages::default().unpacked(&package).unwrap_err();
        assert!(matches!(refused, PackageError::LeadsOut(name) if name == "../escaped"));
    }

    #[test]
    fn what_cannot_be_there_together_is_named() {
        for names in [["a", "a/b"], ["a/b", "a"], ["./a", "a"]] {
            let (_folder, package) = packed(&names.map(|name| (name, "", 0o644)));
            let refused = Packages::default().unpacked(&package).unwrap_err();
            assert!(
                matches!(&refused, PackageError::Twice(name) if name == names[1]),
                "{names:?}: {refused}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_what_is_in_the_package_or_is_refused() {
        let linked = |links: &[(&str, &str)]| {
            let (folder, package) = packed(&[]);
            let mut writer = ZipWriter::new(File::create(&package).unwrap());
            writer.start_file("a/b/c/file", STORED).unwrap();
            for (name, target) in links {
                writer.add_symlink(*name, *target, STORED).unwrap();
            }
            writer.finish().unwrap();
            let packages = Packages::default();
            let unpacked = packages.unpacked(&package);
            unpacked
                .map(|folder| folder.join(links[0].0).exists())
                .map_err(|error| {
                    drop(folder);
                    error.to_string()
                })
        };
        assert_eq!(linked(&[("l", "a/b/c/file")]), Ok(true));
        assert_eq!(linked(&[("a/l", "b/../b/c")]), Ok(true));
        assert_eq!(linked(&[("l", "nowhere")]), Ok(false));
        for links in [
            &[("l", "/etc")][..],
            &[("l", "../..")],
            &[("m", "a/b/c/l/../../../../etc"), ("a/b/c/l", "../../..")],
        ] {
            let found = linked(links);
            let refused = found
                .as_ref()
                .err()
                .is_some_and(|why| why.contains("leads out of it"));
            // Through a link to the package's root it may also lead nowhere.
            assert!(refused || found == Ok(false), "{links:?}: {found:?}");
        }
        let long = "x".repeat(5_000);
        assert!(linked(&[("l", &long)]).unwrap_err().contains("unpacked"));
    }

    #[test]
    fn a_file_that_is_no_package_says_so() {
        let folder = crate::test_folder::folder_with(&[("code.zip", "text")]);
        let refused = Packages::default().unpacked(&folder.path().join("code.zip"));
        let words = refused.unwrap_err().to_string();
        assert!(words.starts_with("cannot be unpacked: "), "{words}");
        let missing = Packages::default().unpacked(&folder.path().join("other.zip"));
        assert!(matches!(missing, Err(PackageError::Unreadable(_))));
    }

    #[test]
    fn a_package_is_known_by_its_ending() {
        for (path, is) in [
            ("a/code.zip", true),
            ("app.ZIP", true),
            ("app.jar", false),
            ("zip", false),
            ("code.zip/src", false),
        ] {
            assert_eq!(is_package(Path::new(path)), is, "{path}");
        }
    }
}
