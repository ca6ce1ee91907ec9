//! What differs between a git revision and the files that are here.

use std::path::{Path, PathBuf};

use rehearsal_template::bounds::MAX_BYTES;

use super::tree::below_root;
use super::{At, GitError, git};

/// What tools put beside source that is in no package, or is the same while what asks for it is.
const INSTALLED: [&str; 6] = [
    "node_modules",
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
    /// What git ignores, as deep as a folder of which all is: what tools have built, mostly.
    ignored: Vec<PathBuf>,
}

/// What is known of files below a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Some differ.
    Different,
    /// None does, and git knows all of them.
    Same,
    /// None that git knows differs, and it ignores some, or all: they may.
    SameButIgnored,
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
        let ignored = others(&["--ignored", "--directory"])?.unwrap_or_default();
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
        let Some((differ, path)) = self.differ.as_ref().zip(below_root(&self.at.prefix, path))
        else {
            return Ok(Below::NotKnown);
        };
        let object = format!("{}:{path}", self.at.commit);
        let is_there = git(&self.at.folder, &["cat-file", "-e", &object])?.is_ok();
        // What is above it is a submodule.
        let concerns =
            |other: &PathBuf| other.starts_with(&path) || Path::new(&path).starts_with(other);
        let is_built = |other: &&PathBuf| {
            concerns(other) && !INSTALLED.iter().any(|name| other.ends_with(name))
        };
        Ok(if differ.iter().any(concerns) {
            Below::Different
        } else if !is_there || self.ignored.iter().any(|other| is_built(&other)) {
            Below::SameButIgnored
        } else {
            Below::Same
        })
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
