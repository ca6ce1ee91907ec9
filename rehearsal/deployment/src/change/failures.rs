//! What makes an update fail before any deployment: CloudFormation comes to a resource that AWS refuses, and goes back.

use std::collections::BTreeMap;

use rehearsal_template::stack::Resource;
use rehearsal_template::{Kind, Stack, Value};

use super::changes::{Action, Change};
use super::code::Code;
use super::findings::Finding;
use super::resources::Compared;
use super::schema::{identity_properties, name_property};
use super::versions::{VersionAction, version_exists};

/// Everything of the kind.
pub(super) fn of(
    live: Option<&Stack>,
    new: &Stack,
    compared: &Compared,
    code: &Code,
) -> Vec<Finding> {
    let published = compared
        .versions
        .iter()
        .filter(|version| version.action == VersionAction::Refused)
        .map(|version| {
            Finding::error(
                "plan::version-exists",
                format!("{}: {}", version.function, version.why),
            )
            .at(&version.function, version.place)
            // Seen in service-cloud-voice issue 30.
            .fails_at(
                &version.logical_id,
                version_exists(number_that_exists(live, compared, code, &version.function)),
            )
            .help("change the function's code or configuration, or leave its version as it is")
        });
    let mut findings: Vec<Finding> = published.collect();
    if let Some(live) = live {
        findings.extend(other_types(live, new));
        findings.extend(named_replacements(live, new, compared));
        findings.extend(several_indexes(live, new));
    }
    findings.extend(names_twice(live, new, compared));
    findings.extend(refused(new, compared));
    findings
}

/// What AWS refuses of a resource that the update comes to, or of the update as a whole, as reading the template found it.
fn refused(new: &Stack, compared: &Compared) -> Vec<Finding> {
    let refused = new.diagnostics.iter().filter(|found| found.is_refused);
    let changes = |id: &String| {
        let change = compared.change(id);
        change.is_none_or(|change| change.action != Action::None)
    };
    refused
        .filter(|found| found.fails(changes))
        .map(|found| {
            let mut finding = match &found.logical_id {
                Some(id) => Finding::error("plan::refused", format!("{id}: {}", found.message))
                    .at(id, found.place)
                    .fails_at(
                        found.fails_first_at(changes).unwrap_or(id),
                        found.message.clone(),
                    ),
                None => Finding::error("plan::refused", found.message.clone()),
            };
            finding.place = found.place;
            finding.help.clone_from(&found.help);
            finding
        })
        .collect()
}

/// The number of the version that is in the way of another: that which the update has published, or the last one before it.
fn number_that_exists(
    live: Option<&Stack>,
    compared: &Compared,
    code: &Code,
    function: &str,
) -> u32 {
    let versions = live.into_iter().flat_map(|live| &live.versions);
    let own = versions.filter(|version| version.function.is(function));
    let last = own.map(|version| version.number).max().unwrap_or_default();
    let last = code.number_of_last(function).unwrap_or(last);
    let mut versions = compared.versions.iter();
    let is_published = versions
        .any(|version| version.function == function && version.action == VersionAction::Published);
    // Another function in its place begins with its first.
    let is_another = compared
        .change(function)
        .is_some_and(|change| change.action == Action::Replace);
    if !is_published {
        last.max(1)
    } else if is_another {
        1
    } else {
        last + 1
    }
}

/// "Update of resource type is not permitted" (CloudFormation, seen).
fn other_types(live: &Stack, new: &Stack) -> Vec<Finding> {
    let live: BTreeMap<&str, &Resource> = by_id(live);
    let changed = new.resources.iter().filter_map(|resource| {
        let before = live.get(resource.logical_id.as_str())?;
        (before.r#type != resource.r#type).then_some((before, resource))
    });
    changed
        .map(|(before, resource)| {
            Finding::error(
                "plan::type-changed",
                format!(
                    "{} is an {} and becomes an {}: CloudFormation updates no resource to another type",
                    resource.logical_id, before.r#type, resource.r#type
                ),
            )
            .at(&resource.logical_id, resource.place)
            .fails_at(
                &resource.logical_id,
                format!(
                    "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]",
                    resource.logical_id
                ),
            )
            .help("give the new resource another logical id")
        })
        .collect()
}

fn by_id(stack: &Stack) -> BTreeMap<&str, &Resource> {
    let resources = stack.resources.iter();
    resources
        .map(|resource| (resource.logical_id.as_str(), resource))
        .collect()
}

/// The name of its own that a resource has, where it is known.
fn own_name(resource: &Resource) -> Option<String> {
    let property = name_property(&resource.r#type)?;
    resource.properties.get(property)?.value.to_text()
}

/// "CloudFormation cannot update a stack when a custom-named resource requires replacing" (CloudFormation user guide, "Name type").
fn named_replacements(live: &Stack, new: &Stack, compared: &Compared) -> Vec<Finding> {
    let live = by_id(live);
    let replaced = new.resources.iter().filter_map(|resource| {
        let change = compared.change(&resource.logical_id)?;
        if change.action != Action::Replace {
            return None;
        }
        let name = own_name(resource)?;
        let before = live.get(resource.logical_id.as_str())?;
        (own_name(before).as_ref() == Some(&name)).then_some((resource, name))
    });
    replaced
        .map(|(resource, name)| {
            Finding::error(
                "plan::named-replacement",
                format!(
                    "{} is to be replaced, and has a name of its own, {name}: CloudFormation cannot make a second of that name",
                    resource.logical_id
                ),
            )
            .at(&resource.logical_id, resource.place)
            .fails_at(
                &resource.logical_id,
                format!(
                    "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {name} and update the stack again."
                ),
            )
            .help("give it another name in the same update, or none")
        })
        .collect()
}

/// What tells a resource from all others of its type: its own name, or that of what it belongs to with its own.
fn identity(resource: &Resource) -> Option<String> {
    let properties = identity_properties(&resource.r#type);
    if properties.is_empty() {
        return own_name(resource);
    }
    let parts = properties.iter().map(|name| {
        let Some(property) = resource.properties.get(name) else {
            // A function URL is of its function's alias, or of none.
            return (*name == "Qualifier").then(String::new);
        };
        // What only AWS knows is the same where it is written alike.
        property
            .value
            .to_text()
            .or_else(|| property.written.clone())
    });
    let parts: Vec<String> = parts.collect::<Option<_>>()?;
    // Of other event sources it is not known, and a function may have several mappings of a cluster.
    let is_known =
        resource.r#type != "AWS::Lambda::EventSourceMapping" || parts[0].contains(":sqs:");
    is_known.then(|| parts.join(":"))
}

/// Whether what it belongs to comes with it, so that it is the first there: an alias of a function, a stage of an API.
fn belongs_to_another(new: &Stack, compared: &Compared, resource: &Resource) -> bool {
    let comes = |id: &str| {
        let change = compared.change(id);
        change.is_some_and(Change::is_new)
    };
    let mut aliases = new.aliases.iter();
    let alias = aliases.find(|alias| alias.logical_id == resource.logical_id);
    let function = alias.and_then(|alias| alias.function.known_value());
    let properties = identity_properties(&resource.r#type).iter();
    let mut references = properties
        .filter_map(|name| resource.properties.get(name))
        .flat_map(|property| &property.references);
    function.is_some_and(|function| comes(function)) || references.any(|id| comes(id))
}

/// What is created under a name that something of the stack has already. What leaves goes last, so its name is not free yet.
fn names_twice(live: Option<&Stack>, new: &Stack, compared: &Compared) -> Vec<Finding> {
    let mut taken: BTreeMap<(&str, String), &str> = BTreeMap::new();
    for resource in live.into_iter().flat_map(|stack| &stack.resources) {
        if let Some(name) = identity(resource) {
            taken.insert((&resource.r#type, name), &resource.logical_id);
        }
    }
    let mut findings = Vec::new();
    for resource in &new.resources {
        let Some(name) = identity(resource) else {
            continue;
        };
        let is_new = compared
            .change(&resource.logical_id)
            .is_some_and(Change::is_new);
        let before = taken
            .insert((&resource.r#type, name.clone()), &resource.logical_id)
            .filter(|before| *before != resource.logical_id);
        // Where what it belongs to is in the way, that is what fails; another one has no alias yet.
        if belongs_to_another(new, compared, resource) {
            continue;
        }
        if let (true, Some(before)) = (is_new, before) {
            findings.push(
                Finding::error(
                    "plan::name-taken",
                    format!(
                        "{} is created under the name {name}, which {before} has: what leaves the stack goes only when all else is done",
                        resource.logical_id
                    ),
                )
                .at(&resource.logical_id, resource.place)
                .fails_at(&resource.logical_id, format!("{name} already exists"))
                .help("keep the logical id, or take another name"),
            );
        }
    }
    findings
}

/// "You can create or delete only one global secondary index" in an update (DynamoDB API, `UpdateTable`; CloudFormation user guide,
/// `AWS::DynamoDB::Table`, `GlobalSecondaryIndexes`).
fn several_indexes(live: &Stack, new: &Stack) -> Vec<Finding> {
    let live = by_id(live);
    let tables = new
        .resources
        .iter()
        .filter(|resource| resource.r#type == "AWS::DynamoDB::Table");
    tables
        .filter_map(|table| {
            let before = index_names(live.get(table.logical_id.as_str())?)?;
            let after = index_names(table)?;
            let added = after.iter().filter(|name| !before.contains(name));
            let removed = before.iter().filter(|name| !after.contains(name));
            let moved: Vec<_> = added.chain(removed).map(String::as_str).collect();
            (moved.len() > 1).then(|| {
                Finding::error(
                    "plan::several-indexes",
                    format!(
                        "{} creates or deletes {} global secondary indexes ({}): DynamoDB takes one in an update",
                        table.logical_id,
                        moved.len(),
                        moved.join(", ")
                    ),
                )
                .at(&table.logical_id, table.place)
                // Seen in cloudformation-coverage-roadmap issue 229.
                .fails_at(
                    &table.logical_id,
                    "Cannot perform more than one GSI creation or deletion in a single update",
                )
                .help("make an update of each")
            })
        })
        .collect()
}

/// The names of a table's global secondary indexes, where all are known.
pub(super) fn index_names(table: &Resource) -> Option<Vec<String>> {
    let Some(property) = table.properties.get("GlobalSecondaryIndexes") else {
        return Some(Vec::new());
    };
    match &property.value.kind {
        Kind::Null => Some(Vec::new()),
        Kind::List(indexes) => indexes
            .iter()
            .map(|index| index.get("IndexName").and_then(Value::to_text))
            .collect(),
        _ => None,
    }
}
