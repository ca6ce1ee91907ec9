//! `python*`: Python of this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Program;
use super::clients::Clients;
use super::interpreter::Interpreter;

/// The file that inline code is put into (CloudFormation, `AWS::Lambda::Function` `Code`, `ZipFile`).
pub const INLINE_FILE: &str = "index.py";

/// The program of a function. `layers` are the folders of its layers' content, the last one first.
///
/// The interpreter is started without its packages (`-S`) and writes none of its own files beside the function's (`-B`). The client
/// takes what Lambda ships, boto3 above all, from the folders of packages that the interpreter has.
pub fn program(
    python: &Interpreter,
    clients: &Clients,
    task_root: &Path,
    runtime: &str,
    layers: &[PathBuf],
) -> Program {
    let version = runtime.trim_start_matches("python");
    // Lambda developer guide, "Working with layers for Python Lambda functions".
    let below = [
        format!("python/lib/python{version}/site-packages"),
        "python".to_owned(),
    ];
    let of_layers: Vec<_> = layers
        .iter()
        .flat_map(|layer| below.iter().map(move |folder| layer.join(folder)))
        .collect();
    Program {
        path: python.path.clone(),
        args: vec!["-S".into(), "-B".into(), clients.python().into()],
        task_root: task_root.to_owned(),
        environment: BTreeMap::from([
            (
                "AWS_EXECUTION_ENV".to_owned(),
                format!("AWS_Lambda_{runtime}"),
            ),
            ("REHEARSE_PYTHON_LAYERS".to_owned(), joined(&of_layers)),
            (
                "REHEARSE_SITE_PACKAGES".to_owned(),
                joined(&python.packages),
            ),
        ]),
        handler: None,
        layers: layers.to_vec(),
        is_of_command: false,
    }
}

fn joined(folders: &[PathBuf]) -> String {
    let folders: Vec<_> = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    folders.join(":")
}
