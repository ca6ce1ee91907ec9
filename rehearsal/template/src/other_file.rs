//! Files that are no templates and are taken for one: what each is, and what to do with it.

use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Place};

/// What a text is that is no template, with what to do about it.
pub(crate) struct OtherFile {
    /// Words that fit behind "this is".
    pub(crate) what: &'static str,
    pub(crate) help: &'static str,
}

impl OtherFile {
    /// Why it is refused.
    pub(crate) fn refused(&self, place: Place) -> Diagnostic {
        let message = format!("this is {}, and no template", self.what);
        Diagnostic::error("template::not-a-template", message, place).help(self.help)
    }
}

/// A key that such a file has, and what its value is.
type Has = (&'static str, fn(&Node) -> bool);

fn anything(_: &Node) -> bool {
    true
}

fn text(node: &Node) -> bool {
    node.as_str().is_some()
}

fn map(node: &Node) -> bool {
    node.as_map().is_some()
}

fn list(node: &Node) -> bool {
    node.as_list().is_some()
}

fn tree_version(node: &Node) -> bool {
    node.as_str()
        .is_some_and(|version| version.starts_with("tree-"))
}

const EVENT: &str = "an event stands in a rehearsal file: event_file of a [[traffic.request]]";
const API: &str = "a template names it: DefinitionUri of its API";
const CDK: &str = "name the folder that `cdk synth` has written: cdk.out";

/// Each by keys that it has, the first that fits.
#[rustfmt::skip] // A table.
const FILES: [(&[Has], &str, &str); 19] = [
    (&[("TemplateBody", anything)], "what `aws cloudformation get-template` prints", "the template is its TemplateBody: --query TemplateBody"),
    (&[("version", tree_version), ("tree", map)], "the tree of a CDK application", CDK),
    (&[("version", text), ("artifacts", map)], "the manifest of a CDK application", CDK),
    (&[("version", text), ("files", map)], "a list of a CDK application's assets", CDK),
    (&[("app", text)], "the configuration of a CDK application (cdk.json)", "name its folder, after `cdk synth`"),
    (&[("lockfileVersion", anything)], "a lock file of npm", "name the template's file"),
    (&[("name", text), ("scripts", map)], "a package.json of npm", "name the template's file"),
    (&[("name", text), ("dependencies", map)], "a package.json of npm", "name the template's file"),
    (&[("name", text), ("devDependencies", map)], "a package.json of npm", "name the template's file"),
    (&[("compilerOptions", map)], "the configuration of TypeScript (tsconfig.json)", "name the template's file"),
    (&[("Records", list)], "an event of a function", EVENT),
    (&[("requestContext", map)], "an event of a function", EVENT),
    (&[("detail-type", text), ("source", text)], "an event of a function", EVENT),
    (&[("openapi", text)], "the definition of an API (OpenAPI)", API),
    (&[("swagger", text)], "the definition of an API (Swagger)", API),
    (&[("service", anything), ("provider", anything)], "the configuration of the Serverless Framework", "`serverless package` writes a template: .serverless/cloudformation-template-update-stack.json"),
    (&[("services", map)], "a Compose file", "name the template's file"),
    (&[("jobs", map)], "a workflow of GitHub Actions", "name the template's file"),
    (&[("default", map), ("version", anything)], "a samconfig file of SAM's", "it goes beside a template: --samconfig FILE"),
];

/// What a tree without a template's sections is.
pub(crate) fn by_keys(root: &Node) -> Option<OtherFile> {
    if let NodeKind::List(items) = &root.kind {
        let is_report = items.first()?.get("deployments").is_some();
        return is_report.then_some(OtherFile {
            what: "a report of `rehearse run`",
            help: "rehearse report FILE shows it",
        });
    }
    let fits = |keys: &[Has]| keys.iter().all(|(key, is)| root.get(key).is_some_and(is));
    let (_, what, help) = FILES.iter().find(|(keys, ..)| fits(keys))?;
    Some(OtherFile { what, help })
}

/// What a text is that is no map: TOML looks like none of YAML's.
pub(crate) fn by_lines(text: &str) -> Option<OtherFile> {
    let mut lines = text.lines().map(str::trim_end);
    let is_header =
        |line: &str| line.starts_with('[') && line.ends_with(']') && !line.contains(',');
    let is_assignment = |line: &str| {
        line.split_once(" = ").is_some_and(|(key, _)| {
            let is_of_a_key =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '"');
            !key.is_empty() && key.chars().all(is_of_a_key)
        })
    };
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let is_toml = is_assignment(first) || is_header(first) && lines.any(is_assignment);
    is_toml.then_some(OtherFile {
        what: "TOML",
        help: "a rehearsal file is run: rehearse run FILE; a samconfig file goes beside a template: --samconfig FILE",
    })
}

#[cfg(test)]
mod tests {
    use crate::{Inputs, read_str};

    fn refused(text: &str) -> String {
        let refusal = read_str("file", text, &Inputs::new("s")).unwrap_err();
        let [only] = &refusal.diagnostics[..] else {
            panic!("{:?}", refusal.diagnostics);
        };
        let help = only.help.clone().unwrap_or_default();
        format!("{}: {}; {help}", only.code, only.message)
    }

    #[test]
    fn files_that_are_taken_for_templates_are_named() {
        for (text, what) in [
            (
                r#"{"name": "x", "version": "1.0.0", "dependencies": {}}"#,
                "package.json",
            ),
            (r#"{"Records": [{"messageId": "1"}]}"#, "an event"),
            (r#"{"app": "node app.js"}"#, "cdk.json"),
            (r#"{"version": "55.0.0", "artifacts": {}}"#, "cdk.out"),
            (r#"{"version": "tree-0.1", "tree": {}}"#, "the tree"),
            (
                r#"[{"name": "healthy", "deployments": []}]"#,
                "rehearse report FILE",
            ),
            (
                "version: 0.1\ndefault: {deploy: {parameters: {}}}\n",
                "--samconfig",
            ),
            (
                "version = 0.1\n[default.deploy.parameters]\nstack_name = \"x\"\n",
                "--samconfig",
            ),
            (
                "[default.deploy.parameters]\nstack_name = \"x\"\n",
                "--samconfig",
            ),
            (
                "# a rehearsal\ntemplate = \"t.yaml\"\n[traffic]\nrequests_per_minute = 1\n",
                "rehearse run FILE",
            ),
            ("openapi: 3.0.1\npaths: {}\n", "OpenAPI"),
            ("services: {db: {image: postgres}}\n", "Compose"),
        ] {
            let refused = refused(text);
            assert!(
                refused.starts_with("template::not-a-template: this is "),
                "{refused}"
            );
            assert!(refused.contains(what), "{refused}");
        }
    }

    #[test]
    fn what_nobody_knows_keeps_its_own_words() {
        for (text, code) in [
            (
                "just text\n",
                "template::not-a-template: a template is a map",
            ),
            ("{}", "template::no-resources"),
            ("Ressources: {A: {Type: T}}\n", "template::"),
            ("[1, 2]", "template::not-a-template: a template is a map"),
            ("a: [\n", "template::"),
        ] {
            let refused = refused(text);
            assert!(
                refused.starts_with(code) && !refused.contains("this is"),
                "{refused}"
            );
        }
    }
}
