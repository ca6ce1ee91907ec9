//! Where code is looked for.

use std::fmt;

use rehearsal_deployment::stub::BUILD;
use rehearsal_host::runtimes::Family;
use rehearsal_template::stack::Function;

use super::{PlaceError, family};

/// `Metadata.BuildMethod` of a function that cargo builds for Lambda.
const CARGO_LAMBDA: &str = "rust-cargolambda";

/// Leaves the choice to the template.
pub const AUTO: &str = "auto";

/// Whether a build's place is a folder, and none of those that have names.
pub fn is_folder(place: &str) -> bool {
    let named = ["cargo", "sam", "cdk", "source", AUTO, BUILD];
    !named.contains(&place)
}

/// Where a function's code is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// What cargo built.
    Cargo,
    /// What `sam build` built.
    Sam,
    /// What `cdk synth` wrote.
    Cdk,
    /// The function's source itself.
    Source,
    /// A folder, relative to the rehearsal file.
    Folder(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cargo => "cargo",
            Self::Sam => "sam",
            Self::Cdk => "cdk",
            Self::Source => "source",
            Self::Folder(folder) => folder,
        })
    }
}

impl Place {
    /// The place that a rehearsal file names for a function. `auto` is chosen by the template alone, and by nothing that happens to be
    /// on this machine, first match: an asset of CDK's → `cdk`; a package (`.zip`), here or in a bucket → `source`; `BuildMethod: rust-cargolambda`, or an operating-system runtime
    /// without a build method → `cargo`; Node.js and Python without one → `source`; else `sam`.
    ///
    /// # Errors
    /// `auto`, and the function's code is in a bucket, or in an image.
    pub fn of(name: &str, function: &Function) -> Result<Self, PlaceError> {
        Ok(match name {
            "cargo" => Self::Cargo,
            "sam" => Self::Sam,
            "cdk" => Self::Cdk,
            "source" => Self::Source,
            AUTO => Self::chosen(function)?,
            folder => Self::Folder(folder.to_owned()),
        })
    }

    fn chosen(function: &Function) -> Result<Self, PlaceError> {
        if function.runtime.is_none() && function.inline_code.is_none() {
            return Err(PlaceError::of(
                function,
                "it is a container image, and images are not run: make it a [[stub]]",
            ));
        }
        let is_packed = super::is_packed(function);
        if function.inline_code.is_none() && !is_packed {
            super::code_uri(function)?;
        }
        let method = function.build_method.as_deref();
        Ok(match (family(function), method) {
            _ if function.is_asset => Self::Cdk,
            _ if is_packed => Self::Source,
            (_, Some(CARGO_LAMBDA)) | (Family::Provided, None) => Self::Cargo,
            (Family::Nodejs | Family::Python, None) => Self::Source,
            _ => Self::Sam,
        })
    }
}
