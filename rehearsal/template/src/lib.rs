//! Reads what a SAM or CloudFormation template means for its deployments.
//!
//! ```text
//! text ─▶ tree ─▶ sections ─▶ expansion ─▶ resolution ─▶ Stack
//!        places   parameters  what SAM      Ref, Sub, If  typed, ordered,
//!        on all   globals     expands       conditions    unknowns marked
//! ```
//!
//! Every value keeps its [`Place`]. What only AWS can know is an [`Unknown`] with its reason, and travels: a name made of it is
//! unknown for the same reason. All that is wrong with a file is reported at once, as one [`Refusal`].
//! What is valid and would be unsafe is among a stack's [`diagnostics`](Stack::diagnostics): see [`lint`]. How much is read is
//! bounded: see [`bounds`], and [`text_file`] for files. What a template says is shown to people by way of [`printable`].
//!
//! - `read`: from a file to a stack, through all of the others. `inputs`: what the template does not say. `files`: what
//!   it names.
//!   `other_file`: what is taken for a template and is none.
//! - `text`: YAML or JSON to nodes, each with its `place`. `document`: the sections. `form`, `null`: what is refused of
//!   them. `loops`: `Fn::ForEach`. `secure_strings`: references that CloudFormation does not look up.
//! - `parameters`, `globals`, `sam`: what SAM makes of its own resources. `resource`: one, before it is resolved. `version_hash`:
//!   what a version's logical id is made of.
//! - `resolve`: intrinsic functions and conditions, to `value`s. `order`: the order of an update. `schemas`: what CloudFormation's
//!   types have. `resource_types`: which there are.
//! - [`stack`]: the typed result. [`lint`]: what is unsafe in it.
//! - `diagnostics`: what is wrong, `resource_at`: with which resource, and [`suggest`]: what was meant. `counted`: how many there are.
//!
//! ```
//! use rehearsal_template::{Inputs, read_str};
//!
//! let template = "
//! Transform: AWS::Serverless-2016-10-31
//! Resources:
//!   Hello:
//!     Type: AWS::Serverless::Function
//!     Properties:
//!       Runtime: provided.al2023
//!       Handler: bootstrap
//!       CodeUri: hello
//!       AutoPublishAlias: live
//!       DeploymentPreference: {Type: Canary10Percent5Minutes}
//! ";
//! let stack = read_str("template.yaml", template, &Inputs::new("greetings"))?;
//! let deployment = stack.aliases[0].deployment.as_ref().expect("the template asks for one");
//! assert_eq!(
//!     deployment.group.value.clone()?.config_name.value.as_deref(),
//!     Ok("CodeDeployDefault.LambdaCanary10Percent5Minutes")
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// A library prints nothing, and `println!` panics where its reader is gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod bounds;
mod counted;
mod diagnostics;
mod document;
mod files;
mod form;
mod globals;
mod inputs;
pub mod lint;
mod loops;
mod null;
mod order;
mod ordered;
mod other_file;
mod parameters;
mod place;
pub mod printable;
mod read;
mod resolve;
mod resource;
mod resource_at;
mod resource_types;
mod sam;
mod schemas;
mod secure_strings;
pub mod stack;
pub mod suggest;
mod text;
pub mod text_file;
mod value;
mod version_hash;

pub use counted::{counted, grouped};
pub use diagnostics::{Diagnostic, Refusal, RefusedAt, Severity};
pub use inputs::Inputs;
pub use ordered::Ordered;
pub use place::Place;
pub use read::{
    Trees, data_of, folder_of, parameter_names, read, read_str, read_with_trees, stack_name,
    text_of,
};
pub use stack::Stack;
pub use value::{Field, Kind, Missing, Unknown, Value, Values};
