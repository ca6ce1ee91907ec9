//! What differs between a git revision and the files that are here.

use std::path::{Path, PathBuf};

use rehearsal_template::bounds::MAX_BYTES;

use super::installed::INSTALLED;
use super::tree::below_root;
use super::{At, GitError, elsewhere, git};

/// Folders and files of tools that are no part of a package, or that are the same as long as a lock file is.
const NOT_PACKED: [&str; 6] = [
    INSTALLED,
    "__pycache__",
    ".aws-sam",
    ".rehearsal",
    ".venv",
    ".DS_Store",
];

/// What no function's code is built of. Assumed: a build may read any file.
const WORKFLOWS: &str = ".github";
const PROSE: &str = "md";

/// What differs between a revision and the files that are here.
#[derive(Debug)]
pub struct Differences {
    at: At,
    /// The paths of what differs, from the repository's root: what git tracks, and what it does not and is to. `None` where they are too
    /// many to tell.
    differ: Option<Vec<PathBuf>>,
    /// What git ignores, as deep as a folder of which all is: what tools have built, mostly. `None` where that cannot be told.
    ignored: Option<Vec<PathBuf>>,
}

/// What is known of files below a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Some differ.
    Different,
    /// None does, and git knows all of them.
    Same,
    /// None that git knows differs, and they are not all: it ignores some, or links and packages lead to others. Those may.
    SameButMore,
    /// Git says nothing of them: they are in no repository, or too much differs to tell.
    NotKnown,
}

impl Differences {
    /// What differs between a revision and the repository of a template as it is here.
    ///
    /// # Errors
    /// There is no git, no repository, or no such revision.
    pub fn since(template: &Path, revision: &str) -> Result<Self, GitError> {
        let at = At::of(template, revision)?;
        let listed = |arguments: &[&str]| -> Result<Option<Vec<PathBuf>>, GitError> {
            let listed = git(&at.folder, arguments)?.ok();
            let listed = listed.filter(|bytes| bytes.len() <= MAX_BYTES);
            Ok(listed.map(|bytes| {
                let text = String::from_utf8_lossy(&bytes);
                let paths = text.split('\0').filter(|path| !path.is_empty());
                paths.map(PathBuf::from).collect()
            }))
        };
        let tracked = listed(&[
            "diff",
            "--name-only",
            "--no-renames",
            "--no-relative",
            "--no-ext-diff",
            "--ignore-submodules=none",
            "-z",
            &at.commit,
            "--",
        ])?;
        let others = |more: &[&str]| {
            let all = [
                "ls-files",
                "--others",
                "--exclude-standard",
                "--full-name",
                "-z",
            ];
            listed(&[&all[..], more, &["--", ":/"]].concat())
        };
        let differ = tracked.zip(others(&[])?);
        let differ = differ.map(|(tracked, new)| tracked.into_iter().chain(new).collect());
        let ignored = others(&["--ignored", "--directory"])?;
        Ok(Self {
            at,
            differ,
            ignored,
        })
    }

    /// What is known of the files below a path, which is relative to the template's folder.
    ///
    /// # Errors
    /// Git cannot be run.
    pub fn below(&self, path: &str) -> Result<Below, GitError> {
        let path = below_root(&self.at.prefix, path);
        let (Some(differ), Some(ignored), Some(path)) = (&self.differ, &self.ignored, path) else {
            return Ok(Below::NotKnown);
        };
        // What is above it is a submodule.
        let concerns =
            |other: &PathBuf| other.starts_with(&path) || Path::new(&path).starts_with(other);
        if differ.iter().any(concerns) {
            return Ok(Below::Different);
        }
        let is_built = |other: &PathBuf| {
            concerns(other) && !NOT_PACKED.iter().any(|name| other.ends_with(name))
        };
        let object = format!("{}:{path}", self.at.commit);
        let is_there = git(&self.at.folder, &["cat-file", "-e", &object])?.is_ok();
        Ok(
            if !is_there || ignored.iter().any(is_built) || elsewhere::has_some(&self.at, &path)? {
                Below::SameButMore
            } else {
                Below::Same
            },
        )
    }

    /// Whether nothing differs in the whole repository but the template and what no code is built of.
    pub fn is_only_the_template(&self) -> bool {
        let template = Path::new(&self.at.prefix).join(&self.at.file);
        let is_apart = |path: &PathBuf| {
            *path == template
                || path.starts_with(WORKFLOWS)
                || path.extension().is_some_and(|ending| ending == PROSE)
        };
        let differ = self.differ.as_ref();
        differ.is_some_and(|differ| differ.iter().all(is_apart))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_whose_code_stands_elsewhere_too_is_not_known_to_be_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (file, text) in [
            ("template.yaml", ""),
            ("shared/x.py", "old"),
            ("alone/app.py", ""),
            ("linking/app.py", ""),
            ("inside/app.py", ""),
            (
                "npm/package.json",
                r#"{"dependencies": {"a": "file:../shared"}}"#,
            ),
            ("pip/requirements.txt", "../shared\n"),
        ] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        symlink("../shared", root.join("linking/shared")).unwrap();
        symlink("app.py", root.join("inside/index.py")).unwrap();
        symlink("shared", root.join("whole")).unwrap();
        let author = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        for arguments in [
            &["init", "--quiet"][..],
            &["add", "--all"],
            &["-c", "commit.gpgsign=false", "commit", "-qm", "released"],
            &["tag", "released"],
        ] {
            git(root, &[&author, arguments].concat()).unwrap().unwrap();
        }
        fs::write(root.join("shared/x.py"), "new").unwrap();

        let differences = Differences::since(&root.join("template.yaml"), "released").unwrap();
        for (path, expected) in [
            ("alone", Below::Same),
            ("inside", Below::Same),
            ("linking", Below::SameButMore),
            ("whole", Below::SameButMore),
            ("npm", Below::SameButMore),
            ("pip", Below::SameButMore),
            ("shared", Below::Different),
        ] {
            assert_eq!(differences.below(path).unwrap(), expected, "{path}");
        }
        assert!(!differences.is_only_the_template());
    }
}
