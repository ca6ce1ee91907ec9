//! Names of a call's rehearsals, where two files have the same.

use std::collections::{HashMap, HashSet};
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
    let deepest = folders.iter().map(Vec::len).max().unwrap_or_default();
    let mut distinct = vec![None; named.len()];
    for count in 0..=deepest {
        let longer = named.iter().zip(&folders).map(|((_, name), folder)| {
            let mut parts = folder[folder.len() - count.min(folder.len())..].to_vec();
            parts.push(name.clone());
            parts.join("/")
        });
        let longer: Vec<String> = longer.collect();
        // The files of which each is.
        let mut files: HashMap<&String, HashSet<&Path>> = HashMap::new();
        for (name, (path, _)) in longer.iter().zip(named) {
            files.entry(name).or_default().insert(path);
        }
        for (name, distinct) in longer.iter().zip(&mut distinct) {
            if distinct.is_none() && files[name].len() == 1 {
                *distinct = Some(name.clone());
            }
        }
        if distinct.iter().all(Option::is_some) {
            break;
        }
    }
    // Of two in one folder the names stay.
    let with_own = distinct.into_iter().zip(named);
    with_own
        .map(|(distinct, (_, own))| distinct.unwrap_or_else(|| own.clone()))
        .collect()
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
