//! What tools say of how their templates are deployed: CDK's cloud assemblies, the folders that `cdk synth` writes, and what `serverless package` does.
//!
//! - [`manifest`]: the stacks of one, and how each is deployed.
//! - [`surroundings`]: what a template of one is read with, and what nobody asks a person for: its stack's name, its account and
//!   Region, what its stack gives it, what other stacks of the assembly export.
//! - [`serverless`]: the same of the Serverless Framework.

mod manifest;
pub mod serverless;
mod surroundings;

pub use self::manifest::{Assembly, AssemblyError, CdkStack, is_one};
pub use self::surroundings::{complete, lacking_context};
