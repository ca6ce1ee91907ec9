//! A template's sections.

use crate::bounds::{MAX_NAME, MAX_NODES, MAX_RESOURCES, MAX_SECTION};
use crate::ordered::Ordered;
use crate::resource::Resource;
use crate::text::{Map, Node, NodeKind};
use crate::{Diagnostic, Place};

/// A template cut into its sections, nothing resolved.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Whether it says `Transform: AWS::Serverless-2016-10-31`.
    pub(crate) is_sam: bool,
    /// Whether it names `AWS::LanguageExtensions`.
    pub(crate) has_extensions: bool,
    pub(crate) parameters: Option<Node>,
    pub(crate) mappings: Option<Node>,
    pub(crate) conditions: Option<Node>,
    pub(crate) globals: Option<Node>,
    pub(crate) resources: Ordered<Declared>,
    pub(crate) outputs: Option<Node>,
    /// Loops and macros, which make parts of the template when the stack is deployed.
    pub(crate) left_open: Vec<(String, Place)>,
}

/// A resource as the template declares it.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) resource: Resource,
    pub(crate) ignore_globals: Option<Node>,
    /// The connectors that are embedded in it.
    pub(crate) connectors: Option<Node>,
}

/// Cuts a template into its sections.
pub(crate) fn sections(root: &Node, diagnostics: &mut Vec<Diagnostic>) -> Document {
    let mut document = Document::default();
    let Some(map) = root.as_map() else {
        diagnostics.push(
            Diagnostic::error(
                "template::not-a-template",
                "a template is a map with `Resources`",
                root.place,
            )
            .help("is this the right file?"),
        );
        return document;
    };
    let section = |name: &str| map.get(name).map(|entry| entry.value.clone());
    document.is_sam = names(root, SAM);
    document.has_extensions = names(root, EXTENSIONS);
    document.left_open = left_open(root);
    document.parameters = section("Parameters");
    document.mappings = section("Mappings");
    document.conditions = section("Conditions");
    document.globals = section("Globals");
    document.outputs = section("Outputs");
    for name in ["Parameters", "Mappings", "Outputs"] {
        if let Some(entry) = map.get(name)
            && let Some(count) = entry.value.as_map().map(|map| map.len())
            && count > MAX_SECTION
        {
            let message =
                format!("`{name}` has {count} entries; CloudFormation takes {MAX_SECTION}");
            diagnostics.push(Diagnostic::error(
                "template::too-large",
                message,
                entry.key_place,
            ));
            return document;
        }
    }
    let long = long_names(map);
    if !long.is_empty() {
        diagnostics.extend(long);
        return document;
    }
    let Some(resources) = root.get("Resources") else {
        let mut diagnostic = Diagnostic::error(
            "template::no-resources",
            "the template has no `Resources`",
            root.place,
        );
        diagnostic.help = crate::suggest::closest("Resources", map.keys().map(String::as_str))
            .map(|near| format!("did you mean `Resources` instead of `{near}`?"));
        diagnostics.push(diagnostic);
        return document;
    };
    let Some(declared) = resources.as_map() else {
        diagnostics.push(Diagnostic::error(
            "template::resources",
            "`Resources` must be a map",
            resources.place,
        ));
        return document;
    };
    if declared.len() > MAX_RESOURCES {
        diagnostics.push(
            Diagnostic::error(
                "template::too-many-resources",
                format!(
                    "the template has {} resources; CloudFormation takes {MAX_RESOURCES}",
                    declared.len()
                ),
                resources.place,
            )
            .help("split the stack"),
        );
        return document;
    }
    if let Some(diagnostic) = too_much_of_globals(&document, declared) {
        diagnostics.push(diagnostic);
        return document;
    }
    for (logical_id, entry) in declared {
        if is_left_open(logical_id) {
            continue;
        }
        match declare(logical_id, entry.key_place, &entry.value) {
            Ok(resource) => {
                document.resources.insert(logical_id.clone(), resource);
            }
            Err(diagnostic) => diagnostics.push(diagnostic.resource(logical_id)),
        }
    }
    document
}

/// Names that CloudFormation would refuse for their length. They are not repeated: what is too long to be a name is too long for a
/// message.
fn long_names(root: &Map) -> Vec<Diagnostic> {
    [
        "Parameters",
        "Mappings",
        "Conditions",
        "Resources",
        "Outputs",
    ]
    .into_iter()
    .filter_map(|section| Some((section, root.get(section)?.value.as_map()?)))
    .flat_map(|(section, entries)| {
        entries
            .iter()
            .map(move |(name, entry)| (section, name, entry))
    })
    .filter(|(_, name, _)| name.chars().count() > MAX_NAME)
    .map(|(section, name, entry)| {
        let message = format!(
            "a name in `{section}` has {} characters; CloudFormation takes {MAX_NAME}",
            name.chars().count()
        );
        Diagnostic::error("template::name-too-long", message, entry.key_place)
    })
    .collect()
}

/// Each of SAM's resources gets a copy of the globals: the copies count as if they were written.
fn too_much_of_globals(document: &Document, declared: &Map) -> Option<Diagnostic> {
    let globals = document.globals.as_ref()?;
    let copies = declared
        .values()
        .filter_map(|entry| entry.value.get("Type")?.as_str())
        .filter(|r#type| r#type.starts_with("AWS::Serverless::"))
        .count();
    (globals.size().saturating_mul(copies) > MAX_NODES).then(|| {
        let message = format!(
            "merged into {copies} resources, `Globals` would have more than {MAX_NODES} values"
        );
        Diagnostic::error("template::too-large", message, globals.place)
    })
}

/// The key under which it is kept why an API's definition in a file is not read.
pub(crate) const NOT_READ: &str = "NotRead";

/// What the name of a macro that gets the whole template begins with, among what is left open.
pub(crate) const WHOLE_TEMPLATE: &str = "Transform ";

/// Whether a key stands for what a loop or a macro makes.
pub(crate) fn is_left_open(key: &str) -> bool {
    key.starts_with("Fn::ForEach") || key == "Fn::Transform"
}

/// The loops and macros of a template's sections, and the macros that get all of it
/// (CloudFormation user guide, "`Fn::ForEach`", "`Fn::Transform`", "`Transform` section").
fn left_open(root: &Node) -> Vec<(String, Place)> {
    let sections = ["Conditions", "Resources", "Outputs"]
        .into_iter()
        .filter_map(|section| root.get(section))
        .chain(std::iter::once(root))
        .filter_map(Node::as_map);
    let mut found: Vec<_> = sections
        .flatten()
        .filter(|(key, _)| is_left_open(key))
        .map(|(key, entry)| (key.clone(), entry.key_place))
        .collect();
    let transform = root.get("Transform");
    let named = match transform.and_then(Node::as_list) {
        Some(list) => list.iter().collect(),
        None => Vec::from_iter(transform),
    };
    found.extend(named.into_iter().filter_map(|node| {
        let name = node.as_str().or_else(|| node.get("Name")?.as_str())?;
        // These two are known: SAM is expanded here, and of the extensions' functions each is read or unknown by itself.
        let is_known = [SAM, EXTENSIONS].contains(&name);
        (!is_known).then(|| (format!("{WHOLE_TEMPLATE}{name}"), node.place))
    }));
    found
}

/// SAM's transform.
const SAM: &str = "AWS::Serverless-2016-10-31";
/// The transform of the extensions of CloudFormation's language.
const EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Whether a template's `Transform` names one.
fn names(root: &Node, transform: &str) -> bool {
    let is = |node: &Node| node.as_str() == Some(transform);
    let named = root.get("Transform");
    named.is_some_and(|node| is(node) || node.as_list().is_some_and(|list| list.iter().any(is)))
}

/// Whether a template names the transform of the extensions, which loops are of.
pub(crate) fn has_extensions(root: &Node) -> bool {
    names(root, EXTENSIONS)
}

/// The refusal of what is of the extensions in a template that does not name their transform (CloudFormation template reference,
/// "`AWS::LanguageExtensions` transform").
pub(crate) fn needs_extensions(what: &str, place: Place) -> Diagnostic {
    let message = format!("`{what}` needs a transform, which the template does not name");
    let help = format!("add `Transform: {EXTENSIONS}`, before SAM's where both are named");
    Diagnostic::error("template::no-extensions", message, place).help(help)
}

fn declare(logical_id: &str, place: Place, node: &Node) -> Result<Declared, Diagnostic> {
    // YAML 1.1 reads a plain `Yes` or `Off` as a boolean, which is no logical id.
    let is_boolean = matches!(logical_id, "true" | "false");
    let is_word = logical_id
        .chars()
        .all(|character| character.is_ascii_alphanumeric());
    if logical_id.is_empty() || !is_word || is_boolean {
        let mut diagnostic = Diagnostic::error(
            "template::logical-id",
            "Logical ids must be alphanumeric.",
            place,
        );
        diagnostic.help = is_boolean.then(|| {
            "YAML 1.1 reads yes, no, on and off as booleans: choose another logical id".to_owned()
        });
        return Err(diagnostic);
    }
    if node.as_map().is_none() {
        let message = format!("a resource must be a map, not {}", node.describe());
        return Err(Diagnostic::error("template::resource", message, place));
    }
    let r#type = node.get("Type").and_then(Node::as_str).ok_or_else(|| {
        Diagnostic::error(
            "template::resource-type",
            "the resource has no `Type`",
            place,
        )
    })?;
    let properties = match node.get("Properties") {
        Some(properties) if properties.as_map().is_some() => properties.clone(),
        // `Properties:` with nothing under it.
        Some(Node {
            kind: NodeKind::Null,
            place,
        }) => Node::map::<String>([], *place),
        None => Node::map::<String>([], place),
        Some(other) => {
            let message = format!("`Properties` must be a map, not {}", other.describe());
            return Err(Diagnostic::error(
                "template::properties",
                message,
                other.place,
            ));
        }
    };
    let condition = match node.get("Condition") {
        None => None,
        Some(condition) => {
            let name = condition.as_str().ok_or_else(|| {
                let message = format!("`Condition` takes a name, not {}", condition.describe());
                let diagnostic = Diagnostic::error("template::condition", message, condition.place);
                match condition.kind {
                    NodeKind::Bool(_) => diagnostic
                        .help("YAML 1.1 reads yes, no, on and off as booleans: quote the name"),
                    _ => diagnostic,
                }
            })?;
            Some((name.to_owned(), condition.place))
        }
    };
    let depends_on = match node.get("DependsOn") {
        None => Vec::new(),
        Some(one) if one.as_str().is_some() => vec![one],
        Some(many) => many.as_list().unwrap_or_default().iter().collect(),
    };
    Ok(Declared {
        resource: Resource {
            logical_id: logical_id.to_owned(),
            r#type: r#type.to_owned(),
            declared_type: r#type.to_owned(),
            place,
            properties,
            condition,
            depends_on: depends_on
                .into_iter()
                .filter_map(|node| Some((node.as_str()?.to_owned(), node.place)))
                .collect(),
            metadata: node.get("Metadata").cloned(),
            update_policy: node.get("UpdatePolicy").cloned(),
            deletion_policy: node.get("DeletionPolicy").cloned(),
            update_replace_policy: node.get("UpdateReplacePolicy").cloned(),
            generated_for: None,
            is_of_event: false,
        },
        ignore_globals: node.get("IgnoreGlobals").cloned(),
        connectors: node.get("Connectors").cloned(),
    })
}
