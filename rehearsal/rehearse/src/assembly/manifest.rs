//! The stacks of a cloud assembly, by its `manifest.json` (aws-cdk, `@aws-cdk/cloud-assembly-schema`). Of all versions of the schema
//! the keys that are read here are the same.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use miette::Diagnostic;
use rehearsal_template::text_file::{self, TextFileError};
use rehearsal_template::{Inputs, folder_of, text_of};
use serde::Deserialize;
use serde_json::Value;

/// The manifest of an assembly, in its folder.
pub const MANIFEST: &str = "manifest.json";
/// A file beside the manifest that CDK writes into each assembly, with the version alone.
const MARK: &str = "cdk.out";
/// The longest manifest, in bytes. Those before CDK 2.200 have the metadata of each construct in them.
const MAX_MANIFEST_BYTES: usize = 32 << 20;
/// How deep assemblies may be in each other: a stage in a stage is rare.
const MAX_NESTING: usize = 5;
/// What stands for an account and for a Region that the application leaves open (aws-cdk, `cx-api`, `environment.ts`).
const UNKNOWN_ACCOUNT: &str = "unknown-account";
const UNKNOWN_REGION: &str = "unknown-region";
/// The parameter that CDK's rule of the bootstrap version asks (aws-cdk, `stack-synthesizers/stack-synthesizer.ts`).
const BOOTSTRAP_VERSION: &str = "BootstrapVersion";

/// Whether a folder is an assembly, whatever is in it.
pub fn is_one(folder: &Path) -> bool {
    folder.join(MARK).is_file() && folder.join(MANIFEST).is_file()
}

/// Why an assembly cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{}: {what}", manifest.display())]
#[diagnostic(help("run `cdk synth` again; what it writes is read as it is"))]
pub struct AssemblyError {
    manifest: PathBuf,
    what: String,
}

/// A folder that `cdk synth` wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembly {
    /// Its folder.
    pub folder: PathBuf,
    /// Its stacks, by their names on CDK's command line. Those of its stages are in assemblies of their own.
    pub stacks: Vec<CdkStack>,
    /// What CDK would have looked up in the account and has not: values of its own stand for that in the templates.
    pub lacks: Vec<String>,
    /// The folders of its stages.
    stages: Vec<PathBuf>,
}

/// A stack of an assembly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CdkStack {
    /// Its name on CDK's command line: `Prod/Api`.
    pub name: String,
    /// Its template.
    pub template: PathBuf,
    /// The name that it is deployed under.
    pub stack_name: String,
    /// Its account, where the application says it.
    pub account: Option<String>,
    /// Its Region, where the application says it.
    pub region: Option<String>,
    /// The parameters that CDK deploys it with.
    pub parameters: BTreeMap<String, String>,
    /// The version of the bootstrap stack without which CDK's command deploys nothing (aws-cdk-cli, `EnvironmentResources.validateVersion`).
    pub bootstrap_version: Option<u32>,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "version")]
    _version: String,
    #[serde(default)]
    artifacts: BTreeMap<String, Artifact>,
    #[serde(default)]
    missing: Vec<MissingContext>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    r#type: String,
    environment: Option<String>,
    display_name: Option<String>,
    // Of other artifacts it may be anything.
    #[serde(default)]
    properties: Value,
    /// What constructs have noted, by their paths.
    metadata: Option<BTreeMap<String, Vec<Noted>>>,
}

#[derive(Deserialize)]
struct Noted {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    data: Value,
}

/// An asset of CDK 1, whose place in S3 its command gives the template by parameters (aws-cdk 1, `cloud-assembly-schema`, `FileAssetMetadataEntry`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssetByParameters {
    id: String,
    source_hash: String,
    s3_key_parameter: String,
    artifact_hash_parameter: String,
}

#[derive(Deserialize)]
struct MissingContext {
    key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StackProperties {
    template_file: String,
    stack_name: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    requires_bootstrap_stack_version: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StageProperties {
    directory_name: String,
}

impl Assembly {
    /// The assembly in a folder; `None` where it is none.
    ///
    /// # Errors
    /// It is one by its mark or its manifest, which says something that cannot be used.
    pub fn open(folder: &Path) -> Result<Option<Self>, AssemblyError> {
        let path = folder.join(MANIFEST);
        let wrong = |what: String| AssemblyError {
            manifest: path.clone(),
            what,
        };
        // Under this name web pages and browsers have something else.
        let or_none = |what: String| {
            if folder.join(MARK).is_file() {
                Err(wrong(what))
            } else {
                Ok(None)
            }
        };
        let text = match text_file::read(&path, MAX_MANIFEST_BYTES) {
            Ok(text) => text,
            Err(TextFileError::Unreadable(error)) if error.kind() == ErrorKind::NotFound => {
                return or_none(
                    "there is none, although CDK has written to this folder".to_owned(),
                );
            }
            Err(error) => return or_none(error.to_string()),
        };
        let manifest: Manifest = match serde_json::from_str(&text) {
            Ok(manifest) => manifest,
            Err(error) => return or_none(format!("it is no manifest of CDK's: {error}")),
        };
        let mut assembly = Self {
            folder: folder.to_owned(),
            stacks: Vec::new(),
            lacks: manifest.missing.into_iter().map(|lack| lack.key).collect(),
            stages: Vec::new(),
        };
        for (id, artifact) in manifest.artifacts {
            match artifact.r#type.as_str() {
                "aws:cloudformation:stack" => {
                    let stack = stack(folder, &id, artifact);
                    assembly
                        .stacks
                        .push(stack.map_err(|what| wrong(format!("the stack {id}: {what}")))?);
                }
                "cdk:cloud-assembly" => {
                    let stage = serde_json::from_value(artifact.properties)
                        .map_err(|error| error.to_string())
                        .and_then(|stage: StageProperties| inside(folder, &stage.directory_name));
                    assembly
                        .stages
                        .push(stage.map_err(|what| wrong(format!("the stage {id}: {what}")))?);
                }
                _ => {}
            }
        }
        assembly.stacks.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Some(assembly))
    }

    /// The assembly that a template lies in.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of(template: &Path) -> Result<Option<Self>, AssemblyError> {
        Self::open(&folder_of(template))
    }

    /// Its stacks, with those of its stages.
    ///
    /// # Errors
    /// A stage's assembly cannot be used.
    pub fn with_stages(&self) -> Result<Vec<CdkStack>, AssemblyError> {
        self.stacks_to(MAX_NESTING)
    }

    fn stacks_to(&self, depth: usize) -> Result<Vec<CdkStack>, AssemblyError> {
        let mut stacks = self.stacks.clone();
        for folder in &self.stages {
            let wrong = |what: String| AssemblyError {
                manifest: self.folder.join(MANIFEST),
                what,
            };
            let stage = Self::open(folder)?
                .ok_or_else(|| wrong(format!("its stage {} is no assembly", folder.display())))?;
            let depth = depth
                .checked_sub(1)
                .ok_or_else(|| wrong(format!("its stages are more than {MAX_NESTING} deep")))?;
            stacks.extend(stage.stacks_to(depth)?);
        }
        Ok(stacks)
    }

    /// The stack that a template is of.
    pub fn stack_of(&self, template: &Path) -> Option<&CdkStack> {
        let name = template.file_name();
        self.stacks
            .iter()
            .find(|stack| stack.template.file_name() == name)
    }
}

impl CdkStack {
    /// Fills in what the inputs leave open.
    pub fn complete(&self, inputs: &mut Inputs) {
        if inputs.stack_name.is_empty() {
            inputs.stack_name.clone_from(&self.stack_name);
        }
        if let Some(account) = self.account.as_ref().filter(|_| inputs.is_account_assumed) {
            inputs.account_id.clone_from(account);
            inputs.is_account_assumed = false;
        }
        if let Some(region) = self.region.as_ref().filter(|_| inputs.is_region_assumed) {
            inputs.region.clone_from(region);
            inputs.is_region_assumed = false;
        }
        for (name, value) in &self.parameters {
            if !inputs.parameters.contains_key(name) {
                inputs.parameters.insert(name.clone(), value.clone());
                inputs.as_deployed.insert(name.clone());
            }
        }
        self.bootstrapped(inputs);
    }

    /// Gives the parameter of the bootstrap version, where the template has it, the version that the application requires: what is
    /// deployed has at least that, and CDK's rule asks for no more.
    fn bootstrapped(&self, inputs: &mut Inputs) {
        let Some(version) = self.bootstrap_version else {
            return;
        };
        let quoted = format!("\"{BOOTSTRAP_VERSION}\"");
        let is_asked = text_of(&self.template).is_ok_and(|text| text.contains(&quoted));
        if is_asked && !inputs.parameters.contains_key(BOOTSTRAP_VERSION) {
            *inputs = std::mem::take(inputs).parameter(BOOTSTRAP_VERSION, version.to_string());
        }
    }

    /// Whether another stack is deployed to the same account and Region, as far as the application says.
    pub fn is_beside(&self, other: &Self) -> bool {
        (&self.account, &self.region) == (&other.account, &other.region)
    }
}

fn stack(folder: &Path, id: &str, artifact: Artifact) -> Result<CdkStack, String> {
    let properties: StackProperties =
        serde_json::from_value(artifact.properties).map_err(|error| error.to_string())?;
    let (account, region) = artifact
        .environment
        .as_deref()
        .map(environment)
        .transpose()?
        .unwrap_or_default();
    Ok(CdkStack {
        name: artifact.display_name.unwrap_or_else(|| id.to_owned()),
        template: inside(folder, &properties.template_file)?,
        stack_name: properties.stack_name.unwrap_or_else(|| id.to_owned()),
        account,
        region,
        parameters: assets(artifact.metadata.unwrap_or_default())
            .chain(properties.parameters)
            .collect(),
        bootstrap_version: properties.requires_bootstrap_stack_version,
    })
}

/// What CDK 1 gives the parameters of its assets: the hash, and the key in its bucket in two parts (aws-cdk 1, `lib/assets.ts`,
/// `prepareFileAsset`). The bucket's name only AWS knows.
fn assets(metadata: BTreeMap<String, Vec<Noted>>) -> impl Iterator<Item = (String, String)> {
    let noted = metadata.into_values().flatten();
    let assets = noted.filter(|noted| noted.r#type == "aws:cdk:asset");
    let assets = assets.filter_map(|noted| serde_json::from_value(noted.data).ok());
    assets.flat_map(|asset: AssetByParameters| {
        let key = format!("assets/{}/||{}.zip", asset.id, asset.source_hash);
        [
            (asset.s3_key_parameter, key),
            (asset.artifact_hash_parameter, asset.source_hash),
        ]
    })
}

/// The account and the Region of `aws://account/region` (aws-cdk, `cx-api`, `EnvironmentUtils.parse`).
fn environment(text: &str) -> Result<(Option<String>, Option<String>), String> {
    let wrong = || format!("its environment {text:?} is not aws://ACCOUNT/REGION");
    let rest = text.strip_prefix("aws://").ok_or_else(wrong)?;
    let (account, region) = rest.split_once('/').ok_or_else(wrong)?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(is_account || account == UNKNOWN_ACCOUNT)
        || region.is_empty()
        || !region.chars().all(is_region)
    {
        return Err(wrong());
    }
    let known = |part: &str, unknown: &str| (part != unknown).then(|| part.to_owned());
    Ok((
        known(account, UNKNOWN_ACCOUNT),
        known(region, UNKNOWN_REGION),
    ))
}

/// A path of a manifest, which leads to nothing outside of its folder.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let path = Path::new(path);
    let is_below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if path.as_os_str().is_empty() || !path.components().all(is_below) {
        return Err(format!("{} is outside of its folder", path.display()));
    }
    Ok(folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::folder_with;

    fn opened(manifest: &str) -> Result<Option<Assembly>, String> {
        let folder = folder_with(&[("manifest.json", manifest), ("cdk.out", "{}")]);
        Assembly::open(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn stacks_have_their_names_their_place_and_what_cdk_deploys_them_with() {
        let manifest = r#"{"version": "55.0.0", "artifacts": {
            "ProdApi2466CF1F": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
                "properties": {"templateFile": "ProdApi2466CF1F.template.json", "stackName": "Prod-Api", "parameters": {"P": "1"}},
                "displayName": "Prod/Api"},
            "Open": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/eu-west-1",
                "properties": {"templateFile": "Open.template.json"},
                "metadata": {"/Open/Code": [
                    {"type": "aws:cdk:logicalId", "data": "Code"},
                    {"type": "aws:cdk:asset", "data": {"path": "asset.ab", "id": "Code2F", "packaging": "zip", "sourceHash": "ab",
                        "s3BucketParameter": "Bucket", "s3KeyParameter": "Key", "artifactHashParameter": "Hash"}}]}},
            "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
            "flags": {"type": "cdk:feature-flag-report", "properties": {"parameters": []}}
        }}"#;
        let assembly = opened(manifest).unwrap().unwrap();
        let [open, prod] = assembly.stacks.as_slice() else {
            panic!("{assembly:?}");
        };
        assert_eq!(
            (open.name.as_str(), open.stack_name.as_str()),
            ("Open", "Open")
        );
        assert_eq!(
            (open.account.as_deref(), open.region.as_deref()),
            (None, Some("eu-west-1"))
        );
        assert_eq!(
            (prod.name.as_str(), prod.stack_name.as_str()),
            ("Prod/Api", "Prod-Api")
        );
        assert!(!open.is_beside(prod));
        let of_assets = [("Hash", "ab"), ("Key", "assets/Code2F/||ab.zip")];
        let of_assets = of_assets.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(open.parameters, BTreeMap::from(of_assets));
        let mut inputs = Inputs::default().in_region("us-west-2");
        prod.complete(&mut inputs);
        assert_eq!(
            (inputs.stack_name.as_str(), inputs.account_id.as_str()),
            ("Prod-Api", "111122223333")
        );
        assert_eq!(
            inputs.region, "us-west-2",
            "what a person gives goes before it"
        );
        assert_eq!(inputs.parameters["P"], "1");
    }

    #[test]
    fn a_folder_of_something_else_is_none_and_a_broken_manifest_is_an_error() {
        for other in ["", "[]", r#"{"name": "page", "start_url": "/"}"#] {
            let folder = folder_with(&[("manifest.json", other)]);
            assert_eq!(Assembly::open(folder.path()).unwrap(), None, "{other}");
            assert!(opened(other).is_err(), "{other}");
        }
        assert_eq!(
            Assembly::open(Path::new("/nowhere")).unwrap(),
            None,
            "nothing is there"
        );
        let marked = folder_with(&[("cdk.out", "{}")]);
        assert!(Assembly::open(marked.path()).is_err());
    }

    #[test]
    fn nothing_outside_of_the_folder_is_named() {
        let of = |file: &str, environment: &str| {
            opened(&format!(
                r#"{{"version": "1.0.0", "artifacts": {{"S": {{"type": "aws:cloudformation:stack", "environment": "{environment}", "properties": {{"templateFile": "{file}"}}}}}}}}"#
            ))
        };
        let known = "aws://unknown-account/unknown-region";
        assert!(of("S.template.json", known).is_ok());
        for file in ["../S.json", "/etc/passwd", "a/../../b", ""] {
            let error = of(file, known).unwrap_err();
            assert!(error.contains("the stack S"), "{error}");
        }
        for environment in [
            "",
            "aws://1/eu-west-1",
            "aws://unknown-account/",
            "eu-west-1",
        ] {
            assert!(of("S.template.json", environment).is_err(), "{environment}");
        }
    }

    #[test]
    fn stages_have_assemblies_of_their_own_and_no_stage_is_in_itself() {
        let stack = |name: &str| {
            format!(
                r#"{{"version": "48.0.0", "artifacts": {{"{name}": {{"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {{"templateFile": "{name}.template.json"}}}}}}}}"#
            )
        };
        let stage = |folder: &str| {
            format!(
                r#"{{"version": "48.0.0", "artifacts": {{"s": {{"type": "cdk:cloud-assembly", "properties": {{"directoryName": "{folder}"}}}}}}}}"#
            )
        };
        let folder = folder_with(&[
            ("manifest.json", &stage("assembly-Prod")),
            ("assembly-Prod/manifest.json", &stack("Api")),
        ]);
        let assembly = Assembly::open(folder.path()).unwrap().unwrap();
        let stacks = assembly.with_stages().unwrap();
        assert_eq!(
            stacks[0].template,
            folder.path().join("assembly-Prod/Api.template.json")
        );
        std::fs::write(folder.path().join("manifest.json"), stage(".")).unwrap();
        let endless = Assembly::open(folder.path()).unwrap().unwrap();
        assert!(
            endless
                .with_stages()
                .unwrap_err()
                .to_string()
                .contains("deep")
        );
        std::fs::write(folder.path().join("manifest.json"), stage("gone")).unwrap();
        let gone = Assembly::open(folder.path()).unwrap().unwrap();
        assert!(gone.with_stages().unwrap_err().to_string().contains("gone"));
    }
}
