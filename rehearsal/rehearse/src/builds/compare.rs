//! Whether functions' code changes, from two folders of builds.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rehearsal_deployment::change::{Code, CodeChange};
use rehearsal_host::runtimes::Family;
use rehearsal_host::runtimes::provided::EXECUTABLE;
use rehearsal_template::Stack;

use super::{Code as BuiltCode, Finder, Place, family, is_of_build, is_packed};

/// The most files of one function that are compared.
const MOST_FILES: usize = 200_000;

/// Why two builds cannot be compared.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BuildsError {
    /// Something of them cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// There is nothing of the template's in one of them.
    #[error("{} has no folder or file of a function of this template", folder.display())]
    #[diagnostic(help(
        "it has one for each function, named by the logical id, as .aws-sam/build has: {functions}"
    ))]
    NoFunctions {
        /// The folder.
        folder: PathBuf,
        /// The functions.
        functions: String,
    },
    /// There is too much.
    #[error("{} has more than {MOST_FILES} files", folder.display())]
    TooMany {
        /// The folder.
        folder: PathBuf,
    },
}

/// Compares what two folders have of each function under its logical id: a folder of files, or one file.
///
/// A function that is not in both is not known.
///
/// # Errors
/// A folder cannot be read, or has nothing of the template's.
pub fn compare(live: &Path, new: &Path, stack: &Stack) -> Result<Code, BuildsError> {
    let ids = || stack.functions.iter().map(|function| &function.logical_id);
    for folder in [live, new] {
        fs::read_dir(folder).map_err(|error| BuildsError::Unreadable {
            path: folder.to_owned(),
            error,
        })?;
        if !ids().any(|id| folder.join(id).exists()) {
            let functions: Vec<_> = ids().map(String::as_str).collect();
            return Err(BuildsError::NoFunctions {
                folder: folder.to_owned(),
                functions: functions.join(", "),
            });
        }
    }
    let mut code = Code::all(CodeChange::Unknown);
    for id in ids() {
        let (live, new) = (live.join(id), new.join(id));
        if live.exists() && new.exists() {
            // Who names two builds says of which code they are: another program is other code.
            code = code.with(id, compared(&live, &new)?.change(CodeChange::Changed));
        }
    }
    Ok(code)
}

/// How far what was built twice is alike, the least alike last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alike {
    /// The same files with the same content.
    Same,
    /// The same files in other packages, in which tools write when they ran.
    SameButPackage,
    /// Nothing but source maps differs, in which bundlers write where they ran.
    SameButMaps,
    /// Nothing but the program differs (and source maps).
    SameButProgram,
    /// Other files, or other content, or one that may be run and was not.
    Different,
}

impl Alike {
    /// Whether the code changes, where this was built of it and `said` is what is known of what that was built from.
    pub fn change(self, said: CodeChange) -> CodeChange {
        match (self, said) {
            (Self::Same, _) => CodeChange::Same,
            (Self::Different, _) => CodeChange::Changed,
            // On the machine that deploys both, they may be the same: bundlers write into a map where they ran, and compilers into a
            // program, so that another says nothing of the source. Another package is other code to Lambda, which knows it by its hash;
            // whether one tool would have made the same of both is not known.
            (Self::SameButPackage | Self::SameButMaps, _)
            | (Self::SameButProgram, CodeChange::Same) => CodeChange::Unknown,
            (Self::SameButProgram, said) => said,
        }
    }
}

/// Where a version's builds are looked for: by what, and in which place.
pub type Side<'f> = (&'f Finder<'f>, &'f str);

/// Whether a function's code changes, by what was built of it for both versions; `None` where that is not what decides, or is not there.
/// `said` is what is known of what it was built from.
pub fn change(live: Side<'_>, new: Side<'_>, id: &String, said: CodeChange) -> Option<CodeChange> {
    let function = new.0.stack.function(id)?;
    let packages = [live, new].map(|(finder, place)| finder.package(place, id));
    let (live, new) = (packaged(live, id)?, packaged(new, id)?);
    // One build says nothing of two versions.
    if is_one(&live, &new) {
        return Some(CodeChange::Unknown);
    }
    let alike = compared(&live, &new).and_then(|alike| match &packages {
        // How a package may be used here is no part of it.
        [Some(live), Some(new)] if read(live)? != read(new)? => {
            Ok(alike.max(Alike::SameButPackage))
        }
        _ => Ok(alike),
    });
    Some(match alike {
        // Where nothing compiles it, a file of that name is as any other.
        Ok(Alike::SameButProgram) if family(function) != Family::Provided => CodeChange::Changed,
        Ok(alike) => alike.change(said),
        Err(_) => CodeChange::Unknown,
    })
}

/// Whether two paths lead to one file or folder.
pub fn is_one(one: &Path, other: &Path) -> bool {
    let both = one.canonicalize().ok().zip(other.canonicalize().ok());
    both.is_some_and(|(one, other)| one == other)
}

/// What is packaged of a function: all that is beside its program, too. What cargo builds has its folder's path in it, and what CDK does is
/// named by its hash.
fn packaged((finder, place): Side<'_>, id: &String) -> Option<PathBuf> {
    let function = finder.stack.function(id)?;
    let is_built = match Place::of(place, function).ok()? {
        Place::Sam | Place::Folder(_) => true,
        Place::Source => is_of_build(finder.template) || is_packed(function),
        Place::Cargo | Place::Cdk => false,
    };
    if !is_built {
        return None;
    }
    match finder
        .find(place, std::iter::once(id))
        .ok()?
        .remove(id)?
        .code
    {
        BuiltCode::Executable(path) if path.ends_with(EXECUTABLE) => {
            path.parent().map(Path::to_owned)
        }
        BuiltCode::Folder(path) | BuiltCode::Executable(path) => Some(path),
        BuiltCode::Inline(_) => None,
    }
}

/// How far two functions' code is alike, file by file.
///
/// # Errors
/// Something of it cannot be read, or is too much.
pub fn compared(live: &Path, new: &Path) -> Result<Alike, BuildsError> {
    let (live, new) = (files(live)?, files(new)?);
    if !live.keys().eq(new.keys()) {
        return Ok(Alike::Different);
    }
    let mut all = Alike::Same;
    for ((inside, one), other) in live.iter().zip(new.values()) {
        all = all.max(alike(inside, one, other)?);
        if all == Alike::Different {
            break;
        }
    }
    Ok(all)
}

/// A file, and what the system says of it.
type File = (PathBuf, fs::Metadata);

/// How far two files of one path in a package are alike. Of other sizes only a program is read.
fn alike(inside: &Path, one: &File, other: &File) -> Result<Alike, BuildsError> {
    // What is packaged keeps its modes.
    let may_run = |(_, metadata): &File| metadata.permissions().mode() & 0o111 != 0;
    if may_run(one) != may_run(other) {
        return Ok(Alike::Different);
    }
    let is_map = inside.extension().is_some_and(|ending| ending == "map");
    let otherwise = if is_map {
        Alike::SameButMaps
    } else {
        Alike::Different
    };
    let may_be_program = inside.as_os_str().is_empty() || inside == Path::new(EXECUTABLE);
    if one.1.len() != other.1.len() && !may_be_program {
        return Ok(otherwise);
    }
    let both = [read(&one.0)?, read(&other.0)?];
    if both[0] == both[1] {
        return Ok(Alike::Same);
    }
    // A compiler's work is no script.
    let is_program = may_be_program && !both.iter().any(|content| content.starts_with(b"#!"));
    Ok(if is_program {
        Alike::SameButProgram
    } else {
        otherwise
    })
}

fn read(path: &Path) -> Result<Vec<u8>, BuildsError> {
    fs::read(path).map_err(|error| BuildsError::Unreadable {
        path: path.to_owned(),
        error,
    })
}

/// All files below a folder, by their path in it; of a file itself under no path. Links are followed, as what packages them does.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, File>, BuildsError> {
    let mut found = BTreeMap::new();
    let mut open = vec![(folder.to_owned(), PathBuf::new(), 0)];
    while let Some((path, inside, depth)) = open.pop() {
        let unreadable = |error| BuildsError::Unreadable {
            path: path.clone(),
            error,
        };
        let metadata = fs::metadata(&path).map_err(unreadable)?;
        if metadata.is_dir() {
            for entry in fs::read_dir(&path).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                open.push((entry.path(), inside.join(entry.file_name()), depth + 1));
            }
        } else {
            found.insert(inside, (path, metadata));
        }
        // A link to a folder above itself has no end.
        if found.len() + open.len() > MOST_FILES || depth > MOST_LEVELS {
            return Err(BuildsError::TooMany {
                folder: folder.to_owned(),
            });
        }
    }
    Ok(found)
}

/// How deep folders may be in each other.
const MOST_LEVELS: usize = 64;

#[cfg(test)]
mod tests {
    use rehearsal_template::{Inputs, read_str};

    use super::super::Packages;
    use super::*;
    use crate::test_folder::folder_with;

    fn stack(functions: &[&str]) -> Stack {
        let resources: Vec<_> = functions
            .iter()
            .map(|id| format!("{id}: {{Type: AWS::Serverless::Function, Properties: {{Runtime: nodejs22.x, Handler: i.h, CodeUri: {id}}}}}"))
            .collect();
        let text = format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  {}\n",
            resources.join("\n  ")
        );
        read_str("template.yaml", &text, &Inputs::new("shop")).unwrap()
    }

    #[test]
    fn functions_are_compared_file_by_file() {
        let folder = tempfile::tempdir().unwrap();
        let put = |build: &str, path: &str, content: &str| {
            let path = folder.path().join(build).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        for build in ["old", "new"] {
            put(build, "A/index.js", "same");
            put(build, "A/lib/x.js", "same");
            put(build, "B/index.js", build);
            put(build, "C/index.js", "same");
            put(build, "E.zip", "same");
        }
        put("new", "C/more.js", "");
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        let code = compare(&old, &new, &stack(&["A", "B", "C", "D"])).unwrap();
        assert_eq!(
            ["A", "B", "C", "D"].map(|id| code.of(id)),
            [
                CodeChange::Same,
                CodeChange::Changed,
                CodeChange::Changed,
                CodeChange::Unknown
            ]
        );
        let none = compare(&old, &new, &stack(&["D"])).unwrap_err();
        assert!(
            none.to_string()
                .contains("has no folder or file of a function"),
            "{none}"
        );
        let gone = compare(&old.join("gone"), &new, &stack(&["A"])).unwrap_err();
        assert!(gone.to_string().contains("cannot be read"), "{gone}");
    }

    #[test]
    fn source_maps_are_no_difference_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, content: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        let alike = || compared(&folder.path().join("old"), &folder.path().join("new")).unwrap();
        for build in ["old", "new"] {
            put(&format!("{build}/app.js"), "same");
            put(&format!("{build}/app.js.map"), "here");
        }
        assert_eq!(alike(), Alike::Same);
        put("new/app.js.map", "there");
        assert_eq!(alike(), Alike::SameButMaps);
        assert_eq!(alike().change(CodeChange::Changed), CodeChange::Unknown);
        put("new/app.js", "other");
        assert_eq!(alike(), Alike::Different);
    }

    #[test]
    fn a_file_that_comes_to_be_one_that_may_be_run_is_other_code() {
        let files = [("old/run.sh", "same"), ("new/run.sh", "same")];
        let folder = folder_with(&files);
        let alike = || compared(&folder.path().join("old"), &folder.path().join("new")).unwrap();
        assert_eq!(alike(), Alike::Same);
        let run = folder.path().join("new/run.sh");
        fs::set_permissions(&run, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(alike(), Alike::Different);
    }

    /// What two builds of a function say in a folder with these files, where what they were built from is said to differ, and where it is
    /// said not to.
    fn changes(
        runtime: &str,
        places: (&str, &str),
        files: &[(&str, &str)],
    ) -> [Option<CodeChange>; 2] {
        let folder = folder_with(files);
        let text = format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  A: {{Type: AWS::Serverless::Function, Metadata: {{BuildMethod: makefile}}, \
             Properties: {{Runtime: {runtime}, Handler: i.h, CodeUri: src}}}}\n"
        );
        let stack = read_str("template.yaml", &text, &Inputs::new("shop")).unwrap();
        let packages = Packages::default();
        let (old, new) = (
            folder.path().join("v1/t.yaml"),
            folder.path().join("t.yaml"),
        );
        let finder = |template| Finder {
            beside: folder.path(),
            template,
            instead: None,
            source: None,
            stack: &stack,
            packages: &packages,
        };
        let (old, new) = (finder(&old), finder(&new));
        let id = "A".to_owned();
        [CodeChange::Changed, CodeChange::Same]
            .map(|said| change((&old, places.0), (&new, places.1), &id, said))
    }

    const OLD: &str = "v1/.aws-sam/build/A";
    const NEW: &str = ".aws-sam/build/A";

    #[test]
    fn all_that_is_packaged_beside_a_program_is_compared() {
        let sam = ("sam", "sam");
        let (changed, same) = (Some(CodeChange::Changed), Some(CodeChange::Same));
        let unknown = Some(CodeChange::Unknown);
        let of = |runtime, program: [&str; 2], beside: [&str; 2]| {
            let files = [
                (format!("{OLD}/bootstrap"), program[0]),
                (format!("{NEW}/bootstrap"), program[1]),
                (format!("{OLD}/loop.py"), beside[0]),
                (format!("{NEW}/loop.py"), beside[1]),
            ];
            let files = files.each_ref().map(|(name, text)| (name.as_str(), *text));
            changes(runtime, sam, &files)
        };
        let provided = "provided.al2023";
        assert_eq!(of(provided, ["#!", "#!"], ["1", "1"]), [same, same]);
        assert_eq!(of(provided, ["#!", "#!"], ["1", "2"]), [changed, changed]);
        // A script is no compiler's work; another program may be that of the same source.
        assert_eq!(of(provided, ["#!1", "#!2"], ["1", "1"]), [changed, changed]);
        assert_eq!(of(provided, ["p1", "p2"], ["1", "1"]), [changed, unknown]);
        // What is neither interpreted here nor one program is a package all the same.
        assert_eq!(of("java21", ["p", "p"], ["1", "1"]), [same, same]);
        assert_eq!(of("java21", ["p", "p"], ["1", "2"]), [changed, changed]);
        assert_eq!(of("java21", ["p1", "p2"], ["1", "1"]), [changed, changed]);
    }

    #[test]
    fn what_is_built_goes_before_what_it_is_built_from() {
        let node = |old: &str, new: &str| {
            let (old, new) = ((format!("{OLD}/i.js"), old), (format!("{NEW}/i.js"), new));
            changes(
                "nodejs22.x",
                ("sam", "sam"),
                &[(&old.0, old.1), (&new.0, new.1)],
            )
        };
        assert_eq!(node("1", "1"), [Some(CodeChange::Same); 2]);
        assert_eq!(node("1", "2"), [Some(CodeChange::Changed); 2]);
        // What is not in both says nothing.
        assert_eq!(
            changes("nodejs22.x", ("sam", "sam"), &[("x", "")]),
            [None; 2]
        );
    }

    #[test]
    fn a_package_is_compared_by_its_hash_and_by_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, content: &str, year: u16| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut writer = zip::ZipWriter::new(fs::File::create(path).unwrap());
            let at = zip::DateTime::from_date_and_time(year, 1, 1, 0, 0, 0).unwrap();
            let options = zip::write::SimpleFileOptions::default().last_modified_time(at);
            writer.start_file("i.js", options).unwrap();
            std::io::Write::write_all(&mut writer, content.as_bytes()).unwrap();
            writer.finish().unwrap();
        };
        let text = "Transform: AWS::Serverless-2016-10-31\nResources:\n  A: {Type: AWS::Serverless::Function, \
                    Properties: {Runtime: nodejs22.x, Handler: i.h, CodeUri: a.zip}}\n";
        let stack = read_str("template.yaml", text, &Inputs::new("shop")).unwrap();
        let changes = || {
            // Each is unpacked anew.
            let packages = Packages::default();
            let templates = ["old/t.yaml", "new/t.yaml"].map(|name| folder.path().join(name));
            let [old, new] = [0, 1].map(|side| Finder {
                beside: folder.path(),
                template: &templates[side],
                instead: None,
                source: None,
                stack: &stack,
                packages: &packages,
            });
            let id = "A".to_owned();
            change((&old, "auto"), (&new, "auto"), &id, CodeChange::Changed)
        };
        put("old/a.zip", "1", 2000);
        put("new/a.zip", "1", 2000);
        assert_eq!(changes(), Some(CodeChange::Same));
        let package = folder.path().join("new/a.zip");
        fs::set_permissions(&package, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(changes(), Some(CodeChange::Same), "its own mode");
        put("new/a.zip", "1", 2001);
        assert_eq!(changes(), Some(CodeChange::Unknown));
        put("new/a.zip", "2", 2001);
        assert_eq!(changes(), Some(CodeChange::Changed));
    }

    #[test]
    fn one_build_says_nothing_of_two_versions() {
        let out = [("out/A/i.js", "1"), ("kept/A/i.js", "1")];
        assert_eq!(
            changes("nodejs22.x", ("out", "./out"), &out),
            [Some(CodeChange::Unknown); 2]
        );
        assert_eq!(
            changes("nodejs22.x", ("kept", "out"), &out),
            [Some(CodeChange::Same); 2]
        );
    }
}
