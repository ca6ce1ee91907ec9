//! `nodejs*`: Node.js of this machine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::Program;
use super::clients::Clients;
use super::interpreter::Interpreter;

/// The file that inline code is put into (CloudFormation, `AWS::Lambda::Function` `Code`, `ZipFile`).
pub const INLINE_FILE: &str = "index.js";

/// What Lambda ships in a folder of its own beside Node.js: version 3 of the SDK since Node.js 18, version 2 before (Lambda developer
/// guide, "Runtime-included SDK versions").
const SHIPPED: [&str; 3] = ["@aws-sdk", "@smithy", "@aws-crypto"];
const SHIPPED_BEFORE_18: [&str; 1] = ["aws-sdk"];
const FIRST_WITH_VERSION_3: u32 = 18;

/// The number in a runtime's name: 22 of `nodejs22.x`.
pub fn number(runtime: &str) -> Option<u32> {
    let digits = runtime.strip_prefix("nodejs")?;
    digits.split('.').next()?.parse().ok()
}

/// What Lambda ships for this runtime: folders of packages, or packages.
pub fn shipped(runtime: &str) -> &'static [&'static str] {
    match number(runtime) {
        Some(number) if number < FIRST_WITH_VERSION_3 => &SHIPPED_BEFORE_18,
        _ => &SHIPPED,
    }
}

/// The program of a function. `layers` are the folders of its layers' content, the last one first; `sdk` is a folder
/// `node_modules` with what Lambda ships, where there is one: see [`sdk_folder`]. `memory_mb` is the function's memory.
pub fn program(
    node: &Interpreter,
    clients: &Clients,
    task_root: &Path,
    runtime: &str,
    layers: &[PathBuf],
    sdk: Option<&Path>,
    memory_mb: u32,
) -> Program {
    let of_version = number(runtime).map(|number| format!("nodejs/node{number}/node_modules"));
    let folders = of_version
        .into_iter()
        .chain(["nodejs/node_modules".to_owned()]);
    // Lambda developer guide, "Working with layers for Node.js Lambda functions": that of the version comes first.
    let mut modules: Vec<_> = folders
        .flat_map(|folder| layers.iter().map(move |layer| layer.join(&folder)))
        .collect();
    modules.extend(sdk.map(Path::to_owned));
    let modules: Vec<_> = modules
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    let mut args = options(memory_mb).map(OsString::from).to_vec();
    args.push(clients.nodejs().into());
    Program {
        path: node.path.clone(),
        args,
        task_root: task_root.to_owned(),
        environment: BTreeMap::from([
            (
                "AWS_EXECUTION_ENV".to_owned(),
                format!("AWS_Lambda_{runtime}"),
            ),
            ("NODE_PATH".to_owned(), modules.join(":")),
        ]),
        handler: None,
        is_of_command: false,
    }
}

/// What Lambda's own bootstrap gives Node.js: a heap of the size of the function's memory, a tenth of it for what is young (seen: `/var/runtime/bootstrap`
/// of AWS's image for Node.js 18). A function that needs more ends there as here: `JavaScript heap out of memory`.
fn options(memory_mb: u32) -> [String; 4] {
    let young = memory_mb / 10;
    [
        "--expose-gc".to_owned(),
        "--max-http-header-size=81920".to_owned(),
        format!("--max-semi-space-size={}", young / 2),
        format!("--max-old-space-size={}", memory_mb - young),
    ]
}

/// Makes, in the clients' folder, a `node_modules` that has of `found`, a folder of this machine, what Lambda ships and nothing else:
/// what a function's package lacks must be missing here too. `None` where it has nothing of it.
///
/// # Errors
/// The operating system's.
#[cfg(unix)]
pub fn sdk_folder(clients: &Clients, runtime: &str, found: &Path) -> io::Result<Option<PathBuf>> {
    let there: Vec<_> = shipped(runtime)
        .iter()
        .filter(|name| found.join(name).is_dir())
        .collect();
    if there.is_empty() {
        return Ok(None);
    }
    let folder = clients
        .folder()
        .join("sdk")
        .join(runtime)
        .join("node_modules");
    std::fs::create_dir_all(&folder)?;
    for name in there {
        let link = folder.join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(std::path::absolute(found)?.join(name), link)?;
        }
    }
    Ok(Some(folder))
}

/// The first folder that has what Lambda ships: a `node_modules` beside one of these folders or above it, or else that of the packages
/// that are installed for all of this machine, beside the interpreter.
pub fn find_sdk(runtime: &str, beside: &[&Path], node: &Interpreter) -> Option<PathBuf> {
    let has = |folder: &PathBuf| {
        shipped(runtime)
            .iter()
            .any(|name| folder.join(name).is_dir())
    };
    let above = beside.iter().flat_map(|folder| folder.ancestors());
    let global = node.path.canonicalize().ok();
    let global = global
        .as_deref()
        .and_then(Path::parent)
        .and_then(Path::parent);
    above
        .map(|folder| folder.join("node_modules"))
        .chain(global.map(|prefix| prefix.join("lib/node_modules")))
        .find(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_given_what_lambda_ships_and_no_other_package() {
        let clients = Clients::write().unwrap();
        let app = tempfile::tempdir().unwrap();
        for name in ["@aws-sdk/client-s3", "@smithy/types", "left-pad", "aws-sdk"] {
            std::fs::create_dir_all(app.path().join("node_modules").join(name)).unwrap();
        }
        let node = Interpreter::new("/usr/bin/node", "20.1.0");
        let below = app.path().join("functions/one");
        let found = find_sdk("nodejs20.x", &[&below], &node).unwrap();
        let folder = sdk_folder(&clients, "nodejs20.x", &found).unwrap().unwrap();
        let names = |folder: &Path| -> Vec<_> {
            let mut names: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(&folder), ["@aws-sdk", "@smithy"]);
        let before = sdk_folder(&clients, "nodejs16.x", &found).unwrap().unwrap();
        assert_eq!(names(&before), ["aws-sdk"]);
    }

    #[test]
    fn layers_come_before_the_sdk_and_a_versions_own_folder_first() {
        let clients = Clients::write().unwrap();
        let node = Interpreter::new("/usr/bin/node", "22.1.0");
        let layers = [PathBuf::from("/two"), PathBuf::from("/one")];
        let program = program(
            &node,
            &clients,
            "/task".as_ref(),
            "nodejs22.x",
            &layers,
            Some("/sdk".as_ref()),
            512,
        );
        let (client, options) = program.args.split_last().unwrap();
        assert_eq!(Path::new(client), clients.nodejs());
        assert!(options.contains(&"--max-old-space-size=461".into()));
        assert_eq!(
            program.environment["NODE_PATH"],
            "/two/nodejs/node22/node_modules:/one/nodejs/node22/node_modules:/two/nodejs/node_modules:/one/nodejs/node_modules:/sdk"
        );
        assert_eq!(
            program.environment["AWS_EXECUTION_ENV"],
            "AWS_Lambda_nodejs22.x"
        );
    }
}
