//! The folder of a file that is to be written: which one it is, made where it is not there, and gone again where nothing is written.

use std::io;
use std::path::{Path, PathBuf};

use super::NAME;
use crate::templates;

/// Beside the template; of one that a tool wrote, beside the tool's folder.
pub fn default_path(template: &Path) -> PathBuf {
    let folder = template.parent().unwrap_or(Path::new(""));
    let levels = templates::levels_below_project(template);
    let beside = folder.ancestors().nth(levels).unwrap_or(folder);
    beside.join(NAME)
}

/// A folder, with those that were made for it.
pub struct NewFolder {
    /// The innermost first.
    made: Vec<PathBuf>,
}

impl NewFolder {
    /// Makes a folder, with those that it is in, where it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make(folder: &Path) -> io::Result<Self> {
        let lacking = folder.ancestors().take_while(|folder| !folder.exists());
        let made = Self {
            made: lacking.map(Path::to_owned).collect(),
        };
        std::fs::create_dir_all(folder)?;
        Ok(made)
    }

    /// Leaves it there.
    pub fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        // What somebody has put something into meanwhile stays.
        let _ = self.made.iter().try_for_each(std::fs::remove_dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_beside_the_folder_that_a_tool_writes_anew_each_time() {
        for (template, expected) in [
            ("app/template.yaml", "app/rehearsal.toml"),
            ("app/.aws-sam/build/template.yaml", "app/rehearsal.toml"),
            ("app/.serverless/update.json", "app/rehearsal.toml"),
            ("app/cdk.out/Api.template.json", "app/rehearsal.toml"),
            (".serverless/update.json", "rehearsal.toml"),
        ] {
            assert_eq!(default_path(Path::new(template)), Path::new(expected));
        }
    }

    #[test]
    fn what_was_made_goes_again_unless_it_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let below = root.path().join("a/b/c");
        drop(NewFolder::make(&below).unwrap());
        assert!(!root.path().join("a").exists());
        NewFolder::make(&below).unwrap().keep();
        assert!(below.is_dir());
        drop(NewFolder::make(&below).unwrap());
        assert!(below.is_dir(), "it was there before");
    }
}
