//! Which file of a package names which.
//!
//! A name counts for the file that defines it, however many modules hand it on. A module and those above it are one here:
//! what stands in `world/mod.rs` is known below it, and the other way round.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{Item, UseTree, Visibility};

use super::circles::Names;

/// A module: its path from the root, as `["gateway", "event"]`.
type ModulePath = Vec<String>;

#[derive(Default)]
struct Modules {
    files: BTreeMap<ModulePath, PathBuf>,
    /// What a module hands on under a name: the path that it is found at.
    handed_on: BTreeMap<(ModulePath, String), ModulePath>,
    /// The paths that a module names.
    paths: BTreeMap<ModulePath, BTreeSet<ModulePath>>,
}

/// Which files each file of a package names, from the root file of a library or a binary.
///
/// # Errors
/// A file that cannot be read, or is no Rust.
pub fn names(root: &Path) -> io::Result<Names> {
    let mut modules = Modules::default();
    read(root, &mut modules, &Vec::new())?;
    let mut names = Names::new();
    for (module, file) in &modules.files {
        let others = names.entry(file.clone()).or_default();
        for path in modules.paths.get(module).into_iter().flatten() {
            let Some(found) = modules.module_of(path, 0) else {
                continue;
            };
            let above = module.starts_with(found) || found.starts_with(module);
            if !above && let Some(other) = modules.files.get(found) {
                others.insert(other.clone());
            }
        }
    }
    Ok(names)
}

/// A circle, as people read it.
pub fn shown(circle: &[PathBuf], names: &Names) -> String {
    let mut lines = vec!["files that know each other:".to_owned()];
    for file in circle {
        let others: Vec<_> = names[file]
            .iter()
            .filter(|other| circle.contains(other))
            .map(|other| other.display().to_string())
            .collect();
        lines.push(format!("  {} names {}", file.display(), others.join(", ")));
    }
    lines.join("\n")
}

impl Modules {
    /// The module that defines what a path names.
    fn module_of<'m>(&'m self, path: &[String], depth: usize) -> Option<&'m ModulePath> {
        let length = (0..=path.len())
            .rev()
            .find(|length| self.files.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(length);
        if let Some(name) = rest.first()
            && let Some(target) = self.handed_on.get(&(module.to_vec(), name.clone()))
            // A name that is handed on in a circle would not compile; the bound is for what is read wrongly.
            && depth < 16
        {
            let path: Vec<_> = target.iter().chain(&rest[1..]).cloned().collect();
            if let Some(found) = self.module_of(&path, depth + 1) {
                return Some(found);
            }
        }
        self.files.get_key_value(module).map(|(module, _)| module)
    }
}

/// Reads a module's file and those of the modules below it.
fn read(file: &Path, modules: &mut Modules, module: &ModulePath) -> io::Result<()> {
    let text = std::fs::read_to_string(file)?;
    let parsed = syn::parse_file(&text)
        .map_err(|error| io::Error::other(format!("{}: {error}", file.display())))?;
    modules.files.insert(module.clone(), file.to_owned());
    let mut reader = Reader {
        module,
        modules,
        children: Vec::new(),
    };
    reader.visit_file(&parsed);
    for name in reader.children {
        let child: ModulePath = module.iter().cloned().chain([name.clone()]).collect();
        let folder = file.parent().unwrap_or(Path::new(""));
        let folder = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("mod" | "lib" | "main") | None => folder.to_owned(),
            Some(_) if module.is_empty() => folder.to_owned(),
            Some(stem) => folder.join(stem),
        };
        let beside = folder.join(format!("{name}.rs"));
        let file = if beside.is_file() {
            beside
        } else {
            folder.join(&name).join("mod.rs")
        };
        read(&file, modules, &child)?;
    }
    Ok(())
}

struct Reader<'a> {
    module: &'a ModulePath,
    modules: &'a mut Modules,
    children: Vec<String>,
}

impl Reader<'_> {
    /// A path from the package's root, for one that a `use` or an expression begins with.
    fn absolute(&self, segments: &[String]) -> Option<ModulePath> {
        let mut segments = segments.iter();
        let mut path = match segments.next()?.as_str() {
            "crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => self.module[..self.module.len().checked_sub(1)?].to_vec(),
            first => {
                // Of a module below this one, or another package's.
                let child: ModulePath = self
                    .module
                    .iter()
                    .cloned()
                    .chain([first.to_owned()])
                    .collect();
                let is_known = self.children.iter().any(|name| name == first)
                    || self.modules.files.contains_key(&child);
                if !is_known {
                    return None;
                }
                child
            }
        };
        for segment in segments {
            match segment.as_str() {
                "super" => {
                    path.pop()?;
                }
                "self" => {}
                name => path.push(name.to_owned()),
            }
        }
        Some(path)
    }

    fn tree(&mut self, tree: &UseTree, before: &[String], is_handed_on: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.tree(&path.tree, &with(&path.ident), is_handed_on),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(tree, before, is_handed_on);
                }
            }
            UseTree::Name(name) => self.named(&with(&name.ident), &name.ident, is_handed_on),
            UseTree::Rename(rename) => {
                self.named(&with(&rename.ident), &rename.rename, is_handed_on);
            }
            UseTree::Glob(_) => self.note(before),
        }
    }

    fn named(&mut self, path: &[String], name: &syn::Ident, is_handed_on: bool) {
        let name = if name == "self" {
            path[path.len() - 2].clone()
        } else {
            name.to_string()
        };
        if is_handed_on && let Some(path) = self.absolute(path) {
            self.modules
                .handed_on
                .insert((self.module.clone(), name), path);
        } else {
            self.note(path);
        }
    }

    fn note(&mut self, path: &[String]) {
        if let Some(path) = self.absolute(path) {
            self.modules
                .paths
                .entry(self.module.clone())
                .or_default()
                .insert(path);
        }
    }
}

/// Tests know whatever they test.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|name| name == "test")
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_file(&mut self, file: &'ast syn::File) {
        // Modules first, for a `use` may stand before them.
        for item in &file.items {
            if let Item::Mod(module) = item
                && module.content.is_none()
                && !is_for_tests(&module.attrs)
            {
                self.children.push(module.ident.to_string());
            }
        }
        syn::visit::visit_file(self, file);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // A `use` that is private stays in the module, and in those below it.
        let is_handed_on = !matches!(item.vis, Visibility::Inherited);
        self.tree(&item.tree, &[], is_handed_on);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if segments.len() > 1 {
            self.note(&segments);
        }
        syn::visit::visit_path(self, path);
    }
}
