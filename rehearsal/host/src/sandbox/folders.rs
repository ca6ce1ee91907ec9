//! Lambda's folders, as they are on this machine: `/var/task`, where a function's code is, and `/opt`, where its layers are.

use std::path::{Path, PathBuf};

use crate::runtimes::Program;

/// Where a function finds programs, unless its template says otherwise.
pub const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin/:/bin:/opt/bin";

const CODE: &str = "/var/task";
const LAYERS: &str = "/opt/";

/// What ends a path within a value: a list's separators, blanks and quotation marks.
const ENDS: [char; 6] = [':', ';', ',', ' ', '"', '\''];

/// Where programs are looked for: after this machine's own what layers have (Lambda developer guide, "Defined runtime environment variables":
/// `PATH` ends with `/opt/bin`).
pub(super) fn programs(program: &Program) -> String {
    let own = folders(program, "bin");
    let layers = own.into_iter().map(|folder| folder.display().to_string());
    let all: Vec<_> = [SEARCH_PATH.to_owned()].into_iter().chain(layers).collect();
    all.join(":")
}

/// Where shared libraries are looked for, of a function that brings some: beside its code, in its `lib`, and in that of its layers (the same page,
/// `LD_LIBRARY_PATH`). `None` for all others, so that an interpreter finds what it always does. This machine's own folders come first there and
/// are left out here: an interpreter with a libc of its own would take theirs.
pub(super) fn libraries(program: &Program) -> Option<String> {
    let own = [program.task_root.clone(), program.task_root.join("lib")];
    let all = own.into_iter().chain(folders(program, "lib"));
    let all = all.filter(|folder| cfg!(target_os = "linux") && has_libraries(folder));
    let all: Vec<_> = all.map(|folder| folder.display().to_string()).collect();
    (!all.is_empty()).then(|| all.join(":"))
}

/// Whether a shared library is there: `libpq.so`, `libpq.so.5`.
fn has_libraries(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.any(|name| name.split('.').skip(1).any(|part| part == "so"))
}

/// This folder of each layer that has it.
fn folders(program: &Program, name: &str) -> Vec<PathBuf> {
    let all = program.layers.iter().map(|layer| layer.join(name));
    all.filter(|folder| folder.is_dir()).collect()
}

/// A variable's value with the paths of what is in Lambda's folders there and elsewhere here.
pub(super) fn with_own_folders(value: &str, program: &Program) -> String {
    if !value.contains(CODE) && !value.contains(LAYERS) {
        return value.to_owned();
    }
    let mut own = String::with_capacity(value.len());
    for piece in value.split_inclusive(ENDS) {
        let path = piece.trim_end_matches(ENDS);
        // What stands before a path in an option: `--require=/var/task/trace.js`.
        let begin = path.find('/').unwrap_or(path.len());
        let (before, path_alone) = path.split_at(begin);
        own.push_str(before);
        own.push_str(&here(path_alone, program).unwrap_or_else(|| path_alone.to_owned()));
        own.push_str(&piece[path.len()..]);
    }
    own
}

/// Where a path leads here that leads into Lambda's folders there.
fn here(path: &str, program: &Program) -> Option<String> {
    if let Some(rest) = path.strip_prefix(CODE) {
        let is_whole = rest.is_empty() || rest.starts_with('/');
        return is_whole.then(|| format!("{}{rest}", program.task_root.display()));
    }
    let rest = path.strip_prefix(LAYERS)?;
    let mut all = program.layers.iter().map(|layer| layer.join(rest));
    let found = all.find(|place| place.exists())?;
    Some(found.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function with code and one layer, which has these folders.
    fn program(folders: &[&str]) -> (tempfile::TempDir, Program) {
        let folder = tempfile::tempdir().unwrap();
        for name in folders {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let mut program = Program::new(folder.path().join("task/bootstrap"));
        program.layers = vec![folder.path().join("layer")];
        (folder, program)
    }

    #[test]
    fn paths_into_lambdas_folders_lead_to_where_these_are_here() {
        let (folder, program) = program(&["task/lib", "layer/python"]);
        let root = folder.path().display();
        for (value, expected) in [
            ("/var/task/vendor", format!("{root}/task/vendor")),
            (
                "/var/task:/opt/python:/usr/lib",
                format!("{root}/task:{root}/layer/python:/usr/lib"),
            ),
            (
                "--require=/var/task/t.js --trace-warnings",
                format!("--require={root}/task/t.js --trace-warnings"),
            ),
            ("/var/tasks", "/var/tasks".to_owned()),
            ("/opt/elsewhere", "/opt/elsewhere".to_owned()),
            (
                "https://example.com/var/task",
                "https://example.com/var/task".to_owned(),
            ),
            ("plain", "plain".to_owned()),
        ] {
            assert_eq!(with_own_folders(value, &program), expected);
        }
    }

    #[test]
    fn what_layers_have_is_found_after_this_machines_own() {
        let (folder, program) = program(&["layer/bin"]);
        let expected = format!("{SEARCH_PATH}:{}/layer/bin", folder.path().display());
        assert_eq!(programs(&program), expected);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn libraries_are_looked_for_where_a_function_brings_some() {
        let (folder, program) = program(&["task/lib", "layer/lib"]);
        let root = folder.path();
        // A folder of that name is an ordinary one of Node.js's.
        std::fs::write(root.join("task/lib/index.js"), "").unwrap();
        assert_eq!(libraries(&program), None);
        std::fs::write(root.join("layer/lib/libpq.so.5"), "").unwrap();
        let of_layer = format!("{}/layer/lib", root.display());
        assert_eq!(libraries(&program), Some(of_layer.clone()));
        std::fs::write(root.join("task/lib/liborders.so"), "").unwrap();
        let both = format!("{}/task/lib:{of_layer}", root.display());
        assert_eq!(libraries(&program), Some(both));
    }
}
