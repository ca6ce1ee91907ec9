//! From a file to a stack.

use std::borrow::Cow;
use std::path::Path;

use miette::NamedSource;

use crate::document::{self, Document};
use crate::resolve::Resolver;
use crate::sam::{self, Early};
use crate::{
    Diagnostic, Inputs, Place, Refusal, Severity, Stack, lint, order, parameters, stack, text,
};

/// Reads a template from a file.
///
/// The stack takes its name from the file's stem where the inputs give none.
///
/// # Errors
/// A [`Refusal`] with everything that is wrong, also when the file cannot be read.
///
/// ```no_run
/// use rehearsal_template::{Inputs, read};
///
/// let stack = read("template.yaml".as_ref(), &Inputs::new("contacts"))?;
/// for alias in stack.aliases.iter().filter(|alias| alias.deployment.is_some()) {
///     println!("an update shifts {}", alias.logical_id);
/// }
/// # Ok::<(), rehearsal_template::Refusal>(())
/// ```
pub fn read(path: &Path, inputs: &Inputs) -> Result<Stack, Refusal> {
    let name = path.display().to_string();
    let inputs = named(inputs, path);
    match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => read_str(&name, &text, &inputs),
        Ok(Err(_)) => Err(unreadable(&name, "the file is not UTF-8 text".to_owned())),
        Err(error) => Err(unreadable(
            &name,
            format!("the file cannot be read: {error}"),
        )),
    }
}

fn named<'i>(inputs: &'i Inputs, path: &Path) -> Cow<'i, Inputs> {
    if !inputs.stack_name.is_empty() {
        return Cow::Borrowed(inputs);
    }
    let mut inputs = inputs.clone();
    inputs.stack_name = path.file_stem().map_or_else(
        || "stack".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    Cow::Owned(inputs)
}

fn unreadable(name: &str, message: String) -> Refusal {
    Refusal {
        text: NamedSource::new(name, String::new()),
        diagnostics: vec![
            Diagnostic::error("template::unreadable", message, Place::default())
                .help("check the path and its rights"),
        ],
    }
}

/// Reads a template from its text. `name` is what diagnostics call it.
///
/// # Errors
/// A [`Refusal`] with everything that is wrong.
///
/// ```
/// use rehearsal_template::{Inputs, read_str};
///
/// let template = "
/// Resources:
///   Greetings:
///     Type: AWS::DynamoDB::Table
///     Properties:
///       KeySchema: [{AttributeName: id, KeyType: HASH}]
///       AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
///       BillingMode: PAY_PER_REQUEST
/// ";
/// let stack = read_str("template.yaml", template, &Inputs::new("hello"))?;
/// assert_eq!(stack.tables[0].name.value.as_deref(), Ok("hello-Greetings"));
/// # Ok::<(), rehearsal_template::Refusal>(())
/// ```
pub fn read_str(name: &str, text: &str, inputs: &Inputs) -> Result<Stack, Refusal> {
    // A byte order mark is no part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    stack_of(text, &named(inputs, Path::new(name))).map_err(|mut diagnostics| {
        diagnostics.sort_by_key(|diagnostic| diagnostic.place);
        diagnostics.dedup();
        Refusal {
            text: NamedSource::new(name, text.to_owned()),
            diagnostics,
        }
    })
}

fn stack_of(text: &str, inputs: &Inputs) -> Result<Stack, Vec<Diagnostic>> {
    let root = text::parse(text)?;
    let mut diagnostics = Vec::new();
    let mut document = document::sections(&root, &mut diagnostics);
    let parameters = parameters::resolve(document.parameters.as_ref(), inputs, &mut diagnostics);
    let Document {
        mappings,
        conditions,
        outputs,
        ..
    } = &mut document;
    let (mappings, conditions, outputs) = (mappings.take(), conditions.take(), outputs.take());
    let early = Early {
        inputs,
        parameters: &parameters,
        mappings: mappings.as_ref(),
    };
    let expanded = sam::expand(&mut document, &early, &mut diagnostics);
    let resolver = Resolver::new(
        inputs,
        &parameters,
        mappings.as_ref(),
        conditions.as_ref(),
        &expanded.resources,
    );
    let mut stack = stack::build(
        &resolver,
        outputs.as_ref(),
        &document.loops,
        expanded.not_rehearsed,
    );
    let found = lint::check(&stack, &resolver);
    diagnostics.extend(resolver.into_diagnostics());
    if found
        .iter()
        .any(|diagnostic| diagnostic.code == lint::HOOK_REFERS_TO_API)
    {
        // It is the same circle, said better.
        diagnostics.retain(|diagnostic| diagnostic.code != order::CIRCLE);
    }
    diagnostics.extend(found);
    if diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
    {
        return Err(diagnostics);
    }
    stack.diagnostics = diagnostics;
    Ok(stack)
}
