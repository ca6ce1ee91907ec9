//! Aliases without a deployment: an update moves them at once.

use rehearsal_template::Unknown;
use rehearsal_template::stack::{Alias, NotRehearsed, NotRehearsedKind};

use super::planner::Planner;
use crate::revision::{Changing, Revision};

/// An alias that an update moves at once, or leaves alone: it has no `CodeDeployLambdaAliasUpdate` policy (CloudFormation user guide,
/// "`UpdatePolicy` attribute"), or its version stays, or the update brings it or takes it away.
#[derive(Clone, Debug, PartialEq)]
pub struct PlainAlias {
    /// Its logical id.
    pub logical_id: String,
    /// The logical id of its function.
    pub function: String,
    /// Its name.
    pub name: String,
    /// Whether deployments shift it, though this update's do not.
    pub is_deployed: bool,
    /// What it names.
    pub names: Changing<NamedVersions>,
}

/// The versions that an alias without a deployment names.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedVersions {
    /// The version.
    pub version: String,
    /// The version that it gives a share besides, with the share (`RoutingConfig`).
    pub additional: Option<(String, f64)>,
}

impl NamedVersions {
    /// `None` where the main one is not known. Another one that is not known is taken for none, and named among what is not rehearsed.
    fn of(alias: &Alias) -> Option<Self> {
        Some(Self {
            version: alias.version_number.known_value()?.clone(),
            additional: additional_of(alias).unwrap_or_default(),
        })
    }
}

/// The version that an alias gives a share besides, with the share. Assumed: one that has a share of nothing is not there.
///
/// # Errors
/// Why it is not known.
pub(super) fn additional_of(alias: &Alias) -> Result<Option<(String, f64)>, &Unknown> {
    let Some(additional) = alias.shared_with() else {
        return Ok(None);
    };
    let share = *additional.share.value.as_ref()?;
    let version = additional.version.value.as_ref()?.clone();
    Ok(Some((version, share)))
}

impl PlainAlias {
    /// The version that it names in a revision, where it is there.
    pub fn version(&self, revision: Revision) -> Option<&str> {
        Some(self.names.of(revision)?.version.as_str())
    }
}

impl Planner<'_> {
    /// Those of which the main version is known. The others are no target for a request.
    pub(super) fn plain_aliases(&self, not_rehearsed: &mut Vec<NotRehearsed>) -> Vec<PlainAlias> {
        let plain = self.plain();
        for alias in &plain {
            let id = &alias.logical_id;
            let of = |aliases: &'_ [Alias]| {
                let mut named = aliases.iter().filter(|alias| alias.logical_id == *id);
                named.find_map(|alias| Some((additional_of(alias).err()?.clone(), alias.place)))
            };
            // Lines are those of the new template, where the alias is in it.
            let in_new = self.new.aliases.iter().find(|new| new.logical_id == *id);
            let live = || {
                let (unknown, place) = of(&self.old.aliases)?;
                let (line, reason) = (unknown.place.line, unknown.reason);
                let place = in_new.map_or(place, |new| new.place);
                Some((
                    format!("{reason} (line {line} of the live template)"),
                    place,
                ))
            };
            let unknown =
                of(&self.new.aliases).map(|(unknown, _)| (unknown.to_string(), unknown.place));
            not_rehearsed.extend(unknown.or_else(live).map(|(unknown, place)| {
                let why = format!("its main version gets all requests, and which other one has a share is not known: {unknown}");
                NotRehearsed::new(id, "AWS::Lambda::Alias", why, place)
                    .of_kind(NotRehearsedKind::UnknownWeights)
            }));
        }
        plain
    }

    fn plain(&self) -> Vec<PlainAlias> {
        let of = |aliases: &[Alias], id: &str| {
            let alias = aliases.iter().find(|alias| alias.logical_id == id);
            alias.map(NamedVersions::of)
        };
        let plain = self
            .new
            .aliases
            .iter()
            .filter(|alias| alias.deployment.is_none() || !self.shifts(&alias.logical_id));
        let leaves = self
            .old
            .aliases
            .iter()
            .filter(|alias| self.new.resource(&alias.logical_id).is_none());
        plain
            .chain(leaves)
            .filter_map(|alias| {
                let before = of(&self.old.aliases, &alias.logical_id);
                let after = of(&self.new.aliases, &alias.logical_id);
                if before == Some(None) || after == Some(None) {
                    return None;
                }
                Some(PlainAlias {
                    logical_id: alias.logical_id.clone(),
                    function: alias.function.known_value()?.clone(),
                    name: alias.name.known_value()?.clone(),
                    is_deployed: alias.deployment.is_some(),
                    names: Changing {
                        before: before.flatten(),
                        after: after.flatten(),
                    },
                })
            })
            .collect()
    }
}
