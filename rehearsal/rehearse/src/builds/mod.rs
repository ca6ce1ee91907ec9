//! Where the functions' code is.
//!
//! - [`Place`]: where it is looked for, and what `auto` chooses.
//! - [`cargo`]: what cargo builds, and where.
//! - [`package`]: code that is packed, unpacked as Lambda does.
//! - [`missing`]: what to do about a program that is not there.
//! - [`source`]: whether the code of an interpreted function can run as it is.
//! - [`compare`]: whether two builds are the same.
//! - [`PlaceError`]: why it is not found.
//! - [`esbuild`]: what `sam build` makes of a handler.
//! - [`programs`]: what runs it.

mod cargo;
pub mod compare;
mod error;
mod esbuild;
mod missing;
mod package;
mod place;
pub mod programs;
pub mod source;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rehearsal_host::runtimes::Family;
use rehearsal_host::runtimes::provided::EXECUTABLE;
use rehearsal_template::Stack;
use rehearsal_template::stack::{Function, logical_id_of};

use self::cargo::Workspace;
pub use self::error::PlaceError;
pub use self::missing::how_to_build;
pub use self::package::Packages;
use self::package::{PackageError, is_package};
pub use self::place::{AUTO, Place, is_folder};

/// Where `sam build` puts what it builds, beside the template.
pub const SAM_BUILD: &str = ".aws-sam/build";

/// Where a function's code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// An executable.
    Executable(PathBuf),
    /// A folder.
    Folder(PathBuf),
    /// In the template.
    Inline(String),
}

/// The code of a build, for one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Where it was looked for.
    pub place: Place,
    /// Where it is.
    pub code: Code,
    /// Its handler, where the build has made another of the template's.
    pub handler: Option<String>,
    /// The folders of its layers' content, the last layer's first.
    pub layers: Vec<PathBuf>,
    /// The layers whose content is not here, by logical id or ARN.
    pub layers_elsewhere: Vec<String>,
}

/// Where to look.
#[derive(Clone, Copy, Debug)]
pub struct Finder<'a> {
    /// The folder of the rehearsal file.
    pub beside: &'a Path,
    /// The template that the stack was read from.
    pub template: &'a Path,
    /// A second template, to look beside for a function whose code is not beside `template`.
    pub instead: Option<&'a Path>,
    /// Where it stands among the source of its functions, where that is of another revision.
    pub source: Option<&'a Path>,
    /// The stack.
    pub stack: &'a Stack,
    /// What is packed is unpacked there.
    pub packages: &'a Packages,
}

impl<'a> Finder<'a> {
    /// The code of these functions, by logical id.
    ///
    /// - `cargo`: the target folder of the workspace that the function's `CodeUri` belongs to, profile `rehearse`, and in it the binary
    ///   that `Metadata.BuildProperties.Binary` names, or else the only binary of the package there.
    /// - `source`: the function's `CodeUri` itself, a folder or a package beside the template; of code in a bucket the package beside the
    ///   template that has its object's name, which is where `serverless package` leaves it.
    /// - `sam`: `.aws-sam/build/<logical id>` beside the template. Where the template is itself what `sam build` wrote, each
    ///   function's `CodeUri`, which several functions may share.
    /// - `cdk`: each function's asset, a folder beside the template that `cdk synth` wrote.
    /// - A folder, relative to the rehearsal file: in it `<logical id>`, or the binary by its name.
    /// - `auto`: one of these, chosen by the template alone (see [`Place::of`]).
    ///
    /// Code in the template is there in each of them but a folder that has the function. There is no silent fall-back from one to
    /// another: stale binaries lie.
    ///
    /// # Errors
    /// The template does not say enough, what it names is not here, or cargo fails.
    pub fn find<'i>(
        &self,
        place: &str,
        functions: impl Iterator<Item = &'i String>,
    ) -> Result<BTreeMap<String, Build>, PlaceError> {
        let mut workspaces = BTreeMap::new();
        let mut builds = BTreeMap::new();
        for function in functions.filter_map(|id| self.stack.function(id)) {
            let place = Place::of(place, function)?;
            let code = self.code(&place, function, &mut workspaces)?;
            let mut handler = None;
            if let Code::Folder(folder) = &code {
                source::check(&place, folder, function)?;
                handler = (place == Place::Sam)
                    .then(|| esbuild::handler(function, folder))
                    .flatten();
            }
            let (layers, layers_elsewhere) = self.layers(&place, function);
            let build = Build {
                place,
                code,
                handler,
                layers,
                layers_elsewhere,
            };
            builds.insert(function.logical_id.clone(), build);
        }
        Ok(builds)
    }

    fn code(
        &self,
        place: &Place,
        function: &Function,
        workspaces: &mut BTreeMap<PathBuf, Workspace>,
    ) -> Result<Code, PlaceError> {
        let template_folder = self.folder(function);
        let inline = || {
            Some(Code::Inline(
                function.inline_code.as_ref()?.known_value()?.clone(),
            ))
        };
        let built = |folder: PathBuf| {
            if family(function).is_interpreted() {
                Code::Folder(folder)
            } else {
                Code::Executable(folder.join(EXECUTABLE))
            }
        };
        let named = |folder: &Path| {
            let file = folder.join(code_file(place, function)?);
            if let Some(asset) = asset_of(&file) {
                return Ok(built(asset));
            }
            if is_package(&file) && !file.is_dir() {
                self.check_only_one_is(&file, function)?;
                return self.unpacked(&file, function).map(built);
            }
            Ok(built(file))
        };
        Ok(match place {
            Place::Folder(folder) => {
                let folder = self.beside.join(folder);
                let of_function = folder.join(logical_id_of(&function.logical_id));
                match &function.binary {
                    Some(binary) if !of_function.join(EXECUTABLE).is_file() => {
                        Code::Executable(folder.join(binary))
                    }
                    // A folder that is not there has nothing: its name is misspelt.
                    _ if function.inline_code.is_some() && !folder.is_dir() => {
                        let what = format!("there is no folder {}", folder.display());
                        return Err(PlaceError::of(function, what));
                    }
                    _ if function.inline_code.is_some() && !of_function.is_dir() => {
                        inline().ok_or_else(|| not_here(function))?
                    }
                    _ => built(of_function),
                }
            }
            _ if function.inline_code.is_some() => inline().ok_or_else(|| not_here(function))?,
            Place::Cargo => {
                let folder = template_folder.join(code_uri(function)?);
                if !workspaces.contains_key(&folder) {
                    workspaces.insert(folder.clone(), Workspace::of(&folder)?);
                }
                Code::Executable(workspaces[&folder].binary(function)?)
            }
            Place::Sam if template_folder.ends_with(SAM_BUILD) => named(template_folder)?,
            Place::Sam => {
                let of_function = logical_id_of(&function.logical_id);
                built(template_folder.join(SAM_BUILD).join(of_function))
            }
            Place::Cdk => named(template_folder)?,
            Place::Source => named(self.source_folder(function))?,
        })
    }

    /// Two objects in buckets are not one package here.
    fn check_only_one_is(&self, package: &Path, function: &Function) -> Result<(), PlaceError> {
        let Some(key) = uploaded_as(function) else {
            return Ok(());
        };
        let others = self.stack.functions.iter();
        let mut others = others.filter_map(|other| Some((other, uploaded_as(other)?)));
        let another = others.find(|(_, other)| *other != key && name_of(other) == name_of(key));
        another.map_or(Ok(()), |(other, other_key)| {
            let package = package.display();
            let what = format!(
                "its code is the object {key}, and that of {} is {other_key}: which of them {package} is cannot be known; name a folder in [builds], or make it a [[stub]]",
                other.logical_id
            );
            Err(PlaceError::of(function, what))
        })
    }

    fn unpacked(&self, package: &Path, function: &Function) -> Result<PathBuf, PlaceError> {
        let unpacked = self.packages.unpacked(package);
        unpacked.map_err(|error| {
            let what = match (&error, &function.object_key) {
                (PackageError::Unreadable(why), Some(_)) if why.kind() == ErrorKind::NotFound => {
                    let package = package.display();
                    format!("its code is in a bucket, and the package that was uploaded is not here: {package}")
                }
                _ => format!("its code, {}, {error}", package.display()),
            };
            PlaceError::of(function, what + "; name a folder in [builds], or make it a [[stub]]")
        })
    }

    /// The folders of a function's layers, the last one first, and the layers that are elsewhere.
    fn layers(&self, place: &Place, function: &Function) -> (Vec<PathBuf>, Vec<String>) {
        let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
        let template_folder = self.folder(function);
        for layer in function.layers.iter().rev() {
            let built = match (place, &layer.logical_id, &layer.build_method) {
                (Place::Sam, Some(id), Some(_)) if !template_folder.ends_with(SAM_BUILD) => {
                    Some(template_folder.join(SAM_BUILD).join(id))
                }
                _ => None,
            };
            let content = || {
                let content = layer.content.as_ref()?.known_value()?;
                let folder = match place {
                    Place::Source => self.source_folder(function),
                    _ => template_folder,
                };
                (!content.starts_with("s3://")).then(|| folder.join(content))
            };
            match built.or_else(content).filter(|folder| folder.is_dir()) {
                Some(folder) => here.push(absolute(&folder)),
                None => elsewhere.push(layer.logical_id.clone().unwrap_or_else(|| {
                    layer
                        .arn
                        .known_value()
                        .cloned()
                        .unwrap_or_else(|| "one that is not known".to_owned())
                })),
            }
        }
        (here, elsewhere)
    }

    /// The path of a function's code, or, of what cargo builds, that of its package; `None` where it is not found.
    pub fn path(&self, place: &str, id: &String) -> Option<PathBuf> {
        let function = self.stack.function(id)?;
        if Place::of(place, function) == Ok(Place::Cargo) {
            return Some(self.folder(function).join(code_uri(function).ok()?));
        }
        match self.find(place, std::iter::once(id)).ok()?.remove(id)?.code {
            Code::Executable(path) | Code::Folder(path) => path.exists().then_some(path),
            Code::Inline(_) => None,
        }
    }

    /// The package that a function's code is in, where nothing is built of it.
    pub fn package(&self, place: &str, id: &str) -> Option<PathBuf> {
        let function = self.stack.function(id)?;
        let place = Place::of(place, function).ok()?;
        let is_it = place == Place::Source && is_packed(function);
        let file = code_file(&place, function).ok().filter(|_| is_it)?;
        let package = self.source_folder(function).join(file);
        package.is_file().then_some(package)
    }

    /// The folder that a function's code is relative to.
    pub fn folder(&self, function: &Function) -> &Path {
        let folder = |template: &'a Path| template.parent().unwrap_or(Path::new(""));
        let beside = folder(self.template);
        match (self.instead, code_uri(function)) {
            (Some(instead), Ok(code)) if !beside.join(code).exists() => folder(instead),
            _ => beside,
        }
    }

    /// The same of source.
    fn source_folder(&self, function: &Function) -> &Path {
        match self.source {
            Some(template) => template.parent().unwrap_or(Path::new("")),
            None => self.folder(function),
        }
    }
}

/// The folders of a stack's functions that run as source, and of their layers, relative to the template's.
pub fn source_folders<'s>(place: &str, stack: &'s Stack) -> Vec<&'s str> {
    let runs_as_source = |function: &&Function| {
        function.inline_code.is_none()
            && !is_packed(function)
            && Place::of(place, function) == Ok(Place::Source)
    };
    let mut folders = Vec::new();
    for function in stack.functions.iter().filter(runs_as_source) {
        folders.extend(code_uri(function).ok());
        let layers = function.layers.iter();
        let contents = layers.filter_map(|layer| layer.content.as_ref()?.known_value());
        folders.extend(contents.map(String::as_str));
    }
    folders.retain(|folder| !folder.starts_with("s3://"));
    folders.sort_unstable();
    folders.dedup();
    folders
}

/// Why the code of a function is not what it was in a revision: it is built, and what is built here is of today. `None` for one that
/// runs as source, whose code is the revision's.
pub fn not_of_revision(place: &str, function: &Function) -> Option<String> {
    if function.inline_code.is_some() {
        return None;
    }
    let built = match Place::of(place, function) {
        Ok(Place::Source) if is_packed(function) => {
            "it is packed, and what is packed here is not that revision's".to_owned()
        }
        Ok(Place::Source) => return None,
        Ok(place) => {
            format!("it is built ({place}), and what is built here is not that revision's")
        }
        Err(PlaceError::Function { what, .. }) => what,
        Err(error) => error.to_string(),
    };
    Some(built)
}

/// The functions of a build by where `auto` found them, in words, but for cargo's: `source`, or that of a revision; all of them, where the
/// revision is built.
pub fn chosen(
    builds: &BTreeMap<String, Build>,
    revision: Option<&str>,
    is_built: bool,
) -> BTreeMap<String, Vec<String>> {
    let mut chosen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (function, build) in builds {
        let place = match (&build.place, revision) {
            (place, Some(revision)) if is_built => format!("{place}, built of {revision}"),
            (Place::Cargo, _) => continue,
            (Place::Source, Some(revision)) => format!("source of {revision}"),
            (place, _) => place.to_string(),
        };
        chosen.entry(place).or_default().push(function.clone());
    }
    chosen
}

/// Lines that say what `auto` chose: `source: Orders, Hook`, with the build where the two differ.
pub fn taken_lines(taken: &BTreeMap<String, BTreeMap<String, Vec<String>>>) -> Vec<String> {
    let of = |chosen: &BTreeMap<String, Vec<String>>, prefix: &str| -> Vec<String> {
        let line = |(place, functions): (&String, &Vec<String>)| {
            format!("{prefix}{place}: {}", functions.join(", "))
        };
        chosen.iter().map(line).collect()
    };
    match (taken.get("old"), taken.get("new")) {
        (Some(old), Some(new)) if old == new => of(new, ""),
        _ => taken
            .iter()
            .flat_map(|(build, chosen)| of(chosen, &format!("{build}, ")))
            .collect(),
    }
}

/// Whether a template is one that `sam build` wrote, beside what it has built.
pub fn is_of_build(template: &Path) -> bool {
    template
        .parent()
        .is_some_and(|folder| folder.ends_with(SAM_BUILD))
}

/// The family of a function's runtime. A container image has none, and one that is not known is none.
pub fn family(function: &Function) -> Family {
    let runtime = function
        .runtime
        .as_ref()
        .and_then(|runtime| runtime.known_value());
    runtime.map_or(Family::Other, |runtime| Family::of(runtime))
}

/// The file or folder of a function's code, relative to the template's folder; `None` of one whose code is in the template, in a bucket or
/// in an image.
pub fn folder_of(function: &Function) -> Option<&str> {
    let is_local = function.inline_code.is_none() && !function.is_asset;
    code_uri(function).ok().filter(|_| is_local)
}

/// What a function's code is in, relative to the template's folder: a folder, or a package.
fn code_uri(function: &Function) -> Result<&str, PlaceError> {
    let code = function
        .code_uri
        .as_ref()
        .and_then(|code| code.known_value());
    code.filter(|code| !code.starts_with("s3://"))
        .map(String::as_str)
        .ok_or_else(|| not_here(function))
}

/// The same in a place. Code in a bucket was uploaded from a package, and may be beside the template under its object's name.
fn code_file<'f>(place: &Place, function: &'f Function) -> Result<&'f str, PlaceError> {
    match uploaded_as(function) {
        Some(key) if *place == Place::Source => Ok(name_of(key)),
        _ => code_uri(function),
    }
}

/// The key of the package in a bucket that is a function's code. What CDK uploads it has as a folder here.
fn uploaded_as(function: &Function) -> Option<&str> {
    let key = function.object_key.as_deref()?;
    (!function.is_asset && is_package(Path::new(key))).then_some(key)
}

fn name_of(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// The folder that CDK uploaded as this package, beside it: an object is named by the hash of what `asset.<hash>` has
/// (`aws-cdk-lib/core/lib/stack-synthesizers/asset-manifest-builder.ts`). Without `cdk`'s command nothing in a template names it.
fn asset_of(package: &Path) -> Option<PathBuf> {
    let hash = package.file_stem()?.to_str()?;
    let folder = package.with_file_name(format!("asset.{hash}"));
    (is_package(package) && folder.is_dir()).then_some(folder)
}

/// Whether what a function's code is in is a package.
pub fn is_packed(function: &Function) -> bool {
    function.inline_code.is_none()
        && code_file(&Place::Source, function).is_ok_and(|file| is_package(Path::new(file)))
}

fn not_here(function: &Function) -> PlaceError {
    PlaceError::of(
        function,
        "its code is no folder here; name a folder in [builds], or make it a [[stub]]",
    )
}

/// A function's working directory is its folder, so that a relative path would lead elsewhere from there.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests;
