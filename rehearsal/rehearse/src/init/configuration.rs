//! What is made up for a deployment's configuration, of which few names mean one.

use rehearsal_template::Stack;

use super::content::Content;

/// What stands for a deployment configuration that only AWS knows: CloudFormation's name for it, which SAM takes too.
const CONFIGURATION: &str = "CodeDeployDefault.LambdaCanary10Percent5Minutes";

/// What is made up for how a configuration of another stack shifts.
const SHIFT: &str = "Canary10Percent5Minutes";

/// Makes up what deployments name and other stacks have: how a configuration shifts. Hooks are noted; stubs stand for them. Whether there
/// was any that is new.
pub(super) fn elsewhere(content: &mut Content, new: &Stack) -> bool {
    let before = (content.configurations.len(), content.hooks_elsewhere.len());
    for name in new.configurations_elsewhere() {
        let made_up = content.configurations.entry(name.to_owned());
        made_up.or_insert_with(|| SHIFT.to_owned());
    }
    let hooks = new.hooks_elsewhere().into_iter();
    let hooks = hooks.filter(|name| new.meant_hook(name).is_none());
    content.hooks_elsewhere.extend(hooks.map(str::to_owned));
    before != (content.configurations.len(), content.hooks_elsewhere.len())
}

/// Replaces a made-up value that a deployment takes for its configuration, of which few names mean one, and no other of the same text.
/// Whether there was one. `read` says what the template is with what is made up.
pub(super) fn mend(
    content: &mut Content,
    new: &Stack,
    read: impl Fn(&Content) -> Result<Stack, Vec<miette::Report>>,
) -> Result<bool, Vec<miette::Report>> {
    let before = unknown_configurations(new);
    let is_one = |value: &String| before.contains(&value.as_str());
    let made_up = content.missing.iter();
    let candidates: Vec<_> = made_up
        .filter(|(_, value)| is_one(value))
        .map(|(missing, _)| missing.clone())
        .collect();
    for missing in candidates {
        let is_better =
            |content: &Content| Ok(unknown_configurations(&read(content)?).len() < before.len());
        if content.make_up_instead(missing, CONFIGURATION.to_owned(), is_better)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What deployments name for their configuration and is none.
fn unknown_configurations(new: &Stack) -> Vec<&str> {
    let deployments = new.aliases.iter().filter_map(|it| it.deployment.as_ref());
    deployments
        .filter_map(|deployment| {
            let config = deployment.group.known_value()?.config_name.known_value()?;
            new.traffic_routing(config)
                .is_none()
                .then_some(config.as_str())
        })
        .collect()
}
