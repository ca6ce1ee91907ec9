//! What runs before the update, where a person has named it.

use std::collections::BTreeMap;
use std::path::Path;

use miette::miette;
use rehearsal_deployment::Rehearsal;
use rehearsal_deployment::rehearsal::{Live, ParameterValue};
use rehearsal_template::Stack;

use super::folder::relative;
use crate::arguments::live::LiveOptions;
use crate::templates;

/// What a rehearsal file says of what runs; nothing where a person names none.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// Its template, relative to the file.
    pub template: Option<String>,
    /// The git revision that it is of.
    pub git: Option<String>,
    /// Its parameters, where they differ from those of the update.
    pub parameters: BTreeMap<String, String>,
    /// Its parameters whose values are made up.
    pub made_up: BTreeMap<String, String>,
    /// The functions of which only the version that runs cannot start here, each with the reason.
    pub stubs: BTreeMap<String, String>,
}

impl Runs {
    /// What a person has named, for a file at `path`.
    ///
    /// # Errors
    /// A folder has no template, or several; or a path is not UTF-8.
    pub fn given(options: &LiveOptions, path: &Path) -> Result<Option<Self>, miette::Report> {
        if !options.is_given() {
            return Ok(None);
        }
        let template = match &options.template {
            Some(template) => {
                let template = relative(&templates::at(template)?, path);
                let text = template.to_str().ok_or_else(|| {
                    miette!(
                        help = "rename it, or its folder",
                        "the path of {} is not UTF-8, and so no rehearsal file can name it",
                        template.display()
                    )
                })?;
                Some(text.to_owned())
            }
            None => None,
        };
        let parameters = options.parameters.iter();
        let parameters = parameters.map(|given| (given.name.clone(), given.value.clone()));
        Ok(Some(Self {
            template,
            git: options.git.clone(),
            parameters: parameters.collect(),
            ..Self::default()
        }))
    }

    /// It in words: the template or the revision.
    pub fn name(&self) -> &str {
        let name = self.template.as_ref().or(self.git.as_ref());
        name.map_or("", String::as_str)
    }

    /// Has a rehearsal begin with it. Where the code is that runs stays as it says.
    pub fn replace(&self, rehearsal: &mut Rehearsal) {
        let before = rehearsal.live.take().unwrap_or_default();
        let text =
            |(name, value): (&String, &String)| (name.clone(), ParameterValue::Text(value.clone()));
        rehearsal.live = Some(Live {
            template: self.template.as_ref().map(Into::into),
            git: self.git.clone(),
            builds: before.builds,
            parameters: self.parameters.iter().map(text).collect(),
        });
    }

    /// That no value of a `NoEcho` parameter is written: a file is kept, and CloudFormation shows them to no one.
    ///
    /// # Errors
    /// One is given.
    pub fn has_no_secret(&self, stack: &Stack) -> Result<(), miette::Report> {
        let mut secret = stack.secret_parameters.keys();
        match secret.find(|name| self.parameters.contains_key(*name)) {
            Some(name) => Err(miette!(
                help = format!(
                    "leave --live-parameter {name} out, and write it into the file yourself"
                ),
                "the value of {name}, which is NoEcho, is not written into a file"
            )),
            None => Ok(()),
        }
    }
}
