//! Which files a program is made of: one that is in none of them is compiled by nobody, and no test in it ever runs.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use syn::{Expr, Item, ItemMod, Lit, Meta};

/// The file, and those of all modules below it.
///
/// # Errors
/// A file that cannot be read, or is no Rust.
pub fn files(root: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let folder = root.parent().unwrap_or(Path::new(""));
    follow(root, folder, &mut found)?;
    Ok(found)
}

/// `below` is the folder that the file's modules are looked for in.
fn follow(file: &Path, below: &Path, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let wrong =
        |error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let parsed = syn::parse_file(&text).map_err(|error| wrong(&error))?;
    // By its shortest name: two programs may have it by different ways.
    found.insert(file.canonicalize()?);
    for item in &parsed.items {
        let Item::Mod(module) = item else { continue };
        if module.content.is_some() {
            continue;
        }
        let name = module.ident.to_string();
        if let Some(path) = named_path(module) {
            let path = file.parent().unwrap_or(below).join(path);
            let folder = path.parent().unwrap_or(below).to_owned();
            follow(&path, &folder, found)?;
            continue;
        }
        let (beside, inside) = (
            below.join(format!("{name}.rs")),
            below.join(&name).join("mod.rs"),
        );
        let path = if beside.is_file() { beside } else { inside };
        follow(&path, &below.join(&name), found)?;
    }
    Ok(())
}

/// What `#[path = "…"]` says.
fn named_path(module: &ItemMod) -> Option<String> {
    module.attrs.iter().find_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(value) = &pair.value else {
            return None;
        };
        match &value.lit {
            Lit::Str(text) if pair.path.is_ident("path") => Some(text.value()),
            _ => None,
        }
    })
}

/// All files of Rust in a folder, but for those of a package that is in there.
pub fn of_rust(folder: &Path, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            let is_other = path.join("Cargo.toml").is_file() || path.ends_with("node_modules");
            if !is_other {
                of_rust(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path.canonicalize()?);
        }
    }
    Ok(())
}
