//! From a file to a stack.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use miette::NamedSource;

use crate::bounds::{MAX_BYTES, MAX_NAME, MAX_RESOURCES};
use crate::document::{self, Document};
use crate::loops::Loops;
use crate::ordered::Ordered;
use crate::resolve::Resolver;
use crate::resource::{Resource, Resources};
use crate::resource_at::ResourcesByPlace;
use crate::sam::{self, TransformTime};
use crate::stack::{MAX_NESTING, NestedStack, NestedTemplate};
use crate::text::{Node, NodeKind, Text};
use crate::text_file::{self, TextFileError};
use crate::{
    Diagnostic, Field, Inputs, Place, Refusal, Severity, Stack, files, form, lint, order,
    other_file, parameters, secure_strings, stack, text,
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
    let mut inputs = inputs.clone();
    inputs.folder.get_or_insert_with(|| folder_of(path));
    read_str(&path.display().to_string(), &text_of(path)?, &inputs)
}

/// The text of a template's file, without a byte order mark, for [`read_str`]. It is read once: it may be a pipe.
///
/// # Errors
/// A [`Refusal`] when the file cannot be read, or has more than [`MAX_BYTES`].
pub fn text_of(path: &Path) -> Result<String, Refusal> {
    let name = path.display().to_string();
    match text_file::read(path, MAX_BYTES) {
        Ok(mut text) => {
            if text.starts_with(BYTE_ORDER_MARK) {
                text.remove(0);
            }
            Ok(text)
        }
        Err(TextFileError::TooLarge { at_most }) => Err(Refusal {
            text: NamedSource::new(&name, String::new()),
            diagnostics: vec![text::too_large(&format!("more than {at_most}"))],
        }),
        Err(TextFileError::NotUtf8) => Err(unreadable(
            &name,
            "the file is not UTF-8 text".to_owned(),
            "save it as UTF-8; a command of PowerShell's writes UTF-16 unless it is told otherwise",
        )),
        Err(TextFileError::Unreadable(error)) => Err(unreadable(
            &name,
            format!("the file cannot be read: {error}"),
            if name.contains("://") {
                "templates are read from this machine alone: fetch it into a file first"
            } else {
                "check the path and its rights"
            },
        )),
    }
}

/// The folder of a template, to which files that it names are relative.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// It is no part of the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The names of the parameters that a template declares. Empty for a text that is no template: reading it says why.
///
/// ```
/// use rehearsal_template::parameter_names;
///
/// let template = "Parameters: {Stage: {Type: String}}\nResources: {}";
/// assert!(parameter_names(template).contains("Stage"));
/// ```
pub fn parameter_names(text: &str) -> BTreeSet<String> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let Ok(text) = text::parse(text) else {
        return BTreeSet::new();
    };
    let parameters = text.root.get("Parameters").and_then(Node::as_map);
    let parameters = parameters.into_iter().flatten();
    parameters.map(|(name, _)| name.clone()).collect()
}

/// What the stack of a template is called, of which nothing is read yet: `name` is what diagnostics call it.
pub fn stack_name(name: &str, inputs: &Inputs) -> String {
    named(inputs, Path::new(name)).stack_name.clone()
}

fn named<'i>(inputs: &'i Inputs, path: &Path) -> Cow<'i, Inputs> {
    if !inputs.stack_name.is_empty() {
        return Cow::Borrowed(inputs);
    }
    let mut inputs = inputs.clone();
    inputs.is_stack_name_assumed = true;
    // Names of resources are made of it, and those of functions have no other characters.
    inputs.stack_name = path.file_stem().map_or_else(
        || "stack".to_owned(),
        |stem| {
            let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let stem = stem.to_string_lossy();
            // CDK's files are called `Orders.template.json`, of a nested stack `OrdersInner.nested.template.json`.
            let stem = stem.strip_suffix(".template").unwrap_or(&stem);
            let stem = stem.strip_suffix(".nested").unwrap_or(stem);
            stem.replace(|c| !is_of_a_name(c), "-")
        },
    );
    Cow::Owned(inputs)
}

fn unreadable(name: &str, message: String, help: &str) -> Refusal {
    Refusal {
        text: NamedSource::new(name, String::new()),
        diagnostics: vec![
            Diagnostic::error("template::unreadable", message, Place::default()).help(help),
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
    read_with_trees(name, text, inputs).map(|(stack, _)| stack)
}

/// What a stack was read from: nothing of it is needed any more.
///
/// To give back its memory takes a tenth of the time of reading, so that a process that ends anyway may keep it.
pub struct Trees {
    _root: Node,
    _resources: Resources,
}

/// The same as [`read_str`], with what the stack was read from.
///
/// # Errors
/// A [`Refusal`] with everything that is wrong.
pub fn read_with_trees(name: &str, text: &str, inputs: &Inputs) -> Result<(Stack, Trees), Refusal> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    stack_of(text, &named(inputs, Path::new(name))).map_err(|mut diagnostics| {
        diagnostics.sort_by_key(|diagnostic| diagnostic.place);
        diagnostics.dedup();
        Refusal {
            text: NamedSource::new(name, text.to_owned()),
            diagnostics,
        }
    })
}

/// A template's text as plain data, nothing resolved: short tags are in their long form, `!Ref X` is `{"Ref": "X"}`.
///
/// It is read as SAM's command reads it: as JSON where it is JSON, else as PyYAML's `SafeLoader` reads YAML.
///
/// # Errors
/// What is wrong with the text as text.
///
/// ```
/// let data = rehearsal_template::data_of("Value: !Sub '${A}'\nLive: yes\n").expect("it is YAML");
/// assert_eq!(data, serde_json::json!({"Value": {"Fn::Sub": "${A}"}, "Live": true}));
/// ```
pub fn data_of(text: &str) -> Result<serde_json::Value, Vec<Diagnostic>> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    text::parse(text).map(|text| text.root.to_json())
}

/// The generated logical ids that CloudFormation would refuse, each at what it is generated for.
fn long_names(resources: &Ordered<Resource>) -> impl Iterator<Item = Diagnostic> {
    let long = resources
        .values()
        .filter(|resource| resource.logical_id.chars().count() > MAX_NAME);
    long.map(|resource| {
        let message = format!(
            "the logical id of the {} that SAM generates for it has {} characters; CloudFormation takes {MAX_NAME}",
            resource.r#type,
            resource.logical_id.chars().count()
        );
        Diagnostic::error("template::name-too-long", message, resource.place)
            .help("choose a shorter logical id")
    })
}

fn stack_of(text: &str, inputs: &Inputs) -> Result<(Stack, Trees), Vec<Diagnostic>> {
    let Text {
        mut root,
        mut warnings,
    } = text::parse(text).map_err(|problems| {
        let at = problems.first().map(|problem| problem.place);
        let other = other_file::by_lines(text).map(|other| other.refused(at.unwrap_or_default()));
        other.map_or(problems, |other| vec![other])
    })?;
    if root.get("Resources").is_none()
        && let Some(other) = other_file::by_keys(&root).or_else(|| other_file::by_lines(text))
    {
        return Err(vec![other.refused(root.place)]);
    }
    files::include(&mut root, inputs);
    unroll_loops(&mut root, inputs);
    let resources = ResourcesByPlace::new(&root);
    resources.name_in(&mut warnings);
    match stack_of_tree(&root, inputs) {
        Ok((mut stack, expanded)) => {
            stack.diagnostics.extend(warnings);
            stack.diagnostics.sort_by_key(|diagnostic| diagnostic.place);
            let trees = Trees {
                _root: root,
                _resources: expanded,
            };
            Ok((stack, trees))
        }
        Err(mut diagnostics) => {
            resources.name_in(&mut diagnostics);
            diagnostics.extend(warnings);
            Err(diagnostics)
        }
    }
}

/// Reads the templates of the stacks inside a stack, those that are files of this machine.
fn read_nested(stack: &mut Stack, inputs: &Inputs) {
    if inputs.folder.is_none() {
        return;
    }
    for nested in &mut stack.nested {
        let location = nested.location.as_ref().and_then(Field::known_value);
        let Some(location) = location.filter(|location| files::is_local(location)) else {
            continue;
        };
        let template = template_of(nested, location, inputs);
        let why = match &template {
            NestedTemplate::Read(_) => {
                "a nested stack is inspected, and not rehearsed with this one"
            }
            NestedTemplate::Refused(_) => "a nested stack whose template is refused",
            NestedTemplate::NotRead(_) => "a nested stack whose template is not read",
        };
        let why = match &template {
            NestedTemplate::NotRead(reason) => format!("{why}: {reason}"),
            _ => why.to_owned(),
        };
        for item in &mut stack.not_rehearsed {
            if item.logical_id == nested.logical_id {
                item.why.clone_from(&why);
            }
        }
        nested.template = Some(template);
    }
}

fn template_of(nested: &NestedStack, location: &str, inputs: &Inputs) -> NestedTemplate {
    if inputs.nesting >= MAX_NESTING {
        let why = format!("it is more than {MAX_NESTING} stacks deep");
        return NestedTemplate::NotRead(why);
    }
    let read = files::path_of(inputs, location).and_then(|path| {
        let text = text_file::read(&path, MAX_BYTES).map_err(|error| error.to_string())?;
        Ok((path, text))
    });
    let (path, text) = match read {
        Ok(read) => read,
        Err(why) => return NestedTemplate::NotRead(why),
    };
    let known = |(name, value): (&String, &Field<String>)| {
        Some((name.clone(), value.known_value()?.clone()))
    };
    let inner = Inputs {
        parameters: nested.parameters.iter().filter_map(known).collect(),
        stack_name: format!("{}-{}", inputs.stack_name, nested.logical_id),
        folder: Some(folder_of(&path)),
        root: inputs.root.clone().or_else(|| inputs.folder.clone()),
        nesting: inputs.nesting + 1,
        ..inputs.clone()
    };
    match read_str(location, &text, &inner) {
        Ok(stack) => NestedTemplate::Read(Box::new(stack)),
        Err(refusal) => NestedTemplate::Refused(refusal.diagnostics),
    }
}

/// Unrolls the loops of a template that names the transform for them.
fn unroll_loops(root: &mut Node, inputs: &Inputs) {
    if !document::has_extensions(root) {
        return;
    }
    // What is wrong with the parameters is reported when they are read for all else.
    let parameters = parameters::resolve(root.get("Parameters"), inputs, &mut Vec::new());
    let mappings = root.get("Mappings").cloned();
    let mut loops = Loops::new(&parameters, mappings.as_ref());
    let NodeKind::Map(sections) = &mut root.kind else {
        return;
    };
    for section in ["Conditions", "Resources", "Outputs"] {
        if let Some(entry) = sections.get_mut(section) {
            loops.unroll(&mut entry.value);
        }
    }
}

/// The stack, with the resources that it was built from.
fn stack_of_tree(root: &Node, inputs: &Inputs) -> Result<(Stack, Resources), Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let mut document = document::sections(root, &mut diagnostics);
    diagnostics.extend(form::check(root, &document));
    let parameters = parameters::resolve(document.parameters.as_ref(), inputs, &mut diagnostics);
    let Document {
        mappings,
        conditions,
        outputs,
        ..
    } = &mut document;
    let (mappings, conditions, outputs) = (mappings.take(), conditions.take(), outputs.take());
    let transform_time = TransformTime {
        inputs,
        parameters: &parameters,
        mappings: mappings.as_ref(),
    };
    let expanded = sam::expand(&mut document, &transform_time, &mut diagnostics);
    let count = expanded.resources.by_id.len();
    if count > MAX_RESOURCES {
        // What is declared was counted before: these are too many for what SAM generates.
        diagnostics.push(
            Diagnostic::error(
                "template::too-many-resources",
                format!("with what SAM generates the template has {count} resources; CloudFormation takes {MAX_RESOURCES}"),
                root.get("Resources").map_or(root.place, |resources| resources.place),
            )
            .help("split the stack"),
        );
        return Err(diagnostics);
    }
    diagnostics.extend(long_names(&expanded.resources.by_id));
    let resolver = Resolver::new(
        inputs,
        &parameters,
        mappings.as_ref(),
        conditions.as_ref(),
        &expanded.resources,
    );
    form::check_names(&resolver);
    secure_strings::check(&resolver);
    let mut stack = stack::build(
        &resolver,
        outputs.as_ref(),
        &document.left_open,
        expanded.not_rehearsed,
    );
    stack
        .not_rehearsed
        .extend(resolver.rules(root.get("Rules")));
    let found = lint::check(&stack, &resolver);
    resolver.ask_for_all(root);
    stack.asked_for = resolver.asked_for.take();
    diagnostics.extend(resolver.into_diagnostics());
    if found
        .iter()
        .any(|diagnostic| lint::HOOK_REFERS_TO_API.found(diagnostic))
    {
        // It is the same circle, in better words.
        diagnostics.retain(|diagnostic| diagnostic.code != order::CIRCLE);
    }
    diagnostics.extend(found);
    if diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
    {
        // A fact about an update says nothing of a template that is refused.
        diagnostics.retain(|diagnostic| diagnostic.severity != Severity::Note);
        return Err(diagnostics);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.place);
    diagnostics.dedup();
    stack.diagnostics = diagnostics;
    read_nested(&mut stack, inputs);
    stack.secrets = parameters::secrets(document.parameters.as_ref(), &parameters, inputs);
    stack.secret_parameters = parameters::not_echoed(document.parameters.as_ref());
    stack.parameters_without_value = parameters::without_value(&parameters)
        .into_iter()
        .map(|(name, place)| stack::ParameterWithoutValue {
            examples: parameters::examples(
                document.parameters.as_ref(),
                &name,
                &stack.asked_for.keys(&name),
                stack.asked_for.parts(&name),
            )
            .collect(),
            name,
            place,
        })
        .collect();
    Ok((stack, expanded.resources))
}
