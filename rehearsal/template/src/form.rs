//! What CloudFormation refuses of a template's form, whatever its resources are: sections and attributes that there are not, a format
//! version, names that nothing has.
//!
//! Sources: CloudFormation user guide, "Template sections", "Resource attribute reference", "`DeletionPolicy` attribute",
//! "`UpdateReplacePolicy` attribute", "`DependsOn` attribute", "Parameters", "Conditions" ("you can reference parameters and other
//! conditions"; of `Fn::And` and `Fn::Or` 2 to 10), "Description" (1,024 bytes), "Mappings" (two levels of keys, values that are text or lists; names
//! are alphanumeric). Its words for them: `Invalid template property or properties`, `unsupported value for AWSTemplateFormatVersion`,
//! `Invalid template resource property`, `Unrecognized DeletionPolicy`, `Unrecognized parameter type`, `Unresolved resource dependencies`,
//! `Cannot reference resources in the Conditions block of the template`; and, seen, `Parameter name Www_1DesiredCount is non alphanumeric`
//! (convox/rack 364), `Invalid template parameter property 'DefaultValue'` (zalando-stups/senza 94), `Every Default member must be a string` (aws-sam-cli
//! 1358), `Mappings attribute name 'v1.1.2' must contain only alphanumeric characters` (cloudtools/troposphere 426), `DependsOn must be a string or list of
//! strings` (cloudtools/troposphere 709), `every Fn::And object requires a list of atleast 2 and atmost 10 boolean parameters`
//! (buildkite/elastic-ci-stack-for-aws 370), `'null' values are not allowed in templates` (cfn-lint 38, serverless-aws-alias 66). They are refused
//! before anything is deployed.
//!
//! A macro gets the whole template, and may make anything of it: where one is named, neither sections nor attributes are judged.

use crate::document::{Document, is_left_open, needs_extensions};
use crate::null;
use crate::resolve::Resolver;
use crate::resource::Resource;
use crate::text::{Entry, Map, Node, NodeKind};
use crate::{Diagnostic, Place, resource_types, suggest};

/// The sections of a template; `Globals` is SAM's.
const SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// The only format version.
const FORMAT_VERSION: &str = "2010-09-09";

/// The attributes of a resource; the last two are SAM's. `Description` is in no list of them, and templates that have been deployed have it.
const ATTRIBUTES: [&str; 13] = [
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Description",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Version",
    "Connectors",
    "IgnoreGlobals",
];

/// What `DeletionPolicy` may be; `UpdateReplacePolicy` the same but the last.
const POLICIES: [&str; 4] = ["Delete", "Retain", "Snapshot", "RetainExceptOnCreate"];

/// The types whose resources have snapshots (CloudFormation user guide, "`DeletionPolicy` attribute", "Resources that support snapshots";
/// cfn-lint, `valid_snapshot_types`).
const WITH_SNAPSHOTS: [&str; 8] = [
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

/// What a parameter's declaration may have.
const OF_PARAMETER: [&str; 11] = [
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

/// The types of parameters that are not those of AWS's own values.
const PARAMETER_TYPES: [&str; 5] = [
    "String",
    "Number",
    "List<Number>",
    "List<String>",
    "CommaDelimitedList",
];

/// How many conditions `Fn::And` and `Fn::Or` take.
const OPERANDS: std::ops::RangeInclusive<usize> = 2..=10;

/// The longest description, in bytes.
const LONGEST_DESCRIPTION: usize = 1_024;

/// What is wrong with the sections and the attributes of a template's root.
pub(crate) fn check(root: &Node, document: &Document) -> Vec<Diagnostic> {
    let Some(map) = root.as_map() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let is_whole = document.left_open.is_empty();
    if is_whole {
        found.extend(sections(map, document.is_sam));
    }
    if let Some(version) = root.get("AWSTemplateFormatVersion")
        && version.kind != NodeKind::Null
        && version.to_text().as_deref() != Some(FORMAT_VERSION)
    {
        let message = "CloudFormation knows one format of templates, and this is another";
        found.push(
            Diagnostic::error("template::format-version", message, version.place)
                .help(format!("write `'{FORMAT_VERSION}'`, or leave it out")),
        );
    }
    found.extend(descriptions(root));
    if is_whole {
        found.extend(mappings(root, document.has_extensions));
        found.extend(parameters(root, document.has_extensions));
        if !document.has_extensions {
            found.extend(null::in_sections(root));
        }
    } else if !document.has_extensions {
        found.extend(loops_without_extensions(document));
    }
    for (id, entry) in declared(root, "Resources") {
        if let Some(attributes) = entry.value.as_map() {
            let of_resource =
                attributes_of(attributes, &entry.value, is_whole, document.has_extensions);
            found.extend(of_resource.map(|diagnostic| diagnostic.resource(id)));
            let r#type = attributes.get("Type").filter(|_| is_whole);
            let unknown = r#type.and_then(|entry| {
                resource_types::refusal(entry.value.as_str()?, entry.value.place)
            });
            found.extend(unknown.map(|diagnostic| diagnostic.resource(id)));
        }
    }
    found
}

fn sections(map: &Map, is_sam: bool) -> impl Iterator<Item = Diagnostic> {
    // That there is none is said elsewhere, with what it may be called.
    let has_resources = map.contains_key("Resources");
    let unknown = map.iter().filter(move |(name, _)| {
        has_resources && !SECTIONS.contains(&name.as_str()) && !is_left_open(name)
    });
    let of_sam = map
        .iter()
        .filter(move |(name, _)| !is_sam && *name == "Globals");
    let unknown = unknown.map(|(name, entry)| {
        let message = format!("a template has no section `{name}`: CloudFormation refuses it");
        let mut diagnostic = Diagnostic::error("template::section", message, entry.key_place);
        diagnostic.help = suggest::did_you_mean(name, SECTIONS).or_else(|| {
            Some("what is for people or for tools belongs under `Metadata`".to_owned())
        });
        diagnostic
    });
    unknown.chain(of_sam.map(|(_, entry)| {
        let message =
            "`Globals` is SAM's, and the template does not name SAM: CloudFormation refuses it";
        Diagnostic::error("template::section", message, entry.key_place)
            .help("write `Transform: AWS::Serverless-2016-10-31`")
    }))
}

/// Descriptions that are too long: the template's, and those of its outputs (CloudFormation user guide, "Outputs": "between 0 and 1024 bytes").
fn descriptions(root: &Node) -> impl Iterator<Item = Diagnostic> {
    let of = |what: String, node: &Node| {
        let description = node.get("Description")?;
        let bytes = description.as_str()?.len();
        (bytes > LONGEST_DESCRIPTION).then(|| {
            let message = format!("{what} has {bytes} bytes: CloudFormation refuses the template");
            let help = format!("it has at most {LONGEST_DESCRIPTION}");
            Diagnostic::error("template::description", message, description.place).help(help)
        })
    };
    let outputs = root.get("Outputs").and_then(Node::as_map);
    let of_outputs = outputs
        .into_iter()
        .flatten()
        .filter_map(move |(name, entry)| {
            of(
                format!("the description of the output `{name}`"),
                &entry.value,
            )
        });
    of("the description".to_owned(), root)
        .into_iter()
        .chain(of_outputs)
}

/// Loops of a template that names no transform for them.
fn loops_without_extensions(document: &Document) -> impl Iterator<Item = Diagnostic> {
    let open = document.left_open.iter();
    // A macro of one's own may unroll them.
    let is_loop = |name: &str| name.starts_with("Fn::ForEach");
    let all_are = document.left_open.iter().all(|(name, _)| is_loop(name));
    let loops = open.filter(move |_| all_are);
    loops.map(|(name, place)| needs_extensions(name, *place))
}

/// A section's entries that are no macro's.
fn declared<'n>(root: &'n Node, section: &str) -> impl Iterator<Item = (&'n String, &'n Entry)> {
    let entries = root.get(section).and_then(Node::as_map);
    let entries = entries.into_iter().flatten();
    entries.filter(|(name, _)| !is_left_open(name))
}

/// A name with other characters than letters and digits, where it has them.
fn misnamed(what: &str, name: &str, code: &'static str, place: Place) -> Option<Diagnostic> {
    if name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let message = format!(
        "{what} has other characters than letters and digits in its name: CloudFormation refuses the template"
    );
    Some(Diagnostic::error(code, message, place).help("write it of letters and digits"))
}

/// What is wrong with how parameters are declared.
fn parameters(root: &Node, has_extensions: bool) -> Vec<Diagnostic> {
    const CODE: &str = "template::parameter";
    let mut found = Vec::new();
    for (name, entry) in declared(root, "Parameters") {
        let what = format!("the parameter `{name}`");
        found.extend(misnamed(&what, name, CODE, entry.key_place));
        for (key, entry) in entry.value.as_map().into_iter().flatten() {
            if !OF_PARAMETER.contains(&key.as_str()) && !is_left_open(key) {
                let message =
                    format!("a parameter has no `{key}`: CloudFormation refuses the template");
                let mut diagnostic = Diagnostic::error(CODE, message, entry.key_place);
                diagnostic.help = suggest::did_you_mean(key, OF_PARAMETER)
                    .or_else(|| Some(format!("it has {}", OF_PARAMETER.join(", "))));
                found.push(diagnostic);
            } else if !has_extensions && entry.value.kind != NodeKind::Null {
                found.extend(null::below_node(key, &entry.value));
            } else if !has_extensions && key != "Default" {
                found.push(null::refusal(key, entry.key_place));
            }
        }
        if let Some(default) = entry.value.get("Default")
            && default.to_text().is_none()
        {
            let message = format!(
                "the default of {what} is {}: CloudFormation takes text alone",
                default.describe()
            );
            let help = "write it as text, of a list with commas: `'a,b'`";
            found.push(Diagnostic::error(CODE, message, default.place).help(help));
        }
    }
    found
}

/// A mapping that has values where it should have a second level of keys, or other values than mappings have.
/// With the language's extensions a key may be what a function makes.
fn mappings(root: &Node, has_extensions: bool) -> Vec<Diagnostic> {
    const CODE: &str = "template::mapping";
    let mut found = Vec::new();
    if let Some(section) = root.get("Mappings")
        && section.as_map().is_none()
    {
        let message = "`Mappings` must be a map";
        found.push(Diagnostic::error(CODE, message, section.place));
    }
    for (name, entry) in declared(root, "Mappings") {
        let mapping = format!("the mapping `{name}`");
        found.extend(misnamed(&mapping, name, CODE, entry.key_place));
        for (key, entry) in entry.value.as_map().into_iter().flatten() {
            if key.starts_with("Fn::") {
                continue;
            }
            let Some(values) = entry.value.as_map() else {
                let message =
                    format!("`{key}` of {mapping} is no map: CloudFormation refuses the template");
                let help = "a mapping has two levels of keys: `Production: {Size: large}`";
                found.push(Diagnostic::error(CODE, message, entry.value.place).help(help));
                continue;
            };
            for (second, entry) in values {
                if second.starts_with("Fn::") {
                    continue;
                }
                let what = format!("`{second}` under `{key}` of {mapping}");
                let misnamed = misnamed(&what, second, CODE, entry.key_place);
                if let Some(misnamed) = misnamed.filter(|_| !has_extensions) {
                    found.push(misnamed);
                } else if matches!(entry.value.kind, NodeKind::Map(_) | NodeKind::Null) {
                    let message = format!(
                        "{what} is {}: CloudFormation refuses the template",
                        entry.value.describe()
                    );
                    let help = "a mapping has text and lists, and no functions";
                    found.push(Diagnostic::error(CODE, message, entry.value.place).help(help));
                } else if !has_extensions {
                    found.extend(null::below_node(second, &entry.value));
                }
            }
        }
    }
    found
}

/// What a resource waits for, where it is neither a name nor a list of names.
fn waits_for_no_name(resource: &Node, is_of_sam: bool, has_extensions: bool) -> Option<Diagnostic> {
    let waits = resource.get("DependsOn")?;
    if waits.get("Fn::Transform").is_some() {
        return None;
    }
    let mut names = waits.one_or_many().iter();
    let other = names.find(|name| {
        // Null is reported as such, with all others; SAM takes it away where it is all there is, and the language's extensions wherever it is.
        let is_in_list = is_of_sam && waits.as_list().is_some();
        let is_null = name.kind == NodeKind::Null && (has_extensions || !is_in_list);
        name.as_str().is_none() && !is_null
    })?;
    let message = format!(
        "`DependsOn` takes names of resources, not {}: CloudFormation refuses the template",
        other.describe()
    );
    let refused = Diagnostic::error("template::depends-on", message, other.place);
    Some(refused.help("write the logical id itself, or a list of them"))
}

fn attributes_of<'m>(
    attributes: &'m Map,
    resource: &'m Node,
    is_whole: bool,
    has_extensions: bool,
) -> impl Iterator<Item = Diagnostic> + 'm {
    // SAM's translator makes its resources anew, and drops what it does not know.
    let is_of_sam = resource
        .get("Type")
        .and_then(Node::as_str)
        .is_some_and(|r#type| r#type.starts_with("AWS::Serverless::"));
    let is_judged = is_whole && !is_of_sam;
    let unknown = attributes.iter().filter(move |(name, _)| {
        is_judged && !ATTRIBUTES.contains(&name.as_str()) && !is_left_open(name)
    });
    let unknown = unknown.map(|(name, entry)| {
        let message = format!("a resource has no attribute `{name}`: CloudFormation refuses it");
        let mut diagnostic = Diagnostic::error("template::attribute", message, entry.key_place);
        diagnostic.help = suggest::did_you_mean(name, ATTRIBUTES)
            .or_else(|| Some("if it is a property, it belongs under `Properties`".to_owned()));
        diagnostic
    });
    let policies = [("DeletionPolicy", 4), ("UpdateReplacePolicy", 3)];
    let r#type = resource.get("Type").and_then(Node::as_str);
    let has_snapshots = r#type
        .is_none_or(|r#type| WITH_SNAPSHOTS.contains(&r#type) || !r#type.starts_with("AWS::"));
    let policies = policies.into_iter().filter_map(move |(name, count)| {
        let node = resource.get(name)?;
        let text = node.as_str()?;
        if text == "Snapshot" && !has_snapshots {
            let message = format!(
                "`{name}` cannot be `Snapshot`: {} has no snapshots, and CloudFormation refuses it",
                r#type.unwrap_or_default()
            );
            let help = "write `Retain` to keep what it holds";
            return Some(Diagnostic::error("template::policy", message, node.place).help(help));
        }
        let known = &POLICIES[..count];
        (!known.contains(&text)).then(|| {
            let message = format!("`{name}` cannot be `{text}`: CloudFormation refuses it");
            let mut diagnostic = Diagnostic::error("template::policy", message, node.place);
            diagnostic.help = suggest::did_you_mean(text, known.iter().copied())
                .or_else(|| Some(format!("it is one of {}", known.join(", "))));
            diagnostic
        })
    });
    let waits = waits_for_no_name(resource, is_of_sam, has_extensions).filter(|_| is_whole);
    let nulls = match (is_whole && !has_extensions, is_of_sam) {
        (true, false) => null::below(attributes),
        (true, true) => null::passed_on(resource),
        (false, _) => Vec::new(),
    };
    unknown.chain(policies).chain(waits).chain(nulls)
}

/// What is wrong with the type of a parameter.
pub(crate) fn parameter_type(r#type: &str) -> Option<String> {
    let of_aws = r#type
        .strip_prefix("List<")
        .unwrap_or(r#type)
        .starts_with("AWS::");
    (!of_aws && !PARAMETER_TYPES.contains(&r#type)).then(|| {
        suggest::did_you_mean(r#type, PARAMETER_TYPES).unwrap_or_else(|| {
            format!(
                "it is one of {}, or one of AWS's",
                PARAMETER_TYPES.join(", ")
            )
        })
    })
}

/// Reports the names that nothing has, where they wait for a resource or are in a condition.
pub(crate) fn check_names(resolver: &Resolver<'_>) {
    for resource in resolver.resources.by_id.values() {
        depends_on(resolver, resource);
    }
    if let Some(conditions) = resolver.conditions {
        for (name, entry) in conditions.as_map().into_iter().flatten() {
            let reported = resolver.diagnostics.borrow().len();
            in_conditions(resolver, &entry.value);
            // All of them are judged, also those that nothing is under.
            let is_right = resolver.diagnostics.borrow().len() == reported;
            if is_right && !is_left_open(name) {
                let _ = resolver.condition(name, entry.key_place);
            }
        }
    }
}

fn depends_on(resolver: &Resolver<'_>, resource: &Resource) {
    if resource.generated_for.is_some() {
        return;
    }
    for (name, place) in &resource.depends_on {
        let by_id = &resolver.resources.by_id;
        // The id of what SAM generates may end in a hash that is not known here.
        let has_hash = |id: &String| {
            let start = id.strip_suffix('*');
            start.is_some_and(|start| name.starts_with(start))
        };
        if !by_id.contains_key(name) && !name.contains('.') && !by_id.keys().any(has_hash) {
            resolver.unknown_resource(name, *place, &resource.logical_id);
        }
    }
}

fn in_conditions(resolver: &Resolver<'_>, node: &Node) {
    if let Some(("Ref", name)) = node.intrinsic()
        && let Some(text) = name.as_str()
    {
        let is_known = resolver.parameters.contains_key(text) || text.starts_with("AWS::");
        if !is_known && !resolver.resources.is_open {
            let message = format!(
                "`{text}` is no parameter of this template, and a condition refers to parameters alone"
            );
            let mut diagnostic =
                Diagnostic::error("template::unknown-reference", message, node.place);
            let names = resolver.parameters.keys().map(String::as_str);
            diagnostic.help = suggest::did_you_mean(text, names);
            resolver.report(diagnostic);
        }
        return;
    }
    let operands = match node.intrinsic() {
        Some((function @ ("Fn::And" | "Fn::Or"), argument)) => {
            let count = argument.as_list().map_or(2, <[Node]>::len);
            let message = format!("`{function}` takes 2 to 10 conditions, and has {count}");
            (!OPERANDS.contains(&count)).then_some((
                message,
                "write the one condition by itself, or put several into others",
            ))
        }
        Some(("Fn::GetAtt", _)) => {
            let message = "a condition refers to parameters alone, and `Fn::GetAtt` to a resource";
            Some((message.to_owned(), "take a parameter"))
        }
        _ => None,
    };
    if let Some((message, help)) = operands {
        let refused = Diagnostic::error("template::condition", message, node.place);
        resolver.report(refused.help(help));
    }
    match &node.kind {
        NodeKind::List(items) => items.iter().for_each(|item| in_conditions(resolver, item)),
        NodeKind::Map(map) => map
            .values()
            .for_each(|entry| in_conditions(resolver, &entry.value)),
        _ => {}
    }
}
