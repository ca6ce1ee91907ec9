//! That no output takes the place of an input, or of another output.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use miette::miette;
use rehearsal_template::folder_of;

use crate::output_file::Place;

/// An option that names a place to write to, and the place where it is given.
pub type OutputOption<'a> = (&'static str, Option<&'a Path>);

/// Refuses an output at the place of a file that is read, and two outputs at one place. What is no file of its own, such as a device
/// or a pipe, is at nobody's place.
///
/// # Errors
/// Which option it is, and whose place it would take.
pub fn check<'a>(
    inputs: impl IntoIterator<Item = &'a Path>,
    outputs: &[OutputOption<'_>],
) -> miette::Result<()> {
    let given = |&(option, path): &OutputOption<'_>| {
        let path = path?;
        let Ok(Place::File(target)) = Place::of(path) else {
            return None;
        };
        Some((option, FilePlace::of(&target)?, path.display().to_string()))
    };
    let outputs: Vec<_> = outputs.iter().filter_map(given).collect();
    let inputs: Vec<(PathBuf, FilePlace)> = inputs
        .into_iter()
        .filter_map(|path| Some((path.to_owned(), FilePlace::of(path)?)))
        .collect();
    for (number, (option, place, shown)) in outputs.iter().enumerate() {
        if let Some((read, _)) = inputs.iter().find(|(_, input)| input == place) {
            return Err(miette!(
                help = "name another place; nothing is written",
                "{option} {shown} would replace {}, which is read here",
                read.display()
            ));
        }
        if let Some((other, ..)) = outputs[..number]
            .iter()
            .find(|(_, taken, _)| taken == place)
        {
            return Err(miette!(
                help = "name two places; nothing is written",
                "{option} and {other} both name {shown}"
            ));
        }
    }
    Ok(())
}

/// A file, there already or not.
#[derive(Debug, PartialEq, Eq)]
enum FilePlace {
    There { device: u64, number: u64 },
    NotYet(PathBuf),
}

impl FilePlace {
    fn of(path: &Path) -> Option<Self> {
        match path.metadata() {
            Ok(there) if there.is_file() => Some(Self::there(&there)),
            Ok(_) => None,
            Err(_) => {
                let folder = folder_of(path);
                let folder = folder.canonicalize().unwrap_or(folder);
                Some(Self::NotYet(folder.join(path.file_name()?)))
            }
        }
    }

    fn there(metadata: &Metadata) -> Self {
        Self::There {
            device: metadata.dev(),
            number: metadata.ino(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_refused_at_an_inputs_place_by_whatever_path_it_comes_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("template.yaml"), "").unwrap();
        std::fs::create_dir(at("sub")).unwrap();
        std::os::unix::fs::symlink("template.yaml", at("link")).unwrap();
        std::fs::hard_link(at("template.yaml"), at("hard")).unwrap();
        let template = at("template.yaml");
        for name in ["template.yaml", "sub/../template.yaml", "link", "hard"] {
            let error = check([template.as_path()], &[("--html", Some(&at(name)))]).unwrap_err();
            assert!(error.to_string().contains("--html"), "{error}");
            assert!(
                error.to_string().contains("template.yaml, which is read"),
                "{error}"
            );
        }
        for name in ["other", "sub/template.yaml"] {
            check([template.as_path()], &[("--html", Some(&at(name)))]).unwrap();
        }
    }

    #[test]
    fn two_outputs_have_two_places_unless_they_are_devices() {
        let folder = tempfile::tempdir().unwrap();
        let (one, same) = (folder.path().join("one"), folder.path().join("./one"));
        let both = [
            ("--html", Some(one.as_path())),
            ("--junit", Some(same.as_path())),
        ];
        let error = check([], &both).unwrap_err();
        assert!(
            error.to_string().contains("--junit and --html both name"),
            "{error}"
        );
        let null = Some(Path::new("/dev/null"));
        check([], &[("--html", null), ("--junit", null), ("--svg", None)]).unwrap();
    }
}
