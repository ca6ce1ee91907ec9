//! Which versions an update publishes.
//!
//! - SAM's rule: a version's logical id has a hash of the code, the text of `Environment`, `MemorySize` and `SnapStart`, or with
//!   `AutoPublishAliasAllProperties` of every property's text (SAM translator, `model/sam_resources.py`, `_construct_version`). The
//!   same id: CloudFormation leaves the version alone, and the function's change reaches `$LATEST` alone (SAM issue 3820).
//! - Lambda's rule: "Lambda doesn't publish a version if the function's configuration and code haven't changed since the last version"
//!   (Lambda API, `PublishVersion`). CloudFormation then fails: `A version for this Lambda function exists ( N )` (SAM issue 3281).
//!
//! Assumed, where nothing else is known: the last version that was published is of the live template.

use rehearsal_template::Place;
use rehearsal_template::stack::{Hashed, Version};

use super::changes::{Action, Change};
use super::schema::OF_A_VERSION;

/// What becomes of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionAction {
    /// Lambda publishes it.
    Published,
    /// The one that is there stays the one.
    NotPublished,
    /// CloudFormation asks for it and Lambda refuses: the update fails.
    Refused,
    /// It is not known whether it is published.
    Unknown,
}

impl VersionAction {
    /// The JSON's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::NotPublished => "not_published",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// Why CloudFormation fails at a version that Lambda refuses, in its words (SAM issue 3281): the last one, of this number, has the same code
/// and configuration.
pub fn version_exists(number: u32) -> String {
    format!(
        "A version for this Lambda function exists ( {number} ). Modify the function to create a new version."
    )
}

/// A version of the new stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionChange {
    /// The logical id of its function.
    pub function: String,
    /// Its own; it ends in `*` where SAM's hash needs the packaged code.
    pub logical_id: String,
    /// What becomes of it.
    pub action: VersionAction,
    /// Why.
    pub why: String,
    /// Where it stands in the new template.
    pub place: Place,
}

/// What a version is decided by.
pub(super) struct Subject<'a> {
    pub(super) new: &'a Version,
    /// The function's last version in the live stack.
    pub(super) live: Option<&'a Version>,
    /// What becomes of its function; `None` where the function is not in the template.
    pub(super) function: Option<&'a Change>,
    /// The same since its version was published, where that is more.
    pub(super) since_version: Option<&'a Change>,
    /// The properties of the version itself that change.
    pub(super) own: &'a [String],
}

/// Decides, and says why.
pub(super) fn decide(subject: &Subject<'_>) -> (VersionAction, String) {
    let Some(live) = subject.live else {
        return (
            VersionAction::Published,
            "it is the function's first version".to_owned(),
        );
    };
    match another(subject, live) {
        Another::No(why) => (VersionAction::NotPublished, why),
        Another::Unknown(why) => (VersionAction::Unknown, why),
        Another::Yes(why) => match content_changes(subject.since_version.or(subject.function)) {
            Some(true) => (VersionAction::Published, why),
            Some(false) => (VersionAction::Refused, refused(subject)),
            None => (
                VersionAction::Unknown,
                format!(
                    "{why}, but Lambda publishes it only if the function differs from its last version, and that is not known"
                ),
            ),
        },
    }
}

/// Why Lambda refuses a version where the same update has published another one of the function.
pub(super) fn published_already(other: &str) -> String {
    format!(
        "Lambda refuses it, as a version of this code and configuration exists: {other}, of the same update"
    )
}

/// Whether CloudFormation asks Lambda for another version.
enum Another {
    Yes(String),
    No(String),
    Unknown(String),
}

fn another(subject: &Subject<'_>, live: &Version) -> Another {
    let new = subject.new;
    if subject
        .function
        .is_some_and(|function| function.action == Action::Replace)
    {
        return Another::Yes(
            "another function takes its function's place, and this is the first of that".to_owned(),
        );
    }
    let is_final = |version: &Version| version.logical_id.is_some();
    if is_final(new) && is_final(live) {
        if new.resource != live.resource {
            return Another::Yes(why_another(subject, "its logical id changes"));
        }
        return match subject.own {
            [] => Another::No(why_not(subject)),
            own => Another::Yes(format!("its own {} changes, which replaces it", list(own))),
        };
    }
    // SAM's hash needs the packaged code, so it is compared by its parts. The code is none where AutoPublishCodeSha256 is given.
    let by_sha = new.hash.as_ref().map(|hash| hash.of) == Some(Hashed::CodeSha256);
    let code = match subject.function {
        _ if by_sha => Some(false),
        Some(function) => function.changes("Code"),
        None => Some(true),
    };
    let beside = |version: &Version| version.hash.as_ref()?.beside_code.clone();
    let beside = beside(new).zip(beside(live)).map(|(new, live)| new != live);
    match (beside, code) {
        (Some(true), _) | (_, Some(true)) => Another::Yes(why_another(
            subject,
            "what SAM hashes for its logical id changes",
        )),
        (Some(false), Some(false)) if layer_may_count(subject) => Another::Unknown(
            "it is published if one of its layers changes that has PublishLambdaVersion".to_owned(),
        ),
        (Some(false), Some(false)) => Another::No(why_not(subject)),
        (_, None) => Another::Unknown("it is published if the function's code changes".to_owned()),
        (None, _) => Another::Unknown(
            "what SAM hashes for its logical id is not known here: AutoPublishCodeSha256 or CapacityProviderConfig".to_owned(),
        ),
    }
}

/// Whether a layer of the function becomes another, or may, and SAM hashes all properties: then it counts where the layer asks for it
/// (SAM translator, `model/sam_resources.py`, `_get_resolved_layers`).
fn layer_may_count(subject: &Subject<'_>) -> bool {
    let all = subject.new.hash.as_ref().map(|hash| hash.of) == Some(Hashed::AllProperties);
    all && subject
        .function
        .is_some_and(|function| function.changes("Layers") != Some(false))
}

/// Whether the code or the configuration that is part of a version changes; `None` where that is not known.
pub(super) fn content_changes(function: Option<&Change>) -> Option<bool> {
    let function = function?;
    if function.is_new() {
        return Some(true);
    }
    let mut content = function
        .properties
        .iter()
        .filter(|property| OF_A_VERSION.contains(&property.name.as_str()))
        .peekable();
    if content.peek().is_none() {
        return Some(false);
    }
    content
        .any(|property| property.unknown.is_none())
        .then_some(true)
}

/// The properties of a function that two versions of one alias must have in common.
const ONE_ALIAS: [&str; 3] = ["Role", "DeadLetterConfig", "DeadLetterQueue"];

/// Those of them that change: "both versions must have the same execution role", and "the same dead-letter queue configuration, or no
/// dead-letter queue configuration" (Lambda developer guide, "Implement Lambda canary deployments using a weighted alias").
pub(super) fn keeps_versions_apart(function: &Change) -> impl Iterator<Item = &str> {
    let is_same_function = function.action == Action::Update;
    let changed = function.changed().map(|property| property.name.as_str());
    changed.filter(move |name| is_same_function && ONE_ALIAS.contains(name))
}

fn changed(function: Option<&Change>) -> Vec<String> {
    let changed = function.into_iter().flat_map(Change::changed);
    changed.map(|property| property.name.clone()).collect()
}

fn why_another(subject: &Subject<'_>, otherwise: &str) -> String {
    let part: Vec<String> = changed(subject.function)
        .into_iter()
        .filter(|name| OF_A_VERSION.contains(&name.as_str()))
        .collect();
    match part.as_slice() {
        [] => otherwise.to_owned(),
        part => changes(part),
    }
}

fn why_not(subject: &Subject<'_>) -> String {
    let changed = changed(subject.function);
    let perhaps: Vec<String> = subject
        .function
        .into_iter()
        .flat_map(|function| &function.properties)
        .filter(|property| property.unknown.is_some())
        .map(|property| property.name.clone())
        .collect();
    if changed.is_empty() && perhaps.is_empty() {
        return "nothing of the function changes".to_owned();
    }
    if changed.is_empty() {
        return format!(
            "{} may change, but no text of it, and SAM hashes texts for its logical id: $LATEST alone would get it",
            list(&perhaps)
        );
    }
    // What has calls of its own is of no version.
    if !changed
        .iter()
        .any(|name| OF_A_VERSION.contains(&name.as_str()))
    {
        return format!(
            "{} no part of a version, and holds for all of them at once",
            is_or_are(&changed)
        );
    }
    let but = match subject.new.hash.as_ref().map(|hash| hash.of) {
        Some(Hashed::CodeSha256) => "but AutoPublishCodeSha256, which alone counts, does not",
        Some(Hashed::AllProperties) => {
            "but not their text, which is what SAM hashes for its logical id"
        }
        Some(Hashed::CodeAndSome) => {
            "but not what SAM hashes for its logical id (code, text of Environment, MemorySize, SnapStart)"
        }
        None => "but not the version's logical id, nor a property of it",
    };
    format!("{}, {but}: $LATEST alone gets it", changes(&changed))
}

fn refused(subject: &Subject<'_>) -> String {
    let changed = changed(subject.function);
    let no_part = if changed.is_empty() {
        "nothing of the function changes".to_owned()
    } else {
        format!("{} no part of a version", is_or_are(&changed))
    };
    format!("Lambda refuses it, as a version of this code and configuration exists: {no_part}")
}

/// `Code changes`, `Code and Timeout change`.
fn changes(names: &[String]) -> String {
    let verb = if names.len() == 1 {
        "changes"
    } else {
        "change"
    };
    format!("{} {verb}", list(names))
}

fn is_or_are(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", list(names))
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
