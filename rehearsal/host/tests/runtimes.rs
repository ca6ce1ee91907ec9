//! Node.js and Python of this machine behind the Runtime API. Where one is missing, `make test` counts what is left out.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use rehearsal_host::confined::{self, Confinement};
use rehearsal_host::process::Exit;
use rehearsal_host::runtimes::clients::Clients;
use rehearsal_host::runtimes::interpreter::{Interpreter, InterpreterError};
use rehearsal_host::runtimes::{nodejs, python};
use rehearsal_host::{InvocationReport, Outcome, Program, Sandbox};
use serde_json::{Value, json};
use support::{Fixture, event, payload};

/// A function of one runtime, with its files.
struct Function {
    clients: Clients,
    folder: tempfile::TempDir,
    interpreter: Interpreter,
    runtime: &'static str,
}

impl Function {
    /// `None` where this machine has no such interpreter: `make test` counts it.
    fn new(runtime: &'static str, files: &[(&str, &str)]) -> Option<Self> {
        let interpreter = match Interpreter::find(runtime, None) {
            Ok(interpreter) => interpreter,
            Err(InterpreterError::Missing { .. }) => return None,
            Err(error) => panic!("{error}"),
        };
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Some(Self {
            clients: Clients::write().unwrap(),
            folder,
            interpreter,
            runtime,
        })
    }

    fn program(&self, layers: &[std::path::PathBuf]) -> Program {
        let (clients, folder) = (&self.clients, self.folder.path());
        if self.runtime.starts_with("nodejs") {
            nodejs::program(
                &self.interpreter,
                clients,
                folder,
                self.runtime,
                layers,
                None,
                nodejs::Configuration {
                    memory_mb: 128,
                    node_options: "",
                },
            )
        } else {
            python::program(&self.interpreter, clients, folder, self.runtime, layers)
        }
    }

    async fn start(&self, handler: &str) -> Sandbox {
        self.start_with(handler, self.program(&[]), &[]).await
    }

    async fn start_with(
        &self,
        handler: &str,
        program: Program,
        endpoints: &[(&str, &str)],
    ) -> Sandbox {
        let mut spec = Fixture::new().spec();
        handler.clone_into(&mut spec.handler);
        spec.program = program;
        spec.endpoints = endpoints
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>();
        Sandbox::start(spec).await.unwrap()
    }
}

/// A function of Node.js with this code, started; `None` as of [`Function::new`].
async fn started(code: &str) -> Option<(Function, Sandbox)> {
    let function = Function::new("nodejs22.x", &[("index.js", code)])?;
    let sandbox = function.start("index.handler").await;
    Some((function, sandbox))
}

/// The type and the message of an error.
fn error(report: &InvocationReport) -> (String, String) {
    let payload = payload(report);
    let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
    (text("errorType"), text("errorMessage"))
}

#[tokio::test]
async fn a_function_of_nodejs_answers_again_and_again_and_its_log_is_lambdas() {
    let code = "let n = 0; export const handler = async (event, context) => { console.log('n', n); return [n++, event, context.functionVersion] }";
    let Some(function) = Function::new("nodejs22.x", &[("src/app.mjs", code)]) else {
        return;
    };
    let mut sandbox = function.start("src/app.handler").await;
    for n in 0..2 {
        let report = sandbox.invoke(event(&json!({"a": n}))).await;
        assert_eq!(payload(&report), json!([n, {"a": n}, "7"]), "{report:?}");
        let expected = format!("\t{}\tINFO\tn {n}", report.request_id);
        assert!(report.log[0].text.ends_with(&expected), "{report:?}");
    }
}

#[tokio::test]
async fn an_error_that_nobody_catches_is_reported_and_the_process_is_known_to_be_gone() {
    let code = "exports.handler = () => new Promise(() => { Promise.reject(new Error('lost')) })";
    let Some((_function, mut sandbox)) = started(code).await else {
        return;
    };
    let report = sandbox.invoke(event(&json!({}))).await;
    let expected = (
        "Runtime.UnhandledPromiseRejection".to_owned(),
        "Error: lost".to_owned(),
    );
    assert_eq!(error(&report), expected);
    assert!(sandbox.is_dead(), "its runtime exits after it");
}

#[tokio::test]
async fn a_function_that_exits_in_its_next_line_has_answered() {
    let code = "exports.handler = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; callback(null, event); process.exit(0) }";
    let Some((_function, mut sandbox)) = started(code).await else {
        return;
    };
    let report = sandbox.invoke(event(&json!({"a": 1}))).await;
    assert_eq!(payload(&report), json!({"a": 1}), "{report:?}");
}

#[tokio::test]
async fn since_node_js_24_a_handler_is_awaited_and_one_with_a_callback_is_refused() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("exports.handler = (event) => event", json!({"a": 1})),
        ("exports.handler = async (event, context) => [context.callbackWaitsForEmptyEventLoop ?? null, typeof context.done]", json!([null, "undefined"])),
        ("exports.handler = () => { throw new TypeError('no') }", json!("TypeError")),
        ("exports.handler = (event, context, callback) => callback(null, event)", json!("Runtime.CallbackHandlerDeprecated")),
        ("exports.handler = async (event, context, callback) => event", json!("Runtime.CallbackHandlerDeprecated")),
        ("exports.handler = () => new Promise(() => {})", json!("Runtime.ExitError")),
    ];
    for (code, expected) in cases {
        let Some(function) = Function::new("nodejs24.x", &[("index.js", code)]) else {
            return;
        };
        let mut sandbox = function.start("index.handler").await;
        let report = sandbox.invoke(event(&json!({"a": 1}))).await;
        let answer = payload(&report);
        let found = answer.get("errorType").unwrap_or(&answer);
        assert_eq!(found, &expected, "{code}: {report:?}");
    }
}

#[tokio::test]
async fn what_node_js_can_do_and_lambda_has_turned_off_does_not_start() {
    #[rustfmt::skip] // A table.
    let files = [
        ("import.js", "import fs from 'node:fs'; export const handler = async () => 1"),
        ("require.js", "const own = require('own'); exports.handler = async () => own"),
        ("lib/own.js", "exports.handler = async () => require('lib/other')"),
        ("lib/other.js", "module.exports = 2"),
        ("node_modules/own/package.json", r#"{"type": "module", "exports": "./index.js"}"#),
        ("node_modules/own/index.js", "export default 1"),
    ];
    let Some(function) = Function::new("nodejs20.x", &files) else {
        return;
    };
    for (handler, kind, message) in [
        (
            "import.handler",
            "Runtime.UserCodeSyntaxError",
            "SyntaxError: Cannot use import statement outside a module",
        ),
        ("require.handler", "Error", "require() of ES Module"),
    ] {
        let mut sandbox = function.start(handler).await;
        let report = sandbox.invoke(event(&json!({}))).await;
        let (found, text) = error(&report);
        assert_eq!(found, kind, "{report:?}");
        assert!(text.starts_with(message), "{report:?}");
    }
    let mut sandbox = function.start("lib/own.handler").await;
    let report = sandbox.invoke(event(&json!({}))).await;
    assert_eq!(payload(&report), json!(2), "NODE_PATH has the code itself");
}

#[tokio::test]
async fn an_error_beside_a_stream_that_goes_on_is_reported_at_once() {
    let code = "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); Promise.reject(new Error('beside')); await new Promise((done) => setTimeout(done, 60_000)) })";
    let Some((_function, mut sandbox)) = started(code).await else {
        return;
    };
    let report = sandbox.invoke(event(&json!({}))).await;
    let expected = (
        "Runtime.UnhandledPromiseRejection".to_owned(),
        "Error: beside".to_owned(),
    );
    assert_eq!(error(&report), expected, "{report:?}");
}

#[tokio::test]
async fn what_keeps_a_function_of_nodejs_from_starting_is_worded_as_lambda_words_it() {
    #[rustfmt::skip] // A table.
    let cases = [
        (
            "require('no-such-package')",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'no-such-package'\nRequire stack:\n- TASK/index.js\n- /var/runtime/index.mjs",
        ),
        ("exports.other = 1", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
        ("exports.handler = async ( => 1", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token '=>'"),
        ("throw new TypeError('no')", "TypeError", "no"),
    ];
    for (code, kind, message) in cases {
        let Some(function) = Function::new("nodejs22.x", &[("index.js", code)]) else {
            return;
        };
        let mut sandbox = function.start("index.handler").await;
        let report = sandbox.invoke(event(&json!({}))).await;
        assert!(
            matches!(report.outcome, Outcome::InitError { .. }),
            "{report:?}"
        );
        let task = function.folder.path().display().to_string();
        let (found_kind, found) = error(&report);
        assert_eq!(
            (found_kind.as_str(), found.replace(&task, "TASK").as_str()),
            (kind, message)
        );
    }
}

#[tokio::test]
async fn a_layers_modules_are_found_by_both_kinds_of_modules() {
    #[rustfmt::skip] // A table.
    let files = [
        ("one.cjs", "const { X } = require('layered'); exports.handler = async () => X"),
        ("two.mjs", "import { X } from 'layered'; export const handler = async () => X"),
        ("layer/nodejs/node_modules/layered/index.js", "exports.X = 5"),
    ];
    let Some(function) = Function::new("nodejs22.x", &files) else {
        return;
    };
    let layers = [function.folder.path().join("layer")];
    for handler in ["one.handler", "two.handler"] {
        let mut sandbox = function
            .start_with(handler, function.program(&layers), &[])
            .await;
        let report = sandbox.invoke(event(&json!({}))).await;
        assert_eq!(payload(&report), json!(5), "{report:?}");
    }
}

#[tokio::test]
async fn a_missing_sdk_that_lambda_ships_is_said_with_how_to_get_it() {
    let code = "import '@aws-sdk/client-nothing'; export const handler = 1";
    let Some(function) = Function::new("nodejs22.x", &[("index.mjs", code)]) else {
        return;
    };
    let mut sandbox = function.start("index.handler").await;
    let report = sandbox.invoke(event(&json!({}))).await;
    let last = report
        .log
        .iter()
        .map(|line| line.text.as_str())
        .find(|text| text.starts_with("Lambda ships"));
    let advice = "Lambda ships @aws-sdk/client-nothing, and it is not on this machine: npm install --no-save @aws-sdk/client-nothing beside the template";
    assert_eq!(last, Some(advice), "{report:?}");
}

/// A listener that answers every request with its method, path and `Host`, as JSON.
async fn echo() -> rehearsal_host::listener::Listener {
    #[derive(Clone)]
    struct Echo;
    impl rehearsal_host::listener::Handler for Echo {
        type Body = http_body_util::Full<bytes::Bytes>;

        async fn handle(
            &self,
            request: http::Request<hyper::body::Incoming>,
        ) -> Option<http::Response<http_body_util::Full<bytes::Bytes>>> {
            let host = request
                .headers()
                .get("host")
                .and_then(|host| host.to_str().ok())
                .unwrap_or_default();
            let body = json!([request.method().as_str(), request.uri().path(), host]).to_string();
            Some(rehearsal_host::listener::answer(
                http::StatusCode::OK,
                "application/json",
                body,
            ))
        }
    }
    rehearsal_host::listener::Listener::start(Echo)
        .await
        .unwrap()
}

#[tokio::test]
async fn calls_to_aws_by_https_stay_on_this_machine_however_they_are_made() {
    let code = "
import https, { get } from 'node:https';
import { createRequire } from 'node:module';
const read = (answer, resolve) => { let text = ''; answer.on('data', (part) => { text += part }).on('end', () => resolve(JSON.parse(text))) };
const HOST = 's3.eu-west-1.amazonaws.com';
const ways = {
  options: () => new Promise((resolve, reject) => https.request({ hostname: 'b.' + HOST, port: 443, path: '/k?x', method: 'PUT', agent: new https.Agent() }, (a) => read(a, resolve)).on('error', reject).end('body')),
  url: () => new Promise((resolve, reject) => https.get(`https://${HOST}/u`, (a) => read(a, resolve)).on('error', reject)),
  named: () => new Promise((resolve, reject) => get(new URL(`https://${HOST}/n`), { headers: { Host: 'mine' } }, (a) => read(a, resolve)).on('error', reject)),
  required: () => new Promise((resolve, reject) => createRequire(import.meta.url)('https').request(`https://${HOST}/r`, (a) => read(a, resolve)).on('error', reject).end()),
  fetched: async () => (await (await fetch(`https://${HOST}/f`, { method: 'POST', body: 'x' })).json()).slice(0, 2),
};
export const handler = async () => Object.fromEntries(await Promise.all(Object.entries(ways).map(async ([name, way]) => [name, await way()])));
";
    let Some(function) = Function::new("nodejs22.x", &[("index.mjs", code)]) else {
        return;
    };
    let echo = echo().await;
    let url = format!("http://{}", echo.address());
    let program = function.program(&[]);
    let mut sandbox = function
        .start_with("index.handler", program, &[("AWS_ENDPOINT_URL", &url)])
        .await;
    let report = sandbox.invoke(event(&json!({}))).await;
    let host = "s3.eu-west-1.amazonaws.com";
    let expected = json!({
        "options": ["PUT", "/k", format!("b.{host}")],
        "url": ["GET", "/u", host],
        "named": ["GET", "/n", "mine"],
        "required": ["GET", "/r", host],
        "fetched": ["POST", "/f"],
    });
    assert_eq!(payload(&report), expected, "{report:?}");
}

#[tokio::test]
async fn a_function_of_python_answers_again_and_again_and_its_log_is_lambdas() {
    let code = "
import logging
logging.getLogger().setLevel('INFO')
N = 0
def handler(event, context):
    global N
    logging.info('n %s', N)
    N += 1
    return [N - 1, event, context.function_version]
";
    let Some(function) = Function::new("python3.11", &[("src/app.py", code)]) else {
        return;
    };
    let mut sandbox = function.start("src/app.handler").await;
    for n in 0..2 {
        let report = sandbox.invoke(event(&json!({"a": n}))).await;
        assert_eq!(payload(&report), json!([n, {"a": n}, "7"]), "{report:?}");
        let line = &report.log[0].text;
        let expected = format!("\t{}\tn {n}", report.request_id);
        assert!(
            line.starts_with("[INFO]\t") && line.ends_with(&expected),
            "{report:?}"
        );
    }
}

#[tokio::test]
async fn what_a_function_of_python_does_wrong_is_worded_as_lambda_words_it() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("import no_such_module", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'no_such_module'"),
        ("other = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("def handler(e, c): raise ValueError('no')", "ValueError", "no"),
        (
            "def handler(e, c): return {1, 2}",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
    ];
    for (code, kind, message) in cases {
        let Some(function) = Function::new("python3.11", &[("app.py", code)]) else {
            return;
        };
        let mut sandbox = function.start("app.handler").await;
        let report = sandbox.invoke(event(&json!({}))).await;
        assert_eq!(error(&report), (kind.to_owned(), message.to_owned()));
    }
}

#[tokio::test]
async fn a_write_that_is_denied_is_said_to_be_lambdas_rule() {
    let code =
        "def handler(event, context): raise PermissionError(13, 'Permission denied', 'out.csv')";
    let Some(function) = Function::new("python3.11", &[("app.py", code)]) else {
        return;
    };
    let mut sandbox = function.start("app.handler").await;
    let report = sandbox.invoke(event(&json!({}))).await;
    let last = &report.log.last().unwrap().text;
    let is_said = last.contains("functions can write only under /tmp");
    assert_eq!(is_said, confined::is_enforced(), "{report:?}");
}

#[tokio::test]
async fn what_is_unpacked_for_a_function_is_where_it_cannot_write() {
    let code = "import pathlib\ndef handler(event, context): pathlib.Path(__file__).with_name('out.csv').write_text('x')";
    let Some(function) = Function::new("python3.11", &[]) else {
        return;
    };
    let clients = &function.clients;
    let folder = clients.inline("Orders", "app.py", code).unwrap();
    let program = python::program(&function.interpreter, clients, &folder, "python3.11", &[]);
    let mut sandbox = function.start_with("app.handler", program, &[]).await;
    let report = sandbox.invoke(event(&json!({}))).await;
    let is_kept = sandbox.confinement() == Confinement::Whole;
    assert_eq!(report.outcome.is_success(), !is_kept, "{report:?}");
    // Whoever names the folder of temporary files may name one in /tmp.
    if std::env::var_os("TMPDIR").is_none() {
        assert_eq!(is_kept, confined::is_enforced());
    }
}

#[tokio::test]
async fn an_exit_of_python_ends_the_invocation_and_the_sandbox() {
    let code = "import sys\ndef handler(event, context): sys.exit(3)";
    let Some(function) = Function::new("python3.11", &[("app.py", code)]) else {
        return;
    };
    let mut sandbox = function.start("app.handler").await;
    let report = sandbox.invoke(event(&json!({}))).await;
    let exited = Outcome::Exited {
        how: Exit::Code(3),
        during_init: false,
    };
    assert_eq!(report.outcome, exited);
}

#[tokio::test]
async fn a_function_of_python_finds_its_layers_and_no_packages_of_this_machine_but_what_lambda_ships()
 {
    let code = "
import layered
def handler(event, context):
    found = {'layer': layered.X}
    for name in ('six', 'left_pad'):
        try:
            found[name] = __import__(name).X
        except ImportError as error:
            found[name] = str(error)
    return found
";
    let files = [
        ("app.py", code),
        ("layer/python/layered.py", "X = 5"),
        ("packages/six.py", "X = 6"),
        ("packages/left_pad.py", "X = 7"),
    ];
    let Some(mut function) = Function::new("python3.11", &files) else {
        return;
    };
    let packages = function.folder.path().join("packages");
    function.interpreter.packages = vec![packages];
    let layers = [function.folder.path().join("layer")];
    let mut sandbox = function
        .start_with("app.handler", function.program(&layers), &[])
        .await;
    let report = sandbox.invoke(event(&json!({}))).await;
    let expected: Value = json!({"layer": 5, "six": 6, "left_pad": "No module named 'left_pad'"});
    assert_eq!(payload(&report), expected, "{report:?}");
    let own = std::fs::read_dir(Path::new(function.folder.path())).unwrap();
    let names: Vec<_> = own.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !names.contains(&"__pycache__".into()),
        "nothing is written beside the function's files: {names:?}"
    );
}
