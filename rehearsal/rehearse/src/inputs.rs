//! What a template is read with: the command line goes before the rehearsal file, that before a samconfig file, and that before the
//! CDK assembly that the template lies in.

use std::path::Path;

use miette::Diagnostic;
use rehearsal_deployment::Rehearsal;
use rehearsal_template::{Inputs, folder_of};

use crate::arguments::TemplateInputs;
use crate::assembly::{self, AssemblyError};
use crate::external_values;
use crate::samconfig::{self, SamconfigError};
use crate::today;

/// Why there are no inputs.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum InputsError {
    /// The samconfig file cannot be used.
    #[error(transparent)]
    Samconfig(#[from] SamconfigError),
    /// The CDK assembly that the template lies in cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Assembly(#[from] AssemblyError),
}

/// The inputs of a template, for an inspection or for a rehearsal: those that are [`given`], and of a template that CDK wrote those
/// that CDK deploys it with.
///
/// # Errors
/// The samconfig file, or the assembly, cannot be used.
pub fn of(
    options: &TemplateInputs,
    template: &Path,
    rehearsal: Option<&Rehearsal>,
) -> Result<Inputs, InputsError> {
    let mut inputs = given(options, template, rehearsal)?;
    assembly::complete(template, &mut inputs)?;
    Ok(inputs)
}

/// The inputs that a person gives for a template.
///
/// # Errors
/// The samconfig file cannot be used.
pub fn given(
    options: &TemplateInputs,
    template: &Path,
    rehearsal: Option<&Rehearsal>,
) -> Result<Inputs, SamconfigError> {
    let mut inputs = match &options.samconfig {
        Some(path) => samconfig::read(path, &options.config_env)?,
        None => Inputs::default(),
    };
    inputs.as_deployed = inputs.parameters.keys().cloned().collect();
    if let Some(rehearsal) = rehearsal {
        if let Some(name) = &rehearsal.stack_name {
            inputs.stack_name.clone_from(name);
        }
        for (name, value) in &rehearsal.parameters {
            inputs = inputs.parameter(name, value.to_text());
        }
        inputs = external_values::given(rehearsal, inputs);
    }
    let of_both = |option: &Option<String>, of_file: fn(&Rehearsal) -> &Option<String>| {
        let of_file = rehearsal.and_then(|rehearsal| of_file(rehearsal).clone());
        option.clone().or(of_file)
    };
    if let Some(account) = of_both(&options.account, |rehearsal| &rehearsal.account) {
        inputs = inputs.in_account(account);
    }
    if let Some(region) = of_both(&options.region, |rehearsal| &rehearsal.region) {
        inputs = inputs.in_region(region);
    }
    inputs.folder = Some(folder_of(template));
    inputs.today = today::today();
    inputs.root.clone_from(&options.root);
    for parameter in &options.parameters {
        inputs = inputs.parameter(&parameter.name, &parameter.value);
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Parameter;

    #[test]
    fn the_command_line_goes_before_the_file_and_the_file_before_a_samconfig() {
        let folder = tempfile::tempdir().unwrap();
        let samconfig = folder.path().join("samconfig.yaml");
        let text = "default: {deploy: {parameters: {stack_name: theirs, region: eu-west-3, parameter_overrides: [A=s, B=s, C=s]}}}";
        std::fs::write(&samconfig, text).unwrap();
        let rehearsal: Rehearsal = toml::from_str(
            "template = 't'\naccount = '111111111111'\nregion = 'eu-west-2'\n[parameters]\nA = 'f'\nB = 'f'\n[traffic]\nrequests_per_minute = 0\n",
        )
        .unwrap();
        let options = TemplateInputs {
            parameters: vec![Parameter {
                name: "A".to_owned(),
                value: "o".to_owned(),
            }],
            samconfig: Some(samconfig),
            config_env: "default".to_owned(),
            root: None,
            account: None,
            region: Some("eu-west-1".to_owned()),
        };
        let inputs = of(&options, Path::new("t"), Some(&rehearsal)).unwrap();
        assert_eq!(
            (
                inputs.stack_name.as_str(),
                inputs.account_id.as_str(),
                inputs.region.as_str()
            ),
            ("theirs", "111111111111", "eu-west-1")
        );
        let values: Vec<_> = inputs.parameters.values().map(String::as_str).collect();
        assert_eq!(values, ["o", "f", "s"]);
    }
}
