//! Files that a template names: API definitions and `AWS::Include`, inside the folder that may be read.

use std::path::{Path, PathBuf};

use crate::bounds::MAX_BYTES;
use crate::text::{Entry, Map, Node, NodeKind};
use crate::{Inputs, Place, text, text_file};

/// Why a file that a template names is not read, in words that fit after "is not read: ".
pub(crate) type NotRead = String;

/// Whether a template means a file of this machine: neither a URL nor a place in S3.
pub(crate) fn is_local(location: &str) -> bool {
    !location.is_empty() && !location.contains("://") && !location.starts_with("arn:")
}

/// The content of a file that a template names, relative to the template's folder. All of it stands where the template names it.
///
/// # Errors
/// Nothing may be read, the file is outside the root once links are followed, or it is no YAML.
pub(crate) fn content(inputs: &Inputs, location: &str, place: Place) -> Result<Node, NotRead> {
    let path = path_of(inputs, location)?;
    let text = text_file::read(&path, MAX_BYTES).map_err(|error| error.to_string())?;
    let mut text = text::parse(&text).map_err(|problems| {
        let first = problems.first();
        first.map_or_else(String::new, |first| {
            format!("line {}: {}", first.place.line, first.message)
        })
    })?;
    stand_at(&mut text.root, place);
    Ok(text.root)
}

/// The file, with links followed.
pub(crate) fn path_of(inputs: &Inputs, location: &str) -> Result<PathBuf, NotRead> {
    let folder = inputs.folder.as_deref();
    let folder = folder.ok_or("no file but the template is read here")?;
    let root = inputs.root.as_deref().unwrap_or(folder);
    let real = |path: &Path| path.canonicalize().map_err(|error| error.to_string());
    let path = real(&folder.join(location))?;
    if !path.starts_with(real(root)?) {
        return Err(format!(
            "it is outside {}; --root FOLDER widens what is read",
            root.display()
        ));
    }
    Ok(path)
}

/// A place in another text would point at nothing in this one.
fn stand_at(node: &mut Node, place: Place) {
    node.place = place;
    match &mut node.kind {
        NodeKind::List(items) => items.iter_mut().for_each(|item| stand_at(item, place)),
        NodeKind::Map(map) => map.values_mut().for_each(|entry| {
            entry.key_place = place;
            stand_at(&mut entry.value, place);
        }),
        _ => {}
    }
}

/// Puts local files in the place of `Fn::Transform: {Name: AWS::Include, …}`
/// (CloudFormation template reference, "`AWS::Include` transform"). What the file has goes before what stands beside it: seen, for a
/// `paths` beside it that is there for `sam validate` alone and never deployed (govuk-one-login/ipv-cri-address-api). A file that is not read
/// stays, and what it would bring is unknown.
pub(crate) fn include(node: &mut Node, inputs: &Inputs) {
    match &mut node.kind {
        NodeKind::List(items) => items.iter_mut().for_each(|item| include(item, inputs)),
        NodeKind::Map(map) => {
            if let Some(included) = map.get("Fn::Transform").and_then(|entry| of(entry, inputs)) {
                map.shift_remove("Fn::Transform");
                for (key, entry) in included {
                    map.insert(key, entry);
                }
            }
            for entry in map.values_mut() {
                include(&mut entry.value, inputs);
            }
        }
        _ => {}
    }
}

fn of(entry: &Entry, inputs: &Inputs) -> Option<Map> {
    let node = &entry.value;
    let is_include = node.get("Name").and_then(Node::as_str) == Some("AWS::Include");
    let location = node.at(&["Parameters", "Location"])?;
    let name = location
        .as_str()
        .filter(|name| is_include && is_local(name))?;
    match content(inputs, name, location.place).ok()?.kind {
        NodeKind::Map(map) => Some(map),
        _ => None,
    }
}

/// Whether a file has intrinsic functions, which nobody resolves in a definition of its own.
pub(crate) fn has_intrinsics(node: &Node) -> bool {
    if node.intrinsic().is_some() {
        return true;
    }
    match &node.kind {
        NodeKind::List(items) => items.iter().any(has_intrinsics),
        NodeKind::Map(map) => map.values().any(|entry| has_intrinsics(&entry.value)),
        _ => false,
    }
}
