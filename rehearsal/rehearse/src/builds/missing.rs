//! What to do about a program that is not there.

use std::path::Path;

use rehearsal_template::stack::Function;

use super::cargo::PROFILE;
use super::code_uri;
use super::place::Place;

/// What to do about a function's program that is not there, in the words of the project that its template stands in; `place` is what the
/// rehearsal file names. `None` where it has no place, which is an error of its own.
pub fn how_to_build(place: &str, function: &Function, template: &Path) -> Option<String> {
    let folder = template.parent().unwrap_or(Path::new(""));
    let code = folder.join(code_uri(function).unwrap_or_default());
    Place::of(place, function)
        .ok()
        .map(|place| in_place(&place, &code))
}

fn in_place(place: &Place, code: &Path) -> String {
    match place {
        Place::Cargo if has_profile(code) => {
            format!("build it first: cargo build --profile {PROFILE}")
        }
        Place::Cargo => format!(
            "build it first: add [profile.{PROFILE}] with inherits = \"release\" to the workspace's Cargo.toml, and run \
             cargo build --profile {PROFILE}; or run sam build, and rehearse with --builds sam"
        ),
        Place::Sam => "build it first: sam build".to_owned(),
        Place::Cdk => "build it first: cdk synth".to_owned(),
        Place::Source => {
            "put it into the function's CodeUri, or name another place in [builds]".to_owned()
        }
        Place::Folder(folder) => format!("put it into {folder}, or name another place in [builds]"),
    }
}

/// Whether a Cargo.toml of the code's folder or above it has the profile. By its text: it is advice that follows from it.
fn has_profile(folder: &Path) -> bool {
    let header = format!("[profile.{PROFILE}]");
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    folder.ancestors().any(|folder| {
        std::fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == header))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_fits_the_project_that_the_code_stands_in() {
        let folder = tempfile::tempdir().unwrap();
        let code = folder.path().join("functions/orders");
        std::fs::create_dir_all(&code).unwrap();
        let advice = || in_place(&Place::Cargo, &code);
        assert!(advice().contains("inherits = \"release\""), "{}", advice());
        let manifest = "[workspace]\n[profile.rehearse]\ninherits = \"release\"\n";
        std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        assert_eq!(advice(), "build it first: cargo build --profile rehearse");
        assert_eq!(in_place(&Place::Sam, &code), "build it first: sam build");
    }
}
