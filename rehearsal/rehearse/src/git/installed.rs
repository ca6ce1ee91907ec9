//! What is installed here for the source of a revision: packages of npm's, where what asks for them is the same in both.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{At, GitError, git};

/// Where npm, yarn and pnpm install.
pub(super) const INSTALLED: &str = "node_modules";
/// What asks for packages.
pub(super) const ASKS: &str = "package.json";
/// What else says which are installed.
const LOCKS: [&str; 4] = [
    "npm-shrinkwrap.json",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
];

/// Has the folders of a revision's source, and those above them, find the packages that are installed for them here; `paths` are from the
/// repository's root, and `root` is where the source is. A folder whose `package.json` or lock file has changed since gets none: its
/// packages may be others. Whether any was found.
///
/// # Errors
/// Git cannot be run, or no link can be made.
pub fn link(at: &At, root: &Path, paths: &[String]) -> Result<bool, GitError> {
    let Some(repository) = repository(at) else {
        return Ok(false);
    };
    let folders: BTreeSet<&Path> = paths
        .iter()
        .flat_map(|path| Path::new(path).ancestors())
        .collect();
    let mut found = false;
    for folder in folders {
        let here = repository.join(folder).join(INSTALLED);
        let there = root.join(folder).join(INSTALLED);
        if !here.is_dir()
            || there.symlink_metadata().is_ok()
            || links_to_source(&here, &repository)
            || !is_same(at, folder)?
        {
            continue;
        }
        fs::create_dir_all(root.join(folder)).map_err(GitError::Write)?;
        symlink(&here, &there).map_err(GitError::Write)?;
        found = true;
    }
    Ok(found)
}

/// Whether what is installed in a folder has links to source in the repository, as workspaces of npm, pnpm and yarn have: that source is
/// today's, and not the revision's.
fn links_to_source(installed: &Path, repository: &Path) -> bool {
    let Ok(entries) = fs::read_dir(installed) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let path = entry.path();
        let is_scope = entry.file_name().to_string_lossy().starts_with('@');
        if path.is_symlink() {
            let target = path.canonicalize().unwrap_or_default();
            let is_installed = target
                .components()
                .any(|part| part.as_os_str() == INSTALLED);
            return target.starts_with(repository) && !is_installed;
        }
        is_scope && links_to_source(&path, repository)
    })
}

/// The root of a template's repository.
pub(super) fn repository(at: &At) -> Option<PathBuf> {
    let levels = Path::new(&at.prefix).components().count();
    at.folder.ancestors().nth(levels).map(Path::to_owned)
}

/// Whether what asks for packages in a folder is there in the revision, and the same here.
fn is_same(at: &At, folder: &Path) -> Result<bool, GitError> {
    let Some(folder) = folder.to_str() else {
        return Ok(false);
    };
    let path = |name: &str| {
        let slash = if folder.is_empty() { "" } else { "/" };
        format!("{folder}{slash}{name}")
    };
    let asks = format!("{}:{}", at.commit, path(ASKS));
    if git(&at.folder, &["cat-file", "-e", &asks])?.is_err() {
        return Ok(false);
    }
    let named = LOCKS.iter().chain([&ASKS]);
    let paths: Vec<_> = named
        .map(|name| format!(":(top,literal){}", path(name)))
        .collect();
    let mut asked = vec!["diff", "--quiet", "--no-ext-diff", &at.commit, "--"];
    asked.extend(paths.iter().map(String::as_str));
    Ok(git(&at.folder, &asked)?.is_ok())
}
