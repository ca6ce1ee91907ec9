//! Files that begin with `#!` (execve(2), "Interpreter scripts").

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::{CannotRun, HEAD_BYTES, NESTED_SCRIPTS, check_nested};

/// Whether a script's interpreter can be run. `line` is what stands after `#!`.
pub(super) fn check(line: &[u8], script: &Path, path: &str, depth: usize) -> Result<(), CannotRun> {
    let whole = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(whole);
    let line = line.trim_matches([' ', '\t']);
    let (interpreter, argument) = line
        .split_once([' ', '\t'])
        .map_or((line, ""), |(interpreter, argument)| {
            (interpreter, argument.trim())
        });
    let name_is_cut_off =
        whole.len() + 2 == usize::try_from(HEAD_BYTES).unwrap_or(usize::MAX) && argument.is_empty();
    if interpreter.is_empty() || name_is_cut_off {
        return Err(CannotRun::NoProgram);
    }
    // Relative to the folder that the function runs in, which is its own.
    let folder = script.parent().unwrap_or(Path::new(""));
    let found = folder.join(interpreter);
    if !found.exists() && line.ends_with('\r') {
        return Err(CannotRun::CarriageReturn);
    }
    if depth == NESTED_SCRIPTS {
        return Err(CannotRun::NestedTooDeep);
    }
    check_nested(&found, path, depth + 1).map_err(|reason| CannotRun::Interpreter {
        interpreter: PathBuf::from(interpreter),
        reason: Box::new(reason),
    })?;
    match asked_of_env(&found, argument) {
        Some(name) if !is_on_path(name, path, folder) => Err(CannotRun::NotOnPath {
            name: name.to_owned(),
            path: path.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The program that `env` is asked to find (env(1)); `None` where there is no telling.
fn asked_of_env<'a>(interpreter: &Path, argument: &'a str) -> Option<&'a str> {
    if interpreter.file_name()? != "env" {
        return None;
    }
    let split = argument
        .strip_prefix("-S")
        .or_else(|| argument.strip_prefix("--split-string="));
    let Some(words) = split else {
        // Without it everything is one argument, the program's name.
        return (!argument.is_empty() && !argument.starts_with('-')).then_some(argument);
    };
    let name = words
        .split_ascii_whitespace()
        .find(|word| !word.contains('='))?;
    // An option of env's, or a quotation: not looked into.
    (!name.starts_with(['-', '"', '\''])).then_some(name)
}

/// Whether `env` finds a program from the folder that the function runs in.
fn is_on_path(name: &str, path: &str, from: &Path) -> bool {
    let runs = |file: &Path| {
        let file = from.join(file);
        file.is_file() && access(&file, Access::EXEC_OK).is_ok()
    };
    if name.contains('/') {
        return runs(Path::new(name));
    }
    std::env::split_paths(path).any(|folder| runs(&folder.join(name)))
}
