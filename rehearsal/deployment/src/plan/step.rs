//! What a plan has of the release that its update is part of.

use super::Deployment;
use crate::release::Action;

/// An update's place in a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Minutes of traffic before those that its own traffic has before the update.
    pub minutes_between: u32,
    /// Whether another update follows it.
    pub is_followed: bool,
    /// What a person does by hand, in the file's order.
    pub actions: Vec<PlannedAction>,
    /// The resource on which the update fails before any deployment.
    pub fails: Option<Failing>,
}

/// A resource that cannot be created or updated, so that the update goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// Its logical id.
    pub logical_id: String,
    /// Why, as CloudFormation says it.
    pub reason: String,
}

/// A deployment that a person stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedAction {
    /// Which, an index into the plan's deployments.
    pub deployment: usize,
    /// In which minute from the first shift.
    pub at_minute: u32,
    /// Whether it goes back; `None` where its group decides.
    pub rollback: Option<bool>,
}

impl PlannedAction {
    /// An action on one of these deployments.
    ///
    /// # Errors
    /// No deployment of that function starts, or it is over by then where nothing goes wrong.
    pub(super) fn new(action: &Action, deployments: &[Deployment]) -> Result<Self, String> {
        let mut each = deployments.iter();
        let Some(index) = each.position(|deployment| deployment.function == action.stop) else {
            let there: Vec<_> = deployments
                .iter()
                .map(|deployment| deployment.function.as_str())
                .collect();
            let there = match &there[..] {
                [] => "nothing".to_owned(),
                there => there.join(", "),
            };
            return Err(format!(
                "the update starts no deployment of {} that could be stopped; it deploys {there}",
                action.stop
            ));
        };
        let deployment = &deployments[index];
        let last = deployment
            .shift
            .steps()
            .last()
            .map_or(0, |step| step.minute);
        // A hook after the shift keeps it going for a while; nothing keeps it going for whole minutes.
        let is_over = match &deployment.after_allow_traffic {
            Some(_) => action.at_minute > last,
            None => action.at_minute >= last,
        };
        if is_over {
            return Err(format!(
                "the deployment of {} is over by minute {}: all its traffic has shifted in minute {last}",
                action.stop, action.at_minute
            ));
        }
        Ok(Self {
            deployment: index,
            at_minute: action.at_minute,
            rollback: action.rollback,
        })
    }
}
