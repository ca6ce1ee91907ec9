//! What runs before an update, as the command line names it.

use std::path::PathBuf;

use clap::Args;

use super::{Parameter, parameter};

/// The template that runs before an update, where it is another than the one that is named.
#[derive(Clone, Debug, Default, Args)]
#[command(group = clap::ArgGroup::new("runs").args(["live", "live_git"]))]
pub struct LiveOptions {
    /// The template that runs before the update, or its folder, with the code that is beside it. Each function counts as changed.
    #[arg(id = "live", long = "live", value_name = "TEMPLATE")]
    pub template: Option<PathBuf>,
    /// Take what runs from this git revision: its template, with its source of Node.js and Python. Functions whose files differ have other
    /// code.
    #[arg(id = "live_git", long = "live-git", value_name = "REVISION")]
    pub git: Option<String>,
    /// Build what runs: check the revision out in a folder of its own, and run this there, in the project's folder. The checkout is kept,
    /// and built once a commit.
    #[arg(
        id = "live_build",
        long = "live-build",
        value_name = "COMMAND",
        requires = "live_git",
        conflicts_with = "live"
    )]
    pub build: Option<String>,
    /// Give a parameter of the template that runs another value.
    #[arg(id = "live_parameters", long = "live-parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<Parameter>,
}

impl LiveOptions {
    /// How it names another template, as it is written on the command line.
    pub fn named(&self) -> Option<String> {
        match (&self.template, &self.git) {
            (Some(template), _) => Some(format!("--live {}", template.display())),
            (None, Some(revision)) => Some(format!("--live-git {revision}")),
            (None, None) => None,
        }
    }

    /// Whether another template than the one of the update is named.
    pub fn is_named(&self) -> bool {
        self.template.is_some() || self.git.is_some()
    }
}
