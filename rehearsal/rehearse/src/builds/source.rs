//! Whether the code of an interpreted function can run as it is: what is missing is reported before anything runs.

use std::path::Path;

use rehearsal_host::runtimes::{Family, nodejs};
use rehearsal_template::stack::Function;

use super::{Place, PlaceError, family};

/// The most that is named of what is missing.
const NAMED: usize = 4;

/// Looks for the file of the handler in `folder`, and for the packages that `package.json` asks for.
///
/// # Errors
/// What is missing, and what to do about it.
pub fn check(place: &Place, folder: &Path, function: &Function) -> Result<(), PlaceError> {
    if !folder.is_dir() {
        let build = match place {
            Place::Sam => "; run `sam build` first",
            Place::Cdk if folder.is_file() => {
                ", but a file that is no package; name a folder in [builds]"
            }
            Place::Cdk => "; run `cdk synth` first",
            _ => "",
        };
        let is = if folder.exists() {
            "is no folder"
        } else {
            "is not there"
        };
        return Err(PlaceError::of(
            function,
            format!("its code, {}, {is}{build}", folder.display()),
        ));
    }
    let handler = function
        .handler
        .as_ref()
        .and_then(|handler| handler.known_value());
    match (place, family(function), handler) {
        // What a package has is what Lambda gets.
        _ if super::is_packed(function) => Ok(()),
        (Place::Source, Family::Nodejs, Some(handler)) => {
            nodejs_handler(folder, function, handler)?;
            packages(folder, function)
        }
        (Place::Source, Family::Python, Some(handler)) => python_handler(folder, function, handler),
        // A build without it is a version that fails, and a rehearsal shows how.
        _ => Ok(()),
    }
}

fn nodejs_handler(folder: &Path, function: &Function, handler: &str) -> Result<(), PlaceError> {
    let (directory, name) = handler.rsplit_once('/').unwrap_or(("", handler));
    let module = folder
        .join(directory)
        .join(name.split('.').next().unwrap_or(name));
    let with = |extension: &str| {
        let mut file = module.clone().into_os_string();
        file.push(extension);
        Path::new(&file).is_file()
    };
    // A layer may have the handler, as those of vendors who wrap it do.
    if ["", ".js", ".mjs", ".cjs"]
        .iter()
        .any(|extension| with(extension))
        || module.is_dir()
        || handler.starts_with('/')
        || !function.layers.is_empty()
    {
        return Ok(());
    }
    if [".ts", ".mts", ".cts", ".tsx"]
        .iter()
        .any(|extension| with(extension))
    {
        let what = format!(
            "its handler {handler} is TypeScript in {}, which Lambda does not run: run `sam build`, and rehearse with --builds sam",
            folder.display()
        );
        return Err(PlaceError::of(function, what));
    }
    Err(no_handler(
        folder,
        function,
        format!(
            "there is no file for its handler {handler} in {}: {}.js, .mjs or .cjs; if it is built, run `sam build`, and rehearse with --builds sam; or name the folder that has it by --builds",
            folder.display(),
            handler.split('.').next().unwrap_or(handler)
        ),
    ))
}

/// The file of a handler is not there: a version of this code fails, unless a build makes the file.
fn no_handler(folder: &Path, function: &Function, what: String) -> PlaceError {
    if is_built(folder) {
        return PlaceError::of(function, what);
    }
    PlaceError::NoHandler {
        function: function.logical_id.clone(),
        what,
    }
}

/// What says that files of a folder are built: a compiler's settings, or a bundler's.
const OF_BUILDS: [&str; 5] = [
    "tsconfig.json",
    "webpack.config.js",
    "rollup.config.js",
    "esbuild.js",
    "Makefile",
];

/// Whether something in a function's folder says that files of it are built.
pub fn is_built(folder: &Path) -> bool {
    let package = package_json(folder);
    let scripts = package.get("scripts");
    let has_script = ["build", "compile", "bundle", "prepare", "postinstall"]
        .iter()
        .any(|name| scripts.is_some_and(|scripts| scripts.get(name).is_some()));
    has_script || OF_BUILDS.iter().any(|file| folder.join(file).exists())
}

/// What a folder's `package.json` says; null where there is none that is JSON.
fn package_json(folder: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(folder.join("package.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// The files that say what packages code of Python needs, beside it or above it.
const OF_PACKAGES: [&str; 6] = [
    "requirements.txt",
    "Pipfile",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "environment.yml",
];

/// Whether something says that a package is installed beside a function's code: a `package.json` of its folder or above it that names it; of
/// Python anything that names packages.
pub fn is_asked_for(folder: &Path, family: Family, package: &str) -> bool {
    let folder = super::absolute(folder);
    let mut folders = folder.ancestors();
    if family == Family::Python {
        let has = |folder: &Path| OF_PACKAGES.iter().any(|file| folder.join(file).exists());
        return folders.any(has);
    }
    let named = format!("{:?}", package_of(package));
    folders.any(|folder| {
        let text = std::fs::read_to_string(folder.join("package.json"));
        text.is_ok_and(|text| text.contains(&named))
    })
}

/// The package that is loaded by a name, which may go on to a file of it: `@scope/name/file`.
fn package_of(name: &str) -> &str {
    let parts = if name.starts_with('@') { 2 } else { 1 };
    let end = name.match_indices('/').nth(parts - 1).map(|(at, _)| at);
    &name[..end.unwrap_or(name.len())]
}

fn python_handler(folder: &Path, function: &Function, handler: &str) -> Result<(), PlaceError> {
    let Some((module, _)) = handler.rsplit_once('.') else {
        // Lambda's own words for it come from the function.
        return Ok(());
    };
    let path = module.replace('.', "/");
    let is_there = folder.join(format!("{path}.py")).is_file() || folder.join(&path).is_dir();
    if is_there || !function.layers.is_empty() {
        return Ok(());
    }
    let what = format!(
        "there is no file for its handler {handler} in {}: {path}.py",
        folder.display()
    );
    Err(no_handler(folder, function, what))
}

/// The packages that `package.json` asks for are installed, where Lambda does not ship them.
fn packages(folder: &Path, function: &Function) -> Result<(), PlaceError> {
    let package = package_json(folder);
    let runtime = function
        .runtime
        .as_ref()
        .and_then(|runtime| runtime.known_value());
    let shipped = nodejs::shipped(runtime.map_or("", String::as_str));
    let is_shipped = |name: &str| {
        shipped
            .iter()
            .any(|with| name.split('/').next() == Some(*with))
    };
    let is_installed = |name: &str| {
        super::absolute(folder)
            .ancestors()
            .any(|folder| folder.join("node_modules").join(name).exists())
    };
    let asked = package
        .get("dependencies")
        .and_then(serde_json::Value::as_object);
    let missing: Vec<_> = asked
        .into_iter()
        .flat_map(|asked| asked.keys())
        .filter(|name| !is_shipped(name) && !is_installed(name))
        .map(String::as_str)
        .collect();
    // Layers may have them.
    if missing.is_empty() || !function.layers.is_empty() {
        return Ok(());
    }
    let more = missing.len().saturating_sub(NAMED);
    let named = missing[..missing.len() - more].join(", ");
    let and_more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Err(PlaceError::of(
        function,
        format!(
            "its package.json asks for {named}{and_more}, which is not installed: run `npm install` in {}, or `sam build`, and rehearse with --builds sam",
            folder.display()
        ),
    ))
}
