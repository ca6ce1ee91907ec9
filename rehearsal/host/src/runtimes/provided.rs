//! Runtimes of the operating system alone: `provided.al2023`, `provided.al2`, `provided`.

use std::path::Path;

use super::Program;

/// What Lambda starts in a function's folder (Lambda developer guide, "Building a custom runtime").
pub const EXECUTABLE: &str = "bootstrap";

/// The program of a function whose code is in this folder.
pub fn program(task_root: &Path) -> Program {
    Program::new(task_root.join(EXECUTABLE))
}
