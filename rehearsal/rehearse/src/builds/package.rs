//! Packages: the files that Lambda is given and unpacks (`.zip`, `.jar`), as `serverless package`, `cargo lambda build --output-format zip`, CDK's file
//! assets and build scripts leave them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rehearsal_host::temporary::TemporaryFolder;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

/// What packages end in.
const ENDINGS: [&str; 2] = ["zip", "jar"];

/// The most that a package may have, unpacked, in bytes, as Lambda says: "Unzipped size must be smaller than 262144000 bytes"
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, "250 MB … unzipped").
const MOST_BYTES: u64 = 262_144_000;

/// What of a file's mode others than its owner may do. Lambda runs a function as a user who owns nothing of its package: "Lambda needs 644
/// permissions for non-executable files and 755 for directories and executable files"
/// (<https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html>).
const OTHERS: u32 = 0o007;

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
    /// It cannot be written out.
    #[error("cannot be unpacked to a temporary folder (TMPDIR names its place): {0}")]
    NotWritten(io::Error),
}

/// Whether a path is that of a package, by its ending.
pub fn is_package(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| ENDINGS.iter().any(|one| ending.eq_ignore_ascii_case(one)))
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
    fs::create_dir(into).map_err(PackageError::NotWritten)?;
    let mut left = MOST_BYTES;
    let mut links = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(PackageError::NotUnpacked)?;
        let name = entry
            .name()
            .map_err(PackageError::NotUnpacked)?
            .into_owned();
        let path = entry.enclosed_name().ok_or(PackageError::LeadsOut(name))?;
        let to = into.join(&path);
        if entry.is_dir() {
            fs::create_dir_all(&to).map_err(PackageError::NotWritten)?;
            continue;
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(PackageError::NotWritten)?;
        }
        if entry.is_symlink() {
            links.push((path, target(&mut entry)?));
            continue;
        }
        let mode = entry.unix_mode();
        left = write(&mut entry, &to, left)?;
        set_mode(&to, mode).map_err(PackageError::NotWritten)?;
    }
    // After all files: none is written through a link.
    links.into_iter().try_for_each(|(path, target)| {
        let folder = path.parent().unwrap_or(Path::new(""));
        if !stays_inside(folder, &target) {
            return Err(PackageError::LeadsOut(path.display().to_string()));
        }
        link(&target, &into.join(path)).map_err(PackageError::NotWritten)
    })
}

/// Writes a file, and gives how many bytes may still come.
fn write(entry: &mut ZipFile<'_, impl Read>, to: &Path, left: u64) -> Result<u64, PackageError> {
    let mut file = File::create(to).map_err(PackageError::NotWritten)?;
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
        io::Write::write_all(&mut file, &bytes[..read]).map_err(PackageError::NotWritten)?;
    }
}

/// Where a link leads to.
fn target(entry: &mut ZipFile<'_, impl Read>) -> Result<PathBuf, PackageError> {
    let mut target = String::new();
    entry
        .read_to_string(&mut target)
        .map_err(|error| PackageError::NotUnpacked(error.into()))?;
    Ok(PathBuf::from(target))
}

/// Whether a link in a folder of the package leads to something in the package.
fn stays_inside(folder: &Path, target: &Path) -> bool {
    let mut depth = folder.components().count();
    target.components().all(|part| match part {
        Component::Normal(_) => {
            depth += 1;
            true
        }
        Component::CurDir => true,
        Component::ParentDir => match depth.checked_sub(1) {
            Some(above) => {
                depth = above;
                true
            }
            None => false,
        },
        Component::RootDir | Component::Prefix(_) => false,
    })
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
    use std::io::Write;

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
        let modes = [
            ("read", 0o644),
            ("run", 0o755),
            ("own", 0o700),
            ("none", 0o600),
        ];
        let files = modes.map(|(name, mode)| (name, "", mode));
        let (_folder, package) = packed(&files);
        let packages = Packages::default();
        let folder = packages.unpacked(&package).unwrap();
        let found = modes.map(|(name, _)| {
            let mode = folder.join(name).metadata().unwrap().permissions().mode();
            (name, mode & 0o777)
        });
        let as_others = [("read", 0o400), ("run", 0o500), ("own", 0), ("none", 0)];
        assert_eq!(found, as_others);
    }

    #[test]
    fn what_leads_out_of_a_package_is_refused() {
        let (_folder, package) = packed(&[("../escaped", "", 0o644)]);
        let refused = Packages::default().unpacked(&package).unwrap_err();
        assert!(matches!(refused, PackageError::LeadsOut(name) if name == "../escaped"));
        for (folder, target, inside) in [
            ("", "a/b", true),
            ("a", "../b", true),
            ("a", "../../b", false),
            ("", "/etc/passwd", false),
            ("a/b", "../c/../../d", true),
            ("a", "b/../../../c", false),
        ] {
            let found = stays_inside(Path::new(folder), Path::new(target));
            assert_eq!(found, inside, "{folder}: {target}");
        }
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
            ("app.JAR", true),
            ("zip", false),
            ("code.zip/src", false),
        ] {
            assert_eq!(is_package(Path::new(path)), is, "{path}");
        }
    }
}
