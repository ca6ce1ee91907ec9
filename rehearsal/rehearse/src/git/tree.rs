//! The source of functions as it was in a git revision: the files below some folders of it, written to a folder of their own.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Stdio};

use rehearsal_host::temporary::TemporaryFolder;

use super::{At, GitError, command, git, installed, spawn};

/// The most files that are written.
const MOST_FILES: usize = 20_000;

/// What a file of git LFS begins with in git, and how long that is at most (git-lfs, "docs/spec.md").
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";
const LONGEST_POINTER: usize = 1024;
/// The mode of a submodule in a tree of git's.
const SUBMODULE: &str = "160000 ";
/// How many files that are not there are named.
const MOST_NAMED: usize = 4;

/// The most bytes that they may have together.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// The source of functions in a revision.
#[derive(Debug)]
pub struct RevisionSource {
    /// The revision, as it was asked for.
    pub revision: String,
    /// Where the template stands among the files, as it does in the repository.
    pub template: PathBuf,
    /// The paths of what the revision names and has not, from the repository's root, each with what it is.
    lacks: Vec<(PathBuf, &'static str)>,
    /// The folder of the template from there.
    prefix: String,
    /// Whether it finds packages that are installed here.
    finds_packages: bool,
    /// Where they are.
    root: PathBuf,
    /// What that is in; gone when dropped.
    _folder: TemporaryFolder,
}

impl RevisionSource {
    /// What it is the source of, in words.
    pub fn name(&self) -> String {
        let revision = &self.revision;
        if self.finds_packages {
            format!(
                "{revision} (packages: those installed here, for what asks for them is the same)"
            )
        } else {
            revision.clone()
        }
    }

    /// What of a folder's files is not in the revision, in words; the folder is relative to the template's.
    pub fn lacking_below(&self, folder: &str) -> Option<String> {
        let folder = below_root(&self.prefix, folder)?;
        let lacking = self.lacks.iter();
        let lacking = lacking.filter(|(path, _)| path.starts_with(&folder));
        let named: Vec<String> = lacking
            .map(|(path, what)| format!("{} ({what})", path.display()))
            .collect();
        let more = named.len().saturating_sub(MOST_NAMED);
        let shown = named[..named.len() - more].join(", ");
        match (named.is_empty(), more) {
            (true, _) => None,
            (false, 0) => Some(shown),
            (false, more) => Some(format!("{shown} and {more} more")),
        }
    }

    /// A text without the path of the folder, which is another each time: the revision is in its place, as git writes it.
    pub fn in_words(&self, text: &str) -> String {
        let root = format!("{}/", self.root.display());
        text.replace(&root, &format!("{}:", self.revision))
    }
}

/// A file of a revision.
struct File<'l> {
    mode: &'l str,
    object: &'l str,
    path: PathBuf,
}

/// The files below these folders of a revision; each is relative to the template's folder. One that leads out of the repository has none.
///
/// # Errors
/// There is no git, no such revision, or more than is written.
pub fn source(
    template: &Path,
    revision: &str,
    folders: &[&str],
) -> Result<RevisionSource, GitError> {
    let at = At::of(template, revision)?;
    let folder = TemporaryFolder::new().map_err(GitError::Write)?;
    // Beside the folder's own lock.
    let root = folder.path().join("code");
    // There also where nothing of it is written: paths lead through it.
    fs::create_dir_all(root.join(&at.prefix)).map_err(GitError::Write)?;
    let mut written = RevisionSource {
        revision: revision.to_owned(),
        lacks: Vec::new(),
        prefix: at.prefix.clone(),
        finds_packages: false,
        template: root.join(&at.prefix).join(&at.file),
        root,
        _folder: folder,
    };
    let paths: Vec<String> = folders
        .iter()
        .filter_map(|folder| below_root(&at.prefix, folder))
        .collect();
    if paths.is_empty() {
        return Ok(written);
    }
    let mut asked = vec!["ls-tree", "-r", "-z", "--full-tree", &at.commit, "--"];
    // The root itself has no path: without any, all of it is listed.
    if !paths.iter().any(String::is_empty) {
        asked.extend(paths.iter().map(String::as_str));
    }
    let listed = git(&at.folder, &asked)?.unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed);
    let too_much = |what: String| GitError::TooMuchSource {
        revision: revision.to_owned(),
        what,
    };
    let submodules = listed.split('\0').filter_map(|line| {
        let (head, path) = line.split_once('\t')?;
        let is_one = head.starts_with(SUBMODULE);
        is_one.then(|| (PathBuf::from(path), "a submodule"))
    });
    written.lacks = submodules.collect();
    let files: Vec<File<'_>> = listed.split('\0').filter_map(file).collect();
    if files.len() > MOST_FILES || listed.len() > rehearsal_template::bounds::MAX_BYTES {
        return Err(too_much(format!("it has more than {MOST_FILES} files")));
    }
    let mut child = spawn(
        command(&at.folder, &["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stderr(Stdio::null()),
    )?;
    let copied = copy(&mut child, &files, &mut written);
    // It ends with its input, which is closed.
    let _ = child.wait();
    if !copied.map_err(GitError::Write)? {
        let most = MOST_BYTES / (1024 * 1024);
        return Err(too_much(format!("it has more than {most} MiB")));
    }
    written.finds_packages = installed::link(&at, &written.root, &paths)?;
    Ok(written)
}

/// The path of a folder from the repository's root; `None` where it leads out of it.
pub(super) fn below_root(prefix: &str, folder: &str) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in Path::new(prefix).join(folder).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?.to_owned()),
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// A line of what is listed: `<mode> blob <object>\t<path>`. A file system may take a path for one that leads elsewhere.
fn file(line: &str) -> Option<File<'_>> {
    let (head, path) = line.split_once('\t')?;
    let mut head = head.split(' ');
    let (mode, kind, object) = (head.next()?, head.next()?, head.next()?);
    let path = Path::new(path);
    let is_below = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (kind == "blob" && is_below).then(|| File {
        mode,
        object,
        path: path.to_owned(),
    })
}

/// Writes files, as git gives them out one by one; false where they are too large together.
fn copy(child: &mut Child, files: &[File<'_>], written: &mut RevisionSource) -> io::Result<bool> {
    let (Some(mut asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("git has no input or no output"));
    };
    let mut answers = BufReader::new(answers);
    let mut left = MOST_BYTES;
    for file in files {
        writeln!(asks, "{}", file.object)?;
        asks.flush()?;
        let mut head = String::new();
        answers.read_line(&mut head)?;
        // `<object> blob <size>`
        let size = head.trim_end().rsplit(' ').next();
        let Some(size) = size.and_then(|size| size.parse::<u64>().ok()) else {
            return Err(io::Error::other(format!(
                "git says of {}: {head}",
                file.path.display()
            )));
        };
        let Some(rest) = left.checked_sub(size) else {
            return Ok(false);
        };
        left = rest;
        let mut bytes = Vec::new();
        // A line feed follows.
        (&mut answers).take(size + 1).read_to_end(&mut bytes)?;
        bytes.pop();
        if bytes.starts_with(POINTER) && bytes.len() <= LONGEST_POINTER {
            written.lacks.push((file.path.clone(), "in git LFS"));
        }
        write(&written.root, file, &bytes)?;
    }
    Ok(true)
}

fn write(root: &Path, file: &File<'_>, bytes: &[u8]) -> io::Result<()> {
    let path = root.join(&file.path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match file.mode {
        "120000" => link(file, &path, bytes),
        mode => {
            fs::write(&path, bytes)?;
            if mode == "100755" {
                executable(&path)?;
            }
            Ok(())
        }
    }
}

/// A link, where it leads to a place among the files. Another is left out.
fn link(file: &File<'_>, path: &Path, target: &[u8]) -> io::Result<()> {
    let Ok(target) = std::str::from_utf8(target) else {
        return Ok(());
    };
    let folder = file.path.parent().and_then(Path::to_str);
    match folder.and_then(|folder| below_root(folder, target)) {
        Some(_) => std::os::unix::fs::symlink(target, path),
        None => Ok(()),
    }
}

fn executable(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_from_the_repositorys_root_and_none_outside_of_it() {
        for (prefix, folder, found) in [
            ("", ".", Some("")),
            ("", "orders", Some("orders")),
            ("infra/", "../src/./orders/", Some("src/orders")),
            ("infra/", "..", Some("")),
            ("infra/", "../..", None),
            ("", "/etc", None),
        ] {
            assert_eq!(
                below_root(prefix, folder).as_deref(),
                found,
                "{prefix} {folder}"
            );
        }
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_no_file() {
        let line = |path: &str| format!("100644 blob 0a\t{path}");
        assert!(file(&line("orders/app.py")).is_some());
        for path in ["../app.py", "/etc/app.py", "orders/../../app.py"] {
            assert!(file(&line(path)).is_none(), "{path}");
        }
        assert!(file("160000 commit 0a\tmodule").is_none());
    }
}
