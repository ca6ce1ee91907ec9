//! Deployments that cannot succeed, whatever the new version does.

use rehearsal_aws::cloudformation::ALIAS_UPDATE_MINUTES;
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_template::Stack;

use super::deployments::DeploymentChange;
use super::findings::Finding;
use super::resources::Compared;
use super::versions::{keeps_versions_apart, list};

/// Everything of the kind.
pub(super) fn of(
    live: &Stack,
    compared: &Compared,
    deployments: &[DeploymentChange],
) -> Vec<Finding> {
    let starting = deployments
        .iter()
        .filter(|deployment| deployment.starts != Some(false));
    starting
        .flat_map(|deployment| {
            let found = [
                on_two_versions(live, deployment),
                weights_refused(compared, deployment),
                too_long(deployment),
            ];
            found.into_iter().flatten()
        })
        .collect()
}

/// Its alias gives another version a share already: "subsequent attempts to deploy the Lambda function fail" (CodeDeploy user guide,
/// "Troubleshoot AWS Lambda deployment issues").
fn on_two_versions(live: &Stack, deployment: &DeploymentChange) -> Option<Finding> {
    let id = &deployment.alias_logical_id;
    let alias = live.aliases.iter().find(|alias| alias.logical_id == *id)?;
    let additional = alias.shared_with()?;
    if let Err(unknown) = &additional.share.value {
        let message = format!(
            "{id}: whether another version has a share of it is not known: {unknown}; where one has, the deployment fails"
        );
        let finding = Finding::warning("plan::alias-may-be-on-two-versions", message);
        return Some(finding.at(id, deployment.place));
    }
    let message = format!(
        "{id} is on two versions by its RoutingConfig, and CodeDeploy shifts an alias from one, so the deployment fails"
    );
    let finding = Finding::error("plan::alias-on-two-versions", message);
    Some(finding.at(id, deployment.place).help(
        "an update of its own takes RoutingConfig away; what shares an alias's traffic is the deployment configuration's",
    ))
}

/// It shifts step by step between versions that no alias may name side by side.
fn weights_refused(compared: &Compared, deployment: &DeploymentChange) -> Option<Finding> {
    let shift = deployment.shift.as_ref();
    shift.filter(|shift| TrafficShift::is_gradual(shift))?;
    let function = deployment.function.as_deref()?;
    let change = compared.since_version(function)?;
    let apart: Vec<String> = keeps_versions_apart(change).map(str::to_owned).collect();
    (!apart.is_empty()).then(|| {
        let message = format!(
            "{function}: {} of its versions differ, and no alias may name such two side by side, so the deployment fails at its first step",
            list(&apart)
        );
        Finding::error("plan::weights-refused", message)
            .at(function, change.place)
            .help("shift this update AllAtOnce, or leave that as it is")
    })
}

/// It takes as long as CloudFormation gives the update of an alias, or longer.
fn too_long(deployment: &DeploymentChange) -> Option<Finding> {
    let minutes = deployment.minutes()?;
    (minutes >= ALIAS_UPDATE_MINUTES).then(|| {
        let id = &deployment.alias_logical_id;
        let message = format!(
            "{id}: the shift takes {minutes} minutes, and CloudFormation gives the update of an alias {ALIAS_UPDATE_MINUTES}, hooks included: as far as is known the update fails"
        );
        Finding::error("plan::shift-too-long", message)
            .at(id, deployment.place)
            .help("take a configuration that is done earlier, and leave the hooks their time")
    })
}
