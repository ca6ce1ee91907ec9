//! What of a folder's code stands elsewhere: behind links, and in packages that are asked for by their place.

use std::fs;
use std::path::Path;

use super::installed::{ASKS, INSTALLED, repository};
use super::tree::below_root;
use super::{At, GitError, git};

/// The mode of a link in the index of git.
const LINK: &str = "120000 ";

/// Whether code below a path may be of files that are not: a link leads out of it, or a package is asked for that stands beside it. The path
/// is from the repository's root, and what git tracks below it is here as it is in the revision.
///
/// # Errors
/// Git cannot be run.
pub fn has_some(at: &At, path: &str) -> Result<bool, GitError> {
    let below = format!(":(top,literal){path}");
    let arguments = ["ls-files", "--stage", "--full-name", "-z", "--", &below];
    let listed = git(&at.folder, &arguments)?.ok();
    let listed = listed.filter(|bytes| bytes.len() <= rehearsal_template::bounds::MAX_BYTES);
    let Some((listed, repository)) = listed.zip(repository(at)) else {
        return Ok(true);
    };
    let listed = String::from_utf8_lossy(&listed);
    let mut files = listed.split('\0').filter_map(|line| line.split_once('\t'));
    Ok(files.any(|(head, file)| {
        let name = file.rsplit('/').next().unwrap_or(file);
        if head.starts_with(LINK) {
            leads_out(&repository, file, path)
        } else if name == ASKS {
            let text = fs::read_to_string(repository.join(file));
            text.map_or(true, |text| {
                npm_asks(&text, &|package| is_linked(&repository, file, package))
            })
        } else if name.starts_with("requirements") && is_text(name) {
            fs::read_to_string(repository.join(file)).map_or(true, |text| pip_asks(&text))
        } else {
            false
        }
    }))
}

fn is_text(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|ending| ending == "txt")
}

/// Whether a link leads to what is not below a path.
fn leads_out(repository: &Path, link: &str, path: &str) -> bool {
    let target = fs::read_link(repository.join(link)).ok();
    let folder = link.rsplit_once('/').map_or("", |(folder, _)| folder);
    let target = target
        .as_deref()
        .and_then(Path::to_str)
        .and_then(|target| below_root(folder, target));
    target.is_none_or(|target| link == path || !Path::new(&target).starts_with(path))
}

/// Whether a `package.json` asks for a package by its place (npm, "package.json: Local Paths"; pnpm, "Workspace protocol"; yarn, "Protocols"),
/// or for one that is linked.
fn npm_asks(text: &str, is_linked: &dyn Fn(&str) -> bool) -> bool {
    let Ok(asks) = serde_json::from_str::<serde_json::Value>(text) else {
        return true;
    };
    let all = ["dependencies", "devDependencies", "optionalDependencies"];
    let mut packages = all
        .iter()
        .filter_map(|kind| asks[kind].as_object())
        .flatten();
    packages.any(|(name, version)| {
        let version = version.as_str().unwrap_or_default();
        let by_place = [
            "file:",
            "link:",
            "portal:",
            "workspace:",
            "./",
            "../",
            "~/",
            "/",
        ];
        by_place.iter().any(|start| version.starts_with(start)) || is_linked(name)
    })
}

/// Whether what is installed as a package of npm's, for what a `package.json` asks, is a link to source, as those of workspaces are.
fn is_linked(repository: &Path, asks: &str, package: &str) -> bool {
    let folders = Path::new(asks).ancestors().skip(1);
    let mut installed = folders.map(|folder| repository.join(folder).join(INSTALLED).join(package));
    installed.any(|package| {
        let target = package
            .is_symlink()
            .then(|| package.canonicalize().unwrap_or_default());
        target.is_some_and(|target| {
            !target
                .components()
                .any(|part| part.as_os_str() == INSTALLED)
        })
    })
}

/// Whether a `requirements.txt` asks for what has a place (pip, "Requirements File Format").
fn pip_asks(text: &str) -> bool {
    let starts = [".", "/", "~", "-e", "--editable", "file:"];
    text.lines().map(str::trim).any(|line| {
        let is_said = !line.starts_with('#');
        let has_place = starts.iter().any(|start| line.starts_with(start));
        is_said && (has_place || line.contains("../") || line.contains("file:"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_is_asked_for_by_its_place_or_linked_is_elsewhere() {
        let asks = |version: &str| {
            let text = format!(r#"{{"dependencies": {{"left": "{version}"}}}}"#);
            npm_asks(&text, &|_| false)
        };
        for version in ["file:../left", "link:../left", "workspace:*", "../left"] {
            assert!(asks(version), "{version}");
        }
        for version in ["^1.0.0", "*", "npm:right@1", "github:a/b"] {
            assert!(!asks(version), "{version}");
        }
        assert!(npm_asks(r#"{"dependencies": {"left": "*"}}"#, &|name| name == "left"));
        assert!(npm_asks("{", &|_| false));
        assert!(!npm_asks("{}", &|_| true));
    }

    #[test]
    fn a_requirement_that_has_a_place_is_elsewhere() {
        for line in [
            "../shared",
            "./shared",
            "-e ../shared",
            "--editable=shared",
            "shared @ file:///shared",
            "-r ../requirements.txt",
        ] {
            assert!(pip_asks(&format!("boto3\n  {line}\n")), "{line}");
        }
        assert!(!pip_asks(
            "# -e ../shared\nboto3==1.40.0\n-r more.txt\n--hash=sha256:0a\n"
        ));
    }
}
