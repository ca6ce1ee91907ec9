//! Each resource's change, in the order in which CloudFormation comes to them: what refers to something that becomes another
//! changes with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rehearsal_template::Stack;
use rehearsal_template::stack::{Resource, Version};

use super::changes::{Action, Change};
use super::code::Code;
use super::leaving::{is_kept_when_replaced, leaving};
use super::properties::{self, ALWAYS_DEPLOY, action};
use super::versions::{self, Subject, VersionAction, VersionChange};

/// The comparison of two stacks.
#[derive(Debug)]
pub(super) struct Compared {
    /// In the new template's order, then what leaves.
    pub(super) changes: Vec<Change>,
    /// In the new template's order.
    pub(super) versions: Vec<VersionChange>,
    /// What becomes of functions since their versions were published, where that is more than the update does.
    pub(super) since_version: BTreeMap<String, Change>,
    /// Where a resource is in `changes`.
    index: HashMap<String, usize>,
}

impl Compared {
    /// The change of a resource of the new stack.
    pub(super) fn change(&self, logical_id: &str) -> Option<&Change> {
        Some(&self.changes[*self.index.get(logical_id)?])
    }

    /// What becomes of a function, from what its version was published from.
    pub(super) fn since_version(&self, function: &str) -> Option<&Change> {
        self.since_version
            .get(function)
            .or_else(|| self.change(function))
    }

    /// What becomes of a version of the new stack.
    pub(super) fn version(&self, logical_id: &str) -> Option<&VersionChange> {
        self.versions
            .iter()
            .find(|version| version.logical_id == logical_id)
    }
}

/// Compares all resources.
pub(super) fn compare(live: Option<&Stack>, new: &Stack, code: &Code) -> Compared {
    let by_id: HashMap<&str, &Resource> = new
        .resources
        .iter()
        .map(|resource| (resource.logical_id.as_str(), resource))
        .collect();
    let mut comparison = Comparison {
        new: &by_id,
        live: live
            .into_iter()
            .flat_map(|stack| &stack.resources)
            .map(|resource| (resource.logical_id.as_str(), resource))
            .collect(),
        hashed: live
            .into_iter()
            .flat_map(|stack| &stack.resources)
            .filter(|resource| HASHED.contains(&resource.r#type.as_str()))
            .collect(),
        live_versions: live.into_iter().flat_map(|stack| &stack.versions).collect(),
        new_versions: new
            .versions
            .iter()
            .map(|version| (version.resource.as_str(), version))
            .collect(),
        code,
        changes: BTreeMap::new(),
        versions: BTreeMap::new(),
        renewed: BTreeMap::new(),
        goes_on: BTreeSet::new(),
    };
    // What a resource refers to has been looked at before it.
    for id in new.update_levels.iter().flatten() {
        if let Some(resource) = by_id.get(id.as_str()) {
            comparison.resource(resource);
        }
    }
    let Comparison {
        mut changes,
        mut versions,
        goes_on,
        ..
    } = comparison;
    let mut ordered: Vec<Change> = new
        .resources
        .iter()
        .filter_map(|resource| changes.remove(resource.logical_id.as_str()))
        .collect();
    let index = ordered
        .iter()
        .enumerate()
        .map(|(index, change)| (change.logical_id.clone(), index))
        .collect();
    let gone = leaving(live, &ordered, |resource| {
        !goes_on.contains(resource.logical_id.as_str())
    });
    ordered.extend(gone);
    Compared {
        changes: ordered,
        versions: new
            .resources
            .iter()
            .filter_map(|resource| versions.remove(resource.logical_id.as_str()))
            .collect(),
        since_version: code.of_versions().clone(),
        index,
    }
}

/// How many hexadecimal digits SAM's hashes in logical ids have.
const SAM_HASH: usize = 10;

/// The types whose logical ids SAM ends in a hash.
const HASHED: [&str; 2] = ["AWS::ApiGateway::Deployment", "AWS::Lambda::Version"];

struct Comparison<'a> {
    new: &'a HashMap<&'a str, &'a Resource>,
    live: HashMap<&'a str, &'a Resource>,
    /// Those of types whose ids may end in a hash.
    hashed: Vec<&'a Resource>,
    live_versions: Vec<&'a Version>,
    new_versions: HashMap<&'a str, &'a Version>,
    code: &'a Code,
    changes: BTreeMap<&'a str, Change>,
    versions: BTreeMap<&'a str, VersionChange>,
    /// The resources that become others, so that what `Ref` and `GetAtt` give of them changes; false where that is not known.
    renewed: BTreeMap<&'a str, bool>,
    /// The live resources that the new stack has, too.
    goes_on: BTreeSet<&'a str>,
}

impl<'a> Comparison<'a> {
    fn resource(&mut self, new: &'a Resource) {
        let live = self.counterpart(new);
        let mut change = Change {
            logical_id: new.logical_id.clone(),
            r#type: new.r#type.clone(),
            action: Action::Create,
            properties: Vec::new(),
            replacement: Some(false),
            stays: false,
            why: None,
            place: new.place,
        };
        if let Some(live) = live {
            self.goes_on.insert(live.logical_id.as_str());
            let comparison = properties::Comparison {
                code: self.code,
                renewed: &self.renewed,
            };
            change.properties = comparison.changed(live, new);
            (change.action, change.replacement) = action(&change.properties);
        }
        match new.r#type.as_str() {
            "AWS::Lambda::Version" => self.version(new, &mut change),
            "AWS::ApiGateway::Deployment" if new.logical_id.ends_with('*') && live.is_some() => {
                self.api_deployment(new, &mut change);
            }
            _ => {}
        }
        if let Some(condition) = &new.condition
            && condition.holds.is_none()
            && live.is_none_or(|live| live.condition.is_none())
        {
            change.action = Action::Unknown;
            change.replacement = None;
            change.why = Some(format!(
                "whether its condition {} holds is not known",
                condition.name
            ));
        }
        change.stays = change.action == Action::Replace && is_kept_when_replaced(live, new);
        match (change.action, change.replacement) {
            (Action::Create | Action::Replace, _) => {
                self.renewed.insert(&new.logical_id, true);
            }
            (Action::Update | Action::Unknown, None) => {
                self.renewed.insert(&new.logical_id, false);
            }
            _ => {}
        }
        self.changes.insert(&new.logical_id, change);
    }

    /// The live resource that this one is the successor of: the one with its logical id, and where that lacks its hash, the one whose
    /// id begins alike.
    fn counterpart(&self, new: &Resource) -> Option<&'a Resource> {
        if let Some(live) = self.live.get(new.logical_id.as_str()) {
            return (live.r#type == new.r#type).then_some(*live);
        }
        let continues = |open: &str, complete: &str| {
            let hash = open
                .strip_suffix('*')
                .and_then(|stem| complete.strip_prefix(stem));
            hash.is_some_and(|hash| {
                hash.len() == SAM_HASH && hash.chars().all(|digit| digit.is_ascii_hexdigit())
            })
        };
        let mut alike = self.hashed.iter().filter(|live| {
            live.r#type == new.r#type
                && (continues(&new.logical_id, &live.logical_id)
                    || continues(&live.logical_id, &new.logical_id))
        });
        alike.next().copied()
    }

    /// A version is published or not, whatever its own properties are.
    fn version(&mut self, new: &'a Resource, change: &mut Change) {
        let Some(version) = self.new_versions.get(new.logical_id.as_str()).copied() else {
            return;
        };
        let Some(function) = version.function.known_value() else {
            return;
        };
        let live = self
            .live_versions
            .iter()
            .copied()
            .filter(|live| live.function.is(function))
            .max_by_key(|live| live.resource == version.resource);
        let own: Vec<String> = change.changed().map(|own| own.name.clone()).collect();
        let subject = Subject {
            new: version,
            live,
            function: self.changes.get(function.as_str()),
            since_version: self.code.of_versions().get(function),
            own: &own,
        };
        let (mut action, mut why) = versions::decide(&subject);
        let mut others = self.versions.values();
        let is_first = |other: &&VersionChange| {
            other.function == *function && other.action == VersionAction::Published
        };
        // The function changes once in an update, so that they have the same code and configuration.
        if action == VersionAction::Published
            && let Some(first) = others.find(is_first)
        {
            action = VersionAction::Refused;
            why = versions::published_already(&first.logical_id);
        }
        let exists = live.is_some_and(|live| self.counterpart_is(new, &live.resource));
        (change.action, change.replacement) = match action {
            VersionAction::NotPublished => (Action::None, Some(false)),
            VersionAction::Unknown => (Action::Unknown, None),
            VersionAction::Published | VersionAction::Refused if exists => {
                (Action::Replace, Some(true))
            }
            VersionAction::Published | VersionAction::Refused => (Action::Create, Some(false)),
        };
        if action == VersionAction::Unknown {
            change.why = Some(why.clone());
        }
        if !change.is_some() {
            change.properties.clear();
        }
        self.versions.insert(
            &new.logical_id,
            VersionChange {
                function: function.clone(),
                logical_id: new.logical_id.clone(),
                action,
                why,
                place: new.place,
            },
        );
    }

    fn counterpart_is(&self, new: &Resource, live: &str) -> bool {
        self.counterpart(new)
            .is_some_and(|counterpart| counterpart.logical_id == live)
    }

    /// SAM names an API's deployment by a hash of the API's definition (SAM translator, `model/api/api_generator.py`), so another
    /// definition makes another one.
    fn api_deployment(&self, new: &Resource, change: &mut Change) {
        let api = new.properties.get("RestApiId");
        let apis = api.into_iter().flat_map(|api| &api.references);
        let always = |api: &&Resource| {
            let always = api.properties.get(ALWAYS_DEPLOY);
            always.and_then(|always| always.value.to_text()).as_deref() == Some("true")
        };
        if apis.filter_map(|id| self.new.get(id.as_str())).any(always) {
            (change.action, change.replacement) = (Action::Replace, Some(true));
            change.why = Some(
                "AlwaysDeploy: SAM puts the time into the hash, so every update deploys it"
                    .to_owned(),
            );
            return;
        }
        let mut apis = api.into_iter().flat_map(|api| &api.references);
        let definition = apis.find_map(|api| {
            let api = self.changes.get(api.as_str())?;
            // What the definition refers to has no part in the hash, but for the functions' names, by which their ARNs differ.
            let follows = |part: &str| {
                let mut properties = api.properties.iter();
                properties.any(|property| property.name == part && property.follows)
            };
            let parts = ["Body", "BodyS3Location"].map(|part| match api.changes(part) {
                Some(true) if part == "Body" && follows(part) => Some(false),
                changes => changes,
            });
            match parts {
                [Some(false), Some(false)] => Some(Some(false)),
                [Some(true), _] | [_, Some(true)] => Some(Some(true)),
                _ => Some(None),
            }
        });
        match definition {
            Some(Some(true)) => {
                (change.action, change.replacement) = (Action::Replace, Some(true));
                change.why = Some("the API's definition changes".to_owned());
            }
            Some(None) => {
                (change.action, change.replacement) = (Action::Unknown, None);
                change.why = Some("whether the API's definition changes is not known".to_owned());
            }
            _ => {}
        }
    }
}
