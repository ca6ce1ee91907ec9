//! Aliases without a deployment: an update moves them at once.

use rehearsal_template::Unknown;
use rehearsal_template::stack::Alias;

use super::Planner;

/// An alias that an update moves at once, for it has no `CodeDeployLambdaAliasUpdate` policy (`CloudFormation` user guide,
/// "`UpdatePolicy` attribute").
#[derive(Clone, Debug, PartialEq)]
pub struct PlainAlias {
    /// Its logical id.
    pub logical_id: String,
    /// The logical id of its function.
    pub function: String,
    /// Its name.
    pub name: String,
    /// The version it names before the update.
    pub old_version: String,
    /// The version it names afterwards; the same where the template names a fixed one.
    pub new_version: String,
    /// The version that it gives a share besides, with the share, before the update and afterwards (`RoutingConfig`).
    pub additional: [Option<(String, f64)>; 2],
}

/// The second version of an alias, where it has one.
fn additional(alias: &Alias) -> Result<Option<(String, f64)>, Unknown> {
    let Some(additional) = &alias.additional_version else {
        return Ok(None);
    };
    let version = additional.version.value.clone()?;
    Ok(Some((version, additional.share.value.clone()?)))
}

impl Planner<'_> {
    /// Those of which everything is known. The others are no target for a request.
    pub(super) fn plain_aliases(&self) -> Vec<PlainAlias> {
        let plain = self
            .new
            .aliases
            .iter()
            .filter(|alias| alias.deployment.is_none() || !self.shifts(&alias.logical_id));
        plain
            .filter_map(|alias| {
                let before = self
                    .old
                    .aliases
                    .iter()
                    .find(|before| before.logical_id == alias.logical_id)?;
                Some(PlainAlias {
                    logical_id: alias.logical_id.clone(),
                    function: alias.function.known_value()?.clone(),
                    name: alias.name.known_value()?.clone(),
                    old_version: before.version_number.known_value()?.clone(),
                    new_version: alias.version_number.known_value()?.clone(),
                    additional: [additional(before).ok()?, additional(alias).ok()?],
                })
            })
            .collect()
    }
}
