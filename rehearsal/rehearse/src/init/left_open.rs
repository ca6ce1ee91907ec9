//! What the template that runs before the update leaves open, and what is made up for it.

use std::path::Path;

use rehearsal_deployment::plan::Draft;
use rehearsal_template::{Missing, Stack, read_str};

use super::content::{Content, PLACEHOLDER};
use super::text;
use crate::arguments::TemplateInputs;
use crate::file::{FileError, RehearsalFile};
use crate::{inputs, live};

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
        let before = content.made_up().count();
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
        if content.made_up().count() == before {
            return Ok(Some(stack));
        }
    }
    read(content, path, (template, text)).map(|(_, stack)| Some(stack))
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
