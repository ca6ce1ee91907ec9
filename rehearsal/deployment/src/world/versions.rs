//! Which version an invocation runs.

use rehearsal_aws::random::Key;

use super::World;
use super::draw_keys::LATEST;
use super::state::AliasUpdate;
use crate::plan::{Function, KeptVersion, PlainAlias, Target};
use crate::revision::Revision;

impl World {
    /// The version that a qualifier means now: an alias draws, a number is itself, nothing is `$LATEST`. `None` when there is no
    /// such version or alias.
    ///
    /// A version that is not published yet answers no one. Only the route of a live request cannot name it: as long as it is not
    /// published, the route is as before the update.
    pub(super) fn version(&self, target: &Target, key: &Key, live: bool) -> Option<String> {
        let function = target.function.as_str();
        let qualifier = target.qualifier.as_deref().unwrap_or(LATEST);
        if qualifier == LATEST {
            return self.function_now(function).map(|_| LATEST.to_owned());
        }
        let update = self
            .plan
            .deployment_of(function, qualifier)
            .and_then(|deployment| self.codedeploy.updates.get(deployment));
        if let Some(AliasUpdate { alias, .. }) = update {
            let draw = self.draws.share_of("route", key);
            return Some(alias.version_for(draw).to_owned());
        }
        let plain = |alias: &&PlainAlias| alias.function == function;
        let mut moved = self.plan.aliases.iter().filter(plain);
        if let Some(alias) = moved.find(|alias| alias.name == qualifier) {
            let draw = self.draws.share_of("route", key);
            return self.named_by(alias, draw).map(str::to_owned);
        }
        if self.kept_version(function, qualifier).is_some() {
            return Some(qualifier.to_owned());
        }
        let published = self.update.has_reached(function) || self.is_left(function, qualifier);
        let mut versions = self.versions_of(function);
        versions.find_map(|(old, new)| {
            let is = |version: Option<&str>| version.is_some_and(|version| version == qualifier);
            if is(old) || (is(new) && published) {
                Some(qualifier.to_owned())
            } else if is(new) && live {
                old.map(str::to_owned)
            } else {
                None
            }
        })
    }

    /// The version that an alias without a deployment means now, by a draw in 0 ≤ x < 1.
    fn named_by<'a>(&self, alias: &'a PlainAlias, draw: f64) -> Option<&'a str> {
        let named = alias.names.of(self.revision_now(&alias.logical_id))?;
        Some(match &named.additional {
            Some((version, share)) if draw < *share => version,
            _ => &named.version,
        })
    }

    /// What a version is of. The update renews `$LATEST` before any alias of the function moves, and its rollback takes it back.
    pub(super) fn revision_of(&self, function: &str, version: &str) -> Revision {
        if version == LATEST {
            return self.revision_now(function);
        }
        // One that an alias named before is of before, also where the update has another alias name it.
        let (mut was, mut is) = (false, false);
        for (old, new) in self.versions_of(function) {
            was |= old == Some(version);
            is |= new == Some(version);
        }
        if is && !was {
            Revision::After
        } else {
            Revision::Before
        }
    }

    /// Whether an alias of a function names a version, before the update or after it. One that a deployment has left on two versions
    /// names both.
    pub(super) fn is_named_by_an_alias(&self, function: &str, version: &str) -> bool {
        let is = |named: Option<&str>| named == Some(version);
        let mut deployed = self.plan.deployments.iter().zip(&self.codedeploy.updates);
        let mut plain = self.plan.aliases.iter();
        self.versions_of(function)
            .any(|(old, new)| is(old) || is(new))
            || deployed.any(|(planned, update)| {
                planned.function == function && update.alias.shares().contains_key(version)
            })
            || plain.any(|alias| {
                let names = [Revision::Before, Revision::After].map(|of| alias.names.of(of));
                let mut additional = names.into_iter().flatten().map(|named| &named.additional);
                alias.function == function
                    && additional.any(|named| named.as_ref().is_some_and(|(of, _)| of == version))
            })
    }

    /// What a resource is now.
    pub(super) fn revision_now(&self, logical_id: &str) -> Revision {
        if self.update.has_reached(logical_id) {
            Revision::After
        } else {
            Revision::Before
        }
    }

    /// A function as it is, or was, in a revision; `None` where there is none.
    pub(super) fn function(&self, function: &str, revision: Revision) -> Option<&Function> {
        self.plan.functions.get(function)?.of(revision)
    }

    /// A version that an earlier update has left.
    pub(super) fn kept_version(&self, function: &str, version: &str) -> Option<&KeptVersion> {
        let kept = &self.plan.kept_versions;
        if kept.is_empty() {
            return None;
        }
        kept.get(&(function.to_owned(), version.to_owned()))
    }

    /// Whether this update has published a version, and its rollback has left it.
    fn is_left(&self, function: &str, version: &str) -> bool {
        let name = (function.to_owned(), version.to_owned());
        let id = self.plan.version_ids.get(&name);
        id.is_some_and(|id| self.update.has_left(id))
    }

    /// A function as it is in a version: as it was when that was published.
    pub(super) fn published(
        &self,
        function: &str,
        version: &str,
        revision: Revision,
    ) -> Option<&Function> {
        match self.kept_version(function, version) {
            Some(kept) => Some(&kept.function),
            None => self.function(function, revision),
        }
    }

    /// A function as it is now: what is not a version's, but the function's own.
    pub(super) fn function_now(&self, function: &str) -> Option<&Function> {
        self.function(function, self.revision_now(function))
    }

    /// A function's settings for asynchronous events: those of the resource of their own that it has for them, as that is now.
    pub(super) fn async_settings(&self, function: &str) -> Option<&Function> {
        let config = self.plan.event_invoke_configs.get(function);
        let settings = config.and_then(|config| self.function(function, self.revision_now(config)));
        settings.or_else(|| self.function_now(function))
    }

    /// The versions that a function's aliases name before the update and after it.
    fn versions_of(&self, function: &str) -> impl Iterator<Item = (Option<&str>, Option<&str>)> {
        let deployed = self
            .plan
            .deployments
            .iter()
            .filter(move |planned| planned.function == function)
            .map(|planned| {
                let (old, new) = (&planned.old_version, &planned.new_version);
                (Some(old.as_str()), Some(new.as_str()))
            });
        let moved = self
            .plan
            .aliases
            .iter()
            .filter(move |alias| alias.function == function)
            .map(|alias| {
                let [old, new] = [Revision::Before, Revision::After];
                (alias.version(old), alias.version(new))
            });
        deployed.chain(moved)
    }
}
