//! Names of a call's rehearsals, where two files have the same.

use std::path::{Component, Path, PathBuf};

/// Names that tell things of several files apart: their own, and where two of different files are alike, with as much of their folders
/// before them as tells them apart.
pub fn distinct(named: &[(PathBuf, String)]) -> Vec<String> {
    let folders: Vec<Vec<String>> = named
        .iter()
        .map(|(path, _)| {
            let path = path.canonicalize().unwrap_or_else(|_| path.clone());
            let folder = path.parent().unwrap_or(Path::new(""));
            let parts = folder.components();
            let parts = parts.filter(|part| matches!(part, Component::Normal(_)));
            parts
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect()
        })
        .collect();
    let of = |index: usize, count: usize| {
        let (folder, (path, name)) = (&folders[index], &named[index]);
        let shown = &folder[folder.len() - count.min(folder.len())..];
        let mut parts = shown.to_vec();
        parts.push(name.clone());
        (parts.join("/"), path)
    };
    let name = |index: usize| {
        let deepest = folders.iter().map(Vec::len).max().unwrap_or_default();
        let is_alone = |count: &usize| {
            let (own, path) = of(index, *count);
            let others = (0..named.len()).map(|other| of(other, *count));
            others
                .into_iter()
                .all(|(name, of)| name != own || of == path)
        };
        // Of two in one folder the names stay.
        let count = (0..=deepest).find(is_alone).unwrap_or_default();
        of(index, count).0
    };
    (0..named.len()).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(named: &[(&str, &str)]) -> Vec<String> {
        let owned = named
            .iter()
            .map(|(path, name)| (PathBuf::from(path), (*name).to_owned()));
        distinct(&owned.collect::<Vec<_>>())
    }

    #[test]
    fn things_of_one_name_in_several_folders_are_distinct_by_as_much_as_they_need() {
        assert_eq!(
            names(&[
                ("/p/a/template.yaml", "template"),
                ("/p/b/template.yaml", "template"),
                ("/p/b/other.yaml", "other"),
            ]),
            ["a/template", "b/template", "other"]
        );
        assert_eq!(
            names(&[("/p/a/sam/t.yaml", "t"), ("/p/b/sam/t.yaml", "t")]),
            ["a/sam/t", "b/sam/t"]
        );
        let twice = [("/p/a/t.yaml", "t"), ("/p/a/t.yaml", "t")];
        assert_eq!(names(&twice), ["t", "t"], "it is one");
        let alike = [("/p/a/one.toml", "t"), ("/p/a/two.toml", "t")];
        assert_eq!(names(&alike), ["t", "t"], "a person has called them so");
    }
}
