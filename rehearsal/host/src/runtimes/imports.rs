//! Whether what a function's code loads is on this machine, found out without running any of it.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::{Family, Program};

/// The file beside a runtime client that reads what code loads.
const READERS: [(Family, &str); 2] = [
    (Family::Nodejs, "imports.mjs"),
    (Family::Python, "imports.py"),
];

/// What the code of an interpreted function needs as it starts and this machine has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What it is.
    pub kind: MissingKind,
    family: Family,
}

/// What may be missing. `by` is the file that needs it, relative to the function's folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MissingKind {
    /// The file, or the module, of the handler.
    Handler {
        /// The handler, or its module.
        handler: String,
    },
    /// A file of the function's own.
    File {
        /// What needs it.
        by: String,
        /// How it is named there.
        name: String,
    },
    /// A package that comes with the function.
    Package {
        /// What needs it.
        by: String,
        /// How it is named there.
        name: String,
    },
    /// A package that Lambda has beside every function of the runtime.
    Shipped {
        /// What needs it.
        by: String,
        /// How it is named there.
        name: String,
        /// How this machine gets it.
        hint: String,
    },
    /// Code that the interpreter can read.
    Syntax {
        /// The file.
        by: String,
        /// What the interpreter says of it.
        error: String,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_python = self.family == Family::Python;
        let loads = if is_python { "imports" } else { "loads" };
        match &self.kind {
            MissingKind::Handler { handler } if is_python => {
                write!(f, "there is no module {handler} for its handler")
            }
            MissingKind::Handler { handler } => {
                write!(f, "it has no file for its handler {handler}")
            }
            MissingKind::File { by, name } => {
                write!(f, "{by} {loads} {name}, which is not there")
            }
            MissingKind::Package { by, name } => {
                write!(f, "{by} {loads} {name}, which is not installed here")
            }
            MissingKind::Shipped { by, name, hint } => {
                write!(
                    f,
                    "{by} {loads} {name}, which is shipped by Lambda, and {hint}"
                )
            }
            MissingKind::Syntax { by, error } => write!(f, "{by} is no Python: {error}"),
        }
    }
}

/// What the code of an interpreted function loads as it starts and this machine has not, the first of it; `None` where everything is there,
/// or where that is not known. Its interpreter is asked, which reads the code and does not run it: what is loaded later, or in ways that
/// only running it shows, is not found.
pub fn missing(program: &Program, family: Family, handler: &str) -> Option<Missing> {
    let (_, reader) = READERS.iter().find(|(of, _)| *of == family)?;
    let (client, options) = program.args.split_last()?;
    let reader = Path::new(client).parent()?.join(reader);
    let output = Command::new(&program.path)
        .args(options)
        .arg(reader)
        .arg(handler)
        .current_dir(&program.task_root)
        .env_clear()
        .envs(&program.environment)
        .env("LAMBDA_TASK_ROOT", &program.task_root)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let found = output.status.success().then_some(output.stdout)?;
    let kind = serde_json::from_slice::<Option<MissingKind>>(&found).ok()??;
    Some(Missing { kind, family })
}

#[cfg(test)]
mod tests {
    use super::super::clients::Clients;
    use super::super::interpreter::Interpreter;
    use super::super::{nodejs, python};
    use super::*;

    /// What is missing to a function with these files.
    fn asked(interpreter: &Interpreter, runtime: &str, files: &[(&str, &str)]) -> Option<String> {
        let clients = Clients::write().unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let (root, family) = (folder.path(), Family::of(runtime));
        let configuration = nodejs::Configuration {
            memory_mb: 128,
            node_options: "",
        };
        let program = match family {
            Family::Python => python::program(interpreter, &clients, root, runtime, &[]),
            _ => nodejs::program(
                interpreter,
                &clients,
                root,
                runtime,
                &[],
                None,
                configuration,
            ),
        };
        let missing = missing(&program, family, "src/app.handler");
        missing.map(|missing| missing.to_string())
    }

    #[test]
    fn what_code_of_node_js_loads_is_looked_for() {
        let runtime = "nodejs22.x";
        // `make test` counts what is left out without one.
        let Ok(interpreter) = Interpreter::find(runtime, None) else {
            return;
        };
        #[rustfmt::skip] // A table.
        let cases = [
            (vec![("src/app.js", "const fs = require('fs');\nrequire('./own');"), ("src/own.js", "")], None),
            (
                vec![
                    ("src/app.js", "const own = require('./own');"),
                    ("src/own.js", "const x = require(\"left-pad\");"),
                ],
                Some("src/own.js loads left-pad, which is not installed here"),
            ),
            (vec![("src/app.js", "const own = require('../there');")], Some("src/app.js loads ../there, which is not there")),
            (vec![("src/app.mjs", "import {\n  a,\n} from 'left-pad';")], Some("src/app.mjs loads left-pad, which is not installed here")),
            (
                vec![
                    ("src/app.mjs", "import only from 'only';"),
                    (
                        "node_modules/only/package.json",
                        r#"{"exports": {"import": "./index.mjs"}}"#,
                    ),
                ],
                None,
            ),
            (
                vec![("src/app.mjs", "import { S3 } from '@aws-sdk/client-s3';")],
                Some(
                    "src/app.mjs loads @aws-sdk/client-s3, which is shipped by Lambda, and not on this machine: npm install --no-save @aws-sdk/client-s3 beside the template",
                ),
            ),
            (vec![("src/app.js", "try { require('left-pad') } catch {}\nfunction f() {\n  require('left-pad');\n}")], None),
            (
                vec![(
                    "src/app.js",
                    "  'use strict';\n  /* { */\n  const { a } = require('left-pad'); // {\n",
                )],
                Some("src/app.js loads left-pad, which is not installed here"),
            ),
            (vec![("src/app.ts", "")], Some("it has no file for its handler src/app.handler")),
        ];
        for (files, expected) in cases {
            let found = asked(&interpreter, runtime, &files);
            assert_eq!(found.as_deref(), expected, "{files:?}");
        }
    }

    #[test]
    fn what_code_of_python_imports_is_looked_for() {
        let runtime = "python3.12";
        // `make test` counts what is left out without one.
        let Ok(interpreter) = Interpreter::find(runtime, None) else {
            return;
        };
        #[rustfmt::skip] // A table.
        let cases = [
            (
                vec![
                    (
                        "src/app.py",
                        "import json, os.path\nfrom . import own\nfrom src.own import name",
                    ),
                    ("src/own.py", "import xml.dom"),
                ],
                None,
            ),
            (
                vec![
                    ("src/app.py", "from .own import name"),
                    ("src/own.py", "import left_pad.right"),
                ],
                Some("src/own.py imports left_pad, which is not installed here"),
            ),
            (
                vec![
                    ("src/app.py", "from src import own"),
                    ("src/own.py", "from left_pad import right"),
                ],
                Some("src/own.py imports left_pad, which is not installed here"),
            ),
            (vec![("src/app.py", "try:\n    import left_pad\nexcept ImportError:\n    pass\ndef f():\n    import left_pad")], None),
            (
                vec![("src/app.py", "print 'hello'")],
                Some(
                    "src/app.py is no Python: Missing parentheses in call to 'print'. Did you mean print(...)? (line 1)",
                ),
            ),
            (vec![("src/app.py", "import sys\nsys.path.append('lib')\nimport left_pad")], None),
            (vec![("src/other.py", "")], Some("there is no module src.app for its handler")),
        ];
        for (files, expected) in cases {
            let found = asked(&interpreter, runtime, &files);
            assert_eq!(found.as_deref(), expected, "{files:?}");
        }
        let found = asked(&interpreter, runtime, &[]);
        assert_eq!(
            found.as_deref(),
            Some("there is no module src.app for its handler")
        );
    }
}
