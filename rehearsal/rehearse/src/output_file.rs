//! Writes a report, or another file, to its place, whatever that is.
//!
//! A file is replaced whole, so that no one ever sees a part of it. What is no file of its own (a device, a pipe, an output of this
//! process) is written through and never replaced, and of a symbolic link the target is written and the link stays.

use std::fs::{Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rehearsal_deployment::bounds::MAX_FILE_BYTES;
use rehearsal_template::text_file;

use crate::output::is_closed;

/// The rights of a new report, of which the umask takes some away, as of every file that a program makes.
const MODE: u32 = 0o666;
/// The folder of reports beside a rehearsal file that is in no cargo workspace.
const OWN_FOLDER: &str = ".rehearsal";
/// How many symbolic links may follow each other (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Where a report goes.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of its own, there already or not.
    File(PathBuf),
    /// What is written through: a device, a pipe, a file that is open already (`/dev/fd/3`).
    Through(PathBuf),
    /// This process's standard output, which whoever prints there has to write.
    StandardOutput,
    /// This process's standard error, the same.
    StandardError,
}

impl Place {
    /// What a path leads to.
    ///
    /// # Errors
    /// Its symbolic links lead nowhere.
    pub fn of(path: &Path) -> io::Result<Self> {
        let (target, is_open_file) = follow(path)?;
        let Ok(there) = std::fs::metadata(path) else {
            return Ok(Self::File(target));
        };
        if there.is_dir() || there.is_file() && !is_open_file {
            return Ok(Self::File(target));
        }
        if is_same(&there, io::stdout()) {
            return Ok(Self::StandardOutput);
        }
        if is_same(&there, io::stderr()) {
            return Ok(Self::StandardError);
        }
        Ok(Self::Through(path.to_owned()))
    }
}

/// Writes a file whole, or through what is none. It may wait for the reader of a pipe.
///
/// # Errors
/// It cannot be written there.
pub fn write(place: &Place, text: &str) -> io::Result<()> {
    match place {
        Place::File(path) => write_file(path, text),
        Place::Through(path) => {
            let mut place = OpenOptions::new().append(true).open(path)?;
            match place.write_all(text.as_bytes()) {
                // Its reader has seen enough.
                Err(error) if is_closed(&error) => Ok(()),
                written => written,
            }
        }
        Place::StandardOutput | Place::StandardError => Ok(()),
    }
}

/// The path at the end of all links, and whether one of them is the kernel's name for an open file, behind which there need not
/// be any path (`/dev/stdout`, `/proc/self/fd/3`; proc(5)).
fn follow(path: &Path) -> io::Result<(PathBuf, bool)> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let is_link = std::fs::symlink_metadata(&path).is_ok_and(|there| there.is_symlink());
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        if !is_link {
            // Elsewhere than on Linux these are devices of their own.
            return Ok((path, false));
        }
        let real = if folder.as_os_str().is_empty() {
            Path::new(".").canonicalize()
        } else {
            folder.canonicalize()
        };
        if real.is_ok_and(|real| real.starts_with("/proc")) {
            return Ok((path, true));
        }
        path = folder.join(std::fs::read_link(&path)?);
    }
    // ELOOP has no kind that is stable.
    Err(io::Error::other("too many levels of symbolic links"))
}

/// Whether an output of this process is this very file, pipe or device.
fn is_same(there: &Metadata, output: impl AsFd) -> bool {
    let output = output.as_fd().try_clone_to_owned().map(std::fs::File::from);
    output
        .and_then(|output| output.metadata())
        .is_ok_and(|output| (output.dev(), output.ino()) == (there.dev(), there.ino()))
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    match replace(path, text) {
        // A file may be writable where its folder is not, or be a mount of its own, as in a container.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ResourceBusy
            ) && path.is_file() =>
        {
            std::fs::write(path, text).map_err(|_| error)
        }
        replaced => replaced,
    }
}

/// Beside its place, then renamed. Errors name no path: the file beside the place is no one's affair.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    make_folder(folder)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(MODE);
    let mut file = tempfile::Builder::new().make_in(folder, |beside| options.open(beside))?;
    file.as_file_mut().write_all(text.as_bytes())?;
    file.persist(path).map_err(|refused| refused.error)?;
    Ok(())
}

/// Makes a folder, and where it is this command's own one that git ignores.
fn make_folder(folder: &Path) -> io::Result<()> {
    let is_new = !folder.exists();
    std::fs::create_dir_all(folder)?;
    if is_new && folder.ends_with(OWN_FOLDER) {
        std::fs::write(folder.join(".gitignore"), "*\n")?;
    }
    Ok(())
}

/// Where reports are kept where nothing else is asked for: `target/rehearsal/report.json` in the root of the template's cargo
/// workspace, whatever `CARGO_TARGET_DIR` says, so that people find it. Where there is none, `.rehearsal/report.json` beside the
/// rehearsal file, be it written or only composed; beside the template, where the rehearsal file is a pipe or a device.
pub fn default_place(file: &Path, template: &Path) -> PathBuf {
    let folder = folder_of(template);
    if let Some(root) = folder.ancestors().find(|folder| is_workspace(folder)) {
        return root.join("target/rehearsal/report.json");
    }
    let beside = if file.is_file() || !file.exists() {
        folder_of(file)
    } else {
        folder
    };
    beside.join(OWN_FOLDER).join("report.json")
}

/// The folder of a file, without any "..": a person reads it.
fn folder_of(file: &Path) -> PathBuf {
    if let Ok(file) = file.canonicalize() {
        return file.parent().unwrap_or(Path::new("/")).to_owned();
    }
    let folder = rehearsal_template::folder_of(file);
    folder.canonicalize().unwrap_or(folder)
}

/// Whether a folder is the root of a cargo workspace (The Cargo Book, "Workspaces": its manifest has the table `workspace`).
fn is_workspace(folder: &Path) -> bool {
    let manifest = folder.join("Cargo.toml");
    // What is there under this name may be anything.
    manifest.is_file()
        && text_file::read(&manifest, MAX_FILE_BYTES).is_ok_and(|text| {
            toml::from_str::<toml::Table>(&text)
                .is_ok_and(|manifest| manifest.contains_key("workspace"))
        })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn kept(path: &Path, text: &str) -> io::Result<()> {
        write(&Place::of(path)?, text)
    }

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    fn entries(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_whole_file_replaces_the_one_before() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("new/report.json");
        kept(&path, "one").unwrap();
        kept(&path, "two").unwrap();
        assert_eq!(read(&path), "two");
        assert_eq!(entries(path.parent().unwrap()), 1);
    }

    #[test]
    fn of_a_link_the_target_is_written_and_the_link_stays() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        std::fs::create_dir(at("there")).unwrap();
        symlink("there/report.json", at("second")).unwrap();
        symlink(at("second"), at("first")).unwrap();
        for text in ["it was not there", "it was there"] {
            kept(&at("first"), text).unwrap();
            assert_eq!(read(&at("there/report.json")), text);
            for link in ["first", "second"] {
                assert!(at(link).symlink_metadata().unwrap().is_symlink());
            }
        }
        assert_eq!(
            entries(&at("there")),
            1,
            "it was replaced beside the target"
        );
        symlink("round", at("round")).unwrap();
        assert!(kept(&at("round"), "").is_err());
    }

    #[test]
    fn a_device_is_written_through() {
        assert_eq!(
            Place::of(Path::new("/dev/null")).unwrap(),
            Place::Through("/dev/null".into())
        );
        kept(Path::new("/dev/null"), "nothing").unwrap();
        let full = kept(Path::new("/dev/full"), "too much").unwrap_err();
        assert_eq!(full.kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn a_pipe_is_written_through_and_its_reader_may_leave() {
        let root = tempfile::tempdir().unwrap();
        let pipe = root.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let reader = |length: usize| {
            let pipe = pipe.clone();
            std::thread::spawn(move || {
                let mut bytes = vec![0; length];
                let mut pipe = std::fs::File::open(pipe).unwrap();
                io::Read::read_exact(&mut pipe, &mut bytes).unwrap();
                String::from_utf8(bytes).unwrap()
            })
        };
        let whole = reader(5);
        kept(&pipe, "whole").unwrap();
        assert_eq!(whole.join().unwrap(), "whole");
        let head = reader(4);
        kept(&pipe, &"more than a pipe holds".repeat(100_000)).unwrap();
        assert_eq!(head.join().unwrap(), "more");
        assert!(!pipe.metadata().unwrap().is_file(), "it is a pipe still");
    }

    #[test]
    fn a_file_that_is_open_is_written_through() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("log");
        std::fs::write(&path, "before\n").unwrap();
        let open = std::fs::File::open(&path).unwrap();
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&open);
        let name = PathBuf::from(format!("/proc/self/fd/{descriptor}"));
        if name.exists() {
            kept(&name, "after").unwrap();
            assert_eq!(read(&path), "before\nafter");
        }
    }

    #[test]
    fn what_cannot_be_written_is_left_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        assert!(kept(root.path(), "a folder").is_err());
        let file = root.path().join("file");
        std::fs::write(&file, "x").unwrap();
        assert!(kept(&file.join("below"), "").is_err());
        assert_eq!(read(&file), "x");
        assert_eq!(entries(root.path()), 1);
    }

    #[test]
    fn a_report_is_kept_under_the_root_of_the_templates_workspace() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(
            root.path().join("Cargo.toml"),
            "[workspace]\nmembers = []\n",
        )
        .unwrap();
        std::fs::create_dir_all(root.path().join("a/b")).unwrap();
        std::fs::write(
            root.path().join("a/Cargo.toml"),
            "[package]\nname = \"a\"\n",
        )
        .unwrap();
        let root = root.path().canonicalize().unwrap();
        let place = || {
            default_place(
                &root.join("rehearsals/healthy.toml"),
                &root.join("a/b/template.yaml"),
            )
        };
        assert_eq!(place(), root.join("target/rehearsal/report.json"));
        std::fs::write(
            root.join("Cargo.toml"),
            "[workspace.package]\nversion = '1.0.0'\n",
        )
        .unwrap();
        assert_eq!(place(), root.join("target/rehearsal/report.json"));
    }

    #[test]
    fn outside_of_a_workspace_a_report_is_kept_beside_the_rehearsal_file_where_git_ignores_it() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("app")).unwrap();
        std::fs::create_dir_all(root.join("rehearsals")).unwrap();
        // A package alone is no workspace of the template's.
        std::fs::write(root.join("Cargo.toml"), "[package]\nname = 'a'\n").unwrap();
        let (file, template) = (
            root.join("rehearsals/healthy.toml"),
            root.join("app/template.yaml"),
        );
        std::fs::write(&template, "").unwrap();
        assert_eq!(
            default_place(Path::new("/dev/null"), &template),
            root.join("app/.rehearsal/report.json"),
            "what is no file has nothing beside it"
        );
        let place = root.join("rehearsals/.rehearsal/report.json");
        assert_eq!(default_place(&file, &template), place, "nobody wrote it");
        std::fs::write(&file, "").unwrap();
        assert_eq!(default_place(&file, &template), place);
        kept(&place, "[]").unwrap();
        kept(&place, "[1]").unwrap();
        assert_eq!(read(&place), "[1]");
        assert_eq!(read(&place.with_file_name(".gitignore")), "*\n");
    }

    #[test]
    fn a_report_has_the_rights_that_the_umask_leaves() {
        let root = tempfile::tempdir().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
        std::fs::write(root.path().join("plain"), "").unwrap();
        let report = root.path().join("report.json");
        kept(&report, "[]").unwrap();
        assert_eq!(mode(&report), mode(&root.path().join("plain")));
    }

    #[test]
    fn an_error_names_no_file_that_is_only_beside_the_place() {
        // Nobody can make a file there, root included.
        let refused = kept(Path::new("/proc/report.json"), "x").unwrap_err();
        assert!(refused.raw_os_error().is_some(), "{refused}");
        assert!(!refused.to_string().contains("/proc"), "{refused}");
    }
}
