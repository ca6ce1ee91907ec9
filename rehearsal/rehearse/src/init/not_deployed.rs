//! Why there is nothing to rehearse of a template, and what to look for instead.

use std::path::Path;

use miette::miette;
use rehearsal_template::stack::NestedTemplate;
use rehearsal_template::{Field, Stack, folder_of};

use crate::assembly;
use crate::shell::quoted;

/// What to look for where nothing is deployed.
const NOT_DEPLOYED: &str = "`rehearse inspect` says what is in it. CodeDeploy shifts an alias with AutoPublishAlias and a DeploymentPreference (SAM), \
    a LambdaDeploymentGroup (CDK) or UpdatePolicy.CodeDeployLambdaAliasUpdate (CloudFormation)";
/// What shifts without CodeDeploy.
const STATE_MACHINE_ALIAS: &str = "AWS::StepFunctions::StateMachineAlias";

/// Why a template that starts no deployment is not rehearsed.
pub fn why(template: &Path, new: &Stack) -> miette::Report {
    let nested = new.nested_deployments();
    let mut resources = new.resources.iter();
    let help = if resources.any(|resource| resource.r#type == STATE_MACHINE_ALIAS) {
        "Step Functions itself shifts the alias of its state machine, without CodeDeploy: that is not rehearsed".to_owned()
    } else if nested.is_empty() {
        NOT_DEPLOYED.to_owned()
    } else {
        let templates = templates_inside(new, &folder_of(template));
        // Of CDK's the assembly says what each is given.
        let values = if assembly::is_one(&folder_of(template)) {
            ""
        } else {
            ", with the --parameter values that it is given here"
        };
        format!(
            "stacks inside it deploy {}: each is rehearsed by its own template, {}{values}",
            nested.join(", "),
            templates.join(" or ")
        )
    };
    miette!(
        help = help,
        "{} starts no deployment, so there is nothing to rehearse",
        template.display()
    )
}

/// The templates of the stacks inside a stack that have deployments of their own, for a shell to read.
fn templates_inside(stack: &Stack, folder: &Path) -> Vec<String> {
    let mut templates = Vec::new();
    for nested in &stack.nested {
        let location = nested.location.as_ref().and_then(Field::known_value);
        let (Some(location), Some(NestedTemplate::Read(inner))) = (location, &nested.template)
        else {
            continue;
        };
        let path = folder.join(location);
        if inner.aliases.iter().any(|alias| alias.deployment.is_some()) {
            templates.push(quoted(&path.display().to_string()));
        }
        templates.extend(templates_inside(inner, &folder_of(&path)));
    }
    templates.dedup();
    templates
}
