//! What the template that runs before the update leaves open, and what is made up for it.

use std::collections::BTreeSet;
use std::path::Path;

use rehearsal_deployment::change::{Code, CodeChange, UpdatePlan};
use rehearsal_deployment::gate_inputs::Given;
use rehearsal_deployment::plan::Draft;
use rehearsal_template::{Missing, Stack, read_str};

use super::content::{Content, PLACEHOLDER};
use super::text;
use crate::arguments::TemplateInputs;
use crate::file::{FileError, RehearsalFile};
use crate::{external_values, inputs, live};

/// How often both templates are read at most: of each property the first unknown value is made up.
const MOST_ROUNDS: usize = 32;

/// Makes up what the template that runs leaves open, and gives its stack; `None` where no other than the update's is named.
///
/// # Errors
/// It cannot be read, or is refused.
pub fn complete(
    content: &mut Content,
    path: &Path,
    (template, text): (&Path, &str),
    rounds: usize,
) -> Result<Option<Stack>, Vec<miette::Report>> {
    if content.runs.is_none() {
        return Ok(None);
    }
    for _ in 0..rounds {
        let (file, stack) = read(content, path, (template, text))?;
        let before = content.made_up_count();
        for parameter in &stack.parameters_without_value {
            let example = parameter.examples.first().cloned();
            if let (Some(runs), Some(example)) = (&mut content.runs, example) {
                runs.made_up
                    .entry(parameter.name.clone())
                    .or_insert(example);
            }
        }
        if let Err(errors) = Draft::new(&stack, &stack, file.rehearsal.given()) {
            for missing in errors.into_iter().filter_map(|error| error.missing) {
                match (missing, &mut content.runs) {
                    // What both declare has its value from the update.
                    (Missing::Parameter(name), Some(runs)) => {
                        let keys = stack.asked_for.keys(&name);
                        let key = keys.first().copied().unwrap_or(PLACEHOLDER).to_owned();
                        runs.made_up.entry(name).or_insert(key);
                    }
                    (missing, _) => content.make_up(missing, &stack),
                }
            }
        }
        if content.made_up_count() == before {
            return Ok(Some(stack));
        }
    }
    read(content, path, (template, text)).map(|(_, stack)| Some(stack))
}

/// Makes up values from elsewhere by which alone it is known whether the update changes what is deployed: an import whose name is made of
/// another parameter than before. `new` is what the update leaves.
///
/// # Errors
/// A template cannot be read, or is refused.
pub fn complete_changes(
    content: &mut Content,
    path: &Path,
    of_template: (&Path, &str),
    new: impl Fn(&Content) -> Result<Stack, Vec<miette::Report>>,
) -> Result<(), Vec<miette::Report>> {
    for _ in 0..MOST_ROUNDS {
        let (file, mut live) = read(content, path, of_template)?;
        external_values::complete(&file, &mut live);
        let new = new(content)?;
        let before = content.made_up_count();
        for missing in missing_for(&live, &new, file.rehearsal.given()) {
            content.make_up(missing, &new);
        }
        if content.made_up_count() == before {
            break;
        }
    }
    Ok(())
}

/// What would have to be known of elsewhere for a plan of an update, but parameters.
fn missing_for(live: &Stack, new: &Stack, given: Given<'_>) -> Vec<Missing> {
    let update = UpdatePlan::between(Some(live), new, &Code::all(CodeChange::Same));
    let errors = Draft::between(live, new, given, &update).err();
    let errors = errors.unwrap_or_default();
    let refused: BTreeSet<&str> = errors
        .iter()
        .map(|error| error.logical_id.as_str())
        .collect();
    let changes = update.changes.iter();
    let changes = changes.filter(|change| refused.contains(change.logical_id.as_str()));
    let of_change = changes.flat_map(|change| {
        let unknown = change.properties.iter();
        let unknown = unknown.filter(|property| property.unknown.is_some());
        unknown.flat_map(move |property| {
            [new, live].into_iter().filter_map(move |stack| {
                let resource = stack.resource(&change.logical_id)?;
                let value = &resource.properties.get(&property.name)?.value;
                value.first_unknown()?.missing.clone()
            })
        })
    });
    let of_elsewhere = of_change.filter(|missing| !matches!(missing, Missing::Parameter(_)));
    of_elsewhere.collect()
}

/// The file as it is so far, and the stack that runs.
fn read(
    content: &Content,
    path: &Path,
    (template, text): (&Path, &str),
) -> Result<(RehearsalFile, Stack), Vec<miette::Report>> {
    let one = |error: FileError| vec![miette::Report::new(error)];
    let file = content
        .file(path, text::without_requests(content))
        .map_err(one)?;
    let inputs = inputs::of(&TemplateInputs::default(), template, Some(&file.rehearsal))
        .map_err(|error| vec![miette::Report::new(error)])?;
    let source = live::source(&file, template, text, &inputs, &inputs)?;
    let stack = read_str(&source.name, &source.text, &source.inputs)
        .map_err(|refusal| vec![miette::Report::new(refusal)])?;
    Ok((file, stack))
}

#[cfg(test)]
mod tests {
    use rehearsal_template::Inputs;

    use super::*;

    #[test]
    fn an_import_whose_name_is_made_of_another_parameter_is_one_value() {
        let template = |parameter: &str| {
            let text = format!(
                "
Transform: AWS::Serverless-2016-10-31
Parameters: {{{parameter}: {{Type: String, Default: vpc}}}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: src
      AutoPublishAlias: live
      AutoPublishAliasAllProperties: true
      DeploymentPreference: {{Type: AllAtOnce}}
      Environment: {{Variables: {{SUBNET: !ImportValue {{'Fn::Sub': '${{{parameter}}}-subnet'}}}}}}
  Topic: {{Type: AWS::SNS::Topic, Properties: {{TopicName: !ImportValue {{'Fn::Sub': '${{{parameter}}}-topic'}}}}}}
"
            );
            read_str("template.yaml", &text, &Inputs::new("shop")).unwrap()
        };
        let given = Given::default();
        let (live, new) = (template("Network"), template("NetworkStack"));
        let missing: BTreeSet<_> = missing_for(&live, &new, given).into_iter().collect();
        let subnet = Missing::Import("vpc-subnet".to_owned());
        assert_eq!(missing, BTreeSet::from([subnet]));
        assert_eq!(missing_for(&new, &new, given), []);
    }
}
