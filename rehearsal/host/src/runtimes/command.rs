//! A runtime that a person gives a command for: `[runtimes."java21"] command = [...]` in the rehearsal file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::Program;

/// Stands for the folder of the function's code.
pub const TASK: &str = "{task}";
/// Stands for its handler.
pub const HANDLER: &str = "{handler}";

/// The program of a function, from a command's words: the first is the program's path. `None` where there are no words.
///
/// ```
/// use rehearsal_host::runtimes::command::program;
///
/// let words = ["/usr/bin/java", "-cp", "{task}/*", "Client", "{handler}"].map(str::to_owned);
/// let program = program(&words, "/builds/Orders".as_ref(), "com.example.Orders").unwrap();
/// assert_eq!(program.args, ["-cp", "/builds/Orders/*", "Client", "com.example.Orders"]);
/// ```
pub fn program(words: &[String], task_root: &Path, handler: &str) -> Option<Program> {
    let (path, args) = words.split_first()?;
    let task = task_root.display().to_string();
    let filled = |word: &String| word.replace(TASK, &task).replace(HANDLER, handler);
    Some(Program {
        path: filled(path).into(),
        args: args
            .iter()
            .map(|word| OsString::from(filled(word)))
            .collect(),
        task_root: task_root.to_owned(),
        environment: BTreeMap::new(),
        handler: None,
        layers: Vec::new(),
        is_of_command: true,
    })
}
