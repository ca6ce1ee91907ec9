//! What runs before an update, as the command line names it.

use std::path::PathBuf;

use clap::Args;

use super::{Parameter, parameter};

/// The template that runs before an update, where it is another than the one that is named.
#[derive(Clone, Debug, Default, Args)]
#[command(group = clap::ArgGroup::new("runs").args(["live", "live_git"]))]
pub struct LiveOptions {
    /// The template that runs before the update, or its folder.
    #[arg(id = "live", long = "live", value_name = "TEMPLATE")]
    pub template: Option<PathBuf>,
    /// Take the template that runs from this git revision: what the template was in it.
    #[arg(id = "live_git", long = "live-git", value_name = "REVISION")]
    pub git: Option<String>,
    /// Give a parameter of the template that runs another value.
    #[arg(id = "live_parameters", long = "live-parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<Parameter>,
}

impl LiveOptions {
    /// Whether another template than the one of the update is named.
    pub fn is_named(&self) -> bool {
        self.template.is_some() || self.git.is_some()
    }
}
