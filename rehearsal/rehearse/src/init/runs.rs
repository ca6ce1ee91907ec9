//! What runs before the update, where a person has named it.

use std::collections::BTreeMap;
use std::path::Path;

use miette::{Context, miette};
use rehearsal_deployment::Rehearsal;
use rehearsal_deployment::rehearsal::{Live, LiveCode, ParameterValue};
use rehearsal_template::Stack;

use crate::arguments::live::LiveOptions;
use crate::relative::relative;
use crate::templates;

/// What a rehearsal file says of what runs; nothing where a person names none.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// How the command line names it.
    pub options: LiveOptions,
    /// Its template, relative to the file.
    pub template: Option<String>,
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
        if !options.is_named() && options.parameters.is_empty() {
            return Ok(None);
        }
        let template = match &options.template {
            Some(given) if given == Path::new(templates::GIVEN) => {
                return Err(miette!(
                    help = "save it to a file, and name that",
                    "what is rehearsed is read more than once, so it cannot come from standard input"
                ));
            }
            Some(template) => {
                let named = format!("--live {}", template.display());
                let found = templates::at(template).map_err(miette::Report::from);
                let found = found.wrap_err_with(|| named.clone())?;
                if !found.exists() {
                    return Err(miette!(
                        help = "a template, or its folder",
                        "{named}: there is no such file"
                    ));
                }
                let template = relative(&found, path);
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
        Ok(Some(Self {
            options: options.clone(),
            template,
            ..Self::default()
        }))
    }

    /// The parameters that a person gives it, where they differ from those of the update.
    pub fn parameters(&self) -> BTreeMap<&str, &str> {
        let given = self.options.parameters.iter();
        given
            .map(|given| (given.name.as_str(), given.value.as_str()))
            .collect()
    }

    /// It in words: the template or the revision.
    pub fn name(&self) -> &str {
        let name = self.template.as_ref().or(self.options.git.as_ref());
        name.map_or("other parameters", String::as_str)
    }

    /// The revision, where nothing builds it.
    pub fn unbuilt(&self) -> Option<&String> {
        let LiveOptions { git, build, .. } = &self.options;
        git.as_ref().filter(|_| build.is_none())
    }

    /// Has a rehearsal begin with it. What the rehearsal says of another template, and of its code, does not hold for this one.
    pub fn replace(&self, rehearsal: &mut Rehearsal) {
        let LiveOptions { git, build, .. } = &self.options;
        let mut before = rehearsal.live.take().unwrap_or_default();
        let template = self.template.as_ref().map(Into::into);
        let named = (&template, git, build);
        if self.options.is_named()
            && (&before.template, &before.git, &before.build_command) != named
        {
            let code = match git {
                Some(_) => before.code,
                None => LiveCode::default(),
            };
            before = Live {
                template,
                git: git.clone(),
                build_command: build.clone(),
                code,
                ..Live::default()
            };
        }
        let text =
            |(name, value): (&str, &str)| (name.to_owned(), ParameterValue::Text(value.to_owned()));
        before
            .parameters
            .extend(self.parameters().into_iter().map(text));
        rehearsal.live = Some(before);
    }

    /// That no value of a `NoEcho` parameter of the stack that runs is written, neither its own nor one that is `given` for the update: a file
    /// is kept, and CloudFormation shows them to no one.
    ///
    /// # Errors
    /// One is given.
    pub fn has_no_secret(
        &self,
        stack: &Stack,
        given: &BTreeMap<String, String>,
    ) -> Result<(), miette::Report> {
        let own = self.parameters();
        let is_given =
            |name: &&String| own.contains_key(name.as_str()) || given.contains_key(*name);
        match stack.secret_parameters.keys().find(is_given) {
            Some(name) => Err(miette!(
                help = format!(
                    "leave it out here, and give it to the run: --live-parameter {name}=VALUE"
                ),
                "the value of {name}, which is NoEcho, is not written into a file"
            )),
            None => Ok(()),
        }
    }
}
