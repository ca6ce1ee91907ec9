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

fn named<'a>(aliases: &'a [Alias], id: &str) -> Option<&'a Alias> {
    aliases.iter().find(|alias| alias.logical_id == id)
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
        not_rehearsed.extend(
            plain
                .iter()
                .filter_map(|alias| self.unknown_weights(&alias.logical_id)),
        );
        plain
    }

    /// That it is not known which other version has a share of an alias: by the new template, or else by the live one.
    fn unknown_weights(&self, id: &str) -> Option<NotRehearsed> {
        let (live, new) = (named(&self.old.aliases, id), named(&self.new.aliases, id));
        let (unknown, place) =
            if let Some(unknown) = new.and_then(|alias| additional_of(alias).err()) {
                (unknown.to_string(), unknown.place)
            } else {
                let live = live?;
                let unknown = additional_of(live).err()?;
                let (why, at) = (&unknown.reason, unknown.place.line);
                let unknown = format!("{why} (line {at} of the live template)");
                // Lines are those of the new template, where the alias is in it.
                (unknown, new.unwrap_or(live).place)
            };
        let why = format!(
            "its main version gets all requests, and which other one has a share is not known: {unknown}"
        );
        let found = NotRehearsed::new(id, "AWS::Lambda::Alias", why, place);
        Some(found.of_kind(NotRehearsedKind::UnknownWeights))
    }

    fn plain(&self) -> Vec<PlainAlias> {
        let of = |aliases: &[Alias], id: &str| named(aliases, id).map(NamedVersions::of);
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
