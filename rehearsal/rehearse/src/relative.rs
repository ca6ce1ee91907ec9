//! The way from one file to another, up and down.

use std::path::{Path, PathBuf};

/// A file's path from the folder of another.
pub fn relative(to: &Path, from: &Path) -> PathBuf {
    let whole = |path: &Path| {
        path.canonicalize()
            .or_else(|_| std::path::absolute(path))
            .unwrap_or_else(|_| path.to_owned())
    };
    let to = whole(to);
    let folder = match from.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => whole(folder),
        _ => whole(Path::new(".")),
    };
    let common = folder.ancestors().find(|ancestor| to.starts_with(ancestor));
    let Some(common) = common else { return to };
    let up = folder
        .strip_prefix(common)
        .map_or(0, |below| below.components().count());
    let mut path: PathBuf = std::iter::repeat_n("..", up).collect();
    if let Ok(below) = to.strip_prefix(common) {
        path.push(below);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_between_folders_goes_up_to_what_they_share() {
        let way = |folder: &str, other: &str| {
            let way = relative(Path::new(other), &Path::new(folder).join("template.yaml"));
            way.to_string_lossy().into_owned()
        };
        assert_eq!(way("/a/b", "/a/b"), "");
        assert_eq!(way("/a/b", "/a/b/c"), "c");
        assert_eq!(way("/a/b/c", "/a/d"), "../../d");
    }
}
