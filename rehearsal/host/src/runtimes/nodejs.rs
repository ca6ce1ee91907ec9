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

/// What a function's configuration says of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configuration<'c> {
    /// Its memory.
    pub memory_mb: u32,
    /// Its variable `NODE_OPTIONS`; empty where it has none.
    pub node_options: &'c str,
}

/// The program of a function. `layers` are the folders of its layers' content, the last one first; `sdk` is a folder
/// `node_modules` with what Lambda ships, where there is one: see [`sdk_folder`].
pub fn program(
    node: &Interpreter,
    clients: &Clients,
    task_root: &Path,
    runtime: &str,
    layers: &[PathBuf],
    sdk: Option<&Path>,
    configuration: Configuration<'_>,
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
    // Last the code itself, so that `require('lib/orders')` is found from anywhere in it (`/var/runtime/bootstrap`: `task="/var/runtime:/var/task"`).
    modules.push(task_root.to_owned());
    let modules: Vec<_> = modules
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    let options = options(node, runtime, configuration).into_iter();
    let mut args: Vec<_> = options.map(OsString::from).collect();
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
        layers: layers.to_vec(),
        is_of_command: false,
    }
}

/// What Lambda's own bootstrap gives Node.js: a heap of the size of the function's memory, a tenth of it for what is young, unless the function's
/// own options say how large (seen: `/var/runtime/bootstrap` of AWS's images for Node.js 18 and 24); and no experimental features. A function that
/// needs more ends there as here: `JavaScript heap out of memory`.
fn options(node: &Interpreter, runtime: &str, configuration: Configuration<'_>) -> Vec<String> {
    let Configuration {
        memory_mb,
        node_options,
    } = configuration;
    let mut options = vec![
        "--expose-gc".to_owned(),
        "--max-http-header-size=81920".to_owned(),
    ];
    // V8 takes its options with hyphens and with underscores.
    let own = node_options.replace('_', "-");
    if !["--max-semi-space-size", "--max-old-space-size"]
        .iter()
        .any(|size| own.contains(size))
    {
        let young = memory_mb / 10;
        options.push(format!("--max-semi-space-size={}", young / 2));
        options.push(format!("--max-old-space-size={}", memory_mb - young));
    }
    let off = EXPERIMENTAL.iter().filter(|feature| {
        let of_runtime = number(runtime).is_some_and(feature.is_off);
        of_runtime && feature.is_known_to(node) && !node_options.contains(feature.on)
    });
    options.extend(off.map(|feature| feature.off.to_owned()));
    options
}

/// A feature that Node.js has by itself, and Lambda turns off.
struct Experimental {
    off: &'static str,
    /// What turns it on again, in `NODE_OPTIONS`: Lambda then leaves `off` away.
    on: &'static str,
    /// Whether functions of a runtime go without: Lambda turns it off, or its Node.js has no such feature.
    is_off: fn(u32) -> bool,
    /// The versions of Node.js that know the option, each the first of its line; all later lines do.
    known_from: [(u32, u32); 2],
}

/// So `import` in a file that is no ES module ends a function there (`Cannot use import statement outside a module`), and `require` of a package that
/// is one (`ERR_REQUIRE_ESM`). Sources: Lambda developer guide, "Building Lambda functions with Node.js", "Experimental Node.js features";
/// Node.js, "Command-line API".
const EXPERIMENTAL: [Experimental; 2] = [
    Experimental {
        off: "--no-experimental-require-module",
        on: "--experimental-require-module",
        is_off: |runtime| runtime <= 22,
        known_from: [(20, 17), (22, 0)],
    },
    Experimental {
        off: "--no-experimental-detect-module",
        on: "--experimental-detect-module",
        is_off: |runtime| runtime == 22 || runtime < 20,
        known_from: [(20, 10), (21, 1)],
    },
];

impl Experimental {
    /// Node.js does not start with an option that it does not know.
    fn is_known_to(&self, node: &Interpreter) -> bool {
        let mut parts = node
            .version
            .split('.')
            .map_while(|part| part.parse::<u32>().ok());
        let (Some(major), Some(minor)) = (parts.next(), parts.next()) else {
            return false;
        };
        let [_, (last, _)] = self.known_from;
        let of_line = |(line, least): &(u32, u32)| major == *line && minor >= *least;
        major > last || self.known_from.iter().any(of_line)
    }
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

    fn of_512_mb(node_options: &str) -> Configuration<'_> {
        Configuration {
            memory_mb: 512,
            node_options,
        }
    }

    #[test]
    fn experimental_features_are_off_where_lambda_has_them_off_and_node_js_knows_the_option() {
        const REQUIRE: &str = "--no-experimental-require-module";
        const DETECT: &str = "--no-experimental-detect-module";
        let off = |version: &str, runtime: &str, node_options: &str| -> Vec<String> {
            let node = Interpreter::new("/usr/bin/node", version);
            let options = options(&node, runtime, of_512_mb(node_options)).into_iter();
            options
                .filter(|option| option.starts_with("--no-"))
                .collect()
        };
        #[rustfmt::skip] // A table.
        let cases = [
            ("22.12.0", "nodejs22.x", "", vec![REQUIRE, DETECT]),
            ("20.20.2", "nodejs20.x", "", vec![REQUIRE]),
            ("24.1.0", "nodejs22.x", "", vec![REQUIRE, DETECT]),
            ("22.12.0", "nodejs18.x", "", vec![REQUIRE, DETECT]),
            ("24.1.0", "nodejs24.x", "", vec![]),
            ("18.20.0", "nodejs18.x", "", vec![]),
            ("20.16.0", "nodejs22.x", "", vec![DETECT]),
            ("21.0.0", "nodejs22.x", "", vec![]),
            ("22.12.0", "nodejs22.x", "--experimental-require-module", vec![DETECT]),
            ("22.12.0", "nodejs22.x", "--enable-source-maps --no-experimental-require-module", vec![REQUIRE, DETECT]),
        ];
        for (version, runtime, node_options, expected) in cases {
            let found = off(version, runtime, node_options);
            assert_eq!(found, expected, "{version} {runtime} {node_options}");
        }
    }

    #[test]
    fn a_heap_that_a_function_sizes_itself_is_left_to_it() {
        let node = Interpreter::new("/usr/bin/node", "22.12.0");
        let sized = |node_options: &str| {
            let options = options(&node, "nodejs22.x", of_512_mb(node_options));
            options.iter().any(|option| option.contains("space-size"))
        };
        assert!(sized("--enable-source-maps"));
        assert!(!sized("--max-old-space-size=400"));
        assert!(!sized("--max_semi_space_size=10"));
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
            of_512_mb(""),
        );
        let (client, options) = program.args.split_last().unwrap();
        assert_eq!(Path::new(client), clients.nodejs());
        assert!(options.contains(&"--max-old-space-size=461".into()));
        assert_eq!(
            program.environment["NODE_PATH"],
            "/two/nodejs/node22/node_modules:/one/nodejs/node22/node_modules:/two/nodejs/node_modules:/one/nodejs/node_modules:/sdk:/task"
        );
        assert_eq!(
            program.environment["AWS_EXECUTION_ENV"],
            "AWS_Lambda_nodejs22.x"
        );
    }
}
