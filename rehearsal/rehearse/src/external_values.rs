//! What this machine cannot know: the values that a rehearsal file gives for it, and those that a run lacks.

use std::collections::BTreeSet;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;
use rehearsal_aws::lambda::variables::{is_reserved, steers_calls};
use rehearsal_deployment::bounds::Step;
use rehearsal_deployment::revision::Revision;
use rehearsal_deployment::{PlanError, Rehearsal};
use rehearsal_template::stack::DeploymentConfig;
use rehearsal_template::{Inputs, Missing, Stack};

use crate::file::{FileError, RehearsalFile};
use crate::names::help;

/// How a dynamic reference is written.
const REFERENCE: &str = "{{resolve:";

/// The inputs with what a file gives of elsewhere.
pub fn given(rehearsal: &Rehearsal, mut inputs: Inputs) -> Inputs {
    for (name, value) in &rehearsal.imports {
        inputs = inputs.import(name, value.to_text());
    }
    for (text, value) in &rehearsal.references {
        inputs = inputs.reference(text, value.to_text());
    }
    inputs
}

/// Gives the stack what the file has for it: hooks and deployment configurations of elsewhere, and its functions' variables. The names are
/// those of [`check`].
pub fn complete(file: &RehearsalFile, stack: &mut Stack) {
    let stubs = file.rehearsal.stubs();
    let hooks = stack.hooks_elsewhere().into_iter();
    let hooks = hooks.filter(|hook| stubs.of(hook, Revision::After).is_some());
    let hooks: Vec<String> = hooks.map(str::to_owned).collect();
    for hook in hooks {
        stack.add_hook(&hook);
    }
    for (name, shift) in &file.rehearsal.deployment_configs {
        if let Some(traffic) = TrafficRouting::named_like(shift) {
            stack.add_configuration(name, traffic);
        }
    }
    for (function, variables) in &file.rehearsal.environment {
        let variables = variables
            .iter()
            .map(|(name, value)| (name.clone(), value.to_text()));
        stack.set_variables(function, variables);
    }
}

/// The longest name of an SSM parameter (API model 2014-11-06, `PSParameterName`; its constraints are those of `PutParameter`'s documentation).
const LONGEST_PARAMETER: usize = 1_011;

/// Why there can be no SSM parameter of this name beside those of a stack.
fn cannot_be(name: &str, stack: &Stack) -> Option<(String, &'static str)> {
    let may_be = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    if name.is_empty() || name.len() > LONGEST_PARAMETER || !name.chars().all(may_be) {
        let why = format!("{name:?} is no name of an SSM parameter");
        return Some((why, "it consists of letters, digits, `_`, `.`, `-` and `/`"));
    }
    if name.contains('/') && !name.starts_with('/') {
        let why = format!("{name} is no path of an SSM parameter");
        return Some((why, "a path begins with a slash"));
    }
    let mut own = stack.ssm_parameters.iter();
    let own = own.find(|own| own.name.known_value().is_some_and(|own| own == name))?;
    let why = format!("the template writes {name} itself ({})", own.logical_id);
    Some((why, "leave it out: its value is the template's"))
}

/// Whether the template asks for all that a file gives, and its functions can have the variables.
///
/// # Errors
/// The first that is not so, at its place in the file.
pub fn check(file: &RehearsalFile, stack: &Stack) -> Result<(), FileError> {
    let asked = &stack.asked_for;
    for name in file.rehearsal.imports.keys() {
        if !asked.imports.contains(name) {
            let message = format!("the template imports no value {name}");
            return Err(unasked(file, "imports", name, message, &asked.imports));
        }
    }
    for text in file.rehearsal.references.keys() {
        if !asked.references.contains(text) {
            let message = if text.starts_with(REFERENCE) {
                format!("the template has no dynamic reference {text}")
            } else {
                format!(
                    "{text} is no dynamic reference; write it whole, from {REFERENCE} to its closing braces"
                )
            };
            return Err(unasked(
                file,
                "references",
                text,
                message,
                &asked.references,
            ));
        }
    }
    for name in file.rehearsal.ssm_parameters.keys() {
        if let Some((why, help)) = cannot_be(name, stack) {
            let at = ["ssm_parameters".into(), Step::from(name.as_str())];
            return Err(file.wrong_at(why, &at, Some(help.to_owned())));
        }
    }
    for (name, shift) in &file.rehearsal.deployment_configs {
        let at = ["deployment_configs".into(), Step::from(name.as_str())];
        if TrafficRouting::named_like(shift).is_none() {
            let message = format!("{shift} does not say how traffic shifts");
            let help = "write it like SAM's: AllAtOnce, Canary20Percent15Minutes, Linear5PercentEvery2Minutes";
            return Err(file.wrong_at(message, &at, Some(help.to_owned())));
        }
        let given = |config: &DeploymentConfig| config.logical_id == *name && config.name.is(name);
        if !stack.deployment_configs.iter().any(given) {
            let message = format!("no deployment has a configuration {name} of elsewhere");
            let others = stack.configurations_elsewhere();
            let help = help(name, &Vec::from_iter(others));
            return Err(file.wrong_at(message, &at, help));
        }
    }
    for (function, variables) in &file.rehearsal.environment {
        let table = ["environment".into(), Step::from(function.as_str())];
        if stack.function(function).is_none() {
            let functions = stack.functions.iter();
            let functions = functions.map(|function| function.logical_id.as_str());
            let functions: Vec<_> = functions.collect();
            let message = format!("the template has no function {function}");
            return Err(file.wrong_at(message, &table, help(function, &functions)));
        }
        for name in variables.keys() {
            if let Some((why, help)) = cannot_set(name) {
                let at = [&table[..], &[Step::from(name.as_str())]].concat();
                return Err(file.wrong_at(why, &at, help));
            }
        }
    }
    Ok(())
}

/// Why a function cannot have a variable, and what to do about it.
fn cannot_set(name: &str) -> Option<(String, Option<String>)> {
    if is_reserved(name) {
        let why = format!("Lambda sets the variable `{name}` itself, and refuses the function");
        return Some((why, None));
    }
    let help = "the SDKs of functions find the rehearsal's own endpoints; leave it out";
    steers_calls(name).then(|| {
        let why = format!(
            "the variable `{name}` steers where calls go, and a rehearsal's stay on its machine: it is not passed on"
        );
        (why, Some(help.to_owned()))
    })
}

fn unasked(
    file: &RehearsalFile,
    table: &str,
    key: &str,
    message: String,
    asked: &BTreeSet<String>,
) -> FileError {
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let help = help(key, &asked);
    file.wrong_at(message, &[table.into(), key.into()], help)
}

/// What a run needs and this machine cannot know: one refusal, with a line to add for each value.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{file} lacks {} that the deployment needs and this machine cannot know", count(values.len()))]
#[diagnostic(code(rehearse::unknown))]
struct Lacking {
    file: String,
    #[related]
    values: Vec<LackingValue>,
}

/// One of them, at the place in the template where it is needed.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
struct LackingValue {
    message: String,
    #[source_code]
    text: Arc<NamedSource<String>>,
    #[label("here")]
    at: SourceSpan,
    #[help]
    help: String,
}

fn count(values: usize) -> String {
    match values {
        1 => "a value".to_owned(),
        several => format!("{several} values"),
    }
}

/// Takes those out of a plan's errors that a value of the file would mend, and makes them one refusal.
pub fn lacking(
    file: &RehearsalFile,
    text: &Arc<NamedSource<String>>,
    errors: Vec<PlanError>,
) -> (Option<miette::Report>, Vec<PlanError>) {
    let mut asked = BTreeSet::new();
    let mut values = Vec::new();
    let mut others = Vec::new();
    for error in errors {
        let Some(missing) = &error.missing else {
            others.push(error);
            continue;
        };
        // One value may be needed at many places. The first of them will do.
        if asked.insert(missing.clone()) {
            let (table, line) = line_for(missing);
            values.push(LackingValue {
                message: error.to_string(),
                text: Arc::clone(text),
                at: error.place.span(),
                help: format!("add to [{table}] of {}: {line}", file.path.display()),
            });
        }
    }
    let refusal = (!values.is_empty()).then(|| {
        let file = file.path.display().to_string();
        miette::Report::new(Lacking { file, values })
    });
    (refusal, others)
}

/// The table of a rehearsal file that has such a value, and the line to add, its value left to fill in.
fn line_for(missing: &Missing) -> (&'static str, String) {
    let (table, name) = table_of(missing);
    (table, format!("{} = \"…\"", key(name)))
}

/// The table of a rehearsal file that has such a value, and its name there.
pub fn table_of(missing: &Missing) -> (&'static str, &str) {
    match missing {
        Missing::Parameter(name) => ("parameters", name),
        Missing::Import(name) => ("imports", name),
        Missing::Reference(text) => ("references", text),
    }
}

/// A key as TOML writes it: bare where it can be.
pub fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        toml::Value::String(name.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /stage}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: orders
      FunctionName: !Sub '${Stage}-orders'
      Environment:
        Variables: {GROUP: !ImportValue network-Group, KEY: 'k={{resolve:ssm:/key}}', URL: 'http://x'}
";

    /// A file with this after its template, and the stack with what it gives.
    fn read(more: &str) -> (RehearsalFile, Stack) {
        let text = format!("template = 't.yaml'\n{more}\n[traffic]\nrequests_per_minute = 0\n");
        let file = RehearsalFile::parse(Path::new("r.toml"), text).unwrap();
        let mut inputs = Inputs::new("s");
        for (name, value) in &file.rehearsal.parameters {
            inputs = inputs.parameter(name, value.to_text());
        }
        let mut stack =
            rehearsal_template::read_str("t.yaml", TEMPLATE, &given(&file.rehearsal, inputs))
                .unwrap();
        complete(&file, &mut stack);
        (file, stack)
    }

    fn variable(stack: &Stack, name: &str) -> Option<String> {
        let environment = stack.function("Orders")?.environment.known_value()?;
        environment.get(name)?.known_value().cloned()
    }

    #[test]
    fn what_a_file_gives_is_what_the_template_means() {
        let (file, stack) = read(
            "[parameters]\nStage = 'prod'\n[imports]\nnetwork-Group = 'sg-1'\n[references]\n'{{resolve:ssm:/key}}' = 7\n\
             [environment.Orders]\nURL = 'http://here'\nMORE = true",
        );
        check(&file, &stack).unwrap();
        assert_eq!(
            stack.function("Orders").unwrap().name.value.as_deref(),
            Ok("prod-orders")
        );
        for (name, value) in [
            ("GROUP", "sg-1"),
            ("KEY", "k=7"),
            ("URL", "http://here"),
            ("MORE", "true"),
        ] {
            assert_eq!(variable(&stack, name).as_deref(), Some(value), "{name}");
        }
        let (_, without) = read("");
        assert!(without.function("Orders").unwrap().name.value.is_err());
        assert_eq!(variable(&without, "GROUP"), None);
        assert_eq!(variable(&without, "KEY"), None);
    }

    #[test]
    fn a_parameter_that_cannot_be_is_refused_at_its_place() {
        for (given, message) in [
            ("'/a b' = 'x'", "\"/a b\" is no name of an SSM parameter"),
            ("'a/b' = 'x'", "a/b is no path of an SSM parameter"),
            ("'/own' = 'x'", "the template writes /own itself (Own)"),
        ] {
            let (file, mut stack) = read(&format!("[ssm_parameters]\n'/there' = 7\n{given}"));
            let own = "Resources:\n  Own: {Type: AWS::SSM::Parameter, Properties: {Name: /own, Type: String, Value: x}}\n";
            let own = rehearsal_template::read_str("t.yaml", own, &Inputs::new("s")).unwrap();
            stack.ssm_parameters = own.ssm_parameters;
            let FileError::Wrong {
                message: actual,
                at: Some(place),
                text,
                ..
            } = check(&file, &stack).unwrap_err()
            else {
                panic!("{given} is wrong at a place")
            };
            assert_eq!(actual, message);
            assert!(text.inner()[place.offset()..].starts_with("***"), "{given}");
        }
    }

    #[test]
    fn what_the_template_does_not_ask_for_is_refused_at_its_place_with_what_may_be_meant() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("[imports]\nnetwork-Gruop = 'x'", "'x'", "the template imports no value network-Gruop", "network-Group"),
            (
                "[references]\n'{{resolve:ssm:/kye}}' = 'x'",
                "'x'",
                "the template has no dynamic reference {{resolve:ssm:/kye}}",
                "{{resolve:ssm:/key}}",
            ),
            ("[environment.Order]\nA = 'x'", "[environment.Order]", "the template has no function Order", "Orders"),
        ];
        for (more, at, message, meant) in cases {
            let (file, stack) = read(more);
            let FileError::Wrong {
                message: actual,
                choices: None,
                at: Some(place),
                help: Some(help),
                text,
            } = check(&file, &stack).unwrap_err()
            else {
                panic!("{more} is wrong at a place, with help")
            };
            assert_eq!(actual, message);
            assert_eq!(
                &text.inner()[place.offset()..place.offset() + place.len()],
                at
            );
            assert_eq!(help, format!("did you mean {meant}?"));
        }
    }

    #[test]
    fn variables_that_no_function_can_have_here_are_refused() {
        for name in ["AWS_REGION", "AWS_ENDPOINT_URL_S3", "HTTPS_PROXY"] {
            let (file, stack) = read(&format!("[environment.Orders]\n{name} = 'x'"));
            let error = check(&file, &stack).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_line_to_add_is_toml() {
        #[rustfmt::skip] // A table.
        let cases = [
            (Missing::Parameter("Stage".into()), "[parameters]\nStage = \"…\""),
            (Missing::Import("net:Group".into()), "[imports]\n\"net:Group\" = \"…\""),
            (Missing::Reference("{{resolve:ssm:/a\"b}}".into()), "[references]\n'{{resolve:ssm:/a\"b}}' = \"…\""),
        ];
        for (missing, written) in cases {
            let (table, line) = line_for(&missing);
            let text = format!("[{table}]\n{line}");
            assert_eq!(text, written);
            toml::from_str::<toml::Table>(&text).unwrap();
        }
    }
}
