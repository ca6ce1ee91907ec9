//! Who asks AWS for something, and on whose account.
//!
//! Both travel through calls: what a function invokes is asked for by that function, and is made on the account on which the function
//! itself was invoked, however long the chain is.

use serde::{Deserialize, Serialize};

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Principal {
    /// A function, which signs with the credentials of its role.
    Function {
        /// Its logical id.
        function: String,
        /// Its version: a number or `$LATEST`.
        version: String,
    },
    /// Nobody who is known: the request is not signed.
    #[default]
    Unknown,
}

impl Principal {
    /// The logical id and the version of the function that asks.
    pub fn function(&self) -> Option<(&str, &str)> {
        match self {
            Self::Function { function, version } => Some((function, version)),
            Self::Unknown => None,
        }
    }
}

/// On whose account a call is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OnBehalfOf {
    /// A live request's.
    Traffic,
    /// A deployment's: a hook's, or an on-failure destination's. What nobody signed is taken for this, for hooks are who calls APIs
    /// without a signature.
    #[default]
    Deployment,
}
