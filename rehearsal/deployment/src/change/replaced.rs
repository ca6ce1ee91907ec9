//! What an update meets that replaces a function: another one has the logical id, with an alias of its own.

use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_template::Stack;
use rehearsal_template::stack::Api;

use super::changes::{Action, Change};
use super::findings::Finding;
use super::resources::Compared;

/// Everything of the kind.
pub(super) fn of(live: &Stack, new: &Stack, compared: &Compared) -> Vec<Finding> {
    let functions = new.functions.iter();
    let replaced = functions.filter_map(|function| {
        let change = compared.change(&function.logical_id)?;
        (change.action == Action::Replace).then_some(change)
    });
    replaced
        .flat_map(|change| {
            let alias = alias_of(new, change).map(|alias| without_deployment(change, &alias));
            let left = left_behind(live, new, compared, change);
            alias.into_iter().chain(left)
        })
        .collect()
}

/// The name of an alias of a function that deployments shift.
fn alias_of(stack: &Stack, function: &Change) -> Option<String> {
    let mut aliases = stack.aliases.iter();
    let shifted = aliases.find(|alias| {
        let of = alias.function.known_value();
        alias.deployment.is_some() && of == Some(&function.logical_id)
    });
    shifted.and_then(|alias| alias.name.known_value().cloned())
}

/// "The function's alias is created": `CodeDeployLambdaAliasUpdate` acts when an alias is updated (CloudFormation user guide,
/// "`UpdatePolicy` attribute").
fn without_deployment(function: &Change, alias: &str) -> Finding {
    let id = &function.logical_id;
    Finding::warning(
        "plan::function-replaced",
        format!(
            "another function takes the place of {id}, and its alias {alias} is new: no deployment runs, so no hook, no canary and no alarm is asked, and its callers meet the new code at once"
        ),
    )
    .at(id, function.place)
    .help("keep its name; or make a function under another logical id beside it, and lead its callers over in an update of its own")
}

/// The APIs whose stages go on with routes to the function that goes: a REST API serves the deployment that its stage names (API Gateway
/// developer guide, "Deploying a REST API"), in which its name stands.
fn left_behind(live: &Stack, new: &Stack, compared: &Compared, function: &Change) -> Vec<Finding> {
    let id = &function.logical_id;
    let leads_to = |api: &&Api| {
        let mut routes = api.routes.iter();
        api.kind == ApiKind::Rest && routes.any(|route| route.function.is(id))
    };
    let apis = live.apis.iter().filter(leads_to);
    apis.filter_map(|api| {
        let after = new.apis.iter().find(|new| new.logical_id == api.logical_id)?;
        let stage = after.stages.first()?;
        let change = compared.change(&stage.logical_id)?;
        let is_new = change.is_new();
        let goes_on = !is_new && change.changes("DeploymentId") == Some(false);
        (goes_on && !function.stays).then(|| {
            Finding::warning(
                "plan::route-to-replaced",
                format!(
                    "{} is not deployed anew: its stage {} goes on with routes to the {id} of before, which is deleted when the update is over. Its callers then get 500",
                    api.logical_id, stage.logical_id
                ),
            )
            .at(&stage.logical_id, stage.place)
            .help("give its AWS::ApiGateway::Deployment another logical id in the same update")
        })
    })
    .collect()
}
