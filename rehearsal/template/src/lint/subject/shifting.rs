//! What an update shifts: the lints' view of a deployment.

use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;

use crate::Place;
use crate::stack::{Alarm, Alias, AliasDeployment, DeploymentGroup, Hook, Stack};

/// An alias that an update shifts.
#[derive(Clone, Copy)]
pub(in crate::lint) struct Shifting<'s> {
    pub(in crate::lint) alias: &'s Alias,
    pub(in crate::lint) deployment: &'s AliasDeployment,
    /// Its deployment group, where the template has it.
    pub(in crate::lint) group: Option<&'s DeploymentGroup>,
    /// How it shifts, where that is known.
    pub(in crate::lint) routing: Option<TrafficRouting>,
}

/// The aliases of a stack that an update shifts.
pub(in crate::lint) fn all(stack: &Stack) -> Vec<Shifting<'_>> {
    stack
        .aliases
        .iter()
        .filter_map(|alias| {
            let deployment = alias.deployment.as_ref()?;
            let group = deployment.group.known_value();
            Some(Shifting {
                alias,
                deployment,
                group,
                routing: group
                    .and_then(|group| group.config_name.known_value())
                    .and_then(|config| stack.traffic_routing(config)?.ok()),
            })
        })
        .collect()
}

impl<'s> Shifting<'s> {
    /// The hooks, in the order of their lifecycle events.
    pub(in crate::lint) fn hooks(&self) -> impl Iterator<Item = &'s Hook> + use<'s> {
        [
            &self.deployment.before_allow_traffic_hook,
            &self.deployment.after_allow_traffic_hook,
        ]
        .into_iter()
        .flatten()
    }

    /// The logical id of the role that CodeDeploy acts in, where it is the template's own.
    pub(in crate::lint) fn role(&self) -> Option<&'s str> {
        self.group?.role.as_ref()?.logical_id.as_deref()
    }

    /// The metric alarms of the template that can stop it.
    pub(in crate::lint) fn alarms(
        &self,
        stack: &'s Stack,
    ) -> impl Iterator<Item = &'s Alarm> + use<'s> {
        self.group
            .and_then(|group| group.alarms.known_value())
            .into_iter()
            .flatten()
            .filter_map(|reference| stack.alarm(reference.logical_id.as_deref()?))
    }

    /// The logical id of the function, or the alias's where the function is not known.
    pub(in crate::lint) fn function_or_alias(&self) -> &'s str {
        self.alias.function_or_alias()
    }

    /// Where its group stands, which is where SAM's deployment preference stands.
    pub(in crate::lint) fn place(&self) -> Place {
        self.group
            .map_or(self.deployment.place, |group| group.place)
    }
}

/// The template's alarms that can stop a deployment, each once, with the shortest shift that it watches.
///
/// A shift that is not known, or takes no time, is left out of the comparison.
pub(in crate::lint) fn watching<'s>(
    stack: &'s Stack,
    shifting: &[Shifting<'s>],
) -> Vec<(&'s Alarm, Option<u32>)> {
    let mut alarms: Vec<(&Alarm, Option<u32>)> = Vec::new();
    for deployment in shifting {
        let minutes = deployment
            .routing
            .map(TrafficRouting::minutes)
            .filter(|minutes| *minutes > 0);
        for alarm in deployment.alarms(stack) {
            match alarms
                .iter_mut()
                .find(|(known, _)| known.logical_id == alarm.logical_id)
            {
                Some((_, shortest)) => *shortest = [*shortest, minutes].into_iter().flatten().min(),
                None => alarms.push((alarm, minutes)),
            }
        }
    }
    alarms
}
