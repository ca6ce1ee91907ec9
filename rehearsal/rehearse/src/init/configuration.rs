//! What is made up for a deployment's configuration, of which few names mean one.

use std::collections::BTreeMap;

use rehearsal_template::{Missing, Stack};

/// What stands for a deployment configuration that only AWS knows: CloudFormation's name for it, which SAM takes too.
const CONFIGURATION: &str = "CodeDeployDefault.LambdaCanary10Percent5Minutes";

/// Replaces made-up values that a deployment takes for its configuration, of which few names mean one. Whether there was any.
pub(super) fn mend(missing: &mut BTreeMap<Missing, String>, new: &Stack) -> bool {
    let mut mended = false;
    for alias in &new.aliases {
        let config = alias.deployment.as_ref().and_then(|deployment| {
            let config = deployment.group.known_value()?.config_name.known_value()?;
            new.traffic_routing(config).is_none().then_some(config)
        });
        let is_config = |value: &str| config.is_some_and(|config| config == value);
        let words = ["canary", "config", "deploy", "preference", "traffic"];
        let is_named = |missing: &Missing| {
            matches!(missing, Missing::Parameter(name)
                if words.iter().any(|word| name.to_lowercase().contains(word)))
        };
        // Another parameter may have the same made-up value, and be no configuration.
        let mut taken = missing.iter().filter(|(_, value)| is_config(value));
        let has_named = taken.any(|(missing, _)| is_named(missing));
        for (missing, value) in missing.iter_mut() {
            if is_config(value) && (!has_named || is_named(missing)) {
                CONFIGURATION.clone_into(value);
                mended = true;
            }
        }
    }
    mended
}
