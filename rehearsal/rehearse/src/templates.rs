//! Which template a person means who names a folder: the one that a tool has put there, or will look for there.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use rehearsal_template::{
    Inputs, Stack, counted, folder_of, printable, read_str, text_file, text_of,
};
use serde_json::Value;

use crate::assembly::serverless::TEMPLATE as SERVERLESS_TEMPLATE;
use crate::assembly::{self, Assembly, AssemblyError, CdkStack};
use crate::builds::SAM_BUILD;
use crate::shell::quoted;

/// The templates that SAM's command looks for in a folder, in this order (SAM CLI, `commands/_utils/options.py`,
/// `get_or_default_template_file_name`).
pub const SAM_NAMES: [&str; 3] = ["template.yaml", "template.yml", "template.json"];
/// What says of a folder that it is a CDK application (CDK developer guide, "Configure the AWS CDK CLI").
const CDK_PROJECT: &str = "cdk.json";
/// Where CDK writes to, unless its application says otherwise.
const CDK_OUTPUT: &str = "cdk.out";
/// Where `serverless package` writes its templates, beside the application's file, and the names of that file (Serverless Framework,
/// `lib/cli/resolve-configuration-path.js`).
const SERVERLESS_OUTPUT: &str = ".serverless";
const SERVERLESS_PROJECT: [&str; 5] = [
    "serverless.yml",
    "serverless.yaml",
    "serverless.json",
    "serverless.js",
    "serverless.ts",
];
/// How standard input is named on a command line, and where it is.
pub const GIVEN: &str = "-";
const STANDARD_INPUT: &str = "/dev/stdin";
/// The longest `cdk.json`, in bytes. Its context has a line for each feature flag.
const MAX_CDK_PROJECT_BYTES: usize = 1 << 20;
/// The endings of templates.
pub const ENDINGS: [&str; 4] = ["yaml", "yml", "json", "template"];
/// How many other files of a folder are named.
const MOST_NAMED: usize = 5;
/// How far below a folder its projects are looked for.
const DEPTH_LOOKED_AT: usize = 2;
/// How many files of a folder are looked at for that.
const MOST_LOOKED_AT: usize = 100;

/// Why a folder gives no template.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum NoTemplate {
    /// It has several.
    #[error("{} has {}, and one is wanted", folder.display(), counted(*count, "stack"))]
    #[diagnostic(help("name the template of one"))]
    Several {
        /// The folder.
        folder: PathBuf,
        /// How many.
        count: usize,
        /// Which.
        #[source]
        choices: Choices,
    },
    /// An assembly has no such file.
    #[error("there is no {}", path.display())]
    #[diagnostic(help("name the template of one of the stacks"))]
    NoSuchFile {
        /// What was named.
        path: PathBuf,
        /// What is there.
        #[source]
        choices: Choices,
    },
    /// An application has no stack.
    #[error("{} has no stack", folder.display())]
    #[diagnostic(help("`cdk synth` has written it for an application without stacks"))]
    NoStack {
        /// The folder.
        folder: PathBuf,
    },
    /// An application was not synthesised.
    #[error("{} is a CDK application, and {} is no folder that `cdk synth` has written", folder.display(), output.display())]
    #[diagnostic(help("run `cdk synth` there, and then this again"))]
    NotSynthesised {
        /// Its folder.
        folder: PathBuf,
        /// Where its assembly would be.
        output: PathBuf,
    },
    /// An application was not packaged.
    #[error("{} is an application of the Serverless Framework, and it has no {SERVERLESS_OUTPUT}/{SERVERLESS_TEMPLATE}", folder.display())]
    #[diagnostic(help("run `serverless package` there, and then this again"))]
    NotPackaged {
        /// Its folder.
        folder: PathBuf,
    },
    /// It has none.
    #[error(
        "{} is a folder without a template: it has no {}, no manifest.json of `cdk synth` and no {CDK_PROJECT}",
        folder.display(),
        SAM_NAMES.join(", no ")
    )]
    #[diagnostic(help("{help}"))]
    None {
        /// The folder.
        folder: PathBuf,
        /// What to do.
        help: String,
    },
    /// Its assembly cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Assembly(#[from] AssemblyError),
}

impl NoTemplate {
    /// What could be named.
    pub fn choices(self) -> Option<Choices> {
        match self {
            Self::Several { choices, .. } | Self::NoSuchFile { choices, .. } => Some(choices),
            _ => None,
        }
    }
}

/// Stacks, a line each.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Choices(String);

/// The template that a path names: itself, or that of a folder.
///
/// # Errors
/// A folder has none, or several.
pub fn at(path: &Path) -> Result<PathBuf, NoTemplate> {
    if !path.is_dir() {
        let absent = if path.symlink_metadata().is_ok() {
            // A link that leads nowhere is there as well.
            None
        } else {
            Assembly::of(path)?
        };
        return match absent {
            Some(assembly) => Err(NoTemplate::NoSuchFile {
                path: path.to_owned(),
                choices: choices(&assembly.with_stages()?),
            }),
            None => Ok(path.to_owned()),
        };
    }
    if let Some(assembly) = Assembly::open(path)? {
        return only_stack(&assembly);
    }
    let of_sam = SAM_NAMES.iter().map(|name| path.join(name));
    if let Some(template) = of_sam.into_iter().find(|template| template.is_file()) {
        return Ok(template);
    }
    if path.join(CDK_PROJECT).is_file() {
        let output = path.join(cdk_output(path));
        return match Assembly::open(&output)? {
            Some(assembly) => only_stack(&assembly),
            None => Err(NoTemplate::NotSynthesised {
                folder: path.to_owned(),
                output,
            }),
        };
    }
    let of_serverless = [Path::new(""), Path::new(SERVERLESS_OUTPUT)];
    let packaged = of_serverless.map(|folder| path.join(folder).join(SERVERLESS_TEMPLATE));
    if let Some(template) = packaged.into_iter().find(|template| template.is_file()) {
        return Ok(template);
    }
    // Templates have that name, too.
    let is_template = |file: &Path| text_of(file).is_ok_and(|text| has_resources(&text));
    let of_project = SERVERLESS_PROJECT.iter().map(|name| path.join(name));
    if of_project
        .into_iter()
        .any(|file| file.is_file() && !is_template(&file))
    {
        return Err(NoTemplate::NotPackaged {
            folder: path.to_owned(),
        });
    }
    Err(NoTemplate::None {
        help: instead_of_none(path),
        folder: path.to_owned(),
    })
}

/// How many levels below its project a template stands that a tool wrote: `sam build` and `serverless package`, which
/// remove it again, or CDK.
pub fn levels_below_project(template: &Path) -> usize {
    let folder = template.parent().unwrap_or(Path::new(""));
    let of_cdk = |folder: &&Path| folder.ends_with(CDK_OUTPUT) || assembly::is_one(folder);
    let written = [SAM_BUILD, SERVERLESS_OUTPUT];
    if let Some(made) = written.iter().find(|made| folder.ends_with(made)) {
        return Path::new(made).components().count();
    }
    // A stage's folder is in that of its application.
    folder.ancestors().take_while(of_cdk).count()
}

/// The same of what is read once: `-` is standard input.
///
/// # Errors
/// As [`at`].
pub fn at_or_given(path: &Path) -> Result<PathBuf, NoTemplate> {
    if path == Path::new(GIVEN) {
        return Ok(PathBuf::from(STANDARD_INPUT));
    }
    at(path)
}

/// Whether a text has the section that a template cannot do without.
pub fn has_resources(text: &str) -> bool {
    text.lines().any(|line| {
        line.trim_start()
            .trim_start_matches(['{', '"', '\''])
            .starts_with("Resources")
    })
}

fn only_stack(assembly: &Assembly) -> Result<PathBuf, NoTemplate> {
    let stacks = assembly.with_stages()?;
    match stacks.as_slice() {
        [] => Err(NoTemplate::NoStack {
            folder: assembly.folder.clone(),
        }),
        [only] => Ok(only.template.clone()),
        several => Err(NoTemplate::Several {
            folder: assembly.folder.clone(),
            count: several.len(),
            choices: choices(several),
        }),
    }
}

/// Each stack by its template, with what an update of it starts.
fn choices(stacks: &[CdkStack]) -> Choices {
    let paths = stacks
        .iter()
        .map(|stack| quoted(&stack.template.display().to_string()));
    let paths: Vec<String> = paths.collect();
    let width = paths.iter().map(|path| path.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for (stack, path) in stacks.iter().zip(&paths) {
        let line = format!("{path:width$}  {}: {}", stack.name, starts(stack));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", printable::line(&line));
    }
    Choices(text.trim_end().to_owned())
}

/// What an update of a stack starts, in words.
fn starts(stack: &CdkStack) -> String {
    let mut inputs = Inputs {
        folder: Some(folder_of(&stack.template)),
        ..Inputs::default()
    };
    let completed = assembly::complete(&stack.template, &mut inputs);
    let name = stack.template.display().to_string();
    let read = completed.ok().and_then(|()| {
        let text = text_of(&stack.template).ok()?;
        read_str(&name, &text, &inputs).ok()
    });
    let Some(read) = read else {
        return "its template is refused".to_owned();
    };
    let own = read.aliases.iter();
    let own = own.filter(|alias| alias.deployment.is_some()).count();
    match own + Stack::nested_deployments(&read).len() {
        0 => "no deployment".to_owned(),
        count => counted(count, "deployment"),
    }
}

/// Where the application of a folder is synthesised to.
fn cdk_output(folder: &Path) -> String {
    let text = text_file::read(&folder.join(CDK_PROJECT), MAX_CDK_PROJECT_BYTES);
    let said = text
        .ok()
        .and_then(|text| serde_json::from_str::<Value>(&text).ok())
        .and_then(|project| Some(project.get("output")?.as_str()?.to_owned()));
    said.unwrap_or_else(|| CDK_OUTPUT.to_owned())
}

/// What to name in the place of a folder that has no template under a name that a tool looks for.
fn instead_of_none(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            let ending = path.extension().unwrap_or_default();
            ENDINGS
                .iter()
                .any(|known| ending.eq_ignore_ascii_case(known))
        })
        .collect();
    files.sort();
    let others: Vec<String> = files
        .iter()
        .take(MOST_LOOKED_AT)
        .filter(|path| path.is_file() && text_of(path).is_ok_and(|text| has_resources(&text)))
        .take(MOST_NAMED)
        .map(|path| quoted(&path.display().to_string()))
        .collect();
    if assembly::is_one(&folder.join(CDK_OUTPUT)) {
        let output = folder.join(CDK_OUTPUT).display().to_string();
        format!(
            "name the folder that `cdk synth` has written: {}",
            quoted(&output)
        )
    } else if !others.is_empty() {
        format!("name a file: {} has resources", others.join(" or "))
    } else if let Some(below) = below(folder) {
        format!("name one: {}", below.join(" or "))
    } else {
        "name the template's file; of a CDK application run `cdk synth` first".to_owned()
    }
}

/// The templates of SAM's projects in the folders below, or of CDK's applications, as far down as they most often are; `None` where there
/// are none.
fn below(folder: &Path) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut level = vec![folder.to_owned()];
    for _ in 0..DEPTH_LOOKED_AT {
        let inside = level.iter().flat_map(|folder| folders_in(folder));
        level = inside.take(MOST_LOOKED_AT).collect();
        level.sort();
        let projects = level.iter().filter_map(|folder| {
            let mut of_sam = SAM_NAMES.iter().map(|name| folder.join(name));
            let of_sam = of_sam.find(|path| path.is_file());
            let is_cdk = || folder.join(CDK_PROJECT).is_file();
            of_sam.or_else(|| is_cdk().then(|| folder.clone()))
        });
        found.extend(projects.map(|path| quoted(&path.display().to_string())));
    }
    found.truncate(MOST_NAMED);
    (!found.is_empty()).then_some(found)
}

/// The folders in a folder, but those of tools.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let own = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        !name.starts_with('.') && name != "node_modules" && name != CDK_OUTPUT
    });
    own.map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::test_folder::folder_with;

    /// What the folder means, relative to it; or why nothing, with its help.
    fn found(folder: &Path) -> Result<String, String> {
        let inside = |text: String| text.replace(&format!("{}/", folder.display()), "");
        match at(folder) {
            Ok(template) => Ok(inside(template.display().to_string())),
            Err(error) => {
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                let help = error.help().map(|help| help.to_string());
                let text = format!("{error}\n{cause}\n{}", help.unwrap_or_default());
                Err(inside(text))
            }
        }
    }

    const TEMPLATE: &str = "Resources: {T: {Type: AWS::SNS::Topic}}";

    #[test]
    fn of_a_folder_sams_names_are_looked_for_in_its_order() {
        let folder = folder_with(&[("template.json", "{}"), ("template.yml", TEMPLATE)]);
        assert_eq!(found(folder.path()).unwrap(), "template.yml");
        std::fs::write(folder.path().join("template.yaml"), TEMPLATE).unwrap();
        assert_eq!(found(folder.path()).unwrap(), "template.yaml");
        let file = folder.path().join("template.json");
        assert_eq!(at(&file).unwrap(), file, "a file is itself");
    }

    #[test]
    fn a_folder_without_a_template_says_what_was_looked_for_and_what_is_there() {
        let folder = folder_with(&[("package.json", "{}"), ("stack 1.yaml", TEMPLATE)]);
        let why = found(folder.path()).unwrap_err();
        for part in [
            "template.yaml",
            "template.yml",
            "template.json",
            "manifest.json",
            "stack 1.yaml' has resources",
        ] {
            assert!(why.contains(part), "{why}");
        }
        assert!(!why.contains("package.json"), "{why}");
    }

    #[test]
    fn of_a_repository_the_projects_below_are_named() {
        let folder = folder_with(&[
            ("services/orders/template.yml", TEMPLATE),
            ("node_modules/x/template.yaml", TEMPLATE),
            ("web/cdk.json", "{}"),
        ]);
        let why = found(folder.path()).unwrap_err();
        assert!(
            why.ends_with("name one: web or services/orders/template.yml"),
            "{why}"
        );
    }

    fn manifest(names: &[&str]) -> String {
        let stack = |name: &&str| {
            format!(
                r#""{name}": {{"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {{"templateFile": "{name}.template.json"}}}}"#
            )
        };
        let stacks: Vec<String> = names.iter().map(stack).collect();
        format!(
            r#"{{"version": "55.0.0", "artifacts": {{{}}}}}"#,
            stacks.join(", ")
        )
    }

    #[test]
    fn of_an_assembly_the_only_stack_is_taken_and_several_are_named() {
        let one = manifest(&["Api"]);
        let folder = folder_with(&[("cdk.out/manifest.json", &one), ("cdk.out/cdk.out", "{}")]);
        let assembly = folder.path().join("cdk.out");
        assert_eq!(found(&assembly).unwrap(), "Api.template.json");
        let why = found(folder.path()).unwrap_err();
        assert!(
            why.ends_with("written: cdk.out") || why.contains("cdk.out"),
            "{why}"
        );
        std::fs::write(folder.path().join("cdk.json"), r#"{"app": "node app.js"}"#).unwrap();
        assert_eq!(found(folder.path()).unwrap(), "cdk.out/Api.template.json");
        std::fs::write(assembly.join("manifest.json"), manifest(&["Api", "Data"])).unwrap();
        std::fs::write(assembly.join("Data.template.json"), TEMPLATE).unwrap();
        let why = found(&assembly).unwrap_err();
        assert!(why.contains("2 stacks"), "{why}");
        assert!(
            why.contains("Api.template.json   Api: its template is refused"),
            "{why}"
        );
        assert!(
            why.contains("Data.template.json  Data: no deployment"),
            "{why}"
        );
        let why = at(&assembly.join("Api")).unwrap_err();
        assert!(why.to_string().starts_with("there is no "), "{why}");
        std::fs::write(assembly.join("manifest.json"), manifest(&[])).unwrap();
        assert!(found(&assembly).unwrap_err().contains("no stack"));
    }

    #[test]
    fn of_the_serverless_framework_what_it_has_packaged_is_taken() {
        let of_sam = folder_with(&[("serverless.yml", TEMPLATE)]);
        let why = found(of_sam.path()).unwrap_err();
        assert!(why.contains("serverless.yml has resources"), "{why}");
        let folder = folder_with(&[("serverless.yml", "service: orders")]);
        let why = found(folder.path()).unwrap_err();
        assert!(why.contains("run `serverless package`"), "{why}");
        let output = folder.path().join(SERVERLESS_OUTPUT);
        std::fs::create_dir(&output).unwrap();
        std::fs::write(output.join(SERVERLESS_TEMPLATE), TEMPLATE).unwrap();
        let inside = format!("{SERVERLESS_OUTPUT}/{SERVERLESS_TEMPLATE}");
        assert_eq!(found(folder.path()).unwrap(), inside);
        assert_eq!(found(&output).unwrap(), SERVERLESS_TEMPLATE);
    }

    #[test]
    fn an_application_that_is_not_synthesised_says_so() {
        let folder = folder_with(&[("cdk.json", r#"{"output": "build/cdk"}"#)]);
        let why = found(folder.path()).unwrap_err();
        assert!(
            why.contains("build/cdk") && why.contains("cdk synth"),
            "{why}"
        );
    }
}
